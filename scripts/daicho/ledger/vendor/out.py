"""The pack that goes out: which inquiries, and what stands on its sheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from daicho.inquiry.thread import Inquiry, Threads, short_code
from daicho.ledger.masking import Masker
from daicho.ledger.rows import Ledger, Row, words_of
from daicho.ledger.settings import Settings
from daicho.ledger.vendor.access import Access, VendorError
from daicho.ledger.vendor.context import Context, House
from daicho.ledger.vendor.cover import cover_page, report_page
from daicho.ledger.vendor.log import Export, last_of, read_exports
from daicho.ledger.vendor.papers import (
    faq_page,
    fingerprints,
    handed_policies,
    policies_page,
    templates_page,
    version_of,
)
from daicho.ledger.vendor.veil import Matter, veil_for
from daicho.ledger.vendor.work import Work
from daicho.sheets.pack_page import Page
from daicho.sheets.workbook import Cell, Record
from daicho.wording import Wording

_OUTSIDE: Mapping[str, frozenset[str]] = {
    "inquiries": frozenset(
        {"subject", "excerpt", "tags", "product", "memo", "answer", "customer", "address"}
    ),
    "threads": frozenset({"writer", "subject", "text", "attachments"}),
}
"""Columns that hold what people wrote: nothing personal may be left there."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack ready to be written. `export` is its entry in the log, `told` what else the entry shows but the
    file's fingerprint."""

    export: Export
    pages: list[Page]
    told: dict[str, Cell]


def chosen(ledger: Ledger, inquiries: Mapping[str, Inquiry], access: Access, now: datetime) -> dict[str, Row]:
    """The rows a vendor is to handle, by id, the earliest due time first. `inquiries`: the log's, by id."""
    layout = ledger.layout
    earliest = ledger.clock.cell(now - timedelta(days=access.days)) if access.days is not None else None

    def wanted(id: str, row: Row) -> bool:
        status = layout.option("status", row.text("status"))
        received = row.cell("received")
        category = layout.option("category", row.text("category"))
        return (
            _asks(inquiries.get(id), category)
            and (status in access.statuses if access.statuses else status not in ("done", "excluded"))
            and (not access.categories or category in access.categories)
            and (not access.tags or bool(access.tags.intersection(words_of(row.cell("tags")))))
            and (not access.assignees or row.text("assignee").strip() in access.assignees)
            and (earliest is None or (isinstance(received, datetime) and received >= earliest))
        )

    def due(entry: tuple[str, Row]) -> tuple[str, str]:
        id, row = entry
        moment = row.cell("due")
        # What has no due time comes last.
        return f"{moment:%Y%m%d%H%M}" if isinstance(moment, datetime) else "9", id

    return dict(sorted(((id, row) for id, row in ledger.rows.items() if wanted(id, row)), key=due))


def _asks(inquiry: Inquiry | None, category: str) -> bool:
    """Whether somebody wants to know something: returned and automatic mail and sales are no inquiries.

    Sales to which a person gave another category were none.
    """
    kinds = {event.kind for event in inquiry.events if event.incoming} if inquiry else {"inquiry"}
    return category != "sales" and not kinds.isdisjoint({"inquiry", "sales"})


def build_pack(
    ledger: Ledger,
    settings: Settings,
    access: Access,
    house: House,
    wording: Wording,
    now: datetime,
    seal: str,
) -> Pack:
    """The pack for a vendor. `seal` is a fresh secret. Raises VendorError if anybody still shows."""
    tables = ledger.snapshot.tables
    if "exports" not in tables:
        raise VendorError("vendor.no-log", tab=ledger.layout.tab("exports").label)
    threads = Threads(event for event in ledger.events if event.inquiry).inquiries
    rows = chosen(ledger, threads, access, now)
    if not rows:
        raise VendorError("vendor.nothing", vendor=access.vendor)
    matters = [Matter(id, row, threads.get(id)) for id, row in rows.items()]
    own = [house.name, *house.addresses]
    veil = veil_for(access, seal, ledger, settings, own, wording, matters)
    context = Context(ledger, access, house, wording, veil, matters)
    handed = handed_policies(context)
    rules = fingerprints(handed)
    export = Export(
        f"X-{short_code(seal, 5)}",
        access.vendor,
        ledger.clock.cell(now),
        seal,
        version_of(handed, rules),
        rules,
        set(rows),
        ledger.layout.label("masking", access.masking),
    )
    pages = _pages(context, export, handed, last_of(read_exports(tables["exports"]), access.vendor))
    fields = wording.listed(column.label for column in pages[1].columns if not column.hidden)
    return Pack(export, pages, {"fields": fields})


def _pages(context: Context, export: Export, handed: Sequence[Record], before: Export | None) -> list[Page]:
    work = Work(context, export.seal)
    inquiries = work.inquiries()
    pages = [
        cover_page(context, export, before),
        inquiries,
        work.threads(),
        templates_page(context),
        *([policies_page(context, handed, export.policies, before)] if handed else []),
        faq_page(context),
        report_page(context, inquiries),
    ]
    if masker := context.veil.masker:
        for page in pages:
            page.rows = _checked(page, masker)
    return pages


def _checked(page: Page, masker: Masker) -> list[Mapping[str, Cell]]:
    """The page's rows, looked through once more for anybody's name, address or number."""
    rows, clean = list(page.rows), set[tuple[str, bool]]()
    for number, row in enumerate(rows, 1):
        for key, cell in row.items():
            outside = key in _OUTSIDE.get(page.key, ())
            # Labels come again and again.
            if not isinstance(cell, str) or key == "base" or (cell, outside) in clean:
                continue
            if masker.leaks(cell, outside=outside):
                raise VendorError("vendor.leak", sheet=page.label, row=number)
            clean.add((cell, outside))
    return rows
