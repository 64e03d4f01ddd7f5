"""How we talk to Google: in whose name, how long we wait, how often we try, and how fast we go.

gspread's own back-off never gives up and sends appends again; this client does neither.
"""

from __future__ import annotations

import json
import random
import re
import stat
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import google.auth
import google.auth.exceptions
import requests
from google.oauth2 import service_account
from google.oauth2.credentials import Credentials as UserCredentials
from gspread.exceptions import APIError
from gspread.http_client import HTTPClient
from gspread.urls import SPREADSHEET_BATCH_UPDATE_URL, SPREADSHEET_URL

from daicho.errors import WorkbookError
from daicho.sheets.google_cells import Json

SCOPES = ("https://www.googleapis.com/auth/spreadsheets",)
QUOTA = 60
"""Reads, and likewise writes, that Google grants one user in a minute (Sheets API, usage limits)."""

TIMEOUT = (10.0, 180.0)
"""Seconds to connect, and to wait for an answer: Google itself ends a request after 180."""

TRIES = 6
LONGEST_WAIT = 64.0
"""Seconds. Google asks for truncated exponential back-off up to about a minute."""

TOKEN_FILE = "google-token.json"
"""Lies beside an OAuth client's file and keeps the sign-in of a person."""

_KEY = re.compile(r"/d/([A-Za-z0-9_-]+)")
_BARE_KEY = re.compile(r"([A-Za-z0-9_-]+)")


class Unsure(Exception):
    """A write was sent and its answer did not come: nobody knows whether it was applied."""


class Refused(Exception):
    """Google answered 400: the request does not fit the workbook. Nothing was applied."""


@dataclass(slots=True)
class Pace:
    """Lets no more than `limit` requests through in any minute."""

    limit: int = QUOTA
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    _sent: deque[float] = field(default_factory=deque)

    def wait(self) -> None:
        while self.left() == 0:
            self.sleep(self._sent[0] + 60 - self.clock())
        self._sent.append(self.clock())

    def left(self) -> int:
        """How many requests this process may still make at this moment."""
        while self._sent and self._sent[0] + 60 <= self.clock():
            self._sent.popleft()
        return self.limit - len(self._sent)


@dataclass(slots=True)
class Patience:
    """How long to wait before trying again. `chance` gives numbers from 0 to 1, `sleep` takes seconds."""

    sleep: Callable[[float], object] = time.sleep
    chance: Callable[[], float] = random.random

    def wait(self, attempt: int, asked: float = 0.0) -> None:
        """Exponential with full jitter, and no shorter than the server `asked` for."""
        self.sleep(max(asked, self.chance() * min(LONGEST_WAIT, 2.0**attempt)))


class GoogleClient(HTTPClient):
    """gspread's HTTP client for one spreadsheet.

    Reads are repeated when Google is busy or the line breaks. A write is repeated only after a 429, which
    Google answers before it looks at the request; any other broken write is `Unsure`.
    Raises WorkbookError with the cure for what a person has to mend.
    """

    def __init__(
        self,
        key: str,
        auth: Any = None,
        session: requests.Session | None = None,
        *,
        patience: Patience | None = None,
        reads: Pace | None = None,
        writes: Pace | None = None,
    ) -> None:
        super().__init__(auth, session)
        self.key = key
        self.account = getattr(auth, "service_account_email", "") or ""
        self.patience = patience or Patience()
        self.reads = reads or Pace()
        self.writes = writes or Pace()
        self.date = ""
        """The `Date` header of the last answer: Google's clock."""
        self.set_timeout(TIMEOUT)

    def get(self, params: Mapping[str, Any]) -> Json:
        """`spreadsheets.get`. Raises Refused for a range that does not exist."""
        for attempt in range(1, TRIES + 1):
            self.reads.wait()
            try:
                return self._json("get", SPREADSHEET_URL % self.key, params)
            except APIError as error:
                if not _passing(error) or attempt == TRIES:
                    raise self._told(error) from error
                self.patience.wait(attempt, _asked(error))
            except (requests.RequestException, google.auth.exceptions.TransportError) as error:
                if attempt == TRIES:
                    raise WorkbookError("google.unreachable") from error
                self.patience.wait(attempt)
        raise AssertionError("the last try returns or raises")

    def batch(self, body: Json, fields: str) -> Json:
        """`spreadsheets.batchUpdate`: all of it or nothing. Raises Unsure, Refused."""
        for attempt in range(1, TRIES + 1):
            self.writes.wait()
            try:
                return self._json("post", SPREADSHEET_BATCH_UPDATE_URL % self.key, {"fields": fields}, body)
            except APIError as error:
                if _status(error) >= 500:
                    raise Unsure from error
                if _status(error) != 429 or attempt == TRIES:
                    raise self._told(error) from error
                self.patience.wait(attempt, _asked(error))
            except google.auth.exceptions.TransportError as error:
                # No token, so nothing was sent.
                if attempt == TRIES:
                    raise WorkbookError("google.unreachable") from error
                self.patience.wait(attempt)
            except requests.RequestException as error:
                raise Unsure from error
        raise AssertionError("the last try returns or raises")

    def _json(self, verb: str, url: str, params: Mapping[str, Any], body: Json | None = None) -> Json:
        try:
            response = self.request(verb, url, params={**params, "prettyPrint": "false"}, json=body)
        except google.auth.exceptions.TransportError:
            # No line to the place where tokens come from; nothing was sent.
            raise
        except google.auth.exceptions.GoogleAuthError as error:
            raise WorkbookError("google.sign-in-refused") from error
        self.date = response.headers.get("Date", "")
        try:
            answer: Json = response.json()
        except ValueError as error:
            # An answer that ends in the middle is no answer.
            raise requests.ConnectionError from error
        return answer

    def _told(self, error: APIError) -> Exception:
        """An answer of Google as a sentence with its cure."""
        status, reason = _status(error), error.error.get("message", "")
        if status == 400 and error.error.get("status") != "FAILED_PRECONDITION":
            return Refused(reason)
        details = json.dumps(error.error.get("details", []))
        if status == 403 and "SERVICE_DISABLED" in details:
            return WorkbookError("google.api-disabled")
        if status == 403 and "SCOPE_INSUFFICIENT" in details:
            return WorkbookError("google.sign-in-refused")
        if status in (403, 404):
            key = "google.not-shared" if self.account else "google.no-access"
            return WorkbookError(key, account=self.account, workbook=self.key)
        if status == 401:
            return WorkbookError("google.sign-in-refused")
        if status == 429:
            return WorkbookError("google.quota")
        if status == 400:
            return WorkbookError("google.not-a-sheet", workbook=self.key)
        return WorkbookError("google.trouble", status=status, reason=reason)


