"""How we talk to Google: how patiently, how fast, in whose name; and what its refusals mean for people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builders import NOW, OWN
from daicho.config import read_config
from daicho.desk import Desk
from daicho.errors import WorkbookError
from daicho.sheets.google import GoogleWorkbook
from daicho.sheets.google_http import GoogleClient, Pace, Patience, load_credentials, spreadsheet_key
from daicho.wording import LANGUAGES, wording
from google_ledger import PATIENT, client_of, open_ledger, prepared, put_mails
from sheets_api import SheetsServer, trouble
from sheets_api.errors import ApiError


@pytest.fixture(autouse=True)
def calm(server: SheetsServer) -> Iterator[None]:
    """No trouble is left over for the next test."""
    yield
    server.trouble = None


def test_retry_after_is_honoured_and_patience_ends(server: SheetsServer) -> None:
    waits: list[float] = []
    key = prepared(server)
    client = client_of(server, key, patience=Patience(waits.append, lambda: 0.5))
    server.trouble = [trouble.too_many(30, write=False), trouble.unavailable(), None]
    client.get({"fields": "properties.title"})
    assert waits == [30, 2.0]
    server.trouble = lambda number, verb, path: trouble.too_many(write=False)
    with pytest.raises(WorkbookError) as told:
        client.get({"fields": "properties.title"})
    assert told.value.key == "google.quota"
    assert waits[2:] == [1, 2, 4, 8, 16]


def test_no_more_than_sixty_requests_go_out_in_any_minute() -> None:
    now, sent = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        now[0] += seconds

    pace = Pace(60, lambda: now[0], sleep)
    for _ in range(200):
        pace.wait()
        sent.append(now[0])
        now[0] += 0.1
    assert all(late - early > 59.999 for early, late in zip(sent, sent[60:], strict=False))
    assert sent[59] < 60


@pytest.mark.parametrize(
    ("status", "details", "key"),
    [
        (403, [], "google.no-access"),
        (404, [], "google.no-access"),
        (403, [{"reason": "SERVICE_DISABLED"}], "google.api-disabled"),
        (401, [], "google.sign-in-refused"),
        (418, [], "google.trouble"),
    ],
)
def test_an_answer_of_google_is_a_sentence_with_its_cure(
    server: SheetsServer, status: int, details: list[Any], key: str
) -> None:
    spreadsheet = prepared(server)
    server.trouble = [trouble.Trouble(ApiError("No.", status, details=details))] * 3
    with pytest.raises(WorkbookError) as told:
        open_ledger(server, spreadsheet).read()
    assert told.value.key == key
    for language in LANGUAGES:
        assert "{" not in wording(language).say(told.value.key, **told.value.values)


# --- in whose name ------------------------------------------------------------------------------------------


def test_a_service_account_syncs_the_whole_way(server: SheetsServer, tmp_path: Path) -> None:
    server.service_account_file(tmp_path / "credentials.json")
    key = server.create("台帳")
    put_mails(tmp_path / "mail", 1, 2)
    config = read_config(
        {
            "shop": {"addresses": [OWN]},
            "workbook": {"google": f"https://docs.google.com/spreadsheets/d/{key}/edit#gid=0"},
            "mailbox": [{"name": "support", "eml": "mail"}],
        },
        tmp_path,
    )
    desk = Desk(config, lambda: NOW)
    workbook = desk.workbook
    assert isinstance(workbook, GoogleWorkbook)
    server.route(workbook.client.session)
    workbook.prepare(desk.layout, {})
    assert desk.sync().report.mails == 2
    assert desk.sync().report.mails == 0
    assert workbook.client.account.endswith(".iam.gserviceaccount.com")
    server.tokens.issued.clear()


def test_a_sheet_not_shared_names_the_address_to_share_it_with(server: SheetsServer, tmp_path: Path) -> None:
    credentials = load_credentials(server.service_account_file(tmp_path / "credentials.json"))
    client = GoogleClient("somebody-elses-sheet", credentials, patience=PATIENT)
    server.route(client.session)
    server.forbid("somebody-elses-sheet")
    with pytest.raises(WorkbookError) as told:
        client.get({"fields": "properties.title"})
    assert told.value.key == "google.not-shared"
    assert "@" in str(told.value.values["account"])
    server.tokens.issued.clear()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"type": "service_account"}', "no JSON"])
def test_a_file_that_is_no_credentials_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "credentials.json").write_text(content, encoding="utf-8")
    with pytest.raises(WorkbookError) as told:
        load_credentials(tmp_path / "credentials.json")
    assert told.value.key == "google.bad-credentials"


def test_an_oauth_client_file_asks_to_sign_in_first(tmp_path: Path) -> None:
    (tmp_path / "credentials.json").write_text('{"installed": {"client_id": "x"}}', encoding="utf-8")
    with pytest.raises(WorkbookError) as told:
        load_credentials(tmp_path / "credentials.json")
    assert told.value.key == "google.sign-in-first"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("1AbC-d_9", "1AbC-d_9"),
        ("https://docs.google.com/spreadsheets/d/1AbC-d_9/edit?gid=3#gid=3", "1AbC-d_9"),
        ("https://docs.google.com/spreadsheets/u/1/d/1AbC-d_9/", "1AbC-d_9"),
        (" 1AbC-d_9 ", "1AbC-d_9"),
    ],
)
def test_a_spreadsheet_is_named_by_url_or_key(address: str, key: str) -> None:
    assert spreadsheet_key(address) == key
