"""The settings tab as values: members, business calendar, targets, products, campaigns, what work costs."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from daicho.ledger.offer import Offer, parse_amount, parse_offer
from daicho.ledger.rows import text_of, words_of
from daicho.sheets.layout import Layout
from daicho.sheets.statuses import added_statuses
from daicho.sheets.workbook import Record
from daicho.workdays import Calendar, Target, parse_days, parse_target, read_calendar

_Read = TypeVar("_Read")

DEFAULT_TARGETS = {"urgent": Target(hours=2), "high": Target(hours=8), "normal": Target(days=2)}
"""Business time until an answer is due, by urgency (design: Urgency and order of work)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a shop has set. `products` maps a product's name to the words it is known by.

    `statuses` are what a shop adds to the list.
    `campaigns` maps a campaign's name to its days. `minutes` maps a category (or the channel "phone") to the
    minutes one inquiry takes, "" for all others; `wage` is yen an hour. `vendors` maps a vendor to the
    categories left to it, `offers` are what vendors ask for.
    `problems` are (setting's label, name, value) of rows that could not be understood: their defaults hold.
    `unknown` are the labels of rows that are no setting.
    """

    calendar: Calendar
    members: tuple[str, ...] = ()
    targets: dict[str, Target] = field(default_factory=lambda: dict(DEFAULT_TARGETS))
    after_reply: str = "done"
    statuses: tuple[str, ...] = ()
    products: dict[str, tuple[str, ...]] = field(default_factory=dict)
    signature: str = ""
    campaigns: dict[str, frozenset[date]] = field(default_factory=dict)
    minutes: dict[str, float] = field(default_factory=dict)
    wage: float | None = None
    vendors: dict[str, tuple[str, ...]] = field(default_factory=dict)
    offers: tuple[Offer, ...] = ()
    problems: tuple[tuple[str, str, str], ...] = ()
    unknown: tuple[str, ...] = ()

    def campaigns_on(self, day: date) -> list[str]:
        """The campaigns that run on a day."""
        return [name for name, days in self.campaigns.items() if day in days]


def read_settings(records: Sequence[Record], layout: Layout) -> Settings:
    """Reads the settings tab; a row that makes no sense is told in `problems` and left out."""
    rows = _Rows(records, layout)
    calendar, misread = read_calendar(
        hours=rows.of("hours"),
        closed_weekdays=rows.values("closed_weekday"),
        closed_days=rows.values("closed_day"),
        half_days=rows.values("half_day"),
    )
    rows.problems += [(layout.label("setting", rows.setting_of(value)), "", value) for value in misread]
    targets = {layout.option("priority", name): target for name, target in rows.read("target", parse_target)}
    after_reply = rows.values("sent_status")
    wages = rows.read("wage", parse_amount)
    return Settings(
        calendar=calendar,
        members=tuple(
            dict.fromkeys(filter(None, (text_of(record.cells.get("member")).strip() for record in records)))
        ),
        targets=DEFAULT_TARGETS | targets,
        after_reply=layout.option("status", after_reply[0]) if after_reply else "done",
        statuses=added_statuses((record.cells for record in records), layout),
        products={name: (name, *words_of(value)) for name, value in rows.of("product") if name},
        signature="\n".join(rows.values("signature")),
        campaigns=dict(rows.read("campaign", parse_days)),
        minutes={_work(name, layout): minutes for name, minutes in rows.read("minutes", parse_amount)},
        wage=wages[0][1] if wages else None,
        vendors={
            name: tuple(layout.option("category", word) for word in words_of(value))
            for name, value in rows.of("vendor")
        },
        offers=tuple(replace(offer, name=name) for name, offer in rows.read("offer", parse_offer)),
        problems=tuple(rows.problems),
        unknown=tuple(rows.unknown),
    )


def misunderstood(settings: Settings, layout: Layout) -> list[tuple[str, dict[str, str]]]:
    """What to tell of each row without effect: the key of a sentence and its values."""
    told = [
        ("cli.odd-setting", {"setting": setting, "name": name, "value": value})
        for setting, name, value in settings.problems
    ]
    for setting in settings.unknown:
        # Japanese words are short: two letters of four are much alike.
        near = difflib.get_close_matches(setting, layout.lists["setting"].values(), 1, cutoff=0.4)
        key = "cli.unknown-setting-near" if near else "cli.unknown-setting"
        told.append((key, {"setting": setting, "near": "".join(near)}))
    return told


class _Rows:
    """The tab's rows by setting, as (name, value), and what could not be read."""

    def __init__(self, records: Sequence[Record], layout: Layout) -> None:
        self.problems: list[tuple[str, str, str]] = []
        self.unknown: list[str] = []
        self._layout = layout
        self._rows: dict[str, list[tuple[str, str]]] = {}
        for record in records:
            setting = layout.option("setting", text_of(record.cells.get("setting")))
            name, value = (
                text_of(record.cells.get("name")).strip(),
                text_of(record.cells.get("value")).strip(),
            )
            if setting and value and setting not in layout.lists["setting"]:
                self.unknown.append(setting)
            elif setting and value:
                self._rows.setdefault(setting, []).append((name, value))

    def of(self, setting: str) -> list[tuple[str, str]]:
        return self._rows.get(setting, [])

    def values(self, setting: str) -> list[str]:
        return [value for _, value in self.of(setting)]

    def setting_of(self, told: str) -> str:
        """The calendar setting whose row says `told` (its value, or its name and value)."""
        settings = ("hours", "closed_weekday", "closed_day", "half_day")
        says = ((setting, name, value) for setting in settings for name, value in self.of(setting))
        return next(setting for setting, name, value in says if told in (value, f"{name} {value}".strip()))

    def read(self, setting: str, parse: Callable[[str], _Read]) -> list[tuple[str, _Read]]:
        """The rows of a setting with their values parsed; one that `parse` refuses is a problem."""
        found = []
        for name, value in self.of(setting):
            try:
                found.append((name, parse(value)))
            except ValueError:
                self.problems.append((self._layout.label("setting", setting), name, value))
        return found


def _work(name: str, layout: Layout) -> str:
    """The category, or else the channel, that minutes are given for."""
    category = layout.option("category", name)
    return category if category != name else layout.option("channel", name)
