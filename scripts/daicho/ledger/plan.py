"""One commit, planned whole before anything is written: from a snapshot, new messages and what people did."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Protocol

from daicho.inquiry.customer import Customer, Party, is_masked
from daicho.inquiry.extract import product_finder
from daicho.inquiry.judge import Case, Judgement
from daicho.inquiry.requests import judge_requests
from daicho.inquiry.rules import RuleSet
from daicho.inquiry.thread import Event, Inquiry, Threads, inquiry_id
from daicho.inquiry.urgency import Contact
from daicho.ledger.adopt import TYPED, party_of_typed, typed_event, undated
from daicho.ledger.context import Context
from daicho.ledger.drafts import Laid
from daicho.ledger.inquiry_row import InquiryRow
from daicho.ledger.people import Tally, read_customers, write_customers
from daicho.ledger.propose import Speaker
from daicho.ledger.quotation import learned
from daicho.ledger.replies import Habit, Replies, Sent
from daicho.ledger.rows import Base, Ledger, Row, clean, join_address, join_words, same, text_of, words_of
from daicho.ledger.ruling import asking
from daicho.ledger.settings import Settings
from daicho.ledger.unlisted import Lists
from daicho.mail.message import Address, Attachment, Message
from daicho.sheets.workbook import Cell, Commit, Update
from daicho.wording import Wording

MOST_ATTACHED = 50
"""So many attachments of a mail are named and counted."""


class Judge(Protocol):
    """Judges messages by rules and examples. A rule that turns out too slow is added to `rules.problems`."""

    rules: RuleSet

    def judge(self, cases: Sequence[Case]) -> list[Judgement]:
        """One judgement a case, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Arrival:
    """A decoded mail on its way into the ledger.

    `party` is the customer's side, `mailbox` the name in the log, `raw` where the raw mail lies (told
    where the mail could not be read whole), `reply_to` the address answers shall go to if it is another one.
    """

    message: Message
    incoming: bool
    party: Party
    mailbox: str
    raw: str = ""
    reply_to: str = ""


@dataclass(slots=True)
class Report:
    """What a sync did, by inquiry id where it names rows.

    `deleted` are inquiries whose rows people took out; they stay out until their customers write again.

    `undrafted` says for each inquiry why a draft that was asked for is not there, `unfilled` what the one
    that was laid still lacks, `unlisted` what stands in an open row that no list knows.
    """

    mails: int = 0
    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    adopted: list[str] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    urgent: list[str] = field(default_factory=list)
    overdue: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    drafted: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    undrafted: dict[str, str] = field(default_factory=dict)
    unfilled: dict[str, str] = field(default_factory=dict)
    unlisted: dict[str, str] = field(default_factory=dict)

    def add(self, later: Report) -> None:
        """Takes in the report of the next commit of the same sync: events add up, states are the newest."""
        self.mails += later.mails
        for name in ("new", "changed", "adopted", "restored", "conflicts", "drafted"):
            setattr(self, name, list(dict.fromkeys([*getattr(self, name), *getattr(later, name)])))
        self.undrafted |= later.undrafted
        self.unfilled |= later.unfilled
        self.urgent, self.overdue, self.unsure = later.urgent, later.overdue, later.unsure
        self.deleted = later.deleted
        self.unlisted = later.unlisted


