"""A ledger in an .xlsx: opened, added to, taken apart, and worked in by a person."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

from builders import LAYOUT
from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.workbook import Cell, Commit


def new_ledger(path: Path, *inquiries: dict[str, Cell]) -> ExcelWorkbook:
    workbook = ExcelWorkbook(path, LAYOUT)
    workbook.prepare(LAYOUT, {})
    workbook.commit(workbook.read(), Commit(appends={"inquiries": list(inquiries)}))
    return workbook


def append(workbook: ExcelWorkbook) -> None:
    """A small sync: one inquiry more."""
    workbook.commit(workbook.read(), Commit(appends={"inquiries": [{"id": "c", "excerpt": "新着"}]}))


def parts(file: Path | BytesIO) -> dict[str, bytes]:
    """What a package holds, by name."""
    with ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def put_parts(path: Path, changed: dict[str, bytes]) -> None:
    """Rewrites a package with some parts added or replaced."""
    kept = parts(path) | changed
    with ZipFile(path, "w") as archive:
        for name, data in kept.items():
            archive.writestr(name, data)


def live_in(path: Path) -> None:
    """All a person may do: a tab with formulas and a chart, a comment, formats, names, print set-up."""
    book = openpyxl.load_workbook(path)
    own = book.create_sheet("売上メモ", 0)
    own["A1"] = "件数"
    own["A2"] = "=COUNTA(問い合わせ台帳!A2:A999)"
    own["A3"] = 3
    chart = BarChart()
    chart.add_data(Reference(own, min_col=1, min_row=1, max_row=3), titles_from_data=True)
    own.add_chart(chart, "C1")
    own.add_table(Table(displayName="own", ref="A1:A3"))
    own.print_area = "A1:B3"
    book.defined_names["目標"] = DefinedName("目標", attr_text="売上メモ!$A$3")
    sheet = book["問い合わせ台帳"]
    sheet["A2"].comment = Comment("確認済み", "見本")
    sheet["H2"].fill = PatternFill("solid", fgColor="FFFF00")
    sheet.column_dimensions["H"].width = 33
    sheet.conditional_formatting.add(
        "T2:T3", CellIsRule("greaterThan", ["5"], fill=PatternFill(bgColor="FF0000"))
    )
    rule = DataValidation("list", '"A,B"')
    rule.add("S2:S3")
    sheet.add_data_validation(rule)
    sheet.page_setup.paperSize = 8
    book.save(path)
    relations = parts(path)["xl/worksheets/_rels/sheet2.xml.rels"].decode()
    kind = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
    threaded = f'<Relationship Id="rId99" Type="{kind}" Target="../threadedComments/threadedComment1.xml"/>'
    put_parts(
        path,
        {
            "xl/worksheets/_rels/sheet2.xml.rels": relations.replace("</Rel", f"{threaded}</Rel").encode(),
            "xl/threadedComments/threadedComment1.xml": b"<ThreadedComments/>",
            "xl/vbaProject.bin": bytes(range(256)),
            "xl/media/image1.png": b"\x89PNG not really",
            "xl/pivotCache/pivotCacheDefinition1.xml": b"<pivotCacheDefinition/>",
            "customXml/item1.xml": b"<own/>",
        },
    )


class Typist:
    """A person whose spreadsheet program is openpyxl."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._book = openpyxl.load_workbook(path)

    def _sheet(self, tab: str) -> Any:
        return self._book[LAYOUT.tab(tab).label]

    def _column(self, tab: str, key: str) -> int:
        label = LAYOUT.tab(tab).column(key).label
        return int(next(cell.column for cell in self._sheet(tab)[1] if str(cell.value).strip() == label))

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
