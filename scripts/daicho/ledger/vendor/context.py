"""What the sheets of one pack are written from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from daicho.ledger.rows import Ledger
from daicho.ledger.vendor.access import Access
from daicho.ledger.vendor.veil import Matter, Veil
from daicho.sheets.layout import Layout
from daicho.sheets.workbook import Record
from daicho.wording import Wording

PAPER = "C58B2B"
"""The colour of sheets that are only to be read, as the ledger has it for its own."""


@dataclass(frozen=True, slots=True)
class House:
    """What a pack says of the shop: its name and its own addresses."""

    name: str
    addresses: frozenset[str]


@dataclass(frozen=True, slots=True)
class Context:
    """One vendor's pack: who gets which inquiries, and what is laid over them."""

    ledger: Ledger
    access: Access
    house: House
    wording: Wording
    veil: Veil
    matters: Sequence[Matter]

    @property
    def layout(self) -> Layout:
        return self.ledger.layout

    @property
    def tables(self) -> Mapping[str, Sequence[Record]]:
        return self.ledger.snapshot.tables

    def say(self, key: str, **values: object) -> str:
        return self.wording.say(f"vendor.{key}", **values)
