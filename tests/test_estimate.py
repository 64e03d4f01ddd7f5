"""What vendors would cost, what next month should bring, when a sheet is outgrown."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from builders import LAYOUT, TOKYO
from daicho.ledger.offer import Offer, parse_amount, parse_offer
from daicho.ledger.summary.estimate import break_even, estimate, vendor_cost
from daicho.ledger.summary.facts import Fact, Facts
from daicho.ledger.summary.forecast import forecast
from daicho.ledger.summary.graduation import Gauge, members_at_once, verdict
from daicho.ledger.summary.month import Month, Period
from shop_year import settings, summary_of

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
