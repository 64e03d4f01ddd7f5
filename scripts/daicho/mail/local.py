"""Mailboxes on this machine: a Maildir, an mbox file, a folder of .eml files.

They keep no cursor. Every run looks at the head of every mail and leaves out those in the message log,
which also finds what was filed in late with an old date, renamed, or restored from a backup.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

from imapclient.imap_utf7 import decode as decode_utf7

from daicho.errors import MailError
from daicho.mail.folders import role
from daicho.mail.mailbox import Batch, IsKnown, RawMail, is_before, portions, unreadable_mail
from daicho.mail.message import Head, peek_head, read_head

T = TypeVar("T")

PEEK = 16 * 1024
"""Bytes read to tell a mail from the known ones; nearly every header ends before."""

LARGEST = 100_000_000
"""Bytes read of one mail at most. No provider accepts larger ones."""

LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """Where one raw mail lies. `identity` is its name for good, whatever flags or moves do to the path."""

    path: Path
    folder: str
    identity: str
    outgoing: bool | None

    @property
    def location(self) -> str:
        return str(self.path)

    def size(self) -> int:
        return self.path.stat().st_size

    def received(self) -> datetime | None:
        """The file's time: a mail server sets it to the time of arrival."""
        return datetime.fromtimestamp(self.path.stat().st_mtime, UTC)

    def read(self, size: int = LARGEST) -> bytes:
        """The first `size` bytes of the mail. Raises OSError."""
        with self.path.open("rb") as file:
            return file.read(size)


@dataclass(frozen=True, slots=True)
class Found:
    """A mail worth fetching. `received` is None and `size` 0 where the file tells nothing."""

    place: Place
    head: Head
    received: datetime | None
    size: int


class LocalMailbox:
    """What the local mailboxes share. An adapter says where its mails lie (`places`)."""

    def __init__(self, name: str, path: Path, since: date | None = None) -> None:
        self.name = name
        self.path = path
        self.since = since

    def places(self) -> Iterator[Place]:
        """Every mail of the mailbox. Raises MailError where the mailbox itself cannot be read."""
        raise NotImplementedError

    def _walk(self) -> Iterator[tuple[Path, list[str], list[str]]]:
        """The folders below the mailbox as `os.walk` gives them. Raises MailError."""

        def refuse(error: OSError) -> None:
            raise MailError("mail.folder-unreadable", path=error.filename) from error

        if not self.path.is_dir():
            raise MailError("mail.no-folder", path=self.path)
        for folder, subfolders, files in os.walk(self.path, onerror=refuse):
            yield Path(folder), subfolders, files

    def count(self, cursors: Mapping[str, str], is_known: IsKnown) -> int:
        return len(self._new(is_known))

    def fetch(self, cursors: Mapping[str, str], is_known: IsKnown, limit: int) -> Iterator[Batch]:
        """New mails, oldest first by their Date header. Raises MailError."""
        for portion in portions(self._new(is_known), limit, lambda found: found.size):
            yield Batch(self._load(portion, is_known))

    def _new(self, is_known: IsKnown) -> list[Found]:
        """The mails that are not in the log, each key once, oldest first."""
        new: dict[str, Found] = {}
        for found in self._retrying(self._places_once(), self._look):
            head = found.head
            if not is_before(self.since, head.date, found.received) and not is_known(head):
                new.setdefault(head.key, found)
        return sorted(new.values(), key=lambda found: found.head.date or found.received or LONG_AGO)

    def _look(self, place: Place) -> Found:
        """The head of one mail; a mail that cannot be read gets the head of its stand-in."""
        try:
            head = peek_head(place.read(PEEK)) or read_head(place.read())
            return Found(place, head, place.received(), place.size())
        except FileNotFoundError:
            raise
        except OSError:
            return Found(place, read_head(self._stand_in(place).raw), None, 0)

    def _load(self, portion: list[Found], is_known: IsKnown) -> list[RawMail]:
        """The raw mails of one batch, in its order, without those that are gone by now."""
        wanted = {found.place.identity: found for found in portion}

        def load(place: Place) -> tuple[str, RawMail | None]:
            return place.identity, self._raw_mail(place, wanted[place.identity], is_known)

        loaded = dict(self._retrying([found.place for found in portion], load))
        return [mail for identity in wanted if (mail := loaded.get(identity))]

    def _raw_mail(self, place: Place, found: Found, is_known: IsKnown) -> RawMail | None:
        """One raw mail; None for a stand-in that is told already. Raises FileNotFoundError."""
        try:
            mail = RawMail(
                place.read(), self.name, place.folder, place.location, place.outgoing, found.received
            )
        except FileNotFoundError:
            raise
        except OSError:
            mail = self._stand_in(place)
        head = read_head(mail.raw)
        if head.key == found.head.key:
            return mail
        # The head could be read a moment ago, the rest cannot (a worn disk).
        if mail.unreadable:
            return None if is_known(head) else mail
        # Another mail lies here now: someone rewrote the file. The next run looks afresh.
        raise FileNotFoundError(place.location)

    def _stand_in(self, place: Place) -> RawMail:
        return unreadable_mail(
            self.name, place.folder, place.identity, place.location, outgoing=place.outgoing, received=None
        )

    def _places_once(self) -> Iterable[Place]:
        """Every place once, though a mail may move from `new` to `cur` while we list."""
        return {place.identity: place for place in self.places()}.values()

    def _retrying(self, places: Iterable[Place], act: Callable[[Place], T]) -> Iterator[T]:
        """`act` on every place. What has vanished is looked up once more, then left for next time."""
        gone: set[str] = set()
        for place in places:
            try:
                yield act(place)
            except FileNotFoundError:
                gone.add(place.identity)
        if gone:
            for place in self._places_once():
                if place.identity in gone:
                    with suppress(FileNotFoundError):
                        yield act(place)


