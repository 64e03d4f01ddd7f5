"""How the ledger looks: colours that tell urgency, dropdowns, widths, formats, the page to print.

The colours are values (`highlights`), so that every workbook shows the same; the rest dresses a new .xlsx.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from math import ceil
from typing import Any
from unicodedata import east_asian_width

from lxml import etree
from openpyxl import Workbook as Book
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet as Sheet

from daicho.sheets.layout import STATE_TAB, Column, Layout, Tab
from daicho.sheets.package import Package, beside, parse, serialise
from daicho.sheets.workbook import Cell

LAST_ROW = 1_048_576
"""Dropdowns and colours are laid over the whole column, so that new rows have them from the start."""

SOURCE_ROWS = 1000
"""How far down a tab is looked at for a dropdown it feeds."""

FONT = "Yu Gothic"
FONT_SIZE = 10
LINE = 17.0
"""The height of one line in points."""

_FIXED_LINES = {"inquiries": 3, "messages": 3, "customers": 2, STATE_TAB: 1}
"""Rows of the growing tabs have one height, however long a mail is."""

_MOST_LINES = {"templates": 8}
"""Rows of other tabs fit their text, up to this many lines or to what Excel allows (409 points)."""

PRINTED_WIDTH = 250
"""How many characters across an A4 page stay legible."""

MOMENT_FORMATS = {"ja": "yyyy/mm/dd hh:mm", "en": "yyyy-mm-dd hh:mm"}
DATE_FORMATS = {"ja": "yyyy/mm/dd", "en": "yyyy-mm-dd"}
_NUMBER_FORMATS = {"int": "0", "number": "General", "percent": "0%"}
CENTRED = frozenset({"datetime", "date", "int", "percent", "check"})


@dataclass(frozen=True, slots=True)
class Highlight:
    """A conditional format over the columns `first` to `last` (keys) of a tab, from row 2 down.

    `formula` is written for row 2, without "=", and means the same in Excel and Google Sheets. The first
    highlight that applies to a cell wins where `final`; Google Sheets always does so.
    Colours are RRGGBB or None.
    """

    first: str
    last: str
    formula: str
    fill: str | None = None
    text: str | None = None
    bold: bool = False
    final: bool = False


def highlights(layout: Layout, tab: Tab) -> list[Highlight]:
    """The conditional formats of a tab, the most important first."""
    if tab.key != "inquiries":
        return []
    letter = {column.key: get_column_letter(number) for number, column in enumerate(tab.columns, 1)}
    colours = layout.colours
    due, priority, status = (f"${letter[key]}2" for key in ("due", "priority", "status"))
    received, replied = (f"${letter[key]}2" for key in ("received", "first_reply"))
    done, excluded = (layout.label("status", key) for key in ("done", "excluded"))
    waiting = f'{status}<>"{done}",{status}<>"{excluded}"'
    shown = [column.key for column in tab.columns if not column.hidden]
    settled = Highlight(
        shown[0],
        shown[-1],
        f'OR({status}="{done}",{status}="{excluded}")',
        text=colours["settled"],
        final=True,
    )
    overdue = Highlight(
        "due", "due", f"AND(ISNUMBER({due}),{due}<NOW(),{waiting})", text=colours["late"], bold=True
    )
    unanswered = Highlight(
        "received",
        "received",
        f'AND(ISNUMBER({received}),{replied}="",{received}+1<NOW(),{waiting})',
        fill=colours["unanswered"],
    )
    urgencies = [
        Highlight("priority", "priority", f'{priority}="{layout.label("priority", key)}"', fill=colours[key])
        for key in layout.lists["priority"]
    ]
    return [settled, overdue, unanswered, *urgencies]


def row_height(tab: Tab, cells: Mapping[str, Cell]) -> float:
    """The height of a new row in points."""
    if tab.key in _FIXED_LINES:
        return _FIXED_LINES[tab.key] * LINE
    wanted = max(lines(cells.get(column.key), column.width) for column in tab.columns)
    return min(wanted, _MOST_LINES.get(tab.key, 24)) * LINE


def lines(value: Cell, width: int) -> int:
    """How many lines a cell's text takes. Japanese letters are two characters wide."""
    if not isinstance(value, str):
        return 1
    lines = value.rstrip().split("\n")
    widths = (sum(2 if east_asian_width(letter) in "WFA" else 1 for letter in line) for line in lines)
    return sum(max(1, ceil(line / (width - 1))) for line in widths)


def dressed(layout: Layout) -> bytes:
    """A new .xlsx with every tab of the layout, dressed, and no rows but the headers.

    Where the layout has not the tab that feeds a dropdown, there is no dropdown.
    """
    book = Book()
    book.remove(book.active)
    _set_default_font(book)
    for tab in layout.tabs:
        _dress(book.create_sheet(tab.label), tab, layout)
    book.active = 0
    book.active.sheet_view.tabSelected = True
    book.properties.creator = "daicho"
    target = BytesIO()
    book.save(target)
    return _without_warnings(target.getvalue(), layout)


def _set_default_font(book: Any) -> None:
    """The style all others rest on: its font also is the measure of column widths."""
    normal = book._named_styles["Normal"]
    normal.font = Font(name=FONT, size=FONT_SIZE, family=3, charset=128)
    book._fonts[0] = normal.font


