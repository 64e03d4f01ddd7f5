"""Forgetting people: one who asks for it, or everybody whose matter was settled long ago.

Numbers, dates, categories and states stay, so that the months still add up. Message keys stay too: they are
what keeps the mail from being taken in again; one that tells the person is replaced by its fingerprint.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from daicho.inquiry.status import is_mere_thanks
from daicho.inquiry.thread import Event, Inquiry, Threads
from daicho.ledger.looks import Kind
from daicho.ledger.masking import Masker, bare, narrow
from daicho.ledger.merge import text_print
from daicho.ledger.people import read_customers
from daicho.ledger.propose import Speaker, excerpt
from daicho.ledger.rows import (
    Base,
    Ledger,
    Row,
    join_address,
    join_words,
    machine_digest,
    read_event,
    same,
    text_of,
    words_of,
)
from daicho.ledger.vendor.log import Export, holding, read_exports
from daicho.ledger.vendor.veil import Matter, labels, learn_customers, learn_matter
from daicho.mail.key import veiled_key
from daicho.sheets.workbook import Cell, Commit, Record, Update
from daicho.wording import Wording

OWN_WORDS = 10
"""Letters of a sentence from which on it tells whose it is."""

_SENTENCE_END = re.compile(r"[\n。．.！？!?…]")
PERSONAL_FACTS = ("reply_to", "answer", "draft", "reply", "served", "unlisted", "parts")
PRUNED = "pruned"
ERASED = "erased"
"""The fact of a base that tells what an inquiry was, and when it was closed because its person was erased."""

_MONTHS = re.compile(r"([0-9]{1,3}) ?(か月|ヶ月|カ月|ケ月|months?|年|years?)(?:間)?", re.IGNORECASE)


@dataclass(slots=True)
class Forgotten:
    """What is forgotten: ids of inquiries and customers, how many messages and other rows name the person.

    `exports` are the packs that hold them: whoever has one must delete it by themselves. `blot` takes them
    out of any text, for all that stands in the workbook outside of the ledger.
    """

    commit: Commit = field(default_factory=Commit)
    inquiries: list[str] = field(default_factory=list)
    customers: list[str] = field(default_factory=list)
    messages: int = 0
    mentions: int = 0
    exports: list[Export] = field(default_factory=list)
    blot: Callable[[str], str] = str


# --- one person ---------------------------------------------------------------------------------------------


def forget(ledger: Ledger, address: str, wording: Wording) -> Forgotten:
    """Erases the person who writes from `address`: their rows, messages and texts; their name, addresses and
    numbers wherever else they stand. A second time there is nothing left to do."""
    return _Erasure(ledger, address.strip().lower(), wording).planned()


class _Erasure:
    def __init__(self, ledger: Ledger, address: str, wording: Wording) -> None:
        self.ledger = ledger
        self.mark = wording.say("vendor.erased")
        self.thanks = wording.say("summary.thanks")
        customer = read_customers(ledger.customers).at(address)
        self.customer = customer.id if customer else ""
        self.addresses = {address, *(customer.addresses if customer else ())}
        self.theirs = {
            id
            for id, inquiry in Threads(event for event in ledger.events if event.inquiry).inquiries.items()
            if inquiry.first.address in self.addresses
        } | {id for id, row in ledger.rows.items() if row.text("address").lower() in self.addresses}
        self.masker = self._known(customer.name if customer else "", customer.phones if customer else ())
        self._ids = {id(row.record): known for known, row in ledger.rows.items()}
        self.result = Forgotten(blot=self._blotted)

    def _known(self, name: str, phones: Sequence[str]) -> Masker:
        """The person's name, addresses and numbers, but for what others bear, too."""
        masker = Masker("", dict.fromkeys(("name", "email", "phone", "order", "address"), self.mark))
        values: list[tuple[Kind, str]] = [("email", address) for address in self.addresses]
        values += [("phone", phone) for phone in phones]
        names = {name} | {event.name for event in self.ledger.events if event.address in self.addresses}
        values += [("name", name) for name in names]
        others = {
            bare(value)
            for id, row in self.ledger.customers.items()
            if id != self.customer
            for value in (row.text("name"), *row.text("phones").split("\n"))
        }
        for id in self.theirs & self.ledger.rows.keys():
            values += [("order", order) for order in words_of(self.ledger.rows[id].cell("order"))]
        for kind, value in values:
            if bare(value) not in others:
                masker.learn(kind, value)
        return masker

    def planned(self) -> Forgotten:
        tables = self.ledger.snapshot.tables
        for tab, records in tables.items():
            for record in records:
                wanted = self._wanted(tab, record)
                news = {key: cell for key, cell in wanted.items() if not same(record.cells.get(key), cell)}
                if news:
                    self.result.commit.updates.append(Update(tab, record, news))
        self.result.exports = holding(read_exports(tables.get("exports", ())), self.theirs)
        return self.result

    def _wanted(self, tab: str, record: Record) -> dict[str, Cell]:
        """What a row shall say."""
        inquiry = self._ids.get(id(record), "") if tab == "inquiries" else ""
        if inquiry in self.theirs:
            self.result.inquiries.append(inquiry)
            return erased_inquiry(self.ledger, Row.read(record), self.mark)
        if tab == "customers" and self.customer and text_of(record.cells.get("id")) == self.customer:
            self.result.customers.append(self.customer)
            return erased_customer(self.ledger, Row.read(record), self.mark)
        event = read_event(record, self.ledger.layout, self.ledger.clock) if tab == "messages" else None
        if event and (event.inquiry in self.theirs or event.address in self.addresses):
            self.result.messages += 1
            return self._erased_message(record, event)
        # The shop's settings name the shop's own people.
        wanted = {} if tab == "settings" else self._without_mentions(tab, record)
        return wanted | self._without_quotes(record) if tab == "faq" else wanted

    def _without_quotes(self, record: Record) -> dict[str, Cell]:
        """A frequent question was found in mails. One that was approved is the shop's own by then."""
        status = self.ledger.layout.option("faq_status", text_of(record.cells.get("status")).strip())
        quoting = ("example",) if status == "approved" else ("question", "example")
        return {key: self.mark for key in quoting if self._is_theirs(text_of(record.cells.get(key)))}

    def _is_theirs(self, text: str) -> bool:
        """Whether a text holds a sentence of the person's that nobody else has written."""
        sentences = {bare(sentence) for sentence in _SENTENCE_END.split(text)}
        theirs, others = self._said
        return any(
            len(sentence) >= OWN_WORDS and sentence in theirs and sentence not in others
            for sentence in sentences
        )

    @cached_property
    def _said(self) -> tuple[str, str]:
        """What the person wrote and what all others did, bare."""
        theirs: list[str] = []
        others: list[str] = []
        for event in self.ledger.events:
            if event.incoming:
                said = theirs if event.address in self.addresses else others
                said += [bare(event.subject), bare(event.text)]
        return "\n".join(theirs), "\n".join(others)

    def _erased_message(self, record: Record, event: Event) -> dict[str, Cell]:
        side = "from" if event.incoming else "to"
        return {
            "key": self._key(event.key),
            side: self.mark,
            "subject": self.mark,
            # A mere thanks stays one: it neither reopened the matter nor counts as a contact.
            "text": f"{self.mark} {self.thanks}" if is_mere_thanks(event.text) else self.mark,
            "attachments": None,
            "note": None,
            "references": "\n".join(map(self._key, event.references)) or None,
        }

    def _key(self, key: str) -> str:
        return veiled_key(key) if tells(key, self.addresses) else key

    def _without_mentions(self, tab: str, record: Record) -> dict[str, Cell]:
        """Another's row: only the person's own name and numbers go."""
        wanted: dict[str, Cell] = {}
        for key, cell in record.cells.items():
            if not isinstance(cell, str) or key in ("id", "key", "inquiry", "customer_id", "base"):
                continue
            if key == "references":
                wanted[key] = "\n".join(map(self._key, cell.split("\n")))
            else:
                wanted[key] = self._blotted(cell)
        if tab in ("inquiries", "customers"):
            row = Row.read(record)
            base = _mapped(row.base, self._blotted)
            if base.facts.get("reply") == text_print(row.cell("reply")) != "":
                # It is still our own text.
                base.facts["reply"] = text_print(wanted["reply"])
            if any(not same(record.cells.get(key), cell) for key, cell in wanted.items()) or base != row.base:
                self.result.mentions += 1
                _remember(self.ledger, tab, row, wanted, base)
        elif any(not same(record.cells.get(key), cell) for key, cell in wanted.items()):
            self.result.mentions += 1
        return wanted

    def _blotted(self, text: str) -> str:
        parts, end = [], 0
        for found in self.masker.find(text, outside=False):
            parts += [text[end : found.start], self.mark]
            end = found.end
        return "".join([*parts, text[end:]])


