"""What an inquiry's row should say, from its messages, their judgement and what was proposed before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from daicho.inquiry.judge import Judgement
from daicho.inquiry.status import Progress
from daicho.inquiry.thread import Event, Inquiry
from daicho.ledger.rows import CUT_MARK, EXCERPT_LIMIT, Clock, join_words, words_of
from daicho.sheets.layout import Layout
from daicho.sheets.workbook import Cell
from daicho.wording import Wording

WORDS_KEPT = 100
"""So many order numbers, products or tags stand in one cell."""

RANK = ("none", "normal", "high", "urgent")
"""Urgencies, least first."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says things in the shop's language: labels of the layout, sentences of the wording, local times."""

    layout: Layout
    wording: Wording
    clock: Clock


def first_proposals(
    judgement: Judgement, status: str, name: str, channel: str, speaker: Speaker
) -> dict[str, Cell]:
    """Proposals for the shared columns of a new inquiry."""
    label = speaker.layout.label
    return {
        "priority": label("priority", judgement.priority),
        "status": label("status", status),
        "channel": label("channel", judgement.channel or channel),
        "customer": name or judgement.customer_name or None,
        "category": label("category", judgement.category),
        "tags": join_words(tag_words(judgement, speaker), speaker.wording),
        "order": join_words(judgement.order_numbers[:WORDS_KEPT], speaker.wording),
        "product": join_words(judgement.products, speaker.wording),
        "template": judgement.templates[0] if judgement.templates else None,
    }


def later_proposals(
    before: dict[str, Cell], judgement: Judgement, speaker: Speaker
) -> tuple[dict[str, Cell], set[str]]:
    """Proposals after the customer wrote again, and the columns for which the new message speaks.

    The category stays what the inquiry is about; urgency only rises; words are added, none taken away.
    """
    layout = speaker.layout
    proposals, events = dict(before), set()
    known = layout.option("priority", str(before.get("priority") or ""))
    # The customer's new words make it more urgent than we last said: newer than anybody's decision.
    if known not in RANK or RANK.index(judgement.priority) > RANK.index(known):
        proposals["priority"] = layout.label("priority", judgement.priority)
        events.add("priority")
    for key, words in (
        ("tags", tag_words(judgement, speaker)),
        ("order", judgement.order_numbers),
        ("product", judgement.products),
    ):
        kept = [*words_of(before.get(key)), *words][:WORDS_KEPT]
        proposals[key] = join_words(kept, speaker.wording)
    # A new question wants a new answer; the template chosen for the old one was for the old one.
    if judgement.templates:
        proposals["template"] = judgement.templates[0]
        events.add("template")
    return proposals, events


def tag_words(judgement: Judgement, speaker: Speaker) -> list[str]:
    emotions = [speaker.layout.label("emotion", key) for key in judgement.emotion]
    return (
        emotions
        + list(judgement.tags)
        + ([speaker.wording.say("ledger.needs-look")] if judgement.unsure else [])
    )


def machine_cells(inquiry: Inquiry, progress: Progress, speaker: Speaker) -> dict[str, Cell]:
    """The machine columns that follow from the log alone."""
    first, clock = inquiry.first, speaker.clock
    heard = [event.date for event in inquiry.events if event.kind != "auto"] or [first.date]
    return {
        "id": inquiry.id,
        "received": clock.cell(first.date),
        "address": first.address or None,
        "subject": first.subject or speaker.wording.say("ledger.no-subject"),
        "excerpt": excerpt(inquiry.events, first, speaker),
        "messages": progress.trips,
        "last": clock.cell(max(heard)),
        "first_reply": clock.cell(progress.first_reply),
    }


def excerpt(events: Sequence[Event], first: Event, speaker: Speaker) -> str:
    """The customer's first words, and below them the newest if the customer wrote again."""
    text = _words(first, speaker)
    later = [event for event in events if event.incoming and event.kind == "inquiry" and event is not first]
    if later:
        moment = speaker.clock.cell(later[-1].date)
        mark = speaker.wording.say("ledger.wrote-again", moment=short_moment(moment))
        text = f"{text}\n{mark}\n{_words(later[-1], speaker)}"
    return text


def _words(event: Event, speaker: Speaker) -> str:
    """What a message says; that files came with it is told first, since a cell shows only its first lines."""
    attached = speaker.wording.say("ledger.attached", count=event.attached) if event.attached else ""
    return attached + shorten(event.text, EXCERPT_LIMIT)


def shorten(text: str, limit: int) -> str:
    """The text without blank lines, of which a cell shows only few, cut at `limit` characters."""
    text = "\n".join(line.rstrip() for line in text.splitlines() if line.strip())
    return text if len(text) <= limit else text[:limit].rstrip() + CUT_MARK


def short_moment(moment: datetime | None) -> str:
    return f"{moment.month}/{moment.day} {moment:%H:%M}" if moment else ""
