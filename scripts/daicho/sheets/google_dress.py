"""How the ledger looks in Google: the same colours, lists and widths as the .xlsx, and ready-made filters.

Everything here is requests; ranges are open at the bottom, so that new rows are dressed from the start.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from openpyxl.utils import get_column_letter

from daicho.sheets.dress import CENTRED, DATE_FORMATS, MOMENT_FORMATS, highlights
from daicho.sheets.google_cells import Json, area, quoted, runs
from daicho.sheets.layout import Column, Layout, Tab
from daicho.wording import wording

NEEDED = frozenset({"due", "priority", "status", "received", "first_reply"})
"""The columns that colours and filters look at."""

CHARACTER = 7.5
EDGE = 6
"""Pixels: a character of Arial 10, and a cell's padding."""

_HEADER_HEIGHT = 42

Places = Mapping[str, Mapping[int, Column]]
"""Where the columns of every tab stand: tab key → position → column."""


def dress_tab(layout: Layout, tab: Tab, sheet: int, places: Places, *, banded: bool) -> Iterator[Json]:
    """Requests that dress a whole tab.

    `banded`: it has coloured bands already, and Google refuses a second set.
    """
    columns = places[tab.key]
    yield _sheet(tab, sheet)
    yield {
        "updateDimensionProperties": {
            "range": {"sheetId": sheet, "dimension": "ROWS", "startIndex": 0, "endIndex": 1},
            "properties": {"pixelSize": _HEADER_HEIGHT},
            "fields": "pixelSize",
        }
    }
    yield from dress_columns(layout, sheet, columns, places)
    if tab.hidden:
        return
    if not banded:
        yield _bands(layout, tab, sheet, columns)
    if tab.key == "inquiries" and {column.key for column in columns.values()} >= NEEDED:
        yield from _colours(layout, tab, sheet, columns)
        yield from _filters(layout, sheet, columns)
    yield from _protections(layout, sheet, columns)


def dress_columns(
    layout: Layout, sheet: int, columns: Mapping[int, Column], places: Places
) -> Iterator[Json]:
    """Requests that give columns their header, width, format and dropdown."""
    for at, column in sorted(columns.items()):
        yield _header(layout, sheet, at)
        yield _width(sheet, at, column)
        yield _format(layout, sheet, at, column)
        yield from dropdown(layout, sheet, at, column, places)


def dropdown(layout: Layout, sheet: int, at: int, column: Column, places: Places) -> Iterator[Json]:
    """The request for a column's dropdown or boxes; none where it has neither."""
    if rule := _validation(layout, column, places):
        yield {"setDataValidation": {"range": area(sheet, 2, None, at, at + 1), "rule": rule}}


