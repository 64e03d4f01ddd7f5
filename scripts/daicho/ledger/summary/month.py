"""A month, and the days of it that a summary looks at."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """`str` gives "2026-11"."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    @classmethod
    def of(cls, day: date) -> Month:
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> Month:
        """`"2026-11"`. Raises ValueError."""
        match = re.fullmatch(r"(\d{4})-(\d{1,2})", text.strip())
        if not match or not 1 <= int(match[2]) <= 12 or not 1 < int(match[1]) < 9998:
            raise ValueError(f"not a month: {text!r}")
        return cls(int(match[1]), int(match[2]))

    def plus(self, months: int) -> Month:
        year, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        return Month(year, month + 1)

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    @property
    def days(self) -> Sequence[date]:
        return [self.first + timedelta(step) for step in range((self.last - self.first).days + 1)]

    def until(self, day: int) -> Period:
        """The month up to that day of it, whole where it is shorter."""
        return Period(self.first, min(self.last, self.first + timedelta(day - 1)))


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both counted."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1
