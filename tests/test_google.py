"""The ledger in a Google Sheet, against a stand-in for Google that answers as the recordings say it does."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from builders import NOW, OWN, TOKYO, WORDS, PlainJudge, raw_mail
from daicho.config import read_config
from daicho.demo import lay_out_demo
from daicho.desk import Desk
from daicho.errors import Conflict, WorkbookError
from daicho.mail.local import EmlFolder
from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.google import GoogleWorkbook
from daicho.sheets.google_http import GoogleClient, Pace, Patience, load_credentials, spreadsheet_key
from daicho.sheets.google_write import FIRST_MARKER, KEPT_MARKERS
from daicho.sheets.layout import load_layout
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Cell, Commit, Record, Update, Workbook
from daicho.sync import Outcome, Shop, Sync
from google_ledger import LAYOUT, PATIENT, Browser, client_of, open_ledger
from sheets_api import SheetsServer, trouble
from sheets_api.grid import Formula
from test_workbook import NOON, Person, WorkbookContract

SHOP = Shop(frozenset({OWN}), TOKYO, LAYOUT, WORDS)

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


@pytest.fixture(scope="module")
def server() -> Iterator[SheetsServer]:
    with SheetsServer() as running:
        yield running


@pytest.fixture(autouse=True)
def _calm(request: pytest.FixtureRequest) -> Iterator[None]:
    """No trouble is left over for the next test."""
    yield
    if "server" in request.fixturenames:
        request.getfixturevalue("server").trouble = None


def prepared(server: SheetsServer) -> str:
    """A spreadsheet that is a ledger: a copy of one that was set up once."""
    key = server.create("台帳")
    if not hasattr(server, "model"):
        open_ledger(server, key).prepare(LAYOUT, {})
        server.model = server.as_person(key).workbook  # type: ignore[attr-defined]
    twin = server.store.files[key].workbook = server.model.fork()  # type: ignore[attr-defined]
    twin.id = key
    return key


def sync(workbook: Workbook, folder: Path) -> Outcome:
    mailbox = EmlFolder("support", folder)
    return Sync(workbook, [mailbox], SHOP, lambda ledger, settings: PlainJudge(), lambda: NOW).run()


def put_mails(folder: Path, *numbers: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        date = NOW - timedelta(hours=1 + number)
        raw = raw_mail(f"c{number}@example.jp", key=f"q{number}@example.jp", date=date)
        (folder / f"{number:05}.eml").write_bytes(raw)


def tables(workbook: Workbook) -> dict[str, list[dict[str, Any]]]:
    return {tab: [record.cells for record in rows] for tab, rows in workbook.read().tables.items()}


class TestGoogleWorkbook(WorkbookContract):
    @pytest.fixture(autouse=True)
    def _spreadsheet(self, server: SheetsServer) -> None:
        self.server = server
        self.key = server.create("台帳 ledger")

    def make(self) -> GoogleWorkbook:
        return open_ledger(self.server, self.key)

    def person(self) -> Person:
        return Browser(self.server.as_person(self.key))


# --- how many requests ------------------------------------------------------------------------------------


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


# --- the same as in an .xlsx ------------------------------------------------------------------------------


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


# --- text from outside ------------------------------------------------------------------------------------


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


# --- exactly once -----------------------------------------------------------------------------------------


def test_a_batch_under_a_taken_number_is_refused_whole(server: SheetsServer) -> None:
    key = prepared(server)
    one, other = open_ledger(server, key), open_ledger(server, key)
    base = other.read()
    one.commit(one.read(), Commit({"by": "one"}, {"messages": [{"key": "1"}]}))
    with pytest.raises(Conflict):
        other.commit(base, Commit({"by": "other"}, {"messages": [{"key": "2"}]}))
    assert server.requests[-1].status == 400
    assert other.read().state == {"by": "one"}
    assert tables(other)["messages"] == [{"key": "1"}]


@pytest.mark.parametrize("rounds", [10, pytest.param(100, marks=pytest.mark.slow)])
def test_two_syncs_at_once_lose_and_double_nothing(server: SheetsServer, tmp_path: Path, rounds: int) -> None:
    key = prepared(server)
    for number in range(rounds):
        put_mails(tmp_path, number)
        gate, failures = threading.Barrier(2), list[BaseException]()

        def run(gate: threading.Barrier = gate, failures: list[BaseException] = failures) -> None:
            workbook = open_ledger(server, key)
            gate.wait()
            try:
                sync(workbook, tmp_path)
            except BaseException as failure:
                failures.append(failure)

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
    found = tables(open_ledger(server, key))
    keys = [f"q{number}@example.jp" for number in range(rounds)]
    assert sorted(row["key"] for row in found["messages"]) == sorted(keys)
    assert sorted(row["inquiry"] for row in found["messages"]) == sorted(
        row["id"] for row in found["inquiries"]
    )
    assert len({row["id"] for row in found["inquiries"]}) == len(found["inquiries"]) == rounds


TROUBLES = [
    trouble.too_many,
    lambda: trouble.too_many(1),
    trouble.internal,
    trouble.unavailable,
    lambda: trouble.internal(applied=True),
    lambda: trouble.unavailable(applied=True),
    trouble.cut_before,
    trouble.cut_after,
]


@pytest.mark.parametrize("seed", range(6))
def test_faults_on_a_third_of_the_requests_change_nothing_in_the_end(
    server: SheetsServer, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)

    def story(key: str) -> dict[str, list[dict[str, Any]]]:
        folder = tmp_path / key
        for step in range(4):
            put_mails(folder, *range(step * 4, step * 4 + 3))
            workbook = open_ledger(server, key, clock=lambda: NOW)
            workbook.batch = 2
            for _ in range(5):
                # What a person would do: run it again.
                with suppress(WorkbookError):
                    sync(workbook, folder)
                    break
        server.trouble = None
        sync(open_ledger(server, key, clock=lambda: NOW), folder)
        return tables(open_ledger(server, key))

    calm = story(prepared(server))
    key = prepared(server)
    server.trouble = lambda number, verb, path: chance.choice(TROUBLES)() if chance.random() < 0.3 else None
    assert story(key) == calm


@pytest.mark.parametrize("applied", [True, False])
def test_a_write_nobody_answered_is_looked_for_and_never_sent_blindly(
    server: SheetsServer, applied: bool
) -> None:
    key = prepared(server)
    workbook = open_ledger(server, key)
    base = workbook.read()
    server.trouble = [trouble.cut_after() if applied else trouble.cut_before()]
    start = len(server.requests)
    after = workbook.commit(base, Commit(appends={"messages": [{"key": "1"}]}))
    methods = [request.method for request in server.requests[start:]]
    assert methods == (["POST", "GET"] if applied else ["POST", "GET", "POST"])
    assert after.generation == base.generation + 1
    assert tables(workbook)["messages"] == [{"key": "1"}]


def test_a_crash_before_anything_is_put_back_is_mended_by_the_next_reading(server: SheetsServer) -> None:
    key = prepared(server)
    workbook = open_ledger(server, key)
    rows: list[dict[str, Any]] = [{"id": "a", "status": "対応済み"}, {"id": "b", "status": "未対応"}]
    base = workbook.commit(workbook.read(), Commit(appends={"inquiries": rows}))

    def crash(found: object) -> bool:
        raise KeyboardInterrupt

    server.person(lambda person: person.sort("問い合わせ台帳", 1, descending=True))
    workbook._put_back = crash  # type: ignore[method-assign, assignment]
    with pytest.raises(KeyboardInterrupt):
        update = Update("inquiries", base.tables["inquiries"][1], {"status": "対応中"})
        workbook.commit(base, Commit({"cursor": "2"}, {"messages": [{"key": "m"}]}, [update]))
    read = open_ledger(server, key).read()
    assert [row.cells for row in read.tables["inquiries"]] == [rows[1], rows[0]]
    assert read.tables["messages"] == []
    assert read.state == {}


def test_no_commit_is_built_on_an_old_snapshot(server: SheetsServer) -> None:
    now = NOW
    workbook = open_ledger(server, prepared(server), clock=lambda: now)
    base = workbook.read()
    now += timedelta(minutes=11)
    with pytest.raises(Conflict):
        workbook.commit(base, Commit({"a": "1"}))


def test_the_last_hundred_generation_markers_are_kept(server: SheetsServer) -> None:
    key = prepared(server)
    workbook = open_ledger(server, key)
    snapshot = workbook.read()
    for number in range(KEPT_MARKERS + 5):
        snapshot = workbook.commit(snapshot, Commit({"n": str(number)}))
    ids = sorted(number for number in server.as_person(key).workbook.metadata if number >= FIRST_MARKER)
    marks = [number - FIRST_MARKER for number in ids if number < FIRST_MARKER + 10_000]
    assert marks == list(range(6, KEPT_MARKERS + 6))
    assert open_ledger(server, key).read().generation == KEPT_MARKERS + 5


# --- waiting ----------------------------------------------------------------------------------------------


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
    from sheets_api.errors import ApiError

    spreadsheet = prepared(server)
    server.trouble = [trouble.Trouble(ApiError("No.", status, details=details))] * 3
    with pytest.raises(WorkbookError) as told:
        open_ledger(server, spreadsheet).read()
    assert told.value.key == key
    for language in ("ja", "en"):
        from daicho.wording import wording

        assert wording(language).say(told.value.key, **told.value.values)


def test_a_spreadsheet_that_is_no_ledger_yet_names_the_command(server: SheetsServer) -> None:
    with pytest.raises(WorkbookError) as told:
        open_ledger(server, server.create("空")).read()
    assert told.value.key == "google.not-set-up"


# --- setting up -------------------------------------------------------------------------------------------


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


def test_a_page_is_drawn_with_its_charts_and_again_over_itself(server: SheetsServer) -> None:
    from daicho.sheets.page import Area, Look, Page, PageChart, Series

    page = Page("月次集計 2026-11", colour="C0504D", stamp="2026-11-21", frozen=1)
    page.put(1, 1, "=1+1", Look(bold=True), note="注", columns=2)
    page.put(2, 2, 3.5, Look(number="0.0"))
    values = Series(Area(1, 1), Area(2, 2, 3), "4A7EBB")
    page.charts.append(PageChart("columns", "図", Area(2, 1, 3), (values,), (5, 1), 400, 300))
    key = prepared(server)
    workbook = open_ledger(server, key)
    after = workbook.write_pages(workbook.read(), [page])
    assert after.state == workbook.read().state == {"page 月次集計 2026-11": "2026-11-21"}
    workbook.write_pages(after, [page])
    person = server.as_person(key)
    assert person.tabs().count(page.label) == 1
    assert person.values(page.label)[0] == ["=1+1"]
    assert len(person.workbook.titled(page.label).objects["charts"]) == 1  # type: ignore[union-attr]


# --- in whose name ----------------------------------------------------------------------------------------


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
