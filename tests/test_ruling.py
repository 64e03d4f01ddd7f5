"""A category that a person sets settles what we doubted about it, and an untouched template follows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from builders import Book, PlainJudge, arrival, book_with_templates, only, question
from daicho.inquiry.judge import Case, Judgement
from daicho.sheets.workbook import Cell

DOUBT = "区分: 商品説明・使い方かもしれません（28%。次の候補: 在庫・再入荷）。確認してください。"
ANSWERS = {"defect": ("safety", "restock"), "stock": ("restock",), "sales": ()}


class DoubtingJudge(PlainJudge):
    """Doubts every category but one that people have set. けが asks for a look whatever the category is."""

    def __init__(self) -> None:
        super().__init__()
        self.judged = 0

    def judge(self, cases: Sequence[Case]) -> list[Judgement]:
        self.judged += len(cases)
        return [
            self._said(judgement, case.category, hurt="けが" in case.message.new_text)
            for judgement, case in zip(super().judge(cases), cases, strict=True)
        ]

    @staticmethod
    def _said(judgement: Judgement, category: str, *, hurt: bool) -> Judgement:
        doubt = ("judge.category-unsure", {"category": "product", "second": "stock", "percent": 28})
        alarm = ("judge.raise-harm", {"percent": 50})
        return replace(
            judgement,
            category=category or "product",
            unsure=hurt or not category,
            templates=ANSWERS.get(category, ("product-spec",)),
            reason=(*([] if category else [doubt]), *([alarm] if hurt else [])),
        )


@pytest.fixture
def book() -> Book:
    """A ledger with the starter templates and one question whose category is a mere guess."""
    return doubted("在庫はありますか。")


def doubted(text: str) -> Book:
    book = book_with_templates()
    book.judge = DoubtingJudge()
    book.sync(question("q1@example.jp", text))
    return book


def judged(book: Book) -> int:
    assert isinstance(book.judge, DoubtingJudge)
    return book.judge.judged


def corrected(book: Book, **cells: Cell) -> dict[str, Cell]:
    """The row after a person wrote into it and a sync."""
    only(book.rows).update(cells)
    book.sync()
    assert not book.plan().commit, "a second look finds nothing to do"
    return only(book.rows)


def test_a_guess_asks_for_a_look(book: Book) -> None:
    row = only(book.rows)
    assert (row["category"], row["tags"], row["reason"]) == ("商品説明・使い方", "要確認", DOUBT)
    assert book.plan().report.unsure == [row["id"]]


def test_a_persons_category_settles_the_doubt_and_the_template_follows(book: Book) -> None:
    row = corrected(book, category="在庫・再入荷")
    assert row["category"] == "在庫・再入荷"
    assert "tags" not in row
    assert "reason" not in row
    assert row["template"] == "restock"
    assert "再入荷" in str(row["reply"])
    report = book.plan().report
    assert (report.unsure, report.conflicts) == ([], [])


def test_a_row_that_followed_is_not_judged_again(book: Book) -> None:
    corrected(book, category="在庫・再入荷")
    before = judged(book)
    corrected(book, memo="電話済み")
    assert judged(book) == before


def test_every_further_correction_is_followed_also_one_back_to_our_guess(book: Book) -> None:
    rows = [corrected(book, category=each) for each in ("在庫・再入荷", "不良・破損", "商品説明・使い方")]
    assert [row["template"] for row in rows] == ["restock", "safety", "product-spec"]
    candidates = "返信テンプレートのほかの候補：restock"
    assert [row.get("reason") for row in rows] == [None, candidates, None]
    assert not any("tags" in row for row in rows)


def test_a_persons_own_words_stay_in_the_tags(book: Book) -> None:
    assert corrected(book, category="在庫・再入荷", tags="要確認、電話済み")["tags"] == "電話済み"


def test_a_look_that_a_person_asks_for_stays() -> None:
    book = Book(question())
    assert corrected(book, category="不良・破損", tags="要確認")["tags"] == "要確認"


def test_another_doubt_keeps_the_tag_and_its_sentence() -> None:
    row = corrected(doubted("けがをしました。"), category="不良・破損")
    assert row["tags"] == "要確認"
    assert DOUBT not in str(row["reason"])
    assert "けが・危険のおそれ（50%）" in str(row["reason"])


def test_a_word_that_no_list_knows_settles_nothing_until_it_is_mended(book: Book) -> None:
    row = corrected(book, category="在庫さいにゅうか")
    assert row["tags"] == "要確認"
    assert DOUBT in str(row["reason"])
    row = corrected(book, category="在庫・再入荷")
    assert ("tags" in row, "reason" in row, row["template"]) == (False, False, "restock")


@pytest.mark.parametrize("own", ["receipt", "なし", None])
def test_a_template_that_a_person_chose_or_emptied_stays(book: Book, own: Cell) -> None:
    assert corrected(book, category="在庫・再入荷", template=own).get("template") == own
    assert "を残しました" not in str(only(book.rows).get("reason"))


def test_a_persons_own_reply_stays(book: Book) -> None:
    row = corrected(book, category="在庫・再入荷", reply="お電話で答えます。")
    assert (row["reply"], row["template"]) == ("お電話で答えます。", "restock")


def test_what_is_no_inquiry_to_a_person_gets_no_template(book: Book) -> None:
    row = corrected(book, category="営業・勧誘")
    assert not {"template", "reply", "tags"} & row.keys()


def test_a_closed_row_keeps_the_template_it_was_answered_with(book: Book) -> None:
    row = corrected(book, category="在庫・再入荷", status="対応済み")
    assert (row["template"], "tags" in row) == ("product-spec", False)


def test_the_template_follows_also_where_the_customer_writes_meanwhile(book: Book) -> None:
    only(book.rows)["category"] = "在庫・再入荷"
    book.sync(arrival("q2@example.jp", "まだですか。", answers=["q1@example.jp"]))
    row = only(book.rows)
    assert (row["category"], row["template"], "tags" in row) == ("在庫・再入荷", "restock", False)


def test_a_category_typed_with_a_row_by_hand_is_no_guess(book: Book) -> None:
    book.type_row(excerpt="電話：いつ入りますか", category="在庫・再入荷")
    book.sync()
    row = book.rows[1]
    assert ("tags" in row, "reason" in row, row["template"]) == (False, False, "restock")
    assert not book.plan().commit


def test_a_reason_somebody_wrote_over_comes_back_without_the_doubt(book: Book) -> None:
    corrected(book, category="不良・破損")
    assert corrected(book, reason="書きかえた")["reason"] == "返信テンプレートのほかの候補：restock"
