"""The Spreadsheet resource: what spreadsheets.get answers, cut to its mask and ranges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .a1 import Rect
from .cells import Reader
from .errors import Json
from .fields import ALL, Mask, inner, select, wants
from .formats import DEFAULT_FORMAT, pruned, theme
from .grid import OBJECTS, Sheet, grid_range
from .metadata import public
from .shifts import COLUMNS, ROWS
from .workbook import Workbook, place

PIXELS = {ROWS: 21, COLUMNS: 100}

Areas = list[tuple[Sheet, Rect]]


def spreadsheet(workbook: Workbook, mask: Mask, areas: Areas | None, *, grid_data: bool) -> Json:
    """The resource. With `areas`, only their sheets and cells; `grid_data` counts only without a mask."""
    with_cells = grid_data if not mask else wants(mask, "sheets", "data")
    cells_mask = inner(mask, "sheets", "data") if with_cells else ALL
    sheets, cells = [], []
    for index, sheet in enumerate(workbook.sheets):
        rects = [rect for owner, rect in areas if owner is sheet] if areas else [sheet.whole]
        if not rects:
            continue
        sheets.append(sheet_message(workbook, sheet, index, rects if areas else None))
        if with_cells:
            cells.append([grid_data_of(workbook, sheet, rect, cells_mask) for rect in rects])
    answer: Json = {
        "spreadsheetId": workbook.id,
        "properties": spreadsheet_properties(workbook),
        "sheets": sheets,
        "namedRanges": pruned(_living(workbook)),
        "spreadsheetUrl": f"https://docs.google.com/spreadsheets/d/{workbook.id}/edit",
        "developerMetadata": [public(item) for item in workbook.metadata.values() if _at_top(item)],
    }
    cut: Json = select({name: item for name, item in answer.items() if item != []}, mask)
    # Cells are many: they are made to the mask in the first place, not cut to it.
    for message, data in zip(cut.get("sheets", []), cells, strict=False):
        message["data"] = data
    return cut


def _living(workbook: Workbook) -> list[Json]:
    """Named ranges whose sheet still exists. (A deleted sheet's keep their names taken, unseen.)"""
    ids = {sheet.id for sheet in workbook.sheets}
    return [item for item in workbook.named_ranges if item["range"].get("sheetId", 0) in ids]


def _at_top(metadata: Json) -> bool:
    return bool(metadata["location"].get("spreadsheet"))


def spreadsheet_properties(workbook: Workbook) -> Json:
    return {
        "title": workbook.title,
        **workbook.properties,
        "defaultFormat": DEFAULT_FORMAT,
        "spreadsheetTheme": theme(),
    }


def sheet_properties(sheet: Sheet, index: int) -> Json:
    """SheetProperties: `sheetId` and `index` are printed even where they are 0."""
    rest = pruned(sheet.properties)
    answer = {"sheetId": sheet.id, "title": sheet.title, "index": index, **rest}
    if sheet.properties["sheetType"] == "GRID":
        answer["gridProperties"] = pruned(sheet.grid)
    return answer


def sheet_message(workbook: Workbook, sheet: Sheet, index: int, rects: list[Rect] | None) -> Json:
    """A Sheet without its cells. With `rects`, only the merges touching them."""
    merges = [merge for merge in sheet.merges if not rects or any(merge.meets(rect) for rect in rects)]
    message: Json = {"properties": sheet_properties(sheet, index)}
    if merges:
        message["merges"] = [pruned(grid_range(sheet.id, merge)) for merge in merges]
    if sheet.basic_filter:
        message["basicFilter"] = pruned(sheet.basic_filter)
    for name in OBJECTS:
        if sheet.objects[name]:
            message[name] = [public_object(name, item) for item in sheet.objects[name]]
    metadata = [item for item in workbook.metadata.values() if item["location"].get("sheetId") == sheet.id]
    if metadata:
        message["developerMetadata"] = [public(item) for item in metadata]
    return message


def public_object(name: str, item: Json) -> Json:
    """An object of a sheet as reads list it. Whoever asks is listed among the editors of a protection."""
    answer: Json = pruned(item)
    if name == "protectedRanges" and item.get("requestingUserCanEdit"):
        users = item.get("editors", {}).get("users", [])
        answer["editors"] = item["editors"] | {"users": users or ["someone@example.invalid"]}
    return answer


def grid_data_of(workbook: Workbook, sheet: Sheet, rect: Rect, mask: Mask) -> Json:
    """One GridData: only what `mask` asks for is worked out."""
    starts = {"startRow": rect.top, "startColumn": rect.left}
    data: Json = {name: at for name, at in starts.items() if at and wants(mask, name)}
    if wants(mask, "rowData", "values"):
        rows = _row_data(sheet, rect, Reader(workbook, sheet, inner(mask, "rowData", "values")))
        if rows:
            data["rowData"] = rows
    for name, dimension in (("rowMetadata", ROWS), ("columnMetadata", COLUMNS)):
        if wants(mask, name):
            data[name] = select(_lines(workbook, sheet, rect, dimension), inner(mask, name))
    return data


def _row_data(sheet: Sheet, rect: Rect, reader: Reader) -> list[Json]:
    rows: list[Json] = []
    for index, row in sheet.filled(rect):
        found = {column: data for column, cell in row.items() if (data := reader(cell))}
        if not found:
            continue
        # Rows and cells without the fields asked for are skeletons; those at the end are cut.
        rows.extend({} for _ in range(index - rect.top - len(rows)))
        values: list[Json] = [{} for _ in range(max(found) + 1 - rect.left)]
        for column, data in found.items():
            values[column - rect.left] = data
        rows.append({"values": values})
    return rows


def _lines(workbook: Workbook, sheet: Sheet, rect: Rect, dimension: str) -> list[Json]:
    """DimensionProperties, one for each row or column of the rectangle."""
    span = range(rect.top, rect.bottom) if dimension == ROWS else range(rect.left, rect.right)
    notes = line_metadata(workbook.metadata.values(), sheet, dimension)
    lines = sheet.lines[dimension]
    answer = []
    for at in span:
        line: Json = {"pixelSize": PIXELS[dimension]} | lines.get(at, {})
        if at in notes:
            line["developerMetadata"] = notes[at]
        answer.append(pruned(line))
    return answer


def line_metadata(items: Iterable[Json], sheet: Sheet, dimension: str) -> dict[int, list[Any]]:
    """Developer metadata on the rows or columns of a sheet, by index."""
    found: dict[int, list[Any]] = {}
    for item in items:
        span = item["location"].get("dimensionRange")
        if span and place(item) == sheet.id and span["dimension"] == dimension:
            found.setdefault(span["startIndex"], []).append(item)
    return found
