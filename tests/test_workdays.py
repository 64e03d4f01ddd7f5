"""Business time: a shop's hours, holidays and targets."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daicho.workdays import (
    CLOSED,
    Calendar,
    Hours,
    Target,
    parse_days,
    parse_hours,
    parse_target,
    parse_weekdays,
    read_calendar,
)

TOKYO = ZoneInfo("Asia/Tokyo")
BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # its clocks change by half an hour
HOUR = timedelta(hours=1)
WITH_BREAK = parse_hours("09:00-12:00,13:00-18:00")


def at(text: str, zone: ZoneInfo = TOKYO) -> datetime:
    """`"10-09 17:00"` of 2026."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=zone)


SHOP = Calendar(
    closed_days=parse_days("2026-12-29..2027-01-03"),
    short_days={date(2026, 12, 28): parse_hours("09:00-12:00")},
)


@pytest.mark.parametrize(
    ("day", "is_open", "why"),
    [
        ("2026-10-09", True, "a Friday"),
        ("2026-10-10", False, "a Saturday"),
        ("2026-10-12", False, "Sports Day"),
        ("2026-05-06", False, "the substitute for Constitution Day on a Sunday"),
        ("2026-09-22", False, "the day between two holidays"),
        ("2026-12-28", True, "a short day"),
        ("2026-12-29", False, "the shop's own closing day"),
    ],
)
def test_a_shop_is_closed_at_weekends_holidays_and_its_own_days(day: str, is_open: bool, why: str) -> None:
    assert SHOP.is_open_day(date.fromisoformat(day)) is is_open, why


def test_a_shop_without_public_holidays_is_open_on_them() -> None:
    assert Calendar(country="").is_open_day(date(2026, 10, 12))
    assert Calendar(country="JP", holiday_hours=WITH_BREAK).hours(date(2026, 10, 12)) == WITH_BREAK


def test_an_own_closing_day_wins_over_a_short_day_and_a_short_day_over_a_holiday() -> None:
    day = date(2026, 10, 12)
    assert Calendar(short_days={day: WITH_BREAK}).hours(day) == WITH_BREAK
    assert Calendar(short_days={day: WITH_BREAK}, closed_days=[day]).hours(day) == CLOSED


def test_a_country_without_known_holidays_is_refused() -> None:
    with pytest.raises(ValueError, match="XX"):
        Calendar(country="XX").is_open_day(date(2026, 10, 9))


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("10-08 10:00", 2, "10-08 12:00"),
        ("10-08 10:00", 8, "10-08 18:00"),
        ("10-08 11:00", 8, "10-09 10:00"),
        ("10-08 07:00", 2, "10-08 11:00"),
        ("10-08 20:00", 2, "10-09 11:00"),
        ("10-08 18:00", 0, "10-09 09:00"),
        ("10-09 17:00", 2, "10-13 10:00"),  # over a weekend and Sports Day
        ("10-10 12:00", 0, "10-13 09:00"),
        ("12-28 11:00", 2, "01-04 10:00"),  # short day, New Year
    ],
)
def test_business_hours_run_while_the_shop_is_open(start: str, hours: int, end: str) -> None:
    expected = at(end) if not end.startswith("01") else at(end).replace(year=2027)
    assert SHOP.add_hours(at(start), hours) == expected


def test_the_clock_stands_still_over_a_lunch_break() -> None:
    shop = Calendar((WITH_BREAK,) * 7, country="")
    assert shop.add_hours(at("10-08 11:30"), 1) == at("10-08 13:30")
    assert shop.add_hours(at("10-08 12:15"), 1) == at("10-08 14:00")
    assert shop.add_hours(at("10-08 10:00"), 2) == at("10-08 12:00")
    assert shop.between(at("10-08 11:30"), at("10-08 13:30")) == HOUR


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("10-07 15:20", 2, "10-09 15:20"),
        ("10-08 15:20", 2, "10-13 15:20"),
        ("10-08 07:00", 1, "10-09 09:00"),
        ("10-08 19:00", 1, "10-13 09:00"),  # counts from Friday's opening
        ("10-10 12:00", 2, "10-15 09:00"),  # Saturday counts from Tuesday's opening
        ("12-25 15:00", 1, "12-28 12:00"),  # clipped to a short day
        ("10-08 15:20", 0, "10-08 15:20"),
    ],
)
def test_business_days_keep_the_time_of_day_within_the_hours(start: str, days: int, end: str) -> None:
    assert SHOP.add_days(at(start), days) == at(end)


