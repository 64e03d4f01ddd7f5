"""The seven numbers at the top of the page, and the sentence that says what changed most."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from daicho.ledger.summary.facts import Fact
from daicho.ledger.summary.measure import Measures, measure
from daicho.ledger.summary.table import Kind, View

NOTABLE = 2.0
"""A change smaller than this many standard errors is chance and not worth a sentence."""

LOG_SPREAD = 1.25
"""Standard error of the logarithm of a median, times the root of n, where times scatter by a factor of e."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One large number. `before` and `year_ago` are None where there is nothing to compare with.

    `detail` is a second number in words. `better` tells which way is good news.
    """

    key: str
    label: str
    note: str
    kind: Kind
    value: float | None
    before: float | None
    year_ago: float | None
    detail: str = ""
    better: Literal["up", "down", ""] = ""

    def change(self, past: float | None) -> float | None:
        """The difference from `past` of the numbers as they are shown: it can be checked by eye."""
        if past is None or self.value is None:
            return None
        decimals = _DECIMALS[self.kind]
        return round(round(self.value, decimals) - round(past, decimals), decimals)

    def news(self, past: float | None) -> Literal["good", "bad", ""]:
        """Whether the change since `past` is good news; "" where it is too small to be shown."""
        change = self.change(past)
        if not change or not self.better:
            return ""
        return "good" if (change > 0) == (self.better == "up") else "bad"


_DECIMALS: dict[Kind, int] = {"count": 0, "percent": 2, "hours": 1}
"""How exactly a figure is shown."""

_FIGURES: tuple[tuple[str, Kind, Literal["up", "down", ""], Callable[[Measures], float | None]], ...] = (
    ("inquiries", "count", "", lambda group: group.inquiries),
    ("kept-rate", "percent", "up", lambda group: group.kept_rate),
    ("median-reply", "hours", "down", lambda group: group.median_reply),
    ("p90-reply", "hours", "down", lambda group: group.p90_reply),
    ("over-a-day", "count", "down", lambda group: group.over_a_day),
    ("resolution-rate", "percent", "up", lambda group: group.resolution_rate),
    ("repeat-rate", "percent", "down", lambda group: group.repeat_rate),
)


def figures(view: View) -> tuple[Figure, ...]:
    now, before, year_ago = (
        None if facts is None else measure(facts, view.now)
        for facts in (view.current, view.before, view.year_ago)
    )
    assert now is not None
    return tuple(
        Figure(
            key,
            view.say(f"figure-{key}"),
            view.say(f"figure-{key}-note"),
            kind,
            number(now),
            number(before) if before else None,
            number(year_ago) if year_ago else None,
            _detail(key, now, view),
            better,
        )
        for key, kind, better, number in _FIGURES
    )


def _detail(key: str, group: Measures, view: View) -> str:
    if key == "inquiries":
        return view.say("detail-inquiries", **view.facts.left_out(view.period))
    if key == "kept-rate":
        return view.say("detail-kept-rate", kept=group.kept, missed=group.missed, pending=group.pending)
    if key == "median-reply":
        return view.say("detail-median-reply", replies=len(group.reply_hours))
    if key == "p90-reply":
        return view.say("detail-p90-reply")
    if key == "over-a-day":
        return view.say("detail-over-a-day", share=f"{group.over_a_day_rate or 0:.0%}")
    if key == "resolution-rate":
        return view.say("detail-resolution-rate", resolved=group.resolved, unresolved=group.unresolved)
    return view.say("detail-repeat-rate", repeated=group.repeated, reopened=group.reopened)


@dataclass(frozen=True, slots=True)
class Change:
    """A change against last month. `size` is in standard errors, `was` and `now` as they are said."""

    name: str
    was: str
    now: str
    size: float


def what_changed(view: View) -> str:
    """One sentence on what changed most since last month, among the numbers on top and the categories."""
    if not view.current:
        return view.say("lead-empty")
    if view.before is None:
        return view.say("lead-first")
    if not view.before:
        return view.say("lead-before-empty", inquiries=len(view.current))
    changes = [*_rates(view), *_medians(view), *_counts(view)]
    largest = max(changes, key=lambda change: change.size, default=None)
    if largest is None or largest.size < NOTABLE:
        return view.say("lead-calm")
    return view.say("lead-change", name=largest.name, was=largest.was, now=largest.now)


def _counts(view: View) -> Iterator[Change]:
    """Inquiries in all and by category. Counts scatter by their root (Poisson)."""
    before = view.before or ()
    yield _count(view.say("figure-inquiries"), len(before), len(view.current), view)
    was, now = _by_category(before), _by_category(view.current)
    for category in sorted({*was, *now}):
        name = view.say("lead-category", category=view.label("category", category))
        yield _count(name, was[category], now[category], view)


def _by_category(facts: Sequence[Fact]) -> Counter[str]:
    return Counter(fact.category for fact in facts)


def _count(name: str, was: int, now: int, view: View) -> Change:
    size = abs(now - was) / math.sqrt(now + was) if now + was else 0.0
    return Change(name, view.say("said-count", count=was), view.say("said-count", count=now), size)


_RATES: tuple[tuple[str, Callable[[Measures], tuple[int, int]]], ...] = (
    ("figure-kept-rate", lambda group: (group.kept, group.kept + group.missed)),
    ("lead-over-a-day", lambda group: (group.over_a_day, group.inquiries)),
    ("figure-resolution-rate", lambda group: (group.resolved, group.inquiries)),
    ("figure-repeat-rate", lambda group: (group.repeated, group.inquiries)),
)
"""The shares as (part, whole)."""


def _rates(view: View) -> Iterator[Change]:
    """The shares: the usual test of two proportions."""
    now, before = measure(view.current, view.now), measure(view.before or (), view.now)
    for name, counts in _RATES:
        (part_was, all_was), (part, all_) = counts(before), counts(now)
        if not all_was or not all_:
            continue
        was, share = part_was / all_was, part / all_
        pooled = (part_was + part) / (all_was + all_)
        error = math.sqrt(pooled * (1 - pooled) * (1 / all_was + 1 / all_))
        size = abs(share - was) / error if error else 0.0
        yield Change(view.say(name), f"{was:.0%}", f"{share:.0%}", size)


def _medians(view: View) -> Iterator[Change]:
    """The usual first reply. Times of reply scatter by factors, so their logarithms are compared."""
    now, before = measure(view.current, view.now), measure(view.before or (), view.now)
    if not now.median_reply or not before.median_reply:
        return
    error = LOG_SPREAD * math.sqrt(1 / len(now.reply_hours) + 1 / len(before.reply_hours))
    size = abs(math.log(now.median_reply / before.median_reply)) / error
    was, hours = (
        view.say("said-hours", hours=f"{median:.1f}") for median in (before.median_reply, now.median_reply)
    )
    yield Change(view.say("figure-median-reply"), was, hours, size)
