"""Words that the list of their column does not know: they stay, and a person is asked what was meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from daicho.inquiry.extract import fold
from daicho.ledger.propose import Speaker, shorten
from daicho.ledger.replies import Replies
from daicho.ledger.rows import Base, join_words, same, text_of, words_of
from daicho.ledger.settings import Settings
from daicho.sheets.workbook import Cell
from daicho.wording import Wording

COLUMNS = ("status", "priority", "category", "template")

NEAR = 0.4
"""From this likeness on (`difflib`) a word of the list may have been meant."""

HABIT = 2
"""A category that stands in so many rows is the shop's own, not a slip."""

SHOWN = 40
"""Characters of a typed word that a sentence quotes."""


class Lists:
    """What the columns with a list may say: the list's own words and those of the shop.

    `categories` are those that the shop's rules set, `used` what the category cells of its rows say. A
    template may be named by key or name; a shop without templates has no list of them.
    """

    def __init__(
        self,
        speaker: Speaker,
        settings: Settings,
        replies: Replies,
        categories: Iterable[str] = (),
        used: Sequence[str] = (),
    ) -> None:
        layout, self._say = speaker.layout, speaker.wording.say
        self._labels = {column.key: column.label for column in layout.tab("inquiries").columns}
        own = [template.category for template in replies.templates]
        times = Counter(map(_folded, used))
        own += [text.strip() for text in dict.fromkeys(used) if times[_folded(text)] >= HABIT]
        own += [category for taken in settings.vendors.values() for category in taken]
        names = [name for template in replies.templates for name in (template.key, template.name) if name]
        words = {key: [*layout.lists[key].values()] for key in ("status", "priority", "category")}
        words["status"] += settings.statuses
        words["category"] += [layout.label("category", key) for key in (*own, *categories) if key]
        words["template"] = [*names, *self._say("ledger.no-template").split()] if names else []
        self._known = {key: {_folded(word): word for word in listed} for key, listed in words.items()}

    def knows(self, key: str, word: str) -> bool:
        """Whether a column's list has what a cell says."""
        return not self._unknown(key, word)

    def questions(self, cells: Mapping[str, Cell], base: Base) -> list[str]:
        """A sentence for each word of a row that no list knows. What we proposed ourselves needs none, but
        for a template that has been renamed or deleted since: its text has gone from the row."""
        typed = {
            key: text_of(cells.get(key)).strip()
            for key in COLUMNS
            if key == "template" or not same(cells.get(key), base.proposals.get(key))
        }
        return [self._question(key, word) for key, text in typed.items() for word in self._unknown(key, text)]

    def _unknown(self, key: str, text: str) -> list[str]:
        known = self._known[key]
        if not known or _folded(text) in known:
            return []
        words = words_of(text) if key == "template" else [text]
        return [word for word in words if _folded(word) and _folded(word) not in known]

    def _question(self, key: str, word: str) -> str:
        known = self._known[key]
        near = get_close_matches(_folded(word), known, 1, NEAR)
        values = {"column": self._labels[key], "value": shorten(word, SHOWN)}
        told = (
            self._say("ledger.unlisted-near", near=known[near[0]], **values)
            if near
            else self._say("ledger.unlisted", **values)
        )
        return told + self._say("ledger.own-category") if key == "category" else told


def _folded(word: str) -> str:
    return "".join(fold(word).split())


def is_marked(base: Base) -> bool:
    """Whether the tag 要確認 stands there for a row's open questions alone."""
    return bool(base.facts.get("unlisted", {}).get("marked"))


def mark(base: Base, questions: list[str], wording: Wording) -> list[str]:
    """Remembers a row's open questions in `base` and proposes the tag 要確認 while there are any.

    Returns the questions that were open before. A tag that the judgement had put there itself stays.
    """
    tag = wording.say("ledger.needs-look")
    before = base.facts.pop("unlisted", {"said": [], "marked": False})
    tags, marked = words_of(base.proposals.get("tags")), bool(before["marked"])
    if questions and tag not in tags:
        tags, marked = [*tags, tag], True
    elif marked and not questions:
        tags.remove(tag)
    base.proposals["tags"] = join_words(tags, wording)
    if questions:
        base.facts["unlisted"] = {"said": questions, "marked": marked}
    return list(before["said"])
