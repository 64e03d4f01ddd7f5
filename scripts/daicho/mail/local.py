"""Mailboxes on this machine: a Maildir, an mbox file, a folder of .eml files.

They keep no cursor. Every run looks at the head of every mail and leaves out those in the message log,
which also finds what was filed in late with an old date, renamed, or restored from a backup.
Only a draft is ever written into them.
"""

from __future__ import annotations

import hashlib
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from imapclient.imap_utf7 import decode as decode_utf7

from daicho.errors import MailError
from daicho.mail.draft import Draft, id_start
from daicho.mail.folders import Role, role
from daicho.mail.mailbox import Batch, IsKnown, RawMail, is_before, portions, unreadable_mail
from daicho.mail.message import Head, peek_head, read_head, read_message

T = TypeVar("T")

PEEK = 16 * 1024
"""Bytes read to tell a mail from the known ones; nearly every header ends before."""

LARGEST = 100_000_000
"""Bytes read of one mail at most. No provider accepts larger ones."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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
        try:
            return EPOCH + timedelta(seconds=self.path.stat().st_mtime)
        except OverflowError:
            return None

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


class LocalMailbox(ABC):
    """What the local mailboxes share. An adapter says where its mails lie (`places`)."""

    def __init__(self, name: str, path: Path, since: date | None = None) -> None:
        self.name = name
        self.path = path
        self.since = since

    @abstractmethod
    def places(self) -> Iterator[Place]:
        """Every mail of the mailbox. Raises MailError where the mailbox itself cannot be read."""

    def count(self, cursors: Mapping[str, str], is_known: IsKnown) -> int:
        return len(self._new(is_known))

    def fetch(self, cursors: Mapping[str, str], is_known: IsKnown, limit: int) -> Iterator[Batch]:
        """New mails, oldest first by their Date header. Raises MailError."""
        for portion in portions(self._new(is_known), limit, lambda found: found.size):
            yield Batch(self._load(portion, is_known))

    def _new(self, is_known: IsKnown) -> list[Found]:
        """The mails that are not in the log, each once, oldest first."""
        new: dict[Head, Found] = {}
        for _, found in self._retrying(self.places(), self._look):
            head = found.head
            if not is_before(self.since, head.date, found.received) and not is_known(head):
                new.setdefault(head, found)
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
        """The raw mails of one batch, in its order.

        Left for the next run are mails that are gone by now and those in whose place lies another one.
        """
        wanted = {found.place: found for found in portion}
        mails = dict(self._retrying(wanted, self._read))
        loaded = []
        for place, found in wanted.items():
            mail = mails.get(place)
            head = read_head(mail.raw) if mail else None
            if mail and head and (head.key == found.head.key or (mail.unreadable and not is_known(head))):
                loaded.append(mail)
        return loaded

    def _read(self, place: Place) -> RawMail:
        """One raw mail, or its stand-in. Raises FileNotFoundError."""
        try:
            received = place.received()
            return RawMail(place.read(), self.name, place.folder, place.location, place.outgoing, received)
        except FileNotFoundError:
            raise
        except OSError:
            return self._stand_in(place)

    def _stand_in(self, place: Place) -> RawMail:
        return unreadable_mail(
            self.name, place.folder, place.identity, place.location, outgoing=place.outgoing, received=None
        )

    def _retrying(self, places: Iterable[Place], act: Callable[[Place], T]) -> Iterator[tuple[Place, T]]:
        """Every place and what `act` makes of it.

        What has vanished (read by a colleague, say, which renames it) is looked up by its identity once.
        """
        gone: dict[str, Place] = {}
        for place in places:
            try:
                yield place, act(place)
            except FileNotFoundError:
                gone[place.identity] = place
        if gone:
            for place in self.places():
                if place.identity in gone:
                    with suppress(FileNotFoundError):
                        yield gone[place.identity], act(place)


class FolderTree(LocalMailbox):
    """A mailbox that is a folder with folders in it.

    Drafts, trash, junk and the like are left out; every other folder is read, since people file a
    customer's mail away. A folder that cannot be opened is told like a mail that cannot be read.
    """

    def places(self) -> Iterator[Place]:
        if not self.path.is_dir():
            raise MailError("mail.no-folder", path=self.path)
        closed: list[OSError] = []
        for top, subfolders, files in os.walk(self.path, onerror=closed.append):
            names = self.names(Path(top).relative_to(self.path))
            kind = role(names)
            paths = self.mails(Path(top), subfolders, files)
            if kind in ("mail", "sent"):
                outgoing = True if kind == "sent" else None
                yield from (self._place(path, "/".join(names), outgoing) for path in paths)
        for error in closed:
            folder = Path(error.filename)
            if folder == self.path:
                raise MailError("mail.folder-unreadable", path=folder) from error
            names = self.names(folder.relative_to(self.path))
            if role(names) in ("mail", "sent"):
                yield self._place(folder, "/".join(names), None)

    def lay(self, draft: Draft) -> None:
        """Lays `draft` into Drafts, unless a mail of its Message-ID lies there or in Sent. Raises MailError.

        The file's name follows from the Message-ID, so that two machines at once write the same file.
        """
        if not self.path.is_dir():
            raise MailError("mail.no-folder", path=self.path)
        name = hashlib.sha256(draft.message_id.encode()).hexdigest()[:24]
        folders = self._folders()
        drafts, sent = folders.get("drafts", []), folders.get("sent", [])
        for path in self._mails_in([*drafts, *sent]):
            if path.name.startswith(name) or self._message_id(path) == draft.message_id:
                return
        folder = next(iter(drafts), self.path / self.new_drafts())
        try:
            self.write_draft(folder, name, draft.raw)
        except OSError as error:
            raise MailError("reply.folder-unwritable", path=folder, reason=error) from error

    def laid(self, inquiries: Collection[str]) -> list[str]:
        """The subjects of our drafts for these inquiries that still lie in Drafts. Raises MailError."""
        if not self.path.is_dir():
            raise MailError("mail.no-folder", path=self.path)
        starts = tuple(map(id_start, inquiries))
        drafts = self._mails_in(self._folders().get("drafts", []))
        ours = [path for path in drafts if self._message_id(path).startswith(starts)]
        return [read_message(path.read_bytes(), received=EPOCH).subject for path in ours]

    def _folders(self) -> dict[Role, list[Path]]:
        """The folders of the mailbox by their role, in order."""
        found: dict[Role, list[Path]] = {}
        for top, subfolders, _ in os.walk(self.path):
            list(self.mails(Path(top), subfolders, []))
            found.setdefault(role(self.names(Path(top).relative_to(self.path))), []).append(Path(top))
        return found

    def _mails_in(self, folders: Iterable[Path]) -> Iterator[Path]:
        for folder in folders:
            files = [path.name for path in entries(folder) if path.is_file()]
            yield from self.mails(folder, [], files)

    def _message_id(self, path: Path) -> str:
        with suppress(OSError), path.open("rb") as file:
            head = peek_head(file.read(PEEK))
            return head.key if head else ""
        return ""

    def new_drafts(self) -> str:
        """What a Drafts folder made by us is called."""
        return "Drafts"

    @abstractmethod
    def write_draft(self, folder: Path, name: str, raw: bytes) -> None:
        """Writes a mail into `folder`, made if need be, whole or not at all. Raises OSError."""

    def names(self, inside: Path) -> Sequence[str]:
        """A folder's name and its parents', as a person sees them; none for the mailbox itself."""
        return inside.parts

    @abstractmethod
    def mails(self, folder: Path, subfolders: list[str], files: list[str]) -> Iterable[Path]:
        """The mails in one folder. Takes out of `subfolders` what is not to be walked into."""

    def unique_name(self, file: str) -> str:
        """What stays of a file's name as long as the mail lies in its folder."""
        return file

    def _place(self, path: Path, folder: str, outgoing: bool | None) -> Place:
        return Place(path, folder or "INBOX", f"{folder}/{self.unique_name(path.name)}", outgoing)


