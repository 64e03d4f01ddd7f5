"""How urgent an inquiry is: where its category starts, and what raises it. Nothing lowers it.

The standard is the triage guide: harm, a step outward, a date within two days or a third contact make it
urgent; money wrongly held, a date within a week or a second contact make it high. Anger raises nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

PRIORITIES = ("none", "normal", "high", "urgent")
"""From the least to the most urgent."""

STARTS: Mapping[str, str] = {
    "wrong_item": "urgent",
    "defect": "high",
    "not_arrived": "high",
    "delivery_change": "high",
    "cancel": "high",
    "complaint": "high",
    "sales": "none",
}
"""Where a category starts; all others, and a shop's own, start at normal."""

SOON, WEEK = 2, 7
"""Days until a need-by date that make an inquiry urgent, or high."""

SAME_CONTACT = timedelta(hours=1)
"""Mails this close together are one contact: who sends a correction at once has not written twice."""

SAME_MATTER = timedelta(days=45)
"""How far back a contact may lie and still be about the same thing."""


@dataclass(frozen=True, slots=True)
class Contact:
    """An earlier message of the same customer. `date` is aware; `answered`: a reply of ours followed it."""

    date: datetime
    inquiry: str
    category: str
    order_numbers: tuple[str, ...]
    answered: bool


@dataclass(frozen=True, slots=True)
class Raise:
    """One reason to be quicker: the level it raises to, the cause's key, what fills the sentence about it."""

    level: str
    cause: str
    values: Mapping[str, object] = field(default_factory=dict)


def start(category: str) -> str:
    """The urgency a category starts from."""
    return STARTS.get(category, "normal")


def raised(priority: str, raises: Iterable[Raise]) -> str:
    """The urgency of an inquiry: the highest of where it starts and of all that raises it."""
    return max((priority, *(each.level for each in raises)), key=PRIORITIES.index)


def date_raise(need: date | None, sent: datetime) -> Raise | None:
    """What a need-by date raises. `sent` is local."""
    if need is None:
        return None
    days = (need - sent.date()).days
    if days <= SOON:
        return Raise("urgent", "soon", {"date": need, "days": days})
    return Raise("high", "week", {"date": need, "days": days}) if days <= WEEK else None


def contact_raise(count: int) -> Raise | None:
    """What the `count`-th contact about one thing without an answer raises."""
    if count >= 3:
        return Raise("urgent", "third-contact", {"count": count})
    return Raise("high", "second-contact", {"count": count}) if count == 2 else None


def contacts(
    sent: datetime, inquiry: str, category: str, order_numbers: Sequence[str], earlier: Iterable[Contact]
) -> int:
    """Which contact about its matter a message of `sent` is; those before our last answer do not count."""
    count, moment = 1, sent
    for contact in sorted(earlier, key=lambda contact: contact.date, reverse=True):
        if contact.date > sent or not _same_matter(contact, sent, inquiry, category, order_numbers):
            continue
        if contact.answered:
            break
        if moment - contact.date >= SAME_CONTACT:
            count, moment = count + 1, contact.date
    return count


def _same_matter(
    contact: Contact, sent: datetime, inquiry: str, category: str, order_numbers: Sequence[str]
) -> bool:
    if sent - contact.date > SAME_MATTER:
        return False
    # One thread of mail is one matter, and so is one order.
    if (inquiry and contact.inquiry == inquiry) or set(order_numbers) & set(contact.order_numbers):
        return True
    # Without an order number on one side the category has to speak: people forget the number the second time.
    return contact.category == category and not (order_numbers and contact.order_numbers)
