"""spreadsheets.values: reading, writing, appending and clearing plain values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from . import a1, cells
from .a1 import Area, Rect
from .entering import entered, number
from .errors import ApiError, Json
from .formulas import stored
from .grid import EMPTY, Cell, Formula, Sheet, check_length
from .shifts import COLUMNS, ROWS
from .tables import block
from .workbook import Workbook, clipped, exceeds, filled


class Rendering(NamedTuple):
    """How values are to be shown."""

    option: str = cells.FORMATTED
    dates_as_text: bool = False
    dimension: str = ROWS


def rendering(options: Json, prefix: str = "") -> Rendering:
    """The three options of a read, from a query or a body; `prefix` is `response` in answers to writes."""

    def name(word: str) -> str:
        return prefix + word[0].upper() + word[1:] if prefix else word

    dimension = options.get("majorDimension", ROWS)
    return Rendering(
        options.get(name("valueRenderOption"), cells.FORMATTED),
        options.get(name("dateTimeRenderOption")) == "FORMATTED_STRING",
        COLUMNS if dimension == COLUMNS else ROWS,
    )


# Reading


def read(workbook: Workbook, text: str, how: Rendering) -> Json:
    """values.get: a ValueRange."""
    sheet, rect = workbook.reading(text)
    return value_range(workbook, sheet, rect, how)


def value_range(workbook: Workbook, sheet: Sheet, rect: Rect, how: Rendering) -> Json:
    answer: Json = {"range": a1.written(sheet.title, rect), "majorDimension": how.dimension}
    values = _trimmed(_rows(workbook, sheet, rect, how))
    if how.dimension == COLUMNS:
        values = _trimmed(_turned(values))
    if values:
        answer["values"] = values
    return answer


def _rows(workbook: Workbook, sheet: Sheet, rect: Rect, how: Rendering) -> Iterable[list[Any]]:
    columns = range(rect.left, rect.right)
    for index in range(rect.top, min(rect.bottom, len(sheet.rows))):
        row = sheet.rows[index]
        last = max((c for c, cell in row.items() if cell.value is not None and c in columns), default=-1)
        yield [
            cells.rendered(workbook, sheet, row.get(column, EMPTY), how.option, how.dates_as_text)
            for column in range(rect.left, last + 1)
        ]


def _trimmed(rows: Iterable[list[Any]]) -> list[list[Any]]:
    """Without the empty rows at the end."""
    values = list(rows)
    while values and not values[-1]:
        values.pop()
    return values


def _turned(rows: list[list[Any]]) -> list[list[Any]]:
    """Columns for rows; each cut after its last value."""
    columns: list[list[Any]] = [[] for _ in range(max(map(len, rows), default=0))]
    for index, row in enumerate(rows):
        for column, value in enumerate(row):
            if value != "":
                columns[column].extend([""] * (index - len(columns[column])) + [value])
    return columns


# Writing


def input_option(option: str | None) -> str:
    if option in (None, "INPUT_VALUE_OPTION_UNSPECIFIED"):
        raise ApiError("'valueInputOption' is required but not specified")
    return str(option)


class Written(NamedTuple):
    """What a write covered: the sheet, the rectangle echoed, and how many cells were sent (null is not)."""

    sheet: Sheet
    rect: Rect
    cells: int


def update(workbook: Workbook, body: Json, text: str, option: str, today: date) -> Written:
    """values.update on a workbook that may be changed. Raises ApiError 400, having changed nothing."""
    if "range" in body and not _same_range(workbook, body["range"], text):
        raise ApiError(f"Request range[{text}] does not match value's range[{body['range']}]")
    sheet, area = workbook.locate(text)
    rows = sent_rows(body)
    target = _target(sheet, area, rows)
    return write(workbook, sheet, target, rows, option, today)


def _same_range(workbook: Workbook, first: str, second: str) -> bool:
    return first == second or workbook.locate(first) == workbook.locate(second)


def sent_rows(body: Json) -> list[list[Any]]:
    """The values as rows, every cell checked. COLUMNS are turned; holes become null."""
    values: list[list[Any]] = body.get("values", [])
    for index, row in enumerate(values):
        for place, value in enumerate(row):
            if isinstance(value, list | dict):
                raise ApiError(f"Invalid values[{index}][{place}]: {_proto_text(value)}")
    if body.get("majorDimension") != COLUMNS:
        return values
    height = max(map(len, values), default=0)
    return [[column[at] if at < len(column) else None for column in values] for at in range(height)]


def _proto_text(value: Any) -> str:
    """A nested value the way protobuf prints it."""
    if isinstance(value, dict):
        return "struct_value {\n}\n"
    parts = "".join(f"  values {{\n    {_proto_scalar(item)}\n  }}\n" for item in value)
    return f"list_value {{\n{parts}}}\n"


def _proto_scalar(item: Any) -> str:
    if isinstance(item, bool):
        return f"bool_value: {str(item).lower()}"
    return f'string_value: "{item}"' if isinstance(item, str) else f"number_value: {item}"


def _target(sheet: Sheet, area: Area, rows: list[list[Any]]) -> Rect:
    """The rectangle the array covers: an anchor grows to it, a larger range shrinks, a smaller is refused."""
    height, width = len(rows), max(map(len, rows), default=0)
    top, left = area.top, area.left
    target = Rect(top, top + height, left, left + width)
    if not area.is_anchor:
        limits = filled(sheet, area)
        if limits.bottom > sheet.row_count or limits.right > sheet.column_count:
            raise exceeds(sheet, limits)
        within = a1.written(sheet.title, limits)
        if target.bottom > limits.bottom:
            raise _outside(within, f"row [{limits.bottom + 1}]")
        if target.right > limits.right:
            raise _outside(within, f"column [{a1.column_name(limits.right)}]")
    if target.bottom > sheet.row_count or target.right > sheet.column_count or top >= sheet.row_count:
        raise exceeds(sheet, Rect(top, max(target.bottom, top + 1), left, max(target.right, left + 1)))
    return target


def _outside(within: str, where: str) -> ApiError:
    return ApiError(f"Requested writing within range [{within}], but tried writing to {where}")


def write(
    workbook: Workbook, sheet: Sheet, target: Rect, rows: list[list[Any]], option: str, today: date
) -> Written:
    sheet.protect(target)
    count = 0
    for index, row in enumerate(rows, start=target.top):
        old = sheet.row(index)
        new = {}
        for column, value in enumerate(row, start=target.left):
            if value is not None:
                new[column] = typed(workbook, value, old.get(column, EMPTY), option, today)
        count += len(new)
        sheet.write(index, new)
    return Written(sheet, target, count)


def typed(workbook: Workbook, value: Any, old: Cell, option: str, today: date) -> Cell:
    """The cell after one value was written into it; format, note and validation stay."""
    form = old.format
    if option == "RAW":
        new = (check_length(value) or None) if isinstance(value, str) else number(value)
        return Cell(new, form, old.extra)
    new, number_format = entered(value, (form or {}).get("numberFormat"), workbook.locale, today)
    if isinstance(new, Formula):
        new = stored(workbook, new)
    if number_format and (form or {}).get("numberFormat", {}).get("type") != number_format["type"]:
        form = (form or {}) | {"numberFormat": number_format}
    return Cell(new, form, old.extra)


def report(workbook: Workbook, written: Written, options: Json) -> Json:
    """UpdateValuesResponse; zeros are left out, as proto3 does."""
    rect = written.rect
    rows, columns = rect.bottom - rect.top, rect.right - rect.left
    echoed = Rect(rect.top, max(rect.bottom, rect.top + 1), rect.left, max(rect.right, rect.left + 1))
    answer: Json = {"spreadsheetId": workbook.id, "updatedRange": a1.written(written.sheet.title, echoed)}
    counts = {"updatedRows": rows, "updatedColumns": columns, "updatedCells": written.cells}
    answer |= {name: count for name, count in counts.items() if count}
    if options.get("includeValuesInResponse"):
        answer["updatedData"] = value_range(workbook, written.sheet, echoed, rendering(options, "response"))
    return answer


def batch_report(workbook: Workbook, written: list[Written], options: Json) -> Json:
    """BatchUpdateValuesResponse: the totals count distinct rows, columns and sheets."""
    rows = {(w.sheet.id, row) for w in written for row in range(w.rect.top, w.rect.bottom)}
    columns = {(w.sheet.id, column) for w in written for column in range(w.rect.left, w.rect.right)}
    totals = {
        "totalUpdatedRows": len(rows),
        "totalUpdatedColumns": len(columns),
        "totalUpdatedCells": sum(w.cells for w in written),
        "totalUpdatedSheets": len({w.sheet.id for w in written}),
    }
    answer: Json = {"spreadsheetId": workbook.id}
    answer |= {name: count for name, count in totals.items() if count}
    if written:
        answer["responses"] = [report(workbook, w, options) for w in written]
    return answer


def append(
    workbook: Workbook, body: Json, text: str, options: Json, today: date
) -> tuple[str | None, Written]:
    """values.append: the table found (None where there was none), and what was written."""
    if "range" in body and not _same_range(workbook, body["range"], text):
        raise ApiError(f"Request range[{text}] does not match value's range[{body['range']}]")
    sheet, area = workbook.locate(text)
    rect = clipped(sheet, area)
    rows = sent_rows(body)
    table = block(sheet, rect)
    top, left = (table.bottom, table.left) if table else (rect.top, rect.left)
    target = Rect(top, top + len(rows), left, left + max(map(len, rows), default=0))
    if options.get("insertDataOption") == "INSERT_ROWS" and top < sheet.row_count and rows:
        workbook.follow(sheet, ROWS, sheet.insert(ROWS, top, len(rows)))
        _grow_tables(sheet, target)
    # An append never runs out of grid: rows and columns are added as needed.
    for dimension, needed in ((ROWS, target.bottom), (COLUMNS, target.right)):
        if needed > sheet.size(dimension):
            sheet.resize(dimension, needed)
    workbook.check_size()
    written = write(workbook, sheet, target, rows, input_option(options.get("valueInputOption")), today)
    return (a1.written(sheet.title, table) if table else None), written


def _grow_tables(sheet: Sheet, target: Rect) -> None:
    """Rows inserted below a native table become part of it."""
    for index, table in enumerate(sheet.objects["tables"]):
        where = table["range"]
        if where["endRowIndex"] == target.top and where["startColumnIndex"] == target.left:
            sheet.objects["tables"][index] = table | {"range": where | {"endRowIndex": target.bottom}}


def clear(workbook: Workbook, sheet: Sheet, rect: Rect) -> str:
    """Empties the values of a rectangle; formats, notes and validation stay. Returns the range cleared."""
    sheet.protect(rect)
    sheet.change(rect, lambda _row, _column, cell: cell._replace(value=None), sparse=True)
    return a1.written(sheet.title, rect)
