"""One month's page in words and numbers: seven figures, a sentence, tables. Its look is decided elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from daicho.ledger.rows import Ledger, text_of
from daicho.ledger.settings import Settings
from daicho.ledger.summary.estimate import estimate_tables
from daicho.ledger.summary.facts import Fact, Facts, as_they_stood, read_facts
from daicho.ledger.summary.figures import Figure, figures, what_changed
from daicho.ledger.summary.forecast import by_month
from daicho.ledger.summary.graduation import graduation
from daicho.ledger.summary.month import Month, Period
from daicho.ledger.summary.table import Table, View
from daicho.ledger.summary.volume import by_day, volume_tables
from daicho.ledger.summary.work import work_tables
from daicho.wording import Wording


@dataclass(frozen=True, slots=True)
class Summary:
    """What an owner reads of a month.

    `heading` names the month, `asof` tells of when the numbers are and how far they go, `lead` what changed
    most; `before` and `year_ago` name what the figures are compared with; `label` is the tab's.
    """

    month: Month
    label: str
    heading: str
    asof: str
    lead: str
    before: str
    year_ago: str
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...]

    def table(self, key: str) -> Table:
        return next(table for table in self.tables if table.key == key)

    def as_json(self) -> dict[str, Any]:
        """The same for a program: figures and tables by key, rows by column key."""
        return {
            "month": str(self.month),
            "lead": self.lead,
            "figures": {
                figure.key: {"value": figure.value, "before": figure.before, "year_ago": figure.year_ago}
                for figure in self.figures
            },
            "tables": {
                table.key: [
                    {column.key: value for column, value in zip(table.columns, row.values, strict=True)}
                    | ({"row": row.kind} if row.kind in ("group", "total") else {})
                    for row in table.rows
                ]
                for table in self.tables
            },
        }


def summarise(
    ledger: Ledger,
    settings: Settings,
    wording: Wording,
    month: Month,
    now: datetime,
    facts: Facts | None = None,
) -> Summary:
    """The summary of a month as it stands at `now`. `facts`: the ledger's, if they were read already."""
    facts = facts or read_facts(ledger, settings)
    view = look(facts, ledger, settings, wording, month, now)
    runs = view.period.last < month.last
    day = view.period.last.day
    return Summary(
        month=month,
        label=view.say("tab", month=month),
        heading=view.say("heading", year=month.year, month=month.month),
        asof=view.say("asof-running" if runs else "asof", now=f"{view.now:%Y-%m-%d %H:%M}", day=day),
        lead=what_changed(view),
        before=view.say("before-running" if runs else "before", day=day),
        year_ago=view.say("year-ago-running" if runs else "year-ago", day=day),
        figures=figures(view),
        tables=(
            *volume_tables(view),
            *work_tables(view),
            by_day(view),
            by_month(view),
            *estimate_tables(view),
            graduation(view),
        ),
    )


def look(
    facts: Facts, ledger: Ledger, settings: Settings, wording: Wording, month: Month, now: datetime
) -> View:
    """What the tables of a month are made from. A month that runs is looked at up to today."""
    local = now.astimezone(ledger.clock.zone)
    days = (min(max(local.date(), month.first), month.last) - month.first).days + 1

    def past(months: int) -> Sequence[Fact] | None:
        other = month.plus(-months)
        if facts.since is None or facts.since > other.last:
            return None
        whole = facts.of(Period(other.first, other.last))
        if local.date() > month.last:
            return whole
        # Like with like: nobody had more time to answer last month's mails than this month's.
        return as_they_stood(whole, _same_moment(local, month, other), ledger, settings)

    return View(
        month=month,
        period=month.until(days),
        now=local,
        facts=facts,
        settings=settings,
        layout=ledger.layout,
        wording=wording,
        current=facts.of(month.until(days)),
        before=past(1),
        year_ago=past(12),
        templates=_template_names(ledger),
        log_rows=len(ledger.events),
    )


def _same_moment(now: datetime, month: Month, other: Month) -> datetime:
    """As far into `other` as `now` is into the running month; its end on the last day, or where it is
    shorter."""
    if now.date() == month.last or now.day > other.last.day:
        return datetime.combine(other.last + timedelta(1), time(), now.tzinfo)
    return now.replace(year=other.year, month=other.month)


def _template_names(ledger: Ledger) -> Mapping[str, str]:
    rows = ledger.snapshot.tables.get("templates", [])
    return {
        text_of(row.cells.get("key")): text_of(row.cells.get("name") or row.cells.get("key")) for row in rows
    }
