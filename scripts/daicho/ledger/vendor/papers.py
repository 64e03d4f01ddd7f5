"""What a vendor works by: the reply templates, the policies and the FAQ of the shop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from daicho.inquiry.thread import short_code
from daicho.ledger.replies import read_templates
from daicho.ledger.rows import digest, text_of
from daicho.ledger.vendor.context import PAPER, Context
from daicho.ledger.vendor.log import Export
from daicho.sheets.pack_page import Page, PageColumn
from daicho.sheets.workbook import Record

POLICY = ("subject", "case", "conditions", "steps", "offers", "escalation")
"""What makes a rule another rule when it changes."""


def templates_page(context: Context) -> Page:
    tab, layout = context.layout.tab("templates"), context.layout
    columns = [
        PageColumn(key, tab.column(key).label, min(tab.column(key).width, 70))
        for key in ("key", "name", "category", "subject", "body")
    ]
    rows = [
        {
            "key": context.veil.own(template.key),
            "name": context.veil.own(template.name),
            "category": layout.label("category", template.category),
            "subject": context.veil.own(template.subject),
            "body": context.veil.own(template.body),
        }
        for template in read_templates(context.tables.get("templates", ()), layout)
        if template.on
        and (not context.access.categories or template.category in context.access.categories | {""})
    ]
    return Page(
        "templates",
        context.say("sheet-templates"),
        columns,
        rows,
        context.say("title-templates"),
        PAPER,
        tall=True,
    )


def policies_page(context: Context, rules: Mapping[str, str], before: Export | None) -> Page:
    tab = context.layout.tab("policies")
    columns = [PageColumn("changed", context.say("changed"), 9, "text")]
    columns += [PageColumn(column.key, column.label, column.width, column.format) for column in tab.columns]
    rows = []
    for record in context.tables.get("policies", ()):
        cells = {key: context.veil.own(cell) for key, cell in record.cells.items()}
        mark = change(context, text_of(record.cells.get("id")), rules, before)
        rows.append({"changed": mark or None, **cells})
    title = context.say("title-policies")
    return Page(
        "policies", context.say("sheet-policies"), columns, rows, title, PAPER, flag="changed", tall=True
    )


def change(context: Context, id: str, rules: Mapping[str, str], before: Export | None) -> str:
    """Nothing in a vendor's first pack: there everything is new."""
    if before is None or before.policies.get(id) == rules.get(id):
        return ""
    return context.say("rule-changed" if id in before.policies else "rule-new")


def faq_page(context: Context) -> Page:
    tab = context.layout.tab("faq")
    columns = [
        PageColumn(key, tab.column(key).label, tab.column(key).width)
        for key in ("category", "question", "answer")
    ]
    rows = [
        {column.key: context.veil.own(record.cells.get(column.key)) for column in columns}
        for record in context.tables.get("faq", ())
        if context.layout.option("faq_status", text_of(record.cells.get("status"))) == "approved"
    ]
    return Page("faq", context.say("sheet-faq"), columns, rows, context.say("title-faq"), PAPER, tall=True)


def policies(records: Iterable[Record]) -> dict[str, str]:
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
