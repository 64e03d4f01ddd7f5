"""Which texts resemble each other: replies and templates, inquiries and past inquiries."""

from __future__ import annotations

import random

import pytest

from daicho.inquiry.reply import Template, fill, load_fields
from daicho.inquiry.similar import LEADERS, Origins, grams, groups, nearest, terms
from daicho.wording import LANGUAGES, wording
from test_reply import STARTERS


def sent(template: Template, language: str) -> str:
    """A starter as a person sends it when nothing has to be changed."""
    fields = load_fields(language)
    values = {key: f"値{number}" for number, key in enumerate(fields.labels)}
    return fill(template, values, fields, wording(language)).text


def edited(text: str, chance: random.Random) -> str:
    """A reply after a person's work on it: two lines in five gone, a paragraph of their own on top."""
    lines = [line for line in text.split("\n") if not line or chance.random() > 0.4]
    own = "先ほどはお電話をありがとうございました。お話しした件を、以下のとおり改めてご案内いたします。"
    return "\n".join([*lines[:1], "", own, *lines[1:]])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reply_sent_as_the_template_stands_is_known_by_it(language: str) -> None:
    origins = Origins(STARTERS[language])
    for template in STARTERS[language]:
        assert origins.of(sent(template, language)) == template.key


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reply_that_was_worked_on_is_mostly_known_and_never_taken_for_another(language: str) -> None:
    origins, chance = Origins(STARTERS[language]), random.Random(7)
    found = []
    for template in STARTERS[language]:
        for _ in range(8):
            key = origins.of(edited(sent(template, language), chance))
            assert key in (template.key, "")
            found.append(bool(key))
    assert sum(found) / len(found) > 0.8


@pytest.mark.parametrize(
    "text",
    [
        "",
        "はい",
        "いつもお世話になっております。\n先日の件、承知いたしました。よろしくお願いいたします。",
        "山田花子 様\n\nこのたびはさくら雑貨店をご利用いただき、誠にありがとうございます。\n"
        "カスタマーサポートの佐藤でございます。\n\n社内で相談いたします。\n\nどうぞよろしくお願いいたします。",
        "あ" * 10_000,
    ],
)
def test_a_reply_written_freely_comes_from_no_template(text: str) -> None:
    assert Origins(STARTERS["ja"]).of(text) == ""


def test_templates_of_nothing_but_fields_or_of_the_same_words_break_nothing() -> None:
    bodies = {
        "a": "{署名}",
        "b": "同じ文です。ご確認ください。",
        "c": "同じ文です。ご確認ください。",
        "d": "",
    }
    origins = Origins(Template(key, "", "", body) for key, body in bodies.items())
    assert origins.of("同じ文です。ご確認ください。") in ("b", "c")
    assert origins.of("店より") == ""


# --- past inquiries --------------------------------------------------------------------------------------

PAST = [
    "領収書を発行していただけますか。宛名は株式会社みどりでお願いします。",
    "青いマグカップの再入荷はいつでしょうか。",
    "注文した商品がまだ届きません。追跡番号も動いていません。",
    "Could you send the mug to Austria, and how much is it?",
]


@pytest.mark.parametrize(
    ("text", "best"),
    [
        ("領収書の宛名を会社名にしてほしいです", 0),
        ("マグカップは再入荷しますか", 1),
        ("まだ届いていないのですが、追跡番号が動いていません", 2),
        ("Do you ship a mug to Austria?", 3),
    ],
)
def test_the_nearest_past_inquiry_asks_the_same(text: str, best: int) -> None:
    assert nearest(text, PAST, 3)[0].index == best


def test_an_inquiry_is_most_like_itself_and_likeness_stays_within_one() -> None:
    for index, text in enumerate(PAST):
        near = nearest(text, PAST, 4)
        assert near[0].index == index
        assert all(0 < each.likeness <= 1 for each in near)
        assert [each.likeness for each in near] == sorted((each.likeness for each in near), reverse=True)


@pytest.mark.parametrize("text", ["", "。。。", "???"])
def test_what_says_nothing_is_like_nothing(text: str) -> None:
    assert nearest(text, [*PAST, ""], 3) == []


def test_texts_are_compared_by_their_letters_and_neither_by_width_nor_by_marks() -> None:
    assert grams("ＡＢＣ、ｄｅ", 3) == grams("abc de", 3) == {"abc", "bcd", "cde"}
    assert grams("あ") == {"あ"}
    assert grams("") == terms("") == frozenset()
    assert terms("Ship to オーストリア、 ｏｋ？") == {
        "ship",
        "to",
        "ok",
        "オー",
        "ース",
        "スト",
        "トリ",
        "リア",
    }


# --- groups ----------------------------------------------------------------------------------------------

ASKED = [
    "割れた皿の金継ぎは頼めますか。",
    "Is the tray safe for a microwave?",
    "皿の金継ぎをお願いできますか？",
    "金継ぎで皿を直してもらえますか。",
    "Can I use the wooden tray in the microwave?",
    "のしは付けられますか。",
]


def test_questions_about_one_thing_come_together_the_largest_group_first() -> None:
    found = [sorted(group) for group in groups(ASKED, [0] * len(ASKED))]
    assert found == [[0, 2, 3], [1, 4], [5]]


def test_only_what_is_alike_otherwise_is_grouped() -> None:
    assert all(len(group) == 1 for group in groups(ASKED, range(len(ASKED))))


def test_the_most_typical_question_stands_first() -> None:
    texts = [
        "皿の金継ぎについて長々とお尋ねします。祖母の形見の茶碗で、いろいろ事情がありまして。",
        *ASKED[0:3:2],
        ASKED[3],
    ]
    [group] = groups(texts, [0] * 4, like=0.05)
    assert group[0] != 0 and sorted(group) == [0, 1, 2, 3]


def test_a_great_many_questions_are_grouped_without_comparing_all_with_all() -> None:
    texts = [f"商品{number}番の{chr(0x4E00 + number)}について" for number in range(1500)]
    assert sum(map(len, groups(texts, [0] * len(texts), like=0.99))) <= LEADERS
