"""What counts in a month, when, and in which words it is told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from builders import LAYOUT, TOKYO, WORDS, Book, arrival
from daicho.ledger.rows import Ledger
from daicho.ledger.settings import read_settings
from daicho.ledger.summary.facts import BusinessTime, read_facts
from daicho.ledger.summary.measure import nearest_rank
from daicho.ledger.summary.month import Month, Period
from daicho.ledger.summary.summary import summarise
from daicho.sheets.layout import load_layout
from daicho.sheets.workbook import Cell, Record
from daicho.wording import wording
from daicho.workdays import Calendar, Target
from shop_year import NOW, Said, Story, at, make_ledger, settings, summary_of, tell_year

LONDON = ZoneInfo("Europe/London")

# --- small months -----------------------------------------------------------------------------------------


def test_a_ledger_with_nothing_in_it_has_a_page() -> None:
    page = summary_of([])
    assert [figure.value for figure in page.figures] == [0, None, None, None, 0, None, None]
    assert all(figure.before is None and figure.year_ago is None for figure in page.figures)
    assert "まだありません" in page.lead


def test_a_month_with_nothing_after_one_with_something() -> None:
    page = summary_of([Story(1, [(at("10-05 10:00"), "asks"), (at("10-05 11:00"), "reply")], status="done")])
    assert (page.figures[0].value, page.figures[0].before) == (0, 1)
    assert "まだありません" in page.lead


def test_a_month_with_one_inquiry() -> None:
    story = Story(1, [(at("11-05 10:00"), "asks"), (at("11-05 11:30"), "reply")], status="done")
    story.closed = at("11-05 11:30")
    page = summary_of([story])
    assert [figure.value for figure in page.figures] == [1, 1.0, 1.5, 1.5, 0, 1.0, 0.0]
    assert "最初の月" in page.lead
    assert page.table("by-month").remark == WORDS.say("summary.no-forecast")
    assert page.table("by-month").chart is None, "one month is no trend"


def test_a_chart_without_a_forecast_draws_none() -> None:
    page = summary_of(
        [Story(number, [(at(f"{month}-05 10:00"), "asks")]) for number, month in enumerate((10, 11))]
    )
    chart = page.table("by-month").chart
    assert chart is not None
    assert chart.columns == ("inquiries",)


def test_a_month_that_runs_is_compared_with_the_same_days_of_last_month() -> None:
    days = ("10-05", "10-20", "11-03", "11-04", "11-05")
    stories = [Story(number, [(at(f"{day} 10:00"), "asks")]) for number, day in enumerate(days)]
    page = summary_of(stories, now=datetime(2026, 11, 12, 3, tzinfo=UTC))
    assert (page.figures[0].value, page.figures[0].before) == (3, 1)
    assert page.before == "前月12日まで"
    assert page.table("by-day").values("inquiries")["11/13(金)"] is None


AS_OF = datetime(2026, 11, 22, 3, tzinfo=UTC)
"""Noon of 22 November in the shop: last month is looked at as it stood at noon of 22 October."""


@pytest.mark.parametrize(
    ("later", "status", "closed", "figures"),
    [
        # Answered only after the same moment of last month: late then, nothing answered, nothing resolved.
        ([("10-30 10:00", "reply")], "done", None, (1, 0.0, None, 0.0, 0.0)),
        # Answered before: counts.
        ([("10-09 11:00", "reply")], "done", None, (1, 1.0, 1.0, 1.0, 0.0)),
        # Reopened later: was resolved then, and the customer had written once.
        ([("10-09 11:00", "reply"), ("10-25 10:00", "asks again")], "open", None, (1, 1.0, 1.0, 1.0, 0.0)),
        # Reopened later, and closed again.
        (
            [("10-09 11:00", "reply"), ("10-25 10:00", "asks again"), ("10-26 10:00", "reply")],
            "done",
            "10-26 10:00",
            (1, 1.0, 1.0, 1.0, 0.0),
        ),
        # Closed by hand, later and before.
        ([], "done", "10-30 10:00", (1, 0.0, None, 0.0, 0.0)),
        ([], "done", "10-09 11:00", (1, 1.0, None, 1.0, 0.0)),
    ],
)
def test_last_month_is_looked_at_as_it_stood_at_the_same_moment(
    later: list[tuple[str, Said]], status: str, closed: str | None, figures: tuple[float | None, ...]
) -> None:
    said: list[tuple[datetime, Said]] = [(at("10-09 10:00"), "asks")]
    said += [(at(moment), what) for moment, what in later]
    last_month = Story(1, said, status=status, closed=at(closed) if closed else None)
    page = summary_of([last_month, Story(2, [(at("11-03 10:00"), "asks")])], now=AS_OF)
    before = {figure.key: figure.before for figure in page.figures}
    keys = ("inquiries", "kept-rate", "median-reply", "resolution-rate", "repeat-rate")
    assert tuple(before[key] for key in keys) == figures


def test_what_came_later_on_the_same_day_of_last_month_does_not_count() -> None:
    moments = ("10-22 11:59", "10-22 12:01", "11-03 10:00")
    stories = [Story(number, [(at(moment), "asks")]) for number, moment in enumerate(moments)]
    assert summary_of(stories, now=AS_OF).figures[0].before == 1


def test_on_a_months_last_day_all_of_last_month_counts() -> None:
    stories = [
        Story(number, [(at(day), "asks")]) for number, day in enumerate(("10-31 23:00", "11-03 10:00"))
    ]
    assert summary_of(stories, now=datetime(2026, 11, 30, 3, tzinfo=UTC)).figures[0].before == 1


def test_a_month_that_is_over_is_compared_with_all_that_is_known_of_the_one_before() -> None:
    late = Story(1, [(at("10-30 10:00"), "asks"), (at("11-20 10:00"), "reply")], status="done")
    page = summary_of([late, Story(2, [(at("11-03 10:00"), "asks")])])
    assert {figure.key: figure.before for figure in page.figures}["resolution-rate"] == 1.0


# --- what counts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("utc", "zone", "month"),
    [
        (datetime(2026, 10, 31, 14, 59, 59, tzinfo=UTC), TOKYO, "2026-10"),
        (datetime(2026, 10, 31, 15, 0, tzinfo=UTC), TOKYO, "2026-11"),
        (datetime(2026, 11, 30, 14, 59, 59, tzinfo=UTC), TOKYO, "2026-11"),
        (datetime(2026, 11, 30, 15, 0, tzinfo=UTC), TOKYO, "2026-12"),
        # Summer time ends on 25 October: London's midnight is UTC's again.
        (datetime(2026, 9, 30, 22, 59, 59, tzinfo=UTC), LONDON, "2026-09"),
        (datetime(2026, 9, 30, 23, 0, tzinfo=UTC), LONDON, "2026-10"),
        (datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC), LONDON, "2026-10"),
        (datetime(2026, 11, 1, 0, 0, tzinfo=UTC), LONDON, "2026-11"),
    ],
)
def test_an_inquiry_belongs_to_the_month_on_the_shops_own_calendar(
    utc: datetime, zone: ZoneInfo, month: str
) -> None:
    story = Story(1, [(utc.astimezone(zone).replace(tzinfo=None), "asks")])
    found = {
        name: summary_of([story], name, zone=zone).figures[0].value
        for name in ("2026-09", "2026-10", "2026-11", "2026-12")
    }
    assert found == {name: int(name == month) for name in found}


def test_24_hours_are_real_hours_when_the_clocks_change() -> None:
    # From noon to noon are 25 hours when summer time ends, and 23 when it begins.
    autumn = Story(1, [(at("10-24 12:00"), "asks"), (at("10-25 12:00"), "reply")])
    spring = Story(2, [(at("03-28 12:00"), "asks"), (at("03-29 12:30"), "reply")])
    assert summary_of([autumn], "2026-10", zone=LONDON).figures[4].value == 1
    assert summary_of([spring], "2026-03", zone=LONDON).figures[4].value == 0


def sent_twice(after: timedelta, **changes: Any) -> list[Story]:
    first = Story(1, [(at("11-05 10:00"), "asks")])
    again = Story(2, [(at("11-05 10:00") + after, "asks")], twice_of=1)
    for name, value in changes.items():
        setattr(again, name, value)
    return [first, again]


@pytest.mark.parametrize(
    ("stories", "counted", "why"),
    [
        (sent_twice(timedelta(minutes=1)), 1, "重複 1件"),
        (sent_twice(timedelta(hours=24)), 1, "重複 1件"),
        (sent_twice(timedelta(hours=25)), 2, "重複 0件"),
        (sent_twice(timedelta(minutes=1), customer="C-2"), 2, "重複 0件"),
        ([Story(1, [(at("11-05 10:00"), "asks")], kind="sales", status="excluded")], 0, "対象外 1件"),
        ([Story(1, [(at("11-05 10:00"), "asks")], kind="auto", priority="none")], 0, "対象外 1件"),
        # A person said that it is an inquiry after all.
        ([Story(1, [(at("11-05 10:00"), "asks")], kind="sales")], 1, "対象外 0件"),
    ],
)
def test_what_counts_as_an_inquiry(stories: list[Story], counted: int, why: str) -> None:
    figure = summary_of(stories).figures[0]
    assert figure.value == counted
    assert why in figure.detail


def test_a_row_that_a_person_deleted_does_not_count() -> None:
    stories = [Story(number, [(at("11-05 10:00"), "asks")]) for number in (1, 2)]
    ledger = make_ledger(stories, LAYOUT, TOKYO)
    del ledger.rows["I-2"]
    facts = read_facts(ledger, settings())
    assert [fact.id for fact in facts.all] == ["I-1"]


def test_real_syncs_make_the_same_numbers() -> None:
    book = Book()
    book.sync(
        arrival("a", hours_ago=50),
        arrival("b", "けがをしました。", sender="taro@example.jp", hours_ago=30),
        arrival("c", subject="営業のご案内", sender="sales@example.com", hours_ago=30),
    )
    book.sync(arrival("a-reply", answers=["a"], incoming=False, hours_ago=49))
    book.sync(arrival("a-again", "まだ届いていません。", answers=["a"], hours_ago=3))
    page = summarise(
        Ledger(book.snapshot, LAYOUT, TOKYO), settings(), WORDS, Month(2026, 11), book.snapshot.taken
    )
    values = {figure.key: figure.value for figure in page.figures}
    assert values == {
        "inquiries": 2,
        "kept-rate": 0.5,
        "median-reply": 1.0,
        "p90-reply": 1.0,
        "over-a-day": 1,
        "resolution-rate": 0.0,
        "repeat-rate": 0.5,
    }
    assert page.table("by-urgency").values("missed")["大至急"] == 1
    assert "対象外 1件" in page.figures[0].detail


def test_a_campaign_tags_what_comes_in_its_period_and_counts_it() -> None:
    book = Book()
    campaign: dict[str, Cell] = {
        "setting": LAYOUT.label("setting", "campaign"),
        "name": "冬のギフト",
        "value": "2026-11-19..2026-11-20",
    }
    book.snapshot.tables["settings"] = [Record(2, campaign)]
    # Noon of 20 November in Tokyo, less 36 hours and less 37: midnight lies between them.
    book.sync(arrival("in", hours_ago=36), arrival("out", sender="taro@example.jp", hours_ago=37))
    book.sync(arrival("sales", subject="営業", sender="sales@example.com"))
    assert [row.get("tags") for row in book.rows] == [None, "冬のギフト", None]
    given = read_settings(book.snapshot.tables["settings"], LAYOUT)
    page = summarise(Ledger(book.snapshot, LAYOUT, TOKYO), given, WORDS, Month(2026, 11), NOW)
    assert page.table("by-campaign").values("inquiries") == {"冬のギフト": 1}
    assert page.table("by-tag").values("inquiries")["冬のギフト"] == 1


@pytest.mark.parametrize(
    ("closed", "kept"), [("11-05 11:00", 1.0), ("11-09 11:00", 0.0)], ids=["in time", "too late"]
)
def test_closing_by_hand_counts_as_the_answer_but_is_no_time_of_reply(closed: str, kept: float) -> None:
    story = Story(1, [(at("11-05 10:00"), "asks")], status="done", closed=at(closed), channel="phone")
    values = {figure.key: figure.value for figure in summary_of([story]).figures}
    assert (values["kept-rate"], values["median-reply"]) == (kept, None)


def test_an_inquiry_is_open_until_a_person_closes_it_where_replies_do_not_close() -> None:
    story = Story(1, [(at("11-05 10:00"), "asks"), (at("11-05 11:00"), "reply")], status="doing")
    page = summary_of([story], rows=[("sent_status", "", LAYOUT.label("status", "doing"))])
    backlog = page.table("by-day").values("backlog")
    assert [backlog["11/4(水)"], backlog["11/5(木)"], backlog["11/30(月)"]] == [0, 1, 1]


# --- business time, months, ranks -------------------------------------------------------------------------


@pytest.mark.parametrize("zone", [TOKYO, LONDON], ids=str)
def test_fast_business_time_is_the_calendars(zone: ZoneInfo) -> None:
    calendar = Calendar(closed_days=[date(2026, 11, 12)])
    quick = BusinessTime(calendar, zone)
    moments = [
        datetime(2026, 10, 20, 0, 30, tzinfo=zone) + timedelta(hours=7 * step, minutes=11 * step)
        for step in range(0, 150, 7)
    ]
    for start in moments:
        for end in moments:
            assert quick.hours(start, end) == pytest.approx(calendar.between(start, end) / timedelta(hours=1))


def test_months_follow_each_other_over_the_year() -> None:
    assert [str(Month(2026, 11).plus(step)) for step in (-11, 1, 2, 14)] == [
        "2025-12",
        "2026-12",
        "2027-01",
        "2028-01",
    ]
    assert Month(2026, 2).until(31) == Period(date(2026, 2, 1), date(2026, 2, 28))
    for text in ("2026-13", "2026", "11-2026", "２０２６-00"):
        with pytest.raises(ValueError, match="not a month"):
            Month.parse(text)


def test_nine_of_ten_are_no_larger_than_the_rank() -> None:
    assert nearest_rank([], 90) is None
    for size in range(1, 40):
        ordered = [float(number) for number in range(size)]
        found = nearest_rank(ordered, 90)
        expected = next(v for v in ordered if sum(o <= v for o in ordered) * 100 >= 90 * size)
        assert found == expected


# --- words ------------------------------------------------------------------------------------------------


def test_the_lead_tells_what_changed_most() -> None:
    def stories(month: int, category: str, count: int) -> list[Story]:
        return [
            Story(month * 1000 + hash_of(category) + number, [(at(f"{month}-05 10:00"), "asks")], category)
            for number in range(count)
        ]

    calm = [*stories(10, "stock", 40), *stories(11, "stock", 43)]
    assert "目立った変化はありません" in summary_of(calm).lead
    storm = [*calm, *stories(10, "not_arrived", 5), *stories(11, "not_arrived", 40)]
    assert "未着・遅延" in summary_of(storm).lead
    assert "5件" in summary_of(storm).lead


def hash_of(category: str) -> int:
    return {"stock": 0, "not_arrived": 500}[category]


def test_the_page_speaks_english_too() -> None:
    layout = load_layout("en")
    stories = [*tell_year(2025, 200), *tell_year(2026, 300, 2, 10_000)]
    page = summarise(
        make_ledger(stories, layout, TOKYO), read_settings([], layout), wording("en"), Month(2026, 11), NOW
    )
    said = [page.heading, page.lead, *(figure.label for figure in page.figures)]
    said += [text for table in page.tables for text in (table.title, table.note, table.remark)]
    said += [column.label for table in page.tables for column in table.columns]
    assert not any(letter >= "\u3040" for text in said for letter in text)


def test_targets_in_the_settings_decide_what_is_in_time() -> None:
    story = Story(1, [(at("11-05 10:00"), "asks"), (at("11-05 13:00"), "reply")], status="done")
    assert settings(("target", "通常", "2h")).targets["normal"] == Target(hours=2)
    assert summary_of([story], rows=[("target", "通常", "2h")]).figures[1].value == 0.0
    assert summary_of([story], rows=[("target", "通常", "4h")]).figures[1].value == 1.0
