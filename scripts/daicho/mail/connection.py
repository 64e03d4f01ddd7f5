"""A connection to an IMAP server that comes back by itself after a drop. Folders are opened read-only."""

from __future__ import annotations

import ast
import imaplib
import logging
import re
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeVar

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, LoginError

from daicho.errors import MailError

T = TypeVar("T")

# Its debug lines carry whole mails: they must not reach anyone's log.
logging.getLogger("imapclient").setLevel(logging.WARNING)

PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds to wait before each new try after a drop."""

TRIES = len(PAUSES) + 1

CONNECT_SECONDS = 20.0

MOST_SAID = 2000
"""Letters of a server's answer that are looked at."""

DROPS = (imaplib.IMAP4.abort, OSError)
"""What a lost line looks like: the library's abort, or the socket's own error (time-outs, TLS)."""

BUSY = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[OVERQUOTA]")
"""Answers to a login that say "later", not "wrong password" (RFC 5530)."""


WRONG_PASSWORD = ("AUTHENTICATIONFAILED", "AUTHENTICATION FAILED", "INVALID CREDENTIALS", "LOGIN FAILED")
"""Answers to a login that say no more than "wrong user name or password" (RFC 5530, and common servers)."""

CERTIFICATE = {
    10: "mail.certificate-expired",
    18: "mail.certificate-self-signed",
    19: "mail.certificate-self-signed",
    62: "mail.certificate-name",
    64: "mail.certificate-name",
}
"""What is wrong with a certificate, by OpenSSL's X509_V_ERR codes."""

