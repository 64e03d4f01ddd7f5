"""The workbook's layout: tabs, columns and lists, by key, with their labels in one language.

The shape is data (`sheet_templates/layout.toml`), the labels too (`sheet_templates/<language>/labels.toml`).
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

from daicho.errors import LayoutError
from daicho.wording import LANGUAGES, templates_folder

Owner = Literal["machine", "shared", "human"]
Format = Literal["text", "wrap", "datetime", "date", "int", "number", "percent", "check", "link"]

STATE_TAB = "_daicho"
"""The hidden tab: what daicho remembers of the workbook, as names and values."""

CORE_TABS = frozenset({"inquiries", "messages", "customers", "templates", "rules", "settings", STATE_TAB})
"""The tabs without which there is no ledger; people may delete the others."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `options` are the dropdown's labels, or (), `list_key` the list they come from, or "";
    `source` is (tab key, column key) where the dropdown is fed by another tab. `open_list` lets people type
    what is not in the list. `width` in characters."""

    key: str
    label: str
    owner: Owner
    format: Format
    width: int
    options: tuple[str, ...] = ()
    source: tuple[str, str] | None = None
    open_list: bool = False
    hidden: bool = False
    list_key: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    key: str
    label: str
    columns: tuple[Column, ...]
    colour: str
    frozen_columns: int = 0
    hidden: bool = False

    def column(self, key: str) -> Column:
        return next(column for column in self.columns if column.key == key)

    def find(self, headers: Iterable[tuple[int, object]]) -> dict[int, Column]:
        """The columns by where their header stands; `headers` are (position, what stands in row 1).

        Headers are compared without blanks around them and by NFKC. Other headers are people's own.
        """
        labels = {_plain(column.label): column for column in self.columns}
        return {position: labels[text] for position, header in headers if (text := _plain(header)) in labels}

    def locate(self, headers: Iterable[tuple[int, object]]) -> dict[int, Column]:
        """The same, sure to hold every column once. Raises LayoutError for a missing or doubled header."""
        found = self.find(headers)
        keys = [column.key for column in found.values()]
        for column in self.columns:
            if column.key not in keys:
                raise LayoutError("sheets.header-missing", tab=self.label, header=column.label)
            if keys.count(column.key) > 1:
                raise LayoutError("sheets.header-doubled", tab=self.label, header=column.label)
        return found


@dataclass(frozen=True, slots=True)
class Layout:
    """All tabs in order. `lists` maps list key → option key → label; `colours` name → RRGGBB."""

    language: str
    tabs: tuple[Tab, ...]
    lists: dict[str, dict[str, str]]
    colours: dict[str, str]

    def tab(self, key: str) -> Tab:
        return next(tab for tab in self.tabs if tab.key == key)

    def label(self, list_key: str, option: str) -> str:
        """The label of an option; what is no option (a shop's own word) is its own label."""
        return self.lists[list_key].get(option, option)

    def option(self, list_key: str, label: str) -> str:
        """The option a label stands for, whatever its width, case, kana and blanks; a label nobody knows is
        its own."""
        folded, options = _folded(label), self.lists[list_key].items()
        known = next((key for key, text in options if _folded(text) == folded), None)
        return _plain(label) if known is None else known


def _plain(header: object) -> str:
    return unicodedata.normalize("NFKC", str(header)).strip()


_HIRAGANA = {katakana: katakana - 0x60 for katakana in range(ord("ァ"), ord("ヶ") + 1)}


@lru_cache(10_000)
def _folded(label: str) -> str:
    return "".join(unicodedata.normalize("NFKC", label).casefold().translate(_HIRAGANA).split())


@cache
def load_layout(language: str) -> Layout:
    """The layout with the labels of `language` ("ja" or "en")."""
    shape = _toml(templates_folder() / "layout.toml")
    labels = _toml(templates_folder() / language / "labels.toml")
    tabs = tuple(_tab(entry, labels) for entry in shape["tab"])
    return Layout(language, tabs, labels["lists"], shape["colours"])


def missing_tab(tab: Tab, labels: Collection[str]) -> LayoutError:
    """What to tell of a tab whose label is not among those there are."""
    for language in LANGUAGES:
        theirs = load_layout(language).tab(tab.key).label
        # Its twin is there: the ledger is well, and only the configuration speaks another language.
        if theirs in labels:
            return LayoutError("sheets.other-language", tab=tab.label, theirs=theirs, language=language)
    return LayoutError("sheets.tab-missing", tab=tab.label)


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _tab(entry: dict[str, Any], labels: dict[str, Any]) -> Tab:
    names = labels["columns"][entry["key"]]
    columns = tuple(_column(column, names, labels["lists"]) for column in entry["columns"])
    return Tab(
        key=entry["key"],
        label=labels["tabs"][entry["key"]],
        columns=columns,
        colour=entry["colour"],
        frozen_columns=entry["frozen_columns"],
        hidden=entry.get("hidden", False),
    )


def _column(entry: dict[str, Any], names: dict[str, str], lists: dict[str, dict[str, str]]) -> Column:
    listed = entry.get("list", "")
    source = None
    if listed.startswith("tab:"):
        tab, column = listed.removeprefix("tab:").split(".")
        source = (tab, column)
    return Column(
        key=entry["key"],
        label=names[entry["key"]],
        owner=entry["owner"],
        format=entry["format"],
        width=entry["width"],
        options=tuple(lists[listed].values()) if listed and source is None else (),
        source=source,
        open_list=entry.get("open_list", False),
        hidden=entry.get("hidden", False),
        list_key=listed if listed and source is None else "",
    )
