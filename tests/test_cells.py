"""Cells of an .xlsx: what is read from SpreadsheetML as Excel, LibreOffice, Numbers and others write it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from daicho.sheets.cells import (
    EPOCH_1904,
    Values,
    clean,
    escaped,
    is_date_format,
    is_date_number,
    moment,
    serial,
    stored,
    unescaped,
)
from daicho.sheets.workbook import Cell

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
NOON = datetime(2026, 11, 21, 12)
PHONETIC = (
    '<r><t>東京</t></r><r><rPr><b/></rPr><t xml:space="preserve"> 都</t></r>'
    '<rPh sb="0" eb="2"><t>トウキョウ</t></rPh>'
)


def read(cell: str, strings: tuple[str, ...] = ()) -> Cell:
    """The value of one cell; style 1 shows dates."""
    row: Any = etree.fromstring(f'<row xmlns="{MAIN}" r="3">{cell}</row>')
    return dict(Values(strings, frozenset({1}), datetime(1899, 12, 30)).cells(row)).get(2)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c r="B3" t="s"><v>1</v></c>', "二"),
        ('<c r="B3" t="inlineStr"><is><t xml:space="preserve"> a\n b </t></is></c>', " a\n b "),
        (f'<c r="B3" t="inlineStr"><is>{PHONETIC}</is></c>', "東京 都"),
        ('<c r="B3" t="inlineStr"><is><t>a_x000D_b_x005F_x0041__xD83C__xDF81_</t></is></c>', "a\rb_x0041_🎁"),
        ('<c r="B3" t="str"><f>A1&amp;"x"</f><v>計算_x000A_結果</v></c>', "計算\n結果"),
        ('<c r="B3" t="str"><f>A1</f><v></v></c>', None),
        ('<c r="B3" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "#DIV/0!"),
        ('<c r="B3" t="b"><v>1</v></c>', True),
        ('<c r="B3" t="b"><v>0</v></c>', False),
        ('<c r="B3"><v>3</v></c>', 3),
        ('<c r="B3" t="n"><v>3.0</v></c>', 3),
        ('<c r="B3"><f>1+2</f><v>-2.5E-3</v></c>', -0.0025),
        ('<c r="B3"><v>12345678901234567890</v></c>', 12345678901234567890.0),
        ('<c r="B3" s="1"><v>46347.5</v></c>', NOON),
        ('<c r="B3" s="1"><v>0.375</v></c>', "9:00"),
        ('<c r="B3" s="1"><v>0.75001157407</v></c>', "18:00:01"),
        ('<c r="B3" s="1"><v>-3</v></c>', -3.0),
        ('<c r="B3" t="d"><v>2026-11-21T12:00:00</v></c>', NOON),
        ('<c r="B3" s="7"/>', None),
        ('<c r="B3" t="n"><v></v></c>', None),
        ("<c><v>1</v></c><c><v>2</v></c>", 2),
    ],
)
def test_a_cell_is_read_as_it_shows(cell: str, value: Cell) -> None:
    found = read(cell, ("一", "二"))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("code", "is_date"),
    [
        ("General", False),
        ("G/標準", False),
        ("0.00E+00", False),
        ("@", False),
        ("#,##0", False),
        ('0"日"', False),
        ("[Red]0", False),
        ("[h]:mm", False),
        ('[$¥-411]#,##0;[Red]"△"#,##0', False),
        ("yyyy/mm/dd hh:mm", True),
        ("[$-411]ggge年m月d日", True),
        ("[$-411]ge.m.d;@", True),
        ('m"月"d"日"', True),
        ("[$-F800]dddd, mmmm dd, yyyy", True),
        ("aaa", True),
        ("h:mm AM/PM", True),
        ('"d"0', False),
        (r"0\d", False),
    ],
)
def test_date_formats_are_told_from_number_formats(code: str, is_date: bool) -> None:
    assert is_date_format(code) == is_date


@pytest.mark.parametrize(
    ("number", "is_date"),
    [
        (0, False),
        (14, True),
        (22, True),
        (30, True),
        (46, False),
        (49, False),
        (57, True),
        (164, True),
        (165, False),
    ],
)
def test_built_in_formats_count_too(number: int, is_date: bool) -> None:
    assert is_date_number(number, {164: "yyyy"}) == is_date


@given(st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 31)))
def test_moments_survive_to_the_millisecond(when: datetime) -> None:
    when = when.replace(microsecond=when.microsecond // 1000 * 1000)
    assert moment(serial(when)) == when


def test_files_of_old_macs_count_from_1904() -> None:
    assert moment(serial(NOON, EPOCH_1904), EPOCH_1904) == NOON


def test_a_date_no_calendar_knows_stays_a_number() -> None:
    assert moment(1e12) == 1e12


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("", None),
        (datetime(1601, 1, 1), "1601-01-01 00:00"),
        (datetime(2026, 1, 1, 0, 0, 0, 123456), datetime(2026, 1, 1, 0, 0, 0, 123000)),
        (float("inf"), "inf"),
        (1.5, 1.5),
        (True, True),
        (None, None),
    ],
)
def test_what_a_sheet_has_no_number_for_becomes_text(value: Cell, kept: Cell) -> None:
    assert stored(value, 100, "…") == kept


@given(st.text(max_size=60) | st.from_regex("(_x[0-9A-Fa-f]{4}_?){1,4}"))
def test_escaping_is_undone_by_reading(text: str) -> None:
    text = clean(text, 1000, "…")
    assert unescaped(escaped(text)) == text


@given(st.text(st.characters(exclude_categories=[])), st.integers(2, 12))
def test_cleaned_text_fits_and_stays_clean(text: str, limit: int) -> None:
    cleaned = clean(text, limit, "…")
    assert len(cleaned.encode("utf-16-le")) // 2 <= limit
    assert clean(cleaned, limit, "…") == cleaned
