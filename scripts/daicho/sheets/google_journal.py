"""The journal of the last write, kept in the hidden tab: what stood where we wrote, at that very moment.

A person may sort, insert, delete or type between our reading and our write. So the same atomic batch that
writes first copies every row it is about to change into the hidden tab (row 12 of a tab to row 12 there, in
a band of columns of its own), with a manifest that says what we took each row for. Its answer brings the
copies back; where a row is not the one we meant, the copies say exactly what to put back. As all of this
stands in the sheet, whoever reads next can finish what a crash left open.

Everything is told by position and fingerprint: the journal knows no layout.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from daicho.sheets.google_cells import Grid, Json, Value, a1, area, digest, runs

MANIFEST = 2
"""Column C of the hidden tab: the manifest, in pieces that fit a cell. A and B hold the state."""

BANDS = 3
"""From column D on: the copies."""

PIECE = 30_000
NOTHING = digest(None)
ANYTHING = ""
"""The fingerprint of a cell that is put back whatever stands in it: we wrote it into a row of our own."""

Prints = dict[int, str]
"""Fingerprints by column position."""


@dataclass(slots=True)
class RowNote:
    """One row we wrote to.

    `seen` is what makes it the row we meant, `had` what stood in cells that people may change, `put` what
    we wrote. A row we added has neither of the first two, and nothing stood there before.
    """

    number: int
    seen: Prints
    had: Prints
    put: Prints

    @property
    def added(self) -> bool:
        return not self.seen


@dataclass(slots=True)
class TabNote:
    """What was written to one sheet. `key` is the position of the column that names a row (-1: none has),
    `head` the headers our columns had. The copies stand in `width` columns from `band` on: first the values,
    then, in as many columns again, the formulas."""

    sheet: int
    key: int
    band: int
    width: int
    head: Prints
    rows: list[RowNote] = field(default_factory=list)

    @property
    def changed(self) -> list[RowNote]:
        """The rows that were there before, in order."""
        return sorted((row for row in self.rows if not row.added), key=lambda row: row.number)

    @property
    def end(self) -> int:
        return self.band + 2 * self.width


@dataclass(slots=True)
class Entry:
    """One write. `token` is also in its generation marker; `state` holds old values (None: none).

    A commit (`whole`) is taken back whole if any row or column was elsewhere; a write that puts things back
    only in the rows it missed.
    """

    token: str
    tabs: list[TabNote]
    state: dict[str, str | None]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Restore:
    """One cell to be put back: its place now, what it shall hold, and the copy's place (row, position) in
    the hidden tab if it came from there, for its formula."""

    sheet: int
    number: int
    position: int
    value: Value
    copy: tuple[int, int] | None


# --- writing ----------------------------------------------------------------------------------------------


def copies(hidden: int, tab: TabNote) -> Iterator[Json]:
    """Requests that copy a sheet's header and the rows to be changed into the hidden tab."""
    yield _paste(tab.sheet, hidden, (1, 1), 0, tab.band, tab.width, "PASTE_VALUES")
    for first, last in runs([row.number for row in tab.changed]):
        yield _paste(tab.sheet, hidden, (first, last), 0, tab.band, tab.width, "PASTE_VALUES")
        # The same row number keeps a formula's references: only columns shift, and shift back.
        yield _paste(tab.sheet, hidden, (first, last), 0, tab.band + tab.width, tab.width, "PASTE_FORMULA")


def restoring_formula(hidden: int, restore: Restore, width: int) -> Json:
    """A request that puts a formula back from its copy."""
    number, position = restore.copy or (0, 0)
    source = area(hidden, number, number, position + width, position + width + 1)
    target = area(restore.sheet, restore.number, restore.number, restore.position, restore.position + 1)
    return {"copyPaste": {"source": source, "destination": target, "pasteType": "PASTE_FORMULA"}}


def _paste(
    source: int, target: int, rows: tuple[int, int], left: int, to: int, width: int, kind: str
) -> Json:
    return {
        "copyPaste": {
            "source": area(source, *rows, left, left + width),
            "destination": area(target, *rows, to, to + width),
            "pasteType": kind,
        }
    }


def manifest(entries: Sequence[Entry]) -> list[str]:
    """The entries as text, in pieces for one cell each."""
    text = json.dumps(
        [
            {
                "token": entry.token,
                "state": entry.state,
                "whole": entry.whole,
                "tabs": [
                    [tab.sheet, tab.key, tab.band, tab.width, tab.head]
                    + [[row.number, row.seen, row.had, row.put] for row in tab.rows]
                    for tab in entry.tabs
                ],
            }
            for entry in entries
        ],
        separators=(",", ":"),
    )
    return [text[at : at + PIECE] for at in range(0, len(text), PIECE)]


