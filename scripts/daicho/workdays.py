"""Business time: opening hours, holidays, and what is due when. Imports nothing of daicho.

Opening hours are wall-clock times of the zone of the moment that is asked about; durations are real time. So
a shop that is open 00:00-24:00 has 23 business hours when its clocks go forward, and 25 when they go back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache
from typing import TypeVar

_DAY = timedelta(days=1)
_YEARS = (MINYEAR + 1, MAXYEAR - 2)
_LONGEST_CLOSURE = 366
"""Days in a row without an opening after which a calendar counts as never open."""

Span = tuple[time, time]


@dataclass(frozen=True, slots=True)
class Hours:
    """A day's opening times in order: `((open, close), …)`. () is closed; a close of 00:00 ends the day.

    Raises ValueError where spans overlap or end before they begin.
    """

    spans: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        edges = [edge for span in self.spans for edge in span]
        if edges and edges[-1] == time():
            edges[-1] = time.max
        if edges != sorted(edges) or any(opening == closing != time() for opening, closing in self.spans):
            raise ValueError("opening times overlap or end before they begin")


@dataclass(frozen=True, slots=True)
class Target:
    """Until when to answer: in business hours, or in business days. One of the two is given."""

    hours: float | None = None
    days: int | None = None

    def __post_init__(self) -> None:
        if (self.hours is None) == (self.days is None) or min(self.hours or 0, self.days or 0) < 0:
            raise ValueError("a target is a number of hours or of days")


NINE_TO_SIX = Hours(((time(9), time(18)),))
CLOSED = Hours()


class Calendar:
    """When a shop is open.

    `week` holds the hours of each weekday, Monday first. Public holidays of `country` (ISO code, "" for none)
    and their substitutes have `holiday_hours`. `short_days` have their own hours, on whatever day they fall;
    `closed_days` are closed, whatever else is said of them.
    """

    def __init__(
        self,
        week: tuple[Hours, ...] = (NINE_TO_SIX,) * 5 + (CLOSED,) * 2,
        *,
        country: str = "JP",
        holiday_hours: Hours = CLOSED,
        closed_days: Iterable[date] = (),
        short_days: Mapping[date, Hours] | None = None,
    ) -> None:
        if len(week) != 7:
            raise ValueError("a week has seven days")
        self._week = week
        self._country = country
        self._holiday_hours = holiday_hours
        self._closed_days = frozenset(closed_days)
        self._short_days = dict(short_days or {})
        self._openings = lru_cache(maxsize=4096)(self._find_openings)

    def hours(self, day: date) -> Hours:
        """The opening times of `day`."""
        if day in self._closed_days:
            return CLOSED
        if day in self._short_days:
            return self._short_days[day]
        if self._country and day in _public_holidays(self._country, day.year):
            return self._holiday_hours
        return self._week[day.weekday()]

    def is_open_day(self, day: date) -> bool:
        return bool(self.hours(day).spans)

    def add_hours(self, start: datetime, hours: float | timedelta) -> datetime:
        """The moment when `hours` of business time after `start` have passed, in the zone of `start`.

        Outside opening hours time begins to run at the next opening. A result at closing time stays there.
        Raises ValueError for negative hours, a naive `start`, or a calendar that is never open.
        """
        left = hours if isinstance(hours, timedelta) else timedelta(hours=hours)
        if left < timedelta():
            raise ValueError("business hours to add must not be negative")
        zone, moment = _zone(start), start.astimezone(UTC)
        for opening, closing in self._openings_from(start.date(), zone):
            begin = max(opening, moment)
            if begin < closing:
                if left <= closing - begin:
                    return (begin + left).astimezone(zone)
                left -= closing - begin
        raise AssertionError("openings never end")  # pragma: no cover

    def add_days(self, start: datetime, days: int) -> datetime:
        """`days` business days later at the same time of day, moved into that day's opening hours.

        A `start` on a closed day or after closing counts from the opening of the next open day.
        Raises ValueError like `add_hours`.
        """
        if days < 0:
            raise ValueError("business days to add must not be negative")
        begin = self.add_hours(start, 0)
        open_days = self._open_days_from(begin.date(), _zone(start))
        day = next(open_days)
        for _ in range(days):
            day = next(open_days)
        return self._into_hours(datetime.combine(day, begin.time(), _zone(start)))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Business time from `start` until `end`, by the zone of `start`; zero where `end` is not later."""
        zone, first, last = _zone(start), start.astimezone(UTC), end.astimezone(UTC)
        total = timedelta()
        day, until = start.date(), end.astimezone(zone).date()
        while day <= until:
            for opening, closing in self._openings(day, zone):
                total += max(min(closing, last) - max(opening, first), timedelta())
            day += _DAY
        return total

    def due(self, received: datetime, target: Target) -> datetime:
        """When an answer is due to what came at `received`."""
        if target.hours is not None:
            return self.add_hours(received, target.hours)
        return self.add_days(received, target.days or 0)

    def _find_openings(self, day: date, zone: tzinfo) -> tuple[tuple[datetime, datetime], ...]:
        """The openings of `day` as moments in UTC. One that the change of clocks swallows is left out."""
        spans = (
            (
                datetime.combine(day, opening, zone).astimezone(UTC),
                datetime.combine(day if closing != time() else day + _DAY, closing, zone).astimezone(UTC),
            )
            for opening, closing in self.hours(day).spans
        )
        return tuple((opening, closing) for opening, closing in spans if opening < closing)

    def _openings_from(self, day: date, zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
        for open_day in self._open_days_from(day, zone):
            yield from self._openings(open_day, zone)

    def _open_days_from(self, day: date, zone: tzinfo) -> Iterator[date]:
        """The open days from `day` on, without end. Raises ValueError where a whole year has none."""
        closed = 0
        while closed <= _LONGEST_CLOSURE:
            if self._openings(day, zone):
                yield day
                closed = 0
            else:
                closed += 1
            day += _DAY
        raise ValueError(f"the shop is not open on any day of the year before {day}")

    def _into_hours(self, wish: datetime) -> datetime:
        """`wish` if the shop is open then, else its day's next opening or, after that, last closing."""
        zone, moment = _zone(wish), wish.astimezone(UTC)
        openings = self._openings(wish.date(), zone)
        after = (max(opening, moment) for opening, closing in openings if moment <= closing)
        return next(after, openings[-1][1]).astimezone(zone)


def _zone(moment: datetime) -> tzinfo:
    if moment.tzinfo is None or not _YEARS[0] <= moment.year <= _YEARS[1]:
        raise ValueError(f"business time needs an aware datetime of a year that has neighbours, not {moment}")
    return moment.tzinfo


@cache
def _public_holidays(country: str, year: int) -> frozenset[date]:
    """The public holidays of a year. Raises ValueError for a country the list does not know."""
    import holidays  # heavy, and not needed by every command

    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        raise ValueError(f"no public holidays are known for {country!r}") from None


# --- from the words of the settings tab ---

_WEEKDAY_NAMES = {
    **{name: day for day, name in enumerate("月火水木金土日")},
    **{name: day for day, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))},
}
_WEEKDAY = r"(?:[月火水木金土日](?:曜日?)?|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?s?)"
_WEEKDAY_RANGE = re.compile(
    rf"({_WEEKDAY}) ?(?:-|~|から|to) ?({_WEEKDAY})|({_WEEKDAY})|(毎日|every ?day|daily)|(平日|weekdays?)"
)
_HOLIDAY_NAME = re.compile(r"祝日?|(?:public )?holidays?")
_CLOCK = r"([01]?\d|2[0-4])(?::|時)([0-5]\d)?分?"
_SPAN = re.compile(rf"{_CLOCK} ?(?:-|~|から|to) ?{_CLOCK}")
_DATE = r"(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 00:00:00)?"
_DATE_RANGE = re.compile(rf"{_DATE}(?: ?(?:\.\.\.?|~|から|to) ?{_DATE})?")
_SEPARATORS = re.compile(r"[\s,、;・/と&]+")
_TARGET = re.compile(r"(\d{1,4}(?:\.\d{1,2})?) ?(?:営業)?(h|hours?|時間|d|days?|日)(?:以内)?")


