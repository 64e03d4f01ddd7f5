"""Taking a person out of what is not the ledger's own: other tabs, people's own columns, notes, formulas,
and what hangs on sheets: titles, filters, rules, protections, charts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any

from daicho.sheets.google_cells import Grid, Json, Value, digest, read_grid
from daicho.sheets.google_journal import ANYTHING, Prints, RowNote, TabNote
from daicho.sheets.google_write import SheetWrite

SWEEP_FIELDS = (
    "sheets(properties(sheetId,title,gridProperties(rowCount,columnCount)),"
    "basicFilter,filterViews,conditionalFormats,protectedRanges(protectedRangeId,description),"
    "charts(chartId,spec),data(startRow,startColumn,rowData.values(userEnteredValue,effectiveValue,note)))"
)


@dataclass(slots=True)
class Traces:
    """What has to go: `writes` are journalled like any other, `requests` write what is no value.

    A formula that a moved row made us write elsewhere is put back with its row. Notes the journal cannot
    copy: one that lands beside its cell stays there, and the next try finds the old one.
    """

    writes: list[SheetWrite] = field(default_factory=list)
    requests: list[Json] = field(default_factory=list)


def find_traces(
    answer: Json, spared: Mapping[int, Iterable[int]], hidden: int, band: int, blot: Callable[[str], str]
) -> Traces:
    """Every text of the spreadsheet that `blot` changes. `spared` are columns (by sheet id) that the ledger's
    own commit takes care of, `hidden` is our own tab; copies go to the columns from `band` on."""
    traces = Traces()
    traces.requests += _renamed([sheet["properties"] for sheet in answer["sheets"]], blot)
    for sheet in answer["sheets"]:
        number = sheet["properties"].get("sheetId", 0)
        if number != hidden:
            traces.requests += _hanging(sheet, blot)
            write = _sheet_traces(sheet, frozenset(spared.get(number, ())), band, blot, traces.requests)
            if write.note.rows:
                traces.writes.append(write)
                band = write.note.end
    return traces


def _renamed(sheets: Sequence[Json], blot: Callable[[str], str]) -> Iterator[Json]:
    taken = {properties["title"] for properties in sheets}
    for properties in sheets:
        title = blot(properties["title"])
        if title != properties["title"]:
            free = next(
                name for name in chain([title], (f"{title} {n}" for n in count(2))) if name not in taken
            )
            taken.add(free)
            new = {"sheetId": properties.get("sheetId", 0), "title": free}
            yield {"updateSheetProperties": {"properties": new, "fields": "title"}}


def _hanging(sheet: Json, blot: Callable[[str], str]) -> Iterator[Json]:
    """Requests that change what lies on a sheet's cells, where it names the person."""

    def named(item: Json) -> Json | None:
        left: Json = _through(item, blot)
        return left if left != item else None

    if found := named(sheet.get("basicFilter", {})):
        # A table's filter takes its range from the table, and the newer of two ways to say the same counts.
        spare = {"range"} & found.keys() if "tableId" in found else set()
        spare |= {"criteria"} if "filterSpecs" in found else set()
        yield {"setBasicFilter": {"filter": {name: found[name] for name in found.keys() - spare}}}
    for view in sheet.get("filterViews", ()):
        if found := named(view):
            said = [name for name in ("title", "filterSpecs", "criteria") if name in found][:2]
            filter_view = {name: found[name] for name in ("filterViewId", *said)}
            yield {"updateFilterView": {"filter": filter_view, "fields": ",".join(said)}}
    for index, rule in enumerate(sheet.get("conditionalFormats", ())):
        if found := named(rule):
            where = {"sheetId": sheet["properties"].get("sheetId", 0), "index": index}
            yield {"updateConditionalFormatRule": where | {"rule": found}}
    for guard in sheet.get("protectedRanges", ()):
        if found := named(guard):
            yield {"updateProtectedRange": {"protectedRange": found, "fields": "description"}}
    for chart in sheet.get("charts", ()):
        if found := named(chart):
            yield {"updateChartSpec": found}


def _through(value: Any, blot: Callable[[str], str]) -> Any:
    """JSON with every text in it changed."""
    if isinstance(value, str):
        return blot(value)
    if isinstance(value, list):
        return [_through(item, blot) for item in value]
    return {name: _through(item, blot) for name, item in value.items()} if isinstance(value, dict) else value


def _sheet_traces(
    sheet: Json, spared: frozenset[int], band: int, blot: Callable[[str], str], requests: list[Json]
) -> SheetWrite:
    grid = read_grid(sheet)
    texts: dict[int, dict[int, Value]] = defaultdict(dict)
    prints: dict[int, Prints] = defaultdict(dict)
    formulas: dict[int, set[int]] = defaultdict(set)
    for number, position, cell in _cells(sheet):
        entered, note = cell.get("userEnteredValue", {}), cell.get("note", "")
        formula, text = entered.get("formulaValue", ""), entered.get("stringValue", "")
        if formula:
            formulas[number].add(position)
        if (left := blot(note)) != note:
            requests.append(_setting(grid, number, position, {"note": left}))
            prints[number] |= {}
        if (left := blot(formula)) != formula:
            kept = {"userEnteredValue": {"formulaValue": left}}
            requests.append(_setting(grid, number, position, kept))
            prints[number][position] = ANYTHING
        if position not in spared and (left := blot(text)) != text:
            texts[number][position] = left
            prints[number][position] = digest(left)
    tab = TabNote(grid.sheet_id, -1, band, max((len(grid.row(number)) for number in prints), default=0), {})
    rows = (_row_note(grid, number, put, formulas[number]) for number, put in prints.items())
    # A note on an empty row has nothing to be known by.
    tab.rows = [row for row in rows if row.seen]
    return SheetWrite(tab, dict(texts))


def _cells(sheet: Json) -> Iterator[tuple[int, int, Json]]:
    """The cells of a sheet with their row numbers and positions."""
    for data in sheet.get("data", []):
        for number, row in enumerate(data.get("rowData", []), data.get("startRow", 0) + 1):
            for position, cell in enumerate(row.get("values", []), data.get("startColumn", 0)):
                yield number, position, cell


def _row_note(grid: Grid, number: int, put: Prints, formulas: set[int]) -> RowNote:
    """The row is known by all that stands in it, but for what other formulas may come to the next moment."""
    others = formulas - put.keys()
    seen = {at: digest(value) for at, value in enumerate(grid.row(number)) if at not in others}
    return RowNote(number, seen, {}, put)


def _setting(grid: Grid, number: int, position: int, cell: Json) -> Json:
    start = {"sheetId": grid.sheet_id, "rowIndex": number - 1, "columnIndex": position}
    return {"updateCells": {"start": start, "rows": [{"values": [cell]}], "fields": next(iter(cell))}}
