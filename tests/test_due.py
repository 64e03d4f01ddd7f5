"""From when an answer is due: from the question, or from the mail that opens a closed row again."""

from __future__ import annotations

from datetime import datetime

import pytest

from builders import Book, arrival, only, question, reply
from daicho.sheets.workbook import Cell

DUE = datetime(2026, 11, 20, 13, 30)
"""Two business hours after the customer wrote again, at half past eleven in Tokyo: so urgent mail is due."""


@pytest.fixture
def book() -> Book:
    """A ledger with an inquiry of three days ago that nobody has answered."""
    return Book(question("q1", "けがをしました。", hours_ago=72))


def closed(book: Book, status: str = "対応済み") -> None:
    only(book.rows)["status"] = status


def again(book: Book, key: str = "q2", hours_ago: float = 0.5) -> Cell:
    """The due time after the customer wrote again."""
    book.sync(arrival(key, "まだ痛みます。", answers=["q1"], hours_ago=hours_ago))
    row = only(book.rows)
    assert (row["status"], row["priority"]) == ("未対応", "大至急")
    assert not book.plan().commit
    return row["due"]


@pytest.mark.parametrize("status", ["対応済み", "対象外"])
@pytest.mark.parametrize("seen", [True, False])
def test_a_row_that_a_person_closed_is_due_by_the_mail_that_opens_it(
    book: Book, status: str, seen: bool
) -> None:
    closed(book, status)
    if seen:
        book.sync()
    assert again(book) == DUE
    assert book.plan().report.overdue == []


def test_it_stays_due_so_in_later_syncs_and_with_another_priority(book: Book) -> None:
    closed(book)
    due = again(book)
    book.sync(arrival("q3", "いかがですか。", answers=["q1"], hours_ago=0.1))
    assert only(book.rows)["due"] == due
    only(book.rows)["priority"] = "至急"
    book.sync()
    assert only(book.rows)["due"] == datetime(2026, 11, 24, 10, 30)


def test_of_several_mails_the_first_opens_it(book: Book) -> None:
    closed(book)
    book.sync(
        arrival("q2", "まだ痛みます。", answers=["q1"], hours_ago=0.5),
        arrival("q3", "いかがですか。", answers=["q1"], hours_ago=0.1),
    )
    assert only(book.rows)["due"] == DUE


def test_thanks_open_nothing_and_count_for_nothing(book: Book) -> None:
    closed(book)
    book.sync(arrival("t1", "ありがとうございました。", answers=["q1"], hours_ago=3))
    assert only(book.rows)["status"] == "対応済み"
    assert again(book) == DUE


def test_each_closing_counts_anew(book: Book) -> None:
    closed(book)
    again(book, hours_ago=24)
    closed(book)
    assert again(book, "q3") == DUE


def test_a_row_that_a_person_opens_again_is_due_by_its_question(book: Book) -> None:
    before = only(book.rows)["due"]
    closed(book)
    book.sync()
    closed(book, "未対応")
    book.sync()
    assert only(book.rows)["due"] == before


def test_a_row_that_our_reply_closed_is_due_by_the_mail_that_opens_it(book: Book) -> None:
    book.sync(reply(hours_ago=48))
    assert only(book.rows)["status"] == "対応済み"
    assert again(book) == DUE


def test_an_open_row_is_due_by_the_first_question_however_often_it_is_asked(book: Book) -> None:
    before = only(book.rows)["due"]
    assert again(book) == before
