"""A person working in the sheet at the same time."""

from __future__ import annotations

from .a1 import Rect, column_index
from .batch import apply
from .cells import FORMATTED
from .errors import ApiError, Json
from .grid import Sheet, grid_range
from .shifts import COLUMNS, ROWS
from .store import Store
from .values import Rendering, sent_rows, value_range, write
from .workbook import Workbook


class Person:
    """Edits one spreadsheet as its owner does in the browser. Rows and columns are counted from 1.

    A column is a number, a letter (`"B"`) or, where no letter fits, the text of its header in row 1.
    """

    def __init__(self, store: Store, spreadsheet_id: str) -> None:
        self.store = store
        self.spreadsheet_id = spreadsheet_id

    # Looking

    @property
    def workbook(self) -> Workbook:
        workbook = self.store.files[self.spreadsheet_id].workbook
        assert workbook is not None
        return workbook

    def tabs(self) -> list[str]:
        return [sheet.title for sheet in self.workbook.sheets]

    def values(self, tab: str) -> list[list[str]]:
        """What a person sees, row by row, without the empty rest."""
        with self.store.lock:
            sheet = self._tab(self.workbook, tab)
            shown = value_range(self.workbook, sheet, sheet.whole, Rendering(FORMATTED))
        return list(shown.get("values", []))

    # Typing

    def edit(self, tab: str, row: int, column: int | str, typed: str) -> None:
        """Types a text into a cell: it becomes a number, date or formula as in the browser."""
        self._type(tab, row, self._column(tab, column), [typed])

    def append(self, tab: str, typed: list[str]) -> int:
        """Types a row below the last one that holds anything. Returns its number."""
        with self.store.lock:
            row = self._tab(self.workbook, tab).last_row_with_value() + 2
            self._type(tab, row, 1, typed)
        return row

    def rename_header(self, tab: str, old: str, new: str) -> None:
        self.edit(tab, 1, self._header(tab, old), new)

    def clear(self, tab: str) -> None:
        """Selects everything below the header and presses Delete."""
        with self.store.lock:
            draft = self._draft()
            sheet = self._tab(draft, tab)
            below = sheet.whole._replace(top=1)
            sheet.change(below, lambda _row, _column, cell: cell._replace(value=None), sparse=True)
            self._keep(draft)

    # Moving things about

    def sort(self, tab: str, column: int | str, *, descending: bool = False) -> None:
        """Sorts the rows below the header by one column."""
        with self.store.lock:
            at = self._column(tab, column) - 1
            sheet = self._tab(self.workbook, tab)
            order = "DESCENDING" if descending else "ASCENDING"
            where = grid_range(sheet.id, sheet.whole._replace(top=1))
            self._do(
                {"sortRange": {"range": where, "sortSpecs": [{"dimensionIndex": at, "sortOrder": order}]}}
            )

    def insert_row(self, tab: str, row: int, count: int = 1) -> None:
        """Opens empty rows above `row`."""
        self._do({"insertDimension": {"range": self._lines(tab, ROWS, row, count)}})

    def delete_row(self, tab: str, row: int, count: int = 1) -> None:
        self._do({"deleteDimension": {"range": self._lines(tab, ROWS, row, count)}})

    def move_row(self, tab: str, row: int, before: int) -> None:
        """Drags a row to stand before another, counted as both are now."""
        source = self._lines(tab, ROWS, row, 1)
        self._do({"moveDimension": {"source": source, "destinationIndex": before - 1}})

    def copy_row(self, tab: str, row: int, to: int) -> None:
        """Copies a whole row over another."""
        source, target = self._row(tab, row), self._row(tab, to)
        self._do({"copyPaste": {"source": source, "destination": target, "pasteType": "PASTE_NORMAL"}})

    def insert_column(self, tab: str, column: int | str) -> None:
        """Opens an empty column left of `column`."""
        at = self._column(tab, column)
        self._do({"insertDimension": {"range": self._lines(tab, COLUMNS, at, 1)}})

    def delete_column(self, tab: str, column: int | str) -> None:
        at = self._column(tab, column)
        self._do({"deleteDimension": {"range": self._lines(tab, COLUMNS, at, 1)}})

    # Tabs

    def add_tab(self, tab: str) -> None:
        self._do({"addSheet": {"properties": {"title": tab}}})

    def delete_tab(self, tab: str) -> None:
        self._do({"deleteSheet": {"sheetId": self._tab(self.workbook, tab).id}})

    def rename_tab(self, tab: str, new: str) -> None:
        properties = {"sheetId": self._tab(self.workbook, tab).id, "title": new}
        self._do({"updateSheetProperties": {"properties": properties, "fields": "title"}})

    def lock(self, tab: str, first_row: int, last_row: int) -> None:
        """Protects rows so that the program (not the owner) is refused."""
        with self.store.lock:
            draft = self._draft()
            sheet = self._tab(draft, tab)
            where = grid_range(sheet.id, sheet.whole._replace(top=first_row - 1, bottom=last_row))
            number = len(sheet.objects["protectedRanges"]) + 1
            item = {"protectedRangeId": number, "range": where, "requestingUserCanEdit": False}
            sheet.objects["protectedRanges"].append(item)
            self._keep(draft)

    # Inside

    def _draft(self) -> Workbook:
        """A fork in which nothing is locked: the person owns the file."""
        draft = self.workbook.fork()
        for sheet in draft.sheets:
            sheet.owned = True
        return draft

    def _keep(self, draft: Workbook) -> None:
        for sheet in draft.sheets:
            sheet.owned = False
        self.store.commit(draft)

    def _do(self, request: Json) -> None:
        with self.store.lock:
            draft = self._draft()
            apply(self.store.context(draft), [request])
            self._keep(draft)

    def _type(self, tab: str, row: int, column: int, typed: list[str]) -> None:
        with self.store.lock:
            draft = self._draft()
            sheet = self._tab(draft, tab)
            sheet.resize(ROWS, max(sheet.row_count, row))
            target = Rect(row - 1, row, column - 1, column - 1 + len(typed))
            rows = sent_rows({"values": [typed]})
            write(draft, sheet, target, rows, "USER_ENTERED", self.store.now().date())
            self._keep(draft)

    def _tab(self, workbook: Workbook, tab: str) -> Sheet:
        sheet = workbook.titled(tab)
        if sheet is None:
            raise ApiError(f"There is no tab {tab}.")
        return sheet

    def _lines(self, tab: str, dimension: str, first: int, count: int) -> Json:
        sheet = self._tab(self.workbook, tab)
        span = {"startIndex": first - 1, "endIndex": first - 1 + count}
        return {"sheetId": sheet.id, "dimension": dimension} | span

    def _row(self, tab: str, row: int) -> Json:
        sheet = self._tab(self.workbook, tab)
        return grid_range(sheet.id, sheet.whole._replace(top=row - 1, bottom=row))

    def _column(self, tab: str, column: int | str) -> int:
        if isinstance(column, int):
            return column
        if column.isascii() and column.isalpha() and column.isupper() and len(column) <= 3:
            return column_index(column) + 1
        return self._header(tab, column)

    def _header(self, tab: str, header: str) -> int:
        headers = (self.values(tab) or [[]])[0]
        if header not in headers:
            raise ApiError(f"There is no column {header} in {tab}.")
        return headers.index(header) + 1
