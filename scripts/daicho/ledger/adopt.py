"""Rows that people type or copy into the ledger: each becomes an inquiry with a message in the log."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container
from datetime import datetime

from daicho.inquiry.customer import Party
from daicho.inquiry.numbers import order_numbers, phones
from daicho.inquiry.thread import Event, inquiry_id
from daicho.ledger.rows import CUT_MARK, Clock, Row, comparable

TYPED = "typed-"
"""What the message key of a row typed by hand begins with."""

TOLD = 60
"""Characters of a date nobody can read that a sentence quotes."""

_MAIL_ADDRESS = re.compile(r"[a-zA-Z0-9._%+-]{1,64}@[a-zA-Z0-9.-]{1,255}")
_DATE = re.compile(r"(\d{4})[/年.-](\d{1,2})[/月.-](\d{1,2})日?(?:\D{1,3}(\d{1,2})[:時](\d{1,2})?)?")


def typed_event(row: Row, clock: Clock, now: datetime, taken: Container[str]) -> Event:
    """What a row typed by hand says, as a message that came in.

    `address` is the mail address that stands in 連絡先, else what stands there (a phone number, say).
    """
    received = clock.moment(row.cell("received")) or _written_date(row.text("received"), clock) or now
    cells = sorted(row.record.cells.items())
    content = "\x1f".join(f"{key}={comparable(cell)}" for key, cell in cells)
    seed = hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()
    id = inquiry_id(seed, received.astimezone(clock.zone), taken)
    contact = row.text("address").strip()
    address = _MAIL_ADDRESS.search(contact)
    return Event(
        key=f"{TYPED}{id}",
        inquiry=id,
        date=received,
        incoming=True,
        kind="inquiry",
        address=address[0].lower() if address else contact,
        name=row.text("customer") or (contact[: address.start()].strip(" <「(（") if address else ""),
        subject=row.text("subject"),
        text=row.text("excerpt") or row.text("memo"),
    )


def undated(row: Row, clock: Clock) -> str:
    """What stands in 受信日時 and is no date, "" where there is one or nothing; it gives way to our date."""
    if clock.moment(row.cell("received")) or _written_date(row.text("received"), clock):
        return ""
    told = " ".join(row.text("received").split())
    return told if len(told) <= TOLD else told[:TOLD] + CUT_MARK


def party_of_typed(event: Event) -> Party:
    """The customer of a row typed by hand."""
    told = f"{event.address}\n{event.text}"
    email = event.address if "@" in event.address else ""
    return Party(event.name, email, phones(told), order_numbers(told))


def _written_date(text: str, clock: Clock) -> datetime | None:
    """A date that stands as text, as after a paste: `2026/11/18 10:00`, 2026年11月18日 10時."""
    found = _DATE.search(text)
    if not found:
        return None
    year, month, day, hour, minute = (int(part or 0) for part in found.groups())
    try:
        return datetime(year, month, day, hour, minute, tzinfo=clock.zone)
    except ValueError:
        return None
