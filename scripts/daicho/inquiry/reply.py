"""Reply templates, filled with what is known of an inquiry.

A text is filled in a single pass: what comes from outside goes in once, as plain text, and is never looked
at again. A customer whose name is `{署名}` stays `{署名}`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from daicho.inquiry.extract import fold
from daicho.mail.plain import one_line
from daicho.wording import LANGUAGES, Wording, templates_folder

VALUE_LIMIT = 300
"""Characters of one value from outside. No name, order number or subject needs more."""

CLOSING_LIMIT = 100
"""Characters of a closing phrase at most."""

GREETING_PARAGRAPHS = 3
GREETING = frozenset({"customer", "shop", "assignee"})
"""Who greets whom: the paragraphs at the top that name these are the greeting."""

_FIELD = re.compile(r"[{｛]([^{}｛｝\n]{1,80})[}｝]")
_HONORIFIC = "様"
_ADDRESSED = re.compile(rf"{_FIELD.pattern}([ \u3000]*{_HONORIFIC})?")
_SENTENCE = re.compile(r"[^。.!！\n]+")
_COURTESY = re.compile(
    r"(よろしく|宜しく)お願い|お待ち(して|申し上げて)(い|お)|お気軽に.{0,10}(お尋ね|ご連絡|ご相談|お問い?合わ?せ)"
    r"|お聞かせください|(うれしく|嬉しく|幸いに)存じ"
    r"|\b(look(ing)? forward|feel free|hesitate|just reply|we hope|keep your .{1,20} coming|thank you)\b",
    re.IGNORECASE,
)
_BLANK_LINES = re.compile(r"\n(?:[ \t\u3000]*\n)+")
"""Up to the next line's own indent, which belongs to the letter."""


LANGUAGE_LIMIT = 5_000
"""Characters of a text that are looked at to tell its language."""

JAPANESE_SHARE, LATIN_SHARE = 0.15, 0.5
"""Shares of letters: much Latin stands in Japanese texts (articles, names), little Japanese in others."""

LATIN_LETTERS = 10
"""From so many letters on a text without Japanese ones is another language, not a mere number or name."""

