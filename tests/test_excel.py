"""The .xlsx ledger."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

from daicho.errors import Conflict, WorkbookError
from daicho.sheets import ledger_file, package
from daicho.sheets.cells import clean
from daicho.sheets.excel import CELL_LIMIT, ExcelWorkbook
from daicho.sheets.layout import load_layout
from daicho.sheets.workbook import Cell, Commit, Record, Update
from daicho.wording import LANGUAGES, wording
from test_workbook import INQUIRY, LAYOUT, Person, WorkbookContract, same_content


class Typist:
    """A person whose spreadsheet program is openpyxl."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._book = openpyxl.load_workbook(path)

    def _sheet(self, tab: str) -> Any:
        return self._book[LAYOUT.tab(tab).label]

    def _column(self, tab: str, key: str) -> int:
        label = LAYOUT.tab(tab).column(key).label
        return next(cell.column for cell in self._sheet(tab)[1] if str(cell.value).strip() == label)

    def _save(self) -> None:
        self._book.save(self._path)

    def type(self, tab: str, row: int, column: str, value: Cell) -> None:
        self._sheet(tab).cell(row, self._column(tab, column)).value = value
        self._save()

    def insert_row(self, tab: str, before: int) -> None:
        self._sheet(tab).insert_rows(before)
        self._save()

    def delete_rows(self, tab: str, first: int, last: int) -> None:
        self._sheet(tab).delete_rows(first, last - first + 1)
        self._save()

    def reverse_rows(self, tab: str) -> None:
        sheet = self._sheet(tab)
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
        for row, values in zip(sheet.iter_rows(min_row=2), reversed(rows), strict=True):
            for cell, value in zip(row, values, strict=True):
                cell.value = value
        self._save()

    def move_column(self, tab: str, column: str, before: str) -> None:
        sheet = self._sheet(tab)
        target = self._column(tab, before)
        sheet.insert_cols(target)
        source = self._column(tab, column)
        for row in sheet.iter_rows():
            row[target - 1].value = row[source - 1].value
        sheet.delete_cols(source)
        self._save()

    def write_header(self, tab: str, column: str, text: str) -> None:
        position = 1 + [item.key for item in LAYOUT.tab(tab).columns].index(column)
        self._sheet(tab).cell(1, position).value = text
        self._save()

    def add_column(self, tab: str, text: str) -> None:
        sheet = self._sheet(tab)
        sheet.cell(1, sheet.max_column + 1).value = text
        self._save()

    def rename_tab(self, tab: str, label: str) -> None:
        self._sheet(tab).title = label
        self._save()

    def delete_tab(self, tab: str) -> None:
        self._book.remove(self._sheet(tab))
        self._save()


