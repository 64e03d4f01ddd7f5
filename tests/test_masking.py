"""Pseudonyms: what is masked, however it is spelled, what stays, and how it comes back."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daicho.ledger.masking import Kind, Masker, bare, contacts_in
from daicho.ledger.vendor.veil import labels
from daicho.wording import wording

LABELS = labels(wording("ja"))
KNOWN: dict[Kind, list[str]] = {
    "name": [
        "山田 花子",
        "林一郎",
        "髙橋　みほ",
        "Ann Lee",
        "Will Grey",
        "小川 はな",
        "中一郎",
        "つばき設計株式会社",
    ],
    "email": ["hanako@example.jp"],
    "phone": ["09012345678", "0398765432"],
    "order": ["1009-3347", "503-1234567-7654321"],
    "address": ["東京都見本区見本町1-2-3"],
}


def masker(key: str = "key", keep: tuple[str, ...] = ("support@shop.example.jp", "0120-000-111")) -> Masker:
    made = Masker(key, LABELS, keep)
    for kind, values in KNOWN.items():
        for value in values:
            made.learn(kind, value)
    return made


def masked(text: str) -> str:
    made = masker()
    made.study(text)
    return made.mask(text)


SPELLED = [
    ("name", "山田 花子", "山田花子さんから"),
    ("name", "山田 花子", "山　田　花　子 様"),
    ("name", "山田 花子", "花子 山田より"),
    ("name", "山田 花子", "差出人：山田\n花子"),
    ("name", "髙橋　みほ", "高橋ﾐﾎ様"),
    ("name", "林一郎", "林です。"),
    ("name", "林一郎", "林 様"),
    ("name", "Ann Lee", "Dear ANN  LEE,"),
    ("name", "Ann Lee", "Ａｎｎ Ｌｅｅ"),
    ("name", "Will Grey", "Regards, Will"),
    ("name", "小川 はな", "はなです"),
    ("name", "小川 はな", "小川ハナ"),
    ("email", "hanako@example.jp", "HANAKO＠ＥＸＡＭＰＬＥ．ＪＰ"),
    ("email", "hanako@example.jp", "hanako (at) example.jp"),
    ("email", "hanako@example.jp", "hanako @ example.jp まで"),
    ("phone", "09012345678", "０９０－１２３４－５６７８"),
    ("phone", "09012345678", "090 - 1234 - 5678"),
    ("phone", "09012345678", "090ー1234ー5678"),
    ("phone", "09012345678", "(090)1234.5678"),
    ("phone", "09012345678", "+81 90-1234-5678"),
    ("phone", "09012345678", "＋８１（０）９０ １２３４ ５６７８"),
    ("phone", "09012345678", "電話 〇九〇―一二三四―五六七八"),
    ("phone", "0398765432", "〇三（九八七六）五四三二"),
    ("order", "1009-3347", "注文番号：１００９－３３４７"),
    ("order", "1009-3347", "注文 1009 3347 の件"),
    ("address", "東京都見本区見本町1-2-3", "東京都 見本区 見本町 １－２－３"),
]


@pytest.mark.parametrize(("kind", "value", "text"), SPELLED, ids=[text for _, _, text in SPELLED])
def test_a_known_value_is_masked_however_it_is_spelled(kind: Kind, value: str, text: str) -> None:
    made = masker()
    result = made.mask(text)
    assert made.pseudonym(kind, value) in result
    assert not made.leaks(result)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("鈴木様のお荷物が届きました", "お客様様のお荷物が届きました"),
        ("お名前：佐々木 次郎", "お名前：お客様"),
        (
            "大阪府見本市中央3丁目2番1号 見本ハイツ203号室 に届けてください",
            "住所 に届けてください",
        ),
        ("〒150-0001 まで", "住所 まで"),
        ("ご住所：見本村字見本1", "ご住所：住所"),
        ("jiro.sasaki+shop@mail.example.com へ", "メール へ"),
        ("080-9999-8888", "電話"),
        ("0123456789 に電話", "電話 に電話"),
    ],
)
def test_what_looks_personal_is_masked_though_nobody_knew_it(text: str, rest: str) -> None:
    assert re.sub("-[2-9B-Z]{5}", "", masked(text)) == rest


@pytest.mark.parametrize(
    "text",
    [
        "お客様、皆様、仕様、同様、ご担当者様",
        "森林の林業",
        "使用中です。残り1つです。旅行使用中です",
        "support@shop.example.jp または 0120-000-111 へ",
        "2026-11-21 09:30 に 3,000円 を 2個",
        "11/21 09:00〜18:00",
        "cannot believe, Leeds",
        "I will not go, and my son will",
        "はなびらのマグカップ",
        "追跡番号はまだありません",
    ],
)
def test_what_is_nobody_s_stays(text: str) -> None:
    assert masked(text) == text


APART = [
    ("岡本健一", "マグの使い方（岡本）"),
    ("岡本健一", "使い方です。\n岡本\n"),
    ("岡本健一", "岡本の妻です"),
    ("岡本健一", "担当は岡本。"),
    ("長谷川健一", "長谷川です"),
    ("林", "林です。"),
    ("林", "使い方（林）"),
    ("林", "教えてください。\n　林　\n"),
    ("森 花子", "森と申します"),
    ("森 花子", "件名【森】"),
    ("原健", "原様"),
    ("辻", "辻さんに渡した"),
    ("髙橋 美咲", "高橋美咲"),
    ("髙橋 美咲", "（高橋）"),
    ("髙橋美咲", "（高橋）"),
    ("高﨑美咲", "高﨑の妻です"),
    ("高﨑美咲", "高崎です"),
    ("栁澤眞", "柳沢\n"),
]


@pytest.mark.parametrize(("name", "text"), APART, ids=[text for _, text in APART])
def test_a_family_name_that_stands_apart_is_its_bearer_s(name: str, text: str) -> None:
    made = Masker("key", LABELS)
    made.learn("name", name)
    result = made.mask(text)
    assert made.pseudonym("name", name) in result
    assert not set(bare(name)[:2]) & set(bare(re.sub("お客様-.....", "", result))) - set("の妻です")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("林", "林檎と森林と林業、林の中"),
        ("林", "林\u3000檎"),
        ("原 健", "原因は健康、原の"),
        ("金 一", "11月27日（金）、27（金）に"),
        ("今日子", "今日の荷物、今日は"),
        ("見本商店", "見本の品"),
        ("大野健", "サイズ（大）"),
        ("岡本健一", "岡本町、静岡本店"),
    ],
)
def test_what_only_looks_like_a_part_of_a_name_stays(name: str, text: str) -> None:
    made = Masker("key", LABELS)
    made.learn("name", name)
    assert made.mask(text) == text


def test_a_family_name_of_two_customers_is_masked_in_every_text() -> None:
    made = Masker("key", LABELS)
    made.learn("name", "中村由美")
    made.learn("name", "中村健")
    assert made.mask("中村\n", "中村由美") == f"{made.pseudonym('name', '中村由美')}\n"
    assert "中村" not in made.mask("よろしく。\n中村\n")


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("〒150-0001 神宮前1-2-3", "住所"),
        ("〒１５０－０００１\n神宮前１－２－３ です", "住所 です"),
        ("新しい住所　神宮前1-2-3-401", "新しい住所　住所"),
        ("住所は神宮前1-2-3です", "住所は住所です"),
        ("住所は〒150-0001 神宮前1-2-3です", "住所は住所です"),
        ("港区六本木六丁目十番一号", "住所"),
        ("北区梅田三-四-五", "住所"),
        ("渋谷区神宮前一丁目二番三号です", "住所です"),
        ("札幌市中央区北1条西2丁目", "住所"),
        ("京都市中京区河原町通三条上る", "住所"),
        ("新しい住所　〒000-0000 〇〇県〇〇市みどり町2-4-501", "新しい住所　住所"),
        ("Address: 221B Baker Street, London NW1 6XE", "Address: 住所"),
        ("It is 221B Baker Street, London NW1 6XE now", "It is 住所 now"),
        ("この地区で一番人気", "この地区で一番人気"),
        ("お届け先は本州なら1-2日", "お届け先は本州なら1-2日"),
        ("住所は以下の2点です", "住所は以下の2点です"),
        ("お届け先 変更 11-20に", "お届け先 変更 11-20に"),
        ("住所　神宮前 1-2-3", "住所　住所"),
        ("住所が3つあります", "住所が3つあります"),
        ("I bought 2 Pens by the way", "I bought 2 Pens by the way"),
    ],
)
def test_addresses_are_masked_to_their_end(text: str, rest: str) -> None:
    assert re.sub("-[2-9B-Z]{5}", "", masked(text)) == rest


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Call me: +44 20 7946 0958", "Call me: 電話"),
        ("Call +44 (0)20 7946 0958.", "Call 電話."),
        ("0044 20 7946 0958", "電話"),
        ("+1 (415) 555-2671", "電話"),
        ("TEL:+1-415-555-2671", "TEL:電話"),
        ("hanako@example.jp+1-415-555-2671", "メール電話"),
        ("〒150-0001 神宮前1-2-3+44 20 7946 0958", "住所電話"),
        ("＋４９ ３０ １２３４５６", "電話"),
        ("電話は1234-5678です", "電話は電話です"),
        ("電話は9-18時です。電話 10-17", "電話は9-18時です。電話 10-17"),
        ("二〇二六年一一月二一日、一〇〇〇円", "二〇二六年一一月二一日、一〇〇〇円"),
        ("カード 4111 1111 1111 1111 で", "カード 注文 で"),
        ("3782-822463-10005", "注文"),
        ("JAN 4901234567894", "JAN 4901234567894"),
        ("4111111111111111", "注文"),
        ("2+3=5, +5 points, +100円", "2+3=5, +5 points, +100円"),
        ("2026-11-21 2026-11-22", "2026-11-21 2026-11-22"),
    ],
)
def test_numbers_of_phones_and_cards_are_masked(text: str, rest: str) -> None:
    assert re.sub("-[2-9B-Z]{5}", "", masked(text)) == rest


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("注文者: 山田太郎", "注文者: お客様"),
        ("ご注文者：佐野太郎", "ご注文者：お客様"),
        ("ご注文者様名：佐野太郎", "ご注文者様名：お客様"),
        ("お名前　佐野太郎", "お名前　お客様"),
        ("お名前　刻印\n氏名　変更\nお名前　入り", "お名前　刻印\n氏名　変更\nお名前　入り"),
        ("届け先　佐野太郎 様", "届け先　お客様 様"),
        ("二名様で", "二名様で"),
        ("お名前　佐野太郎\n電話　なし", "お名前　お客様\n電話　なし"),
        ("名義ヤマダ タロウ", "名義お客様"),
        ("フリガナ　サノ タロウ", "フリガナ　お客様"),
        ("夫の名前は佐野次郎です", "夫の名前はお客様です"),
        ("田中一郎さんへ", "お客様さんへ"),
        ("田中 一郎さんと髙橋さん", "お客様さんとお客様さん"),
        ("佐々木さんの分", "お客様さんの分"),
        ("(株)つばき設計、㈱つばき設計の件", "(株)お客様、㈱お客様の件"),
        (
            "花屋さん、業者さん、店長さん、配達員さん、皆さん、職人さん",
            "花屋さん、業者さん、店長さん、配達員さん、皆さん、職人さん",
        ),
        ("お客さん、運送会社さん、たくさん、荷物たくさん", "お客さん、運送会社さん、たくさん、荷物たくさん"),
        (
            "名前は必須です。名前は全部漢字です。お名前シール",
            "名前は必須です。名前は全部漢字です。お名前シール",
        ),
    ],
)
def test_names_of_people_nobody_knows_are_masked(text: str, rest: str) -> None:
    assert re.sub("-[2-9B-Z]{5}", "", masked(text)) == rest


def test_an_address_tells_how_a_name_is_read() -> None:
    made = Masker("key", LABELS, ["summer.sale@shop.example.jp"])
    made.learn("email", "misaki.takahashi@example.jp")
    made.learn("email", "summer.sale@shop.example.jp")
    made.learn("email", "info.team@example.jp")
    name = made.pseudonym("name", "misaki takahashi")
    assert made.mask("Misaki Takahashi") == made.mask("TAKAHASHI, Misaki") == name
    assert made.mask("Summer Sale, Info Team") == "Summer Sale, Info Team"


def test_a_phone_abroad_that_still_shows_is_a_leak() -> None:
    assert masker().leaks("+44 20 7946 0958") == ["phone"]
    assert masker().leaks("4111-1111-1111-1111") == ["order"]
    assert not masker().leaks("20261121093000")


def test_a_phone_abroad_has_one_pseudonym() -> None:
    made = masker()
    assert made.mask("+44 20 7946 0958") == made.mask("+44(0)2079460958") == made.mask("0044 20 7946 0958")


def test_what_counts_something_is_no_order_of_that_number() -> None:
    made = Masker("key", LABELS)
    made.learn("order", "#4980")
    amounts = "4980円、4,980円、４，９８０円、￥4980、4980 個、4980%、¥4,980-、4980g、14980"
    assert made.mask(amounts) == amounts
    own = made.pseudonym("order", "4980")
    assert made.mask("#4980 と注文４９８０、4980です") == f"#{own} と注文{own}、{own}です"
    assert made.mask("注文4980本日着、4980個人用") == f"注文{own}本日着、{own}個人用"
    assert not made.leaks(made.mask(amounts))


def test_one_person_has_one_pseudonym_in_all_texts() -> None:
    made = masker()
    name = made.pseudonym("name", "山田 花子")
    assert made.mask("山田花子です") == f"{name}です"
    assert made.mask("山田様、花子様", "山田 花子") == f"{name}様、{name}様"


def test_a_family_name_that_several_share_is_the_row_s_own_customer_s() -> None:
    made = masker()
    made.learn("name", "山田 太郎")
    assert made.mask("山田です", "山田 太郎") == f"{made.pseudonym('name', '山田 太郎')}です"
    assert "山田" not in made.mask("山田です")


def test_another_key_makes_other_pseudonyms() -> None:
    assert masker("one").pseudonym("name", "山田 花子") != masker("two").pseudonym("name", "山田 花子")


def test_a_text_of_the_shop_s_own_loses_only_known_values() -> None:
    own = "返送先：〒000-0000 見本県見本市見本町1-2-3。山田様には hanako@example.jp へ"
    result = masker().mask(own, outside=False)
    assert "〒000-0000 見本県見本市見本町1-2-3" in result
    assert "hanako" not in result


def test_pseudonyms_come_back_as_they_were_spelled() -> None:
    made = masker()
    memo = "山田さんに ０９０－１２３４－５６７８ で電話"
    said = made.spelled(memo, "山田 花子")
    real, unknown = made.restore(made.mask(memo, "山田 花子") + "。済み", said)
    assert (real, unknown) == (memo + "。済み", [])


def test_a_pseudonym_nobody_knows_is_told_and_stays() -> None:
    real, unknown = masker().restore("お客様-22222 様", {})
    assert (real, unknown) == ("お客様-22222 様", ["お客様-22222"])


def test_a_pseudonym_typed_in_full_width_comes_back_too() -> None:
    made = masker()
    name = made.pseudonym("name", "山田 花子")
    wide = name.translate({ord(c): chr(ord(c) + 0xFEE0) for c in name if "!" <= c <= "~"})
    assert made.restore(f"{wide}様", {name: ["山田 花子"]})[0] == "山田 花子様"


def test_the_shop_s_own_contacts_are_found_in_its_settings() -> None:
    told = contacts_in("署名 support@shop.example.jp 電話 03-1111-2222 〒000-0000")
    assert told == ["support@shop.example.jp", "03-1111-2222", "〒000-0000"]


SPACES = st.sampled_from(["", " ", "　", "-", "−", "・", "\n", "ー"])


@st.composite
def respelled(draw: st.DrawFn, value: str) -> str:
    """The value in other widths, with blanks and dashes between its letters."""
    letters = []
    for letter in value:
        wide = chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter
        letters.append(draw(st.sampled_from([letter, wide, letter.upper()])))
        letters.append(draw(SPACES) if letter.isalnum() else "")
    return "".join(letters)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_spelling_of_a_known_value_survives(data: st.DataObject) -> None:
    values = [(kind, value) for kind, known in KNOWN.items() for value in known if len(bare(value)) > 3]
    _, value = data.draw(st.sampled_from(values))
    text = "あ" + data.draw(respelled(value)) + "い"
    result = masker().mask(text)
    assert bare(value) not in bare(result)


@given(st.text(max_size=80))
@settings(max_examples=150, deadline=None)
def test_masking_any_text_leaves_nothing_to_mask(text: str) -> None:
    made = masker()
    made.study(text)
    assert not made.leaks(made.mask(text))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
@settings(max_examples=100, deadline=None)
def test_bare_text_is_the_same_in_every_width(text: str) -> None:
    assert bare(bare(text)) == bare(text)
    assert bare(unicodedata.normalize("NFC", text)) == bare(unicodedata.normalize("NFD", text))
