"""What a vendor works by: the reply templates, the policies and the FAQ of the shop."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from daicho.inquiry.thread import short_code
from daicho.ledger.masking import narrow
from daicho.ledger.replies import read_templates
from daicho.ledger.rows import digest, text_of, words_of
from daicho.ledger.vendor.access import VendorError
from daicho.ledger.vendor.context import PAPER, Context
from daicho.ledger.vendor.log import Export
from daicho.sheets.dress import lines
from daicho.sheets.pack_page import MOST_LINES, Page, PageColumn
from daicho.sheets.workbook import Cell, Record

POLICY = ("subject", "case", "conditions", "steps", "offers", "escalation")
"""What makes a rule another rule when it changes."""

_POLICY_WIDTHS = {
    **{"id": 7, "subject": 11, "case": 20, "conditions": 26, "steps": 36, "offers": 25, "escalation": 21},
    **{"version": 9, "updated": 12},
}
_TEMPLATE_WIDTHS = {"key": 11, "name": 13, "category": 12, "subject": 17, "body": 70}
_FAQ_WIDTHS = {"category": 14, "question": 32, "answer": 54}
"""Widths with which these sheets fit a page of paper."""

_PART_OF_LABEL = re.compile(r"[・、,/]| or ")
"""Parts the words of a category's label: 返品・交換, "Return or exchange"."""


def templates_page(context: Context) -> Page:
    tab, layout = context.layout.tab("templates"), context.layout
    columns = [PageColumn(key, tab.column(key).label, width) for key, width in _TEMPLATE_WIDTHS.items()]
    rows = [
        {
            "key": context.veil.own(template.key),
            "name": context.veil.own(template.name),
            "category": layout.label("category", template.category),
            "subject": context.veil.own(template.subject) if not number else context.say("continued"),
            "body": part,
        }
        for template in read_templates(context.tables.get("templates", ()), layout)
        if template.on
        and (not context.access.categories or template.category in context.access.categories | {""})
        for number, part in enumerate(
            _parts(text_of(context.veil.own(template.body)), _TEMPLATE_WIDTHS["body"])
        )
    ]
    return Page(
        "templates",
        context.say("sheet-templates"),
        columns,
        rows,
        context.say("title-templates"),
        PAPER,
        upright=True,
    )


def _parts(text: str, width: int) -> list[str]:
    """A text in parts that a row can show whole, cut between paragraphs where there are any."""
    parts: list[str] = []
    rest = text.split("\n")
    while lines("\n".join(rest), width) > MOST_LINES and len(rest) > 1:
        end, room = 1, MOST_LINES - lines(rest[0], width)
        while (room := room - lines(rest[end], width)) >= 0:
            end += 1
        # In the middle of a paragraph only where the part would be less than half full.
        blank = next((n for n in range(end, end // 2, -1) if not rest[n].strip()), end)
        parts.append("\n".join(rest[:blank]).rstrip())
        rest = rest[blank:]
        while len(rest) > 1 and not rest[0].strip():
            rest.pop(0)
    return [*parts, "\n".join(rest)]


def handed_policies(context: Context) -> list[Record]:
    """The rules a vendor gets: those the settings name, else those of its categories and the general ones.

    A rule is about a category that its subject names, and general without a subject. What belongs to no
    category (the worst case, say) is the shop's own business. Raises VendorError for a name nothing bears.
    """
    records = context.tables.get("policies", ())
    if context.access.rules:
        return _named_policies(context, records)
    subjects = {"", *_folded_words(context.say("rules-general")), *_subjects(context)}
    return [record for record in records if _folded(record.cells.get("subject")) in subjects]


def _named_policies(context: Context, records: Sequence[Record]) -> list[Record]:
    """The rules that the settings name by number or subject, or all, or none."""
    asked = {_folded(word): word for word in context.access.rules}
    every, none = (_folded_words(context.say(key)) for key in ("rules-all", "rules-none"))
    names = [{_folded(record.cells.get(key)) for key in ("id", "subject")} for record in records]
    if odd := asked.keys() - every - none - set[str]().union(*names):
        told = [
            words_of(context.say("rules-all"))[0],
            *(text_of(one.cells.get("subject")) for one in records),
        ]
        options = " / ".join(filter(None, dict.fromkeys(told)))
        raise VendorError(
            "vendor.odd-option", vendor=context.access.vendor, value=asked[min(odd)], options=options
        )
    whole = not every.isdisjoint(asked)
    return [record for record, own in zip(records, names, strict=True) if whole or own & asked.keys()]


def _subjects(context: Context) -> set[str]:
    """What rules about the vendor's categories may be headed: the category, or a part of its label."""
    categories = context.layout.lists["category"]
    keys = context.access.categories or categories.keys()
    labels = [categories.get(key, key) for key in keys]
    return {_folded(word) for label in labels for word in (label, *_PART_OF_LABEL.split(label))}


def _folded(cell: Cell) -> str:
    return narrow(text_of(cell)).casefold().strip()


def _folded_words(text: str) -> set[str]:
    return {_folded(word) for word in words_of(text)}


def policies_page(
    context: Context, handed: Sequence[Record], rules: Mapping[str, str], before: Export | None
) -> Page:
    tab = context.layout.tab("policies")
    columns = [PageColumn("changed", context.say("changed"), 10, "text")]
    columns += [
        PageColumn(key, tab.column(key).label, width, tab.column(key).format)
        for key, width in _POLICY_WIDTHS.items()
    ]
    rows = []
    for record in handed:
        cells = {key: context.veil.own(cell) for key, cell in record.cells.items()}
        mark = change(context, text_of(record.cells.get("id")), rules, before)
        rows.append({"changed": mark or None, **cells})
    title = context.say("title-policies")
    return Page("policies", context.say("sheet-policies"), columns, rows, title, PAPER, flag="changed")


def change(context: Context, id: str, rules: Mapping[str, str], before: Export | None) -> str:
    """Nothing in a vendor's first pack: there everything is new."""
    if before is None or before.policies.get(id) == rules.get(id):
        return ""
    return context.say("rule-changed" if id in before.policies else "rule-new")


def faq_page(context: Context) -> Page:
    tab = context.layout.tab("faq")
    columns = [PageColumn(key, tab.column(key).label, width) for key, width in _FAQ_WIDTHS.items()]
    rows = [
        {column.key: context.veil.own(record.cells.get(column.key)) for column in columns}
        for record in context.tables.get("faq", ())
        if context.layout.option("faq_status", text_of(record.cells.get("status"))) == "approved"
    ]
    return Page("faq", context.say("sheet-faq"), columns, rows, context.say("title-faq"), PAPER, upright=True)


def fingerprints(records: Iterable[Record]) -> dict[str, str]:
    """Each rule's fingerprint, by its number."""
    return {
        id: digest(record.cells.get(key) for key in POLICY)
        for record in records
        if (id := text_of(record.cells.get("id")))
    }


def version_of(records: Iterable[Record], rules: Mapping[str, str]) -> str:
    """`2026-11-01 K7Q`: the day of the newest rule, and a code that any change of a rule changes."""
    days = [cell for record in records if isinstance(cell := record.cells.get("updated"), datetime)]
    code = short_code("\n".join(f"{id} {rule}" for id, rule in sorted(rules.items())), 3)
    return f"{max(days):%Y-%m-%d} {code}" if days else code
