"""After a person is forgotten nothing of them stands anywhere in the workbook, whatever kind it is."""

from __future__ import annotations

import html
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from openpyxl.comments import Comment

from builders import LAYOUT, OWN, PlainJudge, raw_mail
from daicho import cli
from daicho import desk as desks
from daicho.config import read_config
from daicho.desk import Desk
from google_ledger import client_of, open_ledger
from sheets_api import SheetsServer
from sheets_api.batch import Context, apply
from sheets_api.grid import Formula

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
HANAKO = "hanako@example.jp"
PERSONAL = ("蓮沼", "花子", "hanako", "09012345678", "090-1234-5678", "1009-3347", "まどべにかざる")
MARK = "（消去済み）"
TYPED = "蓮沼 花子 様、090-1234-5678 へ折り返す。林様は済み"
LEFT = f"{MARK} 様、{MARK} へ折り返す。林様は済み"


class Shop:
    """A shop with a customer who writes often, another who mentions her, and people who do, too."""

    def __init__(self, folder: Path, workbook: dict[str, str]) -> None:
        self.folder = folder
        (folder / "mail").mkdir()
        text = "まどべにかざるマグの在庫はありますか。\n蓮沼花子\n090-1234-5678\n注文番号 1009-3347"
        for number in range(3):
            self.mail(f"q{number}", f"蓮沼 花子 <{HANAKO}>", "まどべにかざるマグ 1009-3347", text, number)
        other = "蓮沼花子様の荷物が届きました。伝票に 1009-3347 とあります。"
        for name in ("b", "c"):
            self.mail(name, f"{name}@example.net", "在庫", f"ほかの色の在庫はありますか。{name}", 20)
        self.mail("o", "林一郎 <ichiro@example.com>", "荷物", other, 9)
        config = {
            "shop": {"addresses": [OWN]},
            "workbook": workbook,
            "mailbox": [{"name": "support", "eml": "mail"}],
        }
        self.desk = Desk(read_config(config, folder), lambda: NOW)
        self.desk._load_judge = lambda *_: PlainJudge()  # type: ignore[method-assign]

    def mail(self, name: str, sender: str, subject: str, text: str, hours: int) -> None:
        date = NOW - timedelta(hours=1 + hours)
        path = self.folder / "mail" / f"{name}.eml"
        path.write_bytes(raw_mail(sender, subject=subject, text=text, key=f"{name}@x", date=date))
        os.utime(path, (NOW.timestamp(),) * 2)

    def rows(self, tab: str = "inquiries") -> list[dict[str, Any]]:
        return [record.cells for record in self.desk.workbook.read().tables[tab]]


def month_of(shop: Shop) -> str:
    """What the month's page gives as an example of a frequent question."""
    return str(shop.desk.summary().table("faq").rows[0].values[-1])


def check(shop: Shop, everything: Callable[[], str]) -> None:
    """Forgets, and looks whether anything of the person is left, and all of the others."""
    assert all(personal in everything() for personal in PERSONAL if personal != "09012345678")
    assert month_of(shop) == "まどべにかざるマグ 1009-3347"
    before = [dict(row) for row in shop.rows()]
    forgotten = shop.desk.forget(HANAKO)
    assert len(forgotten.inquiries) >= 1
    left = everything()
    assert [personal for personal in PERSONAL if personal in left] == []
    other = next(row for row in shop.rows() if row.get("customer") == "林一郎")
    assert other["excerpt"] == f"{MARK}様の荷物が届きました。伝票に {MARK} とあります。"
    assert [row["id"] for row in shop.rows()] == [row["id"] for row in before]
    outcome = shop.desk.sync()
    assert (outcome.report.mails, outcome.commits, outcome.troubles) == (0, [], [])
    # Once more, there is nothing to take out.
    shop.desk.forget(HANAKO)
    assert [personal for personal in PERSONAL if personal in everything()] == []


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of its own: forgetting empties it."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(desks, "cache_folder", lambda: folder)


# --- a Google Sheet ---------------------------------------------------------------------------------------


