"""Draws a page as a tab of an .xlsx, with native charts and notes.

openpyxl draws it in a file of its own, from which the sheet and what it refers to are carried over into the
ledger's file, so that everything else in there stays as it is.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from lxml import etree
from openpyxl import Workbook as Book
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart import Series as ChartSeries
from openpyxl.chart.data_source import StrRef
from openpyxl.chart.series import SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.comments import Comment
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet as Sheet

from daicho.sheets.cells import CELL_LIMIT, clean, escaped
from daicho.sheets.dress import FONT
from daicho.sheets.package import Package, child, parse, serialise
from daicho.sheets.page import PRINT_SCALE, Area, Look, Page, PageChart, Series, line_count
from daicho.sheets.styles import Styles

NOTE_WIDTH = 52
"""Characters across a note."""

_CENTIMETRE = 96 / 2.54
"""Pixels in a centimetre, in which openpyxl measures charts."""

_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def draw_page(package: Package, styles: Styles, page: Page) -> None:
    """Puts the page into an opened file: over the tab of its label, or as a new tab at the right end."""
    drawn = Package(_drawn(page))
    source = drawn.sheets[page.label]
    root = parse(drawn.read(source))
    _take_over_styles(root, styles, Styles(parse(drawn.read(drawn.optional("styles") or ""))))
    _write_out_strings(root, _strings(drawn))
    for view in root.iter("{*}sheetView"):
        view.attrib.pop("tabSelected", None)
    if page.label in package.sheets:
        package.clear_related(package.sheets[page.label])
        package.write(package.sheets[page.label], serialise(root))
    else:
        package.add_sheet(page.label, serialise(root), "visible")
    _carry_links(drawn, source, package, package.sheets[page.label])


def _carry_links(drawn: Package, source: str, package: Package, target: str) -> None:
    """Carries over what a part refers to (drawings, charts, notes), under names that are free."""
    links = {}
    for identity, (kind, part) in drawn.links(source).items():
        name = package.add_part(part, drawn.read(part), drawn.content_type(part))
        links[identity] = (kind, name)
        _carry_links(drawn, part, package, name)
    if links:
        package.put_related(target, links)


def _take_over_styles(root: Any, styles: Styles, other: Styles) -> None:
    known: dict[str, str] = {}
    for cell in root.iter("{*}c"):
        style = cell.get("s", "0")
        if style not in known:
            known[style] = str(styles.take_over(other, int(style)))
        cell.set("s", known[style])


def _strings(drawn: Package) -> list[str]:
    part = drawn.optional("sharedStrings")
    items = parse(drawn.read(part)) if part else ()
    return ["".join(text.text or "" for text in item.iter("{*}t")) for item in items]


def _write_out_strings(root: Any, strings: list[str]) -> None:
    """Texts stand in their cells, as everywhere in the ledger's file."""
    for cell in root.iter("{*}c"):
        if cell.get("t") == "s":
            text = strings[int(child(cell, "v").text)]
            del cell[:]
            cell.set("t", "inlineStr")
            namespace = etree.QName(cell).namespace
            inline = etree.SubElement(etree.SubElement(cell, f"{{{namespace}}}is"), f"{{{namespace}}}t")
            inline.set(_SPACE, "preserve")
            inline.text = text


# --- drawing ----------------------------------------------------------------------------------------------


def _drawn(page: Page) -> bytes:
    """A file with the page as its only sheet."""
    book = Book()
    sheet = book.active
    sheet.title = page.label
    _set_sheet(sheet, page)
    styles: dict[Look, dict[str, Any]] = {}
    for (row, column), placed in page.cells.items():
        cell = sheet.cell(row, column)
        for name, part in styles.setdefault(placed.look, _style(placed.look)).items():
            setattr(cell, name, part)
        if isinstance(placed.value, str):
            cell.value = escaped(_clean(placed.value))
            # Whatever it looks like, it is text and no formula.
            cell.data_type = "s"
        else:
            cell.value = placed.value
        if placed.note:
            cell.comment = _note(_clean(placed.note))
    for area in page.merged:
        _merge(sheet, area)
    for chart in page.charts:
        sheet.add_chart(_chart(sheet, chart), f"{get_column_letter(chart.at[1])}{chart.at[0]}")
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def _clean(text: str) -> str:
    return clean(text, CELL_LIMIT, "…")


def _set_sheet(sheet: Sheet, page: Page) -> None:
    sheet.sheet_properties.tabColor = page.colour or None
    sheet.sheet_view.showGridLines = False
    sheet.sheet_view.zoomScale = 100
    sheet.freeze_panes = f"A{page.frozen + 1}" if page.frozen else None
    for column, width in page.widths.items():
        sheet.column_dimensions[get_column_letter(column)].width = width
    for row, height in page.heights.items():
        sheet.row_dimensions[row].height = height
    for row in page.breaks:
        # Excel breaks below the row that it names.
        sheet.row_breaks.append(Break(id=row - 1))
    # One page across; as many as it takes down. Excel heeds no breaks of ours while it fits a page by itself.
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = not page.breaks
    if page.breaks:
        sheet.page_setup.scale = PRINT_SCALE
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top = sheet.page_margins.bottom = 0.5
    sheet.oddFooter.center.text = "&A  &P / &N"


