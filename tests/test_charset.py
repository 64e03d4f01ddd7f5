"""Bytes to text: labels believed, distrusted, missing; and the escapes of ISO-2022-JP."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daicho.mail.charset import decode

SHORT_TEXTS = (
    "ありがとうございます",
    "キャンセル",
    "返品について",
    "領収書をください",
    "お問い合わせ",
    "山田太郎",
    "髙橋です①㈱",
    "ﾔﾏﾀﾞ ﾀﾛｳ",
    "ご注文の確認：№12",
    "まだ届きません…",
    "「新品」ですか？",
    "東京都千代田区",
    "大至急！",
    "壊れていた。",
)


@pytest.mark.parametrize("text", SHORT_TEXTS)
@pytest.mark.parametrize("label", ["", "us-ascii", "iso-8859-1", "x-unknown"])
def test_a_short_text_without_a_true_label_is_recognised(text: str, label: str) -> None:
    assert decode(text.encode("cp932"), label) == (text, True)
    assert decode(text.encode("utf-8"), label) == (text, True)


@pytest.mark.parametrize(
    "text", ["ありがとうございます", "返品について", "領収書をください", "山田太郎", "壊れていた。"]
)
def test_a_short_text_in_euc_is_recognised(text: str) -> None:
    assert decode(text.encode("euc_jp"), "") == (text, True)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain", "plain"),
        (b'\x1b$B-!-"-j\x1b(B', "①②㈱"),
        (b"\x1b$B|byu\x1b(B", "髙﨑"),
        (b"\x1b$B!A!]!1!@\x1b(B", "～－￣＼"),
        (b"\x1b(I6@6E\x1b(B", "ｶﾀｶﾅ"),
        (b"\x0e6@6E\x0fok", "ｶﾀｶﾅok"),
        (b'\x1b$B-!\x0e6\x0f-"\x1b(B', "①ｶ②"),
        (b"\x1b(J\\1,000\x1b(B", "\\1,000"),
        (b"\x1b&@\x1b$B>&IJ\x1b(B", "商品"),
        (b"\x1b$@>&IJ\x1b(H ok", "商品 ok"),
        (b"\x1b$B>& IJ\x1b(B", "商 品"),
        (b"\x1b$B>&IJ\nok", "商品\nok"),
        (b"\x1b$(D0!\x1b(B", "丂"),
        (b"\x1b$(Q.!\x1b(B", "俱"),
        (b"\x1b$A<C\x1b(B\x1b$(C0!\x1b(B", "济가"),
        (b"\x1b$B>&\xbe\xa6\x1b(B", "商商"),
    ],
)
def test_the_escapes_of_iso_2022_jp(data: bytes, text: str) -> None:
    assert decode(data, "ISO-2022-JP") == (text, True)


@pytest.mark.parametrize("label", ["", "us-ascii", "utf-8", "shift_jis", "x-unknown", "hex"])
def test_raw_escapes_are_jis_whatever_the_label(label: str) -> None:
    assert decode(b"\x1b$B>&IJ\x1b(B", label) == ("商品", True)


@pytest.mark.parametrize(
    ("data", "label", "text"),
    [
        (b"\x1b$B>&I\x1b(B.", "iso-2022-jp", "商〓."),
        ("商品".encode()[:-1], "utf-8", "商\ufffd"),
        ("商品が".encode() + b"\xff", "utf-8", "商品が\ufffd"),
        (
            "商品が届かない".encode("cp932") + b"\xff" + "助けて".encode("cp932"),
            "shift_jis",
            "商品が届かない\ufffd助けて",
        ),
        ("商品が".encode("euc_jp") + b"\xa4", "euc-jp", "商品が\ufffd"),
    ],
)
def test_what_is_damaged_is_marked_and_told(data: bytes, label: str, text: str) -> None:
    assert decode(data, label) == (text, False)


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("Windows-31J", "cp932", "髙①～"),
        ('"shift-jis"', "cp932", "髙①～"),
        ("shift_jis_2004", "cp932", "髙①～"),
        ("eucJP-ms", "euc_jp", "お届け先"),
        ("UTF8", "utf-8", "お届け先"),
        ("utf-8*ja", "utf-8", "お届け先"),
        ("utf-16le", "utf-16-le", "お届け先"),
        ("utf-7", "utf-7", "お届け先"),
        ("gb2312", "gb18030", "發貨时间"),
        ("ks_c_5601-1987", "cp949", "안녕하세요"),
        ("big5", "cp950", "您好嗎"),
        ("koi8-r", "koi8-r", "Здравствуйте"),
        ("iso-8859-15", "iso-8859-15", "50 € à payer"),
    ],
)
def test_a_label_in_any_spelling_is_believed(label: str, codec: str, text: str) -> None:
    assert decode(text.encode(codec), label) == (text, True)


@pytest.mark.parametrize("label", ["utf-8", "euc-jp", "iso-2022-jp", "ascii"])
def test_a_label_the_bytes_contradict_is_not_believed(label: str) -> None:
    text = "商品がまだ届いていません。"
    assert decode(text.encode("cp932"), label) == (text, True)


@pytest.mark.parametrize("label", ["shift_jis", "euc-jp", "iso-2022-jp"])
def test_utf_8_under_a_japanese_label_is_recognised(label: str) -> None:
    text = "商品がまだ届いていません。"
    assert decode(text.encode(), label) == (text, True)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=60),
    st.one_of(st.text(max_size=12), st.sampled_from(["utf-8", "x-sjis", "euc-jp", "jis", "utf-7"])),
)
def test_any_bytes_under_any_label_become_text(data: bytes, label: str) -> None:
    text, readable = decode(data, label)
    assert decode(data, label) == (text, readable)
    assert (
        "\ufffd" not in text
        or not readable
        or b"\xef\xbf\xbd" in data
        or label not in ("utf-8", "x-sjis", "euc-jp")
    )


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec="iso2022_jp", exclude_characters="\x0e\x0f\x1b"), max_size=30))
def test_what_the_standard_codec_writes_is_read_back(text: str) -> None:
    as_people_expect = str.maketrans("〜−‖¢£¬—", "～－∥￠￡￢―")
    read = decode(text.encode("iso2022_jp"), "iso-2022-jp")[0]
    assert read.translate(as_people_expect) == text.replace("¥", "\\").replace("‾", "~").translate(
        as_people_expect
    )
