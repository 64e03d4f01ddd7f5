"""Requests about rows and columns: inserting, deleting, moving, sizing, grouping, sorting."""

from __future__ import annotations

import random
from typing import Any

from . import fields
from .a1 import Rect
from .batch import Context, kind
from .cells import shown
from .errors import ApiError, Json
from .formulas import Mistake, evaluate, followed, moved
from .grid import EMPTY, MAX_COLUMNS, Cell, Formula, Row, Sheet, Value
from .shifts import COLUMNS, ROWS, Permuted, Shift, shifted
from .workbook import Workbook

WORDS = {ROWS: "row", COLUMNS: "column"}
CHARACTER, EDGE = 8, 21
"""Pixels: a character's average width, and a column's padding. Google's own depends on its fonts."""


def span(workbook: Workbook, message: Json | None) -> tuple[Sheet, str, int, int]:
    """(sheet, dimension, start, end) of a DimensionRange; open ends reach to the grid's."""
    message = message or {}
    sheet = workbook.sheet(message.get("sheetId", 0))
    dimension = message.get("dimension", "")
    if dimension not in (ROWS, COLUMNS):
        raise ApiError("No dimension specified.")
    start = message.get("startIndex", 0)
    end = message.get("endIndex", sheet.size(dimension))
    if start < 0 or end <= start:
        raise ApiError(f"range.endIndex ({end}) must be greater than range.startIndex ({start}).")
    return sheet, dimension, start, end


def follow(workbook: Workbook, sheet: Sheet, dimension: str, shift: Shift) -> None:
    """Everything that points at the moved lines: named ranges, metadata, and the sheet's own formulas."""
    workbook.follow(sheet, dimension, shift)
    if sheet.has_formulas:
        for index, row in enumerate(sheet.rows):
            formulas = {
                column: cell._replace(value=followed(cell.value, dimension, shift))
                for column, cell in row.items()
                if isinstance(cell.value, Formula)
            }
            if formulas:
                sheet.write(index, formulas)


@kind("insertDimension")
def insert_dimension(context: Context, body: Json) -> None:
    sheet, dimension, start, end = span(context.workbook, body.get("range"))
    size, before = sheet.size(dimension), body.get("inheritFromBefore", False)
    if start > size:
        raise ApiError(f"range.startIndex is larger than current grid size ({size})")
    if start == size and not before:
        raise ApiError(
            f"range.startIndex must be less than the grid size ({size}) if inheritFromBefore is false."
        )
    if before and start == 0:
        raise ApiError("inheritFromBefore cannot be true if inserting at index 0.")
    insert(context.workbook, sheet, dimension, start, end - start)
    _inherit(sheet, dimension, start, end, start - 1 if before else end)


def insert(workbook: Workbook, sheet: Sheet, dimension: str, at: int, count: int) -> None:
    follow(workbook, sheet, dimension, sheet.insert(dimension, at, count))
    check_columns(sheet)
    workbook.check_size()


def check_columns(sheet: Sheet) -> None:
    if sheet.column_count > MAX_COLUMNS:
        raise ApiError(f"A sheet cannot have more than {MAX_COLUMNS} columns.")


def _inherit(sheet: Sheet, dimension: str, start: int, end: int, model: int) -> None:
    """New lines look like the line before or after them: its formats and validation, not its values."""
    if dimension == ROWS:
        pattern = {column: _looks(cell) for column, cell in sheet.row(model).items()}
        if any(cell != EMPTY for cell in pattern.values()):
            for index in range(start, end):
                sheet.write(index, pattern)
        return
    for index, row in enumerate(sheet.rows):
        looks = _looks(row.get(model, EMPTY))
        if looks != EMPTY:
            sheet.write(index, dict.fromkeys(range(start, end), looks))


def _looks(cell: Cell) -> Cell:
    validation = (cell.extra or {}).get("dataValidation")
    return Cell(None, cell.format, {"dataValidation": validation} if validation else None)


@kind("deleteDimension")
def delete_dimension(context: Context, body: Json) -> None:
    sheet, dimension, start, end = span(context.workbook, body.get("range"))
    check_deletion(sheet, dimension, start, end)
    follow(context.workbook, sheet, dimension, sheet.delete(dimension, start, end))


