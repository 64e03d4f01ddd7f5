"""Mail from an IMAP server (RFC 3501), through IMAPClient. It never changes a flag, and writes only drafts.

One run: list what is new in every folder (UIDs, arrival, size), merge the folders by arrival, fetch in
batches. A folder's cursor is `UIDVALIDITY:last UID`. Without one, or when the server has numbered the
folder anew, the whole folder is walked and its headers tell which mails are known already.
"""

from __future__ import annotations

import heapq
import re
import ssl
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter

from imapclient import IMAPClient
from imapclient.imapclient import DRAFT, DRAFTS, SEEN, SENT

from daicho.mail.connection import Account, Connection, FolderMissing
from daicho.mail.draft import Draft, NoDrafts, id_start
from daicho.mail.folders import Role, role
from daicho.mail.imap_folder import Entry, ImapFolder, Listing
from daicho.mail.mailbox import Batch, IsKnown, RawMail, is_before, portions
from daicho.mail.message import Head, read_head, read_message

__all__ = ["Account", "Imap"]

APPENDED = re.compile(rb"\[APPENDUID \d+ (\d+)\]", re.IGNORECASE)
"""How a server with UIDPLUS (RFC 4315) tells the number of what was laid."""

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
UNSELECTABLE = {b"\\noselect", b"\\nonexistent"}


@dataclass(frozen=True, slots=True)
class Used:
    """The folders of an account that a sync uses: all it reads, those of them with sent mail, and the one
    for drafts ("" for none)."""

    read: tuple[str, ...]
    sent: tuple[str, ...]
    drafts: str


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
                total += len(folder.new_uids(cursors))
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
                    listings.append(folder.listing(cursors, is_known))
                except FolderMissing as error:
                    missing.append(error)
            yield from self._batches(listings, cursors, is_known, limit)
        finally:
            self._connection.close()
        if missing:
            raise missing[0]

    def _folders(self) -> list[ImapFolder]:
        """The account's folders and the Sent folders among those the server has."""
        sent = self.account.sent
        names = self._connection.ask(None, sent_folders) if sent == "auto" else [sent] if sent else []
        outgoing: dict[str, bool | None] = dict.fromkeys(self.account.folders) | dict.fromkeys(names, True)
        return [ImapFolder(self._connection, name, flag) for name, flag in outgoing.items()]

    def used(self) -> Used:
        """The folders a sync uses, each of which was opened. Raises FolderMissing, NoDrafts, MailError."""
        try:
            folders = self._folders()
            for folder in folders:
                self._connection.examine(folder.name)
            drafts = self._connection.ask(None, self._drafts_folder) if self.account.drafts else ""
        finally:
            self._connection.close()
        names = tuple(folder.name for folder in folders)
        return Used(names, tuple(folder.name for folder in folders if folder.outgoing), drafts)

    def lay(self, draft: Draft) -> None:
        """Lays `draft` into Drafts, unless a mail of its Message-ID lies there or in Sent. Raises MailError.

        Asked again from the start when the line drops: an APPEND whose answer was lost is found.
        """
        try:
            sent = [folder.name for folder in self._folders() if folder.outgoing]
            self._connection.ask(None, lambda client: lay(client, draft, self._drafts_folder(client), sent))
        finally:
            self._connection.close()

    def laid(self, inquiries: Collection[str]) -> list[str]:
        """The subjects of our drafts for these inquiries that still lie in Drafts.

        Raises NoDrafts, MailError.
        """
        try:
            return self._connection.ask(None, lambda client: self._laid(client, inquiries))
        finally:
            self._connection.close()

    def _laid(self, client: IMAPClient, inquiries: Collection[str]) -> list[str]:
        client.select_folder(self._drafts_folder(client), readonly=True)
        found = [uid for id in inquiries for uid in client.search(["HEADER", "Message-ID", id_start(id)])]
        heads = client.fetch(found, ["BODY.PEEK[HEADER]"]) if found else {}
        return [read_message(told[b"BODY[HEADER]"], received=LONG_AGO).subject for told in heads.values()]

    def _drafts_folder(self, client: IMAPClient) -> str:
        wanted = self.account.drafts
        names = own_folders(client, DRAFTS, "drafts") if wanted == "auto" else [wanted] if wanted else []
        if not names:
            raise NoDrafts("reply.no-drafts-folder", host=self.account.host)
        if not client.folder_exists(names[0]):
            raise NoDrafts("reply.drafts-folder-missing", host=self.account.host, folder=names[0])
        return names[0]

    def _batches(
        self, listings: list[Listing], cursors: Mapping[str, str], is_known: IsKnown, limit: int
    ) -> Iterator[Batch]:
        by_folder = {listing.folder.name: listing for listing in listings}
        idle = {each.folder.cursor_name: each.cursor for each in listings if each.last and not each.entries}
        # Cursors of folders with nothing left to fetch move with the first batch.
        moved = {name: cursor for name, cursor in idle.items() if cursors.get(name) != cursor}
        brought: set[Head] = set()
        merged = heapq.merge(*(listing.entries for listing in listings), key=attrgetter("arrival"))
        for portion in portions(merged, limit, attrgetter("cost")):
            mails = self._mails(portion, listings, is_known, brought)
            for entry in portion:
                listing = by_folder[entry.folder]
                listing.handed += 1
                moved[listing.folder.cursor_name] = listing.cursor
            yield Batch(mails, moved)
            moved = {}
        if moved:
            yield Batch([], moved)

    def _mails(
        self, portion: list[Entry], listings: list[Listing], is_known: IsKnown, brought: set[Head]
    ) -> list[RawMail]:
        """The mails of one batch in its order, without those that are known, too old or brought before."""
        fetched: dict[Entry, RawMail] = {}
        for listing in listings:
            here = [e for e in portion if e.folder == listing.folder.name and e.head not in brought]
            fetched |= listing.folder.mails(here)
        mails = []
        for entry in portion:
            # A mail expunged since the listing is gone for good.
            if entry not in fetched:
                continue
            head = read_head(fetched[entry].raw)
            is_old = is_before(self.account.since, head.date, entry.received)
            if not (is_old or is_known(head) or head in brought):
                brought.add(head)
                mails.append(fetched[entry])
        return mails


