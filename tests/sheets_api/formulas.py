"""Formulas: shifting their references, and working out the few simple ones a test may write.

This is no spreadsheet engine. Arithmetic, comparison, joining and a handful of functions are evaluated;
anything else shows an error value, as a cell with a mistake in it would.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from . import a1
from .a1 import Rect
from .errors import ApiError
from .grid import Formula, Sheet, Value
from .shifts import ROWS, Shift
from .workbook import Workbook, clipped

MAX_DEPTH = 40

CELL = r"\$?[A-Za-z]{1,3}\$?[1-9][0-9]*"
STORED = re.compile(
    r'(?P<text>"(?:[^"]|"")*")'
    r"|(?:(?P<sheet>'(?:[^']|'')+'|(?<![\w'])[^\W\d][\w.]*)!)?"
    rf"(?<![\w.])(?P<first>{CELL})(?::(?P<second>{CELL}))?(?![\w(!.])"
)

PIECE = re.compile(
    r"\s+"
    r'|(?P<text>"(?:[^"]|"")*")'
    r"|(?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+)"
    r"|(?P<range>(?:(?:'(?:[^']|'')+'|[^\W\d]\w*)!)?\$?[A-Za-z]{1,3}\$?[0-9]+(?::\$?[A-Za-z]{1,3}\$?[0-9]+)?(?![\w(])"
    r"|(?:(?:'(?:[^']|'')+'|[^\W\d]\w*)!)?\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}(?![\w(]))"
    r"|(?P<name>[^\W\d][\w.]*)"
    r"|(?P<mark><>|<=|>=|[-+*/^&=<>(),;%])"
)
REFERENCE = re.compile(r'"(?:[^"]|"")*"|(\$?)([A-Za-z]{1,3})(\$?)([1-9][0-9]*)(?![\w(!])')


class Mistake(Exception):
    """An error value: `kind` as in ErrorValue.type, `shown` as in the cell."""

    def __init__(self, kind: str, shown: str, message: str = "") -> None:
        super().__init__(message or shown)
        self.kind = kind
        self.shown = shown
        self.message = message or shown


class Result(NamedTuple):
    """What a formula gives, and the link it carries if it is a HYPERLINK."""

    value: Value | Mistake
    link: str | None = None


def parse_error() -> Mistake:
    return Mistake("ERROR", "#ERROR!", "Formula parse error.")


def stored(workbook: Workbook, formula: str) -> Formula:
    """The formula as Google keeps it: references in capitals, sheet names as the tabs are written."""

    def neat(match: re.Match[str]) -> str:
        if match["text"]:
            return match[0]
        first, second = match["first"].upper(), (match["second"] or "").upper()
        cells = f"{first}:{second}" if second and second != first else first
        if not match["sheet"]:
            return cells
        title = match["sheet"].strip("'").replace("''", "'")
        sheet = workbook.titled(title)
        return f"{a1.quoted(sheet.title) if sheet else match['sheet']}!{cells}"

    return Formula(STORED.sub(neat, formula))


def moved(formula: str, rows: int, columns: int) -> Formula:
    """The formula copied `rows` down and `columns` to the right: relative references go along."""

    def step(match: re.Match[str]) -> str:
        if not match[2]:
            return match[0]
        column = a1.column_index(match[2]) + (0 if match[1] else columns)
        row = int(match[4]) + (0 if match[3] else rows)
        if column < 0 or row < 1:
            return "#REF!"
        return f"{match[1]}{a1.column_name(column)}{match[3]}{row}"

    return Formula(REFERENCE.sub(step, formula))


def followed(formula: str, dimension: str, shift: Shift) -> Formula:
    """The formula after lines of its own sheet were inserted, deleted or moved."""

    def step(match: re.Match[str]) -> str:
        if not match[2] or match.string[match.start() - 1 : match.start()] == "!":
            return match[0]
        row: int | None = int(match[4]) - 1
        column: int | None = a1.column_index(match[2])
        if dimension == ROWS:
            row = shift.index(int(match[4]) - 1)
        else:
            column = shift.index(a1.column_index(match[2]))
        if row is None or column is None:
            return "#REF!"
        return f"{match[1]}{a1.column_name(column)}{match[3]}{row + 1}"

    return Formula(REFERENCE.sub(step, formula))


def evaluate(workbook: Workbook, sheet: Sheet, formula: str, depth: int = 0) -> Result:
    """The value of a formula on `sheet`; mistakes come back as values, as they do in a sheet."""
    if depth > MAX_DEPTH:
        return Result(Mistake("REF", "#REF!", "Circular dependency detected."))
    try:
        reader = _Reader(workbook, sheet, formula, depth)
        value = reader.whole()
    except Mistake as mistake:
        return Result(mistake)
    except (ZeroDivisionError, OverflowError):
        return Result(Mistake("DIVIDE_BY_ZERO", "#DIV/0!"))
    if isinstance(value, list):
        value = next(_flat(value), None)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    # A formula that gives nothing shows zero, as `=A1` of an empty cell does.
    return Result(0 if value is None else value, reader.link)


def _flat(values: list[list[Value]]) -> Iterator[Value]:
    for row in values:
        yield from row


class _Reader:
    """A recursive-descent reader that works out the value while it reads."""

    def __init__(self, workbook: Workbook, sheet: Sheet, formula: str, depth: int) -> None:
        self.workbook, self.sheet, self.depth = workbook, sheet, depth
        self.pieces = _pieces(formula[1:])
        self.at = 0
        self.link: str | None = None
        self.nesting = 0

    def whole(self) -> Any:
        value = self.comparison()
        if self.at < len(self.pieces):
            raise parse_error()
        return value

    def peek(self) -> str:
        return self.pieces[self.at][1] if self.at < len(self.pieces) else ""

    def take(self, *marks: str) -> str | None:
        if self.at < len(self.pieces) and self.pieces[self.at][0] == "mark" and self.peek() in marks:
            self.at += 1
            return self.pieces[self.at - 1][1]
        return None

    def comparison(self) -> Any:
        self.nesting += 1
        if self.nesting > MAX_DEPTH:
            raise parse_error()
        left = self.joined()
        while mark := self.take("=", "<>", "<=", ">=", "<", ">"):
            left = _compared(mark, _single(left), _single(self.joined()))
        self.nesting -= 1
        return left

    def joined(self) -> Any:
        left = self.sum()
        while self.take("&"):
            left = as_text(_single(left)) + as_text(_single(self.sum()))
        return left

    def sum(self) -> Any:
        left = self.product()
        while mark := self.take("+", "-"):
            right = _number(self.product())
            left = _number(left) + right if mark == "+" else _number(left) - right
        return left

    def product(self) -> Any:
        left = self.power()
        while mark := self.take("*", "/"):
            right = _number(self.power())
            left = _number(left) * right if mark == "*" else _number(left) / right
        return left

    def power(self) -> Any:
        left = self.signed()
        while self.take("^"):
            left = _number(left) ** _number(self.signed())
        return left

    def signed(self) -> Any:
        if mark := self.take("-", "+"):
            self.nesting += 1
            if self.nesting > MAX_DEPTH:
                raise parse_error()
            value = _number(self.signed())
            self.nesting -= 1
            return -value if mark == "-" else value
        value = self.atom()
        while self.take("%"):
            value = _number(value) / 100
        return value

    def atom(self) -> Any:
        if self.take("("):
            value = self.comparison()
            if not self.take(")"):
                raise parse_error()
            return value
        if self.at >= len(self.pieces):
            raise parse_error()
        kind, text = self.pieces[self.at]
        self.at += 1
        if kind == "number":
            return float(text) if not text.isdigit() else int(text)
        if kind == "text":
            return text[1:-1].replace('""', '"')
        if kind == "range":
            return self.range(text)
        if kind == "name":
            return self.called(text)
        raise parse_error()

    def range(self, text: str) -> list[list[Value]]:
        title, rest = a1.split(text.replace("$", ""))
        sheet = self.sheet if title is None else self.workbook.titled(title)
        area = a1.area(rest or "")
        if sheet is None or area is None:
            raise Mistake("REF", "#REF!")
        try:
            rect = clipped(sheet, area)
        except ApiError:
            raise Mistake("REF", "#REF!") from None
        return self.values(sheet, rect)

    def values(self, sheet: Sheet, rect: Rect) -> list[list[Value]]:
        columns = range(rect.left, rect.right)
        last = min(rect.bottom, max(len(sheet.rows), rect.top + 1))
        return [[self.value(sheet, row, column) for column in columns] for row in range(rect.top, last)]

    def value(self, sheet: Sheet, row: int, column: int) -> Value:
        value = sheet.cell(row, column).value
        if isinstance(value, Formula):
            result = evaluate(self.workbook, sheet, value, self.depth + 1).value
            if isinstance(result, Mistake):
                raise result
            return result
        return value

    def called(self, name: str) -> Any:
        word = name.upper()
        if not self.take("("):
            if word in ("TRUE", "FALSE"):
                return word == "TRUE"
            named = self.workbook.named(name)
            if named is None:
                raise Mistake("NAME", "#NAME?", f"Unknown range name: '{name}'.")
            return self.values(*self.workbook.grid_range(named["range"]))
        arguments: list[Any] = []
        while not self.take(")"):
            if arguments and not self.take(",", ";"):
                raise parse_error()
            arguments.append(self.comparison())
        if word not in FUNCTIONS:
            raise Mistake("NAME", "#NAME?", f"Unknown function: '{name}'.")
        if word == "HYPERLINK" and arguments:
            self.link = as_text(_single(arguments[0]))
        try:
            return FUNCTIONS[word](arguments)
        except (IndexError, TypeError, ValueError):
            raise Mistake("N_A", "#N/A", f"Wrong number of arguments to {word}.") from None


def _pieces(text: str) -> list[tuple[str, str]]:
    pieces = []
    at = 0
    while at < len(text):
        if text.startswith("#REF!", at):
            raise Mistake("REF", "#REF!", "Reference does not exist.")
        match = PIECE.match(text, at)
        if not match:
            raise parse_error()
        if match.lastgroup:
            pieces.append((match.lastgroup, match[0]))
        at = match.end()
    return pieces


def _single(value: Any) -> Any:
    if isinstance(value, list):
        return value[0][0] if value and value[0] else None
    return value


def _number(value: Any) -> Any:
    value = _single(value)
    if value is None or value == "":
        return 0
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    try:
        return float(value)
    except ValueError:
        raise Mistake("VALUE", "#VALUE!") from None


def as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value)


def _compared(mark: str, left: Any, right: Any) -> bool:
    def key(value: Any) -> tuple[int, Any]:
        if isinstance(value, bool):
            return 2, value
        if isinstance(value, str):
            return 1, value.casefold()
        return 0, value or 0

    first, second = key(left), key(right)
    return {
        "=": first == second,
        "<>": first != second,
        "<": first < second,
        ">": first > second,
        "<=": first <= second,
        ">=": first >= second,
    }[mark]


def _cells(arguments: list[Any]) -> Iterator[Value]:
    for argument in arguments:
        if isinstance(argument, list):
            yield from _flat(argument)
        else:
            yield argument


def _numbers(arguments: list[Any]) -> list[int | float]:
    return [
        cell for cell in _cells(arguments) if isinstance(cell, int | float) and not isinstance(cell, bool)
    ]


def _average(arguments: list[Any]) -> Any:
    numbers = _numbers(arguments)
    return sum(numbers) / len(numbers)


FUNCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "SUM": lambda arguments: sum(_numbers(arguments)),
    "AVERAGE": _average,
    "MIN": lambda arguments: min(_numbers(arguments), default=0),
    "MAX": lambda arguments: max(_numbers(arguments), default=0),
    "COUNT": lambda arguments: len(_numbers(arguments)),
    "COUNTA": lambda arguments: sum(cell is not None for cell in _cells(arguments)),
    "CONCATENATE": lambda arguments: "".join(as_text(cell) for cell in _cells(arguments)),
    "IF": lambda arguments: arguments[1] if _number(arguments[0]) else [*arguments, False][2],
    "LEN": lambda arguments: len(as_text(_single(arguments[0]))),
    "UPPER": lambda arguments: as_text(_single(arguments[0])).upper(),
    "LOWER": lambda arguments: as_text(_single(arguments[0])).lower(),
    "ABS": lambda arguments: abs(_number(arguments[0])),
    "ROUND": lambda arguments: round(_number(arguments[0]), int(_number([*arguments, 0][1]))),
    "HYPERLINK": lambda arguments: _single((arguments * 2)[1] if len(arguments) == 1 else arguments[1]),
    "TRUE": lambda arguments: True,
    "FALSE": lambda arguments: False,
}
