"""Requests that copy cells: copyPaste, cutPaste, pasteData."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser

from .a1 import Rect
from .batch import Context, kind
from .errors import ApiError, Json
from .formulas import Mistake, evaluate, moved
from .grid import EMPTY, Cell, Formula, Sheet
from .shifts import COLUMNS, ROWS
from .values import typed
from .workbook import Workbook

Block = list[list[Cell]]


@kind("copyPaste")
def copy_paste(context: Context, body: Json) -> None:
    workbook = context.workbook
    source, taken = workbook.grid_range(body.get("source"))
    target, rect = workbook.grid_range(body.get("destination"))
    block = _block(source, taken)
    transposed = body.get("pasteOrientation") == "TRANSPOSE"
    if transposed:
        block = [list(column) for column in zip(*block, strict=True)]
    rect = _tiled(target, rect, block)
    target.protect(rect)
    how = body.get("pasteType", "PASTE_NORMAL")
    height, width = len(block), len(block[0])
    for row in range(rect.top, rect.bottom):
        cells = {}
        for column in range(rect.left, rect.right):
            down, right = (row - rect.top) % height, (column - rect.left) % width
            origin = (
                (taken.top + right, taken.left + down)
                if transposed
                else (taken.top + down, taken.left + right)
            )
            cell = block[down][right]
            if how == "PASTE_VALUES":
                cell = cell._replace(value=_value_only(workbook, source, cell))
            cell = _moved(cell, row - origin[0], column - origin[1])
            cells[column] = _pasted(cell, target.cell(row, column), how)
        target.write(row, cells)
    if how == "PASTE_NORMAL" and not transposed:
        _copy_merges(source, taken, target, rect)


def _block(sheet: Sheet, rect: Rect) -> Block:
    return [
        [sheet.cell(row, column) for column in range(rect.left, rect.right)]
        for row in range(rect.top, rect.bottom)
    ]


def _tiled(sheet: Sheet, rect: Rect, block: Block) -> Rect:
    """A destination that is a multiple of the block is filled with copies; any other takes one."""

    def length(wanted: int, size: int) -> int:
        return size if wanted % size else max(wanted, size)

    bottom = rect.top + length(rect.bottom - rect.top, len(block))
    right = rect.left + length(rect.right - rect.left, len(block[0]))
    result = Rect(rect.top, bottom, rect.left, right)
    if result.bottom > sheet.row_count or result.right > sheet.column_count:
        raise ApiError("The pasted cells would lie outside the grid.")
    return result


def _moved(cell: Cell, rows: int, columns: int) -> Cell:
    return cell._replace(value=moved(cell.value, rows, columns)) if isinstance(cell.value, Formula) else cell


def _pasted(cell: Cell, old: Cell, how: str) -> Cell:
    """What stands in the target cell afterwards, by kind of paste."""
    validation = (cell.extra or {}).get("dataValidation")
    if how in ("PASTE_VALUES", "PASTE_FORMULA"):
        return old._replace(value=cell.value)
    if how in ("PASTE_FORMAT", "PASTE_CONDITIONAL_FORMATTING"):
        return old._replace(format=cell.format) if how == "PASTE_FORMAT" else old
    if how == "PASTE_DATA_VALIDATION":
        rest = {name: item for name, item in (old.extra or {}).items() if name != "dataValidation"}
        return old._replace(extra=rest | ({"dataValidation": validation} if validation else {}) or None)
    if how == "PASTE_NO_BORDERS":
        form = {name: item for name, item in (cell.format or {}).items() if name != "borders"}
        return cell._replace(format=form or None)
    return cell


def _value_only(workbook: Workbook, sheet: Sheet, cell: Cell) -> str | int | float | bool | None:
    if not isinstance(cell.value, Formula):
        return cell.value
    result = evaluate(workbook, sheet, cell.value).value
    return result.shown if isinstance(result, Mistake) else result


def _copy_merges(source: Sheet, taken: Rect, target: Sheet, rect: Rect) -> None:
    inside = [merge for merge in source.merges if taken.holds(merge)]
    down, right = rect.top - taken.top, rect.left - taken.left
    for merge in inside:
        copy = Rect(merge.top + down, merge.bottom + down, merge.left + right, merge.right + right)
        if not any(copy.meets(other) for other in target.merges):
            target.merges.append(copy)


@kind("cutPaste")
def cut_paste(context: Context, body: Json) -> None:
    workbook = context.workbook
    source, taken = workbook.grid_range(body.get("source"))
    place = body.get("destination", {})
    target = workbook.sheet(place.get("sheetId", 0))
    top, left = place.get("rowIndex", 0), place.get("columnIndex", 0)
    how = body.get("pasteType", "PASTE_NORMAL")
    block = _block(source, taken)
    if how == "PASTE_VALUES":
        block = [[cell._replace(value=_value_only(workbook, source, cell)) for cell in row] for row in block]
    rect = _tiled(target, Rect(top, top + len(block), left, left + len(block[0])), block)
    source.protect(taken)
    target.protect(rect)
    source.change(taken, lambda _row, _column, cell: _left_behind(cell, how), sparse=True)
    for down, cells in enumerate(block):
        # Cut formulas keep their references.
        new = {
            left + right: _pasted(cell, target.cell(top + down, left + right), how)
            for right, cell in enumerate(cells)
        }
        target.write(top + down, new)


def _left_behind(cell: Cell, how: str) -> Cell:
    if how in ("PASTE_VALUES", "PASTE_FORMULA"):
        return cell._replace(value=None)
    return cell._replace(format=None) if how == "PASTE_FORMAT" else EMPTY


@kind("pasteData")
def paste_data(context: Context, body: Json) -> None:
    workbook = context.workbook
    place = body.get("coordinate", {})
    sheet = workbook.sheet(place.get("sheetId", 0))
    data = body.get("data", "")
    if body.get("html"):
        rows = _html_rows(data)
    elif body.get("delimiter"):
        rows = list(csv.reader(io.StringIO(data), delimiter=body["delimiter"]))
    else:
        raise ApiError("One of delimiter or html must be set.")
    top, left = place.get("rowIndex", 0), place.get("columnIndex", 0)
    width = max(map(len, rows), default=0)
    sheet.resize(ROWS, max(sheet.row_count, top + len(rows)))
    sheet.resize(COLUMNS, max(sheet.column_count, left + width))
    workbook.check_size()
    sheet.protect(Rect(top, top + len(rows), left, left + width))
    for index, row in enumerate(rows, start=top):
        cells = {
            column: typed(workbook, text, sheet.cell(index, column), "USER_ENTERED", context.today)
            for column, text in enumerate(row, start=left)
        }
        sheet.write(index, cells)


class _Table(HTMLParser):
    """The rows of an HTML table, text only."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            if not self.rows:
                self.rows.append([])
            self.rows[-1].append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data


def _html_rows(data: str) -> list[list[str]]:
    table = _Table()
    table.feed(data)
    return table.rows or [[data]]
