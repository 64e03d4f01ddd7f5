"""How a new ledger looks, in both languages."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from daicho.sheets.dress import LAST_ROW, LINE, dressed, highlights, row_height
from daicho.sheets.layout import Layout, load_layout

LANGUAGES = ("ja", "en")


def opened(layout: Layout) -> Any:
    return openpyxl.load_workbook(BytesIO(dressed(layout)))


@pytest.fixture(params=LANGUAGES)
def layout(request: pytest.FixtureRequest) -> Layout:
    return load_layout(request.param)


def test_every_tab_stands_in_order_with_its_headers(layout: Layout) -> None:
    book = opened(layout)
    assert book.sheetnames == [tab.label for tab in layout.tabs]
    for tab in layout.tabs:
        assert [cell.value for cell in book[tab.label][1]] == [column.label for column in tab.columns]


def test_headers_are_frozen_filtered_bold_and_repeated_on_paper(layout: Layout) -> None:
    book = opened(layout)
    for tab in layout.tabs:
        sheet = book[tab.label]
        assert sheet.freeze_panes == f"{get_column_letter(tab.frozen_columns + 1)}2"
        assert sheet.auto_filter.ref == f"A1:{get_column_letter(len(tab.columns))}1"
        assert all(cell.font.b and cell.fill.fill_type == "solid" for cell in sheet[1])
        assert sheet.print_title_rows == "$1:$1"
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.sheet_properties.pageSetUpPr.fitToPage


def test_only_the_machine_tab_is_hidden(layout: Layout) -> None:
    states = {sheet.title: sheet.sheet_state for sheet in opened(layout)}
    assert states.pop("_daicho") == "veryHidden"
    assert set(states.values()) == {"visible"}


def test_columns_have_their_width_and_format(layout: Layout) -> None:
    book = opened(layout)
    moment = {"ja": "yyyy/mm/dd hh:mm", "en": "yyyy-mm-dd hh:mm"}[layout.language]
    formats = {
        "datetime": moment,
        "date": moment.split()[0],
        "int": "0",
        "percent": "0%",
        "number": "General",
    }
    for tab in layout.tabs:
        for number, column in enumerate(tab.columns, 1):
            look = book[tab.label].column_dimensions[get_column_letter(number)]
            assert look.width == column.width
            assert look.hidden == column.hidden
            assert look.number_format == formats.get(column.format, "@")
            assert look.alignment.vertical == "top"
            assert bool(look.alignment.wrap_text) == (column.format in ("text", "wrap"))
            assert (look.fill.fill_type == "solid") == (column.owner == "machine")


def test_dropdowns_lie_over_the_whole_column(layout: Layout) -> None:
    sheet = opened(layout)[layout.tab("inquiries").label]
    found = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    keys = [column.key for column in layout.tab("inquiries").columns]

    def rule(key: str) -> Any:
        letter = get_column_letter(1 + keys.index(key))
        return found[f"{letter}2:{letter}{LAST_ROW}"]

    assert rule("priority").formula1 == f'"{",".join(layout.lists["priority"].values())}"'
    assert rule("priority").errorStyle == "stop"
    assert rule("status").errorStyle == "warning"
    assert rule("draft").formula1 == '"✓"'
    members = f"'{layout.tab('settings').label}'!$E$2"
    assert rule("assignee").formula1.startswith(f"OFFSET({members}")
    assert len(found) == 7


def test_a_list_in_a_dropdown_is_one_excel_takes(layout: Layout) -> None:
    """Excel refuses a list of over 255 characters, and a comma would cut an option in two."""
    for tab in layout.tabs:
        for column in tab.columns:
            assert len(",".join(column.options)) <= 255
            assert not any("," in option or '"' in option for option in column.options)


def test_a_dropdown_is_left_out_where_the_tab_that_feeds_it_is(layout: Layout) -> None:
    fewer = replace(layout, tabs=tuple(tab for tab in layout.tabs if tab.key != "settings"))
    sheet = opened(fewer)[layout.tab("inquiries").label]
    assert len(sheet.data_validations.dataValidation) == 6


def test_colours_tell_urgency_and_lateness(layout: Layout) -> None:
    found = highlights(layout, layout.tab("inquiries"))
    fills = [item.fill for item in found if item.first == "priority"]
    assert fills == [layout.colours[key] for key in ("urgent", "high", "normal", "none")]
    late = next(item for item in found if item.first == "due")
    assert (late.bold, late.text) == (True, layout.colours["late"])
    done = layout.label("status", "done")
    assert f'$D2<>"{done}"' in late.formula
    assert found[0].final
    assert found[0].formula.startswith(f'OR($D2="{done}"')


def test_the_file_holds_those_colours_over_whole_columns(layout: Layout) -> None:
    sheet = opened(layout)[layout.tab("inquiries").label]
    held = {
        (str(area.sqref), rule.formula[0], rule.priority)
        for area in sheet.conditional_formatting
        for rule in area.rules
    }
    keys = [column.key for column in layout.tab("inquiries").columns]
    letter = {key: get_column_letter(number) for number, key in enumerate(keys, 1)}
    expected = {
        (f"{letter[item.first]}2:{letter[item.last]}{LAST_ROW}", item.formula, rank)
        for rank, item in enumerate(highlights(layout, layout.tab("inquiries")), 1)
    }
    assert held == expected


@pytest.mark.parametrize(
    ("tab", "cells", "lines"),
    [
        ("inquiries", {"excerpt": "長い文" * 500}, 3),
        ("customers", {"memo": "a"}, 2),
        ("help", {"title": "短い"}, 1),
        ("help", {"text": "一\n\n三\n"}, 3),
        ("help", {"text": "あ" * 100}, 3),
        ("templates", {"body": "\n".join("二十行です" for _ in range(20))}, 8),
    ],
)
def test_rows_are_as_high_as_reads_well(tab: str, cells: dict[str, str], lines: int) -> None:
    assert row_height(load_layout("ja").tab(tab), cells) == lines * LINE