def _dress(sheet: Sheet, tab: Tab, layout: Layout) -> None:
    sheet.sheet_state = "veryHidden" if tab.hidden else "visible"
    sheet.sheet_properties.tabColor = tab.colour or None
    sheet.sheet_view.zoomScale = 100
    sheet.freeze_panes = f"{get_column_letter(tab.frozen_columns + 1)}2"
    for number, column in enumerate(tab.columns, 1):
        _dress_column(sheet, number, column, layout)
        _add_dropdown(sheet, number, column, layout)
    _dress_header(sheet, tab, layout)
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(tab.columns))}1"
    _add_highlights(sheet, tab, layout)
    _set_page(sheet, tab)


def _dress_column(sheet: Sheet, number: int, column: Column, layout: Layout) -> None:
    look = sheet.column_dimensions[get_column_letter(number)]
    look.width = column.width
    look.hidden = column.hidden
    look.font = Font(name=FONT, size=FONT_SIZE)
    look.number_format = _number_format(column, layout.language)
    look.border = _hairlines()
    look.alignment = Alignment(
        vertical="top",
        horizontal="center" if column.format in CENTRED else None,
        wrap_text=column.format in ("wrap", "text"),
    )
    if column.owner == "machine":
        look.fill = _solid(layout.colours["machine"])


def _number_format(column: Column, language: str) -> str:
    """Text columns are text, so that a typed 0120… or 12-3 stays what it is."""
    if column.format == "datetime":
        return MOMENT_FORMATS[language]
    if column.format == "date":
        return DATE_FORMATS[language]
    return _NUMBER_FORMATS.get(column.format, "@")


def _dress_header(sheet: Sheet, tab: Tab, layout: Layout) -> None:
    sheet.row_dimensions[1].height = 2 * LINE
    for number, column in enumerate(tab.columns, 1):
        cell = sheet.cell(1, number, column.label)
        cell.font = Font(name=FONT, size=FONT_SIZE, bold=True, color=layout.colours["header_text"])
        cell.fill = _solid(layout.colours["header"])
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.border = Border(
            bottom=Side("thin", color=tab.colour or None), right=Side("hair", color="A6A6A6")
        )


def _add_dropdown(sheet: Sheet, number: int, column: Column, layout: Layout) -> None:
    if column.format == "check":
        listed, strict = f'"{layout.lists["check"]["yes"]}"', True
    elif column.options:
        listed, strict = f'"{",".join(column.options)}"', not column.open_list
    elif column.source and any(tab.key == column.source[0] for tab in layout.tabs):
        listed, strict = _source_formula(layout, *column.source), not column.open_list
    else:
        return
    dropdown = DataValidation("list", listed, allow_blank=True, showErrorMessage=True)
    dropdown.errorStyle = "stop" if strict else "warning"
    letter = get_column_letter(number)
    dropdown.add(f"{letter}2:{letter}{LAST_ROW}")
    sheet.add_data_validation(dropdown)


def _source_formula(layout: Layout, tab_key: str, column_key: str) -> str:
    """The filled part of another tab's column: a list that ended in blanks would accept anything."""
    tab = layout.tab(tab_key)
    letter = get_column_letter(1 + [column.key for column in tab.columns].index(column_key))
    sheet = quote_sheetname(tab.label)
    whole = f"{sheet}!${letter}$2:${letter}${SOURCE_ROWS}"
    return f"OFFSET({sheet}!${letter}$2,0,0,MAX(1,COUNTA({whole})),1)"


def _add_highlights(sheet: Sheet, tab: Tab, layout: Layout) -> None:
    letter = {column.key: get_column_letter(number) for number, column in enumerate(tab.columns, 1)}
    for highlight in highlights(layout, tab):
        look = DifferentialStyle(
            font=Font(bold=highlight.bold or None, color=highlight.text) if highlight.text else None,
            fill=PatternFill(bgColor=highlight.fill) if highlight.fill else None,
        )
        rule = Rule(
            type="expression", formula=[highlight.formula], dxf=look, stopIfTrue=highlight.final or None
        )
        area = f"{letter[highlight.first]}2:{letter[highlight.last]}{LAST_ROW}"
        sheet.conditional_formatting.add(area, rule)


def _set_page(sheet: Sheet, tab: Tab) -> None:
    """A4 across, as many pages side by side as stay legible, header and frozen columns on each."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToWidth = ceil(sum(column.width for column in tab.columns) / PRINTED_WIDTH)
    sheet.page_setup.fitToHeight = 0
    sheet.print_title_rows = "1:1"
    if tab.frozen_columns:
        sheet.print_title_cols = f"A:{get_column_letter(tab.frozen_columns)}"
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top = sheet.page_margins.bottom = 0.5
    sheet.oddFooter.center.text = "&A  &P / &N"


def _without_warnings(data: bytes, layout: Layout) -> bytes:
    """No green corner on an order number or a phone number: it is text on purpose. openpyxl cannot say so."""
    package = Package(data)
    for tab in layout.tabs:
        root = parse(package.read(package.sheets[tab.label]))
        ignored = etree.SubElement(root, beside(root, "ignoredErrors"))
        area = f"A2:{get_column_letter(len(tab.columns))}{LAST_ROW}"
        etree.SubElement(ignored, beside(root, "ignoredError"), sqref=area, numberStoredAsText="1")
        package.write(package.sheets[tab.label], serialise(root))
    return package.data()


def _solid(colour: str) -> PatternFill:
    return PatternFill("solid", fgColor=colour)


def _hairlines() -> Border:
    side = Side("hair", color="BFBFBF")
    return Border(right=side, bottom=side)
