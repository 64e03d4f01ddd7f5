"""The customers tab: who is one customer, as the mails propose it and people decide it."""

from __future__ import annotations

from builders import Book, arrival, only, question

PHONE = "お電話は090-1234-5678です。"


def test_one_customer_from_two_addresses_is_shown_and_can_be_undone() -> None:
    book = Book(
        question("q1", PHONE, name="山田花子"),
        question("q2", PHONE, name="山田花子", sender="yamada@example.com", subject="別件"),
    )
    customer = only(book.customers)
    assert customer["addresses"] == "hanako@example.jp\nyamada@example.com"
    assert customer["inquiries"] == 2
    assert "yamada@example.com" in str(customer["same_as"])
    customer["same_as"] = "いいえ"
    book.sync()
    assert sorted(str(row["addresses"]) for row in book.customers) == [
        "hanako@example.jp",
        "yamada@example.com",
    ]
    assert len({row["customer_id"] for row in book.rows}) == 2
    book.sync(question("q3", PHONE, name="山田花子", sender="yamada@example.com", subject="三"))
    assert [row["inquiries"] for row in book.customers] == [1, 2]
    assert not book.plan().commit


def test_two_known_customers_are_made_one_only_when_a_person_says_yes() -> None:
    book = Book(
        question("q1", PHONE, name="山田花子"),
        question("q2", "在庫は？", name="山田花子", sender="b@example.com"),
    )
    book.sync(arrival("q3", PHONE, name="山田花子", sender="b@example.com", subject="三"))
    first, second = book.customers
    assert str(first["id"]) in str(second["same_as"])
    assert (first["inquiries"], second["inquiries"]) == (1, 2)
    second["same_as"] = "はい"
    book.sync()
    first, second = book.customers
    assert (first["inquiries"], second["inquiries"]) == (3, 0)
    assert {row["customer_id"] for row in book.rows} == {first["id"]}
    assert not book.plan().commit


def test_open_inquiries_of_a_customer_follow_their_status() -> None:
    book = Book(question())
    assert only(book.customers)["open"] == 1
    only(book.rows)["status"] = "対応済み"
    book.sync()
    assert only(book.customers)["open"] == 0
