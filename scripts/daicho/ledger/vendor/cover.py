"""The sheets that frame a pack: what is asked on the cover, what is told back on the report."""

from __future__ import annotations

from datetime import datetime

from daicho.ledger.vendor.context import Context
from daicho.ledger.vendor.log import Export
from daicho.ledger.vendor.papers import change
from daicho.sheets.pack_page import Formula, Page, PageColumn, area
from daicho.sheets.workbook import Cell

NOTES = 12
"""Rows for suggestions on the reporting sheet."""


def cover_page(context: Context, export: Export, before: Export | None) -> Page:
    columns = [
        PageColumn("item", context.say("item"), 24),
        PageColumn("text", context.say("content"), 80),
        PageColumn("entry", context.say("entry"), 34, editable=True),
        PageColumn("key", "_key", 10, "text", hidden=True),
    ]
    rows = [
        {"item": context.say(f"cover-{item}"), "text": context.veil.own(text), "key": key}
        for item, text, key in _lines(context, export, before)
        if text
    ]
    title = context.say("title-cover", shop=context.house.name)
    return Page("cover", context.say("sheet-cover"), columns, rows, title, "1F4E78", entries="key")


def _lines(context: Context, export: Export, before: Export | None) -> list[tuple[str, str, str]]:
    due = sorted(cell for matter in context.matters if isinstance(cell := matter.row.cell("due"), datetime))
    until = context.say("until", first=_day(due[0]), last=_day(due[-1])) if due else ""
    gone = sorted(before.policies.keys() - export.policies.keys()) if before else []
    changed = [id for id in export.policies if change(context, id, export.policies, before)]
    acknowledge = context.say("acknowledge", version=export.version)
    contact = "\n".join(context.access.contact) or context.say("ask-shop", shop=context.house.name)
    return [
        ("to", context.access.vendor, ""),
        ("what", _counts(context), ""),
        ("until", until, ""),
        ("ask", contact, ""),
        ("how", context.say("how"), ""),
        ("people", context.say(f"people-{context.access.masking}"), ""),
        ("version", export.version if export.policies else "", ""),
        ("changes", context.wording.listed(changed), ""),
        ("gone", context.wording.listed(gone), ""),
        ("acknowledge", acknowledge if export.policies else "", "acknowledged"),
        ("export", f"{export.id}　{_moment(export.when)}", ""),
    ]


def _counts(context: Context) -> str:
    """ "12 inquiries (urgent 1, high 3, normal 8)" """
    labels = [matter.row.text("priority") for matter in context.matters]
    known = context.layout.lists["priority"].values()
    parts = [f"{label} {labels.count(label)}" for label in known if label in labels]
    return context.say("counts", count=len(labels), parts=parts)


def report_page(context: Context, inquiries: Page) -> Page:
    count = len(context.matters)
    columns = [
        PageColumn("item", context.say("item"), 34),
        PageColumn("count", context.say("count"), 10, "int"),
        PageColumn("answered", context.say("answered"), 10, "int"),
        PageColumn("done", context.layout.label("status", "done"), 12, "int"),
        PageColumn("entry", context.say("suggestion"), 80, editable=True),
        PageColumn("key", "_key", 10, "text", hidden=True),
    ]
    areas = {key: area(inquiries, key, count) for key in ("category", "status", "answer")}
    done = context.layout.label("status", "done")
    rows: list[dict[str, Cell]] = []
    for label in dict.fromkeys(matter.row.text("category") for matter in context.matters):
        same = f'{areas["category"]},"{_quoted(label)}"'
        rows.append(
            {
                "item": label,
                "count": Formula(f"=COUNTIFS({same})"),
                "answered": Formula(f'=COUNTIFS({same},{areas["answer"]},"?*")'),
                "done": Formula(f'=COUNTIFS({same},{areas["status"]},"{_quoted(done)}")'),
            }
        )
    rows += [{"item": context.say("suggestions"), "key": f"note{n}"} for n in range(1, NOTES + 1)]
    return Page(
        "report",
        context.say("sheet-report"),
        columns,
        rows,
        context.say("title-report"),
        "5B9A68",
        entries="key",
        lines=(2, 2),
    )


def _day(moment: datetime) -> str:
    return f"{moment.month}/{moment.day} {moment:%H:%M}"


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


def _quoted(label: str) -> str:
    """A text inside a formula; wildcards of COUNTIFS taken literally."""
    for mark in "~*?":
        label = label.replace(mark, f"~{mark}")
    return label.replace('"', '""')