_JAPANESE = re.compile(r"[\u3005\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_LINK = re.compile(r"https?://[!-~]{1,2000}|[!-~]{1,64}@[!-~]{1,255}")


def language_of(text: str) -> str:
    """ "ja", "en" (English, or another language in Latin letters), or "" for what its letters do not tell."""
    words = _LINK.sub(" ", text[:LANGUAGE_LIMIT])
    letters = sum(map(str.isalpha, words))
    japanese, latin = len(_JAPANESE.findall(words)), len(_LATIN.findall(words))
    if japanese and japanese >= letters * JAPANESE_SHARE:
        return "ja"
    return "en" if latin >= LATIN_LETTERS and latin >= letters * LATIN_SHARE else ""


@dataclass(frozen=True, slots=True)
class Template:
    """One row of the templates tab. `category` is a key of the triage guide; `on` False: never suggested."""

    key: str
    name: str
    subject: str
    body: str
    category: str = ""
    on: bool = True

    @property
    def pieces(self) -> tuple[tuple[str, str], ...]:
        """As of `Letter`: all of it is its own."""
        return ((self.key, self.body),)

    @property
    def language(self) -> str:
        """As of `language_of`; the names of fields tell nothing."""
        return language_of(_FIELD.sub(" ", self.body))


@dataclass(frozen=True, slots=True)
class Letter:
    """One template, or several as one, in pieces: each a text with the key of the template it speaks for,
    "" for what speaks for all."""

    subject: str
    pieces: tuple[tuple[str, str], ...]

    @property
    def keys(self) -> list[str]:
        """The templates that have a text of their own in it."""
        return list(dict.fromkeys(key for key, _ in self.pieces if key))


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled template. `missing` are the labels of fields nobody knew, one for each place they stand at."""

    subject: str
    text: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fields:
    """The names of fields. `labels` maps a field to its name in the shop's language, `names` every name, in
    any language and folded, to its field."""

    labels: Mapping[str, str]
    names: Mapping[str, str]

    def key(self, name: str) -> str:
        """The field that `name` means. A name of the shop's own is its own field."""
        folded = _folded(name)
        return self.names.get(folded, folded)

    def used(self, text: str) -> list[str]:
        """The fields that `text` has places for, in order."""
        return [self.key(match[1]) for match in _FIELD.finditer(text)]

    def unknown(self, text: str, own: Mapping[str, str]) -> list[str]:
        """The names in braces that are neither a field nor among the shop's `own`."""
        names = (match[1] for match in _FIELD.finditer(text))
        return [name for name in names if self.key(name) not in self.labels and self.key(name) not in own]


def _folded(name: str) -> str:
    return "".join(fold(name).split())


@cache
def load_fields(language: str) -> Fields:
    """The fields with their names in `language`; templates may use the names of any language."""
    labels = {
        known: tomllib.loads((templates_folder() / known / "fields.toml").read_text(encoding="utf-8"))
        for known in LANGUAGES
    }
    names = {_folded(label): key for known in LANGUAGES for key, label in labels[known].items()}
    return Fields(labels[language], names)


def outside(text: str) -> str:
    """Text from outside as a value: one line, no control characters, not endless."""
    line = " ".join(one_line(text).split())
    return line if len(line) <= VALUE_LIMIT else line[:VALUE_LIMIT] + "…"


def fill(
    template: Template | Letter,
    values: Mapping[str, str],
    fields: Fields,
    wording: Wording,
    own: Mapping[str, Mapping[str, str]] | None = None,
    nobody: str = "",
) -> Filled:
    """`template` with its fields filled. `values` are by field (`Fields.key`); "" counts as not known.

    `own` are values, by the key of a template, that stand in its pieces instead. A field nobody knows stays
    to be seen (【要記入：お届け日】) and is counted; so does a name in braces that is no field. Whoever has
    no name is addressed as `nobody`, by itself お客様.
    """
    missing: list[str] = []
    # The subject of a reply is the customer's own: only what the body lacks is counted.
    subject = one_line(_ADDRESSED.sub(_Filler(values, fields, wording, [], nobody), template.subject))
    places = {
        key: _Filler({**values, **(own or {}).get(key, {})}, fields, wording, missing, nobody)
        for key, _ in template.pieces
    }
    text = "\n\n".join(_ADDRESSED.sub(places[key], piece) for key, piece in template.pieces)
    return Filled(subject, text.rstrip().lstrip("\n"), tuple(missing))


@dataclass(frozen=True, slots=True)
class _Filler:
    """What goes into one place of a text."""

    values: Mapping[str, str]
    fields: Fields
    wording: Wording
    missing: list[str]
    nobody: str

    def __call__(self, match: re.Match[str]) -> str:
        key, honorific = self.fields.key(match[1]), match[2] or ""
        value = self.values.get(key, "")
        if key == "customer":
            return self._customer(value, honorific)
        if value:
            return value + honorific
        # A name that is no field is one misspelt: better a gap than braces before a customer's eyes.
        label = self.fields.labels.get(key, match[1].strip())
        self.missing.append(label)
        return self.wording.say("reply.blank", field=label) + honorific

    def _customer(self, name: str, honorific: str) -> str:
        # People type names with 様 already, and a name nobody knows has none.
        bare = name.removesuffix(_HONORIFIC).rstrip() if honorific else name
        return bare + honorific if bare else self.nobody or self.wording.say("reply.customer")


def combine(
    templates: Sequence[Template], fields: Fields, wording: Wording, *, greeted: bool = True
) -> Letter:
    """One letter for several requests of one mail: one greeting, each part's core, one closing.

    Not `greeted` where a greeting makes no sense, as above a text in another language.
    """
    first, *others = templates
    if greeted and not others:
        return Letter(first.subject, first.pieces)
    parts = [_parted(template.body, fields) for template in templates]
    pieces = [("", text) for text in parts[0].greeting if greeted]
    for number, (template, part) in enumerate(zip(templates, parts, strict=True)):
        pieces += [("", wording.say("reply.also"))] if number else []
        pieces += [(template.key, text) for text in part.core]
    phrase = next((part.phrase for part in reversed(parts) if part.phrase), [])
    closing = next((part.closing for part in parts if part.closing), [])
    return Letter(first.subject, (*pieces, *(("", text) for text in (*phrase, *closing))))


def core_of(template: Template, fields: Fields) -> str:
    """What a template says, without greeting, closing phrase and signature."""
    return "\n\n".join(_parted(template.body, fields).core)


@dataclass(frozen=True, slots=True)
class _Parted:
    """A body in paragraphs: greeting, core, closing phrase, and the signature with what leads to it."""

    greeting: list[str]
    core: list[str]
    phrase: list[str]
    closing: list[str]


def _parted(body: str, fields: Fields) -> _Parted:
    paragraphs = _BLANK_LINES.split(body.rstrip().lstrip("\n"))
    top = 0
    while top < min(GREETING_PARAGRAPHS, len(paragraphs)) and GREETING & set(fields.used(paragraphs[top])):
        top += 1
    greeting, rest = paragraphs[:top], paragraphs[top:]
    closing = [rest.pop()] if rest and "signature" in fields.used(rest[-1]) else []
    phrase = [rest.pop()] if len(rest) > 1 and _is_courtesy(rest[-1]) and not fields.used(rest[-1]) else []
    return _Parted(greeting, rest, phrase, closing)


def _is_courtesy(paragraph: str) -> bool:
    """Whether a paragraph is a closing phrase: short, and no sentence of it says anything else."""
    return len(paragraph) <= CLOSING_LIMIT and all(map(_COURTESY.search, _SENTENCE.findall(paragraph)))


def spoken_date(day: date, wording: Wording) -> str:
    """`11月18日（水）`, or as the shop's language says it."""
    weekdays, months = wording.say("reply.weekdays").split(), wording.say("reply.months").split()
    weekday, month = weekdays[day.weekday()], months[day.month - 1]
    return wording.say("reply.date", month=month, day=day.day, weekday=weekday)


def find_template(chosen: str, templates: Sequence[Template]) -> Template | None:
    """The template a person means by `chosen`: its key or its name, in whatever width or case."""
    wanted = _folded(chosen)
    by: tuple[Callable[[Template], str], ...] = (lambda each: each.key, lambda each: each.name)
    return next((each for name in by for each in templates if wanted and _folded(name(each)) == wanted), None)
