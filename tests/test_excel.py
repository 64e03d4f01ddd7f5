"""The .xlsx ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.workbook import Cell
from test_workbook import LAYOUT, Person, WorkbookContract


class Typist:
    """A person whose spreadsheet program is openpyxl."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._book = openpyxl.load_workbook(path)

    def _sheet(self, tab: str) -> Any:
        return self._book[LAYOUT.tab(tab).label]

    def _column(self, tab: str, key: str) -> int:
        label = LAYOUT.tab(tab).column(key).label
        return next(cell.column for cell in self._sheet(tab)[1] if str(cell.value).strip() == label)

    def _save(self) -> None:
        self._book.save(self._path)

    def type(self, tab: str, row: int, column: str, value: Cell) -> None:
        self._sheet(tab).cell(row, self._column(tab, column)).value = value
        self._save()

    def insert_row(self, tab: str, before: int) -> None:
        self._sheet(tab).insert_rows(before)
        self._save()

    def delete_rows(self, tab: str, first: int, last: int) -> None:
        self._sheet(tab).delete_rows(first, last - first + 1)
        self._save()

    def reverse_rows(self, tab: str) -> None:
        sheet = self._sheet(tab)
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
        for row, values in zip(sheet.iter_rows(min_row=2), reversed(rows), strict=True):
            for cell, value in zip(row, values, strict=True):
                cell.value = value
        self._save()

    def move_column(self, tab: str, column: str, before: str) -> None:
        sheet = self._sheet(tab)
        target = self._column(tab, before)
        sheet.insert_cols(target)
        source = self._column(tab, column)
        for row in sheet.iter_rows():
            row[target - 1].value = row[source - 1].value
        sheet.delete_cols(source)
        self._save()

    def write_header(self, tab: str, column: str, text: str) -> None:
        position = 1 + [item.key for item in LAYOUT.tab(tab).columns].index(column)
        self._sheet(tab).cell(1, position).value = text
        self._save()

    def add_column(self, tab: str, text: str) -> None:
        sheet = self._sheet(tab)
        sheet.cell(1, sheet.max_column + 1).value = text
        self._save()

    def rename_tab(self, tab: str, label: str) -> None:
        self._sheet(tab).title = label
        self._save()

    def delete_tab(self, tab: str) -> None:
        self._book.remove(self._sheet(tab))
        self._save()


class TestExcelWorkbook(WorkbookContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "台帳 ledger.xlsx"

    def make(self) -> ExcelWorkbook:
        return ExcelWorkbook(self.path, LAYOUT)

    def person(self) -> Person:
        return Typist(self.path)
