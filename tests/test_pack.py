"""The pack as a file: what programs show of it, what it hides, and what other programs make of it."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pytest
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.worksheet import Worksheet

from builders import LAYOUT, NOW, OWN, TOKYO, WORDS, Book, arrival
from daicho.errors import DaichoError, UsageError, WorkbookError
from daicho.handover import Exported, Handover
from daicho.ledger.masking import bare
from daicho.ledger.rows import Base
from daicho.ledger.vendor.context import House
from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.pack import opened, sealed
from daicho.sheets.pack_page import HEADER_ROW, KEY_MARK
from daicho.sheets.pack_reading import read_grids
from daicho.sheets.workbook import Cell, Commit, Update

VENDOR = "みどりサポート"
PERSONAL = (
    *("山田", "花子", "hanako", "09012345678", "見本町1-2-3", "1009-3347", "林一郎", "ichiro", "0398765432"),
    *("503-1234567-7654321", "佐々木", "sasaki"),
)
"""What must not be found in a masked pack, in any width or spacing."""


def open_handover(folder: Path) -> Handover:
    """A shop with three inquiries whose texts spell people in many ways, and a vendor for all of them."""
    made = Book()
    made.sync(
        arrival(
            "q1@x",
            "山田花子です。０９０－１２３４－５６７８ か HANAKO＠ＥＸＡＭＰＬＥ．ＪＰ へ。\n"
            "住所：東京都見本区見本町１－２－３\n注文番号：１００９－３３４７\n=1+1\n_x0041_",
            name="山田　花子",
            sender="hanako@example.jp",
            subject="=IMPORTXML(A1) 山 田 の件",
            hours_ago=30,
        ),
        arrival(
            "q2@x",
            "林です。山田 花子 様の荷物が届きました。注文 503-1234567-7654321 電話(03)9876-5432 😊",
            name="林一郎",
            sender="ichiro@example.com",
            hours_ago=20,
        ),
        arrival(
            "q3@x",
            "佐々木と申します。色違いはありますか。",
            name="佐々木",
            sender="sasaki@example.net",
            hours_ago=10,
        ),
    )
    made.rows[0]["memo"] = "山田さんへ 090 1234 5678 で電話"
    workbook = ExcelWorkbook(folder / "ledger.xlsx", LAYOUT, lambda: NOW)
    terms = {
        "setting": "外注先の条件",
        "name": VENDOR,
        "value": "渡す列：お客様名、連絡先、件名、内容、注文番号、受信日時",
    }
    chosen: dict[str, Cell] = {"setting": "外注先", "name": VENDOR, "value": "在庫・再入荷、不良・破損"}
    workbook.prepare(
        LAYOUT, {"settings": [chosen, dict(terms)], "policies": [{"id": "P-01", "steps": "=手順"}]}
    )
    tables = made.snapshot.tables
    appends = {
        tab: [dict(record.cells) for record in tables[tab]] for tab in ("inquiries", "messages", "customers")
    }
    workbook.commit(workbook.read(), Commit(appends=appends))
    return Handover(workbook, House("さくら雑貨店", frozenset({OWN})), LAYOUT, TOKYO, WORDS, lambda: NOW)


@pytest.fixture
def handover(tmp_path: Path) -> Handover:
    return open_handover(tmp_path)


@pytest.fixture
def pack(handover: Handover, tmp_path: Path) -> Exported:
    return handover.export(VENDOR, tmp_path / "pack.xlsx")


def sheet_of(path: Path, name: str = "問い合わせ") -> Worksheet:
    return openpyxl.load_workbook(path)[name]


def position(sheet: Worksheet, key: str) -> int:
    return next(cell.column for cell in sheet[1] if cell.value == KEY_MARK + key)


def rows_of(path: Path) -> dict[Cell, dict[int, Cell]]:
    """The inquiries of a pack by id, as daicho reads them."""
    grid = next(grid for grid in read_grids(path.read_bytes(), path.name, str) if grid.name == "問い合わせ")
    return {cells[1]: cells for number, cells in grid.rows if number > HEADER_ROW}


def ledger_rows(handover: Handover) -> list[dict[str, Cell]]:
    return [record.cells for record in handover.workbook.read().tables["inquiries"]]


def parts(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


# --- what is in the file ------------------------------------------------------------------------------------


def test_no_part_of_a_masked_file_names_anybody(pack: Exported) -> None:
    for name, text in parts(pack.path).items():
        for personal in PERSONAL:
            assert personal not in text, (name, personal)
        said = bare(" ".join(re.findall(r">([^<]+)<", text)))
        for personal in PERSONAL:
            assert bare(personal) not in said, (name, personal)


def test_the_file_s_properties_tell_nothing(pack: Exported) -> None:
    core = parts(pack.path)["docProps/core.xml"]
    assert re.findall(r"<dc:creator[^>]*>([^<]*)<", core) == ["daicho"]
    assert "lastModifiedBy" not in core


def test_nothing_but_our_own_counts_is_a_formula(pack: Exported) -> None:
    book = openpyxl.load_workbook(pack.path)
    formulas = {sheet.title: sum(cell.data_type == "f" for row in sheet for cell in row) for sheet in book}
    assert {title for title, count in formulas.items() if count} == {"報告"}
    sheet = book["問い合わせ"]
    subjects = [row[position(sheet, "subject") - 1] for row in sheet.iter_rows(min_row=HEADER_ROW + 1)]
    tricky = next(cell for cell in subjects if str(cell.value).startswith("=IMPORTXML"))
    assert (tricky.data_type, tricky.number_format, tricky.quotePrefix) == ("s", "@", True)


def test_only_what_comes_home_can_be_typed_into(pack: Exported) -> None:
    sheet = sheet_of(pack.path)
    assert sheet.protection.sheet
    row = sheet[HEADER_ROW + 1]
    unlocked = {sheet.cell(1, cell.column).value for cell in row if not cell.protection.locked}
    assert unlocked == {KEY_MARK + key for key in ("status", "category", "answer", "memo")}


def test_status_and_category_have_dropdowns(pack: Exported) -> None:
    sheet = sheet_of(pack.path)
    lists = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert any("未対応,対応中,対応済み" in formula for formula in lists.values())
    assert any("在庫・再入荷" in formula for formula in lists.values())
    assert all(len(formula) <= 257 for formula in lists.values())


def test_the_keys_are_hidden_and_the_headers_stay_in_view(pack: Exported) -> None:
    sheet = sheet_of(pack.path)
    assert sheet.row_dimensions[1].hidden
    assert sheet.freeze_panes == "B4"
    assert [cell.value for cell in sheet[HEADER_ROW]][:2] == ["受付番号", "受信日時"]


def test_on_paper_every_sheet_is_legible(pack: Exported) -> None:
    for sheet in openpyxl.load_workbook(pack.path):
        room = 77 if sheet.page_setup.orientation == "portrait" else 112
        widths = [
            look.width
            for letter, look in sheet.column_dimensions.items()
            if not look.hidden and sheet[f"{letter}{HEADER_ROW}"].value
        ]
        if sheet.sheet_properties.pageSetUpPr.fitToPage:
            assert room / sum(widths) > 0.6, sheet.title
            continue
        scale, (cut,) = int(sheet.page_setup.scale) / 100, (mark.id for mark in sheet.col_breaks.brk)
        assert scale > 0.6, sheet.title
        for part in (widths[:cut], [widths[0], *widths[cut:]]):
            assert sum(part) * scale <= room, (
                sheet.title,
                "what is read, and what is written, is a page each",
            )
        assert sheet.print_title_cols == "$A:$A"


def test_rows_show_their_whole_text(handover: Handover, pack: Exported) -> None:
    sheet = sheet_of(pack.path, "やりとり")
    texts = {row: sheet.cell(row, position(sheet, "text")).value for row in range(4, sheet.max_row + 1)}
    for row, text in texts.items():
        assert sheet.row_dimensions[row].height >= 13 * len(text.splitlines())


def test_the_export_is_logged_with_the_file_s_fingerprint(handover: Handover, pack: Exported) -> None:
    (entry,) = handover.workbook.read().tables["exports"]
    assert (entry.cells["file"], entry.cells["rows"]) == ("pack.xlsx", 3)
    assert len(str(entry.cells["digest"])) == 16


def test_a_file_that_is_there_is_not_written_over(handover: Handover, pack: Exported) -> None:
    before = pack.path.read_bytes()
    with pytest.raises(UsageError):
        handover.export(VENDOR, pack.path)
    assert pack.path.read_bytes() == before


def test_a_folder_that_is_not_there_is_told_and_nothing_is_logged(handover: Handover, tmp_path: Path) -> None:
    with pytest.raises(WorkbookError):
        handover.export(VENDOR, tmp_path / "nowhere" / "pack.xlsx")
    assert not handover.workbook.read().tables["exports"]
    assert not list(tmp_path.glob(".*part"))


# --- the lock -----------------------------------------------------------------------------------------------


def test_a_locked_pack_opens_with_its_password_only(handover: Handover, tmp_path: Path) -> None:
    locked = handover.export(VENDOR, tmp_path / "locked.xlsx", "さくら-2026")
    data = locked.path.read_bytes()
    assert not zipfile.is_zipfile(io.BytesIO(data))
    assert zipfile.is_zipfile(io.BytesIO(opened(data, "さくら-2026")))
    with pytest.raises(WorkbookError):
        opened(data, "sakura-2026")


def test_the_lock_is_agile_aes_256(pack: Exported) -> None:
    data = sealed(pack.path.read_bytes(), "pw")
    described = data[data.find(b"<?xml") :][:4000].decode("utf-8", "replace")
    assert 'cipherAlgorithm="AES"' in described
    assert 'keyBits="256"' in described


def test_a_locked_file_comes_home_with_its_password(handover: Handover, tmp_path: Path) -> None:
    locked = handover.export(VENDOR, tmp_path / "locked.xlsx", "pw")
    assert handover.bring_home(locked.path, lambda: "pw").rows == 3
    with pytest.raises(WorkbookError) as told:
        handover.bring_home(locked.path, lambda: "")
    assert told.value.key == "vendor.wrong-password"


# --- what comes back ----------------------------------------------------------------------------------------


def edited(path: Path) -> list[list[object]]:
    """The inquiries sheet as rows, with an answer in each and a status in the first."""
    sheet = sheet_of(path)
    for n, row in enumerate(sheet.iter_rows(min_row=HEADER_ROW + 1), 1):
        sheet.cell(row[0].row, position(sheet, "answer")).value = f"回答{n}\n二行目"
    sheet.cell(HEADER_ROW + 1, position(sheet, "status")).value = "対応中"
    # What a program shows; openpyxl leaves "_x005F_" as it stands in the file.
    return [
        [unescape(cell.value) if isinstance(cell.value, str) else cell.value for cell in row]
        for row in sheet.iter_rows()
    ]


def csv_bytes(rows: list[list[object]], encoding: str, delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(
        [["" if cell is None else cell for cell in row] for row in rows]
    )
    return text.getvalue().encode(encoding, "replace")


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", ","), ("cp932", ","), ("utf-16", "\t"), ("utf-8-sig", ";")],
)
def test_a_csv_of_the_sheet_is_understood(
    handover: Handover, pack: Exported, tmp_path: Path, encoding: str, delimiter: str
) -> None:
    path = tmp_path / "back.csv"
    path.write_bytes(csv_bytes(edited(pack.path), encoding, delimiter))
    home = handover.bring_home(path, str)
    assert not home.troubles
    assert not home.conflicts
    answers = [Base.read(cells["base"]).facts["answer"] for cells in ledger_rows(handover)]
    assert sorted(answers) == ["回答1\n二行目", "回答2\n二行目", "回答3\n二行目"]
    assert len(home.changes) == 4
    assert not handover.bring_home(path, str).changes


def test_a_dry_run_writes_nothing(handover: Handover, pack: Exported, tmp_path: Path) -> None:
    path = tmp_path / "back.csv"
    path.write_bytes(csv_bytes(edited(pack.path), "utf-8"))
    before = (tmp_path / "ledger.xlsx").read_bytes()
    assert len(handover.bring_home(path, str, dry=True).changes) == 4
    assert (tmp_path / "ledger.xlsx").read_bytes() == before


def test_a_memo_comes_home_as_the_shop_spelled_it(handover: Handover, pack: Exported, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(pack.path)
    sheet = book["問い合わせ"]
    cell = next(
        cell
        for (cell,) in sheet.iter_rows(
            min_row=4, min_col=position(sheet, "memo"), max_col=position(sheet, "memo")
        )
        if cell.value
    )
    assert "山田" not in cell.value
    cell.value += "。済み"
    book.save(pack.path)
    handover.bring_home(pack.path, str)
    assert ledger_rows(handover)[0]["memo"] == "山田さんへ 090 1234 5678 で電話。済み"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04 no zip",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old",
        b"%PDF-1.7",
        b"\x00\x01\x02",
        b'a,"b\n',
    ],
)
def test_any_other_file_is_refused_with_a_sentence(handover: Handover, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "back.xlsx"
    path.write_bytes(data)
    with pytest.raises(DaichoError) as told:
        handover.bring_home(path, str)
    assert WORDS.say(told.value.key, **told.value.values)


def test_a_conflict_with_another_daicho_is_run_again(
    handover: Handover, pack: Exported, tmp_path: Path
) -> None:
    path = tmp_path / "back.csv"
    path.write_bytes(csv_bytes(edited(pack.path), "utf-8"))
    workbook, meddled = handover.workbook, []
    commit = workbook.commit

    def late(base, planned):  # type: ignore[no-untyped-def]
        if not meddled:
            meddled.append(True)
            record = base.tables["inquiries"][0]
            commit(base, Commit(updates=[Update("inquiries", record, {"assignee": "佐藤"})]))
        return commit(base, planned)

    workbook.commit = late  # type: ignore[method-assign]
    assert len(handover.bring_home(path, str).changes) == 4
    assert ledger_rows(handover)[0]["assignee"] == "佐藤"


# --- LibreOffice --------------------------------------------------------------------------------------------

MACRO = """
Sub Edit(source As String, target As String)
  Dim hidden(0) As New com.sun.star.beans.PropertyValue
  hidden(0).Name = "Hidden" : hidden(0).Value = True
  Dim doc, sheet, column, row, body, order(0) As New com.sun.star.beans.PropertyValue
  doc = StarDesktop.loadComponentFromURL(ConvertToURL(source), "_blank", 0, hidden())
  sheet = doc.Sheets.getByName("問い合わせ")
  If Not sheet.isProtected() Then Exit Sub
  For column = 0 To 20
    If sheet.getCellByPosition(column, 0).String = "daicho:answer" Then
      For row = 3 To 5
        sheet.getCellByPosition(column, row).String = "=回答 " & sheet.getCellByPosition(0, row).String
      Next
    End If
    If sheet.getCellByPosition(column, 0).String = "daicho:status" Then
      sheet.getCellByPosition(column, 3).String = "対応中"
    End If
  Next
  sheet.unprotect("")
  Dim fields(0) As New com.sun.star.table.TableSortField
  fields(0).Field = 0 : fields(0).IsAscending = False
  order(0).Name = "SortFields" : order(0).Value = fields()
  body = sheet.getCellRangeByPosition(0, 3, 20, 5)
  body.sort(order())
  Dim save(0) As New com.sun.star.beans.PropertyValue
  save(0).Name = "FilterName" : save(0).Value = "Calc MS Excel 2007 XML"
  doc.storeToURL(ConvertToURL(target), save())
  doc.close(True)
