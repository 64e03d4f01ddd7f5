"""Mail from an IMAP server (RFC 3501), through IMAPClient. It never changes a flag.

One run: list what is new in every folder (UIDs, arrival, size), merge the folders by arrival, fetch in
batches. A folder's cursor is `UIDVALIDITY:last UID`. Without one, or when the server has numbered the
folder anew, the whole folder is walked and its headers tell which mails are known already.
"""

from __future__ import annotations

import heapq
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from typing import Any

from imapclient.imapclient import SENT

from daicho.mail import bigmail
from daicho.mail.connection import TRIES, Account, Connection, FolderMissing, Unanswered
from daicho.mail.folders import role
from daicho.mail.mailbox import Batch, IsKnown, RawMail, is_before, portions, unreadable_mail
from daicho.mail.message import Attachment, peek_head, read_head

__all__ = ["Account", "Imap"]

WHOLE_MAIL = 10_000_000
"""Mails up to this many bytes are fetched whole; of larger ones the big attachments stay on the server."""

FIRST_MEGABYTE = 1 << 20
"""What is fetched of a large mail whose structure the server cannot tell."""

SEARCH_WINDOW = 50_000
"""Mails per SEARCH: its answer is one line, and the library reads lines of a million bytes at most."""

COMMAND_BYTES = 7_800
"""Bytes of UIDs in one command: servers accept lines of 8,000 (RFC 2683, 3.2.1.5)."""

HEAD = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE FROM)]"
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)

UNSELECTABLE = {b"\\noselect", b"\\nonexistent"}