def answer_ranges(title: str, tab: TabNote) -> list[str]:
    """What the answer to a write must bring: the header, and what the rows are told by."""
    wanted = [(*span, *_span(rows)) for span, rows in _rows_by_run(tab.changed)]
    header = (1, 1, 0, tab.width)
    return [
        a1(title, first, last, tab.band + left, tab.band + right)
        for first, last, left, right in [header, *wanted]
    ]


def _rows_by_run(rows: Sequence[RowNote]) -> Iterator[tuple[tuple[int, int], list[RowNote]]]:
    by_number = {row.number: row for row in rows}
    for first, last in runs(list(by_number)):
        yield (first, last), [by_number[number] for number in range(first, last + 1)]


def _span(rows: Iterable[RowNote]) -> tuple[int, int]:
    positions = [position for row in rows for position in (*row.seen, *row.had)]
    return min(positions), max(positions) + 1


# --- reading ----------------------------------------------------------------------------------------------


def read_journal(hidden: Grid) -> list[Entry]:
    """The entries of the manifest, oldest first; none where there is no journal, or one nobody can read."""
    pieces = []
    for row in hidden.rows:
        piece = row[MANIFEST] if len(row) > MANIFEST else None
        if not isinstance(piece, str):
            break
        pieces.append(piece)
    try:
        return [_entry(stored) for stored in json.loads("".join(pieces) or "[]")]
    except (ValueError, KeyError, TypeError, IndexError):
        return []


def _entry(stored: Any) -> Entry:
    tabs = []
    for sheet, key, band, width, head, *rows in stored["tabs"]:
        notes = [
            RowNote(number, _prints(seen), _prints(had), _prints(put)) for number, seen, had, put in rows
        ]
        tabs.append(TabNote(sheet, key, band, width, _prints(head), notes))
    return Entry(str(stored["token"]), tabs, dict(stored["state"]), bool(stored["whole"]))


def _prints(stored: Mapping[str, str]) -> Prints:
    return {int(position): text for position, text in stored.items()}


def misplaced(entry: Entry, hidden: Grid) -> bool:
    """Whether a row or column was not where we took it to be."""
    return any(not _agrees(tab.head, hidden, 1, tab.band) for tab in entry.tabs) or any(
        _missed(tab, row, hidden) for tab in entry.tabs for row in tab.changed
    )


def _missed(tab: TabNote, row: RowNote, hidden: Grid) -> bool:
    """Whether another row, or another order of columns, stood where we meant this one."""
    headed = _agrees(tab.head, hidden, 1, tab.band)
    return not headed or not _agrees(row.seen, hidden, row.number, tab.band)


def edited(tab: TabNote, row: RowNote, hidden: Grid) -> list[int]:
    """The positions where a person decided something after we had read the row."""
    return [
        position
        for position, fingerprint in row.had.items()
        if digest(hidden.value(row.number, tab.band + position)) not in (fingerprint, row.put[position])
    ]


def fits(entry: Entry, hidden: Grid) -> bool:
    """Whether nothing of a write has to be put back."""
    return not misplaced(entry, hidden) and not any(
        edited(tab, row, hidden) for tab in entry.tabs for row in tab.changed
    )


def _agrees(prints: Prints, hidden: Grid, number: int, band: int) -> bool:
    return all(
        digest(hidden.value(number, band + position)) == fingerprint
        for position, fingerprint in prints.items()
    )


# --- putting back -----------------------------------------------------------------------------------------


