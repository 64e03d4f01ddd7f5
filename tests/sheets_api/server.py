"""The HTTP server, and the handle tests hold: who called, what went wrong on purpose, who else is at work."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import gspread
import requests
from google.auth.credentials import AnonymousCredentials
from google.auth.transport.requests import AuthorizedSession

from . import calls, client, drive, sheets, trouble
from .auth import Tokens
from .calls import Answer
from .errors import ApiError
from .fields import parse
from .person import Person
from .schema import Method
from .store import Store
from .trouble import Trouble
from .workbook import Clock, utc_now

METHODS = (sheets, drive)
"""Imported so that they register their handlers."""

SCOPES = ("https://www.googleapis.com/auth/spreadsheets", "https://www.googleapis.com/auth/drive")
UPLOAD = "/upload/drive/v2/files/"


class Exchange(NamedTuple):
    """One request and its answer, as they were on the wire. `status` 0: the connection was cut."""

    method: str
    path: str
    request: bytes
    response: bytes
    status: int


@dataclass
class Hook:
    """A person's act, due before a request."""

    act: Callable[[Person], object]
    due: Callable[[int, str, str], bool]
    once: bool = True


class SheetsServer:
    """Google's Sheets and Drive APIs on 127.0.0.1, for as long as the `with` block lasts.

    `trouble` takes a list (one entry a request, None for none) or a function of
    (number of the request, verb, path); see the module trouble for what may be ordered.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        auth_required: bool = False,
        filled_checkboxes: bool = False,
        clock: Clock = utc_now,
    ) -> None:
        self.store = Store(clock, filled_checkboxes=filled_checkboxes)
        self.tokens = Tokens(required=auth_required)
        self.requests: list[Exchange] = []
        self._decide = trouble.decider(None)
        self._hooks: list[Hook] = []
        self._count = 0
        self._turn = threading.Lock()
        self._http = _HttpServer(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> SheetsServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def token_uri(self) -> str:
        return self.url + "/token"

    # Clients

    def client(self) -> gspread.Client:
        """An unmodified gspread client without credentials, routed here."""
        credentials = AnonymousCredentials()  # type: ignore[no-untyped-call]
        session = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]
        self.route(session)
        return gspread.Client(credentials, session)

    def route(self, session: requests.Session) -> None:
        """Points any requests session (a gspread client's `http_client.session`, say) here."""
        client.route(session, self.url)

    def service_account_file(self, path: Path) -> Path:
        """Writes a service account's key file; its token endpoint is here."""
        return self.tokens.service_account(path, self.token_uri)

    def authorized_user_file(self, path: Path) -> Path:
        """Writes what the sign-in of a person leaves behind: a refresh token good for this server."""
        return self.tokens.authorized_user(path, self.token_uri, SCOPES)

    # State

    def create(self, title: str, *, locale: str = "en_US", tab: str = "Sheet1", tab_id: int = 0) -> str:
        """A new spreadsheet, made without a request. Returns its id.

        The first tab is called after its account's language (`シート1`), and has a random id where the file
        was converted: nothing may be assumed of either.
        """
        file = self.store.create(title, locale=locale)
        assert file.workbook is not None
        file.workbook.sheets[0].title, file.workbook.sheets[0].id = tab, tab_id
        return file.id

    def forbid(self, spreadsheet_id: str) -> None:
        """From now on the caller has no permission to open it. An unknown id becomes somebody else's file."""
        if spreadsheet_id not in self.store.files:
            file = self.store.create("somebody else's")
            del self.store.files[file.id]
            file.id = spreadsheet_id
            self.store.files[spreadsheet_id] = file
        self.store.files[spreadsheet_id].private = True

    def as_person(self, spreadsheet_id: str) -> Person:
        return Person(self.store, spreadsheet_id)

    # Trouble and people

    @property
    def trouble(self) -> trouble.Decide:
        return self._decide

    @trouble.setter
    def trouble(self, schedule: trouble.Schedule) -> None:
        self._decide = trouble.decider(schedule)

    def person(
        self,
        act: Callable[[Person], object],
        *,
        before: int | None = None,
        when: Callable[[str, str], bool] | None = None,
        once: bool = True,
    ) -> None:
        """Lets a person act on the spreadsheet of a request, just before it is served.

        `before` counts requests from now (1 is the next); `when` chooses by (verb, path);
        with neither, it is the next write.
        """
        if before is not None:
            number = self._count + before
            due = lambda count, _verb, _path: count == number  # noqa: E731
        else:
            choose = when or is_write
            due = lambda _count, verb, path: choose(verb, path)  # noqa: E731
        self._hooks.append(Hook(act, due, once))

    # Serving

    def serve(self, verb: str, target: str, headers: Any, raw: bytes) -> Answer | None:
        """One request to its answer; None means: cut the connection."""
        path = urlsplit(target).path
        if path == "/token":
            return self.tokens.answer(raw, self.token_uri)
        with self._turn:
            self._count += 1
            due = self._due(self._count, verb, path)
            order = self._decide(self._count, verb, path) or Trouble(applied=True)
            for hook in due:
                self._act(hook, path)
            answer = self._answer(verb, target, headers, raw) if order.applied else Answer(500)
            if order.error:
                answer = calls.error_answer(order.error)
            status = 0 if order.cut else answer.status
            self.requests.append(Exchange(verb, target, raw, b"" if order.cut else answer.body, status))
        if order.delay:
            time.sleep(order.delay)
        return None if order.cut else answer

    def _due(self, count: int, verb: str, path: str) -> list[Hook]:
        due = [hook for hook in self._hooks if hook.due(count, verb, path)]
        self._hooks = [hook for hook in self._hooks if not (hook.once and hook in due)]
        return due

    def _act(self, hook: Hook, path: str) -> None:
        parts = path.replace(":", "/").split("/")
        known = [part for part in parts if part in self.store.files]
        hook.act(Person(self.store, known[0] if known else next(iter(self.store.files), "")))

    def _answer(self, verb: str, target: str, headers: Any, raw: bytes) -> Answer:
        def authorize(method: Method) -> None:
            self.tokens.check(headers.get("Authorization"), method.scopes)

        parts = urlsplit(target)
        if verb == "PUT" and parts.path.startswith(UPLOAD):
            query = dict(parse_qsl(parts.query))
            try:
                with self.store.lock:
                    mask = parse(query["fields"]) if "fields" in query else {}
                    return drive.import_csv(self.store, parts.path.removeprefix(UPLOAD), raw, mask)
            except ApiError as error:
                return calls.error_answer(error)
        return calls.respond(self.store, verb, target, raw, authorize)


def is_write(verb: str, path: str) -> bool:
    """Whether a request changes cells: what a person may come before."""
    return verb == "PUT" or (
        verb == "POST" and path.startswith("/v4/spreadsheets/") and "ByDataFilter" not in path
    )


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    # Tests open and leave many connections; none of them may keep the server from stopping.
    block_on_close = False

    def __init__(self, address: tuple[str, int], owner: SheetsServer) -> None:
        super().__init__(address, _Handler)
        self.owner = owner

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    server: _HttpServer

    def _serve(self) -> None:
        raw = self._body()
        verb, target = self.command, self.path
        if self.headers.get("X-HTTP-Method-Override") == "GET":
            # Google's own clients send a very long query this way.
            verb, target, raw = "GET", f"{target}?{raw.decode()}", b""
        try:
            answer = self.server.owner.serve(verb, target, self.headers, raw)
        except Exception:
            # A fault of the stand-in itself: loud on stderr, and no riddle for the client.
            traceback.print_exc()
            answer = calls.error_answer(ApiError("The stand-in failed; its traceback is on stderr.", 500))
        if answer is None:
            self.close_connection = True
            self.connection.close()
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the log of requests is `SheetsServer.requests`."""