def colour(code: str) -> Json:
    """RRGGBB as Google's ColorStyle."""
    parts = (int(code[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return {"rgbColor": dict(zip(("red", "green", "blue"), parts, strict=True))}


def _sheet(tab: Tab, sheet: int) -> Json:
    properties: Json = {
        "sheetId": sheet,
        "gridProperties": {"frozenRowCount": 1, "frozenColumnCount": tab.frozen_columns},
    }
    fields = "gridProperties(frozenRowCount,frozenColumnCount)"
    if tab.hidden:
        properties["hidden"] = True
        fields += ",hidden"
    if tab.colour:
        properties["tabColorStyle"] = colour(tab.colour)
        fields += ",tabColorStyle"
    return {"updateSheetProperties": {"properties": properties, "fields": fields}}


def _header(layout: Layout, sheet: int, at: int) -> Json:
    look = {
        "backgroundColorStyle": colour(layout.colours["header"]),
        "horizontalAlignment": "CENTER",
        "verticalAlignment": "MIDDLE",
        "wrapStrategy": "WRAP",
        "textFormat": {"bold": True, "foregroundColorStyle": colour(layout.colours["header_text"])},
    }
    return _repeat(sheet, 1, 1, at, look)


def _repeat(sheet: int, first: int, last: int | None, at: int, look: Json) -> Json:
    fields = ",".join(f"userEnteredFormat.{name}" for name in look)
    return {
        "repeatCell": {
            "range": area(sheet, first, last, at, at + 1),
            "cell": {"userEnteredFormat": look},
            "fields": fields,
        }
    }


def _width(sheet: int, at: int, column: Column) -> Json:
    return {
        "updateDimensionProperties": {
            "range": {"sheetId": sheet, "dimension": "COLUMNS", "startIndex": at, "endIndex": at + 1},
            "properties": {
                "pixelSize": round(column.width * CHARACTER) + EDGE,
                "hiddenByUser": column.hidden,
            },
            "fields": "pixelSize,hiddenByUser",
        }
    }


def _format(layout: Layout, sheet: int, at: int, column: Column) -> Json:
    """Text columns are text, so that a typed 0120… or 12-3 stays what it is."""
    look: Json = {"verticalAlignment": "TOP", "wrapStrategy": "WRAP"}
    match column.format:
        case "datetime":
            look["numberFormat"] = {"type": "DATE_TIME", "pattern": MOMENT_FORMATS[layout.language]}
        case "date":
            look["numberFormat"] = {"type": "DATE", "pattern": DATE_FORMATS[layout.language]}
        case "int":
            look["numberFormat"] = {"type": "NUMBER", "pattern": "0"}
        case "percent":
            look["numberFormat"] = {"type": "PERCENT", "pattern": "0%"}
        case "text" | "wrap" | "link":
            look["numberFormat"] = {"type": "TEXT"}
    if column.format in CENTRED:
        look["horizontalAlignment"] = "CENTER"
    return _repeat(sheet, 2, None, at, look)


def _validation(layout: Layout, column: Column, places: Places) -> Json | None:
    """A box to tick, or a dropdown: a list of words, or another tab's column."""
    if column.format == "check":
        return {"condition": {"type": "BOOLEAN"}, "strict": True, "showCustomUi": True}
    if column.options:
        values = [{"userEnteredValue": option} for option in column.options]
        condition: Json = {"type": "ONE_OF_LIST", "values": values}
    elif column.source and (source := _source(layout, *column.source, places)):
        condition = {"type": "ONE_OF_RANGE", "values": [{"userEnteredValue": source}]}
    else:
        return None
    return {"condition": condition, "strict": not column.open_list, "showCustomUi": True}


def _source(layout: Layout, tab_key: str, column_key: str, places: Places) -> str:
    """Another tab's column as a formula; nothing where that tab is not there."""
    columns = places.get(tab_key, {})
    for at, column in columns.items():
        if column.key == column_key:
            letter = get_column_letter(at + 1)
            return f"={quoted(layout.tab(tab_key).label)}!${letter}$2:${letter}"
    return ""


def _bands(layout: Layout, tab: Tab, sheet: int, columns: Mapping[int, Column]) -> Json:
    return {
        "addBanding": {
            "bandedRange": {
                "range": area(sheet, 1, None, min(columns), max(columns) + 1),
                "rowProperties": {
                    "headerColorStyle": colour(layout.colours["header"]),
                    "firstBandColorStyle": colour("FFFFFF"),
                    "secondBandColorStyle": colour(layout.colours["machine"]),
                },
            }
        }
    }


def _colours(layout: Layout, tab: Tab, sheet: int, columns: Mapping[int, Column]) -> Iterator[Json]:
    """The conditional colours, with formulas that name the columns where they stand."""
    position = {column.key: at for at, column in columns.items()}
    for index, highlight in enumerate(highlights(layout, _as_it_stands(tab, columns))):
        look: Json = {}
        if highlight.fill:
            look["backgroundColorStyle"] = colour(highlight.fill)
        if highlight.text:
            look["textFormat"] = {
                "foregroundColorStyle": colour(highlight.text),
                **({"bold": True} if highlight.bold else {}),
            }
        ends = sorted((position[highlight.first], position[highlight.last]))
        yield {
            "addConditionalFormatRule": {
                "index": index,
                "rule": {
                    "ranges": [area(sheet, 2, None, ends[0], ends[1] + 1)],
                    "booleanRule": {"condition": _formula(highlight.formula), "format": look},
                },
            }
        }


def _as_it_stands(tab: Tab, columns: Mapping[int, Column]) -> Tab:
    """The tab with its columns in the order people gave them, and something where they have their own."""
    own = Column("", "", "human", "text", 10, hidden=True)
    return replace(tab, columns=tuple(columns.get(at, own) for at in range(max(columns) + 1)))


def _formula(formula: str) -> Json:
    return {"type": "CUSTOM_FORMULA", "values": [{"userEnteredValue": f"={formula}"}]}


def _filters(layout: Layout, sheet: int, columns: Mapping[int, Column]) -> Iterator[Json]:
    """Filter views: whoever opens one changes nobody else's view."""
    say = wording(layout.language).say
    position = {column.key: at for at, column in columns.items()}
    letter = {column.key: f"${get_column_letter(at + 1)}2" for at, column in columns.items()}
    status, priority = letter["status"], letter["priority"]
    done, excluded = (layout.label("status", key) for key in ("done", "excluded"))
    waiting = f'{status}<>"{done}",{status}<>"{excluded}"'
    urgent = layout.label("priority", "urgent")
    views = {
        "view-open": ("status", _equals(layout.label("status", "open"))),
        "view-urgent": ("priority", _formula(f'AND({priority}="{urgent}",{waiting})')),
        "view-mine": ("assignee", {"type": "NOT_BLANK"}),
        "view-overdue": (
            "due",
            _formula(f"AND(ISNUMBER({letter['due']}),{letter['due']}<NOW(),{waiting})"),
        ),
        "view-done": ("status", _equals(done)),
        "view-unsure": (
            "tags",
            {"type": "TEXT_CONTAINS", "values": [{"userEnteredValue": say("ledger.needs-look")}]},
        ),
    }
    for name, (column, condition) in views.items():
        if column not in position:
            continue
        yield {
            "addFilterView": {
                "filter": {
                    "title": say(f"google.{name}"),
                    "range": area(sheet, 1, None, 0, max(columns) + 1),
                    "sortSpecs": [{"dimensionIndex": position["due"], "sortOrder": "ASCENDING"}],
                    "filterSpecs": [
                        {"columnIndex": position[column], "filterCriteria": {"condition": condition}}
                    ],
                }
            }
        }


def _equals(text: str) -> Json:
    return {"type": "TEXT_EQ", "values": [{"userEnteredValue": text}]}


def _protections(layout: Layout, sheet: int, columns: Mapping[int, Column]) -> Iterator[Json]:
    """A warning before an edit of the header or a machine column; a hard lock would stop people's sorting."""
    say = wording(layout.language).say
    ours = sorted(at for at, column in columns.items() if column.owner == "machine")
    areas = [(area(sheet, 1, 1, min(columns), max(columns) + 1), "google.guard-header")]
    areas += [(area(sheet, 2, None, left, right + 1), "google.guard-machine") for left, right in runs(ours)]
    for where, key in areas:
        yield {
            "addProtectedRange": {
                "protectedRange": {"range": where, "description": say(key), "warningOnly": True}
            }
        }
