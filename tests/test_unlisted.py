"""What people type that no list knows: kept as it stands, marked as a doubt, and told until it is cured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builders import LAYOUT, Book, arrival, book_with_question, raw_mail
from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.layout import load_layout
from daicho.sheets.workbook import Cell, Commit, Record, Update
from test_cli import Run, run, shop

__all__ = ["run"]


@pytest.fixture
def book() -> Book:
    """A ledger with the starter templates, a status of the shop's own and one open inquiry."""
    book = book_with_question()
    own: dict[str, Cell] = {"setting": "対応状況の追加", "name": "入荷待ち", "value": "入荷を待っています"}
    book.snapshot.tables["settings"] = [Record(2, own)]
    book.sync()
    return book


def test_a_row_whose_template_is_renamed_says_so_until_another_is_chosen(book: Book) -> None:
    assert book.rows[0]["template"] == "restock" and book.rows[0]["reply"]
    [renamed] = [row for row in book.snapshot.tables["templates"] if row.cells["key"] == "restock"]
    renamed.cells["key"] = "restock-soon"
    report = book.sync().report
    assert not book.rows[0].get("reply")
    assert "「restock」は一覧にありません。「restock-soon」のことでしたら" in str(book.rows[0]["reason"])
    assert list(report.unlisted) == [book.rows[0]["id"]]
    book.rows[0]["template"] = "restock-soon"
    report = book.sync().report
    assert book.rows[0]["reply"] and not report.unlisted
    assert "一覧にありません" not in str(book.rows[0].get("reason"))


@pytest.mark.parametrize(
    ("column", "typed", "told"),
    [
        ("status", "対応済", "対応状況「対応済」は一覧にありません。「対応済み」のことでしたら"),
        ("status", "ハナマル", "対応状況「ハナマル」は一覧にありません。一覧から選び直してください"),
        ("status", "入荷まち", "対応状況「入荷まち」は一覧にありません。「入荷待ち」のことでしたら"),
        ("priority", "急ぎ", "優先度「急ぎ」は一覧にありません。「至急」のことでしたら"),
        ("priority", "大至急!", "優先度「大至急!」は一覧にありません。「大至急」のことでしたら"),
        (
            "category",
            "不良・破損品",
            "問い合わせ区分「不良・破損品」は一覧にありません。「不良・破損」のこと",
        ),
        ("template", "存在しない", "返信テンプレート「存在しない」は一覧にありません。"),
        ("template", "在庫のご案内", "「在庫・再入荷のご案内」のことでしたら"),
        ("template", "receipt、restok", "返信テンプレート「restok」は一覧にありません。「restock」のこと"),
        ("status", "=1+1", "対応状況「=1+1」は一覧にありません。"),
    ],
)
def test_what_no_list_knows_is_kept_marked_and_told(book: Book, column: str, typed: str, told: str) -> None:
    book.rows[0][column] = typed
    report = book.sync().report
    row = book.rows[0]
    assert row[column] == typed
    assert row["tags"] == "要確認"
    assert told in str(row["reason"])
    assert list(report.unlisted) == report.unsure == [row["id"]]
    assert told in report.unlisted[str(row["id"])]
    again = book.plan()
    assert not again.commit
    assert again.report.unlisted == report.unlisted, "it is told until somebody cures it"


@pytest.mark.parametrize(
    ("column", "typed"),
    [
        ("status", "対応中"),
        ("status", "　対応中 "),
        ("status", "入荷待ち"),
        ("status", "ニュウカ待ち"),
        ("priority", "至急"),
        ("category", "お礼･要望"),
        ("category", "支払い・返金"),
        ("template", "restock"),
        ("template", "RESTOCK"),
        ("template", "在庫・再入荷のご案内"),
        ("template", "receipt、restock"),
        ("template", None),
        ("template", "なし"),
        ("template", "（なし）"),
    ],
)
def test_what_a_list_knows_in_whatever_width_or_by_its_name_is_no_doubt(
    book: Book, column: str, typed: Cell
) -> None:
    book.snapshot.tables["settings"][0].cells["name"] = "入荷待ち、にゅうか待ち"
    book.rows[0][column] = typed
    report = book.sync().report
    assert (report.unlisted, book.rows[0].get("tags")) == ({}, None)
    assert "一覧にありません" not in str(book.rows[0].get("reason"))