class TestExcelWorkbook(WorkbookContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "台帳 ledger.xlsx"

    def make(self) -> ExcelWorkbook:
        return ExcelWorkbook(self.path, LAYOUT)

    def person(self) -> Person:
        return Typist(self.path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.xlsx"


@pytest.fixture
def ledger(path: Path) -> ExcelWorkbook:
    """A ledger with two inquiries."""
    workbook = ExcelWorkbook(path, LAYOUT)
    workbook.prepare(LAYOUT, {})
    workbook.commit(workbook.read(), Commit(appends={"inquiries": [INQUIRY, {"id": "b"}]}))
    return workbook


def append(workbook: ExcelWorkbook) -> None:
    workbook.commit(workbook.read(), Commit(appends={"inquiries": [{"id": "c", "excerpt": "新着"}]}))


def parts(path: Path) -> dict[str, bytes]:
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def put_parts(path: Path, changed: dict[str, bytes]) -> None:
    """Rewrites a package with some parts added or replaced."""
    kept = parts(path) | changed
    with ZipFile(path, "w") as archive:
        for name, data in kept.items():
            archive.writestr(name, data)


# What people add -----------------------------------------------------------------------------------


def live_in(path: Path) -> None:
    """All a person may do: a tab with formulas and a chart, a comment, formats, names, print set-up."""
    book = openpyxl.load_workbook(path)
    own = book.create_sheet("売上メモ", 0)
    own["A1"] = "件数"
    own["A2"] = "=COUNTA(問い合わせ台帳!A2:A999)"
    own["A3"] = 3
    chart = BarChart()
    chart.add_data(Reference(own, min_col=1, min_row=1, max_row=3), titles_from_data=True)
    own.add_chart(chart, "C1")
    own.add_table(Table(displayName="own", ref="A1:A3"))
    own.print_area = "A1:B3"
    book.defined_names["目標"] = DefinedName("目標", attr_text="売上メモ!$A$3")
    sheet = book["問い合わせ台帳"]
    sheet["A2"].comment = Comment("確認済み", "見本")
    sheet["H2"].fill = PatternFill("solid", fgColor="FFFF00")
    sheet.column_dimensions["H"].width = 33
    sheet.conditional_formatting.add(
        "T2:T3", CellIsRule("greaterThan", ["5"], fill=PatternFill(bgColor="FF0000"))
    )
    rule = DataValidation("list", '"A,B"')
    rule.add("S2:S3")
    sheet.add_data_validation(rule)
    sheet.page_setup.paperSize = 8
    book.save(path)
    relations = parts(path)["xl/worksheets/_rels/sheet2.xml.rels"].decode()
    kind = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
    threaded = f'<Relationship Id="rId99" Type="{kind}" Target="../threadedComments/threadedComment1.xml"/>'
    put_parts(
        path,
        {
            "xl/worksheets/_rels/sheet2.xml.rels": relations.replace("</Rel", f"{threaded}</Rel").encode(),
            "xl/threadedComments/threadedComment1.xml": b"<ThreadedComments/>",
            "xl/vbaProject.bin": bytes(range(256)),
            "xl/media/image1.png": b"\x89PNG not really",
            "xl/pivotCache/pivotCacheDefinition1.xml": b"<pivotCacheDefinition/>",
            "customXml/item1.xml": b"<own/>",
        },
    )


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


def test_an_upgrade_keeps_what_people_added(path: Path) -> None:
    fewer = replace(LAYOUT, tabs=tuple(tab for tab in LAYOUT.tabs if tab.key != "policies"))
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


def test_an_added_tab_looks_like_one_of_a_new_file(path: Path, tmp_path: Path) -> None:
    fewer = replace(LAYOUT, tabs=tuple(tab for tab in LAYOUT.tabs if tab.key != "faq"))
    ExcelWorkbook(path, fewer).prepare(fewer, {})
    ExcelWorkbook(path, LAYOUT).prepare(LAYOUT, {})
    new = tmp_path / "new.xlsx"
    ExcelWorkbook(new, LAYOUT).prepare(LAYOUT, {})
    one, other = (openpyxl.load_workbook(file)["よくある質問"] for file in (path, new))
    assert looks(one) == looks(other)


def test_an_added_column_looks_like_one_of_a_new_file(path: Path, tmp_path: Path) -> None:
    tab = LAYOUT.tab("templates")
    shorter = replace(tab, columns=tuple(column for column in tab.columns if column.key != "category"))
    fewer = replace(LAYOUT, tabs=tuple(shorter if item.key == tab.key else item for item in LAYOUT.tabs))
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
    shorter = replace(
        LAYOUT.tab("help"), columns=tuple(item for item in LAYOUT.tab("help").columns if item.key != "text")
    )
    kept = tuple(tab for tab in LAYOUT.tabs if tab.key not in ("faq", "help"))
    fewer = replace(LAYOUT, tabs=(*kept, shorter))
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


STRICT = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships"
    ),
}


def test_a_strict_file_is_read_and_written_in_its_own_terms(path: Path, ledger: ExcelWorkbook) -> None:
    held = parts(path)
    for old, new in STRICT.items():
        held = {name: data.replace(old, new) for name, data in held.items()}
    put_parts(path, held)
    append(ledger)
    assert [row.cells["id"] for row in ledger.read().tables["inquiries"]] == [INQUIRY["id"], "b", "c"]
    assert not [name for name, data in parts(path).items() if b"spreadsheetml/2006/main" in data]


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


def status_list(path: Path) -> str:
    sheet = openpyxl.load_workbook(path)[LAYOUT.tab("inquiries").label]
    place = get_column_letter([column.key for column in LAYOUT.tab("inquiries").columns].index("status") + 1)
    rules = sheet.data_validations.dataValidation
    return next(rule.formula1 for rule in rules if str(rule.sqref).startswith(place))


def test_statuses_a_shop_adds_are_offered_and_those_it_takes_out_no_more(
    path: Path, ledger: ExcelWorkbook
) -> None:
    label = LAYOUT.label("setting", "status")
    settings = [{"setting": label, "name": "入荷待ち"}, {"setting": label, "value": "保留、社内確認"}]
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
    settings = [{"setting": LAYOUT.label("setting", "status"), "name": "入荷待ち"}]
    ledger.commit(ledger.read(), Commit(appends={"settings": settings}))
    book = openpyxl.load_workbook(path)
    for rule in book[LAYOUT.tab("inquiries").label].data_validations.dataValidation:
        rule.formula1 = '"済,未"' if rule.formula1.startswith('"未対応') else rule.formula1
    book.save(path)
    assert ledger.prepare(LAYOUT, {}) == []
    assert status_list(path) == '"済,未"'


