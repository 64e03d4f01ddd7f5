"""The last year month by month, and what next month should bring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from daicho.ledger.summary.facts import Facts
from daicho.ledger.summary.measure import measure
from daicho.ledger.summary.month import Month, Period
from daicho.ledger.summary.table import Chart, Kind, Row, Table, View

SHOWN = 13
"""Months in the table: the same month last year stands at its top."""

LEVEL = 3
"""Whole months that tell how this year compares with the last."""

_SEASONS = {"year-end": ((12, 25), (1, 5)), "golden-week": ((4, 29), (5, 6))}
"""First and last day of the seasons in which a Japanese shop's mail is not as usual."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What `month` should bring: last year's same month times `level`, by how much this year differs.

    `level` is 1 where the ledger is not old enough to tell. `seasons` are the days of a season that fall
    into the month, with what they should bring.
    """

    month: Month
    inquiries: int
    last_year: int
    level: float
    seasons: tuple[tuple[str, Period, int], ...] = ()


def forecast(facts: Facts, month: Month, now: date) -> Forecast | None:
    """The forecast for `month` as of `now`; None where the ledger is less than a year old."""
    model = month.plus(-12)
    if facts.since is None or facts.since > model.first:
        return None
    level = _level(facts, now)
    seasons = []
    for name, days in _season_days(month):
        before = Period(_year_before(days.first), _year_before(days.last))
        seasons.append((name, days, round(len(facts.of(before)) * level)))
    last_year = facts.count(model)
    return Forecast(month, round(last_year * level), last_year, level, tuple(seasons))


def _level(facts: Facts, now: date) -> float:
    """The last whole months against the same months a year earlier, as many of LEVEL as the ledger holds."""
    this_year = last_year = 0
    for step in range(1, LEVEL + 1):
        month = Month.of(now).plus(-step)
        if facts.since is not None and facts.since <= month.plus(-12).first:
            this_year += facts.count(month)
            last_year += facts.count(month.plus(-12))
    return this_year / last_year if this_year and last_year else 1.0


def _season_days(month: Month) -> list[tuple[str, Period]]:
    """The parts of seasons that fall into a month."""
    found = []
    for name, (start, end) in _SEASONS.items():
        for year in (month.year - 1, month.year):
            first = date(year, *start)
            last = date(year + (end < start), *end)
            if first <= month.last and last >= month.first:
                found.append((name, Period(max(first, month.first), min(last, month.last))))
    return found


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1)


def by_month(view: View) -> Table:
    """The last months, and the one to come."""
    rows = []
    for step in range(1 - SHOWN, 1):
        month = view.month.plus(step)
        facts = view.facts.of(view.period if step == 0 else Period(month.first, month.last))
        if view.facts.since is None or month.last < view.facts.since:
            continue
        group = measure(facts, view.now)
        times = group.median_reply, group.kept_rate, group.resolution_rate
        rows.append(Row((str(month), group.inquiries, None, *times)))
    following = view.month.plus(1)
    found = forecast(view.facts, following, min(view.now.date(), following.first))
    if found:
        rows.append(Row((str(following), None, found.inquiries, *[None] * 3)))
    columns: list[tuple[str, Kind]] = [
        ("month", "text"),
        ("inquiries", "count"),
        ("forecast", "count"),
        ("median-reply", "hours"),
        ("kept-rate", "percent"),
        ("resolution-rate", "percent"),
    ]
    # One month is no trend, and a legend needs something to explain.
    shown = ("inquiries", "forecast") if found else ("inquiries",)
    chart = Chart("columns", shown) if len(rows) > 1 else None
    return view.table("by-month", columns, rows, chart, say_forecast(view, found))


def say_forecast(view: View, found: Forecast | None) -> str:
    if found is None:
        return view.say("no-forecast")
    key = "forecast-level" if found.level != 1 else "forecast-plain"
    said = [
        view.say(
            key,
            month=found.month.month,
            inquiries=found.inquiries,
            last_year=found.last_year,
            level=f"{found.level:.0%}",
        )
    ]
    for name, days, inquiries in found.seasons:
        first, last = (f"{day.month}/{day.day}" for day in (days.first, days.last))
        said.append(view.say(f"season-{name}", first=first, last=last, inquiries=inquiries))
    return " ".join(said)
