"""`daicho setup`: makes a Google Sheet a ledger, and an old ledger a new one.

Everything goes into one atomic batch. What is there already is recognised by tab title and header text, and
by a mark (developer metadata) on every tab that is dressed; what people moved, added or deleted stays so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from daicho.errors import Conflict, WorkbookError
from daicho.sheets.dress import row_height
from daicho.sheets.google_cells import (
    PIXELS,
    Grid,
    Json,
    Value,
    a1,
    quoted,
    read_grid,
    row_heights,
    value_for,
    write_rows,
)
from daicho.sheets.google_dress import dress_columns, dress_tab, dropdown
from daicho.sheets.google_http import TRIES, GoogleClient, Refused, Unsure
from daicho.sheets.google_write import FIRST_MARKER, PREPARED, generations, marker, state_of
from daicho.sheets.layout import CORE_TABS, STATE_TAB, Column, Layout, Tab
from daicho.sheets.statuses import listed_statuses, with_statuses
from daicho.sheets.workbook import Cell
from daicho.wording import wording

TAB_KEY = "daicho-tab"
"""The mark on a dressed tab; its value is the tab's key."""

STATUSES = "statuses"
"""Under which name the hidden tab keeps what the status dropdown was given."""

SETUP = "setup"
"""The token of the generation marker a setup makes."""

SPARE_ROWS = 200
"""Empty rows a new tab has, so that people have room to type."""

LOOK_FIELDS = (
    "properties(title,locale,timeZone),developerMetadata(metadataId,metadataValue),"
    "sheets(properties(sheetId,title,gridProperties(rowCount,columnCount)),"
    "developerMetadata(metadataKey,metadataValue),bandedRanges.bandedRangeId)"
)
CELL_FIELDS = (
    "sheets(properties(sheetId,title,gridProperties(rowCount,columnCount)),"
    "data(startRow,startColumn,rowData.values.effectiveValue))"
)


@dataclass(slots=True)
class There:
    """The spreadsheet before the work. `marks`: sheet id → the key of the tab it was dressed as."""

    title: str
    generations: dict[int, str]
    grids: dict[str, Grid]
    marks: dict[int, str]
    banded: set[int]
    made: dict[str, list[str]]
    state: dict[str, str]

    @property
    def is_new(self) -> bool:
        return not self.generations


@dataclass(slots=True)
class Work:
    """What a setup will do: a line for people on each thing, new sheets (made before all else, as dropdowns
    point from sheet to sheet), the other requests, where every tab's columns will stand, and what is kept of
    it in the hidden tab."""

    lines: list[str] = field(default_factory=list)
    sheets: list[Json] = field(default_factory=list)
    requests: list[Json] = field(default_factory=list)
    places: dict[str, dict[int, Column]] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)