def test_a_list_too_long_for_a_dropdown_ends_where_it_is_full(path: Path, ledger: ExcelWorkbook) -> None:
    label = LAYOUT.label("setting", "status")
    settings = [{"setting": label, "name": f"とても長い名前の状況その{number}"} for number in range(40)]
    ledger.commit(ledger.read(), Commit(appends={"settings": settings}))
    ledger.prepare(LAYOUT, {})
    assert 200 < len(status_list(path)) <= 257


def test_formulas_that_look_at_our_rows_are_calculated_anew(path: Path, ledger: ExcelWorkbook) -> None:
    held = parts(path)
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"
    content = "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"
    relation = f'<Relationship Id="rId77" Type="{kind}" Target="calcChain.xml"/></Relationships>'
    override = f'<Override PartName="/xl/calcChain.xml" ContentType="{content}"/></Types>'
    relations, types = "xl/_rels/workbook.xml.rels", "[Content_Types].xml"
    put_parts(
        path,
        {
            "xl/calcChain.xml": b"<calcChain/>",
            relations: held[relations].replace(b"</Relationships>", relation.encode()),
            types: held[types].replace(b"</Types>", override.encode()),
        },
    )
    append(ledger)
    after = parts(path)
    assert not [name for name, data in after.items() if "calcChain" in name or b"calcChain" in data]
    assert b'fullCalcOnLoad="1"' in after["xl/workbook.xml"]


def test_rows_a_filter_hides_stay_hidden(path: Path, ledger: ExcelWorkbook) -> None:
    book = openpyxl.load_workbook(path)
    book["問い合わせ台帳"].row_dimensions[2].hidden = True
    book.save(path)
    base = ledger.read()
    ledger.commit(base, Commit(updates=[Update("inquiries", base.tables["inquiries"][0], {"memo": "済"})]))
    assert openpyxl.load_workbook(path)["問い合わせ台帳"].row_dimensions[2].hidden


# Values --------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_categories=[]), max_size=40), min_size=1, max_size=20))
def test_any_text_comes_back_clean_and_whole(path: Path, texts: list[str]) -> None:
    path.unlink(missing_ok=True)
    workbook = ExcelWorkbook(path, LAYOUT)
    workbook.prepare(LAYOUT, {})
    rows: list[dict[str, Cell]] = [{"key": str(n), "text": text} for n, text in enumerate(texts)]
    after = workbook.commit(workbook.read(), Commit(appends={"messages": rows}))
    expected = [clean(text, CELL_LIMIT, "") or None for text in texts]
    read = workbook.read()
    assert [row.cells.get("text") for row in read.tables["messages"]] == expected
    assert same_content(after, read)


def test_another_program_reads_our_text_as_text(path: Path, ledger: ExcelWorkbook) -> None:
    base = ledger.read()
    texts = ["=1+1", "@here", "+81", "a_x0041_b"]
    ledger.commit(base, Commit(appends={"inquiries": [{"id": text} for text in texts]}))
    sheet = openpyxl.load_workbook(path)["問い合わせ台帳"]
    assert [(cell.value, cell.data_type) for (cell,) in sheet["A4:A7"]][:3] == [
        (text, "s") for text in texts[:3]
    ]


def test_the_ledger_speaks_english_too(path: Path) -> None:
    layout = load_layout("en")
    workbook = ExcelWorkbook(path, layout)
    assert workbook.prepare(layout, {}) == ["Created the ledger “ledger.xlsx”."]
    workbook.commit(workbook.read(), Commit(appends={"inquiries": [INQUIRY]}))
    assert openpyxl.load_workbook(path)["Inquiries"]["B2"].number_format == "yyyy-mm-dd hh:mm"


# The file ------------------------------------------------------------------------------------------


def test_a_machine_tab_somebody_wrote_into_is_told(path: Path, ledger: ExcelWorkbook) -> None:
    Typist(path).type("_daicho", 2, "value", "たくさん")
    with pytest.raises(WorkbookError, match="damaged"):
        ledger.read()