def _plain(text: str) -> str:
    """`text` in ASCII width and lower case, with every dash and wave as - and ~."""
    folded = unicodedata.normalize("NFKC", text).strip().lower()
    return folded.translate(str.maketrans("‐‑–—―−ー〜", "-------~"))


def parse_target(text: str) -> Target:
    """`"2h"`, `"1.5時間"`, `"2d"`, `"2営業日"`. Raises ValueError."""
    match = _TARGET.fullmatch(_plain(text))
    if not match:
        raise ValueError(f"not a target: {text!r}")
    if match[2][0] in "h時":
        return Target(hours=float(match[1]))
    return Target(days=int(match[1]))


def parse_hours(text: str) -> Hours:
    """`"09:00-18:00"`, `"9:00〜12:00、13:00〜18:00"`, `"10時から24時"`. Raises ValueError."""
    plain = _plain(text)
    spans = [(_clock(match[1], match[2]), _clock(match[3], match[4])) for match in _SPAN.finditer(plain)]
    if not spans or _SEPARATORS.sub("", _SPAN.sub("", plain)):
        raise ValueError(f"not opening hours: {text!r}")
    return Hours(tuple(spans))


def _clock(hour: str, minute: str | None) -> time:
    if (hour, int(minute or 0)) == ("24", 0):
        return time()
    return time(int(hour), int(minute or 0))


