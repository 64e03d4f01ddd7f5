"""New tabs and columns for a ledger that exists already, dressed like those of a new one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from daicho.sheets.cells import column_of
from daicho.sheets.dress import dressed
from daicho.sheets.layout import Column, Layout, Tab
from daicho.sheets.package import Package, child, children, parse, serialise
from daicho.sheets.styles import Styles
from daicho.sheets.tables import Tables


class Pattern:
    """A freshly dressed ledger, from which tabs and columns are copied into one that people work in."""

    def __init__(self, layout: Layout, tables: Tables, added: set[str]) -> None:
        """`added` are the keys of the tabs to be there as well; dropdowns fed by others are left out."""
        present = tuple(tab for tab in layout.tabs if tables.has(tab) or tab.key in added)
        self._package = Package(dressed(replace(layout, tabs=present)))
        styles = self._package.optional("styles")
        self._styles = Styles(parse(self._package.read(styles or "")))
        self._tables = tables

    def add_tab(self, tab: Tab) -> None:
        """The tab at the right end, with its header and no rows."""
        root = self._sheet(tab)
        for element in root.iter("{*}c", "{*}row", "{*}col"):
            name = "style" if element.tag.endswith("}col") else "s"
            if element.get(name):
                element.set(name, str(self._style(int(element.get(name)))))
        for rule in root.iter("{*}cfRule"):
            look = self._tables.styles.take_over_highlight(self._styles, int(rule.get("dxfId")))
            rule.set("dxfId", str(look))
        for view in root.iter("{*}sheetView"):
            view.attrib.pop("tabSelected", None)
        package = self._tables.package
        package.add_sheet(tab.label, serialise(root), "veryHidden" if tab.hidden else "visible")
        for name in ("_xlnm._FilterDatabase", "_xlnm.Print_Titles"):
            package.add_defined_name(self._package.defined_name(name, tab.label), tab.label)

    def add_column(self, tab: Tab, column: Column) -> None:
        """The column right of everything in the tab, with its header, width, format and dropdown."""
        root = self._sheet(tab)
        own = 1 + [item.key for item in tab.columns].index(column.key)
        look = next(item for item in child(root, "cols") if int(item.get("min")) == own)
        look.set("style", str(self._style(int(look.get("style", "0")))))
        header = child(child(root, "sheetData"), "row")[own - 1]
        header.set("s", str(self._style(int(header.get("s", "0")))))
        listed = child(root, "dataValidations")
        dropdowns = [
            item
            for item in ([] if listed is None else children(listed, "dataValidation"))
            if column_of(item.get("sqref").split(":")[0]) == own
        ]
        self._tables.add_column(tab, header, look, dropdowns)

    def _sheet(self, tab: Tab) -> Any:
        return parse(self._package.read(self._package.sheets[tab.label]))

    def _style(self, style: int) -> int:
        return self._tables.styles.take_over(self._styles, style)