def check_deletion(sheet: Sheet, dimension: str, start: int, end: int) -> None:
    size, word = sheet.size(dimension), WORDS[dimension]
    if end > size:
        missing = max(start, size)
        raise ApiError(
            f"Cannot delete a {word} that doesn't exist. "
            f"Tried to delete {word} index {missing} but there are only {size} {word}s."
        )
    if end - start == size:
        raise ApiError(f"You can't delete all the {word}s on the sheet.")
    frozen = sheet.grid.get("frozenRowCount" if dimension == ROWS else "frozenColumnCount", 0)
    if frozen and start <= frozen and end == size:
        raise ApiError(f"Sorry, it is not possible to delete all non-frozen {word}s.")
    area = (
        Rect(start, end, 0, sheet.column_count) if dimension == ROWS else Rect(0, sheet.row_count, start, end)
    )
    sheet.protect(area)


@kind("moveDimension")
def move_dimension(context: Context, body: Json) -> None:
    sheet, dimension, start, end = span(context.workbook, body.get("source"))
    to = body.get("destinationIndex", 0)
    size = sheet.size(dimension)
    if end > size or not 0 <= to <= size:
        raise ApiError(f"The move does not fit the grid of {size} {WORDS[dimension]}s.")
    for merge in sheet.merges:
        first, last = (merge.top, merge.bottom) if dimension == ROWS else (merge.left, merge.right)
        if any(first < edge < last for edge in (start, end, to)):
            raise ApiError("You can't move a part of a merged cell.")
    if not start <= to <= end:
        follow(context.workbook, sheet, dimension, sheet.move(dimension, start, end, to))


@kind("appendDimension")
def append_dimension(context: Context, body: Json) -> None:
    sheet = context.workbook.sheet(body.get("sheetId", 0))
    dimension, length = body.get("dimension", ""), body.get("length", 0)
    if dimension not in (ROWS, COLUMNS):
        raise ApiError("No dimension specified.")
    if length < 1:
        raise ApiError("length must be greater than 0.")
    sheet.resize(dimension, sheet.size(dimension) + length)
    check_columns(sheet)
    context.workbook.check_size()


@kind("updateDimensionProperties")
def update_dimension_properties(context: Context, body: Json) -> None:
    sheet, dimension, start, end = span(context.workbook, body.get("range"))
    mask = fields.writing(body.get("fields"), "DimensionProperties")
    if end > sheet.size(dimension):
        raise ApiError(f"range.endIndex ({end}) is beyond the grid ({sheet.size(dimension)}).")
    lines = sheet.lines[dimension]
    for at in range(start, end):
        lines[at] = fields.written(lines.get(at, {}), body.get("properties", {}), mask)


@kind("autoResizeDimensions")
def auto_resize_dimensions(context: Context, body: Json) -> None:
    sheet, dimension, start, end = span(context.workbook, body.get("dimensions"))
    if dimension == ROWS:
        for at in range(start, end):
            sheet.lines[ROWS].pop(at, None)
        return
    widest: dict[int, int] = {}
    for _, row in sheet.filled(Rect(0, sheet.row_count, start, end)):
        for column, cell in row.items():
            text = shown(context.workbook, sheet, cell)
            lines = text.split("\n")
            widest[column] = max(widest.get(column, 0), *(len(line) for line in lines))
    for column, length in widest.items():
        line = sheet.lines[COLUMNS].get(column, {})
        sheet.lines[COLUMNS][column] = line | {"pixelSize": EDGE + CHARACTER * length}


# Groups


@kind("addDimensionGroup")
def add_dimension_group(context: Context, body: Json) -> Json:
    sheet, dimension, start, end = span(context.workbook, body.get("range"))
    groups = _groups(sheet, dimension)
    inside = [group for group in groups if _covers(group, start, end)]
    where = {"sheetId": sheet.id, "dimension": dimension, "startIndex": start, "endIndex": end}
    groups.append({"range": where, "depth": 1 + len(inside)})
    groups.sort(key=lambda group: (group["depth"], group["range"]["startIndex"]))
    word = "rowGroupControlAfter" if dimension == ROWS else "columnGroupControlAfter"
    # The first group leaves this on the sheet for good.
    sheet.grid = sheet.grid | {word: True}
    return {"dimensionGroups": [_public_group(group) for group in groups]}


@kind("deleteDimensionGroup")
def delete_dimension_group(context: Context, body: Json) -> Json:
    sheet, dimension, start, end = span(context.workbook, body.get("range"))
    groups = _groups(sheet, dimension)
    exact = [group for group in groups if _covers(group, start, end) and _within(group, start, end)]
    if not exact:
        raise ApiError("There is no group at the range.")
    groups.remove(max(exact, key=lambda group: int(group["depth"])))
    return {"dimensionGroups": [_public_group(group) for group in groups]} if groups else {}


