"""Which inquiry a message belongs to.

A message joins an inquiry by what mail itself says (References, In-Reply-To), or by an order number and
an address within a window; never by subject alone. What joins nothing is an inquiry of its own.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from daicho.inquiry.extract import order_numbers
from daicho.mail.key import bare_key
from daicho.mail.text import Quoting

WINDOW = timedelta(days=30)
"""How long after an inquiry's message the same order number from the same address still means it."""

_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
_REPLY_MARKS = ("re:", "re：", "返信:", "返信：", "aw:")


@dataclass(slots=True)
class Event:
    """One message of the log. `inquiry` and `kind` are set when it is placed and judged.

    `key` and `references` are message keys, `inquiry` the id it was put to ("" for mail of ours that
    answers nothing), `date` aware, `kind` one of inquiry, reply, auto, bounce, sales, `address` the
    customer's side of it (lower-cased), `text` its new part, `attached` how many files came with it.
    `quoting` tells how a reply of ours that the log does not hold yet quotes.
    """

    key: str
    inquiry: str
    date: datetime
    incoming: bool
    kind: str
    address: str
    name: str
    subject: str
    text: str
    references: tuple[str, ...] = ()
    attached: int = 0
    quoting: Quoting | None = None


@dataclass(slots=True)
class Inquiry:
    """One customer's matter: its id and its messages, oldest first."""

    id: str
    events: list[Event]

    @property
    def first(self) -> Event:
        """The customer's first message; where no person wrote, the first that came in, else the first."""
        incoming = [event for event in self.events if event.incoming]
        return next((event for event in incoming if event.kind == "inquiry"), (*incoming, self.events[0])[0])


def short_code(text: str, length: int, attempt: int = 0) -> str:
    """`length` characters that are easy to say on the phone, derived from `text` alone."""
    number = int.from_bytes(hashlib.sha256(f"{attempt}:{text}".encode()).digest()[:16])
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(digits)


def inquiry_id(key: str, day: date, taken: Container[str]) -> str:
    """`261121-7KQ4`: the day and a code of the first message, so that every machine finds the same id.

    `taken` are the ids of other inquiries; on a clash the next code of the same message is used.
    """
    attempt = 0
    while (found := f"{day:%y%m%d}-{short_code(key, 4, attempt)}") in taken:
        attempt += 1
    return found


def base_subject(subject: str) -> str:
    """The subject without reply marks and blanks, folded for comparing."""
    rest = subject.strip().casefold()
    while mark := next((mark for mark in _REPLY_MARKS if rest.startswith(mark)), ""):
        rest = rest.removeprefix(mark).strip()
    return rest


class Threads:
    """An index of the log that places new messages. `add` keeps it up to date."""

    def __init__(
        self, events: Iterable[Event] = (), extract: Callable[[str], tuple[str, ...]] = order_numbers
    ):
        self.inquiries: dict[str, Inquiry] = {}
        self._extract = extract
        self._inquiries_of: dict[str, dict[str, str]] = defaultdict(dict)
        self._mentioned: dict[tuple[str, str], str] = {}
        self._by_address: dict[str, list[Event]] = defaultdict(list)
        self._orders: dict[str, frozenset[str]] = {}
        self._unplaced: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            self.add(event)

    def add(self, event: Event) -> None:
        """Takes a placed message into the index."""
        if not event.inquiry:
            for reference in event.references:
                self._unplaced[reference].append(event)
            return
        # A program that gives all its mails one id: its customers are told apart by their addresses.
        self._inquiries_of[bare_key(event.key)].setdefault(event.address, event.inquiry)
        inquiry = self.inquiries.setdefault(event.inquiry, Inquiry(event.inquiry, []))
        inquiry.events.append(event)
        if len(inquiry.events) > 1 and inquiry.events[-2].date > event.date:
            inquiry.events.sort(key=lambda placed: placed.date)
        self._by_address[event.address].append(event)
        for reference in event.references:
            self._mentioned.setdefault((reference, event.address), event.inquiry)
            self._mentioned.setdefault((reference, ""), event.inquiry)
        # Our answer was read before the mail it answers: now it is known where it belongs.
        for early in self._unplaced.pop(bare_key(event.key), ()):
            if not early.inquiry:
                early.inquiry = event.inquiry
                self.add(early)

    def place(self, event: Event, answers: str = "") -> str:
        """The id of the inquiry `event` belongs to, "" if it is none that we know.

        `answers` is the key of our own mail that a bounce is about.
        """
        return (
            self._by_reference(event, answers)
            or self._by_late_parent(event)
            or self._by_order(event)
            or self._by_our_answer(event)
        )

    def _by_reference(self, event: Event, answers: str) -> str:
        # It says itself what it answers; the nearest ancestor that we know decides.
        for key in (answers, *reversed(event.references)):
            if inquiries := self._inquiries_of.get(bare_key(key)):
                return inquiries.get(event.address) or next(iter(inquiries.values()))
        # Two answers of one customer to a mail of ours that stands in no inquiry, or is not here.
        for key in reversed(event.references):
            if inquiry := self._mentioned.get((key, event.address), ""):
                return inquiry
        return ""

    def _by_late_parent(self, event: Event) -> str:
        # The answer came in before the mail it answers (folders are read one after the other).
        return self._mentioned.get((event.key, ""), "")

    def _by_order(self, event: Event) -> str:
        # The same person about the same order, not long after: one matter, even in a fresh mail.
        orders = self.orders_of(event) if self._by_address.get(event.address) else frozenset()
        if not orders:
            return ""
        for known in self._recent(event):
            if known.incoming and orders & self.orders_of(known):
                return known.inquiry
        return ""

    def _by_our_answer(self, event: Event) -> str:
        # Our answer was written by a program that leaves References out: address and answered subject tell.
        if event.incoming or base_subject(event.subject) == event.subject.strip().casefold():
            return ""
        subject = base_subject(event.subject)
        for known in self._recent(event):
            if known.incoming and subject and base_subject(known.subject) == subject:
                return known.inquiry
        return ""

    def of_address(self, address: str) -> list[Event]:
        """Every placed message to or from an address."""
        return self._by_address.get(address, [])

    def _recent(self, event: Event) -> list[Event]:
        """Messages of the same address within the window, newest first, automatic mail left out."""
        known = self._by_address.get(event.address, []) if event.address else []
        near = [other for other in known if abs(event.date - other.date) <= WINDOW and other.kind != "auto"]
        return sorted(near, key=lambda other: other.date, reverse=True)

    def orders_of(self, event: Event) -> frozenset[str]:
        """The order numbers a message names."""
        orders = self._orders.get(event.key)
        if orders is None:
            orders = self._orders[event.key] = frozenset(self._extract(f"{event.subject}\n{event.text}"))
        return orders