def test_a_target_is_due_in_hours_or_in_days() -> None:
    assert SHOP.due(at("10-08 17:00"), Target(hours=2)) == at("10-09 10:00")
    assert SHOP.due(at("10-08 17:00"), Target(days=2)) == at("10-13 17:00")


def test_time_that_runs_backwards_is_no_business_time() -> None:
    assert SHOP.between(at("10-09 12:00"), at("10-08 12:00")) == timedelta()


def test_the_zone_of_the_start_decides() -> None:
    start = at("10-08 10:00").astimezone(UTC)  # 01:00 in UTC, where the shop opens at 09:00 UTC
    assert SHOP.add_hours(start, 1) == datetime(2026, 10, 8, 10, tzinfo=UTC)
    assert SHOP.between(at("10-08 10:00"), at("10-08 12:00").astimezone(UTC)) == 2 * HOUR


def test_durations_are_real_where_clocks_change() -> None:
    always = Calendar((parse_hours("00:00-24:00"),) * 7, country="")
    assert always.between(at("03-29 00:00", BERLIN), at("03-30 00:00", BERLIN)) == 23 * HOUR
    assert always.between(at("10-25 00:00", BERLIN), at("10-26 00:00", BERLIN)) == 25 * HOUR
    assert always.add_hours(at("03-29 00:00", BERLIN), 23) == at("03-30 00:00", BERLIN)
    swallowed = Calendar((parse_hours("02:10-02:50"),) * 7, country="")
    assert swallowed.between(at("03-29 00:00", BERLIN), at("03-30 00:00", BERLIN)) == timedelta(minutes=40)


def test_a_day_whose_opening_the_change_of_clocks_swallows_is_no_open_day() -> None:
    shop = Calendar((parse_hours("02:10-02:40"),) * 7, country="")
    before = datetime(2026, 10, 3, tzinfo=LORD_HOWE)  # the next day 02:00 becomes 02:30
    assert shop.between(before, before + timedelta(days=3)) == timedelta(hours=1)
    assert shop.add_days(before, 1) == datetime(2026, 10, 5, 2, 10, tzinfo=LORD_HOWE)


def test_opening_hours_are_those_of_the_wall_clock_on_either_side_of_a_change() -> None:
    shop = Calendar(country="")
    assert shop.add_hours(at("10-23 17:00", BERLIN), 2) == at("10-26 10:00", BERLIN)
    assert shop.add_days(at("10-23 17:00", BERLIN), 1) == at("10-26 17:00", BERLIN)


@pytest.mark.parametrize("calendar", [Calendar((CLOSED,) * 7), Calendar((CLOSED,) * 7, country="")])
def test_a_shop_that_never_opens_is_told_so(calendar: Calendar) -> None:
    with pytest.raises(ValueError, match="not open on any day"):
        calendar.add_hours(at("10-08 10:00"), 1)
    with pytest.raises(ValueError, match="not open on any day"):
        calendar.add_days(at("10-08 10:00"), 1)
    assert calendar.between(at("10-08 10:00"), at("12-08 10:00")) == timedelta()


def test_a_shop_that_closes_for_good_is_told_so() -> None:
    shop = Calendar(closed_days=parse_days("2026-10-12..2027-10-10") | parse_days("2027-10-11..2028-10-10"))
    assert shop.add_hours(at("10-09 10:00"), 8) == at("10-09 18:00")
    with pytest.raises(ValueError, match="not open on any day"):
        shop.add_hours(at("10-09 10:00"), 9)


