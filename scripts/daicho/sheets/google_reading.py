"""Reading a Google Sheet: one request, and where everything stood in its answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from daicho.errors import Conflict, WorkbookError
from daicho.sheets.google_cells import MOMENT_COLUMNS, Grid, Json, Value, a1, cell_of, quoted, read_grid
from daicho.sheets.google_http import GoogleClient, Refused
from daicho.sheets.google_write import PREPARED, generations, state_of
from daicho.sheets.layout import CORE_TABS, STATE_TAB, Column, Layout, Tab, missing_tab
from daicho.sheets.workbook import Cell, Record, Snapshot

READ_FIELDS = (
    "properties.title,developerMetadata(metadataId,metadataValue),"
    "sheets(properties(sheetId,title,gridProperties(rowCount,columnCount)),"
    "data(startRow,startColumn,rowData.values.effectiveValue))"
)
FORMAT_FIELDS = (
    "sheets(properties.sheetId,data(startRow,startColumn,rowData.values.effectiveFormat.numberFormat.type))"
)
SURVEY_FIELDS = "sheets(properties(sheetId,title,index,gridProperties(rowCount,columnCount)),charts.chartId)"
MOMENTS = frozenset({"DATE", "TIME", "DATE_TIME"})
TEXT_COLUMNS = frozenset({"text", "wrap", "link"})
DOUBTFUL = 10_000
"""A number in a column of numbers from which on it may be a date (1927): no count of ours comes near."""


@dataclass(slots=True)
class Found:
    """The spreadsheet as one request gave it. `markers`: generation → token, `grids` by title, `others`: the
    titles of sheets not read, by id, where they had to be asked for."""

    title: str
    markers: dict[int, str]
    grids: dict[str, Grid]
    others: dict[int, str] = field(default_factory=dict)

    @property
    def generation(self) -> int:
        return max(self.markers, default=0)

    @property
    def token(self) -> str:
        """The token of the last write."""
        return self.markers.get(self.generation, "")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of the spreadsheet from the outside: its id, its place among the tabs, its size, its charts."""

    id: int
    index: int
    rows: int
    columns: int
    charts: tuple[int, ...]


@dataclass(slots=True)
class Place:
    """Where a tab stands in the spreadsheet: its sheet as read, its columns by position, and the cells
    (row number, position) that show a number as a date though their column is no date column."""

    grid: Grid
    columns: dict[int, Column]
    moments: set[tuple[int, int]] = field(default_factory=set)

    @property
    def key(self) -> int:
        """The position of the column that names a row; -1 where there is none."""
        return next((at for at, column in self.columns.items() if column.key in ("id", "key")), -1)

    def record(self, number: int) -> Record:
        row = self.grid.row(number)
        cells: dict[str, Cell] = {}
        for position, column in self.columns.items():
            value = row[position] if position < len(row) else None
            cell = cell_of(value, column, moments=(number, position) in self.moments)
            if cell is not None:
                cells[column.key] = cell
        return Record(number, cells)

    def records(self) -> list[Record]:
        """All rows that hold something."""
        records = map(self.record, range(2, len(self.grid.rows) + 1))
        return [record for record in records if record.cells]


@dataclass(slots=True)
class Reading(Snapshot):
    """A snapshot that also knows where everything stood. `markers` are the generations with a marker,
    `sheets` all there are by title, once a survey was made."""

    places: dict[str, Place] = field(default_factory=dict, compare=False, repr=False)
    markers: list[int] = field(default_factory=list, compare=False, repr=False)
    sheets: dict[str, Sheet] | None = field(default=None, compare=False, repr=False)

    @property
    def hidden(self) -> Grid:
        return self.places[STATE_TAB].grid


