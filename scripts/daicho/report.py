"""The monthly summary as one HTML page to mail to the owner or to print: no script, charts as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil, log10

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from daicho.ledger.summary.said import said, said_change, said_figure
from daicho.ledger.summary.summary import Summary
from daicho.ledger.summary.table import Table
from daicho.sheets.page import shades, text_width
from daicho.wording import Wording, templates_folder

TEMPLATE = "report.html.j2"
DEPTHS = 5
"""Steps of colour of the weekday and hour grid."""

WIDTH, LEFT, RIGHT, TOP = 440, 34, 34, 14
"""Units of a chart's drawing: its width, and the margins around the drawn area."""

FOLD = 24
"""A table with more rows than this, whose chart tells the same, is folded."""

COLUMNS_HEIGHT = 170
WIDEST = 48
"""A single month's column is no wall."""

BAR, BAR_GAP = 18, 8
LETTER = 6.4
"""The width of a letter of 11 pixels; Japanese letters count twice."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A bar: its rectangle, its series (0, 1 …), what a person reads who points at it."""

    x: float
    y: float
    width: float
    height: float
    series: int
    title: str


@dataclass(frozen=True, slots=True)
class Text:
    """Words in a drawing, with their anchor: "start", "middle" or "end"."""

    x: float
    y: float
    words: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Drawing:
    """An SVG's content. `grid` are (x1, y1, x2, y2), `line` the points of a line, `legend` (class, name)."""

    height: float
    grid: Sequence[tuple[float, float, float, float]]
    marks: Sequence[Mark]
    texts: Sequence[Text]
    line: str = ""
    legend: Sequence[tuple[str, str]] = ()


def html_of(summary: Summary, wording: Wording, shop: str = "") -> str:
    """The whole page. Every text from outside is escaped."""
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            language=wording.language,
            shop=shop,
            summary=summary,
            say=lambda key: wording.say(f"summary.{key}"),
            said=lambda value, kind: said(value, kind, wording),
            said_figure=lambda value, kind: said_figure(value, kind, wording),
            said_change=lambda figure, past: said_change(figure, past, wording),
            drawing=lambda table: drawing_of(table, wording),
            depths=depths_of,
            width=WIDTH,
            fold=FOLD,
        )
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(templates_folder(), encoding="utf-8"),
        autoescape=select_autoescape(
            default=True, default_for_string=True, enabled_extensions=("j2", "html")
        ),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def depths_of(table: Table) -> list[list[int]]:
    """The depth of colour of each plain row's numbers; names and sums have none."""
    rows = [[int(value or 0) for value in row.values[1:-1]] for row in table.plain]
    flat = iter(shades([number for row in rows for number in row], DEPTHS))
    return [[next(flat) for _ in row] for row in rows]


def drawing_of(table: Table, wording: Wording) -> Drawing | None:
    """The table's chart; None where there is none, or nothing to draw."""
    if table.chart is None or not table.plain:
        return None
    return _columns(table, wording) if table.chart.kind == "columns" else _bars(table, wording)


def _numbers(table: Table, column: str) -> list[float]:
    position = table.position(column)
    return [float(value) if isinstance(value, int | float) else 0.0 for value in _values(table, position)]


def _values(table: Table, position: int) -> list[object]:
    return [row.values[position] for row in table.plain]


def _columns(table: Table, wording: Wording) -> Drawing:
    assert table.chart is not None
    names = [str(name) for name in _values(table, 0)]
    floor = TOP + COLUMNS_HEIGHT
    series = [_numbers(table, column) for column in table.chart.columns]
    top, steps = scale(max(max(numbers) for numbers in series))
    slot = (WIDTH - LEFT - RIGHT) / len(names)
    marks, texts, grid = [], [], []
    for step in steps:
        y = floor - step / top * COLUMNS_HEIGHT
        grid.append((LEFT, y, WIDTH - RIGHT, y))
        texts.append(Text(LEFT - 6, y + 4, said(step, "count", wording), "end"))
    for number, numbers in enumerate(series):
        for place, value in enumerate(numbers):
            height = value / top * COLUMNS_HEIGHT
            title = f"{names[place]}: {said(value, 'count', wording)}"
            if value:
                width = min(slot * 0.76, WIDEST)
                x = LEFT + slot * (place + 0.5) - width / 2
                marks.append(Mark(x, floor - height, width, height, number, title))
    every = ceil((max(map(text_width, names)) + 1) * LETTER / slot)
    texts += [
        Text(LEFT + slot * (place + 0.5), floor + 20, names[place]) for place in range(0, len(names), every)
    ]
    legend = [(f"s{number}", _label(table, column)) for number, column in enumerate(table.chart.columns)]
    line = ""
    if table.chart.line:
        line, more = _line(table, floor, slot, wording)
        texts += more
        legend.append(("line", _label(table, table.chart.line)))
    shown = legend if len(legend) > 1 else []
    return Drawing(floor + 30, grid, marks, texts, line, shown)


def _line(table: Table, floor: float, slot: float, wording: Wording) -> tuple[str, list[Text]]:
    """The points of the line, measured on the right, as far as there are numbers; and its scale."""
    assert table.chart is not None
    values = _values(table, table.position(table.chart.line))
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    top, steps = scale(max(numbers, default=0))
    points = " ".join(
        f"{LEFT + slot * (place + 0.5):.1f},{floor - value / top * COLUMNS_HEIGHT:.1f}"
        for place, value in enumerate(numbers)
    )
    texts = [
        Text(
            WIDTH - RIGHT + 6, floor - step / top * COLUMNS_HEIGHT + 4, said(step, "count", wording), "start"
        )
        for step in steps
    ]
    return points, texts


def _bars(table: Table, wording: Wording) -> Drawing:
    assert table.chart is not None
    column = table.chart.columns[0]
    names = [str(name) for name in _values(table, 0)]
    numbers = _numbers(table, column)
    left = min(max(text_width(name) for name in names) * LETTER + 14, WIDTH * 0.4)
    most = max(*numbers, 1)
    room = WIDTH - left - RIGHT
    marks, texts = [], []
    for place, (name, value) in enumerate(zip(names, numbers, strict=True)):
        y = TOP + place * (BAR + BAR_GAP)
        width = value / most * room
        marks.append(Mark(left, y, width, BAR, 0, f"{name}: {said(value, 'count', wording)}"))
        texts.append(Text(left - 8, y + BAR - 5, name, "end"))
        texts.append(Text(left + width + 6, y + BAR - 5, said(value, "count", wording), "start"))
    height = TOP + len(names) * (BAR + BAR_GAP)
    return Drawing(height, [(left, TOP - 4, left, height - BAR_GAP + 4)], marks, texts)


def _label(table: Table, column: str) -> str:
    return table.columns[table.position(column)].label


def scale(most: float) -> tuple[float, list[float]]:
    """The top of an axis that shows `most`, and its steps from 0 up: 1, 2 or 5 times a power of ten."""
    wanted = max(most, 1) / 4
    power = 10 ** max(ceil(log10(wanted)) - 1, 0)
    step = max(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= wanted), 1)
    count = ceil(max(most, 1) / step)
    return step * count, [step * number for number in range(count + 1)]
