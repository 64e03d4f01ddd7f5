"""What a mail means: by headers and the shop's rules, then by examples, then by what raises its urgency.

The reason for every decision is kept as keys of the wording with their values, and said in words at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from daicho.inquiry.classify import AUTO, Classifier, Guess
from daicho.inquiry.contacts import days_contacted
from daicho.inquiry.extract import contact_form, customer_name, order_numbers, products
from daicho.inquiry.needby import need_by
from daicho.inquiry.rules import Hit, RuleSet, decisions, sought, words_of
from daicho.inquiry.swap import swapped
from daicho.inquiry.urgency import Contact, Raise, contact_raise, contacts, date_raise, raised, start
from daicho.mail.message import Message
from daicho.sheets.layout import load_layout
from daicho.wording import Wording

Reason = tuple[str, Mapping[str, object]]
"""A sentence of the wording section `judge` and what fills it. Option keys are said as labels."""

SURE = 0.6
"""Below this confidence the best guess stands in the cell and a person is asked to look."""

SET_ASIDE = 0.8
"""From this chance on a mail passes as automatic or as sales by its words alone: nobody will look at it."""

FELT = 0.5
"""From this chance on a learned cause or emotion counts."""

BETTER_SAFE = 0.45
"""The same for causes that make an inquiry urgent: to miss one costs more than to look at one too many."""

SAME_CHANCE = 0.1
"""Chances of a second and a third contact this close together tell nothing apart."""

INKLING = 0.35
"""Below this confidence a category is a guess among many."""

HINTED = 0.3
"""From this chance on of an earlier contact, the days that are named for one count as such."""

TEMPLATES = 3

UNLIKELY = 0.0005
"""A further template is suggested from this share of the best one's chance on. Measured by leaving out one
starter file at a time: 2.1 suggestions a mail instead of 3, and 3 more of 1,000 mails miss the right one."""

ABOVE_RULES = frozenset({"harm", "outside"})
"""What makes an inquiry urgent even where a rule of the shop says less."""

CAUSE_LEVELS: Mapping[str, str] = {
    "harm": "urgent",
    "outside": "urgent",
    "shop_urgent": "urgent",
    "money": "high",
    "shop_high": "high",
}
"""What each learned cause raises an inquiry to; second and third contacts are weighed together, deadlines by
their date."""


@dataclass(frozen=True, slots=True)
class Case:
    """One incoming message to judge. `sent` is aware, in the shop's time zone; `inquiry` its id, "" if new.

    `earlier` are the same customer's messages before it, `category` what people made of it ("": nothing).
    """

    message: Message
    sent: datetime
    inquiry: str = ""
    earlier: tuple[Contact, ...] = ()
    category: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was decided about a message, by the keys of the triage guide.

    `confidence` (0 to 1) speaks of the category. `tags` are the words rules set; `unsure` asks a person to
    look. `templates` are at most three keys, best first; `template_chance` (0 to 1) speaks of the first.
    `channel` and `assignee` are None where nothing says.
    """

    kind: str
    category: str
    confidence: float
    priority: str
    emotion: tuple[str, ...]
    tags: tuple[str, ...]
    unsure: bool
    order_numbers: tuple[str, ...]
    customer_name: str
    products: tuple[str, ...]
    templates: tuple[str, ...]
    channel: str | None
    assignee: str | None
    reason: tuple[Reason, ...]
    template_chance: float = 1.0

    def say_reason(self, wording: Wording) -> str:
        """The reason in words, one line each."""
        return "\n".join(_said(key, values, wording) for key, values in self.reason)


@dataclass(frozen=True, slots=True)
class _Heard:
    """What the writer of a message said: a form's fields if it is a form's notice, else the new part."""

    subject: str
    text: str
    form: bool
    order_numbers: tuple[str, ...]
    products: tuple[str, ...]

    @property
    def silent(self) -> bool:
        """Whether there is no word in it, as in a mail that holds only a picture."""
        return not any(map(str.isalnum, self.subject + self.text))


