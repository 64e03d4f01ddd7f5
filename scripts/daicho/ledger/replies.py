"""The templates tab, and the texts it makes for the rows of the ledger."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from daicho.inquiry.numbers import plain
from daicho.inquiry.reply import (
    Fields,
    Filled,
    Letter,
    Template,
    combine,
    fill,
    find_template,
    load_fields,
    outside,
    spoken_date,
)
from daicho.inquiry.similar import Origins
from daicho.ledger.parts import Parts, own_parts
from daicho.ledger.propose import Speaker
from daicho.ledger.rows import CELL_LIMIT, text_of, words_of
from daicho.ledger.settings import DEFAULT_TARGETS, Settings
from daicho.mail.plain import clean
from daicho.mail.text import QUOTINGS, Quoting
from daicho.sheets.layout import Layout
from daicho.sheets.workbook import Cell, Record
from daicho.wording import LANGUAGES, Wording, wording

MARGIN = 500
"""Units of the cell left for the line that counts what is to be filled in, and for the mark of a cut."""

TICKS = frozenset({"✓", "✔", "☑", "✅", "true", "1", "yes", "y", "x", "○", "◯", "はい", "レ"})


def is_ticked(cell: Cell) -> bool:
    """Whether a person ticked a box, in whatever way their program or they write a tick."""
    # A phone types a tick as an emoji: with a selector behind it.
    return cell is True or text_of(cell).strip().removesuffix("\ufe0f").casefold() in TICKS


@dataclass(frozen=True, slots=True)
class Asked:
    """What a row says that goes into its reply. Texts are as they stand; `received` is local, `language`
    (of `language_of`) is that of the mail to answer, `parts` tell what each template is about."""

    customer: str = ""
    order: str = ""
    product: str = ""
    assignee: str = ""
    phone: str = ""
    subject: str = ""
    received: datetime | None = None
    priority: str = "normal"
    language: str = ""
    parts: Parts = field(default_factory=dict)


class Replies:
    """The reply templates of a shop, with everything that fills them but the row itself."""

    def __init__(
        self,
        tables: Mapping[str, Sequence[Record]],
        settings: Settings,
        speaker: Speaker,
        shop_name: str,
        now: datetime,
    ) -> None:
        layout = speaker.layout
        self.fields: Fields = load_fields(layout.language)
        self.templates = read_templates(tables.get("templates", ()), layout)
        self._settings = settings
        self._combined: dict[tuple[str, str], tuple[Letter, bool, Wording] | None] = {}
        self._promised: dict[tuple[str, str], str] = {}
        self._origins: Origins | None = None
        self.speaker = speaker
        self._now = now
        say = speaker.wording.say
        head, gap = say("reply.to-fill", count="\0", fields="\0"), say("reply.blank", field="\0")
        self._head = re.compile(rf"\A{_line(head)}(?:\n|\Z)")
        self._gap = re.compile(_line(gap))
        self.own = own_values(tables.get("settings", ()), layout, self.fields)
        """What the shop itself has set, by field: its rows その他 of the settings tab, name and signature."""
        for key, value in (("shop", shop_name), ("signature", settings.signature or shop_name)):
            if value:
                self.own.setdefault(key, value)

    def suggested(self, keys: Sequence[str], language: str) -> tuple[str, ...]:
        """Those of `keys` that the shop has and has switched on. A shop without the tab has said nothing.

        Where a template has a twin in the mail's language (`restock-en`), it is the twin.
        """
        if not self.templates:
            return tuple(keys)
        on = {template.key for template in self.templates if template.on}
        twins = (f"{key}-{language}" if f"{key}-{language}" in on else key for key in keys)
        return tuple(key for key in twins if key in on)

    def other_language(self, cell: str, language: str) -> str:
        """The language of the reply that the template cell asks for, if it is another than the mail's."""
        template = next(iter(self.named(cell)), None)
        ours = template.language if template else ""
        return ours if language and ours != language else ""

    def named(self, cell: str) -> list[Template]:
        """The templates that a cell names."""
        return named_templates(cell, self.templates)

    def origin(self, text: str) -> str:
        """The key of the template that a reply we sent was made from; "" if it was written freely."""
        if self._origins is None:
            self._origins = Origins(self.templates)
        return self._origins.of(text)

    def fill(self, cell: str, asked: Asked) -> Filled | None:
        """The reply that the template cell asks for; None where it names no template.

        One in another language than the mail's has a mark in the place of its greeting.
        """
        ledger, key = self.speaker.wording, (cell, asked.language)
        # Few cells differ among thousands of rows.
        if key not in self._combined:
            self._combined[key] = self._letter(*key)
        if (found := self._combined[key]) is None:
            return None
        letter, foreign, voice = found
        own = own_parts(asked.parts, {"order": asked.order, "product": asked.product}, letter.keys, voice)
        nobody = voice.say("reply.customer")
        filled = fill(letter, self._values(asked, voice), self.fields, ledger, own, nobody)
        if not foreign:
            return filled
        gap = ledger.say("reply.in-language", language=ledger.say(f"reply.language-{asked.language}"))
        text = f"{ledger.say('reply.blank', field=gap)}\n\n{filled.text}"
        return Filled(filled.subject, text, (gap, *filled.missing))

    def _letter(self, cell: str, language: str) -> tuple[Letter, bool, Wording] | None:
        """What a template cell names as one letter, whether it is in another language than the mail, and the
        words of its own language."""
        if not (templates := self.named(cell)):
            return None
        foreign = bool(self.other_language(cell, language))
        # An English template says its dates in English, whatever the ledger speaks.
        ours = templates[0].language
        voice = wording(ours) if ours in LANGUAGES else self.speaker.wording
        return combine(templates, self.fields, voice, greeted=not foreign), foreign, voice

    def has_own(self, names: Iterable[str]) -> bool:
        """Whether the settings tab has a row その他 of one of these names."""
        return any(self.fields.key(name) in self.own for name in names)

    def _values(self, asked: Asked, voice: Wording) -> dict[str, str]:
        today = self._now.astimezone(self.speaker.clock.zone).date()
        known = {
            "customer": outside(asked.customer),
            "order": self._listed(asked.order, voice),
            "product": self._listed(asked.product, voice),
            "assignee": outside(asked.assignee),
            "phone": outside(asked.phone),
            "subject": outside(asked.subject),
            "received": spoken_date(asked.received, voice) if asked.received else "",
            "today": spoken_date(today, voice),
            "promised_date": self._promise(asked.priority, voice),
        }
        return self.own | {field: value for field, value in known.items() if value}

    def _listed(self, cell: str, voice: Wording) -> str:
        """A cell of words, with the commas of another language where the reply speaks one."""
        is_ours = voice.language == self.speaker.wording.language
        return outside(cell if is_ours else voice.listed(words_of(cell)))

    def _promise(self, priority: str, voice: Wording) -> str:
        if (key := (priority, voice.language)) not in self._promised:
            day = promised_date(self._settings, priority, self._now.astimezone(self.speaker.clock.zone))
            self._promised[key] = spoken_date(day, voice) if day else ""
        return self._promised[key]

    def cell(self, filled: Filled | None) -> str | None:
        """What the reply column shows: what is left to fill in, then the text as far as a cell holds it."""
        if filled is None:
            return None
        shown, rest = _cut(filled.text)
        cut = self.speaker.wording.say("reply.cut") if rest else ""
        return self._to_fill(filled.missing) + shown + cut

    def recounted(self, cell: str) -> str:
        """A person's text with our line on what is to be filled in told anew, or gone once nothing is."""
        if not self._head.match(cell):
            return cell
        text = self._head.sub("", cell, count=1).lstrip("\n")
        return self._to_fill(self._gap.findall(text)) + text

    def _to_fill(self, missing: Sequence[str]) -> str:
        if not missing:
            return ""
        say = self.speaker.wording.say
        return say("reply.to-fill", count=len(missing), fields=list(dict.fromkeys(missing))) + "\n\n"

    def edited(self, cell: str, filled: Filled | None) -> Filled:
        """The reply that a person made of the cell: their words as they stand, never filled in.

        Only what is ours goes: the line on what is to be filled in, and the mark of a cut, in the place of
        which stands what the cell could not hold of `filled`.
        """
        say = self.speaker.wording.say
        text = self._head.sub("", cell.strip(), count=1).strip()
        if text.endswith(mark := say("reply.cut")):
            text = text.removesuffix(mark) + (_cut(filled.text)[1] if filled else "")
        return Filled(filled.subject if filled else "", text, tuple(self._gap.findall(text)))


