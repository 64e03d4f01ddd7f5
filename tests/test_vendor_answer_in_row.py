"""A vendor's answer in a row's reply: it answers the question it was written for, and no later one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from builders import NOW, Book, arrival
from daicho.ledger.rows import Base
from vendor_ledger import book, home, ids, row, sent_out

ANSWER = "12月に入荷します。"


@pytest.fixture
def made() -> Book:
    """A ledger whose first row has an answer from the vendor, its draft asked for."""
    made = book()
    sheet = sent_out(made)
    sheet.write(ids(made)[0], answer=ANSWER)
    home(made, sheet.grids)
    made.sync()
    assert row(made, ids(made)[0])["reply"] == ANSWER
    return made


def lay(made: Book) -> None:
    """The draft that was asked for is laid."""
    cells = row(made, ids(made)[0])
    base = Base.read(cells["base"])
    base.facts["draft"]["laid"] = NOW.isoformat()
    cells["base"] = base.cell()


def asks_again(made: Book) -> None:
    hurt = arrival(
        "q1b@x", "皿でけがをしました。", sender="hanako@example.jp", answers=["q1@x"], hours_ago=-1
    )
    made.sync(hurt, now=NOW + timedelta(hours=2))


def test_an_answer_that_was_laid_does_not_answer_the_next_question(made: Book) -> None:
    lay(made)
    asks_again(made)
    cells = row(made, ids(made)[0])
    assert cells["template"] == "safety"
    assert "安全のため" in str(cells["reply"]) and ANSWER not in str(cells["reply"])


def test_an_answer_that_was_not_laid_yet_stays_and_the_row_tells_of_the_new_mail(made: Book) -> None:
    asks_again(made)
    cells = row(made, ids(made)[0])
    assert cells["reply"] == ANSWER
    assert "行き違いに、お客様から新しいメールが届きました" in str(cells["reason"])
