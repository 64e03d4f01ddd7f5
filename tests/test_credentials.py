"""Passwords and tokens: where they come from, and that no error ever shows one."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl

import pytest

from daicho.errors import MailError
from daicho.mail.credentials import (
    PROVIDERS,
    Provider,
    SystemKeyring,
    access_token,
    find_password,
    find_token,
    post_form,
    variable_of,
)
from test_mailbox import assert_is_a_sentence

REFRESH = "refresh-token-1"
GRANT = json.dumps({"client_id": "daicho-id", "client_secret": "daicho-key", "refresh_token": REFRESH})


class Drawer(dict[str, str]):
    """A vault in memory."""

    def set(self, entry: str, secret: str) -> None:
        self[entry] = secret


class TokenServer(HTTPServer):
    """A provider's token endpoint that answers what it is told to and notes what it was asked."""

    status = 200
    answer = b""
    asked: dict[str, str]

    @property
    def provider(self) -> Provider:
        return Provider(f"http://127.0.0.1:{self.server_port}/token", "mail.read")


class TokenRequest(BaseHTTPRequestHandler):
    server: TokenServer

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked = dict(parse_qsl(form))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with TokenServer(("127.0.0.1", 0), TokenRequest) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("support", "DAICHO_PASSWORD_SUPPORT"),
        ("my-shop.2", "DAICHO_PASSWORD_MY_SHOP_2"),
        ("窓口 a", "DAICHO_PASSWORD____A"),
    ],
)
def test_a_mailbox_has_a_variable_any_shell_can_set(name: str, variable: str) -> None:
    assert variable_of("PASSWORD", name) == variable


def test_the_environment_comes_before_the_keyring() -> None:
    vault = Drawer(support="from the keyring")
    assert find_password("support", {}, vault) == "from the keyring"
    assert find_password("support", {"DAICHO_PASSWORD_SUPPORT": "from outside\n"}, vault) == "from outside"


def test_a_missing_password_is_told_with_the_variable_to_set() -> None:
    with pytest.raises(MailError) as caught:
        find_password("my-shop", {"DAICHO_PASSWORD_OTHER": "x"}, Drawer())
    assert "DAICHO_PASSWORD_MY_SHOP" in str(caught.value)
    assert_is_a_sentence(caught.value)


def test_without_the_keyring_package_the_vault_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert SystemKeyring().get("support") is None


def test_a_keyring_that_fails_is_an_empty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]
    try:
        assert SystemKeyring().get("support") is None
    finally:
        keyring.set_keyring(before)


def test_a_refresh_token_brings_an_access_token(tokens: TokenServer) -> None:
    tokens.answer = json.dumps({"access_token": "access-1", "expires_in": 3599}).encode()
    vault = Drawer({"support.oauth": GRANT})
    assert find_token("support", tokens.provider, {}, vault, post_form) == "access-1"
    assert tokens.asked == {
        "grant_type": "refresh_token",
        "client_id": "daicho-id",
        "client_secret": "daicho-key",
        "refresh_token": REFRESH,
        "scope": "mail.read",
    }
    assert vault == {"support.oauth": GRANT}


def test_a_new_refresh_token_is_kept(tokens: TokenServer) -> None:
    tokens.answer = json.dumps({"access_token": "access-1", "refresh_token": "refresh-token-2"}).encode()
    vault = Drawer({"support.oauth": GRANT})
    find_token("support", tokens.provider, {}, vault, post_form)
    assert json.loads(vault["support.oauth"]) == json.loads(GRANT) | {"refresh_token": "refresh-token-2"}


def test_a_client_without_a_secret_sends_none(tokens: TokenServer) -> None:
    tokens.answer = json.dumps({"access_token": "access-1"}).encode()
    access_token(tokens.provider, "daicho-id", "", REFRESH, post_form)
    assert "client_secret" not in tokens.asked


def test_a_ready_token_in_the_environment_needs_no_request() -> None:
    def post(url: str, form: Mapping[str, str]) -> bytes:
        raise AssertionError("nobody may be asked")

    env = {"DAICHO_TOKEN_SUPPORT": "ready\n"}
    assert find_token("support", PROVIDERS["gmail"], env, Drawer(), post) == "ready"


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (400, b'{"error": "invalid_grant", "error_description": "Token has been expired or revoked."}'),
        (503, b"<html>busy</html>"),
        (200, b"[]"),
        (200, b'{"access_token": null}'),
    ],
)
def test_a_refusal_is_told_without_any_token(tokens: TokenServer, status: int, answer: bytes) -> None:
    tokens.status, tokens.answer = status, answer
    with pytest.raises(MailError) as caught:
        access_token(tokens.provider, "daicho-id", "daicho-key", REFRESH, post_form)
    assert caught.value.key == "mail.token-refused"
    assert REFRESH not in str(caught.value)
    assert_is_a_sentence(caught.value)


def test_an_authorisation_server_out_of_reach_is_told(tokens: TokenServer) -> None:
    provider = tokens.provider
    tokens.server_close()
    with pytest.raises(MailError) as caught:
        access_token(provider, "daicho-id", "daicho-key", REFRESH, post_form)
    assert caught.value.key == "mail.token-unreachable"
    assert_is_a_sentence(caught.value)


@pytest.mark.parametrize("entry", ["", "not json", "[]"])
def test_a_missing_grant_is_told_with_where_to_put_it(entry: str) -> None:
    with pytest.raises(MailError) as caught:
        find_token("support", PROVIDERS["outlook"], {}, Drawer({"support.oauth": entry}), post_form)
    assert "support.oauth" in str(caught.value)
    assert_is_a_sentence(caught.value)


@pytest.mark.parametrize("provider", PROVIDERS.values())
def test_tokens_travel_encrypted(provider: Provider) -> None:
    assert provider.url.startswith("https://")
