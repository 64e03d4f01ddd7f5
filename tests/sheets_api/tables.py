"""Where values.append lands: finding the block of data ("table") an append goes to.

The public recordings show: an empty range has no table; an anchor on an empty cell is written to as it
is; a filled anchor picks the block touching it; and of a larger range the last block wins.
"""

from __future__ import annotations

from .a1 import Rect
from .grid import Sheet


def block(sheet: Sheet, rect: Rect) -> Rect | None:
    """The contiguous block of filled cells an append to `rect` extends; None where nothing is filled."""
    anchor = _last_filled(sheet, rect)
    return _grown(sheet, anchor) if anchor else None


def _last_filled(sheet: Sheet, rect: Rect) -> tuple[int, int] | None:
    """The lowest row of `rect` with a value, and its rightmost filled column."""
    for index in range(min(rect.bottom, len(sheet.rows)) - 1, rect.top - 1, -1):
        filled = [
            column
            for column, cell in sheet.rows[index].items()
            if rect.left <= column < rect.right and cell.value is not None
        ]
        if filled:
            return index, max(filled)
    return None


def _grown(sheet: Sheet, anchor: tuple[int, int]) -> Rect:
    """The block around a filled cell: grown until a border of empty cells surrounds it."""
    top, left = anchor
    bottom, right = top + 1, left + 1

    def row_touches(row: int) -> bool:
        cells = sheet.row(row)
        return any(left - 1 <= column <= right and cells[column].value is not None for column in cells)

    def column_touches(column: int) -> bool:
        rows = range(max(top - 1, 0), min(bottom + 1, len(sheet.rows)))
        return any(sheet.has_value(row, column) for row in rows)

    # Rows are followed to their end before columns are looked at: the whole stays linear in the block.
    while True:
        before = (top, bottom, left, right)
        while top > 0 and row_touches(top - 1):
            top -= 1
        while bottom < len(sheet.rows) and row_touches(bottom):
            bottom += 1
        while left > 0 and column_touches(left - 1):
            left -= 1
        while right < sheet.column_count and column_touches(right):
            right += 1
        if (top, bottom, left, right) == before:
            return Rect(top, bottom, left, right)
