"""What stands in a Google Sheet's cells, as the API writes it, and how to name ranges.

Text is always sent as `stringValue`, which Google never parses; a moment is a number of days since
1899-12-30, shown as a date by its column's format.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openpyxl.utils import get_column_letter

from daicho.sheets.cells import moment, serial, stored
from daicho.sheets.layout import Column
from daicho.sheets.workbook import Cell

Json = dict[str, Any]

Value = str | int | float | bool | None
"""What a cell holds for Google: no dates."""

CELL_LIMIT = 45_000
"""UTF-16 units. Google's own limit is 50,000 characters, and what it counts is not written anywhere."""

PIXELS = 4 / 3
"""Pixels in a point."""

MOMENT_COLUMNS = frozenset({"datetime", "date"})
_ERRORS = {
    "NULL_VALUE": "#NULL!",
    "DIVIDE_BY_ZERO": "#DIV/0!",
    "VALUE": "#VALUE!",
    "REF": "#REF!",
    "NAME": "#NAME?",
    "NUM": "#NUM!",
    "N_A": "#N/A",
    "LOADING": "Loading...",
}


class Moment(float):
    """A date written into a column that does not show dates: its cell needs a format of its own."""

    __slots__ = ()


@dataclass(slots=True)
class Grid:
    """One sheet as it was read. `rows` hold what was read of it: [row - 1][position] → value, ragged."""

    sheet_id: int
    title: str
    row_count: int
    column_count: int
    rows: list[list[Value]]

    def row(self, number: int) -> list[Value]:
        return self.rows[number - 1] if 0 < number <= len(self.rows) else []

    def value(self, number: int, position: int) -> Value:
        row = self.row(number)
        return row[position] if position < len(row) else None

    def column(self, position: int) -> Iterator[Value]:
        """What stands below the header, where anything does."""
        return (row[position] for row in self.rows[1:] if position < len(row))


def read_grid(sheet: Json) -> Grid:
    """A Sheet of the API, with whatever data came along, as a grid."""
    properties = sheet["properties"]
    # A sheet that is one chart has no grid.
    size = properties.get("gridProperties", {})
    grid = Grid(
        properties.get("sheetId", 0),
        properties.get("title", ""),
        size.get("rowCount", 0),
        size.get("columnCount", 0),
        [],
    )
    for data in sheet.get("data", []):
        _lay(grid.rows, data)
    return grid


def _lay(rows: list[list[Value]], data: Json) -> None:
    """Puts one GridData where it belongs."""
    top, left = data.get("startRow", 0), data.get("startColumn", 0)
    for index, entry in enumerate(data.get("rowData", []), start=top):
        cells = [value_of(cell) for cell in entry.get("values", ())]
        rows.extend([] for _ in range(index + 1 - len(rows)))
        row = rows[index]
        row.extend([None] * (left + len(cells) - len(row)))
        row[left : left + len(cells)] = cells


def value_of(cell: Json) -> Value:
    """The effective value of a CellData: what a formula comes to, an error as its sign."""
    for kind, value in cell.get("effectiveValue", {}).items():
        if kind == "numberValue":
            # Beyond 2**53 a double is no exact integer, and writing it as one would invent digits.
            whole = float(value).is_integer() and abs(value) < 2**53
            return int(value) if whole else float(value)
        if kind == "errorValue":
            return _ERRORS.get(value.get("type", ""), "#ERROR!")
        return value or None if kind == "stringValue" else bool(value)
    return None


def cell_of(value: Value, column: Column, *, moments: bool = False) -> Cell:
    """A value as the ledger speaks of it. `moments`: the cell's own format shows a date or time."""
    if column.format == "check":
        # An unticked box holds FALSE, and is an empty cell to us.
        return value or None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and (moments or column.format in MOMENT_COLUMNS):
        return moment(float(value or 0))
    return value


