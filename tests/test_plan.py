"""One commit: what new mail and people's work make of a ledger (in memory, with a plain judge)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import LAYOUT, NOW, Book, PlainJudge, arrival
from daicho.inquiry.judge import Case, Judgement, Reason
from daicho.inquiry.rules import read_rules
from daicho.ledger.plan import Arrival
from daicho.ledger.replies import is_ticked
from daicho.mail.message import Attachment
from daicho.sheets.workbook import Cell, Record


def question(key: str = "q1", text: str = "在庫はありますか。", **changes: object):  # type: ignore[no-untyped-def]
    return arrival(key, text, **({"hours_ago": 5.0} | changes))  # type: ignore[arg-type]


def reply(key: str = "r1", answers: str = "q1", **changes: object):  # type: ignore[no-untyped-def]
    return arrival(
        key, "在庫ございます。", incoming=False, answers=[answers], **({"hours_ago": 4.0} | changes)
    )  # type: ignore[arg-type]


@pytest.fixture
def book() -> Book:
    """A ledger with one inquiry in it."""
    book = Book()
    book.sync(question())
    return book


def only(rows: list[dict[str, Cell]]) -> dict[str, Cell]:
    assert len(rows) == 1
    return rows[0]


def judged_also(monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    """Has the plain judge say more."""
    judged = PlainJudge.judge

    def judge(self: PlainJudge, cases: Sequence[Case]) -> list[Judgement]:
        return [replace(each, **changes) for each in judged(self, cases)]  # type: ignore[arg-type]

    monkeypatch.setattr(PlainJudge, "judge", judge)


# --- new mail -------------------------------------------------------------------------------------------


def test_a_new_mail_is_one_row_one_log_row_and_one_customer(book: Book) -> None:
    row = only(book.rows)
    assert (row["status"], row["priority"], row["category"]) == ("未対応", "通常", "在庫・再入荷")
    assert row["customer_id"] == only(book.customers)["id"]
    assert only(book.log)["inquiry"] == row["id"]
    assert isinstance(row["due"], datetime)


def test_a_row_says_first_that_files_came_with_the_mail() -> None:
    book, asked = Book(), question()
    photo = Attachment("割れた皿.jpg", 120_000, "image/jpeg")
    book.sync(replace(asked, message=replace(asked.message, attachments=(photo, photo))))
    assert only(book.rows)["excerpt"] == "［添付 2 件］在庫はありますか。"
    # The log tells it as well, so that the next sync writes the same.
    assert not book.plan().commit.updates


def test_rather_no_template_than_a_bad_one(monkeypatch: pytest.MonkeyPatch) -> None:
    judged_also(monkeypatch, template_chance=0.1)
    book = Book()
    book.sync(question())
    assert "template" not in only(book.rows)


def test_a_sync_with_nothing_new_writes_nothing(book: Book) -> None:
    assert not book.plan().commit


def test_the_same_mail_twice_is_taken_once(book: Book) -> None:
    assert not book.plan(question()).commit
    twice = Book()
    twice.sync(question(), question())
    assert len(twice.rows) == len(twice.log) == 1


def test_mails_of_one_message_id_sent_hours_apart_are_different_mails(book: Book) -> None:
    book.sync(question(hours_ago=1.0, text="別の質問です。"))
    assert len(book.log) == len(book.rows) == 2
    assert len({row["key"] for row in book.log}) == 2
    assert not book.plan(question(), question(hours_ago=1.0, text="別の質問です。")).commit


def test_our_reply_closes_the_inquiry_and_sets_its_times(book: Book) -> None:
    book.sync(reply())
    row = only(book.rows)
    assert row["status"] == "対応済み"
    assert row["first_reply"] == row["closed"] == row["last"] == datetime(2026, 11, 20, 8, 0)
    assert row["messages"] == 1


def test_the_customer_writing_again_reopens_it(book: Book) -> None:
    book.sync(reply())
    book.sync(arrival("q2", "色違いもありますか？", answers=["r1"]))
    row = only(book.rows)
    assert (row["status"], row.get("closed")) == ("未対応", None)
    assert "再度" in str(row["reason"])
    assert "色違い" in str(row["excerpt"])


def test_a_mere_thanks_does_not_reopen_it(book: Book) -> None:
    book.sync(reply())
    book.sync(arrival("q2", "ありがとうございました。", answers=["r1"]))
    assert only(book.rows)["status"] == "対応済み"
    assert len(book.log) == 3


def test_a_bounce_of_our_reply_reopens_it_and_says_so(book: Book) -> None:
    book.sync(reply())
    book.sync(
        arrival("b1", "550 no such user", kind="bounce", sender="mailer-daemon@example.jp", bounce_of="r1")
    )
    row = only(book.rows)
    assert row["status"] == "未対応"
    assert "不達" in str(row["reason"])


BOUNCED = {"kind": "bounce", "sender": "mailer-daemon@example.jp", "bounce_of": "r1"}


@pytest.mark.parametrize(
    ("last", "told"),
    [
        (arrival("b1", "550 no such user", **BOUNCED), "不達"),  # type: ignore[arg-type]
        (arrival("q2", "色違いもありますか？", answers=["r1"]), "再度"),
    ],
)
def test_what_came_back_in_the_sync_that_makes_the_row_is_told_as_well(last: Arrival, told: str) -> None:
    book = Book()
    book.sync(question(), reply(), last)
    row = only(book.rows)
    assert row["status"] == "未対応"
    assert told in str(row["reason"])
    assert not book.plan().commit


def test_a_bounce_that_opens_a_row_is_no_reply_of_ours_to_that_customer() -> None:
    book = Book()
    book.sync(arrival("b1", "550 no such user", kind="bounce", sender="mailer-daemon@example.jp"))
    assert "こちらの返信が" not in str(only(book.rows).get("reason"))


def test_automatic_mail_and_sales_stand_in_the_ledger_as_no_inquiries() -> None:
    book = Book()
    book.sync(question("a1", kind="auto"), question("s1", subject="営業のご案内", sender="sales@example.com"))
    assert [(row["status"], row["priority"]) for row in book.rows] == [("対象外", "対象外")] * 2
    assert not any(row.get("due") for row in book.rows)
    assert book.customers == []


def test_our_own_mail_that_answers_nothing_is_logged_and_makes_no_row() -> None:
    book = Book()
    book.sync(arrival("n1", "新商品のご案内", incoming=False))
    assert (len(book.log), book.rows) == (1, [])


def test_an_answer_that_came_in_before_its_question_is_one_inquiry() -> None:
    book = Book()
    book.sync(arrival("q2", "先ほどの件です。", answers=["q1"], hours_ago=1))
    book.sync(question("q1"))
    assert len(book.rows) == 1


def test_a_customers_answer_in_a_thread_is_never_put_aside_as_sales(book: Book) -> None:
    book.sync(reply())
    book.sync(arrival("q2", "ぜひお取引させてください。", subject="Re: 営業のご提案の件", answers=["r1"]))
    assert only(book.rows)["status"] == "未対応"


def test_our_own_automatic_acknowledgement_is_no_answer(book: Book) -> None:
    book.sync(arrival("r1", "受け付けました。", incoming=False, kind="auto", answers=["q1"], hours_ago=4.9))
    row = only(book.rows)
    assert (row["status"], row.get("first_reply")) == ("未対応", None)


def test_a_reply_read_before_its_question_counts_once_the_question_is_here() -> None:
    book = Book()
    book.sync(reply())
    book.sync(question())
    row = only(book.rows)
    assert (row["status"], row["first_reply"]) == ("対応済み", datetime(2026, 11, 20, 8, 0))


def test_a_question_that_comes_in_late_is_judged_too() -> None:
    book = Book()
    book.sync(arrival("q2", "先ほどの件です。", answers=["q1"], hours_ago=1))
    book.sync(question(text="けがをしました。"))
    assert only(book.rows)["priority"] == "大至急"


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


def test_an_edited_or_emptied_number_is_put_back(book: Book) -> None:
    before = dict(only(book.rows))
    for written in ("abc", None, 123):
        only(book.rows)["id"] = written
        book.sync()
        assert only(book.rows) == before
    assert len(book.log) == 1


def test_one_message_id_for_all_customers_of_a_form_keeps_their_replies_apart() -> None:
    book = Book()
    book.sync(
        question("form", sender="a@example.jp", hours_ago=9),
        question("form", sender="b@example.jp", hours_ago=5),
    )
    book.sync(reply("r1", "form", sender="b@example.jp"))
    assert {row["address"]: row["status"] for row in book.rows} == {
        "a@example.jp": "未対応",
        "b@example.jp": "対応済み",
    }


def test_a_row_that_an_automatic_mail_opened_becomes_an_inquiry_when_its_sender_asks() -> None:
    book = Book()
    book.sync(question("a1", kind="auto"))
    book.sync(arrival("q1", "けがをしました。", answers=["a1"]))
    row = only(book.rows)
    assert (row["status"], row["priority"], row["category"]) == ("未対応", "大至急", "不良・破損")
    assert isinstance(row["due"], datetime)
    assert row["customer_id"]
    assert str(row["excerpt"]).startswith("けが")


def test_a_deleted_row_is_not_brought_back_by_an_automatic_mail(book: Book) -> None:
    book.sync(question("q9", sender="b@example.jp"))
    book.snapshot.tables["inquiries"].pop(0)
    book.sync(arrival("a1", "不在です。", kind="auto", answers=["q1"]))
    assert len(book.rows) == 1


def test_a_long_thread_is_read_in_one_go() -> None:
    book = Book()
    mails = [
        arrival(f"m{number}", "まだですか？", answers=["m0"], hours_ago=2000 - number)
        for number in range(1000)
    ]
    book.sync(*mails)
    assert len(book.log) == 1000
    assert len(book.rows) == 1


def test_urgency_only_rises_when_the_customer_writes_again(book: Book) -> None:
    book.sync(arrival("q2", "けがをしました。", answers=["q1"], hours_ago=2))
    assert only(book.rows)["priority"] == "大至急"
    book.sync(arrival("q3", "在庫はどうですか。", answers=["q1"]))
    assert only(book.rows)["priority"] == "大至急"


def test_an_urgent_inquiry_is_due_earlier_than_a_normal_one_of_the_same_minute() -> None:
    book = Book()
    book.sync(question("n"), question("u", text="けがをしました。", sender="b@example.jp"))
    due = {row["priority"]: row["due"] for row in book.rows}
    assert due["大至急"] < due["通常"]  # type: ignore[operator]


def test_an_old_normal_inquiry_comes_before_a_new_urgent_one() -> None:
    book = Book()
    book.sync(
        question("n", hours_ago=50),
        question("u", text="けがをしました。", sender="b@example.jp", hours_ago=0.1),
    )
    first = min(book.rows, key=lambda row: row["due"])  # type: ignore[arg-type,return-value]
    assert first["priority"] == "通常"


# --- people in the rows ---------------------------------------------------------------------------------


def test_human_columns_are_never_written(book: Book) -> None:
    only(book.rows).update(assignee="佐藤", memo="電話済み")
    book.sync(reply(), arrival("q2", "けがをしました。", answers=["r1"]))
    row = only(book.rows)
    assert (row["assignee"], row["memo"]) == ("佐藤", "電話済み")


def test_an_edited_machine_column_is_put_back(book: Book) -> None:
    row = only(book.rows)
    before = dict(row)
    row.update(subject="書きかえた", received="昨日", address=None)
    plan = book.sync()
    assert only(book.rows) == before
    assert plan.report.restored == [before["id"]]


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


# --- rows that people make, copy and delete -------------------------------------------------------------


def test_a_row_typed_by_hand_is_adopted(book: Book) -> None:
    book.type_row(customer="鈴木様", excerpt="電話：けがをしました。", assignee="佐藤")
    plan = book.sync()
    row = book.rows[1]
    assert plan.report.adopted == [row["id"]]
    assert (row["priority"], row["status"], row["customer"]) == ("大至急", "対応中", "鈴木様")
    assert isinstance(row["due"], datetime)
    assert (row["channel"], row["assignee"]) == ("電話", "佐藤")
    assert book.log[-1]["inquiry"] == row["id"]
    assert not book.plan().commit


def test_what_a_person_typed_into_an_adopted_row_stays(book: Book) -> None:
    typed = {
        "customer": "鈴木様",
        "excerpt": "在庫は？",
        "category": "支払い・返金",
        "status": "対応済み",
        "memo": "済",
    }
    book.type_row(
        received=datetime(2026, 11, 19, 10, 0), address="suzuki@example.jp", subject="電話", **typed
    )
    book.sync()
    row = book.rows[1]
    assert {key: row[key] for key in typed} == typed
    assert (row["received"], row["address"], row["subject"]) == (
        datetime(2026, 11, 19, 10, 0),
        "suzuki@example.jp",
        "電話",
    )


@pytest.mark.parametrize("told", ["昨日の夕方", "11月下旬", "2026/13/45", 7])
def test_a_date_nobody_can_read_is_told_in_the_reason(book: Book, told: str | int) -> None:
    book.type_row(received=told, excerpt="在庫は？")
    book.sync()
    row = book.rows[1]
    assert row["received"] == datetime(2026, 11, 20, 12, 0)
    assert f"「{told}」" in str(row["reason"])


@pytest.mark.parametrize("told", [datetime(2026, 11, 19, 10), "2026年11月19日 10時", "", "  "])
def test_a_date_that_can_be_read_needs_no_word(book: Book, told: Cell) -> None:
    book.type_row(received=told, excerpt="在庫は？")
    book.sync()
    assert "日付として" not in str(book.rows[1].get("reason"))


def test_a_copied_row_becomes_an_inquiry_of_its_own_and_keeps_its_words(book: Book) -> None:
    original = only(book.rows)
    book.type_row(**(dict(original) | {"memo": "写し"}))
    book.sync()
    copy = book.rows[1]
    assert book.rows[0] == original
    assert copy["id"] != original["id"]
    assert (copy["memo"], copy["excerpt"]) == ("写し", original["excerpt"])
    assert not book.plan().commit


def test_a_row_of_blanks_is_no_inquiry(book: Book) -> None:
    book.type_row(memo="  ")
    assert not book.plan().commit


def test_a_deleted_row_stays_deleted_until_its_customer_writes_again(book: Book) -> None:
    book.sync(question("q9", sender="b@example.jp"))
    deleted = book.snapshot.tables["inquiries"].pop(0)
    assert book.sync(reply()).report.deleted == [deleted.cells["id"]]
    assert len(book.rows) == 1
    book.sync(arrival("q2", "もう一度うかがいます。", answers=["q1"]))
    assert [row["id"] for row in book.rows][1] == deleted.cells["id"]


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


# --- customers ------------------------------------------------------------------------------------------

PHONE = "お電話は090-1234-5678です。"


def test_one_customer_from_two_addresses_is_shown_and_can_be_undone(book: Book) -> None:
    book = Book()
    book.sync(
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
    book = Book()
    book.sync(
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


def test_open_inquiries_of_a_customer_follow_their_status(book: Book) -> None:
    assert only(book.customers)["open"] == 1
    only(book.rows)["status"] = "対応済み"
    book.sync()
    assert only(book.customers)["open"] == 0


# --- whatever people and mails do -----------------------------------------------------------------------

STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("mail"),
            st.integers(0, 5),
            st.sampled_from(["在庫は？", "けがをしました", "ありがとうございます"]),
        ),
        st.tuples(st.just("reply"), st.integers(0, 5), st.just("")),
        st.tuples(
            st.just("status"), st.integers(0, 5), st.sampled_from(["対応済み", "対応中", "保留", "未対応"])
        ),
        st.tuples(st.just("assignee"), st.integers(0, 5), st.sampled_from(["佐藤", "田中"])),
        st.tuples(st.just("memo"), st.integers(0, 5), st.sampled_from(["電話済み", "=1+1"])),
        st.tuples(st.just("category"), st.integers(0, 5), st.sampled_from(["支払い・返金", "その他"])),
        st.tuples(st.just("draft"), st.integers(0, 5), st.sampled_from(["✓", "TRUE", "いいえ"])),
        st.tuples(
            st.just("template"), st.integers(0, 5), st.sampled_from(["restock", "ない", "restock、safety"])
        ),
        st.tuples(st.just("delete"), st.integers(0, 5), st.just("")),
        st.tuples(st.just("copy"), st.integers(0, 5), st.just("")),
        st.tuples(st.just("swap"), st.integers(0, 5), st.just("")),
        st.tuples(st.just("type"), st.integers(0, 5), st.sampled_from(["電話がありました", "来店"])),
    ),
    max_size=14,
)


@settings(max_examples=120, deadline=None)
@given(STEPS)
def test_nothing_is_lost_or_doubled_and_peoples_words_stand(steps: list[tuple[str, int, str]]) -> None:
    book, sent = Book(), 0
    for step, which, word in steps:
        rows = book.snapshot.tables["inquiries"]
        row = rows[which % len(rows)] if rows else None
        human: dict[int, dict[str, Cell]] = {}
        mails = []
        if step == "mail":
            sent += 1
            mails = [
                arrival(
                    f"m{sent}",
                    word,
                    sender=f"c{which}@example.jp",
                    hours_ago=100 - sent,
                    answers=[f"m{which}"],
                )
            ]
        elif step == "reply":
            sent += 1
            mails = [
                arrival(
                    f"m{sent}",
                    word,
                    incoming=False,
                    sender=f"c{which}@example.jp",
                    hours_ago=100 - sent,
                    answers=[f"m{which}"],
                )
            ]
        elif step == "type":
            book.type_row(excerpt=word, memo=word)
        elif row is None:
            continue
        elif step == "delete" and len(rows) > 1:
            rows.remove(row)
        elif step == "copy":
            book.type_row(**row.cells)
        elif step == "swap":
            rows.reverse()
        elif step in ("status", "assignee", "memo", "category", "draft", "template"):
            row.cells[step] = word
        human = {id(record): {key: record.cells.get(key) for key in ("assignee", "memo")} for record in rows}
        decided = row.cells.get("category") if row else None
        book.sync(*mails)
        for record in rows:
            assert human.get(id(record), {}) == {
                key: record.cells.get(key) for key in human.get(id(record), {})
            }
        if row is not None and step == "category":
            assert row.cells["category"] == decided
        assert not any(is_ticked(record.cells.get("draft")) for record in rows), "every tick is heard"
        keys = [str(entry["key"]) for entry in book.log]
        assert len(keys) == len(set(keys))
        assert {key for key in keys if key.startswith("m")} == {f"m{number}" for number in range(1, sent + 1)}
        ids = [record.cells["id"] for record in book.snapshot.tables["inquiries"]]
        assert len(ids) == len(set(ids))
        assert not book.plan().commit, "a second look finds nothing to do"


def test_the_owner_of_every_column_is_respected() -> None:
    human = {column.key for column in LAYOUT.tab("inquiries").columns if column.owner == "human"}
    book = Book()
    plan = book.sync(question(), reply(), arrival("q2", "まだ？", answers=["r1"], hours_ago=1))
    assert not human & {key for row in plan.commit.appends["inquiries"] for key in row}


def test_the_report_names_what_needs_a_person() -> None:
    book = Book()
    plan = book.sync(question("u", text="けがをしました。", hours_ago=30), now=NOW + timedelta(days=3))
    assert plan.report.urgent == plan.report.overdue == plan.report.new


# --- who takes it, as a rule says -----------------------------------------------------------------------


def test_a_rule_names_who_takes_a_new_inquiry_which_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    judged_also(monkeypatch, assignee="佐藤")
    book = Book()
    book.sync(question())
    row = only(book.rows)
    assert (row["assignee"], row["status"]) == ("佐藤", "未対応")
    assert not book.plan().commit


@pytest.mark.parametrize("later", ["鈴木", None])
def test_who_takes_it_is_a_persons_word_from_then_on(
    monkeypatch: pytest.MonkeyPatch, later: str | None
) -> None:
    judged_also(monkeypatch, assignee="佐藤")
    book = Book()
    book.sync(question())
    book.rows[0]["assignee"] = later
    book.sync()
    book.sync(question("q2", "まだですか。", answers=["q1"], hours_ago=1.0))
    assert only(book.rows).get("assignee") == later


def test_a_rule_gives_nobody_a_row_that_has_somebody_or_was_there_before(
    monkeypatch: pytest.MonkeyPatch, book: Book
) -> None:
    judged_also(monkeypatch, assignee="佐藤")
    book.type_row(excerpt="電話：在庫は？", assignee="鈴木")
    book.type_row(excerpt="電話：いつ届きますか？")
    book.sync()
    assert [row.get("assignee") for row in book.rows] == [None, "鈴木", "佐藤"]


# --- why a later mail is more urgent ----------------------------------------------------------------------


def test_a_later_mail_that_raises_the_urgency_says_why(monkeypatch: pytest.MonkeyPatch, book: Book) -> None:
    about: Reason = ("judge.category-learned", {"category": "defect", "second": "stock", "percent": 90})
    harm: Reason = ("judge.raise-harm", {"percent": 90})
    judged_also(monkeypatch, reason=(about, harm))
    book.sync(question("q2", "けがをしました。", answers=["q1"], hours_ago=1.0))
    first, second = str(only(book.rows)["reason"]).split("\n")[:2]
    assert "通常 → 大至急" in first
    assert second == "けが・危険のおそれ（90%）→ 大至急"
    assert "区分: 不良・破損" not in str(only(book.rows)["reason"])


def test_where_nothing_but_its_matter_raises_it_the_matter_is_told(
    monkeypatch: pytest.MonkeyPatch, book: Book
) -> None:
    about: Reason = ("judge.category-learned", {"category": "defect", "second": "stock", "percent": 90})
    judged_also(monkeypatch, reason=(about,))
    book.sync(question("q2", "けがをしました。", answers=["q1"], hours_ago=1.0))
    assert "区分: 不良・破損" in str(only(book.rows)["reason"])
