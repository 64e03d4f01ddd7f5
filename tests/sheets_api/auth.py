"""The token endpoint: service accounts and stored users exchange what they hold for an access token."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .calls import Answer, json_answer
from .errors import ApiError, Json

LIFETIME = 3600
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# google-auth signs for this address wherever the key file sends it.
AUDIENCE = "https://oauth2.googleapis.com/token"
ACCOUNT = "daicho-test@stand-in.iam.gserviceaccount.com"


@dataclass(frozen=True)
class Token:
    scopes: frozenset[str]
    expires: float


class Tokens:
    """Issues access tokens and knows what each may do.

    A call without a token is served (tests use AnonymousCredentials) unless `required`; a token that was
    not issued here is refused once any has been issued.
    """

    def __init__(self, *, required: bool = False) -> None:
        self.required = required
        self.issued: dict[str, Token] = {}
        self.refresh: dict[str, frozenset[str]] = {}
        self._key: rsa.RSAPrivateKey | None = None

    @property
    def key(self) -> rsa.RSAPrivateKey:
        """The service account's key, made when first asked for."""
        if self._key is None:
            self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return self._key

    def service_account(self, path: Path, token_uri: str) -> Path:
        """Writes the JSON key file a service account's owner downloads."""
        pem = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        content = {
            "type": "service_account",
            "project_id": "stand-in",
            "private_key_id": secrets.token_hex(20),
            "private_key": pem.decode(),
            "client_email": ACCOUNT,
            "client_id": "100000000000000000000",
            "token_uri": token_uri,
            "universe_domain": "googleapis.com",
        }
        path.write_text(json.dumps(content, indent=2), encoding="utf-8")
        return path

    def authorized_user(self, path: Path, token_uri: str, scopes: Iterable[str]) -> Path:
        """Writes the JSON file a signed-in user leaves behind: a refresh token."""
        refresh = secrets.token_urlsafe(32)
        self.refresh[refresh] = frozenset(scopes)
        content = {
            "type": "authorized_user",
            "client_id": "stand-in.apps.googleusercontent.com",
            "client_secret": "not-a-secret",
            "refresh_token": refresh,
            "token_uri": token_uri,
        }
        path.write_text(json.dumps(content, indent=2), encoding="utf-8")
        return path

    def answer(self, raw: bytes, audience: str) -> Answer:
        """POST /token."""
        form = {name: values[0] for name, values in parse_qs(raw.decode("ascii", "replace")).items()}
        try:
            if form.get("grant_type") == JWT_BEARER:
                scopes = self._signed(form.get("assertion", ""), audience)
            elif form.get("grant_type") == "refresh_token" and form.get("refresh_token") in self.refresh:
                scopes = self.refresh[form["refresh_token"]]
            else:
                raise ValueError("Bad Request")
        except (ValueError, InvalidSignature, KeyError) as error:
            return json_answer({"error": "invalid_grant", "error_description": str(error)}, 400)
        token = "ya29." + secrets.token_urlsafe(32)
        self.issued[token] = Token(scopes, time.time() + LIFETIME)
        return json_answer({"access_token": token, "expires_in": LIFETIME - 1, "token_type": "Bearer"})

    def _signed(self, assertion: str, audience: str) -> frozenset[str]:
        """The scopes of a service account's signed claim. Raises ValueError, InvalidSignature."""
        head, _, signature = assertion.rpartition(".")
        public = self.key.public_key()
        public.verify(_decoded(signature), head.encode(), padding.PKCS1v15(), hashes.SHA256())
        claim: Json = json.loads(_decoded(head.partition(".")[2]))
        if claim.get("iss") != ACCOUNT:
            raise ValueError("Invalid issuer.")
        if claim.get("aud") not in (audience, AUDIENCE):
            raise ValueError("Invalid audience.")
        if claim.get("exp", 0) < time.time():
            raise ValueError("Invalid JWT: Token must be a short-lived token.")
        return frozenset(claim.get("scope", "").split())

    def check(self, header: str | None, scopes: frozenset[str]) -> None:
        """Raises ApiError 401 or 403 when the Authorization header does not open a method with `scopes`."""
        if not header:
            if self.required:
                raise ApiError("Method doesn't allow unregistered callers.", 403)
            return
        token = self.issued.get(header.removeprefix("Bearer ").strip())
        if token is None and not self.required and not self.issued:
            return
        if token is None or token.expires < time.time():
            raise ApiError(
                "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie "
                "or other valid authentication credential.",
                401,
            )
        if scopes and not token.scopes & scopes:
            info = {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                "domain": "googleapis.com",
            }
            raise ApiError("Request had insufficient authentication scopes.", 403, details=[info])


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
