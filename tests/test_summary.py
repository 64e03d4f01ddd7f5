"""The month in numbers, counted a second time in another way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import Any

import holidays
import pytest

from builders import LAYOUT, TOKYO
from daicho.ledger.summary.month import Month
from daicho.ledger.summary.summary import Summary
from daicho.ledger.summary.table import Table, Value
from shop_year import MEMBERS, NOW, Story, summary_of, tell_year

# --- the same numbers, counted in another way -------------------------------------------------------------

_HOLIDAYS = holidays.country_holidays("JP", years=range(2024, 2029))


def opening(day: date) -> tuple[datetime, datetime] | None:
    """9:00 to 18:00 on working days."""
    if day.weekday() >= 5 or day in _HOLIDAYS:
        return None
    return datetime.combine(day, time(9)), datetime.combine(day, time(18))


def working_days(day: date) -> Iterator[tuple[datetime, datetime]]:
    for step in range(400):
        if span := opening(day + timedelta(step)):
            yield span


def business_hours(start: datetime, end: datetime) -> float:
    spent = timedelta()
    for first, last in working_days(start.date()):
        if first >= end:
            break
        spent += max(min(last, end) - max(first, start), timedelta())
    return spent / timedelta(hours=1)


def due_of(story: Story) -> datetime:
    hours = {"urgent": 2, "high": 8}.get(story.priority)
    days = working_days(story.received.date())
    first, last = next(span for span in days if span[1] > story.received)
    begin = max(first, story.received)
    if hours is None:
        next(days)
        return datetime.combine(next(days)[0], begin.time())
    left = timedelta(hours=hours)
    while left > last - begin:
        left -= last - begin
        begin, last = next(days)
    return begin + left


@dataclass
class Counted:
    """What the stories of some days add up to, with `now` as a cell would hold it."""

    stories: list[Story]
    now: datetime

    def count(self, test: Callable[[Story], Any]) -> int:
        return sum(bool(test(story)) for story in self.stories)

    def first_reply(self, story: Story) -> datetime | None:
        return next((moment for moment, what in story.said if what == "reply"), None)

    def kept(self, story: Story) -> bool:
        reply = self.first_reply(story)
        return reply is not None and reply <= due_of(story)

    def missed(self, story: Story) -> bool:
        return (self.first_reply(story) or self.now) > due_of(story)

    def over_a_day(self, story: Story) -> bool:
        return (self.first_reply(story) or self.now) - story.received > timedelta(days=1)

    def hours(self) -> list[float]:
        replies = [(story.received, self.first_reply(story)) for story in self.stories]
        return sorted(business_hours(received, reply) for received, reply in replies if reply)


def counts(stories: Sequence[Story]) -> list[Story]:
    """The stories that count: no sales, no automatic mail, nothing sent twice."""
    return [story for story in stories if story.kind == "inquiry" and story.twice_of is None]


def in_month(stories: Sequence[Story], year: int, month: int) -> list[Story]:
    return [story for story in stories if (story.received.year, story.received.month) == (year, month)]


def was_open(story: Story, moment: datetime) -> bool:
    """Whether the customer waited at a moment."""
    waits = False
    for when, what in story.said:
        if when < moment and what != "thanks":
            waits = what != "reply"
    return waits


def check_month(stories: Sequence[Story], month: Month) -> None:
    """Every number of a month's page against the stories."""
    found = summary_of(stories, str(month))
    local = NOW.astimezone(TOKYO).replace(tzinfo=None)
    real = counts(stories)
    by = Counted(in_month(real, month.year, month.month), local)
    before = in_month(real, month.plus(-1).year, month.plus(-1).month)
    year_ago = in_month(real, month.year - 1, month.month)
    figures = {figure.key: figure for figure in found.figures}

    inquiries = figures["inquiries"]
    assert (inquiries.value, inquiries.before, inquiries.year_ago) == (
        len(by.stories),
        len(before),
        len(year_ago),
    )
    kept, missed = by.count(by.kept), by.count(by.missed)
    assert figures["kept-rate"].value == kept / (kept + missed)
    hours = by.hours()
    assert figures["median-reply"].value == pytest.approx(median(hours))
    assert figures["p90-reply"].value == pytest.approx(ninth(hours))
    for past, stories_then in (("before", before), ("year_ago", year_ago)):
        then = Counted(stories_then, local).hours()
        assert getattr(figures["median-reply"], past) == (pytest.approx(median(then)) if then else None)
        assert getattr(figures["p90-reply"], past) == (pytest.approx(ninth(then)) if then else None)
    assert figures["over-a-day"].value == by.count(by.over_a_day)
    assert figures["resolution-rate"].value == by.count(lambda story: story.status == "done") / len(
        by.stories
    )
    asked_again = by.count(lambda story: any(what == "asks again" for _, what in story.said))
    assert figures["repeat-rate"].value == asked_again / len(by.stories)

    check_tables(found, by, before)
    check_backlog(found, real, month)
    check_people(found, by, real)


