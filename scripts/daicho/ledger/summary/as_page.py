"""A summary laid out on the cells of a tab: large figures on top, tables below them, each with its chart."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from daicho.ledger.summary.figures import Figure
from daicho.ledger.summary.said import said_change
from daicho.ledger.summary.summary import Summary
from daicho.ledger.summary.table import Kind, Row, Table
from daicho.sheets.page import (
    PIXELS_PER_POINT,
    PRINT_SCALE,
    Area,
    Look,
    Page,
    PageChart,
    Series,
    line_count,
    shades,
)
from daicho.wording import Wording

COLUMNS = 9
"""Columns of tables: one for names, eight for numbers. A telephone held upright shows the first three."""

NAME_WIDTH, NUMBER_WIDTH = 33, 10.5
CHART_WIDTH, CHART_HEIGHT = 620, 300
BESIDE = 5
"""A chart stands beside its table where that leaves so many columns, else below it, never off the paper."""

_PIXELS = 7
"""At least so many a character of a column's width."""

LONG_CHART = 12
"""Lying bars beyond this many make the chart taller."""

PAPER = 480 * 100 / PRINT_SCALE
"""Points of height that every program prints on a page (A4 across, less margins and a little)."""

LINE = 18.0
INK, QUIET, FAINT, GOOD, BAD = "1F2D3D", "6B7785", "B4BCC5", "2E7D32", "C00000"
BAND, HEAD, TOTAL = "DCE6F1", "F0F3F7", "F5F6F8"
HEAT = ("FFFFFF", "EAF1FA", "CFE0F3", "AECBEA", "86B0DD", "5C93CE")
"""Fills by depth of colour; dark text can be read on each."""

MOODS = {"good": "D5EBD3", "fair": "FFF2B3", "bad": "F4B6B6"}
SERIES_COLOURS = ("4A7EBB", "E0A030")
LINE_COLOUR = "C0504D"

_NUMBERS: dict[Kind, str] = {
    "count": "#,##0",
    "change": "+#,##0;-#,##0;0",
    "percent": "0%",
    "hours": "#,##0.0",
    "decimal": "#,##0.0",
    "money": "#,##0",
}


def as_page(summary: Summary, wording: Wording) -> Page:
    """The page of a summary. Its stamp is left to the caller."""
    page = Page(summary.label, colour=LINE_COLOUR)
    page.widths = {
        1: NAME_WIDTH,
        **dict.fromkeys(range(2, COLUMNS + 1), NUMBER_WIDTH),
    }
    writer = _Writer(page, wording)
    writer.head(summary)
    writer.figures(summary)
    writer.end_block()
    for table in summary.tables:
        writer.table(table)
        writer.end_block()
    writer.definitions(summary)
    writer.end_block()
    page.breaks = breaks(page, writer.row, writer.glued)
    return page


def breaks(page: Page, end: int, glued: set[int]) -> list[int]:
    """The rows at which a new sheet of paper begins, up to row `end`; none of the `glued` is one."""
    found, room, row = [], PAPER, 1
    while row < end:
        following = next((n for n in range(row + 1, end) if n not in glued), end)
        height = height_of(page, row, following)
        if height > room and row > 1:
            found.append(row)
            room = PAPER
        room -= height
        row = following
    return found


def height_of(page: Page, first: int, end: int) -> float:
    """Points from row `first` up to `end`."""
    return sum(page.heights.get(row, LINE) for row in range(first, end))


