"""The tabs of an opened .xlsx as tables: rows by column key out, changed and added rows in."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

from lxml import etree
from openpyxl.utils import range_boundaries

from daicho.sheets.cells import EPOCH, EPOCH_1904, Values, column_of, string_text
from daicho.sheets.dress import row_height
from daicho.sheets.layout import Column, Tab, missing_tab
from daicho.sheets.package import SAFE, Damaged, Package, child, parse, serialise
from daicho.sheets.styles import Styles
from daicho.sheets.workbook import Cell, Record
from daicho.sheets.worksheet import Pen, Worksheet, read_rows, with_last_row

HEADER_ROW = 1


class Tables:
    """A workbook file opened in memory. Changes go to a new file, which `data()` gives."""

    def __init__(self, data: bytes, tick: str, date_code: str) -> None:
        """`tick` stands in a ticked box; `date_code` is the number format of moments. Raises Damaged."""
        self.package = Package(data)
        self.styles = Styles(self._part("styles"))
        self._tick = tick
        self._date_code = date_code
        settings = child(self.package.workbook, "workbookPr")
        since_1904 = settings is not None and settings.get("date1904") in ("1", "true")
        self._epoch = EPOCH_1904 if since_1904 else EPOCH
        self.values = Values(self._strings(), self.styles.date_styles(), self._epoch)

    def has(self, tab: Tab) -> bool:
        return tab.label in self.package.sheets

    def is_whole(self, tab: Tab) -> bool:
        """Whether the tab is there with each of its columns once."""
        found = tab.find(self.headers(tab).items()).values() if self.has(tab) else ()
        return sorted(column.key for column in found) == sorted(column.key for column in tab.columns)

    def headers(self, tab: Tab) -> dict[int, Cell]:
        """What stands in row 1, by column. Raises LayoutError for a missing tab."""
        number, cells = next(read_rows(self._sheet(tab), self.values), (HEADER_ROW, {}))
        return cells if number == HEADER_ROW else {}

    def rows(self, label: str) -> Iterator[tuple[int, dict[int, Cell]]]:
        """Each row of any sheet that holds something, as (row number, value by column). Raises Damaged."""
        return read_rows(self.package.read(self.package.sheets[label]), self.values)

    def read(self, tab: Tab) -> list[Record]:
        """All rows of a tab that hold something. Raises LayoutError, Damaged."""
        rows = read_rows(self._sheet(tab), self.values)
        number, headers = next(rows, (HEADER_ROW, {}))
        columns = tab.locate(headers.items() if number == HEADER_ROW else ())
        records = (Record(number, self._record(columns, cells)) for number, cells in rows)
        return [record for record in records if record.cells]

    def columns(self, tab: Tab) -> frozenset[int]:
        """Where the tab's own columns stand. Raises LayoutError."""
        return frozenset(tab.locate(self.headers(tab).items()))

    def pen(self) -> Pen:
        """Writes values into this file's cells."""
        return Pen(self.styles, self._epoch, self._date_code)

    def write(
        self,
        tab: Tab,
        updates: Mapping[int, Mapping[str, Cell]],
        appends: Sequence[Mapping[str, Cell]],
    ) -> int:
        """Sets cells (row number → cells by column key) and adds rows; the number of the first row added.

        A row typed by hand that gets its id now is dressed like a row added. Values must be as `stored` gives
        them. Raises LayoutError, Damaged.
        """
        sheet = Worksheet(self._sheet(tab))
        columns = tab.locate(sheet.row(HEADER_ROW, self.values).items())
        last = sheet.last_row(frozenset(columns))
        changes = {number: self._changed(columns, cells) for number, cells in updates.items()}
        new = self._typed(sheet, columns, updates) | dict(enumerate(appends, last + 1))
        changes |= {number: self._changed(columns, cells) for number, cells in enumerate(appends, last + 1)}
        heights = {number: row_height(tab, cells) for number, cells in new.items()}
        sheet.write(changes, self.pen(), heights)
        self._stretch(sheet, tab.label, last + len(appends), heights)
        self.package.write(self.package.sheets[tab.label], sheet.data())
        return last + 1

    def add_column(self, tab: Tab, header: Any, look: Any, dropdowns: Sequence[Any]) -> None:
        """A column right of all others (see `Worksheet.add_column`)."""
        sheet = Worksheet(self._sheet(tab))
        width = max((max(cells) for _, cells in read_rows(self._sheet(tab), self.values)), default=0)
        sheet.add_column(width + 1, header, look, dropdowns)
        self.package.write(self.package.sheets[tab.label], sheet.data())

    def offer(self, tab: Tab, column: str, usual: Sequence[str], offered: Sequence[str]) -> bool:
        """Makes a column's dropdown offer these; whether it did not yet.

        Only a list that begins with the `usual` words is ours: one that a person made stays.
        """
        sheet = Worksheet(self._sheet(tab))
        places = tab.locate(sheet.row(HEADER_ROW, self.values).items())
        position = next(place for place, known in places.items() if known.key == column)
        wanted, ours = f'"{",".join(offered)}"', f'"{",".join(usual)}'

        def widen(frame: Any) -> bool:
            lists = [
                formula
                for rule in frame.iter("{*}dataValidation")
                if column_of((rule.get("sqref") or "A1").split(":")[0]) == position
                and (formula := child(rule, "formula1")) is not None
                and (formula.text or "").startswith(ours)
                and formula.text != wanted
            ]
            for formula in lists:
                formula.text = wanted
            return bool(lists)

        if changed := sheet.reframe(widen):
            self.package.write(self.package.sheets[tab.label], sheet.data())
        return changed

    def data(self) -> bytes:
        """The new file."""
        self.package.recalculate_on_opening()
        if self.styles.changed and (part := self.package.optional("styles")):
            self.package.write(part, serialise(self.styles.root))
        return self.package.data()

    def _sheet(self, tab: Tab) -> bytes:
        if not self.has(tab):
            raise missing_tab(tab, self.package.sheets)
        return self.package.read(self.package.sheets[tab.label])

    def _part(self, kind: str) -> Any:
        part = self.package.optional(kind)
        if part is None:
            raise Damaged
        return parse(self.package.read(part))

    def _strings(self) -> list[str]:
        part = self.package.optional("sharedStrings")
        if part is None:
            return []
        found = []
        try:
            for _, item in etree.iterparse(BytesIO(self.package.read(part)), tag="{*}si", **SAFE):
                found.append(string_text(item))
                item.clear()
                while item.getprevious() is not None:
                    del item.getparent()[0]
        except etree.XMLSyntaxError as error:
            raise Damaged from error
        return found

    def _record(self, columns: Mapping[int, Column], cells: Mapping[int, Cell]) -> dict[str, Cell]:
        return {
            column.key: value
            for position, cell in cells.items()
            if (column := columns.get(position)) and (value := self._shown(column, cell)) is not None
        }

    def _shown(self, column: Column, cell: Cell) -> Cell:
        """A box's mark as True, an empty box (Excel's own hold FALSE) as nothing."""
        if column.format != "check":
            return cell
        return True if cell == self._tick else cell or None

    def _changed(self, columns: Mapping[int, Column], cells: Mapping[str, Cell]) -> dict[int, Cell]:
        return {
            position: self._written(column, cells[column.key])
            for position, column in columns.items()
            if column.key in cells
        }

    def _written(self, column: Column, value: Cell) -> Cell:
        return self._tick if column.format == "check" and value is True else value

    def _typed(
        self, sheet: Worksheet, columns: Mapping[int, Column], updates: Mapping[int, Mapping[str, Cell]]
    ) -> dict[int, Mapping[str, Cell]]:
        """The rows among `updates` that people typed and that get their id now, with all their cells."""
        named = [number for number, cells in updates.items() if cells.get("id")]
        before = {number: self._record(columns, sheet.row(number, self.values)) for number in named}
        return {number: {**cells, **updates[number]} for number, cells in before.items() if "id" not in cells}

    def _stretch(self, sheet: Worksheet, label: str, last: int, new: Container[int]) -> None:
        """What covered all rows above the `new` ones at the bottom shall reach down to the last."""
        old_last = last
        while old_last in new:
            old_last -= 1
        if old_last < last:
            sheet.stretch(old_last, last)
            self._stretch_filter(label, last)
            self._stretch_tables(label, old_last, last)

    def _stretch_filter(self, label: str, last: int) -> None:
        """The filter's range is told twice: in the sheet, and as a hidden name."""
        name = self.package.defined_name("_xlnm._FilterDatabase", label)
        if name is not None and name.text:
            name.text = with_last_row(name.text, last)

    def _stretch_tables(self, label: str, old_last: int, new_last: int) -> None:
        """A table a person made of the rows takes the new ones in, unless it ends in a row of totals."""
        for part in self.package.related(self.package.sheets[label], "table"):
            root = parse(self.package.read(part))
            if root.get("totalsRowCount", "0") != "0" or range_boundaries(root.get("ref"))[3] != old_last:
                continue
            for element in (root, child(root, "autoFilter")):
                if element is not None:
                    element.set("ref", with_last_row(element.get("ref"), new_last))
            self.package.write(part, serialise(root))