def sent_folders(client: IMAPClient) -> list[str]:
    """Folders the server marks as Sent, and those mail programs call so: they do not always agree."""
    return own_folders(client, SENT, "sent")


def own_folders(client: IMAPClient, mark: bytes, kind: Role) -> list[str]:
    """Folders the server marks with the SPECIAL-USE `mark`, then those whose name says `kind`.

    Other people's folders, which some servers list too, are none of ours.
    """
    foreign: tuple[str, ...] = ()
    if client.has_capability("NAMESPACE"):
        _, others, shared = client.namespace()
        foreign = tuple(prefix for prefix, _ in [*(others or ()), *(shared or ())] if prefix)
    marked, named = [], []
    for flags, delimiter, name in client.list_folders():
        if {flag.lower() for flag in flags} & UNSELECTABLE or name.startswith(foreign):
            continue
        if mark in flags:
            marked.append(name)
        elif role(name.split(delimiter.decode()) if delimiter else [name]) == kind:
            named.append(name)
    return marked + named


def lay(client: IMAPClient, draft: Draft, drafts: str, sent: Iterable[str]) -> None:
    """One try of laying a draft. Selects folders, so the connection is of no further use."""
    wanted = ["HEADER", "Message-ID", draft.message_id]
    for folder in (*sent, drafts):
        client.select_folder(folder, readonly=True)
        if client.search(wanted):
            return
    told = APPENDED.search(client.append(drafts, draft.raw, (DRAFT, SEEN)))
    # Another machine may have looked at the same moment. Every server numbers what comes in, so both
    # see the same order: the first copy stays, and who laid a later one takes back just that. (A server
    # without UIDPLUS does not tell which one is ours: a double is better than somebody's draft deleted.)
    client.select_folder(drafts, readonly=True)
    own = int(told[1]) if told else 0
    if own and any(uid < own for uid in client.search(wanted)):
        client.select_folder(drafts)
        client.delete_messages([own], silent=True)
        client.uid_expunge([own])
