"""The export log: what was handed over, to whom, when, and what is needed to take it back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from daicho.ledger.rows import text_of
from daicho.sheets.workbook import Cell, Record

IDS_IN_A_ROW = 2000
"""So many inquiry ids fit the hidden cell of one row of the log; a larger export goes on in further rows."""


@dataclass(slots=True)
class Export:
    """One pack. `seal` is the secret key of its pseudonyms and seals; `policies` maps each rule it held to a
    fingerprint; `inquiries` are the ids it holds; `records` its rows in the log (none: not logged yet).
    """

    id: str
    vendor: str
    when: datetime | None
    seal: str = field(repr=False)
    version: str
    policies: Mapping[str, str]
    inquiries: set[str] = field(default_factory=set)
    masking: str = ""
    file: str = ""
    records: list[Record] = field(default_factory=list)

    def rows(self, told: Mapping[str, Cell]) -> list[dict[str, Cell]]:
        """The rows of the log for it. `told` is what the visible columns say besides."""
        ids = sorted(self.inquiries)
        parts = [ids[start : start + IDS_IN_A_ROW] for start in range(0, len(ids), IDS_IN_A_ROW)] or [[]]
        rows: list[dict[str, Cell]] = []
        for part in parts:
            kept: dict[str, Any] = {"ids": part}
            if not rows:
                kept |= {"seal": self.seal, "policies": dict(self.policies)}
            visible: dict[str, Cell] = {
                "id": self.id,
                "vendor": self.vendor,
                "when": self.when,
                "rows": len(part),
                "masking": self.masking,
                "version": self.version,
                "file": self.file,
            }
            rows.append({**visible, **told, "base": json.dumps(kept, ensure_ascii=False)})
        return rows


def read_exports(records: Iterable[Record]) -> dict[str, Export]:
    """The log by export id, oldest first. A row that somebody damaged counts for what can be read."""
    exports: dict[str, Export] = {}
    for record in records:
        cells = {key: text_of(cell) for key, cell in record.cells.items()}
        if not (id := cells.get("id", "")):
            continue
        when = record.cells.get("when")
        kept = _kept(cells.get("base", ""))
        export = exports.setdefault(
            id,
            Export(
                id,
                cells.get("vendor", ""),
                when if isinstance(when, datetime) else None,
                "",
                cells.get("version", ""),
                {},
                masking=cells.get("masking", ""),
                file=cells.get("file", ""),
            ),
        )
        export.seal = export.seal or str(kept.get("seal", ""))
        export.policies = export.policies or dict(kept.get("policies", {}))
        export.inquiries.update(kept.get("ids", ()))
        export.records.append(record)
    return exports


def holding(exports: Mapping[str, Export], inquiries: Iterable[str]) -> list[Export]:
    """The exports that hold any of the inquiries."""
    wanted = set(inquiries)
    return [export for export in exports.values() if export.inquiries & wanted]


def last_of(exports: Mapping[str, Export], vendor: str) -> Export | None:
    """The vendor's newest export."""
    mine: Sequence[Export] = [export for export in exports.values() if export.vendor == vendor]
    return mine[-1] if mine else None


def _kept(cell: str) -> dict[str, Any]:
    try:
        kept = json.loads(cell)
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) else {}
