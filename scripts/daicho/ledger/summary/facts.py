"""What a month's numbers are counted from: one fact an inquiry, read once from the log and the rows."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from daicho.inquiry.status import Progress, progress
from daicho.inquiry.thread import Event, Inquiry
from daicho.ledger.forget import ERASED
from daicho.ledger.replies import Sent
from daicho.ledger.rows import Ledger, Row, text_of, words_of
from daicho.ledger.settings import Settings
from daicho.ledger.summary.month import Month, Period
from daicho.workdays import Calendar, Target

SAME_MESSAGE = timedelta(hours=24)
"""The same words from the same address again within this time are one inquiry, sent twice."""

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)

Kept = Literal["kept", "missed", "pending"]


def local(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment in the shop's zone; what comes from a sheet is there already."""
    return moment if moment.tzinfo is zone else moment.astimezone(zone)


class BusinessTime:
    """Business hours between moments of one zone, fast for very many: whole days are added up once.

    Measures the same as `Calendar.between`.
    """

    def __init__(self, calendar: Calendar, zone: ZoneInfo) -> None:
        self._calendar = calendar
        self._zone = zone
        self._origin: date | None = None
        self._before: list[timedelta] = []

    def hours(self, start: datetime, end: datetime) -> float:
        """Business hours from `start` until `end`; 0 where `end` is not later."""
        if end <= start:
            return 0.0
        start, end = local(start, self._zone), local(end, self._zone)
        if start.date() == end.date():
            return self._calendar.between(start, end) / HOUR
        return (self._until(end) - self._until(start)) / HOUR

    def _until(self, moment: datetime) -> timedelta:
        """Business time from a fixed day on."""
        day = moment.date()
        return self._whole_days(day) + self._calendar.between(self._midnight(day), moment)

    def _whole_days(self, day: date) -> timedelta:
        """Business time of the days before `day`. The sums grow with the days that are asked about."""
        if self._origin is None or day < self._origin:
            self._origin, self._before = day - timedelta(days=400), [timedelta()]
        while len(self._before) <= (day - self._origin).days:
            last = self._origin + timedelta(len(self._before) - 1)
            whole = self._calendar.between(self._midnight(last), self._midnight(last + timedelta(1)))
            self._before.append(self._before[-1] + whole)
        return self._before[(day - self._origin).days]

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._zone)


@dataclass(frozen=True, slots=True)
class Fact:
    """One inquiry that counts. Moments are aware and in the shop's zone, durations are business hours.

    `category`, `priority`, `channel` and `status` are option keys, or a shop's own words. `returning` tells
    whether the customer had an earlier inquiry (None: nobody knows whose it is). `replies` are the times of
    our answers, `contacts` how many times the customer wrote (mere thanks left out). `answered` is the first
    reply, or the closing where a person closed it without one. `suggested` is the template we proposed,
    `template` the one that stands in the row, `sent` which ones became replies. `open_days` are the days at
    whose end it was open, as (first, the day after the last or None). `until` is the moment up to which it
    is looked at, where that is not now: nobody waits any longer after it.
    """

    id: str
    received: datetime
    category: str = "other"
    priority: str = "normal"
    channel: str = "mail"
    status: str = "open"
    tags: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    assignee: str = ""
    customer: str = ""
    returning: bool | None = None
    replies: tuple[datetime, ...] = ()
    contacts: int = 1
    reopened: int = 0
    due: datetime | None = None
    first_reply: datetime | None = None
    answered: datetime | None = None
    closed: datetime | None = None
    reply_hours: float | None = None
    completion_hours: float | None = None
    suggested: str = ""
    template: str = ""
    sent: tuple[Sent, ...] = ()
    subject: str = ""
    open_days: tuple[tuple[date, date | None], ...] = ()
    until: datetime | None = None

    @property
    def day(self) -> date:
        return self.received.date()

    @property
    def resolved(self) -> bool:
        return self.status == "done"

    @property
    def one_touch(self) -> bool:
        """Resolved with one answer to one message."""
        return self.resolved and len(self.replies) == 1 and self.contacts == 1

    def kept(self, now: datetime) -> Kept:
        """Whether the target was kept; pending while there is still time."""
        if self.answered is not None:
            return "kept" if self.due is None or self.answered <= self.due else "missed"
        return "missed" if self.due is not None and self._seen(now) > self.due else "pending"

    def over_a_day(self, now: datetime) -> bool:
        """Whether the first reply took, or by now takes, more than 24 hours by the clock on the wall."""
        # Moments of one zone are subtracted by their wall clocks; a day is real time.
        answered = self.answered or self._seen(now)
        return answered.timestamp() - self.received.timestamp() > DAY.total_seconds()

    def _seen(self, now: datetime) -> datetime:
        return now if self.until is None else min(now, self.until)


