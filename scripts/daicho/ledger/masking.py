"""Pseudonyms for people: names, addresses, phones, mail addresses and order numbers, in every text.

A pseudonym such as `お客様-K7Q4M` follows from a secret key and the value alone, so one value has one
pseudonym throughout an export however it is spelled, and whoever holds the key finds it again without a
table. Values are compared bare: without width, case, katakana, blanks and punctuation.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from daicho.inquiry.extract import order_numbers
from daicho.inquiry.thread import short_code
from daicho.ledger.looks import (
    ALONE,
    CONTACTS,
    EVERYDAY,
    KANJI_DIGITS,
    KANJI_LETTERS,
    NOT_NAMES,
    PATTERNS,
    SAID,
    TITLED,
    UNMISTAKABLE,
    Kind,
    Looks,
    called,
    family_parts,
    is_set_apart,
)

CODE_LENGTH = 5
LONGEST_NAME = 6
"""Letters of a Japanese name without a blank; more are a company's."""

SHORT = 6
"""Bare letters and digits; fewer count only where no letter or digit stands beside them."""

_VOICED = "\u3099\u309a"
_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}


class _Bare(dict[int, str]):
    """What each letter becomes, found when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = unicodedata.normalize("NFKD", chr(code)).casefold().translate(EVERYDAY).translate(_HIRAGANA)
        # A long vowel's mark is often typed for a hyphen: it tells nothing.
        kept = "".join(
            letter for letter in folded if letter != "ー" and (letter.isalnum() or letter in _VOICED)
        )
        self[code] = kept
        return kept


class _Narrow(dict[int, str]):
    """Letters in ASCII width, one for one: positions stay."""

    def __missing__(self, code: int) -> str:
        folded = unicodedata.normalize("NFKC", chr(code))
        self[code] = "-" if folded in "‐‑‒–—―−─" else folded if len(folded) == 1 else chr(code)
        return self[code]


_BARE, _NARROW = _Bare(), _Narrow()


def bare(text: str) -> str:
    """`text` as values are compared."""
    return text.translate(_BARE)


def narrow(text: str) -> str:
    return text.translate(_NARROW)


# --- names -------------------------------------------------------------------------------------------------

_NOBODY = """同上 同じ 本人 なし 無し 未定 不明 自分
お客様 お客さま 客 様 さま ご担当者 担当 担当者 御中 匿名 名無し 株式会社 有限会社 合同会社
事務局 info support sales contact customer shop store admin mail no-reply noreply postmaster webmaster team
service"""
_GENERIC = frozenset(map(bare, _NOBODY.split()))
"""What stands for a name beside an address and names nobody."""

_KANA = re.compile(rf"[ぁ-ん{_VOICED}]+")
_COMPANY = re.compile(r"(?:株式|有限|合同|合資)会社|\([株有同資]\)")
_UNIT = re.compile(
    r" ?(?:[円枚%冊]|個(?!人)|点(?!検)|年(?!末)|セット|ポイント|(?:kg|g|[cm]?m|ml|yen|jpy|usd|pt)(?![a-z]))",
    re.IGNORECASE,
)
"""What a number counts: 4980円 is no order 4980."""

_ONE_KANJI = re.compile(rf"[{KANJI_LETTERS}]")
_TITLE = re.compile(r"[ \t　]*(?:様|さま|さん|殿|御中)$")


def _words_of_name(name: str) -> list[str]:
    return [word for word in re.split(r"[\s　・,.]+", name) if word]


@dataclass(frozen=True, slots=True)
class _Value:
    """A personal value. `owner` is the bare value whose pseudonym it bears, `strong` that it is certain."""

    kind: Kind
    owner: str
    strong: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A personal value in a text, from `start` to before `end`."""

    start: int
    end: int
    kind: Kind
    owner: str


