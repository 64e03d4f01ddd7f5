"""The ledger in a Google Sheet: one request reads it, one atomic request writes a commit.

Two daicho can never both write on one reading: each write begins by creating developer metadata under the
next number of a fixed block, and Google refuses a whole batch when the number is taken. People cannot be
kept out that way; the journal (see `google_journal`) tells what stood where we wrote, and what does not
belong there is put back before anybody builds on it.
"""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from daicho.errors import Conflict, WorkbookError
from daicho.sheets.cells import clean
from daicho.sheets.dress import row_height
from daicho.sheets.google_cells import (
    CELL_LIMIT,
    PIXELS,
    Grid,
    Json,
    Moment,
    Value,
    a1,
    digest,
    read_grid,
    value_for,
)
from daicho.sheets.google_erase import SWEEP_FIELDS, Traces, find_traces
from daicho.sheets.google_http import TRIES, GoogleClient, Refused, Unsure
from daicho.sheets.google_journal import (
    ANYTHING,
    BANDS,
    NOTHING,
    Entry,
    Restore,
    RowNote,
    TabNote,
    Undo,
    answer_ranges,
    fits,
    misplaced,
    read_journal,
    restoring_formula,
)
from daicho.sheets.google_page import pages_requests
from daicho.sheets.google_reading import Found, Place, Reader, Reading
from daicho.sheets.google_setup import Setup
from daicho.sheets.google_write import (
    FIRST_MARKER,
    KEPT_MARKERS,
    PREPARED,
    SheetWrite,
    generations,
    marker,
    needed,
    state_of,
    state_rows,
    write_requests,
)
from daicho.sheets.layout import STATE_TAB, Layout
from daicho.sheets.page import Page, state_name
from daicho.sheets.workbook import Cell, Commit, Snapshot
from daicho.wording import wording

STALE = timedelta(minutes=10)
"""No commit is built on an older snapshot: its marker's number might have been pruned and be free again."""

ROUNDS = 5
"""How often a reading puts back what a write has misplaced, before it gives up."""

PROOF = "daicho-proof"
"""The key of what a write that must be refused would leave."""

ANSWER_FIELDS = (
    "updatedSpreadsheet.sheets(properties(sheetId,title),"
    "data(startRow,startColumn,rowData.values.effectiveValue))"
)


