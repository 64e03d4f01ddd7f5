"""The monthly summary in the workbook: which months are due, and writing their tabs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

from daicho.errors import UsageError
from daicho.ledger.rows import Ledger
from daicho.ledger.settings import Settings, read_settings
from daicho.ledger.summary.as_page import as_page
from daicho.ledger.summary.facts import Facts, read_facts
from daicho.ledger.summary.month import Month
from daicho.ledger.summary.summary import Summary, summarise
from daicho.sheets.page import state_name
from daicho.sheets.workbook import Commit, Snapshot, Workbook, until_written
from daicho.wording import Wording
from daicho.workdays import Calendar


class Monthly:
    """Makes summaries and writes them. `read` gives the ledger anew, `now` is the clock."""

    def __init__(
        self,
        workbook: Workbook,
        read: Callable[[], Ledger],
        wording: Wording,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._workbook = workbook
        self._read = read
        self._wording = wording
        self._now = now

    def running(self, ledger: Ledger) -> Month:
        """The month that runs in the shop's zone."""
        return Month.of(self._today(ledger))

    def write(self, month: Month | None = None) -> Summary:
        """Writes the tab of a month (the running one), be it there or not, and returns what it says.

        Raises UsageError for a month without mail, Conflict when others write all the time, WorkbookError.
        """
        [summary] = until_written(
            self._read(), lambda ledger: self._write(ledger, [self._asked(ledger, month)]), self._read
        )
        return summary

    def _asked(self, ledger: Ledger, month: Month | None) -> Month:
        """The month to write. Before the first mail, or after today, nothing can be said of one."""
        running = self.running(ledger)
        if month is None or month == running:
            return running
        if month > running:
            raise UsageError("cli.month-to-come", month=month)
        days = [event.date.astimezone(ledger.clock.zone).date() for event in ledger.events]
        since = read_facts(ledger, _settings(ledger)).since
        first = Month.of(min([*days, *([since] if since else [])], default=running.first))
        if month < first:
            raise UsageError("cli.month-before", month=month, first=first)
        return month

    def refresh(self, ledger: Ledger, changed: bool) -> list[Month]:
        """After a sync: writes the tabs that are due (see `due_months`) and tells which.

        `ledger` is what the sync left, `changed` whether it wrote any row. Costs nothing when nothing is due.
        Raises like `write`.
        """
        return until_written(ledger, lambda ledger: self._write_due(ledger, changed), self._read)

    def rewrite(self) -> list[Month]:
        """Writes every month's tab that is there anew: what the ledger has forgotten leaves them, too.

        Returns the months; raises like `write`.
        """
        return until_written(self._read(), self._rewrite, self._read)

    def _rewrite(self, ledger: Ledger) -> list[Month]:
        snapshot = ledger.snapshot = self._workbook.survey(ledger.snapshot)
        written = (label for label in snapshot.tabs if state_name(label) in snapshot.state)
        months = sorted(month for label in written if (month := self._month(label)))
        if months:
            self._write(ledger, months, read_facts(ledger, _settings(ledger)))
        return months

    def _write_due(self, ledger: Ledger, changed: bool) -> list[Month]:
        settings, today = _settings(ledger), self._today(ledger)
        due = due_months(today, changed, ledger.snapshot.state, settings.calendar, self._label)
        facts = read_facts(ledger, settings) if due else Facts([])
        due = [month for month in due if facts.count(month)]
        if not due:
            return []
        ledger.snapshot = self._workbook.survey(ledger.snapshot)
        # A person deleted the tab: it comes back only when somebody asks for it.
        gone = [month for month in due if self._was_deleted(month, ledger.snapshot)]
        written = [month for month in due if month not in gone]
        if written:
            self._write(ledger, written, facts)
        # Last month's counts as done then, or every sync of this month would look for it.
        if past := [month for month in gone if month != Month.of(today)]:
            done = {state_name(self._label(month)): today.isoformat() for month in past}
            ledger.snapshot = self._workbook.commit(ledger.snapshot, Commit(state=done))
        return written

    def _was_deleted(self, month: Month, snapshot: Snapshot) -> bool:
        label = self._label(month)
        return state_name(label) in snapshot.state and label not in snapshot.tabs

    def _write(self, ledger: Ledger, months: Sequence[Month], facts: Facts | None = None) -> list[Summary]:
        """Writes the tabs of months; the ledger then stands on the workbook as it is after that."""
        settings = _settings(ledger)
        summaries = [
            summarise(ledger, settings, self._wording, month, self._now(), facts) for month in months
        ]
        pages = [as_page(summary, self._wording) for summary in summaries]
        for page in pages:
            page.stamp = self._today(ledger).isoformat()
        ledger.snapshot = self._workbook.write_pages(ledger.snapshot, pages)
        return summaries

    def _month(self, label: str) -> Month | None:
        """The month of a tab; None where it was written in another language."""
        before, _, after = self._wording.say("summary.tab", month="\0").partition("\0")
        try:
            return Month.parse(label.removeprefix(before).removesuffix(after))
        except ValueError:
            return None

    def _label(self, month: Month) -> str:
        return self._wording.say("summary.tab", month=month)

    def _today(self, ledger: Ledger) -> date:
        return self._now().astimezone(ledger.clock.zone).date()


def _settings(ledger: Ledger) -> Settings:
    return read_settings(ledger.snapshot.tables.get("settings", []), ledger.layout)


def due_months(
    today: date, changed: bool, state: dict[str, str], calendar: Calendar, label: Callable[[Month], str]
) -> Sequence[Month]:
    """The months whose tabs a sync has to write: the running one, and once last month's on a business day.

    `state` is the hidden tab's: it remembers when each page was written last.
    """
    running = Month.of(today)
    last = running.plus(-1)
    due = []
    # Last month is over: its tab gets its last numbers on the first business day, or whenever we next look.
    opens = first_business_day(running, calendar)
    stamp = state.get(state_name(label(last)), "")
    if opens <= today and stamp < opens.isoformat() and (changed or stamp):
        due.append(last)
    if changed:
        due.append(running)
    return due


def first_business_day(month: Month, calendar: Calendar) -> date:
    """The month's first open day; its last day where it has none."""
    return next((day for day in month.days if calendar.is_open_day(day)), month.last)
