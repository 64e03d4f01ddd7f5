"""What a contact form sets around its user's words is neither read nor shown; what people wrote stays."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from daicho.inquiry.customer import party_of
from daicho.inquiry.extract import contact_form, customer_name
from daicho.inquiry.judge import Case, Judge
from daicho.mail.furniture import is_rule, without_footer, without_header
from daicho.mail.message import Message, read_message
from daicho.mail.text import new_part
from daicho.training import load_judge

SENT = datetime(2026, 11, 20, 15, 21, tzinfo=ZoneInfo("Asia/Tokyo"))
WORDS = "藍染めのれんの素材を教えてください。\nよろしくお願いします。"
AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
)

FOOTERS = {
    "the time": "送信日時：2026/11/20 15:21",
    "the time, in words": "送信日時：2026年11月20日（金）午後3時21分09秒",
    "the time, full width": "送信日時　２０２６／１１／２０　１５：２１",
    "the time and a weekday": "受信日時: 2026-11-20 (Fri) 15:21:09 +0900",
    "the time below its label": "【送信日時】\n2026/11/20 15:21",
    "the time two lines below its label": "■送信日時\n\n2026年11月20日 15:21",
    "an address": "IPアドレス：203.0.113.45",
    "an address and its host": "IP: 203.0.113.45 (a45.example.net)",
    "a long address": "送信者IP：2001:db8::12:3456",
    "a host": "ホスト名：a45.pool.example.ne.jp",
    "a browser": f"ブラウザ：{AGENT}",
    "a browser, wrapped": "User Agent: " + AGENT.replace(") ", ")\n"),
    "a page": "リファラー：https://shop.example.jp/items/noren",
    "the form's page": "送信元ページURL：https://shop.example.jp/contact/?type=1",
    "all of them": "-----------------------\n送信日時：2026/11/20 15:21\nIPアドレス：203.0.113.45\n"
    f"ホスト名：a45.example.net\nブラウザ：{AGENT}\n端末：スマートフォン\n"
    "送信元ページ：お問い合わせ｜さくら雑貨店\nURL：https://shop.example.jp/contact\n-----------------------",
    "marks": "◆送信日時◆ 2026/11/20 15:21\n◆IPアドレス◆ 203.0.113.45",
    "square brackets": "[ 送信日時 ] 2026/11/20 15:21\n[ 端末 ] PC",
    "columns": "送信日時        2026/11/20 15:21\nブラウザ        不明",
    "a table": "送信日時 | 2026/11/20 15:21\nIPアドレス | 203.0.113.45",
    "a sentence": "このメールは、さくら雑貨店のお問い合わせフォームから自動送信されました。",
    "a sentence with the shop's page": "--\nこのメールは さくら雑貨店 (https://shop.example.jp) の"
    "お問い合わせフォームから送信されました",
    "a sentence without a subject": "※お問い合わせフォームより送信されました。",
    "sentences": "=====\n本メールはお問い合わせフォームからの自動配信メールです。\n"
    "※このメールに心当たりがない場合は、お手数ですが\n破棄してくださいますようお願いいたします。\n=====",
    "a warning below the time": "送信日時：2026/11/20 15:21\n\n※心当たりがない場合は削除してください",
    "English": "---\nSent at: 2026-11-20 15:21\nIP address: 203.0.113.45\nBrowser: unknown\n"
    "Page URL: https://shop.example.jp/contact",
    "English, without a colon": "Submitted on November 20, 2026 at 3:21 pm",
    "English, the date alone above": "---\n\nDate: November 20, 2026\nTime: 3:21 pm\n"
    f"Page URL: https://shop.example.jp/contact\nUser Agent: {AGENT}\nRemote IP: 203.0.113.45",
    "an English sentence": "-- \nThis email was sent from a contact form on Sakura Goods (https://shop.example.jp)",
    "another": "This message was automatically submitted via the contact form.\nIf you did not expect it,\n"
    "please ignore it.",
    "above the shop's signature": "送信日時：2026/11/20 15:21\n\n====================\nさくら雑貨店\n"
    "TEL 03-0000-0000\nhttps://shop.example.jp\n====================",
}

HEADERS = {
    "the time": "送信日時：2026/11/20 15:21",
    "a sentence": "ホームページのお問い合わせフォームから、以下の内容で送信されました。",
    "a sentence and the time": "以下のお問い合わせを受け付けました。\n\n"
    "【受信日時】2026/11/20 15:21\n--------------",
    "all of them": f"====\n受付日時: 2026/11/20 15:21\nIP: 203.0.113.45\nUA: {AGENT}\n端末: PC\n====",
    "English": "You have received a new message from your contact form.\nSubmitted at: 20 Nov 2026 15:21 JST",
}

PEOPLES = {
    "a sentence that names the time": "送信日時：2026/11/20 15:21 のメールの件です。",
    "a sentence": "送信日時が文字化けしていました。",
    "a question about an address": "IPアドレスを教えてください。",
    "an address at home": "つながりません。\nIPアドレス：192.168.0.12",
    "their own browser": "画面が動きません。\nブラウザ：Firefox\n端末：パソコン",
    "the page of a product": "この商品です。\nURL：https://shop.example.jp/items/noren",
    "a bare page": "この商品です。\nhttps://shop.example.jp/items/noren",
    "a wish": "配送の希望です。\n日時：11/25 14:00",
    "a wish below a rule": "配送の希望です。\n-----\n日時：11/25 14:00",
    "what the form asked": "お名前：山吹 花\n注文番号：#2088\nお問い合わせ種別：返品\n"
    "ご希望の連絡方法：電話\n届いた時から割れていました。",
    "a form that failed": "このメールは、フォームが使えないので送っています。",
    "a form that was used twice": "昨日のお問い合わせがフォームから送信されました。",
    "a form asked for": "申し込みフォームから送信されません。",
    "a mail that came": "このメールに心当たりがないのですが、御社のものですか。",
    "an automatic mail's end": "ご注文を承りました。\n※このメールは自動送信です。",
    "English": "Page two of the manual is missing.\nHost families love it.",
    "English about a form": "This message was sent via the form on your site, but nobody answered.",
    "rules": "-----\n品番A\n-----\n品番B\n-----",
    "nothing": "",
}


@pytest.mark.parametrize("gap", ["\n", "\n\n\n"])
@pytest.mark.parametrize("footer", FOOTERS.values(), ids=list(FOOTERS))
def test_a_forms_footer_is_not_new(footer: str, gap: str) -> None:
    assert new_part(f"{WORDS}{gap}{footer}\n") == WORDS


@pytest.mark.parametrize("header", HEADERS.values(), ids=list(HEADERS))
def test_a_forms_header_is_not_new(header: str) -> None:
    assert new_part(f"{header}\n\n{WORDS}\n\n送信日時：2026/11/20 15:21\n") == WORDS


@pytest.mark.parametrize("text", PEOPLES.values(), ids=list(PEOPLES))
def test_what_people_write_stays_whole(text: str) -> None:
    lines = text.split("\n")
    assert without_header(without_footer(lines)) == lines


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (
            "お問い合わせ種別：返品\n送信日時：2026/11/20 15:21\n\n" + WORDS,
            "お問い合わせ種別：返品\n\n" + WORDS,
        ),
        (WORDS + "\n送信日時：2026/11/20 15:21\nご希望の連絡方法：電話", WORDS + "\nご希望の連絡方法：電話"),
        (
            WORDS + "\nURL：https://example.jp/a\n送信日時：2026/11/20 15:21",
            WORDS + "\nURL：https://example.jp/a",
        ),
        (
            WORDS + "\n送信日時：2026/11/20 15:21\nお届けの希望：あり\n日時：11/25 14:00",
            WORDS + "\nお届けの希望：あり\n日時：11/25 14:00",
        ),
        (
            WORDS + "\n送信日時：2026/11/20 15:21\n以上です。",
            WORDS + "\n送信日時：2026/11/20 15:21\n以上です。",
        ),
    ],
)
def test_what_was_filled_in_beside_furniture_stays(text: str, kept: str) -> None:
    assert new_part(text) == kept


def test_a_mail_of_nothing_but_furniture_is_kept() -> None:
    assert new_part("送信日時：2026/11/20 15:21") == "送信日時：2026/11/20 15:21"


def test_the_head_of_a_forwarded_mail_stays() -> None:
    text = f"転送されたメッセージ:\n\n送信日時: 2026年11月20日 15:21\n差出人: 山吹\n\n{WORDS}"
    assert new_part(text) == text


# --- a form's notice, and its judgement ---

NOTICE = (
    "お名前：山吹 花\nメールアドレス：hana@example.jp\nお問い合わせ種別：商品について\nお問い合わせ内容：\n"
)


def mail(text: str) -> Message:
    letter = EmailMessage()
    letter["From"], letter["Subject"] = "form@shop.example.jp", "お問い合わせ"
    letter["Message-ID"] = "<one@example.jp>"
    letter.set_content(text)
    return read_message(letter.as_bytes(), received=SENT)


@pytest.mark.parametrize("footer", FOOTERS.values(), ids=list(FOOTERS))
def test_the_words_of_a_notice_are_without_its_footer(footer: str) -> None:
    message = mail(f"{NOTICE}{WORDS}\n\n{footer}\n")
    form = contact_form(message)
    assert form is not None
    assert (form.text, form.subject, form.name) == (WORDS, "商品について", "山吹 花")
    assert party_of(message, True, frozenset()).text == WORDS


def test_a_name_above_a_footer_is_the_writers() -> None:
    assert customer_name(mail(f"{WORDS}\n山吹 花\n\n{FOOTERS['all of them']}")) == "山吹 花"


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    return load_judge(None, [], "ja", tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize("above", ["", NOTICE], ids=["a plain mail", "a notice"])
@pytest.mark.parametrize(
    "asked", ["藍染めのれんの素材を教えてください。", "のれんの色は写真のとおりですか。"]
)
def test_a_footer_changes_nothing_that_is_judged(judge: Judge, above: str, asked: str) -> None:
    bare = judge.judge([Case(mail(f"{above}{asked}\n"), SENT)])[0]
    for footer in ("the time", "all of them", "sentences", "English"):
        with_footer = judge.judge([Case(mail(f"{above}{asked}\n\n{FOOTERS[footer]}\n"), SENT)])[0]
        assert with_footer == bare


# --- whatever the text ---

lines = st.lists(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="ー"), max_size=30)
    | st.sampled_from(
        [*PEOPLES.values(), "-----", "", "お名前：山吹", "日時：11/25", "URL：https://example.jp"]
    ),
    max_size=60,
)


@settings(max_examples=100, deadline=None)
@given(lines)
def test_a_text_without_a_forms_lines_is_unchanged(text: list[str]) -> None:
    text = [line for whole in text for line in whole.split("\n")]
    assert without_footer(text) == text
    assert without_header(text) == text


@settings(max_examples=100, deadline=None)
@given(lines, st.sampled_from(list(FOOTERS.values())), st.sampled_from(list(HEADERS.values())))
@example(
    [PEOPLES["a form that failed"], PEOPLES["a form that was used twice"]],
    FOOTERS["the time"],
    HEADERS["the time"],
)
def test_only_a_forms_lines_rules_and_blanks_go(text: list[str], footer: str, header: str) -> None:
    text = [line for whole in text for line in whole.split("\n")]
    whole = [*header.split("\n"), "", *text, "", *footer.split("\n")]
    left = without_footer(without_header(whole))
    rest = iter(left)
    people = [line for line in text if any(map(str.isalpha, line)) and not is_rule(line)]
    hints = ("日時：", "URL：", "http", "ブラウザ", "端末", "※", "IP")
    assert all(line in rest for line in people if not line.startswith(hints))
    assert set(left) <= set(whole)


def test_a_mail_of_many_footers_is_read_in_one_pass_from_either_end() -> None:
    many = ["送信日時：2026/11/20 15:21"] * 5_000
    assert len(without_footer(many)) == len(without_header(many)) == 5_000 - 40
