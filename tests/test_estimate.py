"""What vendors would cost, what next month should bring, when a sheet is outgrown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from builders import LAYOUT, TOKYO, WORDS
from daicho.ledger.offer import Offer, parse_amount, parse_offer
from daicho.ledger.summary.estimate import break_even, estimate, vendor_cost, works_at
from daicho.ledger.summary.facts import Fact, Facts
from daicho.ledger.summary.forecast import forecast
from daicho.ledger.summary.graduation import Gauge, members_at_once, verdict
from daicho.ledger.summary.month import Month, Period
from daicho.ledger.summary.table import Table
from shop_year import Story, at, settings, summary_of

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


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("2026-11-06 17:59", True),  # Friday
        ("2026-11-06 18:00", False),
        ("2026-11-07 10:00", False),  # Saturday
        ("2026-11-03 10:00", True),  # a holiday
    ],
)
def test_a_vendors_hours_are_those_of_monday_to_friday(text: str, inside: bool) -> None:
    moment = datetime.fromisoformat(text)
    assert works_at(Offer("", each=1, hours=(9, 18)), moment) == inside
    assert works_at(Offer("", each=1), moment), "all day is every day"


OFFER = ("offer", "みどり", "メール・月額 6,000円・100件まで")


def offered(now: datetime) -> Table:
    stories = [Story(number, [(at("11-02 10:00"), "asks")]) for number in range(10)]
    rows = [OFFER, ("wage", "", "600円"), ("minutes", "", "10分")]
    return summary_of(stories, now=now, rows=rows).table("by-offer")


def test_a_running_months_volume_is_scaled_to_the_whole_month_for_which_the_fee_is() -> None:
    # 19 working days in November 2026; five of them have begun by the 9th (the 3rd is a holiday).
    table = offered(datetime(2026, 11, 9, 3, tzinfo=UTC))
    assert table.rows[0].values[1:6] == (38, 0, 3800.0, 6000, -2200.0)
    assert "営業日 5日分を 19日分に" in table.remark


def test_a_month_that_is_over_is_not_scaled() -> None:
    table = offered(datetime(2026, 12, 9, 3, tzinfo=UTC))
    assert table.rows[0].values[1:4] == (10, 0, 1000.0)
    assert not table.remark


def test_before_the_first_business_day_there_is_no_estimate_yet() -> None:
    table = offered(datetime(2026, 11, 1, 3, tzinfo=UTC))
    assert not table.rows
    assert table.remark == WORDS.say("summary.no-days-yet")


def test_an_offer_that_never_pays_is_explained() -> None:
    rows = [("offer", "みどり", "1件 900円"), ("wage", "", "600円")]
    table = summary_of([], rows=rows).table("by-offer")
    assert table.rows[0].values[-1] is None
    assert WORDS.say("summary.never-pays") in table.remark


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
    assert verdict(four(values)) == mood


def four(values: tuple[float | None, ...]) -> list[Gauge]:
    keys = ("log-rows", "at-once", "a-day", "overdue")
    return [Gauge(key, value, (3, 6)) for key, value in zip(keys, values, strict=True)]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((1, 1, 1, 9), "short"),
        ((1, 1, 1, 5), "short"),
        ((9, 1, 1, 9), "fair"),
        ((1, 1, 5, 9), "fair"),
        ((1, 9, 1, 9), "bad"),
        ((1, 1, 9, 9), "bad"),
    ],
)
def test_late_answers_to_few_mails_ask_for_hands_and_not_for_another_tool(
    values: tuple[float | None, ...], said: str
) -> None:
    assert verdict(four(values)) == said


def test_a_small_shop_that_is_late_is_told_so() -> None:
    table = summary_of([Story(number, [(at("11-02 10:00"), "asks")]) for number in range(28)]).table(
        "graduation"
    )
    assert table.remark == WORDS.say("summary.verdict-short")
    assert table.rows[-1].values[-1] == "人手不足"
