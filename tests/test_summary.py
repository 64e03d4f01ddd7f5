"""The month in numbers, counted a second time in another way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import pytest

from builders import LAYOUT, TOKYO, WORDS, Book, arrival
from daicho.ledger.offer import Offer, parse_amount, parse_offer
from daicho.ledger.rows import Ledger
from daicho.ledger.settings import Settings, read_settings
from daicho.ledger.summary.estimate import break_even, estimate, vendor_cost
from daicho.ledger.summary.facts import BusinessTime, Fact, Facts, read_facts
from daicho.ledger.summary.forecast import forecast
from daicho.ledger.summary.graduation import Gauge, members_at_once, verdict
from daicho.ledger.summary.measure import nearest_rank
from daicho.ledger.summary.month import Month, Period
from daicho.ledger.summary.summary import Summary, summarise
from daicho.ledger.summary.table import Table, Value
from daicho.sheets.layout import load_layout
from daicho.sheets.workbook import Cell, Record
from daicho.wording import wording
from daicho.workdays import Calendar, Target
from shop_year import MEMBERS, Story, make_ledger, tell_year

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2027, 1, 20, 3, 0, tzinfo=UTC)


def settings(*rows: tuple[str, str, str]) -> Settings:
    """Settings as typed: (setting's key, name, value)."""
    records = [
        Record(number, {"setting": LAYOUT.label("setting", setting), "name": name, "value": value})
        for number, (setting, name, value) in enumerate(rows)
    ]
    members: list[dict[str, Cell]] = [{"member": member} for member in MEMBERS]
    return read_settings([*records, *(Record(100, cells) for cells in members)], LAYOUT)


def summary_of(
    stories: Sequence[Story],
    month: str = "2026-11",
    *,
    now: datetime = NOW,
    zone: ZoneInfo = TOKYO,
    rows: Sequence[tuple[str, str, str]] = (),
) -> Summary:
    ledger = make_ledger(stories, LAYOUT, zone)
    return summarise(ledger, settings(*rows), WORDS, Month.parse(month), now)


def at(text: str) -> datetime:
    """ "11-03 09:00" of 2026, as a cell holds it."""
    return datetime.fromisoformat(f"2026-{text}")


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
    assert f"{hours[-(-9 * len(hours) // 10) - 1]:.1f} 時間以内" in figures["median-reply"].detail
    assert figures["over-a-day"].value == by.count(by.over_a_day)
    assert figures["resolution-rate"].value == by.count(lambda story: story.status == "done") / len(
        by.stories
    )
    asked_again = by.count(lambda story: any(what == "asks again" for _, what in story.said))
    assert figures["repeat-rate"].value == asked_again / len(by.stories)

    check_tables(found, by, before)
    check_backlog(found, real, month)
    check_people(found, by, real)


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


# --- small months -----------------------------------------------------------------------------------------


def test_a_ledger_with_nothing_in_it_has_a_page() -> None:
    page = summary_of([])
    assert [figure.value for figure in page.figures] == [0, None, None, 0, None, None]
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
    assert [figure.value for figure in page.figures] == [1, 1.0, 1.5, 0, 1.0, 0.0]
    assert "最初の月" in page.lead
    assert page.table("by-month").remark == WORDS.say("summary.no-forecast")


def test_a_month_that_runs_is_compared_with_the_same_days_of_last_month() -> None:
    days = ("10-05", "10-20", "11-03", "11-04", "11-05")
    stories = [Story(number, [(at(f"{day} 10:00"), "asks")]) for number, day in enumerate(days)]
    page = summary_of(stories, now=datetime(2026, 11, 12, 3, tzinfo=UTC))
    assert (page.figures[0].value, page.figures[0].before) == (3, 1)
    assert page.before == "前月12日まで"
    assert page.table("by-day").values("inquiries")["11/13(金)"] is None


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
    assert summary_of([autumn], "2026-10", zone=LONDON).figures[3].value == 1
    assert summary_of([spring], "2026-03", zone=LONDON).figures[3].value == 0


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


# --- what vendors would cost ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "offer"),
    [
        (
            "メール・月額 30,000円・100件まで・超過 350円・初期 20,000円・9-18時",
            Offer("", 30_000, 100, 350, 20_000, (9, 18)),
        ),
        (
            "月額３０，０００円、上限１００件、9時〜18時、電話",
            Offer("", 30_000, 100, hours=(9, 18), channel="phone"),
        ),
        ("1件あたり 400円・24時間対応", Offer("", each=400)),
        (
            "mail; monthly 30,000; up to 100; extra 350; set-up 20,000; 9-18",
            Offer("", 30_000, 100, 350, 20_000, (9, 18)),
        ),
        ("phone, each 600, 24h", Offer("", each=600, channel="phone")),
    ],
)
def test_an_offer_is_read_as_a_shop_types_it(text: str, offer: Offer) -> None:
    assert parse_offer(text) == offer


@pytest.mark.parametrize("text", ["", "相談", "9-18時", "月額 30,000円・なるべく早く", "月額 1円・18-9時"])
def test_an_offer_that_makes_no_sense_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"offer|understood|hours"):
        parse_offer(text)
    found = settings(("offer", "みどり", text), ("wage", "", "高い"))
    assert (LAYOUT.label("setting", "wage"), "", "高い") in found.problems
    assert not found.offers


def test_amounts_are_read_with_their_units() -> None:
    assert [parse_amount(text) for text in ("1,500円", "￥1500", "8分", "8 min", "7.5")] == [
        1500,
        1500,
        8,
        8,
        7.5,
    ]