class GoogleWorkbook:
    """The Workbook port on a Google Sheet. `zone` is the shop's time zone, for a fresh spreadsheet."""

    batch = 1000

    def __init__(
        self,
        client: GoogleClient,
        layout: Layout,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        zone: str = "",
    ) -> None:
        self.name = client.key
        self.client = client
        self._layout = layout
        self._clock = clock
        self._zone = zone
        self._cut = wording(layout.language).say("sheets.cut")
        self._tick = layout.label("check", "yes")

    def prepare(
        self, layout: Layout, starters: dict[str, list[dict[str, Cell]]], *, dry: bool = False
    ) -> list[str]:
        """Makes a spreadsheet a ledger. With `dry`, only tells what it would do."""
        self._layout = layout
        return Setup(self.client, layout, self._zone).run(starters, dry=dry)

    def read(self) -> Reading:
        """The whole ledger, with one request. What a write has misplaced is put back first."""
        reader = Reader(self.client, self._layout)
        for _ in range(ROUNDS):
            taken = self._clock()
            found = reader.fetch()
            self.name = found.title or self.name
            if not self._put_back(found):
                return reader.reading(found, taken)
        raise WorkbookError("google.restless", workbook=self.name)

    def commit(self, base: Snapshot, commit: Commit) -> Reading:
        assert isinstance(base, Reading)
        return self._commit(base, commit, Traces())

    def erase(self, base: Snapshot, commit: Commit, blot: Callable[[str], str]) -> Reading:
        """Reads all there is, writes once, and once more to empty the journal."""
        assert isinstance(base, Reading)
        own = {place.grid.sheet_id: place.columns.keys() for place in base.places.values()}
        writes = self._writes(base, commit)
        band = max([BANDS, *(write.note.end for write in writes.values())])
        answer = self.client.get({"fields": SWEEP_FIELDS})
        traces = find_traces(answer, own, base.hidden.sheet_id, band, blot)
        if commit or traces.writes or traces.requests:
            noted = bool(writes or traces.writes)
            base = self._commit(base, commit, traces)
        else:
            noted = any(entry.tabs for entry in read_journal(base.hidden))
        return self._without_journal(base) if noted else base

    def _commit(self, base: Reading, commit: Commit, traces: Traces) -> Reading:
        self._refuse_stale(base)
        taken = self._clock()
        writes = self._writes(base, commit)
        every = [*writes.values(), *traces.writes]
        known = state_of(base.hidden)
        new = {name: clean(text, CELL_LIMIT, self._cut) for name, text in commit.state.items()}
        state = {name: text for name, text in (known | new).items() if text}
        entry = _entry(every, {name: known.get(name) for name in new})
        copies = self._send(base.hidden, base.markers, [entry], every, state, traces.requests)
        if fits(entry, copies):
            return _after(base, writes, entry.tabs, state, taken=taken, token=entry.token)
        settled = self.read()
        # A row or column was elsewhere: all of it was taken back, and has to be planned anew.
        if misplaced(entry, copies):
            raise Conflict("google.changed", workbook=self.name)
        return settled

    def _without_journal(self, base: Reading) -> Reading:
        """Ends the journal, which holds what stood in the rows of the last write."""
        entry, taken, state = _entry([], {}), self._clock(), state_of(base.hidden)
        try:
            self._send(base.hidden, base.markers, [entry], [], state)
        except Conflict as conflict:
            if conflict.key != "google.changed":
                raise
            # Somebody wrote since, and began a journal of their own.
            return self.read()
        return _after(base, {}, [], state, taken=taken, token=entry.token)

    def survey(self, base: Snapshot) -> Reading:
        """One small request: a reading names only the ledger's own tabs."""
        assert isinstance(base, Reading)
        sheets = Reader(self.client, self._layout).survey()
        return replace(base, tabs=frozenset(sheets), sheets=sheets)

    def write_pages(self, base: Snapshot, pages: Sequence[Page]) -> Reading:
        """Draws each page in the sheet of its label, so that what points at it still does, or in a new one.

        Raises WorkbookError where Google refuses it, for a protected sheet, say.
        """
        assert isinstance(base, Reading)
        self._refuse_stale(base)
        base = base if base.sheets is not None else self.survey(base)
        drawing = list(pages_requests(pages, base.sheets or {}))
        state = state_of(base.hidden) | {state_name(page.label): page.stamp for page in pages}
        entry, taken = _entry([], {}), self._clock()
        try:
            self._send(base.hidden, base.markers, [entry], [], state, drawing)
        except Conflict as conflict:
            if conflict.key != "google.refused":
                raise
            labels = " ".join(page.label for page in pages)
            raise WorkbookError("google.page-refused", tab=labels, **conflict.values) from conflict
        after = _after(base, {}, [], state, taken=taken, token=entry.token)
        return replace(after, tabs=base.tabs | {page.label for page in pages})

    def open(self) -> str:
        """Opens the spreadsheet and gives its title. Raises WorkbookError."""
        self.name = self.client.get({"fields": "properties.title"})["properties"]["title"]
        return self.name

    def proves_swap(self) -> bool:
        """Tries a write under a number that is taken: Google must refuse it, and apply nothing of it."""
        fields = "developerMetadata(metadataId,metadataKey,metadataValue)"
        taken = max(generations(self.client.get({"fields": fields})), default=0)
        trace = marker(taken, PROOF)
        del trace["createDeveloperMetadata"]["developerMetadata"]["metadataId"]
        trace["createDeveloperMetadata"]["developerMetadata"]["metadataKey"] = PROOF
        try:
            self.client.batch({"requests": [trace, marker(taken, PROOF)]}, "spreadsheetId")
        except Refused:
            left = self.client.get({"fields": fields}).get("developerMetadata", [])
            return all(item["metadataKey"] != PROOF for item in left)
        except Unsure as error:
            raise WorkbookError("google.unreachable") from error
        return False

    def _refuse_stale(self, base: Reading) -> None:
        if self._clock() - base.taken > STALE:
            raise Conflict("google.changed", workbook=self.name)

    # --- writing ------------------------------------------------------------------------------------------

    def _writes(self, base: Reading, commit: Commit) -> dict[str, SheetWrite]:
        """What each sheet is to take, by tab key."""
        cells: dict[str, dict[int, dict[str, Cell]]] = defaultdict(lambda: defaultdict(dict))
        for update in commit.updates:
            cells[update.tab][update.record.number] |= update.cells
        writes, band = {}, BANDS
        for key, place in base.places.items():
            if cells.get(key) or commit.appends.get(key):
                head = {at: digest(place.grid.value(1, at)) for at in place.columns}
                note = TabNote(place.grid.sheet_id, place.key, band, max(place.columns) + 1, head)
                write = writes[key] = SheetWrite(note)
                self._change_rows(write, place, cells[key])
                if rows := commit.appends.get(key):
                    last = base.tables[key][-1].number if base.tables[key] else 1
                    self._add_rows(write, place, key, last + 1, rows)
                band = note.end
        return writes

    def _change_rows(self, write: SheetWrite, place: Place, rows: Mapping[int, Mapping[str, Cell]]) -> None:
        doubled = _doubled(place)
        for number in sorted(rows):
            put = self._put(place, rows[number])
            write.updates[number] = put
            write.note.rows.append(_row_note(place, number, put, doubled))

    def _add_rows(
        self, write: SheetWrite, place: Place, key: str, at: int, rows: Sequence[Mapping[str, Cell]]
    ) -> None:
        tab = self._layout.tab(key)
        write.at, write.full = at, at > place.grid.row_count
        write.heights = [round(row_height(tab, row) * PIXELS) for row in rows]
        write.added = [self._put(place, row) for row in rows]
        write.note.rows += [
            RowNote(number, {}, {}, _own_prints(place, put)) for number, put in enumerate(write.added, at)
        ]

    def _put(self, place: Place, cells: Mapping[str, Cell]) -> dict[int, Value]:
        """Cells by column key as values by position."""
        return {
            at: value_for(cells[column.key], column, self._tick, self._cut)
            for at, column in place.columns.items()
            if column.key in cells
        }

    def _send(
        self,
        hidden: Grid,
        markers: Sequence[int],
        entries: Sequence[Entry],
        writes: Iterable[SheetWrite],
        state: Mapping[str, str],
        formulas: Sequence[Json] = (),
    ) -> Grid:
        """Makes one atomic write, the newest of `entries`; gives the copies its journal took.

        Raises Conflict when nothing was written, or when it was and somebody has written since.
        """
        entry, before = entries[-1], max(markers, default=0)
        ranges = [at for tab in entry.tabs for at in answer_ranges(hidden.title, tab)]
        body: Json = {
            "requests": list(write_requests(hidden, markers, entries, writes, state, formulas)),
            "includeSpreadsheetInResponse": True,
            "responseRanges": ranges or [a1(hidden.title, 1, 1, 0, 1)],
        }
        for attempt in range(1, TRIES + 1):
            try:
                answer = self.client.batch(body, ANSWER_FIELDS)
                return read_grid(answer["updatedSpreadsheet"]["sheets"][0])
            except Refused as refused:
                taken = str(FIRST_MARKER + before + 1) in str(refused)
                key = "google.changed" if taken else "google.refused"
                conflict = Conflict(key, workbook=self.name, reason=refused)
                if attempt == 1:
                    raise conflict from refused
            except Unsure:
                conflict = Conflict("google.changed", workbook=self.name)
            # Applied or not? The marker tells; and while it is missing, sending the same again is safe.
            found = Reader(self.client, self._layout).fetch()
            if found.token == entry.token and hidden.title in found.grids:
                return found.grids[hidden.title]
            if found.generation != before:
                raise conflict
            self.client.patience.wait(attempt)
        raise WorkbookError("google.unreachable")

    # --- putting back -------------------------------------------------------------------------------------

    def _put_back(self, found: Found) -> bool:
        """Puts back what the last write has misplaced; whether there was anything."""
        hidden = found.grids.get(self._layout.tab(STATE_TAB).label)
        entries = read_journal(hidden) if hidden else []
        # A journal that is not of the last write says nothing about it.
        if hidden is None or not entries or entries[-1].token != found.token or fits(entries[-1], hidden):
            return False
        written = {tab.sheet for entry in entries for tab in entry.tabs}
        grids = Reader(self.client, self._layout).by_id(found, written)
        undo, known = Undo(entries, hidden, grids), state_of(hidden)
        if not undo.restores and all(known.get(name) == text for name, text in undo.state.items()):
            return False
        state = {name: text for name, text in (known | undo.state).items() if text is not None}
        writes = list(_restoring_writes(undo, grids, max(tab.end for entry in entries for tab in entry.tabs)))
        entry = replace(_entry(writes, {}), whole=False)
        formulas = self._formulas(hidden, undo.restores, entries)
        # Refused: somebody else puts it back, or moved something again. The next reading shows.
        with suppress(Conflict):
            self._send(hidden, sorted(found.markers), [*entries, entry], writes, state, formulas)
        return True

    def _formulas(self, hidden: Grid, restores: Sequence[Restore], entries: Sequence[Entry]) -> list[Json]:
        """Requests that put back as formulas what were formulas."""
        copied = [(restore, *restore.copy) for restore in restores if restore.copy]
        if not copied:
            return []
        tabs = [tab for entry in entries for tab in entry.tabs]
        widths = {tab.band + at: tab.width for tab in tabs for at in range(tab.width)}
        last = max(number for _, number, _ in copied)
        ranges = [a1(hidden.title, 1, last, 0, max(tab.end for tab in tabs))]
        fields = "sheets.data.rowData.values.userEnteredValue.formulaValue"
        answer = self.client.get({"ranges": ranges, "fields": fields})
        rows = answer["sheets"][0]["data"][0].get("rowData", [])

        def is_formula(number: int, position: int) -> bool:
            cells = rows[number - 1].get("values", []) if number <= len(rows) else []
            return position < len(cells) and "userEnteredValue" in cells[position]

        return [
            restoring_formula(hidden.sheet_id, restore, widths[position])
            for restore, number, position in copied
            if is_formula(number, position + widths[position])
        ]