class GoogleShop(Shop):
    def __init__(self, folder: Path, server: SheetsServer) -> None:
        self.server = server
        self.key = server.create("台帳")
        super().__init__(folder, {"google": self.key})
        workbook = open_ledger(server, self.key, clock=lambda: NOW)
        workbook.prepare(LAYOUT, {})
        self.desk.__dict__ |= {"workbook": workbook}
        self.desk.sync()
        person = self.person = server.as_person(self.key)
        person.add_tab("電話メモ")
        person.edit("電話メモ", 2, 2, TYPED)
        person.edit("電話メモ", 3, 2, "在庫を数える")
        person.edit("電話メモ", 4, 2, f'=COUNTIF(A:A,"{HANAKO}")')
        self.hang("電話メモ")
        self.note("電話メモ", 5, 1, f"{HANAKO} に電話")
        self.note("問い合わせ台帳", 2, 1, "蓮沼花子さんは常連")
        self.note("問い合わせ台帳", 2, 2, "急ぎ")

    def hang(self, tab: str) -> None:
        """What people hang on a sheet beside its cells: filters, views, rules, a locked row, a chart."""
        sheet = self.person.workbook.titled(tab)
        assert sheet is not None
        area = {"sheetId": sheet.id, "startRowIndex": 0, "endRowIndex": 9, "endColumnIndex": 3}
        column = area | {"startColumnIndex": 1, "endColumnIndex": 2}
        equals = {"type": "TEXT_EQ", "values": [{"userEnteredValue": "蓮沼 花子"}]}
        filtered = {"range": area, "criteria": {"1": {"hiddenValues": ["蓮沼 花子", "林一郎"]}}}
        view = {"range": area, "title": "蓮沼花子様の分", "criteria": {"1": {"condition": equals}}}
        series = {"series": {"sourceRange": {"sources": [column]}}}
        basic = {"chartType": "COLUMN", "series": [series]}
        place = {"overlayPosition": {"anchorCell": {"sheetId": sheet.id, "rowIndex": 12}}}
        look = {"condition": equals, "format": {"textFormat": {"bold": True}}}
        self.do(
            {"setBasicFilter": {"filter": filtered}},
            {"addFilterView": {"filter": view}},
            {"addConditionalFormatRule": {"rule": {"ranges": [column], "booleanRule": look}, "index": 0}},
            {"addProtectedRange": {"protectedRange": {"range": column, "description": HANAKO}}},
            {"addChart": {"chart": {"spec": {"title": "蓮沼花子", "basicChart": basic}, "position": place}}},
            {"addSheet": {"properties": {"title": "蓮沼花子様"}}},
        )

    def do(self, *requests: dict[str, Any]) -> None:
        store = self.server.store
        with store.lock:
            draft = self.person.workbook.fork()
            apply(Context(draft, NOW.date()), list(requests))
            store.commit(draft)

    def note(self, tab: str, row: int, column: int, text: str) -> None:
        sheet = self.person.workbook.titled(tab)
        assert sheet is not None
        start = {"sheetId": sheet.id, "rowIndex": row - 1, "columnIndex": column - 1}
        rows = [{"values": [{"note": text}]}]
        self.do({"updateCells": {"start": start, "rows": rows, "fields": "note"}})

    def everything(self) -> str:
        """The whole spreadsheet: every tab with all that hangs on its cells, charts, developer metadata."""
        answer = client_of(self.server, self.key).get({"includeGridData": True})
        return json.dumps(answer, ensure_ascii=False)


@pytest.fixture
def shop(server: SheetsServer, tmp_path: Path) -> GoogleShop:
    return GoogleShop(tmp_path, server)


