"""One sync as one story: fetch → decode → thread → judge → merge with what people did → commit → verify.

Drafts that people asked for come last: their ticks have been committed as claims, the mailboxes are read
once more (somebody may have answered meanwhile), the drafts are laid, and a last commit says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from daicho.errors import Conflict, DaichoError, WorkbookError
from daicho.inquiry.customer import is_incoming, is_own_group, party_of
from daicho.inquiry.judge import Case, Judgement
from daicho.inquiry.rules import RuleSet, read_rules
from daicho.ledger.drafts import Drafts, Laid, Request, open_claim
from daicho.ledger.faq import MONTH, Proposer, month_before
from daicho.ledger.past import past_inquiries
from daicho.ledger.plan import Arrival, Judge, Plan, Report
from daicho.ledger.propose import Speaker
from daicho.ledger.replies import Replies
from daicho.ledger.rows import Ledger
from daicho.ledger.settings import Settings, read_settings
from daicho.mail.draft import DraftFolder, NoDrafts
from daicho.mail.mailbox import BATCH_BYTES, Batch, IsKnown, Mailbox, RawMail
from daicho.mail.message import read_message
from daicho.sheets.layout import Layout
from daicho.sheets.workbook import Commit, Snapshot, Workbook
from daicho.wording import Wording

EMPTIED = "emptied on purpose"
"""The entry of the hidden tab that remembers which inquiries people meant to delete, all of them."""

CURSOR = "cursor "
"""Names of cursors in the hidden tab begin so."""

STALE = timedelta(minutes=10)
"""A snapshot older than this is read again before a commit is built on it."""

LIST_FIELDS = frozenset({"List-Id", "List-Unsubscribe", "X-Loop", "Precedence", "X-Precedence"})
"""What a mailing list adds, be it a newsletter or the shop's own group address."""

TRIES = 5
"""How often a commit that lost against somebody else's is built again."""


@dataclass(frozen=True, slots=True)
class Shop:
    """What a sync knows of the shop: its addresses, zone and language, how a mail is opened, its name."""

    addresses: frozenset[str]
    zone: ZoneInfo
    layout: Layout
    wording: Wording
    link: Callable[[str], str] = str
    name: str = ""


