"""Does the stand-in answer as Google did? Recorded exchanges are replayed against it, cassette by cassette.

Ids are mapped the first time they appear. Left out of the comparison: times, entity tags and versions of
Drive, a link with an account's number, pixel widths that depend on fonts, and files of others in a listing.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests

from sheets_api import SheetsServer

RECORDINGS = Path(__file__).parents[2] / "shared" / "sheets-recordings" / "recordings.jsonl.gz"
HOSTS = re.compile(r"https://(sheets|www)\.googleapis\.com")
FILE_ID = re.compile(r"(?<=/)(?:[\w-]{40,}|test)(?=[/?:]|$)")

IDS = ("sheetId", "namedRangeId", "protectedRangeId", "objectId", "bandedRangeId", "tableId")
TIMES = (
    "createdTime",
    "modifiedTime",
    "createdDate",
    "modifiedDate",
    "modifiedByMeDate",
    "lastViewedByMeDate",
)
UNCOMPARED = frozenset((*TIMES, "etag", "headRevisionId", "version", "embedLink"))

pytestmark = pytest.mark.skipif(not RECORDINGS.exists(), reason="the recordings are not beside the checkout")


class Outcome(NamedTuple):
    """One replayed exchange; `difference` is empty where the answers are alike."""

    cassette: str
    seq: int
    kinds: list[str]
    difference: str


class Replay:
    """One cassette against one server."""

    def __init__(self, server: SheetsServer, exchanges: list[dict[str, Any]]) -> None:
        self.server = server
        self.exchanges = exchanges
        self.session = requests.Session()
        self.ids: dict[Any, Any] = {0: 0}
        self.own: set[str] = set()

    def outcomes(self) -> Iterator[Outcome]:
        for exchange in self.exchanges:
            yield Outcome(exchange["cassette"], exchange["seq"], kinds(exchange), self.difference(exchange))

    def difference(self, recorded: dict[str, Any]) -> str:
        self.prepare(recorded)
        answer = self.send(recorded)
        if answer.status_code != recorded["status"]:
            return f"status {answer.status_code}, Google gave {recorded['status']}: {answer.text[:300]}"
        expected = recorded["response_body"]
        if expected is None:
            return "" if not answer.content else f"a body where Google sent none: {answer.text[:300]}"
        if isinstance(expected, str):
            return "" if answer.text == expected else f"{answer.text!r} where Google gave {expected!r}"
        self.learn(expected, answer.json())
        ours, theirs = self.comparable(answer.json()), self.comparable(self.mapped(expected))
        return first_difference(ours, theirs)

    def prepare(self, recorded: dict[str, Any]) -> None:
        """Makes the files a cassette takes for granted: other people's, and those of earlier runs."""
        body = recorded["response_body"]
        if isinstance(body, dict) and "files" in body:
            for file in body["files"]:
                if file["id"] not in self.ids:
                    self.ids[file["id"]] = self.server.create(file["name"])
        if recorded["status"] == 403:
            for name in FILE_ID.findall(recorded["uri"]):
                self.server.forbid(self.ids.get(name, name))

    def send(self, recorded: dict[str, Any]) -> requests.Response:
        uri = HOSTS.sub(self.server.url, recorded["uri"])
        uri = FILE_ID.sub(lambda match: str(self.ids.get(match[0], match[0])), uri)
        body = self.mapped(recorded["request_body"])
        raw = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
        headers = {} if raw is None else {"Content-Type": "application/json"}
        return self.session.request(recorded["method"], uri, data=raw, headers=headers, timeout=30)

    def learn(self, theirs: Any, ours: Any) -> None:
        """Notes which of our ids stands for which of Google's, where one appears for the first time."""
        if isinstance(theirs, dict) and isinstance(ours, dict):
            if theirs.get("kind") in ("drive#file", "drive#parentReference") and "id" in ours:
                self.ids.setdefault(theirs["id"], ours["id"])
                self.own.add(ours["id"])
            for name, value in theirs.items():
                if name in IDS and name in ours:
                    self.ids.setdefault(value, ours[name])
                else:
                    self.learn(value, ours.get(name))
        elif isinstance(theirs, list) and isinstance(ours, list):
            for one, other in zip(theirs, ours, strict=False):
                self.learn(one, other)

    def mapped(self, value: Any, name: str = "") -> Any:
        """A recorded body with our ids for Google's."""
        if isinstance(value, dict):
            return {key: self.mapped(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [self.mapped(item, name) for item in value]
        if name in (*IDS, "id", "spreadsheetId"):
            return self.ids.get(value, value)
        if isinstance(value, str) and value.startswith("https://"):
            return re.sub(r"[\w-]{19,}", lambda match: str(self.ids.get(match[0], match[0])), value)
        return value

    def comparable(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.comparable(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "files" in value:
            value = value | {"files": [file for file in value["files"] if file["id"] in self.own]}
        kept = {key: self.comparable(item) for key, item in value.items() if key not in UNCOMPARED}
        if kept.get("pixelSize", 100) != 100:
            kept["pixelSize"] = "as wide as its text"
        return kept


def first_difference(ours: Any, theirs: Any, path: str = "") -> str:
    """Where two answers part, and what stands there; empty where they are equal."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        pairs = [(f"{path}.{name}", ours[name], theirs[name]) for name in ours]
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = [(f"{path}[{at}]", *both) for at, both in enumerate(zip(ours, theirs, strict=True))]
    else:
        return "" if ours == theirs else f"{path}: {ours!r:.300} where Google gave {theirs!r:.300}"
    return next((found for at, one, other in pairs if (found := first_difference(one, other, at))), "")


def kinds(exchange: dict[str, Any]) -> list[str]:
    """What an exchange is counted under: its endpoint, or the kinds of request inside a batchUpdate."""
    method, uri, body = exchange["method"], exchange["uri"], exchange["request_body"]
    if "/drive/" in uri:
        path = FILE_ID.sub("FILE", uri.partition("?")[0])
        return [f"{method} {path.partition('googleapis.com/')[2]}"]
    if uri.endswith(":batchUpdate") and "requests" in body:
        return sorted({name for request in body["requests"] for name in request})
    if "/values" not in uri:
        return ["spreadsheets.get"]
    verb = re.search(r"values(?:/[^?]*)?:(batch\w+|append|clear)(?=\?|$)", uri)
    return [f"values.{verb[1]}" if verb else f"values.{'update' if method == 'PUT' else 'get'}"]


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    with gzip.open(RECORDINGS, "rt", encoding="utf-8") as lines:
        exchanges = [json.loads(line) for line in lines]
    cassettes = groupby(exchanges, key=lambda exchange: str(exchange["cassette"]))
    with SheetsServer() as server:
        return [o for _, cassette in cassettes for o in Replay(server, list(cassette)).outcomes()]


def test_every_recorded_exchange_is_answered_as_google_answered_it(
    outcomes: list[Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    alike = [outcome for outcome in outcomes if not outcome.difference]
    total, same = (Counter(kind for o in some for kind in o.kinds) for some in (outcomes, alike))
    with capsys.disabled():
        print(f"\nGoogle's recordings: {len(alike)} of {len(outcomes)} exchanges answered alike")
        for kind, count in total.most_common():
            print(f"  {same[kind]:5} / {count:<5} {kind}")
    differences = [f"{o.cassette} {o.seq}: {o.difference}" for o in outcomes if o.difference]
    assert not differences, "\n".join(differences[:20])


def test_the_recordings_cover_what_the_report_counts(outcomes: list[Outcome]) -> None:
    assert len(outcomes) > 1000
    assert {"spreadsheets.get", "updateSheetProperties", "values.append"} <= {
        k for o in outcomes for k in o.kinds
    }
