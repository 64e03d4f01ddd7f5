"""An .xlsx file as a package of parts: which part is which sheet, and how parts refer to each other.

A part nobody changes is copied as it stands, so charts, pictures, shapes, pivots, macros and comments that a
person put into the file survive without this code knowing what they are.
Source: ECMA-376 part 2 (packages), part 1 chapter 12 and 18.2 (workbook).
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError

from lxml import etree

RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
CONTENT_TYPES = "[Content_Types].xml"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")

MOST_BYTES = 2**30
"""What unpacks to more is no ledger but a trap."""

SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "remove_comments": True,
    "remove_pis": True,
}
"""How every XML of a file is parsed: no entities, no network."""


class Damaged(Exception):
    """The file is no workbook, or a broken one. `sealed` when it is an old .xls or has a password."""

    def __init__(self, sealed: bool = False) -> None:
        super().__init__(sealed)
        self.sealed = sealed


def parse(data: bytes) -> Any:
    """The root element of a part. Raises Damaged; a DOCTYPE has no place in a workbook and is refused."""
    try:
        root = etree.fromstring(data, etree.XMLParser(**SAFE))
    except etree.XMLSyntaxError as error:
        raise Damaged from error
    if root.getroottree().docinfo.doctype:
        raise Damaged
    return root


def serialise(root: Any) -> bytes:
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return written


def local(element: Any) -> str:
    """An element's name without its namespace: files differ there (transitional and strict)."""
    return str(etree.QName(element).localname)


def children(element: Any, name: str) -> list[Any]:
    return list(element.iterchildren(f"{{*}}{name}"))


def child(element: Any, name: str) -> Any:
    """The first child of that name, or None."""
    return next(element.iterchildren(f"{{*}}{name}"), None)


def beside(element: Any, name: str) -> str:
    """`name` in the namespace of `element`."""
    namespace, brace, _ = element.tag.rpartition("}")
    return f"{namespace}{brace}{name}"


