"""One call of the API: found by its path in the discovery documents, checked, answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from . import schema
from .errors import ApiError, DriveError, Json, bad_request
from .fields import ALL, Mask, checked, parse, select
from .store import Store

DOCUMENTS = ("sheets.v4", "drive.v3")

# What Google calls the body in error paths, where it is not the whole request message.
BODY_NAMES = {
    "sheets.spreadsheets.create": "spreadsheet",
    "sheets.spreadsheets.values.update": "data",
    "sheets.spreadsheets.values.append": "data",
}


REASONS = {400: "badRequest", 401: "authError", 403: "forbidden", 404: "notFound", 429: "rateLimitExceeded"}


@dataclass
class Call:
    """What a handler gets: path and query parameters by name, the body as a checked message, the mask."""

    store: Store
    parameters: Json
    query: Json
    body: Json
    mask: Mask = field(default_factory=dict)
    raw: bytes = b""


@dataclass
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Json | Answer]
HANDLERS: dict[str, Handler] = {}


def answers(method: str) -> Callable[[Handler], Handler]:
    """Registers the handler of a method by its id in the discovery document."""

    def register(handler: Handler) -> Handler:
        HANDLERS[method] = handler
        return handler

    return register


def json_answer(body: Json, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    base = {"Content-Type": "application/json; charset=UTF-8", "Cache-Control": "private"}
    return Answer(
        status, json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass"), base | (headers or {})
    )


def error_answer(error: ApiError, *, listed: bool = False) -> Answer:
    """`listed` adds the `errors` that Google's own clients, which ask with `alt=json`, are given."""
    body = error.body()
    if listed:
        entry = {
            "message": error.message,
            "domain": "global",
            "reason": REASONS.get(error.code, "backendError"),
        }
        body["error"].setdefault("errors", [entry])
    return json_answer(body, error.code, error.headers)


def find(verb: str, path: str) -> tuple[str, schema.Method, dict[str, str]] | None:
    """(document, method, path parameters), or None where the API has no such path."""
    for name in DOCUMENTS:
        for method in schema.document(name).methods:
            if method.verb == verb and (match := method.pattern.fullmatch(path)):
                return name, method, {key: unquote(text) for key, text in match.groupdict().items()}
    return None


Authorize = Callable[[schema.Method], None]


def respond(store: Store, verb: str, target: str, raw: bytes, authorize: Authorize) -> Answer:
    """Serves one request. Every refusal comes back as Google's envelope."""
    try:
        parts = urlsplit(target)
        found = find(verb, parts.path)
        if found is None or found[1].id not in HANDLERS:
            raise ApiError(f"The requested URL {parts.path} was not found on this server.", 404)
        name, method, parameters = found
        authorize(method)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        call = _checked(store, name, method, parameters, pairs, raw)
        with store.lock:
            answer = HANDLERS[method.id](call)
        if isinstance(answer, Answer):
            return answer
        return json_answer(select(answer, call.mask))
    except ApiError as error:
        return error_answer(error, listed="alt=json" in target)


def _checked(
    store: Store,
    name: str,
    method: schema.Method,
    parameters: dict[str, str],
    pairs: list[tuple[str, str]],
    raw: bytes,
) -> Call:
    lenient = name == "drive.v3"
    query = schema.query(name, method, pairs, lenient=lenient)
    mask = ALL
    if query.get("fields"):
        mask = parse(query["fields"])
        if method.response:
            _check_mask(mask, name, method.response)
    body: Json = {}
    if method.request:
        root = BODY_NAMES.get(method.id, "")
        body = schema.read(name, method.request, _parsed(raw), root, lenient=lenient)
    typed: dict[str, Any] = {key: _path_value(method, key, text) for key, text in parameters.items()}
    return Call(store, typed, query, body, mask, raw)


def _check_mask(mask: Mask, name: str, response: str) -> None:
    try:
        checked(mask, name, response)
    except ApiError:
        if name != "drive.v3":
            raise
        raise DriveError("Invalid field selection", 400, "invalidParameter", location="fields") from None


def _parsed(raw: bytes) -> Any:
    if not raw.strip():
        return {}
    try:
        payload = json.loads(raw)
        # Half a surrogate pair is no text.
        if b"\\ud" in raw.lower():
            json.dumps(payload, ensure_ascii=False).encode()
        return payload
    except (ValueError, RecursionError):
        raise bad_request([("", f"{schema.INVALID}Parser terminated before end of string")]) from None


def _path_value(method: schema.Method, key: str, text: str) -> Any:
    if method.parameters.get(key, {}).get("type") != "integer":
        return text
    try:
        return int(text)
    except ValueError:
        where = schema.snake(key)
        text = f"Invalid value at '{where}' (TYPE_INT32), \"{text}\""
        raise bad_request([(where, text)]) from None
