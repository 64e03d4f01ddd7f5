"""A1 notation: columns, ranges, and how Google writes a range back."""

from __future__ import annotations

import re
from typing import NamedTuple

from .errors import ApiError

CELL_LIKE = re.compile(r"[A-Za-z]{1,3}[0-9]+")
R1C1_LIKE = re.compile(r"[Rr][0-9]*[Cc][0-9]*")
BARE_TITLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
CORNER = re.compile(r"\$?([A-Za-z]{1,3})?\$?([1-9][0-9]*)?")
R1C1 = re.compile(r"[Rr]([1-9][0-9]*)[Cc]([1-9][0-9]*)(?::[Rr]([1-9][0-9]*)[Cc]([1-9][0-9]*))?")


class Area(NamedTuple):
    """A rectangle in zero-based, half-open indexes; None is an open end, to be filled from the grid."""

    top: int = 0
    bottom: int | None = None
    left: int = 0
    right: int | None = None

    @property
    def is_anchor(self) -> bool:
        """One single cell, as in `A1`."""
        return self.bottom == self.top + 1 and self.right == self.left + 1


class Rect(NamedTuple):
    """A rectangle of the grid, all four ends known: rows [top, bottom), columns [left, right)."""

    top: int
    bottom: int
    left: int
    right: int

    def meets(self, other: Rect) -> bool:
        return (
            self.top < other.bottom
            and other.top < self.bottom
            and self.left < other.right
            and other.left < self.right
        )

    def holds(self, other: Rect) -> bool:
        return (
            self.top <= other.top
            and other.bottom <= self.bottom
            and self.left <= other.left
            and other.right <= self.right
        )


def column_name(index: int) -> str:
    """0 is A, 26 is AA."""
    name = ""
    index += 1
    while index:
        index, letter = divmod(index - 1, 26)
        name = chr(65 + letter) + name
    return name


def column_index(name: str) -> int:
    index = 0
    for letter in name.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def split(text: str) -> tuple[str | None, str | None]:
    """(title, rest) of `'My sheet'!A1:B2`; title is None without a `!`, rest is None for a lone quoted title.

    Raises ApiError 400 where the quoting is broken.
    """
    if text.startswith("'"):
        match = re.match(r"'((?:[^']|'')*)'(?:!(.*))?$", text, re.DOTALL)
        if not match:
            raise unparsable(text)
        return match[1].replace("''", "'"), match[2]
    title, mark, rest = text.rpartition("!")
    return (title, rest) if mark else (None, text)


def area(text: str) -> Area | None:
    """The rectangle of `B3`, `A1:C`, `2:4`, `A:A` or `R1C1:R2C2`; None when `text` is no such thing."""
    match = R1C1.fullmatch(text)
    if match:
        top, left = int(match[1]), int(match[2])
        return _ordered(top, int(match[3] or top), left, int(match[4] or left))
    first, colon, second = text.partition(":")
    start, end = _corner(first), _corner(second if colon else first)
    if start is None or end is None:
        return None
    (row, column), (last_row, last_column) = start, end
    if not colon:
        return None if row is None or column is None else _ordered(row, row, column, column)
    if (row is None and column is None) or (last_row is None and last_column is None):
        return None
    if row is None and last_row is not None and column is not None:
        # `A:B5` opens at the top.
        row = 1
    return _ordered(row, last_row, column, last_column)


def _corner(text: str) -> tuple[int | None, int | None] | None:
    match = CORNER.fullmatch(text)
    if not match or not text:
        return None
    return (int(match[2]) if match[2] else None), (column_index(match[1]) + 1 if match[1] else None)


def _ordered(row: int | None, last_row: int | None, column: int | None, last_column: int | None) -> Area:
    """One-based, inclusive corners in any order to an Area."""
    if row is not None and last_row is not None and last_row < row:
        row, last_row = last_row, row
    if column is not None and last_column is not None and last_column < column:
        column, last_column = last_column, column
    return Area((row or 1) - 1, last_row, (column or 1) - 1, last_column)


def quoted(title: str) -> str:
    """A sheet title as Google writes it before `!`: plain ASCII words bare, all else in quotes."""
    if BARE_TITLE.fullmatch(title) and not CELL_LIKE.fullmatch(title) and not R1C1_LIKE.fullmatch(title):
        return title
    return "'" + title.replace("'", "''") + "'"


def written(title: str, rect: Rect) -> str:
    """The range as Google echoes it: `Sheet1!A1:B2`, `Sheet1!A1` for one cell."""
    first = f"{column_name(rect.left)}{rect.top + 1}"
    last = f"{column_name(rect.right - 1)}{rect.bottom}"
    return f"{quoted(title)}!{first}" if first == last else f"{quoted(title)}!{first}:{last}"


def unparsable(text: str) -> ApiError:
    return ApiError(f"Unable to parse range: {text}")
