"""A whole sync: real mail files into a real .xlsx."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from builders import LAYOUT, NOW, OWN, TOKYO, WORDS, PlainJudge, raw_mail
from daicho.errors import Conflict, MailError, WorkbookError
from daicho.ledger.rows import Ledger
from daicho.mail.local import EmlFolder, Maildir
from daicho.mail.mailbox import Batch, IsKnown, Mailbox
from daicho.mail.message import read_head
from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Commit, Snapshot, Update
from daicho.sync import Outcome, Shop, Sync

SHOP = Shop(frozenset({OWN}), TOKYO, LAYOUT, WORDS)


def opened(folder: Path) -> ExcelWorkbook:
    workbook = ExcelWorkbook(folder / "ledger.xlsx", LAYOUT, lambda: NOW)
    workbook.prepare(LAYOUT, load_starters("ja"))
    return workbook


def sync(workbook: ExcelWorkbook, *mailboxes: Mailbox, **options: bool) -> Outcome:
    return Sync(workbook, mailboxes, SHOP, lambda ledger, settings: PlainJudge(), lambda: NOW).run(**options)


def put(folder: Path, name: str, raw: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.eml").write_bytes(raw)


def keys(workbook: ExcelWorkbook) -> list[str]:
    return [str(record.cells["key"]) for record in workbook.read().tables["messages"]]


def test_mail_becomes_rows_and_a_second_sync_adds_nothing(tmp_path: Path) -> None:
    put(tmp_path / "mail", "1", raw_mail(key="q1@example.jp"))
    put(
        tmp_path / "mail/Sent",
        "1",
        raw_mail(OWN, "hanako@example.jp", "Re: お問い合わせ", key="r1@x", answers="q1@example.jp", date=NOW),
    )
    workbook, mailbox = opened(tmp_path), EmlFolder("support", tmp_path / "mail")
    assert sync(workbook, mailbox).report.mails == 2
    before = (tmp_path / "ledger.xlsx").read_bytes()
    assert sync(workbook, mailbox).commits == []
    assert (tmp_path / "ledger.xlsx").read_bytes() == before
    (row,) = workbook.read().tables["inquiries"]
    assert row.cells["status"] == "対応済み"
    assert sorted(keys(workbook)) == ["q1@example.jp", "r1@x"]


def test_a_dry_run_writes_nothing_and_shows_what_it_would(tmp_path: Path) -> None:
    put(tmp_path / "mail", "1", raw_mail(key="q1@example.jp"))
    workbook = opened(tmp_path)
    before = (tmp_path / "ledger.xlsx").read_bytes()
    outcome = sync(workbook, EmlFolder("support", tmp_path / "mail"), dry=True)
    assert [len(commit.appends["messages"]) for commit in outcome.commits] == [1]
    assert (tmp_path / "ledger.xlsx").read_bytes() == before


def test_more_mails_than_one_commit_takes_make_several_whole_commits(tmp_path: Path) -> None:
    for number in range(25):
        put(
            tmp_path / "mail",
            f"{number}",
            raw_mail(f"c{number}@example.jp", key=f"q{number}@x", date=NOW - timedelta(hours=number)),
        )
    workbook = opened(tmp_path)
    workbook.batch = 10
    outcome = sync(workbook, EmlFolder("support", tmp_path / "mail"))
    assert [len(commit.appends["messages"]) for commit in outcome.commits] == [10, 10, 5]
    assert len(set(keys(workbook))) == 25
    assert outcome.report.mails == len(outcome.report.new) == 25


class Broken:
    """A mailbox whose server goes away after the first batch."""

    name = "broken"

    def count(self, cursors: Mapping[str, str], is_known: IsKnown) -> int:
        raise MailError("mail.unreachable", name=self.name)

    def fetch(self, cursors: Mapping[str, str], is_known: IsKnown, limit: int):  # type: ignore[no-untyped-def]
        yield Batch([], {"broken/INBOX": "1:7"})
        raise MailError("mail.unreachable", name=self.name)


def test_a_mailbox_that_fails_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    put(tmp_path / "mail", "1", raw_mail(key="q1@x"))
    workbook = opened(tmp_path)
    outcome = sync(workbook, Broken(), EmlFolder("support", tmp_path / "mail"))  # type: ignore[arg-type]
    assert [trouble.key for trouble in outcome.troubles] == ["mail.unreachable"]
    assert keys(workbook) == ["q1@x"]
    assert workbook.read().state["cursor broken/INBOX"] == "1:7"


def test_an_emptied_ledger_is_refused_with_the_cure(tmp_path: Path) -> None:
    put(tmp_path / "mail", "1", raw_mail(key="q1@x"))
    workbook, mailbox = opened(tmp_path), EmlFolder("support", tmp_path / "mail")
    sync(workbook, mailbox)
    snapshot = workbook.read()
    (row,) = snapshot.tables["inquiries"]
    workbook.commit(snapshot, Commit(updates=[Update("inquiries", row, dict.fromkeys(row.cells))]))
    put(tmp_path / "mail", "2", raw_mail("taro@example.jp", key="q2@x"))
    with pytest.raises(WorkbookError) as refused:
        sync(workbook, mailbox)
    assert refused.value.key == "ledger.emptied"
    assert keys(workbook) == ["q1@x"]
    sync(workbook, mailbox, allow_empty=True)
    assert sorted(keys(workbook)) == ["q1@x", "q2@x"]


def test_who_meant_to_empty_the_ledger_says_so_once(tmp_path: Path) -> None:
    put(tmp_path / "mail", "1", raw_mail(key="q1@x"))
    workbook, mailbox = opened(tmp_path), EmlFolder("support", tmp_path / "mail")
    sync(workbook, mailbox)
    snapshot = workbook.read()
    (row,) = snapshot.tables["inquiries"]
    workbook.commit(snapshot, Commit(updates=[Update("inquiries", row, dict.fromkeys(row.cells))]))
    sync(workbook, mailbox, allow_empty=True)
    put(tmp_path / "mail", "2", raw_mail("taro@example.jp", key="q2@x"))
    assert sync(workbook, mailbox).report.mails == 1


def test_a_dry_run_of_several_batches_plans_each_on_the_one_before(tmp_path: Path) -> None:
    put(tmp_path / "mail", "1", raw_mail(key="q1@x", date=NOW - timedelta(hours=2)))
    put(tmp_path / "mail", "2", raw_mail(key="q2@x", answers="q1@x"))
    workbook = opened(tmp_path)
    workbook.batch = 1
    assert len(sync(workbook, EmlFolder("support", tmp_path / "mail"), dry=True).report.new) == 1


class Rival(ExcelWorkbook):
    """A workbook that somebody else writes to right before our commit, so many times."""

    def __init__(self, folder: Path, rivals: int) -> None:
        super().__init__(folder / "ledger.xlsx", LAYOUT, lambda: NOW)
        self.folder, self.rivals = folder, rivals

    def commit(self, base: Snapshot, commit: Commit) -> Snapshot:
        if self.rivals:
            self.rivals -= 1
            other = opened(self.folder)
            (row,) = other.read().tables["inquiries"]
            other.commit(
                other.read(), Commit(updates=[Update("inquiries", row, {"memo": f"あと{self.rivals}回"})])
            )
        return super().commit(base, commit)


def test_two_mails_of_one_message_id_are_both_taken_once(tmp_path: Path) -> None:
    for number in (1, 2):
        date = NOW - timedelta(hours=number)
        put(tmp_path / "mail", f"{number}", raw_mail(key="form@x", text=f"質問 {number}", date=date))
    put(tmp_path / "mail", "3", raw_mail(key="form@x", text="質問 2", date=date))
    workbook, mailbox = opened(tmp_path), EmlFolder("support", tmp_path / "mail")
    assert sync(workbook, mailbox).report.mails == 2
    assert sync(workbook, mailbox).commits == []


def test_a_group_address_of_the_shop_does_not_make_customers_automatic(tmp_path: Path) -> None:
    lists = (b"List-Id: Desk <support.shop.example.jp>", b"List-Id: News <news.example.net>")
    for number, header in enumerate(lists):
        raw = raw_mail(f"c{number}@example.jp", key=f"q{number}@x", text=f"質問 {number}")
        put(tmp_path / "mail", f"{number}", header + b"\nPrecedence: list\n" + raw)
    workbook = opened(tmp_path)
    sync(workbook, EmlFolder("support", tmp_path / "mail"))
    rows = workbook.read().tables["inquiries"]
    assert {row.cells["address"]: row.cells["status"] for row in rows} == {
        "c0@example.jp": "未対応",
        "c1@example.jp": "対象外",
    }


def test_who_comes_second_reads_again_and_both_are_kept(tmp_path: Path) -> None:
    put(tmp_path / "mail", "1", raw_mail(key="q1@x"))
    mailbox = EmlFolder("support", tmp_path / "mail")
    sync(opened(tmp_path), mailbox)
    put(tmp_path / "mail", "2", raw_mail("taro@example.jp", key="q2@x"))
    sync(Rival(tmp_path, rivals=2), mailbox)
    rows = opened(tmp_path).read().tables["inquiries"]
    assert [row.cells.get("memo") for row in rows] == ["あと0回", None]


def test_who_always_comes_second_gives_up_with_nothing_written(tmp_path: Path) -> None:
    put(tmp_path / "mail", "1", raw_mail(key="q1@x"))
    mailbox = EmlFolder("support", tmp_path / "mail")
    sync(opened(tmp_path), mailbox)
    put(tmp_path / "mail", "2", raw_mail("taro@example.jp", key="q2@x"))
    with pytest.raises(Conflict):
        sync(Rival(tmp_path, rivals=99), mailbox)
    assert keys(opened(tmp_path)) == ["q1@x"]


INJECTIONS = [
    *('=IMPORTXML("http://example.net","//a")', '=HYPERLINK("x")', "=1+1", "\t=1", "＝1+1", "{=1}", '"=1"'),
    *("+81-90-0000-0000", "-1", "@here", "'quoted", "|cmd", "%0A=1", "=cmd|' /C calc'!A0"),
    *("_x003D_1", "\x00=1", "=1\ud800"),
]


def test_no_text_from_outside_becomes_a_formula(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    for number, text in enumerate(INJECTIONS):
        safe = text.encode("utf-8", "replace").decode()
        put(
            tmp_path / "mail",
            f"{number}",
            raw_mail(f"c{number}@example.jp", subject=safe.strip("\t\x00"), text=safe, key=f"q{number}@x"),
        )
    workbook = opened(tmp_path)
    sync(workbook, EmlFolder("support", tmp_path / "mail"))
    assert len(keys(workbook)) == len(INJECTIONS)
    book = load_workbook(tmp_path / "ledger.xlsx")
    formulas = [
        cell.coordinate
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    assert formulas == []
    subjects = {str(record.cells["subject"]) for record in workbook.read().tables["inquiries"]}
    assert {
        '=IMPORTXML("http://example.net","//a")',
        "+81-90-0000-0000",
        "-1",
        "@here",
        "'quoted",
        "=1+1",
    } <= subjects


def odd_mails() -> list[bytes]:
    """Every odd mail of ours, whole, cut short, and with bytes knocked out."""
    chance, odd = random.Random(3), []
    for path in sorted((Path(__file__).parent / "mails").glob("*.eml")):
        raw = path.read_bytes()
        damaged = bytearray(raw)
        for _ in range(min(8, len(raw))):
            damaged[chance.randrange(len(raw))] = chance.randrange(256)
        odd += [raw, raw[: chance.randint(0, len(raw))], bytes(damaged)]
    return odd


def test_every_odd_mail_is_in_the_log_once(tmp_path: Path) -> None:
    odd = odd_mails()
    assert len(odd) > 300
    for part in ("cur", "new", "tmp"):
        (tmp_path / "mail" / part).mkdir(parents=True)
    for number, raw in enumerate(odd):
        (tmp_path / "mail" / "cur" / f"{number}.M1P1.host:2,S").write_bytes(raw)
    workbook, mailbox = opened(tmp_path), Maildir("support", tmp_path / "mail")
    outcome = sync(workbook, mailbox)
    assert outcome.troubles == []
    logged = workbook.read().tables["messages"]
    assert {read_head(raw).key for raw in odd} <= {
        str(record.cells["key"]).split("#")[0] for record in logged
    }
    assert len({str(record.cells["key"]) for record in logged}) == len(logged) == outcome.report.mails
    assert sync(workbook, mailbox).commits == []


PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from test_sync import opened, sync, Maildir
folder = Path(sys.argv[1])
workbook = opened(folder)
workbook.batch = 4
print("ready", flush=True)
sync(workbook, Maildir("support", folder / "mail"))
"""


