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
_PROGRAMS = ("/styles.xml", "[Content_Types].xml")
"""Parts whose texts only programs read."""

_NUMBER = re.compile(r"[-+0-9.eE]+")
_NAMING = {
    "filter": ("val",),
    "customFilter": ("val",),
    "hyperlink": ("display", "tooltip"),
    "s": ("v",),
    "cNvPr": ("name", "descr", "title"),
    "Relationship": ("Target",),
}
"""Attributes that people's words may stand in: what is filtered by, links, pivots' copies, shapes' names."""

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
        if sheet.reframe(partial(_blot_tree, blot=blot)) or numbers:
            package.write(part, sheet.data())
        used.update(int(found[1]) for row in sheet.rows.values() for found in _SHARED.finditer(row))
    _empty_unused_strings(tables, used)
    _blot_tree(package.workbook, blot)
    done = {*package.sheets.values(), package.optional("sharedStrings"), package.workbook_part}
    for part in package.parts():
        if part.endswith((".xml", ".rels")) and part not in done and not part.endswith(_PROGRAMS):
            root = parse(package.read(part))
            if _blot_tree(root, blot):
                package.write(part, serialise(root))


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


def _blot_tree(root: Any, blot: Blot) -> bool:
    """Notes, shapes, filters, links, charts' and pivots' copies of cells; whether there was anything."""
    changed = False
    for element in root.iter("{*}*"):
        name = local(element)
        if name in _HOLDERS and len(element):
            changed |= _blot_pieces(element, blot)
        elif not len(element):
            changed |= _blot_text(element, blot)
        # A link inside the file leads to one of its parts.
        inside = name == "Relationship" and element.get("TargetMode") != "External"
        for attribute in () if inside else _NAMING.get(name, ()):
            text = element.get(attribute, "")
            if (left := blot(text)) != text:
                element.set(attribute, left)
                changed = True
    return changed


def _blot_pieces(holder: Any, blot: Blot) -> bool:
    """A text in pieces becomes one piece where it has to change."""
    pieces = list(holder.iter("{*}t"))
    whole = unescaped("".join(piece.text or "" for piece in pieces))
    left = blot(whole)
    if left != whole:
        for piece in pieces:
            piece.text = ""
        pieces[0].text = escaped(left)
    return left != whole


def _blot_text(element: Any, blot: Blot) -> bool:
    text = unescaped(element.text or "")
    # A chart's numbers and places on a sheet are no phone numbers.
    if local(element) not in ("t", "text") and _NUMBER.fullmatch(text):
        return False
    left = blot(text)
    if left != text:
        element.text = escaped(left)
    return left != text
