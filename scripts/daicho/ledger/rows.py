"""The workbook's rows in the ledger's own terms: what stands in them, and what we remember on them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from daicho.inquiry.customer import Customer
from daicho.inquiry.thread import Event
from daicho.mail.key import bare_key, marked_key, veiled_key
from daicho.mail.message import Head, Message
from daicho.sheets.layout import Layout, Tab
from daicho.sheets.workbook import Cell, Record, Snapshot
from daicho.wording import Wording

CELL_LIMIT = 32_000
"""UTF-16 units we put into one cell: below Excel's 32,767 and Google's 50,000."""

EXCERPT_LIMIT = 600
CUT_MARK = "…"
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def clean(value: Cell) -> Cell:
    """`value` as every workbook stores it unchanged: no control characters, within the cell limit."""
    if not isinstance(value, str):
        return value.replace(microsecond=0) if isinstance(value, datetime) else value
    text = _UNPRINTABLE.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    units = text.encode("utf-16-le")
    if len(units) > 2 * CELL_LIMIT:
        text = units[: 2 * CELL_LIMIT].decode("utf-16-le", "ignore") + CUT_MARK
    return text or None


def same(one: Cell, other: Cell) -> bool:
    """Whether two cells say the same, whatever program saved them in between."""
    return one == other or comparable(one) == comparable(other)


def comparable(value: Cell) -> str:
    """A cell without what programs change on saving: blanks, seconds, 3 against 3.0."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "".join(str(value).split())


def digest(cells: Iterable[Cell]) -> str:
    """A short fingerprint of cells, equal while they say the same."""
    joined = "\x1f".join(comparable(cell) for cell in cells)
    return hashlib.sha256(joined.encode("utf-8", "replace")).hexdigest()[:12]


def text_of(value: Cell) -> str:
    """A cell as words: a number a person typed without its `.0`."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def words_of(value: Cell) -> list[str]:
    """A cell that lists several words, one by one."""
    return [word.strip() for word in re.split(r"[、,，\n]", text_of(value)) if word.strip()]


def join_words(words: Iterable[str], wording: Wording) -> str | None:
    return wording.listed(dict.fromkeys(word for word in words if word)) or None


def join_lines(lines: Iterable[str]) -> str | None:
    return "\n".join(dict.fromkeys(line for line in lines if line)) or None


@dataclass(slots=True)
class Base:
    """What we remember on a row, in its hidden column.

    `proposals`: what we last proposed for each shared column. `machine`: the fingerprint of the machine
    columns as we wrote them. `facts`: what cannot be told from the log (whose name stood in assignee
    when we last looked, when a person closed it …).
    """

    proposals: dict[str, Cell] = field(default_factory=dict)
    machine: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, cell: Cell) -> Base:
        """Reads the hidden cell; what is missing or damaged counts as nothing remembered."""
        try:
            stored = json.loads(text_of(cell))
            return cls(dict(stored["p"]), str(stored["m"]), dict(stored["f"]))
        except (ValueError, KeyError, TypeError):
            return cls()

    def cell(self) -> str:
        said = {key: value for key, value in self.proposals.items() if value is not None}
        stored = {"p": said, "m": self.machine, "f": self.facts}
        return json.dumps(stored, ensure_ascii=False, separators=(",", ":"), sort_keys=True)

    def copy(self) -> Base:
        return Base(dict(self.proposals), self.machine, dict(self.facts))


@dataclass(slots=True)
class Row:
    """One row of a tab that has a hidden base, as a person left it."""

    record: Record
    base: Base

    @classmethod
    def read(cls, record: Record) -> Row:
        return cls(record, Base.read(record.cells.get("base")))

    @classmethod
    def blank(cls) -> Row:
        """A row that is not there yet."""
        return cls(Record(0, {}), Base())

    @property
    def id(self) -> str:
        return text_of(self.record.cells.get("id"))

    def cell(self, key: str) -> Cell:
        return self.record.cells.get(key)

    def text(self, key: str) -> str:
        return text_of(self.record.cells.get(key))

    def untouched(self, tab: Tab) -> bool:
        """Whether every machine column still says what we wrote."""
        return self.base.machine == machine_digest(tab, self.record.cells)


def machine_digest(tab: Tab, cells: Mapping[str, Cell]) -> str:
    keys = (column.key for column in tab.columns if column.owner == "machine" and column.key != "base")
    return digest(cells.get(key) for key in keys)


def read_moment(fact: object) -> datetime | None:
    """A remembered moment; None for anything that is none."""
    try:
        moment = datetime.fromisoformat(str(fact))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


class Clock:
    """Moments to and from cells: a sheet knows wall-clock time only, in the shop's zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone

    def cell(self, moment: datetime | None) -> datetime | None:
        """An aware moment as the naive local time a cell holds, to the second."""
        return moment.astimezone(self.zone).replace(tzinfo=None, microsecond=0) if moment else None

    def moment(self, cell: Cell) -> datetime | None:
        """A cell's local time as an aware moment; None for anything but a date."""
        return cell.replace(tzinfo=self.zone) if isinstance(cell, datetime) else None


def read_event(record: Record, layout: Layout, clock: Clock) -> Event | None:
    """A row of the log as an event. None for a row that is none (a person typed below the log)."""
    cells = record.cells
    key, moment = text_of(cells.get("key")), clock.moment(cells.get("date"))
    if not key or moment is None:
        return None
    incoming = layout.option("direction", text_of(cells.get("direction"))) == "in"
    name, address = split_address(text_of(cells.get("from" if incoming else "to")))
    return Event(
        key=key,
        inquiry=text_of(cells.get("inquiry")),
        date=moment,
        incoming=incoming,
        kind=layout.option("kind", text_of(cells.get("kind"))),
        address=address,
        name=name,
        subject=text_of(cells.get("subject")),
        text=text_of(cells.get("text")),
        references=tuple(text_of(cells.get("references")).split("\n")) if cells.get("references") else (),
        attached=len(text_of(cells.get("attachments")).splitlines()),
    )