def tells(key: str, addresses: Iterable[str]) -> bool:
    """Whether a message key names somebody: their address, or what stands before its @."""
    folded = key.lower()
    local = folded.rpartition("@")[0] or folded
    names = [address.partition("@")[0] for address in addresses]
    return any(address and address in folded for address in addresses) or any(
        len(name) >= 4 and name in local for name in names
    )


def erased_inquiry(ledger: Ledger, row: Row, mark: str) -> dict[str, Cell]:
    """An inquiry's row that tells nothing of anybody."""
    wanted: dict[str, Cell] = dict.fromkeys(("address", "order", "reply", "draft", "memo", "reason", "link"))
    wanted |= {"customer": mark, "subject": mark, "excerpt": mark}
    base = _without_person(row.base)
    base.proposals |= {"customer": mark, "order": None}
    if row.text("reply"):
        # Nobody is left to answer: with a template, the next sync would write a reply to the mark.
        wanted["template"] = base.proposals["template"] = None
    if ledger.layout.option("status", row.text("status")) != "done":
        # Nor is anything left to do.
        status = ledger.layout.option("status", row.text("status")) or "open"
        if status != "excluded":
            # The months go on counting it as what it was.
            base.facts[ERASED] = [status, ledger.snapshot.taken.isoformat()]
        wanted["status"] = base.proposals["status"] = ledger.layout.label("status", "excluded")
        wanted["due"] = None
        base.facts.pop("seen", None)
    _remember(ledger, "inquiries", row, wanted, base)
    return wanted


