"""What a shop teaches by working: what people change in shared cells, and the templates they answer with."""

from __future__ import annotations

from collections.abc import Sequence

from daicho.inquiry.classify import Correction
from daicho.inquiry.reply import Template
from daicho.inquiry.thread import Inquiry, Threads
from daicho.ledger.replies import Sent, named_templates, read_templates
from daicho.ledger.rows import Ledger, Row, same, text_of

NEWEST = 2000
"""So many corrections are learned from, the newest first: enough to know a shop by."""


def corrections(ledger: Ledger) -> list[Correction]:
    """The decisions of people that differ from what we proposed, and the templates they answered with."""
    inquiries = Threads(ledger.events).inquiries
    templates = read_templates(ledger.snapshot.tables.get("templates", ()), ledger.layout)
    found = [
        _correction(row, inquiries[id], ledger, templates)
        for id, row in ledger.rows.items()
        if id in inquiries
    ]
    taught = [each for each in found if each.category or each.priority or each.templates]
    return sorted(taught, key=lambda correction: correction.sent)[-NEWEST:]


def _decided(row: Row, key: str) -> bool:
    proposed = row.base.proposals.get(key)
    return row.cell(key) is not None and not same(row.cell(key), proposed)


def _correction(row: Row, inquiry: Inquiry, ledger: Ledger, templates: Sequence[Template]) -> Correction:
    layout, first = ledger.layout, inquiry.first
    category, priority = (
        layout.option(key, text_of(row.cell(key))) if _decided(row, key) else ""
        for key in ("category", "priority")
    )
    picked = _picked(row, templates) or _used(row, ledger)
    return Correction(first.subject, first.text, first.date, category, priority, picked or None)


def _picked(row: Row, templates: Sequence[Template]) -> tuple[str, ...]:
    """The templates a person chose in the row, by key."""
    cell = row.text("template") if _decided(row, "template") else ""
    return tuple(template.key for template in named_templates(cell, templates))


def _used(row: Row, ledger: Ledger) -> tuple[str, ...]:
    """The template of the first reply. Today's replies teach from tomorrow on: a model is learned in seconds,
    which every sync with a reply would cost."""
    today = f"{ledger.snapshot.taken.astimezone(ledger.clock.zone):%Y-%m-%d}"
    sent = [reply.used for reply in Sent.read(row.base.facts.get("sent")) if reply.used and reply.day < today]
    return tuple(sent[:1])
