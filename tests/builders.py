"""What tests are built of: mails, messages, a judge that decides by plain words, a ledger in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

from daicho.inquiry.customer import Party
from daicho.inquiry.extract import order_numbers, phones
from daicho.inquiry.judge import Case, Judgement
from daicho.inquiry.rules import RuleSet
from daicho.ledger.plan import Arrival, Judge, Plan
from daicho.ledger.rows import Ledger
from daicho.ledger.settings import read_settings
from daicho.mail.message import Address, Message
from daicho.sheets.layout import load_layout
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Cell, Commit, Record, Snapshot
from daicho.wording import wording

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)  # Friday noon in Tokyo
OWN = "support@shop.example.jp"
LAYOUT = load_layout("ja")
WORDS = wording("ja")


def raw_mail(
    sender: str = "hanako@example.jp",
    to: str = OWN,
    subject: str = "お問い合わせ",
    text: str = "在庫はありますか。",
    key: str = "",
    answers: str = "",
    date: datetime = NOW - timedelta(hours=1),
) -> bytes:
    """A plain mail as bytes."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Date"] = sender, to, subject, format_datetime(date)
    if key:
        mail["Message-ID"] = f"<{key}>"
    if answers:
        mail["In-Reply-To"] = f"<{answers}>"
        mail["References"] = f"<{answers}>"
    mail.set_content(text)
    return mail.as_bytes()


def arrival(
    key: str,
    text: str = "在庫はありますか。",
    *,
    sender: str = "hanako@example.jp",
    name: str = "",
    subject: str = "お問い合わせ",
    answers: Sequence[str] = (),
    incoming: bool = True,
    kind: str = "person",
    hours_ago: float = 1.0,
    bounce_of: str = "",
) -> Arrival:
    """A decoded mail on its way in. `sender` is the customer's address whichever way the mail goes."""
    customer, shop = Address(name, sender), Address("", OWN)
    message = Message(
        key=key,
        message_id=key,
        date=NOW - timedelta(hours=hours_ago),
        sender=customer if incoming else shop,
        reply_to=(),
        to=(shop if incoming else customer,),
        cc=(),
        subject=subject,
        text=text,
        new_text=text,
        references=tuple(answers),
        kind=kind,  # type: ignore[arg-type]
        bounce_of=bounce_of,
    )
    party = Party(name, sender, phones(text), order_numbers(text))
    return Arrival(message, incoming, party, "support/INBOX")


def question(
    key: str = "q1", text: str = "在庫はありますか。", *, hours_ago: float = 5.0, **changes: Any
) -> Arrival:
    """What a customer asks first."""
    return arrival(key, text, hours_ago=hours_ago, **changes)


def reply(key: str = "r1", answers: str = "q1", *, hours_ago: float = 4.0, **changes: Any) -> Arrival:
    """What the shop answers, an hour later."""
    return arrival(key, "在庫ございます。", incoming=False, answers=[answers], hours_ago=hours_ago, **changes)


class PlainJudge:
    """A judge to be read in one glance: けが is urgent, 営業 is sales, the rest asks about stock."""

    def __init__(self, rules: RuleSet | None = None) -> None:
        self.rules = rules or RuleSet([])

    def judge(self, cases: Sequence[Case]) -> list[Judgement]:
        return [_judgement(case.message) for case in cases]


def _judgement(message: Message) -> Judgement:
    kind = message.kind if message.kind != "person" else "sales" if "営業" in message.subject else "inquiry"
    asked = kind == "inquiry"
    hurt = "けが" in message.new_text
    return Judgement(
        kind=kind,
        category=("defect" if hurt else "stock") if asked else "sales" if kind == "sales" else "other",
        confidence=0.9,
        priority=("urgent" if hurt else "normal") if asked else "none",
        emotion=(),
        tags=(),
        unsure=False,
        order_numbers=order_numbers(message.new_text),
        customer_name="",
        products=(),
        templates=("safety" if hurt else "restock",) if asked else (),
        channel=None,
        assignee=None,
        reason=(),
    )


class Book:
    """A ledger in memory: rows as a person sees them, and commits applied to them."""

    def __init__(self, *arrivals: Arrival) -> None:
        """`arrivals` are what its first sync brings."""
        tables: dict[str, list[Record]] = {
            tab: [] for tab in ("inquiries", "messages", "customers", "settings")
        }
        self.snapshot = Snapshot(0, {}, tables, NOW)
        self.rules = RuleSet([])
        self.judge: Judge | None = None
        if arrivals:
            self.sync(*arrivals)

    def sync(self, *arrivals: Arrival, now: datetime = NOW) -> Plan:
        """Plans a commit and applies it."""
        plan = self.plan(*arrivals, now=now)
        self.apply(plan.commit)
        return plan

    def plan(self, *arrivals: Arrival, now: datetime = NOW) -> Plan:
        ledger = Ledger(self.snapshot, LAYOUT, TOKYO)
        settings = read_settings(self.snapshot.tables["settings"], LAYOUT)
        return Plan(ledger, settings, self.judge or PlainJudge(self.rules), WORDS, now).take(arrivals)

    def apply(self, commit: Commit) -> None:
        """In place: tests hold on to rows as people do."""
        for update in commit.updates:
            cells = update.record.cells | update.cells
            update.record.cells = {key: value for key, value in cells.items() if value is not None}
        for tab, rows in commit.appends.items():
            records = self.snapshot.tables[tab]
            start = max([1, *(record.number for record in records)])
            records += [Record(start + count, dict(cells)) for count, cells in enumerate(rows, 1)]
        self.snapshot.generation += 1

    @property
    def rows(self) -> list[dict[str, Cell]]:
        return [record.cells for record in self.snapshot.tables["inquiries"]]

    @property
    def log(self) -> list[dict[str, Cell]]:
        return [record.cells for record in self.snapshot.tables["messages"]]

    @property
    def customers(self) -> list[dict[str, Cell]]:
        return [record.cells for record in self.snapshot.tables["customers"]]

    def type_row(self, **cells: Cell) -> None:
        """A person types a row at the end of the ledger."""
        records = self.snapshot.tables["inquiries"]
        records.append(Record(max([1, *(record.number for record in records)]) + 1, cells))


def book_with_templates() -> Book:
    """A ledger in memory with the starter templates."""
    book = Book()
    templates = load_starters("ja")["templates"]
    book.snapshot.tables["templates"] = [Record(number, dict(row)) for number, row in enumerate(templates, 2)]
    return book


def book_with_question() -> Book:
    """The same with one question."""
    book = book_with_templates()
    book.sync(arrival("q1@example.jp", hours_ago=5.0))
    return book


def only(rows: list[dict[str, Cell]]) -> dict[str, Cell]:
    """The one row there is."""
    (row,) = rows
    return row
