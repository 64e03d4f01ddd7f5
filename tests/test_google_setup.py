"""Setting up a ledger in a Google Sheet: a new one is dressed, and what people have there already stays."""

from __future__ import annotations

import json

from builders import LAYOUT
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Cell, Commit, Record
from google_ledger import open_ledger, prepared
from sheets_api import SheetsServer


def test_setting_up_twice_changes_nothing_the_second_time(server: SheetsServer) -> None:
    key = server.create("台帳")
    open_ledger(server, key).prepare(LAYOUT, load_starters("ja"))
    start = len(server.requests)
    assert open_ledger(server, key).prepare(LAYOUT, load_starters("ja")) == []
    assert {request.method for request in server.requests[start:]} == {"GET"}


def test_statuses_a_shop_adds_are_offered_after_the_next_setup(server: SheetsServer) -> None:
    key = server.create("台帳")
    workbook = open_ledger(server, key)
    workbook.prepare(LAYOUT, {})
    row: dict[str, Cell] = {"setting": LAYOUT.label("setting", "status"), "name": "入荷待ち"}
    workbook.commit(workbook.read(), Commit(appends={"settings": [row]}))
    assert "入荷待ち" in workbook.prepare(LAYOUT, {})[0]
    assert workbook.prepare(LAYOUT, {}) == []
    ledger = next(sheet for sheet in server.as_person(key).workbook.sheets if sheet.title == "問い合わせ台帳")
    place = [column.key for column in LAYOUT.tab("inquiries").columns].index("status")
    rule = (ledger.cell(1, place).extra or {})["dataValidation"]
    assert [word["userEnteredValue"] for word in rule["condition"]["values"]][-2:] == ["対象外", "入荷待ち"]


def test_a_dry_run_tells_the_same_and_writes_nothing(server: SheetsServer) -> None:
    key = server.create("台帳")
    workbook = open_ledger(server, key)
    told = workbook.prepare(LAYOUT, {}, dry=True)
    assert server.as_person(key).tabs() == ["Sheet1"]
    assert workbook.prepare(LAYOUT, {}) == told


def test_a_new_ledger_is_dressed(server: SheetsServer) -> None:
    person = server.as_person(prepared(server))
    sheets = {sheet.title: sheet for sheet in person.workbook.sheets}
    assert list(sheets) == [tab.label for tab in LAYOUT.tabs]
    ledger, hidden = sheets["問い合わせ台帳"], sheets["_daicho"]
    assert hidden.properties["hidden"]
    assert ledger.grid["frozenRowCount"] == 1
    views = [view["title"] for view in ledger.objects["filterViews"]]
    assert views[0] == "未対応"
    assert len(views) == 6
    assert all(item["warningOnly"] for item in ledger.objects["protectedRanges"])
    assert len(ledger.objects["conditionalFormats"]) == 7
    assert ledger.objects["bandedRanges"]
    rules = {
        column.key: (ledger.cell(1, at).extra or {}).get("dataValidation", {}).get("condition", {})
        for at, column in enumerate(LAYOUT.tab("inquiries").columns)
    }
    assert rules["draft"]["type"] == "BOOLEAN"
    assert rules["status"]["type"] == "ONE_OF_LIST"
    assert rules["assignee"]["type"] == "ONE_OF_RANGE"
    assert rules["assignee"]["values"][0]["userEnteredValue"].startswith("='設定'!")
    assert rules["template"]["values"][0]["userEnteredValue"].startswith("='返信テンプレート'!")
    assert ledger.lines["COLUMNS"][len(LAYOUT.tab("inquiries").columns) - 1]["hiddenByUser"]


def test_a_sheet_with_anything_in_it_is_left(server: SheetsServer) -> None:
    key = server.create("台帳")
    server.as_person(key).edit("Sheet1", 3, 2, "大事なメモ")
    open_ledger(server, key).prepare(LAYOUT, {})
    assert server.as_person(key).tabs()[-1] == "Sheet1"
    assert server.as_person(key).values("Sheet1")[2] == ["", "大事なメモ"]


def test_tabs_a_person_made_by_hand_become_the_ledger_with_their_rows_and_columns(
    server: SheetsServer,
) -> None:
    key = server.create("台帳")
    person = server.as_person(key)
    person.rename_tab("Sheet1", "問い合わせ台帳")
    labels = [column.label for column in LAYOUT.tab("inquiries").columns]
    headers = ["社内コード", *reversed(labels)]
    person.insert_column("問い合わせ台帳", 1)
    for at, header in enumerate(headers, 1):
        if at > 26:
            person._do({"appendDimension": {"sheetId": 0, "dimension": "COLUMNS", "length": 1}})
        person.edit("問い合わせ台帳", 1, at, header)
    person.edit("問い合わせ台帳", 2, "社内コード", "A-1")
    person.edit("問い合わせ台帳", 2, "メモ", "前からの行")
    workbook = open_ledger(server, key)
    workbook.prepare(LAYOUT, {})
    assert person.values("問い合わせ台帳")[0] == headers
    assert workbook.read().tables["inquiries"] == [Record(2, {"memo": "前からの行"})]
    assert workbook.prepare(LAYOUT, {}) == []
    at = headers.index("対応期限")
    late = next(
        rule
        for rule in person.workbook.sheets[0].objects["conditionalFormats"]
        if "NOW()" in json.dumps(rule)
    )
    assert late["ranges"][0]["startColumnIndex"] == at
