"""Requests about embedded objects and tables: charts, slicers, native tables."""

from __future__ import annotations

from typing import Any

from . import fields
from .batch import Context, kind
from .cells import shown
from .errors import ApiError, Json
from .formats import colored, pruned
from .grid import Sheet, bounded
from .kinds_objects import bounded_range, check_no_banding, chosen_id, find
from .workbook import Workbook, random_id

CHART_KINDS = (
    "basicChart",
    "pieChart",
    "bubbleChart",
    "candlestickChart",
    "histogramChart",
    "orgChart",
    "waterfallChart",
    "treemapChart",
    "scorecardChart",
)
SIZE = {"widthPixels": 600, "heightPixels": 371}
EMBEDDED = (("charts", "chartId"), ("slicers", "slicerId"))


@kind("addChart")
def add_chart(context: Context, body: Json) -> Json:
    workbook, item = context.workbook, body.get("chart", {})
    spec = _checked_spec(workbook, item.get("spec", {}))
    sheet, position = _position(workbook, item.get("position", {}))
    number = chosen_id(workbook, "charts", "chartId", item, "chart")
    chart = {"chartId": number, "spec": spec, "position": position}
    sheet.objects["charts"].append(chart)
    return {"chart": pruned(chart)}


def _checked_spec(workbook: Workbook, spec: Json) -> Json:
    kinds = [name for name in CHART_KINDS if name in spec]
    if len(kinds) != 1:
        raise ApiError(
            "One of basicChart, pieChart, bubbleChart, candelstickChart, histogramChart, or orgChart "
            "must be set on chartSpec"
        )
    basic = spec.get("basicChart", {"domains": [{}], "series": [{}]})
    if not basic.get("domains") and not basic.get("series"):
        raise ApiError("Internal error encountered.", 500)
    for source in _sources(spec):
        sheet = workbook.sheet(source.get("sheetId", 0))
        rect = bounded(sheet, source)
        if rect.bottom - rect.top > 1 and rect.right - rect.left > 1:
            raise ApiError("ChartSourceRange ranges require all rows or all columns to have length of 1")
    result: Json = colored(spec)
    return result


def _sources(value: Any) -> list[Json]:
    """Every GridRange a chart draws from."""
    if isinstance(value, list):
        return [source for item in value for source in _sources(item)]
    if not isinstance(value, dict):
        return []
    own: list[Json] = value.get("sources", [])
    return own + [source for name, item in value.items() if name != "sources" for source in _sources(item)]


def _position(workbook: Workbook, position: Json) -> tuple[Sheet, Json]:
    """Where an object lies: over cells, or on a new sheet of its own (which has no grid)."""
    overlay = position.get("overlayPosition")
    if overlay is not None:
        anchor = overlay.get("anchorCell", {})
        sheet = workbook.sheet(anchor.get("sheetId", 0))
        return sheet, {"overlayPosition": SIZE | overlay | {"anchorCell": anchor}}
    if position.get("newSheet") or "sheetId" in position:
        sheet = Sheet(workbook.free_sheet_id(), f"Chart{len(workbook.sheets) + 1}", 0, 0)
        sheet.properties = {"sheetType": "OBJECT"}
        workbook.sheets.append(sheet)
        return sheet, {"sheetId": sheet.id}
    raise ApiError(
        "One of EmbeddedObjectPosition.overlayPosition or EmbeddedObjectPosition.sheetId must be set"
    )


@kind("updateChartSpec")
def update_chart_spec(context: Context, body: Json) -> None:
    """Replaces the whole spec: there is no mask."""
    workbook = context.workbook
    sheet, index = find(workbook, "charts", "chartId", body.get("chartId", 0), "chart")
    chart = sheet.objects["charts"][index]
    sheet.objects["charts"][index] = chart | {"spec": _checked_spec(workbook, body.get("spec", {}))}


@kind("deleteEmbeddedObject")
def delete_embedded_object(context: Context, body: Json) -> None:
    sheet, name, index = _embedded(context.workbook, body.get("objectId", 0))
    del sheet.objects[name][index]


def _embedded(workbook: Workbook, number: int) -> tuple[Sheet, str, int]:
    for sheet in workbook.sheets:
        for name, key in EMBEDDED:
            for index, item in enumerate(sheet.objects[name]):
                if item[key] == number:
                    return sheet, name, index
    raise ApiError(f"No embedded object with id: {number}")


@kind("updateEmbeddedObjectPosition")
def update_embedded_object_position(context: Context, body: Json) -> Json:
    workbook = context.workbook
    sheet, name, index = _embedded(workbook, body.get("objectId", 0))
    item = sheet.objects[name][index]
    new = body.get("newPosition", {})
    if not new.get("newSheet"):
        mask = fields.writing(body.get("fields"), "OverlayPosition")
        overlay = fields.written(
            item["position"].get("overlayPosition", {}), new.get("overlayPosition", {}), mask
        )
        new = {"overlayPosition": overlay}
    target, position = _position(workbook, new)
    del sheet.objects[name][index]
    target.objects[name].append(item | {"position": position})
    return {"position": pruned(position)}


