"""One folder of an IMAP account: what is new in it, and those mails, few requests for many mails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from daicho.mail import bigmail
from daicho.mail.connection import TRIES, Connection, Unanswered
from daicho.mail.mailbox import IsKnown, RawMail, is_before, unreadable_mail
from daicho.mail.message import Attachment, Head, peek_head

WHOLE_MAIL = 10_000_000
"""Mails up to this many bytes are fetched whole; of larger ones the big attachments stay on the server."""

FIRST_MEGABYTE = 1 << 20
"""What is fetched of a large mail whose structure the server cannot tell."""

TOLD_SHARE = 0.5
"""A structure whose parts make up less of the mail than this does not tell what is in it."""

SEARCH_WINDOW = 50_000
"""Mails per SEARCH: its answer is one line, and the library reads lines of a million bytes at most."""

COMMAND_BYTES = 7_800
"""Bytes of UIDs in one command: servers accept lines of 8,000 (RFC 2683, 3.2.1.5)."""

SEVERAL = 3
"""From this many mails on, all of them unreadable means that the server is in trouble."""

HEAD = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE FROM)]"
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)

Answers = dict[int, dict[bytes, Any]]
"""UID → what the server told of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One mail of a listing. `head` is None where only the whole mail can tell it; `size` 0 if unknown."""

    folder: str
    uid: int
    received: datetime | None
    size: int
    head: Head | None

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

    folder: ImapFolder
    validity: int
    last: int
    entries: list[Entry]
    handed: int = 0

    @property
    def cursor(self) -> str:
        """True once the entries handed out are committed. What lies behind the last of them is known."""
        done = self.handed == len(self.entries)
        return f"{self.validity}:{self.last if done else self.entries[self.handed - 1].uid}"


class ImapFolder:
    """A folder to read. `outgoing` is True for the Sent folder, None for others."""

    def __init__(self, connection: Connection, name: str, outgoing: bool | None) -> None:
        self.name = name
        self.outgoing = outgoing
        self.cursor_name = f"{connection.account.name}/{name}"
        self._connection = connection
        self._since = connection.account.since

    def new_uids(self, cursors: Mapping[str, str]) -> list[int]:
        """The UIDs behind the folder's cursor, ascending; all of them without a cursor. Raises MailError."""
        return self._search(self._last_seen(cursors))

    def listing(self, cursors: Mapping[str, str], is_known: IsKnown) -> Listing:
        """What is new. A walk through the whole folder looks at its mails' headers. Raises MailError."""
        after = self._last_seen(cursors)
        uids = self._search(after)
        items = ["INTERNALDATE", "RFC822.SIZE"] + ([] if after else [HEAD])
        entries: list[Entry] = []
        for chunk in chunks(uids):
            told = self._fetch(chunk, items)
            found = (self._entry(uid, told.get(uid, {}), is_known) for uid in chunk)
            entries += [entry for entry in found if entry]
        return Listing(self, self._validity, uids[-1] if uids else after, entries)

    @property
    def _validity(self) -> int:
        return self._connection.examine(self.name).validity

    def _last_seen(self, cursors: Mapping[str, str]) -> int:
        """The last UID of the cursor; 0 if there is none or the folder has been numbered anew."""
        validity = self._validity
        before, _, uid = cursors.get(self.cursor_name, "").partition(":")
        return int(uid) if validity and before == str(validity) and uid.isdigit() else 0

    def _search(self, after: int) -> list[int]:
        """The UIDs above `after`, ascending. Mail from well before `since` is not listed."""
        exists = self._connection.examine(self.name).exists
        recent: list[str | date] = []
        if self._since:
            # Servers compare days and forget the zone: two days of grace, the header then decides.
            day = self._since - timedelta(days=2)
            recent = ["OR", "SINCE", day, "SENTSINCE", day]
        found: set[int] = set()
        # From the top down: what is expunged meanwhile moves mails into windows still to come.
        for top in range(exists, 0, -SEARCH_WINDOW):
            window = f"{max(top - SEARCH_WINDOW, 0) + 1}:{'*' if top == exists else top}"
            found.update(self._matching([window, "UID", f"{after + 1}:*", *recent]))
        # `n:*` always answers with the last mail, whatever its UID.
        return sorted(uid for uid in found if uid > after)

    def _entry(self, uid: int, told: Mapping[bytes, Any], is_known: IsKnown) -> Entry | None:
        """One line of a listing; None for a mail that the header shows to be known or too old."""
        arrival = told.get(b"INTERNALDATE")
        received = arrival.astimezone(UTC) if arrival else None
        header = next((value for key, value in told.items() if key.startswith(b"BODY[HEADER.FIELDS")), None)
        head = peek_head(header) if header else None
        if head and (is_known(head) or is_before(self._since, head.date, received)):
            return None
        return Entry(self.name, uid, received, told.get(b"RFC822.SIZE") or 0, head)

    def mails(self, entries: list[Entry]) -> dict[Entry, RawMail]:
        """Entries as mails. Those expunged meanwhile are absent, unreadable ones stand-ins."""
        whole = self._whole_mails([entry.uid for entry in entries if not entry.is_large])
        mails: dict[Entry, RawMail] = {}
        for entry in entries:
            raw, left = self._without_big_parts(entry) if entry.is_large else (whole.get(entry.uid), ())
            if raw:
                mails[entry] = self._raw_mail(entry, raw, left)
        lost = [entry for entry in entries if entry not in mails]
        there = self._still_there([entry.uid for entry in lost])
        # Many mails and not one comes: better no row than as many that say "unreadable".
        if not mails and len(there) >= SEVERAL:
            raise Unanswered("mail.unanswered", host=self._connection.account.host, answer="NIL")
        for entry in lost:
            if entry.uid in there:
                # Left out among many, a mail may still be sent alone.
                raw = None if entry.is_large else self._whole_mails([entry.uid]).get(entry.uid)
                mails[entry] = self._raw_mail(entry, raw) if raw else self._stand_in(entry)
        return mails

    def _raw_mail(self, entry: Entry, raw: bytes, left_behind: tuple[Attachment, ...] = ()) -> RawMail:
        return RawMail(
            raw,
            self._connection.account.name,
            self.name,
            self._location(entry),
            self.outgoing,
            entry.received,
            left_behind,
        )

    def _location(self, entry: Entry) -> str:
        return f"{self.name};UID={entry.uid}"

    def _whole_mails(self, uids: list[int]) -> dict[int, bytes]:
        """One request for many mails."""
        told: Answers = {}
        for chunk in chunks(uids):
            told |= self._fetch(chunk, ["BODY.PEEK[]"])
        return {uid: answer.get(b"BODY[]") or b"" for uid, answer in told.items()}

    def _without_big_parts(self, entry: Entry) -> tuple[bytes, tuple[Attachment, ...]]:
        """A large mail's header, text and small parts; its first megabyte where its structure is no help."""
        uid = entry.uid
        mail = bigmail.read(self._fetch([uid], ["BODYSTRUCTURE"]).get(uid, {}).get(b"BODYSTRUCTURE"))
        if mail and sum(part.size for part in mail.leaves()) >= TOLD_SHARE * entry.size:
            answer = self._fetch([uid], bigmail.items(mail)).get(uid)
            if answer:
                return bigmail.rebuilt(mail, answer), bigmail.left_behind(mail, answer)
        answer = self._fetch([uid], [f"BODY.PEEK[]<0.{FIRST_MEGABYTE}>"]).get(uid, {})
        return bigmail.section(answer, ""), ()

    def _still_there(self, uids: list[int]) -> set[int]:
        """Which of the mails that the server did not send have not been expunged."""
        there: set[int] = set()
        for chunk in chunks(uids):
            there.update(self._matching(["UID", ",".join(map(str, chunk))]))
        return there & set(uids)

    def _matching(self, criteria: list[str | date]) -> list[int]:
        return list(self._connection.ask(self.name, lambda client: client.search(criteria)))

    def _stand_in(self, entry: Entry) -> RawMail:
        return unreadable_mail(
            self._connection.account.name,
            self.name,
            f"{self._validity};{entry.uid}",
            self._location(entry),
            outgoing=self.outgoing,
            received=entry.received,
        )

    def _fetch(self, uids: list[int], items: list[str]) -> Answers:
        """One UID FETCH. What the server cannot answer is asked again in halves, so that one odd mail stops
        no other; that mail is absent from the answer. Raises MailError.
        """
        answers: Answers = {}
        refused = 0
        waiting = [uids]
        while waiting:
            some = waiting.pop()
            drops = 2 if len(some) > 1 else TRIES
            try:
                answers |= self._ask_for(some, items, drops)
            except Unanswered:
                if len(some) > 1:
                    half = len(some) // 2
                    waiting += [some[half:], some[:half]]
                    continue
                refused += 1
                # Several mails refused and none handed out: it is not the mails.
                if refused == SEVERAL and not answers:
                    raise
                # Would the server refuse anything now? Then this raises.
                self._ask_for(some, ["UID"], TRIES)
        return answers

    def _ask_for(self, uids: list[int], items: list[str], drops: int) -> Answers:
        return dict(self._connection.ask(self.name, lambda client: client.fetch(uids, items), drops))


def chunks(uids: list[int]) -> Iterator[list[int]]:
    """`uids` cut so that a command that lists them stays short enough for any server."""
    per_command = COMMAND_BYTES // (len(str(max(uids, default=0))) + 1)
    return (uids[start : start + per_command] for start in range(0, len(uids), per_command))
