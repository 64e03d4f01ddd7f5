"""The statuses that a shop adds to its list: rows of the settings tab that widen the ledger's dropdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from daicho.sheets.layout import Layout
from daicho.sheets.workbook import Cell

LITERAL_LIMIT = 255
"""Characters a list written into a dropdown may have (Excel specifications and limits)."""


def added_statuses(rows: Iterable[Mapping[str, Cell]], layout: Layout) -> tuple[str, ...]:
    """The statuses of the shop's own, each once; people write them into either column of a row."""
    named = [
        text
        for row in rows
        if layout.option("setting", str(row.get("setting") or "")) == "status"
        for text in (row.get("name"), row.get("value"))
        if isinstance(text, str)
    ]
    words = (word.strip() for text in named for word in re.split(r"[、,，\n]", text))
    return tuple(dict.fromkeys(filter(None, words)))


def listed_statuses(rows: Iterable[Mapping[str, Cell]], layout: Layout) -> tuple[str, ...]:
    """What the status dropdown offers: the layout's own, then the shop's, as many as a dropdown holds."""
    offered = list(layout.lists["status"].values())
    for word in added_statuses(rows, layout):
        if word not in offered and '"' not in word and len(",".join([*offered, word])) <= LITERAL_LIMIT:
            offered.append(word)
    return tuple(offered)


def with_statuses(layout: Layout, offered: tuple[str, ...]) -> Layout:
    """The layout with these in the status dropdown."""
    tabs = tuple(
        replace(
            tab,
            columns=tuple(
                replace(column, options=offered) if column.list_key == "status" else column
                for column in tab.columns
            ),
        )
        for tab in layout.tabs
    )
    return replace(layout, tabs=tabs)
