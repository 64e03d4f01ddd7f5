"""Replies to one customer made into words for everybody."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import WORDS
from daicho.inquiry.similar import groups
from daicho.ledger.faq_text import (
    SAME_ANSWER,
    SAME_WORDS,
    asking_sentence,
    claims,
    core_of_reply,
    impersonal,
    only_puts_off,
    says_the_same,
)

OWN = ("さくら雑貨店", "――――――――", "さくら雑貨店　カスタマーサポート", "受付時間：平日 9:00〜18:00")
TRAY = "木のトレーは電子レンジではお使いいただけません。\n熱で反ることがございます。"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("お世話になります。電子レンジで使えますか。よろしく。", "電子レンジで使えますか。"),
        ("Hello. Can I use it in a microwave? Thanks", "Can I use it in a microwave?"),
        ("急ぎです", "急ぎです"),
        ("いつもお世話になっております。\n\nまだ届きません。", "まだ届きません。"),
        ("夜分に失礼いたします。お客様と申します。皿がまだ届きません。", "皿がまだ届きません。"),
        (
            "こだち工房のお客様です。\n見積もりをお願いしましたが、お返事がありません。",
            "見積もりをお願いしましたが、お返事がありません。",
        ),
        (
            "ノート30冊を頼みました。状況をお知らせいただけますと幸いです。",
            "状況をお知らせいただけますと幸いです。",
        ),
        (
            "10日になります。いつ届くのか教えていただけると助かります！",
            "いつ届くのか教えていただけると助かります！",
        ),
        ("Good morning!\nMy parcel is late.", "My parcel is late."),
        ("お世話になっております。", "お世話になっております。"),
        ("", ""),
        ("か" * 500 + "？", "か" * 120 + "…"),
    ],
)
def test_the_asking_sentence_is_found(text: str, sentence: str) -> None:
    assert asking_sentence(text) == sentence


def test_a_text_for_everybody_names_nobody() -> None:
    text = "山田花子 様\n\n山田様のご注文（#20884）は hanako@example.jp 宛てに 03-1234-5678 へ。8日以内です。"
    assert (
        impersonal(text, "山田 花子", WORDS) == "お客様のご注文（〇〇）は 〇〇 宛てに 〇〇 へ。8日以内です。"
    )


def test_names_in_latin_letters_are_whole_words_and_prices_no_numbers() -> None:
    text = "Ken様の分です。It is taken by Ken. 送料込みで12000円です。"
    assert (
        impersonal(text, "Ken Al", WORDS) == "お客様の分です。It is taken by お客様. 送料込みで12000円です。"
    )


@pytest.mark.parametrize("line", ["割引は会員のお客様", "対象：ご家族の皆さま", f"{'長い条件' * 20}の奥様"])
def test_a_line_that_merely_ends_with_somebody_is_kept(line: str) -> None:
    assert impersonal(f"{line}\nに限ります。", "", WORDS) == f"{line}\nに限ります。"


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("", ""),
        ("お世話になっております。さくら雑貨店の佐藤です。\n", "\nよろしくお願いいたします。"),
        (
            "お世話になっております。\nさくら雑貨店 カスタマーサポートの佐藤でございます。\n\n",
            "\n\nご不明な点がございましたら、お気軽にお問い合わせください。\n何卒よろしくお願い申し上げます。\n\n"
            "さくら雑貨店\n佐藤",
        ),
        (
            "このたびはさくら雑貨店をご利用いただき、\n誠にありがとうございます。\n\n",
            "\n\n今後ともさくら雑貨店をよろしくお願いいたします。\n――――――――\n"
            "さくら雑貨店　カスタマーサポート\n受付時間：平日 9:00〜18:00\n――――――――",
        ),
        (
            "お問い合わせいただき、ありがとうございます。",
            "\n\nまたのご利用を心よりお待ちしております。\nさくら雑貨店 佐藤",
        ),
        ("株式会社まる商事\n総務部 山田 様\n\nお世話になっております。\n", "\n敬具"),
        ("お返事が遅くなり、申し訳ございません。佐藤と申します。", "取り急ぎご連絡まで。"),
        ("Hello,\n\nThank you for contacting us. ", "\n\nKind regards,\nEmma Sato\nCustomer care"),
        ("Dear Ms. Stone,\n\n", "\n\nKind regards,\nKen\nさくら雑貨店"),
        ("山田様\n\n", "\n\n何卒よろしくお願いいたします。\n\n佐藤\nさくら雑貨店　カスタマーサポート"),
        ("Hi there!\n", "\nPlease let us know if you have any questions.\nThanks,\nEmma"),
    ],
)
def test_greeting_closing_and_who_signs_go(above: str, below: str) -> None:
    assert core_of_reply(above + TRAY + below, OWN) == TRAY


@pytest.mark.parametrize(
    "text",
    [
        "お手数ですが、ご注文番号をお知らせくださいますよう、よろしくお願いいたします。",
        "木のトレーです。",
        "ご注文の品は、取り急ぎ明日お送りします。",
        "さくら雑貨店の実店舗は、水曜日がお休みです。近くに駐車場がございます。",
        "8日以内にご連絡ください。\n\n1. 未使用のもの\n2. タグのあるもの",
        "We ship abroad. It takes ten days.",
        "送料はいただいておりません",
        "全品が対象です。\n割引は会員のお客様\nに限ります。",
    ],
)
def test_what_says_something_is_kept_whole(text: str) -> None:
    assert core_of_reply(text, OWN) == text


@pytest.mark.parametrize(
    "text", ["", "お世話になっております。\nよろしくお願いいたします。", "Hello,\n\nKind regards,\nEmma"]
)
def test_courtesy_alone_says_nothing(text: str) -> None:
    assert core_of_reply(text, OWN) == ""


PIECES = st.sampled_from(
    [
        "お世話になっております。",
        "山田様",
        "\n",
        "よろしくお願いいたします。",
        TRAY,
        "さくら雑貨店",
        "Kind regards,\n",
        ". ",
    ]
)


@given(st.lists(PIECES | st.text(max_size=5)).map("".join))
@settings(max_examples=200, deadline=None)
def test_the_core_is_a_part_of_the_reply_as_it_stands(text: str) -> None:
    core = core_of_reply(text, OWN)
    assert core in text
    assert core == core.strip()
    assert (TRAY not in text) or core, "what says something is never all courtesy"


@pytest.mark.parametrize(
    ("text", "puts_off"),
    [
        ("担当に確認のうえ、改めてご連絡いたします。", True),
        ("お調べしてご連絡いたします。少々お待ちください。", True),
        ("We will check and get back to you.", True),
        ("", True),
        ("入荷は来月です。入荷しましたらご連絡いたします。", False),
        ("在庫を確認しましたところ、ございました。", False),
        ("在庫を確認いたしましたので、購入の手順をご案内いたします。", False),
    ],
)
def test_a_promise_of_an_answer_is_none(text: str, puts_off: bool) -> None:
    assert only_puts_off(text) is puts_off


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("電子レンジでお使いいただけます。", "電子レンジではお使いいただけません。", False),
        ("8日以内でしたら返品を承ります。", "30日以内でしたら返品を承ります。", False),
        ("全国一律で500円です。", "全国一律で700円です。", False),
        ("全国一律で1,500円です。", "全国一律で2,500円です。", False),
        ("3 business days.", "5 business days.", False),
        ("We ship abroad by EMS.", "We do not ship abroad by EMS.", False),
        ("送料は無料です。", "領収書はマイページで発行できます。", False),
        ("返品は8日以内です。", "返品は８日以内です", True),
        ("申し訳ございませんが、在庫は来月入荷します。", "在庫は来月に入荷します。", True),
        (
            "領収書はマイページの注文履歴からダウンロードいただけます。",
            "マイページにログインし、注文履歴から領収書を発行してください。",
            True,
        ),
        ("11月18日に入荷する予定です。", "11月25日に入荷する予定です。", True),
    ],
)
def test_answers_agree_in_substance(one: str, other: str, same: bool) -> None:
    assert says_the_same(one, other, SAME_ANSWER) is same
    assert says_the_same(other, one, SAME_ANSWER) is same


def test_nothing_agrees_with_an_empty_answer() -> None:
    assert not says_the_same("", "木のトレーです。", SAME_ANSWER)
    assert says_the_same("木のトレーです。", "木のトレーです。", SAME_WORDS)


REPLIES = {
    "microwave": (
        "木のトレーは電子レンジではお使いいただけません。熱で反ることがございます。",
        "申し訳ございませんが、電子レンジには対応しておりません。木が熱で反ってしまいます。",
        "お使いいただけません。電子レンジの熱で木が反ることがあります。",
        "はい、電子レンジでお使いいただけます。600Wで2分までを目安になさってください。",
        "電子レンジに対応しております。600Wで2分以内でお使いください。",
    ),
    "return": (
        "商品到着後8日以内で未使用でしたら、返品を承ります。送料はお客様のご負担となります。",
        "到着から8日以内、未使用品に限り返品をお受けしております。返送料はご負担ください。",
        "返品は8日以内にご連絡いただければ可能です。未使用の状態で、送料お客様負担でお送りください。",
        "商品到着後30日以内で未使用でしたら、返品を承ります。送料は当店が負担いたします。",
        "30日以内でしたら返品いただけます。送料は着払いで結構です。",
    ),
    "restock": (
        "申し訳ございません、再入荷は来月中旬の予定です。入荷しましたらメールでお知らせいたします。",
        "次回の入荷は来月中旬ごろを予定しております。入荷次第メールにてご案内いたします。",
        "来月の中旬に入荷する見込みでございます。入りましたらメールでお知らせします。",
        "こちらの商品は作家様の都合により製造終了となり、再入荷の予定はございません。",
        "あいにく廃番となりましたため、今後の入荷予定はございません。",
    ),
    "receipt": (
        "領収書はマイページの注文履歴からダウンロードいただけます。宛名もそこでご入力いただけます。",
        "マイページにログインし、注文履歴から領収書を発行してください。宛名はご自由に入力できます。",
        "領収書は、マイページの「注文履歴」よりPDFで発行いただけます。",
        "ご依頼の領収書（適格請求書）をPDFで添付いたしました。ご査収ください。",
        "領収書をPDFにて発行し、このメールに添付いたしました。",
    ),
    "when": (
        "ご注文から5営業日以内に発送いたします。発送後にメールでお知らせします。",
        "発送までに5営業日ほどいただいております。発送しましたらメールにてお知らせいたします。",
        "5営業日ほどで出荷予定です。出荷後、追跡番号をお送りします。",
        "受注生産のため、お届けまで1か月ほどお時間をいただいております。",
        "ご注文をいただいてからお作りするため、1か月前後でのお届けとなります。",
    ),
    "abroad": (
        "We ship abroad by EMS. It takes about ten days, and postage is 2,000 yen.",
        "Yes, we send parcels overseas with EMS; allow ten days. Shipping costs 2,000 yen.",
        "Overseas delivery is possible by EMS. Postage is 2,000 yen and it takes ten days.",
        "I am afraid we only ship within Japan. Please use a forwarding service.",
        "We do not ship overseas. You may use a forwarding company instead.",
    ),
}
"""By question what five replies said, each in its own words: three one thing, two another."""


@pytest.mark.parametrize("question", REPLIES)
def test_replies_that_say_the_same_come_together(question: str) -> None:
    replies = REPLIES[question]
    largest, *_ = groups(replies, list(map(claims, replies)), SAME_ANSWER)
    assert set(largest) <= {0, 1, 2} and len(largest) >= 2


def test_most_replies_that_say_the_same_are_told_and_hardly_one_that_differs() -> None:
    told: dict[bool, list[bool]] = {True: [], False: []}
    for replies in REPLIES.values():
        for one, other in combinations(range(5), 2):
            alike = (one < 3) == (other < 3)
            told[alike].append(says_the_same(replies[one], replies[other], SAME_ANSWER))
    assert sum(told[True]) >= 0.75 * len(told[True])
    assert sum(told[False]) <= 0.06 * len(told[False])


def test_a_question_back_and_courtesy_deny_nothing() -> None:
    for text in (
        "お送りいただけませんか。",
        "申し訳ございません。",
        "問題ございません。",
        "Do not hesitate to write.",
    ):
        assert claims(text) == (False, frozenset()), text
