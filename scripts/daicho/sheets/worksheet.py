"""One worksheet's XML, patched row by row.

The rows are cut out of the file as bytes and only those that change are parsed, so a long log costs no memory
and what stands in other rows stays to the byte. What surrounds the rows (the frame: views, columns, filter,
validations …) is parsed only when rows are added.
Source: ECMA-376 part 1, 18.3.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from io import BytesIO
from typing import Any
from xml.sax.saxutils import quoteattr

from lxml import etree
from openpyxl.formula.translate import Translator
from openpyxl.utils import get_column_letter, range_boundaries

from daicho.sheets.cells import Values, column_of, escaped, reference, serial
from daicho.sheets.package import SAFE, Damaged, beside, child, children, local, parse, serialise
from daicho.sheets.styles import Styles, columns_styles
from daicho.sheets.workbook import Cell

_SHEET_DATA = re.compile(rb"<((?:[A-Za-z_][\w.\-]*:)?)sheetData(?:\s[^>]*?)?(/?)>")
_ROW_NUMBER = re.compile(rb"""\sr\s*=\s*["'](\d+)["']""")
_ROW = re.compile(rb"<((?:[A-Za-z_][\w.\-]*:)?)row[\s/>]")
_AREA = re.compile(r"(\$?[A-Z]+\$?)(\d+):(\$?[A-Z]+\$?)(\d+)")
_CONTENT = re.compile(rb"<(?:[\w.\-]+:)?(?:v|is|f)[\s>/]")
_RANGE_FORMULA = re.compile(rb"""<(?:[\w.\-]+:)?f\s(?:[^>]*\s)?ref\s*=\s*["']([A-Z0-9:]+)["']""")
_SHARED_FORMULA = re.compile(rb"<(?:[\w.\-]+:)?f\s(?:[^>]*\s)?si\s*=")
_LETTERS = re.compile("[A-Z]+")
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
FIRST_ROW = 2
"""The first row below the header."""

PARSED_AT_ONCE = 500
"""How many rows are held as a tree at a time."""

NEIGHBOURS = 5
"""How many rows above a new row are asked for the look of its cells."""

_BEFORE = {
    "cols": ("sheetPr", "dimension", "sheetViews", "sheetFormatPr"),
    "dataValidations": (
        *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr"),
        *("sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate"),
        *("customSheetViews", "mergeCells", "phoneticPr", "conditionalFormatting"),
    ),
}
"""What stands before these elements in a worksheet (18.3.1.99): the order is fixed."""


def read_rows(data: bytes, values: Values) -> Iterator[tuple[int, dict[int, Cell]]]:
    """Each row that holds something as (row number, value by column), one row in memory at a time."""
    number = 0
    try:
        for _, row in etree.iterparse(BytesIO(data), events=("end",), tag="{*}row", **SAFE):
            number = int(row.get("r") or number + 1)
            if cells := dict(values.cells(row)):
                yield number, cells
            row.clear(keep_tail=False)
            while row.getprevious() is not None:
                del row.getparent()[0]
    except (etree.XMLSyntaxError, ValueError, IndexError) as error:
        raise Damaged from error


class Worksheet:
    """A worksheet open for writing. `rows` maps row number to the row's XML, in sheet order."""

    def __init__(self, data: bytes) -> None:
        head, body, tail = _cut(_plain(data))
        self.frame = parse(head + tail)
        """The sheet without its rows."""
        self.rows = _rows(body)
        self._columns = columns_styles(child(self.frame, "cols"))
        self._head, self._tail = head, tail
        self._reframed = False

    def data(self) -> bytes:
        """The sheet as a part of the file."""
        if self._reframed:
            self._head, _, self._tail = _cut(serialise(self.frame))
        return b"".join([self._head, *(self.rows[number] for number in sorted(self.rows)), self._tail])

    def row(self, number: int, values: Values) -> dict[int, Cell]:
        """The values of one row by column."""
        if number not in self.rows:
            return {}
        return dict(values.cells(self._parsed([number])[0]))

    def last_row(self, own: frozenset[int]) -> int:
        """The last row that holds something, at least the header's.

        A row in which people only filled formulas into columns of their own ahead of us is still free.
        """
        for number in sorted(self.rows, reverse=True):
            if _CONTENT.search(self.rows[number]) and any(
                len(cell) and (column in own or child(cell, "f") is None)
                for column, cell in _cells(self._parsed([number])[0]).items()
            ):
                return number
        return 1

    def write(
        self, changes: Mapping[int, Mapping[int, Cell]], pen: Pen, heights: Mapping[int, float]
    ) -> None:
        """Sets cells, by row number and column. Existing rows keep all else.

        Rows with a height in `heights` (points, by row number) are new to us: added, or typed by hand. They
        look like their neighbours wherever nobody dressed them.
        """
        self._dissolve_ranges(changes)
        numbers = sorted(changes)
        look = self._look_above(min(heights)) if heights else {}
        for number in numbers:
            self.rows.setdefault(number, self._blank_row(number))
        for start in range(0, len(numbers), PARSED_AT_ONCE):
            some = numbers[start : start + PARSED_AT_ONCE]
            root = self._parsed(some)
            for number, row in zip(some, root, strict=True):
                if number in heights:
                    self._dress_row(row, number, heights[number], look, pen)
                self._write_row(row, number, changes[number], pen)
            self._put_back(some, root)

    def rework(self, numbers: Sequence[int], work: Callable[[Any, int], None]) -> None:
        """Lets `work` change the `c` elements of rows that are there; it hears each one's column."""
        for start in range(0, len(numbers), PARSED_AT_ONCE):
            some = list(numbers[start : start + PARSED_AT_ONCE])
            root = self._parsed(some)
            for row in root:
                for column, cell in _cells(row).items():
                    work(cell, column)
            self._put_back(some, root)

    def reframe(self, work: Callable[[Any], bool]) -> bool:
        """Lets `work` change what stands around the rows; it tells whether it did."""
        changed = work(self.frame)
        self._reframed = self._reframed or changed
        return changed

    def stretch(self, old_last: int, new_last: int) -> None:
        """After rows were added: the used range, the filter and what people laid over all rows reach down."""
        self._reframed = True
        for element in self.frame.iter("{*}dimension", "{*}autoFilter"):
            element.set("ref", with_last_row(element.get("ref"), new_last))
        for element in self.frame.iter():
            if element.get("sqref"):
                element.set("sqref", _stretched(element.get("sqref"), old_last, new_last))
            elif element.tag.endswith("}sqref") and element.text:
                element.text = _stretched(element.text, old_last, new_last)

    def add_column(self, position: int, header: Any, look: Any, dropdowns: Sequence[Any]) -> None:
        """A new column: its header's `c` element, its `col` element and its `dataValidation` elements.

        They come from another sheet, with style indices of this file already.
        """
        self._reframed = True
        root = self._parsed([1])
        header.set("r", reference(position, 1))
        root[0].append(header)
        root[0].attrib.pop("spans", None)
        self._put_back([1], root)
        columns = self._section("cols")
        ranges = [*_without(position, columns), _at(position, look)]
        columns[:] = sorted(ranges, key=lambda column: int(column.get("min")))
        self._columns = columns_styles(columns)
        for dropdown in dropdowns:
            dropdown.set("sqref", _LETTERS.sub(get_column_letter(position), dropdown.get("sqref")))
            validations = self._section("dataValidations")
            validations.append(dropdown)
            validations.set("count", str(len(validations)))

    def _section(self, name: str) -> Any:
        """An element of the frame, made in its place when it is not there yet."""
        section = child(self.frame, name)
        if section is None:
            section = etree.Element(beside(self.frame, name))
            before = [element for element in self.frame if local(element) in _BEFORE[name]]
            self.frame.insert(len(before), section)
        return section

    def _write_row(self, row: Any, number: int, values: Mapping[int, Cell], pen: Pen) -> None:
        """Sets the cells of one row."""
        for column, cell in self._with_cells(row, number, values, {}).items():
            if column in values:
                pen.fill(cell, values[column])

    def _dress_row(self, row: Any, number: int, height: float, look: Mapping[int, int], pen: Pen) -> None:
        """Gives a row that is new to us its height and look; what a person set already stays."""
        if row.get("customHeight") not in ("1", "true"):
            row.set("ht", f"{height:g}")
            row.set("customHeight", "1")
        for column, cell in self._with_cells(row, number, look, look).items():
            pen.dress(cell, look.get(column, self._usual_style(row, column)))

    def _with_cells(
        self, row: Any, number: int, columns: Iterable[int], look: Mapping[int, int]
    ) -> dict[int, Any]:
        """All cells of a row by column, with those of `columns` made in that look where there is none."""
        cells = _cells(row)
        for column in set(columns) - cells.keys():
            cells[column] = etree.SubElement(row, beside(row, "c"), r=reference(column, number))
            if style := look.get(column, self._usual_style(row, column)):
                cells[column].set("s", str(style))
        others = [element for element in row if not element.tag.endswith("}c")]
        row[:] = [cells[column] for column in sorted(cells)] + others
        row.set("r", str(number))
        row.attrib.pop("spans", None)
        return cells

    def _usual_style(self, row: Any, column: int) -> int:
        return int(row.get("s") or self._column_style(column))

    def _column_style(self, column: int) -> int:
        return next((style for first, last, style in self._columns if first <= column <= last), 0)

    def _look_above(self, number: int) -> dict[int, int]:
        """The style most of the last rows above share, by column: one row somebody painted is no pattern."""
        above = [row for row in range(number - NEIGHBOURS, number) if row > 1 and row in self.rows]
        looks = [
            {c: int(cell.get("s", "0")) for c, cell in _cells(row).items()} for row in self._parsed(above)
        ]
        found = {}
        for column in set().union(*looks):
            style, votes = Counter(
                look.get(column, self._column_style(column)) for look in looks
            ).most_common(1)[0]
            if votes * 2 > len(looks) and style != self._column_style(column):
                found[column] = style
        return found

    def _blank_row(self, number: int) -> bytes:
        prefix = f"{self.frame.prefix}:" if self.frame.prefix else ""
        return f'<{prefix}row r="{number}"/>'.encode()

    def _parsed(self, numbers: list[int]) -> Any:
        """An element whose children are the rows of these numbers, in the sheet's namespaces."""
        names = "".join(
            f" {f'xmlns:{prefix}' if prefix else 'xmlns'}={quoteattr(uri)}"
            for prefix, uri in self.frame.nsmap.items()
        )
        return parse(
            b"".join([f"<rows{names}>".encode(), *(self.rows[number] for number in numbers), b"</rows>"])
        )

    def _put_back(self, numbers: list[int], root: Any) -> None:
        written: bytes = etree.tostring(root, encoding="UTF-8")
        body = written[written.index(b">") + 1 : written.rindex(b"</")] if len(root) else b""
        self.rows.update(zip(numbers, _row_texts(body), strict=True))

    def _dissolve_ranges(self, changes: Mapping[int, Mapping[int, Cell]]) -> None:
        """Formulas that stand for several cells, where we are about to write into one of them.

        A formula shared by a column is written out in each of its cells before its first cell goes. A matrix
        formula gives way to the values it last had: none of its cells may change alone.
        """
        numbers = [
            number
            for number, row in self.rows.items()
            if any(_touches(found[1].decode(), changes) for found in _RANGE_FORMULA.finditer(row))
        ]
        root = self._parsed(numbers)
        shared: dict[str, tuple[str, str]] = {}
        for number, row in zip(numbers, root, strict=True):
            for column, cell in _cells(row).items():
                formula = child(cell, "f")
                if formula is None or formula.get("ref") is None:
                    continue
                if formula.get("t") != "shared" and _touches(formula.get("ref"), changes):
                    cell.remove(formula)
                elif formula.get("t") == "shared" and column in changes.get(number, ()):
                    shared[formula.get("si")] = (formula.text or "", reference(column, number))
        self._put_back(numbers, root)
        if shared:
            self._write_out(shared)

    def _write_out(self, shared: dict[str, tuple[str, str]]) -> None:
        """Gives every cell of the shared formulas (index → formula, its first cell) a formula of its own."""
        numbers = [number for number, row in self.rows.items() if _SHARED_FORMULA.search(row)]
        root = self._parsed(numbers)
        for number, row in zip(numbers, root, strict=True):
            for column, cell in _cells(row).items():
                formula = child(cell, "f")
                if formula is not None and formula.get("si") in shared:
                    text, origin = shared[formula.get("si")]
                    moved = Translator(f"={text}", origin).translate_formula(reference(column, number))
                    formula.attrib.clear()
                    formula.text = moved.removeprefix("=")
        self._put_back(numbers, root)


class Pen:
    """Writes values into `c` elements. `date_code` is the format of a moment where the cell shows no date."""

    def __init__(self, styles: Styles, epoch: datetime, date_code: str) -> None:
        self._styles = styles
        self._dates = styles.date_styles()
        self._epoch = epoch
        self._date_code = date_code

    def fill(self, cell: Any, value: Cell) -> None:
        """The value alone: the cell keeps its style. Text is always inline text, so it never is a formula."""
        del cell[:]
        for attribute in ("t", "cm", "vm"):
            cell.attrib.pop(attribute, None)
        match value:
            case None:
                return
            case str():
                cell.set("t", "inlineStr")
                text = etree.SubElement(etree.SubElement(cell, beside(cell, "is")), beside(cell, "t"))
                text.set(_SPACE, "preserve")
                text.text = escaped(value)
                return
            case bool():
                cell.set("t", "b")
                shown = str(int(value))
            case datetime():
                self._show_date(cell)
                shown = repr(serial(value, self._epoch))
            case _:
                shown = repr(value)
        etree.SubElement(cell, beside(cell, "v")).text = shown

    def dress(self, cell: Any, style: int) -> None:
        """A look for a cell that nobody dressed; what was shown as a date still is."""
        before = int(cell.get("s", "0"))
        if not style or not self._styles.is_bare(before):
            return
        cell.set("s", str(style))
        if before in self._dates:
            self._show_date(cell)

    def _show_date(self, cell: Any) -> None:
        style = int(cell.get("s", "0"))
        if style not in self._dates:
            cell.set("s", str(self._styles.dated(style, self._date_code)))


def with_last_row(area: str, last: int) -> str:
    """A range such as "A1:D9" or "'Tab'!$A$1:$D$9" reaching down to `last`, if it does not already."""
    return _AREA.sub(lambda match: f"{match[1]}{match[2]}:{match[3]}{max(int(match[4]), last)}", area)


def _stretched(areas: str, old_last: int, new_last: int) -> str:
    """Blank separated ranges; those that cover all rows there were shall cover the new ones too."""

    def longer(match: re.Match[str]) -> str:
        covers_all = int(match[2]) <= FIRST_ROW and int(match[4]) == old_last
        return with_last_row(match[0], new_last) if covers_all else match[0]

    return _AREA.sub(longer, areas)


def _at(position: int, look: Any) -> Any:
    column = deepcopy(look)
    column.set("min", str(position))
    column.set("max", str(position))
    return column


def _without(position: int, columns: Any) -> list[Any]:
    """The `col` elements with one column cut out: programs describe long ranges of columns in one."""
    left = []
    for column in columns:
        first, last = int(column.get("min")), int(column.get("max"))
        for start, end in ((first, min(last, position - 1)), (max(first, position + 1), last)):
            if start <= end:
                part = deepcopy(column)
                part.set("min", str(start))
                part.set("max", str(end))
                left.append(part)
    return left


def _touches(area: str, changes: Mapping[int, Mapping[int, Cell]]) -> bool:
    """Whether a cell to be changed lies in a range."""
    left, top, right, bottom = range_boundaries(area)
    rows = range(top, bottom + 1) if bottom - top < len(changes) else changes
    return any(left <= column <= right for row in rows for column in changes.get(row, ()))


def _cells(row: Any) -> dict[int, Any]:
    """The `c` elements of a row by column; one that does not say where it is stands beside the one before."""
    found = {}
    column = 0
    for cell in children(row, "c"):
        column = column_of(cell.get("r")) if cell.get("r") else column + 1
        found[column] = cell
    return found


def _plain(data: bytes) -> bytes:
    """The sheet as UTF-8 without comments, CDATA and the like, so that `<row` can only be a row."""
    start = data.find(b"?>") + 2 if data.startswith(b"<?xml") else 0
    declared = data[:start].lower()
    utf_8 = b"utf-8" in declared if declared else data.startswith(b"<") and data[1:2] != b"\0"
    if utf_8 and b"<!" not in data and data.find(b"<?", start) < 0:
        return data
    return serialise(parse(data))


def _cut(data: bytes) -> tuple[bytes, bytes, bytes]:
    """What stands before the rows, the rows, and what stands after them."""
    opening = _SHEET_DATA.search(data)
    if not opening:
        raise Damaged
    prefix = opening[1]
    start, end = b"<%ssheetData>" % prefix, b"</%ssheetData>" % prefix
    if opening[2]:
        return data[: opening.start()] + start, b"", end + data[opening.end() :]
    closing = data.find(b"</%ssheetData" % prefix, opening.end())
    return data[: opening.end()], data[opening.end() : closing], data[closing:]


def _rows(body: bytes) -> dict[int, bytes]:
    rows: dict[int, bytes] = {}
    number = 0
    for text in _row_texts(body):
        told = _ROW_NUMBER.search(text, 0, text.index(b">"))
        following = int(told[1]) if told else number + 1
        if following <= number:
            raise Damaged
        number = following
        rows[number] = text
    return rows


def _row_texts(body: bytes) -> Iterator[bytes]:
    """Each `row` element as it stands. Text cannot hold a `<`, so tags are found without parsing."""
    position = 0
    while found := _ROW.search(body, position):
        position = body.find(b">", found.end() - 1) + 1
        if body[position - 2 : position] != b"/>":
            position = body.index(b"</%srow" % found[1], position)
            position = body.index(b">", position) + 1
        yield body[found.start() : position]