_BYTES = re.compile(r"""b(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")


@dataclass(frozen=True, slots=True)
class Account:
    """How to reach one IMAP mailbox. `port` None is the usual one; `timeout` in seconds.

    `sent` and `drafts` name those folders; "auto" finds them by SPECIAL-USE or their common names,
    "" does without. Mail from before `since` is left out.
    """

    name: str
    host: str
    user: str
    port: int | None = None
    tls: Literal["ssl", "starttls", "none"] = "ssl"
    folders: tuple[str, ...] = ("INBOX",)
    sent: str = "auto"
    drafts: str = "auto"
    since: date | None = None
    auth: Literal["password", "gmail", "outlook"] = "password"
    timeout: float = 60.0


class Unanswered(MailError):
    """The server is there, but this one request it refuses, garbles or dies of."""


class FolderMissing(MailError):
    """The account has no such folder."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What opening a folder told: its UIDVALIDITY (0: UIDs are not kept) and how many mails it holds."""

    validity: int
    exists: int


class Connection:
    """Asks questions in folders opened read-only. `secret` gives the password or the access token."""

    def __init__(
        self,
        account: Account,
        secret: Callable[[], str],
        context: ssl.SSLContext | None,
        sleep: Callable[[float], None],
    ) -> None:
        self.account = account
        self._secret = secret
        self._context = context
        self._sleep = sleep
        self._client: IMAPClient | None = None
        self._open_folder: str | None = None
        self._examined: dict[str, Examined] = {}
        self._has_been_in = False

    def ask(self, folder: str | None, question: Callable[[IMAPClient], T], drops: int = TRIES) -> T:
        """The answer to `question`, asked in `folder`; after a drop asked again on a new connection.

        Raises Unanswered for a question that brings the line down `drops` times though the server lets us
        in each time, and for one it refuses or answers with nonsense. Raises MailError when the server
        stays away, refuses the login or lacks the folder.
        """
        for attempt in range(TRIES):
            if attempt:
                self._sleep(PAUSES[attempt - 1])
            is_in = False
            try:
                client = self._client_in(folder)
                is_in = True
                return question(client)
            except MailError:
                self._hang_up()
                raise
            except DROPS as drop:
                self._hang_up()
                # Whoever has never been let in has a wrong host or port: waiting does not cure that.
                if not self._has_been_in:
                    raise self._unreachable(drop) from drop
                drops -= is_in
                if not drops:
                    raise Unanswered("mail.dropped", host=self.account.host) from drop
            # What a server sends can break the library's reading in any way (lines without end, nesting).
            except Exception as error:
                self._hang_up()
                raise Unanswered("mail.unanswered", host=self.account.host, answer=said(error)) from error
        raise MailError("mail.dropped", host=self.account.host)

    def examine(self, folder: str) -> Examined:
        """Opens a folder read-only. Raises FolderMissing, naming the folders there are, and MailError."""
        self.ask(folder, lambda _: None)
        return self._examined[folder]

    def close(self) -> None:
        """Ends a run with a goodbye. The next one may find the folders numbered anew."""
        if self._client:
            with suppress(*DROPS, imaplib.IMAP4.error):
                self._client.logout()
        self._hang_up()
        self._examined.clear()

    def _hang_up(self) -> None:
        """Ends the connection without a goodbye: nobody may be there to answer it."""
        client, self._client, self._open_folder = self._client, None, None
        if client:
            with suppress(*DROPS):
                client.shutdown()

    def _client_in(self, folder: str | None) -> IMAPClient:
        if self._client is None:
            self._client = self._connect()
            self._log_in(self._client)
            self._has_been_in = True
        if folder is not None and folder != self._open_folder:
            self._examine(self._client, folder)
            self._open_folder = folder
        return self._client

    def _connect(self) -> IMAPClient:
        account = self.account
        # Without a context of its own the library checks certificates against the system's authorities.
        try:
            client = IMAPClient(
                account.host,
                account.port or (993 if account.tls == "ssl" else 143),
                ssl=account.tls == "ssl",
                ssl_context=self._context,
                timeout=SocketTimeout(min(CONNECT_SECONDS, account.timeout), account.timeout),
            )
            client.normalise_times = False
            # The library sends a command in pieces; held back by Nagle's algorithm each costs 40 ms.
            client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if account.tls == "starttls":
                client.starttls(self._context)
            return client
        except ssl.SSLCertVerificationError as error:
            key = CERTIFICATE.get(error.verify_code, "mail.certificate")
            raise MailError(key, host=account.host) from error
        except CapabilityError as error:
            raise MailError("mail.no-starttls", host=account.host) from error

    def _log_in(self, client: IMAPClient) -> None:
        account, secret = self.account, self._secret()
        try:
            if account.auth != "password":
                client.oauth2_login(account.user, secret)
            elif secret.isascii():
                client.login(account.user, secret)
            # LOGIN takes ASCII only.
            else:
                client.plain_login(account.user, secret)
        except LoginError as error:
            # The library reports a line that drops during the login as a refused one.
            if isinstance(error.__context__, imaplib.IMAP4.abort):
                raise error.__context__ from None
            answer = said(error).replace(secret, "…")
            busy = any(code in answer.upper() for code in BUSY)
            raise MailError(
                "mail.busy" if busy else self._refused(answer),
                name=account.name,
                host=account.host,
                user=account.user,
                answer=answer,
            ) from None

    def _refused(self, answer: str) -> str:
        """The key of the sentence for a refused login."""
        if self.account.auth != "password":
            return "mail.refused-token"
        plain = any(words in answer.upper() for words in WRONG_PASSWORD)
        return "mail.refused-password" if plain else "mail.refused-login"

    def _examine(self, client: IMAPClient, folder: str) -> None:
        try:
            told = client.select_folder(folder, readonly=True)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            names = printable(", ".join(name for _, _, name in client.list_folders()))
            raise FolderMissing(
                "mail.folder-missing", folder=folder, host=self.account.host, folders=names
            ) from error
        now = Examined(told.get(b"UIDVALIDITY", 0), told[b"EXISTS"])
        before = self._examined.setdefault(folder, now)
        # The UIDs listed before a drop mean other mails now: better to stop than to fetch the wrong ones.
        if before.validity != now.validity:
            raise MailError("mail.renumbered", folder=folder, host=self.account.host)

    def _unreachable(self, drop: Exception) -> MailError:
        """Why the server cannot be reached, in the words that lead to the cure."""
        if isinstance(drop, socket.gaierror):
            return MailError("mail.host-unknown", host=self.account.host)
        if isinstance(drop, ssl.SSLError):
            return MailError("mail.no-tls", host=self.account.host, tls=self.account.tls)
        if isinstance(drop, TimeoutError):
            return MailError("mail.timed-out", host=self.account.host)
        return MailError("mail.unreachable", host=self.account.host)


def said(error: Exception) -> str:
    """The server's own words, cut to what fits a sentence. The library quotes them as Python's bytes."""
    return printable(_BYTES.sub(_decoded, str(error)[:MOST_SAID]))[:200]


def _decoded(quoted: re.Match[str]) -> str:
    try:
        return bytes(ast.literal_eval(quoted[0])).decode("utf-8", "replace")
    except (ValueError, SyntaxError):
        return quoted[0]


def printable(text: str) -> str:
    """Text from a server in one line, without what would move a terminal's cursor."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