class Package:
    """A workbook file opened in memory. Changes are kept aside until `data()` puts a new file together."""

    def __init__(self, data: bytes) -> None:
        if data.startswith(OLE_MAGIC):
            raise Damaged(sealed=True)
        try:
            self._archive = ZipFile(BytesIO(data))
        except (BadZipFile, ValueError) as error:
            raise Damaged from error
        if sum(info.file_size for info in self._archive.infolist()) > MOST_BYTES:
            raise Damaged
        self._written: dict[str, bytes] = {}
        self._removed: set[str] = set()
        self.workbook_part = self._one("", "officeDocument")
        self.workbook = parse(self.read(self.workbook_part))
        self.sheets = self._sheet_parts()

    def read(self, part: str) -> bytes:
        """A part's bytes. Raises Damaged when it is missing or unreadable."""
        if part in self._written:
            return self._written[part]
        try:
            return self._archive.read(part)
        except (KeyError, BadZipFile, ZlibError, EOFError, RuntimeError, NotImplementedError) as error:
            raise Damaged from error

    def write(self, part: str, data: bytes) -> None:
        self._written[part] = data
        self._removed.discard(part)

    def parts(self) -> list[str]:
        """The names of all parts."""
        return sorted({*self._archive.namelist(), *self._written} - self._removed)

    def related(self, part: str, kind: str) -> list[str]:
        """The parts that `part` refers to with relationships of a kind ("worksheet", "table", …)."""
        return [target for _, target in self._relationships(part, kind)]

    def optional(self, kind: str) -> str | None:
        """The workbook's one part of a kind, or None."""
        return next(iter(self.related(self.workbook_part, kind)), None)

    def position(self, label: str) -> int:
        """Where a sheet stands among all sheets, from 0."""
        return [sheet.get("name") for sheet in child(self.workbook, "sheets")].index(label)

    def defined_name(self, name: str, label: str) -> Any:
        """The element of a sheet's own defined name, such as `_xlnm._FilterDatabase`, or None."""
        names = child(self.workbook, "definedNames")
        here = str(self.position(label))
        found = (
            item
            for item in (() if names is None else names)
            if item.get("name") == name and item.get("localSheetId") == here
        )
        return next(found, None)

    def add_defined_name(self, like: Any, label: str) -> None:
        """A sheet's own defined name, copied from another file for the sheet of the same label."""
        names = child(self.workbook, "definedNames")
        if names is None:
            names = etree.Element(beside(self.workbook, "definedNames"))
            before = [
                child(self.workbook, name) for name in ("externalReferences", "functionGroups", "sheets")
            ]
            next(element for element in before if element is not None).addnext(names)
        name = etree.SubElement(names, beside(names, "definedName"), dict(like.attrib))
        name.text = like.text
        name.set("localSheetId", str(self.position(label)))

    def put_related(self, part: str, links: Mapping[str, tuple[str, str]]) -> None:
        """Sets what `part` refers to: relationship id → (type, target part)."""
        root = etree.Element(f"{{{RELATIONSHIPS}}}Relationships", nsmap={None: RELATIONSHIPS})
        for identity, (kind, target) in links.items():
            attributes = {"Id": identity, "Type": kind, "Target": f"/{target}"}
            etree.SubElement(root, f"{{{RELATIONSHIPS}}}Relationship", attributes)
        self.write(_relationships_part(part), serialise(root))

    def links(self, part: str) -> dict[str, tuple[str, str]]:
        """What `part` refers to inside the file: relationship id → (type, target part)."""
        source = _relationships_part(part)
        if source in self._removed or source not in {*self._written, *self._archive.NameToInfo}:
            return {}
        return {
            item.get("Id", ""): (item.get("Type", ""), _resolved(part, item.get("Target", "")))
            for item in parse(self.read(source))
            if item.get("TargetMode") != "External"
        }

    def clear_related(self, part: str) -> None:
        """Removes what only `part` refers to: a sheet's charts and notes, not what other sheets show too."""
        below = self._reachable(part) - {part}
        self._removed.add(_relationships_part(part))
        for name in below - self._reachable(""):
            self._removed |= {name, _relationships_part(name)}
            self._drop_content_type(name)

    def _reachable(self, part: str) -> set[str]:
        """`part` and everything that can be reached from it; "" is the package itself."""
        found, waiting = {part}, [part]
        while waiting:
            targets = {target for _, target in self.links(waiting.pop()).values()}
            waiting += targets - found
            found |= targets
        return found

    def content_type(self, part: str) -> str:
        """What the file says `part` is."""
        root = parse(self.read(CONTENT_TYPES))
        own = (item.get("ContentType") for item in root if item.get("PartName") == f"/{part}")
        extension = part.rpartition(".")[2].lower()
        usual = (item.get("ContentType") for item in root if item.get("Extension", "").lower() == extension)
        return str(next(own, None) or next(usual, ""))

    def add_part(self, like: str, data: bytes, kind: str) -> str:
        """A new part of a content type, in the folder of the name `like` and with a free number; its name."""
        taken = {*self._archive.namelist(), *self._written}
        stem, dot, extension = like.rpartition(".")
        stem = stem.rstrip("0123456789")
        candidates = (f"{stem}{n}{dot}{extension}" for n in range(1, len(taken) + 2))
        part = next(name for name in candidates if name not in taken)
        self.write(part, data)
        self._add_content_type(part, kind)
        return part

    def add_sheet(self, label: str, data: bytes, state: str) -> None:
        """A new sheet at the right end. `state` is "visible", "hidden" or "veryHidden"."""
        folder = posixpath.dirname(self.workbook_part)
        part = self.add_part(posixpath.join(folder, "worksheets/sheet.xml"), data, SHEET_TYPE)
        identity = self._add_relationship(posixpath.relpath(part, folder or "."))
        sheets = child(self.workbook, "sheets")
        sheet = etree.SubElement(sheets, beside(sheets, "sheet"), name=label)
        sheet.set("sheetId", str(1 + max((int(item.get("sheetId", "0")) for item in sheets), default=0)))
        sheet.set("state", state)
        sheet.set(self._relationship_attribute(), identity)
        self.sheets[label] = part

    def recalculate_on_opening(self) -> None:
        """Formulas on people's own tabs look at rows we write: their results and their order are stale."""
        if calculation := self.optional("calcChain"):
            self._removed.add(calculation)
            self._drop_content_type(calculation)
            self._drop_relationship(calculation)
        settings = child(self.workbook, "calcPr")
        if settings is None:
            settings = etree.Element(beside(self.workbook, "calcPr"))
            before = [child(self.workbook, name) for name in ("definedNames", "externalReferences", "sheets")]
            next(element for element in before if element is not None).addnext(settings)
        settings.set("fullCalcOnLoad", "1")

    def data(self) -> bytes:
        """The new file. Parts that were not written keep their bytes."""
        self._written[self.workbook_part] = serialise(self.workbook)
        target = BytesIO()
        with ZipFile(target, "w", ZIP_DEFLATED) as archive:
            for info in self._archive.infolist():
                if info.filename not in self._removed:
                    archive.writestr(_same_entry(info), self.read(info.filename))
            for part in self._written.keys() - set(self._archive.namelist()) - self._removed:
                archive.writestr(part, self._written[part])
        return target.getvalue()

    def _one(self, part: str, kind: str) -> str:
        found = self.related(part, kind)
        if not found:
            raise Damaged
        return found[0]

    def _sheet_parts(self) -> dict[str, str]:
        """Each worksheet's part by its label. Chart sheets and the like hold no rows."""
        targets = dict(self._relationships(self.workbook_part, "worksheet"))
        attribute = self._relationship_attribute()
        sheets = child(self.workbook, "sheets")
        if sheets is None:
            raise Damaged
        return {
            sheet.get("name", ""): targets[sheet.get(attribute)]
            for sheet in sheets
            if sheet.get(attribute) in targets
        }

    def _relationship_attribute(self) -> str:
        """`r:id`, whose namespace is another one in strict files."""
        sheet = next(iter(child(self.workbook, "sheets")), None)
        for name in () if sheet is None else sheet.attrib:
            if name.endswith("/relationships}id"):
                return str(name)
        return "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"

    def _relationships(self, part: str, kind: str) -> list[tuple[str, str]]:
        """(id, target part) of the relationships of a kind; those that lead out of the file are none."""
        source = _relationships_part(part)
        if source not in self._written and source not in self._archive.NameToInfo:
            return []
        return [
            (item.get("Id", ""), _resolved(part, item.get("Target", "")))
            for item in parse(self.read(source))
            if item.get("Type", "").endswith(f"/{kind}") and item.get("TargetMode") != "External"
        ]

    def _add_relationship(self, target: str) -> str:
        part = _relationships_part(self.workbook_part)
        root = parse(self.read(part))
        taken = {item.get("Id") for item in root}
        identity = next(name for name in (f"rId{n}" for n in range(1, len(taken) + 2)) if name not in taken)
        kind = next(item.get("Type") for item in root if item.get("Type", "").endswith("/worksheet"))
        etree.SubElement(root, f"{{{RELATIONSHIPS}}}Relationship", Id=identity, Type=kind, Target=target)
        self.write(part, serialise(root))
        return identity

    def _drop_relationship(self, target: str) -> None:
        part = _relationships_part(self.workbook_part)
        root = parse(self.read(part))
        for item in list(root):
            if _resolved(self.workbook_part, item.get("Target", "")) == target:
                root.remove(item)
        self.write(part, serialise(root))

    def _add_content_type(self, part: str, kind: str) -> None:
        root = parse(self.read(CONTENT_TYPES))
        etree.SubElement(root, beside(root, "Override"), PartName=f"/{part}", ContentType=kind)
        self.write(CONTENT_TYPES, serialise(root))

    def _drop_content_type(self, part: str) -> None:
        root = parse(self.read(CONTENT_TYPES))
        for item in list(root):
            if item.get("PartName") == f"/{part}":
                root.remove(item)
        self.write(CONTENT_TYPES, serialise(root))


def _relationships_part(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _resolved(part: str, target: str) -> str:
    """A relationship's target as a part name: absolute from the package's root, or relative to its source."""
    if target.startswith("/"):
        return target.lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(part), target))


def _same_entry(info: ZipInfo) -> ZipInfo:
    """A fresh directory entry that keeps name, date and packing of an old one."""
    entry = ZipInfo(info.filename, info.date_time)
    entry.compress_type = info.compress_type
    entry.external_attr = info.external_attr
    return entry