class Maildir(LocalMailbox):
    """A Maildir with its subfolders: Maildir++ (`.Sent`, names in modified UTF-7) and plain ones.

    Drafts, trash, junk and the like are left out, every other folder is read; `tmp` never.
    """

    def places(self) -> Iterator[Place]:
        maildirs = 0
        for folder, subfolders, _ in self._walk():
            held = {"cur", "new"} & set(subfolders)
            maildirs += bool(held)
            subfolders[:] = sorted(set(subfolders) - {"cur", "new", "tmp"})
            parts = [name for part in folder.relative_to(self.path).parts for name in folder_names(part)]
            kind = role(parts)
            if held and kind in ("mail", "sent"):
                yield from self._files(folder, "/".join(parts) or "INBOX", True if kind == "sent" else None)
        if not maildirs:
            raise MailError("mail.not-maildir", path=self.path)

    def _files(self, folder: Path, name: str, outgoing: bool | None) -> Iterator[Place]:
        # `new` first: a mail that moves to `cur` meanwhile is seen twice rather than never.
        for inside in (folder / "new", folder / "cur"):
            for path in entries(inside):
                yield Place(path, name, f"{name}/{unique_name(path.name)}", outgoing)


class EmlFolder(LocalMailbox):
    """A folder of .eml files, subfolders included; one named like a Sent folder holds our own mail."""

    def places(self) -> Iterator[Place]:
        for folder, subfolders, files in self._walk():
            subfolders.sort()
            inside = folder.relative_to(self.path)
            kind = role(inside.parts)
            if kind in ("mail", "sent"):
                for file in filter(is_eml, files):
                    identity = (inside / file).as_posix()
                    yield Place(folder / file, inside.as_posix(), identity, True if kind == "sent" else None)


def is_eml(name: str) -> bool:
    """Whether a file is a mail. A leading dot marks what the system keeps for itself (`._mail.eml`)."""
    return name.casefold().endswith(".eml") and not name.startswith(".")


def folder_names(part: str) -> tuple[str, ...]:
    """The names in one directory name: Maildir++ writes `.Shop.Sent` for Sent inside Shop."""
    return tuple(map(readable, part[1:].split("."))) if part.startswith(".") else (part,)


def readable(name: str) -> str:
    """A folder name out of modified UTF-7; some programs write it as it is instead."""
    try:
        return str(decode_utf7(name.encode("ascii")))
    except ValueError:
        return name


def unique_name(file: str) -> str:
    """A Maildir file's name without its flags. Windows allows no `:` there, so programs write `!` or `;`."""
    return re.split(r"[:!;]2,", file, maxsplit=1)[0]


def entries(folder: Path) -> Iterator[Path]:
    """What lies in a folder; the folder itself where it cannot be listed, so that someone is told."""
    try:
        with os.scandir(folder) as found:
            names = [entry.path for entry in found if not entry.name.startswith(".")]
    except FileNotFoundError:
        return
    except OSError:
        names = [str(folder)]
    yield from map(Path, names)
