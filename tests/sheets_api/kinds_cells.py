"""Requests that write cells, their formats and their validation."""

from __future__ import annotations

import re
from typing import Any

from . import fields
from .a1 import Rect
from .batch import Context, kind
from .cells import Writer, shown, writer
from .errors import ApiError, Json
from .formats import colored
from .formulas import moved
from .grid import EMPTY, Cell, Formula, Sheet
from .kinds_lines import insert
from .shifts import COLUMNS, ROWS
from .values import typed
from .workbook import Workbook

# Conditions that colour cells but cannot validate them.
FORMAT_ONLY = frozenset(("TEXT_STARTS_WITH", "TEXT_ENDS_WITH", "BLANK", "NOT_BLANK"))


@kind("updateCells")
def update_cells(context: Context, body: Json) -> None:
    change = writer(context.workbook, fields.writing(body.get("fields"), "CellData"))
    rows = body.get("rows", [])
    if "range" in body:
        sheet, rect = context.workbook.grid_range(body["range"])
        sheet.protect(rect)
        # Cells of the range that the rows do not cover lose the masked fields.
        rows = rows + [{}] * (rect.bottom - rect.top - len(rows))
        _put(sheet, rect, rows, change, blank=True)
        return
    start = body.get("start", {})
    sheet = context.workbook.sheet(start.get("sheetId", 0))
    rect = Rect(start.get("rowIndex", 0), sheet.row_count, start.get("columnIndex", 0), sheet.column_count)
    sheet.protect(rect._replace(bottom=min(rect.bottom, rect.top + len(rows))))
    _put(sheet, rect, rows, change, blank=False)


def _put(sheet: Sheet, rect: Rect, rows: list[Json], change: Writer, *, blank: bool) -> None:
    """Writes RowData from the top left of `rect`, which it may not leave."""
    if rect.top + len(rows) > rect.bottom:
        raise _beyond("row", rect.bottom)
    width = rect.right - rect.left
    for index, row in enumerate(rows, start=rect.top):
        sent = row.get("values", [])
        if len(sent) > width:
            raise _beyond("column", rect.right)
        old = sheet.row(index)
        new = {
            column: change(old.get(column, EMPTY), data) for column, data in enumerate(sent, start=rect.left)
        }
        if blank:
            for column in old:
                if rect.left + len(sent) <= column < rect.right:
                    new[column] = change(old[column], {})
        if new:
            sheet.write(index, new)


def _beyond(word: str, end: int) -> ApiError:
    return ApiError(f"Attempting to write {word}: {end}, beyond the last requested {word} of: {end - 1}")


@kind("appendCells")
def append_cells(context: Context, body: Json) -> None:
    change = writer(context.workbook, fields.writing(body.get("fields"), "CellData"))
    if "tableId" in body:
        # Seen live: with a table's id the answer is 200 and the values are dropped.
        return
    sheet, rows = context.workbook.sheet(body.get("sheetId", 0)), body.get("rows", [])
    top = sheet.last_row_with_value() + 1
    width = max((len(row.get("values", [])) for row in rows), default=0)
    sheet.resize(ROWS, max(sheet.row_count, top + len(rows)))
    sheet.resize(COLUMNS, max(sheet.column_count, width))
    context.workbook.check_size()
    rect = Rect(top, sheet.row_count, 0, sheet.column_count)
    sheet.protect(rect._replace(bottom=top + len(rows)))
    _put(sheet, rect, rows, change, blank=False)


@kind("repeatCell")
def repeat_cell(context: Context, body: Json) -> None:
    change = writer(context.workbook, fields.writing(body.get("fields"), "CellData"))
    sheet, rect = context.workbook.grid_range(body.get("range"))
    sheet.protect(rect)
    data = body.get("cell", {})
    formula = data.get("userEnteredValue", {}).get("formulaValue")
    # Clearing touches only cells that exist.
    sparse = change(EMPTY, data) == EMPTY

    def repeated(row: int, column: int, cell: Cell) -> Cell:
        new = change(cell, data)
        if formula and change.value:
            new = new._replace(value=moved(formula, row - rect.top, column - rect.left))
        return new

    sheet.change(rect, repeated, sparse=sparse)


