"""The stand-in's batchUpdate: atomic batches, refusals in Google's words, cells, rows and columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sheets_api import SheetsServer
from sheets_api.book import NOW, Book, area, columns, rows, text, typing
from sheets_api.errors import Json


@pytest.fixture(scope="module")
def server() -> Iterator[SheetsServer]:
    with SheetsServer(clock=lambda: NOW) as running:
        yield running


@pytest.fixture
def book(server: SheetsServer) -> Book:
    return Book(server)


# Batches


def test_a_batch_is_applied_whole_or_not_at_all(book: Book) -> None:
    add = {"addSheet": {"properties": {"title": "new"}}}
    message = book.refused(typing(text("a")), add, {"deleteSheet": {"sheetId": 99}})
    assert message == "Invalid requests[2].deleteSheet: No sheet with id: 99"
    assert book.values() == []
    assert len(book.get()["sheets"]) == 1


def test_the_answer_to_a_batch_can_carry_a_trimmed_spreadsheet(book: Book) -> None:
    book.put("A1", [["id", "x"], ["1", "y"]])
    body = {
        "requests": [{"insertDimension": {"range": rows(1, 2)}}],
        "includeSpreadsheetInResponse": True,
        "responseRanges": ["Sheet1!A:A"],
    }
    mask = "replies,updatedSpreadsheet(sheets(data(rowData(values(formattedValue)))))"
    assert book.ok("POST", ":batchUpdate", body, fields=mask) == {
        "replies": [{}],
        "updatedSpreadsheet": {
            "sheets": [
                {
                    "data": [
                        {
                            "rowData": [
                                {"values": [{"formattedValue": "id"}]},
                                {},
                                {"values": [{"formattedValue": "1"}]},
                            ]
                        }
                    ]
                }
            ]
        },
    }


def test_a_missing_sheet_id_means_sheet_zero(book: Book) -> None:
    book.batch(typing(text("a")))
    assert book.values() == [["a"]]


REFUSALS: list[tuple[Json, str]] = [
    ({"updateSheetProperties": {"properties": {"sheetId": 9}, "fields": "title"}}, "No sheet with id: 9"),
    ({"insertDimension": {"range": rows(0, 1, sheet=9)}}, "No grid with id: 9"),
    ({"appendDimension": {"sheetId": 9, "dimension": "ROWS", "length": 1}}, "No grid with id: 9"),
    (
        {"updateSheetProperties": {"properties": {"sheetId": 0}}},
        "At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)",
    ),
    (
        {"updateSheetProperties": {"properties": {"sheetId": 0}, "fields": "*"}},
        "The sheet name cannot be empty.",
    ),
    (
        {"updateSheetProperties": {"properties": {"sheetId": 0, "hidden": True}, "fields": "hidden"}},
        "You can't hide all the sheets in a document.",
    ),
    ({"deleteSheet": {"sheetId": 0}}, "You can't remove all the sheets in a document."),
    ({"addSheet": {"properties": {"sheetId": 0}}}, "Sheet with id 0 already exists."),
    ({"addSheet": {"properties": {"sheetId": -1}}}, "Sheet id must be non-negative."),
    (
        {"addSheet": {"properties": {"title": "SHEET1"}}},
        'A sheet with the name "SHEET1" already exists. Please enter another name.',
    ),
    (
        {"addSheet": {"properties": {"title": "x" * 101}}},
        "The sheet name cannot be greater than 100 characters.",
    ),
    (
        {"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": 1_000_000}},
        "This action would increase the number of cells in the workbook above the limit of 10000000 cells.",
    ),
    (
        {"updateCells": {"start": {"columnIndex": 25}, "rows": [{"values": [{}, {}]}], "fields": "note"}},
        "Attempting to write column: 26, beyond the last requested column of: 25",
    ),
    (
        {"updateCells": {"range": area(0, 1, 0, 1), "rows": [{}, {}], "fields": "note"}},
        "Attempting to write row: 1, beyond the last requested row of: 0",
    ),
    (
        {"insertDimension": {"range": rows(1001, 1002)}},
        "range.startIndex is larger than current grid size (1000)",
    ),
    (
        {"insertDimension": {"range": rows(1000, 1001)}},
        "range.startIndex must be less than the grid size (1000) if inheritFromBefore is false.",
    ),
    ({"deleteDimension": {"range": rows(0, 1000)}}, "You can't delete all the rows on the sheet."),
    (
        {"deleteDimension": {"range": rows(1372, 1373)}},
        "Cannot delete a row that doesn't exist. "
        "Tried to delete row index 1372 but there are only 1000 rows.",
    ),
    (
        {"addNamedRange": {"namedRange": {"name": "two words", "range": area(0, 1, 0, 1)}}},
        "The name given to this range is invalid",
    ),
    (
        {"updateNamedRange": {"namedRange": {"namedRangeId": "5"}, "fields": "name"}},
        "No NamedRange with id: 5",
    ),
    ({"deleteProtectedRange": {"protectedRangeId": 5}}, "No protected range with id: 5"),
    (
        {
            "addProtectedRange": {
                "protectedRange": {"range": {}, "warningOnly": True, "editors": {"users": ["a@example.jp"]}}
            }
        },
        "ProtectedRange is warningOnly. Editors cannot be set on it.",
    ),
    (
        {
            "addConditionalFormatRule": {
                "rule": {
                    "ranges": [area(0, 9, 0, 1)],
                    "gradientRule": {"minpoint": {"type": "NUMBER"}, "maxpoint": {"type": "MAX"}},
                }
            }
        },
        "InterpolationPoint.value is required.",
    ),
    ({"deleteEmbeddedObject": {"objectId": 4}}, "No embedded object with id: 4"),
    (
        {"addChart": {"chart": {"spec": {"title": "t"}, "position": {"newSheet": True}}}},
        "One of basicChart, pieChart, bubbleChart, candelstickChart, histogramChart, or orgChart "
        "must be set on chartSpec",
    ),
    (
        {"addChart": {"chart": {"spec": {"pieChart": {}}}}},
        "One of EmbeddedObjectPosition.overlayPosition or EmbeddedObjectPosition.sheetId must be set",
    ),
    (
        {"createDeveloperMetadata": {"developerMetadata": {"visibility": "DOCUMENT"}}},
        "Developer metadata must always have a key specified.",
    ),
    (
        {"createDeveloperMetadata": {"developerMetadata": {"metadataKey": "k"}}},
        "Developer metadata must always have visibility specified.",
    ),
]


@pytest.mark.parametrize(("request_", "message"), REFUSALS, ids=lambda value: next(iter(value), "")[:40])
def test_a_request_that_cannot_be_done_is_refused_in_googles_words(
    book: Book, request_: Json, message: str
) -> None:
    ((kind, _),) = request_.items()
    assert book.refused(request_) == f"Invalid requests[0].{kind}: {message}"


# Cells


def test_update_cells_never_parses_and_takes_the_cells_own_format(book: Book) -> None:
    book.put("A1", [["$1.50", "=1"]], "USER_ENTERED")
    number = {"userEnteredValue": {"numberValue": 5}}
    book.batch(typing(number, text("=1"), text("07/04/2026"), {"userEnteredValue": {"boolValue": True}}))
    assert book.values() == [["$5.00", "=1", "07/04/2026", "TRUE"]]
    assert book.cells("B1", "userEnteredValue") == [{"values": [text("=1")]}]


def test_update_cells_with_a_range_clears_what_the_rows_do_not_cover(book: Book) -> None:
    book.put("A1", [["a", "b", "c"], ["d", "e", "f"], ["g", "h", "i"]])
    row = {"values": [text("new")]}
    book.batch({"updateCells": {"range": area(0, 2, 0, 2), "rows": [row], "fields": "userEnteredValue"}})
    assert book.values() == [["new", "", "c"], ["", "", "f"], ["g", "h", "i"]]


def test_a_value_has_one_kind(book: Book) -> None:
    cell = {"userEnteredValue": {"stringValue": "a", "numberValue": 1}}
    message = book.refused({"updateCells": {"rows": [{"values": [cell]}], "fields": "*"}})
    assert "oneof field 'value' is already set" in message


def test_append_cells_lands_below_the_last_row_with_data_and_adds_rows(book: Book) -> None:
    book.put("C998", [["x"], ["y"]])
    request = {
        "sheetId": 0,
        "rows": [{"values": [text("a")]}, {"values": [text("b")]}],
        "fields": "userEnteredValue",
    }
    assert book.batch({"appendCells": request}) == [{}]
    assert book.values("A999:C1001") == [["", "", "y"], ["a"], ["b"]]


def test_repeat_cell_shifts_relative_references(book: Book) -> None:
    book.put("A1", [[1], [2], [3]])
    cell = {"userEnteredValue": {"formulaValue": "=A1*10+$A$1"}}
    book.batch({"repeatCell": {"range": area(0, 3, 1, 2), "cell": cell, "fields": "userEnteredValue"}})
    assert book.values("B1:B3") == [["11"], ["21"], ["31"]]
    assert book.values("B3", valueRenderOption="FORMULA") == [["=A3*10+$A$1"]]


def test_formats_are_written_to_the_mask_and_colours_kept_in_eight_bits(book: Book) -> None:
    def formatted(fields: str, **form: Any) -> Json:
        cell = {"userEnteredFormat": form}
        return {
            "repeatCell": {"range": area(0, 1, 0, 1), "cell": cell, "fields": f"userEnteredFormat{fields}"}
        }

    book.batch(formatted("", textFormat={"bold": True}, backgroundColor={"red": 0.5, "green": 0}))
    book.batch(formatted(".horizontalAlignment", horizontalAlignment="CENTER"))
    form = book.cells("A1", "userEnteredFormat")[0]["values"][0]["userEnteredFormat"]
    red = {"red": 0.49803922}
    assert form == {
        "textFormat": {"bold": True},
        "backgroundColor": red,
        "backgroundColorStyle": {"rgbColor": red},
        "horizontalAlignment": "CENTER",
    }
    book.batch(formatted(".backgroundColor"))
    assert (
        "backgroundColorStyle"
        not in book.cells("A1", "userEnteredFormat")[0]["values"][0]["userEnteredFormat"]
    )


def test_only_the_anchor_of_a_merge_keeps_its_value(book: Book) -> None:
    book.put("A1", [["a", "b"], ["c", "d"]])
    book.batch({"mergeCells": {"range": area(0, 2, 0, 2), "mergeType": "MERGE_ALL"}})
    assert book.values() == [["a"]]
    freeze = {"properties": {"sheetId": 0, "gridProperties": {"frozenColumnCount": 4}}}
    book.batch({"updateSheetProperties": freeze | {"fields": "gridProperties.frozenColumnCount"}})
    message = book.refused({"mergeCells": {"range": area(5, 6, 3, 5), "mergeType": "MERGE_ALL"}})
    assert message.endswith("You can't merge frozen and non-frozen columns")


@pytest.mark.parametrize(
    ("how", "shown", "formula", "bold"),
    [
        ("PASTE_NORMAL", "2", "=C1+1", True),
        ("PASTE_VALUES", "4", 4, False),
        ("PASTE_FORMULA", "2", "=C1+1", False),
        ("PASTE_FORMAT", "old", "old", True),
    ],
)
def test_a_paste_takes_over_what_its_type_says(
    book: Book, how: str, shown: str, formula: Any, bold: bool
) -> None:
    book.put("A1", [[3, "=A1+1", 1, "old"]], "USER_ENTERED")
    cell = {"userEnteredFormat": {"textFormat": {"bold": True}}}
    book.batch({"repeatCell": {"range": area(0, 1, 1, 2), "cell": cell, "fields": "userEnteredFormat"}})
    book.batch({"copyPaste": {"source": area(0, 1, 1, 2), "destination": area(0, 1, 3, 4), "pasteType": how}})
    assert book.values("D1") == [[shown]]
    assert book.values("D1", valueRenderOption="FORMULA") == [[formula]]
    assert bool(book.cells("D1", "userEnteredFormat")) is bold


def test_cells_are_transposed_filled_and_cut(book: Book) -> None:
    book.put("A1", [["a", "b"]])
    transposed = {
        "source": area(0, 1, 0, 2),
        "destination": area(2, 3, 0, 1),
        "pasteOrientation": "TRANSPOSE",
    }
    filled = {"source": area(0, 1, 0, 2), "destination": area(0, 2, 4, 8)}
    cut = {"source": area(0, 1, 0, 2), "destination": {"rowIndex": 5}, "pasteType": "PASTE_NORMAL"}
    book.batch({"copyPaste": transposed}, {"copyPaste": filled}, {"cutPaste": cut})
    assert book.values("A3:A4") == [["a"], ["b"]]
    assert book.values("E1:H2") == [["a", "b", "a", "b"], ["a", "b", "a", "b"]]
    assert (book.values("A1:B1"), book.values("A6:B6")) == ([], [["a", "b"]])


@pytest.mark.parametrize(("bottom", "pasted"), [(1, ["a", "b"]), (3, ["a", "b"]), (4, ["a", "b", "a", "b"])])
def test_a_paste_repeats_only_in_whole_multiples(book: Book, bottom: int, pasted: list[str]) -> None:
    book.put("A1", [["a"], ["b"]])
    book.batch({"copyPaste": {"source": area(0, 2, 0, 1), "destination": area(0, bottom, 2, 3)}})
    assert [row[2] for row in book.values("A1:C9")] == pasted


def test_pasted_text_is_split_and_read_as_typed(book: Book) -> None:
    book.batch({"pasteData": {"coordinate": {"rowIndex": 1}, "data": "1,x\n=1+1,'2", "delimiter": ","}})
    assert book.values(valueRenderOption="UNFORMATTED_VALUE") == [[], [1, "x"], [2, "2"]]
    table = "<table><tr><td>a</td><td>b</td></tr></table>"
    book.batch({"pasteData": {"coordinate": {}, "data": table, "html": True}})
    assert book.values("A1:B1") == [["a", "b"]]


def test_texts_are_found_and_replaced(book: Book) -> None:
    book.put("A1", [["aXbx", "x"], ["=1", 10]])
    reply = book.batch({"findReplace": {"find": "x", "replacement": "-", "allSheets": True}})
    counts = {"rowsChanged": 1, "sheetsChanged": 1, "valuesChanged": 2, "occurrencesChanged": 3}
    assert reply == [{"findReplace": counts}]
    regex = {"find": "(1)(0)", "replacement": "$2$1", "searchByRegex": True, "sheetId": 0}
    book.batch({"findReplace": regex})
    assert book.values() == [["a-b-", "-"], ["=1", "1"]]


def test_blanks_are_trimmed_and_duplicates_deleted(book: Book) -> None:
    book.put("A1", [[" a  b "], ["a b"], ["A B"], ["c"]])
    whole = area(0, 4, 0, 1)
    assert book.batch({"trimWhitespace": {"range": whole}}, {"deleteDuplicates": {"range": whole}}) == [
        {"trimWhitespace": {"cellsChangedCount": 1}},
        {"deleteDuplicates": {"duplicatesRemovedCount": 2}},
    ]
    assert book.values() == [["a b"], ["c"]]


def test_ranges_are_inserted_and_deleted_inside_a_sheet(book: Book) -> None:
    book.put("A1", [["a", "b"], ["c", "d"]])
    book.batch({"insertRange": {"range": area(0, 1, 0, 1), "shiftDimension": "ROWS"}})
    assert book.values() == [["", "b"], ["a", "d"], ["c"]]
    book.batch({"deleteRange": {"range": area(0, 1, 0, 1), "shiftDimension": "COLUMNS"}})
    assert book.values() == [["b"], ["a", "d"], ["c"]]


def test_text_is_split_into_columns(book: Book) -> None:
    book.put("A1", [["a;1"], ["b;2"]])
    book.batch({"textToColumns": {"source": area(0, 2, 0, 1), "delimiterType": "SEMICOLON"}})
    assert book.values(valueRenderOption="UNFORMATTED_VALUE") == [["a", 1], ["b", 2]]


@pytest.mark.parametrize("kind", ["TEXT_STARTS_WITH", "BLANK"])
def test_conditions_of_colouring_do_not_validate(book: Book, kind: str) -> None:
    rule = {"condition": {"type": kind, "values": [{"userEnteredValue": "a"}]}}
    assert kind in book.refused({"setDataValidation": {"range": area(0, 1, 0, 1), "rule": rule}})


@pytest.mark.parametrize("filled", [False, True])
def test_checkboxes_begin_blank_or_false_as_chosen(filled: bool) -> None:
    with SheetsServer(filled_checkboxes=filled) as server:
        book = Book(server)
        rule = {"condition": {"type": "BOOLEAN"}}
        book.batch({"setDataValidation": {"range": area(0, 3, 0, 1), "rule": rule}})
        assert book.values() == ([["FALSE"]] * 3 if filled else [])
        row = {"values": [text("below")]}
        book.batch({"appendCells": {"sheetId": 0, "rows": [row], "fields": "userEnteredValue"}})
        assert book.values("A4" if filled else "A1") == [["below"]]


# Rows and columns


def test_what_lies_on_rows_moves_with_them(book: Book) -> None:
    book.put("A1", [["h"], ["1"], ["2"], ["3"]])
    book.put("C1", [["=A4"]], "USER_ENTERED")
    protected = {"range": area(1, 3, 0, 2), "warningOnly": True}
    book.batch(
        {"mergeCells": {"range": area(2, 3, 4, 6), "mergeType": "MERGE_ALL"}},
        {"addNamedRange": {"namedRange": {"name": "two", "range": area(2, 3, 0, 1)}}},
        {"addProtectedRange": {"protectedRange": protected}},
        {"setBasicFilter": {"filter": {"range": area(0, 4, 0, 2)}}},
        {"addFilterView": {"filter": {"title": "v", "range": area(0, 4, 0, 2)}}},
        {"insertDimension": {"range": rows(2, 4)}},
    )
    state = book.get(
        "namedRanges.range,sheets(merges,basicFilter.range,filterViews.range,protectedRanges.range)"
    )
    (sheet,) = state["sheets"]
    assert state["namedRanges"][0]["range"] == {
        "startRowIndex": 4,
        "endRowIndex": 5,
        "startColumnIndex": 0,
        "endColumnIndex": 1,
    }
    assert sheet["merges"][0]["startRowIndex"] == 4
    assert sheet["basicFilter"]["range"]["endRowIndex"] == 6
    assert sheet["filterViews"][0]["range"]["endRowIndex"] == 6
    assert sheet["protectedRanges"][0]["range"]["endRowIndex"] == 5
    assert book.values("C1", valueRenderOption="FORMULA") == [["=A6"]]
    book.batch({"deleteDimension": {"range": rows(4, 6)}})
    assert book.values("A1:C1") == [["h", "", "#REF!"]]
    assert book.get("namedRanges") == {}


@pytest.mark.parametrize(
    ("start", "end", "to", "order"),
    [(0, 1, 3, "bcad"), (2, 4, 0, "cdab"), (1, 3, 4, "adbc"), (1, 2, 2, "abcd")],
)
def test_rows_and_columns_are_moved_to_where_they_stood_before(
    book: Book, start: int, end: int, to: int, order: str
) -> None:
    book.put("A1", [[letter] for letter in "abcd"])
    book.put("H9", [list("abcd")])
    source = columns(7 + start, 7 + end)
    book.batch(
        {"moveDimension": {"source": rows(start, end), "destinationIndex": to}},
        {"moveDimension": {"source": source, "destinationIndex": 7 + to}},
    )
    assert "".join(row[0] for row in book.values("A1:A4")) == order
    assert "".join(book.values("H9:K9")[0]) == order


def test_a_sort_puts_numbers_before_text_and_blanks_last_and_keeps_hidden_rows(book: Book) -> None:
    book.put("A1", [["b"], [2], ["hidden"], [""], ["a"], [1]])
    hide = {"range": rows(2, 3), "properties": {"hiddenByUser": True}, "fields": "hiddenByUser"}
    book.batch({"updateDimensionProperties": hide})
    whole = area(0, 6, 0, 1)
    book.batch({"sortRange": {"range": whole, "sortSpecs": [{"sortOrder": "ASCENDING"}]}})
    assert book.values() == [["1"], ["2"], ["hidden"], ["a"], ["b"]]
    book.batch({"sortRange": {"range": whole, "sortSpecs": [{"sortOrder": "DESCENDING"}]}})
    assert book.values() == [["b"], ["a"], ["hidden"], ["2"], ["1"]]


def test_a_sort_over_a_vertical_merge_is_refused(book: Book) -> None:
    book.batch({"mergeCells": {"range": area(0, 2, 0, 1), "mergeType": "MERGE_ALL"}})
    message = book.refused({"sortRange": {"range": area(0, 4, 0, 1), "sortSpecs": [{}]}})
    assert "You can't sort a range containing vertical merges." in message


def test_new_rows_take_the_looks_of_their_neighbour(book: Book) -> None:
    cell = {"userEnteredFormat": {"textFormat": {"bold": True}}}
    book.batch({"repeatCell": {"range": area(0, 1, 0, 1), "cell": cell, "fields": "userEnteredFormat"}})
    book.batch({"insertDimension": {"range": rows(1, 2), "inheritFromBefore": True}})
    assert book.cells("A2", "userEnteredFormat") == [{"values": [cell]}]
