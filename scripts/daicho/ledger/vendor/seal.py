"""The hidden cell on every row of a pack: what stood there when it went out, and a seal over it.

Only fingerprints travel, no texts: they tell whether a cell was changed, and nothing about anybody.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass

from daicho.ledger.rows import digest, text_of
from daicho.sheets.workbook import Cell

HOME = ("status", "category", "answer", "memo")
"""The columns that come home."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One row as it went out: its inquiry, the fingerprint of each of its columns, and of all the texts that
    stay as they are."""

    id: str
    cells: Mapping[str, str]
    texts: str

    def cell(self, key: str) -> str:
        """The hidden cell. ASCII, so that every encoding of a CSV keeps it."""
        said = json.dumps([self.id, self.texts, dict(self.cells)], separators=(",", ":"), sort_keys=True)
        return f"{_sealed(said, key)}{said}"

    @classmethod
    def read(cls, cell: Cell, key: str) -> Sent | None:
        """Reads the hidden cell; None if it is missing or anybody touched it."""
        text = text_of(cell)
        seal, said = text[:16], text[16:]
        if not hmac.compare_digest(seal.encode(), _sealed(said, key).encode()):
            return None
        id, texts, cells = json.loads(said)
        return cls(id, cells, texts)


def print_of(value: Cell) -> str:
    """A cell's fingerprint."""
    return digest([value])


def _sealed(said: str, key: str) -> str:
    return hmac.new(key.encode(), said.encode(), hashlib.sha256).hexdigest()[:16]