@kind("updateBorders")
def update_borders(context: Context, body: Json) -> None:
    sheet, rect = context.workbook.grid_range(body.get("range"))
    borders = colored({name: item for name, item in body.items() if name != "range"})

    def bordered(row: int, column: int, cell: Cell) -> Cell:
        edges = {
            "top": "top" if row == rect.top else "innerHorizontal",
            "bottom": "bottom" if row == rect.bottom - 1 else "innerHorizontal",
            "left": "left" if column == rect.left else "innerVertical",
            "right": "right" if column == rect.right - 1 else "innerVertical",
        }
        sides = dict((cell.format or {}).get("borders", {}))
        for side, name in edges.items():
            if name in borders:
                sides[side] = borders[name]
        shown_sides = {side: border for side, border in sides.items() if border.get("style") != "NONE"}
        return cell._replace(format=(cell.format or {}) | {"borders": shown_sides})

    sheet.change(rect, bordered)


@kind("setDataValidation")
def set_data_validation(context: Context, body: Json) -> None:
    sheet, rect = context.workbook.grid_range(body.get("range"))
    rule = body.get("rule")
    if rule is not None:
        rule = _checked_rule(rule)
    kind_of = (rule or {}).get("condition", {}).get("type")
    checkbox = kind_of == "BOOLEAN" and context.filled_checkboxes

    def ruled(_row: int, _column: int, cell: Cell) -> Cell:
        if rule is None:
            extra = {name: item for name, item in (cell.extra or {}).items() if name != "dataValidation"}
            return cell._replace(extra=extra or None)
        value = False if checkbox and cell.value is None else cell.value
        return cell._replace(value=value, extra=(cell.extra or {}) | {"dataValidation": rule})

    sheet.change(rect, ruled, sparse=rule is None)


def _checked_rule(rule: Json) -> Json:
    condition = rule.get("condition", {})
    name = condition.get("type")
    if not name or name == "CONDITION_TYPE_UNSPECIFIED":
        raise ApiError("condition.type is required.")
    if name in FORMAT_ONLY:
        raise ApiError(f"Condition type '{name}' is not supported for data validation.")
    values = [value.get("userEnteredValue", "") for value in condition.get("values", [])]
    if name == "ONE_OF_RANGE" and not (values and values[0].startswith("=")):
        raise ApiError("ONE_OF_RANGE needs one value that is a range and begins with '='.")
    if name == "ONE_OF_LIST" and not values:
        raise ApiError("ONE_OF_LIST needs at least one value.")
    return {key: item for key, item in rule.items() if item not in (False, "")}


# Merges


@kind("mergeCells")
def merge_cells(context: Context, body: Json) -> None:
    sheet, rect = context.workbook.grid_range(body.get("range"))
    sheet.protect(rect)
    for merge in sheet.merges:
        if merge.meets(rect) and not rect.holds(merge):
            raise ApiError("You must select all cells in a merged range to merge or unmerge them.")
    for count, first, last, word in (
        ("frozenRowCount", rect.top, rect.bottom, "rows"),
        ("frozenColumnCount", rect.left, rect.right, "columns"),
    ):
        if first < sheet.grid.get(count, 0) < last:
            raise ApiError(f"You can't merge frozen and non-frozen {word}")
    sheet.merges = [merge for merge in sheet.merges if not rect.holds(merge)]
    for part in _parts(rect, body.get("mergeType", "MERGE_ALL")):
        if (part.bottom - part.top) * (part.right - part.left) > 1:
            sheet.merges.append(part)
        _keep_anchor(sheet, part)


