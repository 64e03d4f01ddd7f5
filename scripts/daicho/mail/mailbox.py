"""The mailbox port: where raw mails come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from daicho.mail.message import Attachment, Head

IsKnown = Callable[[Head], bool]
"""True for a mail that is in the message log already."""


@dataclass(frozen=True, slots=True)
class RawMail:
    """One mail as a mailbox holds it.

    `outgoing` is True for the Sent folder and None where only the From address can tell.
    `location` leads a person back to the raw mail (a path, or `folder;UID=n`).
    `received` is the mailbox's own time of arrival, aware. `left_behind` are attachments that were
    too big to fetch.
    """

    raw: bytes
    mailbox: str
    folder: str
    location: str
    outgoing: bool | None = None
    received: datetime | None = None
    left_behind: tuple[Attachment, ...] = ()


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