class Masker:
    """Knows personal values and replaces them in texts. Learn first, then mask: what is learned later was
    not masked before.

    `labels` say what a pseudonym begins with, by kind; `keep` are values of the shop's own that stay.
    """

    def __init__(self, key: str, labels: Mapping[Kind, str], keep: Iterable[str] = ()) -> None:
        self._key = key.encode()
        self._labels = labels
        self._keep = frozenset(map(bare, keep))
        self._values: dict[str, _Value] = {}
        self._owners: dict[str, set[str]] = defaultdict(set)
        self._families: dict[str, set[str]] = defaultdict(set)
        self._apart: set[str] = set()
        """Parts of names that are masked only where they stand apart from other words."""
        self._lengths: dict[str, tuple[int, ...]] = {}
        marks = "|".join(re.escape(narrow(label)) for label in labels.values())
        code = f"[{'23456789BCDFGHJKMNPQRSTVWXYZ'}]{{{CODE_LENGTH}}}"
        self._mark = re.compile(rf"(?:{marks})-{code}(?![0-9A-Za-z])", re.IGNORECASE)
        self._pseudonym = lru_cache(maxsize=100_000)(self._made)

    # --- learning -------------------------------------------------------------------------------------------

    def learn(self, kind: Kind, value: str) -> None:
        """Takes in a value that is known to be personal."""
        if kind == "name":
            self._learn_name(value)
            return
        own = self._owner(kind, value)
        if len(own) >= 3:
            self._add(own, _Value(kind, own, True))
        if kind == "phone" and own.startswith("0"):
            # +81 90… and +81 (0)90…, as foreigners write it.
            for spelled in (f"81{own[1:]}", f"81{own}"):
                self._add(spelled, _Value(kind, own, True))
        if kind == "email":
            local, _, domain = own_email(value).partition("@")
            for at in ("at", "あっと"):
                self._add(bare(local) + at + bare(domain), _Value(kind, own, True))

            self._learn_reading(local, own)

    def _learn_reading(self, local: str, email: str) -> None:
        """misaki.takahashi@… is Misaki Takahashi, whichever of the two comes first."""
        words = re.split(r"[._-]", local)
        if email in self._keep or len(words) != 2 or any(len(word) < 3 or word in _GENERIC for word in words):
            return
        if all(word.isascii() and word.isalpha() for word in words):
            for spelled in ("".join(words), "".join(reversed(words))):
                self._add(spelled, _Value("name", "".join(words), False))

    def _learn_name(self, name: str) -> None:
        name = _TITLE.sub("", name.strip())
        own, words = bare(name), _words_of_name(name)
        if not own or own in _GENERIC or own in self._keep or "@" in name:
            return
        if len(own) == 1:
            # 林 is in 林檎, too: only its surroundings tell.
            if _ONE_KANJI.fullmatch(own):
                self._families[own].add(own)
                self._apart.add(own)
            return
        self._add(own, _Value("name", own, len(own) > 2 or len(words) > 1))
        core = bare(_COMPANY.sub("", unicodedata.normalize("NFKC", name)))
        if core != own:
            # (株)つばき設計 is つばき設計株式会社.
            if len(core) >= 3 and core not in _GENERIC:
                self._add(core, _Value("name", own, len(core) > 3))
        elif 1 < len(words) <= 4:
            self._add(bare("".join(reversed(words))), _Value("name", own, True))
            for part in map(bare, words):
                # One letter of a name is everywhere; only 「林様」 is a name.
                if len(part) >= (3 if part.isascii() else 2) and part not in _GENERIC:
                    self._owners[part].add(own)
                    self._add(part, _Value("name", part, False))
                self._families[part].add(own)
                if _ONE_KANJI.fullmatch(part):
                    self._apart.add(part)
        else:
            self._apart.update(part for part in family_parts(own) if part not in self._keep)
            # 山田花子 without a blank: who knows where the family name ends?
            for end in range(1, min(len(own), 5) if len(own) <= LONGEST_NAME else 0):
                self._families[own[:end]].add(own)

    def _add(self, own: str, value: _Value) -> None:
        if own in self._keep or (own in self._values and (self._values[own].strong or not value.strong)):
            return
        self._values[own] = value
        lengths = self._lengths.get(own[:2], ())
        if len(own) not in lengths:
            # The longest first: a full name before its parts.
            self._lengths[own[:2]] = tuple(sorted((*lengths, len(own)), reverse=True))

    def study(self, text: str) -> None:
        """Learns what looks personal in a text of a customer or to one."""
        plain = narrow(text)
        for found in self._patterns(plain, PATTERNS):
            self.learn(found.kind, plain[found.start : found.end])
        for start, end in called(plain):
            # A family name alone may be a word in another text.
            if end - start > 3:
                self.learn("name", plain[start:end])
        for number in order_numbers(text) if any(map(str.isdigit, plain)) else ():
            self.learn("order", number)

    # --- masking --------------------------------------------------------------------------------------------

    def pseudonym(self, kind: Kind, value: str) -> str:
        return self._pseudonym(kind, self._owner(kind, value))

    def mask(self, text: str, person: str = "", *, outside: bool = True) -> str:
        """`text` with a pseudonym for every personal value.

        `person` is the name of whom the text is about: a family name that several share is taken for theirs.
        A text of the shop's own (`outside` False) loses only what is certain.
        """
        masked, end = [], 0
        for found in self.find(text, person, outside=outside):
            masked += [text[end : found.start], self._pseudonym(found.kind, found.owner)]
            end = found.end
        return "".join([*masked, text[end:]])

    def spelled(self, text: str, person: str = "") -> dict[str, list[str]]:
        """What each pseudonym stands for in the masked `text`, in order of appearance."""
        said: dict[str, list[str]] = {}
        for found in self.find(text, person):
            said.setdefault(self._pseudonym(found.kind, found.owner), []).append(
                text[found.start : found.end]
            )
        return said

    def restore(self, text: str, said: Mapping[str, list[str]]) -> tuple[str, list[str]]:
        """`text` with what the pseudonyms stand for, and the pseudonyms that `said` does not know."""
        seen: dict[str, int] = defaultdict(int)
        unknown: list[str] = []
        known = {narrow(pseudonym).upper(): words for pseudonym, words in said.items()}

        def real(match: re.Match[str]) -> str:
            pseudonym = match[0].upper()
            words = known.get(pseudonym)
            if not words:
                unknown.append(match[0])
                return text[match.start() : match.end()]
            place, seen[pseudonym] = seen[pseudonym], seen[pseudonym] + 1
            return words[min(place, len(words) - 1)]

        return self._substituted(text, real), unknown

    def leaks(self, text: str, *, outside: bool = True) -> list[Kind]:
        """The kinds of personal values that a text still holds once its pseudonyms are taken out."""
        rest = self._substituted(text, lambda match: "〇")
        left = list(self._known(rest, "", outside))
        if outside:
            left += self._patterns(narrow(rest), UNMISTAKABLE)
        return [found.kind for found in left]

    def find(self, text: str, person: str = "", *, outside: bool = True) -> list[Found]:
        """The personal values in a text, in order; what overlaps is one."""
        found = list(self._known(text, bare(person), outside))
        if outside:
            plain = narrow(text)
            found += self._patterns(plain, PATTERNS)
            found += self._said(plain, bare(person))
        return _joined(found)

    def _substituted(self, text: str, by: Callable[[re.Match[str]], str]) -> str:
        plain = narrow(text)
        parts, end = [], 0
        for match in self._mark.finditer(plain):
            parts += [text[end : match.start()], by(match)]
            end = match.end()
        return "".join([*parts, text[end:]])

    def _made(self, kind: Kind, own: str) -> str:
        seal = hmac.new(self._key, f"{kind} {own}".encode(), hashlib.sha256).hexdigest()
        return f"{self._labels[kind]}-{short_code(seal, CODE_LENGTH)}"

    def _owner(self, kind: Kind, value: str) -> str:
        if kind == "phone":
            plain = narrow(value).translate(KANJI_DIGITS).replace("(0)", "")
            digits = re.sub("[^0-9]", "", plain)
            if plain.lstrip("( ").startswith(("+81", "+ 81")):
                return "0" + digits[2:].removeprefix("0")
            # Nobody dials a zero after a country: 0044… is +44….
            return digits.removeprefix("00") if len(digits) > 11 else digits
        if kind == "email":
            return bare(own_email(value))
        return bare(_TITLE.sub("", value.strip()) if kind == "name" else value)

    def _known(self, text: str, person: str, outside: bool) -> Iterator[Found]:
        """Learned values, however they are spaced."""
        words = text.translate(_BARE)
        starts = {words[place : place + 2] for place in range(len(words) - 1)} & self._lengths.keys()
        if not starts:
            return
        places: list[int] = []
        for start in starts:
            place = words.find(start)
            while place >= 0:
                for length in self._lengths[start]:
                    own = words[place : place + length]
                    value = self._values.get(own)
                    if value is None or not (value.strong or outside):
                        continue
                    places = places or _places(text)
                    first, last = places[place], places[place + len(own) - 1] + 1
                    if value.kind == "order" and _is_amount(text, first, last):
                        continue
                    if self._stands_alone(text, first, last, own, value, person):
                        yield Found(first, last, value.kind, self._person(own, value, person))
                        break
                place = words.find(start, place + 1)

    def _person(self, own: str, value: _Value, person: str) -> str:
        """Whose pseudonym a name bears: for a part of one, that of the only one it can be part of."""
        owners = self._owners.get(own, ())
        if value.strong or not owners:
            return value.owner
        return person if person in owners else next(iter(owners)) if len(owners) == 1 else own

    def _stands_alone(self, text: str, first: int, last: int, own: str, value: _Value, person: str) -> bool:
        """Whether what was found is the value and no other word that its letters are part of."""
        sides = narrow(text[max(0, first - 1) : first]), narrow(text[last : last + 1])
        if not value.strong and _KANA.fullmatch(own):
            # はな stands in はなびら; 「はなです」 its surroundings tell.
            return not any(map(_KANA.fullmatch, map(bare, sides)))
        if not own.isascii():
            return True
        if not value.strong and not narrow(text[first]).isupper():
            # A customer called Will does not own the word "will".
            return person in self._owners.get(own, ())
        return len(own) >= SHORT or not any(map(_is_ascii_letter, sides))

    def _patterns(self, plain: str, patterns: Sequence[Looks]) -> Iterator[Found]:
        """What has the looks of a personal value. A pattern's last group is the value."""
        for kind, pattern, signs in patterns:
            if not any(sign in plain for sign in signs):
                continue
            for match in pattern.finditer(plain):
                value, start = match[pattern.groups].rstrip(), match.start(pattern.groups)
                own = self._owner(kind, value)
                if own and own not in self._keep:
                    yield Found(start, start + len(value), kind, own)

    def _said(self, plain: str, person: str) -> Iterator[Found]:
        """Names that only their surroundings tell: 「鈴木様」, 「林です」 of a customer called 林."""
        for match in TITLED.finditer(plain):
            own = bare(match[1])
            if own and not own.endswith(NOT_NAMES) and own not in self._keep:
                yield Found(match.start(1), match.end(1), "name", self._family(own, person) or own)
        for start, end in called(plain):
            own = bare(plain[start:end])
            if own not in self._keep:
                yield Found(start, end, "name", self._family(own, person) or own)
        if not self._families:
            return
        for match in ALONE.finditer(plain) if self._apart else ():
            own = bare(match[1])
            # One letter needs more than a particle behind it: 「原の」 may be anything.
            if own in self._apart and (len(own) > 1 or is_set_apart(plain, *match.span(1))):
                yield Found(*match.span(1), "name", self._family(own, person))
        for match in SAID.finditer(plain):
            for start in range(match.start(1), match.end(1)):
                own = bare(plain[start : match.end(1)])
                # 「使用中です」 is nobody called 中.
                if len(own) == 1 and (start > match.start(1) or _KANA.fullmatch(own)):
                    continue
                if owner := self._family(own, person):
                    yield Found(start, match.end(1), "name", owner)
                    break

    def _family(self, own: str, person: str) -> str:
        """The full name that `own` is the family name of; itself where several have it; "" for nobody's."""
        owners = self._families.get(own, set())
        if person in owners:
            return person
        return next(iter(owners)) if len(owners) == 1 else own if owners else ""