@kind("updateDimensionGroup")
def update_dimension_group(context: Context, body: Json) -> None:
    new = body.get("dimensionGroup", {})
    sheet, dimension, start, end = span(context.workbook, new.get("range"))
    mask = fields.writing(body.get("fields"), "DimensionGroup")
    groups = _groups(sheet, dimension)
    for index, group in enumerate(groups):
        if _covers(group, start, end) and _within(group, start, end) and group["depth"] == new.get("depth"):
            groups[index] = fields.written(group, new, mask) | {"range": group["range"]}
            return
    raise ApiError("There is no group at the range and depth.")


def _groups(sheet: Sheet, dimension: str) -> list[Json]:
    return sheet.objects["rowGroups" if dimension == ROWS else "columnGroups"]


def _covers(group: Json, start: int, end: int) -> bool:
    return bool(group["range"]["startIndex"] <= start and end <= group["range"]["endIndex"])


def _within(group: Json, start: int, end: int) -> bool:
    return bool(start <= group["range"]["startIndex"] and group["range"]["endIndex"] <= end)


def _public_group(group: Json) -> Json:
    where = {name: item for name, item in group["range"].items() if name != "sheetId" or item}
    return group | {"range": where}


# Order


@kind("sortRange")
def sort_range(context: Context, body: Json) -> None:
    sheet, rect = context.workbook.grid_range(body.get("range"))
    sort(context.workbook, sheet, rect, body.get("sortSpecs", []))


def sort(workbook: Workbook, sheet: Sheet, rect: Rect, specs: list[Json]) -> None:
    """Sorts the rows of `rect`. Hidden rows stay where they are; numbers come before text, blanks last."""
    sheet.protect(rect)
    if any(merge.meets(rect) and merge.bottom - merge.top > 1 for merge in sheet.merges):
        raise ApiError(
            "You can't sort a range containing vertical merges. Unmerge the cells in the range and try again."
        )
    hidden = sheet.lines[ROWS]
    open_rows = [
        index
        for index in range(rect.top, min(rect.bottom, len(sheet.rows)))
        if not hidden.get(index, {}).get("hiddenByUser") and not hidden.get(index, {}).get("hiddenByFilter")
    ]
    order = list(open_rows)
    for spec in reversed(specs):
        column = spec.get("dimensionIndex", 0)
        keys = {index: sort_key(_value(workbook, sheet, index, column)) for index in order}
        filled = [index for index in order if keys[index] is not None]
        blank = [index for index in order if keys[index] is None]
        filled.sort(key=lambda index: keys[index] or (0, 0), reverse=spec.get("sortOrder") == "DESCENDING")
        order = filled + blank
    arrange(workbook, sheet, rect, open_rows, order)


def sort_key(value: Value) -> tuple[int, Any] | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, int | float):
        return 0, value
    return 1, value.casefold()


def _value(workbook: Workbook, sheet: Sheet, row: int, column: int) -> Value:
    value = sheet.cell(row, column).value
    if isinstance(value, Formula):
        result = evaluate(workbook, sheet, value).value
        return result.shown if isinstance(result, Mistake) else result
    return value


def arrange(workbook: Workbook, sheet: Sheet, rect: Rect, places: list[int], order: list[int]) -> None:
    """Puts the cells of row order[i] into row places[i]; formulas and row metadata travel along."""
    taken = {index: _cut(sheet.row(index), rect) for index in order}
    for place, index in zip(places, order, strict=True):
        if place == index:
            continue
        cells = {column: _carried(cell, place - index) for column, cell in taken[index].items()}
        rest = {c: cell for c, cell in sheet.row(place).items() if not rect.left <= c < rect.right}
        sheet.replace(place, rest | cells)
    shift = Permuted(dict(zip(order, places, strict=True)))
    sheet.follow(ROWS, shift)
    # Only what stands on one row moves with a sort; named ranges stay where they are.
    workbook.metadata = {key: shifted(item, sheet.id, ROWS, shift) for key, item in workbook.metadata.items()}


def _cut(row: Row, rect: Rect) -> Row:
    return {column: cell for column, cell in row.items() if rect.left <= column < rect.right}


def _carried(cell: Cell, rows: int) -> Cell:
    return cell._replace(value=moved(cell.value, rows, 0)) if isinstance(cell.value, Formula) else cell


@kind("randomizeRange")
def randomize_range(context: Context, body: Json) -> None:
    sheet, rect = context.workbook.grid_range(body.get("range"))
    sheet.protect(rect)
    places = list(range(rect.top, rect.bottom))
    arrange(context.workbook, sheet, rect, places, random.sample(places, len(places)))
