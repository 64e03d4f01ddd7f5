"""The ledger in a Google Sheet, against a stand-in for Google that answers as the recordings say it does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from builders import LAYOUT, NOW
from daicho.config import read_config
from daicho.demo import lay_out_demo
from daicho.desk import Desk
from daicho.errors import Conflict, WorkbookError
from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.google import GoogleWorkbook
from daicho.sheets.layout import load_layout
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Commit, Update
from daicho.sync import Sync
from google_ledger import Browser, open_ledger, prepared, put_mails, sync, tables
from sheets_api import SheetsServer
from sheets_api.grid import Formula
from test_workbook import NOON, Person, WorkbookContract

SHAPES = [
    "=1+1",
    "=A1",
    '=IMPORTXML("http://example.com/","//a")',
    '=HYPERLINK("http://example.com/","見る")',
    '=IMAGE("http://example.com/x.png")',
    '=IMPORTRANGE("x","A1")',
    '=QUERY(A:A,"select *")',
    "=cmd|' /C calc'!A0",
    "==1",
    " =1+1",
    "\t=1+1",
    "\n=1+1",
    "＝1+1",
    "+1+1",
    "+81-3-0000-0000",
    "++1",
    "-1",
    "-1+1",
    "--1",
    "@here",
    "@SUM(A1)",
    "'=1+1",
    "''",
    "'007",
    "007",
    "1-2",
    "1/2",
    "2026-11-21",
    "12:30",
    "TRUE",
    "false",
    "1e5",
    "$100",
    "¥1,000",
    "50%",
    "#REF!",
    '"=1"',
    "{=1+1}",
    ";=1",
    ",=1",
    "|=1",
    "%=1",
]
"""What a customer may write and a spreadsheet might run or reshape."""


class TestGoogleWorkbook(WorkbookContract):
    @pytest.fixture(autouse=True)
    def _spreadsheet(self, server: SheetsServer) -> None:
        self.server = server
        self.key = server.create("台帳 ledger")

    def make(self) -> GoogleWorkbook:
        return open_ledger(self.server, self.key)

    def person(self) -> Person:
        return Browser(self.server.as_person(self.key))


@pytest.mark.parametrize(("mails", "batch", "writes"), [(0, 1000, 0), (1, 1000, 1), (7, 1000, 1), (7, 3, 3)])
def test_a_sync_is_one_read_and_one_write_a_commit(
    server: SheetsServer, tmp_path: Path, mails: int, batch: int, writes: int
) -> None:
    workbook = open_ledger(server, prepared(server))
    workbook.batch = batch
    put_mails(tmp_path, *range(mails))
    sync(workbook, tmp_path)
    sync(workbook, tmp_path)
    put_mails(tmp_path, *range(100, 100 + mails))
    start = len(server.requests)
    sync(workbook, tmp_path)
    assert [request.method for request in server.requests[start:]] == ["GET"] + ["POST"] * writes
    start = len(server.requests)
    sync(workbook, tmp_path)
    assert [request.method for request in server.requests[start:]] == ["GET"]


def test_a_date_typed_among_text_costs_one_request_more(server: SheetsServer) -> None:
    key = prepared(server)
    workbook = open_ledger(server, key)
    workbook.commit(workbook.read(), Commit(appends={"inquiries": [{"id": "a"}]}))
    Browser(server.as_person(key)).type("inquiries", 2, "memo", NOON)
    start = len(server.requests)
    assert workbook.read().tables["inquiries"][0].cells["memo"] == NOON
    assert len(server.requests) - start == 2


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_demo_gives_the_same_rows_as_in_an_xlsx(
    server: SheetsServer, tmp_path: Path, language: str
) -> None:
    lay_out_demo(tmp_path / "mail", NOW)
    layout, starters = load_layout(language), load_starters(language)
    config = read_config(
        {
            "language": language,
            "shop": {"addresses": ["support@sakura-zakka.example.jp"]},
            "workbook": {"excel": "ledger.xlsx"},
            "mailbox": [{"name": "support", "eml": "mail"}],
        },
        tmp_path,
    )
    found = []
    google = open_ledger(server, server.create("見本"), layout, lambda: NOW)
    for workbook in (ExcelWorkbook(tmp_path / "ledger.xlsx", layout, lambda: NOW), google):
        workbook.prepare(layout, starters)
        desk = Desk(config, lambda: NOW)
        Sync(workbook, desk.mailboxes, desk._shop, desk._load_judge, lambda: NOW).run()
        found.append(workbook.read())
    excel, sheet = found
    assert len(sheet.tables["inquiries"]) > 20
    assert sheet.tables == excel.tables
    assert {name: text for name, text in sheet.state.items() if name.startswith("cursor")} == {
        name: text for name, text in excel.state.items() if name.startswith("cursor")
    }


def test_text_that_looks_like_code_is_a_string_on_every_path(server: SheetsServer) -> None:
    key = server.create("台帳")
    workbook = open_ledger(server, key)
    # As starters, as new rows, as updates, as state; in columns of every format; and put back after a race.
    formats = ["excerpt", "due", "messages", "draft", "link", "status"]
    workbook.prepare(LAYOUT, {"policies": [{"id": text, "version": text} for text in SHAPES]})
    base = workbook.read()
    rows = [dict.fromkeys(["id", *formats], text) for text in SHAPES]
    state = {f"name {text}": text for text in SHAPES}
    base = workbook.commit(base, Commit(state, {"inquiries": rows}))
    updates = [
        Update("inquiries", row, {"memo": text, "excerpt": f"{text}!"})
        for row, text in zip(base.tables["inquiries"], SHAPES, strict=True)
    ]
    workbook.commit(base, Commit(updates=updates))
    base = workbook.read()
    server.person(lambda person: person.insert_row("問い合わせ台帳", 2))
    with pytest.raises(Conflict):
        workbook.commit(base, Commit(updates=[replace(update, cells={"excerpt": "x"}) for update in updates]))
    read = workbook.read()
    wanted = [
        dict.fromkeys(["id", *formats], text) | {"memo": text, "excerpt": f"{text}!"} for text in SHAPES
    ]
    assert [row.cells for row in read.tables["inquiries"]] == wanted
    assert [row.cells["version"] for row in read.tables["policies"]] == SHAPES
    assert state.items() <= read.state.items()
    cells = [
        cell for sheet in server.as_person(key).workbook.sheets for row in sheet.rows for cell in row.values()
    ]
    assert not any(isinstance(cell.value, Formula) for cell in cells)


def test_moments_keep_to_the_second(server: SheetsServer) -> None:
    workbook = open_ledger(server, prepared(server))
    moments = [
        datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None) + timedelta(seconds=n)
        for n in range(0, 86_400, 997)
    ]
    rows: list[dict[str, Any]] = [
        {"key": str(number), "date": moment} for number, moment in enumerate(moments)
    ]
    workbook.commit(workbook.read(), Commit(appends={"messages": rows}))
    assert [row["date"] for row in tables(workbook)["messages"]] == moments


def test_a_spreadsheet_that_is_no_ledger_yet_names_the_command(server: SheetsServer) -> None:
    with pytest.raises(WorkbookError) as told:
        open_ledger(server, server.create("空")).read()
    assert told.value.key == "google.not-set-up"
