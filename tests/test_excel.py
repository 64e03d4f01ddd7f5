"""The .xlsx ledger, and what other programs read in it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import LAYOUT
from daicho.errors import Conflict, WorkbookError
from daicho.sheets.cells import CELL_LIMIT, clean
from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.layout import load_layout
from daicho.sheets.workbook import Cell, Commit, Record
from daicho.wording import LANGUAGES, wording
from excel_ledger import Typist, append, new_ledger, parts, put_parts
from test_workbook import INQUIRY, Person, WorkbookContract, same_content


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.xlsx"


@pytest.fixture
def ledger(path: Path) -> ExcelWorkbook:
    """A ledger with two inquiries."""
    return new_ledger(path, INQUIRY, {"id": "b"})


class TestExcelWorkbook(WorkbookContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "台帳 ledger.xlsx"

    def make(self) -> ExcelWorkbook:
        return ExcelWorkbook(self.path, LAYOUT)

    def person(self) -> Person:
        return Typist(self.path)


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


def test_a_commit_that_conflicts_says_what_to_do(ledger: ExcelWorkbook) -> None:
    base = ledger.read()
    append(ledger)
    with pytest.raises(Conflict) as told:
        ledger.commit(base, Commit(state={"a": "b"}))
    assert told.value.values == {"file": "ledger.xlsx"}


def test_a_machine_tab_somebody_wrote_into_is_told(path: Path, ledger: ExcelWorkbook) -> None:
    Typist(path).type("_daicho", 2, "value", "たくさん")
    with pytest.raises(WorkbookError, match="damaged"):
        ledger.read()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_there_in_both_languages(language: str) -> None:
    fields = ("file", "folder", "reason", "lock", "tab", "header", "theirs", "language", "statuses")
    values = dict.fromkeys(fields, "x")
    keys = {key for key in wording("ja").sentences if key.startswith("sheets.")}
    assert keys == {key for key in wording(language).sentences if key.startswith("sheets.")}
    assert not [key for key in keys if "{" in wording(language).say(key, **values)]


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
