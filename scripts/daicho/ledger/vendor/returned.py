"""What a returned file says, row by row: which inquiry, what was sent out, what stands there now."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from daicho.ledger.rows import clean, digest, text_of
from daicho.ledger.vendor.access import OFFERED, VendorError
from daicho.ledger.vendor.log import Export
from daicho.ledger.vendor.seal import HOME, Sent, print_of
from daicho.sheets.pack_page import KEY_MARK, Grid
from daicho.sheets.workbook import Cell

ESSENTIAL = ("id", *HOME, "base")

_MOMENTS = frozenset({"due", "received", "last"})

_ERROR = re.compile(
    r"#(?:NAME\?|REF!|N/A|VALUE!|DIV/0!|NULL!|NUM!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|BUSY!|UNKNOWN!"
    r"|GETTING_DATA)|Err:[0-9]{3}"
)
"""What a spreadsheet says instead of a result. Nobody wrote it: an answer that began with "-" or "="."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that could not be taken home: where it stands, and why (a sentence's key and values)."""

    sheet: str
    row: int
    inquiry: str
    key: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answered:
    """One row that came back. `cells` holds the columns that come home, as far as the file has them; `spoilt`
    are those in which something stands that nobody can read."""

    grid: Grid
    row: int
    sent: Sent
    export: Export
    cells: Mapping[str, Cell]
    spoilt: frozenset[str] = frozenset()


@dataclass(slots=True)
class Returned:
    """All that a file says. `entries` are what the vendor wrote on cover and report, by key; `exports` the
    packs its rows are of, by id."""

    answers: list[Answered] = field(default_factory=list)
    entries: dict[str, str] = field(default_factory=dict)
    exports: dict[str, Export] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)


def read_returned(
    grids: Sequence[Grid], exports: Mapping[str, Export], labels: Mapping[str, str]
) -> Returned:
    """Understands a file. `labels` are the headers of a pack's columns by key.

    Raises VendorError if no sheet is one of ours, or a header cannot be told.
    """
    returned, found = Returned(), False
    for grid in grids:
        columns, first = _columns(grid, labels)
        if "entry" in columns and "key" in columns:
            _take_entries(grid, columns, returned)
        if _holds_inquiries(columns):
            found = True
            _take_rows(grid, columns, first, exports, labels, returned)
            _tell_spoilt(grid, columns, first, labels, returned)
    if not found:
        raise VendorError("vendor.no-inquiries", file=grids[0].name if grids else "")
    if not returned.exports:
        raise VendorError("vendor.not-ours")
    _settle_copies(returned)
    return returned


# --- columns -----------------------------------------------------------------------------------------------


def _columns(grid: Grid, labels: Mapping[str, str]) -> tuple[dict[str, int], int]:
    """Where each column stands, and the number of the last header row; nothing for a foreign sheet."""
    keys: dict[str, int] = {}
    last = 0
    by_label = {_plain(label): key for key, label in labels.items()}
    headers: tuple[int, dict[int, str]] = (0, {})
    for number, cells in grid.rows:
        texts = {position: text_of(cell).strip() for position, cell in cells.items()}
        marked = {
            text.removeprefix(KEY_MARK): place for place, text in texts.items() if text.startswith(KEY_MARK)
        }
        if marked and not keys:
            keys, last = marked, number
        known = sum(_plain(text) in by_label for text in texts.values())
        if known > 2 and known > sum(_plain(text) in by_label for text in headers[1].values()):
            headers = (number, texts)
    if keys:
        # The hidden row tells; what people made of the headers does not matter.
        return keys, max(last, headers[0] if headers[0] - last <= 3 else 0, last + 2)
    return _by_headers(grid, headers[1], by_label), headers[0]


def _by_headers(grid: Grid, headers: Mapping[int, str], by_label: Mapping[str, str]) -> dict[str, int]:
    """Columns by what the headers say. One renamed header is told by what is left over, two are not."""
    columns: dict[str, int] = {}
    strange: list[int] = []
    for position, text in headers.items():
        key = by_label.get(_plain(text))
        if key is None:
            strange += [position] if text else []
        elif key in columns:
            raise VendorError("vendor.header-doubled", sheet=grid.name, header=text)
        else:
            columns[key] = position
    if not _holds_inquiries(columns):
        return {}
    missing = [key for key in ESSENTIAL if key not in columns]
    if len(missing) == 1 and len(strange) == 1:
        columns[missing[0]] = strange[0]
    elif missing and strange:
        lost = [label for key in missing for label, known in by_label.items() if known == key]
        raise VendorError("vendor.header-lost", sheet=grid.name, headers=lost)
    return columns


def _holds_inquiries(columns: Mapping[str, int]) -> bool:
    """Other sheets name inquiries, too; only this one has what comes home."""
    return "base" in columns or ("id" in columns and sum(key in columns for key in HOME) >= 2)


def _plain(label: str) -> str:
    return unicodedata.normalize("NFKC", label).strip()


# --- rows --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """A row with what its hidden cell tells, if that is whole."""

    number: int
    id: str
    cells: Mapping[str, Cell]
    spoilt: frozenset[str]
    found: tuple[Sent, Export] | None
    shown: Mapping[str, Cell]

    @property
    def texts(self) -> str:
        return digest(cell for cell in self.shown.values() if isinstance(cell, str))