@dataclass(slots=True)
class Outcome:
    """What a sync did. `commits` are the writes (planned ones in a dry run); `troubles` are mailboxes that
    could not be read (the others were); `ledger` is what stands in the workbook now; `prepared` what was made
    of the workbook first, one line each."""

    report: Report = field(default_factory=Report)
    commits: list[Commit] = field(default_factory=list)
    troubles: list[DaichoError] = field(default_factory=list)
    settings: Settings | None = None
    ledger: Ledger | None = None
    prepared: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether any row was written."""
        return any(commit.updates or commit.appends for commit in self.commits)


LoadJudge = Callable[[Ledger, Settings], Judge]


class LateJudge:
    """A judge that is loaded only when there is something to judge: not for a sync with nothing new."""

    def __init__(self, rules: RuleSet, load: Callable[[], Judge]) -> None:
        self.rules = rules
        self._load = load
        self._loaded: Judge | None = None

    def judge(self, cases: Sequence[Case]) -> list[Judgement]:
        if not cases:
            return []
        if self._loaded is None:
            self._loaded = self._load()
            self.rules = self._loaded.rules
        return self._loaded.judge(cases)


class Sync:
    """One sync of some mailboxes into one workbook.

    `load_judge` is called once, when something has to be judged. `now` is the clock.
    """

    def __init__(
        self,
        workbook: Workbook,
        mailboxes: Sequence[Mailbox],
        shop: Shop,
        load_judge: LoadJudge,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.workbook = workbook
        self.mailboxes = mailboxes
        self.shop = shop
        self.now = now
        self._load_judge = load_judge
        self._judge: LateJudge | None = None
        self._unread: dict[str, DaichoError] = {}

    def run(
        self,
        *,
        dry: bool = False,
        allow_empty: bool = False,
        expect: Callable[[int], object] | None = None,
        advance: Callable[[int], object] = lambda mails: None,
    ) -> Outcome:
        """Fetches, plans and commits until nothing is new. With `dry` nothing is written and no draft laid;
        the outcome tells what would be.

        `expect` (if anybody is interested) hears how many mails are to come, `advance` how many are done.
        Raises WorkbookError; a mailbox that fails is told in the outcome, and the others go on.
        """
        outcome = Outcome()
        self._unread.clear()
        ledger = self._read(allow_empty)
        known, cursors = ledger.known, cursors_of(ledger.snapshot.state)
        if expect:
            expect(self._count(known, cursors))
        for batch in self._batches(known, cursors, outcome):
            ledger = self._commit(ledger, batch, outcome, dry=dry, allow_empty=allow_empty)
            advance(len(batch.mails))
        if any(map(open_claim, ledger.rows.values())):
            ledger = self._lay_drafts(ledger, outcome, dry=dry, allow_empty=allow_empty)
        if not dry:
            ledger = self._propose_questions(ledger, outcome)
        outcome.ledger = ledger
        return outcome

    def _lay_drafts(self, ledger: Ledger, outcome: Outcome, *, dry: bool, allow_empty: bool) -> Ledger:
        """Lays the drafts that rows claim, unless a last look finds that somebody has answered."""
        for batch in self._batches(ledger.known, cursors_of(ledger.snapshot.state), outcome):
            ledger = self._commit(ledger, batch, outcome, dry=dry, allow_empty=allow_empty)
        shop, now = self.shop, self.now()
        drafts = Drafts(ledger, self._replies(ledger, now), shop.addresses, shop.name, now)
        laid = {request.inquiry: self._lay(request, outcome, dry=dry) for request in drafts.requests()}
        return self._commit(ledger, Batch([]), outcome, dry=dry, allow_empty=allow_empty, laid=laid)

    def _replies(self, ledger: Ledger, now: datetime) -> Replies:
        shop, tables = self.shop, ledger.snapshot.tables
        settings = read_settings(tables.get("settings", []), shop.layout)
        return Replies(tables, settings, Speaker(shop.layout, shop.wording, ledger.clock), shop.name, now)

    def _propose_questions(self, ledger: Ledger, outcome: Outcome) -> Ledger:
        """Once a month: what was asked often in the last one is proposed for the FAQ."""
        now = self.now().astimezone(self.shop.zone)
        records, month = ledger.snapshot.tables.get("faq"), month_before(now)
        if records is None or ledger.snapshot.state.get(MONTH, "") >= month:
            return ledger
        proposer = Proposer(records, ledger.snapshot.state, self._replies(ledger, now))
        commit = proposer.commit(past_inquiries(ledger, month), month)
        # Who wrote first has time; the next sync proposes them.
        with suppress(Conflict):
            if commit:
                ledger = self._ledger(self.workbook.commit(ledger.snapshot, commit))
                outcome.commits.append(commit)
        return ledger

    def _lay(self, request: Request, outcome: Outcome, *, dry: bool) -> Laid:
        """Lays one draft, or with `dry` only looks whether it could. A mailbox that could not be read may
        hold an answer, so nothing is laid there."""
        try:
            if unread := self._unread.get(request.mailbox):
                raise unread
            folder = self._draft_folder(request.mailbox)
            if request.refused:
                return request.refused
            there = folder.laid([request.inquiry]) if request.older or dry else []
            # Who threw the earlier draft away wants another.
            lies = bool(request.older and there)
            if request.doubled and lies:
                return request.doubled
            if not dry:
                folder.lay(request.draft)
        except DaichoError as trouble:
            final = isinstance(trouble, NoDrafts)
            if trouble not in outcome.troubles:
                outcome.troubles.append(trouble)
            return Laid(request.laid.token, 0, trouble.key, trouble.values, final)
        return replace(request.laid, beside=request.older) if lies else request.laid

    def _draft_folder(self, name: str) -> DraftFolder:
        """The mailbox of that name, or for "" the first, that drafts can be laid into. Raises NoDrafts."""
        for mailbox in self.mailboxes:
            if name in (mailbox.name, "") and isinstance(mailbox, DraftFolder):
                return mailbox
        raise NoDrafts("reply.cannot-draft", name=name)

    def _count(self, known: IsKnown, cursors: Mapping[str, str]) -> int:
        mails = 0
        for mailbox in self.mailboxes:
            # A mailbox that cannot be read is told when it is fetched.
            with suppress(DaichoError):
                mails += mailbox.count(cursors, known)
        return mails

    def _read(self, allow_empty: bool) -> Ledger:
        ledger = self._ledger(self.workbook.read())
        # Everything gone at once is an accident, not a decision.
        allowed = ledger.snapshot.state.get(EMPTIED) == ledger.deleted
        if ledger.emptied and not (allow_empty or allowed):
            tab = self.shop.layout.tab("inquiries").label
            raise WorkbookError("ledger.emptied", tab=tab, workbook=self.workbook.name)
        return ledger

    def _ledger(self, snapshot: Snapshot) -> Ledger:
        return Ledger(snapshot, self.shop.layout, self.shop.zone)

    def _batches(self, known: IsKnown, cursors: Mapping[str, str], outcome: Outcome) -> Iterator[Batch]:
        """What all mailboxes hold, in batches as large as one commit takes; at least one, be it empty."""
        limit, full, size = self.workbook.batch, Batch([]), 0
        for mailbox in self.mailboxes:
            # What has failed in this sync is not asked again.
            if mailbox.name in self._unread:
                continue
            try:
                for batch in mailbox.fetch(cursors, known, limit):
                    more = sum(len(mail.raw) for mail in batch.mails)
                    too_many = len(full.mails) + len(batch.mails) > limit or size + more > BATCH_BYTES
                    if full.mails and too_many:
                        yield full
                        full, size = Batch([]), 0
                    size += more
                    full.mails += batch.mails
                    full.cursors |= batch.cursors
            except DaichoError as trouble:
                # One mailbox that cannot be read does not keep the others waiting.
                outcome.troubles.append(trouble)
                self._unread[mailbox.name] = trouble
        yield full

    def _commit(
        self,
        ledger: Ledger,
        batch: Batch,
        outcome: Outcome,
        *,
        dry: bool,
        allow_empty: bool,
        laid: Mapping[str, Laid] | None = None,
    ) -> Ledger:
        """Plans one batch and writes it; plans again from a fresh reading when somebody else wrote first."""
        arrivals = list(map(self._arrival, batch.mails))
        for attempt in range(TRIES):
            # What a dry run has planned so far stands nowhere else.
            if attempt or (not dry and self.now() - ledger.snapshot.taken > STALE):
                ledger = self._read(allow_empty)
            plan, outcome.settings = self._plan(ledger, arrivals, laid or {})
            plan.commit.state = changed_cursors(ledger.snapshot.state, batch.cursors)
            if ledger.emptied:
                plan.commit.state[EMPTIED] = ledger.deleted
            if not plan.commit:
                break
            if dry:
                ledger = self._ledger(ledger.snapshot.after(plan.commit))
                break
            try:
                ledger = self._ledger(self.workbook.commit(ledger.snapshot, plan.commit))
                break
            except Conflict:
                if attempt == TRIES - 1:
                    raise
        outcome.report.add(plan.report)
        outcome.commits += [plan.commit] if plan.commit else []
        return ledger

    def _plan(
        self, ledger: Ledger, arrivals: Sequence[Arrival], laid: Mapping[str, Laid]
    ) -> tuple[Plan, Settings]:
        settings = read_settings(ledger.snapshot.tables.get("settings", []), self.shop.layout)

        if self._judge is None:
            rows = [record.cells for record in ledger.snapshot.tables.get("rules", [])]
            rules = read_rules(rows, self.shop.layout)
            self._judge = LateJudge(rules, lambda: self._load_judge(ledger, settings))
        shop = self.shop
        plan = Plan(ledger, settings, self._judge, shop.wording, self.now(), shop.link, shop.name, laid)
        return plan.take(arrivals), settings

    def _arrival(self, mail: RawMail) -> Arrival:
        return arrival_of(mail, self.shop.addresses, self.now())


def arrival_of(mail: RawMail, own: frozenset[str], now: datetime) -> Arrival:
    """A raw mail, decoded, with the customer's side of it. Never raises, whatever the bytes."""
    message = read_message(mail.raw, received=mail.received or now, left_behind=mail.left_behind)
    if mail.unreadable:
        message = replace(message, notes=("message.unreadable",))
    if message.automatic in LIST_FIELDS and is_own_group(message, own):
        message = replace(message, kind="person", automatic="")
    incoming = is_incoming(message, mail.outgoing, own)
    party = party_of(message, incoming, own)
    reply_to = next((address.email for address in message.reply_to if address.email not in own), "")
    # A form's notice tells in its text whom to answer.
    reply_to = "" if party.form or reply_to == party.email else reply_to
    return Arrival(message, incoming, party, f"{mail.mailbox}/{mail.folder}", mail.location, reply_to)


def cursors_of(state: Mapping[str, str]) -> dict[str, str]:
    """The mail cursors that the hidden tab keeps."""
    return {name.removeprefix(CURSOR): value for name, value in state.items() if name.startswith(CURSOR)}


def changed_cursors(state: Mapping[str, str], cursors: Mapping[str, str]) -> dict[str, str]:
    """Cursors as entries of the hidden tab, only those that moved."""
    entries = {CURSOR + name: value for name, value in cursors.items()}
    return {name: value for name, value in entries.items() if state.get(name) != value}
