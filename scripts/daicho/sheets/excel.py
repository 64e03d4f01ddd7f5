"""The ledger as a local .xlsx file: the embedded default that needs no account.

A new file is dressed with openpyxl. Every later write patches the file's own XML and leaves alone what it
does not know, so all that a person put into the file is still there.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from daicho.errors import Conflict, WorkbookError
from daicho.sheets.cells import CELL_LIMIT, stored
from daicho.sheets.dress import MOMENT_FORMATS, dressed
from daicho.sheets.excel_erase import erase
from daicho.sheets.excel_page import draw_page
from daicho.sheets.layout import CORE_TABS, STATE_TAB, Column, Layout, Tab
from daicho.sheets.ledger_file import LedgerFile, digest
from daicho.sheets.package import Damaged
from daicho.sheets.page import Page, state_name
from daicho.sheets.statuses import listed_statuses
from daicho.sheets.tables import Tables
from daicho.sheets.upgrade import Pattern
from daicho.sheets.workbook import Cell, Commit, Record, Snapshot
from daicho.wording import wording

GENERATION = "generation"
PREPARED = "prepared"
"""What the hidden tab keeps for this adapter: the count of writes, and the tabs and columns ever made."""


@dataclass(slots=True)
class _Change:
    """What one tab is to take: cells by row number, and rows to add."""

    updates: dict[int, dict[str, Cell]] = field(default_factory=dict)
    appends: list[dict[str, Cell]] = field(default_factory=list)


class ExcelWorkbook:
    """The Workbook port on an .xlsx file."""

    batch = 1000

    def __init__(
        self, path: Path, layout: Layout, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.name = path.name
        self._file = LedgerFile(path)
        self._layout = layout
        self._clock = clock
        self._say = wording(layout.language).say

    def prepare(self, layout: Layout, starters: dict[str, list[dict[str, Cell]]]) -> list[str]:
        self._layout = layout
        return self._upgrade(starters) if self._file.exists() else self._create(starters)

    def read(self) -> Snapshot:
        data = self._file.read()
        taken = self._clock()
        with self._damage_told():
            tables = self._open(data)
            found = {tab.key: tables.read(tab) for tab in self._layout.tabs if self._is_expected(tab, tables)}
            state = self._state(tables)
            generation = _generation(state)
            tabs = frozenset(tables.package.sheets)
        del found[STATE_TAB]
        kept = {name: value for name, value in state.items() if name not in (GENERATION, PREPARED)}
        return Snapshot(generation, kept, found, taken, digest(data), tabs)

    def commit(self, base: Snapshot, commit: Commit) -> Snapshot:
        return self._commit(base, commit, lambda tables: None)

    def erase(self, base: Snapshot, commit: Commit, blot: Callable[[str], str]) -> Snapshot:
        def take_out(tables: Tables) -> None:
            there = [tab for tab in self._layout.tabs if tables.has(tab)]
            own = {tab.label: tables.columns(tab) for tab in there}
            erase(tables, own, blot)

        return self._commit(base, commit, take_out)

    def _commit(self, base: Snapshot, commit: Commit, then: Callable[[Tables], None]) -> Snapshot:
        """Writes `commit` and does to the opened file what comes `then`, as one."""
        changes = self._changes(commit)
        state: dict[str, Cell] = {GENERATION: base.generation + 1, **commit.state}
        data = self._file.read()
        if digest(data) != base.mark:
            raise Conflict("sheets.changed", file=self.name)
        with self._damage_told():
            tables = self._open(data)
            changes[STATE_TAB] = self._state_change(tables, state)
            first_rows = self._write(tables, changes)
            then(tables)
            written = tables.data()
        self._file.replace(written, base.mark)
        return self._after(base, changes, commit.state, first_rows, digest(written))

    def survey(self, base: Snapshot) -> Snapshot:
        """Every reading knows all tabs of a file."""
        return base

    def write_pages(self, base: Snapshot, pages: Sequence[Page]) -> Snapshot:
        remembered = {state_name(page.label): page.stamp for page in pages}
        state: dict[str, Cell] = {GENERATION: base.generation + 1, **remembered}
        data = self._file.read()
        if digest(data) != base.mark:
            raise Conflict("sheets.changed", file=self.name)
        with self._damage_told():
            tables = self._open(data)
            for page in pages:
                draw_page(tables.package, tables.styles, page)
            self._write(tables, {STATE_TAB: self._state_change(tables, state)})
            written = tables.data()
        self._file.replace(written, base.mark)
        after = self._after(base, {}, remembered, {}, digest(written))
        return replace(after, tabs=base.tabs | {page.label for page in pages})

    def _create(self, starters: dict[str, list[dict[str, Cell]]]) -> list[str]:
        tables = self._open(dressed(self._layout))
        changes = self._changes(Commit(appends=starters))
        made = {tab.key: _keys(tab) for tab in self._layout.tabs}
        changes[STATE_TAB] = self._state_change(tables, {GENERATION: 0, PREPARED: json.dumps(made)})
        self._write(tables, changes)
        self._file.replace(tables.data(), None)
        return [self._say("sheets.created", file=self.name)]

    def _upgrade(self, starters: dict[str, list[dict[str, Cell]]]) -> list[str]:
        """Adds what this version of daicho has and the file never had.

        What was made once and is gone now, a person renamed or deleted: `read` tells of what it cannot do
        without, and the rest stays away.
        """
        data = self._file.read()
        with self._damage_told():
            tables = self._open(data)
            state = self._state(tables)
            made = _made(state)
            new_tabs, new_columns = self._news(tables, made)
            offered = self._offer_statuses(tables)
            if not new_tabs and not new_columns and not offered:
                return []
            pattern = Pattern(self._layout, tables, {tab.key for tab in new_tabs})
            for tab in new_tabs:
                pattern.add_tab(tab)
            for tab, column in new_columns:
                pattern.add_column(tab, column)
            changes = self._changes(Commit(appends={tab.key: starters.get(tab.key, []) for tab in new_tabs}))
            made |= {tab.key: _keys(tab) for tab in self._layout.tabs}
            own: dict[str, Cell] = {GENERATION: _generation(state) + 1, PREPARED: json.dumps(made)}
            changes[STATE_TAB] = self._state_change(tables, own)
            self._write(tables, changes)
            self._file.replace(tables.data(), digest(data))
        added = [self._say("sheets.tab-added", tab=tab.label) for tab in new_tabs if not tab.hidden]
        added += [
            self._say("sheets.column-added", tab=tab.label, header=column.label)
            for tab, column in new_columns
        ]
        return added + ([self._say("sheets.statuses-offered", statuses=offered)] if offered else [])

    def _offer_statuses(self, tables: Tables) -> tuple[str, ...]:
        """Puts the statuses of the settings tab into the dropdown; what it offers now, if that is new."""
        ledger, settings = self._layout.tab("inquiries"), self._layout.tab("settings")
        if not tables.is_whole(ledger) or not tables.is_whole(settings):
            # Reading tells what is missing.
            return ()
        offered = listed_statuses((row.cells for row in tables.read(settings)), self._layout)
        usual = self._layout.lists["status"].values()
        return offered if tables.offer(ledger, "status", tuple(usual), offered) else ()

    def _news(
        self, tables: Tables, made: Mapping[str, list[str]]
    ) -> tuple[list[Tab], list[tuple[Tab, Column]]]:
        """The tabs and columns that are missing and were never made."""
        foreign = not any(tables.has(tab) for tab in self._layout.tabs if tab.key in CORE_TABS)
        new_tabs, new_columns = [], []
        for tab in self._layout.tabs:
            if tables.has(tab):
                there = {column.key for column in tab.find(tables.headers(tab).items()).values()}
                known = there.union(made.get(tab.key, _keys(tab)))
                new_columns += [(tab, column) for column in tab.columns if column.key not in known]
            elif tab.key not in made and (foreign or tab.key not in CORE_TABS):
                new_tabs.append(tab)
        return new_tabs, new_columns

    def _state(self, tables: Tables) -> dict[str, str]:
        """What the hidden tab keeps; nothing where there is no such tab."""
        tab = self._layout.tab(STATE_TAB)
        rows = tables.read(tab) if tables.has(tab) else []
        return {
            str(row.cells["name"]): str(row.cells.get("value", "")) for row in rows if "name" in row.cells
        }

    def _open(self, data: bytes) -> Tables:
        tick = self._layout.label("check", "yes")
        return Tables(data, tick, MOMENT_FORMATS[self._layout.language])

    def _is_expected(self, tab: Tab, tables: Tables) -> bool:
        """A core tab is read even if it is missing, to say so; another that was deleted is simply absent."""
        return tab.key in CORE_TABS or tables.has(tab)

    def _stored(self, tab: str, cells: Mapping[str, Cell]) -> dict[str, Cell]:
        """Cells as they will be read back. An unticked box is an empty cell."""
        boxes = {column.key for column in self._layout.tab(tab).columns if column.format == "check"}
        mark = self._say("sheets.cut")
        return {
            key: None if key in boxes and value is False else stored(value, CELL_LIMIT, mark)
            for key, value in cells.items()
        }

    def _changes(self, commit: Commit) -> dict[str, _Change]:
        changes: dict[str, _Change] = defaultdict(_Change)
        for update in commit.updates:
            cells = changes[update.tab].updates.setdefault(update.record.number, {})
            cells.update(self._stored(update.tab, update.cells))
        for tab, rows in commit.appends.items():
            changes[tab].appends.extend(self._stored(tab, row) for row in rows)
        return changes

    def _state_change(self, tables: Tables, state: Mapping[str, Cell]) -> _Change:
        known = {row.cells.get("name"): row.number for row in tables.read(self._layout.tab(STATE_TAB))}
        change = _Change()
        for name, value in self._stored(STATE_TAB, state).items():
            if name in known:
                change.updates[known[name]] = {"value": value}
            else:
                change.appends.append({"name": name, "value": value})
        return change

    def _write(self, tables: Tables, changes: Mapping[str, _Change]) -> dict[str, int]:
        """Writes the changes into the opened file; the number of the first row added to each tab."""
        return {
            key: tables.write(self._layout.tab(key), change.updates, change.appends)
            for key, change in changes.items()
            if change.updates or change.appends
        }

    def _after(
        self,
        base: Snapshot,
        changes: Mapping[str, _Change],
        state: dict[str, str],
        first: Mapping[str, int],
        mark: str,
    ) -> Snapshot:
        """`base` with the changes applied, as reading the new file would give it."""
        tables = dict(base.tables)
        for key in changes.keys() - {STATE_TAB}:
            change = changes[key]
            rows = [_updated(row, change.updates.get(row.number)) for row in tables[key]]
            rows += [
                Record(number, _filled(cells))
                for number, cells in enumerate(change.appends, first.get(key, 0))
            ]
            tables[key] = [row for row in rows if row.cells]
        return Snapshot(base.generation + 1, base.state | state, tables, self._clock(), mark, base.tabs)

    @contextmanager
    def _damage_told(self) -> Iterator[None]:
        try:
            yield
        except Damaged as damage:
            key = "sheets.sealed" if damage.sealed else "sheets.damaged"
            raise WorkbookError(key, file=self.name) from damage


def _generation(state: Mapping[str, str]) -> int:
    """How often the ledger was written."""
    text = state.get(GENERATION, "0")
    if not text.isdecimal():
        raise Damaged
    return int(text)


def _made(state: Mapping[str, str]) -> dict[str, list[str]]:
    """The columns that were ever made, by tab key; none where that is not told."""
    try:
        return dict(json.loads(state.get(PREPARED, "{}")))
    except ValueError:
        return {}


def _keys(tab: Tab) -> list[str]:
    return [column.key for column in tab.columns]


def _filled(cells: Mapping[str, Cell]) -> dict[str, Cell]:
    return {key: value for key, value in cells.items() if value is not None}


def _updated(row: Record, cells: Mapping[str, Cell] | None) -> Record:
    return Record(row.number, _filled({**row.cells, **cells})) if cells else row
