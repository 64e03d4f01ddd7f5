"""A ledger in the stand-in for Google: opened without waiting, synced from files, worked in by a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import requests
from google.auth.credentials import AnonymousCredentials
from google.auth.transport.requests import AuthorizedSession

from builders import LAYOUT, NOW, OWN, TOKYO, WORDS, PlainJudge, raw_mail
from daicho.mail.local import EmlFolder
from daicho.sheets.cells import serial
from daicho.sheets.google import GoogleWorkbook
from daicho.sheets.google_cells import entered
from daicho.sheets.google_http import GoogleClient, Pace, Patience
from daicho.sheets.layout import Layout
from daicho.sheets.workbook import Cell, Workbook
from daicho.sync import Outcome, Shop, Sync
from sheets_api import SheetsServer
from sheets_api.batch import Context, apply
from sheets_api.person import Person as Owner
from sheets_api.workbook import Workbook as Spreadsheet

SHOP = Shop(frozenset({OWN}), TOKYO, LAYOUT, WORDS)
PATIENT = Patience(sleep=lambda seconds: None, chance=lambda: 1.0)
"""Tries as often as in life, but does not wait."""


def session_to(server: SheetsServer) -> requests.Session:
    session = AuthorizedSession(AnonymousCredentials())  # type: ignore[no-untyped-call]
    server.route(session)
    return session


def client_of(server: SheetsServer, key: str, *, patience: Patience = PATIENT) -> GoogleClient:
    return GoogleClient(
        key, session=session_to(server), patience=patience, reads=Pace(10_000), writes=Pace(10_000)
    )


def open_ledger(
    server: SheetsServer,
    key: str,
    layout: Layout = LAYOUT,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> GoogleWorkbook:
    return GoogleWorkbook(client_of(server, key), layout, clock)


@cache
def model(server: SheetsServer) -> Spreadsheet:
    """A new ledger as Google holds it."""
    key = server.create("台帳")
    open_ledger(server, key).prepare(LAYOUT, {})
    return server.as_person(key).workbook


def prepared(server: SheetsServer) -> str:
    """The key of a new ledger: a copy of the model, which is quicker than to set one up."""
    key = server.create("台帳")
    copy = server.store.files[key].workbook = model(server).fork()
    copy.id = key
    return key


def put_mails(folder: Path, *numbers: int) -> None:
    """One mail a number, each from another customer; a higher number is an older mail."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        date = NOW - timedelta(hours=1 + number)
        raw = raw_mail(f"c{number}@example.jp", key=f"q{number}@example.jp", date=date)
        (folder / f"{number:05}.eml").write_bytes(raw)


def sync(workbook: Workbook, folder: Path) -> Outcome:
    mailbox = EmlFolder("support", folder)
    return Sync(workbook, [mailbox], SHOP, lambda ledger, settings: PlainJudge(), lambda: NOW).run()


def tables(workbook: Workbook) -> dict[str, list[dict[str, Any]]]:
    """The cells of every row, by tab."""
    return {tab: [record.cells for record in rows] for tab, rows in workbook.read().tables.items()}


class Browser:
    """A person in the browser, as the contract of workbooks asks for one. Rows count from 1."""

    def __init__(self, owner: Owner, layout: Layout = LAYOUT) -> None:
        self.owner = owner
        self.layout = layout

    def type(self, tab: str, row: int, column: str, value: Cell) -> None:
        cell = entered(serial(value) if isinstance(value, datetime) else value)
        if isinstance(value, datetime):
            cell["userEnteredFormat"] = {"numberFormat": {"type": "DATE_TIME"}}
        self._put(tab, row, self._position(tab, column), cell)

    def insert_row(self, tab: str, before: int) -> None:
        self.owner.insert_row(self._label(tab), before)

    def delete_rows(self, tab: str, first: int, last: int) -> None:
        self.owner.delete_row(self._label(tab), first, last - first + 1)

    def reverse_rows(self, tab: str) -> None:
        last = self._sheet(tab).last_row_with_value() + 1
        for row in range(3, last + 1):
            self.owner.move_row(self._label(tab), row, 2)

    def move_row(self, tab: str, row: int, before: int) -> None:
        self.owner.move_row(self._label(tab), row, before)

    def move_column(self, tab: str, column: str, before: str) -> None:
        source, target = self._position(tab, column), self._position(tab, before)
        where = {"sheetId": self._sheet(tab).id, "dimension": "COLUMNS"}
        span = where | {"startIndex": source, "endIndex": source + 1}
        self._do({"moveDimension": {"source": span, "destinationIndex": target}})

    def insert_column(self, tab: str, before: str) -> None:
        self.owner.insert_column(self._label(tab), self._position(tab, before) + 1)

    def delete_column(self, tab: str, column: str) -> None:
        self.owner.delete_column(self._label(tab), self._position(tab, column) + 1)

    def write_header(self, tab: str, column: str, text: str) -> None:
        position = [item.key for item in self.layout.tab(tab).columns].index(column)
        self._put(tab, 1, position, entered(text))

    def add_column(self, tab: str, text: str) -> None:
        sheet = self._sheet(tab)
        width = 1 + max(at for at, cell in sheet.row(0).items() if cell.value is not None)
        if width == sheet.column_count:
            self._do({"appendDimension": {"sheetId": sheet.id, "dimension": "COLUMNS", "length": 1}})
        self._put(tab, 1, width, entered(text))

    def rename_tab(self, tab: str, label: str) -> None:
        self.owner.rename_tab(self._label(tab), label)

    def delete_tab(self, tab: str) -> None:
        self.owner.delete_tab(self._label(tab))

    def _label(self, tab: str) -> str:
        return self.layout.tab(tab).label

    def _sheet(self, tab: str) -> Any:
        sheet = self.owner.workbook.titled(self._label(tab))
        assert sheet is not None
        return sheet

    def _position(self, tab: str, column: str) -> int:
        label = self.layout.tab(tab).column(column).label
        headers = self._sheet(tab).row(0).items()
        return int(next(at for at, cell in headers if str(cell.value).strip() == label))

    def _put(self, tab: str, row: int, position: int, cell: Any) -> None:
        start = {"sheetId": self._sheet(tab).id, "rowIndex": row - 1, "columnIndex": position}
        fields = ",".join(["userEnteredValue", *(name for name in cell if name != "userEnteredValue")])
        self._do({"updateCells": {"start": start, "rows": [{"values": [cell]}], "fields": fields}})

    def _do(self, request: Any) -> None:
        with self.owner.store.lock:
            draft = self.owner.workbook.fork()
            apply(Context(draft, self.owner.store.now().date()), [request])
            self.owner.store.commit(draft)
