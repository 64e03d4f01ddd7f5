"""The stand-in for Google's Sheets API: clients, tokens, payload checks, Drive."""
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gspread
import pytest
import requests
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials as UserCredentials
from google.oauth2.service_account import Credentials as ServiceCredentials
from googleapiclient import discovery, http  # type: ignore[import-untyped]

from sheets_api import SheetsServer
from sheets_api.book import NOW, Book
from sheets_api.errors import Json
from sheets_api.server import SCOPES


@pytest.fixture(scope="module")
def server() -> Iterator[SheetsServer]:
    with SheetsServer(clock=lambda: NOW) as running:
        yield running


@pytest.fixture
def own() -> Iterator[SheetsServer]:
    """A server of one test, for those that make files of their own."""
    with SheetsServer(clock=lambda: NOW) as running:
        yield running


@pytest.fixture
def book(server: SheetsServer) -> Book:
    return Book(server)


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
    options = {"api_endpoint": book.server.url}
    service = discovery.build(
        "sheets", "v4", client_options=options, developerKey="none", requestBuilder=http.HttpRequest
    )
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


@pytest.mark.parametrize("raw", [b"{", b'{"requests": [}', b'{"requests": "\\ud800"}', b"\xff"])
def test_a_payload_that_is_no_json_is_refused(book: Book, raw: bytes) -> None:
    answer = requests.post(f"{book.base}:batchUpdate", data=raw, timeout=30)
    assert answer.json()["error"]["message"].startswith("Invalid JSON payload received.")


def test_a_pair_of_surrogates_is_a_letter(book: Book) -> None:
    raw = b'{"values": [["\\ud83c\\udf47"]]}'
    requests.put(f"{book.base}/values/A1", params={"valueInputOption": "RAW"}, data=raw, timeout=30)
    assert book.values() == [["🍇"]]


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


def test_bodies_in_chunks_and_queries_in_bodies_are_understood(book: Book) -> None:
    parts = iter([b'{"values": ', b'[["x"]]}'])
    query = {"valueInputOption": "RAW"}
    assert requests.put(f"{book.base}/values/A1", params=query, data=parts, timeout=30).status_code == 200
    headers = {"X-HTTP-Method-Override": "GET", "Content-Type": "application/x-www-form-urlencoded"}
    answer = requests.post(f"{book.base}/values:batchGet", data="ranges=A1", headers=headers, timeout=30)
    assert answer.json()["valueRanges"][0]["values"] == [["x"]]


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


def test_a_file_that_is_no_spreadsheet_is_refused_by_sheets(own: SheetsServer) -> None:
    made = requests.post(f"{own.url}/drive/v3/files", json={"name": "x.xlsx"}, timeout=30).json()
    error = requests.get(f"{own.url}/v4/spreadsheets/{made['id']}", timeout=30).json()["error"]
    assert (error["code"], error["status"]) == (400, "FAILED_PRECONDITION")


def test_googles_own_clients_are_given_a_list_of_errors(book: Book) -> None:
    error = book.send("GET", "/values/Nowhere!A1", alt="json").json()["error"]
    assert error["errors"][0]["reason"] == "badRequest"


# Alone


def test_the_stand_in_runs_alone_and_says_where() -> None:
    command = [
        sys.executable,
        "-m",
        "tests.sheets_api",
        "--port",
        "0",
        "--private",
        "p",
        "--trouble",
        "2=503",
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1], text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip() + "/v4/spreadsheets/p"
            assert [requests.get(url, timeout=30).status_code for _ in range(3)] == [403, 503, 403]
        finally:
            process.kill()