@kind("updateEmbeddedObjectBorder")
def update_embedded_object_border(context: Context, body: Json) -> None:
    sheet, name, index = _embedded(context.workbook, body.get("objectId", 0))
    mask = fields.writing(body.get("fields"), "EmbeddedObjectBorder")
    item = sheet.objects[name][index]
    border = fields.written(item.get("border", {}), colored(body.get("border", {})), mask)
    sheet.objects[name][index] = item | {"border": border}


# Slicers


@kind("addSlicer")
def add_slicer(context: Context, body: Json) -> Json:
    workbook, item = context.workbook, body.get("slicer", {})
    sheet, position = _position(workbook, item.get("position", {}))
    spec = colored(item.get("spec", {}))
    _, spec["dataRange"] = bounded_range(workbook, spec.get("dataRange"))
    number = chosen_id(workbook, "slicers", "slicerId", item, "slicer")
    slicer = {"slicerId": number, "spec": spec, "position": position}
    sheet.objects["slicers"].append(slicer)
    return {"slicer": pruned(slicer)}


@kind("updateSlicerSpec")
def update_slicer_spec(context: Context, body: Json) -> None:
    mask = fields.writing(body.get("fields"), "SlicerSpec")
    sheet, index = find(context.workbook, "slicers", "slicerId", body.get("slicerId", 0), "slicer")
    item = sheet.objects["slicers"][index]
    spec = fields.written(item["spec"], colored(body.get("spec", {})), mask)
    sheet.objects["slicers"][index] = item | {"spec": spec}


# Native tables


@kind("addTable")
def add_table(context: Context, body: Json) -> Json:
    workbook, item = context.workbook, body.get("table", {})
    sheet, where = bounded_range(workbook, item.get("range"))
    check_no_banding(workbook, sheet, where)
    number = item.get("tableId") or str(random_id())
    if any(table["tableId"] == number for other in workbook.sheets for table in other.objects["tables"]):
        raise ApiError(f"A table with id {number} already exists.")
    table = colored(item) | {"tableId": number, "range": where}
    table["columnProperties"] = _columns(workbook, sheet, where, item.get("columnProperties", []))
    table.setdefault("name", f"Table{len(sheet.objects['tables']) + 1}")
    sheet.objects["tables"].append(table)
    sheet.objects["bandedRanges"].append({"bandedRangeId": _banding_id(number), "range": where})
    if where["startRowIndex"] == 0 and not sheet.grid.get("frozenRowCount"):
        sheet.grid = sheet.grid | {"frozenRowCount": 1}
    return {"table": pruned(table)}


def _banding_id(table_id: str) -> int | str:
    """A table is also a banding, and the ids are the same (as a number there)."""
    return int(table_id) if table_id.isdigit() else table_id


def _columns(workbook: Workbook, sheet: Sheet, where: Json, sent: list[Json]) -> list[Json]:
    """Column properties, named from the header row; index 0 is left out."""
    known = {item.get("columnIndex", 0): item for item in sent}
    rect = workbook.grid_range(where)[1]
    columns = []
    for index, column in enumerate(range(rect.left, rect.right)):
        item = known.get(index, {})
        if item.get("columnType") == "DROPDOWN" and not item.get("dataValidationRule", {}).get("condition"):
            raise ApiError("Condition must be set for dropdown column type.")
        name = item.get("columnName") or shown(workbook, sheet, sheet.cell(rect.top, column))
        kept: Json = {"columnIndex": index} if index else {}
        kept |= item | {"columnName": name or f"Column {index + 1}"}
        kept.setdefault("columnType", "TEXT")
        columns.append(kept)
    return columns


@kind("updateTable")
def update_table(context: Context, body: Json) -> None:
    workbook, item = context.workbook, body.get("table", {})
    mask = fields.writing(body.get("fields"), "Table")
    sheet, index = find(workbook, "tables", "tableId", item.get("tableId", ""), "table")
    new = fields.written(sheet.objects["tables"][index], colored(item), mask)
    new["tableId"] = item["tableId"]
    _, new["range"] = bounded_range(workbook, new.get("range"))
    sheet.objects["tables"][index] = new


@kind("deleteTable")
def delete_table(context: Context, body: Json) -> None:
    """The cells go too, and the conditional formats that lie over the table."""
    workbook, number = context.workbook, body.get("tableId", "")
    sheet, index = find(workbook, "tables", "tableId", number, "table")
    _, rect = workbook.grid_range(sheet.objects["tables"][index]["range"])
    del sheet.objects["tables"][index]
    bandings = sheet.objects["bandedRanges"]
    sheet.objects["bandedRanges"] = [one for one in bandings if one["bandedRangeId"] != _banding_id(number)]
    rules = sheet.objects["conditionalFormats"]
    sheet.objects["conditionalFormats"] = [
        rule
        for rule in rules
        if not any(rect.holds(workbook.grid_range(where)[1]) for where in rule["ranges"])
    ]
    sheet.change(rect, lambda _row, _column, cell: cell._replace(value=None), sparse=True)
