"""Which tick gets a draft: what counts as one, who is told of a colleague, what cannot be drafted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from builders import LAYOUT, NOW, TOKYO, Book, arrival, book_with_question
from daicho.ledger.replies import TICKS, is_ticked
from daicho.ledger.rows import Base, Ledger
from daicho.sheets.workbook import Cell, Record


@pytest.fixture
def book() -> Book:
    return book_with_question()


def claim(book: Book, row: int = 0) -> object:
    """The draft that a row remembers somebody asked for."""
    return Base.read(book.rows[row]["base"]).facts.get("draft")


def test_a_colleague_within_the_claim_time_is_told_who_is_on_it(book: Book) -> None:
    book.rows[0].update(draft=True, assignee="佐藤")
    book.sync()
    first = claim(book)
    book.rows[0].update(draft=True, assignee="田中")
    book.sync(now=NOW + timedelta(minutes=14))
    assert "佐藤さんが返信処理中です" in str(book.rows[0]["reason"])
    assert claim(book) == first
    assert "draft" not in book.rows[0]
    book.rows[0].update(draft=True)
    book.sync(now=NOW + timedelta(minutes=40))
    assert claim(book) == first, "the first draft has not been laid yet"


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("", "", "ほかの方が返信処理中かもしれません"),
        ("", "田中", "ほかの方が返信処理中かもしれません"),
        ("佐藤", "", "佐藤さんが返信処理中です"),
        ("佐藤", "佐藤", "前の下書きを準備しています"),
    ],
)
def test_a_second_tick_before_the_draft_is_answered(book: Book, first: str, second: str, words: str) -> None:
    book.rows[0].update(draft=True, assignee=first)
    book.sync()
    book.rows[0].update(draft=True, assignee=second)
    book.sync(now=NOW + timedelta(minutes=1))
    assert words in str(book.rows[0]["reason"])


@pytest.mark.parametrize(
    ("address", "template", "words"),
    [
        ("hanako@pc.fw.rakuten.ne.jp", "restock", "R-Messe"),
        ("090-1234-5678", "restock", "メールの宛先がない"),
        ("shopping-noreply@mail.example.jp", "restock", "送信専用"),
        ("hanako@example.jp", "ない", "返信テンプレートが選ばれていない"),
    ],
)
def test_what_cannot_be_drafted_is_said_and_nothing_else_changes(
    book: Book, address: str, template: str, words: str
) -> None:
    if "@" in address:
        book.sync(arrival("q2@x", sender=address, subject="甲"))
    else:
        book.type_row(excerpt="電話：在庫は？", address=address)
        book.sync()
    book.rows[1].update(draft=True, template=template)
    book.sync()
    assert words in str(book.rows[1]["reason"])
    assert book.rows[1]["status"] == "未対応"
    assert claim(book, 1) is None
    assert not book.plan().commit


def test_amazons_masked_buyers_can_be_answered_and_rakutens_once_the_shop_is_set_up(book: Book) -> None:
    book.sync(arrival("a1@x", sender="abc@marketplace.amazon.co.jp", subject="甲"))
    book.rows[1].update(draft=True)
    book.sync()
    assert claim(book, 1)
    setting = {"setting": "その他", "name": "楽天返信", "value": "可"}
    book.snapshot.tables["settings"].append(Record(2, setting))  # type: ignore[arg-type]
    book.sync(arrival("k1@x", sender="f00s1@pc.fw.rakuten.ne.jp", subject="乙"))
    book.rows[2].update(draft=True)
    book.sync()
    assert claim(book, 2)


def test_an_answer_frees_the_inquiry_for_the_next_draft(book: Book) -> None:
    book.rows[0].update(draft=True, assignee="佐藤")
    book.sync()
    book.sync(arrival("r1@x", "入荷しました。", incoming=False, answers=["q1@example.jp"], hours_ago=0))
    assert claim(book) is None
    book.sync(arrival("q2@x", "まだ在庫はありますか。", answers=["r1@x"], hours_ago=-0.02))
    book.rows[0].update(draft=True, assignee="田中")
    book.sync(now=NOW + timedelta(minutes=3))
    assert "返信処理中" not in str(book.rows[0]["reason"])
    assert claim(book) is not None


@pytest.mark.parametrize("cell", [*sorted(TICKS), True, 1, 1.0, " TRUE ", "✔\ufe0f", "☑\ufe0f "])
def test_a_tick_is_heard_however_it_is_written(cell: Cell) -> None:
    assert is_ticked(cell)


@pytest.mark.parametrize("cell", [None, False, "", "FALSE", 0, "いいえ", "-"])
def test_what_is_no_tick_asks_for_nothing(cell: Cell) -> None:
    assert not is_ticked(cell)


def test_a_row_sorted_away_keeps_its_claim(book: Book) -> None:
    book.sync(arrival("q9@x", sender="b@example.jp"))
    book.rows[0].update(draft=True, assignee="佐藤")
    book.sync()
    book.snapshot.tables["inquiries"].reverse()
    ledger = Ledger(book.snapshot, LAYOUT, TOKYO)
    assert [id for id, row in ledger.rows.items() if "draft" in row.base.facts] == [book.rows[1]["id"]]
