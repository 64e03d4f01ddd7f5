"""Taking a person out of a whole .xlsx: every tab, notes, drawings, caches, and texts that no cell shows.

Excel keeps each text once in a table of the file, where it stays after the cell has another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from lxml import etree

from daicho.sheets.cells import Values, escaped, unescaped
from daicho.sheets.package import beside, child, local, parse, serialise
from daicho.sheets.tables import Tables
from daicho.sheets.worksheet import Pen, Worksheet

Blot = Callable[[str], str]

_CELL_END = re.compile(rb"</(?:[\w.\-]+:)?c>")
_TAG = re.compile(rb"<[^>]*>")
_SHARED = re.compile(rb"""<(?:[\w.\-]+:)?c\s[^>]*\bt\s*=\s*["']s["'][^>]*>\s*<(?:[\w.\-]+:)?v>\s*(\d+)""")
_UNTOUCHED = ("/styles", "/theme", "_rels/", "[Content_Types]")
"""Parts (or folders) whose texts only programs read."""

_HOLDERS = frozenset({"si", "is", "text", "p"})
"""Elements whose text stands in pieces, one a style: strings, notes, paragraphs of shapes."""


def erase(tables: Tables, spared: Mapping[str, frozenset[int]], blot: Blot) -> None:
    """Takes what `blot` takes out of every text. `spared` are columns (by label) that are the ledger's own,
    which the commit takes care of."""
    package, pen = tables.package, tables.pen()
    shared = any(blot(text) != text for text in tables.values.strings)
    used: set[int] = set()
    for label, part in package.sheets.items():
        sheet = Worksheet(package.read(part))
        numbers = [number for number, row in sheet.rows.items() if _may_tell(row, shared, blot)]
        if numbers:
            own = spared.get(label, frozenset())
            sheet.rework(numbers, partial(_blot_cell, own=own, values=tables.values, pen=pen, blot=blot))
            package.write(part, sheet.data())
        used.update(int(found[1]) for row in sheet.rows.values() for found in _SHARED.finditer(row))
    _empty_unused_strings(tables, used)
    sheets = {*package.sheets.values(), package.optional("sharedStrings")}
    for part in package.parts():
        if part.endswith(".xml") and part not in sheets and not any(name in part for name in _UNTOUCHED):
            _blot_part(tables, part, blot)


def _may_tell(row: bytes, shared: bool, blot: Blot) -> bool:
    """Whether a row as it stands in the file may hold something to take out."""
    if shared and _SHARED.search(row):
        return True
    text = _TAG.sub(b"", _CELL_END.sub(b"\n", row)).decode("utf-8", "replace")
    return blot(text) != text


def _blot_cell(cell: Any, column: int, *, own: frozenset[int], values: Values, pen: Pen, blot: Blot) -> None:
    formula = child(cell, "f")
    if formula is not None:
        # What it came to is worked out anew when the file is opened.
        for element in (formula, child(cell, "v")):
            if element is not None:
                _blot_text(element, blot)
        return
    text = next((value for _, value in values.cells([cell])), None)
    if column not in own and isinstance(text, str) and (left := blot(text)) != text:
        pen.fill(cell, left)


def _empty_unused_strings(tables: Tables, used: set[int]) -> None:
    """Empties them in their places: cells tell strings by their numbers."""
    part = tables.package.optional("sharedStrings")
    if part is None:
        return
    root = parse(tables.package.read(part))
    unused = [item for number, item in enumerate(root.iterchildren("{*}si")) if number not in used]
    for item in unused:
        del item[:]
        etree.SubElement(item, beside(item, "t"))
    if unused:
        tables.package.write(part, serialise(root))


def _blot_part(tables: Tables, part: str, blot: Blot) -> None:
    """Notes, shapes, charts' and pivots' copies of cells, the file's properties."""
    root = parse(tables.package.read(part))
    before = serialise(root)
    pivot = "pivotCache" in part
    for element in root.iter("{*}*"):
        if local(element) in _HOLDERS and len(element):
            _blot_pieces(element, blot)
        elif not len(element):
            _blot_text(element, blot)
        if pivot and element.get("v"):
            element.set("v", blot(element.get("v")))
    if (after := serialise(root)) != before:
        tables.package.write(part, after)


def _blot_pieces(holder: Any, blot: Blot) -> None:
    """A text in pieces becomes one piece where it has to change."""
    pieces = list(holder.iter("{*}t"))
    whole = unescaped("".join(piece.text or "" for piece in pieces))
    if (left := blot(whole)) != whole:
        for piece in pieces:
            piece.text = ""
        pieces[0].text = escaped(left)


def _blot_text(element: Any, blot: Blot) -> None:
    text = unescaped(element.text or "")
    if (left := blot(text)) != text:
        element.text = escaped(left)
