"""Inquiries of the past with the answers that were given: what a shop knows by having done it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from daicho.inquiry.similar import nearest
from daicho.inquiry.thread import Inquiry, Threads
from daicho.ledger.faq_text import core_of_reply, only_puts_off
from daicho.ledger.replies import Sent, named_templates, read_templates
from daicho.ledger.rows import Ledger, text_of

FLOOR = 0.05
"""Less like than this are texts that share mere courtesies: among the labelled examples such pairs are of one
category hardly more often than by chance (12 %, where chance gives 7 %)."""


@dataclass(frozen=True, slots=True)
class Past:
    """One inquiry as a question and the first answer it got that is more than a promise of one.

    `received` is local time, `category` a key of the triage guide, `template` the key the row names, `used`
    the one the answer was made from ("" for none); `answer` is "" where nobody has answered.
    """

    id: str
    received: datetime
    customer: str
    category: str
    product: str
    template: str
    subject: str
    question: str
    answer: str
    used: str

    @property
    def text(self) -> str:
        return f"{self.subject}\n{self.question}"


@dataclass(frozen=True, slots=True)
class Likeness:
    """A past inquiry and how much it is like another, 0 to 1."""

    past: Past
    likeness: float


def past_inquiries(ledger: Ledger, month: str = "") -> list[Past]:
    """Every inquiry of a customer that the log holds, oldest first; or only those of a month, as 2026-10."""
    zone, read = ledger.clock.zone, _Reader(ledger)
    in_time = {
        event.inquiry for event in ledger.events if f"{event.date.astimezone(zone):%Y-%m}".startswith(month)
    }
    threads = Threads(event for event in ledger.events if event.inquiry in in_time)
    asked = [inquiry for inquiry in threads.inquiries.values() if inquiry.first.kind == "inquiry"]
    past = sorted(map(read, asked), key=lambda each: each.received)
    return [each for each in past if f"{each.received:%Y-%m}".startswith(month)]


def similar(id: str, past: Sequence[Past], count: int) -> list[Likeness]:
    """The answered inquiries most like the inquiry `id`, none below `FLOOR`. Raises KeyError."""
    wanted = next((each for each in past if each.id == id), None)
    if wanted is None:
        raise KeyError(id)
    answered = [each for each in past if each.answer and each.id != id]
    near = nearest(wanted.text, [each.text for each in answered], count)
    return [Likeness(answered[each.index], each.likeness) for each in near if each.likeness >= FLOOR]


class _Reader:
    """Makes a Past of an inquiry of one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._templates = read_templates(ledger.snapshot.tables.get("templates", ()), ledger.layout)

    def __call__(self, inquiry: Inquiry) -> Past:
        first = inquiry.first
        row = self._ledger.rows.get(inquiry.id)
        cells = row.record.cells if row else {}
        named = named_templates(text_of(cells.get("template")), self._templates)
        answer, used = _answer(inquiry, Sent.read(row.base.facts.get("sent")) if row else [])
        return Past(
            id=inquiry.id,
            received=first.date.astimezone(self._ledger.clock.zone).replace(tzinfo=None),
            customer=text_of(cells.get("customer")) or first.name,
            category=self._ledger.layout.option("category", text_of(cells.get("category"))),
            product=text_of(cells.get("product")),
            template=named[0].key if named else "",
            subject=first.subject,
            question=first.text,
            answer=answer,
            used=used,
        )


def _answer(inquiry: Inquiry, sent: Sequence[Sent]) -> tuple[str, str]:
    """The answer and the template it was made from. `sent` tells of our newest replies, in their order.

    Only what was sent counts: a draft, be it ours or a vendor's, is no answer yet.
    """
    replies = [event for event in inquiry.events if not event.incoming and event.kind == "reply"]
    used = [each.used for each in reversed(sent)]
    said = [
        (event.text, used[back] if back < len(used) else "")
        for back, event in enumerate(reversed(replies))
        if event.text.strip()
    ][::-1]
    # "We shall look into it" comes first, and the answer after it.
    answers = (each for each in said if not only_puts_off(core_of_reply(each[0], ())))
    return next(answers, said[0] if said else ("", ""))
