"""Patching a worksheet's XML: what changes, and above all what does not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from lxml import etree

from daicho.sheets.cells import EPOCH, Values
from daicho.sheets.package import Damaged
from daicho.sheets.styles import Styles
from daicho.sheets.workbook import Cell
from daicho.sheets.worksheet import Pen, Worksheet, read_rows

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DYES = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"
NOON = datetime(2026, 11, 21, 12)
VALUES = Values(("見出し", "文"), frozenset({2}), EPOCH)
OWN = frozenset({1, 2})

STYLES = f"""<styleSheet xmlns="{MAIN}">
<cellXfs count="4"><xf/><xf fillId="0"/><xf numFmtId="22"/><xf/></cellXfs>
</styleSheet>"""


def sheet(rows: str, frame: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<worksheet xmlns="{MAIN}" xmlns:x14ac="{DYES}">'
        f'<dimension ref="A1:C4"/><cols><col min="1" max="2" style="1"/></cols>'
        f"<sheetData>{rows}</sheetData>{frame}</worksheet>"
    ).encode()


THREE_ROWS = sheet(
    '<row r="1" spans="1:3" x14ac:dyDescent="0.2"><c r="A1" t="s"><v>0</v></c></row>'
    '<row r="2" hidden="1"><c r="A2" s="3" t="s"><v>1</v></c><c r="C2"><v>5</v></c></row>'
    '<row r="4" s="3" customFormat="1"><c r="C4"><f>C2*2</f><v>10</v></c></row>'
)


def write(data: bytes, changes: dict[int, dict[int, Cell]], styles: Styles | None = None) -> Worksheet:
    worksheet = Worksheet(data)
    pen = Pen(styles or Styles(etree.fromstring(STYLES)), EPOCH, "yyyy/mm/dd hh:mm")
    worksheet.write(changes, pen, {number: 51.0 for number in changes if number not in worksheet.rows})
    return worksheet


def values(data: bytes) -> dict[int, dict[int, Cell]]:
    return dict(read_rows(data, VALUES))


def element(data: bytes, path: str) -> Any:
    return etree.fromstring(data).find(path.replace("/", "/{*}").replace(".{*}", "."))


def cell(data: bytes, reference: str) -> Any:
    return next(item for item in etree.fromstring(data).iter("{*}c") if item.get("r") == reference)


def test_writing_changes_only_the_rows_it_names() -> None:
    before, after = Worksheet(THREE_ROWS), write(THREE_ROWS, {2: {2: "新"}})
    assert {number: after.rows[number] for number in (1, 4)} == {n: before.rows[n] for n in (1, 4)}
    assert after.data().startswith(THREE_ROWS[: THREE_ROWS.index(b'<row r="2"')])
    assert values(after.data())[2] == {1: "文", 2: "新", 3: 5}
    assert b'<row r="2" hidden="1">' in after.data()


def test_text_is_inline_text_and_never_a_formula() -> None:
    data = write(THREE_ROWS, {2: {3: "=1+1"}}).data()
    assert cell(data, "C2").get("t") == "inlineStr"
    assert cell(data, "C2").find("{*}f") is None
    assert values(data)[2][3] == "=1+1"


def test_a_changed_cell_keeps_its_style_and_a_new_one_takes_the_columns() -> None:
    data = write(THREE_ROWS, {2: {1: "変", 2: 7, 3: None}, 4: {1: "行"}}).data()
    assert cell(data, "A2").get("s") == "3"
    assert cell(data, "B2").get("s") == "1"
    assert len(cell(data, "C2")) == 0
    assert cell(data, "A4").get("s") == "3"


def test_a_moment_gets_a_date_format_where_the_cell_has_none() -> None:
    styles = Styles(etree.fromstring(STYLES))
    data = write(THREE_ROWS, {2: {1: NOON, 2: NOON}}, styles).data()
    assert styles.changed
    shown = Values(VALUES.strings, styles.date_styles(), EPOCH)
    assert dict(read_rows(data, shown))[2][1] == NOON
    assert dict(read_rows(data, shown))[2][2] == NOON
    assert cell(data, "A2").get("s") != cell(data, "B2").get("s")


def test_new_rows_look_like_most_of_the_rows_above() -> None:
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" s="{3 if n != 4 else 2}"><v>1</v></c></row>' for n in range(2, 6)
    )
    data = write(sheet(rows), {6: {1: "a", 2: "b"}, 7: {}}).data()
    assert (cell(data, "A6").get("s"), cell(data, "B6").get("s")) == ("3", "1")
    assert cell(data, "A7").get("s") == "3"
    assert b'<row r="7" ht="51" customHeight="1">' in data


def test_one_painted_row_is_no_pattern() -> None:
    rows = '<row r="2"><c r="A2"><v>1</v></c></row><row r="3"><c r="A3"><v>1</v></c></row>'
    painted = f'{rows}<row r="4"><c r="A4" s="2"><v>1</v></c></row>'
    assert cell(write(sheet(painted), {5: {1: "a"}}).data(), "A5").get("s") is None


@pytest.mark.parametrize(
    ("rows", "last"),
    [
        ("", 1),
        ('<row r="1"><c r="A1"><v>1</v></c></row>', 1),
        ('<row r="3"><c r="A3"><v>1</v></c></row><row r="9"><c r="A9" s="1"/></row>', 3),
        ('<row r="3"><c r="A3"><v>1</v></c></row><row r="9"><c r="C9"><f>A9</f><v>0</v></c></row>', 3),
        ('<row r="3"><c r="A3"><v>1</v></c></row><row r="9"><c r="C9"><v>0</v></c></row>', 9),
        (
            '<row r="3"><c r="A3"><v>1</v></c></row><row r="9"><c r="B9"><f>SUM(B2:B8)</f><v>0</v></c></row>',
            9,
        ),
    ],
)
def test_the_last_row_is_the_last_that_holds_something(rows: str, last: int) -> None:
    assert Worksheet(sheet(rows)).last_row(OWN) == last


def test_what_lies_over_all_rows_grows_with_them() -> None:
    frame = (
        '<autoFilter ref="A1:C4"><filterColumn colId="0"/></autoFilter>'
        '<conditionalFormatting sqref="A2:A4 C2:C3"/><conditionalFormatting sqref="C4"/>'
        '<dataValidations count="1"><dataValidation sqref="B2:B1048576"/></dataValidations>'
    )
    worksheet = Worksheet(sheet("", frame))
    worksheet.stretch(4, 9)
    data = worksheet.data()
    assert element(data, "./dimension").get("ref") == "A1:C9"
    assert element(data, "./autoFilter").get("ref") == "A1:C9"
    assert [item.get("sqref") for item in etree.fromstring(data).iter("{*}conditionalFormatting")] == [
        "A2:A9 C2:C3",
        "C4",
    ]
    assert element(data, "./dataValidations/dataValidation").get("sqref") == "B2:B1048576"


SHARED = sheet(
    '<row r="2"><c r="A2"><v>1</v></c>'
    '<c r="B2"><f t="shared" ref="B2:B4" si="0">A2*$C$1</f><v>2</v></c></row>'
    '<row r="3"><c r="B3"><f t="shared" si="0"/><v>4</v></c></row>'
    '<row r="4"><c r="B4"><f t="shared" si="0"/><v>6</v></c></row>'
)


def test_a_shared_formula_outlives_its_first_cell() -> None:
    data = write(SHARED, {2: {2: "x"}}).data()
    assert [cell(data, f"B{n}").findtext("{*}f") for n in (2, 3, 4)] == [None, "A3*$C$1", "A4*$C$1"]
    assert not [item for item in etree.fromstring(data).iter("{*}f") if item.attrib]


def test_a_cell_may_leave_a_shared_formula() -> None:
    data = write(SHARED, {3: {2: 9}}).data()
    assert values(data)[3] == {2: 9}
    assert Worksheet(data).rows[2] == Worksheet(SHARED).rows[2]
    assert cell(data, "B4").find("{*}f").get("si") == "0"


def test_a_matrix_formula_gives_way_to_its_values() -> None:
    rows = (
        '<row r="2"><c r="A2" cm="1"><f t="array" ref="A2:A3">TRANSPOSE(C1:D1)</f><v>1</v></c></row>'
        '<row r="3"><c r="A3"><v>2</v></c><c r="C3"><f t="array" ref="C3">SUM(A2:A3)</f><v>3</v></c></row>'
    )
    data = write(sheet(rows), {3: {1: "新"}}).data()
    assert values(data) == {2: {1: 1}, 3: {1: "新", 3: 3}}
    assert cell(data, "A2").find("{*}f") is None
    assert cell(data, "C3").find("{*}f") is not None


PREFIXED = (
    f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c></x:row>'
    "</x:sheetData></x:worksheet>"
)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(PREFIXED.encode(), id="with a prefix"),
        pytest.param(f"<?xml version='1.0' encoding='utf-16'?>{PREFIXED}".encode("utf-16"), id="UTF-16"),
        pytest.param(b"\xef\xbb\xbf" + PREFIXED.encode(), id="with a byte order mark"),
        pytest.param(
            PREFIXED.replace("<x:row", "<!-- <x:row r='7'> --><x:row").encode(), id="with a comment"
        ),
        pytest.param(PREFIXED.replace("<x:v>1", "<x:v><![CDATA[1]]>").encode(), id="with CDATA"),
        pytest.param(PREFIXED.replace(' r="1"', "").replace(' r="A1"', "").encode(), id="without references"),
        pytest.param(PREFIXED.replace('r="1"', "r = '1' \n").encode(), id="spaced out"),
    ],
)
def test_other_programs_ways_of_writing_are_understood(data: bytes) -> None:
    written = write(data, {1: {2: "b"}, 3: {1: "c"}}).data()
    assert values(written) == {1: {1: 1, 2: "b"}, 3: {1: "c"}}


@pytest.mark.parametrize("empty", ["<sheetData/>", "<sheetData></sheetData>", "<sheetData />"])
def test_an_empty_sheet_can_be_filled(empty: str) -> None:
    data = f'<worksheet xmlns="{MAIN}">{empty}<pageMargins/></worksheet>'.encode()
    written = write(data, {2: {1: "a"}}).data()
    assert values(written) == {2: {1: "a"}}
    assert element(written, "./pageMargins") is not None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<worksheet/>",
        sheet('<row r="2"/><row r="2"/>'),
        sheet("<row r='1'><c></row>"),
        b'<!DOCTYPE w [<!ENTITY a "b">]><worksheet><sheetData><row r="1"/></sheetData></worksheet>',
    ],
)
def test_a_broken_sheet_is_never_written(data: bytes) -> None:
    with pytest.raises(Damaged):
        write(data, {1: {1: "a"}})