def _status(error: APIError) -> int:
    return int(error.response.status_code)


def _passing(error: APIError) -> bool:
    """Whether the same request may well be answered a moment later."""
    return _status(error) == 429 or _status(error) >= 500


def _asked(error: APIError) -> float:
    """The seconds of a Retry-After header; 0 where there is none (or a date, which Google does not send)."""
    wanted = error.response.headers.get("Retry-After", "")
    return min(float(wanted), 2 * LONGEST_WAIT) if wanted.isdigit() else 0.0


def spreadsheet_key(address: str) -> str:
    """The key in a spreadsheet's URL; a bare key is its own. Raises WorkbookError."""
    found = _KEY.search(address) if "/" in address else _BARE_KEY.fullmatch(address.strip())
    if not found:
        raise WorkbookError("google.bad-address", address=address)
    return found[1]


# --- in whose name ----------------------------------------------------------------------------------------


def load_credentials(path: Path, *, ask: bool = False) -> Any:
    """What opens the sheet: a service account's key, a person's sign-in, or the machine's own credentials.

    `path` may be a service account key, an authorized user's file, or an OAuth client's file (then the
    sign-in lies beside it; with `ask`, the browser asks for it once). Without a file, Google's application
    default credentials are used. Raises WorkbookError.
    """
    if not path.exists():
        return _application_default(path)
    data = _read(path)
    try:
        if data.get("type") == "service_account":
            return _service_account(data)
        if data.get("type") == "authorized_user":
            return _user(data)
        if "installed" in data or "web" in data:
            return _signed_in(path, data, ask=ask)
    except (ValueError, KeyError) as error:
        raise WorkbookError("google.bad-credentials", path=path) from error
    raise WorkbookError("google.bad-credentials", path=path)


def _service_account(data: Json) -> Any:
    return service_account.Credentials.from_service_account_info(data, scopes=SCOPES)  # type: ignore[no-untyped-call]


def _user(data: Json) -> Any:
    return UserCredentials.from_authorized_user_info(data, scopes=SCOPES)  # type: ignore[no-untyped-call]


def _application_default(path: Path) -> Any:
    try:
        credentials, _ = google.auth.default(scopes=SCOPES)
    except google.auth.exceptions.DefaultCredentialsError as error:
        raise WorkbookError("google.no-credentials", path=path) from error
    return credentials


def _read(path: Path) -> Json:
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise WorkbookError("google.bad-credentials", path=path) from error
    if not isinstance(data, dict):
        raise WorkbookError("google.bad-credentials", path=path)
    return data


def _signed_in(path: Path, client: Json, *, ask: bool) -> Any:
    """The sign-in that lies beside an OAuth client's file."""
    token = path.with_name(TOKEN_FILE)
    if token.exists():
        return _user(_read(token))
    if not ask:
        raise WorkbookError("google.sign-in-first")
    from google_auth_oauthlib.flow import InstalledAppFlow

    flow = InstalledAppFlow.from_client_config(client, scopes=SCOPES)
    credentials = flow.run_local_server(port=0)
    # Made readable by nobody else before the secret is in it.
    token.touch(mode=stat.S_IRUSR | stat.S_IWUSR)
    token.write_text(credentials.to_json(), encoding="utf-8")
    return credentials
