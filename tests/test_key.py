"""The keys by which the log knows mails."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from daicho.mail.key import bare_key, fingerprint, gmail_link, marked_key, message_id, named_id, veiled_key

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def test_a_mark_comes_off_again() -> None:
    marked = marked_key("a@x", NOW)
    assert marked != marked_key("a@x", NOW.replace(minute=1)) != "a@x"
    assert bare_key(marked) == bare_key("a@x") == "a@x"


def test_a_mark_stays_on_a_veiled_key() -> None:
    assert veiled_key("a@x#12345678") == veiled_key("a@x") + "#12345678"
    assert veiled_key(veiled_key("a@x")) == veiled_key("a@x")


@pytest.mark.parametrize("key", [fingerprint(b"a", b"b"), veiled_key("a@x#12345678"), ""])
def test_what_has_no_message_id_is_not_found_by_one(key: str) -> None:
    assert (message_id(key), gmail_link(key), named_id(key)) == ("", "", "")


@pytest.mark.parametrize("key", ["a@x", "a@x#12345678"])
def test_a_mail_is_found_by_its_message_id(key: str) -> None:
    assert named_id(key) == "Message-ID: <a@x>"
    assert gmail_link(key).endswith("rfc822msgid%3Aa@x")
