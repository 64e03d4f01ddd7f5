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


def load_starters(language: str) -> dict[str, list[dict[str, Cell]]]:
    """The starter rows of `language`: tab key → rows → column key → cell. A tab without a file is absent."""
    layout = load_layout(language)
    folder = templates_folder() / language / "starters"
    paths = {tab.key: folder / f"{tab.key}.toml" for tab in layout.tabs}
    return {key: _rows(path, layout.tab(key), layout) for key, path in paths.items() if path.is_file()}


def _rows(path: Path, tab: Tab, layout: Layout) -> list[dict[str, Cell]]:
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["row"]
    return [
        {
            key: cell
            for key, value in entry.items()
            if (cell := _cell(value, tab.column(key), layout)) is not None
        }
        for entry in entries
    ]


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
