"""What a pack says about people: everything, pseudonyms, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from daicho.inquiry.thread import Event, Inquiry
from daicho.ledger.looks import Kind
from daicho.ledger.masking import Masker, contacts_in
from daicho.ledger.rows import Ledger, Row, text_of, words_of
from daicho.ledger.settings import Settings
from daicho.ledger.vendor.access import Access
from daicho.sheets.workbook import Cell
from daicho.wording import Wording

_KINDS: tuple[Kind, ...] = ("name", "email", "phone", "order", "address")


@dataclass(frozen=True, slots=True)
class Matter:
    """An inquiry as the ledger and the log know it."""

    id: str
    row: Row
    inquiry: Inquiry | None

    @property
    def events(self) -> Sequence[Event]:
        return self.inquiry.events if self.inquiry else ()


class Veil:
    """Lays itself over what goes out. Without a masker everything goes out as it is."""

    def __init__(self, masker: Masker | None) -> None:
        self.masker = masker

    def outside(self, text: str, person: str = "") -> str:
        """A text of a customer, to one, or about one."""
        return self.masker.mask(text, person) if self.masker and text else text

    def own(self, cell: Cell) -> Cell:
        """A text of the shop's own: templates, policies, labels."""
        if self.masker is None or not isinstance(cell, str):
            return cell
        return self.masker.mask(cell, outside=False)

    def name(self, name: str) -> str:
        return self.masker.pseudonym("name", name) if self.masker and name.strip() else name

    def address(self, address: str) -> str:
        if not self.masker or not address.strip():
            return address
        kind: Kind = "email" if "@" in address else "phone" if any(map(str.isdigit, address)) else "name"
        return self.masker.pseudonym(kind, address)

    def orders(self, orders: Sequence[str]) -> Sequence[str]:
        if not self.masker:
            return orders
        return [self.masker.pseudonym("order", order) for order in orders]


def veil_for(
    access: Access,
    seal: str,
    ledger: Ledger,
    settings: Settings,
    own: Iterable[str],
    wording: Wording,
    matters: Iterable[Matter],
) -> Veil:
    """The veil of one export: it knows every customer, and what the outgoing texts tell besides.

    `own` are the shop's addresses and name, which stay.
    """
    if access.masking == "full":
        return Veil(None)
    masker = Masker(seal, labels(wording), [*own, *_of_shop(ledger, settings, access.vendor)])
    learn_customers(masker, ledger)
    for matter in matters:
        learn_matter(masker, matter)
    return Veil(masker)


def labels(wording: Wording) -> dict[Kind, str]:
    return {kind: wording.say(f"vendor.mask-{kind}") for kind in _KINDS}


def learn_customers(masker: Masker, ledger: Ledger) -> None:
    """Everybody in the customers tab: others' names stand in a mail, too (a mix-up of parcels)."""
    for row in ledger.customers.values():
        masker.learn("name", row.text("name"))
        listed: Sequence[tuple[str, Kind]] = (
            ("addresses", "email"),
            ("phones", "phone"),
            ("orders", "order"),
        )
        for key, kind in listed:
            for value in row.text(key).split("\n"):
                masker.learn(kind, value)


def learn_matter(masker: Masker, matter: Matter) -> None:
    """Whoever an inquiry's row and messages name."""
    row = matter.row
    masker.learn("name", row.text("customer"))
    address = row.text("address")
    masker.learn("email" if "@" in address else "phone", address)
    for order in words_of(row.cell("order")):
        masker.learn("order", order)
    masker.study(row.text("memo"))
    masker.study(text_of(row.base.facts.get("answer")))
    for event in matter.events:
        # A mail system that returns our mail is nobody.
        if event.kind in ("inquiry", "reply"):
            masker.learn("name", event.name)
        masker.learn("email", event.address)
        masker.study(f"{event.subject}\n{event.text}")


def _of_shop(ledger: Ledger, settings: Settings, vendor: str) -> list[str]:
    """What is the shop's own, and known to everybody."""
    told = [text_of(record.cells.get("value")) for record in ledger.snapshot.tables.get("settings", ())]
    products = [word for words in settings.products.values() for word in words]
    return [vendor, *settings.members, *products, *(value for text in told for value in contacts_in(text))]