class Reader:
    """Reads one spreadsheet as a ledger of `layout`."""

    def __init__(self, client: GoogleClient, layout: Layout) -> None:
        self._client = client
        self._layout = layout

    def fetch(self) -> Found:
        """Everything that stands in our tabs, as far as they are there."""
        titles = [tab.label for tab in self._layout.tabs]
        try:
            return self._get(titles)
        except Refused:
            # Google refuses a range in a tab that does not exist: one was renamed or deleted.
            answer = self._client.get({"fields": "sheets.properties(sheetId,title)"})
        sheets = [sheet["properties"] for sheet in answer["sheets"]]
        there = {sheet["title"]: sheet.get("sheetId", 0) for sheet in sheets}
        left = [title for title in titles if title in there]
        if not left:
            raise WorkbookError("google.not-set-up", workbook=self._client.key)
        try:
            found = self._get(left)
        except Refused as refused:
            raise Conflict("google.refused", workbook=self._client.key, reason=refused) from refused
        found.others = {number: title for title, number in there.items() if title not in left}
        return found

    def by_id(self, found: Found, wanted: Iterable[int]) -> dict[int, Grid]:
        """What was read, by sheet id; of the other sheets those that are wanted: renamed tabs of ours, and
        people's own."""
        grids = {grid.sheet_id: grid for grid in found.grids.values()}
        missing = {*wanted} - grids.keys()
        if missing and not found.others:
            found.others = {sheet.id: title for title, sheet in self.survey().items()}
        titles = sorted({found.others[number] for number in missing if number in found.others})
        more = self._get(titles).grids.values() if titles else ()
        return grids | {grid.sheet_id: grid for grid in more}

    def survey(self) -> dict[str, Sheet]:
        """Every sheet by title, without its cells. A reading with ranges names only the sheets they are in,
        so this is a request of its own."""
        answer = self._client.get({"fields": SURVEY_FIELDS})
        return {sheet["properties"]["title"]: _sheet(sheet) for sheet in answer["sheets"]}

    def reading(self, found: Found, taken: datetime) -> Reading:
        """What was fetched, as a snapshot. Raises LayoutError, WorkbookError."""
        places = {tab.key: self._place(tab, found) for tab in self._layout.tabs if _expected(tab, found)}
        self._find_moments({key: place for key, place in places.items() if key != STATE_TAB})
        state = state_of(places[STATE_TAB].grid)
        state.pop(PREPARED, None)
        tables = {key: place.records() for key, place in places.items() if key != STATE_TAB}
        markers = sorted(found.markers)
        tabs = frozenset(found.grids)
        return Reading(found.generation, state, tables, taken, found.token, tabs, places, markers)

    def _get(self, titles: Sequence[str]) -> Found:
        answer = self._client.get({"ranges": [quoted(title) for title in titles], "fields": READ_FIELDS})
        grids = map(read_grid, answer["sheets"])
        title = answer.get("properties", {}).get("title", "")
        return Found(title, generations(answer), {grid.title: grid for grid in grids})

    def _place(self, tab: Tab, found: Found) -> Place:
        if tab.label not in found.grids:
            if not found.markers:
                raise WorkbookError("google.not-set-up", workbook=found.title)
            raise missing_tab(tab, found.grids)
        grid = found.grids[tab.label]
        return Place(grid, tab.locate((at, text) for at, text in enumerate(grid.row(1)) if text is not None))

    def _find_moments(self, places: Mapping[str, Place]) -> None:
        """Finds dates in columns that are for something else: only such cells cost a second request."""
        doubtful = [
            (place, position)
            for place in places.values()
            for position, column in place.columns.items()
            if any(_may_be_moment(value, column) for value in place.grid.column(position))
        ]
        if not doubtful:
            return
        ranges = [a1(place.grid.title, 2, place.grid.row_count, at, at + 1) for place, at in doubtful]
        answer = self._client.get({"ranges": ranges, "fields": FORMAT_FIELDS})
        by_sheet = {place.grid.sheet_id: place for place, _ in doubtful}
        for sheet in answer["sheets"]:
            place = by_sheet[sheet["properties"].get("sheetId", 0)]
            for data in sheet.get("data", []):
                place.moments.update(_moments(data))


def _sheet(message: Json) -> Sheet:
    properties = message["properties"]
    # A sheet that is one chart has no grid.
    grid = properties.get("gridProperties", {})
    charts = tuple(chart["chartId"] for chart in message.get("charts", ()))
    size = grid.get("rowCount", 0), grid.get("columnCount", 0)
    return Sheet(properties.get("sheetId", 0), properties.get("index", 0), *size, charts)


def _expected(tab: Tab, found: Found) -> bool:
    """A core tab is looked for even if it is missing, to say so; another that was deleted is absent."""
    return tab.key in CORE_TABS or tab.label in found.grids


def _may_be_moment(value: Value, column: Column) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float) or column.format in MOMENT_COLUMNS:
        return False
    return column.format in TEXT_COLUMNS or value >= DOUBTFUL


def _moments(data: Json) -> Iterator[tuple[int, int]]:
    """The places of cells whose format shows a date or time."""
    left = data.get("startColumn", 0)
    for number, row in enumerate(data.get("rowData", []), data.get("startRow", 0) + 1):
        for position, cell in enumerate(row.get("values", []), left):
            if cell.get("effectiveFormat", {}).get("numberFormat", {}).get("type") in MOMENTS:
                yield number, position
