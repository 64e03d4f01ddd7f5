"""What a shop types into its settings tab."""

from __future__ import annotations

from datetime import datetime

import pytest

from builders import LAYOUT, TOKYO
from daicho.ledger.settings import Settings, misunderstood, read_settings
from daicho.sheets.layout import load_layout
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Record
from daicho.wording import LANGUAGES, wording


def settings(*rows: tuple[str, str, str]) -> Settings:
    """The settings of rows (setting's label, name, value)."""
    cells = [dict(zip(("setting", "name", "value"), row, strict=True)) for row in rows]
    return read_settings([Record(number, dict(row)) for number, row in enumerate(cells, 2)], LAYOUT)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_starter_settings_are_all_understood(language: str) -> None:
    rows = load_starters(language)["settings"]
    read = read_settings([Record(number, row) for number, row in enumerate(rows, 2)], load_layout(language))
    assert (read.problems, read.unknown) == ((), ())
    assert read.members
    assert read.products
    assert read.after_reply == "done"


def test_an_empty_tab_means_the_defaults() -> None:
    read = settings()
    friday = datetime(2026, 11, 20, 17, 0, tzinfo=TOKYO)
    assert read.calendar.due(friday, read.targets["urgent"]) == datetime(2026, 11, 24, 10, 0, tzinfo=TOKYO)
    assert (read.members, read.problems) == ((), ())


@pytest.mark.parametrize(
    "row",
    [
        ("営業時間", "月-金", "朝から晩まで"),
        ("定休日", "", "たまに"),
        ("休業日", "年末年始", "年末"),
        ("短縮営業日", "", "2026-12-28"),
        ("対応目標", "大至急", "すぐ"),
    ],
)
def test_a_row_that_makes_no_sense_is_told_by_its_own_name(row: tuple[str, str, str]) -> None:
    ((setting, _, value),) = settings(row).problems
    assert setting == row[0]
    assert row[2] in value


def test_targets_and_the_status_after_a_reply_are_the_shops_choice() -> None:
    read = settings(("対応目標", "通常", "3d"), ("返信後の対応状況", "", "対応中"))
    assert read.targets["normal"].days == 3
    assert read.targets["urgent"].hours == 2
    assert read.after_reply == "doing"


def test_a_setting_that_is_none_is_told_with_the_one_it_may_be() -> None:
    label = LAYOUT.label("setting", "hours")
    for typed, key, near in (
        ("営業じかん", "cli.unknown-setting-near", label),
        ("xyz", "cli.unknown-setting", ""),
    ):
        read = settings((typed, "土", "10:00-12:00"))
        assert misunderstood(read, LAYOUT) == [(key, {"setting": typed, "near": near})]
        for language in LANGUAGES:
            assert typed in wording(language).say(key, setting=typed, near=near)
