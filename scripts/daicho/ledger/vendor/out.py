"""The pack that goes out: which inquiries, and what stands on its sheets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from daicho.inquiry.thread import Event, Inquiry, Threads, short_code
from daicho.ledger.propose import Speaker, excerpt
from daicho.ledger.replies import read_templates
from daicho.ledger.rows import Ledger, Row, digest, join_lines, text_of, words_of
from daicho.ledger.settings import Settings
from daicho.ledger.vendor.access import Access, VendorError
from daicho.ledger.vendor.log import Export, last_of, read_exports
from daicho.ledger.vendor.seal import HOME, Sent, print_of
from daicho.ledger.vendor.veil import Matter, Veil, veil_for
from daicho.sheets.layout import Layout
from daicho.sheets.pack_page import Formula, Page, PageColumn, area
from daicho.sheets.workbook import Cell, Record
from daicho.wording import Wording

POLICY = ("subject", "case", "conditions", "steps", "offers", "escalation")
"""What makes a rule another rule when it changes."""

COLOURS = {"cover": "1F4E78", "inquiries": "3B6EA8", "report": "5B9A68"}
PAPER = "C58B2B"
NOTES = 12
"""Rows for suggestions on the reporting sheet."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack ready to be written. `export` is its entry in the log, `told` what else the entry shows but the
    file's fingerprint."""

    export: Export
    pages: list[Page]
    told: dict[str, Cell]


@dataclass(frozen=True, slots=True)
class House:
    """What a pack says of the shop: its name and its own addresses."""

    name: str
    addresses: frozenset[str]


def chosen(ledger: Ledger, access: Access, now: datetime) -> dict[str, Row]:
    """The rows a vendor is to handle, by id, the earliest due time first."""
    layout = ledger.layout
    earliest = ledger.clock.cell(now - timedelta(days=access.days)) if access.days is not None else None

    def wanted(row: Row) -> bool:
        status = layout.option("status", row.text("status"))
        received = row.cell("received")
        return (
            (status in access.statuses if access.statuses else status not in ("done", "excluded"))
            and (
                not access.categories or layout.option("category", row.text("category")) in access.categories
            )
            and (not access.tags or bool(access.tags.intersection(words_of(row.cell("tags")))))
            and (not access.assignees or row.text("assignee").strip() in access.assignees)
            and (earliest is None or (isinstance(received, datetime) and received >= earliest))
        )

    def due(entry: tuple[str, Row]) -> tuple[str, str]:
        id, row = entry
        moment = row.cell("due")
        # What has no due time comes last.
        return f"{moment:%Y%m%d%H%M}" if isinstance(moment, datetime) else "9", id

    return dict(sorted(((id, row) for id, row in ledger.rows.items() if wanted(row)), key=due))


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
    if "exports" not in ledger.snapshot.tables:
        raise VendorError("vendor.no-log", tab=ledger.layout.tab("exports").label)
    rows = chosen(ledger, access, now)
    if not rows:
        raise VendorError("vendor.nothing", vendor=access.vendor)
    threads = Threads(event for event in ledger.events if event.inquiry).inquiries
    matters = [Matter(id, row, threads.get(id)) for id, row in rows.items()]
    own = [house.name, *house.addresses]
    veil = veil_for(access, seal, ledger, settings, own, wording, matters)
    exports = read_exports(ledger.snapshot.tables["exports"])
    return _Builder(ledger, access, house, wording, now, seal, veil, matters).build(
        last_of(exports, access.vendor)
    )


