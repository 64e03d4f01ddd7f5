"""The desk (窓口): what each command needs, opened and put together; one method a command."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

from daicho.adapters import cache_folder, folders_of, open_google, open_mailbox, open_workbook
from daicho.config import Config
from daicho.doctor import (
    Check,
    Diagnosis,
    Keep,
    content_checks,
    credentials_check,
    examine,
    excel_checks,
    fail,
    google_checks,
    mailbox_checks,
)
from daicho.errors import DaichoError, UsageError, WorkbookError
from daicho.faq_page import Question, faq_page
from daicho.handover import Handover
from daicho.inquiry.judge import Judge
from daicho.inquiry.rules import Trial
from daicho.ledger.corrections import corrections
from daicho.ledger.faq import Entry, entries
from daicho.ledger.forget import Forgotten
from daicho.ledger.past import Likeness, past_inquiries, similar
from daicho.ledger.people import read_customers
from daicho.ledger.propose import Speaker
from daicho.ledger.replies import Replies
from daicho.ledger.rows import Ledger, join_address
from daicho.ledger.settings import Settings, read_settings
from daicho.ledger.summary.month import Month
from daicho.ledger.summary.summary import Summary
from daicho.ledger.template_check import Finding, check_templates
from daicho.ledger.vendor.context import House
from daicho.mail.draft import DraftFolder, NoDrafts
from daicho.mail.key import gmail_link, named_id
from daicho.mail.mailbox import Mailbox
from daicho.monthly import Monthly
from daicho.sheets.layout import Layout, load_layout
from daicho.sheets.ledger_file import LedgerFile, was_ledger
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Snapshot, Workbook
from daicho.sync import Outcome, Shop, Sync
from daicho.training import load_judge
from daicho.trial import try_ledger_rules
from daicho.wording import Wording, wording


class Desk:
    """Opens what a command needs. `now` is the clock."""

    def __init__(self, config: Config, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.config = config
        self.now = now

    @cached_property
    def wording(self) -> Wording:
        return wording(self.config.language)

    @cached_property
    def layout(self) -> Layout:
        return load_layout(self.config.language)

    @cached_property
    def workbook(self) -> Workbook:
        return open_workbook(self.config, self.layout, self.now)

    @cached_property
    def mailboxes(self) -> list[Mailbox]:
        return [open_mailbox(mailbox) for mailbox in self.config.mailboxes]

    def sync(
        self,
        *,
        dry: bool = False,
        allow_empty: bool = False,
        begin: bool = True,
        expect: Callable[[int], object] | None = None,
        advance: Callable[[int], object] = lambda mails: None,
    ) -> Outcome:
        """One sync. With `begin`, a ledger file is made where there has never been one.

        `expect` hears how many mails there are to look at, `advance` how many were; for a progress bar.
        """
        prepared: list[str] = []
        run = partial(Sync.run, dry=dry, allow_empty=allow_empty, expect=expect, advance=advance)
        # A Google Sheet becomes a ledger by `setup`; a sync spends no request on looking. A ledger that was
        # moved away is told: a new one would lack all that people wrote.
        if (excel := self.config.excel) and (excel.exists() or (begin and not was_ledger(excel))):
            if dry:
                with self._on_a_copy() as desk:
                    desk.prepare()
                    return run(desk._sync)
            prepared = self.prepare()
        outcome = run(self._sync)
        outcome.prepared = prepared
        if not dry:
            self._refresh_summary(outcome)
        return outcome

    @property
    def _sync(self) -> Sync:
        return Sync(self.workbook, self.mailboxes, self._shop, self._load_judge, self.now)

    @contextmanager
    def _on_a_copy(self) -> Iterator[Desk]:
        """A desk on a copy of the ledger file, or on none where there is none; it is thrown away."""
        assert self.config.excel
        if not self.config.excel.parent.is_dir():
            raise WorkbookError("sheets.no-folder", folder=self.config.excel.parent)
        with TemporaryDirectory() as folder:
            copy = Path(folder) / self.config.excel.name
            if self.config.excel.exists():
                copyfile(self.config.excel, copy)
            yield Desk(replace(self.config, excel=copy), self.now)

    def summary(self, month: str = "") -> Summary:
        """Writes the tab of a month ("2026-11", else the running one) and returns what it says."""
        try:
            return self._monthly.write(Month.parse(month) if month else None)
        except ValueError:
            raise UsageError("cli.no-month", month=month) from None

    def _refresh_summary(self, outcome: Outcome) -> None:
        """The tabs of the months that a sync has changed. A summary that fails does not undo a sync."""
        if outcome.ledger is None:
            return
        try:
            self._monthly.refresh(outcome.ledger, outcome.changed)
        except DaichoError as trouble:
            reason = self.wording.say(trouble.key, **trouble.values)
            outcome.troubles.append(WorkbookError("summary.not-refreshed", reason=reason))

    @property
    def _monthly(self) -> Monthly:
        return Monthly(self.workbook, self.ledger, self.wording, self.now)

    def prepare(self, *, sample: bool = False) -> list[str]:
        """Makes the ledger file if there is none; what was done, one line each.

        `sample`: with the sample shop's members, products and signature."""
        return self.workbook.prepare(self.layout, load_starters(self.config.language, sample=sample))

    def doctor(self) -> Iterator[Diagnosis]:
        """Looks at everything a sync needs, one thing at a time."""
        return examine(self._checks())

    def _checks(self) -> Iterator[Sequence[Check]]:
        read: list[Snapshot] = []
        yield self._ledger_checks(read.append)
        for snapshot in read:
            yield from content_checks(snapshot, self.layout)
        for mailbox in map(open_mailbox, self.config.mailboxes):
            yield mailbox_checks(mailbox, folders_of(mailbox))

    def _ledger_checks(self, keep: Keep) -> list[Check]:
        if self.config.excel:
            return excel_checks(self.config.excel, self.workbook, keep)
        # Without a file, Google's own tools look after the credentials.
        path = self.config.credentials
        checks = [credentials_check(path)] if path.exists() else []
        try:
            workbook = open_google(self.config, self.layout, self.now)
            return checks + google_checks(workbook, self.now, keep)
        except WorkbookError as error:
            return [*checks, ("sign-in", partial(fail, error))]

    def setup(self, *, dry: bool = False) -> list[str]:
        """Makes the ledger, or brings it up to date; one line a change. With `dry`, only tells.

        A person may have to sign in to Google: then the browser asks. Raises WorkbookError for a ledger that
        a sync could not use.
        """
        if self.config.excel:
            with self._on_a_copy() if dry else nullcontext(self) as desk:
                lines = desk.prepare()
                desk.workbook.read()
            return lines
        sheet = open_google(self.config, self.layout, self.now, ask=True)
        lines = sheet.prepare(self.layout, load_starters(self.config.language, sample=False), dry=dry)
        if not dry:
            sheet.read()
        return lines

    @cached_property
    def handover(self) -> Handover:
        """Packs for vendors, and forgetting. A ledger that is not there is told when it is read."""
        if self.config.excel is None or self.config.excel.exists():
            self.prepare()
        house = House(self.config.shop_name, self.config.addresses)
        return Handover(self.workbook, house, self.layout, self.config.zone, self.wording, self.now)

    def forget(self, address: str, *, dry: bool = False) -> Forgotten:
        """Erases the person who writes from `address` from everywhere. With `dry` nothing is written."""
        forgotten = self.handover.forget(address, dry=dry)
        if not dry:
            self._forget_copies()
        return forgotten

    def drafts_left(self, inquiries: Collection[str]) -> tuple[list[tuple[str, str]], list[DaichoError]]:
        """Our drafts for these inquiries that still lie in Drafts, as (mailbox, subject); and what kept us
        from looking."""
        found: list[tuple[str, str]] = []
        troubles: list[DaichoError] = []
        for mailbox in self.mailboxes if inquiries else ():
            if isinstance(mailbox, DraftFolder):
                try:
                    found += [(mailbox.name, subject) for subject in mailbox.laid(inquiries)]
                except NoDrafts:
                    # Without a Drafts folder none was ever laid.
                    continue
                except DaichoError as trouble:
                    troubles.append(trouble)
        return found, troubles

    def prune(self, *, dry: bool = True) -> tuple[datetime, Forgotten]:
        """Makes anonymous what was settled long ago; since when, and what. Raises like `Handover.prune`."""
        before, done = self.handover.prune(dry=dry)
        if not dry:
            self._forget_copies()
        return before, done

    def _forget_copies(self) -> None:
        """What was made of people's words: learnt models are made anew when needed, the months' tabs now."""
        for model in cache_folder().glob("model-*.npz"):
            model.unlink(missing_ok=True)
        self._monthly.rewrite()

    def ledger(self) -> Ledger:
        return Ledger(self.workbook.read(), self.layout, self.config.zone)

    def history(self, address: str) -> list[dict[str, str]]:
        """What was written to and by a customer, from all of their addresses, oldest first."""
        ledger = self.ledger()
        customer = read_customers(ledger.customers).at(address.lower())
        addresses = set(customer.addresses if customer else [address.lower()])
        return [
            {
                "date": f"{ledger.clock.cell(event.date):%Y-%m-%d %H:%M}",
                "direction": "in" if event.incoming else "out",
                "kind": event.kind,
                "inquiry": event.inquiry,
                "customer": join_address(event.name, event.address),
                "subject": event.subject,
                "text": event.text,
            }
            for event in sorted(ledger.events, key=lambda event: event.date)
            if event.address in addresses
        ]

    def similar(self, id: str, count: int) -> list[Likeness]:
        """The answered inquiries most like the one of that number."""
        try:
            return similar(id.strip().upper(), past_inquiries(self.ledger()), count)
        except KeyError:
            raise UsageError("cli.no-inquiry", id=id) from None

    def questions(self) -> list[Entry]:
        """The FAQ tab."""
        return entries(self.ledger().snapshot.tables.get("faq", []), self.layout)

    def faq_page(self, entries: Iterable[Entry]) -> str:
        """The HTML page of `entries`."""
        page = [
            Question(self.layout.label("category", entry.category), entry.question, entry.answer)
            for entry in entries
        ]
        day = self.now().astimezone(self.config.zone).date()
        return faq_page(page, self.config.shop_name, day, self.wording)

    def check_templates(self) -> list[Finding]:
        """What to look at in the templates tab."""
        ledger = self.ledger()
        tables = ledger.snapshot.tables
        settings = read_settings(tables.get("settings", []), self.layout)
        speaker = Speaker(self.layout, self.wording, ledger.clock)
        replies = Replies(tables, settings, speaker, self.config.shop_name, self.now())
        return check_templates(replies, tables, self.layout)

    def try_rules(self, mails: int) -> tuple[list[tuple[int, Trial]], list[tuple[int, str]]]:
        """How the rules of the ledger fare, by row (see `try_ledger_rules`)."""
        return try_ledger_rules(self.ledger(), mails)

    @property
    def _shop(self) -> Shop:
        gmail = any("gmail" in mailbox.place for mailbox in self.config.mailboxes if mailbox.source == "imap")
        link = gmail_link if gmail else named_id
        config = self.config
        return Shop(config.addresses, config.zone, self.layout, self.wording, link, config.shop_name)

    def _load_judge(self, ledger: Ledger, settings: Settings) -> Judge:
        # Learning takes a while: who has the file open should not wait for it to hear so.
        if self.config.excel:
            LedgerFile(self.config.excel).prove_writable()
        tables = ledger.snapshot.tables
        rules = [record.cells for record in tables["rules"]] if "rules" in tables else None
        return load_judge(rules, corrections(ledger), self.config.language, cache_folder(), settings.products)
