"""Who a message is from or to, and which customer that is.

One customer may write from several addresses. What proves it: the same name with the same phone number or
the same order number. Never a name alone. An order number alone only asks: after a mix-up of parcels two
strangers name the same one. A marketplace's masked address stays by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from daicho.inquiry.extract import contact_form, customer_name, fold, order_numbers, phones
from daicho.inquiry.thread import short_code
from daicho.mail.message import Address, Message

_MASKED = re.compile(
    r"@([a-z0-9-]+\.)*(fw\.rakuten\.ne\.jp|marketplace\.amazon\.(co\.jp|com)|relay\.amazon\.co\.jp)\Z"
)


@dataclass(frozen=True, slots=True)
class Party:
    """The customer's side of one message. `email` is lower-cased, "" if the mail does not tell it.

    `form` says that the message is a contact form's notice: `text` is then the customer's own words.
    """

    name: str
    email: str
    phones: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    text: str = ""
    form: bool = False

    @property
    def masked(self) -> bool:
        return is_masked(self.email)


def is_masked(email: str) -> bool:
    """True for a marketplace's stand-in address, which says nothing about the person behind it."""
    return bool(_MASKED.search(email))


def is_incoming(message: Message, outgoing: bool | None, own: frozenset[str]) -> bool:
    """Whether a mail came to the shop. `outgoing` is the folder's word, `own` the shop's addresses."""
    if outgoing is not None:
        return not outgoing
    # Mail from ourselves to a customer is a reply; from ourselves to ourselves it is a form's notice.
    if message.sender.email not in own:
        return True
    recipients = [address.email for address in (*message.to, *message.cc) if address.email]
    return not recipients or all(email in own for email in recipients)


def is_own_group(message: Message, own: frozenset[str]) -> bool:
    """Whether a mail bears list headers only because the shop's address is a group of its staff."""
    return message.list_id in {email.replace("@", ".") for email in own}


def party_of(message: Message, incoming: bool, own: frozenset[str]) -> Party:
    """The customer's side of a message."""
    if not incoming:
        to = next(
            (address for address in (*message.to, *message.cc) if address.email not in own), Address("", "")
        )
        return Party(to.name[:NAME_LIMIT], to.email)
    text = f"{message.subject}\n{message.new_text}"
    # An order number may stand in what is quoted; a phone number there is as likely our own.
    orders = order_numbers(f"{message.subject}\n{message.text}")
    form = contact_form(message)
    if form is not None:
        return Party(
            form.name[:NAME_LIMIT],
            form.email.lower(),
            phones(form.phone) or phones(text),
            orders,
            form.text,
            True,
        )
    writer = message.sender
    # Our own system wrote it down for a customer who stands in Reply-To only.
    if writer.email in own:
        writer = next((address for address in message.reply_to if address.email not in own), writer)
    return Party(
        _fuller(customer_name(message), writer.name)[:NAME_LIMIT], writer.email, phones(text), orders
    )


def _fuller(told: str, shown: str) -> str:
    """The name the writer signs with, unless the one beside the address says the same and more."""
    return shown if not told or _folded(told) in _folded(shown) else told


NAME_LIMIT = 200
"""Characters of a name; what is longer is no name."""

NUMBERS_KEPT = 300
"""So many of a customer's newest order numbers and phone numbers are remembered."""

SHARED_BY_MANY = 20
"""A number that more customers name than this is the shop's own, or a sample: it proves nothing."""


@dataclass(slots=True, eq=False)
class Customer:
    """One customer as the ledger knows it.

    `joined` maps an address that was added by proof to its evidence; `refused` holds addresses and ids a
    person said are somebody else; `candidate` is (id, evidence) of a customer who seems to be the same.
    """

    id: str
    name: str = ""
    addresses: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    joined: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    candidate: tuple[str, str] | None = None


@lru_cache(maxsize=10_000)
def _folded(name: str) -> str:
    return "".join(fold(name).split())


def customer_id(email: str, name: str) -> str:
    """`C-7KQ4M`: derived from the first address (else the name), so that every machine finds the same."""
    return f"C-{short_code(email or name, 5)}"


