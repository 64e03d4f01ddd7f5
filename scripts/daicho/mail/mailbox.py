"""The mailbox port: where raw mails come from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from typing import Protocol, TypeVar

from daicho.mail.message import Attachment, Head

T = TypeVar("T")

IsKnown = Callable[[Head], bool]
"""True for a mail that is in the message log already."""


@dataclass(frozen=True, slots=True)
class RawMail:
    """One mail as a mailbox holds it.

    `outgoing` is True for the Sent folder and None where only the From address can tell.
    `location` leads a person back to the raw mail (a path, or `folder;UID=n`).
    `received` is the mailbox's own time of arrival, aware. `left_behind` are attachments that were
    too big to fetch. `unreadable` marks a stand-in (see `unreadable_mail`) for a mail that is there
    but could not be read.
    """

    raw: bytes
    mailbox: str
    folder: str
    location: str
    outgoing: bool | None = None
    received: datetime | None = None
    left_behind: tuple[Attachment, ...] = ()
    unreadable: bool = False


@dataclass(slots=True)
class Batch:
    """Mails to be committed together, and the cursors that are true once they are.

    `cursors` maps `mailbox/folder` to an opaque string.
    """

    mails: list[RawMail]
    cursors: dict[str, str] = field(default_factory=dict)


class Mailbox(Protocol):
    """A place mail arrives in. Reading never changes anything there."""

    name: str

    def count(self, cursors: Mapping[str, str], is_known: IsKnown) -> int:
        """How many mails `fetch` is going to look at, for a progress bar."""
        ...

    def fetch(self, cursors: Mapping[str, str], is_known: IsKnown, limit: int) -> Iterator[Batch]:
        """New mails, roughly oldest first, in batches of at most `limit`.

        Mails `is_known` accepts are left out. A cursor only ever covers mails of this and earlier
        batches, so a sync that stops after any batch loses nothing. Raises MailError.
        """
        ...


BATCH_BYTES = 25_000_000
"""A batch is cut before its raw mails pass this many bytes, so that memory stays bounded."""


def portions(items: Iterable[T], limit: int, size: Callable[[T], int]) -> Iterator[list[T]]:
    """`items` in their order, cut before `limit` items or BATCH_BYTES bytes are passed."""
    portion: list[T] = []
    total = 0
    for item in items:
        if portion and (len(portion) >= limit or total + size(item) > BATCH_BYTES):
            yield portion
            portion, total = [], 0
        portion.append(item)
        total += size(item)
    if portion:
        yield portion


def unreadable_mail(
    mailbox: str,
    folder: str,
    identity: str,
    location: str,
    *,
    outgoing: bool | None,
    received: datetime | None,
) -> RawMail:
    """A stand-in for a mail that could not be read: a row that says so is better than silence.

    It is a mail of headers only whose Message-ID is made from where the mail lies. `identity` names it
    there for good (a Maildir's unique name, `UIDVALIDITY;UID`), so every run gives the same key and
    tells the mail once. Should the mail become readable, it comes in under its own key.
    """
    digest = hashlib.sha256(
        "\0".join((mailbox, folder, identity)).encode("utf-8", "surrogatepass")
    ).hexdigest()
    head = f"Message-ID: <{digest[:32]}@unreadable.invalid>\r\n\r\n"
    return RawMail(head.encode(), mailbox, folder, location, outgoing, received, unreadable=True)


EARLIEST_ZONE = timezone(timedelta(hours=14))


def is_before(since: date | None, sent: datetime | None, received: datetime | None) -> bool:
    """Whether a mail is older than the day `since`, by its Date header, else by its arrival.

    The day begins where it begins first on earth (UTC+14): a few hours too many, never one too few.
    """
    moment = sent or received
    return bool(since and moment and moment < datetime.combine(since, time.min, EARLIEST_ZONE))