def _cut(text: str) -> tuple[str, str]:
    """A text as far as a cell holds it, and the rest."""
    units = text.encode("utf-16-le", "replace")[: 2 * (CELL_LIMIT - MARGIN)]
    shown = units.decode("utf-16-le", "ignore")
    return shown, text[len(shown) :]


def _line(said: str) -> str:
    """A sentence of the wording as a pattern. Said with NUL for each value, which may be anything."""
    return "([^\\n]{0,400}?)".join(map(re.escape, said.split("\0")))


def read_templates(records: Sequence[Record], layout: Layout) -> tuple[Template, ...]:
    """The templates tab; of two rows with one key the upper one holds, a row without key or text is none."""
    found: dict[str, Template] = {}
    for record in records:
        cells = {key: text_of(cell).strip() for key, cell in record.cells.items()}
        key, body = cells.get("key", ""), cells.get("body", "")
        if key and body:
            template = Template(
                key=key,
                name=cells.get("name", ""),
                subject=cells.get("subject", ""),
                body=clean(body),
                category=layout.option("category", cells.get("category", "")),
                on=is_ticked(record.cells.get("on")),
            )
            found.setdefault(key, template)
    return tuple(found.values())


def named_templates(cell: str, templates: Sequence[Template]) -> list[Template]:
    """The templates that a cell names, by key or name; several where it lists several."""
    whole = find_template(cell, templates)
    named = [whole] if whole else [find_template(word, templates) for word in words_of(cell)]
    return [template for template in named if template]


