"""`templates check`: what it finds in templates, and that the starters give no cause."""

from __future__ import annotations

import pytest

from builders import NOW, TOKYO
from daicho.ledger.propose import Speaker
from daicho.ledger.replies import Replies
from daicho.ledger.rows import Clock
from daicho.ledger.settings import read_settings
from daicho.ledger.template_check import Finding, check_templates, periods
from daicho.sheets.layout import load_layout
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Cell, Record
from daicho.wording import LANGUAGES, wording

Tables = dict[str, list[Record]]


def tables(language: str) -> Tables:
    return {
        tab: [Record(number, dict(row)) for number, row in enumerate(rows, 2)]
        for tab, rows in load_starters(language).items()
    }


def check(book: Tables, language: str = "ja") -> list[Finding]:
    layout = load_layout(language)
    speaker = Speaker(layout, wording(language), Clock(TOKYO))
    replies = Replies(book, read_settings(book["settings"], layout), speaker, "店", NOW)
    return check_templates(replies, book, layout)


def cells(book: Tables, key: str) -> dict[str, Cell]:
    return next(record.cells for record in book["templates"] if record.cells["key"] == key)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_starters_give_no_cause(language: str) -> None:
    assert check(tables(language), language) == []


@pytest.mark.parametrize(
    ("language", "key", "sentence", "found"),
    [
        ("ja", "return", "返送の送料は当店が負担いたします。", "freight"),
        ("ja", "exchange", "送料無料で交換いたします。", "freight"),
        ("ja", "return", "着払いでご返送ください。", "freight"),
        ("ja", "return", "商品の到着から30日以内にお送りください。", "period"),
        ("ja", "exchange", "お届け後２週間以内でしたら承ります。", "period"),
        ("ja", "return", "使用後でも返品を承ります。", "any-condition"),
        ("ja", "exchange", "交換は何度でも承ります。", "any-number"),
        ("ja", "cancel", "出荷後でもキャンセルできます。", "cancel-any-time"),
        ("ja", "escalate", "全責任は当店にございます。", "amount"),
        ("ja", "cancel", "商品券でご返金いたします。", "refund-method"),
        ("en", "return", "We will pay the return postage.", "freight"),
        ("en", "return", "Please send it within 30 days of arrival.", "period"),
        ("en", "exchange", "You may exchange it as often as you like.", "any-number"),
        ("en", "cancel", "We will refund you with a gift card.", "refund-method"),
    ],
)
def test_a_promise_that_a_policy_denies_is_found_with_both_sentences(
    language: str, key: str, sentence: str, found: str
) -> None:
    book = tables(language)
    cells(book, key)["body"] = f"{cells(book, key)['body']}\n{sentence}"
    [finding] = check(book, language)
    assert (finding.template, finding.key) == (key, f"check.{found}")
    assert finding.values["line"] == sentence
    said = wording(language).say(finding.key, **finding.values)
    assert str(finding.values["policy"]) in said and sentence in said


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("wrong-item", "送料は当店が負担いたします。着払いでご返送ください。"),
        ("return", "商品の到着から7日以内にお送りください。"),
        ("return", "お問い合わせから30日以内にお返事ください。"),
        ("cancel", "ご返金は銀行振込でいたします。"),
        ("restock", "商品券はご利用いただけません。"),
    ],
)
def test_what_policies_allow_or_do_not_speak_of_is_no_finding(key: str, sentence: str) -> None:
    book = tables("ja")
    cells(book, key)["body"] = f"{cells(book, key)['body']}\n{sentence}"
    assert check(book) == []


def test_policies_that_people_change_are_what_counts() -> None:
    book = tables("ja")
    for record in book["policies"]:
        record.cells = {key: str(cell).replace("8日", "5日") for key, cell in record.cells.items()}
    assert {(each.template, each.key) for each in check(book)} == {
        ("return", "check.period"),
        ("exchange", "check.period"),
    }


def test_a_name_that_is_no_field_is_found_unless_the_shop_has_set_it() -> None:
    book = tables("ja")
    cells(book, "return")["body"] = "{お客さま名} 様 {受付電話}"
    book["settings"].append(Record(99, {"setting": "その他", "name": "受付電話", "value": "平日"}))
    [finding] = check(book)
    assert finding.values["field"] == "お客さま名"
    assert "{お客さま名}" in wording("ja").say(finding.key, **finding.values)


@pytest.mark.parametrize(
    ("language", "field", "meant"),
    [
        ("ja", "担当者", "担当者名"),
        ("ja", "おとどけ日", "お届け日"),
        ("ja", "Order  nunber", "注文番号"),
        ("ja", "受付の電話", "受付電話"),
        ("ja", "天気", ""),
        ("en", "customers name", "customer name"),
        ("en", "お客様の名", "customer name"),
    ],
)
def test_the_field_that_may_be_meant_is_named(language: str, field: str, meant: str) -> None:
    book = tables(language)
    label = load_layout(language).label("setting", "value")
    book["settings"].append(Record(99, {"setting": label, "name": "受付電話", "value": "平日"}))
    cells(book, "return")["body"] = f"{{{field}}}"
    [finding] = check(book, language)
    assert finding.key == ("check.unknown-field-near" if meant else "check.unknown-field")
    said = wording(language).say(finding.key, **finding.values)
    assert f"{{{field}}}" in said and (f"{{{meant}}}" in said or not meant)


@pytest.mark.parametrize("missing", ["key", "body"])
def test_a_row_that_cannot_be_a_template_is_told_with_its_place(missing: str) -> None:
    book = tables("ja")
    row: dict[str, Cell] = {"key": "own", "name": "うちの案内", "body": "はい。", "on": "✓"}
    book["templates"].append(Record(60, row | {missing: "  "}))
    book["templates"].append(Record(61, {"on": "✓"}))
    [finding] = check(book)
    assert finding.key == "check.incomplete"
    assert "60 行目" in wording("ja").say(finding.key, **finding.values)
    assert finding.template == ("うちの案内" if missing == "key" else "own")


def test_templates_nobody_uses_are_told_once_others_are_used() -> None:
    book = tables("ja")
    for record in book["templates"]:
        record.cells["used"] = 3
    del cells(book, "account")["used"], cells(book, "thanks")["used"]
    cells(book, "thanks").pop("on")
    assert [(each.template, each.key) for each in check(book)] == [("account", "check.unused")]


def test_two_rows_of_one_key_are_told_with_their_places() -> None:
    book = tables("ja")
    book["templates"].append(Record(60, dict(cells(book, "thanks"))))
    [finding] = check(book)
    assert (finding.template, finding.key) == ("thanks", "check.doubled")
    assert "60" in str(finding.values["rows"])


def test_without_policies_nothing_can_deny_a_promise() -> None:
    book = tables("ja")
    book["policies"] = []
    cells(book, "return")["body"] = "送料は当店が負担いたします。到着から90日以内。現金でご返金。"
    assert check(book) == []


@pytest.mark.parametrize(
    ("line", "days"),
    [
        ("到着から8日以内", [8]),
        ("商品のお届け後、14日以内", []),
        ("お届け日から２週間", [14]),
        ("家電・時計は到着から1年、ほかは90日", [365]),
        ("within 10 days of delivery", [10]),
        ("within 2 weeks after arrival", [14]),
        ("3営業日以内に発送", []),
    ],
)
def test_periods_after_arrival_are_read(line: str, days: list[int]) -> None:
    assert periods(line) == days
