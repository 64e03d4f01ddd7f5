"""Setting up the .xlsx ledger: what is missing is added as in a new one, and what people have stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from lxml import etree
from openpyxl.utils import get_column_letter

from builders import LAYOUT
from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.layout import Layout
from daicho.sheets.workbook import Cell, Commit, Record, Update
from excel_ledger import append, live_in, new_ledger, parts
from test_workbook import INQUIRY


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.xlsx"


@pytest.fixture
def ledger(path: Path) -> ExcelWorkbook:
    """A ledger with two inquiries."""
    return new_ledger(path, INQUIRY, {"id": "b"})


def without(*names: str) -> Layout:
    """The layout of an older version: without a `tab` or a `tab.column`."""
    tabs = (
        replace(
            tab, columns=tuple(column for column in tab.columns if f"{tab.key}.{column.key}" not in names)
        )
        for tab in LAYOUT.tabs
        if tab.key not in names
    )
    return replace(LAYOUT, tabs=tuple(tabs))


def test_a_workbook_that_is_no_ledger_yet_becomes_one_beside_its_own_tabs(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "在庫"
    book.active["A1"] = "=1+1"
    book.save(path)
    workbook = ExcelWorkbook(path, LAYOUT)
    assert len(workbook.prepare(LAYOUT, {})) == len([tab for tab in LAYOUT.tabs if not tab.hidden])
    workbook.commit(workbook.read(), Commit(appends={"inquiries": [INQUIRY]}))
    assert workbook.read().tables["inquiries"] == [Record(2, INQUIRY)]
    assert openpyxl.load_workbook(path)["在庫"]["A1"].value == "=1+1"


def test_an_upgrade_keeps_what_people_added(path: Path) -> None:
    fewer = without("policies")
    ExcelWorkbook(path, fewer).prepare(fewer, {})
    live_in(path)
    before = parts(path)
    ExcelWorkbook(path, LAYOUT).prepare(LAYOUT, {})
    after = parts(path)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {
        "[Content_Types].xml",
        "xl/_rels/workbook.xml.rels",
        "xl/workbook.xml",
        "xl/worksheets/sheet11.xml",
    }
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[0] == "売上メモ"
    assert book.sheetnames[-1] == "対応ルール"


def looks(sheet: Any) -> object:
    columns = {
        letter: (look.width, look.hidden, look.number_format, look.fill.fgColor.rgb, look.font.name)
        for letter, look in sheet.column_dimensions.items()
    }
    headers = [
        (cell.value, cell.font.b, cell.fill.fgColor.rgb, cell.border.bottom.style) for cell in sheet[1]
    ]
    rules = sorted((str(rule.sqref), rule.formula1) for rule in sheet.data_validations.dataValidation)
    frame = (
        sheet.freeze_panes,
        sheet.auto_filter.ref,
        sheet.print_title_rows,
        sheet.sheet_properties.tabColor.rgb,
    )
    return columns, headers, rules, frame


def test_an_added_tab_looks_like_one_of_a_new_file(path: Path, tmp_path: Path) -> None:
    fewer = without("faq")
    ExcelWorkbook(path, fewer).prepare(fewer, {})
    ExcelWorkbook(path, LAYOUT).prepare(LAYOUT, {})
    new = tmp_path / "new.xlsx"
    ExcelWorkbook(new, LAYOUT).prepare(LAYOUT, {})
    one, other = (openpyxl.load_workbook(file)["よくある質問"] for file in (path, new))
    assert looks(one) == looks(other)


def test_an_added_column_looks_like_one_of_a_new_file(path: Path, tmp_path: Path) -> None:
    tab, fewer = LAYOUT.tab("templates"), without("templates.category")
    ExcelWorkbook(path, fewer).prepare(fewer, {})
    ExcelWorkbook(path, LAYOUT).prepare(LAYOUT, {})
    new = tmp_path / "new.xlsx"
    ExcelWorkbook(new, LAYOUT).prepare(LAYOUT, {})
    one, other = (openpyxl.load_workbook(file)[tab.label] for file in (path, new))
    assert one["I1"].value == "問い合わせ区分"
    assert one["I1"].font.b and one["I1"].font.color.rgb == other["C1"].font.color.rgb
    assert one.column_dimensions["I"].width == other.column_dimensions["C"].width
    assert one.column_dimensions["I"].number_format == "@"
    assert "I2:I1048576" in {str(rule.sqref) for rule in one.data_validations.dataValidation}


ORDER = (
    *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr"),
    *("sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate"),
    *("customSheetViews", "mergeCells", "phoneticPr", "conditionalFormatting", "dataValidations"),
    *("hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks"),
    *("customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing", "legacyDrawing"),
    *("legacyDrawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst"),
)
"""The order of a worksheet's elements (ECMA-376 part 1, 18.3.1.99); Excel offers a repair if not."""