@dataclass(frozen=True, slots=True)
class Sent:
    """A reply we sent, as a row remembers it: the template we had suggested, the one it was made from (either
    "" for none), its day, and how it quotes the customer (None where that is not known)."""

    offered: str
    used: str
    day: str
    quoting: Quoting | None = None

    @classmethod
    def read(cls, fact: object) -> list[Sent]:
        """The replies among a row's facts, oldest first; what is damaged counts as none."""
        entries = fact if isinstance(fact, list) else []
        return [cls._of(*entry) for entry in entries if isinstance(entry, list) and len(entry) in (3, 4)]

    @classmethod
    def _of(cls, offered: object, used: object, day: object, quoting: object = None) -> Sent:
        # Rows of before the quotation was learned have three entries.
        known = next((word for word in QUOTINGS if word == quoting), None)
        return cls(str(offered), str(used), str(day), known)

    def fact(self) -> list[str]:
        return [self.offered, self.used, self.day, *([self.quoting] if self.quoting else [])]


@dataclass(slots=True)
class Habit:
    """What became of the templates: how many replies each made, how often its suggestion was followed."""

    used: Counter[str] = field(default_factory=Counter)
    offered: Counter[str] = field(default_factory=Counter)
    followed: Counter[str] = field(default_factory=Counter)

    def count(self, sent: Iterable[Sent]) -> None:
        for reply in sent:
            self.used[reply.used] += 1
            for offered in words_of(reply.offered):
                self.offered[offered] += 1
                self.followed[offered] += offered == reply.used

    def cells(self, key: str) -> dict[str, Cell]:
        """The machine columns of a template's row. A template nobody was offered has no rate."""
        rate = round(self.followed[key] / self.offered[key], 2) if self.offered[key] else None
        return {"used": self.used[key] or None, "accepted": rate}


def own_values(records: Sequence[Record], layout: Layout, fields: Fields) -> dict[str, str]:
    """The settings tab's rows その他 as values: a field of the row's name is filled with its value."""
    values: dict[str, str] = {}
    for record in records:
        setting, name, value = (
            text_of(record.cells.get(key)).strip() for key in ("setting", "name", "value")
        )
        if layout.option("setting", setting) == "value" and name and value:
            values.setdefault(fields.key(name), clean(value))
    return values


_BETWEEN_DIGITS = r"[ ().-]{0,2}"
_PHONE_GROUPS = re.compile(
    r"(0120)(\d{3})(\d{3})|(0800)(\d{3})(\d{4})|(0[36])(\d{4})(\d{4})|(0\d0)(\d{4})(\d{4})"
)


def spoken_phone(digits: str, texts: Iterable[str]) -> str:
    """A phone number with its hyphens: as its owner wrote it in one of `texts`, else as its kind is grouped.

    A number of which neither tells anything (area codes are of any length) stays as it is.
    """
    # A person wrote it into the customers tab.
    if not (digits.isascii() and digits.isdecimal()):
        return digits
    as_written = re.compile(rf"(?<!\d){_BETWEEN_DIGITS.join(digits)}(?!\d)")
    for text in texts:
        if (found := as_written.search(plain(text))) and found[0] != digits:
            return "-".join(re.split(r"\D+", found[0]))
    groups = _PHONE_GROUPS.fullmatch(digits)
    return "-".join(filter(None, groups.groups())) if groups else digits


def promised_date(settings: Settings, priority: str, now: datetime) -> datetime | None:
    """The day an answer can be promised for: the target of its urgency, counted from the next business day.

    `now` is aware, in the shop's zone. None for a shop that never opens.
    """
    target = settings.targets.get(priority) or DEFAULT_TARGETS["normal"]
    tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)
    try:
        return settings.calendar.due(settings.calendar.add_hours(tomorrow, 0), target)
    except ValueError:
        return None