@pytest.mark.parametrize("sign", ["~$ledger.xlsx", ".~lock.ledger.xlsx#"])
def test_nothing_is_written_while_a_person_has_the_file_open(
    path: Path, ledger: ExcelWorkbook, sign: str
) -> None:
    before = path.read_bytes()
    path.with_name(sign).write_text(",見本,host,21.11.2026 12:00,file:///;", encoding="utf-8")
    assert ledger.read().tables["inquiries"]
    with pytest.raises(WorkbookError) as told:
        append(ledger)
    assert told.value.key == "sheets.file-open"
    assert sign in told.value.values.values()
    assert path.read_bytes() == before
    path.with_name(sign).unlink()
    append(ledger)


def spoil(data: bytes) -> bytes:
    """The same package with a sheet that is no XML."""
    target = BytesIO(data)
    with ZipFile(target) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    held["xl/worksheets/sheet1.xml"] = held["xl/worksheets/sheet1.xml"][:-20]
    with ZipFile(target := BytesIO(), "w") as archive:
        for name, content in held.items():
            archive.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    ("damage", "key"),
    [
        (lambda data: b"", "sheets.damaged"),
        (lambda data: b"id,due\n1,2\n", "sheets.damaged"),
        (lambda data: data[:-200], "sheets.damaged"),
        (lambda data: data[:2000] + bytes(500) + data[2500:], "sheets.damaged"),
        (spoil, "sheets.damaged"),
        (lambda data: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "sheets.sealed"),
    ],
)
def test_a_file_that_is_no_whole_workbook_is_told(
    path: Path, ledger: ExcelWorkbook, damage: Callable[[bytes], bytes], key: str
) -> None:
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(WorkbookError) as told:
        ledger.read()
    assert told.value.key == key


def test_a_file_that_unpacks_to_far_too_much_is_refused(
    path: Path, ledger: ExcelWorkbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "MOST_BYTES", 10_000)
    with pytest.raises(WorkbookError, match="damaged"):
        ledger.read()


def test_a_missing_file_or_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match="no-file"):
        ExcelWorkbook(tmp_path / "none.xlsx", LAYOUT).read()
    with pytest.raises(WorkbookError, match="no-folder"):
        ExcelWorkbook(tmp_path / "none" / "ledger.xlsx", LAYOUT).prepare(LAYOUT, {})
    with pytest.raises(WorkbookError, match="not-a-file"):
        ExcelWorkbook(tmp_path, LAYOUT).read()


def test_a_read_only_file_is_told_and_left_alone(path: Path, ledger: ExcelWorkbook) -> None:
    before = path.read_bytes()
    path.chmod(0o444)
    with pytest.raises(WorkbookError, match="read-only"):
        append(ledger)
    path.chmod(0o644)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("code", "key"), [(errno.ENOSPC, "sheets.disk-full"), (errno.EIO, "sheets.unwritable")]
)
def test_a_failing_disk_leaves_the_old_file_and_nothing_else(
    path: Path, ledger: ExcelWorkbook, monkeypatch: pytest.MonkeyPatch, code: int, key: str
) -> None:
    before = path.read_bytes()

    def fail(handle: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(WorkbookError) as told:
        append(ledger)
    assert told.value.key == key
    assert path.read_bytes() == before
    assert [
        file.name
        for file in path.parent.iterdir()
        if not file.name.startswith((".ledger.xlsx.lock", ".ledger.xlsx.daicho"))
    ] == ["ledger.xlsx"]


def test_a_second_daicho_waits_and_then_says_so(
    path: Path, ledger: ExcelWorkbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_file, "PATIENCE", 0.05)
    with FileLock(path.with_name(".ledger.xlsx.lock")), pytest.raises(WorkbookError, match="busy"):
        append(ledger)


def test_what_a_killed_write_left_is_swept_away(path: Path, ledger: ExcelWorkbook) -> None:
    left = path.with_name(".ledger.xlsx.0123456789abcdef.daicho-new")
    left.write_bytes(b"half")
    append(ledger)
    assert not left.exists()


@pytest.mark.skipif(os.name == "nt", reason="file modes and links are another matter on Windows")
def test_a_link_stays_a_link_and_permissions_stay(tmp_path: Path, path: Path, ledger: ExcelWorkbook) -> None:
    path.chmod(0o640)
    link = tmp_path / "elsewhere" / "link.xlsx"
    link.parent.mkdir()
    link.symlink_to(path)
    append(ExcelWorkbook(link, LAYOUT))
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert len(ledger.read().tables["inquiries"]) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_there_in_both_languages(language: str) -> None:
    values = {
        "file": "x",
        "folder": "x",
        "reason": "x",
        "lock": "x",
        "tab": "x",
        "header": "x",
        "theirs": "x",
        "language": "x",
        "statuses": "x",
    }
    keys = {key for key in wording("ja").sentences if key.startswith("sheets.")}
    assert keys == {key for key in wording(language).sentences if key.startswith("sheets.")}
    assert all(wording(language).say(key, **values) for key in keys)


WRITER = """
import sys
from pathlib import Path
from daicho.errors import Conflict
from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.layout import load_layout
from daicho.sheets.workbook import Commit

layout = load_layout("ja")
workbook = ExcelWorkbook(Path(sys.argv[1]), layout)
name, rounds = sys.argv[2], int(sys.argv[3])
while rounds:
    base = workbook.read()
    key = f"{name}-{rounds}"
    try:
        workbook.commit(base, Commit(state={name: key}, appends={"messages": [{"key": key}]}))
    except Conflict:
        continue
    print(key, flush=True)
    rounds -= 1
"""


def writer(path: Path, name: str, rounds: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), name, str(rounds)], stdout=subprocess.PIPE, text=True
    )