def test_what_cannot_be_counted_is_refused() -> None:
    naive = at("10-08 10:00").replace(tzinfo=None)
    for refused in (
        lambda: SHOP.add_hours(at("10-08 10:00"), -1),
        lambda: SHOP.add_days(at("10-08 10:00"), -1),
        lambda: SHOP.add_hours(naive, 1),
        lambda: SHOP.between(naive, at("10-08 10:00")),
        lambda: SHOP.add_days(at("10-08 10:00").replace(year=9999), 1),
        lambda: SHOP.add_hours(at("10-08 10:00").replace(year=1), 1),
        lambda: Calendar((CLOSED,) * 6),
        lambda: Target(),
        lambda: Target(hours=1, days=1),
        lambda: Target(days=-1),
    ):
        with pytest.raises(ValueError):
            refused()


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("2h", Target(hours=2)),
        ("８ｈ", Target(hours=8)),
        ("1.5 時間", Target(hours=1.5)),
        ("8営業時間以内", Target(hours=8)),
        ("2d", Target(days=2)),
        ("2営業日", Target(days=2)),
        ("3 days", Target(days=3)),
    ],
)
def test_a_target_is_read(text: str, target: Target) -> None:
    assert parse_target(text) == target


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("09:00-18:00", Hours(((time(9), time(18)),))),
        ("9時〜17時30分", Hours(((time(9), time(17, 30)),))),
        ("９：００－１２：００、１３：００－１８：００", WITH_BREAK),
        ("0:00-24:00", Hours(((time(), time()),))),
    ],
)
def test_opening_hours_are_read(text: str, hours: Hours) -> None:
    assert parse_hours(text) == hours


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("月-金", {0, 1, 2, 3, 4}),
        ("土、日", {5, 6}),
        ("土日", {5, 6}),
        ("水曜日", {2}),
        ("金〜月", {4, 5, 6, 0}),
        ("Mon-Fri", {0, 1, 2, 3, 4}),
        ("Saturday, Sunday", {5, 6}),
        ("平日", {0, 1, 2, 3, 4}),
        ("毎日", {0, 1, 2, 3, 4, 5, 6}),
    ],
)
def test_weekdays_are_read_in_both_languages(text: str, days: set[int]) -> None:
    assert parse_weekdays(text) == days


@pytest.mark.parametrize(
    ("text", "first", "last", "count"),
    [
        ("2026-12-29..2027-01-03", "2026-12-29", "2027-01-03", 6),
        ("2026/12/29〜2027/1/3", "2026-12-29", "2027-01-03", 6),
        ("2026年8月13日、2026年8月15日", "2026-08-13", "2026-08-15", 2),
        ("2026-08-13", "2026-08-13", "2026-08-13", 1),
        ("2026-08-13 00:00:00", "2026-08-13", "2026-08-13", 1),
    ],
)
def test_closing_days_are_read(text: str, first: str, last: str, count: int) -> None:
    days = parse_days(text)
    assert (min(days), max(days), len(days)) == (date.fromisoformat(first), date.fromisoformat(last), count)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        *((parse_target, text) for text in ("", "2", "h", "soon", "-2h", "2h 3d", "1.5d")),
        *(
            (parse_hours, text)
            for text in (
                "",
                "9-",
                "18:00-09:00",
                "09:00-12:00,11:00-13:00",
                "25:00-26:00",
                "09:00-18:00 ごろ",
            )
        ),
        *((parse_weekdays, text) for text in ("", "祝", "someday", "月-")),
        *(
            (parse_days, text)
            for text in (
                "",
                "12-29",
                "2026-02-30",
                "2026-12-29..2026-12-01",
                "2026-01-01..2099-01-01",
                "年末",
            )
        ),
    ],
)
def test_what_makes_no_sense_is_refused(parse: object, text: str) -> None:
    assert callable(parse)
    with pytest.raises(ValueError):
        parse(text)


