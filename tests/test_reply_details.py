"""What goes into a reply besides the template: numbers as people write them, days on which the shop is open,
the customer's language."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from builders import LAYOUT, NOW, TOKYO, Book, arrival
from daicho.inquiry.reply import language_of
from daicho.ledger.replies import promised_date, spoken_phone
from daicho.ledger.settings import read_settings
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Cell, Record


@pytest.fixture
def book() -> Book:
    book = Book()
    for tab in ("templates", "settings"):
        rows = load_starters("ja")[tab]
        book.snapshot.tables[tab] = [Record(number, dict(row)) for number, row in enumerate(rows, 2)]
    return book


def template(book: Book, key: str) -> dict[str, Cell]:
    return next(r.cells for r in book.snapshot.tables["templates"] if r.cells["key"] == key)


# --- phone numbers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("090-1234-5678", "090-1234-5678"),
        ("０９０－１２３４－５６７８", "090-1234-5678"),
        ("090 1234 5678", "090-1234-5678"),
        ("09012345678", "090-1234-5678"),
        ("+81 90-1234-5678", "090-1234-5678"),
        ("045-123-4567", "045-123-4567"),
        ("045（123）4567", "045-123-4567"),
        ("0467-12-3456", "0467-12-3456"),
        ("03-1234-5678", "03-1234-5678"),
        ("0312345678", "03-1234-5678"),
        ("0120-123-456", "0120-123-456"),
        ("0451234567", "0451234567"),
    ],
)
def test_a_phone_number_keeps_its_hyphens_in_the_reply(book: Book, written: str, shown: str) -> None:
    template(book, "restock")["body"] = "お電話番号：{電話番号}"
    book.sync(arrival("q1@x", f"在庫は？ 電話 {written} です。"))
    assert book.rows[0]["reply"] == f"お電話番号：{shown}"
    assert [customer["phones"] for customer in book.customers] == [shown.replace("-", "")]


def test_a_phone_number_that_a_person_wrote_for_a_customer_stays_as_written() -> None:
    assert spoken_phone("(045) 123-4567?", ["045-123-4567"]) == "(045) 123-4567?"


# --- days and papers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("priority", ["urgent", "high", "normal"])
def test_no_day_is_promised_on_which_the_shop_is_closed(priority: str) -> None:
    rows = [Record(number, dict(row)) for number, row in enumerate(load_starters("ja")["settings"], 2)]
    settings = read_settings(rows, LAYOUT)
    moment = datetime(2026, 12, 1, 23, 30, tzinfo=TOKYO)
    for day in range(60):
        promised = promised_date(settings, priority, moment + timedelta(days=day))
        assert promised is not None
        assert settings.calendar.is_open_day(promised.date()), promised


@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_starter_says_that_something_is_attached_or_dates_a_paper(language: str) -> None:
    for row in load_starters(language)["templates"]:
        body = str(row["body"])
        assert not any(word in body for word in ("添付いたしました", "添付しました", "attached.")), row["key"]
        assert "{本日の日付}" not in body and "{today's date}" not in body, row["key"]


def test_the_receipt_reply_leaves_its_paper_and_day_to_be_filled_in(book: Book) -> None:
    book.sync(arrival("q1@x"), now=datetime(2026, 11, 22, 10, 0, tzinfo=TOKYO))
    book.rows[0]["template"] = "receipt"
    book.sync(now=datetime(2026, 11, 22, 10, 0, tzinfo=TOKYO))
    text = str(book.rows[0]["reply"])
    assert "【要記入：添付ファイル】" in text and "【要記入：発行日】" in text
    assert "11月22日" not in text


# --- languages -------------------------------------------------------------------------------------------

ENGLISH = "Hello, will the blue mug be back in stock soon? Thank you."


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        ("在庫は？", "ja"),
        ("青いマグの在庫はありますか。", "ja"),
        ("ABC-123 MUG BLUE LIMITED EDITION の在庫はありますか", "ja"),
        ("Is the mug (桜マグ) back in stock? I would like to buy two of them.", "en"),
        ("OK", ""),
        ("", ""),
        ("123-4567", ""),
        ("재고가 있나요? 파란색 머그컵을 사고 싶습니다.", ""),
        ("https://shop.example.jp/items/blue-mug-limited 在庫は？", "ja"),
        ("Guten Tag, ist die blaue Tasse wieder lieferbar?", "en"),
    ],
)
def test_the_language_of_a_text_is_told_by_its_letters(text: str, language: str) -> None:
    assert language_of(text) == language


def test_an_english_mail_with_a_japanese_reply_is_marked_in_reason_and_reply(book: Book) -> None:
    book.sync(arrival("q1@x", ENGLISH, name="John Smith"))
    row = book.rows[0]
    assert str(row["reason"]).startswith("英語などのメールです。返信案は日本語です。")
    lines = str(row["reply"]).split("\n")
    assert lines[2] == "【要記入：英語などの文面】"
    assert "お客様" not in str(row["reply"]) and "John Smith" not in str(row["reply"])
    assert "再入荷の予定" in str(row["reply"])
    assert not book.plan().commit


def test_a_twin_of_the_template_in_the_mails_language_is_taken_instead(book: Book) -> None:
    twin: dict[str, Cell] = {
        "key": "restock-en",
        "name": "Restock",
        "body": "Dear {お客様名},\n\nSoon.",
        "on": True,
    }
    book.snapshot.tables["templates"].append(Record(99, twin))
    book.sync(arrival("q1@x", ENGLISH, name="John Smith"))
    assert book.rows[0]["template"] == "restock-en"
    assert book.rows[0]["reply"] == "Dear John Smith,\n\nSoon."
    assert "英語" not in str(book.rows[0].get("reason"))
    book.sync(arrival("q2@x", "青は再入荷しますか。", sender="b@example.jp"))
    assert book.rows[1]["template"] == "restock"


def test_a_japanese_mail_is_not_greeted_in_english(book: Book) -> None:
    english = "Dear {customer name},\n\nThe mug will be back in stock next week.\n\n{signature}"
    template(book, "restock")["body"] = english
    book.sync(arrival("q1@x", "青は再入荷しますか。", name="小林 千尋"))
    text = str(book.rows[0]["reply"])
    assert "Dear" not in text and "小林" not in text
    assert "【要記入：日本語の文面】" in text and "back in stock next week." in text


def test_a_mail_in_the_shops_language_bears_no_mark(book: Book) -> None:
    book.sync(arrival("q1@x", "青は再入荷しますか。"))
    assert "文面" not in str(book.rows[0]["reply"])
    assert "返信案は" not in str(book.rows[0].get("reason"))


def test_who_goes_on_in_english_is_marked_then(book: Book) -> None:
    book.sync(arrival("q1@x", "青は再入荷しますか。", hours_ago=3))
    book.sync(arrival("q2@x", ENGLISH, answers=["q1@x"], hours_ago=0), now=NOW + timedelta(minutes=1))
    assert "【要記入：英語などの文面】" in str(book.rows[0]["reply"])
    assert "返信案は日本語です。" in str(book.rows[0]["reason"])