class Setup:
    """Creates or upgrades every tab of `layout`. `zone` is the shop's time zone, for a fresh spreadsheet."""

    def __init__(self, client: GoogleClient, layout: Layout, zone: str = "") -> None:
        self.client = client
        self._layout = layout
        self._zone = zone
        self._say = wording(layout.language).say

    def run(self, starters: Mapping[str, Sequence[Mapping[str, Cell]]], *, dry: bool = False) -> list[str]:
        """Does what is missing (with `dry`, only tells); one line each. Raises WorkbookError."""
        for attempt in range(1, TRIES + 1):
            there = self._look()
            work = self._plan(there, starters)
            if dry or not work.requests:
                return work.lines
            body = {"requests": [*work.sheets, *work.requests]}
            try:
                self.client.batch(body, "spreadsheetId")
            except Refused as refused:
                raise Conflict("google.refused", workbook=there.title, reason=refused) from refused
            except Unsure:
                # Looking again tells whether it was applied: then nothing is left to do.
                self.client.patience.wait(attempt)
                continue
            return work.lines
        raise WorkbookError("google.unreachable")

    # --- what is there ------------------------------------------------------------------------------------

    def _look(self) -> There:
        answer = self.client.get({"fields": LOOK_FIELDS})
        sheets = answer["sheets"]
        grids = {grid.title: grid for grid in map(read_grid, sheets)}
        grids |= self._contents(grids)
        marks = {
            sheet["properties"].get("sheetId", 0): item.get("metadataValue", "")
            for sheet in sheets
            for item in sheet.get("developerMetadata", [])
            if item.get("metadataKey") == TAB_KEY
        }
        hidden = grids.get(self._layout.tab(STATE_TAB).label)
        state = state_of(hidden) if hidden else {}
        return There(
            title=answer.get("properties", {}).get("title", ""),
            generations=generations(answer),
            grids=grids,
            marks=marks,
            banded={sheet["properties"].get("sheetId", 0) for sheet in sheets if sheet.get("bandedRanges")},
            made=json.loads(state.get(PREPARED, "{}")),
            state=state,
        )

    def _contents(self, grids: Mapping[str, Grid]) -> dict[str, Grid]:
        """Headers of our tabs, the settings, the state, and the cells of a sheet that stands alone."""
        there = [(tab.key, grids[tab.label]) for tab in self._layout.tabs if tab.label in grids]
        ranges = [
            a1(grid.title, 1, grid.row_count if key == "settings" else 1, 0, grid.column_count)
            for key, grid in there
            if key != STATE_TAB
        ]
        hidden = grids.get(self._layout.tab(STATE_TAB).label)
        if hidden:
            ranges.append(a1(hidden.title, 1, hidden.row_count, 0, 2))
        if len(grids) == 1 and not ranges:
            ranges = [quoted(next(iter(grids)))]
        if not ranges:
            return {}
        answer = self.client.get({"ranges": ranges, "fields": CELL_FIELDS})
        return {grid.title: grid for grid in map(read_grid, answer["sheets"])}

    # --- what to do ---------------------------------------------------------------------------------------

    def _plan(self, there: There, starters: Mapping[str, Sequence[Mapping[str, Cell]]]) -> Work:
        work, ids = Work(), self._free_ids(there)
        upgraded = [tab for tab in self._layout.tabs if tab.label in there.grids]
        created = [tab for tab in self._layout.tabs if tab not in upgraded and self._is_news(there, tab)]
        work.places |= {tab.key: _columns(there.grids[tab.label], tab) for tab in upgraded}
        work.places |= {tab.key: dict(enumerate(tab.columns)) for tab in created}
        for tab in upgraded:
            self._upgrade(work, there, tab)
        for tab in created:
            # In a new spreadsheet our tabs come first; in an old one they go to the right end.
            index = self._layout.tabs.index(tab) if there.is_new else None
            self._create(work, tab, next(ids), index, starters.get(tab.key, []))
        self._offer_statuses(work, there)
        if not work.requests:
            return work
        if there.is_new and self._zone:
            work.requests.append(
                {
                    "updateSpreadsheetProperties": {
                        "properties": {"timeZone": self._zone},
                        "fields": "timeZone",
                    }
                }
            )
        self._remove_blank(work, there)
        self._remember(work, there)
        return work

    def _offer_statuses(self, work: Work, there: There) -> None:
        """Lays the statuses of the settings tab into the dropdown, where they were not laid there before."""
        ledger, settings = (there.grids.get(self._layout.tab(key).label) for key in ("inquiries", "settings"))
        at = next((at for at, one in work.places.get("inquiries", {}).items() if one.key == "status"), None)
        if ledger is None or settings is None or at is None:
            return
        keys = {place: column.key for place, column in work.places["settings"].items()}
        rows = [
            {
                keys[place]: value
                for place, value in enumerate(row)
                if place in keys and isinstance(value, str)
            }
            for row in settings.rows[1:]
        ]
        offered = listed_statuses(rows, self._layout)
        usual = ",".join(self._layout.lists["status"].values())
        if there.state.get(STATUSES, usual) == ",".join(offered):
            return
        widened = with_statuses(self._layout, offered)
        column = widened.tab("inquiries").column("status")
        work.requests += dropdown(widened, ledger.sheet_id, at, column, work.places)
        work.kept[STATUSES] = ",".join(offered)
        work.lines.append(self._say("sheets.statuses-offered", statuses=offered))

    def _is_news(self, there: There, tab: Tab) -> bool:
        """Whether a missing tab was never made. One that was made, a person renamed or deleted."""
        if tab.key in there.made or tab.key in there.marks.values():
            return False
        return there.is_new or tab.key not in CORE_TABS

    def _create(
        self, work: Work, tab: Tab, sheet: int, index: int | None, rows: Sequence[Mapping[str, Cell]]
    ) -> None:
        width = len(tab.columns) + (2 if tab.key == STATE_TAB else 0)
        properties: Json = {
            "sheetId": sheet,
            "title": tab.label,
            "gridProperties": {"rowCount": SPARE_ROWS + len(rows), "columnCount": width},
        }
        if index is not None:
            properties["index"] = index
        columns = work.places[tab.key]
        work.sheets.append({"addSheet": {"properties": properties}})
        work.requests += write_rows(sheet, 1, [{at: column.label for at, column in columns.items()}])
        work.requests += self._dressing(work, tab, sheet, banded=False)
        work.requests += write_rows(sheet, 2, [self._values(columns, row) for row in rows])
        work.requests += row_heights(sheet, 2, [round(row_height(tab, row) * PIXELS) for row in rows])
        if not tab.hidden:
            work.lines.append(self._say("sheets.tab-added", tab=tab.label))

    def _values(self, columns: Mapping[int, Column], row: Mapping[str, Cell]) -> dict[int, Value]:
        tick, mark = self._layout.label("check", "yes"), self._say("sheets.cut")
        return {
            at: value_for(row[column.key], column, tick, mark)
            for at, column in columns.items()
            if column.key in row
        }

    def _upgrade(self, work: Work, there: There, tab: Tab) -> None:
        """A tab that is there: new columns at its right end, and its dressing if it never had one."""
        grid = there.grids[tab.label]
        columns = work.places[tab.key]
        found = {column.key for column in columns.values()}
        # An empty tab of our name is filled; in one with rows of ours, a missing header was renamed.
        known = set(there.made.get(tab.key, [column.key for column in tab.columns if found]))
        new = [column for column in tab.columns if column.key not in known | found]
        added = dict(enumerate(new, len(grid.row(1))))
        columns |= added
        work.requests += _new_headers(grid, added)
        for column in new:
            work.lines.append(self._say("sheets.column-added", tab=tab.label, header=column.label))
        if grid.sheet_id in there.marks:
            work.requests += dress_columns(self._layout, grid.sheet_id, added, work.places)
        elif columns:
            work.requests += self._dressing(work, tab, grid.sheet_id, banded=grid.sheet_id in there.banded)
            if not tab.hidden:
                work.lines.append(self._say("google.tab-dressed", tab=tab.label))

    def _dressing(self, work: Work, tab: Tab, sheet: int, *, banded: bool) -> Iterator[Json]:
        yield from dress_tab(self._layout, tab, sheet, work.places, banded=banded)
        yield {
            "createDeveloperMetadata": {
                "developerMetadata": {
                    "metadataKey": TAB_KEY,
                    "metadataValue": tab.key,
                    "location": {"sheetId": sheet},
                    "visibility": "DOCUMENT",
                }
            }
        }

    def _remove_blank(self, work: Work, there: There) -> None:
        """The empty sheet every new spreadsheet begins with goes; a sheet with anything in it stays."""
        if len(there.grids) != 1:
            return
        (grid,) = there.grids.values()
        ours = any(grid.title == tab.label for tab in self._layout.tabs)
        if not ours and not any(any(value is not None for value in row) for row in grid.rows):
            work.requests.append({"deleteSheet": {"sheetId": grid.sheet_id}})
            work.lines.append(self._say("google.blank-removed", tab=grid.title))

    def _remember(self, work: Work, there: There) -> None:
        """Counts the work as a write, and keeps in the hidden tab what was ever made."""
        generation = max(there.generations, default=-1) + 1
        work.sheets.insert(0, marker(generation, SETUP))
        made = there.made | {tab.key: [column.key for column in tab.columns] for tab in self._layout.tabs}
        kept = {PREPARED: json.dumps(made, separators=(",", ":")), **work.kept}
        names = list(dict.fromkeys([*there.state, *kept]))
        hidden = self._layout.tab(STATE_TAB).label
        sheet = there.grids[hidden].sheet_id if hidden in there.grids else self._created(work, hidden)
        for name, text in kept.items():
            work.requests += write_rows(sheet, 2 + names.index(name), [{0: name, 1: text}])

    def _created(self, work: Work, title: str) -> int:
        added = [request["addSheet"]["properties"] for request in work.sheets if "addSheet" in request]
        return next(int(properties["sheetId"]) for properties in added if properties["title"] == title)

    def _free_ids(self, there: There) -> Iterator[int]:
        """Sheet ids nobody uses, so that later requests of the batch can name the new sheets."""
        taken = {grid.sheet_id for grid in there.grids.values()}
        return (number for number in range(FIRST_MARKER, FIRST_MARKER + 10_000) if number not in taken)


def _columns(grid: Grid, tab: Tab) -> dict[int, Column]:
    """The columns of a tab that is there, by position."""
    return tab.find((at, text) for at, text in enumerate(grid.row(1)) if text is not None)


def _new_headers(grid: Grid, columns: Mapping[int, Column]) -> Iterator[Json]:
    """Requests that write headers at the right end, and widen the sheet for them."""
    missing = max(columns, default=0) + 1 - grid.column_count
    if missing > 0:
        yield {"appendDimension": {"sheetId": grid.sheet_id, "dimension": "COLUMNS", "length": missing}}
    yield from write_rows(grid.sheet_id, 1, [{at: column.label for at, column in columns.items()}])