class Undo:
    """What has to be put back, found from the journal and the sheets as they are now.

    Goes from the newest entry to the oldest: a write that put things back may itself have met moved rows.
    A cell is put back only while it still holds what we wrote. `state` holds the state's old values.
    """

    def __init__(self, entries: Sequence[Entry], hidden: Grid, grids: Mapping[int, Grid]) -> None:
        self.state: dict[str, str | None] = {}
        self.keys: dict[int, int] = {}
        """Where the column that names a row stands now, by sheet."""
        self._hidden = hidden
        self._grids = grids
        self._restores: dict[tuple[int, int, int], Restore] = {}
        for entry in reversed(entries):
            self._take(entry)

    @property
    def restores(self) -> list[Restore]:
        """Cells to be put back, by sheet, row and column."""
        return [self._restores[place] for place in sorted(self._restores)]

    def _take(self, entry: Entry) -> None:
        everything = entry.whole and misplaced(entry, self._hidden)
        if everything:
            self.state |= entry.state
        for tab in entry.tabs:
            if tab.sheet in self._grids:
                self._take_tab(tab, everything, entry.whole)

    def _take_tab(self, tab: TabNote, everything: bool, whole: bool) -> None:
        moved = self._columns(tab)
        self.keys[tab.sheet] = moved.get(tab.key, tab.key)
        wanted = []
        for row in tab.rows:
            missed = everything or (not whole and _missed(tab, row, self._hidden))
            if positions := list(row.put) if missed else edited(tab, row, self._hidden):
                wanted.append((row, positions))
        # Found before anything is put back: a row is looked for as our write left it.
        numbers = self._find(tab, [row for row, _ in wanted], moved)
        for (row, positions), number in zip(wanted, numbers, strict=True):
            if number:
                for position in positions:
                    self._take_cell(tab, row, number, position, moved.get(position, position))

    def _take_cell(self, tab: TabNote, row: RowNote, number: int, position: int, now: int) -> None:
        ours, there = row.put[position], digest(self._value(tab.sheet, number, now))
        if there == self._before_print(tab, row, position) or ours not in (ANYTHING, there):
            # It is back already, or somebody has decided anew since.
            return
        copy = None if row.added else (row.number, tab.band + position)
        value = self._hidden.value(*copy) if copy else None
        self._restores[tab.sheet, number, now] = Restore(tab.sheet, number, now, value, copy)

    def _before_print(self, tab: TabNote, row: RowNote, position: int) -> str:
        return NOTHING if row.added else digest(self._hidden.value(row.number, tab.band + position))

    def _value(self, sheet: int, number: int, position: int) -> Value:
        place = sheet, number, position
        if place in self._restores:
            return self._restores[place].value
        return self._grids[sheet].value(number, position)

    def _columns(self, tab: TabNote) -> dict[int, int]:
        """Where the columns of that time stand now, as far as their headers tell."""
        headers = self._grids[tab.sheet].row(1)
        now = {text: position for position, text in enumerate(headers) if headers.count(text) == 1}
        then = {position: self._hidden.value(1, tab.band + position) for position in range(tab.width)}
        return {position: now[text] for position, text in then.items() if text is not None and text in now}

    def _find(self, tab: TabNote, rows: Sequence[RowNote], moved: Mapping[int, int]) -> list[int | None]:
        """Where the rows stand now that we wrote to; None for one that was deleted since."""
        if not rows:
            return []
        there = self._prints(tab, moved)
        named: dict[str, list[int]] = {}
        for number, prints in there.items():
            named.setdefault(prints[tab.key] if tab.key >= 0 else NOTHING, []).append(number)
        found: list[int | None] = []
        for row in rows:
            name = self._left(tab, row, tab.key) if tab.key >= 0 else NOTHING
            numbers = named.get(name, []) if name != NOTHING else []
            if row.number in numbers:
                found.append(row.number)
            else:
                # Without a name, or with one that somebody has changed since, a row is known by the rest.
                found.append(numbers[0] if numbers else self._likest(tab, row, there))
        return found

    def _likest(self, tab: TabNote, row: RowNote, there: Mapping[int, Sequence[str]]) -> int | None:
        """The row that holds most of what our write left, if it is at least half."""
        wanted = [self._left(tab, row, position) for position in range(tab.width)]
        filled = [
            position
            for position, fingerprint in enumerate(wanted)
            if fingerprint != NOTHING and row.put.get(position) != ANYTHING
        ]
        best, most = row.number, 0
        for number in [row.number, *there]:
            alike = sum(there[number][at] == wanted[at] for at in filled) if number in there else 0
            if alike > most:
                best, most = number, alike
        return best if 2 * most >= len(filled) else None

    def _left(self, tab: TabNote, row: RowNote, position: int) -> str:
        """The fingerprint of what our write left in a cell."""
        return row.put.get(position) or self._before_print(tab, row, position)

    def _prints(self, tab: TabNote, moved: Mapping[int, int]) -> dict[int, list[str]]:
        """The fingerprints of every row, in the order of columns that our write met."""
        # Rows that are to be put back count as if they were.
        restored = (number for sheet, number, _ in self._restores if sheet == tab.sheet)
        last = max([len(self._grids[tab.sheet].rows), *restored])
        positions = [moved.get(position, position) for position in range(tab.width)]
        return {
            number: [digest(self._value(tab.sheet, number, position)) for position in positions]
            for number in range(1, last + 1)
        }
