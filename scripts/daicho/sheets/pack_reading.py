"""Reading what came back: a workbook that some program saved, or a CSV somebody made of it.

Nothing is taken for granted here but that there are cells; what they mean is decided elsewhere.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from io import BytesIO, StringIO

from lxml import etree

from daicho.errors import WorkbookError
from daicho.sheets.cells import column_of
from daicho.sheets.pack import opened
from daicho.sheets.pack_page import Grid
from daicho.sheets.package import OLE_MAGIC, SAFE, Damaged
from daicho.sheets.tables import Tables
from daicho.sheets.workbook import Cell

MOST_ROWS = 200_000
"""What has more rows is no pack of ours."""

_DELIMITERS = ",\t;"
_EXCEL = (".xlsx", ".xlsm", ".xls")
_PLACE = re.compile(r"[A-Z]{1,3}([0-9]{1,7})")


def read_grids(data: bytes, name: str, password: Callable[[], str]) -> list[Grid]:
    """The sheets of a file. `password` is asked only for a locked one. Raises WorkbookError."""
    if data.startswith(OLE_MAGIC):
        data = opened(data, password())
    if not data.startswith(b"PK"):
        if name.lower().endswith(_EXCEL):
            raise WorkbookError("vendor.no-excel", file=name)
        return [_csv(data, name)]
    try:
        tables = Tables(data, "", "")
        return [_grid(tables, label, name) for label in tables.package.sheets]
    except Damaged as error:
        raise WorkbookError("vendor.not-a-pack", file=name) from error


def _grid(tables: Tables, label: str, name: str) -> Grid:
    unknown = frozenset(_without_result(tables.package.read(tables.package.sheets[label])))
    return Grid(label, _within(list(tables.rows(label)), name), unknown=unknown)


def _without_result(sheet: bytes) -> Iterator[tuple[int, int]]:
    """Where formulas stand that no program has worked out. Raises Damaged."""
    try:
        for _, cell in etree.iterparse(BytesIO(sheet), tag="{*}c", **SAFE):
            is_formula = cell.find("{*}f") is not None
            place = _PLACE.fullmatch(cell.get("r", ""))
            # A text result may be empty; any other result is not.
            if is_formula and cell.get("t") != "str" and not cell.findtext("{*}v") and place:
                yield int(place[1]), column_of(place[0])
            cell.clear(keep_tail=False)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Damaged from error


def _csv(data: bytes, name: str) -> Grid:
    text, encoding = _decoded(data, name)
    head = text[:4000]
    delimiter = max(_DELIMITERS, key=head.count)
    try:
        rows = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
        found = [
            (number, {column: cell for column, cell in enumerate(row, 1) if cell})
            for number, row in enumerate(rows, 1)
        ]
    except csv.Error as error:
        raise WorkbookError("vendor.not-a-pack", file=name) from error
    return Grid(name, _within([(number, dict(cells)) for number, cells in found if cells], name), encoding)


def _decoded(data: bytes, name: str) -> tuple[str, str]:
    """The text, and its encoding if that knows only some letters. Excel in Japan writes cp932, or UTF-8 with
    a mark, or (as "Unicode text") UTF-16."""
    has_mark = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    encodings = ("utf-16",) if has_mark else ("utf-8-sig", "cp932")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, encoding if encoding == "cp932" else ""
    raise WorkbookError("vendor.not-a-pack", file=name)


def _within(rows: list[tuple[int, dict[int, Cell]]], name: str) -> list[tuple[int, dict[int, Cell]]]:
    if len(rows) > MOST_ROWS:
        raise WorkbookError("vendor.not-a-pack", file=name)
    return rows