def own_email(value: str) -> str:
    """A mail address as it is compared: narrow, lower-cased, with its @."""
    return re.sub(r"\(at\)|\[at\]", "@", "".join(narrow(value).lower().split()))


def _is_amount(text: str, first: int, last: int) -> bool:
    """Whether a short number is a price, a time, or so many of something, though an order has that number."""
    own = narrow(text[first:last])
    if sum(map(str.isdigit, own)) > 5 or not own.replace(",", "").replace(".", "").isdigit():
        return False
    return (
        "," in own
        or "." in own
        or text[max(0, first - 1) : first] in ("¥", "￥", "$")
        or bool(_UNIT.match(narrow(text[last : last + 6])))
    )


def _is_ascii_letter(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()


def _places(text: str) -> list[int]:
    """For each letter of the bare text, where it stands in `text`."""
    return [place for place, letter in enumerate(text) for _ in _BARE[ord(letter)]]


def _joined(found: Iterable[Found]) -> list[Found]:
    """Spans in order without overlaps: those that overlap become one, which the longest of them names."""
    joined: list[Found] = []
    longest = 0
    for span in sorted(found, key=lambda span: (span.start, -span.end)):
        if joined and span.start < joined[-1].end:
            last = joined[-1]
            namer = span if span.end - span.start > longest else last
            longest = max(longest, span.end - span.start)
            joined[-1] = Found(last.start, max(last.end, span.end), namer.kind, namer.owner)
        else:
            joined.append(span)
            longest = span.end - span.start
    return joined


def contacts_in(text: str) -> list[str]:
    """The mail addresses, phone numbers and postal addresses that stand in a text."""
    plain = narrow(text)
    return [match[0] for _, pattern, _ in CONTACTS for match in pattern.finditer(plain)]
