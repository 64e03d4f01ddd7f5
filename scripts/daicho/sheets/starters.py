"""The first rows of the tabs people edit, read from `sheet_templates/<language>/starters/<tab key>.toml`.

Each file is a list of `[[row]]` tables by column key. Columns with a dropdown are written by option key
(`category = "defect"`), boxes to tick as true, days as TOML dates.
"""

from __future__ import annotations

import tomllib
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from daicho.sheets.layout import Column, Layout, Tab, load_layout
from daicho.sheets.workbook import Cell
from daicho.wording import templates_folder


def load_starters(language: str, *, sample: bool = True) -> dict[str, list[dict[str, Cell]]]:
    """The starter rows of `language`: tab key → rows → column key → cell. A tab without a file is absent.

    `sample`: with the sample shop's own values; without them a real shop finds rows to fill in.
    """
    layout = load_layout(language)
    folder = templates_folder() / language / "starters"
    paths = {tab.key: folder / f"{tab.key}.toml" for tab in layout.tabs}
    return {
        key: _rows(path, layout.tab(key), layout, sample) for key, path in paths.items() if path.is_file()
    }


def _rows(path: Path, tab: Tab, layout: Layout, sample: bool) -> list[dict[str, Cell]]:
    rows: list[dict[str, Cell]] = []
    for entry in tomllib.loads(path.read_text(encoding="utf-8"))["row"]:
        # `sample = true` marks a row, `[row.sample]` cells that speak of the sample shop.
        theirs = entry.pop("sample", {})
        if theirs is True and not sample:
            continue
        cells = entry | theirs if sample and theirs is not True else entry
        found = {key: _cell(value, tab.column(key), layout) for key, value in cells.items()}
        rows.append({key: cell for key, cell in found.items() if cell is not None})
    return rows


def _cell(value: Any, column: Column, layout: Layout) -> Cell:
    """What a TOML value is in a sheet; None for an empty cell."""
    if column.format == "check":
        return layout.label("check", "yes") if value else None
    if column.list_key:
        return layout.label(column.list_key, value)
    if isinstance(value, str):
        # A multi-line string in TOML ends with the line break before its closing quotes.
        return value.removesuffix("\n") or None
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time.min)
    if isinstance(value, int | float | datetime):
        return value
    raise TypeError(f"{column.key}: no cell can hold {value!r}")