End Sub
"""

OFFICE = pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Runs LibreOffice with a profile of its own that knows the macro."""
    profile = tmp_path / "profile"
    command = ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"]

    def run(*arguments: str | Path) -> None:
        subprocess.run([*command, *arguments], check=True, capture_output=True, timeout=180)

    run("--terminate_after_init")
    basic = profile / "user" / "basic" / "Standard"
    basic.mkdir(parents=True, exist_ok=True)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    module = (
        '<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Pack" '
        f'script:language="StarBasic">{escape(MACRO)}</script:module>'
    )
    library = (
        '<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" '
        'library:readonly="false" library:passwordprotected="false">'
        '<library:element library:name="Pack"/></library:library>'
    )
    (basic / "Pack.xba").write_text(head + module, encoding="utf-8")
    (basic / "script.xlb").write_text(head + library, encoding="utf-8")
    yield run


@OFFICE
@pytest.mark.slow
def test_a_pack_worked_in_with_libreoffice_comes_home(
    handover: Handover, pack: Exported, tmp_path: Path, office: Callable[..., None]
) -> None:
    saved = tmp_path / "saved.xlsx"
    office(f"macro:///Standard.Pack.Edit({pack.path},{saved})")
    sheet, before = sheet_of(saved), sheet_of(pack.path)
    assert sheet.protection.sheet is False
    assert sheet.data_validations.dataValidation
    ids = [cell.value for (cell,) in sheet.iter_rows(min_row=4, max_row=6, max_col=1)]
    assert ids == sorted(
        (cell.value for (cell,) in before.iter_rows(min_row=4, max_row=6, max_col=1)), reverse=True
    )
    handed_out, came_back = rows_of(pack.path), rows_of(saved)
    for id, cells in handed_out.items():
        for key in ("received", "subject", "excerpt", "customer", "order", "memo", "base"):
            place = position(before, key)
            assert came_back[id].get(place) == cells.get(place), key
    home = handover.bring_home(saved, str)
    assert not home.troubles
    assert not home.conflicts
    for cells in ledger_rows(handover):
        assert Base.read(cells["base"]).facts["answer"] == f"=回答 {cells['id']}"
    assert not handover.bring_home(saved, str).changes


def test_a_moment_without_its_zone_stands_in_the_log(handover: Handover, pack: Exported) -> None:
    (entry,) = handover.workbook.read().tables["exports"]
    assert entry.cells["when"] == datetime(2026, 11, 20, 12, tzinfo=UTC).replace(tzinfo=None)
