"""What a mail says in passing. All names, numbers and addresses are made up."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daicho.inquiry.extract import contact_form, customer_name, fold, order_numbers, phones, products
from daicho.mail.message import Address, Message

SOMEONE = Address("", "a@example.jp")


def mail(
    text: str,
    sender: Address = SOMEONE,
    reply_to: tuple[Address, ...] = (),
    subject: str = "",
) -> Message:
    return Message(
        key="1@example.jp",
        message_id="1@example.jp",
        date=datetime(2026, 10, 5, tzinfo=UTC),
        sender=sender,
        reply_to=reply_to,
        to=(),
        cc=(),
        subject=subject,
        text=text,
        new_text=text,
    )


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＡＢＣ", "abc"),
        ("ﾎﾟｲﾝﾄ", "ぽいんと"),
        ("ヴォーグ", "ゔぉーぐ"),
        ("㈱", "(株)"),
        ("Ｎｏ．１", "no.1"),
        ("", ""),
    ],
)
def test_words_are_compared_without_width_case_and_kana(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # one platform's shape each, no label needed
        ("418203-20261001-0047120938 の件です", ["418203-20261001-0047120938"]),
        ("Order 249-5538120-7714402.", ["249-5538120-7714402"]),
        ("kaguya-10002231", ["kaguya-10002231"]),
        ("88ya-10002231 の件", ["88ya-10002231"]),
        ("sumai-koubou-10044821 です", ["sumai-koubou-10044821"]),
        ("控えは P123456789012345678", ["P123456789012345678"]),
        ("発送はまだですか？#2087", ["#2087"]),
        ("#8351 #8352 と#8353", ["#8351", "#8352", "#8353"]),
        ("#JP1044-A", ["#JP1044-A"]),
        ("A-2026-0881", ["A-2026-0881"]),
        ("返してください。8812045567", ["8812045567"]),
        # a label
        ("注文番号：9F3A61C2B07D4E58", ["9F3A61C2B07D4E58"]),
        ("【ご注文番号】\n1009-3347", ["1009-3347"]),
        ("ご注文の番号は １００７７３ です", ["100773"]),
        ("受注No. R-082207", ["R-082207"]),
        ("予約番号 OS-0412", ["OS-0412"]),
        ("ご注文の控えには 77-30415 とあります", ["77-30415"]),
        ("Our order number is 55031.", ["55031"]),
        ("注文番号 1009-3347 と 1009-3351 です", ["1009-3347", "1009-3351"]),
        ("会員番号ではなく注文の番号は 0061145283 です", ["0061145283"]),
        # the bare word right before it
        ("色を変えたいです（注文 3107）", ["3107"]),
        ("注文はA5531です", ["A5531"]),
        ("注文AB-774", ["AB-774"]),
        ("領収証（注文 YM-0510 分）", ["YM-0510"]),
        ("Could you trace mine? Number CN-20418.", ["CN-20418"]),
        ("My parcel (order 77120) is late.", ["77120"]),
        # the shop's own short numbers, where people note the order they write about
        ("RN-40991の件です。靴が小さいです", ["RN-40991"]),
        ("届きません。\nGF-118", ["GF-118"]),
        ("机です（D-90215）", ["D-90215"]),
        # quoted, and written twice
        ("Order 1093: my flight\n#1093", ["#1093"]),
        ("> ご注文番号: A-2026-1182\nA-2026-1182 はまだですか", ["A-2026-1182"]),
    ],
)
def test_an_order_number_is_found(text: str, found: list[str]) -> None:
    assert list(order_numbers(text)) == found


@pytest.mark.parametrize(
    "text",
    [
        "追跡番号 1234-5678-9012",
        "お問い合わせ伝票番号：7719-3320-4481",
        "控えの番号 2231-9005-1147",
        "送り状 6670-1123-5504",
        "電話は 03-0000-1234 です",
        "新しい番号は 090-0000-4321 です",
        "〒590-0134",
        "2,980円を 2026/10/09 に払いました",
        "注文は 3000円 でした",
        "注文日 2026-10-26 13:54",
        "注文した2026年の手帳",
        "品番 BL-2070、型番 TB-4100",
        "会員番号: 771203",
        "登録番号 T1234567890123",
        "受付番号：00291884",
        "LOT 1119B",
        "注文1件、2枚",
        "注文 1200円",
        "I'd like to order 1000 pieces.",
        "XR-2000 のフィルターと、TB-500 に合う袋はありますか",
        "型は TB-500",
        "tanaka-04121990@example.jp",
        "https://shop.example.jp/orders/8812045567?a=249-5538120-7714402",
    ],
)
def test_another_kind_of_number_is_no_order_number(text: str) -> None:
    assert order_numbers(text) == ()


japanese = st.text(st.sampled_from("あいうえお漢字、。です\n"), max_size=30)
labels = st.sampled_from(
    ["注文番号", "ご注文番号：", "受注No. ", "【注文番号】", "Order number: ", "予約番号は "]
)
numbers = st.from_regex(r"[A-Z]{0,2}[0-9]{5,12}", fullmatch=True) | st.from_regex(
    r"[0-9]{4}-[0-9]{4,6}", fullmatch=True
)


@given(japanese, labels, numbers, japanese)
def test_a_labelled_number_is_found_in_any_surroundings(
    before: str, label: str, number: str, after: str
) -> None:
    assert number in order_numbers(f"{before}\n{label}{number}\n{after}")


@given(
    japanese,
    st.sampled_from(["追跡番号", "伝票番号：", "お問い合わせ番号 ", "送り状 ", ""]),
    st.from_regex(r"[0-9]{4}-[0-9]{4}-[0-9]{4}", fullmatch=True),
    japanese,
)
def test_a_tracking_number_is_never_an_order_number(before: str, label: str, number: str, after: str) -> None:
    assert order_numbers(f"{before}\n{label}{number}\n{after}") == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("電話は 03-1234-0000 です", ["0312340000"]),
        ("０９０－１２３４－００００", ["09012340000"]),
        ("TEL(03)1234-0000", ["0312340000"]),
        ("072(555)0148", ["0725550148"]),
        ("+81 90-1234-0000", ["09012340000"]),
        ("+81(0)3-1234-0000", ["0312340000"]),
        ("09012340000 か 0120-444-000 へ", ["09012340000", "0120444000"]),
        ("〒590-0134", []),
        ("追跡番号 0123-4567-8901", []),
        ("注文番号 0312340000", []),
        ("418203-20261001-0047120938", []),
        ("2026-10-05", []),
    ],
)
def test_phones_come_as_digits(text: str, found: list[str]) -> None:
    assert list(phones(text)) == found


def test_the_longest_product_word_at_a_place_wins() -> None:
    words = {"マグ": ["マグ"], "マグカップ大": ["マグカップ", "大マグ"], "皿": ["皿", ""]}
    assert products("まぐかっぷと皿、ﾏｸﾞも", words) == ("マグカップ大", "皿", "マグ")
    assert products("マグカップ", words) == ("マグカップ大",)
    assert products("茶碗", words) == ()
    assert products("茶碗", {}) == ()


FORMS = {
    "brackets": """
