"""The new part of a mail told from quotes and signatures."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daicho.mail.text import new_part

NEW = "お世話になっております。\n返品をお願いいたします。"
OLD = "このたびはご注文ありがとうございます。\n発送は明日です。"
QUOTED = "\n".join(f"> {line}" for line in OLD.split("\n"))
FIELDS_JA = (
    "差出人: 店 <support@example.jp>\n送信日時: 2026年1月5日 10:23\n宛先: taro@example.jp\n件名: ご注文"
)
FIELDS_EN = (
    "From: Shop <a@example.jp>\nSent: Monday, January 5, 2026 10:23 AM\nTo: Taro\nCc: B\nSubject: Order"
)

HEADS_ABOVE_A_QUOTE = {
    "Gmail": "2026年1月5日(月) 10:23 さくら <support@example.jp>:",
    "Gmail, wrapped": "2026年1月5日(月) 10:23 さくら雑貨店 カスタマーサポート\n<support@example.jp>:",
    "Gmail, no weekday": "2026年1月5日 10:23 さくら <support@example.jp>:",
    "Gmail, English": "On Mon, Jan 5, 2026 at 10:23 AM Shop <support@example.jp> wrote:",
    "Gmail, English, wrapped": "On Mon, Jan 5, 2026 at 10:23 AM Shop Support\n<support@example.jp>\nwrote:",
    "Gmail, without an address": "2026年1月5日(月) 10:23 さくら雑貨店:",
    "Apple": "2026/01/05 10:23、さくら <support@example.jp>のメール:",
    "Apple, wrapped": "2026/01/05 10:23、さくら雑貨店\n<support@example.jp>のメール：",
    "Apple, English": "On Jan 5, 2026, at 10:23, Shop <support@example.jp> wrote:",
    "Thunderbird": "On 2026/01/05 10:23, さくら wrote:",
    "Thunderbird, date first": "(2026/01/05 10:23), さくら wrote:",
    "message cited": 'In message "Re: x"\n   on Mon, 5 Jan 2026 10:23:45 +0900, <a@example.jp> writes:',
    "wrote, in Japanese": "2026/01/05 10:23、さくらさんは書きました:",
    "wrote, in Japanese, no date": "さくらさんは書きました：",
    "a name only": "さくら雑貨店 <support@example.jp> wrote:",
    "phone": "---- 元のメッセージ ----\n差出人: 店\n日付: 2026/01/05 10:23 (GMT+9)\n宛先: x\n件名: x",
    "Original Message": "-----Original Message-----",
    "Outlook Express": "----- Original Message ----- \nFrom: 店\nTo: 太郎\nSent: Monday\nSubject: x\n",
}

ORIGINALS = {
    "Outlook": f"________________________________\n{FIELDS_JA}",
    "Outlook, no rule": FIELDS_JA,
    "Outlook, English": f"\n{FIELDS_EN}",
    "Outlook, bold": "*From:* Shop\n*Sent:* Monday\n*To:* Taro\n*Subject:* Order",
    "Original Message": "-----Original Message-----\nFrom: Shop\n",
    "Original Message, spaced": "------ Original Message ------",
    "元のメッセージ": "----- 元のメッセージ -----",
    "元のメール": "--- 元のメール ---",
    "オリジナルメッセージ": "━━━━ オリジナルメッセージ ━━━━",
    "Gmail": "2026年1月5日(月) 10:23 さくら <support@example.jp>:",
    "Apple": "2026/01/05 10:23、さくら <support@example.jp>のメール:",
    "English": "On Mon, Jan 5, 2026 at 10:23 AM Shop <support@example.jp> wrote:",
    "Zoho": "---- On Mon, 05 Jan 2026 10:23:45 +0900 support@example.jp wrote ----",
}

CONTACT = "山田太郎\n〒100-0001 東京都千代田区1-1\nTEL 03-0000-0000\ntaro@example.jp"
SIGNATURES = {
    "dashes": f"-- \n{CONTACT}",
    "dashes without their blank": f"--\n{CONTACT}",
    "dashes and a name": "--\n山田",
    "bars": f"────────────\n{CONTACT}\n────────────",
    "underscores": f"＿＿＿＿＿＿＿＿\n{CONTACT}",
    "diamonds": f"◇◆◇◆◇◆◇◆\n{CONTACT}\n◇◆◇◆◇◆◇◆",
    "asterisks": f"********************\n{CONTACT}",
    "heavy bars": "━━━━━━━━━━\n山田商店\n━━━━━━━━━━\nhttps://example.com",
    "equals": f"＝＝＝＝＝＝\n{CONTACT}\n＝＝＝＝＝＝",
    "stars": f"☆・‥…━━━☆\n{CONTACT}",
    "a contact form": "-- \nこのメールは店のお問い合わせフォームから送信されました",
    "a phone": "iPhoneから送信",
    "a phone, English": "Sent from my phone",
    "a phone below a signature": f"-- \n{CONTACT}\n\nスマートフォンから送信",
}


@pytest.mark.parametrize("head", HEADS_ABOVE_A_QUOTE.values(), ids=list(HEADS_ABOVE_A_QUOTE))
def test_an_answer_above_a_quote_is_the_new_part(head: str) -> None:
    assert new_part(f"{NEW}\n\n{head}\n{QUOTED}\n") == NEW
    assert new_part(f"{NEW}\n\n{head}\n\n{QUOTED}\n>\n> さくら\n\n") == NEW


@pytest.mark.parametrize("head", HEADS_ABOVE_A_QUOTE.values(), ids=list(HEADS_ABOVE_A_QUOTE))
def test_an_answer_below_a_quote_is_the_new_part(head: str) -> None:
    assert new_part(f"{head}\n{QUOTED}\n\n{NEW}") == NEW


@pytest.mark.parametrize("head", HEADS_ABOVE_A_QUOTE.values(), ids=list(HEADS_ABOVE_A_QUOTE))
def test_answers_between_quoted_lines_keep_their_questions(head: str) -> None:
    text = f"{NEW}\n\n{head}\n> サイズはMですか？\nLです。\n> お色は？\n青です。"
    assert new_part(f"{text}\n> 以上よろしくお願いします。") == text


@pytest.mark.parametrize("head", ORIGINALS.values(), ids=list(ORIGINALS))
def test_an_original_without_quote_marks_is_cut_to_its_end(head: str) -> None:
    assert new_part(f"{NEW}\n\n{head}\n\n{OLD}\n\n{CONTACT}") == NEW


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=list(SIGNATURES))
def test_a_signature_at_the_end_is_cut(signature: str) -> None:
    assert new_part(f"{NEW}\n\n{signature}\n") == NEW
    assert (
        new_part(f"{NEW}\n\n{signature}\n\n2026年1月5日(月) 10:23 店 <support@example.jp>:\n{QUOTED}") == NEW
    )


@pytest.mark.parametrize(
    "text",
    [
        NEW,
        f"{QUOTED}\n\n上の件、承知しました。",
        "次の商品です。\n────────\n注文番号 123\n電話 03-0000-0000\n────────\nよろしくお願いします。",
        "次の商品です。\n────────\n商品名 皿\nhttps://example.com/sara",
        "内容：\n届きません。\n━━━━━━\nお名前：山田\nメールアドレス：taro@example.jp\n電話：090-0000-0000\n━━━━━━",
        "折り返しください\n・・・\n090-0000-0000",
        "電話番号が変わりました。\n--------\n新しい番号は 090-0000-0000 です。",
        "Please call me.\n-----\nMy number is 090-0000-0000 and I am at home today.",
        "2026年1月5日 10:23 に注文しました。詳細は以下：\n皿 2枚",
        "先日いただいたメール：\n届きませんでした。",
        "差出人: 山田\n件名: 質問\n\n在庫はありますか。",
        "On Friday I ordered two plates and one broke:\nthe blue one.",
        "From: 東京\nTo: 大阪\nの送料を教えてください。",
        "転送します。\n\n------- Forwarded message ------\nFrom: x\nDate: y\nTo: z\n\n> 本文",
        "Begin forwarded message:\n\nFrom: x\nDate: y\nTo: z\n\n本文\n\nOn Jan 5, 10:23, a wrote:\n> 元",
        "----- 転送メッセージ -----\n差出人: x\n日付: y\n宛先: z\n\n本文",
        "値段は > 3000円ですか。\n>_<",
        "値段は\n<",
        "A\n\n\n　B",
    ],
    ids=lambda text: text.splitlines()[0],
)
def test_what_cannot_be_told_apart_is_kept(text: str) -> None:
    assert new_part(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        " ",
        f"{QUOTED}\n",
        f"-- \n{CONTACT}",
        f"{FIELDS_JA}\n\n{OLD}",
        "-----Original Message-----",
        "iPhoneから送信",
    ],
    ids=repr,
)
def test_a_mail_with_nothing_new_is_kept_whole(text: str) -> None:
    assert new_part(text) == text


def test_a_doubled_thread_is_cut_at_its_first_head() -> None:
    text = f"{NEW}\n\n{FIELDS_JA}\n\n{OLD}\n\n2026年1月4日(日) 9:00 太郎 <taro@example.jp>:\n> 最初の質問"
    assert new_part(text) == NEW


def test_below_an_answered_quote_an_older_original_is_cut() -> None:
    head = "2026年1月5日(月) 10:23 店 <support@example.jp>:"
    assert new_part(f"{head}\n{QUOTED}\n\n{NEW}\n\n----- 元のメッセージ -----\n{OLD}") == NEW


LINES = st.sampled_from(
    [
        *(
            *NEW.split("\n"),
            *QUOTED.split("\n"),
            *CONTACT.split("\n"),
            *FIELDS_JA.split("\n"),
            *FIELDS_EN.split("\n"),
        ),
        *(
            "",
            " ",
            "-- ",
            "--",
            "────────",
            "On Mon",
            "10:23 wrote:",
            "wrote:",
            "> ",
            ">",
            "＞引用",
            "から送信",
        ),
        *(
            "-----Original Message-----",
            "---------- Forwarded message ---------",
            "2026/01/05 10:23",
            "<a@example.jp>:",
        ),
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(LINES, st.text(max_size=8)), max_size=40))
def test_the_new_part_is_made_of_the_mails_own_lines_in_order(lines: list[str]) -> None:
    text = "\n".join(lines)
    new = new_part(text)
    assert bool(new.strip()) == bool(text.strip())
    remaining = iter(text.split("\n"))
    assert all(line in remaining for line in new.split("\n"))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*NEW.split("\n"), "皿が割れていました。", "x"]), min_size=1, max_size=5))
def test_lines_that_quote_nothing_all_stay(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert new_part(f"{text}\n\n-----Original Message-----\n{OLD}") == text
