"""The shop's own rules: how they read a mail, which wins, and what is told of a bad one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daicho.inquiry.rules import RuleSet, Sought, labelled, read_rules, try_rules
from daicho.sheets.layout import load_layout
from daicho.sheets.workbook import Cell
from daicho.training import starter_records, starter_rules

JA = load_layout("ja")


def row(words: str, sets: str = "タグ", value: str = "印", **cells: Cell) -> dict[str, Cell]:
    return {"on": True, "words": words, "set": sets, "value": value, **cells}


def mail(text: str, subject: str = "", sender: str = "") -> Sought:
    return labelled("x", subject, text, sender, {}).mail


def rules(*rows: dict[str, Cell]) -> RuleSet:
    return read_rules(rows, JA)


def hit_rows(found: RuleSet, seen: Sought) -> list[int]:
    return [hit.rule.row for hit in found.hits(seen)]


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        ("キャンセル", "きゃんせるしたい", True),
        ("ｷｬﾝｾﾙ", "キャンセルしたい", True),
        ("paypay", "ＰａｙＰａｙは使えますか", True),
        ("のし、熨斗", "熨斗をつけて", True),
        ("のし,熨斗\nラッピング", "ラッピングで", True),
        ("sue", "there is an issue", False),
        ("sue", "I will sue you", True),
        ("sue", "sueします", True),
        ("返品", "交換したい", False),
        ("   、 ,", "なんでも", False),
    ],
)
def test_words_are_found_with_width_case_and_kana_folded(words: str, text: str, found: bool) -> None:
    assert bool(rules(row(words)).hits(mail(text))) is found


def test_all_words_have_to_stand_there_where_the_rule_says_so() -> None:
    both = rules(row("ギフト、のし", match="すべて含む"))
    assert both.hits(mail("ギフトにのしを"))
    assert not both.hits(mail("ギフトで"))


def test_a_sentence_with_an_excluded_word_is_not_read_and_the_others_are() -> None:
    cancel = rules(row("キャンセル", **{"except": "ではなく、じゃなく"}))
    assert not cancel.hits(mail("キャンセルではなく日時の変更です。"))
    assert cancel.hits(mail("変更ではなく、です。注文はキャンセルします。"))


@pytest.mark.parametrize(
    ("where", "hits"),
    [("件名", False), ("本文", True), ("件名と本文", True), ("差出人", False), ("any", True)],
)
def test_a_rule_looks_only_where_it_is_told(where: str, hits: bool) -> None:
    assert bool(rules(row("返金", where=where)).hits(mail("返金はいつ", subject="お尋ね"))) is hits


def test_a_rule_can_look_at_the_sender() -> None:
    found = rules(row("news@example.com", "種別", "自動送信", where="差出人"))
    assert [hit.rule.value for hit in found.hits(mail("", sender="News NEWS@example.com"))] == ["auto"]


def test_the_lowest_order_wins_then_the_upper_row_and_tags_add_up() -> None:
    found = rules(
        row("皿", "優先度", "通常"),
        row("皿", "優先度", "大至急", order=2),
        row("皿", "優先度", "至急", order=1.5),
        row("皿", value="食器"),
        row("皿", value="割れ物"),
    )
    assert hit_rows(found, mail("皿が")) == [2, 3, 4]


def test_a_rule_that_is_not_switched_on_does_nothing_and_has_no_problem() -> None:
    found = read_rules([{"words": "皿"}, row("(", match="正規表現", on=False)], JA)
    assert (found.rules, found.problems) == ([], {})


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (row(""), "「言葉」が空"),
        (row("皿", ""), "「決める項目」が空"),
        (row("皿", value=""), "「値」が空"),
        (row("皿", "優先度", "すぐ"), "大至急、至急、通常、対象外"),
        (row("皿", "種別", "返信"), "自動送信"),
        (row("皿", "色", "赤"), "「決める項目」の「色」"),
        (row("皿", where="空"), "「見る場所」の「空」"),
        (row("皿", match="だいたい"), "どれか含む"),
        (row("皿", order="最初"), "「最初」は数字ではありません"),
        (row("(皿", match="正規表現"), "正規表現として読めません"),
        (row("皿" * 301, match="正規表現"), "長すぎます"),
    ],
)
def test_a_bad_rule_is_told_in_its_row_and_the_others_go_on(bad: dict[str, Cell], told: str) -> None:
    found = rules(row("皿"), bad, row("皿"))
    assert list(found.problems) == [1]
    assert told in found.problems[1]
    assert hit_rows(found, mail("皿")) == [0, 2]


def test_the_problem_is_told_in_the_users_language() -> None:
    assert "empty" in read_rules([row("")], load_layout("en")).problems[0]


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("支払い・返金", "payment"),
        ("キャンセル", "cancel"),
        ("ｸｰﾎﾟﾝ", "ordering"),
        ("defect", "defect"),
        ("卸売", "卸売"),
    ],
)
def test_a_category_is_named_by_its_label_a_part_of_it_its_key_or_is_the_shops_own(
    text: str, category: str
) -> None:
    assert rules(row("皿", "問い合わせ区分", text)).rules[0].value == category


def test_a_regular_expression_searches_what_is_written_with_case_ignored() -> None:
    found = rules(row(r"^Re: .*[0-9]{4}", match="正規表現", where="件名"))
    assert found.hits(mail("", subject="RE: 注文 1234"))[0].words == ("RE: 注文 1234",)
    assert not found.hits(mail("Re: 1234", subject="注文"))


def test_a_regular_expression_that_takes_too_long_is_told_and_not_tried_again() -> None:
    slow = rules(row("(a+)+b", match="正規表現"), row("皿"))
    long = mail("a" * 5000 + "皿")
    assert hit_rows(slow, long) == [1]
    assert "時間がかかりすぎる" in slow.problems[0]
    assert hit_rows(slow, mail("aab 皿")) == [1]


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["on", "order", "where", "match", "words", "except", "set", "value"]),
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40)),
    )
)
def test_whatever_people_type_into_a_row_it_is_a_rule_or_a_problem_or_off(cells: dict[str, Cell]) -> None:
    found = read_rules([{**cells, "on": True}], JA)
    assert len(found.rules) + len(found.problems) == 1
    found.hits(mail("皿 (a) [b]", subject="件名"))


# --- trying rules out ---


def test_trying_a_rule_tells_its_hits_and_the_examples_it_gets_wrong() -> None:
    examples = [
        labelled("a", "", "皿が割れた", "", {"category": "defect"}),
        labelled("b", "", "皿の在庫は", "", {"category": "stock"}),
        labelled("c", "", "椅子が割れた", "", {"category": "defect"}),
    ]
    (trial,) = try_rules(
        rules(row("皿", "問い合わせ区分", "不良・破損")), [mail("皿"), mail("椅子")], examples
    )
    assert (trial.hits, trial.right, trial.wrong) == (1, 1, (("b", "stock"),))


# --- the starter rules ---


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_starter_rule_can_be_read(language: str) -> None:
    rows = [{**row, "on": True} for row in starter_rules(language)]
    assert read_rules(rows, load_layout(language)).problems == {}


@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_starter_rule_misjudges_an_inquiry_among_the_examples(language: str) -> None:
    inquiries = [
        labelled(
            record["id"],
            record["subject"],
            record["text"],
            f"{record.get('from_name', '')} {record.get('from_addr', '')}",
            {key: record[key] for key in ("category", "priority", "kind")},
        )
        for record in starter_records()
        if record["kind"] == "inquiry"
    ]
    wrong = {
        (trial.rule.row, *example)
        for trial in try_rules(read_rules(starter_rules(language), load_layout(language)), [], inquiries)
        for example in trial.wrong
    }
    assert wrong == set()
