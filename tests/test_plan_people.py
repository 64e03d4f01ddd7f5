"""People at work in the ledger: what a sync makes of what they typed, chose, sorted and deleted."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import LAYOUT, Book, arrival, only, question, reply
from daicho.inquiry.rules import read_rules
from daicho.ledger.plan import Arrival
from daicho.ledger.replies import is_ticked
from daicho.sheets.workbook import Cell, Record


@pytest.fixture
def book() -> Book:
    """A ledger with one inquiry in it."""
    return Book(question())


def test_human_columns_are_never_written(book: Book) -> None:
    only(book.rows).update(assignee="佐藤", memo="電話済み")
    book.sync(reply(), arrival("q2", "けがをしました。", answers=["r1"]))
    row = only(book.rows)
    assert (row["assignee"], row["memo"]) == ("佐藤", "電話済み")


def test_the_owner_of_every_column_is_respected() -> None:
    human = {column.key for column in LAYOUT.tab("inquiries").columns if column.owner == "human"}
    book = Book()
    plan = book.sync(question(), reply(), arrival("q2", "まだ？", answers=["r1"], hours_ago=1))
    assert not human & {key for row in plan.commit.appends["inquiries"] for key in row}


def test_an_edited_machine_column_is_put_back(book: Book) -> None:
    row = only(book.rows)
    before = dict(row)
    row.update(subject="書きかえた", received="昨日", address=None)
    plan = book.sync()
    assert only(book.rows) == before
    assert plan.report.restored == [before["id"]]


def test_an_edited_or_emptied_number_is_put_back(book: Book) -> None:
    before = dict(only(book.rows))
    for written in ("abc", None, 123):
        only(book.rows)["id"] = written
        book.sync()
        assert only(book.rows) == before
    assert len(book.log) == 1


def test_a_persons_category_and_priority_stand(book: Book) -> None:
    only(book.rows).update(category="支払い・返金", priority="至急")
    book.sync(reply())
    row = only(book.rows)
    assert (row["category"], row["priority"]) == ("支払い・返金", "至急")


def test_a_persons_priority_moves_the_due_time(book: Book) -> None:
    before = only(book.rows)["due"]
    only(book.rows)["priority"] = "大至急"
    book.sync()
    assert only(book.rows)["due"] < before  # type: ignore[operator]


def test_a_persons_done_stands_until_the_customer_writes_again(book: Book) -> None:
    only(book.rows)["status"] = "対応済み"
    book.sync()
    row = only(book.rows)
    assert row["status"] == "対応済み"
    assert row["closed"] == datetime(2026, 11, 20, 12, 0)
    book.sync(arrival("q2", "まだ届きません。", answers=["q1"]))
    assert only(book.rows)["status"] == "未対応"


def test_a_reply_that_comes_in_late_leaves_a_persons_done_alone(book: Book) -> None:
    book.sync(arrival("q2", "まだですか？", answers=["q1"], hours_ago=3))
    only(book.rows)["status"] = "対応済み"
    book.sync()
    book.sync(reply(hours_ago=4))
    assert only(book.rows)["status"] == "対応済み"


def test_thanks_do_not_reopen_what_a_person_closed_by_phone(book: Book) -> None:
    only(book.rows)["status"] = "対応済み"
    book.sync()
    book.sync(arrival("q2", "お電話ありがとうございました。", answers=["q1"]))
    assert only(book.rows)["status"] == "対応済み"


def test_a_status_of_the_shops_own_stands_against_our_reply_of_the_same_minutes(book: Book) -> None:
    only(book.rows)["status"] = "保留"
    book.sync(reply())
    assert only(book.rows)["status"] == "保留"
    book.sync(reply("r2"))
    assert only(book.rows)["status"] == "対応済み"


def test_taking_an_inquiry_makes_it_in_progress_once(book: Book) -> None:
    only(book.rows)["assignee"] = "佐藤"
    book.sync()
    assert only(book.rows)["status"] == "対応中"
    only(book.rows)["status"] = "未対応"
    book.sync()
    assert only(book.rows)["status"] == "未対応"


def test_an_emptied_status_comes_back(book: Book) -> None:
    del only(book.rows)["status"]
    book.sync()
    assert only(book.rows)["status"] == "未対応"


def test_a_conflict_is_told_in_the_rows_reason(book: Book) -> None:
    only(book.rows)["status"] = "保留"
    plan = book.sync(reply())
    assert plan.report.conflicts == [only(book.rows)["id"]]
    assert "保留" in str(only(book.rows)["reason"])


def test_a_deleted_row_stays_deleted_until_its_customer_writes_again(book: Book) -> None:
    book.sync(question("q9", sender="b@example.jp"))
    deleted = book.snapshot.tables["inquiries"].pop(0)
    assert book.sync(reply()).report.deleted == [deleted.cells["id"]]
    assert len(book.rows) == 1
    book.sync(arrival("q2", "もう一度うかがいます。", answers=["q1"]))
    assert [row["id"] for row in book.rows][1] == deleted.cells["id"]


def test_a_deleted_row_is_not_brought_back_by_an_automatic_mail(book: Book) -> None:
    book.sync(question("q9", sender="b@example.jp"))
    book.snapshot.tables["inquiries"].pop(0)
    book.sync(arrival("a1", "不在です。", kind="auto", answers=["q1"]))
    assert len(book.rows) == 1


def test_rows_may_be_sorted_by_people(book: Book) -> None:
    book.sync(question("q2", sender="b@example.jp", hours_ago=3))
    book.snapshot.tables["inquiries"].reverse()
    for number, record in enumerate(book.snapshot.tables["inquiries"], 2):
        record.number = number
    assert not book.plan().commit
    book.sync(reply())
    assert [row["status"] for row in book.rows] == ["未対応", "対応済み"]


def test_what_is_wrong_with_a_rule_stands_in_its_own_row(book: Book) -> None:
    good: dict[str, Cell] = {
        "on": "✓",
        "where": "件名",
        "match": "どれか含む",
        "words": "至急",
        "set": "タグ",
        "value": "急ぎ",
    }
    records = [Record(2, dict(good)), Record(3, good | {"set": "優先度", "value": "まあまあ"})]
    book.snapshot.tables["rules"] = records
    book.rules = read_rules([record.cells for record in records], LAYOUT)
    book.sync()
    assert "problem" not in records[0].cells
    assert "まあまあ" in str(records[1].cells["problem"])
    assert not book.plan().commit
    records[1].cells["value"] = "至急"
    book.rules = read_rules([record.cells for record in records], LAYOUT)
    book.sync()
    assert "problem" not in records[1].cells


# --- whatever people and mails do ---------------------------------------------------------------------------

DEEDS: dict[str, list[str]] = {
    "mail": ["在庫は？", "けがをしました", "ありがとうございます"],
    "reply": [""],
    "status": ["対応済み", "対応中", "保留", "未対応"],
    "assignee": ["佐藤", "田中"],
    "memo": ["電話済み", "=1+1"],
    "category": ["支払い・返金", "その他"],
    "draft": ["✓", "TRUE", "いいえ"],
    "template": ["restock", "ない", "restock、safety"],
    "delete": [""],
    "copy": [""],
    "swap": [""],
    "type": ["電話がありました", "来店"],
}
"""What customers, the shop and people in the rows do, and the words they use."""

STEPS = st.lists(
    st.one_of(
        *(
            st.tuples(st.just(deed), st.integers(0, 5), st.sampled_from(words))
            for deed, words in DEEDS.items()
        )
    ),
    max_size=14,
)


def work_in(book: Book, deed: str, which: int, word: str) -> Record | None:
    """A person does something to a row; returns it if there is one."""
    rows = book.snapshot.tables["inquiries"]
    row = rows[which % len(rows)] if rows else None
    if deed == "type":
        book.type_row(excerpt=word, memo=word)
    elif row is None:
        return None
    elif deed == "delete":
        # An emptied ledger is another matter.
        if len(rows) > 1:
            rows.remove(row)
    elif deed == "copy":
        book.type_row(**row.cells)
    elif deed == "swap":
        rows.reverse()
    else:
        row.cells[deed] = word
    return row


@settings(max_examples=120, deadline=None)
@given(STEPS)
def test_nothing_is_lost_or_doubled_and_peoples_words_stand(steps: list[tuple[str, int, str]]) -> None:
    book, sent = Book(), list[Arrival]()
    rows = book.snapshot.tables["inquiries"]
    for deed, which, word in steps:
        mails, row = list[Arrival](), None
        if deed in ("mail", "reply"):
            number = len(sent) + 1
            mails = [
                arrival(
                    f"m{number}",
                    word,
                    incoming=deed == "mail",
                    sender=f"c{which}@example.jp",
                    hours_ago=100 - number,
                    answers=[f"m{which}"],
                )
            ]
            sent += mails
        else:
            row = work_in(book, deed, which, word)
        before = [(record, dict(record.cells)) for record in rows]
        book.sync(*mails)
        for record, cells in before:
            for column in ("assignee", "memo"):
                assert record.cells.get(column) == cells.get(column)
        if row is not None and deed == "category":
            assert row.cells["category"] == word
        assert not any(is_ticked(record.cells.get("draft")) for record in rows), "every tick is heard"
        keys = [str(entry["key"]) for entry in book.log]
        assert len(keys) == len(set(keys))
        assert {key for key in keys if key.startswith("m")} == {mail.message.key for mail in sent}
        ids = [record.cells["id"] for record in rows]
        assert len(ids) == len(set(ids))
        assert not book.plan().commit, "a second look finds nothing to do"
