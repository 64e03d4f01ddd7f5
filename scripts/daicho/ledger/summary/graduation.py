"""When does a shop outgrow a sheet? Four gauges in plain words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from daicho.ledger.summary.facts import Fact
from daicho.ledger.summary.measure import measure
from daicho.ledger.summary.table import Kind, Row, Table, View

Mood = Literal["good", "fair", "bad"]
Verdict = Literal["good", "fair", "bad", "short"]
"""How well the sheet still does; short: it does, but the desk has too few hands."""

LOG_ROWS = (20_000, 60_000)
"""Rows of the log from which a sheet gets slow, and from which it hardly opens on a small computer. A Google
Sheet ends at 10 million cells, about 400,000 rows of log; an .xlsx at 1,048,576 rows."""

AT_ONCE = (4, 6)
"""Members who answer within the same hour: from the first number on they get into each other's way."""

A_DAY = (30, 60)
"""Inquiries a business day."""

OVERDUE = (0.10, 0.25)
"""Share of targets missed."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """A measure against two limits: below the first is good, from the second on bad. None: not known yet."""

    key: str
    value: float | None
    limits: tuple[float, float]

    @property
    def mood(self) -> Mood:
        if self.value is None or self.value < self.limits[0]:
            return "good"
        return "fair" if self.value < self.limits[1] else "bad"


def gauges(view: View) -> list[Gauge]:
    group = measure(view.current, view.now)
    last = min(view.now.date(), view.period.last)
    open_days = sum(view.settings.calendar.is_open_day(day) for day in view.month.days if day <= last)
    return [
        Gauge("log-rows", view.log_rows, LOG_ROWS),
        Gauge("at-once", members_at_once(view.current), AT_ONCE),
        Gauge("a-day", len(view.current) / open_days if open_days else None, A_DAY),
        Gauge("overdue", None if group.kept_rate is None else 1 - group.kept_rate, OVERDUE),
    ]


def members_at_once(facts: Sequence[Fact]) -> int:
    """The most members whose inquiries were answered within one hour of the clock."""
    hours: dict[datetime, set[str]] = defaultdict(set)
    for fact in facts:
        if fact.assignee:
            for reply in fact.replies:
                hours[reply.replace(minute=0, second=0, microsecond=0)].add(fact.assignee)
    return max(map(len, hours.values()), default=0)


def understaffed(found: Sequence[Gauge]) -> bool:
    """Whether mail is late although neither volume nor members strain the sheet."""
    moods = {gauge.key: gauge.mood for gauge in found}
    return moods["overdue"] != "good" and moods["a-day"] == moods["at-once"] == "good"


def verdict(found: Sequence[Gauge]) -> Verdict:
    """Outgrown when two gauges are bad; worth a thought when one is bad or two are fair. Late answers count
    only together with many inquiries or members."""
    short = understaffed(found)
    moods = [gauge.mood for gauge in found if not (short and gauge.key == "overdue")]
    if short and set(moods) == {"good"}:
        return "short"
    if moods.count("bad") >= 2:
        return "bad"
    return "fair" if "bad" in moods or moods.count("fair") >= 2 else "good"


def graduation(view: View) -> Table:
    found = gauges(view)
    short = understaffed(found)
    rows = [
        Row(
            (
                view.say(f"gauge-{gauge.key}"),
                _said(gauge.key, gauge.value),
                _said(gauge.key, gauge.limits[0]),
                _said(gauge.key, gauge.limits[1]),
                view.say("mood-short" if short and gauge.key == "overdue" else f"mood-{gauge.mood}"),
            ),
            gauge.mood,
        )
        for gauge in found
    ]
    columns: list[tuple[str, Kind]] = [
        ("gauge", "text"),
        ("now", "text"),
        ("fair-from", "text"),
        ("bad-from", "text"),
        ("mood", "text"),
    ]
    return view.table("graduation", columns, rows, remark=view.say(f"verdict-{verdict(found)}"))


def _said(key: str, value: float | None) -> str | None:
    if value is None:
        return None
    if key == "overdue":
        return f"{value:.0%}"
    return f"{value:.1f}" if key == "a-day" else f"{value:,.0f}"