def test_nothing_of_the_person_is_left_in_the_whole_google_sheet(shop: GoogleShop) -> None:
    check(shop, shop.everything)
    assert shop.person.values("電話メモ")[1][1] == LEFT
    assert shop.person.values("電話メモ")[2][1] == "在庫を数える"
    memo = shop.person.workbook.titled("電話メモ")
    assert memo is not None
    assert memo.cell(3, 1).value == Formula(f'=COUNTIF(A:A,"{MARK}")')
    assert memo.cell(4, 0).extra == {"note": f"{MARK} に電話"}
    ledger = shop.person.workbook.titled("問い合わせ台帳")
    assert ledger is not None
    assert ledger.cell(1, 1).extra["note"] == "急ぎ"  # type: ignore[index]
    assert memo.basic_filter is not None
    assert memo.basic_filter["criteria"]["1"]["hiddenValues"] == [MARK, "林一郎"]
    assert [view["title"] for view in memo.objects["filterViews"]] == [f"{MARK}様の分"]
    assert len(memo.objects["conditionalFormats"]) == 1
    [chart] = memo.objects["charts"]
    assert (chart["spec"]["title"], chart["spec"]["basicChart"]["chartType"]) == (MARK, "COLUMN")
    assert f"{MARK}様" in shop.person.tabs()


def test_forgetting_takes_these_requests(shop: GoogleShop) -> None:
    assert shop.desk.handover
    start = len(shop.server.requests)
    shop.desk.forget(HANAKO)
    # The ledger, all there is, the write, the journal's end; then the ledger, the tabs, the month's page.
    verbs = [request.method for request in shop.server.requests[start:]]
    assert verbs == ["GET", "GET", "POST", "POST", "GET", "GET", "POST"]


def test_the_command_says_that_google_keeps_older_versions(
    shop: GoogleShop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    toml = (
        f'shop.addresses = ["{OWN}"]\nworkbook.google = "{shop.key}"\n[[mailbox]]\nname = "a"\neml = "mail"\n'
    )
    (shop.folder / "daicho.toml").write_text(toml, encoding="utf-8")
    monkeypatch.chdir(shop.folder)
    monkeypatch.setattr(desks, "open_workbook", lambda *_: shop.desk.workbook)
    monkeypatch.setattr(sys, "argv", ["daicho", "forget", HANAKO])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code in (0, None)
    assert "変更履歴" in capsys.readouterr().out


def test_a_person_who_moves_rows_meanwhile_loses_nothing(shop: GoogleShop) -> None:
    assert shop.desk.handover
    # The ledger is read, then all there is; the third request writes.
    shop.server.person(lambda person: person.insert_row("電話メモ", 1), before=3)
    shop.desk.forget(HANAKO)
    assert [row[1:] for row in shop.person.values("電話メモ")[2:4]] == [[LEFT], ["在庫を数える"]]
    memo = shop.person.workbook.titled("電話メモ")
    assert memo is not None
    assert memo.cell(4, 1).value == Formula(f'=COUNTIF(A:A,"{MARK}")')
    left = shop.everything()
    assert [personal for personal in PERSONAL if personal in left] == []


def test_pruning_leaves_no_copy_in_the_journal_either(shop: GoogleShop) -> None:
    person = shop.person
    person.append("設定", ["保存期間", "", "1か月"])
    status = LAYOUT.tab("inquiries").column("status").label
    for row in range(2, len(shop.rows()) + 2):
        person.edit("問い合わせ台帳", row, status, "対応済み")
    shop.desk.sync()
    later = NOW + timedelta(days=90)
    shop.desk.now = lambda: later
    shop.desk.workbook._clock = lambda: later  # type: ignore[attr-defined]
    shop.desk.prune(dry=False)
    hidden = shop.person.workbook.titled("_daicho")
    assert hidden is not None
    kept = [cell.value for row in hidden.rows for at, cell in row.items() if at > 1 and cell.value]
    assert kept
    assert not any(personal in str(value) for value in kept for personal in PERSONAL)


# --- an .xlsx ---------------------------------------------------------------------------------------------


class ExcelShop(Shop):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, {"excel": "ledger.xlsx"})
        self.desk.sync()
        # Saved by a program that keeps every text in one table, as Excel does.
        book = openpyxl.load_workbook(folder / "ledger.xlsx")
        memo = book.create_sheet("電話メモ")
        memo["B2"], memo["B3"], memo["B4"] = TYPED, "在庫を数える", f'=COUNTIF(A:A,"{HANAKO}")'
        memo["A6"].value = "メール"
        memo["A6"].hyperlink = f"mailto:{HANAKO}"
        memo.auto_filter.ref = "B1:B9"
        memo.auto_filter.add_filter_column(0, ["蓮沼 花子", "林一郎"])
        memo["A5"].comment = Comment(f"{HANAKO} に電話", "店")
        ledger = book["問い合わせ台帳"]
        ledger["A2"].comment = Comment("蓮沼花子さんは常連", "店")
        ledger.cell(1, ledger.max_column + 1).value = "店の列"
        ledger.cell(3, ledger.max_column).value = TYPED
        book.save(folder / "ledger.xlsx")

    def everything(self) -> str:
        with ZipFile(self.folder / "ledger.xlsx") as archive:
            parts = [archive.read(name).decode("utf-8", "replace") for name in archive.namelist()]
        return html.unescape("\n".join(parts))