Answers = dict[int, dict[bytes, Any]]
"""UID → what the server told of it."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder to read. `outgoing` is True for the Sent folder, None for others."""

    name: str
    outgoing: bool | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One mail of a listing. `key` is "" where only the whole mail can tell it; `size` 0 if unknown."""

    folder: Folder
    uid: int
    received: datetime | None
    size: int
    key: str

    @property
    def arrival(self) -> datetime:
        return self.received or LONG_AGO

    @property
    def is_large(self) -> bool:
        return self.size > WHOLE_MAIL

    @property
    def cost(self) -> int:
        """Bytes to be fetched, roughly."""
        return min(self.size, WHOLE_MAIL)


@dataclass(slots=True)
class Listing:
    """What a folder has to fetch, by ascending UID.

    `last` is the highest UID looked at (0 if none), `handed` how many entries have gone into batches.
    """

    folder: Folder
    validity: int
    last: int
    entries: list[Entry]
    handed: int = 0

    @property
    def cursor(self) -> str:
        """True once the entries handed out are committed. What lies behind the last of them is known."""
        done = self.handed == len(self.entries)
        return f"{self.validity}:{self.last if done else self.entries[self.handed - 1].uid}"


class Imap:
    """An IMAP mailbox: the folders of the account and its Sent folder."""

    def __init__(
        self,
        account: Account,
        secret: Callable[[], str],
        context: ssl.SSLContext | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`secret` is asked for the password or access token at every login; `context` says whom to trust."""
        self.name = account.name
        self.account = account
        self._connection = Connection(account, secret, context, sleep)

    def count(self, cursors: Mapping[str, str], is_known: IsKnown) -> int:
        """How many mails are new by number. The connection stays open for the `fetch` that follows."""
        total = 0
        for folder in self._folders():
            # A missing folder is told by `fetch`.
            with suppress(FolderMissing):
                total += len(self._search(folder, self._last_seen(folder, cursors)))
        return total

    def fetch(self, cursors: Mapping[str, str], is_known: IsKnown, limit: int) -> Iterator[Batch]:
        """New mails of all folders, merged by arrival. Raises MailError.

        A folder that does not exist is told by the error at the end, when the others have been read.
        """
        missing: list[FolderMissing] = []
        listings: list[Listing] = []
        try:
            for folder in self._folders():
                try:
                    listings.append(self._list(folder, self._last_seen(folder, cursors), is_known))
                except FolderMissing as error:
                    missing.append(error)
            yield from self._batches(listings, cursors, is_known, limit)
        finally:
            self._connection.close()
        if missing:
            raise missing[0]

    def _folders(self) -> list[Folder]:
        """The account's folders and the Sent folders among those the server has."""
        sent = self.account.sent
        names = self._sent_folders() if sent == "auto" else [sent] if sent else []
        outgoing: dict[str, bool | None] = dict.fromkeys(self.account.folders) | dict.fromkeys(names, True)
        return [Folder(name, flag) for name, flag in outgoing.items()]

    def _sent_folders(self) -> list[str]:
        """Folders the server marks as Sent, and those mail programs call so: they do not always agree."""
        return [
            name
            for flags, delimiter, name in self._connection.ask(None, lambda client: client.list_folders())
            if not {flag.lower() for flag in flags} & UNSELECTABLE
            and (SENT in flags or role(name.split(delimiter.decode()) if delimiter else [name]) == "sent")
        ]

    def _last_seen(self, folder: Folder, cursors: Mapping[str, str]) -> int:
        """The last UID of the folder's cursor; 0 if there is none or the folder has been numbered anew."""
        validity = self._connection.examine(folder.name).validity
        before, _, uid = cursors.get(self._cursor_name(folder), "").partition(":")
        return int(uid) if validity and before == str(validity) and uid.isdigit() else 0

    def _cursor_name(self, folder: Folder) -> str:
        return f"{self.name}/{folder.name}"

    def _search(self, folder: Folder, after: int) -> list[int]:
        """The UIDs above `after`, ascending. Mail from well before `since` is not listed."""
        exists = self._connection.examine(folder.name).exists
        recent: list[str | date] = []
        if self.account.since:
            # Servers compare days and forget the zone: two days of grace, the header then decides.
            day = self.account.since - timedelta(days=2)
            recent = ["OR", "SINCE", day, "SENTSINCE", day]
        found: set[int] = set()
        # From the top down: what is expunged meanwhile moves mails into windows still to come.
        for top in range(exists, 0, -SEARCH_WINDOW):
            window = f"{max(top - SEARCH_WINDOW, 0) + 1}:{'*' if top == exists else top}"
            found.update(self._matching(folder, [window, "UID", f"{after + 1}:*", *recent]))
        # `n:*` always answers with the last mail, whatever its UID.
        return sorted(uid for uid in found if uid > after)

    def _list(self, folder: Folder, after: int, is_known: IsKnown) -> Listing:
        """What is new in a folder. A walk through the whole folder looks at the headers of its mails."""
        uids = self._search(folder, after)
        items = ["INTERNALDATE", "RFC822.SIZE"] + ([] if after else [HEAD])
        entries: list[Entry] = []
        for chunk in chunks(uids):
            told = self._fetch(folder, chunk, items)
            found = (self._entry(folder, uid, told.get(uid, {}), is_known) for uid in chunk)
            entries += [entry for entry in found if entry]
        validity = self._connection.examine(folder.name).validity
        return Listing(folder, validity, uids[-1] if uids else after, entries)

    def _entry(self, folder: Folder, uid: int, told: Mapping[bytes, Any], is_known: IsKnown) -> Entry | None:
        """One line of a listing; None for a mail that the header shows to be known or too old."""
        arrival = told.get(b"INTERNALDATE")
        received = arrival.astimezone(UTC) if arrival else None
        header = next((value for key, value in told.items() if key.startswith(b"BODY[HEADER.FIELDS")), None)
        head = peek_head(header) if header else None
        if head and (is_known(head) or is_before(self.account.since, head.date, received)):
            return None
        return Entry(folder, uid, received, told.get(b"RFC822.SIZE") or 0, head.key if head else "")

    def _batches(
        self, listings: list[Listing], cursors: Mapping[str, str], is_known: IsKnown, limit: int
    ) -> Iterator[Batch]:
        by_folder = {listing.folder: listing for listing in listings}
        # Folders with nothing left to fetch: their cursors move with the first batch.
        moved = {
            self._cursor_name(each.folder): each.cursor for each in listings if not each.entries and each.last
        }
        moved = {name: cursor for name, cursor in moved.items() if cursors.get(name) != cursor}
        brought: set[str] = set()
        merged = heapq.merge(*(listing.entries for listing in listings), key=attrgetter("arrival"))
        for portion in portions(merged, limit, attrgetter("cost")):
            mails = self._mails(portion, by_folder, is_known, brought)
            for entry in portion:
                by_folder[entry.folder].handed += 1
                moved[self._cursor_name(entry.folder)] = by_folder[entry.folder].cursor
            yield Batch(mails, moved)
            moved = {}
        if moved:
            yield Batch([], moved)

    def _mails(
        self, portion: list[Entry], by_folder: Mapping[Folder, Listing], is_known: IsKnown, brought: set[str]
    ) -> list[RawMail]:
        """The mails of one batch in its order, without those that are known, too old or brought before."""
        raw_mails: dict[Entry, RawMail] = {}
        for folder, listing in by_folder.items():
            entries = [entry for entry in portion if entry.folder == folder and entry.key not in brought]
            raw_mails.update(self._raw_mails(listing, entries))
        mails = []
        for entry in portion:
            mail = raw_mails.get(entry)
            if mail is None:
                continue
            head = read_head(mail.raw)
            is_old = is_before(self.account.since, head.date, entry.received)
            if not (is_old or is_known(head) or head.key in brought):
                brought.add(head.key)
                mails.append(mail)
        return mails

    def _raw_mails(self, listing: Listing, entries: list[Entry]) -> dict[Entry, RawMail]:
        """Entries of one folder as mails. Those expunged meanwhile are absent, unreadable ones stand-ins."""
        whole = self._whole_mails(listing.folder, [entry.uid for entry in entries if not entry.is_large])
        mails: dict[Entry, RawMail] = {}
        for entry in entries:
            raw, left = self._without_big_parts(entry) if entry.is_large else (whole.get(entry.uid), ())
            if raw:
                mails[entry] = self._raw_mail(entry, raw, left)
        lost = [entry for entry in entries if entry not in mails]
        there = self._still_there(listing.folder, [entry.uid for entry in lost])
        for entry in lost:
            if entry.uid in there:
                # Left out among many: the server may still send it alone.
                raw = self._whole_mails(listing.folder, [entry.uid]).get(entry.uid)
                mails[entry] = self._raw_mail(entry, raw) if raw else self._stand_in(listing, entry)
        return mails

    def _raw_mail(self, entry: Entry, raw: bytes, left_behind: tuple[Attachment, ...] = ()) -> RawMail:
        folder = entry.folder
        location = f"{folder.name};UID={entry.uid}"
        return RawMail(raw, self.name, folder.name, location, folder.outgoing, entry.received, left_behind)

    def _whole_mails(self, folder: Folder, uids: list[int]) -> dict[int, bytes]:
        """One request for many mails."""
        told: Answers = {}
        for chunk in chunks(uids):
            told |= self._fetch(folder, chunk, ["BODY.PEEK[]"])
        return {uid: answer.get(b"BODY[]") or b"" for uid, answer in told.items()}

    def _without_big_parts(self, entry: Entry) -> tuple[bytes, tuple[Attachment, ...]]:
        """A large mail's header, text and small parts; its first megabyte where its structure is no help."""
        folder, uid = entry.folder, entry.uid
        mail = bigmail.read(self._fetch(folder, [uid], ["BODYSTRUCTURE"]).get(uid, {}).get(b"BODYSTRUCTURE"))
        if mail:
            answer = self._fetch(folder, [uid], bigmail.items(mail)).get(uid)
            if answer:
                return bigmail.rebuilt(mail, answer), bigmail.left_behind(mail, answer)
        answer = self._fetch(folder, [uid], [f"BODY.PEEK[]<0.{FIRST_MEGABYTE}>"]).get(uid, {})
        return bigmail.section(answer, ""), ()

    def _still_there(self, folder: Folder, uids: list[int]) -> set[int]:
        """Which of the mails that the server did not send have not been expunged."""
        there: set[int] = set()
        for chunk in chunks(uids):
            there.update(self._matching(folder, ["UID", ",".join(map(str, chunk))]))
        return there

    def _matching(self, folder: Folder, criteria: list[str | date]) -> list[int]:
        return list(self._connection.ask(folder.name, lambda client: client.search(criteria)))

    def _stand_in(self, listing: Listing, entry: Entry) -> RawMail:
        return unreadable_mail(
            self.name,
            entry.folder.name,
            f"{listing.validity};{entry.uid}",
            f"{entry.folder.name};UID={entry.uid}",
            outgoing=entry.folder.outgoing,
            received=entry.received,
        )

    def _fetch(self, folder: Folder, uids: list[int], items: list[str]) -> Answers:
        """One UID FETCH. One that the server cannot answer is asked again in halves, so that a single odd
        mail stops no other; that mail is absent from the answer. Raises MailError.
        """
        drops = 2 if len(uids) > 1 else TRIES
        try:
            return self._connection.ask(folder.name, lambda client: client.fetch(uids, items), drops)
        except Unanswered:
            if len(uids) > 1:
                half = len(uids) // 2
                return self._fetch(folder, uids[:half], items) | self._fetch(folder, uids[half:], items)
            # Is it this mail, or would the server refuse anything now? The latter raises.
            self._connection.ask(folder.name, lambda client: client.fetch(uids, ["UID"]))
            return {}


def chunks(uids: list[int]) -> Iterator[list[int]]:
    """`uids` cut so that a command that lists them stays short enough for any server."""
    per_command = COMMAND_BYTES // (len(str(max(uids, default=0))) + 1)
    return (uids[start : start + per_command] for start in range(0, len(uids), per_command))
