"""Filling reply templates: full, partial and hostile data, several requests, dates."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daicho.inquiry.reply import (
    VALUE_LIMIT,
    Letter,
    Template,
    combine,
    fill,
    find_template,
    load_fields,
    outside,
    spoken_date,
)
from daicho.ledger.replies import read_templates
from daicho.sheets.layout import load_layout
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Record
from daicho.wording import LANGUAGES, wording

FIELDS = load_fields("ja")
WORDS = wording("ja")

STARTERS = {
    language: read_templates(
        [Record(number, row) for number, row in enumerate(load_starters(language)["templates"], 2)],
        load_layout(language),
    )
    for language in LANGUAGES
}
EVERY_STARTER = [
    pytest.param(language, template, id=f"{language}-{template.key}")
    for language in LANGUAGES
    for template in STARTERS[language]
]

HOSTILE = [
    *("{", "}", "{署名}", "{signature}", "{{0}}", "{0.__class__}", "｛お客様名｝", "【要記入：署名】"),
    *("%s %(name)s", "\\1 \\g<0>", "$1 ${x}", "=cmd|' /C calc'!A0", "=1+1", "<script>alert(1)</script>"),
    *(
        "山田\r\n花子",
        "山田\nBcc: x@example.com",
        "\u202e山田",
        "a\x00b\x1bc",
        " ",
        "様",
        "山田様",
        "名" * 5000,
    ),
]


def filled(body: str, **values: str) -> str:
    return fill(Template("t", "", "", body), values, FIELDS, WORDS).text


@pytest.mark.parametrize(
    ("body", "values", "expected"),
    [
        ("{お客様名} 様", {"customer": "山田花子"}, "山田花子 様"),
        ("{お客様名}様", {"customer": "山田花子"}, "山田花子様"),
        ("{お客様名} 様", {"customer": "鈴木様"}, "鈴木 様"),
        ("{お客様名}、", {"customer": "鈴木様"}, "鈴木様、"),
        ("{お客様名} 様", {}, "お客様"),
        ("{お客様名} 様", {"customer": "様"}, "お客様"),
        ("Dear {customer name},", {"customer": "Mia"}, "Dear Mia,"),
        ("{ お客様名 } 様", {"customer": "山田"}, "山田 様"),
        ("{Customer  Name}", {"customer": "Mia"}, "Mia"),
        ("｛注文番号｝", {"order": "1001"}, "1001"),
        ("{お届け日}", {}, "【要記入：お届け日】"),
        ("{delivery date}", {}, "【要記入：お届け日】"),
        ("{お届け日}{お届け日}", {}, "【要記入：お届け日】【要記入：お届け日】"),
        ("{受付時間}", {}, "【要記入：受付時間】"),
        ("{受付時間}", {FIELDS.key("受付時間"): "9時から"}, "9時から"),
        ("{}", {}, "{}"),
        ("{お客様名", {"customer": "山田"}, "{お客様名"),
        ("100% {商品名} \\1", {"product": "皿 \\1"}, "100% 皿 \\1 \\1"),
    ],
)
def test_a_place_is_filled_with_what_is_known(body: str, values: dict[str, str], expected: str) -> None:
    assert filled(body, **values) == expected


def test_what_nobody_knows_is_counted_place_by_place() -> None:
    template = Template("t", "", "{店名}", "{お届け日}まで、{お届け日}と{配送会社}。{知らない項目}")
    missing = fill(template, {"shop": "さくら"}, FIELDS, WORDS).missing
    assert missing == ("お届け日", "お届け日", "配送会社", "知らない項目")


@pytest.mark.parametrize(("language", "template"), EVERY_STARTER)
def test_a_starter_filled_with_everything_leaves_no_place_open(language: str, template: Template) -> None:
    fields = load_fields(language)
    values = {key: f"値{number}" for number, key in enumerate(fields.labels)}
    result = fill(template, values, fields, wording(language))
    assert result.missing == ()
    assert not set("{}") & set(result.subject + result.text)
    for key in fields.used(template.body):
        assert values[key] in result.text


@pytest.mark.parametrize(("language", "template"), EVERY_STARTER)
def test_a_starter_filled_with_little_shows_every_gap(language: str, template: Template) -> None:
    fields, words = load_fields(language), wording(language)
    result = fill(template, {"shop": "さくら雑貨店"}, fields, words)
    gaps = [key for key in fields.used(template.body) if key not in ("shop", "customer")]
    assert list(result.missing) == [fields.labels[key] for key in gaps]
    for label in result.missing:
        assert words.say("reply.blank", field=label) in result.text
    assert words.say("reply.customer") in result.text.split("\n")[0]


@pytest.mark.parametrize(("language", "template"), EVERY_STARTER)
def test_a_starter_filled_with_hostile_words_says_just_them(language: str, template: Template) -> None:
    fields, words = load_fields(language), wording(language)
    lines = fill(template, dict.fromkeys(fields.labels, "値"), fields, words).text.split("\n")
    for value in HOSTILE:
        safe = outside(value)
        result = fill(template, dict.fromkeys(fields.labels, safe), fields, words)
        assert len(result.text.split("\n")) == len(lines)
        assert result.missing == () or not safe
        assert not any(ord(char) < 32 and char != "\n" for char in result.text)
        assert "\n" not in result.subject


@given(st.text(max_size=400))
@settings(max_examples=150, deadline=None)
def test_words_from_outside_stay_one_short_line(value: str) -> None:
    safe = outside(value)
    assert len(safe) <= VALUE_LIMIT + 1
    assert "\n" not in safe and "\r" not in safe and safe == safe.strip()
    assert filled("〔{商品名}〕", product=safe) == (f"〔{safe}〕" if safe else "〔【要記入：商品名】〕")


@given(
    st.text(alphabet="{}｛｝お客様名 様\n店a【】", max_size=60), st.text(alphabet="{}お客様名", max_size=12)
)
@settings(max_examples=300, deadline=None)
def test_any_text_is_filled_in_one_pass(body: str, name: str) -> None:
    template = Template("t", "", body, body)
    once = fill(template, {"customer": "〓", "shop": "店"}, FIELDS, WORDS).text
    again = fill(template, {"customer": name, "shop": "店"}, FIELDS, WORDS).text
    if name and "様" not in name:
        assert again == once.replace("〓", name)


# --- two requests in one mail ----------------------------------------------------


def body_of(letter: Letter) -> str:
    return "\n\n".join(text for _, text in letter.pieces)


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_requests_get_one_greeting_both_cores_and_one_signature(language: str) -> None:
    fields, words = load_fields(language), wording(language)
    for first in STARTERS[language]:
        for second in STARTERS[language]:
            if first is not second:
                body = body_of(combine([first, second], fields, words))
                used = fields.used(body)
                assert used.count("signature") == 1
                assert body.rstrip().endswith("{" + fields.labels["signature"] + "}")
                assert used[0] == "customer"
                assert words.say("reply.also") in body
                for own in (first, second):
                    assert {key for key in fields.used(own.body) if key != "shop"} <= set(used), own.key


def test_of_two_requests_the_second_closing_phrase_stands_at_the_end() -> None:
    receipt = next(each for each in STARTERS["ja"] if each.key == "receipt")
    coupon = next(each for each in STARTERS["ja"] if each.key == "coupon-points")
    body = body_of(combine([coupon, receipt, coupon], FIELDS, WORDS))
    assert body.count("どうぞよろしくお願いいたします。") == 1
    assert body.count("{お客様名}") == 1
    assert body.endswith("どうぞよろしくお願いいたします。\n\n{署名}")


def test_joined_templates_keep_the_indent_of_every_paragraph() -> None:
    bodies = (
        "{お客様名} 様\n\n　一つ目です。\n　\n　{注文番号}の続きです。\n\n{署名}",
        "{お客様名} 様\n\n　二つ目です。\n\n{署名}",
    )
    joined = body_of(combine([Template(body[-9:], "", "", body) for body in bodies], FIELDS, WORDS))
    indented = [line for line in joined.split("\n") if line.startswith("　")]
    assert indented == ["　一つ目です。", "　{注文番号}の続きです。", "　二つ目です。"]


@pytest.mark.parametrize("body", ["", "はい", "{署名}", "{お客様名} 様\n\n{署名}", "一\n\n二\n\n三"])
def test_a_template_of_any_shape_can_be_one_of_two(body: str) -> None:
    receipt = next(each for each in STARTERS["ja"] if each.key == "receipt")
    odd = Template("odd", "", "", body)
    for pair in ([receipt, odd], [odd, receipt]):
        text = fill(combine(pair, FIELDS, WORDS), {"customer": "山田"}, FIELDS, WORDS).text
        assert "領収書（適格請求書）" in text
        assert "{" not in text


# --- names and dates ----------------------------------------------------


@pytest.mark.parametrize("chosen", ["receipt", " Receipt ", "ＲＥＣＥＩＰＴ", "領収書の発行"])
def test_a_template_is_found_by_key_or_name(chosen: str) -> None:
    templates = [Template("restock", "再入荷", "", "x"), Template("receipt", "領収書の発行", "", "x")]
    found = find_template(chosen, templates)
    assert found is not None and found.key == "receipt"


def test_an_empty_choice_finds_no_template_without_a_name() -> None:
    assert find_template("", [Template("receipt", "", "", "x")]) is None


@pytest.mark.parametrize(("language", "expected"), [("ja", "11月18日（水）"), ("en", "Wed, 18 November")])
def test_a_date_is_said_as_the_language_says_it(language: str, expected: str) -> None:
    assert spoken_date(date(2026, 11, 18), wording(language)) == expected
    assert spoken_date(datetime(2026, 11, 18, 23, 59, tzinfo=UTC), wording(language)) == expected
