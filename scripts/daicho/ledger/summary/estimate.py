"""Would a vendor be cheaper? The month's work in hours and yen, against the offers in the settings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from daicho.ledger.offer import Offer
from daicho.ledger.settings import Settings
from daicho.ledger.summary.facts import Fact
from daicho.ledger.summary.table import Kind, Row, Table, Value, View

DEFAULT_MINUTES = 10.0
"""Minutes one inquiry takes where the settings do not say."""

ALL_DAY = (0, 24)
SATURDAY = 5
"""As `weekday` counts."""

SETUP_MONTHS = 12
"""A set-up fee is spread over the first year."""


def estimate_tables(view: View) -> list[Table]:
    return [by_effort(view), by_offer(view)]


def minutes_of(fact: Fact, settings: Settings) -> float:
    """Minutes an inquiry takes: a call's, else its category's, else those of all others."""
    known = settings.minutes
    if fact.channel == "phone" and "phone" in known:
        return known["phone"]
    return known.get(fact.category, known.get("", DEFAULT_MINUTES))


def hours_of(facts: Sequence[Fact], settings: Settings) -> float:
    return sum(minutes_of(fact, settings) for fact in facts) / 60


def by_effort(view: View) -> Table:
    """In-house hours by category, mail and telephone apart."""

    def values(name: str, facts: Sequence[Fact]) -> tuple[Value, ...]:
        phone = [fact for fact in facts if fact.channel == "phone"]
        mail = [fact for fact in facts if fact.channel != "phone"]
        hours = hours_of(mail, view.settings), hours_of(phone, view.settings)
        return name, len(mail), hours[0], len(phone), hours[1], hours[0] + hours[1]

    groups: dict[str, list[Fact]] = {}
    for fact in view.current:
        groups.setdefault(fact.category, []).append(fact)
    order = sorted(groups, key=lambda key: (-hours_of(groups[key], view.settings), key))
    rows = [Row(values(view.label("category", key), groups[key])) for key in order]
    if rows:
        rows.append(Row(values(view.say("total"), view.current), "total"))
    columns: list[tuple[str, Kind]] = [
        ("category", "text"),
        ("mail-inquiries", "count"),
        ("mail-hours", "decimal"),
        ("phone-inquiries", "count"),
        ("phone-hours", "decimal"),
        ("all-hours", "decimal"),
    ]
    return view.table("by-effort", columns, rows)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one offer would mean in a whole month like this one. Money in yen.

    `volume` is what the vendor would take on, `outside` what came outside its hours (mail waits for the
    morning, calls stay with the shop). `in_house` is what the same work costs the shop, `vendor` what the
    vendor costs, with the part of the set-up fee and with what lies beyond a cap and stays in house. Both
    are None without a wage. `break_even` is the smallest month's volume at which the vendor is no dearer.
    """

    offer: Offer
    volume: int
    outside: int
    in_house: float | None
    vendor: float | None
    break_even: int | None


def estimate(offer: Offer, facts: Sequence[Fact], settings: Settings, scale: float = 1) -> Estimate:
    """`scale` is how many times the whole month is as much as `facts`: a fee is asked for whole months."""
    categories = settings.vendors.get(offer.name, ())
    meant = [
        fact
        for fact in facts
        if (fact.channel == "phone") == (offer.channel == "phone")
        and (not categories or fact.category in categories)
    ]
    inside = [fact for fact in meant if works_at(offer, fact.received)]
    taken = inside if offer.channel == "phone" else meant
    volume, outside = round(len(taken) * scale), round((len(meant) - len(inside)) * scale)
    if settings.wage is None:
        return Estimate(offer, volume, outside, None, None, None)
    each = hours_of(taken, settings) * settings.wage / len(taken) if taken else _usual_cost(offer, settings)
    cost = vendor_cost(offer, volume, each)
    return Estimate(offer, volume, outside, volume * each, cost, break_even(offer, each))


