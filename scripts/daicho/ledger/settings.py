"""The settings tab as values: members, business calendar, targets, products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from daicho.ledger.rows import text_of, words_of
from daicho.sheets.layout import Layout
from daicho.sheets.workbook import Record
from daicho.workdays import Calendar, Target, parse_target, read_calendar

DEFAULT_TARGETS = {"urgent": Target(hours=2), "high": Target(hours=8), "normal": Target(days=2)}
"""Business time until an answer is due, by urgency (design: Urgency and order of work)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a shop has set. `products` maps a product's name to the words it is known by.

    `problems` are (setting's label, name, value) of rows that could not be understood: their defaults hold.
    """

    calendar: Calendar
    members: tuple[str, ...] = ()
    targets: dict[str, Target] = field(default_factory=lambda: dict(DEFAULT_TARGETS))
    after_reply: str = "done"
    products: dict[str, tuple[str, ...]] = field(default_factory=dict)
    signature: str = ""
    problems: tuple[tuple[str, str, str], ...] = ()


def read_settings(records: Sequence[Record], layout: Layout) -> Settings:
    """Reads the settings tab; a row that makes no sense is told in `problems` and left out."""
    rows: dict[str, list[tuple[str, str]]] = {}
    for record in records:
        setting = layout.option("setting", text_of(record.cells.get("setting")))
        name, value = text_of(record.cells.get("name")), text_of(record.cells.get("value"))
        if setting and value:
            rows.setdefault(setting, []).append((name, value))
    problems: list[tuple[str, str, str]] = []
    targets = dict(DEFAULT_TARGETS)
    for name, value in rows.get("target", []):
        try:
            targets[layout.option("priority", name)] = parse_target(value)
        except ValueError:
            problems.append((layout.label("setting", "target"), name, value))
    calendar, misread = read_calendar(
        hours=rows.get("hours", ()),
        closed_weekdays=[value for _, value in rows.get("closed_weekday", [])],
        closed_days=[value for _, value in rows.get("closed_day", [])],
        half_days=[value for _, value in rows.get("half_day", [])],
    )
    problems += [(layout.label("setting", "closed_day"), "", value) for value in misread]
    return Settings(
        calendar=calendar,
        members=tuple(
            dict.fromkeys(filter(None, (text_of(record.cells.get("member")) for record in records)))
        ),
        targets=targets,
        after_reply=layout.option("status", rows["sent_status"][0][1]) if "sent_status" in rows else "done",
        products={name: (name, *words_of(value)) for name, value in rows.get("product", []) if name},
        signature="\n".join(value for _, value in rows.get("signature", [])),
        problems=tuple(problems),
    )
