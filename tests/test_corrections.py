"""What a shop teaches by working."""

from __future__ import annotations

from builders import LAYOUT, TOKYO, Book, arrival
from daicho.inquiry.classify import Correction
from daicho.ledger.corrections import corrections
from daicho.ledger.rows import Ledger
from daicho.sheets.workbook import Record


def learned(book: Book) -> list[Correction]:
    return corrections(Ledger(book.snapshot, LAYOUT, TOKYO))


def test_what_nobody_changed_teaches_nothing() -> None:
    book = Book()
    book.sync(arrival("q1"))
    assert learned(book) == []


def test_a_changed_cell_is_a_label_for_the_mail_that_opened_the_inquiry() -> None:
    book = Book()
    book.snapshot.tables["templates"] = [
        Record(2, {"key": "refund-status", "name": "返金", "on": True, "body": "…"})
    ]
    book.sync(arrival("q1", "返金はいつですか。", subject="返金"), arrival("q2", sender="b@example.jp"))
    row = next(row for row in book.rows if row["subject"] == "返金")
    row.update(category="支払い・返金", template="refund-status")
    (correction,) = learned(book)
    assert (correction.subject, correction.text) == ("返金", "返金はいつですか。")
    assert (correction.category, correction.priority, correction.templates) == (
        "payment",
        "",
        ("refund-status",),
    )


def test_a_category_of_the_shops_own_is_learned_under_its_own_name() -> None:
    book = Book()
    book.sync(arrival("q1"))
    book.rows[0]["category"] = "卸売"
    assert learned(book)[0].category == "卸売"


def test_an_emptied_cell_is_no_label() -> None:
    book = Book()
    book.sync(arrival("q1"))
    del book.rows[0]["category"]
    assert learned(book) == []


def test_corrections_come_oldest_first() -> None:
    book = Book()
    book.sync(arrival("q1", hours_ago=1), arrival("q2", sender="b@example.jp", hours_ago=9))
    for row in book.rows:
        row["category"] = "その他"
    assert [correction.sent for correction in learned(book)] == sorted(
        correction.sent for correction in learned(book)
    )