def join_address(name: str, email: str) -> str:
    """`山田花子 <hanako@example.jp>`, or the one that is known; `<090-…>` for what is no mail address."""
    if not name and email and "@" not in email:
        return f"<{email}>"
    return f"{name} <{email}>" if name and email else name or email


def split_address(text: str) -> tuple[str, str]:
    """(name, address) of what `join_address` made."""
    name, bracket, email = text.rpartition("<")
    if bracket and email.endswith(">"):
        return name.rstrip(), email[:-1]
    return ("", text) if "@" in text else (text, "")


def read_customer(row: Row) -> Customer:
    """A row of the customers tab as a customer: as we remember it, or as a person typed it in by hand."""
    facts = row.base.facts
    if not row.base.machine:
        lists = {
            key: row.text(key).split("\n") if row.cell(key) else []
            for key in ("addresses", "phones", "orders")
        }
        return Customer(
            row.id,
            row.text("name"),
            [email.lower() for email in lists["addresses"]],
            lists["phones"],
            lists["orders"],
        )
    return Customer(
        id=row.id,
        name=row.text("name"),
        addresses=list(facts.get("addresses", [])),
        phones=list(facts.get("phones", [])),
        orders=list(facts.get("orders", [])),
        joined=dict(facts.get("joined", {})),
        refused=set(facts.get("refused", [])),
        candidate=_pair(facts.get("candidate")),
    )


def _pair(fact: object) -> tuple[str, str] | None:
    return (str(fact[0]), str(fact[1])) if isinstance(fact, list) and len(fact) == 2 else None


class Known:
    """Which mails the log holds.

    A Message-ID should name one mail, but some senders use one for all: mails of one id that were sent
    minutes apart are different mails. Times are compared as cells hold them, in the shop's wall-clock time.
    """

    _NEAR = timedelta(minutes=2)

    def __init__(self, events: Iterable[Event], clock: Clock) -> None:
        self._clock = clock
        self._dates: dict[str, list[datetime]] = {}
        for event in events:
            self._add(event.key, event.date)

    def __call__(self, head: Head) -> bool:
        """Whether the log holds this mail."""
        # A forgotten person's mail is known by the fingerprint of its key.
        dates = self._dates.get(head.key) or self._dates.get(veiled_key(head.key), [])
        date = self._clock.cell(head.date)
        return bool(dates) and (date is None or any(abs(date - known) <= self._NEAR for known in dates))

    def admit(self, message: Message) -> Message | None:
        """The message with a key of its own, now known; None if it was known before."""
        # A mail without a date of its own bears the time it was found: that tells nothing.
        date = None if "message.no-date" in message.notes else message.date
        if self(Head(message.key, date, message.sender.email)):
            return None
        if message.key in self._dates:
            message = replace(message, key=marked_key(message.key, message.date))
        self._add(message.key, message.date)
        return message

    def _add(self, key: str, date: datetime) -> None:
        local = self._clock.cell(date)
        for name in {key, bare_key(key)}:
            self._dates.setdefault(name, []).extend([local] if local else [])


class Ledger:
    """A snapshot, indexed: rows by id, the log by key and inquiry.

    `rows` are the rows with an id we gave (the upper one where two carry the same); `strays` are rows
    without one, or with one that is no one's, in sheet order.
    """

    def __init__(self, snapshot: Snapshot, layout: Layout, zone: ZoneInfo) -> None:
        self.snapshot = snapshot
        self.layout = layout
        self.clock = Clock(zone)
        read = (read_event(record, layout, self.clock) for record in snapshot.tables["messages"])
        self.events = [event for event in read if event is not None]
        self.known = Known(self.events, self.clock)
        self.ids = {event.inquiry for event in self.events if event.inquiry}
        self.rows: dict[str, Row] = {}
        self.strays: list[Row] = []
        for row, id in self._numbered(list(map(Row.read, snapshot.tables["inquiries"]))):
            if id and id not in self.rows:
                self.rows[id] = row
            elif any(text_of(cell).strip() for key, cell in row.record.cells.items() if key != "base"):
                self.strays.append(row)
        self.customers: dict[str, Row] = {}
        for row in map(Row.read, snapshot.tables["customers"]):
            if row.id:
                self.customers.setdefault(row.id, row)

    def _numbered(self, rows: list[Row]) -> Iterator[tuple[Row, str]]:
        """Each row with its inquiry's id, "" for a row that has none of ours."""
        shown = {row.id for row in rows} & self.ids
        for row in rows:
            remembered = str(row.base.facts.get("id", ""))
            if row.id in self.ids:
                yield row, row.id
            elif remembered in self.ids and remembered not in shown:
                # Somebody wrote over the number, or emptied it.
                yield row, remembered
            else:
                # Its messages are gone from the log: still ours if we ever wrote it.
                yield row, row.id if row.base.machine and not remembered else ""

    @property
    def emptied(self) -> bool:
        """Whether the log knows inquiries and the ledger tab has not a single row left."""
        return bool(self.ids) and not self.snapshot.tables["inquiries"]

    @property
    def deleted(self) -> str:
        """A fingerprint of the inquiries that the log knows and whose rows are gone."""
        return digest(sorted(self.ids - self.rows.keys()))