def _doubled(place: Place) -> set[str]:
    """The fingerprints of names (ids) that do not tell one row: carried by several, or by none."""
    if place.key < 0:
        return set()
    rows = range(2, len(place.grid.rows) + 1)
    names = Counter(digest(place.grid.value(number, place.key)) for number in rows)
    return {name for name, count in names.items() if count > 1} | {NOTHING}


def _row_note(place: Place, number: int, put: Mapping[int, Value], doubled: set[str]) -> RowNote:
    """What a row to be changed is told by: its name, or all of it where the name tells no single row."""
    prints = {at: digest(place.grid.value(number, at)) for at in place.columns}
    named = place.key >= 0 and prints[place.key] not in doubled
    return RowNote(
        number,
        seen={place.key: prints[place.key]} if named else prints,
        had={at: prints[at] for at in put if place.columns[at].owner != "machine"},
        put={at: digest(value) for at, value in put.items()},
    )


def _own_prints(place: Place, put: Mapping[int, Value]) -> dict[int, str]:
    """Fingerprints of a new row. In the log nobody but us writes: there only what names the row counts."""
    shared = any(column.owner != "machine" for column in place.columns.values())
    return {
        at: digest(value) if shared or at == place.key else ANYTHING
        for at, value in put.items()
        if value is not None
    }


