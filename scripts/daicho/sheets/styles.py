"""The styles of a workbook file (`xl/styles.xml`): which show dates, and taking over styles of another file.

Source: ECMA-376 part 1, 18.8.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from lxml import etree

from daicho.sheets.cells import is_date_number
from daicho.sheets.package import beside, child, children

FIRST_OWN_FORMAT = 164
"""Number format ids below are built in."""

_PARTS = {"fontId": "fonts", "fillId": "fills", "borderId": "borders"}


class Styles:
    """A parsed `styleSheet`, changed in place; `changed` tells whether it needs writing."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.changed = False
        self._formats = child(root, "cellXfs")
        self._known: dict[str, dict[bytes, int]] = {}
        self._dated: dict[int, int] = {}

    def date_styles(self) -> frozenset[int]:
        """The indices of the cell styles that show a date or a time."""
        codes = self._codes()
        return frozenset(
            index
            for index, style in enumerate(self._formats)
            if is_date_number(int(style.get("numFmtId", "0")), codes)
        )

    def is_bare(self, style: int) -> bool:
        """Whether a cell style has no font, fill, border or alignment of its own: nobody dressed the cell."""
        look = self._formats[style]
        return child(look, "alignment") is None and all(look.get(part, "0") == "0" for part in _PARTS)

    def dated(self, style: int, code: str) -> int:
        """The style that looks like `style` and shows a date as `code`, made when it is not there yet."""
        if style not in self._dated:
            twin = deepcopy(self._formats[style])
            twin.set("numFmtId", str(self._format_number(code)))
            twin.set("applyNumberFormat", "1")
            self._dated[style] = self._append(self._formats, twin)
        return self._dated[style]

    def take_over(self, other: Styles, style: int) -> int:
        """The index here of a style of another file, with its font, fill, border and number format.

        What is here already is used again: a tab that is drawn every day must not fill the file with styles
        (Excel ends at 65,490).
        """
        copy = deepcopy(other._formats[style])
        for attribute, collection in _PARTS.items():
            part = deepcopy(child(other.root, collection)[int(copy.get(attribute, "0"))])
            copy.set(attribute, str(self._found(child(self.root, collection), part)))
        number = int(copy.get("numFmtId", "0"))
        if number >= FIRST_OWN_FORMAT:
            copy.set("numFmtId", str(self._format_number(other._codes()[number])))
        copy.set("xfId", "0")
        return self._found(self._formats, copy)

    def take_over_highlight(self, other: Styles, style: int) -> int:
        """The same for a conditional format's style."""
        collection = child(self.root, "dxfs")
        if collection is None:
            collection = etree.Element(beside(self.root, "dxfs"))
            anchor = child(self.root, "cellStyles")
            (self._formats if anchor is None else anchor).addnext(collection)
        return self._append(collection, deepcopy(child(other.root, "dxfs")[style]))

    def _codes(self) -> dict[int, str]:
        own = child(self.root, "numFmts")
        return {} if own is None else {int(item.get("numFmtId")): item.get("formatCode") for item in own}

    def _format_number(self, code: str) -> int:
        codes = self._codes()
        known = next((number for number, text in codes.items() if text == code), None)
        if known is not None:
            return known
        collection = child(self.root, "numFmts")
        if collection is None:
            collection = etree.Element(beside(self.root, "numFmts"))
            self.root.insert(0, collection)
        number = max([FIRST_OWN_FORMAT - 1, *codes]) + 1
        item = etree.Element(beside(self.root, "numFmt"), numFmtId=str(number), formatCode=code)
        self._append(collection, item)
        return number

    def _found(self, collection: Any, item: Any) -> int:
        """The index of an item like this one in a counted collection, added where there is none."""
        name = etree.QName(collection).localname
        if name not in self._known:
            self._known[name] = {_canonical(known): index for index, known in enumerate(collection)}
        known = self._known[name]
        wanted = _canonical(item)
        if wanted not in known:
            known[wanted] = self._append(collection, item)
        return known[wanted]

    def _append(self, collection: Any, item: Any) -> int:
        """Adds to a counted collection; the new item's index."""
        collection.append(item)
        collection.set("count", str(len(collection)))
        self.changed = True
        return len(collection) - 1


def _canonical(item: Any) -> bytes:
    """An item's XML, the same for the same look."""
    written: bytes = etree.tostring(item, method="c14n", exclusive=True)
    return written


def columns_styles(columns: Any) -> list[tuple[int, int, int]]:
    """The `cols` element as (first column, last column, style) ranges."""
    found = [] if columns is None else children(columns, "col")
    return [(int(item.get("min")), int(item.get("max")), int(item.get("style", "0"))) for item in found]
