"""Which texts resemble each other: the template a reply was made from, past inquiries like a new one.

Replies are held against templates by long character n-grams, questions against questions by pairs of
Japanese characters and whole Latin words: no tokenizer is needed. Every comparison is linear in the texts.
"""

from __future__ import annotations

import heapq
import re
import unicodedata
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

CAME_FROM = 0.25
"""A reply that keeps so much of what is a template's own came from it. Of starters with half of their lines
cut and others added, most are still told at this share and none is taken for another (tests/bench)."""

_FIELD = re.compile(r"[{｛][^{}｛｝\n]{1,80}[}｝]")
_NO_WORDS = re.compile(r"[\W_]+")
_RUN = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]+")
_FUNCTION_WORD = re.compile(r"[ぁ-んー]+|[a-z0-9]{1,3}")
"""Hiragana and short Latin words are mostly grammar and courtesy."""

FUNCTION_WEIGHT = 0.25
EVEN = 8
"""Added to how rare a term is, so that among few texts the topic they share does not count as common."""


def grams(text: str, size: int = REPLY_GRAM) -> frozenset[str]:
    """The character n-grams of a text's letters and digits, folded."""
    letters = _NO_WORDS.sub("", fold(text[:TEXT_LIMIT]))
    starts = range(max(1, len(letters) - size + 1))
    return frozenset(letters[start : start + size] for start in starts if letters)


def terms(text: str) -> frozenset[str]:
    """What a question is about: its Latin words, and pairs of its other characters."""
    found: set[str] = set()
    # Katakana stays apart from hiragana here: one names things, the other joins words.
    for run in _RUN.findall(unicodedata.normalize("NFKC", text[:TEXT_LIMIT]).casefold()):
        pairs = (run[start : start + 2] for start in range(max(1, len(run) - 1)))
        found.update([run] if run.isascii() else pairs)
    return frozenset(found)


def _weight(term: str, texts: int, frequency: int) -> float:
    """How much a term tells that `frequency` of `texts` have."""
    rarity = log(EVEN + texts / frequency)
    return FUNCTION_WEIGHT * rarity if _FUNCTION_WORD.fullmatch(term) else rarity


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
        for gram in grams(text) & self._holders.keys():
            for key in self._holders[gram]:
                kept[key] += self._worth(gram)
        shares = {key: weight / self._weight[key] for key, weight in kept.items()}
        best = max(shares, key=lambda key: (shares[key], key), default="")
        return best if best and shares[best] >= CAME_FROM else ""

    def _worth(self, gram: str) -> float:
        return 1 / len(self._holders[gram]) ** 2


def _fixed(body: str) -> frozenset[str]:
    return frozenset().union(*(grams(part) for part in _FIELD.split(body)))


@dataclass(frozen=True, slots=True)
class Near:
    """A text like the one asked about: its place in what was searched, and how near it is (0 to 1)."""

    index: int
    likeness: float


def nearest(text: str, past: Sequence[str], count: int) -> list[Near]:
    """The `count` texts of `past` most like `text`, nearest first; those that share nothing are left out.

    Cosine over terms by what they tell, counted among the terms of `text` alone: one pass over `past` that
    keeps no text's other terms.
    """
    wanted = terms(text)
    shared: list[tuple[frozenset[str], int]] = []
    frequency: Counter[str] = Counter()
    for other in past:
        found = terms(other)
        common = wanted & found
        frequency.update(common)
        shared.append((common, len(found)))
    told = {term: _weight(term, len(past), max(1, frequency[term])) ** 2 for term in wanted}
    own, mean = sum(told.values()), sum(told.values()) / max(1, len(told))
    scored = (
        Near(index, min(1.0, sum(told[term] for term in common) / sqrt(own * mean * size)))
        for index, (common, size) in enumerate(shared)
        if common
    )
    return heapq.nlargest(count, scored, key=lambda near: (near.likeness, -near.index))


LIKE = 0.16
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
"""Terms and their weights, of length 1 in all; empty for a text that says nothing."""


def weighted(texts: Sequence[str]) -> list[Vector]:
    """The texts as vectors: a term weighs the more, the fewer of them have it."""
    sets = [terms(text) for text in texts]
    frequency = Counter(term for each in sets for term in each)
    return [_unit({term: _weight(term, len(texts), frequency[term]) for term in each}) for each in sets]


def _unit(weights: dict[str, float]) -> Vector:
    length = sqrt(sum(weight * weight for weight in weights.values()))
    return {term: weight / length for term, weight in weights.items()}


def cosine(one: Vector, other: Vector) -> float:
    """How alike two vectors of one `weighted` are, 0 to 1."""
    few, many = sorted((one, other), key=len)
    return sum(weight * many[term] for term, weight in few.items() if term in many)


def typical_first(members: Iterable[int], vectors: Sequence[Vector]) -> list[int]:
    """`members` by how near they are to what they have in common, nearest first."""
    members = list(members)
    centre: Counter[str] = Counter()
    for member in members:
        centre.update(vectors[member])
    return sorted(members, key=lambda member: (-cosine(vectors[member], centre), member))