def test_once_cured_the_mark_and_the_sentence_are_gone(book: Book) -> None:
    book.rows[0].update(status="対応済", category="ふしぎ")
    book.sync()
    assert str(book.rows[0].get("reason")).count("一覧にありません") == 2
    book.rows[0]["status"] = "対応中"
    book.sync()
    assert str(book.rows[0].get("reason")).count("一覧にありません") == 1
    assert book.rows[0]["tags"] == "要確認"
    book.rows[0]["category"] = "その他"
    book.sync()
    assert "一覧にありません" not in str(book.rows[0].get("reason"))
    assert book.rows[0].get("tags") is None
    assert not book.plan().commit


def test_a_mark_that_a_person_takes_away_stays_away(book: Book) -> None:
    book.rows[0]["status"] = "対応済"
    book.sync()
    book.rows[0].pop("tags")
    book.sync()
    book.sync()
    assert book.rows[0].get("tags") is None


def test_the_sentence_stays_on_top_of_what_comes_later(book: Book) -> None:
    book.rows[0]["status"] = "対応済"
    book.sync()
    for number in range(8):
        book.sync(
            arrival(f"x{number}@x", "在庫は？", answers=["q1@example.jp"], hours_ago=1 - number / 9),
        )
        book.rows[0]["status"] = "対応済"
        book.sync()
    assert str(book.rows[0].get("reason")).startswith("対応状況「対応済」は一覧にありません")


def test_what_is_settled_is_asked_about_no_more(book: Book) -> None:
    book.rows[0].update(status="対応済み", category="ふしぎ", template="ない")
    assert book.sync().report.unlisted == {}


def test_a_category_of_the_shops_own_templates_is_known(book: Book) -> None:
    book.snapshot.tables["templates"][0].cells["category"] = "ギフト"
    book.rows[0]["category"] = "ギフト"
    assert book.sync().report.unlisted == {}


def test_a_category_that_people_use_twice_is_the_shops_own(book: Book) -> None:
    book.sync(arrival("n2@x", "名入れはできますか。", sender="b@example.com", subject="名入れ"))
    book.rows[0]["category"] = "名入れ"
    [told] = book.sync().report.unlisted.values()
    assert "もう一件で使うと、一覧に加わります" in told
    assert book.rows[0]["tags"] == "要確認"
    book.rows[1]["category"] = " 名入れ"
    assert book.sync().report.unlisted == {}
    assert [row.get("tags") for row in book.rows] == [None, None]
    assert "一覧にありません" not in str(book.rows[0].get("reason"))
    assert not book.plan().commit


def test_a_word_typed_twice_is_no_status_of_the_shop(book: Book) -> None:
    book.sync(arrival("n2@x", "在庫は？", sender="b@example.com", subject="別件"))
    for row in book.rows:
        row["status"] = "対応済"
    assert len(book.sync().report.unlisted) == 2


def test_a_ledger_without_templates_knows_every_template() -> None:
    book = Book()
    book.sync(arrival("q1@x"))
    book.rows[0]["template"] = "いつもの"
    assert book.sync().report.unlisted == {}


@pytest.mark.parametrize(
    ("language", "list_key", "typed", "option"),
    [
        ("en", "status", "DONE", "done"),
        ("en", "status", " done ", "done"),
        ("ja", "category", "ｷｬﾝｾﾙ・注文変更", "cancel"),
        ("ja", "channel", "めーる", "mail"),
        ("ja", "status", "対応済", "対応済"),
        ("ja", "status", "ＶＩＰ", "VIP"),
    ],
)
def test_an_option_is_known_in_whatever_width_case_or_kana(
    language: str, list_key: str, typed: str, option: str
) -> None:
    assert load_layout(language).option(list_key, typed) == option


def test_a_folded_status_does_what_the_status_does(book: Book) -> None:
    book.rows[0]["priority"] = "大至急"
    assert LAYOUT.option("priority", "ダイ至急") != "urgent"
    book.rows[0]["status"] = "対応済ミ"
    book.sync()
    assert book.rows[0]["closed"]


def test_sync_names_inquiry_column_value_and_the_nearest_choice(run: Run, tmp_path: Path) -> None:
    shop(tmp_path, raw_mail(key="q1@x"))
    run("sync")
    workbook = ExcelWorkbook(tmp_path / "ledger.xlsx", LAYOUT)
    snapshot = workbook.read()
    [row] = snapshot.tables["inquiries"]
    workbook.commit(snapshot, Commit(updates=[Update("inquiries", row, {"status": "対応済"})]))
    for _ in range(2):
        _, out, _ = run("sync")
        assert "一覧にない値  1" in out
        told = "対応状況「対応済」は一覧にありません。「対応済み」のことでしたら"
        assert f"  {row.cells['id']}  {told}" in out.replace("\n", "")
    _, out, _ = run("--json", "sync")
    assert told in json.loads(out)["unlisted"][row.cells["id"]]