def _entry(writes: Iterable[SheetWrite], state: dict[str, str | None]) -> Entry:
    return Entry(secrets.token_hex(8), [write.note for write in writes], state)


def _restoring_writes(undo: Undo, grids: Mapping[int, Grid], band: int) -> Iterator[SheetWrite]:
    """Restores as a write like any other, so that it is verified like any other."""
    by_sheet: dict[int, dict[int, dict[int, Value]]] = defaultdict(lambda: defaultdict(dict))
    for restore in undo.restores:
        by_sheet[restore.sheet][restore.number][restore.position] = restore.value
    for sheet, rows in by_sheet.items():
        grid, key = grids[sheet], undo.keys[sheet]
        columns = range(max(key, *(position for put in rows.values() for position in put)) + 1)
        note = TabNote(sheet, key, band, len(columns), {at: digest(grid.value(1, at)) for at in columns})
        for number, put in rows.items():
            seen = {at: digest(grid.value(number, at)) for at in columns}
            note.rows.append(RowNote(number, seen, {}, {at: digest(value) for at, value in put.items()}))
        yield SheetWrite(note, {number: dict(put) for number, put in rows.items()})
        band = note.end


# --- after a write ----------------------------------------------------------------------------------------


def _after(
    base: Reading,
    writes: Mapping[str, SheetWrite],
    notes: Sequence[TabNote],
    state: Mapping[str, str],
    *,
    taken: datetime,
    token: str,
) -> Reading:
    """`base` with the writes applied, as reading anew would give it. `notes`: all that the journal took."""
    places, tables = dict(base.places), dict(base.tables)
    for key, write in writes.items():
        place = places[key] = _with(base.places[key], write)
        rows = [place.record(row.number) if row.number in write.updates else row for row in tables[key]]
        rows += [place.record(number) for number, _ in enumerate(write.added, write.at)]
        tables[key] = [row for row in rows if row.cells]
    rows_needed, columns_needed = needed(notes, state)
    hidden = replace(
        base.hidden,
        rows=state_rows(state),
        row_count=max(base.hidden.row_count, rows_needed),
        column_count=max(base.hidden.column_count, columns_needed),
    )
    places[STATE_TAB] = replace(base.places[STATE_TAB], grid=hidden)
    shown = {name: text for name, text in state.items() if name != PREPARED}
    generation = base.generation + 1
    markers = [*base.markers, generation][-KEPT_MARKERS:]
    return Reading(generation, shown, tables, taken, token, base.tabs, places, markers)


def _with(place: Place, write: SheetWrite) -> Place:
    """The place after the write."""
    rows = [*place.grid.rows]
    if write.added:
        rows += [[] for _ in range(write.at - 1 - len(rows))]
        rows[write.at - 1 : write.at - 1] = [[] for _ in write.added]
    puts = {**write.updates, **dict(enumerate(write.added, write.at))}
    moments = set(place.moments)
    for number, put in puts.items():
        moments -= {(number, position) for position in put}
        moments |= {(number, position) for position, value in put.items() if isinstance(value, Moment)}
        row = list(rows[number - 1])
        row += [None] * (max(put, default=0) + 1 - len(row))
        for position, value in put.items():
            row[position] = value
        rows[number - 1] = row
    grid = replace(place.grid, rows=rows, row_count=place.grid.row_count + len(write.added))
    return replace(place, grid=grid, moments=moments)
