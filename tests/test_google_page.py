"""The monthly page in a Google Sheet: what is drawn there, and what refreshing it costs and leaves alone."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from builders import LAYOUT, OWN, TOKYO, WORDS, PlainJudge, raw_mail
from daicho.config import read_config
from daicho.desk import Desk
from daicho.errors import Conflict, WorkbookError
from daicho.ledger.rows import Ledger
from daicho.ledger.settings import read_settings
from daicho.ledger.summary.as_page import COLUMNS, HEAT, as_page
from daicho.ledger.summary.month import Month
from daicho.ledger.summary.summary import summarise
from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.page import Area, Look, Page, PageChart, Series
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Commit
from google_ledger import client_of, open_ledger, prepared
from sheets_api import SheetsServer, trouble
from sheets_api.batch import Context, apply
from shop_year import make_ledger, tell_year

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
LABEL, BEFORE = "月次集計 2026-11", "月次集計 2026-10"
POINT = 4 / 3
"""Pixels."""


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    stories = [*tell_year(2025, 150), *tell_year(2026, 300, 2, 10_000)]
    return make_ledger(stories, LAYOUT, TOKYO, load_starters("ja")["settings"])


@pytest.fixture(scope="module")
def page(ledger: Ledger) -> Page:
    settings = read_settings(ledger.snapshot.tables["settings"], LAYOUT)
    return as_page(summarise(ledger, settings, WORDS, Month(2026, 11), NOW), WORDS)


@pytest.fixture(scope="module")
def drawn(server: SheetsServer, page: Page) -> dict[str, Any]:
    """The tab as Google gives it back, after it was written twice."""
    key = server.create("台帳")
    workbook = open_ledger(server, key)
    workbook.prepare(LAYOUT, {})
    for _ in range(2):
        workbook.write_pages(workbook.read(), [page])
    return sheet_of(server, key, LABEL)


def sheet_of(server: SheetsServer, key: str, label: str) -> dict[str, Any]:
    return client_of(server, key).get({"ranges": [f"'{label}'"], "includeGridData": True})["sheets"][0]


def cells_of(sheet: dict[str, Any]) -> dict[tuple[int, int], dict[str, Any]]:
    """What stands in a sheet, by (row, column) from 1."""
    return {
        (row, column): cell
        for row, line in enumerate(sheet["data"][0]["rowData"], 1)
        for column, cell in enumerate(line.get("values", []), 1)
        if cell
    }


def value_of(cell: dict[str, Any]) -> Any:
    return next(iter(cell.get("userEnteredValue", {}).values()), None)


def rgb(style: dict[str, Any]) -> str:
    """`RRGGBB` of a ColorStyle."""
    return "".join(f"{round(style['rgbColor'].get(part, 0) * 255):02X}" for part in ("red", "green", "blue"))


# --- the whole page ---------------------------------------------------------------------------------------


def test_a_page_is_drawn_with_its_charts_and_again_over_itself(server: SheetsServer) -> None:
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


def test_every_cell_holds_what_the_xlsx_holds(drawn: dict[str, Any], page: Page, tmp_path: Path) -> None:
    excel = ExcelWorkbook(tmp_path / "ledger.xlsx", LAYOUT, lambda: NOW)
    excel.prepare(LAYOUT, {})
    excel.write_pages(excel.read(), [page])
    theirs = openpyxl.load_workbook(tmp_path / "ledger.xlsx")[LABEL]
    ours = cells_of(drawn)
    assert len(page.cells) > 500
    for row in range(1, theirs.max_row + 1):
        for column in range(1, theirs.max_column + 1):
            expected = theirs.cell(row, column).value
            found = value_of(ours.get((row, column), {}))
            same = pytest.approx(expected) if isinstance(expected, float) else expected
            assert (found if found != "" else None) == same, (row, column)
            note = theirs.cell(row, column).comment
            assert ours.get((row, column), {}).get("note") == (note.text if note else None)


def test_numbers_texts_and_fills_look_as_the_page_says(drawn: dict[str, Any], page: Page) -> None:
    ours = cells_of(drawn)
    fills = set()
    for place, placed in page.cells.items():
        look, cell = placed.look, ours[place]
        made = cell["userEnteredFormat"]
        if look.number:
            kind = "PERCENT" if look.number.endswith("%") else "NUMBER"
            assert made["numberFormat"] == {"type": kind, "pattern": look.number}
        if isinstance(placed.value, int | float):
            assert cell["formattedValue"], place
        assert made["textFormat"].get("bold", False) == look.bold
        assert made["textFormat"]["fontSize"] == look.size
        assert ("backgroundColorStyle" in made) == bool(look.fill)
        if look.fill:
            assert rgb(made["backgroundColorStyle"]) == look.fill
            fills.add(look.fill)
    # The grid of hours: several depths of one colour.
    assert len(fills & set(HEAT)) >= 4


def test_merged_cells_widths_and_heights_are_the_pages(drawn: dict[str, Any], page: Page) -> None:
    merged = {
        Area(
            area["startRowIndex"] + 1,
            area["startColumnIndex"] + 1,
            area["endRowIndex"] - area["startRowIndex"],
            area["endColumnIndex"] - area["startColumnIndex"],
        )
        for area in drawn["merges"]
    }
    assert merged == set(page.merged)
    heights = [line["pixelSize"] for line in drawn["data"][0]["rowMetadata"]]
    assert all(heights[row - 1] == round(height * POINT) for row, height in page.heights.items())
    widths = [line["pixelSize"] for line in drawn["data"][0]["columnMetadata"]]
    order = sorted(page.widths, key=page.widths.__getitem__)
    assert all(widths[one - 1] <= widths[other - 1] for one, other in pairwise(order))
    assert drawn["properties"]["gridProperties"]["hideGridlines"]


def test_each_chart_is_there_once_and_names_its_series(drawn: dict[str, Any], page: Page) -> None:
    ours = cells_of(drawn)
    charts = {chart["spec"]["title"]: chart["spec"]["basicChart"] for chart in drawn["charts"]}
    assert len(drawn["charts"]) == len(page.charts) == len(charts) > 2
    for chart in page.charts:
        spec = charts[chart.title]
        assert spec["headerCount"] == 1
        # A source begins with its head, from which Google takes the name; then come labels or numbers.
        [domain] = spec["domains"]
        assert read(ours, domain["domain"])[1:] == within(page, chart.labels)
        assert len(spec["series"]) == len(chart.series)
        for made, series in zip(spec["series"], chart.series, strict=True):
            head, *numbers = read(ours, made["series"])
            assert head == page.cells[series.name.row, series.name.column].value
            assert numbers == pytest.approx(within(page, series.values), nan_ok=True)
            assert rgb(made["colorStyle"]) == series.colour
            side = "BOTTOM_AXIS" if chart.kind == "bars" else "RIGHT_AXIS" if series.line else "LEFT_AXIS"
            assert made["targetAxis"] == side
        shown = "BOTTOM_LEGEND" if len(chart.series) > 1 else "NO_LEGEND"
        assert spec["legendPosition"] == shown


def test_columns_of_two_series_stand_in_one_place_as_in_the_xlsx(drawn: dict[str, Any], page: Page) -> None:
    """Month by month and the forecast: where one has a number the other has none."""
    for chart in page.charts:
        [spec] = [each["spec"] for each in drawn["charts"] if each["spec"]["title"] == chart.title]
        bars = [series for series in chart.series if not series.line]
        assert ("stackedType" in spec["basicChart"]) == (len(bars) > 1)
        rows = zip(*(within(page, series.values) for series in bars), strict=True)
        assert all(sum(number is not None for number in row) <= 1 for row in rows)


def test_a_line_has_an_axis_of_its_own_that_says_what_it_is(drawn: dict[str, Any], page: Page) -> None:
    [chart] = [chart for chart in page.charts if any(series.line for series in chart.series)]
    [spec] = [each["spec"] for each in drawn["charts"] if each["spec"]["title"] == chart.title]
    [line] = [series for series in chart.series if series.line]
    [axis] = [axis for axis in spec["basicChart"]["axis"] if axis["position"] == "RIGHT_AXIS"]
    assert axis["title"] == page.cells[line.name.row, line.name.column].value


def test_charts_lie_beside_or_below_the_tables_and_over_nothing(drawn: dict[str, Any]) -> None:
    heights = [line["pixelSize"] for line in drawn["data"][0]["rowMetadata"]]
    spans = []
    for chart in drawn["charts"]:
        place = chart["position"]["overlayPosition"]
        anchor = place["anchorCell"]
        across = sum(column["pixelSize"] for column in drawn["data"][0]["columnMetadata"][:COLUMNS])
        left = sum(
            column["pixelSize"]
            for column in drawn["data"][0]["columnMetadata"][: anchor.get("columnIndex", 0)]
        )
        assert left + place["widthPixels"] <= across
        top = sum(heights[: anchor["rowIndex"]])
        spans.append((top, top + place["heightPixels"]))
    for (_, bottom), (top, _) in pairwise(sorted(spans)):
        assert bottom <= top
    assert max(bottom for _, bottom in spans) <= sum(heights)


def read(cells: dict[tuple[int, int], dict[str, Any]], source: dict[str, Any]) -> list[Any]:
    """What stands in a chart's source, in order."""
    [area] = source["sourceRange"]["sources"]
    rows = range(area["startRowIndex"] + 1, area["endRowIndex"] + 1)
    columns = range(area["startColumnIndex"] + 1, area["endColumnIndex"] + 1)
    return [value_of(cells.get((row, column), {})) for row in rows for column in columns]


