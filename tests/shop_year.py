"""A made-up shop's year: inquiries as plain stories, and the same stories as a ledger.

The stories say what happened; tests count them in their own way and compare.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from builders import LAYOUT, TOKYO, WORDS
from daicho.ledger.rows import Base, Ledger, machine_digest
from daicho.ledger.settings import Settings, read_settings
from daicho.ledger.summary.month import Month
from daicho.ledger.summary.summary import Summary, summarise
from daicho.sheets.layout import Layout
from daicho.sheets.workbook import Cell, Record, Snapshot

NOW = datetime(2027, 1, 20, 3, 0, tzinfo=UTC)
"""When the pages of tests are made."""

MEMBERS = ("佐藤", "鈴木", "田中")
PRODUCTS = ("はなびらマグカップ", "耐熱グラス", "")
CATEGORIES = ("wrong_item", "defect", "not_arrived", "stock", "product", "feedback", "payment")
PRIORITIES = ("urgent", "high", "normal")
CHANNELS = ("mail", "mail", "form", "rakuten", "phone")
SEASON = (0.7, 0.6, 0.9, 1.0, 1.1, 0.8, 0.9, 0.7, 0.8, 1.0, 1.2, 2.0)

Said = Literal["asks", "reply", "asks again", "thanks", "bounce"]
SPOKEN = {
    "asks": "教えてください。{number}",
    "reply": "お答えいたします。",
    "asks again": "まだ分かりません。どうでしょうか。",
    "thanks": "ありがとうございました。",
    "bounce": "Undelivered Mail Returned to Sender",
}


@dataclass(slots=True)
class Story:
    """One inquiry: what was said when (naive local times), and what its row says."""

    number: int
    said: list[tuple[datetime, Said]]
    category: str = "stock"
    priority: str = "normal"
    channel: str = "mail"
    status: str = "open"
    assignee: str = ""
    customer: str = "C-1"
    product: str = ""
    tags: list[str] = field(default_factory=list)
    suggested: str = "restock"
    template: str = "restock"
    kind: str = "inquiry"
    closed: datetime | None = None
    twice_of: int | None = None

    @property
    def received(self) -> datetime:
        return self.said[0][0]


def tell_year(year: int, inquiries: int, seed: int = 1, start: int = 0) -> list[Story]:
    """A year of stories: seasons, night and day, members, reopened and bounced ones, sales, doubles.

    Their numbers count from `start`.
    """
    dice = random.Random(seed)
    weights = [SEASON[month] for month in range(12)]
    stories = []
    for number in range(start, start + inquiries):
        month = dice.choices(range(1, 13), weights)[0]
        received = datetime(year, month, 1) + timedelta(
            days=dice.randrange(28),
            hours=dice.choice((0, 8, 10, 12, 13, 15, 21, 23)),
            minutes=dice.randrange(60),
        )
        stories.append(_story(number, received, dice))
    for number in range(start + inquiries, start + inquiries + inquiries // 50):
        first = stories[dice.randrange(inquiries)]
        if first.kind == "inquiry" and first.twice_of is None:
            said: list[tuple[datetime, Said]] = [(first.received + timedelta(minutes=3), "asks")]
            stories.append(
                Story(number, said, first.category, customer=first.customer, twice_of=first.number)
            )
    return stories


def _story(number: int, received: datetime, dice: random.Random) -> Story:
    wait = timedelta(hours=dice.choice((1, 3, 20, 30, 70, 200)), minutes=dice.randrange(60))
    said: list[tuple[datetime, Said]] = [(received, "asks")]
    shape = dice.randrange(12)
    if shape == 0:
        said.append((received + timedelta(hours=2), "asks again"))
    if shape != 1:
        said.append((said[-1][0] + wait, "reply"))
    if shape == 2:
        said.append((said[-1][0] + timedelta(hours=5), "asks again"))
    if shape == 3:
        said += [
            (said[-1][0] + timedelta(hours=5), "asks again"),
            (said[-1][0] + timedelta(hours=9), "reply"),
        ]
    if shape == 4:
        said.append((said[-1][0] + timedelta(hours=1), "thanks"))
    if shape == 5:
        said.append((said[-1][0] + timedelta(minutes=1), "bounce"))
    done = said[-1][1] in ("reply", "thanks")
    replied = max((moment for moment, what in said if what == "reply"), default=None)
    kind = dice.choices(("inquiry", "sales", "auto"), (18, 1, 1))[0]
    return Story(
        number=number,
        said=said,
        category=dice.choice(CATEGORIES),
        priority=dice.choices(PRIORITIES, (1, 3, 6))[0] if kind == "inquiry" else "none",
        channel=dice.choice(CHANNELS),
        status="excluded" if kind != "inquiry" else "done" if done else "open",
        assignee=dice.choice((*MEMBERS, "")),
        customer=f"C-{dice.randrange(2000)}",
        product=dice.choice(PRODUCTS),
        tags=dice.choice(([], ["不満"], ["賛辞", "再販希望"], ["要確認"])),
        template=dice.choice(("restock", "restock", "product-spec", "")),
        kind=kind,
        closed=replied if done and kind == "inquiry" else None,
    )


def make_ledger(
    stories: Iterable[Story], layout: Layout, zone: ZoneInfo, settings: Sequence[dict[str, Cell]] = ()
) -> Ledger:
    """The ledger that holds these stories."""
    label = layout.label
    log: list[dict[str, Cell]] = []
    rows: list[dict[str, Cell]] = []
    tab = layout.tab("inquiries")
    for story in stories:
        id = f"I-{story.number}"
        address = f"{story.customer.lower()}@example.jp"
        for count, (moment, what) in enumerate(story.said):
            outgoing = what == "reply"
            kind = "reply" if outgoing else "bounce" if what == "bounce" else story.kind
            same = story.number if story.twice_of is None else story.twice_of
            log.append(
                {
                    "key": f"{id}-{count}@example.jp",
                    "inquiry": id,
                    "date": moment,
                    "direction": label("direction", "out" if outgoing else "in"),
                    "kind": label("kind", kind),
                    "to" if outgoing else "from": address,
                    "subject": f"件名{same}",
                    "text": SPOKEN[what].format(number=same),
                }
            )
        cells: dict[str, Cell] = {
            "id": id,
            "received": story.received,
            "priority": label("priority", story.priority),
            "status": label("status", story.status),
            "channel": label("channel", story.channel),
            "category": label("category", story.category),
            "assignee": story.assignee or None,
            "tags": "、".join(story.tags) or None,
            "product": story.product or None,
            "template": story.template or None,
            "subject": f"件名{story.number}",
            "closed": story.closed,
            "customer_id": story.customer if story.kind == "inquiry" else None,
        }
        sent = [[story.suggested, story.template, ""] for _, what in story.said if what == "reply"]
        base = Base({"template": story.suggested}, facts={"sent": sent})
        base.machine = machine_digest(tab, cells)
        cells["base"] = base.cell()
        rows.append({key: value for key, value in cells.items() if value is not None})
    tables = {
        "messages": log,
        "inquiries": rows,
        "customers": [],
        "settings": list(settings),
    }
    records = {
        key: [Record(number, cells) for number, cells in enumerate(table, 2)] for key, table in tables.items()
    }
    return Ledger(Snapshot(0, {}, records, datetime(2000, 1, 1)), layout, zone)


def settings(*rows: tuple[str, str, str]) -> Settings:
    """Settings as typed: (setting's key, name, value)."""
    records = [
        Record(number, {"setting": LAYOUT.label("setting", setting), "name": name, "value": value})
        for number, (setting, name, value) in enumerate(rows)
    ]
    members: list[dict[str, Cell]] = [{"member": member} for member in MEMBERS]
    return read_settings([*records, *(Record(100, cells) for cells in members)], LAYOUT)


def summary_of(
    stories: Sequence[Story],
    month: str = "2026-11",
    *,
    now: datetime = NOW,
    zone: ZoneInfo = TOKYO,
    rows: Sequence[tuple[str, str, str]] = (),
) -> Summary:
    ledger = make_ledger(stories, LAYOUT, zone)
    return summarise(ledger, settings(*rows), WORDS, Month.parse(month), now)


def at(text: str) -> datetime:
    """ "11-03 09:00" of 2026, as a cell holds it."""
    return datetime.fromisoformat(f"2026-{text}")
