"""Several requests in one mail, told apart where the writer says that another one follows.

Only the writer's own words part a mail (また, あわせて, もう一点, 2. …): what merely sounds like two matters
stays one, since half an answer too many is worse than a sentence that a person adds.
"""

from __future__ import annotations

import re

from daicho.inquiry.extract import fold

TEXT_LIMIT = 3000
MOST = 3
"""Requests of one mail that are told apart."""

_SENTENCE = re.compile(r"(?<=[。！？!?])|(?<=[.!?])[ \t]+|\n")
_FURTHER = re.compile(
    r"(?:また|あと|それと|それから|あわせて|併せて|ついでに|加えて|さらに|別件|もう(?:一|ひと|1)(?:つ|点|件)"
    r"|[2-3][.)、:]|also\b|and also\b|another (?:question|thing)|one more|secondly\b)"
)
_ASKS = re.compile(
    r"[?]|でしょうか|ますか|ですか|ませんか|ください|下さい|たいです|たいので|たいのです|たいんです|お願い|教えて"
    r"|ほしい|欲しい|希望|please|could you|can you|can i|i'd like|would like|do you"
)


def requests(text: str) -> list[str]:
    """The requests of a mail, in order; none or one where the writer does not say that there are more."""
    parts: list[list[str]] = [[]]
    for sentence in filter(None, (each.strip() for each in _SENTENCE.split(text[:TEXT_LIMIT]) if each)):
        if _FURTHER.match(fold(sentence)) and len(parts) < MOST:
            parts.append([])
        parts[-1].append(sentence)
    asking = ["\n".join(part) for part in parts if _ASKS.search(fold("\n".join(part)))]
    return asking if len(asking) > 1 else []