@dataclass(frozen=True, slots=True)
class Left:
    """An inquiry that does not count, and why: "excluded" (automatic mail, sales …) or "duplicate"."""

    day: date
    why: str


class Facts:
    """All facts of a ledger, oldest first."""

    def __init__(self, facts: Sequence[Fact], left: Sequence[Left] = ()) -> None:
        self.all = sorted(facts, key=lambda fact: fact.received)
        self.left = left

    def of(self, period: Period) -> Sequence[Fact]:
        """Those received in a period."""
        start, end = (
            bisect_left(self._days, period.first),
            bisect_left(self._days, period.last + timedelta(1)),
        )
        return self.all[start:end]

    def count(self, month: Month) -> int:
        return len(self.of(Period(month.first, month.last)))

    def left_out(self, period: Period) -> Mapping[str, int]:
        """How many of a period do not count, by why."""
        found: dict[str, int] = {"excluded": 0, "duplicate": 0}
        for left in self.left:
            if left.day in period:
                found[left.why] += 1
        return found

    @property
    def since(self) -> date | None:
        """The first day anything was received."""
        return self.all[0].day if self.all else None

    @cached_property
    def _days(self) -> list[date]:
        return [fact.day for fact in self.all]


def read_facts(ledger: Ledger, settings: Settings) -> Facts:
    """Reads every inquiry that has a row. A row that a person deleted does not count any more."""
    events: dict[str, list[Event]] = defaultdict(list)
    for event in ledger.events:
        if event.inquiry in ledger.rows:
            events[event.inquiry].append(event)
    reader = _Reader(ledger, settings)
    stories = [story for row in ledger.rows.values() if (story := reader.story(row, events.get(row.id, [])))]
    stories.sort(key=lambda story: story.received)
    facts: list[Fact] = []
    left: list[Left] = []
    seen: dict[bytes, datetime] = {}
    customers: set[str] = set()
    for story in stories:
        if why := _left_out(story, seen):
            left.append(Left(story.received.date(), why))
            continue
        facts.append(reader.fact(story, customers))
    return Facts(facts, left)


def as_they_stood(facts: Sequence[Fact], moment: datetime, ledger: Ledger, settings: Settings) -> list[Fact]:
    """The same inquiries as they stood at `moment`: what came or was done later does not count.

    Of a row we know only what it says now, so a category or status by hand counts as if it had always stood
    there; of mails and closings we know when they were.
    """
    known = {fact.id: fact for fact in facts if fact.received <= moment}
    events: dict[str, list[Event]] = defaultdict(list)
    for event in ledger.events:
        if event.inquiry in known:
            events[event.inquiry].append(event)
    reader = _Reader(ledger, settings)
    found = []
    for id, fact in known.items():
        if story := reader.story(ledger.rows[id], events[id]):
            found.append(replace(reader.fact(reader.cut(story, moment), set()), returning=fact.returning))
    return found


@dataclass(slots=True)
class _Story:
    """An inquiry's row and messages side by side. `replied` is what the row says where there is no mail."""

    row: Row
    events: list[Event]
    received: datetime
    status: str
    priority: str
    first: Event | None
    replied: datetime | None
    closed: datetime | None
    until: datetime | None = None


def _left_out(story: _Story, seen: dict[bytes, datetime]) -> str:
    """Why an inquiry does not count, or "". `seen` maps a message's fingerprint to when it counted."""
    # Automatic mail, bounces and sales, or what a person says is none.
    if story.status == "excluded" or story.priority == "none":
        return "excluded"
    first = story.first
    if first is None or not first.address or not first.text.strip():
        return ""
    # Somebody pressed the button twice, or wrote to two of our addresses.
    words = f"{first.address}\x1f{''.join(first.subject.split())}\x1f{''.join(first.text.split())}"
    fingerprint = hashlib.sha256(words.encode("utf-8", "replace")).digest()
    before = seen.get(fingerprint)
    if before is not None and story.received - before <= SAME_MESSAGE:
        return "duplicate"
    seen[fingerprint] = story.received
    return ""


