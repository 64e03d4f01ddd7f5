"""One write to a Google Sheet, as the requests of one batch.

The order makes it safe: the generation marker first, the journal's copies before the changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from daicho.sheets.google_cells import Grid, Json, Value, area, row_heights, write_rows
from daicho.sheets.google_journal import BANDS, MANIFEST, Entry, TabNote, copies, manifest

PREPARED = "prepared"
"""The entry of the hidden tab that tells which tabs and columns were ever made."""

FIRST_MARKER = 726_000_000
MARKERS = 10_000_000
"""Our block of developer metadata ids: the marker of generation n is `FIRST_MARKER + n`."""

MARKER_KEY = "daicho-generation"
KEPT_MARKERS = 100


@dataclass(slots=True)
class SheetWrite:
    """What one sheet is to take: cells of rows that are there, and rows to open from row `at` on."""

    note: TabNote
    updates: dict[int, dict[int, Value]] = field(default_factory=dict)
    at: int = 0
    added: list[dict[int, Value]] = field(default_factory=list)
    heights: list[int] = field(default_factory=list)
    full: bool = False
    """No row is left below `at`."""


def state_of(hidden: Grid) -> dict[str, str]:
    """What the hidden tab keeps."""
    return {
        str(row[0]): str(row[1])
        for row in hidden.rows[1:]
        if len(row) > 1 and row[0] is not None and row[1] is not None
    }


def generations(answer: Json) -> dict[int, str]:
    """Generation → token, from the developer metadata of a spreadsheet."""
    return {
        item["metadataId"] - FIRST_MARKER: item.get("metadataValue", "")
        for item in answer.get("developerMetadata", [])
        if 0 <= item.get("metadataId", 0) - FIRST_MARKER < MARKERS
    }


def needed(tabs: Sequence[TabNote], state: Mapping[str, str], pieces: int = 0) -> tuple[int, int]:
    """Rows and columns the hidden sheet must have."""
    numbers = [row.number for tab in tabs for row in tab.changed[-1:]]
    return max([2, pieces, 1 + len(state), *numbers]), max([BANDS, *(tab.end for tab in tabs)])


def write_requests(
    hidden: Grid,
    markers: Sequence[int],
    entries: Sequence[Entry],
    writes: Iterable[SheetWrite],
    state: Mapping[str, str],
    formulas: Sequence[Json],
) -> Iterator[Json]:
    """One write, the newest of `entries`. `markers` are the generations that have a marker, in order;
    `formulas` are requests to be made last."""
    yield marker(max(markers, default=0) + 1, entries[-1].token)
    for number in markers[: 1 - KEPT_MARKERS]:
        number += FIRST_MARKER
        yield {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": {"metadataId": number}}}}
    yield from _journal_requests(hidden, entries, state)
    old = state_of(hidden)
    if old != state:
        yield from _state_requests(hidden, len(old), state)
    for write in writes:
        for number, put in write.updates.items():
            yield from write_rows(write.note.sheet, number, [put])
        yield from _opening_rows(write)
    yield from formulas


def marker(generation: int, token: str) -> Json:
    """The request that makes a write compare-and-swap: Google refuses a number that is taken."""
    return {
        "createDeveloperMetadata": {
            "developerMetadata": {
                "metadataId": FIRST_MARKER + generation,
                "metadataKey": MARKER_KEY,
                "metadataValue": token,
                "location": {"spreadsheet": True},
                "visibility": "DOCUMENT",
            }
        }
    }


def _journal_requests(hidden: Grid, entries: Sequence[Entry], state: Mapping[str, str]) -> Iterator[Json]:
    pieces = manifest(entries)
    tabs = [tab for entry in entries for tab in entry.tabs]
    rows, columns = needed(tabs, state, len(pieces))
    for dimension, length in (
        ("ROWS", rows - hidden.row_count),
        ("COLUMNS", columns - hidden.column_count),
    ):
        if length > 0:
            yield {"appendDimension": {"sheetId": hidden.sheet_id, "dimension": dimension, "length": length}}
    # A write of its own begins a new journal; one that puts back adds to the journal it works from.
    last = None if len(entries) == 1 else MANIFEST + 1
    yield {
        "updateCells": {
            "range": area(hidden.sheet_id, 1, None, MANIFEST, last),
            "fields": "userEnteredValue",
        }
    }
    for tab in entries[-1].tabs:
        yield from copies(hidden.sheet_id, tab)
    yield from write_rows(hidden.sheet_id, 1, [{MANIFEST: piece} for piece in pieces])


def _state_requests(hidden: Grid, old: int, state: Mapping[str, str]) -> Iterator[Json]:
    """The state, written whole: entries that are gone leave empty cells."""
    rows: list[dict[int, Value]] = [{0: name, 1: text} for name, text in state.items()]
    rows += [{0: None, 1: None}] * (old - len(rows))
    yield from write_rows(hidden.sheet_id, 2, rows)


def _opening_rows(write: SheetWrite) -> Iterator[Json]:
    """Requests that open new rows and fill them: what a person typed there meanwhile moves down."""
    if not write.added:
        return
    sheet, first, last = write.note.sheet, write.at, write.at + len(write.added) - 1
    span = {"sheetId": sheet, "dimension": "ROWS", "startIndex": first - 1, "endIndex": last}
    if write.full:
        yield {"appendDimension": {"sheetId": sheet, "dimension": "ROWS", "length": 1}}
    # The looks come from the row below: the one above may be painted, or the header.
    yield {"insertDimension": {"range": span, "inheritFromBefore": False}}
    yield from write_rows(sheet, first, write.added)
    yield from row_heights(sheet, first, write.heights)


def state_rows(state: Mapping[str, str]) -> list[list[Value]]:
    """The hidden tab's rows that hold `state`."""
    rows: list[list[Value]] = [[name, text] for name, text in state.items()]
    return [["name", "value"], *rows]