def test_a_calendar_is_read_from_the_settings() -> None:
    shop, misread = read_calendar(
        hours=[
            ("月-金", "09:00-12:00,13:00-18:00"),
            ("土", "10:00-16:00"),
            ("祝日", "10:00-15:00"),
            ("日", "休み"),
        ],
        closed_weekdays=["水"],
        closed_days=["2026-12-29..2027-01-03", "年末"],
        half_days=["2026-12-28 09:00-12:00", "2026-12-27"],
    )
    assert misread == ["日 休み", "年末", "2026-12-27"]
    assert shop.hours(date(2026, 10, 8)) == WITH_BREAK
    assert shop.hours(date(2026, 10, 10)) == parse_hours("10:00-16:00")
    assert shop.hours(date(2026, 10, 12)) == parse_hours("10:00-15:00")
    assert shop.hours(date(2026, 12, 28)) == parse_hours("09:00-12:00")
    assert not any(shop.is_open_day(date(2026, month, day)) for month, day in ((10, 7), (10, 11), (12, 30)))


def test_a_calendar_without_settings_is_open_on_weekdays() -> None:
    nothing_set, misread = read_calendar()
    assert not misread
    assert [nothing_set.is_open_day(date(2026, 10, 5) + timedelta(day)) for day in range(7)] == [True] * 5 + [
        False
    ] * 2
    closed_on_wednesday, _ = read_calendar(closed_weekdays=["水曜"])
    assert closed_on_wednesday.is_open_day(date(2026, 10, 10))
    assert not closed_on_wednesday.is_open_day(date(2026, 10, 7))


zones = st.sampled_from([TOKYO, UTC, BERLIN, ZoneInfo("America/New_York"), LORD_HOWE])
moments = st.builds(
    datetime.astimezone,
    st.integers(0, 3 * 365 * 24 * 60).map(
        lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    zones,
)
days_hours = st.sampled_from(
    [
        CLOSED,
        parse_hours("09:00-18:00"),
        WITH_BREAK,
        parse_hours("00:00-24:00"),
        parse_hours("01:30-03:30,22:00-24:00"),
    ]
)
calendars = st.builds(
    Calendar,
    st.tuples(*[days_hours] * 6, st.just(parse_hours("10:00-12:00"))),
    country=st.sampled_from(["JP", ""]),
    closed_days=st.frozensets(st.dates(date(2025, 1, 1), date(2028, 1, 1)), max_size=5),
)
spans = st.integers(0, 300 * 60).map(lambda minutes: timedelta(minutes=minutes))


@settings(max_examples=60)
@given(calendars, moments, spans)
def test_adding_business_time_and_measuring_it_agree(
    shop: Calendar, start: datetime, span: timedelta
) -> None:
    assert shop.between(start, shop.add_hours(start, span)) == span


@settings(max_examples=60)
@given(calendars, moments, spans, spans)
def test_more_business_time_is_never_earlier(
    shop: Calendar, start: datetime, less: timedelta, more: timedelta
) -> None:
    assert shop.add_hours(start, less) <= shop.add_hours(start, less + more)


@settings(max_examples=60)
@given(calendars, moments, spans, st.integers(0, 10))
def test_what_is_due_falls_into_opening_hours(
    shop: Calendar, start: datetime, span: timedelta, days: int
) -> None:
    # Seen from a microsecond before and after: a closing time belongs to its day.
    tick = timedelta(microseconds=1)
    for due in (shop.add_hours(start, span), shop.add_days(start, days)):
        before, after = ((due.astimezone(UTC) + step).astimezone(due.tzinfo) for step in (-tick, tick))
        assert shop.between(before, after) > timedelta()
        assert due.tzinfo is start.tzinfo


@settings(max_examples=60)
@given(calendars, moments, moments, moments)
def test_business_time_adds_up(shop: Calendar, one: datetime, two: datetime, three: datetime) -> None:
    zone = one.tzinfo
    first, middle, last = sorted(moment.astimezone(UTC) for moment in (one, two, three))
    first, middle, last = (moment.astimezone(zone) for moment in (first, middle, last))
    assert shop.between(first, middle) + shop.between(middle, last) == shop.between(first, last)


def test_decades_of_business_time_are_counted() -> None:
    start = at("01-05 00:00")
    assert Calendar(country="").between(start, start.replace(year=2046)) > 40_000 * HOUR
