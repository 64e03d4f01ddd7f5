"""Requests about whole sheets and the spreadsheet's own properties."""

from __future__ import annotations

from . import fields
from .batch import Context, kind
from .errors import ApiError, Json
from .formats import colored
from .grid import MAX_COLUMNS, Sheet
from .shifts import COLUMNS, ROWS
from .spreadsheets import sheet_properties
from .workbook import Workbook, random_id

SHEET_FIELDS = ("sheetId", "title", "index", "gridProperties", "sheetType")


@kind("updateSpreadsheetProperties")
def update_spreadsheet_properties(context: Context, body: Json) -> None:
    workbook = context.workbook
    mask = fields.writing(body.get("fields"), "SpreadsheetProperties")
    old = {"title": workbook.title} | workbook.properties
    new = fields.written(old, body.get("properties", {}), mask)
    if not new.get("title"):
        raise ApiError("The title cannot be empty.")
    workbook.title = new.pop("title")
    workbook.properties = {name: new.get(name, value) for name, value in workbook.properties.items()}


@kind("addSheet")
def add_sheet(context: Context, body: Json) -> Json:
    workbook, properties = context.workbook, body.get("properties", {})
    sheet = new_sheet(workbook, properties)
    index = properties.get("index", len(workbook.sheets))
    if not 0 <= index <= len(workbook.sheets):
        raise ApiError(f"Sheet index {index} is out of range.")
    workbook.sheets.insert(index, sheet)
    workbook.check_size()
    return {"properties": sheet_properties(sheet, index)}


def new_sheet(workbook: Workbook, properties: Json) -> Sheet:
    """A sheet made of SheetProperties, not yet among the workbook's sheets."""
    sheet_id = properties.get("sheetId")
    if sheet_id is None:
        sheet_id = workbook.free_sheet_id()
    elif sheet_id < 0:
        raise ApiError("Sheet id must be non-negative.")
    elif any(sheet.id == sheet_id for sheet in workbook.sheets):
        raise ApiError(f"Sheet with id {sheet_id} already exists.")
    title = properties.get("title") or _free_title(workbook)
    sheet = Sheet(sheet_id, workbook.check_title(title))
    sheet.grid = sheet.grid | properties.get("gridProperties", {})
    check_grid(sheet.grid)
    sheet.properties = sheet.properties | _other(properties)
    return sheet


def _other(properties: Json) -> Json:
    """The properties kept as they were sent: colour, visibility, direction."""
    # A style without any colour in it clears the tab's colour.
    kept = {name: item for name, item in properties.items() if (name, item) != ("tabColorStyle", {})}
    return {name: item for name, item in colored(kept).items() if name not in SHEET_FIELDS}


def _free_title(workbook: Workbook) -> str:
    number = len(workbook.sheets) + 1
    while workbook.titled(f"Sheet{number}"):
        number += 1
    return f"Sheet{number}"


def check_grid(grid: Json) -> None:
    for name, word in (("rowCount", "row"), ("columnCount", "column")):
        if grid.get(name, 0) < 1:
            raise ApiError(f"You can't delete all the {word}s on the sheet.")
    if grid["columnCount"] > MAX_COLUMNS:
        raise ApiError(f"A sheet cannot have more than {MAX_COLUMNS} columns.")
    for name, count, word in (
        ("frozenRowCount", "rowCount", "row"),
        ("frozenColumnCount", "columnCount", "column"),
    ):
        if grid.get(name, 0) >= grid[count]:
            raise ApiError(f"You can't freeze all visible {word}s on the sheet.")


@kind("deleteSheet")
def delete_sheet(context: Context, body: Json) -> None:
    workbook = context.workbook
    sheet = workbook.sheet(body.get("sheetId", 0), word="sheet")
    rest = [other for other in workbook.sheets if other is not sheet]
    if not rest:
        raise ApiError("You can't remove all the sheets in a document.")
    if all(other.properties.get("hidden") for other in rest):
        raise ApiError("You can't remove all the visible sheets in a document.")
    workbook.sheets = rest
    workbook.forget_sheet(sheet)