def _parts(rect: Rect, how: str) -> list[Rect]:
    if how == "MERGE_COLUMNS":
        return [rect._replace(left=column, right=column + 1) for column in range(rect.left, rect.right)]
    if how == "MERGE_ROWS":
        return [rect._replace(top=row, bottom=row + 1) for row in range(rect.top, rect.bottom)]
    return [rect]


def _keep_anchor(sheet: Sheet, rect: Rect) -> None:
    """Only the top left cell keeps its value, silently."""

    def emptied(row: int, column: int, cell: Cell) -> Cell:
        return cell if (row, column) == (rect.top, rect.left) else cell._replace(value=None)

    sheet.change(rect, emptied, sparse=True)


@kind("unmergeCells")
def unmerge_cells(context: Context, body: Json) -> None:
    sheet, rect = context.workbook.grid_range(body.get("range"))
    for merge in sheet.merges:
        if merge.meets(rect) and not rect.holds(merge):
            raise ApiError("You must select all cells in a merged range to merge or unmerge them.")
    sheet.merges = [merge for merge in sheet.merges if not rect.holds(merge)]


# Cells pushed aside


@kind("insertRange")
def insert_range(context: Context, body: Json) -> None:
    workbook = context.workbook
    sheet, rect = workbook.grid_range(body.get("range"))
    if body.get("shiftDimension") == ROWS:
        insert_needed = sheet.last_row_with_value() + (rect.bottom - rect.top) - sheet.row_count + 1
        if insert_needed > 0:
            insert(workbook, sheet, ROWS, sheet.row_count, insert_needed)
        _shift_down(sheet, rect, rect.bottom - rect.top)
    else:
        _shift_right(sheet, rect, rect.right - rect.left)


@kind("deleteRange")
def delete_range(context: Context, body: Json) -> None:
    sheet, rect = context.workbook.grid_range(body.get("range"))
    sheet.protect(rect)
    sheet.change(rect, lambda _row, _column, _cell: EMPTY, sparse=True)
    if body.get("shiftDimension") == ROWS:
        _shift_down(sheet, rect._replace(top=rect.bottom), rect.top - rect.bottom)
    else:
        _shift_right(sheet, rect._replace(left=rect.right), rect.left - rect.right)


def _shift_down(sheet: Sheet, rect: Rect, by: int) -> None:
    """Moves all cells from `rect` downwards, in its columns, `by` rows."""
    below = rect._replace(bottom=max(len(sheet.rows), rect.top))
    taken = dict(sheet.filled(below))
    sheet.change(below, lambda _row, _column, _cell: EMPTY, sparse=True)
    for index, cells in taken.items():
        sheet.write(index + by, cells)


def _shift_right(sheet: Sheet, rect: Rect, by: int) -> None:
    for index, cells in list(sheet.filled(rect._replace(right=sheet.column_count))):
        new: dict[int, Cell] = dict.fromkeys(cells, EMPTY)
        sheet.write(index, new | {column + by: cell for column, cell in cells.items()})
    widest = max((max(row, default=0) for row in sheet.rows), default=0)
    sheet.resize(COLUMNS, max(sheet.column_count, widest + 1))


# Texts


@kind("findReplace")
def find_replace(context: Context, body: Json) -> Json:
    workbook = context.workbook
    pattern = _pattern(body)
    replacement = body.get("replacement", "")
    if not body.get("searchByRegex"):
        replacement = replacement.replace("\\", "\\\\")
    else:
        replacement = re.sub(r"\$(\d)", r"\\\1", replacement)
    counts = {"rowsChanged": 0, "sheetsChanged": 0, "valuesChanged": 0, "occurrencesChanged": 0}
    counts["formulasChanged"] = 0
    for sheet, rect in _searched(workbook, body):
        before = counts["occurrencesChanged"]
        for index, row in list(sheet.filled(rect)):
            new = {}
            for column, cell in row.items():
                if isinstance(cell.value, Formula) and not body.get("includeFormulas"):
                    continue
                text = str(cell.value) if isinstance(cell.value, Formula) else shown(workbook, sheet, cell)
                text, found = pattern.subn(replacement, text)
                if found:
                    new[column] = typed(workbook, text, cell, "USER_ENTERED", context.today)
                    counts["occurrencesChanged"] += found
                    formula = isinstance(cell.value, Formula)
                    counts["formulasChanged" if formula else "valuesChanged"] += 1
            if new:
                counts["rowsChanged"] += 1
                sheet.write(index, new)
        counts["sheetsChanged"] += counts["occurrencesChanged"] > before
    return {name: count for name, count in counts.items() if count}