def erased_customer(ledger: Ledger, row: Row, mark: str) -> dict[str, Cell]:
    """A customer's row that keeps only its number and its counts."""
    wanted: dict[str, Cell] = dict.fromkeys(("addresses", "phones", "orders", "same_as", "memo"))
    wanted["name"] = mark
    # Their inquiries are closed.
    wanted |= {"open": 0} if row.cell("open") else {}
    base = Base({"name": mark}, row.base.machine, {})
    _remember(ledger, "customers", row, wanted, base)
    return wanted


def _without_person(base: Base) -> Base:
    kept = base.copy()
    for fact in PERSONAL_FACTS:
        kept.facts.pop(fact, None)
    return kept


def _remember(ledger: Ledger, tab: str, row: Row, wanted: dict[str, Cell], base: Base) -> None:
    """Puts the hidden base into `wanted`, with a fingerprint that fits what the row says then."""
    if row.base.machine:
        cells = {key: cell for key, cell in (row.record.cells | wanted).items() if cell is not None}
        base.machine = machine_digest(ledger.layout.tab(tab), cells)
        wanted["base"] = base.cell()


def _mapped(base: Base, change: Callable[[str], str]) -> Base:
    """A base with every text in it changed."""

    def through(value: Any) -> Any:
        if isinstance(value, str):
            return change(value)
        if isinstance(value, list):
            return [through(item) for item in value]
        if isinstance(value, dict):
            return {key: through(item) for key, item in value.items()}
        return value

    return Base(through(base.proposals), base.machine, through(base.facts))


# --- everybody, after a while -------------------------------------------------------------------------------


def retention(records: Iterable[Record], layout_setting: Callable[[str], str]) -> int | None:
    """After how many months a settled inquiry is made anonymous; None where nothing is set.

    `layout_setting` turns a label into its key. Raises ValueError for a value that makes no sense.
    """
    for record in records:
        value = narrow(text_of(record.cells.get("value"))).strip()
        if value and layout_setting(text_of(record.cells.get("setting"))) == "retention":
            match = _MONTHS.fullmatch(value)
            if match is None or int(match[1]) == 0:
                raise ValueError(value)
            return int(match[1]) * (12 if match[2].lower().startswith(("年", "year")) else 1)
    return None


def months_before(moment: datetime, months: int) -> datetime:
    """The same day of an earlier month, or that month's last."""
    count = moment.year * 12 + moment.month - 1 - months
    year, month = divmod(count, 12)
    for day in range(moment.day, 27, -1):
        try:
            return moment.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return moment.replace(year=year, month=month + 1, day=min(moment.day, 28))


def prune(ledger: Ledger, before: datetime, secret: str, wording: Wording) -> Forgotten:
    """Makes anonymous what was settled before `before` (local, as cells hold it).

    `secret` is used once and thrown away, so that nobody can turn the pseudonyms back.
    """
    return _Pruning(ledger, before, secret, wording).planned()