def within(page: Page, area: Area) -> list[Any]:
    return [
        page.cells[row, column].value
        for row in range(area.row, area.last_row + 1)
        for column in range(area.column, area.last_column + 1)
    ]


# --- refreshed by a sync ----------------------------------------------------------------------------------


class Shop:
    """A shop whose ledger is a Google Sheet with two months in it, and its mailbox."""

    def __init__(self, server: SheetsServer, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.now = NOW
        self.key = server.create("台帳")
        config = read_config(
            {
                "shop": {"addresses": [OWN]},
                "workbook": {"google": self.key},
                "mailbox": [{"name": "support", "eml": "mail"}],
            },
            folder,
        )
        self.desk = Desk(config, lambda: self.now)
        self.workbook = open_ledger(server, self.key, clock=lambda: self.now)
        self.workbook.prepare(LAYOUT, {})
        self.desk.__dict__ |= {"workbook": self.workbook}
        self.desk._load_judge = lambda *_: PlainJudge()  # type: ignore[method-assign]
        (folder / "mail").mkdir()
        for day in range(1, 50, 7):
            self.mail(f"day{day}", days=day)
        self.desk.sync()

    def mail(self, name: str, days: int = 0) -> None:
        date = self.now - timedelta(days=days, hours=1)
        raw = raw_mail(f"{name}@example.jp", key=f"{name}@x", date=date)
        path = self.folder / "mail" / f"{name}.eml"
        path.write_bytes(raw)
        # A mail dated after it came would count from when it came.
        os.utime(path, (self.now.timestamp(),) * 2)

    def sync(self) -> list[str]:
        """Syncs, and tells which requests it took."""
        start = len(self.server.requests)
        self.outcome = self.desk.sync()
        return [request.method for request in self.server.requests[start:]]

    @property
    def tabs(self) -> list[str]:
        return self.server.as_person(self.key).tabs()

    def shown(self, label: str, row: int, column: int) -> str:
        return self.server.as_person(self.key).values(label)[row - 1][column - 1]

    def does(self, request: dict[str, Any]) -> None:
        store = self.server.store
        with store.lock:
            draft = self.server.as_person(self.key).workbook.fork()
            apply(Context(draft, self.now.date()), [request])
            store.commit(draft)


@pytest.fixture
def shop(server: SheetsServer, tmp_path: Path) -> Shop:
    return Shop(server, tmp_path)


def test_a_sync_that_changed_something_refreshes_the_running_month(shop: Shop) -> None:
    assert {LABEL, BEFORE} <= set(shop.tabs)
    before = int(shop.shown(LABEL, 6, 2))
    shop.mail("a")
    # One reading, one commit; a look at the tabs, one write of the page.
    assert shop.sync() == ["GET", "POST", "GET", "POST"]
    assert int(shop.shown(LABEL, 6, 2)) == before + 1
    assert not shop.outcome.troubles


def test_a_sync_with_nothing_new_is_one_request(shop: Shop) -> None:
    assert shop.sync() == ["GET"]
    assert shop.sync() == ["GET"]


def test_two_months_that_are_due_are_one_write(shop: Shop) -> None:
    shop.now = datetime(2026, 12, 1, 3, tzinfo=UTC)
    shop.mail("a")
    # The second write is the FAQ's: once a month it looks through the last one.
    assert shop.sync() == ["GET", "POST", "POST", "GET", "POST"]
    state = shop.workbook.read().state
    assert state["page 月次集計 2026-12"] == state[f"page {LABEL}"] == "2026-12-01"
    assert shop.sync() == ["GET"]


def test_last_months_last_numbers_cost_two_requests_once(shop: Shop) -> None:
    shop.now = datetime(2026, 12, 1, 3, tzinfo=UTC)
    shop.sync()
    assert shop.sync() == ["GET"]


def test_a_tab_that_a_person_deleted_stays_away_and_is_not_looked_for_all_month(shop: Shop) -> None:
    shop.server.as_person(shop.key).delete_tab(LABEL)
    shop.mail("a")
    assert shop.sync() == ["GET", "POST", "GET"]
    assert LABEL not in shop.tabs
    shop.now = datetime(2026, 12, 1, 3, tzinfo=UTC)
    shop.sync()
    assert LABEL not in shop.tabs
    assert shop.sync() == ["GET"]
    shop.desk.summary("2026-11")
    assert LABEL in shop.tabs


def test_what_points_at_the_tab_still_does_after_a_refresh(shop: Shop) -> None:
    person = shop.server.as_person(shop.key)
    person.add_tab("メモ")
    person.edit("メモ", 1, 1, f"='{LABEL}'!B6")
    person.edit("メモ", 2, 1, "残る")
    at = shop.tabs.index(LABEL)
    identity = person.workbook.titled(LABEL).id  # type: ignore[union-attr]
    shop.mail("a")
    shop.sync()
    assert person.values("メモ") == [[shop.shown(LABEL, 6, 2)], ["残る"]]
    assert (shop.tabs.index(LABEL), person.workbook.titled(LABEL).id) == (at, identity)  # type: ignore[union-attr]


def test_a_refresh_leaves_nothing_of_before(shop: Shop) -> None:
    """A person froze a column, merged cells, drew a chart and typed on the page; rows of before are gone."""
    before = sheet_of(shop.server, shop.key, LABEL)
    number = before["properties"]["sheetId"]
    person = shop.server.as_person(shop.key)
    person.edit(LABEL, before["properties"]["gridProperties"]["rowCount"], 3, "落書き")
    person.edit(LABEL, 2, 30, "右")
    frozen = {"sheetId": number, "gridProperties": {"frozenColumnCount": 2}}
    area = {"sheetId": number, "startRowIndex": 0, "endRowIndex": 2, "startColumnIndex": 10}
    shop.does({"mergeCells": {"range": area | {"endColumnIndex": 13}, "mergeType": "MERGE_ALL"}})
    for merged in before["merges"]:
        shop.does({"unmergeCells": {"range": merged}})
    shop.does({"updateSheetProperties": {"properties": frozen, "fields": "gridProperties.frozenColumnCount"}})
    chart = {name: before["charts"][0][name] for name in ("spec", "position")}
    shop.does({"addChart": {"chart": chart}})
    shop.desk.summary("2026-11")
    after = sheet_of(shop.server, shop.key, LABEL)
    assert cells_of(after) == cells_of(before)
    assert sorted(map(str, after["merges"])) == sorted(map(str, before["merges"]))
    assert len(after["charts"]) == len(before["charts"])


def test_a_page_that_cannot_be_written_does_not_undo_the_sync(shop: Shop) -> None:
    shop.server.as_person(shop.key).lock(LABEL, 1, 3)
    shop.mail("a")
    assert shop.sync() == ["GET", "POST", "GET", "POST"]
    assert shop.outcome.report.mails == 1
    [told] = shop.outcome.troubles
    said = WORDS.say(told.key, **told.values)
    assert said.startswith("メールは台帳に入りましたが")
    assert LABEL in said
    assert shop.sync() == ["GET"]


def test_a_tab_of_that_name_that_a_person_made_by_hand_becomes_the_page(shop: Shop) -> None:
    shop.now = datetime(2026, 12, 2, 3, tzinfo=UTC)
    shop.server.as_person(shop.key).add_tab("月次集計 2026-12")
    shop.mail("a")
    shop.sync()
    assert shop.tabs.count("月次集計 2026-12") == 1
    assert shop.shown("月次集計 2026-12", 6, 2) == "1"


def test_a_tab_that_vanishes_while_the_page_is_made_is_no_harm(shop: Shop) -> None:
    shop.mail("a")
    # Read, commit, look at the tabs; the fourth request is the page.
    shop.server.person(lambda person: person.delete_tab(LABEL), before=4)
    shop.sync()
    assert shop.outcome.report.mails == 1
    assert LABEL not in shop.tabs


def test_a_page_is_not_written_over_somebody_elses_change(shop: Shop, page: Page) -> None:
    base = shop.workbook.read()
    shop.workbook.commit(base, Commit(state={"x": "y"}))
    with pytest.raises(Conflict):
        shop.workbook.write_pages(base, [page])
    # A refresh reads again and writes.
    assert [str(month) for month in shop.desk._monthly.refresh(shop.desk.ledger(), True)] == ["2026-11"]


def test_a_page_whose_answer_was_lost_is_there_once(shop: Shop, page: Page) -> None:
    base = shop.workbook.survey(shop.workbook.read())
    shop.server.trouble = [trouble.cut_after()]
    after = shop.workbook.write_pages(base, [page])
    assert after.generation == base.generation + 1 == shop.workbook.read().generation
    assert len(sheet_of(shop.server, shop.key, LABEL)["charts"]) == len(page.charts)


def test_no_page_is_written_on_an_old_reading(shop: Shop, page: Page) -> None:
    base = shop.workbook.read()
    shop.now += timedelta(minutes=11)
    with pytest.raises(WorkbookError):
        shop.workbook.write_pages(base, [page])
