"""Passwords and access tokens: from the environment, else from the system's keyring. Never from a file.

Gmail and Outlook take OAuth 2 access tokens (XOAUTH2), made from a refresh token (RFC 6749, section 6).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Literal, Protocol
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import urlopen

from daicho.errors import MailError

SERVICE = "daicho"
SECONDS = 30.0

Post = Callable[[str, Mapping[str, str]], bytes]
"""Posts a form to an address; returns the body of the answer, refusals included. Raises OSError."""


class Vault(Protocol):
    """Where secrets are kept, each under the name of its entry."""

    def get(self, entry: str) -> str | None: ...

    def set(self, entry: str, secret: str) -> None: ...


class SystemKeyring:
    """The keyring of the operating system; empty where there is none or the `keyring` extra is missing."""

    def get(self, entry: str) -> str | None:
        try:
            import keyring
            from keyring.errors import KeyringError
        except ImportError:
            return None
        try:
            secret: str | None = keyring.get_password(SERVICE, entry)
        except KeyringError:
            return None
        return secret

    def set(self, entry: str, secret: str) -> None:
        import keyring

        keyring.set_password(SERVICE, entry, secret)


@dataclass(frozen=True, slots=True)
class Provider:
    """Where a provider hands out access tokens, and the scope to ask for ("" for the granted one)."""

    url: str
    scope: str = ""


PROVIDERS: Mapping[Literal["gmail", "outlook"], Provider] = {
    "gmail": Provider("https://oauth2.googleapis.com/token"),
    "outlook": Provider(
        "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        "https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
    ),
}


@dataclass(frozen=True, slots=True)
class Tokens:
    """An access token for about an hour, and the refresh token to use from now on."""

    access: str
    refresh: str


def find_password(name: str, env: Mapping[str, str], vault: Vault) -> str:
    """The password of the mailbox `name`. Raises MailError where nobody has laid one down."""
    variable = variable_of("PASSWORD", name)
    password = env.get(variable) or vault.get(name)
    if not password:
        raise MailError("mail.no-password", name=name, variable=variable)
    return password.rstrip("\r\n")


def find_token(name: str, provider: Provider, env: Mapping[str, str], vault: Vault, post: Post) -> str:
    """An access token for the mailbox `name`: a ready one from the environment, else a fresh one.

    The keyring's entry `<name>.oauth` holds `client_id`, `client_secret` and `refresh_token` as JSON.
    Raises MailError.
    """
    variable, entry = variable_of("TOKEN", name), f"{name}.oauth"
    if env.get(variable):
        return env[variable].strip()
    try:
        grant = json.loads(vault.get(entry) or "")
        client_id, client_secret, refresh_token = (
            str(grant.get(key) or "") for key in ("client_id", "client_secret", "refresh_token")
        )
    except (ValueError, AttributeError):
        raise MailError("mail.no-token", name=name, variable=variable, entry=entry) from None
    tokens = access_token(provider, client_id, client_secret, refresh_token, post)
    # Outlook replaces the refresh token now and then; the old one runs out.
    if tokens.refresh != refresh_token:
        vault.set(entry, json.dumps(grant | {"refresh_token": tokens.refresh}))
    return tokens.access


def access_token(
    provider: Provider, client_id: str, client_secret: str, refresh_token: str, post: Post
) -> Tokens:
    """Asks the provider for an access token. Raises MailError where it refuses or cannot be reached."""
    host = urlsplit(provider.url).hostname
    form = {
        "grant_type": "refresh_token",
        "client_id": client_id,
        "client_secret": client_secret,
        "refresh_token": refresh_token,
        "scope": provider.scope,
    }
    try:
        answer: Any = json.loads(post(provider.url, {key: value for key, value in form.items() if value}))
    except OSError as error:
        raise MailError("mail.token-unreachable", host=host) from error
    except ValueError:
        answer = {}
    if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
        said = answer.get("error") if isinstance(answer, dict) else None
        raise MailError("mail.token-refused", host=host, answer=said or "?")
    return Tokens(answer["access_token"], str(answer.get("refresh_token") or refresh_token))


def post_form(url: str, form: Mapping[str, str]) -> bytes:
    """A `Post` over HTTPS."""
    try:
        with urlopen(url, urlencode(form).encode("ascii"), timeout=SECONDS) as answer:
            body: bytes = answer.read()
    except HTTPError as refusal:
        body = refusal.read()
    except HTTPException as error:
        raise OSError(str(error)) from error
    return body


def variable_of(kind: Literal["PASSWORD", "TOKEN"], name: str) -> str:
    """The environment variable for a mailbox: `DAICHO_PASSWORD_MY_SHOP` for "my-shop"."""
    return f"DAICHO_{kind}_{re.sub(r'[^A-Z0-9]', '_', name.upper())}"
