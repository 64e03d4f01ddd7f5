"""One sheet: its cells and everything that lies on them.

Cells are kept sparsely: `rows` is only as long as the last row ever written, and a row is a dict from
column to Cell. **A row is never changed in place**, it is replaced; so a sheet is forked by copying one
list of references, which is what makes a batch of requests atomic at little cost.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .a1 import Rect
from .errors import ApiError, Json
from .shifts import COLUMNS, ROWS, Deleted, Inserted, Moved, Permuted, Shift, Span, shifted

MAX_CHARACTERS = 50_000
MAX_COLUMNS = 18_278

OBJECTS = (
    "conditionalFormats",
    "filterViews",
    "protectedRanges",
    "charts",
    "bandedRanges",
    "rowGroups",
    "columnGroups",
    "slicers",
    "tables",
)
"""The lists of JSON objects a sheet carries, by their names in the API."""


class Formula(str):
    """The text of a formula, with its equals sign."""

    __slots__ = ()


Value = str | int | float | bool | Formula | None


class Cell(NamedTuple):
    """`format` is the user-entered format; `extra` holds CellData's rarer fields (note, ...)."""

    value: Value = None
    format: Json | None = None
    extra: Json | None = None


EMPTY = Cell()
Row = dict[int, Cell]
NO_CELLS: Row = {}