class _Writer:
    """Writes a page from top to bottom. `row` is the next free row, `glued` are the rows that stay on
    the same paper as the row above."""

    def __init__(self, page: Page, wording: Wording) -> None:
        self.page = page
        self.row = 1
        self.glued: set[int] = set()
        self._block = 1
        self._wording = wording

    def end_block(self) -> None:
        """What was written since the last block stays on one paper, if it is not too long for that."""
        if height_of(self.page, self._block, self.row) <= PAPER:
            self._glue(self._block, self.row)
        self._block = self.row

    def _glue(self, first: int, end: int) -> None:
        self.glued.update(range(first + 1, end))

    def head(self, summary: Summary) -> None:
        self._words(summary.heading, Look(size=18, bold=True, colour=INK), 30)
        self._words(summary.asof, Look(size=9, colour=QUIET, wrap=True))
        self._words(summary.lead, Look(size=12, bold=True, colour=INK, fill="FFF8E1", wrap=True), 1.4 * LINE)
        self._words(self._say("ours"), Look(size=9, colour=QUIET, wrap=True))

    def figures(self, summary: Summary) -> None:
        """Two rows a figure: its name and number, and beside them last month's and last year's."""
        look = Look(size=9, colour=QUIET, fill=HEAD, align="center", wrap=True)
        for column, text in ((2, ""), (4, summary.before), (6, summary.year_ago)):
            self.page.put(self.row, column, text, look, columns=2)
        self.page.put(self.row, 1, "", look)
        self.page.heights[self.row] = LINE
        self.row += 1
        for figure in summary.figures:
            self._figure(figure)
        self.row += 1

    def _figure(self, figure: Figure) -> None:
        page, row = self.page, self.row
        page.heights |= {row: 26, row + 1: LINE}
        name = Look(size=12, bold=True, colour=INK)
        page.put(row, 1, figure.label, name, figure.note)
        page.put(row + 1, 1, figure.detail, Look(size=9, colour=QUIET, rule=True))
        large = self._figured(figure.kind, Look(size=24, bold=True, colour=INK, align="center", rule=True))
        page.put(row, 2, self._value(figure.value), large)
        page.put(row + 1, 2, None, large)
        page.merged.append(Area(row, 2, 2, 2))
        for column, past in ((4, figure.before), (6, figure.year_ago)):
            number = self._figured(figure.kind, Look(size=13, colour=INK, align="center"))
            page.put(row, column, self._value(past), number, columns=2)
            colour = {"good": GOOD, "bad": BAD, "": QUIET}[figure.news(past)]
            change = said_change(figure, past, self._wording)
            page.put(row + 1, column, change, Look(9, colour=colour, align="center", rule=True), columns=2)
        self.row += 2

    def table(self, table: Table) -> None:
        self._words(table.title, Look(size=12, bold=True, colour=INK, fill=BAND), 22, table.note)
        if table.remark:
            self._words(table.remark, Look(size=10, colour=INK, wrap=True))
        if not table.rows:
            self.row += 1
            return
        head = self.row
        self._head(table)
        first = self.row
        # A title never stands alone at the end of a page.
        self._glue(self._block, first + 2)
        depths = self._depths(table)
        for row in table.rows:
            self._row(table, row, depths.pop(0) if table.heat and row.kind == "" else None)
        if table.chart and table.plain:
            self._chart(table, head, first)
        self.row += 1

    def _head(self, table: Table) -> None:
        look = Look(size=9, bold=True, colour=QUIET, fill=HEAD, align="center", wrap=True, rule=True)
        for position, column in enumerate(table.columns, 1):
            numbers = column.kind != "text" and not table.heat
            shown = replace(look, align="left" if position == 1 else "right" if numbers else "center")
            self.page.put(self.row, position, column.label, shown, columns=self._span(table, position))
        lines = max(line_count(column.label, NUMBER_WIDTH * 1.1) for column in table.columns[1:])
        self.page.heights[self.row] = LINE * min(lines, 2)
        self.row += 1

    def _row(self, table: Table, row: Row, depths: list[int] | None) -> None:
        if row.kind == "group":
            look = Look(bold=True, colour=INK, fill=TOTAL, rule=True)
            self.page.put(self.row, 1, row.values[0], look, columns=COLUMNS)
            self.page.heights[self.row] = LINE
            self.row += 1
            self.glued.add(self.row)
            return
        base = Look(
            colour=INK,
            bold=row.kind == "total",
            fill=TOTAL if row.kind == "total" else "",
            rule=True,
            wrap=True,
        )
        lines = 1
        for position, (column, value) in enumerate(zip(table.columns, row.values, strict=True), 1):
            span = self._span(table, position)
            look = base
            if position > 1:
                look = self._numeric(
                    column.kind, replace(base, align="center" if column.kind == "text" else "right")
                )
            if depths is not None and 1 < position < len(table.columns):
                look = replace(look, fill=HEAT[depths[position - 2]], colour=INK if value else FAINT)
            if table.heat and position > 1:
                look = replace(look, align="center")
            if row.kind in MOODS and position == len(table.columns):
                look = replace(look, fill=MOODS[row.kind], bold=True)
            if span > 1 and column.kind == "text" and row.kind not in MOODS:
                look = replace(look, align="left", indent=1)
            # What a chart draws is a number or nothing.
            drawn = table.chart is not None and column.kind != "text"
            shown = None if drawn and value is None else self._value(value)
            self.page.put(self.row, position, shown, look, columns=span)
            if isinstance(value, str):
                lines = max(lines, line_count(value, self.page.width(position, span)))
        self.page.heights[self.row] = LINE * min(lines, 3)
        self.row += 1

    def _span(self, table: Table, position: int) -> int:
        """Words in the last column may use the rest of the width."""
        last = position == len(table.columns) > 1 and table.columns[-1].kind == "text"
        return COLUMNS - position + 1 if last else 1

    def _depths(self, table: Table) -> list[list[int]]:
        """The depth of colour of each plain row's numbers, names and sums left out."""
        if not table.heat:
            return []
        numbers = [[int(value or 0) for value in row.values[1:-1]] for row in table.plain]
        flat = shades([number for row in numbers for number in row], len(HEAT) - 1)
        width = len(numbers[0])
        return [flat[start : start + width] for start in range(0, len(flat), width)]

    def _chart(self, table: Table, head: int, first: int) -> None:
        """Draws the table that ends above; its numbers begin in row `first`."""
        assert table.chart is not None
        rows = len(table.plain)
        shown = [(key, False) for key in table.chart.columns]
        shown += [(table.chart.line, True)] if table.chart.line else []
        series = []
        for number, (key, line) in enumerate(shown):
            column = table.position(key) + 1
            colour = LINE_COLOUR if line else SERIES_COLOURS[number]
            series.append(Series(Area(head, column), Area(first, column, rows), colour, line))
        lying = table.chart.kind == "bars"
        height = CHART_HEIGHT + (max(0, rows - LONG_CHART) * 22 if lying else 0)
        free = COLUMNS + 1 - len(table.columns) - self._span(table, len(table.columns))
        at, width = (self.row + 1, 1), CHART_WIDTH
        if free >= BESIDE:
            at, width = (head, len(table.columns) + 2), int((free - 1) * NUMBER_WIDTH * _PIXELS)
        self.page.charts.append(
            PageChart(table.chart.kind, table.title, Area(first, 1, rows), tuple(series), at, width, height)
        )
        # Rows of words are at least LINE points high; so are the empty ones here.
        below = at[0] + ceil(height / (LINE * PIXELS_PER_POINT))
        for row in range(self.row, below):
            self.page.heights[row] = LINE
        self._glue(at[0], below)
        self.row = max(self.row, below)

    def definitions(self, summary: Summary) -> None:
        """What the notes say, once more for paper and telephones."""
        self._words(self._say("definitions"), Look(size=12, bold=True, colour=INK, fill=BAND), 22)
        self._glue(self._block, self.row + 1)
        for title, note in (
            *((figure.label, figure.note) for figure in summary.figures),
            *((table.title, table.note) for table in summary.tables),
        ):
            look = Look(size=9, colour=QUIET, wrap=True, middle=False, rule=True)
            width = self.page.width(2, COLUMNS - 1)
            self.page.put(self.row, 1, title, replace(look, bold=True))
            self.page.put(self.row, 2, note, look, columns=COLUMNS - 1)
            lines = max(line_count(title, NAME_WIDTH), line_count(note, width * 1.1))
            self.page.heights[self.row] = 14.0 * lines + 4
            self.row += 1

    def _words(self, text: str, look: Look, height: float = 0, note: str = "") -> None:
        """A line of words across the tables."""
        width = self.page.width(1, COLUMNS) * 10 / look.size
        self.page.put(self.row, 1, text, look, note, columns=COLUMNS)
        self.page.heights[self.row] = max(height, LINE * look.size / 10 * line_count(text, width))
        self.row += 1

    def _numeric(self, kind: Kind, look: Look) -> Look:
        return replace(look, number=_NUMBERS.get(kind, ""))

    def _figured(self, kind: Kind, look: Look) -> Look:
        """A figure stands alone: it says its unit."""
        look = self._numeric(kind, look)
        return replace(look, number=f'{look.number}" {self._say("unit-hours")}"') if kind == "hours" else look

    def _value(self, value: str | float | None) -> str | float:
        return self._say("no-number") if value is None else value

    def _say(self, key: str) -> str:
        return self._wording.say(f"summary.{key}")