class Maildir(FolderTree):
    """A Maildir with its subfolders: Maildir++ (`.Sent`, names in modified UTF-7) and plain ones."""

    def places(self) -> Iterator[Place]:
        tree = os.walk(self.path)
        if self.path.is_dir() and not any({"cur", "new"} & set(subfolders) for _, subfolders, _ in tree):
            raise MailError("mail.not-maildir", path=self.path)
        return super().places()

    def names(self, inside: Path) -> Sequence[str]:
        return [name for part in inside.parts for name in folder_names(part)]

    def mails(self, folder: Path, subfolders: list[str], files: list[str]) -> Iterable[Path]:
        subfolders[:] = sorted(set(subfolders) - {"cur", "new", "tmp"})
        # `new` first: a mail that moves to `cur` meanwhile is seen twice rather than never.
        return (path for inside in ("new", "cur") for path in entries(folder / inside))

    def new_drafts(self) -> str:
        """As its neighbours are called: Maildir++ writes a dot first."""
        plain = any(
            path.is_dir() and not path.name.startswith(".")
            for path in self.path.iterdir()
            if path.name not in ("cur", "new", "tmp")
        )
        return "Drafts" if plain else ".Drafts"

    def write_draft(self, folder: Path, name: str, raw: bytes) -> None:
        for part in ("cur", "new", "tmp"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        # A draft that has been seen; Windows allows no colon in names.
        write_whole(
            folder / "cur" / f"{name}{'!' if os.name == 'nt' else ':'}2,DS", folder / "tmp" / name, raw
        )

    def unique_name(self, file: str) -> str:
        """The name without its flags. Windows allows no `:` there, so programs write `!` or `;`."""
        return re.split(r"[:!;]2,", file, maxsplit=1)[0]


class EmlFolder(FolderTree):
    """A folder of .eml files."""

    def mails(self, folder: Path, subfolders: list[str], files: list[str]) -> Iterable[Path]:
        subfolders.sort()
        return (folder / file for file in files if is_eml(file))

    def write_draft(self, folder: Path, name: str, raw: bytes) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / f"{name}.eml", folder / f".{name}.part", raw)


def write_whole(path: Path, part: Path, raw: bytes) -> None:
    """Writes a file whole or not at all, by way of `part` in the same file system."""
    with part.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


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
