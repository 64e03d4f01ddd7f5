"""Which reply templates a row suggests for a mail, and how the row says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from daicho.inquiry.judge import Judgement
from daicho.inquiry.reply import language_of
from daicho.inquiry.thread import Event
from daicho.ledger.parts import Parts, told_apart
from daicho.ledger.replies import Replies
from daicho.ledger.rows import join_words

TEMPLATE_FLOOR = 0.3
"""The chance from which on a template is suggested at all."""


def suggested(
    judgement: Judgement, requests: Sequence[Judgement], language: str, replies: Replies
) -> tuple[Judgement, Parts]:
    """A message's judgement with those of its templates that the shop has switched on, and what each part of
    a joined reply is about.

    `requests` are the judgements of the mail's requests if it makes several, `language` is the mail's.
    """
    # Rather none than a bad one.
    likely = judgement.template_chance >= TEMPLATE_FLOOR
    templates = replies.suggested(judgement.templates, language) if likely else ()
    asked: dict[str, list[Judgement]] = {}
    for request in requests:
        for template in replies.suggested(request.templates[:1], language):
            asked.setdefault(template, []).append(request)
    if len(asked) < 2 or not templates or templates[0] not in asked:
        return replace(judgement, templates=templates), {}
    # Several requests in one mail: the cell names a template for each, the main one first.
    wording = replies.speaker.wording
    joined = join_words([templates[0], *asked], wording) or ""
    others = [template for template in templates if template not in asked]
    return replace(judgement, templates=(joined, *others)), told_apart(judgement, asked, wording)


def said(event: Event, judgement: Judgement, replies: Replies) -> list[str]:
    """Why a message was judged so, and which other templates would do, best first."""
    language, reason = said_language(event, judgement, replies), judgement.say_reason(replies.speaker.wording)
    return [*language, *reason.split("\n"), *said_candidates(judgement, replies)]


def said_candidates(judgement: Judgement, replies: Replies) -> list[str]:
    """Which other templates would do, best first, if any."""
    wording = replies.speaker.wording
    others = join_words(judgement.templates[1:], wording)
    return [wording.say("reply.candidates", templates=others)] if others else []


def said_raises(judgement: Judgement, replies: Replies) -> list[str]:
    """What made a later message more urgent: what raised it, else what it is about."""
    raises = [
        (key, values)
        for key, values in judgement.reason
        if key.startswith("judge.raise-") or values.get("item") == "priority"
    ]
    said = replace(judgement, reason=tuple(raises) or judgement.reason)
    return said.say_reason(replies.speaker.wording).split("\n")


def said_language(event: Event, judgement: Judgement, replies: Replies) -> list[str]:
    """That the reply is in another language than the mail, if it is."""
    say, mail = replies.speaker.wording.say, language_of(event.text)
    ours = replies.other_language("".join(judgement.templates[:1]), mail)
    names = {"mail": say(f"reply.language-{mail}"), "reply": say(f"reply.language-{ours}")} if ours else {}
    return [say("reply.other-language", **names)] if names else []