def _style(look: Look) -> dict[str, Any]:
    side = Side("thin", color="E1E5EA") if look.rule else None
    return {
        "font": Font(name=FONT, size=look.size, bold=look.bold, color=look.colour or None),
        "fill": PatternFill("solid", fgColor=look.fill) if look.fill else PatternFill(),
        "alignment": Alignment(
            horizontal=look.align,
            vertical="center" if look.middle else "top",
            wrap_text=look.wrap,
            indent=look.indent,
        ),
        "border": Border(bottom=side) if side else Border(),
        "number_format": look.number or "General",
    }


def _note(text: str) -> Comment:
    lines = line_count(text, NOTE_WIDTH)
    return Comment(text, "daicho", width=NOTE_WIDTH * 7, height=lines * 18 + 24)


def _merge(sheet: Sheet, area: Area) -> None:
    """Merges, with the look of the first cell on all of them: borders and fills are drawn cell by cell."""
    first = sheet.cell(area.row, area.column)
    for row in range(area.row, area.last_row + 1):
        for column in range(area.column, area.last_column + 1):
            sheet.cell(row, column)._style = first._style
    sheet.merge_cells(
        start_row=area.row, end_row=area.last_row, start_column=area.column, end_column=area.last_column
    )


def _chart(sheet: Sheet, chart: PageChart) -> BarChart:
    bars = [series for series in chart.series if not series.line]
    lines = [series for series in chart.series if series.line]
    drawn = BarChart()
    drawn.type = "col" if chart.kind == "columns" else "bar"
    drawn.gapWidth = 40
    if len(bars) > 1:
        drawn.overlap = 100
    _fill(drawn, bars, chart, sheet)
    drawn.title = chart.title
    drawn.title.tx.rich.p[0].pPr = ParagraphProperties(defRPr=CharacterProperties(sz=1100, b=True))
    drawn.title.tx.rich.p[0].r[0].rPr = CharacterProperties(sz=1100, b=True)
    drawn.title.overlay = False
    drawn.width, drawn.height = chart.width / _CENTIMETRE, chart.height / _CENTIMETRE
    drawn.x_axis.delete = drawn.y_axis.delete = False
    drawn.x_axis.txPr = drawn.y_axis.txPr = _small()
    drawn.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill="E1E5EA"))
    drawn.y_axis.number_format = "#,##0"
    drawn.y_axis.scaling.min = 0
    if chart.kind == "bars":
        # The first row on top, the numbers still below.
        drawn.x_axis.scaling.orientation = "maxMin"
        drawn.y_axis.crosses = "max"
    drawn.legend.position = "b"
    if len(chart.series) == 1:
        drawn.legend = None
    if lines:
        drawn += _line_chart(lines, chart, sheet)
    return drawn


def _line_chart(lines: list[Series], chart: PageChart, sheet: Sheet) -> LineChart:
    """Lines over the columns, measured on the right."""
    drawn = LineChart()
    _fill(drawn, lines, chart, sheet)
    drawn.y_axis.axId = 200
    drawn.y_axis.delete = False
    drawn.y_axis.crosses = "max"
    drawn.y_axis.majorGridlines = None
    drawn.y_axis.number_format = "#,##0"
    drawn.y_axis.scaling.min = 0
    drawn.y_axis.txPr = _small()
    drawn.y_axis.title = str(sheet.cell(lines[0].name.row, lines[0].name.column).value)
    drawn.y_axis.title.tx.rich.p[0].r[0].rPr = CharacterProperties(sz=800, solidFill=lines[0].colour)
    return drawn


def _fill(drawn: Any, shown: list[Series], chart: PageChart, sheet: Sheet) -> None:
    for series in shown:
        made = ChartSeries(_reference(sheet, series.values))
        name = f"{quote_sheetname(sheet.title)}!${get_column_letter(series.name.column)}${series.name.row}"
        made.tx = SeriesLabel(strRef=StrRef(name))
        if series.line:
            made.graphicalProperties.line = LineProperties(solidFill=series.colour, w=28_000)
            made.marker.symbol = "none"
            made.smooth = False
        else:
            made.graphicalProperties.solidFill = series.colour
            made.invertIfNegative = False
        drawn.series.append(made)
    drawn.set_categories(_reference(sheet, chart.labels))


def _reference(sheet: Sheet, area: Area) -> Reference:
    return Reference(
        sheet, min_col=area.column, min_row=area.row, max_col=area.last_column, max_row=area.last_row
    )


def _small() -> RichText:
    looks = CharacterProperties(sz=800, solidFill="6B7785")
    return RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=looks), endParaRPr=looks)])