@pytest.mark.parametrize("rounds", [6, pytest.param(60, marks=pytest.mark.slow)])
def test_a_sync_killed_at_any_moment_loses_and_doubles_nothing(tmp_path: Path, rounds: int) -> None:
    new = tmp_path / "mail/new"
    for part in ("cur", "new", "tmp"):
        (tmp_path / "mail" / part).mkdir(parents=True)
    chance, sent = random.Random(7), 0
    for _ in range(rounds):
        for _ in range(10):
            sent += 1
            (new / f"{sent}.M1P1.host").write_bytes(
                raw_mail(f"c{sent % 9}@example.jp", key=f"q{sent}@x", text=f"質問 {sent}")
            )
        program = PROGRAM.format(tests=str(Path(__file__).parent))
        with subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout and process.stdout.readline() == b"ready\n"
            time.sleep(chance.uniform(0, 0.5))
            process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    workbook = opened(tmp_path)
    sync(workbook, Maildir("support", tmp_path / "mail"))
    found = keys(workbook)
    assert sorted(found) == sorted(f"q{number}@x" for number in range(1, sent + 1))
    ids = [record.cells["id"] for record in workbook.read().tables["inquiries"]]
    assert len(ids) == len(set(ids)) == sent
    assert not Ledger(workbook.read(), LAYOUT, TOKYO).strays
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith(".")) == [
        "ledger.xlsx",
        "mail",
    ]