class _Builder:
    """Puts one pack together."""

    def __init__(
        self,
        ledger: Ledger,
        access: Access,
        house: House,
        wording: Wording,
        now: datetime,
        seal: str,
        veil: Veil,
        matters: Sequence[Matter],
    ) -> None:
        self.ledger, self.access, self.house, self.now = ledger, access, house, now
        self.layout: Layout = ledger.layout
        self.tables: Mapping[str, Sequence[Record]] = ledger.snapshot.tables
        self.seal, self.veil, self.matters = seal, veil, matters
        self._texts: dict[str, str] = {}
        self.say = wording.say
        self.speaker = Speaker(self.layout, wording, ledger.clock)

    def build(self, before: Export | None) -> Pack:
        rules = policies(self.tables.get("policies", ()))
        version = version_of(self.tables.get("policies", ()), rules)
        export = Export(
            f"X-{short_code(self.seal, 5)}",
            self.access.vendor,
            self.ledger.clock.cell(self.now),
            self.seal,
            version,
            rules,
            {matter.id for matter in self.matters},
            self.layout.label("masking", self.access.masking),
        )
        inquiries = self._inquiries()
        pages = [
            self._cover(export, before),
            inquiries,
            self._threads(),
            self._templates(),
            self._policies(rules, before),
            self._faq(),
            self._report(inquiries),
            self._secret(export),
        ]
        for page in pages:
            page.rows = self._checked(page)
        fields = join_lines(column.label for column in inquiries.columns if not column.hidden)
        return Pack(export, pages, {"fields": (fields or "").replace("\n", "、")})

    def _checked(self, page: Page) -> list[Mapping[str, Cell]]:
        """The page's rows, looked through once more for anybody's name, address or number."""
        rows = list(page.rows)
        masker = self.veil.masker
        if masker is None:
            return rows
        clean: set[tuple[str, bool]] = set()
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

    # --- the sheets -----------------------------------------------------------------------------------------

    def _label(self, page: str) -> str:
        return self.say(f"vendor.sheet-{page}")

    def _inquiries(self) -> Page:
        tab = self.layout.tab("inquiries")
        columns = [PageColumn("id", tab.column("id").label, 13, "text")]
        for key in self.access.shown:
            known = tab.column(key)
            tints = {
                label: self.layout.colours[option]
                for option, label in self.layout.lists["priority"].items()
                if key == "priority"
            }
            columns.append(PageColumn(key, known.label, min(known.width, 44), known.format, tints=tints))
        columns += map(self._home_column, HOME)
        columns.append(PageColumn("base", "_base", 10, "text", hidden=True))
        rows = map(self._inquiry, self.matters)
        title = self.say("vendor.title-inquiries", vendor=self.access.vendor, count=len(self.matters))
        return Page("inquiries", self._label("inquiries"), columns, rows, title, COLOURS["inquiries"])

    def _home_column(self, key: str) -> PageColumn:
        if key == "answer":
            return PageColumn(key, self.say("vendor.answer"), 56, editable=True)
        known = self.layout.tab("inquiries").column(key)
        return PageColumn(key, known.label, known.width, known.format, editable=True, options=known.options)

    def _inquiry(self, matter: Matter) -> dict[str, Cell]:
        home = home_cells(matter.row, self.veil)
        shown = {key: self._shown(key, matter.row, matter.inquiry) for key in self.access.shown}
        sent = Sent(
            matter.id,
            {key: print_of(cell) for key, cell in home.items()},
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
                return veil.orders(cell)
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

    def _threads(self) -> Page:
        tab = self.layout.tab("messages")
        names = ("inquiry", "date", "direction", "subject", "text", "attachments")
        columns = [
            PageColumn(key, tab.column(key).label, min(tab.column(key).width, 70), tab.column(key).format)
            for key in names
        ]
        columns.insert(3, PageColumn("writer", self.say("vendor.writer"), 20))
        return Page(
            "threads", self._label("threads"), columns, self._messages(), self.say("vendor.title-threads")
        )

    def _messages(self) -> Iterator[dict[str, Cell]]:
        attached = {
            text_of(record.cells.get("key")): text_of(record.cells.get("attachments"))
            for record in self.tables["messages"]
            if record.cells.get("attachments")
        }
        for matter in self.matters:
            person = matter.row.text("customer")
            for event in matter.events:
                yield {
                    "inquiry": matter.id,
                    "date": self.ledger.clock.cell(event.date),
                    "direction": self.layout.label("direction", "in" if event.incoming else "out"),
                    "writer": self._writer(event) if event.incoming else self.house.name,
                    "subject": self.veil.outside(event.subject, person),
                    "text": self._masked(event, person).text,
                    "attachments": self.veil.outside(attached.get(event.key, ""), person),
                }

    def _writer(self, event: Event) -> str:
        if self.access.masking == "none":
            return self.say("vendor.mask-name")
        return self.veil.name(event.name) if event.name else self.veil.address(event.address)

    def _templates(self) -> Page:
        tab, layout = self.layout.tab("templates"), self.layout
        columns = [
            PageColumn(key, tab.column(key).label, min(tab.column(key).width, 70))
            for key in ("key", "name", "category", "subject", "body")
        ]
        rows = [
            {
                "key": self.veil.own(template.key),
                "name": self.veil.own(template.name),
                "category": layout.label("category", template.category),
                "subject": self.veil.own(template.subject),
                "body": self.veil.own(template.body),
            }
            for template in read_templates(self.tables.get("templates", ()), layout)
            if template.on
            and (not self.access.categories or template.category in self.access.categories | {""})
        ]
        return Page(
            "templates",
            self._label("templates"),
            columns,
            rows,
            self.say("vendor.title-templates"),
            PAPER,
            tall=True,
        )

    def _policies(self, rules: Mapping[str, str], before: Export | None) -> Page:
        tab = self.layout.tab("policies")
        columns = [PageColumn("changed", self.say("vendor.changed"), 9, "text")]
        columns += [
            PageColumn(column.key, column.label, column.width, column.format) for column in tab.columns
        ]
        rows = []
        for record in self.tables.get("policies", ()):
            cells = {key: self.veil.own(cell) for key, cell in record.cells.items()}
            mark = self._change(text_of(record.cells.get("id")), rules, before)
            rows.append({"changed": mark or None, **cells})
        title = self.say("vendor.title-policies")
        return Page(
            "policies", self._label("policies"), columns, rows, title, PAPER, flag="changed", tall=True
        )

    def _change(self, id: str, rules: Mapping[str, str], before: Export | None) -> str:
        """Nothing in a vendor's first pack: there everything is new."""
        if before is None or before.policies.get(id) == rules.get(id):
            return ""
        return self.say("vendor.rule-changed" if id in before.policies else "vendor.rule-new")

    def _faq(self) -> Page:
        tab = self.layout.tab("faq")
        columns = [
            PageColumn(key, tab.column(key).label, tab.column(key).width)
            for key in ("category", "question", "answer")
        ]
        rows = [
            {column.key: self.veil.own(record.cells.get(column.key)) for column in columns}
            for record in self.tables.get("faq", ())
            if self.layout.option("faq_status", text_of(record.cells.get("status"))) == "approved"
        ]
        return Page("faq", self._label("faq"), columns, rows, self.say("vendor.title-faq"), PAPER, tall=True)

    def _cover(self, export: Export, before: Export | None) -> Page:
        columns = [
            PageColumn("item", self.say("vendor.item"), 24),
            PageColumn("text", self.say("vendor.content"), 80),
            PageColumn("entry", self.say("vendor.entry"), 34, editable=True),
            PageColumn("key", "_key", 10, "text", hidden=True),
        ]
        rows = [
            {"item": self.say(f"vendor.cover-{item}"), "text": self.veil.own(text), "key": key}
            for item, text, key in self._cover_lines(export, before)
            if text
        ]
        title = self.say("vendor.title-cover", shop=self.house.name)
        return Page(
            "cover", self._label("cover"), columns, rows, title, COLOURS["cover"], entries="key", tall=True
        )

    def _cover_lines(self, export: Export, before: Export | None) -> list[tuple[str, str, str]]:
        due = sorted(cell for matter in self.matters if isinstance(cell := matter.row.cell("due"), datetime))
        until = self.say("vendor.until", first=_day(due[0]), last=_day(due[-1])) if due else ""
        gone = sorted(before.policies.keys() - export.policies.keys()) if before else []
        changed = [id for id in export.policies if self._change(id, export.policies, before)]
        contact = "\n".join(self.access.contact) or self.say("vendor.ask-shop", shop=self.house.name)
        return [
            ("to", self.access.vendor, ""),
            ("what", self._counts(), ""),
            ("until", until, ""),
            ("ask", contact, ""),
            ("how", self.say("vendor.how"), ""),
            ("people", self.say(f"vendor.people-{self.access.masking}"), ""),
            ("version", export.version, ""),
            ("changes", "、".join(changed), ""),
            ("gone", "、".join(gone), ""),
            ("acknowledge", self.say("vendor.acknowledge", version=export.version), "acknowledged"),
            ("export", f"{export.id}　{_moment(export.when)}", ""),
        ]

    def _counts(self) -> str:
        """ "12 inquiries (urgent 1, high 3, normal 8)" """
        labels = [matter.row.text("priority") for matter in self.matters]
        parts = [
            f"{label} {labels.count(label)}" for label in dict.fromkeys(self._priorities()) if label in labels
        ]
        return self.say("vendor.counts", count=len(labels), parts="・".join(parts))

    def _priorities(self) -> Iterable[str]:
        return self.layout.lists["priority"].values()

    def _report(self, inquiries: Page) -> Page:
        count = len(self.matters)
        columns = [
            PageColumn("item", self.say("vendor.item"), 34),
            PageColumn("count", self.say("vendor.count"), 10, "int"),
            PageColumn("answered", self.say("vendor.answered"), 10, "int"),
            PageColumn("done", self.layout.label("status", "done"), 12, "int"),
            PageColumn("entry", self.say("vendor.suggestion"), 80, editable=True),
            PageColumn("key", "_key", 10, "text", hidden=True),
        ]
        areas = {key: area(inquiries, key, count) for key in ("category", "status", "answer")}
        done = self.layout.label("status", "done")
        rows: list[dict[str, Cell]] = []
        for label in dict.fromkeys(matter.row.text("category") for matter in self.matters):
            same = f'{areas["category"]},"{_quoted(label)}"'
            rows.append(
                {
                    "item": label,
                    "count": Formula(f"=COUNTIFS({same})"),
                    "answered": Formula(f'=COUNTIFS({same},{areas["answer"]},"?*")'),
                    "done": Formula(f'=COUNTIFS({same},{areas["status"]},"{_quoted(done)}")'),
                }
            )
        rows += [{"item": self.say("vendor.suggestions"), "key": f"note{n}"} for n in range(1, NOTES + 1)]
        return Page(
            "report",
            self._label("report"),
            columns,
            rows,
            self.say("vendor.title-report"),
            COLOURS["report"],
            entries="key",
        )

    def _secret(self, export: Export) -> Page:
        columns = [PageColumn("name", "name", 20, "text"), PageColumn("value", "value", 60, "text")]
        rows: list[dict[str, Cell]] = [{"name": "export", "value": export.id}]
        return Page("_daicho", "_daicho", columns, rows, secret=True)


_OUTSIDE: Mapping[str, frozenset[str]] = {
    "inquiries": frozenset(
        {"subject", "excerpt", "tags", "product", "memo", "answer", "customer", "address"}
    ),
    "threads": frozenset({"writer", "subject", "text", "attachments"}),
}
"""Columns that hold what people wrote: nothing personal may be left there."""


def home_cells(row: Row, veil: Veil) -> dict[str, Cell]:
    """What the columns that come home say when they go out."""
    person = row.text("customer")
    return {
        "status": row.cell("status"),
        "category": row.cell("category"),
        "answer": veil.outside(text_of(row.base.facts.get("answer")), person) or None,
        "memo": veil.outside(row.text("memo"), person) or None,
    }


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


def _day(moment: datetime) -> str:
    return f"{moment.month}/{moment.day} {moment:%H:%M}"


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


def _quoted(label: str) -> str:
    """A text inside a formula; wildcards of COUNTIFS taken literally."""
    for mark in "~*?":
        label = label.replace(mark, f"~{mark}")
    return label.replace('"', '""')