def ninth(hours: list[float]) -> float:
    """The time within which nine of ten are."""
    return hours[-(-9 * len(hours) // 10) - 1]


def check_tables(found: Summary, by: Counted, before: list[Story]) -> None:
    for key, listed in (("category", "category"), ("channel", "channel")):
        names = Counter(LAYOUT.label(listed, getattr(story, key)) for story in by.stories)
        past = Counter(LAYOUT.label(listed, getattr(story, key)) for story in before)
        assert found.table(f"by-{key}").values("inquiries") == {name: names[name] for name in names | past}
        assert found.table(f"by-{key}").values("before") == {name: past[name] for name in names | past}
    days = Counter(story.received.day for story in by.stories)
    assert list(found.table("by-day").values("inquiries").values()) == [
        days[day + 1] for day in range(len(found.month.days))
    ]
    grid = found.table("by-hour")
    for weekday in range(7):
        hours = Counter(story.received.hour for story in by.stories if story.received.weekday() == weekday)
        assert list(grid.values(f"weekday-{weekday}").values()) == [hours[hour] for hour in range(24)]
    urgency = found.table("by-urgency")
    for priority in ("urgent", "high", "normal"):
        part = Counted([story for story in by.stories if story.priority == priority], by.now)
        name = LAYOUT.label("priority", priority)
        assert urgency.values("kept")[name] == part.count(part.kept)
        assert urgency.values("missed")[name] == part.count(part.missed)
    tags = found.table("by-tag").values("inquiries")
    for tag in ("不満", "賛辞", "再販希望"):
        assert tags.get(tag, 0) == sum(tag in story.tags for story in by.stories)
    assert "要確認" not in tags
    assert not set(LAYOUT.lists["category"].values()) & set(tags), "they have a table of their own"
    families = [row.values[0] for row in found.table("by-tag").rows if row.kind == "group"]
    assert len(families) == 5
    for product in ("耐熱グラス", "はなびらマグカップ"):
        about = [story for story in by.stories if story.product == product]
        bad = sum(story.category in ("defect", "wrong_item") for story in about)
        if bad:
            assert found.table("products").values("share-of-product")[product] == bad / len(about)


def check_backlog(found: Summary, real: list[Story], month: Month) -> None:
    expected = [
        sum(was_open(story, datetime.combine(day + timedelta(1), time())) for story in real)
        for day in month.days
    ]
    assert list(found.table("by-day").values("backlog").values()) == expected


def check_people(found: Summary, by: Counted, real: list[Story]) -> None:
    members = found.table("by-member")
    for member in (*MEMBERS, ""):
        part = Counted([story for story in by.stories if story.assignee == member], by.now)
        name = member or "（担当者なし）"
        assert members.values("inquiries").get(name, 0) == len(part.stories)
        if hours := part.hours():
            assert members.values("median-reply")[name] == pytest.approx(median(hours))
        done = sorted(business_hours(story.received, story.closed) for story in part.stories if story.closed)
        if done:
            assert members.values("median-completion")[name] == pytest.approx(median(done))
    first: dict[str, Story] = {}
    for story in sorted(real, key=lambda story: story.received):
        first.setdefault(story.customer, story)
    new = by.count(lambda story: first[story.customer] is story)
    assert found.table("by-customer").values("inquiries") == {
        "はじめて": new,
        "2回目以降": len(by.stories) - new,
    }
    again = found.table("again")
    one_touch = by.count(
        lambda story: [what for _, what in story.said if what != "thanks"] == ["asks", "reply"]
    )
    assert again.total("one-touch") == one_touch
    reopened = by.count(
        lambda story: any(
            what == "asks again" and said == "reply"
            for (_, said), (_, what) in zip(story.said, story.said[1:], strict=False)
        )
    )
    assert again.total("reopened") == reopened
    templates = found.table("by-template")
    replies = [story.template for story in by.stories for _, what in story.said if what == "reply"]
    assert templates.values("suggested")["restock"] == len(by.stories)
    assert templates.values("used")["restock"] == replies.count("restock")
    assert templates.values("acceptance")["restock"] == replies.count("restock") / len(replies)
    assert templates.values("used").get("product-spec", 0) == replies.count("product-spec")


@pytest.mark.parametrize("month", [Month(2026, 1), Month(2026, 5), Month(2026, 12)], ids=str)
def test_every_number_of_a_month_is_what_the_stories_say(month: Month) -> None:
    check_month([*tell_year(2025, 700), *tell_year(2026, 900, 2, 10_000)], month)


@pytest.mark.slow
@pytest.mark.parametrize("month", [Month(2026, number) for number in range(1, 13)], ids=str)
def test_every_number_of_a_busy_year_is_what_the_stories_say(month: Month) -> None:
    check_month([*tell_year(2025, 4_000), *tell_year(2026, 16_000, 2, 10_000)], month)


# --- numbers add up ---------------------------------------------------------------------------------------

TOTALS = [
    ("by-day", "inquiries"),
    ("by-category", "inquiries"),
    ("by-channel", "inquiries"),
    ("by-hour", "sum"),
    ("by-urgency", "inquiries"),
    ("by-member", "inquiries"),
    ("by-customer", "inquiries"),
]


@pytest.fixture(scope="module")
def november() -> Summary:
    rows = [("wage", "", "1,200円"), ("minutes", "", "8分"), ("offer", "外注", "1件 100円")]
    return summary_of([*tell_year(2025, 300), *tell_year(2026, 600, 2, 10_000)], rows=rows)


@pytest.mark.parametrize(("table", "column"), TOTALS)
def test_every_table_adds_up_to_the_number_of_inquiries(november: Summary, table: str, column: str) -> None:
    inquiries = november.figures[0].value
    assert november.table(table).total(column) == inquiries
    assert sum(as_int(value) for value in november.table(table).values(column).values()) == inquiries


@pytest.mark.parametrize("table", ["by-category", "by-channel", "reply-by-category", "again", "by-effort"])
def test_lines_add_up_to_the_line_of_totals(november: Summary, table: str) -> None:
    found = november.table(table)
    for column in found.columns[1:]:
        if column.kind in ("count", "change"):
            values = [as_int(value) for value in found.values(column.key).values()]
            assert sum(values) == as_int(found.total(column.key)), column.key


def test_in_time_late_and_not_due_yet_are_all_inquiries(november: Summary) -> None:
    for row in november.table("by-urgency").rows:
        _, inquiries, kept, missed, pending, _ = row.values
        assert as_int(kept) + as_int(missed) + as_int(pending) == inquiries


def test_the_lines_of_each_member_add_up_to_that_member(november: Summary) -> None:
    found: dict[Value, int] = {}
    name: Value = None
    for row in november.table("by-member-category").rows:
        if row.kind == "group":
            name = row.values[0]
        else:
            found[name] = found.get(name, 0) + as_int(row.values[1])
    expected = november.table("by-member").values("inquiries")
    assert found == {member: count for member, count in expected.items() if count}


def test_mail_and_phone_hours_add_up(november: Summary) -> None:
    effort = november.table("by-effort")
    assert as_int(effort.total("mail-inquiries")) + as_int(effort.total("phone-inquiries")) == (
        november.figures[0].value
    )
    assert effort.total("all-hours") == pytest.approx(8 / 60 * (november.figures[0].value or 0))


def as_int(value: Value) -> int:
    assert value is None or isinstance(value, int)
    return value or 0


def test_json_holds_figures_and_tables_by_key(november: Summary) -> None:
    found = november.as_json()
    assert found["month"] == "2026-11"
    assert found["figures"]["inquiries"]["value"] == november.figures[0].value
    assert found["tables"]["by-category"][-1]["row"] == "total"
    assert set(found["tables"]) == {table.key for table in november.tables}


def test_every_table_has_as_many_cells_as_columns(november: Summary) -> None:
    for table in november.tables:
        assert all(len(row.values) == len(table.columns) for row in table.rows), table.key
        assert_charts_show_columns(table)


def assert_charts_show_columns(table: Table) -> None:
    if table.chart:
        shown = {*table.chart.columns, *filter(None, [table.chart.line])}
        assert shown <= {column.key for column in table.columns}
