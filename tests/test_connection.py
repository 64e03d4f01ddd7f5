"""Reaching an IMAP server and logging in: what goes wrong is told at once, with its cure."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import Literal

import pytest

from daicho.errors import MailError
from daicho.mail.connection import said
from daicho.mail.imap import Account, Imap
from imap_servers import PASSWORD, OddServer, OnDovecot, Server, free_port, imap
from test_mailbox import Log, assert_is_a_sentence, key, keys, mail

Tls = Literal["ssl", "starttls"]

MAILS = [mail(number) for number in range(1, 9)]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"host": "no-such-host.invalid"}, "mail.host-unknown"),
        ({"port": None}, "mail.unreachable"),
        ({"tls": "starttls"}, "mail.no-starttls"),
    ],
)
def test_a_server_that_cannot_be_reached_is_told_at_once(changes: dict[str, object], sentence: str) -> None:
    pauses: list[float] = []
    with OddServer(MAILS) as server:
        account = replace(server.account, **changes)  # type: ignore[arg-type]
        if account.port is None:
            account = replace(account, port=free_port())
        with pytest.raises(MailError) as caught:
            Log().sync(imap(account, pauses=pauses))
    assert caught.value.key == sentence
    assert pauses == []
    assert_is_a_sentence(caught.value)


def test_a_server_that_takes_the_call_and_says_nothing_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(MailError) as caught:
        account = Server("shop", silent.getsockname()[1]).account
        Log().sync(imap(replace(account, timeout=0.05)))
    assert caught.value.key == "mail.timed-out"
    assert_is_a_sentence(caught.value)


def test_a_server_that_falls_silent_is_given_up() -> None:
    def silence(uids: list[int], items: bytes) -> bytes:
        return b"* OK still thinking\r\n"

    with OddServer(MAILS, silence) as server, pytest.raises(MailError) as caught:
        Log().sync(imap(replace(server.account, timeout=0.05)))
    assert caught.value.key == "mail.dropped"


@pytest.mark.parametrize("provider", ["gmail", "outlook"])
def test_a_provider_gets_the_token_as_xoauth2(provider: Literal["gmail", "outlook"]) -> None:
    with OddServer(MAILS) as server:
        account = replace(server.account, auth=provider)
        assert len(Log().sync(Imap(account, lambda: "token-1"))) == len(MAILS)
    assert server.token == b"user=shop\x01auth=Bearer token-1\x01\x01"


@pytest.mark.parametrize(
    ("auth", "answer", "sentence"),
    [
        ("gmail", b"NO [AUTHENTICATIONFAILED] no", "mail.refused-token"),
        ("password", b"NO [AUTHENTICATIONFAILED] open-sesame is wrong", "mail.refused-password"),
        ("password", b"NO [ALERT] IMAP is switched off", "mail.refused-login"),
        ("password", b"NO [INUSE] too many connections", "mail.busy"),
    ],
)
def test_a_refused_login_says_what_to_do(
    auth: Literal["gmail", "password"], answer: bytes, sentence: str
) -> None:
    with OddServer(MAILS) as server, pytest.raises(MailError) as caught:
        server.login = answer
        Log().sync(imap(replace(server.account, auth=auth)))
    assert caught.value.key == sentence
    assert PASSWORD not in str(caught.value)
    assert "b'" not in str(caught.value.values["answer"])
    assert_is_a_sentence(caught.value)


@pytest.mark.parametrize(
    ("told", "said_of_it"),
    [
        ("b'[ALERT] IMAP is off'", "[ALERT] IMAP is off"),
        ("SELECT failed: b'it\\xe3\\x81\\xaf'", "SELECT failed: itは"),
        ("bob's mailbox", "bob's mailbox"),
    ],
)
def test_a_servers_words_are_told_as_words(told: str, said_of_it: str) -> None:
    assert said(Exception(told)) == said_of_it


def test_a_line_that_drops_during_the_login_is_no_refused_login() -> None:
    with OddServer(MAILS) as server, pytest.raises(MailError) as caught:
        server.login = b"BYE"
        Log().sync(imap(server.account))
    assert caught.value.key == "mail.unreachable"


class TestDovecot(OnDovecot):
    """A line that is encrypted, or should be."""

    def encrypted(self, tls: Tls) -> Account:
        port = self.server.tls_port if tls == "ssl" else self.server.port
        return replace(self.server.account, tls=tls, port=port)

    @pytest.mark.parametrize("tls", ["ssl", "starttls"])
    def test_a_trusted_certificate_opens_an_encrypted_line(self, tls: Tls) -> None:
        self.server.append([mail(1)])
        assert keys(Log().sync(imap(self.encrypted(tls), self.certificate.trusting))) == [key(1)]

    @pytest.mark.parametrize("tls", ["ssl", "starttls"])
    def test_a_certificate_nobody_vouches_for_is_told_before_the_password_is_sent(self, tls: Tls) -> None:
        def secret() -> str:
            raise AssertionError("nobody may ask for the password")

        with pytest.raises(MailError) as caught:
            Log().sync(Imap(self.encrypted(tls), secret))
        assert caught.value.key == "mail.certificate-self-signed"
        assert_is_a_sentence(caught.value)

    def test_a_certificate_for_another_name_is_refused(self) -> None:
        account = replace(self.encrypted("ssl"), host="localhost")
        with pytest.raises(MailError) as caught:
            Log().sync(imap(account, self.certificate.trusting))
        assert caught.value.key == "mail.certificate-name"
        assert_is_a_sentence(caught.value)

    def test_tls_on_a_port_without_it_is_told(self) -> None:
        with pytest.raises(MailError) as caught:
            Log().sync(imap(replace(self.server.account, tls="ssl")))
        assert caught.value.key == "mail.no-tls"
        assert_is_a_sentence(caught.value)
