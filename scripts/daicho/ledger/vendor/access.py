"""What a vendor may see, as a shop types it into the settings tab.

The row 外注先 names the categories, the rows 外注先の条件 the rest, one `item: value` a line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

from daicho.errors import DaichoError, UsageError
from daicho.ledger.masking import narrow
from daicho.ledger.rows import text_of, words_of
from daicho.sheets.layout import Layout
from daicho.sheets.workbook import Record

Masking = Literal["full", "masked", "none"]

PERSONAL = frozenset({"customer", "address", "order"})
"""Columns that say who somebody is."""

OFFERED = (
    *("due", "priority", "assignee", "received", "channel", "customer", "address", "subject", "excerpt"),
    *("tags", "order", "product", "template", "last"),
)
"""Columns a vendor may be given to read. Status, category, memo and answer always go out and come home."""

USUAL = ("due", "priority", "received", "customer", "subject", "excerpt", "order", "product", "template")
_LINE = re.compile(r"[ \t・-]*([^:=]{1,20}?)[ \t]*[:=][ \t]*(.+)")
_DAYS = re.compile(r"([0-9]{1,4}) ?(?:日間?|days?)?(?:以内)?", re.IGNORECASE)


class VendorError(DaichoError):
    """A vendor's rows in the settings tab, or a file from a vendor, that cannot be understood."""


@dataclass(frozen=True, slots=True)
class Access:
    """What one vendor is given. Empty sets mean any; `statuses` empty means all that is not finished.

    `categories` and `statuses` are option keys, `days` counts back from now (None: however old), `columns`
    are column keys of the inquiries tab in its order, `contact` the escalation path line by line. `rules` are
    the policies to hand over as the shop named them; empty means those of its categories and general ones.
    """

    vendor: str
    categories: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    assignees: frozenset[str] = frozenset()
    days: int | None = None
    columns: tuple[str, ...] = USUAL
    masking: Masking = "masked"
    contact: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns to read that really go out."""
        return tuple(key for key in self.columns if self.masking != "none" or key not in PERSONAL)


def read_access(records: Sequence[Record], layout: Layout, vendor: str) -> Access:
    """The rows of one vendor. Raises UsageError for an unknown one, VendorError for what makes no sense.

    What cannot be understood is never passed over: it may be what keeps data in the house.
    """
    cells = [{key: text_of(cell).strip() for key, cell in record.cells.items()} for record in records]
    rows = [
        (layout.option("setting", row.get("setting", "")), row["name"], row["value"])
        for row in cells
        if row.get("name") and row.get("value")
    ]
    # Who is left no category is no vendor yet.
    named = list(dict.fromkeys(name for setting, name, _ in rows if setting == "vendor"))
    asked = narrow(vendor).casefold().strip()
    wanted = next((name for name in named if narrow(name).casefold() == asked), None)
    if wanted is None:
        key = "vendor.unknown" if named else "vendor.unknown-none"
        raise UsageError(key, vendor=vendor, vendors=" / ".join(named))
    mine = [(setting, value) for setting, name, value in rows if name == wanted]
    categories = [word for setting, value in mine if setting == "vendor" for word in words_of(value)]
    access = Access(wanted, frozenset(_option(wanted, "category", word, layout) for word in categories))
    lines = [line for setting, value in mine if setting == "vendor_terms" for line in value.splitlines()]
    for line in filter(str.strip, lines):
        access = _with_term(access, line, layout)
    return access


def _with_term(access: Access, line: str, layout: Layout) -> Access:
    """`access` with one line of the terms read in."""
    match = _LINE.fullmatch(narrow(line).strip())
    item = layout.option("vendor_term", match[1].strip()) if match else ""
    if match is None or item not in layout.lists["vendor_term"]:
        raise VendorError("vendor.odd-term", vendor=access.vendor, line=line)
    value = line.strip()[-len(match[2]) :].strip()
    words = words_of(value)
    match item:
        case "status":
            statuses = access.statuses | {layout.option("status", word) for word in words}
            return replace(access, statuses=statuses)
        case "tag":
            return replace(access, tags=access.tags | set(words))
        case "assignee":
            return replace(access, assignees=access.assignees | set(words))
        case "days":
            days = _DAYS.fullmatch(narrow(value))
            if days is None:
                raise VendorError("vendor.odd-term", vendor=access.vendor, line=line)
            return replace(access, days=int(days[1]))
        case "columns":
            keys = {_column(access.vendor, word, layout) for word in words}
            return replace(access, columns=tuple(key for key in OFFERED if key in keys))
        case "masking":
            masking = cast(Masking, _option(access.vendor, "masking", value, layout))
            return replace(access, masking=masking)
        case "rules":
            return replace(access, rules=(*access.rules, *words))
        case _:
            return replace(access, contact=(*access.contact, value))


def _option(vendor: str, list_key: str, label: str, layout: Layout) -> str:
    option = layout.option(list_key, label)
    if option not in layout.lists[list_key]:
        options = " / ".join(layout.lists[list_key].values())
        raise VendorError("vendor.odd-option", vendor=vendor, value=label, options=options)
    return option


def _column(vendor: str, label: str, layout: Layout) -> str:
    """The column of the inquiries tab that a word names. Those that always go out may be named too."""
    columns = {column.label: column.key for column in layout.tab("inquiries").columns}
    key = columns.get(label, label)
    usable = (*OFFERED, "id", "status", "category", "memo")
    if key not in usable:
        options = [label for label, known in columns.items() if known in usable]
        raise VendorError("vendor.odd-option", vendor=vendor, value=label, options=options)
    return key
