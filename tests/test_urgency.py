"""What raises an inquiry, and that nothing lowers it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daicho.inquiry.urgency import (
    PRIORITIES,
    STARTS,
    Contact,
    Raise,
    contact_raise,
    contacts,
    date_raise,
    raised,
    start,
)

SENT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("category", "priority"),
    [
        ("wrong_item", "urgent"),
        ("defect", "high"),
        ("not_arrived", "high"),
        ("delivery_change", "high"),
        ("cancel", "high"),
        ("complaint", "high"),
        ("payment", "normal"),
        ("feedback", "normal"),
        ("other", "normal"),
        ("sales", "none"),
        ("卸売", "normal"),
    ],
)
def test_a_category_starts_where_the_guide_says(category: str, priority: str) -> None:
    assert start(category) == priority


@given(
    st.sampled_from([*STARTS, "stock", "other"]),
    st.lists(st.sampled_from(PRIORITIES[1:]).map(lambda level: Raise(level, "harm"))),
)
def test_nothing_lowers_an_inquiry(category: str, raises: list[Raise]) -> None:
    rank = PRIORITIES.index
    result = rank(raised(start(category), raises))
    assert result >= rank(start(category))
    assert result == max([rank(start(category)), *(rank(each.level) for each in raises)])


@pytest.mark.parametrize(
    ("days", "level"),
    [(0, "urgent"), (1, "urgent"), (2, "urgent"), (3, "high"), (7, "high"), (8, None), (40, None)],
)
def test_a_need_by_date_raises_by_its_distance(days: int, level: str | None) -> None:
    need = date_raise(date(2026, 11, 20) + timedelta(days), SENT)
    assert (need.level if need else None) == level


def test_no_need_by_date_raises_nothing() -> None:
    assert date_raise(None, SENT) is None


@pytest.mark.parametrize(("count", "level"), [(1, None), (2, "high"), (3, "urgent"), (9, "urgent")])
def test_the_second_contact_is_high_and_the_third_urgent(count: int, level: str | None) -> None:
    found = contact_raise(count)
    assert (found.level if found else None) == level


def before(
    hours: float,
    *,
    answered: bool = False,
    inquiry: str = "A",
    orders: tuple[str, ...] = (),
    category: str = "not_arrived",
) -> Contact:
    return Contact(SENT - timedelta(hours=hours), inquiry, category, orders, answered)


@pytest.mark.parametrize(
    ("earlier", "count"),
    [
        ([], 1),
        ([before(24)], 2),
        ([before(24), before(48)], 3),
        # Our answer in between: the count starts anew.
        ([before(24), before(48, answered=True), before(72)], 2),
        ([before(24, answered=True), before(48)], 1),
        # A correction sent at once is no second contact, nor are three mails within minutes.
        ([before(0.2)], 1),
        ([before(24), before(24.2), before(24.4)], 2),
        # Another matter: other thread, other category.
        ([before(24, inquiry="B", category="receipt")], 1),
        # Another thread about the same thing, and about the same order.
        ([before(24, inquiry="B")], 2),
        ([before(24, inquiry="B", category="receipt", orders=("#1001",))], 2),
        ([before(24, inquiry="B", orders=("#2002",))], 1),
        # So long ago that it is another matter.
        ([before(24 * 60)], 1),
    ],
)
def test_contacts_about_the_same_thing_without_an_answer_are_counted(
    earlier: list[Contact], count: int
) -> None:
    assert contacts(SENT, "A", "not_arrived", ("#1001",), earlier) == count


def test_messages_after_this_one_do_not_count() -> None:
    assert contacts(SENT, "A", "not_arrived", (), [before(-5)]) == 1
