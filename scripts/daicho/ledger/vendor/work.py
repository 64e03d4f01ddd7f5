"""The work itself: the inquiries a vendor answers, and all that was written about each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from daicho.inquiry.thread import Event, Inquiry
from daicho.ledger.propose import Speaker, excerpt
from daicho.ledger.replies import read_templates
from daicho.ledger.rows import Row, digest, text_of, words_of
from daicho.ledger.vendor.context import Context
from daicho.ledger.vendor.seal import HOME, Sent, print_of
from daicho.ledger.vendor.veil import Matter, Veil
from daicho.sheets.pack_page import MOST_LINES, Page, PageColumn
from daicho.sheets.workbook import Cell

BLUE = "3B6EA8"

_NARROWER = {
    "subject": 24,
    "excerpt": 56,
    "product": 16,
    "template": 18,
    "address": 24,
    "order": 20,
    "category": 16,
}
"""Widths with which what is to be read fits one page of paper, and what is to be written another."""

_THREAD_WIDTHS = {
    **{"inquiry": 13, "date": 17, "direction": 11, "writer": 14, "subject": 20, "text": 68},
    "attachments": 13,
}


class Work:
    """Writes the two sheets. `seal` is the key of the hidden cells."""

    def __init__(self, context: Context, seal: str) -> None:
        self.context, self.seal = context, seal
        self.layout, self.veil = context.layout, context.veil
        self.speaker = Speaker(context.layout, context.wording, context.ledger.clock)
        self.say = context.say
        self._texts: dict[str, str] = {}
        records = context.tables.get("templates", ())
        self._names = {one.key: one.name for one in read_templates(records, context.layout) if one.name}

    def inquiries(self) -> Page:
        tab = self.layout.tab("inquiries")
        columns = [PageColumn("id", tab.column("id").label, 13, "text")]
        for key in self.context.access.shown:
            known = tab.column(key)
            tints = {
                label: self.layout.colours[option]
                for option, label in self.layout.lists["priority"].items()
                if key == "priority"
            }
            width = _NARROWER.get(key, known.width)
            columns.append(PageColumn(key, known.label, width, known.format, tints=tints))
        columns += map(self._home_column, HOME)
        columns.append(PageColumn("base", "_base", 10, "text", hidden=True))
        rows = map(self._inquiry, self.context.matters)
        title = self.say(
            "title-inquiries", vendor=self.context.access.vendor, count=len(self.context.matters)
        )
        return Page(
            "inquiries", self.say("sheet-inquiries"), columns, rows, title, BLUE, lines=(3, MOST_LINES)
        )

    def _home_column(self, key: str) -> PageColumn:
        if key == "answer":
            return PageColumn(key, self.say("answer"), 56, editable=True)
        known = self.layout.tab("inquiries").column(key)
        width = _NARROWER.get(key, known.width)
        return PageColumn(key, known.label, width, known.format, editable=True, options=known.options)

    def _inquiry(self, matter: Matter) -> dict[str, Cell]:
        home = home_cells(matter.row, self.veil)
        shown = {key: self._shown(key, matter.row, matter.inquiry) for key in self.context.access.shown}
        sent = Sent(
            matter.id,
            {key: print_of(cell) for key, cell in (shown | home).items()},
            digest(cell for cell in shown.values() if isinstance(cell, str)),
        )
        return {"id": matter.id, **shown, **home, "base": sent.cell(self.seal)}

    def _shown(self, key: str, row: Row, inquiry: Inquiry | None) -> Cell:
        cell, veil, person = row.cell(key), self.veil, row.text("customer")
        if not isinstance(cell, str):
            return cell
        match key:
            case "customer":
                return veil.name(cell)
            case "address":
                return veil.address(cell)
            case "order":
                return self.context.wording.listed(veil.orders(words_of(cell)))
            case "template":
                return veil.own(
                    self.context.wording.listed(self._names.get(word, word) for word in words_of(cell))
                )
            case "excerpt" if inquiry:
                # Cut after masking: half a phone number would be nobody's known number.
                masked = [self._masked(event, person) for event in inquiry.events]
                first = inquiry.events.index(inquiry.first)
                return excerpt(masked, masked[first], self.speaker)
            case "subject" | "excerpt" | "tags" | "product":
                return veil.outside(cell, person)
        return veil.own(cell)

    def _masked(self, event: Event, person: str) -> Event:
        """The event as it goes out; its text stands in the row and in the thread."""
        if event.key not in self._texts:
            self._texts[event.key] = self.veil.outside(event.text, person)
        return replace(event, text=self._texts[event.key])

    def threads(self) -> Page:
        tab = self.layout.tab("messages")
        ours = {self.layout.label("direction", "out"): self.layout.colours["header"]}
        columns = [
            PageColumn(key, self.say("writer"), width)
            if key == "writer"
            else PageColumn(
                key,
                tab.column(key).label,
                width,
                tab.column(key).format,
                tints=ours if key == "direction" else {},
            )
            for key, width in _THREAD_WIDTHS.items()
        ]
        return Page(
            "threads",
            self.say("sheet-threads"),
            columns,
            self._messages(),
            self.say("title-threads"),
        )

    def _messages(self) -> Iterator[dict[str, Cell]]:
        attached = {
            text_of(record.cells.get("key")): text_of(record.cells.get("attachments"))
            for record in self.context.tables["messages"]
            if record.cells.get("attachments")
        }
        for matter in self.context.matters:
            person = matter.row.text("customer")
            for event in matter.events:
                yield {
                    "inquiry": matter.id,
                    "date": self.context.ledger.clock.cell(event.date),
                    "direction": self.layout.label("direction", "in" if event.incoming else "out"),
                    "writer": self._writer(event) if event.incoming else self.context.house.name,
                    "subject": self.veil.outside(event.subject, person),
                    "text": self._masked(event, person).text,
                    "attachments": self.veil.outside(attached.get(event.key, ""), person),
                }

    def _writer(self, event: Event) -> str:
        if self.context.access.masking == "none":
            return self.say("mask-name")
        return self.veil.name(event.name) if event.name else self.veil.address(event.address)


def home_cells(row: Row, veil: Veil) -> dict[str, Cell]:
    """What the columns that come home say when they go out."""
    person = row.text("customer")
    return {
        "status": row.cell("status"),
        "category": row.cell("category"),
        "answer": veil.outside(text_of(row.base.facts.get("answer")), person) or None,
        "memo": veil.outside(row.text("memo"), person) or None,
    }
