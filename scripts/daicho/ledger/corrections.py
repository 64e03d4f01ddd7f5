"""What a shop teaches by working: a person's change of a shared cell is a label."""

from __future__ import annotations

from daicho.inquiry.classify import Correction
from daicho.inquiry.thread import Inquiry, Threads
from daicho.ledger.rows import Ledger, Row, same, text_of

NEWEST = 2000
"""So many corrections are learned from, the newest first: enough to know a shop by."""


def corrections(ledger: Ledger) -> list[Correction]:
    """The decisions of people that differ from what we proposed."""
    inquiries = Threads(ledger.events).inquiries
    found = [
        _correction(row, inquiries[id], ledger)
        for id, row in ledger.rows.items()
        if id in inquiries and any(_decided(row, key) for key in ("category", "priority", "template"))
    ]
    return sorted(found, key=lambda correction: correction.sent)[-NEWEST:]


def _decided(row: Row, key: str) -> bool:
    proposed = row.base.proposals.get(key)
    return row.cell(key) is not None and not same(row.cell(key), proposed)


def _correction(row: Row, inquiry: Inquiry, ledger: Ledger) -> Correction:
    layout, first = ledger.layout, inquiry.first
    category, priority = (
        layout.option(key, text_of(row.cell(key))) if _decided(row, key) else ""
        for key in ("category", "priority")
    )
    template = (row.text("template"),) if _decided(row, "template") else None
    return Correction(first.subject, first.text, first.date, category, priority, template)