def _pattern(body: Json) -> re.Pattern[str]:
    text = body.get("find", "")
    if not text:
        raise ApiError("find must not be empty.")
    source = text if body.get("searchByRegex") else re.escape(text)
    if body.get("matchEntireCell"):
        source = f"(?:{source})\\Z"
    try:
        return re.compile(source, 0 if body.get("matchCase") else re.IGNORECASE)
    except re.error:
        raise ApiError(f"Invalid regular expression: {text}") from None


def _searched(workbook: Workbook, body: Json) -> list[tuple[Sheet, Rect]]:
    if "range" in body:
        return [workbook.grid_range(body["range"])]
    if "sheetId" in body:
        sheet = workbook.sheet(body["sheetId"])
        return [(sheet, sheet.whole)]
    if body.get("allSheets"):
        return [(sheet, sheet.whole) for sheet in workbook.sheets]
    raise ApiError("One of range, sheetId or allSheets must be set.")


@kind("trimWhitespace")
def trim_whitespace(context: Context, body: Json) -> Json:
    sheet, rect = context.workbook.grid_range(body.get("range"))
    sheet.protect(rect)
    changed = 0
    for index, row in list(sheet.filled(rect)):
        new = {}
        for column, cell in row.items():
            if type(cell.value) is str and (text := " ".join(cell.value.split())) != cell.value:
                new[column] = cell._replace(value=text or None)
        changed += len(new)
        if new:
            sheet.write(index, new)
    return {"cellsChangedCount": changed} if changed else {}


@kind("deleteDuplicates")
def delete_duplicates(context: Context, body: Json) -> Json:
    sheet, rect = context.workbook.grid_range(body.get("range"))
    sheet.protect(rect)
    columns = list(range(rect.left, rect.right))
    if compared := body.get("comparisonColumns"):
        columns = [column for part in compared for column in range(part["startIndex"], part["endIndex"])]
    seen: set[tuple[Any, ...]] = set()
    kept = []
    for index in range(rect.top, min(rect.bottom, len(sheet.rows))):
        key = tuple(shown(context.workbook, sheet, sheet.cell(index, c)).casefold() for c in columns)
        if key not in seen:
            seen.add(key)
            kept.append(
                dict(next(iter(sheet.filled(rect._replace(top=index, bottom=index + 1))), (0, {}))[1])
            )
    removed = min(rect.bottom, len(sheet.rows)) - rect.top - len(kept)
    sheet.change(rect, lambda _row, _column, _cell: EMPTY, sparse=True)
    for index, row in enumerate(kept, start=rect.top):
        sheet.write(index, row)
    return {"duplicatesRemovedCount": removed} if removed > 0 else {}


@kind("textToColumns")
def text_to_columns(context: Context, body: Json) -> None:
    sheet, rect = context.workbook.grid_range(body.get("source"))
    marks = {"COMMA": ",", "SEMICOLON": ";", "PERIOD": ".", "SPACE": " "}
    mark = marks.get(body.get("delimiterType", ""), body.get("delimiter", ","))
    for index, row in list(sheet.filled(rect)):
        for column, cell in row.items():
            parts = shown(context.workbook, sheet, cell).split(mark)
            sheet.resize(COLUMNS, max(sheet.column_count, column + len(parts)))
            new = {
                at: typed(context.workbook, part, sheet.cell(index, at), "USER_ENTERED", context.today)
                for at, part in enumerate(parts, start=column)
            }
            sheet.write(index, new)
