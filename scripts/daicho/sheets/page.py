"""A page for a tab of its own: cells with looks, notes and charts, before any workbook draws them.

What adapters need to know: rows and columns count from 1; a page is written whole, over what stood in its
tab; every text is text, whatever it looks like; colours are RRGGBB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Literal
from unicodedata import east_asian_width

Value = str | int | float | None

PRINT_SCALE = 85
"""Per cent at which a page with breaks of its own is printed: it cannot be fitted to the paper as well."""

PIXELS_PER_POINT = 4 / 3
"""Row heights are in points, charts in pixels (96 to the inch)."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a cell is shown. `number` is a number format that means the same in Excel and Google Sheets ("" for
    text), `size` in points, `indent` in steps of about a letter; `rule` draws a thin line below."""

    size: float = 10
    bold: bool = False
    colour: str = ""
    fill: str = ""
    align: Literal["left", "center", "right"] = "left"
    middle: bool = True
    wrap: bool = False
    indent: int = 0
    number: str = ""
    rule: bool = False


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells."""

    row: int
    column: int
    rows: int = 1
    columns: int = 1

    @property
    def last_row(self) -> int:
        return self.row + self.rows - 1

    @property
    def last_column(self) -> int:
        return self.column + self.columns - 1


@dataclass(frozen=True, slots=True)
class PageCell:
    """`note` is what a person reads who points at the cell."""

    value: Value
    look: Look
    note: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers of a chart: the cell that names them, where they stand, their colour.

    `line`: drawn as a line, with an axis of its own on the right.
    """

    name: Area
    values: Area
    colour: str
    line: bool = False


@dataclass(frozen=True, slots=True)
class PageChart:
    """A native chart. "columns" stand upright, "bars" lie with the first on top. `at` is the (row, column)
    of its upper left corner, `width` and `height` are pixels."""

    kind: Literal["columns", "bars"]
    title: str
    labels: Area
    series: tuple[Series, ...]
    at: tuple[int, int]
    width: int
    height: int


@dataclass(slots=True)
class Page:
    """A tab's whole content.

    `cells` by (row, column); `merged` areas show their first cell; `widths` are characters by column,
    `heights` points by row. `frozen` rows stay on top; in print, a new sheet of paper begins at each of the
    rows in `breaks`. `stamp` is kept in the hidden tab under
    `page <label>`, so that whoever comes next knows when it was written.
    """

    label: str
    colour: str = ""
    stamp: str = ""
    cells: dict[tuple[int, int], PageCell] = field(default_factory=dict)
    merged: list[Area] = field(default_factory=list)
    widths: dict[int, float] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)
    charts: list[PageChart] = field(default_factory=list)
    frozen: int = 0
    breaks: list[int] = field(default_factory=list)

    def put(self, row: int, column: int, value: Value, look: Look, note: str = "", columns: int = 1) -> None:
        """Sets a cell that spans `columns`."""
        self.cells[row, column] = PageCell(value, look, note)
        if columns > 1:
            self.merged.append(Area(row, column, 1, columns))

    def width(self, column: int, columns: int) -> float:
        """The characters of some columns together."""
        return sum(self.widths.get(column + step, 10) for step in range(columns))


def state_name(label: str) -> str:
    """Under which name the hidden tab remembers that a page was written."""
    return f"page {label}"


def line_count(text: str, width: float) -> int:
    """How many lines a text takes at a width in characters. Japanese letters are two characters wide."""
    return sum(max(1, ceil(text_width(line) / max(width - 1, 1))) for line in text.split("\n"))


def text_width(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WFA" else 1 for letter in text)


def shades(values: Sequence[float], steps: int) -> list[int]:
    """The depth of colour, 0 to `steps`, of each value by its size; 0 only for nothing."""
    most = max(values, default=0)
    return [ceil(value / most * steps) if most > 0 else 0 for value in values]
