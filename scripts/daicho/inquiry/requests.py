"""Several requests in one mail, told apart where the writer says that another one follows.

Only the writer's own words part a mail (また, あわせて, もう一点, 2. …): what merely sounds like two matters
stays one, since half an answer too many is worse than a sentence that a person adds. Of several requests the
most urgent decides, at equal urgency the one asked first: so says the triage guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain, islice

from daicho.inquiry.extract import contact_form, fold
from daicho.inquiry.judge import TEMPLATES, Case, Judgement, Reason
from daicho.inquiry.urgency import PRIORITIES, start

TEXT_LIMIT = 3000
MOST = 3
"""Requests of one mail that are told apart."""

REQUEST_SURE = 0.7
"""A part of a mail is a request of its own from this confidence on."""

SILENT = frozenset({"sales", "feedback", "other"})
"""Categories of parts that never decide: thanks and greetings stand before what is asked."""

Judging = Callable[[Sequence[Case]], list[Judgement]]

_SENTENCE = re.compile(r"(?<=[。！？!?])|(?<=[.!?])[ \t]+|\n")
_FURTHER = re.compile(
    r"(?:また|あと|それと|それから|あわせて|併せて|ついでに|加えて|さらに|別件|もう(?:一|ひと|1)(?:つ|点|件)"
    r"|[2-3][.)、:]|also\b|and also\b|another (?:question|thing)|one more|secondly\b)"
)
_ASKS = re.compile(
    r"[?]|でしょうか|ますか|ですか|ませんか|ください|下さい|たいです|たいので|たいのです|たいんです|お願い|教えて"
    r"|ほしい|欲しい|希望|please|could you|can you|can i|i'd like|would like|do you"
)
# Who tells of trouble asks for help, in whatever form.
_TROUBLE = re.compile(
    r"割れ|欠け|壊れ|破損|不良|故障|違う|違って|違い|足りません|届いていません|届きません|届いてない|届かない"
    r"|けが|怪我|指を切|手を切|足を切|やけど|火傷|出血|忘れ|できません|できない"
    r"|broken|cracked|damaged|wrong|missing|injured|hurt|not arrived|cannot|can't|forgot"
)


def requests(text: str) -> list[str]:
    """The requests of a mail, in order; none or one where the writer does not say that there are more."""
    parts: list[list[str]] = [[]]
    for sentence in filter(None, (each.strip() for each in _SENTENCE.split(text[:TEXT_LIMIT]) if each)):
        if _FURTHER.match(fold(sentence)) and len(parts) < MOST:
            parts.append([])
        parts[-1].append(sentence)
    asking = [text for text in map("\n".join, parts) if _asks(fold(text))]
    return asking if len(asking) > 1 else []


def _asks(folded: str) -> bool:
    return bool(_ASKS.search(folded) or _TROUBLE.search(folded))


def judge_requests(judge: Judging, cases: Sequence[Case]) -> list[tuple[Judgement, list[Judgement]]]:
    """Each case's judgement and, if its writer makes several requests, those of the requests that are sure.

    All are judged in one go. What people have made of a mail no request of it decides anew.
    """
    parts = [_parts(case) for case in cases]
    judgements = iter(judge([*cases, *chain.from_iterable(parts)]))
    wholes = list(islice(judgements, len(cases)))
    sure = [
        [each for each in islice(judgements, len(of_one)) if each.confidence >= REQUEST_SURE]
        for of_one in parts
    ]
    return [
        (whole if case.category else decided(whole, of_one), of_one)
        for case, whole, of_one in zip(cases, wholes, sure, strict=True)
    ]


def _parts(case: Case) -> list[Case]:
    message = case.message
    form = contact_form(message)
    told = form.text if form else message.new_text.strip() or message.text
    return [
        replace(case, category="", message=replace(message, subject="", text=text, new_text=text))
        for text in requests(told)
    ]


def decided(whole: Judgement, parts: Sequence[Judgement]) -> Judgement:
    """A mail's judgement after those of its requests: the most urgent decides, then the one asked first.

    Nothing that the whole mail said is lowered, and what a shop's rule says of the mail stands.
    """
    asked = [part for part in parts if part.kind == "inquiry" and part.category not in SILENT]
    matters = dict.fromkeys(part.category for part in asked)
    if whole.kind != "inquiry" or len(matters) < 2:
        return whole
    first = max(asked, key=lambda part: PRIORITIES.index(_level(part, whole)))
    ruled = {values["item"] for key, values in whole.reason if key == "judge.rule-hit"}
    others = [category for category in matters if category != first.category]
    told = "ledger.two-requests" if len(matters) == 2 else "ledger.three-requests"
    line: Reason = (told, {"category": first.category, "second": others[0]})
    highest = max(whole.priority, _level(first, whole), key=PRIORITIES.index)
    priority = whole.priority if "priority" in ruled else highest
    if "category" in ruled or first.category == whole.category:
        return replace(whole, priority=priority, reason=(line, *whole.reason, *_added(first, whole)))
    return replace(
        whole,
        category=first.category,
        confidence=first.confidence,
        unsure=False,
        priority=priority,
        templates=tuple(dict.fromkeys([*first.templates[:1], *whole.templates]))[:TEMPLATES],
        template_chance=max(whole.template_chance, first.template_chance),
        reason=(line, *first.reason, *_added(whole, first)),
    )


def _level(part: Judgement, whole: Judgement) -> str:
    """The urgency of a request. What raises it only to high has to be heard in the whole mail, too: out of
    its context a question about money sounds like a refund that never came."""
    if part.priority != "high":
        return part.priority
    return max(start(part.category), min(whole.priority, "high", key=PRIORITIES.index), key=PRIORITIES.index)


def _added(judgement: Judgement, said: Judgement) -> list[Reason]:
    """What a judgement's reasons add to those of another one, which has named the category."""
    keys = {key for key, _ in said.reason if key != "judge.rule-hit"}
    return [
        reason
        for reason in judgement.reason
        if reason[0] not in keys and not reason[0].startswith("judge.category-") and reason not in said.reason
    ]