def parse_weekdays(text: str) -> frozenset[int]:
    """`"月-金"`, `"土、日曜日"`, `"Mon-Fri"`, `"平日"` as weekdays, Monday = 0. Raises ValueError."""
    plain = _plain(text)
    days: set[int] = set()
    for match in _WEEKDAY_RANGE.finditer(plain):
        if match[1]:
            first, last = _weekday(match[1]), _weekday(match[2])
            days.update((first + step) % 7 for step in range((last - first) % 7 + 1))
        elif match[3]:
            days.add(_weekday(match[3]))
        else:
            days.update(range(7 if match[4] else 5))
    if not days or _SEPARATORS.sub("", _WEEKDAY_RANGE.sub("", plain)):
        raise ValueError(f"no weekdays: {text!r}")
    return frozenset(days)


def _weekday(name: str) -> int:
    return _WEEKDAY_NAMES[name[:1] if name[0] in _WEEKDAY_NAMES else name[:3]]


def parse_days(text: str) -> frozenset[date]:
    """`"2026-12-29..2027-01-03"`, `"2026/8/13、2026/8/14"` as dates, a year at most. Raises ValueError."""
    plain = _plain(text)
    days: set[date] = set()
    for match in _DATE_RANGE.finditer(plain):
        first = date(int(match[1]), int(match[2]), int(match[3]))
        last = date(int(match[4]), int(match[5]), int(match[6])) if match[4] else first
        if not timedelta() <= last - first <= timedelta(_LONGEST_CLOSURE):
            raise ValueError(f"not a range of days: {match[0]!r}")
        days.update(first + timedelta(step) for step in range((last - first).days + 1))
    if not days or _SEPARATORS.sub("", _DATE_RANGE.sub("", plain)):
        raise ValueError(f"no days: {text!r}")
    return frozenset(days)


def read_calendar(
    *,
    hours: Iterable[tuple[str, str]] = (),
    closed_weekdays: Iterable[str] = (),
    closed_days: Iterable[str] = (),
    half_days: Iterable[str] = (),
    country: str = "JP",
) -> tuple[Calendar, list[str]]:
    """A calendar from the settings tab's words, and the values that made no sense and were left out.

    `hours` are (days, hours) such as ("月-金", "09:00-18:00"); "" means every day, "祝日" public holidays.
    `half_days` are a day and its hours, such as "2026-12-28 09:00-12:00". Without `hours` the shop is open
    09:00-18:00, without `closed_weekdays` too it is closed on Saturday and Sunday.
    """
    misread: list[str] = []
    week: dict[int, Hours] = {}
    holiday_hours = CLOSED
    for name, value in hours:
        try:
            opening = parse_hours(value)
            if _HOLIDAY_NAME.fullmatch(_plain(name)):
                holiday_hours = opening
            else:
                week.update(dict.fromkeys(parse_weekdays(name or "毎日"), opening))
        except ValueError:
            misread.append(f"{name} {value}".strip())
    closed = frozenset().union(*_read(parse_weekdays, closed_weekdays, misread))
    if not week:
        week = dict.fromkeys(range(7), NINE_TO_SIX)
        closed = closed or frozenset({5, 6})
    calendar = Calendar(
        tuple(CLOSED if day in closed else week.get(day, CLOSED) for day in range(7)),
        country=country,
        holiday_hours=holiday_hours,
        closed_days=frozenset().union(*_read(parse_days, closed_days, misread)),
        short_days={
            day: opening for days, opening in _read(_parse_short_day, half_days, misread) for day in days
        },
    )
    return calendar, misread


def _parse_short_day(text: str) -> tuple[frozenset[date], Hours]:
    days, _, opening = _plain(text).partition(" ")
    return parse_days(days), parse_hours(opening)


_Read = TypeVar("_Read")


def _read(parse: Callable[[str], _Read], values: Iterable[str], misread: list[str]) -> list[_Read]:
    """What `parse` makes of each value; those it refuses are added to `misread`."""
    read: list[_Read] = []
    for value in values:
        try:
            read.append(parse(value))
        except ValueError:
            misread.append(value)
    return read