class Plan:
    """Builds one commit. Call `take` with the new mails (none is fine), then read `commit` and `report`."""

    def __init__(
        self,
        ledger: Ledger,
        settings: Settings,
        judge: Judge,
        wording: Wording,
        now: datetime,
        link: Callable[[str], str] = str,
        shop: str = "",
        laid: Mapping[str, Laid] | None = None,
    ) -> None:
        """`link` turns a message key into what the mail column shows, `shop` is the shop's name in replies,
        `laid` says what became of drafts, by inquiry id."""
        self.ledger = ledger
        self.settings = settings
        self.judge = judge
        self.now = now
        self.speaker = Speaker(ledger.layout, wording, ledger.clock)
        self.threads = Threads(ledger.events)
        self.customers = read_customers(ledger.customers)
        self.laid = laid or {}
        self.replies = Replies(ledger.snapshot.tables, settings, self.speaker, shop, now)
        categories = [rule.value for rule in judge.rules.rules if rule.sets == "category"]
        used = [row.text("category") for row in ledger.rows.values()]
        self.context = Context(
            self.speaker,
            settings,
            now,
            link,
            self._judgement,
            self._customer,
            self._channel,
            self._sender,
            self._reply_to,
            self._requested,
            self._products,
            self.replies,
            Lists(self.speaker, settings, self.replies, categories, used),
            self.laid,
        )
        self.commit = Commit()
        self.report = Report()
        self._judged: dict[tuple[str, str], tuple[Judgement, list[Judgement]]] = {}
        self._arrivals: dict[str, Arrival] = {}
        self._events: list[Event] = []
        self._fresh: dict[str, list[Event]] = {}
        self._adopted: dict[str, Row] = {}
        self._tallies: dict[str, Tally] = {}
        self._found: dict[str, Customer] = {}
        self._habit = Habit()
        self._find_products = product_finder(settings.products)

    def take(self, arrivals: Iterable[Arrival]) -> Plan:
        """Plans everything: adoption, new mails, every row of the ledger, the customers."""
        self._adopt()
        self._place(sorted(arrivals, key=lambda arrival: arrival.message.date))
        self._log()
        for id in dict.fromkeys([*self.ledger.rows, *self._fresh]):
            self._write_inquiry(id)
        added = {text_of(cells["id"]) for cells in self.commit.appends.get("inquiries", ())}
        there = self.ledger.rows.keys() | self._adopted.keys() | added
        self.report.deleted = [id for id in self.threads.inquiries if id not in there]
        self._tell_rules()
        self._tell_templates()
        write_customers(self.commit, self.ledger.customers, self.customers, self._tallies, self.speaker)
        return self

    # --- what came in ---------------------------------------------------------------------------------------

    def _adopt(self) -> None:
        """Rows typed by hand, and copies of rows, become inquiries of their own."""
        for row in self.ledger.strays:
            event = typed_event(row, self.ledger.clock, self.now, self.threads.inquiries)
            self.threads.add(event)
            self._events.append(event)
            self._fresh[event.inquiry] = [event]
            self._adopted[event.inquiry] = Row(row.record, Base())
            self.report.adopted.append(event.inquiry)
        self._hear(self._events)

    def _place(self, arrivals: Sequence[Arrival]) -> None:
        """Puts each new mail to its inquiry, then has the new words of customers judged, all at once."""
        placed: list[Event] = []
        for arrival in arrivals:
            message = self.ledger.known.admit(arrival.message)
            if message is None:
                continue
            arrival = replace(arrival, message=message)
            event = self._event(arrival)
            event.inquiry = self.threads.place(event, message.bounce_of)
            # Nothing known: what a customer sends is a new inquiry, what we send of ourselves is only logged.
            if not event.inquiry and event.incoming:
                day = event.date.astimezone(self.ledger.clock.zone)
                event.inquiry = inquiry_id(event.key, day, self.threads.inquiries)
            if event.inquiry and not event.incoming:
                event.quoting = learned(message, self.threads.inquiries[event.inquiry].events)
            self.threads.add(event)
            self._arrivals[event.key] = arrival
            placed.append(event)
            if event.inquiry:
                self._fresh.setdefault(event.inquiry, []).append(event)
        self._hear(placed)
        self._events += placed
        self.report.mails = len(placed)

    def _event(self, arrival: Arrival) -> Event:
        message, party = arrival.message, arrival.party
        kinds = {"person": "inquiry" if arrival.incoming else "reply", "auto": "auto", "bounce": "bounce"}
        return Event(
            key=message.key,
            inquiry="",
            date=message.date,
            incoming=arrival.incoming,
            kind=kinds[message.kind] if arrival.incoming or message.kind == "auto" else "reply",
            address=party.email,
            name=party.name,
            subject=message.subject,
            text=party.text or message.new_text or self._instead_of_text(arrival),
            references=message.references,
            attached=len(message.attachments[:MOST_ATTACHED]),
        )

    def _instead_of_text(self, arrival: Arrival) -> str:
        """What a mail without words says: why it could not be read and where it lies, or what is attached."""
        attached = map(attachment_text, arrival.message.attachments)
        return "\n".join([*self._notes(arrival), *attached])

    def _notes(self, arrival: Arrival) -> list[str]:
        say = self.speaker.wording.say
        notes = [say(note) for note in arrival.message.notes]
        return [*notes, say("ledger.raw-mail", raw=arrival.raw)] if notes and arrival.raw else notes

    def _hear(self, events: Iterable[Event]) -> None:
        """Judges incoming messages (all in one go) and learns whose they are."""
        # An automatic mail or a bounce is judged only where it opens a row of its own.
        heard = [
            event
            for event in events
            if event.incoming
            and (event.kind == "inquiry" or self.threads.inquiries[event.inquiry].first is event)
        ]
        self._judge(heard)
        for event in heard:
            # In a thread the customer is known: what they answer us is never put aside as sales or automatic.
            if event.kind != "inquiry" or self.threads.inquiries[event.inquiry].first is event:
                event.kind = self._judgement(event).kind
        for event in heard:
            arrival = self._arrivals.get(event.key)
            party = arrival.party if arrival else party_of_typed(event)
            opens = self.threads.inquiries[event.inquiry].first is event
            # A message from an address nobody knows, in another's thread, makes nobody a new customer.
            if (
                event.kind == "inquiry"
                and (opens or self.customers.at(event.address))
                and (party.email or party.name)
            ):
                self._found.setdefault(event.inquiry, self.customers.find(party))

    def _case(self, event: Event, category: str) -> Case:
        arrival = self._arrivals.get(event.key)
        writer = Address(event.name, event.address)
        logged = Message(event.key, "", event.date, writer, (), (), (), event.subject, event.text, event.text)
        message = arrival.message if arrival else logged
        sent = event.date.astimezone(self.ledger.clock.zone)
        return Case(message, sent, event.inquiry, self._earlier(event), category)

    def _earlier(self, event: Event) -> tuple[Contact, ...]:
        """The same customer's earlier messages, oldest first, and whether we answered them."""
        customer = self.customers.at(event.address)
        addresses = customer.addresses if customer else [event.address] if event.address else []
        earlier = []

        @cache
        def last_answer(inquiry: str) -> datetime:
            """When we last wrote there before the event."""
            events = self.threads.inquiries[inquiry].events
            dates = (other.date for other in events if other.kind == "reply" and other.date <= event.date)
            return max(dates, default=datetime.min.replace(tzinfo=UTC))

        for known in (known for address in addresses for known in self.threads.of_address(address)):
            if known.incoming and known.kind == "inquiry" and known.date < event.date and known is not event:
                row = self.ledger.rows.get(known.inquiry)
                category = self.ledger.layout.option("category", row.text("category")) if row else ""
                answered = known.date <= last_answer(known.inquiry)
                earlier.append(
                    Contact(
                        known.date, known.inquiry, category, tuple(self.threads.orders_of(known)), answered
                    )
                )
        return tuple(sorted(earlier, key=lambda contact: contact.date))

    # --- what is written ------------------------------------------------------------------------------------

    def _log(self) -> None:
        """One row of the log a message, in order of date."""
        for event in sorted(self._events, key=lambda event: event.date):
            cells = {key: clean(value) for key, value in self._log_cells(event).items()}
            row: dict[str, Cell] = {key: value for key, value in cells.items() if value is not None}
            self.commit.appends.setdefault("messages", []).append(row)

    def _log_cells(self, event: Event) -> dict[str, Cell]:
        layout, say = self.ledger.layout, self.speaker.wording.say
        arrival = self._arrivals.get(event.key)
        cells: dict[str, Cell] = {
            "key": event.key,
            "inquiry": event.inquiry,
            "date": self.ledger.clock.cell(event.date),
            "direction": layout.label("direction", "in" if event.incoming else "out"),
            "kind": layout.label("kind", event.kind),
            "from" if event.incoming else "to": join_address(event.name, event.address),
            "subject": event.subject,
            "text": event.text,
            "references": "\n".join((*event.references[:1], *event.references[1:][-19:])),
            "mailbox": arrival.mailbox if arrival else say("ledger.typed-by-hand"),
        }
        if arrival is None:
            return cells
        message = arrival.message
        ours = message.to if event.incoming else (message.sender,)
        cells["to" if event.incoming else "from"] = "\n".join(
            join_address(a.name, a.email) for a in ours[:10]
        )
        cells["attachments"] = "\n".join(map(attachment_text, message.attachments[:MOST_ATTACHED]))
        cells["note"] = "\n".join(self._notes(arrival))
        return cells

    def _write_inquiry(self, id: str) -> None:
        fresh = self._fresh.get(id, [])
        row = self.ledger.rows.get(id) or self._adopted.get(id)
        inquiry = self.threads.inquiries.get(id)
        if row is None and not any(
            event.incoming and (event.kind == "inquiry" or event is self.threads.inquiries[id].first)
            for event in fresh
        ):
            # A person deleted the row; it comes back only when its customer writes again.
            return
        if row is not None and inquiry is None:
            # Its messages are gone from the log: nothing left to say, so the row is left as it stands.
            self._tally(row.record.cells)
            self._habit.count(Sent.read(row.base.facts.get("sent")))
            return
        assert inquiry is not None
        blank = row is None or not row.base.machine
        state = InquiryRow(self.context, inquiry, row or Row.blank(), fresh)
        if id in self._adopted and (told := undated(self._adopted[id], self.ledger.clock)):
            column = state.tab.column("received").label
            state.notes.append(self.speaker.wording.say("ledger.undated", column=column, value=told))
        cells = state.new() if row is None else state.merged()
        if row is None:
            self.commit.appends.setdefault("inquiries", []).append(cells)
        elif cells:
            self.commit.updates.append(Update("inquiries", row.record, cells))
        self._tell(id, blank, fresh, state, cells)
        self._tally((row.record.cells if row else {}) | cells)
        self._habit.count(Sent.read(state.base.facts.get("sent")))

    def _tell(
        self, id: str, blank: bool, fresh: Sequence[Event], state: InquiryRow, cells: dict[str, Cell]
    ) -> None:
        report, layout = self.report, self.ledger.layout
        if blank:
            report.new.extend([] if id in report.adopted else [id])
        elif fresh:
            report.changed.append(id)
        elif state.tampered and cells.keys() - {"base"}:
            report.restored.append(id)
        if state.conflicts:
            report.conflicts.append(id)
        if (laid := self.laid.get(id)) and not laid.trouble:
            report.drafted.append(id)
            if laid.missing:
                report.unfilled[id] = self.speaker.wording.say("ledger.unfilled", count=laid.missing)
        if state.undrafted:
            report.undrafted[id] = state.undrafted
        if state.questions:
            report.unlisted[id] = " ".join(state.questions)
        now = state.row.record.cells | cells
        if layout.option("status", text_of(now.get("status"))) in ("done", "excluded"):
            return
        if layout.option("priority", text_of(now.get("priority"))) == "urgent":
            report.urgent.append(id)
        due = now.get("due")
        if isinstance(due, datetime) and due < (self.ledger.clock.cell(self.now) or due):
            report.overdue.append(id)
        if self.speaker.wording.say("ledger.needs-look") in words_of(now.get("tags")):
            report.unsure.append(id)

    def _tell_rules(self) -> None:
        """What is wrong with a rule stands in its own row."""
        for index, record in enumerate(self.ledger.snapshot.tables.get("rules", [])):
            problem = self.judge.rules.problems.get(index)
            if not same(record.cells.get("problem"), problem):
                self.commit.updates.append(Update("rules", record, {"problem": problem}))

    def _tell_templates(self) -> None:
        """How often each template is used, and how often we were right to suggest it."""
        for record in self.ledger.snapshot.tables.get("templates", []):
            cells = self._habit.cells(text_of(record.cells.get("key")).strip())
            changed = {key: value for key, value in cells.items() if not same(record.cells.get(key), value)}
            if changed and record.cells.get("key"):
                self.commit.updates.append(Update("templates", record, changed))

    def _tally(self, cells: dict[str, Cell]) -> None:
        customer = text_of(cells.get("customer_id"))
        if customer:
            status = self.ledger.layout.option("status", text_of(cells.get("status")))
            tally = self._tallies.setdefault(customer, Tally())
            tally.count(
                status not in ("done", "excluded"),
                cells.get("received"),
                cells.get("last"),
                words_of(cells.get("product")),
            )

    def _customer(self, inquiry: Inquiry, row: Row) -> Customer | None:
        """The customer of an inquiry: by its first address, else as the row says."""
        first = inquiry.first
        found = self.customers.at(first.address) if first.address else None
        return found or self._found.get(inquiry.id) or self.customers.by_id.get(row.text("customer_id"))

    def _judgement(self, event: Event, category: str = "") -> Judgement:
        """The judgement of a message, from the log if it is not new; `category` is what people made of it."""
        if (event.key, category) not in self._judged:
            self._judge([event], category)
        return self._judged[event.key, category][0]

    def _judge(self, events: Sequence[Event], category: str = "") -> None:
        judged = judge_requests(self.judge.judge, [self._case(event, category) for event in events])
        self._judged |= {(event.key, category): each for event, each in zip(events, judged, strict=True)}

    def _channel(self, event: Event) -> str:
        arrival = self._arrivals.get(event.key)
        if arrival is None:
            return "phone" if event.key.startswith(TYPED) else "mail"
        if is_masked(event.address):
            return "amazon" if "amazon" in event.address else "rakuten"
        return "form" if arrival.party.form else "mail"

    def _requested(self, event: Event, category: str) -> list[Judgement]:
        """The judgements of a mail's requests, if its writer makes several."""
        self._judgement(event, category)
        return self._judged[event.key, category][1]

    def _products(self, inquiry: Inquiry) -> str | None:
        """What of the shop's products the customer names, as a cell lists them."""
        said = (f"{event.subject}\n{event.text}" for event in asking(inquiry))
        found = (name for text in said for name in self._find_products(text))
        return join_words(found, self.speaker.wording)

    def _sender(self, event: Event) -> str:
        arrival = self._arrivals.get(event.key)
        return arrival.message.sender.name or arrival.message.sender.email if arrival else ""

    def _reply_to(self, event: Event) -> str:
        arrival = self._arrivals.get(event.key)
        return arrival.reply_to if arrival else ""


def attachment_text(attachment: Attachment) -> str:
    """`name (12 KB)`"""
    size = attachment.size
    shown = (
        f"{size} B"
        if size < 1000
        else f"{size / 1000:.0f} KB"
        if size < 1_000_000
        else f"{size / 1_000_000:.1f} MB"
    )
    return f"{attachment.name} ({shown})"
