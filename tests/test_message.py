"""Odd mails with their expected reading beside them, bombs, and mails nobody has thought of."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address as EmailAddress
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from daicho.mail.address import ADDRESS_LIMIT
from daicho.mail.body import TEXT_LIMIT
from daicho.mail.header import VALUE_LIMIT
from daicho.mail.message import Address, Attachment, Message, peek_head, read_head, read_message
from daicho.mail.mime import DEPTH_LIMIT, PARTS_LIMIT
from daicho.wording import LANGUAGES, wording

MAILS = sorted((Path(__file__).parent / "mails").glob("*.eml"))
RECEIVED = datetime(2026, 11, 21, 12, tzinfo=UTC)
HEADER = b"From: taro@example.jp\nDate: Mon, 16 Nov 2026 10:23:45 +0900\nMessage-ID: <bomb@example.jp>\n"
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def read(raw: bytes) -> Message:
    return read_message(raw, received=RECEIVED)


def as_toml(message: Message) -> dict[str, object]:
    """A message in the shapes that the expectations are written in."""
    shown: dict[str, object] = {name: getattr(message, name) for name in Message.__slots__}
    shown["date"] = f"{message.date:%Y-%m-%dT%H:%M:%SZ}"
    shown["sender"] = [message.sender.name, message.sender.email]
    for name in ("reply_to", "to", "cc"):
        shown[name] = [[address.name, address.email] for address in getattr(message, name)]
    shown["attachments"] = [[a.name, a.size, a.content_type] for a in message.attachments]
    shown["references"] = list(message.references)
    shown["notes"] = list(message.notes)
    return shown


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_an_odd_mail_reads_as_its_neighbour_says(path: Path) -> None:
    expected = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
    always = {"kind": "person", "attachments": [], "notes": []}
    shown = as_toml(read(path.read_bytes()))
    assert {name: shown[name] for name in always | expected} == always | expected


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_a_mail_has_one_key_however_it_is_looked_at(path: Path) -> None:
    raw = path.read_bytes()
    message, head, peeked = read(raw), read_head(raw), peek_head(raw)
    assert (head.key, head.sender) == (message.key, message.sender.email)
    assert peeked in (None, head)
    assert (peeked is None) <= (not message.message_id or b"\n" not in raw or path.stem == "header-only")


def test_copies_without_an_id_share_a_key_across_transfers() -> None:
    sent = b"From: a@example.jp\r\nSubject: long\r\n subject\r\nDate: x\r\n\r\nbody\r\n"
    stored = b"Received: by y\nDate: x\nFrom: a@example.jp\nSubject: long subject\n\nbody\n\n"
    assert read(sent).key == read(stored).key
    assert read(sent).key != read(sent.replace(b"body", b"other")).key


def test_a_beginning_tells_the_key_only_when_the_header_is_whole() -> None:
    raw = HEADER + b"Subject: x\n\nbody"
    for length in range(len(raw) + 1):
        assert peek_head(raw[:length]) == (read_head(raw) if b"\n\n" in raw[:length] else None)


def test_an_id_out_of_the_beginning_is_never_another_fields() -> None:
    raw = b"X-Message-ID: <no@x>\nSubject: a\n Message-ID: <no@x>\nMessage-IDs: <no@x>\n\nMessage-ID: <no@x>"
    assert peek_head(raw) is None
    assert read_head(raw).key.startswith("sha256-")


def test_attachments_that_were_not_fetched_are_listed_with_the_others() -> None:
    big = Attachment("film.mp4", 90_000_000, "video/mp4")
    assert read_message(HEADER + b"\nx", received=RECEIVED, left_behind=(big,)).attachments == (big,)


def test_a_date_a_little_ahead_is_a_clock_that_runs_fast() -> None:
    raw = b"Date: Mon, 23 Nov 2026 11:59:00 +0000\n\nx"
    assert read(raw).date == datetime(2026, 11, 23, 11, 59, tzinfo=UTC)
    assert read_message(raw, received=RECEIVED - timedelta(days=1)).notes == ("message.no-date",)


def test_a_mail_that_breaks_the_reader_still_becomes_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr("daicho.mail.message.read_parts", broken)
    message = read(HEADER + "Subject: 返品\n\n本文".encode())
    assert message.notes == ("message.unreadable",)
    assert (message.key, message.sender.email, message.subject) == (
        "bomb@example.jp",
        "taro@example.jp",
        "返品",
    )
    assert message.date == RECEIVED


def multipart(parts: bytes) -> bytes:
    return HEADER + b"Content-Type: multipart/mixed; boundary=b\n\n" + parts


def nested(depth: int) -> bytes:
    levels = (b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (i, i) for i in range(depth))
    return HEADER + b"".join(levels) + b"\nhello\n"


def html(source: bytes) -> bytes:
    return HEADER + b"Content-Type: text/html; charset=utf-8\n\n" + source


def plain(text: bytes, more: bytes = b"") -> bytes:
    return HEADER + b"Content-Type: text/plain; charset=utf-8" + more + b"\n\n" + text


BOMBS = {
    "a subject of 1 MB": (HEADER + b"Subject: " + b"x" * 1_000_000 + b"\n\nx", "message.header-cut"),
    "a header of 1 MB": (HEADER + b"X: y\n" * 200_000 + b"\nx", "message.header-cut"),
    "20,000 recipients": (
        HEADER + b"To: " + b", ".join(b"u%d@example.jp" % i for i in range(20_000)) + b"\n\nx",
        "message.addresses-cut",
    ),
    "50,000 parts": (multipart(b"--b\n\nx\n" * 50_000), "message.parts-cut"),
    "1,000 nested multiparts": (nested(1000), "message.parts-cut"),
    "lines like a boundary": (multipart(b"--bx\n" * 100_000 + b"--b\n\nx"), "message.parts-cut"),
    "a text of 1 MB": (plain(b"x" * 1_000_000), "message.body-cut"),
    "1 MB of <": (html(b"<" * 1_000_000), "message.body-cut"),
    "1,000,000 tags": (html(b"<b>" * 1_000_000 + b"x"), "message.body-cut"),
    "unpaired quotes in tags": (html(b'<a ">" ' * 100_000), ""),
    "100,000 nested tags": (html(b"<div>" * 100_000 + b"x"), ""),
    "200,000 attributes": (html(b"<a " + b" ".join(b"a%d" % i for i in range(200_000)) + b">x"), ""),
    "comments never closed": (html(b"<!--" * 200_000), "message.body-cut"),
    "2,000 mails in each other": (HEADER + b"Content-Type: message/rfc822\n\n" * 2000 + b"x", ""),
    "5,000 comments in From": (b"From: " + b"(" * 5000 + b"\n\nx", "message.no-date"),
    "quotes and backslashes in From": (b"From: " + b'"\\' * 32_000 + b"\n\nx", "message.no-date"),
    "words that never end": (HEADER + b"Subject: " + b"=?utf-8?Q?a" * 6000 + b"\n\nx", "message.header-cut"),
    "carriage returns": (HEADER + b"Subject: " + b"\r" * 200_000 + b"\n\nx", "message.header-cut"),
    "empty lines": (plain(b"x" + b"\n" * 190_000 + b"y"), ""),
    "On at every line": (plain(b"On \n" * 40_000), ""),
    "quotes and blanks": (plain(b">\n\n\n\nx\n" * 20_000), ""),
    "JIS without end": (plain(b"\x1b$B" + b'$"' * 1_000_000), "message.body-cut"),
    "Base64 of pads": (plain(b"A=" * 500_000, b"\nContent-Transfer-Encoding: base64"), ""),
    "mbox lines": (b"From \n" * 200_000, "message.no-date"),
    "zero bytes": (b"\x00" * 1_000_000, "message.no-date"),
}


@pytest.mark.parametrize(("raw", "note"), BOMBS.values(), ids=list(BOMBS))
def test_a_bomb_is_cut_to_size_and_says_so(raw: bytes, note: str) -> None:
    message = read(raw)
    assert (
        (note in message.notes) if note else not {"message.body-cut", "message.parts-cut"} & {*message.notes}
    )
    assert "message.unreadable" not in message.notes
    assert len(message.subject) <= VALUE_LIMIT
    assert len(message.text) <= TEXT_LIMIT
    assert len(message.to) <= ADDRESS_LIMIT


def test_of_50_000_parts_the_first_are_read() -> None:
    assert read(multipart(b"--b\n\nx\n" * 50_000)).text.split() == ["x"] * PARTS_LIMIT


def test_parts_nested_too_deep_are_shown_as_they_are() -> None:
    assert read(nested(DEPTH_LIMIT - 1)).text == "hello"
    assert read(nested(1000)).text.endswith("hello")


@pytest.mark.parametrize(
    "source", [b"<div>" * 100_000, b"<a " + b" ".join(b"a%d" % i for i in range(100_000)) + b">"]
)
def test_the_text_in_an_html_bomb_is_found(source: bytes) -> None:
    assert read(html(source + b"x")).text == "x"


def is_utf8(data: bytes) -> bool:
    try:
        return not data.decode().isascii()
    except UnicodeDecodeError:
        return False


# Of the characters that the codecs of Japan disagree about, none.
WORDS = st.text(
    st.characters(codec="cp932", exclude_categories=["C", "Z"], exclude_characters="¢£¬‖−〜～－∥￠￡￢"),
    min_size=1,
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(WORDS, WORDS, WORDS, WORDS, st.sampled_from(["utf-8", "cp932", "euc_jp", "iso2022_jp"]))
def test_what_the_standard_library_writes_is_read_back(
    name: str, subject: str, filename: str, text: str, charset: str
) -> None:
    # Few bytes that are good UTF-8 by chance are read as UTF-8: mails mislabelled so are far commoner.
    assume(text.isascii() or not is_utf8(text.encode(charset, "replace")) or charset == "utf-8")
    written = EmailMessage()
    written["From"] = EmailAddress(name, addr_spec="taro@example.jp")
    written["Subject"] = subject
    written["Message-ID"] = "<a@example.jp>"
    try:
        written.set_content(text, charset=charset)
    except UnicodeError:
        written.set_content(text)
    written.add_attachment(b"abc", maintype="application", subtype="pdf", filename=filename)
    message = read(written.as_bytes())
    assert message.sender == Address(name, "taro@example.jp")
    assert message.subject == subject
    assert message.text == text
    assert message.attachments == (Attachment(filename, 3, "application/pdf"),)


MAIL_WORDS = st.sampled_from(
    [
        *(b"From: ", b"To: ", b"Subject: ", b"Date: ", b"Message-ID: ", b"Content-Type: ", b"References: "),
        *(b"Content-Transfer-Encoding: ", b"Content-Disposition: ", b"Return-Path: <>", b"Auto-Submitted: "),
        *(
            b"multipart/mixed; boundary=b",
            b"multipart/alternative",
            b"multipart/report",
            b"text/html",
            b"text/plain",
        ),
        *(
            b"; charset=iso-2022-jp",
            b"; charset=utf-7",
            b"; format=flowed",
            b'; name="',
            b"; filename*0*=utf-8''%E3",
        ),
        *(
            b"base64",
            b"quoted-printable",
            b"x-uuencode",
            b"begin 644 x\n",
            b"message/rfc822",
            b"text/rfc822-headers",
        ),
        *(
            b"\n",
            b"\r\n",
            b"\r",
            b"\n\n",
            b"\n ",
            b"--b\n",
            b"--b--\n",
            b"<",
            b">",
            b'"',
            b"(",
            b")",
            b"@",
            b",",
            b":",
        ),
        *(
            b"=?utf-8?B?44GC?=",
            b"=?iso-2022-jp?Q?=1B$B",
            b"=?",
            b"?=",
            b"=",
            b"\\",
            b"'",
            b"&#xD800;",
            b"&#0;",
        ),
        *(
            b"\x1b$B",
            b"\x1b(I",
            b"\x1b(B",
            b"\x0e",
            b"\x0f",
            "あ".encode(),
            "髙①".encode("cp932"),
            b"\xed\xa0\x80",
        ),
        *(b"<div style='display:none'>", b"<blockquote type=cite>", b"<!--", b"<script>", b"<pre>", b"</p>"),
        *(b"On Mon wrote:\n", b"> x\n", b"-- \n", b"-----Original Message-----\n", b"2026/01/05 10:00"),
        *(b"Mon, 16 Nov 2026 10:23:45 +0900", b"99999999999999999999", b"-2359", b"a@example.jp", b"x"),
    ]
)
SOUP = st.lists(st.one_of(MAIL_WORDS, st.binary(max_size=5)), max_size=60).map(b"".join)


@st.composite
def damaged_mails(draw: st.DrawFn) -> bytes:
    """One of the odd mails with a piece cut out, put in or doubled."""
    raw = draw(st.sampled_from(MAILS)).read_bytes()
    start = draw(st.integers(0, len(raw)))
    end = draw(st.integers(start, min(len(raw), start + 80)))
    return raw[:start] + draw(st.one_of(SOUP, st.just(raw[start:end] * 3))) + raw[end:]


def assert_sound(raw: bytes) -> None:
    message = read(raw)
    assert message == read(raw)
    assert "message.unreadable" not in message.notes
    assert message.key
    assert message.date.utcoffset() == timedelta(0)
    assert bool(message.new_text.strip()) == bool(message.text.strip())
    names = [
        part
        for a in (message.sender, *message.reply_to, *message.to, *message.cc)
        for part in (a.name, a.email)
    ]
    single = [
        message.key,
        message.subject,
        *names,
        *message.references,
        *(a.name for a in message.attachments),
    ]
    assert not any(CONTROLS.search(text) or "\n" in text for text in single)
    assert not CONTROLS.search(message.text + message.new_text)
    head = read_head(raw)
    assert (head.key, head.sender) == (message.key, message.sender.email)
    assert peek_head(raw) in (None, head)
    for language in LANGUAGES:
        assert all(wording(language).say(note) for note in message.notes)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=300), SOUP, SOUP.map(lambda body: HEADER + body)))
def test_whatever_the_bytes_a_mail_is_read(raw: bytes) -> None:
    assert_sound(raw)


@settings(max_examples=300, deadline=None)
@given(damaged_mails())
def test_a_damaged_mail_is_read(raw: bytes) -> None:
    assert_sound(raw)
