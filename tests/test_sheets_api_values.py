"""The stand-in's values: addresses, writing and reading, appends, field masks and grid reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sheets_api import SheetsServer
from sheets_api.book import NOW, Book, area, text


@pytest.fixture(scope="module")
def server() -> Iterator[SheetsServer]:
    with SheetsServer(clock=lambda: NOW) as running:
        yield running


@pytest.fixture
def book(server: SheetsServer) -> Book:
    return Book(server)


# Addresses


@pytest.mark.parametrize(
    ("asked", "echoed"),
    [
        ("Sheet1", "Sheet1!A1:Z1000"),
        ("'Sheet1'", "Sheet1!A1:Z1000"),
        ("sheet1!$b$3", "Sheet1!B3"),
        ("Sheet1!A1:A", "Sheet1!A1:A1000"),
        ("Sheet1!A2:2", "Sheet1!A2:Z2"),
        ("Sheet1!2:3", "Sheet1!A2:Z3"),
        ("Sheet1!C:D", "Sheet1!C1:D1000"),
        ("Sheet1!D4:A1", "Sheet1!A1:D4"),
        ("Sheet1!A1:A1", "Sheet1!A1"),
        ("Sheet1!Y999:AB1005", "Sheet1!Y999:Z1000"),
        ("B2:C3", "Sheet1!B2:C3"),
        ("Sheet1!R1C1:R2C3", "Sheet1!A1:C2"),
        ("Corner", "Sheet1!B1:C3"),
        ("'Sheet1'!Corner", "Sheet1!B1:C3"),
    ],
)
def test_a_range_is_found_and_echoed_as_google_writes_it(book: Book, asked: str, echoed: str) -> None:
    book.batch({"addNamedRange": {"namedRange": {"name": "Corner", "range": area(0, 3, 1, 3)}}})
    assert book.ok("GET", f"/values/{asked}")["range"] == echoed


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("'NoSuchSheetHere'!A1:B2", "Unable to parse range: 'NoSuchSheetHere'!A1:B2"),
        ("Corner!A1:B1", "Unable to parse range: Corner!A1:B1"),
        ("AAAA1", "Unable to parse range: AAAA1"),
        (
            "Sheet1!A5000:B5001",
            "Range (Sheet1!A5000:B5001) exceeds grid limits. Max rows: 1000, max columns: 26",
        ),
        ("Sheet1!ZZZ1", "Range (Sheet1!ZZZ1) exceeds grid limits. Max rows: 1000, max columns: 26"),
    ],
)
def test_a_range_that_leads_nowhere_is_refused(book: Book, asked: str, message: str) -> None:
    book.batch({"addNamedRange": {"namedRange": {"name": "Corner", "range": area(0, 3, 1, 3)}}})
    answer = book.send("GET", f"/values/{asked}")
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, message)


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("Sheet_1", "Sheet_1"),
        ("x.y", "x.y"),
        ("Sales2", "Sales2"),
        ("D3", "'D3'"),
        ("R1C1", "'R1C1'"),
        ("2026", "'2026'"),
        ("a b", "'a b'"),
        ("a-b", "'a-b'"),
        ("It's", "'It''s'"),
        ("問い合わせ台帳", "'問い合わせ台帳'"),
    ],
)
def test_titles_are_quoted_where_google_quotes_them(book: Book, title: str, written: str) -> None:
    book.batch({"updateSheetProperties": {"properties": {"sheetId": 0, "title": title}, "fields": "title"}})
    quoted = "'" + title.replace("'", "''") + "'"
    assert book.ok("GET", f"/values/{quoted}!A1")["range"] == f"{written}!A1"


def test_a_named_range_shadows_a_sheet_of_the_same_name(book: Book) -> None:
    book.batch({"addNamedRange": {"namedRange": {"name": "Sheet1", "range": area(0, 1, 0, 1)}}})
    assert book.ok("GET", "/values/Sheet1")["range"] == "Sheet1!A1"
    assert book.ok("GET", "/values/'Sheet1'")["range"] == "Sheet1!A1:Z1000"


# Writing and reading values


@pytest.mark.parametrize(
    ("typed", "value", "shown"),
    [
        ("007", 7, "7"),
        ("1-2", 46024, "1-2"),
        ("2026-09-05", 46270, "2026-09-05"),
        ("2026/9/5 10:30", 46270.4375, "2026/9/5 10:30"),
        ("$100.15", 100.15, "$100.15"),
        ("¥1,200", 1200, "¥1,200"),
        ("12.5%", 0.125, "12.50%"),
        ("2,000,000.01", 2000000.01, "2,000,000.01"),
        ("-3", -3, "-3"),
        ("TRUE", True, "TRUE"),
        ("=1+2", 3, "3"),
        ('="a"&"b"', "ab", "ab"),
        ("'0123", "0123", "0123"),
        ("+81-90-1234", -1243, "-1243"),
        ("+abc", "#NAME?", "#NAME?"),
        ("+", "+", "+"),
        ("=", "=", "="),
        ("=SUM(", "#ERROR!", "#ERROR!"),
        ("=IMPORTXML(1)", "#NAME?", "#NAME?"),
        ("1,2", "1,2", "1,2"),
        ("2026-13-40", "2026-13-40", "2026-13-40"),
        ("ｔｒｕｅ", "ｔｒｕｅ", "ｔｒｕｅ"),
        ("返品したい\n急ぎ", "返品したい\n急ぎ", "返品したい\n急ぎ"),
    ],
)
def test_a_typed_text_becomes_what_it_looks_like(book: Book, typed: str, value: Any, shown: str) -> None:
    book.put("A1", [[typed]], "USER_ENTERED")
    assert book.values("A1", valueRenderOption="UNFORMATTED_VALUE") == [[value]]
    assert book.values("A1") == [[shown]]


@pytest.mark.parametrize("raw", ["=1+2", "007", "TRUE", "'0123", "+81", "@here", "-1", "1-2", "2026-09-05"])
def test_a_raw_text_stays_that_very_text(book: Book, raw: str) -> None:
    book.put("A1", [[raw]])
    assert book.cells("A1", "userEnteredValue") == [{"values": [text(raw)]}]


def test_json_numbers_and_booleans_are_typed_in_either_mode(book: Book) -> None:
    book.put("A1", [[1, 1.5, True]])
    assert book.values(valueRenderOption="UNFORMATTED_VALUE") == [[1, 1.5, True]]
    assert book.values() == [["1", "1.5", "TRUE"]]


def test_formula_rendering_cannot_tell_text_from_formula_but_a_grid_read_can(book: Book) -> None:
    book.put("A1", [["=1+1"]])
    book.put("B1", [["=1+1"]], "USER_ENTERED")
    assert book.values(valueRenderOption="FORMULA") == [["=1+1", "=1+1"]]
    kinds = [list(cell["userEnteredValue"]) for cell in book.cells("Sheet1", "userEnteredValue")[0]["values"]]
    assert kinds == [["stringValue"], ["formulaValue"]]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("=sum( sales!a3:a3 )", "=sum( Sales!A3 )"),
        ("='sales'!$b$2&\"a1\"", '=Sales!$B$2&"a1"'),
        ("=log10(a1:b2)", "=log10(A1:B2)"),
    ],
)
def test_a_formula_is_kept_in_googles_own_spelling(book: Book, typed: str, kept: str) -> None:
    book.batch({"addSheet": {"properties": {"title": "Sales"}}})
    cell = {"userEnteredValue": {"formulaValue": typed}}
    request = {"start": {"columnIndex": 1}, "rows": [{"values": [cell]}], "fields": "userEnteredValue"}
    book.put("A1", [[typed]], "USER_ENTERED")
    book.batch({"updateCells": request})
    assert book.values("A1:B1", valueRenderOption="FORMULA") == [[kept, kept]]


def test_null_leaves_a_cell_alone_and_an_empty_text_empties_it(book: Book) -> None:
    book.put("A1", [["a", "b"], ["c", "d"]])
    written = book.put("A1", [[None, ""], ["", None]])
    assert written["updatedRange"] == "Sheet1!A1:B2"
    assert written["updatedCells"] == 2
    assert book.values() == [["a"], ["", "d"]]


@pytest.mark.parametrize(
    ("where", "values", "message"),
    [
        (
            "Sheet1!A1:B1",
            [[1, 2, 3]],
            "Requested writing within range [Sheet1!A1:B1], but tried writing to column [C]",
        ),
        (
            "Sheet1!A1:B1",
            [[1], [2]],
            "Requested writing within range [Sheet1!A1:B1], but tried writing to row [2]",
        ),
        ("Sheet1!Z1", [[1, 2]], "Range (Sheet1!Z1:AA1) exceeds grid limits. Max rows: 1000, max columns: 26"),
        ("Sheet1!A1001", [[1]], "Range (Sheet1!A1001) exceeds grid limits. Max rows: 1000, max columns: 26"),
        (
            "A1",
            [["x" * 50_001]],
            "Your input contains more than the maximum of 50000 characters in a single cell.",
        ),
    ],
)
def test_a_write_outside_its_range_or_too_long_is_refused(
    book: Book, where: str, values: list[list[Any]], message: str
) -> None:
    answer = book.send("PUT", f"/values/{where}", {"values": values}, valueInputOption="RAW")
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, message)
    assert book.values() == []


def test_fifty_thousand_characters_fit(book: Book) -> None:
    book.put("A1", [["あ" * 50_000]])
    assert len(book.values()[0][0]) == 50_000


def test_the_range_of_the_body_must_be_that_of_the_path(book: Book) -> None:
    body = {"range": "Sheet1!ZZ998", "values": [[1]]}
    answer = book.send("PUT", "/values/Sheet1!ZZ999", body, valueInputOption="RAW")
    message = "Request range[Sheet1!ZZ999] does not match value's range[Sheet1!ZZ998]"
    assert answer.json()["error"]["message"] == message


def test_an_error_in_a_batch_of_values_names_its_place_and_writes_nothing(book: Book) -> None:
    data = [{"range": "A1", "values": [["x"]]}, {"range": "Nowhere!A1", "values": [["y"]]}]
    answer = book.send("POST", "/values:batchUpdate", {"valueInputOption": "RAW", "data": data})
    assert answer.json()["error"]["message"] == "Invalid data[1]: Unable to parse range: Nowhere!A1"
    assert book.values() == []


def test_written_values_come_back_when_asked_for(book: Book) -> None:
    body = {"values": [["=1+1", "x"]]}
    written = book.ok(
        "PUT", "/values/A1", body, valueInputOption="USER_ENTERED", includeValuesInResponse="True"
    )
    assert written["updatedData"] == {
        "range": "Sheet1!A1:B1",
        "majorDimension": "ROWS",
        "values": [["2", "x"]],
    }


def test_columns_may_be_the_major_dimension_both_ways(book: Book) -> None:
    body = {"majorDimension": "COLUMNS", "values": [["a", "b"], ["c"]]}
    book.ok("PUT", "/values/A1", body, valueInputOption="RAW")
    assert book.values() == [["a", "c"], ["b"]]
    assert book.values(majorDimension="COLUMNS") == [["a", "b"], ["c"]]


def test_clearing_keeps_notes_formats_and_validation(book: Book) -> None:
    rule = {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "はい"}]}, "strict": True}
    cell = text("はい") | {"note": "n", "userEnteredFormat": {"textFormat": {"bold": True}}}
    book.batch(
        {"updateCells": {"range": area(0, 1, 0, 1), "rows": [{"values": [cell]}], "fields": "*"}},
        {"setDataValidation": {"range": area(0, 1, 0, 1), "rule": rule}},
    )
    assert book.ok("POST", "/values/Sheet1:clear")["clearedRange"] == "Sheet1!A1:Z1000"
    fields = "userEnteredValue,note,dataValidation,userEnteredFormat.textFormat.bold"
    assert book.cells("A1", fields) == [
        {
            "values": [
                {"note": "n", "dataValidation": rule, "userEnteredFormat": {"textFormat": {"bold": True}}}
            ]
        }
    ]


# Appending


@pytest.mark.parametrize(
    ("filled", "where", "option", "table", "landed"),
    [
        ({}, "Sheet1", "OVERWRITE", None, "Sheet1!A1:B1"),
        ({"A1": [["x", "", "z"]]}, "Sheet1", "OVERWRITE", "Sheet1!C1", "Sheet1!C2:D2"),
        ({"A1": [["x", "", "z"]]}, "Sheet1!A1", "OVERWRITE", "Sheet1!A1", "Sheet1!A2:B2"),
        ({"A1": [["x"]], "A3": [["y"]]}, "Sheet1!A2", "OVERWRITE", None, "Sheet1!A2:B2"),
        (
            {"A1": [["1"], ["2"], ["3"]], "A6": [["6"], ["7"]]},
            "Sheet1!A1",
            "OVERWRITE",
            "Sheet1!A1:A3",
            "Sheet1!A4:B4",
        ),
        (
            {"A1": [["1"], ["2"], ["3"]], "A6": [["6"], ["7"]]},
            "Sheet1",
            "OVERWRITE",
            "Sheet1!A6:A7",
            "Sheet1!A8:B8",
        ),
        ({"B2": [["h", "i", "j"], ["1"]]}, "Sheet1!C2", "OVERWRITE", "Sheet1!B2:D3", "Sheet1!B4:C4"),
        ({"A1000": [["end"]]}, "Sheet1", "OVERWRITE", "Sheet1!A1000", "Sheet1!A1001:B1001"),
    ],
)
def test_an_append_finds_its_table(
    book: Book, filled: dict[str, Any], where: str, option: str, table: str | None, landed: str
) -> None:
    for place, values in filled.items():
        book.put(place, values)
    query = {"valueInputOption": "RAW", "insertDataOption": option}
    answer = book.ok("POST", f"/values/{where}:append", {"values": [["new", "er"]]}, **query)
    assert answer.get("tableRange") == table
    assert answer["updates"]["updatedRange"] == landed


def test_an_append_that_inserts_rows_pushes_down_what_is_below(book: Book) -> None:
    book.put("A1", [["1"], ["2"]])
    book.put("A4", [["4"]])
    query = {"valueInputOption": "RAW", "insertDataOption": "INSERT_ROWS"}
    book.ok("POST", "/values/Sheet1!A1:append", {"values": [["a"], ["b"]]}, **query)
    assert book.values() == [["1"], ["2"], ["a"], ["b"], [], ["4"]]


# Field masks and grid reads


def test_a_mask_that_selects_nothing_leaves_the_skeleton(book: Book) -> None:
    assert book.get("namedRanges") == {}
    assert book.get("sheets.properties.tabColorStyle") == {"sheets": [{"properties": {}}]}
    assert book.get("sheets/data/rowData/values/note") == {"sheets": [{"data": [{}]}]}


@pytest.mark.parametrize(("mask", "path"), [("sheets.colour", "sheets.colour"), ("nonsense", "nonsense")])
def test_a_mask_with_an_unknown_path_is_refused_in_the_details(book: Book, mask: str, path: str) -> None:
    error = book.send("GET", "", fields=mask).json()["error"]
    assert error["message"] == "Request contains an invalid argument."
    description = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'."
    assert error["details"][0]["fieldViolations"][0]["description"] == description


@pytest.mark.parametrize("mask", ["sheets(properties", "sheets)", "sheets..data", ",sheets"])
def test_a_mask_that_cannot_be_read_is_refused_without_details(book: Book, mask: str) -> None:
    error = book.send("GET", "", fields=mask).json()["error"]
    assert error["message"] == "Request contains an invalid argument."
    assert "details" not in error


def test_a_grid_read_gives_values_in_all_their_forms(book: Book) -> None:
    book.put("B2", [["2026-09-05", '=HYPERLINK("https://example.jp/", "開く")', True]], "USER_ENTERED")
    assert book.cells("B2:D2", "userEnteredValue,effectiveValue,formattedValue,hyperlink")[0]["values"] == [
        {
            "userEnteredValue": {"numberValue": 46270},
            "effectiveValue": {"numberValue": 46270},
            "formattedValue": "2026-09-05",
        },
        {
            "userEnteredValue": {"formulaValue": '=HYPERLINK("https://example.jp/", "開く")'},
            "effectiveValue": {"stringValue": "開く"},
            "formattedValue": "開く",
            "hyperlink": "https://example.jp/",
        },
        {
            "userEnteredValue": {"boolValue": True},
            "effectiveValue": {"boolValue": True},
            "formattedValue": "TRUE",
        },
    ]


def test_ranges_limit_a_read_to_their_sheets_and_cells(book: Book) -> None:
    book.batch({"addSheet": {"properties": {"title": "other", "sheetId": 7}}})
    book.put("other!A1", [["a", "b"], ["c", "d"]])
    mask = "sheets(properties.sheetId,data(startRow,startColumn,rowData.values.formattedValue))"
    sheets = book.get(mask, ranges=["other!B2", "other!A1"])["sheets"]
    assert sheets == [
        {
            "properties": {"sheetId": 7},
            "data": [
                {"startRow": 1, "startColumn": 1, "rowData": [{"values": [{"formattedValue": "d"}]}]},
                {"rowData": [{"values": [{"formattedValue": "a"}]}]},
            ],
        }
    ]


def test_grid_data_comes_without_a_mask_only_when_asked_for(book: Book) -> None:
    book.put("A1", [["a"]])
    assert "data" not in book.get()["sheets"][0]
    data = book.get(includeGridData="true", ranges="A1:B1")["sheets"][0]["data"][0]
    assert data["rowData"][0]["values"][0]["effectiveFormat"]["wrapStrategy"] == "OVERFLOW_CELL"
    assert [len(data[name]) for name in ("rowMetadata", "columnMetadata")] == [1, 2]
