"""A page (the monthly summary, say) as requests that draw it in a tab of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import count

from daicho.sheets.cells import clean
from daicho.sheets.google_cells import (
    CELL_LIMIT,
    PIXELS,
    Json,
    area,
    column_widths,
    entered,
    row_heights,
)
from daicho.sheets.google_dress import CHARACTER, EDGE, colour
from daicho.sheets.google_reading import Sheet
from daicho.sheets.google_write import FIRST_MARKER
from daicho.sheets.page import Area, Look, Page, PageCell, PageChart, Series

CELL_FIELDS = "userEnteredValue,userEnteredFormat,note"
HEIGHT, WIDTH = 21, 100
"""Pixels of a row and of a column that nobody has sized."""


def pages_requests(pages: Iterable[Page], sheets: Mapping[str, Sheet]) -> Iterator[Json]:
    """Draws each page in the sheet of its label, or in a new one at the right end. `sheets`: all by title."""
    taken = {sheet.id for sheet in sheets.values()}
    free = (number for number in count(FIRST_MARKER) if number not in taken)
    for page in pages:
        old = sheets.get(page.label)
        sheet = old.id if old else next(free)
        yield from _cleared(page, old) if old else _added(page, sheet)
        yield from _drawn(page, sheet, _size(page, old))


def _size(page: Page, old: Sheet | None) -> tuple[int, int]:
    """Rows and columns: room for the page, and never fewer than there are."""
    rows = max([100, *(row for row, _ in page.cells)]) + 20
    columns = max([26, *(column for _, column in page.cells), *(chart.at[1] + 8 for chart in page.charts)])
    return (max(rows, old.rows), max(columns, old.columns)) if old else (rows, columns)


def _added(page: Page, sheet: int) -> Iterator[Json]:
    properties = {"sheetId": sheet, "title": page.label} | _properties(page, _size(page, None))
    yield {"addSheet": {"properties": properties}}


def _cleared(page: Page, old: Sheet) -> Iterator[Json]:
    """Takes everything off a sheet but what a person hung on its cells: conditional formats, protections.

    The sheet itself stays: formulas elsewhere and links would lose it for ever.
    """
    properties = _properties(page, _size(page, old))
    fields = [f"gridProperties.{name}" for name in properties["gridProperties"]]
    fields += [name for name in properties if name != "gridProperties"]
    yield {
        "updateSheetProperties": {"properties": {"sheetId": old.id} | properties, "fields": ",".join(fields)}
    }
    yield {"unmergeCells": {"range": {"sheetId": old.id}}}
    yield {"updateCells": {"range": {"sheetId": old.id}, "fields": CELL_FIELDS}}
    for chart in old.charts:
        yield {"deleteEmbeddedObject": {"objectId": chart}}


def _drawn(page: Page, sheet: int, size: tuple[int, int]) -> Iterator[Json]:
    yield {
        "updateCells": {
            "start": {"sheetId": sheet, "rowIndex": 0, "columnIndex": 0},
            "rows": list(_rows(page)),
            "fields": CELL_FIELDS,
        }
    }
    for merged in page.merged:
        yield {"mergeCells": {"range": _area(sheet, merged), "mergeType": "MERGE_ALL"}}
    rows, columns = size
    widths = [
        round(page.widths[column] * CHARACTER) + EDGE if column in page.widths else WIDTH
        for column in range(1, columns + 1)
    ]
    yield from column_widths(sheet, 1, widths)
    heights = [
        round(page.heights[row] * PIXELS) if row in page.heights else HEIGHT for row in range(1, rows + 1)
    ]
    yield from row_heights(sheet, 1, heights)
    for chart in page.charts:
        yield {"addChart": {"chart": _chart(page, sheet, chart)}}


def _properties(page: Page, size: tuple[int, int]) -> Json:
    grid = {
        "rowCount": size[0],
        "columnCount": size[1],
        "frozenRowCount": page.frozen,
        # Google merges no cells across the edge of frozen columns.
        "frozenColumnCount": 0,
        "hideGridlines": True,
    }
    properties: Json = {"gridProperties": grid}
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
        kind = "PERCENT" if look.number.endswith("%") else "NUMBER"
        made["numberFormat"] = {"type": kind, "pattern": look.number}
    if look.indent:
        made["padding"] = {"left": 3 + 9 * look.indent, "right": 3, "top": 2, "bottom": 2}
    if look.rule:
        made["borders"] = {"bottom": {"style": "SOLID", "colorStyle": colour("E1E5EA")}}
    return made


def _chart(page: Page, sheet: int, chart: PageChart) -> Json:
    """A chart whose sources begin with their heads (`headerCount`), from which Google takes the names."""
    lying = chart.kind == "bars"
    lines = [series for series in chart.series if series.line]
    kind = "BAR" if lying else "COMBO" if lines else "COLUMN"
    basic: Json = {
        "chartType": kind,
        "legendPosition": "BOTTOM_LEGEND" if len(chart.series) > 1 else "NO_LEGEND",
        "headerCount": 1,
        "domains": [{"domain": _source(sheet, chart.labels, chart.series[0])}],
        "series": [_series(sheet, series, kind) for series in chart.series],
    }
    if len(chart.series) - len(lines) > 1:
        # Where one has a number the other has none: side by side, both would be thin and out of place.
        basic["stackedType"] = "STACKED"
    if lines:
        basic["axis"] = [_right_axis(page, lines[0])]
    row, column = chart.at
    place = {
        "anchorCell": {"sheetId": sheet, "rowIndex": row - 1, "columnIndex": column - 1},
        "widthPixels": chart.width,
        "heightPixels": chart.height,
    }
    spec = {
        "title": chart.title,
        "titleTextFormat": {"fontSize": 11, "bold": True},
        "basicChart": basic,
    }
    return {"spec": spec, "position": {"overlayPosition": place}}


def _right_axis(page: Page, line: Series) -> Json:
    """The axis of a line: it says whose it is, and begins at nothing as that of the columns does."""
    return {
        "position": "RIGHT_AXIS",
        "title": str(page.cells[line.name.row, line.name.column].value),
        "viewWindowOptions": {"viewWindowMode": "EXPLICIT", "viewWindowMin": 0},
    }


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