def test_nothing_of_the_person_is_left_in_the_whole_file(tmp_path: Path) -> None:
    shop = ExcelShop(tmp_path)
    check(shop, shop.everything)
    book = openpyxl.load_workbook(tmp_path / "ledger.xlsx")
    memo, ledger = book["電話メモ"], book["問い合わせ台帳"]
    assert [memo.cell(row, 2).value for row in (2, 3)] == [LEFT, "在庫を数える"]
    assert memo["B4"].value == f'=COUNTIF(A:A,"{MARK}")'
    assert memo.auto_filter.filterColumn[0].filters.filter == [MARK, "林一郎"]
    assert memo["A6"].hyperlink.target == f"mailto:{MARK}"
    assert memo["A5"].comment.text == f"{MARK} に電話"
    assert ledger["A2"].comment.text == f"{MARK}さんは常連"
    assert ledger.cell(3, ledger.max_column).value == LEFT


PARTS = {
    "xl/pivotCache/pivotCacheDefinition1.xml": '<pivotCache><s v="蓮沼 花子"/></pivotCache>',
    "xl/threadedComments/threadedComment1.xml": "<Comments><text>蓮沼花子様に電話</text></Comments>",
    "xl/drawings/drawing9.xml": "<wsDr><p><r><t>蓮沼 </t></r><r><t>花子</t></r></p></wsDr>",
    "xl/charts/chart9.xml": "<c><strCache><v>蓮沼花子</v></strCache><numCache><v>10093347</v></numCache></c>",
    "xl/media/note.bin": "写真",
}
"""What else a file may hold, shortened; a name may be parted by a change of colour."""


def test_shapes_threads_and_pivots_lose_the_person_and_the_rest_keeps_its_bytes(tmp_path: Path) -> None:
    shop = ExcelShop(tmp_path)
    with ZipFile(tmp_path / "ledger.xlsx", "a") as archive:
        for name, text in PARTS.items():
            archive.writestr(name, text)
    shop.desk.forget(HANAKO)
    assert [personal for personal in PERSONAL if personal in shop.everything()] == []
    with ZipFile(tmp_path / "ledger.xlsx") as archive:
        assert MARK in archive.read("xl/drawings/drawing9.xml").decode()
        assert "<v>10093347</v>" in archive.read("xl/charts/chart9.xml").decode()
        assert archive.read("xl/media/note.bin").decode() == "写真"


# --- beside the workbook ----------------------------------------------------------------------------------


def test_models_that_learnt_from_the_mails_are_taken_away(tmp_path: Path) -> None:
    shop = ExcelShop(tmp_path)
    model, other = desks.cache_folder() / "model-1.npz", desks.cache_folder() / "x.txt"
    model.touch()
    other.touch()
    shop.desk.forget(HANAKO, dry=True)
    assert model.exists()
    shop.desk.forget(HANAKO)
    assert not model.exists()
    assert other.exists()


def test_nothing_beside_the_ledger_holds_the_person(tmp_path: Path) -> None:
    shop = ExcelShop(tmp_path)
    shop.desk.forget(HANAKO)
    beside = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent.name != "mail"]
    told = "\n".join(path.name + path.read_bytes().decode("utf-8", "replace") for path in beside)
    assert [personal for personal in PERSONAL if personal in told] == []
