"""Which texts resemble each other: the template a reply was made from, past inquiries like a new one.

Texts are compared by the character n-grams they share, which needs no tokenizer and reads Japanese and
English alike. Every comparison is linear in the length of the texts.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt

from daicho.inquiry.extract import fold
from daicho.inquiry.reply import Template

TEXT_LIMIT = 4000
"""Characters of a text that are compared. Who writes more has said it by then."""

REPLY_GRAM = 6
"""Characters of an n-gram when a reply is held against templates: long enough to be their own words."""

INQUIRY_GRAM = 3

CAME_FROM = 0.25
"""A reply that keeps so much of what is a template's own came from it. Of starters with half of their lines
cut and others added, most are still told at this share and none is taken for another (tests/bench)."""

_FIELD = re.compile(r"[{｛][^{}｛｝\n]{1,80}[}｝]")
_NO_WORDS = re.compile(r"[\W_]+")


def _words(text: str) -> str:
    """What of a text is compared: letters and digits, folded."""
    return _NO_WORDS.sub("", fold(text[:TEXT_LIMIT]))


def grams(text: str, size: int = INQUIRY_GRAM) -> frozenset[str]:
    """The n-grams of a text."""
    words = _words(text)
    return frozenset(words[start : start + size] for start in range(max(1, len(words) - size + 1)) if words)


class Origins:
    """Tells which template a sent reply was made from.

    A template is known by the n-grams between its fields. Each weighs the less the more templates share it:
    a greeting tells nothing.
    """

    def __init__(self, templates: Iterable[Template]) -> None:
        self._grams = {template.key: _fixed(template.body) for template in templates}
        self._holders: dict[str, list[str]] = defaultdict(list)
        for key, own in self._grams.items():
            for gram in own:
                self._holders[gram].append(key)
        self._weight = {key: sum(map(self._worth, own)) for key, own in self._grams.items()}

    def of(self, text: str) -> str:
        """The key of the template, "" if the reply was written freely."""
        kept: dict[str, float] = defaultdict(float)
        for gram in grams(text, REPLY_GRAM) & self._holders.keys():
            for key in self._holders[gram]:
                kept[key] += self._worth(gram)
        shares = {key: weight / self._weight[key] for key, weight in kept.items()}
        best = max(shares, key=lambda key: (shares[key], key), default="")
        return best if best and shares[best] >= CAME_FROM else ""

    def _worth(self, gram: str) -> float:
        return 1 / len(self._holders[gram]) ** 2


def _fixed(body: str) -> frozenset[str]:
    return frozenset().union(*(grams(part, REPLY_GRAM) for part in _FIELD.split(body)))


@dataclass(frozen=True, slots=True)
class Near:
    """A text like the one asked about: its place in what was searched, and how near it is (0 to 1)."""

    index: int
    likeness: float


def nearest(text: str, past: Sequence[str], count: int) -> list[Near]:
    """The `count` texts of `past` most like `text`, nearest first; those that share nothing are left out.

    Cosine over n-grams weighted by rarity, counted among the n-grams of `text` alone: one pass over `past`
    that keeps no text's n-grams.
    """
    wanted = grams(text)
    shared: list[tuple[frozenset[str], int]] = []
    frequency: Counter[str] = Counter()
    for other in past:
        found = grams(other)
        common = wanted & found
        frequency.update(common)
        shared.append((common, len(found)))
    rarity = {gram: log(1 + len(past) / (1 + frequency[gram])) ** 2 for gram in wanted}
    own, mean = sum(rarity.values()), sum(rarity.values()) / max(1, len(rarity))
    scored = (
        Near(index, min(1.0, sum(rarity[gram] for gram in common) / sqrt(own * mean * size)))
        for index, (common, size) in enumerate(shared)
        if common
    )
    return heapq.nlargest(count, scored, key=lambda near: (near.likeness, -near.index))


PAIR = 2
"""Characters of an n-gram when questions are grouped: people ask the same thing in few words of the same."""

LIKE = 0.12
"""From this cosine on two inquiries ask the same thing; found on the labelled examples (tests/bench)."""

LEADERS = 300
"""So many groups are compared with at most: what comes in after them and is like none stands alone."""


def groups(texts: Sequence[str], alike: Sequence[object], like: float = LIKE) -> list[list[int]]:
    """Texts that ask the same thing, by their places; largest group first, in it the most typical text first.

    Only texts with an equal `alike` come together. Each text joins the nearest group so far or opens one,
    and a group is compared by the text that opened it.
    """
    vectors = weighted(texts)
    opened: dict[object, list[list[int]]] = defaultdict(list)
    for index, vector in enumerate(vectors):
        among = opened[alike[index]]
        near = max(among, key=lambda group: cosine(vector, vectors[group[0]]), default=None)
        if near is not None and cosine(vector, vectors[near[0]]) >= like:
            near.append(index)
        elif len(among) < LEADERS:
            among.append([index])
    found = [typical_first(group, vectors) for among in opened.values() for group in among]
    return sorted(found, key=len, reverse=True)


Vector = Mapping[str, float]
"""N-grams and their weights, of length 1 in all; empty for a text that says nothing."""


def weighted(texts: Sequence[str]) -> list[Vector]:
    """The texts as vectors: an n-gram weighs the more, the fewer of them have it."""
    sets = [grams(text, PAIR) for text in texts]
    frequency = Counter(gram for each in sets for gram in each)
    return [_unit({gram: log(1 + len(texts) / frequency[gram]) for gram in each}) for each in sets]


def _unit(weights: dict[str, float]) -> Vector:
    length = sqrt(sum(weight * weight for weight in weights.values()))
    return {gram: weight / length for gram, weight in weights.items()}


def cosine(one: Vector, other: Vector) -> float:
    """How alike two vectors of one `weighted` are, 0 to 1."""
    few, many = sorted((one, other), key=len)
    return sum(weight * many[gram] for gram, weight in few.items() if gram in many)


def typical_first(members: Iterable[int], vectors: Sequence[Vector]) -> list[int]:
    """`members` by how near they are to what they have in common, nearest first."""
    members = list(members)
    centre: Counter[str] = Counter()
    for member in members:
        centre.update(vectors[member])
    return sorted(members, key=lambda member: (-cosine(vectors[member], centre), member))
