"""The shop's own judgement rules: rows that people edit in their sheet.

A rule looks at one place of a mail for words and sets one item. Plain words are compared with width, case and
kana folded; a sentence that holds a word of `except` is not read. Rules are tried by `order`, then by row.
The first rule to set an item wins, tags add up. A rule that cannot be read is told in its own row and the
others go on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import regex

from daicho.inquiry.cues import is_latin
from daicho.inquiry.extract import fold
from daicho.mail.message import Message
from daicho.sheets.layout import Layout
from daicho.sheets.workbook import Cell
from daicho.wording import wording

PATTERN_SECONDS = 0.05
"""How long one regular expression may search one mail; a slower one is switched off and told."""

PATTERN_LIMIT = 300
"""Characters of a regular expression; TEXT_LIMIT of the text it searches."""
TEXT_LIMIT = 20_000

LAST = 1_000_000
"""The order of a rule without one: after all numbered rules."""

KINDS = ("inquiry", "auto", "bounce", "sales")
_SEPARATORS = re.compile(r"[、,，\n]")
_SENTENCE_END = re.compile(r"[。.!?\n]")
_TRUE = ("true", "1", "✓", "はい", "yes", "on")


@dataclass(frozen=True, slots=True)
class Sought:
    """A mail as rules look at it: place (a key of the list rule_where) → text, as written and folded."""

    written: Mapping[str, str]
    folded: Mapping[str, str]


def sought(message: Message, subject: str, text: str, products: Sequence[str] = ()) -> Sought:
    """What rules see of `message`; `subject` and `text` are what its writer wrote (a form's field, say)."""
    written = {
        "subject": subject,
        "text": text[:TEXT_LIMIT],
        "sender": " ".join(f"{who.name} {who.email}" for who in (message.sender, *message.reply_to)),
        "to": " ".join(f"{who.name} {who.email}" for who in (*message.to, *message.cc)),
        "product": "\n".join(products),
        "attachment": "\n".join(attachment.name for attachment in message.attachments),
    }
    return _sought(written)


def _sought(written: dict[str, str]) -> Sought:
    folded = {place: fold(text) for place, text in written.items()}
    for places in (written, folded):
        places["any"] = f"{places['subject']}\n{places['text']}"
    return Sought(written, folded)


@dataclass(frozen=True, slots=True)
class Rule:
    """One row that can be used. `row` is its index among those read; `words` are folded `names`."""

    row: int
    order: float
    where: str
    match: str
    words: tuple[str, ...]
    names: tuple[str, ...]
    exceptions: tuple[str, ...]
    sets: str
    value: str
    pattern: regex.Pattern[str] | None = None

    def hits(self, mail: Sought) -> tuple[str, ...]:
        """The words found in `mail`, () where the rule does not apply. Raises TimeoutError."""
        if self.pattern:
            return self._pattern_hits(mail)
        text = mail.folded.get(self.where, "")
        if not any(word in text for word in self.words):
            return ()
        if self.exceptions:
            text = self._without_exceptions(text)
        found = tuple(name for name, word in zip(self.names, self.words, strict=True) if _holds(text, word))
        return found if self.match == "any" or len(found) == len(self.words) else ()

    def _pattern_hits(self, mail: Sought) -> tuple[str, ...]:
        assert self.pattern is not None
        found = self.pattern.search(mail.written.get(self.where, ""), timeout=PATTERN_SECONDS)
        if not found or any(_holds(mail.folded[self.where], word) for word in self.exceptions):
            return ()
        return (found[0][:40],)

    def _without_exceptions(self, text: str) -> str:
        sentences = _SENTENCE_END.split(text)
        return "\n".join(s for s in sentences if not any(_holds(s, word) for word in self.exceptions))


def _holds(text: str, word: str) -> bool:
    """Whether `word` stands in `text`. A word in Latin letters must stand alone: "sue" is not in "issue"."""
    start = text.find(word)
    while start >= 0:
        before, after = text[max(0, start - 1) : start], text[start + len(word) : start + len(word) + 1]
        glued = (is_latin(before) and is_latin(word[0])) or (is_latin(after) and is_latin(word[-1]))
        if not glued:
            return True
        start = text.find(word, start + 1)
    return False


@dataclass(frozen=True, slots=True)
class Hit:
    """One rule that applied, with the words it found."""

    rule: Rule
    words: tuple[str, ...]


@dataclass(slots=True)
class RuleSet:
    """All rules that can be used, in the order they are tried.

    `problems` maps the index of a row to what is wrong with it, in the user's language. A pattern that runs
    out of time while judging is added there and not tried again.
    """

    rules: list[Rule]
    problems: dict[int, str] = field(default_factory=dict)
    language: str = "ja"

    def hits(self, mail: Sought) -> list[Hit]:
        """The rules that apply to `mail`: of those that set the same single item only the first."""
        hits: list[Hit] = []
        settled: set[str] = set()
        for rule in self.rules:
            if rule.sets in settled or not (words := self._tried(rule, mail)):
                continue
            hits.append(Hit(rule, words))
            if rule.sets != "tag":
                settled.add(rule.sets)
        return hits

    def _tried(self, rule: Rule, mail: Sought) -> tuple[str, ...]:
        if rule.pattern and rule.row in self.problems:
            return ()
        try:
            return rule.hits(mail)
        except TimeoutError:
            self.problems[rule.row] = wording(self.language).say("judge.rule-slow-pattern")
            return ()


def decisions(hits: Sequence[Hit], category: str = "") -> dict[str, str]:
    """What rules decide about a mail, by item; before them goes the `category` that people have set.

    Who names a category says what kind of mail it is as well.
    """
    decided = {hit.rule.sets: hit.rule.value for hit in reversed(hits)}
    if category:
        decided.pop("kind", None)
        decided["category"] = category
    return decided


# --- reading the rows ---


class _Unreadable(Exception):
    """Why a row is no rule: a key of the wording with its values."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


def read_rules(rows: Iterable[Mapping[str, Cell]], layout: Layout) -> RuleSet:
    """The rules of the rows of tab `rules` (column key → cell; options by label or by key)."""
    rules = RuleSet([], {}, layout.language)
    for index, row in enumerate(rows):
        if not _is_on(row.get("on")):
            continue
        try:
            rules.rules.append(_rule(index, row, layout))
        except _Unreadable as problem:
            rules.problems[index] = wording(layout.language).say(problem.key, **problem.values)
    rules.rules.sort(key=lambda rule: (rule.order, rule.row))
    return rules


def _is_on(cell: Cell) -> bool:
    return cell is True or str(cell).strip().casefold() in _TRUE


def _text(row: Mapping[str, Cell], column: str) -> str:
    cell = row.get(column)
    return "" if cell is None else str(cell).strip()


def words_of(text: str) -> tuple[str, ...]:
    """The words of a cell, separated by commas or line breaks."""
    return tuple(word.strip() for word in _SEPARATORS.split(text) if word.strip())


def _rule(index: int, row: Mapping[str, Cell], layout: Layout) -> Rule:
    match = _option(row, "match", layout) or "any"
    text = _text(row, "words")
    if not text:
        raise _Unreadable("judge.rule-no-words")
    names = (text,) if match == "pattern" else words_of(text)
    sets = _option(row, "set", layout)
    if not sets:
        raise _Unreadable("judge.rule-sets-nothing", options=_labels(layout, "rule_set"))
    return Rule(
        row=index,
        order=_order(_text(row, "order")),
        where=_option(row, "where", layout) or "any",
        match=match,
        words=tuple(map(fold, names)),
        names=names,
        exceptions=tuple(map(fold, words_of(_text(row, "except")))),
        sets=sets,
        value=_value(_text(row, "value"), sets, layout),
        pattern=_pattern(text) if match == "pattern" else None,
    )


def _order(text: str) -> float:
    if not text:
        return LAST
    try:
        return float(text)
    except ValueError:
        raise _Unreadable("judge.rule-order", text=text) from None


def _option(row: Mapping[str, Cell], column: str, layout: Layout) -> str:
    """The option a cell names by label or key, "" where it is empty."""
    text, options = _text(row, column), layout.lists[f"rule_{column}"]
    option = layout.option(f"rule_{column}", text)
    if text and option not in options:
        header = layout.tab("rules").column(column).label
        raise _Unreadable(
            "judge.rule-unknown", text=text, column=header, options=_labels(layout, f"rule_{column}")
        )
    return option


def _labels(layout: Layout, list_key: str, only: Sequence[str] = ()) -> list[str]:
    options = layout.lists[list_key]
    return [options[key] for key in only or options]


def _value(text: str, sets: str, layout: Layout) -> str:
    """What a rule sets, as an option key where there is one; categories and tags may be a shop's own."""
    if not text:
        raise _Unreadable("judge.rule-no-value")
    if sets in ("assignee", "tag"):
        return text
    option = layout.option(sets, text)
    allowed = {"kind": KINDS, "priority": tuple(layout.lists["priority"])}.get(sets)
    if allowed and option not in allowed:
        header = layout.tab("rules").column("value").label
        raise _Unreadable(
            "judge.rule-unknown", text=text, column=header, options=_labels(layout, sets, allowed)
        )
    return _named_in_part(option, layout) if sets == "category" else option


def _named_in_part(category: str, layout: Layout) -> str:
    """People shorten labels: キャンセル means the one category whose label has it as a part."""
    labels = layout.lists["category"]
    if category in labels:
        return category
    meant = [key for key, label in labels.items() if fold(category) in map(fold, label.split("・"))]
    return meant[0] if len(meant) == 1 else category


def _pattern(text: str) -> regex.Pattern[str]:
    if len(text) > PATTERN_LIMIT:
        raise _Unreadable("judge.rule-long-pattern", limit=PATTERN_LIMIT)
    try:
        return regex.compile(text, regex.IGNORECASE)
    except (regex.error, OverflowError, RecursionError) as error:
        raise _Unreadable("judge.rule-bad-pattern", error=error) from None


# --- trying rules out ---


@dataclass(frozen=True, slots=True)
class Labelled:
    """A mail whose right answer is known. `answers` maps category, priority or kind to its key."""

    id: str
    mail: Sought
    answers: Mapping[str, str]


def labelled(id: str, subject: str, text: str, sender: str, answers: Mapping[str, str]) -> Labelled:
    """A labelled example as rules see it."""
    written = {"subject": subject, "text": text, "sender": sender, "to": "", "product": "", "attachment": ""}
    return Labelled(id, _sought(written), answers)


@dataclass(frozen=True, slots=True)
class Trial:
    """How one rule fares: how many mails it hits, how many examples it gets right, and which wrong.

    `wrong` holds (example id, the right answer).
    """

    rule: Rule
    hits: int
    right: int
    wrong: tuple[tuple[str, str], ...]


def try_rules(rules: RuleSet, mails: Sequence[Sought], examples: Sequence[Labelled]) -> list[Trial]:
    """Tries each rule by itself, as if no other stood before it. Order of `rules`."""
    return [_trial(rules, rule, mails, examples) for rule in rules.rules]


def _trial(rules: RuleSet, rule: Rule, mails: Sequence[Sought], examples: Sequence[Labelled]) -> Trial:
    judged = [e for e in examples if rule.sets in e.answers and rules._tried(rule, e.mail)]
    wrong = tuple((e.id, e.answers[rule.sets]) for e in judged if e.answers[rule.sets] != rule.value)
    hits = sum(bool(rules._tried(rule, mail)) for mail in mails)
    return Trial(rule, hits, len(judged) - len(wrong), wrong)
