"""The demo mailbox: raw mails that must keep telling their story."""

from __future__ import annotations

import email
import re
from datetime import datetime, timedelta, timezone
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from daicho.wording import templates_folder

DEMO = templates_folder() / "demo"
MAILS = sorted(DEMO.glob("*/*.eml"))
JAPAN = timezone(timedelta(hours=9))
ADDRESS = re.compile(rb"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")
MASKED = {b"pc.fw.rakuten.ne.jp", b"marketplace.amazon.co.jp"}


def name_of(path: Path) -> str:
    return path.relative_to(DEMO).as_posix()


def headers(path: Path) -> Message:
    return email.message_from_bytes(path.read_bytes())


def message_ids(header: str) -> list[str]:
    return re.findall(r"<([^<>\s]+)>", header)


def test_the_readme_names_every_mail_once_and_no_other() -> None:
    named = re.findall(
        r"^\| `([^`]+\.eml)` \|", (DEMO / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(named) == [name_of(path) for path in MAILS]


@pytest.mark.parametrize("path", MAILS, ids=name_of)
def test_a_mail_is_named_after_its_time_in_japan(path: Path) -> None:
    sent = parsedate_to_datetime(headers(path)["Date"])
    assert sent.utcoffset() == timedelta(hours=9)
    assert path.name.startswith(sent.strftime("%m%d-%H%M-"))


def test_the_story_runs_from_a_thursday_to_the_friday_of_the_next_week() -> None:
    dates = [parsedate_to_datetime(headers(path)["Date"]) for path in MAILS]
    assert datetime(2026, 11, 5, tzinfo=JAPAN) <= min(dates)
    assert max(dates).strftime("%a %H:%M") == "Fri 16:40"
    assert max(dates) - min(dates) < timedelta(days=9)


def test_no_two_mails_share_a_message_id() -> None:
    ids = [id for path in MAILS for id in message_ids(headers(path)["Message-ID"])]
    assert len(set(ids)) == len(ids) == len(MAILS)


def test_replies_refer_only_to_older_mails_of_the_mailbox() -> None:
    dates = {message_ids(headers(path)["Message-ID"])[0]: headers(path)["Date"] for path in MAILS}
    for path in MAILS:
        mail = headers(path)
        for reference in message_ids(mail.get("References", "") + mail.get("In-Reply-To", "")):
            assert parsedate_to_datetime(dates[reference]) < parsedate_to_datetime(mail["Date"]), name_of(
                path
            )


def test_the_shop_wrote_what_was_sent_and_answers_a_customer_each_time() -> None:
    for path in sorted((DEMO / "sent").glob("*.eml")):
        mail = headers(path)
        assert mail["From"].endswith("<support@sakura-zakka.example.jp>"), name_of(path)
        assert mail["In-Reply-To"], name_of(path)


def test_nobody_has_an_address_at_a_real_domain_but_marketplace_stand_ins() -> None:
    for path in MAILS:
        for domain in ADDRESS.findall(path.read_bytes()):
            example = re.search(rb"(^|\.)example\.(jp|com|net|ne\.jp)$", domain)
            assert example or domain in MASKED, (name_of(path), domain)


def test_mails_keep_their_bytes_and_plain_line_ends() -> None:
    assert all(b"\r" not in path.read_bytes() for path in MAILS)


def test_every_charset_and_transfer_encoding_of_the_trade_occurs() -> None:
    leaves = [part for path in MAILS for part in headers(path).walk() if not part.is_multipart()]
    charsets = {part.get_content_charset("") for part in leaves}
    encodings = {str(part["Content-Transfer-Encoding"]) for part in leaves}
    assert {"utf-8", "iso-2022-jp", "windows-31j", "euc-jp", "us-ascii", "x-unknown-9", ""} <= charsets
    assert {"7bit", "8bit", "base64", "quoted-printable"} <= encodings