class _Reader:
    """Reads facts, with what they share at hand."""

    def __init__(self, ledger: Ledger, settings: Settings) -> None:
        self._clock = ledger.clock
        self._settings = settings
        self._time = BusinessTime(settings.calendar, ledger.clock.zone)
        self._keys = {
            name: {label: key for key, label in ledger.layout.lists[name].items()}
            for name in ("status", "priority", "channel", "category")
        }

    def story(self, row: Row, events: list[Event]) -> _Story | None:
        """None for a row that nobody can date."""
        events.sort(key=lambda event: event.date)
        first = Inquiry(row.id, events).first if events else None
        received = first.date if first else self._clock.moment(row.cell("received"))
        if received is None:
            return None
        status, priority = self._key("status", row), self._key("priority", row)
        until = None
        if status == "excluded" and (erased := row.base.facts.get(ERASED)):
            # Its person was erased: it counts as what it was, but waits no longer.
            status, until = erased[0], local(datetime.fromisoformat(erased[1]), self._clock.zone)
        received = local(received, self._clock.zone)
        replied = None if events else self._moment(row, "first_reply")
        closed = self._closed(row, events) or received if status == "done" else None
        return _Story(row, events, received, status, priority, first, replied, closed, until)

    def _closed(self, row: Row, events: Sequence[Event]) -> datetime | None:
        return self._moment(row, "closed") or progress(events, self._settings.after_reply).closed

    def cut(self, story: _Story, moment: datetime) -> _Story:
        """The story without what happened after `moment`."""
        events = [event for event in story.events if event.date <= moment]
        status, closed = story.status, story.closed
        reopened_later = status != "done" and len(events) < len(story.events)
        if reopened_later or (closed and closed > moment):
            # What the row says came about later: only the mails tell how it stood then.
            closed = progress(events, self._settings.after_reply).closed
            status = "done" if closed else "open"
        replied = story.replied if story.replied and story.replied <= moment else None
        until = min(moment, story.until or moment)
        return replace(story, events=events, status=status, replied=replied, closed=closed, until=until)

    def fact(self, story: _Story, customers: set[str]) -> Fact:
        """The fact of an inquiry that counts. `customers` are those who wrote before."""
        row, received, closed = story.row, story.received, story.closed
        went = progress(story.events, self._settings.after_reply)
        first_reply = went.first_reply or story.replied
        customer = row.text("customer_id")
        returning = customer in customers if customer else None
        customers.add(customer)
        return Fact(
            id=row.id,
            received=received,
            category=self._key("category", row) or "other",
            priority=story.priority,
            channel=self._key("channel", row) or "other",
            status=story.status,
            tags=tuple(words_of(row.cell("tags"))),
            products=tuple(words_of(row.cell("product"))),
            assignee=row.text("assignee").strip(),
            customer=customer,
            returning=returning,
            replies=tuple(self._replies(story.events, received)),
            contacts=max(went.contacts, 1),
            reopened=went.reopened,
            due=self._settings.calendar.due(received, self._target(story.priority)),
            first_reply=first_reply,
            answered=first_reply or closed,
            closed=closed,
            reply_hours=self._time.hours(received, first_reply) if first_reply else None,
            completion_hours=self._time.hours(received, closed) if closed else None,
            suggested=text_of(row.base.proposals.get("template")),
            template=row.text("template").strip(),
            sent=tuple(Sent.read(row.base.facts.get("sent"))),
            subject=row.text("subject"),
            open_days=tuple(self._open_days(story, went, closed or story.until)),
            until=story.until,
        )

    def _open_days(
        self, story: _Story, went: Progress, closed: datetime | None
    ) -> Iterator[tuple[date, date | None]]:
        """The days at whose end it was open, span by span. `closed`: or when nobody waited any longer."""
        # No mail tells, or the shop closes by hand: open from the first message until a person closed it.
        if self._settings.after_reply != "done" or not went.waits:
            yield story.received.date(), closed.date() if closed else None
            return
        last: date | None = story.received.date()
        for start, end in went.waits:
            last = self._day(end) if end else None
            # A person closed what nobody had answered.
            if end is None and closed:
                last = max(self._day(closed), self._day(start))
            yield self._day(start), last
        # A person took up again what had been answered.
        if story.status != "done" and last is not None:
            yield last, self._day(story.until) if story.until else None

    def _replies(self, events: Iterable[Event], received: datetime) -> Iterator[datetime]:
        for event in events:
            if not event.incoming and event.kind != "auto" and event.date >= received:
                yield local(event.date, self._clock.zone)

    def _target(self, priority: str) -> Target:
        return self._settings.targets.get(priority) or self._settings.targets["normal"]

    def _moment(self, row: Row, column: str) -> datetime | None:
        return self._clock.moment(row.cell(column))

    def _day(self, moment: datetime) -> date:
        return local(moment, self._clock.zone).date()

    def _key(self, column: str, row: Row) -> str:
        label = row.text(column).strip()
        return self._keys[column].get(label, label)
