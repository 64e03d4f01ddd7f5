"""What stands in a cell: text made safe for any workbook, and the way SpreadsheetML writes values.

Source: ECMA-376 part 1, 18.3.1.4 (cell), 18.4 (strings), 18.8.30 (number formats), 22.9.2.19 (`_xHHHH_`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from math import isfinite
from typing import Any

from openpyxl.utils import column_index_from_string, get_column_letter

from daicho.sheets.workbook import Cell

CELL_LIMIT = 32_767
"""UTF-16 units in one cell of an .xlsx (Excel specifications and limits)."""

EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet knows no time zone
EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001 - day zero of files made by old Macs

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")

# 18.8.30: 14-22, 45 and 47 are dates and times everywhere, the others in East Asian editions.
_BUILT_IN_DATES = frozenset([*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)])
_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.')
_BRACKETED = re.compile(r"\[[^\]]*\]")
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]")
_NOT_A_DATE = re.compile(r"general|g/標準|e[+-]")
_DATE_LETTER = re.compile("[ymdhsgea]")


def clean(text: str, limit: int, mark: str) -> str:
    """`text` as any workbook can hold it: lines end with "\\n", no control character, no lone surrogate.

    `limit` counts UTF-16 units, as Excel and Google do; what is longer is cut and ends with `mark`.
    """
    text = _ILLEGAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    units = text.encode("utf-16-le")
    if len(units) <= limit * 2:
        return text
    return units[: (limit - len(mark)) * 2].decode("utf-16-le", "ignore") + mark


def escaped(text: str) -> str:
    """Text that happens to look like an `_xHHHH_` escape, written so that it is read as itself."""
    return _LOOKS_ESCAPED.sub("_x005F_", text)


def unescaped(text: str) -> str:
    """The text that `_xHHHH_` escapes stand for (Excel writes what XML cannot hold that way)."""
    if "_x" not in text:
        return text
    text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def is_date_format(code: str) -> bool:
    """Whether a number format shows a date or a time of day, in any language (`ggge"年"m"月"d"日"`)."""
    shown = _QUOTED.sub("", code.split(";")[0]).lower()
    if _ELAPSED.search(shown):
        return False
    return bool(_DATE_LETTER.search(_NOT_A_DATE.sub("", _BRACKETED.sub("", shown))))


def is_date_number(number: int, codes: dict[int, str]) -> bool:
    """The same for a number format id; `codes` are the formats the workbook itself defines."""
    return is_date_format(codes[number]) if number in codes else number in _BUILT_IN_DATES


def serial(moment: datetime, epoch: datetime = EPOCH) -> float:
    """Days since `epoch`, as a cell stores a date."""
    return (moment - epoch) / timedelta(days=1)


def moment(days: float, epoch: datetime = EPOCH) -> datetime | str | float:
    """The date a serial stands for, to the millisecond. A mere time of day (a cell holding 9:00) is the text
    "9:00"; a number no calendar knows stays a number."""
    try:
        found = EPOCH + timedelta(milliseconds=round(days * 86_400_000)) + (epoch - EPOCH)
    except OverflowError:
        return days
    if 0 <= days < 1:
        return f"{found.hour}:{found:%M:%S}".removesuffix(":00")
    return found if days > 0 else days


def stored(value: Cell, limit: int, mark: str) -> Cell:
    """`value` as it will be read back: text cleaned, an empty text nothing, a moment to the millisecond.

    What a sheet has no number for (a date before 1900, infinity) becomes text.
    """
    match value:
        case str():
            return clean(value, limit, mark) or None
        case datetime() if value < EPOCH + timedelta(days=1):
            return f"{value:%Y-%m-%d %H:%M}"
        case datetime():
            return value.replace(microsecond=value.microsecond // 1000 * 1000)
        case float() if not isfinite(value):
            return str(value)
    return value


@dataclass(frozen=True, slots=True)
class Values:
    """What a file's cells refer to: shared strings, the styles (by index) that show dates, the day zero."""

    strings: Sequence[str]
    date_styles: frozenset[int]
    epoch: datetime

    def cells(self, row: Any) -> Iterator[tuple[int, Cell]]:
        """The cells of one `row` element that hold something, as (column, value); columns count from 1."""
        column = 0
        for cell in row:
            reference = cell.get("r")
            column = column_of(reference) if reference else column + 1
            value = self._value(cell)
            if value is not None:
                yield column, value

    def _value(self, cell: Any) -> Cell:
        kind = cell.get("t", "n")
        for child in cell:
            if child.tag.endswith("}v"):
                return self._decoded(kind, child.text or "", cell)
            if child.tag.endswith("}is"):
                return string_text(child) or None
        return None

    def _decoded(self, kind: str, raw: str, cell: Any) -> Cell:
        match kind:
            case "s":
                return self.strings[int(raw)] or None
            case "n":
                return self._number(raw, int(cell.get("s", "0")))
            case "b":
                return raw.strip() in ("1", "true")
            case "d":
                return datetime.fromisoformat(raw.removesuffix("Z"))
        # "str" is a formula's text, "e" an error such as #N/A.
        return unescaped(raw) or None

    def _number(self, raw: str, style: int) -> Cell:
        if not raw:
            return None
        number = float(raw)
        if style in self.date_styles:
            return moment(number, self.epoch)
        # Beyond 2**53 a double is no exact integer, and writing it as one would invent digits.
        return int(number) if number.is_integer() and abs(number) < 2**53 else number


def string_text(item: Any) -> str:
    """The text of an `si` or `is` element: its runs joined, without the readings (`rPh`) of kanji."""
    parts = []
    for child in item:
        if child.tag.endswith("}t"):
            parts.append(child.text or "")
        elif child.tag.endswith("}r"):
            parts.extend(text.text or "" for text in child if text.tag.endswith("}t"))
    return unescaped("".join(parts))


@lru_cache(maxsize=1024)
def _column(letters: str) -> int:
    return int(column_index_from_string(letters))


def column_of(reference: str) -> int:
    """3 for "C12"."""
    return _column(reference.rstrip("0123456789"))


def reference(column: int, row: int) -> str:
    """ "C12" for (3, 12)."""
    return f"{get_column_letter(column)}{row}"
