"""Inquiries of the past, and the answers they got."""

from __future__ import annotations

import pytest

from builders import LAYOUT, TOKYO, Book, arrival
from daicho.inquiry.similar import nearest
from daicho.ledger.past import FLOOR, past_inquiries, similar
from daicho.ledger.rows import Ledger, Row

ANSWER = "木のトレーは電子レンジではお使いいただけません。熱で反ることがございます。"


def test_similar_inquiries_come_with_what_was_answered() -> None:
    book = Book()
    book.sync(
        arrival("a@x", "電子レンジでトレーは使えますか。", sender="a@example.jp", hours_ago=90),
        arrival("r@x", ANSWER, sender="a@example.jp", incoming=False, answers=["a@x"], hours_ago=80),
        arrival("b@x", "領収書をください。", sender="b@example.jp", hours_ago=70),
        arrival(
            "s@x", "発行しました。", sender="b@example.jp", incoming=False, answers=["b@x"], hours_ago=60
        ),
        arrival("c@x", "トレーを電子レンジで使えますか？", sender="c@example.jp", hours_ago=50),
        arrival("d@x", "トレーは電子レンジに入れて使えますか。", sender="d@example.jp", hours_ago=1),
    )
    past = past_inquiries(Ledger(book.snapshot, LAYOUT, TOKYO))
    assert past[0].question == "電子レンジでトレーは使えますか。"
    new = next(each.id for each in past if each.question.startswith("トレーは電子レンジに"))
    [first, *_] = similar(new, past, 5)
    assert (first.past.question, first.past.answer) == ("電子レンジでトレーは使えますか。", ANSWER)
    assert all(each.past.answer for each in similar(new, past, 5)), "an open inquiry has nothing to show"
    with pytest.raises(KeyError):
        similar("261010-XXXX", past, 5)


def test_only_what_was_sent_is_an_answer() -> None:
    book = Book()
    book.sync(arrival("a@x", sender="a@example.jp", hours_ago=90))
    row = Row.read(book.snapshot.tables["inquiries"][0])
    row.base.facts["answer"] = "外注先の回答です。"
    row.record.cells |= {"reply": "書きかけの返信です。", "draft": True, "base": row.base.cell()}
    [past] = past_inquiries(Ledger(book.snapshot, LAYOUT, TOKYO))
    assert (past.answer, past.used) == ("", "")


def test_a_promise_of_an_answer_gives_way_to_the_answer() -> None:
    book = Book()
    hold = "お世話になっております。確認のうえ、改めてご連絡いたします。よろしくお願いいたします。"
    book.sync(arrival("a@x", sender="a@example.jp", hours_ago=90))
    book.sync(
        arrival("h@x", hold, sender="a@example.jp", incoming=False, answers=["a@x"], hours_ago=80),
    )
    [past] = past_inquiries(Ledger(book.snapshot, LAYOUT, TOKYO))
    assert past.answer == hold, "it is all there is"
    book.sync(arrival("r@x", ANSWER, sender="a@example.jp", incoming=False, answers=["a@x"], hours_ago=70))
    row = Row.read(book.snapshot.tables["inquiries"][0])
    row.base.facts["sent"] = [["", "hold", "2026-11-17"], ["", "care", "2026-11-17"]]
    row.record.cells["base"] = row.base.cell()
    [past] = past_inquiries(Ledger(book.snapshot, LAYOUT, TOKYO))
    assert (past.answer, past.used) == (ANSWER, "care")


def test_what_shares_hardly_a_word_is_not_similar() -> None:
    book = Book()
    question = "先日そちらで買った椅子の脚がぐらつくのですが、修理はお願いできますか。費用も知りたいです。"
    book.sync(
        arrival(
            "a@x", "領収書の宛名を変えていただけますか。", subject="宛名", sender="a@example.jp", hours_ago=90
        ),
        arrival("r@x", ANSWER, sender="a@example.jp", incoming=False, answers=["a@x"], hours_ago=80),
        arrival("b@x", question, subject="椅子", sender="b@example.jp"),
    )
    past = past_inquiries(Ledger(book.snapshot, LAYOUT, TOKYO))
    [near] = nearest(past[-1].text, [past[0].text], 1)
    assert 0 < near.likeness < FLOOR
    assert similar(past[-1].id, past, 5) == []