def _take_rows(
    grid: Grid,
    columns: Mapping[str, int],
    first: int,
    exports: Mapping[str, Export],
    labels: Mapping[str, str],
    returned: Returned,
) -> None:
    lines = list(_lines(grid, columns, first, exports))
    by_id = {line.found[0].id: line.found for line in lines if line.found}
    returned.exports |= {export.id: export for _, export in by_id.values()}
    owners: dict[str, set[str]] = defaultdict(set)
    for sent, _ in by_id.values():
        owners[sent.texts].add(sent.id)
    for line in lines:
        # Sorted without the hidden column: the number that people see tells which inquiry it is.
        found = by_id.get(line.id) if line.id else line.found
        if found is None:
            if line.id or any(text_of(cell).strip() for cell in line.cells.values()):
                key = "vendor.row-no-base" if line.id else "vendor.row-added"
                returned.troubles.append(Trouble(grid.name, line.number, line.id, key))
        elif owners.get(line.texts, {found[0].id}) != {found[0].id} and line.texts != found[0].texts:
            # Sorted by halves: these texts are another inquiry's, and so might the answer be.
            returned.troubles.append(Trouble(grid.name, line.number, line.id, "vendor.row-shuffled"))
        else:
            returned.answers.append(Answered(grid, line.number, *found, line.cells, line.spoilt))
            if edited := [
                labels[key] for key, cell in line.shown.items() if _edited(grid, cell, found[0], key)
            ]:
                values = {"column": edited}
                trouble = Trouble(grid.name, line.number, found[0].id, "vendor.not-theirs", values)
                returned.troubles.append(trouble)


def _edited(grid: Grid, cell: Cell, sent: Sent, key: str) -> bool:
    """Whether the vendor wrote into a column that is to be read."""
    # An old encoding spells letters anew by itself, and a moment as text looks like its program's country.
    if key not in sent.cells or grid.encoding or (key in _MOMENTS and isinstance(cell, str)):
        return False
    return print_of(cell) != sent.cells[key]


def _lines(
    grid: Grid, columns: Mapping[str, int], first: int, exports: Mapping[str, Export]
) -> Iterator[_Line]:
    shown = {key: columns[key] for key in OFFERED if key in columns}
    likely: list[Export] = []
    for number, cells in grid.rows:
        if number <= first:
            continue
        found = _found(cells.get(columns.get("base", 0)), [*likely, *exports.values()])
        if found and found[1] not in likely:
            likely.insert(0, found[1])
        home = {key: columns[key] for key in HOME if key in columns}
        spoilt = frozenset(key for key, place in home.items() if _spoilt(grid, number, place, cells))
        yield _Line(
            number,
            text_of(cells.get(columns.get("id", 0))).strip(),
            {key: clean(cells.get(place)) for key, place in home.items() if key not in spoilt},
            spoilt,
            found,
            {key: cells.get(place) for key, place in shown.items()},
        )


def _found(cell: Cell, exports: Iterable[Export]) -> tuple[Sent, Export] | None:
    """What a hidden cell tells, and the export whose seal it bears."""
    if cell is None:
        return None
    for export in exports:
        if export.seal and (sent := Sent.read(cell, export.seal)):
            return sent, export
    return None


def _spoilt(grid: Grid, row: int, column: int, cells: Mapping[int, Cell]) -> str:
    """Why nobody can read a cell, as a sentence's key; "" for any other."""
    # A formula that no program has worked out says nothing, not even that somebody emptied the cell.
    if (row, column) in grid.unknown:
        return "vendor.formula"
    return "vendor.error-value" if _is_error(cells.get(column)) else ""


def _is_error(cell: Cell) -> bool:
    """Whether a cell holds a spreadsheet's error, such as #NAME?, and no words."""
    return _ERROR.fullmatch(text_of(cell).strip()) is not None


def _tell_spoilt(
    grid: Grid, columns: Mapping[str, int], first: int, labels: Mapping[str, str], returned: Returned
) -> None:
    for row, cells in grid.rows:
        inquiry = text_of(cells.get(columns.get("id", 0))).strip()
        for key in HOME if row > first else ():
            if key in columns and (reason := _spoilt(grid, row, columns[key], cells)):
                values = {"column": labels[key], "value": text_of(cells.get(columns[key])).strip()}
                returned.troubles.append(Trouble(grid.name, row, inquiry, reason, values))


def _settle_copies(returned: Returned) -> None:
    """A row or a sheet that was copied: the copy somebody worked in counts; two that differ are told."""
    by_id: dict[tuple[str, str], list[Answered]] = defaultdict(list)
    for answer in returned.answers:
        by_id[answer.export.id, answer.sent.id].append(answer)
    returned.answers = []
    for same in by_id.values():
        changed = [answer for answer in same if _changed(answer)]
        said = {digest(answer.cells.get(key) for key in HOME) for answer in changed}
        if len(said) > 1:
            copy = changed[-1]
            where = f"{changed[0].grid.name} {changed[0].row}"
            values = {"other": where}
            trouble = Trouble(copy.grid.name, copy.row, copy.sent.id, "vendor.row-copies", values)
            returned.troubles.append(trouble)
        else:
            returned.answers.append((changed or same)[0])


def _changed(answer: Answered) -> bool:
    return any(digest([cell]) != answer.sent.cells.get(key) for key, cell in answer.cells.items())


def _take_entries(grid: Grid, columns: Mapping[str, int], returned: Returned) -> None:
    for _, cells in grid.rows:
        key, entry = text_of(cells.get(columns["key"])), clean(cells.get(columns["entry"]))
        if key and entry and not key.startswith(KEY_MARK) and key != "_key" and not _is_error(entry):
            returned.entries.setdefault(key, text_of(entry))
