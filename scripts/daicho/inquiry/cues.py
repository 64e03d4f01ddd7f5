"""Cue words: what shops' customers talk about, and which of it they say in one breath.

A cue is a topic with the words it is said with (`sheet_templates/cues.toml`). Cues of one sentence are
paired, so that "not a cancellation" and "cancel" do not look alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import combinations

from daicho.inquiry.extract import fold

_SENTENCE_END = re.compile(r"[。!?\n]|\. ")
_DAY = "[0-9一二三四五六七八九十]{1,3}"
_DATE = re.compile(
    rf"{_DAY}月の?(?:{_DAY}日|初|頭|半ば|中ご|末)|[0-9]{{1,2}}/[0-9]{{1,2}}(?![0-9/])"
    r"|(?<![0-9月/])[0-9]{1,2}日(?!間|以|前|後|ほど|くらい|ぐらい|分)"
    r"|(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}\.? [0-9]{1,2}"
    r"|[0-9]{1,2}(?:st|nd|rd|th)\b|先月|先々週|先週|一昨日|おととい|昨日|(?:月|火|水|木|金|土|日)曜|月末"
    r"|last (?:week|month)|yesterday"
)


class Cues:
    """Finds cues in folded text. `words` maps a cue to its words, as people write them."""

    def __init__(self, words: Mapping[str, Sequence[str]]) -> None:
        cues: dict[str, list[str]] = {}
        for cue, spellings in words.items():
            for word in dict.fromkeys(map(fold, spellings)):
                cues.setdefault(word, []).append(cue)
        self._starting: dict[str, list[tuple[str, list[str]]]] = {}
        for word, its_cues in cues.items():
            self._starting.setdefault(word[:2], []).append((word, its_cues))

    def found(self, text: str) -> list[str]:
        """The cues of `text`, and as "one&other" the pairs that share a sentence. Without doubles."""
        # Of thousands of words a mail holds some dozens: only those are looked for in each sentence.
        starts = {text[i : i + 2] for i in range(len(text))} | set(text)
        near = [entry for start in starts for entry in self._starting.get(start, ()) if entry[0] in text]
        found: dict[str, None] = {}
        for sentence in _SENTENCE_END.split(text):
            cues = {cue for word, cues in near if begins(sentence, word) for cue in cues}
            if dates := len(_DATE.findall(sentence)):
                cues.add("date" if dates == 1 else "dates")
            ordered = sorted(cues)
            found.update(dict.fromkeys(ordered))
            found.update(dict.fromkeys(f"{one}&{other}" for one, other in combinations(ordered, 2)))
        return list(found)


def begins(text: str, word: str) -> bool:
    """Whether `word` stands in `text`; a word in Latin letters has to begin there: "ill" is not in "bill"."""
    start = text.find(word)
    while start >= 0:
        if not (start and is_latin(word[0]) and is_latin(text[start - 1])):
            return True
        start = text.find(word, start + 1)
    return False


def is_latin(character: str) -> bool:
    """Whether `character` is an ASCII letter."""
    return character.isascii() and character.isalpha()
