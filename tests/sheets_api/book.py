"""One spreadsheet of the stand-in, spoken to in plain HTTP: for the tests of the stand-in itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import requests

from .errors import Json
from .server import SheetsServer

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class Book:
    def __init__(self, server: SheetsServer, title: str = "Book") -> None:
        self.server = server
        self.id = server.create(title)
        self.base = f"{server.url}/v4/spreadsheets/{self.id}"
        self.session = requests.Session()

    def send(self, verb: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        return self.session.request(verb, self.base + path, json=body, params=query, timeout=30)

    def ok(self, verb: str, path: str, body: Any = None, **query: Any) -> Json:
        answer = self.send(verb, path, body, **query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def get(self, fields: str | None = None, **query: Any) -> Json:
        return self.ok("GET", "", fields=fields, **query)

    def batch(self, *wanted: Json) -> list[Json]:
        """The replies to a batch of requests."""
        return list(self.ok("POST", ":batchUpdate", {"requests": list(wanted)})["replies"])

    def refused(self, *wanted: Json) -> str:
        """The sentence a batch is refused with."""
        answer = self.send("POST", ":batchUpdate", {"requests": list(wanted)})
        assert answer.status_code == 400, answer.text
        return str(answer.json()["error"]["message"])

    def put(self, where: str, values: list[list[Any]], option: str = "RAW") -> Json:
        return self.ok("PUT", f"/values/{where}", {"values": values}, valueInputOption=option)

    def values(self, where: str = "Sheet1", **query: Any) -> list[list[Any]]:
        return list(self.ok("GET", f"/values/{where}", **query).get("values", []))

    def cells(self, where: str, fields: str) -> list[Json]:
        """The rows of a grid read."""
        mask = f"sheets.data.rowData.values({fields})"
        return list(self.get(mask, ranges=where)["sheets"][0]["data"][0].get("rowData", []))

    def titles(self) -> list[str]:
        return [sheet["properties"]["title"] for sheet in self.get("sheets.properties.title")["sheets"]]


def rows(start: int, end: int, *, sheet: int = 0) -> Json:
    """A DimensionRange of rows."""
    return {"sheetId": sheet, "dimension": "ROWS", "startIndex": start, "endIndex": end}


def columns(start: int, end: int) -> Json:
    return {"sheetId": 0, "dimension": "COLUMNS", "startIndex": start, "endIndex": end}


def area(top: int, bottom: int, left: int, right: int) -> Json:
    """A GridRange on the first sheet."""
    ends = {"startRowIndex": top, "endRowIndex": bottom, "startColumnIndex": left, "endColumnIndex": right}
    return {"sheetId": 0} | ends


def text(value: str) -> Json:
    """CellData with a text."""
    return {"userEnteredValue": {"stringValue": value}}


def typing(*cells: Json, fields: str = "userEnteredValue") -> Json:
    """A request that writes one row of CellData from A1."""
    return {"updateCells": {"start": {}, "rows": [{"values": list(cells)}], "fields": fields}}


def note(number: int, key: str = "k", **where: Any) -> Json:
    """A request that leaves developer metadata; without a place, on the spreadsheet."""
    place = where or {"spreadsheet": True}
    item = {"metadataId": number, "metadataKey": key, "visibility": "DOCUMENT", "location": place}
    return {"createDeveloperMetadata": {"developerMetadata": item}}
