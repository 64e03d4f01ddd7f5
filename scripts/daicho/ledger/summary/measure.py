"""What a group of inquiries adds up to. Each number of the page is one of these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from daicho.ledger.summary.facts import Fact


@dataclass(frozen=True, slots=True)
class Measures:
    """Counts of a group. `kept` + `missed` + `pending` = `resolved` + `unresolved` = `inquiries`.

    `reply_hours` and `completion_hours` are sorted business hours, of those that have a reply or a closing.
    """

    inquiries: int
    kept: int
    missed: int
    pending: int
    over_a_day: int
    resolved: int
    one_touch: int
    repeated: int
    reopened: int
    reply_hours: Sequence[float]
    completion_hours: Sequence[float]

    @property
    def unresolved(self) -> int:
        return self.inquiries - self.resolved

    @property
    def kept_rate(self) -> float | None:
        """Of those whose time is over or who were answered."""
        return rate(self.kept, self.kept + self.missed)

    @property
    def over_a_day_rate(self) -> float | None:
        return rate(self.over_a_day, self.inquiries)

    @property
    def resolution_rate(self) -> float | None:
        return rate(self.resolved, self.inquiries)

    @property
    def repeat_rate(self) -> float | None:
        return rate(self.repeated, self.inquiries)

    @property
    def reopened_rate(self) -> float | None:
        return rate(self.reopened, self.inquiries)

    @property
    def one_touch_rate(self) -> float | None:
        return rate(self.one_touch, self.resolved)

    @property
    def median_reply(self) -> float | None:
        return median(self.reply_hours) if self.reply_hours else None

    @property
    def p90_reply(self) -> float | None:
        """The time within which nine of ten first replies went out."""
        return nearest_rank(self.reply_hours, 90)

    @property
    def median_completion(self) -> float | None:
        return median(self.completion_hours) if self.completion_hours else None


def measure(facts: Iterable[Fact], now: datetime) -> Measures:
    """Adds up a group as it stands at `now`."""
    group = list(facts)
    kept = [fact.kept(now) for fact in group]
    return Measures(
        inquiries=len(group),
        kept=kept.count("kept"),
        missed=kept.count("missed"),
        pending=kept.count("pending"),
        over_a_day=sum(fact.over_a_day(now) for fact in group),
        resolved=sum(fact.resolved for fact in group),
        one_touch=sum(fact.one_touch for fact in group),
        repeated=sum(fact.contacts > 1 for fact in group),
        reopened=sum(fact.reopened > 0 for fact in group),
        reply_hours=sorted(fact.reply_hours for fact in group if fact.reply_hours is not None),
        completion_hours=sorted(fact.completion_hours for fact in group if fact.completion_hours is not None),
    )


def rate(part: int, whole: int) -> float | None:
    """None where there is nothing to take a part of."""
    return part / whole if whole else None


def nearest_rank(ordered: Sequence[float], percent: int) -> float | None:
    """The smallest value that at least `percent` of all do not exceed."""
    return ordered[max(-(-percent * len(ordered) // 100), 1) - 1] if ordered else None
