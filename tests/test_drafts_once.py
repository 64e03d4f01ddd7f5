"""Every tick is answered once: long runs of ticks, colleagues, replies, crashes and killed programs."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import LAYOUT, NOW, OWN, TOKYO, WORDS, PlainJudge, arrival, book_with_question
from daicho.ledger.drafts import CLAIM, Drafts, Laid
from daicho.ledger.plan import Arrival, Plan
from daicho.ledger.propose import Speaker
from daicho.ledger.replies import Replies
from daicho.ledger.rows import Clock, Ledger
from daicho.ledger.settings import read_settings
from daicho.mail.local import Maildir
from daicho.sheets.workbook import Cell
from office import QUESTION, Office


class Day:
    """A day at a ledger in memory with one question. `drafts` tell when and for whom each was laid."""

    def __init__(self) -> None:
        self.book, self.now, self.mails = book_with_question(), NOW, 0
        self.crashes = False
        self.drafts: dict[str, tuple[datetime, str]] = {}

    @property
    def row(self) -> dict[str, Cell]:
        return self.book.rows[0]

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.book.snapshot, LAYOUT, TOKYO)

    def mail(self, *, incoming: bool) -> Arrival:
        """The customer writes once more, or somebody answers."""
        self.mails += 1
        return arrival(
            f"m{self.mails}@x",
            "在庫はどうですか。",
            answers=["q1@example.jp"],
            incoming=incoming,
            hours_ago=(NOW - self.now) / timedelta(hours=1),
        )

    def sync(self, *arrivals: Arrival) -> None:
        self.book.sync(*arrivals, now=self.now)
        laid = self.lay()
        if self.crashes:
            # The power went out before the ledger heard of it: the next sync does it again.
            laid = self.lay()
        if laid:
            found = read_settings([], LAYOUT)
            plan = Plan(self.ledger, found, PlainJudge(), WORDS, self.now, laid=laid).take([])
            self.book.apply(plan.commit)

    def lay(self) -> dict[str, Laid]:
        """Lays the drafts asked for; a mailbox takes each Message-ID once."""
        speaker = Speaker(LAYOUT, WORDS, Clock(TOKYO))
        replies = Replies(self.book.snapshot.tables, read_settings([], LAYOUT), speaker, "店", self.now)
        requests = Drafts(self.ledger, replies, [OWN], "店", self.now).requests()
        for request in requests:
            if not (request.refused or request.doubled):
                drafted = (self.now, str(self.row.get("assignee") or ""))
                self.drafts.setdefault(request.draft.message_id, drafted)
        return {each.inquiry: each.refused or each.doubled or each.laid for each in requests}


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("tick"), st.sampled_from(["佐藤", "田中", ""])),
        st.tuples(st.just("wait"), st.integers(1, 12)),
        st.tuples(st.just("reply"), st.none()),
        st.tuples(st.just("ask"), st.none()),
        st.tuples(st.just("crash"), st.none()),
    ),
    max_size=20,
)


@given(STEPS)
@settings(max_examples=30, deadline=None)
def test_every_tick_is_answered_once_whatever_people_and_power_do(steps: list[tuple[str, object]]) -> None:
    day, ticks = Day(), 0
    for step, value in steps:
        arrivals, before = [], len(day.drafts)
        day.now += timedelta(seconds=1)
        match step:
            case "tick":
                ticks += 1
                day.row.update(draft=True, assignee=str(value))
            case "wait":
                day.now += timedelta(minutes=int(str(value)))
            case "crash":
                day.crashes = not day.crashes
            case _:
                arrivals = [day.mail(incoming=step == "ask")]
        day.sync(*arrivals)
        reason = str(day.row.get("reason")).split("\n")[0]
        if step == "tick":
            assert len(day.drafts) - before == ("置きました" in reason)
            assert "下書き" in reason, "a tick without a draft is explained"
        else:
            assert len(day.drafts) == before
        assert "draft" not in day.row
        assert not day.ledger.strays
    assert len(day.drafts) <= ticks
    for (first, who), (second, other) in itertools.pairwise(sorted(day.drafts.values())):
        assert who == other or second - first >= CLAIM or day.mails


PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
from datetime import datetime
from pathlib import Path
from daicho.mail.local import Maildir
from office import Office
folder = Path(sys.argv[1])
office = Office(folder, Maildir("support", folder / "mail"))
office.now = datetime.fromisoformat(sys.argv[2])
print("ready", flush=True)
office.sync()
"""


@pytest.mark.parametrize("rounds", [2, pytest.param(30, marks=pytest.mark.slow)])
def test_a_sync_killed_at_any_moment_leaves_one_draft_a_tick(tmp_path: Path, rounds: int) -> None:
    for part in ("cur", "new", "tmp"):
        (tmp_path / "mail" / part).mkdir(parents=True)
    (tmp_path / "mail" / "new" / "1.M1P1.host").write_bytes(QUESTION)
    office, chance = Office(tmp_path, Maildir("support", tmp_path / "mail")), random.Random(7)
    office.sync()
    program = PROGRAM.format(tests=str(Path(__file__).parent))
    for number in range(rounds):
        office.write(draft="✓", assignee=f"担当{number}")
        command = [sys.executable, "-c", program, str(tmp_path), office.now.isoformat()]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout and process.stdout.readline() == b"ready\n"
            time.sleep(chance.uniform(0, 0.3))
            process.kill()
        office.sync()
        office.now += timedelta(minutes=20)
        assert len(list((tmp_path / "mail" / ".Drafts" / "cur").iterdir())) == number + 1
        assert f"置きました（担当{number}" in office.reason
