"""The ledger in a Google Sheet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from daicho.sheets.google import GoogleWorkbook
from google_ledger import Browser, open_ledger
from sheets_api import SheetsServer
from test_workbook import Person, WorkbookContract


@pytest.fixture(scope="module")
def server() -> Iterator[SheetsServer]:
    with SheetsServer() as running:
        yield running


class TestGoogleWorkbook(WorkbookContract):
    @pytest.fixture(autouse=True)
    def _spreadsheet(self, server: SheetsServer) -> None:
        self.server = server
        self.key = server.create("台帳 ledger")

    def make(self) -> GoogleWorkbook:
        return open_ledger(self.server, self.key)

    def person(self) -> Person:
        return Browser(self.server.as_person(self.key))
