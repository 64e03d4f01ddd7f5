"""A category that a person or a vendor has set: what we had doubted about it is settled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from daicho.inquiry.judge import Judgement
from daicho.inquiry.status import moves
from daicho.inquiry.thread import Event, Inquiry
from daicho.ledger.propose import Speaker, tag_words
from daicho.ledger.rows import Base, Row, join_words, same, text_of, words_of
from daicho.ledger.unlisted import Lists, is_marked
from daicho.sheets.layout import Layout

FACT = "ruled"
"""The category people set (its key) that a row has followed: it is judged by each but once."""

DOUBTS = ("judge.category-unsure", "judge.kind-unsure")
"""Sentences of a reason that ask a person to look at the category."""

ABOUT_TEMPLATES = ("reply.candidates", "reply.other-language")
"""Sentences of a reason that speak of the suggested templates."""

_FIELD = re.compile(r"\{[^{}]*\}")


def ruling(row: Row, base: Base, lists: Lists, layout: Layout) -> str:
    """The category, by key, that people set in a row and that it has not followed yet; "" if there is none.

    `base` is what the row remembers. A word that no list knows decides nothing: the row asks what it means.
    """
    cell, followed = row.cell("category"), base.facts.get(FACT, "")
    # Nobody ever changed what we proposed. Once somebody has, our proposal, too, is a choice of theirs.
    if cell is None or (not followed and same(cell, row.base.proposals.get("category"))):
        return ""
    category = layout.option("category", text_of(cell))
    return category if category != followed and lists.knows("category", text_of(cell)) else ""


def asking(inquiry: Inquiry) -> list[Event]:
    """The messages whose judgements a row shows: the first, and whatever its customer asked since."""
    later = (event for event in inquiry.events if event.incoming and event.kind == "inquiry")
    asked = (event for event in later if moves(event, answered=True))
    return list({event.key: event for event in (inquiry.first, *asked)}.values())


def settle(base: Base, judgements: Sequence[Judgement], speaker: Speaker) -> None:
    """Takes our tag 要確認 back, unless the `judgements` by the new category ask for a look all the same."""
    look = speaker.wording.say("ledger.needs-look")
    wanted = {word for judgement in judgements for word in tag_words(judgement, speaker)}
    if look not in wanted and not is_marked(base):
        tags = [word for word in words_of(base.proposals.get("tags")) if word != look]
        base.proposals["tags"] = join_words(tags, speaker.wording)


def lines_of(keys: Iterable[str], lines: Iterable[str], speaker: Speaker) -> list[str]:
    """Those of a reason's `lines` that are one of the sentences `keys`, whatever they were filled with."""
    ends = [_FIELD.split(speaker.wording.sentences[key]) for key in keys]
    return [line for line in lines if any(line.startswith(end[0]) and line.endswith(end[-1]) for end in ends)]