class Judge:
    """Judges messages by a shop's rules and a classifier.

    `products` maps the shop's product tags to their words.
    """

    def __init__(
        self,
        rules: RuleSet,
        classifier: Classifier,
        products: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.rules = rules
        self.classifier = classifier
        self._products = products or {}
        labels = load_layout(rules.language).lists["emotion"]
        self._emotion_keys = {label: key for key, label in labels.items()}

    def judge(self, cases: Sequence[Case]) -> list[Judgement]:
        """One judgement a case, in order. Many at once are much faster than one by one."""
        heard = [self._hear(case.message) for case in cases]
        guesses = self.classifier.guess([(each.subject, each.text) for each in heard])
        return [self._decide(*each) for each in zip(cases, heard, guesses, strict=True)]

    def _hear(self, message: Message) -> _Heard:
        form = contact_form(message)
        subject = form.subject if form else message.subject
        text = form.text if form else message.new_text.strip() or message.text
        whole = f"{message.subject}\n{message.text}"
        return _Heard(
            subject=subject,
            text=text,
            form=form is not None,
            order_numbers=order_numbers(whole),
            products=products(f"{subject}\n{text}", self._products) if self._products else (),
        )

    def _decide(self, case: Case, heard: _Heard, guess: Guess) -> Judgement:
        hits = self.rules.hits(sought(case.message, heard.subject, heard.text, heard.products))
        ruled = decisions(hits, case.category)
        reason: list[Reason] = [_hit_reason(hit) for hit in hits]
        kind = self._kind(case.message, heard, guess, ruled, reason)
        category, confidence = self._category(kind, guess, ruled, reason)
        asked = kind == "inquiry"
        emotion, tags = self._moods(hits, guess if asked else None)
        priority, alarmed = "none", False
        if asked:
            priority, alarmed = self._priority(case, heard, category, guess, ruled, reason)
            reason += _to_check(category, heard)
        return Judgement(
            kind=kind,
            category=category,
            confidence=confidence,
            priority=priority,
            emotion=emotion,
            tags=tags,
            unsure=asked and (confidence < SURE or alarmed or heard.silent),
            order_numbers=heard.order_numbers,
            customer_name=customer_name(case.message),
            products=heard.products,
            templates=self._templates(category, guess, ruled) if asked and not heard.silent else (),
            template_chance=guess.templates[0][1] if guess.templates else 0.0,
            channel=ruled.get("channel") or ("form" if heard.form else None),
            assignee=ruled.get("assignee"),
            reason=tuple(reason),
        )

    def _kind(
        self, message: Message, heard: _Heard, guess: Guess, ruled: Mapping[str, str], reason: list[Reason]
    ) -> str:
        # Mail that came back is told by its headers, whatever else it says.
        if message.kind == "bounce":
            reason.append(("judge.kind-bounce", {}))
            return "bounce"
        # A contact form's notice is sent by a machine and written by a person.
        if "kind" in ruled and not (heard.form and ruled["kind"] == "auto"):
            return ruled["kind"]
        if message.kind == "auto" and not heard.form:
            reason.append(("judge.kind-header", {"header": message.automatic}))
            return "auto"
        # A rule that names a category has said what kind it is as well.
        if "category" in ruled:
            return "sales" if ruled["category"] == "sales" else "inquiry"
        best, chance = guess.categories[0]
        if best not in (AUTO, "sales"):
            return "inquiry"
        sure = chance >= SET_ASIDE
        key = "judge.kind-learned" if sure else "judge.kind-unsure"
        reason.append((key, {"kind": best, "percent": _percent(chance)}))
        return best if sure else "inquiry"

    def _category(
        self, kind: str, guess: Guess, ruled: Mapping[str, str], reason: list[Reason]
    ) -> tuple[str, float]:
        chances = dict(guess.categories)
        if kind in ("auto", "bounce"):
            return "other", chances.get(AUTO, 0.0)
        if kind == "sales":
            return "sales", chances.get("sales", 0.0)
        if "category" in ruled:
            return ruled["category"], 1.0
        (category, chance), (second, _) = _asked(guess)[:2]
        key = "judge.category-learned" if chance >= SURE else "judge.category-unsure"
        reason.append((key, {"category": category, "second": second, "percent": _percent(chance)}))
        return category, chance

    def _templates(self, category: str, guess: Guess, ruled: Mapping[str, str]) -> tuple[str, ...]:
        ranked = self.classifier.habitual(category, guess) if "category" in ruled else guess.templates
        # None rather than a bad one.
        likely = {key for key, chance in ranked if chance >= UNLIKELY * ranked[0][1]}
        keys, harm = [key for key, _ in ranked], guess.causes["harm"]
        # Who was hurt is told first to stop using the thing, not how it is replaced; in doubt people choose.
        called = {"safety": 0 if harm >= SURE else 1} if harm >= BETTER_SAFE else {}
        # A step outward is a supervisor's to answer, beside or before what the matter itself asks for.
        called |= {"escalate": 1} if guess.causes["outside"] >= BETTER_SAFE else {}
        for key, place in called.items():
            _move_up(keys, key, place)
        return tuple(key for key in keys[:TEMPLATES] if key in likely or key in called)

    def _priority(
        self,
        case: Case,
        heard: _Heard,
        category: str,
        guess: Guess,
        ruled: Mapping[str, str],
        reason: list[Reason],
    ) -> tuple[str, bool]:
        """The priority, and whether it is an alarm that rests on a doubtful cause alone."""
        raises = list(self._raises(case, heard, category, guess))
        if "priority" in ruled:
            # A rule may keep promises and dates down, but not a burn; what it sets aside stays aside.
            set_aside = ruled["priority"] == "none"
            raises = [] if set_aside else [each for each in raises if each.cause in ABOVE_RULES]
        reason += [(f"judge.raise-{each.cause}", each.values) for each in raises]
        begins = category if "category" in ruled else _beginning(guess)
        from_start = ruled.get("priority") or start(begins)
        causes = [each for each in raises if each.level == "urgent"]
        alarmed = from_start != "urgent" and bool(causes) and all(map(_is_doubtful, causes))
        return raised(from_start, raises), alarmed

    def _raises(self, case: Case, heard: _Heard, category: str, guess: Guess) -> Iterator[Raise]:
        for cause, level in CAUSE_LEVELS.items():
            chance = guess.causes[cause]
            if chance >= (BETTER_SAFE if level == "urgent" else FELT):
                yield Raise(level, cause.replace("_", "-"), {"percent": _percent(chance)})
        told = _told_contacts(guess.causes["second"], guess.causes["third"], heard.text)
        count = contacts(case.sent, case.inquiry, category, heard.order_numbers, case.earlier)
        needed = need_by(f"{heard.subject}\n{heard.text}", case.sent, guess.causes["deadline"])
        yield from filter(None, (told, contact_raise(count), date_raise(needed, case.sent)))

    def _moods(self, hits: Sequence[Hit], guess: Guess | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Emotions (learned, and set by rules) and the other tags."""
        words = [word for hit in hits if hit.rule.sets == "tag" for word in words_of(hit.rule.value)]
        felt = {key for key, chance in guess.emotion.items() if chance >= FELT} if guess else set()
        felt |= {self._emotion_keys[word] for word in words if word in self._emotion_keys}
        tags = dict.fromkeys(word for word in words if word not in self._emotion_keys)
        return tuple(key for key in self._emotion_keys.values() if key in felt), tuple(tags)


def _is_doubtful(cause: Raise) -> bool:
    percent = cause.values.get("percent", 100)
    return isinstance(percent, int) and percent < 100 * SURE


def _move_up(keys: list[str], key: str, place: int) -> None:
    """Moves `key` up to `place`, if it is known and stands below."""
    if key in keys[place + 1 :]:
        keys.remove(key)
        keys.insert(place, key)


def _beginning(guess: Guess) -> str:
    """The category whose start an inquiry takes: an inkling beside a calm runner-up raises no alarm."""
    (best, chance), (second, _) = _asked(guess)[:2]
    return second if chance < INKLING and start(second) == "normal" else best


def _asked(guess: Guess) -> list[tuple[str, float]]:
    """The categories an inquiry can have, likeliest first."""
    return [entry for entry in guess.categories if entry[0] not in (AUTO, "sales")]


def _told_contacts(second: float, third: float, text: str) -> Raise | None:
    """What a writer's own words about earlier contacts raise; the chances are the learned ones."""
    days = days_contacted(text) if max(second, third) >= HINTED else 0
    # Two named days and today make three, in whatever words.
    if days >= 2:
        return contact_raise(days + 1)
    # Whoever writes for the third time has written for the second: one says it, in doubt the third.
    if third >= max(BETTER_SAFE, second - SAME_CHANCE):
        return Raise("urgent", "third", {"percent": _percent(third)})
    if max(second, third) >= FELT or (days and second >= HINTED):
        return Raise("high", "second", {"percent": _percent(max(second, third))})
    return None


# --- the reason in words ---


def _to_check(category: str, heard: _Heard) -> Iterator[Reason]:
    """What to look into when something else arrived than was ordered."""
    if category != "wrong_item":
        return
    if swap := swapped(heard.text, heard.order_numbers):
        # Two parcels crossed: someone else is waiting for what this customer holds, and the other way round.
        yield ("judge.swap", {})
        if swap.other_orders:
            yield ("judge.swap-order", {"orders": swap.other_orders})
    else:
        yield ("judge.wrong-item", {})


def _percent(chance: float) -> int:
    return round(100 * chance)


def _hit_reason(hit: Hit) -> Reason:
    values = {
        "words": hit.words,
        "item": hit.rule.sets,
        hit.rule.sets: hit.rule.value,
        "value": hit.rule.value,
    }
    return ("judge.rule-hit", values)


def _said(key: str, values: Mapping[str, object], wording: Wording) -> str:
    return wording.say(key, **{name: _shown(name, value, values, wording) for name, value in values.items()})


def _shown(name: str, value: object, values: Mapping[str, object], wording: Wording) -> object:
    """A reason's value as people read it: options as labels, found words in quotes."""
    layout = load_layout(wording.language)
    match name:
        case "category" | "second":
            return layout.label("category", str(value))
        case "kind":
            return layout.label("kind", str(value))
        case "item":
            return layout.label("rule_set", str(value))
        case "value" if values["item"] in layout.lists:
            return layout.label(str(values["item"]), str(value))
        case "words" | "orders" if isinstance(value, tuple):
            return "".join(wording.say("judge.quoted", word=word) for word in value[:4])
    return value