def works_at(offer: Offer, moment: datetime) -> bool:
    """Whether the vendor works then. Hours of the day mean Monday to Friday; all day means every day."""
    if offer.hours == ALL_DAY:
        return True
    return moment.weekday() < SATURDAY and offer.hours[0] <= moment.hour < offer.hours[1]


def vendor_cost(offer: Offer, volume: int, own: float) -> float:
    """A month's cost of `volume` inquiries. What the vendor does not take costs `own` yen each."""
    beyond = volume if not offer.monthly else max(0, volume - offer.cap) if offer.cap is not None else 0
    return offer.monthly + offer.setup / SETUP_MONTHS + beyond * (own if offer.each is None else offer.each)


def break_even(offer: Offer, own: float) -> int | None:
    """The smallest volume at which the vendor costs no more than `own` yen each; None if there is none."""
    fixed = offer.monthly + offer.setup / SETUP_MONTHS
    included = math.inf if offer.cap is None else offer.cap
    # Within the monthly fee every inquiry saves what it costs in house.
    if offer.monthly and own and fixed / own <= included:
        return _whole(fixed / own)
    # Beyond it, and without a fee, only what the price of one is below that.
    free = offer.cap or 0 if offer.monthly else 0
    saving = own - (own if offer.each is None else offer.each)
    if saving > 0:
        return free + _whole((fixed - free * own) / saving)
    return 1 if saving == 0 and not fixed else None


def _whole(volume: float) -> int:
    """The next whole number, at least 1; a hair above one is that one (yen are added up as floats)."""
    return max(1, math.ceil(round(volume, 6)))


def _usual_cost(offer: Offer, settings: Settings) -> float:
    """What one inquiry costs in house where there was none this month."""
    usual = settings.minutes.get("", DEFAULT_MINUTES)
    minutes = settings.minutes.get("phone", usual) if offer.channel == "phone" else usual
    return minutes / 60 * (settings.wage or 0)


_OFFER_COLUMNS: tuple[tuple[str, Kind], ...] = (
    ("offer", "text"),
    ("volume", "count"),
    ("outside-hours", "count"),
    ("own-cost", "money"),
    ("vendor-cost", "money"),
    ("saving", "money"),
    ("break-even", "count"),
)


def by_offer(view: View) -> Table:
    passed, whole = business_days(view)
    if view.settings.offers and not passed:
        return view.table("by-offer", _OFFER_COLUMNS, [], remark=view.say("no-days-yet"))
    scale = whole / passed if passed else 1
    found = [estimate(offer, view.current, view.settings, scale) for offer in view.settings.offers]
    never = view.settings.wage is not None and any(item.break_even is None for item in found)
    missing = [] if view.settings.offers else ["no-offers"]
    missing += ["scaled"] if found and passed < whole else []
    missing += ["no-wage"] if view.settings.wage is None else []
    missing += ["no-minutes"] if not view.settings.minutes else []
    missing += ["never-pays"] if never else []
    told = {"minutes": f"{DEFAULT_MINUTES:g}", "passed": passed, "whole": whole}
    remark = " ".join(view.say(key, **told) for key in missing)
    return view.table("by-offer", _OFFER_COLUMNS, [Row(_values(item, view)) for item in found], remark=remark)


def business_days(view: View) -> tuple[int, int]:
    """The month's open days that have begun, and all of them. A month that is over, or has none, is whole."""
    opened = [day for day in view.month.days if view.settings.calendar.is_open_day(day)]
    if not opened or view.now.date() > view.month.last:
        return 1, 1
    return sum(day <= view.period.last for day in opened), len(opened)


def _values(found: Estimate, view: View) -> tuple[Value, ...]:
    offer = found.offer
    hours = (
        view.say("all-day")
        if offer.hours == ALL_DAY
        else view.say("hours-of-day", opening=offer.hours[0], closing=offer.hours[1])
    )
    name = view.say("offer-name", name=offer.name, channel=view.label("channel", offer.channel), hours=hours)
    saving = None if found.in_house is None or found.vendor is None else found.in_house - found.vendor
    return name, found.volume, found.outside, found.in_house, found.vendor, saving, found.break_even