class Customers:
    """Finds the customer of a message; a new address joins a customer only by proof."""

    def __init__(self, known: Iterable[Customer] = ()) -> None:
        self.by_id: dict[str, Customer] = {}
        self._by_address: dict[str, Customer] = {}
        self._by_phone: dict[str, dict[str, Customer]] = {}
        self._by_order: dict[str, dict[str, Customer]] = {}
        self._merged: dict[str, Customer] = {}
        for customer in known:
            self._index(customer)

    def find(self, party: Party) -> Customer:
        """The customer behind `party`, a new one if nothing proves a known one. Learns what it tells."""
        customer = self._by_address.get(party.email) if party.email else None
        if customer is None:
            customer = self._proven(party) or self._new(party)
        self._suspect(customer, party)
        self._learn(customer, party)
        return customer

    def at(self, address: str) -> Customer | None:
        """The customer who writes from `address`."""
        return self._by_address.get(address)

    def split(self, customer: Customer, address: str) -> Customer:
        """Undoes a join: `address` becomes a customer of its own and is never joined to this one again."""
        customer.joined.pop(address, None)
        customer.refused.add(address)
        customer.addresses = [known for known in customer.addresses if known != address]
        other = Customer(self._free_id(address, ""), addresses=[address], refused={customer.id})
        self._index(other)
        return other

    def merge(self, into: Customer, other: Customer) -> None:
        """Makes two customers one because a person said so. `other` keeps its id and nothing else."""
        while into.id in self._merged:
            into = self._merged[into.id]
        if into is other:
            return
        self._merged[other.id] = into
        for mine, theirs in (
            (into.addresses, other.addresses),
            (into.phones, other.phones),
            (into.orders, other.orders),
        ):
            mine.extend(value for value in theirs if value not in mine)
        other.addresses, other.phones, other.orders, other.candidate = [], [], [], None
        self._index(into)

    def _proven(self, party: Party) -> Customer | None:
        for customer, evidence, named in self._evidence(party):
            if named and party.email and party.email not in customer.refused:
                customer.addresses.append(party.email)
                customer.joined[party.email] = evidence
                self._by_address[party.email] = customer
                return customer
        return None

    def _suspect(self, customer: Customer, party: Party) -> None:
        # Two rows, and something says that they are one: a person is asked, once.
        for other, evidence, _ in self._evidence(party):
            strangers = other.id in customer.refused or customer.id in other.refused
            if other is not customer and customer.candidate is None and not strangers:
                customer.candidate = (other.id, evidence)

    def _evidence(self, party: Party) -> Iterable[tuple[Customer, str, bool]]:
        """Customers who share a phone or order number: who, which number, whether by the same name."""
        # A masked address is one marketplace's word for one buyer: it is never joined to another.
        if party.masked:
            return
        name = _folded(party.name)
        for index, values in ((self._by_phone, party.phones), (self._by_order, party.orders)):
            for value in values:
                owners = index.get(value, {})
                for customer in owners.values() if len(owners) <= SHARED_BY_MANY else ():
                    named = bool(name) and name == _folded(customer.name)
                    if self._open_to_joining(customer) and (named or index is self._by_order):
                        yield customer, value, named

    @staticmethod
    def _open_to_joining(customer: Customer) -> bool:
        return bool(customer.addresses) and not any(map(is_masked, customer.addresses))

    def _new(self, party: Party) -> Customer:
        customer = Customer(self._free_id(party.email, party.name), party.name)
        customer.addresses.extend([party.email] if party.email else [])
        self._index(customer)
        return customer

    def _free_id(self, email: str, name: str) -> str:
        attempt, wanted = 0, customer_id(email, name)
        while wanted in self.by_id:
            attempt += 1
            wanted = f"C-{short_code(email or name, 5, attempt)}"
        return wanted

    def _learn(self, customer: Customer, party: Party) -> None:
        customer.name = customer.name or party.name
        for known, told in ((customer.phones, party.phones), (customer.orders, party.orders)):
            known.extend(number for number in told if number not in known)
            del known[:-NUMBERS_KEPT]
        self._index(customer)

    def _index(self, customer: Customer) -> None:
        self.by_id[customer.id] = customer
        for address in customer.addresses:
            self._by_address[address] = customer
        for index, values in ((self._by_phone, customer.phones), (self._by_order, customer.orders)):
            for value in values:
                index.setdefault(value, {})[customer.id] = customer
