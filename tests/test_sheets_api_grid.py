"""The stand-in's grid, addresses and masks against simple models of them."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sheets_api import a1, fields, schema
from sheets_api.a1 import Rect
from sheets_api.batch import KINDS
from sheets_api.calls import HANDLERS
from sheets_api.formulas import moved
from sheets_api.grid import Cell, Sheet
from sheets_api.shifts import COLUMNS, ROWS
from sheets_api.tables import block

SIZE = 6

EDITS = st.lists(
    st.tuples(
        st.sampled_from(["insert", "delete", "move"]),
        st.sampled_from([ROWS, COLUMNS]),
        st.integers(0, SIZE - 1),
        st.integers(1, 3),
        st.integers(0, SIZE),
    ),
    max_size=8,
)

FILLED = st.lists(st.lists(st.booleans(), min_size=SIZE, max_size=SIZE), min_size=SIZE, max_size=SIZE)


def sheet_of(model: list[list[Any]]) -> Sheet:
    sheet = Sheet(0, "s", len(model), len(model[0]))
    for index, row in enumerate(model):
        sheet.write(index, {c: Cell(value) for c, value in enumerate(row) if value is not None})
    return sheet


def turned(model: list[list[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*model, strict=True)]


@given(EDITS)
@settings(max_examples=100)
def test_rows_and_columns_move_like_the_items_of_a_list(edits: list[tuple[str, str, int, int, int]]) -> None:
    model: list[list[Any]] = [[f"{row}{column}" for column in range(SIZE)] for row in range(SIZE)]
    sheet = sheet_of(model)
    for kind, dimension, start, count, to in edits:
        lines = model if dimension == ROWS else turned(model)
        end = min(start + count, len(lines))
        if start >= end or (kind == "delete" and end - start == len(lines)):
            continue
        if kind == "insert":
            lines[start:start] = [[None] * len(lines[0]) for _ in range(count)]
            sheet.insert(dimension, start, count)
        elif kind == "delete":
            del lines[start:end]
            sheet.delete(dimension, start, end)
        elif not start <= to <= end and to <= len(lines):
            taken = lines[start:end]
            del lines[start:end]
            at = to if to < start else to - (end - start)
            lines[at:at] = taken
            sheet.move(dimension, start, end, to)
        model = lines if dimension == ROWS else turned(lines)
    whole = sheet.whole
    assert [
        [sheet.cell(row, column).value for column in range(whole.right)] for row in range(whole.bottom)
    ] == model


@given(FILLED, st.integers(0, SIZE - 1), st.integers(0, SIZE - 1))
@settings(max_examples=200)
def test_a_table_is_surrounded_by_empty_cells(filled: list[list[bool]], row: int, column: int) -> None:
    sheet = sheet_of([["x" if cell else None for cell in line] for line in filled])
    table = block(sheet, Rect(row, row + 1, column, column + 1))
    if not filled[row][column]:
        assert table is None
        return
    assert table is not None
    assert table.holds(Rect(row, row + 1, column, column + 1))
    wider = Rect(table.top - 1, table.bottom + 1, table.left - 1, table.right + 1)
    for at, line in enumerate(filled):
        for place, cell in enumerate(line):
            here = Rect(at, at + 1, place, place + 1)
            assert not (cell and wider.holds(here) and not table.holds(here))


@given(
    st.integers(0, 900), st.integers(1, 90), st.integers(0, 18_000), st.integers(1, 90), st.text(min_size=1)
)
def test_a_range_written_is_the_range_read(top: int, height: int, left: int, width: int, title: str) -> None:
    rect = Rect(top, top + height, left, left + width)
    found, rest = a1.split(a1.written(title, rect))
    assert found == title
    assert a1.area(rest or "") == a1.Area(*rect)


@given(st.integers(0, 18_277))
def test_a_columns_name_leads_back_to_it(index: int) -> None:
    assert a1.column_index(a1.column_name(index)) == index


@given(st.integers(0, 50), st.integers(0, 50))
def test_a_formula_moved_there_and_back_is_itself(rows: int, columns: int) -> None:
    formula = '=SUM(A1:$B2)*C$3&"A1"+LOG10(D4)'
    assert moved(moved(formula, rows, columns), -rows, -columns) == formula


def test_masks_are_read_in_all_their_spellings() -> None:
    wanted = fields.parse("sheets(properties.title,data(rowData))")
    for text in (
        "sheets/properties/title,sheets/data/rowData",
        "sheets.properties.title,sheets.data(row_data)",
        "sheets(properties(title),data.rowData)",
    ):
        assert fields.parse(text) == wanted


def test_a_masked_field_that_is_not_sent_is_reset_and_others_stay() -> None:
    old = {"a": 1, "b": {"c": 1, "d": 2}, "e": 5}
    mask = fields.parse("a,b.c")
    assert fields.written(old, {"b": {"c": 9}}, mask) == {"b": {"c": 9, "d": 2}, "e": 5}
    assert fields.written(old, {}, mask) == {"b": {"d": 2}, "e": 5}


def test_every_method_the_discovery_document_lists_is_answered() -> None:
    assert {method.id for method in schema.document("sheets.v4").methods} <= HANDLERS.keys()


def test_the_request_kinds_not_answered_are_few_and_known() -> None:
    listed = schema.document("sheets.v4").schemas["Request"]["properties"].keys()
    assert {name for name in listed - KINDS.keys() if "DataSource" not in name and "Comment" not in name} == {
        "autoFill"
    }