class _Pruning:
    def __init__(self, ledger: Ledger, before: datetime, secret: str, wording: Wording) -> None:
        self.ledger = ledger
        self.speaker = Speaker(ledger.layout, wording, ledger.clock)
        threads = Threads(event for event in ledger.events if event.inquiry).inquiries
        self.matters = {
            id: Matter(id, ledger.rows.get(id) or Row.blank(), threads.get(id))
            for id in ledger.rows.keys() | threads.keys()
            if self._is_settled(ledger.rows.get(id), threads.get(id), before)
        }
        self.masker = Masker(secret, labels(wording))
        if self.matters:
            learn_customers(self.masker, ledger)
        for matter in self.matters.values():
            learn_matter(self.masker, matter)
        self.result = Forgotten()

    def _is_settled(self, row: Row | None, inquiry: Inquiry | None, before: datetime) -> bool:
        newest = max((event.date for event in inquiry.events), default=None) if inquiry else None
        last = self.ledger.clock.cell(newest)
        if row is None:
            # A person deleted the row; its mails are still in the log.
            return last is not None and last < before and not _is_anonymous(inquiry)
        status = self.ledger.layout.option("status", row.text("status"))
        moments = [
            cell for key in ("closed", "last", "received") if isinstance(cell := row.cell(key), datetime)
        ]
        settled = max([*moments, *([last] if last else [])], default=None)
        return (
            status in ("done", "excluded")
            and PRUNED not in row.base.facts
            and settled is not None
            and settled < before
        )

    def planned(self) -> Forgotten:
        result = self.result
        for id, matter in sorted(self.matters.items()):
            if matter.row.record.number:
                result.inquiries.append(id)
                result.commit.updates.append(Update("inquiries", matter.row.record, self._inquiry(matter)))
        for record in self.ledger.snapshot.tables["messages"]:
            event = read_event(record, self.ledger.layout, self.ledger.clock)
            if event and event.inquiry in self.matters:
                result.messages += 1
                result.commit.updates.append(Update("messages", record, self._message(record, event)))
        waiting = {
            row.text("customer_id")
            for id, row in self.ledger.rows.items()
            if id not in self.matters and PRUNED not in row.base.facts
        }
        for id in sorted(
            {matter.row.text("customer_id") for matter in self.matters.values()} - waiting - {""}
        ):
            if row := self.ledger.customers.get(id):
                result.customers.append(id)
                pseudonym = self.masker.pseudonym("name", row.text("name") or id)
                result.commit.updates.append(
                    Update("customers", row.record, erased_customer(self.ledger, row, pseudonym))
                )
        return result

    def _inquiry(self, matter: Matter) -> dict[str, Cell]:
        row, masker = matter.row, self.masker
        person = row.text("customer")
        name = masker.pseudonym("name", person) if person else None
        orders = [masker.pseudonym("order", order) for order in words_of(row.cell("order"))]
        wanted: dict[str, Cell] = dict.fromkeys(("address", "reply", "draft", "link"))
        for key in ("subject", "memo", "reason"):
            wanted[key] = masker.mask(row.text(key), person) or None
        wanted |= {"customer": name, "order": join_words(orders, self.speaker.wording)}
        masked = [replace(event, text=masker.mask(event.text, person)) for event in matter.events]
        if matter.inquiry:
            first = matter.inquiry.events.index(matter.inquiry.first)
            wanted["excerpt"] = excerpt(masked, masked[first], self.speaker)
        else:
            wanted["excerpt"] = masker.mask(row.text("excerpt"), person)
        base = _without_person(row.base)
        base.proposals |= {"customer": name, "order": wanted["order"]}
        base.facts[PRUNED] = True
        _remember(self.ledger, "inquiries", row, wanted, base)
        return wanted

    def _message(self, record: Record, event: Event) -> dict[str, Cell]:
        masker, person = self.masker, self.matters[event.inquiry].row.text("customer")
        side = "from" if event.incoming else "to"
        name = (
            masker.pseudonym("name", event.name) if event.name else masker.pseudonym("email", event.address)
        )
        texts = {key: text_of(record.cells.get(key)) for key in ("subject", "text", "attachments", "note")}
        wanted: dict[str, Cell] = {key: masker.mask(text, person) or None for key, text in texts.items()}
        addresses = {event.address} - {""}
        keys = [veiled_key(key) if tells(key, addresses) else key for key in (event.key, *event.references)]
        return {
            **wanted,
            side: join_address(name, ""),
            "key": keys[0],
            "references": "\n".join(keys[1:]) or None,
        }


def _is_anonymous(inquiry: Inquiry | None) -> bool:
    """Whether the messages name nobody any more."""
    return inquiry is None or not any(event.address for event in inquiry.events)