@kind("updateSheetProperties")
def update_sheet_properties(context: Context, body: Json) -> None:
    workbook = context.workbook
    properties = body.get("properties", {})
    sheet = workbook.sheet(properties.get("sheetId", 0), word="sheet")
    mask = fields.writing(body.get("fields"), "SheetProperties")
    index = workbook.sheets.index(sheet)
    old = {"sheetId": sheet.id, "title": sheet.title, "index": index, **sheet.properties}
    old["gridProperties"] = sheet.grid
    if mask == fields.ALL:
        properties = {"index": index, "gridProperties": sheet.grid} | properties
    new = fields.written(old, colored(properties), _with_color(mask))
    if sheet.properties["sheetType"] == "GRID":
        _regrid(workbook, sheet, new.get("gridProperties", {}))
        workbook.check_size()
    sheet.title = workbook.check_title(new.get("title", ""), sheet)
    sheet.properties = {"sheetType": sheet.properties["sheetType"]} | _other(new)
    if all(other.properties.get("hidden") for other in workbook.sheets):
        raise ApiError("You can't hide all the sheets in a document.")
    if new.get("index", 0) != index:
        _move_sheet(workbook, sheet, index, new.get("index", 0))


def _with_color(mask: fields.Mask) -> fields.Mask:
    """`tabColor` and `tabColorStyle` are one colour."""
    if "tabColor" in mask or "tabColorStyle" in mask:
        return mask | {"tabColor": {}, "tabColorStyle": {}}
    return mask


def _regrid(workbook: Workbook, sheet: Sheet, grid: Json) -> None:
    """New grid properties; a smaller grid loses its cells. Frozen lines count against what was before."""
    old = sheet.grid
    grid = {"rowCount": 0, "columnCount": 0} | grid
    check_grid(grid)
    for count, frozen, word in (
        ("rowCount", "frozenRowCount", "rows"),
        ("columnCount", "frozenColumnCount", "columns"),
    ):
        if grid[count] < old[count] and grid[count] <= old.get(frozen, 0):
            raise ApiError(f"Sorry, it is not possible to delete all non-frozen {word}.")
    for dimension, name in ((ROWS, "rowCount"), (COLUMNS, "columnCount")):
        if grid[name] < old[name]:
            workbook.follow(sheet, dimension, sheet.delete(dimension, grid[name], old[name]))
    sheet.grid = grid


def _move_sheet(workbook: Workbook, sheet: Sheet, index: int, to: int) -> None:
    """`to` counts positions before the move: 0 -> 3 lands at 2, moving left is exact."""
    if not 0 <= to <= len(workbook.sheets):
        raise ApiError(f"Sheet index {to} is out of range.")
    workbook.sheets.pop(index)
    workbook.sheets.insert(to - 1 if to > index else to, sheet)


@kind("duplicateSheet")
def duplicate_sheet(context: Context, body: Json) -> Json:
    workbook = context.workbook
    source = workbook.sheet(body.get("sourceSheetId", 0), word="sheet")
    wanted = {
        "sheetId": body.get("newSheetId"),
        "title": body.get("newSheetName") or copy_title(workbook, source),
    }
    shell = new_sheet(workbook, {name: item for name, item in wanted.items() if item is not None})
    twin = copied(source, shell.id, shell.title)
    index = body.get("insertSheetIndex", 0)
    workbook.sheets.insert(min(index, len(workbook.sheets)), twin)
    workbook.check_size()
    return {"properties": sheet_properties(twin, workbook.sheets.index(twin))}


def copy_title(workbook: Workbook, source: Sheet) -> str:
    title, number = f"Copy of {source.title}", 2
    while workbook.titled(title):
        title, number = f"Copy of {source.title} {number}", number + 1
    return title


def copied(source: Sheet, sheet_id: int, title: str) -> Sheet:
    """A sheet with the same content under another id; its objects get ids of their own."""
    twin = source.fork()
    twin.id, twin.title = sheet_id, title
    for name, items in twin.objects.items():
        twin.objects[name] = [_renewed(item, source.id, sheet_id) for item in items]
    twin.basic_filter = _renewed(twin.basic_filter, source.id, sheet_id) if twin.basic_filter else None
    return twin


def _renewed(item: Json, old: int, new: int) -> Json:
    result: Json = {}
    for name, value in item.items():
        if name in ("protectedRangeId", "filterViewId", "chartId", "bandedRangeId", "slicerId"):
            result[name] = random_id()
        elif name == "sheetId":
            result[name] = new if value == old else value
        elif isinstance(value, dict):
            result[name] = _renewed(value, old, new)
        elif isinstance(value, list):
            result[name] = [_renewed(v, old, new) if isinstance(v, dict) else v for v in value]
        else:
            result[name] = value
    return result