def test_elements_stand_in_the_order_excel_demands(path: Path) -> None:
    fewer = without("faq", "help.text")
    ExcelWorkbook(path, fewer).prepare(fewer, {})
    live_in(path)
    workbook = ExcelWorkbook(path, LAYOUT)
    workbook.prepare(LAYOUT, {"faq": [{"question": "?"}]})
    append(workbook)
    for name, data in parts(path).items():
        if name.startswith("xl/worksheets/sheet"):
            names = [etree.QName(element).localname for element in etree.fromstring(data)]
            assert names == sorted(names, key=ORDER.index), name
            cells = [[cell.get("r") for cell in row] for row in etree.fromstring(data).iter("{*}row")]
            assert all(row == sorted(row, key=lambda cell: (len(cell), cell)) for row in cells), name


# --- the list of statuses -----------------------------------------------------------------------------------


def status_list(path: Path) -> str:
    sheet = openpyxl.load_workbook(path)[LAYOUT.tab("inquiries").label]
    place = get_column_letter([column.key for column in LAYOUT.tab("inquiries").columns].index("status") + 1)
    rules = sheet.data_validations.dataValidation
    return str(next(rule.formula1 for rule in rules if str(rule.sqref).startswith(place)))


def test_statuses_a_shop_adds_are_offered_and_those_it_takes_out_no_more(
    path: Path, ledger: ExcelWorkbook
) -> None:
    label = LAYOUT.label("setting", "status")
    settings: list[dict[str, Cell]] = [
        {"setting": label, "name": "入荷待ち"},
        {"setting": label, "value": "保留、社内確認"},
    ]
    ledger.commit(ledger.read(), Commit(appends={"settings": settings}))
    assert len(ledger.prepare(LAYOUT, {})) == 1
    assert status_list(path) == '"未対応,対応中,対応済み,対象外,入荷待ち,保留,社内確認"'
    assert ledger.prepare(LAYOUT, {}) == []
    base = ledger.read()
    emptied = [Update("settings", row, {"name": None, "value": None}) for row in base.tables["settings"]]
    ledger.commit(base, Commit(updates=emptied))
    ledger.prepare(LAYOUT, {})
    assert status_list(path) == '"未対応,対応中,対応済み,対象外"'


def test_a_status_list_that_a_person_made_stays(path: Path, ledger: ExcelWorkbook) -> None:
    settings: list[dict[str, Cell]] = [{"setting": LAYOUT.label("setting", "status"), "name": "入荷待ち"}]
    ledger.commit(ledger.read(), Commit(appends={"settings": settings}))
    book = openpyxl.load_workbook(path)
    for rule in book[LAYOUT.tab("inquiries").label].data_validations.dataValidation:
        rule.formula1 = '"済,未"' if rule.formula1.startswith('"未対応') else rule.formula1
    book.save(path)
    assert ledger.prepare(LAYOUT, {}) == []
    assert status_list(path) == '"済,未"'


def test_a_list_too_long_for_a_dropdown_ends_where_it_is_full(path: Path, ledger: ExcelWorkbook) -> None:
    label = LAYOUT.label("setting", "status")
    settings: list[dict[str, Cell]] = [
        {"setting": label, "name": f"とても長い名前の状況その{number}"} for number in range(40)
    ]
    ledger.commit(ledger.read(), Commit(appends={"settings": settings}))
    ledger.prepare(LAYOUT, {})
    assert 200 < len(status_list(path)) <= 257
