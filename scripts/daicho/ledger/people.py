"""The customers tab: what people answered there, and what its rows should say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from daicho.inquiry.customer import Customer, Customers
from daicho.inquiry.extract import fold
from daicho.ledger.merge import Proposal, merge_row, merge_shared, new_row
from daicho.ledger.propose import Speaker
from daicho.ledger.rows import Base, Row, join_lines, read_customer
from daicho.sheets.workbook import Cell, Commit, Update

_WORD_END = re.compile(r"[\s、。,.!]")
_YES = frozenset(map(fold, ("はい", "yes", "y", "ok", "○", "◯", "同じ", "同一")))
_NO = frozenset(map(fold, ("いいえ", "no", "n", "×", "✕", "別人", "違う", "ちがう")))


@dataclass(slots=True)
class Tally:
    """What a customer's inquiries add up to. `first` and `last` are local times as cells hold them."""

    inquiries: int = 0
    open: int = 0
    first: datetime | None = None
    last: datetime | None = None
    products: list[str] = field(default_factory=list)

    def count(self, open_: bool, first: Cell, last: Cell, products: Iterable[str]) -> None:
        self.inquiries += 1
        self.open += open_
        if isinstance(first, datetime):
            self.first = min(self.first or first, first)
        if isinstance(last, datetime):
            self.last = max(self.last or last, last)
        self.products += products


def read_customers(rows: Mapping[str, Row]) -> Customers:
    """The customers that the tab knows, with what people answered in 名寄せ carried out."""
    customers = Customers(read_customer(row) for row in rows.values())
    for row in rows.values():
        hear(customers, customers.by_id[row.id], _first_word(row.text("same_as")))
    return customers


def _first_word(text: str) -> str:
    return _WORD_END.split(fold(text).strip(), maxsplit=1)[0]


def hear(customers: Customers, customer: Customer, answer: str) -> None:
    """Carries out a person's はい or いいえ; anything else is no answer."""
    if answer in _YES:
        # Yes, the two rows are one person: their inquiries and addresses move to the other row.
        if customer.candidate and (other := customers.by_id.get(customer.candidate[0])):
            customers.merge(other, customer)
        # Yes, the address we added is theirs: nothing left to ask.
        else:
            customer.joined.clear()
    elif answer in _NO:
        # No, somebody else: never proposed again.
        if customer.candidate:
            customer.refused.add(customer.candidate[0])
            customer.candidate = None
            return
        # No, undo: each address we added becomes a customer of its own again.
        for address in list(customer.joined):
            customers.split(customer, address)


def same_as(customer: Customer, speaker: Speaker) -> str | None:
    """The proposal in 名寄せ: who seems to be the same person, and why; None if there is nothing to ask."""
    if customer.candidate:
        other, evidence = customer.candidate
        return speaker.wording.say("ledger.same-person", other=other, evidence=evidence)
    if customer.joined:
        joined = "\n".join(f"{address}（{evidence}）" for address, evidence in customer.joined.items())
        return speaker.wording.say("ledger.joined-address", joined=joined)
    return None


def write_customers(
    commit: Commit,
    rows: Mapping[str, Row],
    customers: Customers,
    tallies: Mapping[str, Tally],
    speaker: Speaker,
) -> None:
    """Adds to `commit` what the customers tab needs so that it says what is known."""
    tab = speaker.layout.tab("customers")
    for customer in customers.by_id.values():
        row, tally = rows.get(customer.id), tallies.get(customer.id, Tally())
        if row is None and not tally.inquiries:
            # No inquiry of theirs stands in the ledger: a person deleted the row, or none was due.
            continue
        machine, base = _machine(customer, tally), Base(facts=_facts(customer))
        shared: dict[str, Cell] = {"name": customer.name or None, "same_as": same_as(customer, speaker)}
        if row is None:
            base.proposals = shared
            commit.appends.setdefault("customers", []).append(new_row(tab, machine, shared, base))
            continue
        shared["name"] = row.base.proposals.get("name") or shared["name"]
        merged = merge_shared(row, Proposal(machine, shared, _answered(row, shared)), speaker.wording)
        base.proposals = row.base.proposals | shared
        if cells := merge_row(tab, row, machine, merged, base):
            commit.updates.append(Update("customers", row.record, cells))


def _answered(row: Row, shared: Mapping[str, Cell]) -> frozenset[str]:
    # A new question replaces the answer to an old one; an answer to the same question stands.
    old, new = row.base.proposals.get("same_as"), shared["same_as"]
    return frozenset({"same_as"}) if new and new != old else frozenset()


def _machine(customer: Customer, tally: Tally) -> dict[str, Cell]:
    return {
        "id": customer.id,
        "addresses": join_lines(customer.addresses),
        "phones": join_lines(customer.phones),
        "first": tally.first,
        "last": tally.last,
        "inquiries": tally.inquiries,
        "open": tally.open,
        "orders": join_lines(customer.orders),
        "products": join_lines(tally.products),
    }


def _facts(customer: Customer) -> dict[str, object]:
    facts: dict[str, object] = {
        "addresses": customer.addresses,
        "phones": customer.phones,
        "orders": customer.orders,
        "joined": customer.joined,
        "refused": sorted(customer.refused),
        "candidate": list(customer.candidate) if customer.candidate else None,
    }
    return {name: value for name, value in facts.items() if value}