def value_for(cell: Cell, column: Column, tick: str, mark: str) -> Value:
    """What a cell is to hold: text cleaned and cut (with `mark`), a moment as a number."""
    cell = stored(cell, CELL_LIMIT, mark)
    if column.format == "check" and (cell is False or cell == tick):
        return True if cell == tick else None
    if isinstance(cell, datetime):
        return serial(cell) if column.format in MOMENT_COLUMNS else Moment(serial(cell))
    return cell


def entered(value: Value) -> Json:
    """A CellData that holds `value` and nothing else; the empty one empties a cell."""
    if value is None:
        return {}
    kind = (
        "boolValue" if isinstance(value, bool) else "stringValue" if isinstance(value, str) else "numberValue"
    )
    return {"userEnteredValue": {kind: value}}


def digest(value: Value) -> str:
    """A short fingerprint. Numbers count to the hundredth of a second: as exact as a moment stays."""
    said = f"{value:.7f}" if isinstance(value, int | float) and not isinstance(value, bool) else repr(value)
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:8]


def runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(first, last) of each run of neighbours in ascending numbers."""
    start = 0
    for index, number in enumerate(numbers):
        if index + 1 == len(numbers) or numbers[index + 1] != number + 1:
            yield numbers[start], number
            start = index + 1


def area(sheet: int, first_row: int, last_row: int | None, left: int, right: int | None) -> Json:
    """A GridRange. Rows are numbers from 1, both included; columns positions from 0, `right` excluded."""
    found = {
        "sheetId": sheet,
        "startRowIndex": first_row - 1,
        "endRowIndex": last_row,
        "startColumnIndex": left,
        "endColumnIndex": right,
    }
    return {name: value for name, value in found.items() if value is not None}


def quoted(title: str) -> str:
    """A sheet's title for A1 notation. Unquoted it might be taken for a cell or a named range."""
    return "'" + title.replace("'", "''") + "'"


def a1(title: str, first_row: int, last_row: int, left: int, right: int) -> str:
    """`'Title'!C2:E9`; counted as in `area`."""
    return f"{quoted(title)}!{get_column_letter(left + 1)}{first_row}:{get_column_letter(right)}{last_row}"


def write_rows(sheet: int, first_row: int, rows: Sequence[Mapping[int, Value]]) -> Iterator[Json]:
    """Requests that set cells (by position) of neighbouring rows, and no other cell."""
    if not rows:
        return
    positions = sorted({position for row in rows for position in row})
    for left, right in runs(positions):
        span = range(left, right + 1)
        yield {
            "updateCells": {
                "start": {"sheetId": sheet, "rowIndex": first_row - 1, "columnIndex": left},
                "rows": [{"values": [entered(row.get(at)) for at in span]} for row in rows],
                "fields": "userEnteredValue",
            }
        }
    for number, row in enumerate(rows, first_row):
        for position, value in row.items():
            if isinstance(value, Moment):
                yield {
                    "repeatCell": {
                        "range": area(sheet, number, number, position, position + 1),
                        "cell": {"userEnteredFormat": {"numberFormat": {"type": "DATE_TIME"}}},
                        "fields": "userEnteredFormat.numberFormat",
                    }
                }


def row_heights(sheet: int, first: int, heights: Sequence[int]) -> Iterator[Json]:
    """Requests that set the heights (pixels) of neighbouring rows; `first` counts from 1."""
    return _line_sizes(sheet, "ROWS", first, heights)


def column_widths(sheet: int, first: int, widths: Sequence[int]) -> Iterator[Json]:
    """The same for columns; `first` counts from 1, too."""
    return _line_sizes(sheet, "COLUMNS", first, widths)


def _line_sizes(sheet: int, dimension: str, first: int, sizes: Sequence[int]) -> Iterator[Json]:
    start = 0
    for index, size in enumerate(sizes):
        if index + 1 == len(sizes) or sizes[index + 1] != size:
            span = {"startIndex": first - 1 + start, "endIndex": first + index}
            yield {
                "updateDimensionProperties": {
                    "range": {"sheetId": sheet, "dimension": dimension, **span},
                    "properties": {"pixelSize": size},
                    "fields": "pixelSize",
                }
            }
            start = index + 1