【お名前】山吹 花
【メールアドレス】Hana@Example.jp
【電話番号】090-1234-0000
【ご用件】その他
【お問い合わせ内容】
箱が開きません。

助けてください。
【注文番号】#2790
""",
    "marks": """
■お名前(漢字)：山吹 花
■フリガナ：ヤマブキ ハナ
■ご返信先：hana@example.jp
■お電話番号：０９０－１２３４－００００
■ご注文番号：#2790
■本文：
箱が開きません。

助けてください。
--
このメールはお問い合わせフォームから送信されました
""",
    "marks with the value below": """
お問い合わせが届きました。

◇お名前
山吹 花 様
◇返信先
hana@example.jp
◇電話
09012340000
◇本文
箱が開きません。

助けてください。
◇注文番号
#2790
""",
    "colons": """
お名前: 山吹 花
メールアドレス: hana@example.jp
電話番号: 090-1234-0000
内容: 箱が開きません。

助けてください。
注文番号: #2790
""",
    "English": """
You received a new message from your contact form.

Name:
山吹 花

Email:
hana@example.jp

Phone:
090-1234-0000

Body:
箱が開きません。

助けてください。

Order number:
#2790
""",
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS.keys())
def test_a_form_tells_who_writes_and_what(text: str) -> None:
    form = contact_form(mail(text, Address("フォーム", "form@shop.example.com")))
    assert form is not None
    assert (form.name, form.email, form.phone) == ("山吹 花", "hana@example.jp", "09012340000")
    assert form.text == "箱が開きません。\n\n助けてください。"
    assert form.order_numbers == ("#2790",)


def test_a_form_on_one_line_is_read() -> None:
    form = contact_form(
        mail("お名前: 山吹 花 / メールアドレス: hana@example.jp / 内容: 箱が開きません / 助けて")
    )
    assert form is not None
    assert (form.name, form.email, form.text) == ("山吹 花", "hana@example.jp", "箱が開きません / 助けて")


def test_the_customers_own_labels_stay_in_the_text_of_a_form() -> None:
    form = contact_form(mail("【お名前】山吹\n【内容】\n【至急】箱の件。\nサイズ：M\n電話：なし"))
    assert form is not None
    assert form.text == "【至急】箱の件。\nサイズ：M\n電話：なし"


def test_full_width_text_of_a_form_stays_as_written() -> None:
    form = contact_form(mail("お名前：山吹\n内容：①のサイズは２０㎝ですか"))
    assert form is not None
    assert form.text == "①のサイズは２０㎝ですか"


def test_the_customer_of_a_form_without_labels_is_in_reply_to() -> None:
    customer = Address("Hana Y.", "hana@example.jp")
    sender = Address("Shop", "no-reply@shop.example.com")
    form = contact_form(mail("箱が開きません。", sender, (customer,), "お問い合わせフォームより"))
    assert form is not None
    assert (form.name, form.email, form.text) == ("Hana Y.", "hana@example.jp", "箱が開きません。")
    assert contact_form(mail("箱が開きません。", sender, (), "お問い合わせフォームより")) is None
    assert contact_form(mail("今週の新着", sender, (customer,), "セールのご案内")) is None


@pytest.mark.parametrize(
    "text",
    [
        "箱が開きません。\n--\n山吹 花\nTEL: 090-1234-0000\nMail: hana@example.jp",
        "箱が開きません。\n\nお名前: 山吹\n注文番号: 3340095510",
        "箱が開きません。" * 40
        + "\n株式会社やまぶき\nメール：info@example.jp\nお問い合わせ：https://example.jp/",
        "まだ開きません。\n> お名前: 山吹\n> 内容: 箱が開きません。",
        "まだ開きません。\n----- 元のメッセージ -----\nお名前: 山吹\n内容: 箱が開きません。",
        "差出人: 店\n件名: ご注文\n宛先: 山吹\n\nありがとうございます。",
        "",
    ],
)
def test_a_persons_mail_is_no_form(text: str) -> None:
    assert contact_form(mail(text)) is None


@pytest.mark.parametrize(
    ("text", "display", "name"),
    [
        ("山吹花と申します。箱の件です。", "", "山吹花"),
        ("お世話になります。公民館 事業係の山吹でございます。", "", "山吹"),
        ("はじめまして、山吹です。箱の件です。", "", "山吹"),
        ("山吹（やまぶき）と申します。", "", "山吹"),
        ("いつも買っているはなです。", "はな", "はな"),
        ("箱が開きません。\n山吹 花\n注文番号 #2790", "", "山吹 花"),
        ("箱が開きません。山吹", "", "山吹"),
        ("箱が開きません。\n株式会社みどり 経理部 山吹 花", "", "山吹 花"),
        ("箱が開きません。\n--\n山吹 花\nTEL: 090-1234-0000\nhana@example.jp", "", "山吹 花"),
        ("山吹です。箱の件です。\n山吹 花", "", "山吹 花"),
        ("The box is stuck.\n\nKind regards, Hana van Brook", "", "Hana van Brook"),
        ("The box is stuck.\nHana Brook / A-2026-3702", "", "Hana Brook"),
        ("Hi, my name is Hana Brook and the box is stuck.", "", "Hana Brook"),
        ("箱が開きません。\nお名前：山吹 花 様", "", "山吹 花"),
        ("工房みどりの山吹です。", "工房みどり 営業", "山吹"),
        ("うちは山吹です。箱が開きません。\n早瀬", "早瀬 健", "早瀬"),
        # not told, or not the writer's
        ("お願いした半幅帯でございますが、短く存じます。", "山吹 花", ""),
        ("箱が開きません。", "山吹 花", ""),
        ("至急です。返品希望です。", "", ""),
        ("店長様\n初めてです。箱が開きません。", "", ""),
        ("まだ開けていないです", "", ""),
        ("箱が開きません。\n> 山吹 花 様\n> ご注文ありがとうございます。", "", ""),
        ("箱が開きません。\n-----元のメッセージ-----\n山吹 花", "", ""),
        ("", "", ""),
    ],
)
def test_the_name_is_what_the_writer_calls_themselves(text: str, display: str, name: str) -> None:
    assert customer_name(mail(text, Address(display, "a@example.jp"))) == name


SURNAMES = """
佐藤 田中 山中 竹中 中村 木村 大園 国分 古市 渡部 阿部 服部 長谷部 日下部 林 森 東 市川 前田 福島 千葉
一ノ瀬 三ツ谷 望月 春日 朝倉 長谷川 佐々木 小田切 本田 今井 新井 元木 品川 書上 会田 社本
夏目 五十嵐 小鳥遊 大道寺 美濃 服巻
"""
NOUNS = """
至急 返品希望 領収書 未開封 準備中 出荷前 半分 全部 送料無料 二回目 東京都 横浜市 会社員 匿名 同封物 初回
郵便局 営業部 以上 急須 浴衣 予定 義務 四周目 最短翌日 封筒
"""


@pytest.mark.parametrize("name", SURNAMES.split())
def test_surnames_that_look_like_common_nouns_are_names(name: str) -> None:
    assert customer_name(mail(f"{name}です。箱が開きません。")) == (name if len(name) > 1 else "")
    assert customer_name(mail(f"箱が開きません。\n{name}")) == name


@pytest.mark.parametrize("noun", NOUNS.split())
def test_nouns_that_stand_alone_are_no_names(noun: str) -> None:
    assert customer_name(mail(f"{noun}です。箱が開きません。")) == ""
    assert customer_name(mail(f"箱が開きません。\n{noun}")) == ""


anything = st.text(max_size=300) | st.lists(
    st.sampled_from(
        [
            *"山田です。、\n 　:：【】■#-/@><()0123456789",
            "注文番号",
            "お名前",
            "内容",
            "と申します",
            "Name",
            "+81",
        ]
    ),
    max_size=80,
).map("".join)


@given(anything, anything)
def test_no_text_makes_reading_fail(text: str, display: str) -> None:
    message = mail(text, Address(display, "form@example.jp"), (Address(display, "b@example.jp"),), "form")
    assert all(number for number in order_numbers(text))
    assert all(phone.isdigit() for phone in phones(text))
    assert isinstance(customer_name(message), str)
    contact_form(message)
    products(text, {display: [display, text[:5]]})


@pytest.mark.parametrize("piece", ["0-", "注文番号 ", "山田 ", " / ", "【", "■a\n", "On ", "a@", "A1", "　"])
def test_half_a_million_characters_of_anything_are_read(piece: str) -> None:
    text = piece * (500_000 // len(piece))
    message = mail(text, Address("山田 花", "form@example.jp"))
    assert len(order_numbers(text)) <= 50_000
    assert len(customer_name(message)) <= 50_000