def test_writers_at_the_same_time_lose_and_double_nothing(path: Path, ledger: ExcelWorkbook) -> None:
    before = ledger.read().generation
    writers = [writer(path, name, 4) for name in ("a", "b", "c")]
    told = {line for process in writers for line in process.communicate(timeout=120)[0].split()}
    after = ledger.read()
    keys = [row.cells["key"] for row in after.tables["messages"]]
    assert sorted(keys) == sorted(told)
    assert len(told) == 12
    assert after.generation == before + 12


@pytest.mark.skipif(os.name == "nt", reason="a process cannot be killed in the same way")
def test_a_kill_at_any_moment_leaves_a_whole_file(path: Path, ledger: ExcelWorkbook) -> None:
    for turn in range(4):
        process = writer(path, f"w{turn}", 1000)
        assert process.stdout
        told = [process.stdout.readline().strip() for _ in range(turn + 1)]
        process.kill()
        told += process.communicate()[0].split()
        snapshot = ledger.read()
        keys = [row.cells["key"] for row in snapshot.tables["messages"]]
        assert set(told) <= set(keys)
        assert len(keys) == len(set(keys)) == snapshot.generation - 1
        assert snapshot.state[f"w{turn}"] == keys[-1]
    append(ledger)
    assert not list(path.parent.glob("*.daicho-new"))


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
@pytest.mark.parametrize("language", LANGUAGES)
def test_libreoffice_opens_our_file_and_we_read_what_it_saves(tmp_path: Path, language: str) -> None:
    path, folder = tmp_path / "ledger.xlsx", tmp_path / "saved"
    layout = load_layout(language)
    workbook = ExcelWorkbook(path, layout)
    workbook.prepare(layout, {"settings": [{"name": "営業時間", "value": "9:00"}]})
    rows: list[dict[str, Cell]] = [
        {**INQUIRY, "draft": True},
        {"id": "b", "excerpt": "=1+1", "memo": " 空白 \n二行目", "order": "007", "subject": "a_x0041_🎁"},
    ]
    before = workbook.commit(workbook.read(), Commit(state={"cursor": "7"}, appends={"inquiries": rows}))
    profile = (tmp_path / "profile").as_uri()
    command = ["soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to", "xlsx"]
    subprocess.run([*command, "--outdir", folder, path], check=True, capture_output=True, timeout=120)
    saved = ExcelWorkbook(folder / path.name, layout)
    assert same_content(saved.read(), before)
    assert saved.prepare(layout, {}) == []
    saved.commit(saved.read(), Commit(appends={"inquiries": [{"id": "c", "due": INQUIRY["due"]}]}))
    assert saved.read().tables["inquiries"][2] == Record(4, {"id": "c", "due": INQUIRY["due"]})
    subprocess.run([*command, "--outdir", tmp_path / "again", folder / path.name], check=True, timeout=120)
    again = ExcelWorkbook(tmp_path / "again" / path.name, layout).read()
    assert len(again.tables["inquiries"]) == 3


def test_a_commit_that_conflicts_says_what_to_do(ledger: ExcelWorkbook) -> None:
    base = ledger.read()
    append(ledger)
    with pytest.raises(Conflict) as told:
        ledger.commit(base, Commit(state={"a": "b"}))
    assert told.value.values == {"file": "ledger.xlsx"}
