"""Rows that people type or copy into the ledger become inquiries."""

from __future__ import annotations

from datetime import datetime

import pytest

from builders import Book, only, question
from daicho.sheets.workbook import Cell


@pytest.fixture
def book() -> Book:
    """A ledger with one inquiry in it."""
    return Book(question())


def test_a_row_typed_by_hand_is_adopted(book: Book) -> None:
    book.type_row(customer="鈴木様", excerpt="電話：けがをしました。", assignee="佐藤")
    plan = book.sync()
    row = book.rows[1]
    assert plan.report.adopted == [row["id"]]
    assert (row["priority"], row["status"], row["customer"]) == ("大至急", "対応中", "鈴木様")
    assert isinstance(row["due"], datetime)
    assert (row["channel"], row["assignee"]) == ("電話", "佐藤")
    assert book.log[-1]["inquiry"] == row["id"]
    assert not book.plan().commit


def test_what_a_person_typed_into_an_adopted_row_stays(book: Book) -> None:
    typed = {
        "customer": "鈴木様",
        "excerpt": "在庫は？",
        "category": "支払い・返金",
        "status": "対応済み",
        "memo": "済",
    }
    book.type_row(
        received=datetime(2026, 11, 19, 10, 0), address="suzuki@example.jp", subject="電話", **typed
    )
    book.sync()
    row = book.rows[1]
    assert {key: row[key] for key in typed} == typed
    assert (row["received"], row["address"], row["subject"]) == (
        datetime(2026, 11, 19, 10, 0),
        "suzuki@example.jp",
        "電話",
    )


@pytest.mark.parametrize("told", ["昨日の夕方", "11月下旬", "2026/13/45", 7])
def test_a_date_nobody_can_read_is_told_in_the_reason(book: Book, told: str | int) -> None:
    book.type_row(received=told, excerpt="在庫は？")
    book.sync()
    row = book.rows[1]
    assert row["received"] == datetime(2026, 11, 20, 12, 0)
    assert f"「{told}」" in str(row["reason"])


@pytest.mark.parametrize("told", [datetime(2026, 11, 19, 10), "2026年11月19日 10時", "", "  "])
def test_a_date_that_can_be_read_needs_no_word(book: Book, told: Cell) -> None:
    book.type_row(received=told, excerpt="在庫は？")
    book.sync()
    assert "日付として" not in str(book.rows[1].get("reason"))


def test_a_copied_row_becomes_an_inquiry_of_its_own_and_keeps_its_words(book: Book) -> None:
    original = only(book.rows)
    book.type_row(**(dict(original) | {"memo": "写し"}))
    book.sync()
    copy = book.rows[1]
    assert book.rows[0] == original
    assert copy["id"] != original["id"]
    assert (copy["memo"], copy["excerpt"]) == ("写し", original["excerpt"])
    assert not book.plan().commit


def test_a_row_of_blanks_is_no_inquiry(book: Book) -> None:
    book.type_row(memo="  ")
    assert not book.plan().commit
