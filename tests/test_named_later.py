"""Products that a shop adds to its settings later reach the open rows that name them."""

from __future__ import annotations

from builders import Book, arrival, only, question, reply
from daicho.sheets.workbook import Cell, Record

ASKED = question("q1", "藍染めのれんの在庫はありますか。")


def name_product(book: Book, name: str = "のれん", words: str = "藍染めのれん、暖簾") -> None:
    row: dict[str, Cell] = {"setting": "商品", "name": name, "value": words}
    settings = book.snapshot.tables["settings"]
    settings.append(Record(len(settings) + 2, row))


def after_naming(book: Book) -> dict[str, Cell]:
    """The row after the shop named its product and a sync."""
    name_product(book)
    book.sync()
    assert not book.plan().commit, "a second look finds nothing to do"
    return only(book.rows)


def test_an_open_row_that_names_the_product_gets_it() -> None:
    assert after_naming(Book(ASKED))["product"] == "のれん"


def test_a_row_that_names_none_stays_empty() -> None:
    assert "product" not in after_naming(Book(question("q1", "送料はいくらですか。")))


def test_a_later_mail_of_the_customer_counts_too() -> None:
    book = Book(question("q1", "送料はいくらですか。"), arrival("q2", "暖簾です。", answers=["q1"]))
    assert after_naming(book)["product"] == "のれん"


def test_our_own_words_do_not_count() -> None:
    book = Book(question("q1", "送料はいくらですか。"), reply())
    book.log[-1]["text"] = "藍染めのれんは送料無料です。"
    only(book.rows)["status"] = "対応中"
    book.sync()
    assert "product" not in after_naming(book)


def test_a_persons_own_product_stays() -> None:
    book = Book(ASKED)
    only(book.rows)["product"] = "手ぬぐい"
    assert after_naming(book)["product"] == "手ぬぐい"


def test_a_product_that_a_person_emptied_stays_away() -> None:
    book = Book(ASKED)
    after_naming(book)
    only(book.rows)["product"] = None
    name_product(book, "暖簾棒", "在庫")
    book.sync()
    assert only(book.rows).get("product") is None
    assert not book.plan().commit


def test_a_closed_row_gets_none_until_its_customer_opens_it() -> None:
    book = Book(ASKED, reply())
    assert "product" not in after_naming(book)
    book.sync(arrival("q2", "まだですか。", answers=["q1"]))
    assert only(book.rows)["product"] == "のれん"
    assert not book.plan().commit
