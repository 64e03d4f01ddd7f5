"""The month's tab: what stands where, and how it gets into a ledger's file without harm to the rest."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import LineChart, Reference

from builders import LAYOUT, TOKYO, WORDS
from daicho.errors import Conflict
from daicho.ledger.rows import Ledger
from daicho.ledger.settings import read_settings
from daicho.ledger.summary.as_page import COLUMNS, PAPER, as_page
from daicho.ledger.summary.month import Month
from daicho.ledger.summary.summary import Summary, summarise
from daicho.monthly import Monthly, due_months, first_business_day
from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.layout import load_layout
from daicho.sheets.page import PIXELS_PER_POINT, Area, Look, Page, line_count, shades, state_name
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Commit, Snapshot
from daicho.wording import wording
from daicho.workdays import Calendar
from excel_ledger import parts
from shop_year import make_ledger, tell_year

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
LABEL = "月次集計 2026-11"


def summary_in(language: str, inquiries: int = 600) -> Summary:
    layout = load_layout(language)
    stories = [*tell_year(2025, inquiries // 2), *tell_year(2026, inquiries, 2, 10_000)]
    ledger = make_ledger(stories, layout, TOKYO, load_starters(language)["settings"])
    settings = read_settings(ledger.snapshot.tables["settings"], layout)
    return summarise(ledger, settings, wording(language), Month(2026, 11), NOW)


@pytest.fixture(scope="module")
def summary() -> Summary:
    return summary_in("ja")


@pytest.fixture(scope="module")
def page(summary: Summary) -> Page:
    return as_page(summary, WORDS)


# --- what stands where ------------------------------------------------------------------------------------


def test_the_seven_numbers_stand_on_top_large_and_with_their_definitions(
    summary: Summary, page: Page
) -> None:
    tops = [
        next(cell for cell, placed in page.cells.items() if placed.value == figure.label)
        for figure in summary.figures
    ]
    assert [row for row, _ in tops] == sorted(row for row, _ in tops)
    assert tops[-1][0] < 22
    for figure, (row, column) in zip(summary.figures, tops, strict=True):
        number = page.cells[row, column + 1]
        assert number.value == figure.value
        assert number.look.size >= 24
        assert page.cells[row, column].note == figure.note


def test_every_number_has_its_definition_as_a_note_and_in_print(summary: Summary, page: Page) -> None:
    notes = {placed.value: placed.note for placed in page.cells.values() if placed.note}
    printed = [placed.value for placed in page.cells.values()]
    for table in summary.tables:
        assert notes[table.title] == table.note
        assert table.note in printed


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("inquiries", [0, 40, 600])
def test_nothing_on_the_page_overlaps_or_is_cut(language: str, inquiries: int) -> None:
    page = as_page(summary_in(language, inquiries), wording(language))
    for one, other in combinations(page.merged, 2):
        assert not overlap(one, other), (one, other)
    for (row, column), placed in page.cells.items():
        if isinstance(placed.value, str) and placed.look.wrap:
            span = next((area.columns for area in page.merged if (area.row, area.column) == (row, column)), 1)
            width = page.width(column, span) * 10 / placed.look.size
            # Two lines of a head, three of a row: what a table's cell shows at most.
            lines = min(line_count(placed.value, width * 1.1), 3 if column == 1 else 99)
            assert page.heights[row] >= lines * placed.look.size * 1.2, placed.value
    charts = sorted(page.charts, key=lambda chart: chart.at)
    for chart in charts:
        row, column = chart.at
        across = page.width(column, COLUMNS - column + 1)
        assert chart.width <= across * 7, "within the columns of the tables, so within a printed page"
        under = [place for place in page.cells if place[0] >= row and place[1] >= column]
        points = sum(page.heights.get(n, 15) for n in range(row, min((n for n, _ in under), default=9**9)))
        assert chart.height <= points * PIXELS_PER_POINT, "over no cell"
    for chart, following in pairwise(charts):
        points = sum(page.heights.get(row, 15) for row in range(chart.at[0], following.at[0]))
        assert chart.height <= points * PIXELS_PER_POINT, chart.title


@pytest.mark.parametrize("inquiries", [40, 600])
def test_on_paper_no_title_stands_alone_and_no_chart_is_cut(inquiries: int) -> None:
    summary = summary_in("ja", inquiries)
    page = as_page(summary, WORDS)
    tops = [1, *page.breaks]
    assert len(tops) > 3
    for top, end in pairwise(tops):
        assert sum(page.heights.get(row, 15) for row in range(top, end)) <= PAPER
    for table in summary.tables:
        titled = [
            row for (row, column), placed in page.cells.items() if column == 1 and placed.note == table.note
        ]
        [row] = titled
        following = row + (3 if table.rows else 1)
        assert not any(row < top <= following for top in tops), table.title
    for chart in page.charts:
        rows = range(chart.at[0] + 1, chart.at[0] + int(chart.height / (18 * PIXELS_PER_POINT)))
        assert not any(top in rows for top in tops), chart.title


def overlap(one: Area, other: Area) -> bool:
    rows = one.row <= other.last_row and other.row <= one.last_row
    return rows and one.column <= other.last_column and other.column <= one.last_column


def test_charts_draw_the_numbers_of_their_tables(summary: Summary, page: Page) -> None:
    drawn = {chart.title: chart for chart in page.charts}
    with_charts = [table for table in summary.tables if table.chart]
    assert set(drawn) == {table.title for table in with_charts}
    for table in with_charts:
        assert table.chart is not None
        chart = drawn[table.title]
        for key, series in zip([*table.chart.columns, table.chart.line], chart.series, strict=False):
            column = table.columns[table.position(key)]
            assert page.cells[series.name.row, series.name.column].value == column.label
            rows = range(series.values.row, series.values.last_row + 1)
            assert [page.cells[row, series.values.column].value for row in rows] == list(
                table.values(key).values()
            )


def test_the_grid_of_hours_is_darker_where_there_is_more() -> None:
    assert shades([0, 1, 50, 100], 5) == [0, 1, 3, 5]
    assert shades([0, 0], 5) == [0, 0]
    assert shades([], 5) == []


# --- in the file ------------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.xlsx"


@pytest.fixture
def workbook(path: Path) -> ExcelWorkbook:
    made = ExcelWorkbook(path, LAYOUT, lambda: NOW)
    made.prepare(LAYOUT, {})
    return made


def test_the_tab_holds_what_the_page_says(path: Path, workbook: ExcelWorkbook, page: Page) -> None:
    workbook.write_pages(workbook.read(), [page])
    sheet = openpyxl.load_workbook(path)[LABEL]
    for (row, column), placed in page.cells.items():
        if placed.value not in (None, ""):
            expected = pytest.approx(placed.value) if isinstance(placed.value, float) else placed.value
            assert sheet.cell(row, column).value == expected
            assert sheet.cell(row, column).number_format == (placed.look.number or "General")
    assert sheet["A6"].comment.text == page.cells[6, 1].note
    assert len(sheet._charts) == len(page.charts)
    assert {str(area) for area in sheet.merged_cells.ranges} >= {"A1:I1"}


def test_text_on_a_page_never_becomes_a_formula(path: Path, workbook: ExcelWorkbook) -> None:
    texts = ["=1+1", "+81", "@here", "-1", "'x", "_x0041_", "a\x00b", "", "行\n行"]
    page = Page("月次集計 2026-11")
    for row, text in enumerate(texts, 1):
        page.put(row, 1, text, Look(), note=text)
    workbook.write_pages(workbook.read(), [page])
    sheet = openpyxl.load_workbook(path)[LABEL]
    assert all(cell.data_type in ("s", "inlineStr", "n") for (cell,) in sheet.iter_rows())
    assert [cell.value for (cell,) in sheet.iter_rows()][:5] == texts[:5]


def test_a_page_touches_no_other_tab_and_moves_the_generation(
    path: Path, workbook: ExcelWorkbook, page: Page
) -> None:
    base = workbook.commit(workbook.read(), Commit(appends={"inquiries": [{"id": "a", "memo": "残る"}]}))
    before = parts(path)
    page.stamp = "2026-12-01"
    after = workbook.write_pages(base, [page])
    read = workbook.read()
    assert (read.generation, read.mark) == (base.generation + 1, after.mark)
    assert read.tables == after.tables == base.tables
    assert read.state[state_name(LABEL)] == after.state[state_name(LABEL)] == "2026-12-01"
    assert LABEL in after.tabs & read.tabs
    changed = {name for name, data in before.items() if parts(path)[name] != data}
    hidden = next(name for name, data in before.items() if b">generation<" in data)
    assert {name for name in changed if "worksheets" in name} == {hidden}


def test_writing_again_and_again_does_not_make_the_file_grow(
    path: Path, workbook: ExcelWorkbook, page: Page
) -> None:
    snapshot = workbook.write_pages(workbook.read(), [page])
    snapshot = workbook.write_pages(snapshot, [page])
    first = parts(path)
    for _ in range(4):
        snapshot = workbook.write_pages(snapshot, [page])
    last = parts(path)
    assert len(last) == len(first)
    assert last["xl/styles.xml"] == first["xl/styles.xml"]
    assert last["[Content_Types].xml"].count(b"Override") == first["[Content_Types].xml"].count(b"Override")


def test_a_chart_that_a_person_drew_elsewhere_is_still_there(
    path: Path, workbook: ExcelWorkbook, page: Page
) -> None:
    workbook.write_pages(workbook.read(), [page])
    book = openpyxl.load_workbook(path)
    own = book.create_sheet("売上メモ")
    own.append([1, 2, 3])
    chart = LineChart()
    chart.add_data(Reference(own, min_col=1, max_col=3, min_row=1))
    own.add_chart(chart, "A3")
    own["B1"] = f"='{LABEL}'!B6"
    book.save(path)
    workbook.write_pages(workbook.read(), [page])
    again = openpyxl.load_workbook(path)
    assert len(again["売上メモ"]._charts) == 1
    assert again["売上メモ"]["B1"].value == f"='{LABEL}'!B6"
    assert len(again[LABEL]._charts) == len(page.charts)


def test_a_page_is_not_written_over_somebody_elses_change(workbook: ExcelWorkbook, page: Page) -> None:
    base = workbook.read()
    workbook.commit(base, Commit(state={"x": "y"}))
    with pytest.raises(Conflict):
        workbook.write_pages(base, [page])
    assert LABEL not in workbook.read().tabs


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not here")
def test_libreoffice_opens_the_tab_with_its_charts(
    path: Path, workbook: ExcelWorkbook, page: Page, tmp_path: Path
) -> None:
    workbook.write_pages(workbook.read(), [page])
    out = tmp_path / "out"
    profile = (tmp_path / "profile").as_uri()
    command = [
        "soffice",
        f"-env:UserInstallation={profile}",
        "--headless",
        "--convert-to",
        "xlsx",
        "--outdir",
        str(out),
        str(path),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    sheet = openpyxl.load_workbook(out / path.name)[LABEL]
    assert len(sheet._charts) == len(page.charts)
    assert sheet["B6"].value == page.cells[6, 2].value


# --- when it is written -----------------------------------------------------------------------------------

WEEKDAYS = Calendar()


def label(month: Month) -> str:
    return f"月次集計 {month}"


@pytest.mark.parametrize(
    ("today", "changed", "stamp", "due"),
    [
        # Nothing new, nothing to do.
        ("2026-11-20", False, "", []),
        ("2026-11-20", True, "", ["2026-10", "2026-11"]),
        # Last month has its last numbers already.
        ("2026-11-20", True, "2026-11-02", ["2026-11"]),
        # 1 November is a Sunday: last month waits for Monday.
        ("2026-11-01", True, "2026-10-31", ["2026-11"]),
        ("2026-11-02", False, "2026-10-31", ["2026-10"]),
        ("2026-11-02", True, "2026-10-31", ["2026-10", "2026-11"]),
        # Nobody synced on the first business day.
        ("2026-11-09", False, "2026-10-31", ["2026-10"]),
        # The new year's first business day is the 4th.
        ("2027-01-02", True, "2026-12-28", ["2027-01"]),
    ],
)
def test_which_months_a_sync_writes(today: str, changed: bool, stamp: str, due: list[str]) -> None:
    day = date.fromisoformat(today)
    state = {state_name(label(Month.of(day).plus(-1))): stamp} if stamp else {}
    calendar = Calendar(closed_days=[date(2027, 1, 2), date(2027, 1, 3)])
    assert [str(month) for month in due_months(day, changed, state, calendar, label)] == due


def test_the_first_business_day_is_the_first_open_one() -> None:
    assert first_business_day(Month(2026, 11), WEEKDAYS) == date(2026, 11, 2)
    # New Year's Day is a holiday, 2 and 3 January are a weekend.
    assert first_business_day(Month(2027, 1), WEEKDAYS) == date(2027, 1, 4)


class Shop:
    """A ledger file with a year in it, and its monthly summary."""

    def __init__(self, path: Path, now: datetime) -> None:
        self.now = now
        self.path = path
        self.workbook = ExcelWorkbook(path, LAYOUT, lambda: self.now)
        self.workbook.prepare(LAYOUT, {})
        told = make_ledger(tell_year(2026, 120), LAYOUT, TOKYO).snapshot.tables
        appends: Any = {key: [record.cells for record in told[key]] for key in ("messages", "inquiries")}
        self.workbook.commit(self.workbook.read(), Commit(appends=appends))
        self.monthly = Monthly(self.workbook, self.ledger, WORDS, lambda: self.now)

    def ledger(self) -> Ledger:
        return Ledger(self.workbook.read(), LAYOUT, TOKYO)

    def refresh(self, *, changed: bool) -> list[str]:
        return [str(month) for month in self.monthly.refresh(self.ledger(), changed)]

    def tabs(self) -> set[str]:
        return {tab for tab in self.workbook.read().tabs if "集計" in tab}


@pytest.fixture
def shop(path: Path) -> Shop:
    return Shop(path, datetime(2026, 11, 20, 3, tzinfo=UTC))


def test_a_sync_that_changed_nothing_writes_nothing(shop: Shop) -> None:
    before = shop.path.read_bytes()
    assert shop.refresh(changed=False) == []
    assert shop.path.read_bytes() == before


def test_a_sync_writes_the_running_month_and_once_the_last(shop: Shop) -> None:
    assert shop.refresh(changed=True) == ["2026-10", "2026-11"]
    assert shop.refresh(changed=True) == ["2026-11"]
    assert shop.tabs() == {"月次集計 2026-10", "月次集計 2026-11"}
    shop.now = datetime(2026, 12, 1, 1, tzinfo=UTC)
    assert shop.refresh(changed=False) == ["2026-11"]
    assert shop.refresh(changed=False) == []


def test_a_tab_that_a_person_deleted_comes_back_only_when_asked_for(shop: Shop) -> None:
    shop.refresh(changed=True)
    book = openpyxl.load_workbook(shop.path)
    del book["月次集計 2026-11"]
    book.save(shop.path)
    assert shop.refresh(changed=True) == []
    assert shop.tabs() == {"月次集計 2026-10"}
    assert shop.monthly.write().month == Month(2026, 11)
    assert "月次集計 2026-11" in shop.tabs()


def test_a_month_without_inquiries_gets_no_tab_by_itself(path: Path) -> None:
    shop = Shop(path, datetime(2028, 11, 20, 3, tzinfo=UTC))
    assert shop.refresh(changed=True) == []
    assert shop.monthly.write(Month(2028, 10)).figures[0].value == 0
    assert shop.tabs() == {"月次集計 2028-10"}


def test_who_loses_against_another_writer_tries_again(shop: Shop) -> None:
    stale = shop.ledger()
    shop.workbook.commit(shop.workbook.read(), Commit(state={"x": "y"}))
    assert [str(month) for month in shop.monthly.refresh(stale, True)] == ["2026-10", "2026-11"]


def test_whoever_writes_all_the_time_wins(shop: Shop) -> None:
    def beaten(base: Snapshot, pages: Sequence[Page]) -> Snapshot:
        raise Conflict("sheets.changed", file="")

    shop.workbook.write_pages = beaten  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        shop.monthly.write()
