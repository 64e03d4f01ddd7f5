"""A template speaks its own language: in dates, lists, and to whom has no name. Gaps stay the ledger's."""

from __future__ import annotations

import pytest

from builders import Book, arrival, book_with_question
from daicho.sheets.workbook import Cell, Record

ENGLISH = "Dear {お客様名},\n\nYour orders {注文番号} come by {promised date}, {商品名}.\n\nRegards,\n{署名}"


@pytest.fixture
def book() -> Book:
    """A Japanese ledger with an English twin of one template."""
    book = book_with_question()
    row: dict[str, Cell] = {"key": "restock-en", "name": "Restock", "body": ENGLISH, "on": "✓"}
    book.snapshot.tables["templates"].append(Record(90, row))
    return book


def reply(book: Book, name: str, text: str) -> str:
    book.sync(arrival("q9@x", text, name=name, sender="mia@example.com", hours_ago=0))
    return next(str(row["reply"]) for row in book.rows if row["address"] == "mia@example.com")


def test_an_english_template_in_a_japanese_ledger_says_dates_in_english(book: Book) -> None:
    text = reply(book, "Mia", "When do the mugs of order number A-1001 and order number B-2002 come?")
    assert "Dear Mia," in text
    assert "orders A-1001, B-2002 come by Thu, 26 November, 【要記入：商品名】." in text
    assert text.startswith("※要記入 2 か所（商品名、署名）\n\n")


def test_who_has_no_name_is_addressed_in_the_language_of_the_template(book: Book) -> None:
    assert "Dear customer," in reply(book, "", "When is the blue mug back in stock, please?")


def test_a_japanese_template_says_them_as_before(book: Book) -> None:
    text = reply(book, "", "青いマグはいつ入荷しますか。")
    assert "\n\nお客様\n" in text
