"""One commit: what new mail makes of a ledger (in memory, with a plain judge)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from builders import NOW, Book, PlainJudge, arrival, only, question, reply
from daicho.inquiry.judge import Case, Judgement, Reason
from daicho.ledger.plan import Arrival
from daicho.mail.message import Attachment

BOUNCED: dict[str, Any] = {"kind": "bounce", "sender": "mailer-daemon@example.jp", "bounce_of": "r1"}


def judged_also(monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    """Has the plain judge say more."""
    judged = PlainJudge.judge

    def judge(self: PlainJudge, cases: Sequence[Case]) -> list[Judgement]:
        return [replace(each, **changes) for each in judged(self, cases)]  # type: ignore[arg-type]

    monkeypatch.setattr(PlainJudge, "judge", judge)


@pytest.fixture
def book() -> Book:
    """A ledger with one inquiry in it."""
    return Book(question())


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
    book = Book(question())
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
    book.sync(arrival("b1", "550 no such user", **BOUNCED))
    row = only(book.rows)
    assert row["status"] == "未対応"
    assert "不達" in str(row["reason"])


@pytest.mark.parametrize(
    ("last", "told"),
    [
        (arrival("b1", "550 no such user", **BOUNCED), "不達"),
        (arrival("q2", "色違いもありますか？", answers=["r1"]), "再度"),
    ],
)
def test_what_came_back_in_the_sync_that_makes_the_row_is_told_as_well(last: Arrival, told: str) -> None:
    book = Book(question(), reply(), last)
    row = only(book.rows)
    assert row["status"] == "未対応"
    assert told in str(row["reason"])
    assert not book.plan().commit


def test_a_bounce_that_opens_a_row_is_no_reply_of_ours_to_that_customer() -> None:
    book = Book(arrival("b1", "550 no such user", kind="bounce", sender="mailer-daemon@example.jp"))
    assert "こちらの返信が" not in str(only(book.rows).get("reason"))


def test_automatic_mail_and_sales_stand_in_the_ledger_as_no_inquiries() -> None:
    book = Book(
        question("a1", kind="auto"), question("s1", subject="営業のご案内", sender="sales@example.com")
    )
    assert [(row["status"], row["priority"]) for row in book.rows] == [("対象外", "対象外")] * 2
    assert not any(row.get("due") for row in book.rows)
    assert book.customers == []


def test_our_own_mail_that_answers_nothing_is_logged_and_makes_no_row() -> None:
    book = Book(arrival("n1", "新商品のご案内", incoming=False))
    assert (len(book.log), book.rows) == (1, [])


def test_an_answer_that_came_in_before_its_question_is_one_inquiry() -> None:
    book = Book(arrival("q2", "先ほどの件です。", answers=["q1"], hours_ago=1))
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
    book = Book(reply())
    book.sync(question())
    row = only(book.rows)
    assert (row["status"], row["first_reply"]) == ("対応済み", datetime(2026, 11, 20, 8, 0))


def test_a_question_that_comes_in_late_is_judged_too() -> None:
    book = Book(arrival("q2", "先ほどの件です。", answers=["q1"], hours_ago=1))
    book.sync(question(text="けがをしました。"))
    assert only(book.rows)["priority"] == "大至急"


def test_one_message_id_for_all_customers_of_a_form_keeps_their_replies_apart() -> None:
    book = Book(
        question("form", sender="a@example.jp", hours_ago=9),
        question("form", sender="b@example.jp", hours_ago=5),
    )
    book.sync(reply("r1", "form", sender="b@example.jp"))
    assert {row["address"]: row["status"] for row in book.rows} == {
        "a@example.jp": "未対応",
        "b@example.jp": "対応済み",
    }


def test_a_row_that_an_automatic_mail_opened_becomes_an_inquiry_when_its_sender_asks() -> None:
    book = Book(question("a1", kind="auto"))
    book.sync(arrival("q1", "けがをしました。", answers=["a1"]))
    row = only(book.rows)
    assert (row["status"], row["priority"], row["category"]) == ("未対応", "大至急", "不良・破損")
    assert isinstance(row["due"], datetime)
    assert row["customer_id"]
    assert str(row["excerpt"]).startswith("けが")


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
    book = Book(question("n"), question("u", text="けがをしました。", sender="b@example.jp"))
    due = {row["priority"]: row["due"] for row in book.rows}
    assert due["大至急"] < due["通常"]  # type: ignore[operator]


def test_an_old_normal_inquiry_comes_before_a_new_urgent_one() -> None:
    book = Book(
        question("n", hours_ago=50),
        question("u", text="けがをしました。", sender="b@example.jp", hours_ago=0.1),
    )
    first = min(book.rows, key=lambda row: row["due"])  # type: ignore[arg-type,return-value]
    assert first["priority"] == "通常"


def test_the_report_names_what_needs_a_person() -> None:
    book = Book()
    plan = book.sync(question("u", text="けがをしました。", hours_ago=30), now=NOW + timedelta(days=3))
    assert plan.report.urgent == plan.report.overdue == plan.report.new


# --- who takes it, as a rule says ---------------------------------------------------------------------------


def test_a_rule_names_who_takes_a_new_inquiry_which_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    judged_also(monkeypatch, assignee="佐藤")
    book = Book(question())
    row = only(book.rows)
    assert (row["assignee"], row["status"]) == ("佐藤", "未対応")
    assert not book.plan().commit


@pytest.mark.parametrize("later", ["鈴木", None])
def test_who_takes_it_is_a_persons_word_from_then_on(
    monkeypatch: pytest.MonkeyPatch, later: str | None
) -> None:
    judged_also(monkeypatch, assignee="佐藤")
    book = Book(question())
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


# --- why a later mail is more urgent ------------------------------------------------------------------------


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
