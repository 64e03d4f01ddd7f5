"""A page (the monthly summary, say) as requests that draw it in a tab of its own."""

from __future__ import annotations

from collections.abc import Iterator

from daicho.sheets.cells import clean
from daicho.sheets.google_cells import CELL_LIMIT, PIXELS, Json, area, entered, row_heights
from daicho.sheets.google_dress import CHARACTER, EDGE, colour
from daicho.sheets.page import Area, Look, Page, PageCell, PageChart, Series


def page_requests(page: Page, sheet: int, old: int | None, index: int) -> Iterator[Json]:
    """Draws `page` in a new sheet with that id, in place of the sheet `old` if there is one."""
    if old is not None:
        yield {"deleteSheet": {"sheetId": old}}
    yield {"addSheet": {"properties": _properties(page, sheet, index)}}
    yield {
        "updateCells": {
            "start": {"sheetId": sheet, "rowIndex": 0, "columnIndex": 0},
            "rows": list(_rows(page)),
            "fields": "userEnteredValue,userEnteredFormat,note",
        }
    }
    for merged in page.merged:
        yield {"mergeCells": {"range": _area(sheet, merged), "mergeType": "MERGE_ALL"}}
    for column, width in page.widths.items():
        span = {"sheetId": sheet, "dimension": "COLUMNS", "startIndex": column - 1, "endIndex": column}
        size = {"pixelSize": round(width * CHARACTER) + EDGE}
        yield {"updateDimensionProperties": {"range": span, "properties": size, "fields": "pixelSize"}}
    for row, height in page.heights.items():
        yield from row_heights(sheet, row, [round(height * PIXELS)])
    for chart in page.charts:
        yield {"addChart": {"chart": _chart(sheet, chart)}}


def _properties(page: Page, sheet: int, index: int) -> Json:
    rows = max([100, *(row for row, _ in page.cells)]) + 20
    columns = max([26, *(column for _, column in page.cells), *(chart.at[1] + 8 for chart in page.charts)])
    grid = {"rowCount": rows, "columnCount": columns, "frozenRowCount": page.frozen, "hideGridlines": True}
    properties: Json = {"sheetId": sheet, "title": page.label, "index": index, "gridProperties": grid}
    if page.colour:
        properties["tabColorStyle"] = colour(page.colour)
    return properties


def _rows(page: Page) -> Iterator[Json]:
    """Every cell up to the last; a merged area has the look of its first cell all over."""
    looks = {
        (row, column): page.cells[merged.row, merged.column].look
        for merged in page.merged
        for row in range(merged.row, merged.last_row + 1)
        for column in range(merged.column, merged.last_column + 1)
        if (merged.row, merged.column) in page.cells
    }
    looks |= {place: cell.look for place, cell in page.cells.items()}
    last_row, last_column = max([1, *(row for row, _ in looks)]), max([1, *(column for _, column in looks)])
    for row in range(1, last_row + 1):
        places = [(row, column) for column in range(1, last_column + 1)]
        yield {"values": [_cell(page.cells.get(place), looks.get(place)) for place in places]}


def _cell(cell: PageCell | None, look: Look | None) -> Json:
    data: Json = {}
    if cell:
        value = clean(cell.value, CELL_LIMIT, "…") if isinstance(cell.value, str) else cell.value
        data |= entered(value)
        if cell.note:
            data["note"] = cell.note
    if look:
        data["userEnteredFormat"] = _format(look)
    return data


def _format(look: Look) -> Json:
    text: Json = {"fontSize": round(look.size), "bold": look.bold}
    if look.colour:
        text["foregroundColorStyle"] = colour(look.colour)
    made: Json = {
        "textFormat": text,
        "horizontalAlignment": look.align.upper(),
        "verticalAlignment": "MIDDLE" if look.middle else "TOP",
        "wrapStrategy": "WRAP" if look.wrap else "OVERFLOW_CELL",
    }
    if look.fill:
        made["backgroundColorStyle"] = colour(look.fill)
    if look.number:
        made["numberFormat"] = {"type": "NUMBER", "pattern": look.number}
    if look.indent:
        made["padding"] = {"left": 3 + 9 * look.indent, "right": 3, "top": 2, "bottom": 2}
    if look.rule:
        made["borders"] = {"bottom": {"style": "SOLID", "colorStyle": colour("E1E5EA")}}
    return made


def _chart(sheet: int, chart: PageChart) -> Json:
    lying = chart.kind == "bars"
    several = any(series.line for series in chart.series)
    kind = "BAR" if lying else "COMBO" if several else "COLUMN"
    spec: Json = {
        "title": chart.title,
        "basicChart": {
            "chartType": kind,
            "legendPosition": "BOTTOM_LEGEND" if len(chart.series) > 1 else "NO_LEGEND",
            "headerCount": 1,
            "domains": [{"domain": _source(sheet, chart.labels, chart.series[0])}],
            "series": [_series(sheet, series, kind) for series in chart.series],
        },
    }
    row, column = chart.at
    place = {
        "anchorCell": {"sheetId": sheet, "rowIndex": row - 1, "columnIndex": column - 1},
        "widthPixels": chart.width,
        "heightPixels": chart.height,
    }
    return {"spec": spec, "position": {"overlayPosition": place}}


def _series(sheet: int, series: Series, kind: str) -> Json:
    made: Json = {
        "series": _source(sheet, series.values, series),
        "targetAxis": "BOTTOM_AXIS" if kind == "BAR" else "RIGHT_AXIS" if series.line else "LEFT_AXIS",
        "colorStyle": colour(series.colour),
    }
    if kind == "COMBO":
        made["type"] = "LINE" if series.line else "COLUMN"
    return made


def _source(sheet: int, values: Area, series: Series) -> Json:
    """A range and the head above it (beside it, in a row), from which Google takes the name."""
    along = values.columns > 1
    row = values.row if along else min(values.row, series.name.row)
    column = min(values.column, series.name.column) if along else values.column
    whole = Area(row, column, values.last_row - row + 1, values.last_column - column + 1)
    return {"sourceRange": {"sources": [_area(sheet, whole)]}}


def _area(sheet: int, place: Area) -> Json:
    return area(sheet, place.row, place.last_row, place.column - 1, place.last_column)
