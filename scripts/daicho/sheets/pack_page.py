"""The sheets of a file that goes out of the house: what they hold, as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from daicho.sheets.layout import Format
from daicho.sheets.workbook import Cell

KEY_ROW = 1
HEADER_ROW = 3
"""Row 1 is hidden and holds the columns' keys, row 2 a title, row 3 the headers people see."""

KEY_MARK = "daicho:"
"""What every cell of the key row begins with."""


MOST_LINES = 24
"""So many lines of text the tallest row shows that Excel allows (409 points)."""


class Formula(str):
    """A formula of our own making, with its "=". Any other text stays text, whatever it begins with."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class PageColumn:
    """One column. `options` make a dropdown, `tints` colour the cell by what it says (label → RRGGBB)."""

    key: str
    label: str
    width: int
    format: Format = "wrap"
    editable: bool = False
    options: tuple[str, ...] = ()
    hidden: bool = False
    tints: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Page:
    """One sheet. `rows` (cells by column key) are gone through once.

    `flag` names a column: rows where it says something are coloured. `entries` names the column that makes
    a row one to write in ("": every row is). Rows fit their text, within `lines` (fewest, most). `upright`:
    printed on paper held upright.
    """

    key: str
    label: str
    columns: Sequence[PageColumn]
    rows: Iterable[Mapping[str, Cell]]
    title: str = ""
    colour: str = ""
    flag: str = ""
    entries: str = ""
    lines: tuple[int, int] = (1, MOST_LINES)
    upright: bool = False

    @property
    def shown(self) -> list[PageColumn]:
        """The columns that people see."""
        return [column for column in self.columns if not column.hidden]

    def position(self, key: str) -> int:
        """Where a column stands, from 1."""
        return 1 + [column.key for column in self.columns].index(key)


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of one sheet: (row number, value by column) in order; both count from 1.

    `encoding` is that of a CSV which cannot hold every letter: what it lacks came back as "?". `unknown` are
    the places (row, column) of formulas whose results the file does not hold.
    """

    name: str
    rows: list[tuple[int, dict[int, Cell]]] = field(repr=False)
    encoding: str = ""
    unknown: frozenset[tuple[int, int]] = frozenset()

    def like(self, text: str) -> str:
        """`text` as it looks after a stay in this file."""
        return text.encode(self.encoding, "replace").decode(self.encoding) if self.encoding else text


def letters(position: int) -> str:
    """ "C" for 3."""
    found = ""
    while position:
        position, digit = divmod(position - 1, 26)
        found = chr(ord("A") + digit) + found
    return found


def area(page: Page, key: str, rows: int) -> str:
    """A column of a page as formulas name it, for so many rows."""
    letter, label = letters(page.position(key)), page.label.replace("'", "''")
    return f"'{label}'!${letter}${HEADER_ROW + 1}:${letter}${HEADER_ROW + max(1, rows)}"
