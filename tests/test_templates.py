"""The templates tab at work: the reply column, what is suggested, what is counted and learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from builders import LAYOUT, NOW, TOKYO, WORDS, Book, PlainJudge, arrival
from daicho.inquiry.judge import Case, Judgement
from daicho.ledger.corrections import corrections
from daicho.ledger.plan import Plan
from daicho.ledger.replies import promised_date
from daicho.ledger.rows import Ledger
from daicho.ledger.settings import read_settings
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Cell, Record


@pytest.fixture
def book() -> Book:
    """A ledger with the starter templates and settings and one question about stock."""
    book = Book()
    for tab in ("templates", "settings"):
        rows = load_starters("ja")[tab]
        book.snapshot.tables[tab] = [Record(number, dict(row)) for number, row in enumerate(rows, 2)]
    book.sync(question())
    return book


def question(key: str = "q1", text: str = "青は再入荷しますか。", **changes: Any) -> Any:
    return arrival(key, text, **({"hours_ago": 5.0, "name": "山田花子"} | changes))


def reply(text: str, key: str = "r1", answers: str = "q1", **changes: Any) -> Any:
    return arrival(key, text, incoming=False, answers=[answers], **changes)


def shown(book: Book, row: int = 0) -> str:
    return str(book.rows[row].get("reply") or "")


def template(book: Book, key: str) -> dict[str, Cell]:
    return next(r.cells for r in book.snapshot.tables["templates"] if r.cells["key"] == key)


# --- the reply column ------------------------------------------------------------------------------------


def test_a_new_inquiry_shows_the_suggested_text_and_what_is_left_to_fill_in(book: Book) -> None:
    assert book.rows[0]["template"] == "restock"
    lines = shown(book).split("\n")
    assert lines[0] == "※要記入 4 か所（店名、担当者名、商品名、再入荷予定日）"
    assert lines[2] == "山田花子 様"
    assert "再入荷の予定：【要記入：再入荷予定日】ごろ" in shown(book)
    assert lines[-1] == "――――――――――――――――――――"


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("assignee", "佐藤", "カスタマーサポートの佐藤でございます。"),
        ("customer", "{署名}=cmd|' /C calc'!A0", "{署名}=cmd|' /C calc'!A0 様"),
        ("product", "はなびら\nマグ", "商品名：はなびら、マグ"),
        ("product", "マグ", "商品名：マグ"),
        ("template", "cancel", "ご注文のキャンセルのご希望を承りました。"),
        ("template", "お褒めの言葉へのお礼", "温かいお言葉をお寄せいただき"),
    ],
)
def test_the_text_follows_what_people_write_into_the_row(
    book: Book, column: str, cell: str, words: str
) -> None:
    book.rows[0][column] = cell
    book.sync()
    assert words in shown(book) or words.replace("、", " ") in shown(book)
    assert not book.plan().commit


def test_a_cell_that_names_two_templates_gets_both_texts(book: Book) -> None:
    book.rows[0]["template"] = "receipt、restock"
    book.sync()
    text = shown(book)
    assert "領収書（適格請求書）を発行し" in text and "在庫を切らしております" in text
    assert text.count("山田花子 様") == text.count("カスタマーサポートの") == 1


def test_a_template_nobody_knows_or_none_leaves_the_reply_empty(book: Book) -> None:
    for cell in ("ない", None):
        book.rows[0]["template"] = cell
        book.sync()
        assert shown(book) == ""


def test_a_changed_template_changes_the_texts_of_open_inquiries_only(book: Book) -> None:
    book.sync(question("q2", sender="b@example.jp"))
    book.rows[1]["status"] = "対応済み"
    book.sync()
    template(book, "restock")["body"] = "{お客様名} 様\n\n入荷しました。"
    book.sync()
    assert shown(book) == "山田花子 様\n\n入荷しました。"
    assert shown(book, 1) == ""


def test_a_quiet_ledger_costs_no_write_and_a_new_day_moves_the_promise(book: Book) -> None:
    book.rows[0]["template"] = "not-arrived"
    book.sync()
    assert "11月26日（木）までに結果をご連絡" in shown(book)
    assert not book.plan(now=NOW + timedelta(hours=6)).commit
    assert not book.plan(now=NOW + timedelta(days=2)).commit, "Sunday promises what Saturday does"
    book.sync(now=NOW + timedelta(days=4))
    assert "11月27日（金）までに結果をご連絡" in shown(book)


@pytest.mark.parametrize(
    ("now", "priority", "day"),
    [
        (
            "2026-11-18 10:00",
            "normal",
            "2026-11-24",
        ),  # Wednesday: Thursday, and two days; Monday is a holiday
        ("2026-11-18 10:00", "high", "2026-11-19"),
        ("2026-11-18 10:00", "urgent", "2026-11-19"),
        ("2026-11-20 23:59", "urgent", "2026-11-24"),  # Friday night before a holiday on Monday
        ("2026-12-28 15:00", "urgent", "2027-01-04"),  # the shop is closed until 3 January
        ("2026-11-18 10:00", "保留", "2026-11-24"),
    ],
)
def test_a_promise_is_the_target_counted_from_the_next_business_day(
    now: str, priority: str, day: str
) -> None:
    rows = [Record(number, dict(row)) for number, row in enumerate(load_starters("ja")["settings"], 2)]
    moment = datetime.fromisoformat(now).replace(tzinfo=TOKYO)
    promised = promised_date(read_settings(rows, LAYOUT), priority, moment)
    assert promised is not None and f"{promised:%Y-%m-%d}" == day


def test_what_the_shop_set_fills_fields_of_the_same_name_even_its_own(book: Book) -> None:
    settings: list[dict[str, Cell]] = [
        {"setting": "その他", "name": "配送会社", "value": "さくら運送"},
        {"setting": "その他", "name": "電話受付", "value": "平日\n9時から"},
        {"setting": "その他", "name": "店名", "value": "=1+1"},
    ]
    book.snapshot.tables["settings"] += [Record(90 + n, row) for n, row in enumerate(settings)]
    template(book, "restock")["body"] = "{carrier}／{電話受付}／{店名}／{ない項目}"
    book.sync()
    head, _, text = shown(book).partition("\n\n")
    assert head == "※要記入 1 か所（ない項目）", "better a gap than braces before a customer's eyes"
    assert text == "さくら運送／平日\n9時から／=1+1／【要記入：ない項目】"


# --- suggestions -----------------------------------------------------------------------------------------


def test_a_template_that_is_switched_off_or_gone_is_not_suggested_and_still_can_be_chosen() -> None:
    for change in ({"on": None}, {"key": "restock-2"}):
        book = Book()
        rows = load_starters("ja")["templates"]
        book.snapshot.tables["templates"] = [Record(number, dict(row)) for number, row in enumerate(rows, 2)]
        template(book, "restock").update(change)
        book.sync(question())
        assert (book.rows[0].get("template"), shown(book)) == (None, "")
        book.rows[0]["template"] = template(book, change.get("key") or "restock")["key"]
        book.sync()
        assert "在庫を切らしております" in shown(book)


def test_without_a_templates_tab_nothing_fails() -> None:
    book = Book()
    book.sync(question())
    assert (book.rows[0]["template"], shown(book)) == ("restock", "")


# --- what is counted and learned -------------------------------------------------------------------------


def answered(book: Book, key: str, text: str, **row: Cell) -> None:
    """A further question, seen by a person and answered."""
    book.sync(question(f"q-{key}", sender=f"{key}@example.jp"))
    book.rows[-1].update(row)
    book.sync()
    book.sync(reply(text, f"r-{key}", f"q-{key}", sender=f"{key}@example.jp"))


def test_use_and_acceptance_are_counted_from_what_was_really_sent(book: Book) -> None:
    restock = shown(book).partition("\n\n")[2]
    answered(book, "a", restock)
    answered(book, "b", restock + "\n\n追って色の一覧をお送りいたします。")
    answered(book, "c", "お電話で失礼いたしました。次の便で入ります。")
    answered(book, "d", "お電話ありがとうございました。", template="お褒めの言葉へのお礼")
    row = template(book, "restock")
    assert (row["used"], row["accepted"]) == (2, 0.5)
    assert (template(book, "thanks")["used"], template(book, "thanks").get("accepted")) == (1, None)
    assert template(book, "receipt").get("used") is None
    assert not book.plan().commit


def test_history_that_nobody_saw_a_suggestion_for_lowers_no_rate() -> None:
    book = Book()
    rows = load_starters("ja")["templates"]
    book.snapshot.tables["templates"] = [Record(number, dict(row)) for number, row in enumerate(rows, 2)]
    book.sync(question(), reply("次の便で入ります。"))
    assert template(book, "restock").get("accepted") is None


def learned(book: Book, days: int = 0) -> list[tuple[str, tuple[str, ...] | None]]:
    book.snapshot.taken = NOW + timedelta(days=days)
    return [(each.text, each.templates) for each in corrections(Ledger(book.snapshot, LAYOUT, TOKYO))]


def test_a_template_chosen_by_hand_is_a_lesson_at_once_by_whatever_name(book: Book) -> None:
    assert learned(book) == []
    book.rows[0]["template"] = "お褒めの言葉へのお礼"
    assert learned(book) == [("青は再入荷しますか。", ("thanks",))]
    book.rows[0]["template"] = "receipt、restock"
    assert learned(book) == [("青は再入荷しますか。", ("receipt", "restock"))]


def test_a_template_answered_with_is_a_lesson_from_the_next_day_on(book: Book) -> None:
    book.sync(reply(shown(book).partition("\n\n")[2]))
    assert learned(book) == []
    assert learned(book, days=1) == [("青は再入荷しますか。", ("restock",))]


class Choosy(PlainJudge):
    """A judge who knows several good answers, one of which the shop has deleted."""

    def judge(self, cases: Sequence[Case]) -> list[Judgement]:
        templates = ("gone", "restock", "receipt", "thanks")
        return [replace(each, templates=templates) for each in super().judge(cases)]


def test_the_best_suggestion_stands_in_the_cell_and_the_others_in_the_reason(book: Book) -> None:
    ledger = Ledger(book.snapshot, LAYOUT, TOKYO)
    settings = read_settings(book.snapshot.tables["settings"], LAYOUT)
    plan = Plan(ledger, settings, Choosy(), WORDS, NOW).take([question("q2", sender="b@example.jp")])
    [row] = plan.commit.appends["inquiries"]
    assert row["template"] == "restock"
    assert "返信テンプレートのほかの候補：receipt、thanks" in str(row["reason"])
