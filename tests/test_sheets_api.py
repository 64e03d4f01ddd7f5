"""The stand-in for Google's Sheets API, held to what is known of the real one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gspread
import pytest
import requests
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials as UserCredentials
from google.oauth2.service_account import Credentials as ServiceCredentials
from sheets_api import SheetsServer, trouble
from sheets_api.server import SCOPES

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
Json = dict[str, Any]


@pytest.fixture(scope="module")
def server() -> Iterator[SheetsServer]:
    with SheetsServer(clock=lambda: NOW) as running:
        yield running


@pytest.fixture
def own() -> Iterator[SheetsServer]:
    """A server of one test, for those that order trouble or look at what was sent."""
    with SheetsServer(clock=lambda: NOW) as running:
        yield running


class Book:
    """One spreadsheet, spoken to in plain HTTP."""

    def __init__(self, server: SheetsServer, title: str = "Book") -> None:
        self.server = server
        self.id = server.create(title)
        self.base = f"{server.url}/v4/spreadsheets/{self.id}"
        self.session = requests.Session()

    def send(self, verb: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        return self.session.request(verb, self.base + path, json=body, params=query, timeout=30)

    def ok(self, verb: str, path: str, body: Any = None, **query: Any) -> Json:
        answer = self.send(verb, path, body, **query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def get(self, fields: str | None = None, **query: Any) -> Json:
        return self.ok("GET", "", fields=fields, **query)

    def batch(self, *wanted: Json, **more: Any) -> list[Json]:
        return list(self.ok("POST", ":batchUpdate", {"requests": list(wanted), **more})["replies"])

    def refused(self, *wanted: Json) -> str:
        answer = self.send("POST", ":batchUpdate", {"requests": list(wanted)})
        assert answer.status_code == 400, answer.text
        return str(answer.json()["error"]["message"])

    def put(self, where: str, values: list[list[Any]], option: str = "RAW") -> Json:
        return self.ok("PUT", f"/values/{where}", {"values": values}, valueInputOption=option)

    def values(self, where: str = "Sheet1", **query: Any) -> list[list[Any]]:
        return list(self.ok("GET", f"/values/{where}", **query).get("values", []))

    def cells(self, where: str, fields: str) -> list[Json]:
        """The rows of a grid read."""
        mask = f"sheets.data.rowData.values({fields})"
        return list(self.get(mask, ranges=where)["sheets"][0]["data"][0].get("rowData", []))


@pytest.fixture
def book(server: SheetsServer) -> Book:
    return Book(server)


def rows(*numbers: int, sheet: int = 0) -> Json:
    return {"sheetId": sheet, "dimension": "ROWS", "startIndex": numbers[0], "endIndex": numbers[1]}


def area(top: int, bottom: int, left: int, right: int, sheet: int = 0) -> Json:
    ends = {"startRowIndex": top, "endRowIndex": bottom, "startColumnIndex": left, "endColumnIndex": right}
    return {"sheetId": sheet} | ends


def text(value: str) -> Json:
    return {"userEnteredValue": {"stringValue": value}}


# Clients


def test_an_unmodified_gspread_client_works_without_credentials(own: SheetsServer) -> None:
    client = own.client()
    sheet = client.create("問い合わせ").sheet1
    sheet.update([["番号", "件名"], [1, "返品"]])
    assert client.open("問い合わせ").sheet1.get_all_records() == [{"番号": 1, "件名": "返品"}]


def test_a_service_account_gets_its_token_from_the_local_endpoint(tmp_path: Path) -> None:
    with SheetsServer(auth_required=True) as server:
        path = server.service_account_file(tmp_path / "key.json")
        client = gspread.auth.service_account(path)
        server.route(client.http_client.session)
        assert client.create("signed").sheet1.title == "Sheet1"


def test_a_person_signed_in_before_gets_a_token_for_the_refresh_token(tmp_path: Path) -> None:
    with SheetsServer(auth_required=True) as server:
        path = server.authorized_user_file(tmp_path / "user.json")
        session = AuthorizedSession(UserCredentials.from_authorized_user_file(str(path), SCOPES))
        server.route(session)
        answer = session.post("https://sheets.googleapis.com/v4/spreadsheets", json={})
        assert answer.json()["properties"]["title"] == "Untitled spreadsheet"


def test_a_read_only_token_may_read_but_not_write(tmp_path: Path) -> None:
    with SheetsServer(auth_required=True) as server:
        path = server.service_account_file(tmp_path / "key.json")
        scopes = ["https://www.googleapis.com/auth/spreadsheets.readonly"]
        session = AuthorizedSession(ServiceCredentials.from_service_account_file(str(path), scopes=scopes))
        server.route(session)
        url = f"https://sheets.googleapis.com/v4/spreadsheets/{server.create('x')}"
        assert session.get(url).status_code == 200
        error = session.post(url + ":batchUpdate", json={"requests": []}).json()["error"]
        assert error["message"] == "Request had insufficient authentication scopes."
        assert error["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


def test_a_forged_token_request_and_a_foreign_token_are_refused() -> None:
    with SheetsServer(auth_required=True) as server:
        grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
        forged = requests.post(
            server.token_uri, data={"grant_type": grant, "assertion": "a.e30.b"}, timeout=30
        )
        assert (forged.status_code, forged.json()["error"]) == (400, "invalid_grant")
        url = f"{server.url}/v4/spreadsheets/{server.create('x')}"
        foreign = requests.get(url, headers={"Authorization": "Bearer stolen"}, timeout=30)
        assert foreign.json()["error"]["status"] == "UNAUTHENTICATED"


def test_the_discovery_client_can_be_pointed_here(book: Book) -> None:
    from googleapiclient.discovery import build
    from googleapiclient.http import HttpRequest

    options = {"api_endpoint": book.server.url}
    service = build("sheets", "v4", client_options=options, developerKey="none", requestBuilder=HttpRequest)
    values = service.spreadsheets().values()
    written = values.update(
        spreadsheetId=book.id, range="Sheet1!A1", valueInputOption="RAW", body={"values": [["あ"]]}
    ).execute()
    assert written["updatedRange"] == "Sheet1!A1"
    assert values.get(spreadsheetId=book.id, range="Sheet1!A1").execute()["values"] == [["あ"]]


# What does not fit the schema


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"requests": []}, "Must specify at least one request."),
        ({"requests": [{}]}, "Invalid requests[0]: No request set."),
        (
            {"requests": [{"makeTea": {}}]},
            "Invalid JSON payload received. Unknown name \"makeTea\" at 'requests[0]': Cannot find field.",
        ),
        (
            {"request": []},
            'Invalid JSON payload received. Unknown name "request": Cannot find field.',
        ),
        (
            {"requests": [{"updateCells": {"rows": [{"values": [{"colour": 1}]}]}}]},
            'Invalid JSON payload received. Unknown name "colour" at '
            "'requests[0].update_cells.rows[0].values[0]': Cannot find field.",
        ),
        (
            {"requests": [{"mergeCells": {"mergeType": "MERGE_SOME"}}]},
            "Invalid value at 'requests[0].merge_cells.merge_type' "
            '(type.googleapis.com/google.apps.sheets.v4.MergeCellsRequest.MergeType), "MERGE_SOME"',
        ),
        (
            {"requests": [{"deleteSheet": {"sheetId": "one"}}]},
            "Invalid value at 'requests[0].delete_sheet.sheet_id' (TYPE_INT32), \"one\"",
        ),
        (
            {"includeSpreadsheetInResponse": "maybe", "requests": []},
            "Invalid value at 'include_spreadsheet_in_response' (TYPE_BOOL), \"maybe\"",
        ),
    ],
)
def test_a_payload_that_does_not_fit_is_refused_in_googles_words(
    book: Book, body: Json, message: str
) -> None:
    error = book.send("POST", ":batchUpdate", body).json()["error"]
    assert (error["code"], error["status"], error["message"]) == (400, "INVALID_ARGUMENT", message)


def test_every_misfit_of_a_payload_is_listed(book: Book) -> None:
    error = book.send("POST", ":batchUpdate", {"a": 1, "requests": [{"b": 2}]}).json()["error"]
    assert [one.get("field", "") for one in error["details"][0]["fieldViolations"]] == ["", "requests[0]"]
    assert error["message"].count("\n") == 1


def test_null_equals_leaving_out_and_snake_case_names_are_understood(book: Book) -> None:
    book.batch({"add_sheet": {"properties": {"title": "a", "hidden": None}}, "addChart": None})
    assert [s["properties"]["title"] for s in book.get()["sheets"]] == ["Sheet1", "a"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            {"valueInputOption": "Text"},
            "Invalid value at 'value_input_option' "
            '(type.googleapis.com/google.apps.sheets.v4.ValueInputOption), "Text"',
        ),
        ({}, "'valueInputOption' is required but not specified"),
        (
            {"valueInputOption": "RAW", "colour": "red"},
            'Invalid JSON payload received. Unknown name "colour": Cannot bind query parameter. '
            "Field 'colour' could not be found in request message.",
        ),
    ],
)
def test_query_parameters_are_checked(book: Book, query: Json, message: str) -> None:
    answer = book.send("PUT", "/values/A1", {"values": [[1]]}, **query)
    assert answer.json()["error"]["message"] == message


@pytest.mark.parametrize(
    ("values", "field"),
    [("X", "data.values"), (["X"], "data.values[0]"), (7, "data.values")],
)
def test_values_must_be_a_list_of_lists(book: Book, values: Any, field: str) -> None:
    error = book.send("PUT", "/values/A1", {"values": values}, valueInputOption="RAW").json()["error"]
    assert error["message"].startswith(
        f"Invalid value at '{field}' (type.googleapis.com/google.protobuf.ListValue)"
    )
    assert error["details"][0]["fieldViolations"][0]["field"] == field


def test_a_list_inside_a_cell_is_refused_with_its_place(book: Book) -> None:
    answer = book.send("PUT", "/values/A1", {"values": [["a"], ["b", ["c"]]]}, valueInputOption="RAW")
    assert answer.json()["error"]["message"].startswith("Invalid values[1][1]: list_value")


def test_a_missing_spreadsheet_is_404_and_a_foreign_one_403(own: SheetsServer) -> None:
    own.forbid("somebody-elses")
    codes = [
        requests.get(f"{own.url}/v4/spreadsheets/{key}", timeout=30) for key in ("none", "somebody-elses")
    ]
    assert [(answer.status_code, answer.json()["error"]["status"]) for answer in codes] == [
        (404, "NOT_FOUND"),
        (403, "PERMISSION_DENIED"),
    ]


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


# Batches


def test_a_batch_is_applied_whole_or_not_at_all(book: Book) -> None:
    write = {"updateCells": {"start": {}, "rows": [{"values": [text("a")]}], "fields": "userEnteredValue"}}
    add = {"addSheet": {"properties": {"title": "new"}}}
    message = book.refused(write, add, {"deleteSheet": {"sheetId": 99}})
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
    book.batch(
        {"updateCells": {"start": {}, "rows": [{"values": [text("a")]}], "fields": "userEnteredValue"}}
    )
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
        "Developer metadata must always have a visibility specified.",
    ),
]


@pytest.mark.parametrize(("request_", "message"), REFUSALS, ids=lambda value: next(iter(value), "")[:40])
def test_a_request_that_cannot_be_done_is_refused_in_googles_words(
    book: Book, request_: Json, message: str
) -> None:
    ((kind, _),) = request_.items()
    assert book.refused(request_) == f"Invalid requests[0].{kind}: {message}"


# Sheets


def titles(book: Book) -> list[str]:
    return [sheet["properties"]["title"] for sheet in book.get("sheets.properties.title")["sheets"]]


@pytest.mark.parametrize(
    ("moved", "to", "order"),
    [
        ("a", 3, ["b", "c", "a", "d"]),
        ("a", 4, ["b", "c", "d", "a"]),
        ("d", 1, ["a", "d", "b", "c"]),
        ("b", 1, ["a", "b", "c", "d"]),
    ],
)
def test_a_sheets_new_index_counts_positions_before_the_move(
    book: Book, moved: str, to: int, order: list[str]
) -> None:
    book.batch({"updateSheetProperties": {"properties": {"sheetId": 0, "title": "a"}, "fields": "title"}})
    book.batch(*({"addSheet": {"properties": {"title": name, "sheetId": ord(name)}}} for name in "bcd"))
    number = 0 if moved == "a" else ord(moved)
    book.batch({"updateSheetProperties": {"properties": {"sheetId": number, "index": to}, "fields": "index"}})
    assert titles(book) == order


def test_a_new_sheet_is_described_in_full(book: Book) -> None:
    properties = {
        "title": "t",
        "gridProperties": {"rowCount": 9, "frozenRowCount": 1},
        "tabColor": {"red": 0.5},
    }
    reply = book.batch({"addSheet": {"properties": properties}})[0]["addSheet"]["properties"]
    assert reply.pop("sheetId") > 0
    assert reply == {
        "title": "t",
        "index": 1,
        "sheetType": "GRID",
        "gridProperties": {"rowCount": 9, "columnCount": 26, "frozenRowCount": 1},
        "tabColor": {"red": 0.49803922},
        "tabColorStyle": {"rgbColor": {"red": 0.49803922}},
    }


def test_unfreezing_and_shrinking_pass_only_one_after_the_other(book: Book) -> None:
    def properties(**grid: int) -> Json:
        mask = ",".join(f"gridProperties.{name}" for name in grid)
        return {
            "updateSheetProperties": {"properties": {"sheetId": 0, "gridProperties": grid}, "fields": mask}
        }

    book.batch(properties(frozenRowCount=5))
    assert "non-frozen rows" in book.refused(properties(frozenRowCount=0, rowCount=5))
    book.batch(properties(frozenRowCount=0), properties(rowCount=5))


def test_the_last_visible_sheet_cannot_be_deleted(book: Book) -> None:
    book.batch({"addSheet": {"properties": {"sheetId": 3, "title": "hidden", "hidden": True}}})
    message = book.refused({"deleteSheet": {"sheetId": 0}})
    assert message.endswith("You can't remove all the visible sheets in a document.")


def test_a_sheet_is_copied_within_and_between_spreadsheets(book: Book, server: SheetsServer) -> None:
    book.put("A1", [["x", "=A1"]], "USER_ENTERED")
    book.batch({"addNamedRange": {"namedRange": {"name": "N", "range": area(0, 1, 0, 1)}}})
    request = {"sourceSheetId": 0, "newSheetName": "twin", "insertSheetIndex": 0, "newSheetId": 8}
    reply = book.batch({"duplicateSheet": request})[0]["duplicateSheet"]["properties"]
    assert (reply["sheetId"], reply["index"], titles(book)) == (8, 0, ["twin", "Sheet1"])
    other = Book(server, "other")
    copy = book.ok("POST", "/sheets/0:copyTo", {"destinationSpreadsheetId": other.id})
    assert (copy["title"], copy["index"]) == ("Copy of Sheet1", 1)
    assert other.values("'Copy of Sheet1'") == [["x", "x"]]


def test_a_spreadsheet_is_created_with_its_sheets_and_cells(server: SheetsServer) -> None:
    data = [{"startRow": 1, "rowData": [{"values": [text("返品")]}]}]
    body = {
        "properties": {"title": "台帳", "locale": "ja_JP", "timeZone": "Asia/Tokyo"},
        "sheets": [{"properties": {"title": "問い合わせ台帳", "sheetId": 5}, "data": data}],
    }
    made = requests.post(f"{server.url}/v4/spreadsheets", json=body, timeout=30).json()
    assert (made["properties"]["locale"], made["properties"]["timeZone"]) == ("ja_JP", "Asia/Tokyo")
    assert [sheet["properties"]["sheetId"] for sheet in made["sheets"]] == [5]
    assert server.as_person(made["spreadsheetId"]).values("問い合わせ台帳") == [[], ["返品"]]


# Cells


def test_update_cells_never_parses_and_takes_the_cells_own_format(book: Book) -> None:
    book.put("A1", [["$1.50", "=1"]], "USER_ENTERED")
    number = {"userEnteredValue": {"numberValue": 5}}
    row = {"values": [number, text("=1"), text("07/04/2026"), {"userEnteredValue": {"boolValue": True}}]}
    book.batch({"updateCells": {"start": {}, "rows": [row], "fields": "userEnteredValue"}})
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
    columns = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 7 + start, "endIndex": 7 + end}
    book.batch(
        {"moveDimension": {"source": rows(start, end), "destinationIndex": to}},
        {"moveDimension": {"source": columns, "destinationIndex": 7 + to}},
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


# Objects over cells


def test_a_filter_view_is_added_changed_copied_and_deleted(book: Book) -> None:
    condition = {"type": "TEXT_EQ", "values": [{"userEnteredValue": "未対応"}]}
    spec = {"columnIndex": 3, "filterCriteria": {"condition": condition}}
    view = {"filterViewId": 11, "title": "未対応", "range": {"sheetId": 0}, "filterSpecs": [spec]}
    reply = book.batch({"addFilterView": {"filter": view}})[0]["addFilterView"]["filter"]
    assert reply["range"]["endRowIndex"] == 1000
    assert "already exists" in book.refused({"addFilterView": {"filter": view}})
    book.batch({"updateFilterView": {"filter": {"filterViewId": 11, "title": "全件"}, "fields": "title"}})
    twin = book.batch({"duplicateFilterView": {"filterId": 11}})[0]["duplicateFilterView"]["filter"]
    book.batch({"deleteFilterView": {"filterId": twin["filterViewId"]}})
    (kept,) = book.get("sheets.filterViews")["sheets"][0]["filterViews"]
    assert (kept["title"], kept["filterSpecs"]) == ("全件", [spec])


def test_conditional_formats_are_known_by_their_place(book: Book) -> None:
    def rule(word: str) -> Json:
        condition = {"type": "TEXT_EQ", "values": [{"userEnteredValue": word}]}
        form = {"condition": condition, "format": {"textFormat": {"bold": True}}}
        return {"ranges": [area(0, 9, 0, 1)], "booleanRule": form}

    def words() -> list[str]:
        rules = book.get("sheets.conditionalFormats")["sheets"][0].get("conditionalFormats", [])
        return [rule["booleanRule"]["condition"]["values"][0]["userEnteredValue"] for rule in rules]

    assert book.batch(*({"addConditionalFormatRule": {"rule": rule(word)}} for word in "abc")) == [{}, {}, {}]
    assert words() == ["c", "b", "a"]
    book.batch({"updateConditionalFormatRule": {"sheetId": 0, "index": 0, "newIndex": 2}})
    book.batch({"updateConditionalFormatRule": {"index": 1, "rule": rule("d")}})
    assert words() == ["b", "d", "c"]
    reply = book.batch({"deleteConditionalFormatRule": {"sheetId": 0, "index": 1}})
    assert "rule" in reply[0]["deleteConditionalFormatRule"]
    assert words() == ["b", "c"]


def test_bandings_may_not_overlap(book: Book) -> None:
    colors = {"firstBandColor": {"red": 1}, "secondBandColor": {"blue": 1}}
    banding = {"range": area(0, 9, 0, 3), "rowProperties": colors}
    reply = book.batch({"addBanding": {"bandedRange": banding}})[0]["addBanding"]["bandedRange"]
    assert reply["rowProperties"]["firstBandColorStyle"] == {"rgbColor": {"red": 1}}
    message = book.refused({"addBanding": {"bandedRange": banding | {"range": area(8, 12, 2, 4)}}})
    assert "You cannot add alternating background colors" in message
    number = reply["bandedRangeId"]
    smaller = {"bandedRangeId": number, "range": area(0, 5, 0, 3)}
    book.batch({"updateBanding": {"bandedRange": smaller, "fields": "range"}})
    book.batch({"addBanding": {"bandedRange": banding | {"range": area(8, 12, 2, 4)}}})
    book.batch({"deleteBanding": {"bandedRangeId": number}})


def test_a_protection_that_warns_stops_no_write(book: Book) -> None:
    item = {"range": {"sheetId": 0}, "warningOnly": True, "description": "機械の列"}
    reply = book.batch({"addProtectedRange": {"protectedRange": item}})[0]["addProtectedRange"][
        "protectedRange"
    ]
    assert (reply["warningOnly"], reply["requestingUserCanEdit"], reply["editors"]) == (True, True, {})
    message = book.refused({"addProtectedRange": {"protectedRange": item}})
    assert message.endswith('Sheet "Sheet1" already has sheet protection.')
    change = {"protectedRangeId": reply["protectedRangeId"], "description": "x"}
    book.batch({"updateProtectedRange": {"protectedRange": change, "fields": "description"}})
    book.put("A1", [["written"]])


def test_charts_follow_their_columns(book: Book) -> None:
    def series(column: int) -> Json:
        return {"series": {"sourceRange": {"sources": [area(0, 5, column, column + 1)]}}}

    spec = {"title": "件数", "basicChart": {"chartType": "COLUMN", "series": [series(1), series(2)]}}
    position = {"overlayPosition": {"anchorCell": {"sheetId": 0, "rowIndex": 1}}}
    reply = book.batch({"addChart": {"chart": {"spec": spec, "position": position}}})[0]["addChart"]["chart"]
    assert reply["position"]["overlayPosition"]["widthPixels"] == 600
    column = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}
    book.batch({"deleteDimension": {"range": column}})
    (chart,) = book.get("sheets.charts")["sheets"][0]["charts"]
    (left,) = chart["spec"]["basicChart"]["series"]
    assert left["series"]["sourceRange"]["sources"][0]["startColumnIndex"] == 1
    number = reply["chartId"]
    book.batch({"updateChartSpec": {"chartId": number, "spec": {"pieChart": {}}}})
    new = {"overlayPosition": {"widthPixels": 300}}
    book.batch(
        {
            "updateEmbeddedObjectPosition": {
                "objectId": number,
                "newPosition": new,
                "fields": "widthPixels",
            }
        }
    )
    book.batch({"deleteEmbeddedObject": {"objectId": number}})
    assert book.get("sheets.charts") == {"sheets": [{}]}


def test_a_chart_without_data_breaks_google_and_one_on_a_sheet_has_no_grid(book: Book) -> None:
    chart = {"spec": {"basicChart": {}}, "position": {"newSheet": True}}
    broken = book.send("POST", ":batchUpdate", {"requests": [{"addChart": {"chart": chart}}]})
    assert (broken.status_code, broken.json()["error"]["message"]) == (500, "Internal error encountered.")
    book.batch({"addChart": {"chart": {"spec": {"pieChart": {}}, "position": {"newSheet": True}}}})
    properties = book.get("sheets.properties")["sheets"][1]["properties"]
    assert (properties["sheetType"], "gridProperties" in properties) == ("OBJECT", False)


def test_a_native_table_names_its_columns_and_freezes_its_header(book: Book) -> None:
    book.put("A1", [["名前", "数"]])
    table = {"name": "t", "range": area(0, 5, 0, 2)}
    reply = book.batch({"addTable": {"table": table}})[0]["addTable"]["table"]
    assert [column["columnName"] for column in reply["columnProperties"]] == ["名前", "数"]
    assert "columnIndex" not in reply["columnProperties"][0]
    assert book.get()["sheets"][0]["properties"]["gridProperties"]["frozenRowCount"] == 1
    row = {"values": [text("dropped")]}
    book.batch({"appendCells": {"tableId": reply["tableId"], "rows": [row], "fields": "*"}})
    assert book.values() == [["名前", "数"]]
    book.batch({"deleteTable": {"tableId": reply["tableId"]}})


def test_slicers_are_kept(book: Book) -> None:
    position = {"overlayPosition": {"anchorCell": {"rowIndex": 1}}}
    slicer = {"spec": {"dataRange": area(0, 5, 0, 2), "title": "担当"}, "position": position}
    number = book.batch({"addSlicer": {"slicer": slicer}})[0]["addSlicer"]["slicer"]["slicerId"]
    book.batch({"updateSlicerSpec": {"slicerId": number, "spec": {"title": "x"}, "fields": "title"}})
    assert book.get("sheets.slicers.spec.title")["sheets"][0]["slicers"] == [{"spec": {"title": "x"}}]


# Developer metadata


def note(number: int | None = None, key: str = "k", **where: Any) -> Json:
    item = {"metadataKey": key, "visibility": "DOCUMENT", "location": where or {"spreadsheet": True}}
    return {
        "createDeveloperMetadata": {"developerMetadata": item | ({"metadataId": number} if number else {})}
    }


def test_a_metadata_id_that_is_taken_refuses_the_whole_batch(book: Book) -> None:
    reply = book.batch(note(501))[0]["createDeveloperMetadata"]
    assert reply["developerMetadata"] == {
        "metadataId": 501,
        "metadataKey": "k",
        "visibility": "DOCUMENT",
        "location": {"locationType": "SPREADSHEET", "spreadsheet": True},
    }
    write = {"updateCells": {"start": {}, "rows": [{"values": [text("a")]}], "fields": "userEnteredValue"}}
    assert book.refused(write, note(501)) == (
        "Invalid requests[1].createDeveloperMetadata: Cannot add developer metadata with ID [501] because "
        "developer metadata with that ID already exists."
    )
    assert book.values() == []


def test_metadata_is_found_by_key_place_and_id(book: Book) -> None:
    second = rows(1, 2)
    book.batch(note(1), note(2, sheetId=0), note(3, "row", dimensionRange=second), note(4, "row", sheetId=0))

    def found(**lookup: Any) -> list[int]:
        body = {"dataFilters": [{"developerMetadataLookup": lookup}]}
        matched = book.ok("POST", "/developerMetadata:search", body).get("matchedDeveloperMetadata", [])
        return [item["developerMetadata"]["metadataId"] for item in matched]

    assert found() == [1, 2, 3, 4]
    assert found(metadataKey="row") == [3, 4]
    assert found(locationType="SHEET") == [2, 4]
    assert found(metadataLocation={"sheetId": 0}) == [2, 4]
    assert found(metadataLocation={"sheetId": 0}, locationMatchingStrategy="INTERSECTING_LOCATION") == [
        2,
        3,
        4,
    ]
    assert found(metadataId=9) == []
    assert book.ok("GET", "/developerMetadata/3")["location"]["dimensionRange"]["startIndex"] == 1
    assert book.send("GET", "/developerMetadata/9").status_code == 404


def test_metadata_stands_where_reads_list_it(book: Book) -> None:
    book.batch(note(1), note(2, sheetId=0), note(3, dimensionRange=rows(1, 2)))
    state = book.get(
        "developerMetadata.metadataId,sheets(developerMetadata.metadataId,"
        "data.rowMetadata.developerMetadata.metadataId)",
        ranges="A1:A2",
    )
    assert state == {
        "developerMetadata": [{"metadataId": 1}],
        "sheets": [
            {
                "developerMetadata": [{"metadataId": 2}],
                "data": [{"rowMetadata": [{}, {"developerMetadata": [{"metadataId": 3}]}]}],
            }
        ],
    }


def test_row_metadata_follows_its_row_and_goes_with_it(book: Book) -> None:
    book.put("A1", [["b"], ["a"], ["c"]])
    book.batch(note(1, dimensionRange=rows(0, 1)))

    def row() -> int:
        return int(book.ok("GET", "/developerMetadata/1")["location"]["dimensionRange"]["startIndex"])

    book.batch({"sortRange": {"range": area(0, 3, 0, 1), "sortSpecs": [{}]}})
    assert row() == 1
    book.batch({"insertDimension": {"range": rows(0, 2)}})
    assert row() == 3
    book.batch({"moveDimension": {"source": rows(3, 4), "destinationIndex": 0}})
    assert row() == 0
    book.batch({"deleteDimension": {"range": rows(0, 1)}})
    assert book.send("GET", "/developerMetadata/1").status_code == 404


def test_metadata_is_changed_and_deleted_by_filter(book: Book) -> None:
    book.batch(note(1), note(2), note(3, "other"))
    lookup = {"developerMetadataLookup": {"metadataKey": "k"}}
    change = {"dataFilters": [lookup], "developerMetadata": {"metadataValue": "v"}, "fields": "metadataValue"}
    reply = book.batch({"updateDeveloperMetadata": change})[0]["updateDeveloperMetadata"]
    assert [item["metadataValue"] for item in reply["developerMetadata"]] == ["v", "v"]
    reply = book.batch({"deleteDeveloperMetadata": {"dataFilter": lookup}})[0]["deleteDeveloperMetadata"]
    assert [item["metadataId"] for item in reply["deletedDeveloperMetadata"]] == [1, 2]
    assert book.get("developerMetadata.metadataId") == {"developerMetadata": [{"metadataId": 3}]}


def test_metadata_stands_on_one_row_or_column_only(book: Book) -> None:
    message = book.refused(note(1, dimensionRange=rows(0, 2)))
    assert message.endswith("DimensionRange must represent a single row or column.")


def test_values_are_read_written_and_cleared_by_data_filter(book: Book) -> None:
    book.put("A1", [["a", "b"], ["c", "d"]])
    book.batch(note(1, dimensionRange=rows(1, 2)))
    lookup = {"developerMetadataLookup": {"metadataId": 1}}
    read = book.ok("POST", "/values:batchGetByDataFilter", {"dataFilters": [lookup, {"a1Range": "A1"}]})
    assert [item["valueRange"]["values"] for item in read["valueRanges"]] == [[["c", "d"]], [["a"]]]
    data = [{"dataFilter": lookup, "values": [["C"]]}]
    body = {"valueInputOption": "RAW", "data": data}
    written = book.ok("POST", "/values:batchUpdateByDataFilter", body)
    assert written["responses"][0]["updatedRange"] == "Sheet1!A2"
    book.ok("POST", "/values:batchClearByDataFilter", {"dataFilters": [{"gridRange": area(0, 1, 0, 1)}]})
    assert book.values() == [["", "b"], ["C", "d"]]
    found = book.ok("POST", ":getByDataFilter", {"dataFilters": [lookup]}, fields="sheets.data.startRow")
    assert found == {"sheets": [{"data": [{"startRow": 1}]}]}


# Drive


def test_files_are_listed_newest_first_renamed_copied_and_deleted(own: SheetsServer) -> None:
    client = own.client()
    first, second = client.create("first"), client.create("second")
    copy = client.copy(first.id, title="third", copy_comments=True)
    second.update_title("renamed")
    assert {file["name"] for file in client.list_spreadsheet_files()} == {"first", "renamed", "third"}
    client.del_spreadsheet(copy.id)
    with pytest.raises(gspread.SpreadsheetNotFound):
        client.open_by_key(copy.id)


def test_a_file_is_shared_and_unshared(own: SheetsServer) -> None:
    book = own.client().create("shared")
    book.share("staff@example.jp", perm_type="user", role="writer", notify=False)
    assert [item["role"] for item in book.list_permissions()] == ["owner", "writer"]
    book.remove_permissions("staff@example.jp", role="writer")
    assert [item["role"] for item in book.list_permissions()] == ["owner"]


def test_an_export_shows_the_first_sheet_as_text(book: Book) -> None:
    book.put("A1", [["a", "x,y"], ["=1+1", ""]], "USER_ENTERED")
    url = f"{book.server.url}/drive/v3/files/{book.id}/export"
    answer = requests.get(url, params={"mimeType": "text/csv"}, timeout=30)
    assert answer.text == 'a,"x,y"\r\n2,'


def test_a_missing_file_is_refused_in_drives_own_form(own: SheetsServer) -> None:
    error = requests.get(f"{own.url}/drive/v3/files/none", timeout=30).json()["error"]
    assert error["errors"][0]["reason"] == "notFound"
    assert "status" not in error


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("name = 'one'", {"one"}),
        ('name contains "N" and trashed = false', {"one", "nine"}),
        ("not name = 'one' and (name = 'nine' or name = 'one')", {"nine"}),
        ("mimeType != 'application/vnd.google-apps.spreadsheet'", set()),
        ("'root' in parents", {"one", "two", "nine"}),
    ],
)
def test_a_listing_is_asked_for_in_drives_words(own: SheetsServer, query: str, names: set[str]) -> None:
    for name in ("one", "two", "nine"):
        own.create(name)
    found = requests.get(f"{own.url}/drive/v3/files", params={"q": query}, timeout=30).json()
    assert {file["name"] for file in found["files"]} == names


# Trouble


def test_trouble_comes_request_by_request_and_then_ends(own: SheetsServer) -> None:
    book = Book(own)
    own.trouble = [None, trouble.too_many(7), trouble.too_many(), trouble.internal(), trouble.unavailable()]
    answers = [book.send("GET", "") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200, 429, 429, 500, 503, 200]
    assert [answer.headers.get("Retry-After") for answer in answers[1:3]] == ["7", None]
    assert answers[1].json()["error"]["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"


@pytest.mark.parametrize(
    ("order", "applied"),
    [
        (trouble.cut_before(), False),
        (trouble.cut_after(), True),
        (trouble.unavailable(), False),
        (trouble.unavailable(applied=True), True),
    ],
)
def test_a_write_in_trouble_is_applied_or_not_as_ordered(
    own: SheetsServer, order: trouble.Trouble, applied: bool
) -> None:
    book = Book(own)
    own.trouble = [order]
    if order.cut:
        with pytest.raises(requests.ConnectionError):
            book.put("A1", [["x"]])
        assert own.requests[0].status == 0
    else:
        answer = book.send("PUT", "/values/A1", {"values": [["x"]]}, valueInputOption="RAW")
        assert answer.status_code == 503
    assert bool(book.values()) is applied


def test_trouble_may_be_chosen_by_number_verb_and_path(own: SheetsServer) -> None:
    book = Book(own)
    own.trouble = lambda number, verb, _path: trouble.denied() if verb == "PUT" and number == 2 else None
    codes = [book.send("PUT", "/values/A1", {"values": [["x"]]}, valueInputOption="RAW") for _ in range(3)]
    assert [answer.status_code for answer in codes] == [200, 403, 200]


def test_a_slow_answer_comes_after_its_work_is_done(own: SheetsServer) -> None:
    book = Book(own)
    own.trouble = [trouble.slow(5)]
    with pytest.raises(requests.Timeout):
        book.session.put(
            f"{book.base}/values/A1",
            json={"values": [["x"]]},
            params={"valueInputOption": "RAW"},
            timeout=0.2,
        )
    assert book.values() == [["x"]]


def test_requests_are_kept_as_they_were_on_the_wire(own: SheetsServer) -> None:
    book = Book(own)
    book.values("A1")
    (seen,) = own.requests
    assert (seen.method, seen.path, seen.status) == ("GET", f"/v4/spreadsheets/{book.id}/values/A1", 200)
    assert b"majorDimension" in seen.response


# People


def test_a_person_comes_between_a_read_and_the_next_write(own: SheetsServer) -> None:
    book = Book(own)
    book.put("A1", [["番号", "担当"], ["2", ""], ["1", ""]])
    own.person(lambda person: person.sort("Sheet1", "番号"))
    assert book.values("A2:A3") == [["2"], ["1"]]
    book.put("B2", [["山田"]])
    assert book.values() == [["番号", "担当"], ["1", "山田"], ["2"]]


def test_a_person_may_come_before_a_numbered_or_chosen_request(own: SheetsServer) -> None:
    book = Book(own)
    own.person(lambda person: person.append("Sheet1", ["x"]), before=2)
    own.person(lambda person: person.append("Sheet1", ["y"]), when=lambda verb, path: "A3" in path)
    assert [book.values(), book.values(), book.values("A3"), book.values()] == [
        [],
        [["x"]],
        [],
        [["x"], ["y"]],
    ]


def test_a_person_does_what_people_do(own: SheetsServer) -> None:
    book = Book(own)
    person = own.as_person(book.id)
    person.append("Sheet1", ["名前", "期限"])
    assert person.append("Sheet1", ["a", "2026-12-01"]) == 2
    person.append("Sheet1", ["b", "12:30"])
    person.edit("Sheet1", 3, "名前", "c")
    person.rename_header("Sheet1", "期限", "締切")
    person.insert_row("Sheet1", 2)
    person.copy_row("Sheet1", 3, 2)
    person.move_row("Sheet1", 4, 2)
    person.insert_column("Sheet1", "A")
    person.rename_tab("Sheet1", "台帳")
    assert person.values("台帳") == [
        ["", "名前", "締切"],
        ["", "c", "12:30"],
        ["", "a", "2026-12-01"],
        ["", "a", "2026-12-01"],
    ]
    person.delete_row("台帳", 3)
    person.delete_column("台帳", "締切")
    person.clear("台帳")
    assert person.values("台帳") == [["", "名前"]]
    person.add_tab("メモ")
    person.delete_tab("台帳")
    assert person.tabs() == ["メモ"]


def test_a_locked_row_refuses_the_program_but_not_its_owner(own: SheetsServer) -> None:
    book = Book(own)
    person = own.as_person(book.id)
    person.lock("Sheet1", 1, 1)
    answer = book.send("PUT", "/values/A1", {"values": [["x"]]}, valueInputOption="RAW")
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("You are trying to edit a protected cell or object.")
    person.edit("Sheet1", 1, 1, "x")
    assert book.values() == [["x"]]


# Several at once


def test_of_two_writers_with_one_marker_exactly_one_wins(own: SheetsServer) -> None:
    book = Book(own)
    body = {"requests": [note(7)]}
    codes: list[int] = []

    def write() -> None:
        answer = requests.post(f"{book.base}:batchUpdate", json=body, timeout=30)
        codes.append(answer.status_code)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(codes) == [200, 400, 400, 400]
