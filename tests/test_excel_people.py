"""What people add to the .xlsx outlives our writing, and what they type looks at home there."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from lxml import etree
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table

from builders import LAYOUT
from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.workbook import Commit, Update
from excel_ledger import Typist, append, live_in, new_ledger, parts
from test_workbook import INQUIRY


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.xlsx"


@pytest.fixture
def ledger(path: Path) -> ExcelWorkbook:
    """A ledger with two inquiries."""
    return new_ledger(path, INQUIRY, {"id": "b"})


def test_parts_we_do_not_write_are_kept_to_the_byte(path: Path, ledger: ExcelWorkbook) -> None:
    live_in(path)
    before = parts(path)
    append(ledger)
    after = parts(path)
    assert after.keys() == before.keys()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"xl/workbook.xml", "xl/worksheets/sheet2.xml", "xl/worksheets/sheet12.xml"}


def test_what_people_added_is_still_there_for_another_program(path: Path, ledger: ExcelWorkbook) -> None:
    live_in(path)
    append(ledger)
    book = openpyxl.load_workbook(path)
    own, sheet = book["売上メモ"], book["問い合わせ台帳"]
    assert own["A2"].value == "=COUNTA(問い合わせ台帳!A2:A999)"
    assert len(own._charts) == 1
    assert (own.print_area, list(own.tables)) == ("'売上メモ'!$A$1:$B$3", ["own"])
    assert book.defined_names["目標"].attr_text == "売上メモ!$A$3"
    assert sheet["A2"].comment.text == "確認済み"
    assert sheet["H2"].fill.fgColor.rgb == "00FFFF00"
    assert sheet.column_dimensions["H"].width == 33
    assert sheet.page_setup.paperSize == 8
    assert sheet["A4"].value == "c"
    assert "T2:T4" in {str(area.sqref) for area in sheet.conditional_formatting}
    assert "S2:S4" in {str(rule.sqref) for rule in sheet.data_validations.dataValidation}


def test_a_table_and_the_filter_take_new_rows_in(path: Path, ledger: ExcelWorkbook) -> None:
    append(ledger)
    book = openpyxl.load_workbook(path)
    assert book["問い合わせ台帳"].auto_filter.ref == "A1:AA4"
    names = etree.fromstring(parts(path)["xl/workbook.xml"]).iter("{*}definedName")
    filters = [name.text for name in names if name.get("name") == "_xlnm._FilterDatabase"]
    assert "'問い合わせ台帳'!$A$1:$AA$4" in filters
    sheet = book["問い合わせ台帳"]
    sheet.auto_filter.ref = None
    sheet.add_table(Table(displayName="ledger", ref="A1:AA4"))
    book.save(path)
    append(ledger)
    assert openpyxl.load_workbook(path)["問い合わせ台帳"].tables["ledger"].ref == "A1:AA5"


def test_rows_a_filter_hides_stay_hidden(path: Path, ledger: ExcelWorkbook) -> None:
    book = openpyxl.load_workbook(path)
    book["問い合わせ台帳"].row_dimensions[2].hidden = True
    book.save(path)
    base = ledger.read()
    ledger.commit(base, Commit(updates=[Update("inquiries", base.tables["inquiries"][0], {"memo": "済"})]))
    assert openpyxl.load_workbook(path)["問い合わせ台帳"].row_dimensions[2].hidden


def test_a_row_typed_by_hand_looks_like_its_neighbours_once_it_has_its_id(
    path: Path, ledger: ExcelWorkbook
) -> None:
    label = LAYOUT.tab("inquiries").label
    place = {column.key: number for number, column in enumerate(LAYOUT.tab("inquiries").columns, 1)}
    person = Typist(path)
    for key in ("received", "memo"):
        person.type("inquiries", 4, key, datetime(2026, 11, 20, 10))
    person.type("inquiries", 4, "excerpt", "電話で\nお問い合わせ")
    base = ledger.read()
    typed = base.tables["inquiries"][-1]
    ledger.commit(base, Commit(updates=[Update("inquiries", typed, {"id": "c", "base": "{}"})]))
    sheet = openpyxl.load_workbook(path)[label]
    assert sheet.row_dimensions[4].height == sheet.row_dimensions[2].height
    for key in ("id", "received", "excerpt"):
        typed_cell, neighbour = sheet.cell(4, place[key]), sheet.cell(2, place[key])
        for part in ("font", "fill", "border", "alignment", "number_format"):
            assert repr(getattr(typed_cell, part)) == repr(getattr(neighbour, part)), (key, part)
    assert sheet.cell(4, place["memo"]).is_date, "a date among text is still shown as one"
    assert sheet.auto_filter.ref == f"A1:{get_column_letter(len(place))}4"


def test_a_row_typed_by_hand_keeps_what_its_writer_gave_it(path: Path, ledger: ExcelWorkbook) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book[LAYOUT.tab("inquiries").label]
    sheet.cell(4, 11, "赤い電話").fill = PatternFill("solid", fgColor="FF0000")
    sheet.row_dimensions[4].height = 90
    book.save(path)
    base = ledger.read()
    ledger.commit(base, Commit(updates=[Update("inquiries", base.tables["inquiries"][-1], {"id": "c"})]))
    sheet = openpyxl.load_workbook(path)[LAYOUT.tab("inquiries").label]
    assert sheet.cell(4, 11).fill.fgColor.rgb == "00FF0000"
    assert sheet.row_dimensions[4].height == 90