@pytest.mark.parametrize("offer", [
    Offer("", monthly=30_000, cap=100, each=350),
    Offer("", monthly=30_000, cap=100, each=150, setup=24_000),
    Offer("", monthly=30_000, cap=100),
    Offer("", monthly=12_000),
    Offer("", each=150, setup=24_000),
    Offer("", each=200),
    Offer("", each=350),
])  # fmt: skip
@pytest.mark.parametrize("own", [0.0, 100.0, 200.0, 260.0, 1000 / 3])
def test_the_break_even_volume_is_the_first_that_costs_no_more(offer: Offer, own: float) -> None:
    cheap = (volume for volume in range(1, 5000) if vendor_cost(offer, volume, own) <= volume * own + 1e-6)
    assert break_even(offer, own) == next(cheap, None)


def fact(hour: int = 10, **changes: Any) -> Fact:
    received = datetime(2026, 11, 5, hour, tzinfo=TOKYO)
    given: dict[str, Any] = {"id": "I", "received": received} | changes
    return Fact(**given)


def test_a_vendor_takes_its_categories_and_calls_within_its_hours() -> None:
    given = settings(
        ("vendor", "みどり", "在庫・再入荷"),
        ("wage", "", "600円"),
        ("minutes", "", "10分"),
        ("minutes", "電話", "20"),
    )
    facts = [
        fact(10, category="stock"),
        fact(20, category="stock"),
        fact(10, category="defect"),
        fact(10, category="stock", channel="phone"),
        fact(20, category="stock", channel="phone"),
    ]
    mail = estimate(Offer("みどり", each=50, hours=(9, 18)), facts, given)
    phone = estimate(Offer("みどり", each=50, hours=(9, 18), channel="phone"), facts, given)
    assert (mail.volume, mail.outside, mail.in_house, mail.vendor) == (2, 1, 200, 100)
    assert (phone.volume, phone.outside, phone.in_house, phone.vendor) == (1, 1, 200, 50)


def test_without_a_wage_there_is_nothing_to_compare() -> None:
    page = summary_of([], rows=[("offer", "みどり", "1件 100円")])
    row = page.table("by-offer").rows[0]
    assert row.values[3:] == (None,) * 4
    assert "時給" in page.table("by-offer").remark


# --- forecast, graduation ---------------------------------------------------------------------------------


def monthly(counts: dict[str, int]) -> Facts:
    facts = []
    for month, count in counts.items():
        first = Month.parse(month).first
        facts += [fact(received=datetime(first.year, first.month, 1, 10, tzinfo=TOKYO))] * count
    return Facts(facts)


def test_there_is_no_forecast_before_a_year_of_data_is_there() -> None:
    young = monthly({"2025-12": 10, "2026-10": 10})
    assert forecast(young, Month(2026, 11), date(2026, 10, 31)) is None
    assert forecast(young, Month(2026, 12), date(2026, 12, 1)) is not None
    assert forecast(Facts([]), Month(2026, 12), date(2026, 12, 1)) is None


def test_the_forecast_is_last_years_month_times_this_years_level() -> None:
    year = {"2025-08": 100, "2025-09": 100, "2025-10": 100, "2025-12": 400}
    now = {"2026-08": 110, "2026-09": 120, "2026-10": 130}
    found = forecast(monthly(year | now), Month(2026, 12), date(2026, 11, 15))
    assert found is not None
    assert (found.inquiries, found.last_year, found.level) == (480, 400, 1.2)


@pytest.mark.parametrize(
    ("month", "season", "days"),
    [
        (Month(2026, 4), "golden-week", Period(date(2026, 4, 29), date(2026, 4, 30))),
        (Month(2026, 5), "golden-week", Period(date(2026, 5, 1), date(2026, 5, 6))),
        (Month(2026, 12), "year-end", Period(date(2026, 12, 25), date(2026, 12, 31))),
        (Month(2027, 1), "year-end", Period(date(2027, 1, 1), date(2027, 1, 5))),
    ],
)
def test_seasons_that_fall_into_the_month_are_told_apart(month: Month, season: str, days: Period) -> None:
    facts = monthly({"2025-01": 3, str(month.plus(-12)): 8})
    found = forecast(facts, month, month.plus(-1).last)
    assert found is not None
    assert [(name, period) for name, period, _ in found.seasons] == [(season, days)]


def test_members_at_once_are_those_who_answered_within_one_hour() -> None:
    def answered(member: str, *hours: float) -> Fact:
        start = datetime(2026, 11, 5, tzinfo=TOKYO)
        return fact(assignee=member, replies=tuple(start + timedelta(hours=hour) for hour in hours))

    assert members_at_once([answered("佐藤", 9.1, 9.5), answered("鈴木", 9.9), answered("田中", 10)]) == 2
    assert members_at_once([answered("", 9.1), answered("鈴木", 9.2)]) == 1
    assert members_at_once([]) == 0


@pytest.mark.parametrize(
    ("values", "mood"),
    [
        ((1, 1, 1, 1), "good"),
        ((5, 1, 1, 1), "good"),
        ((5, 5, 1, 1), "fair"),
        ((9, 1, 1, 1), "fair"),
        ((9, 9, 1, 1), "bad"),
        ((None, 1, 1, 1), "good"),
    ],
)
def test_a_shop_outgrows_a_sheet_when_two_gauges_say_so(values: tuple[float | None, ...], mood: str) -> None:
    assert verdict([Gauge("", value, (3, 6)) for value in values]) == mood


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


def test_targets_in_the_settings_decide_what_is_in_time() -> None:
    story = Story(1, [(at("11-05 10:00"), "asks"), (at("11-05 13:00"), "reply")], status="done")
    assert settings(("target", "通常", "2h")).targets["normal"] == Target(hours=2)
    assert summary_of([story], rows=[("target", "通常", "2h")]).figures[1].value == 0.0
    assert summary_of([story], rows=[("target", "通常", "4h")]).figures[1].value == 1.0