class Sheet:
    def __init__(self, sheet_id: int, title: str, rows: int = 1000, columns: int = 26) -> None:
        self.id = sheet_id
        self.title = title
        self.properties: Json = {"sheetType": "GRID"}
        self.grid: Json = {"rowCount": rows, "columnCount": columns}
        self.rows: list[Row] = []
        self.lines: dict[str, dict[int, Json]] = {ROWS: {}, COLUMNS: {}}
        self.merges: list[Rect] = []
        self.objects: dict[str, list[Json]] = {name: [] for name in OBJECTS}
        self.basic_filter: Json | None = None
        self.has_formulas = False
        self.owned = False

    def fork(self) -> Sheet:
        """A copy that may be changed without the original noticing."""
        twin = copy.copy(self)
        twin.rows = list(self.rows)
        twin.lines = {dimension: dict(lines) for dimension, lines in self.lines.items()}
        twin.merges = list(self.merges)
        twin.objects = {name: list(items) for name, items in self.objects.items()}
        return twin

    @property
    def row_count(self) -> int:
        return int(self.grid["rowCount"])

    @property
    def column_count(self) -> int:
        return int(self.grid["columnCount"])

    @property
    def whole(self) -> Rect:
        return Rect(0, self.row_count, 0, self.column_count)

    def size(self, dimension: str) -> int:
        return self.row_count if dimension == ROWS else self.column_count

    def resize(self, dimension: str, count: int) -> None:
        self.grid = self.grid | {"rowCount" if dimension == ROWS else "columnCount": count}

    # Cells

    def row(self, index: int) -> Row:
        return self.rows[index] if index < len(self.rows) else NO_CELLS

    def cell(self, row: int, column: int) -> Cell:
        return self.row(row).get(column, EMPTY)

    def write(self, index: int, cells: Row) -> None:
        """Puts `cells` into one row, beside what else stands there."""
        row = dict(self.row(index))
        for column, cell in cells.items():
            if cell == EMPTY:
                row.pop(column, None)
            else:
                row[column] = cell
                self.has_formulas = self.has_formulas or isinstance(cell.value, Formula)
        self.replace(index, row)

    def replace(self, index: int, row: Row) -> None:
        if index >= len(self.rows):
            if not row:
                return
            self.rows.extend([NO_CELLS] * (index + 1 - len(self.rows)))
        self.rows[index] = row

    def change(self, rect: Rect, change: Callable[[int, int, Cell], Cell], *, sparse: bool = False) -> None:
        """Replaces each cell of `rect` by what `change` makes of it; `sparse` skips those not there."""
        last = min(rect.bottom, len(self.rows)) if sparse else rect.bottom
        for index in range(rect.top, last):
            row = self.row(index)
            columns = list(row) if sparse else range(rect.left, rect.right)
            cells = {
                column: change(index, column, row.get(column, EMPTY))
                for column in columns
                if rect.left <= column < rect.right
            }
            if cells:
                self.write(index, cells)

    def filled(self, rect: Rect) -> Iterator[tuple[int, Row]]:
        """The rows of `rect` that hold anything, cut to its columns."""
        for index in range(rect.top, min(rect.bottom, len(self.rows))):
            row = self.rows[index]
            if row:
                yield index, {c: cell for c, cell in row.items() if rect.left <= c < rect.right}

    def has_value(self, row: int, column: int) -> bool:
        return self.cell(row, column).value is not None

    def last_row_with_value(self) -> int:
        """Index of the last row with a value, -1 in an empty sheet."""
        for index in range(len(self.rows) - 1, -1, -1):
            if any(cell.value is not None for cell in self.rows[index].values()):
                return index
        return -1

    # Rows and columns

    def insert(self, dimension: str, at: int, count: int) -> Inserted:
        """Opens `count` empty lines before line `at`."""
        shift = Inserted(at, count)
        if dimension == ROWS:
            if at < len(self.rows):
                self.rows[at:at] = [NO_CELLS] * count
        else:
            self._remap_columns(shift)
        self.resize(dimension, self.size(dimension) + count)
        self.follow(dimension, shift)
        return shift

    def delete(self, dimension: str, start: int, end: int) -> Deleted:
        shift = Deleted(start, end)
        if dimension == ROWS:
            del self.rows[start:end]
        else:
            self._remap_columns(shift)
        self.resize(dimension, self.size(dimension) - (end - start))
        self.follow(dimension, shift)
        return shift

    def move(self, dimension: str, start: int, end: int, to: int) -> Moved:
        shift = Moved(start, end, to)
        if dimension == ROWS:
            self.rows.extend([NO_CELLS] * (max(end, to) - len(self.rows)))
            block = self.rows[start:end]
            del self.rows[start:end]
            at = to if to < start else to - (end - start)
            self.rows[at:at] = block
        else:
            self._remap_columns(shift)
        self.follow(dimension, shift)
        return shift

    def _remap_columns(self, shift: Shift) -> None:
        for index, row in enumerate(self.rows):
            if row:
                moved = ((shift.index(column), cell) for column, cell in row.items())
                self.rows[index] = {column: cell for column, cell in moved if column is not None}

    def follow(self, dimension: str, shift: Shift) -> None:
        """Takes along what lies on the lines: their sizes, merges, filters, protections, bandings, charts."""
        moved = ((shift.index(at), line) for at, line in self.lines[dimension].items())
        self.lines[dimension] = {at: line for at, line in moved if at is not None}
        if isinstance(shift, Permuted):
            return
        self.merges = [merge for merge in (self._merge(m, dimension, shift) for m in self.merges) if merge]
        for name, items in self.objects.items():
            self.objects[name] = shifted(items, self.id, dimension, shift)
        if self.basic_filter:
            self.basic_filter = shifted(self.basic_filter, self.id, dimension, shift)

    def _merge(self, merge: Rect, dimension: str, shift: Shift) -> Rect | None:
        rows: Span | None = (merge.top, merge.bottom)
        columns: Span | None = (merge.left, merge.right)
        if dimension == ROWS:
            rows = shift.span(merge.top, merge.bottom)
        else:
            columns = shift.span(merge.left, merge.right)
        if not rows or not columns:
            return None
        result = Rect(*rows, *columns)
        single = result.bottom - result.top == 1 and result.right - result.left == 1
        return None if single else result

    def protect(self, rect: Rect) -> None:
        """Raises ApiError 400 when a person has locked cells of `rect` against the caller.

        `owned` is set while the owner works, whom no lock stops.
        """
        for item in self.objects["protectedRanges"]:
            locked = (
                not self.owned and not item.get("warningOnly") and item.get("requestingUserCanEdit") is False
            )
            if locked and rect.meets(bounded(self, item.get("range", {}))):
                raise ApiError(
                    "You are trying to edit a protected cell or object. Please contact the spreadsheet owner "
                    "to remove protection if you need to edit."
                )


def bounded(sheet: Sheet, grid_range: Json) -> Rect:
    """A GridRange with its open ends filled from the grid, clipped to it."""
    return Rect(
        grid_range.get("startRowIndex", 0),
        min(grid_range.get("endRowIndex", sheet.row_count), sheet.row_count),
        grid_range.get("startColumnIndex", 0),
        min(grid_range.get("endColumnIndex", sheet.column_count), sheet.column_count),
    )


def grid_range(sheet_id: int, rect: Rect) -> Json:
    return {
        "sheetId": sheet_id,
        "startRowIndex": rect.top,
        "endRowIndex": rect.bottom,
        "startColumnIndex": rect.left,
        "endColumnIndex": rect.right,
    }


def check_length(text: str) -> str:
    """`text`, if a cell can hold it. Google's unit is unknown; UTF-16 units are the strictest likely one."""
    if (
        len(text) > MAX_CHARACTERS // 2
        and len(text.encode("utf-16-le", "surrogatepass")) // 2 > MAX_CHARACTERS
    ):
        raise ApiError(
            f"Your input contains more than the maximum of {MAX_CHARACTERS} characters in a single cell."
        )
    return text
