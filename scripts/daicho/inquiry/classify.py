"""What a mail is about, learned from examples: a linear model over character n-grams and cue words.

Character n-grams need no tokenizer and read Japanese, English and mixtures of both; cues carry them over to
words that no example has. Every question asked of a mail (which category, which reply, what makes it urgent,
which mood) is one output of the same matrix, so that a batch of mails is judged by a single product.

Nothing here opens a file: examples come in, arrays go out (`Classifier.arrays`) and come back (`restored`).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from daicho.inquiry.cues import Cues
from daicho.inquiry.features import Features, reading

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float32]

VERSION = 10
"""Counted up whenever the features or the training change, so that no stale model is taken from a cache."""

CAUSE_STRESS = 2.0
"""How many times more cues count for what makes a mail urgent: it is told in few words of many."""

AUTO = "auto"
"""Stands among the categories while learning: mail that no person wrote."""

SHOP_CAUSES = frozenset({"shop_urgent", "shop_high"})
"""Mails that the shop itself set so before; it keeps to itself why."""

CAUSES = ("harm", "outside", "third", "second", "money", "deadline", *sorted(SHOP_CAUSES))
"""What makes a mail urgent beyond its category."""
EMOTIONS = ("urgent", "unhappy", "praise")
FAMILIES = ("category", "template", "cause", "emotion")

SHARPNESS = {"category": 7.0, "template": 7.0, "cause": 3.0, "emotion": 3.0}
CENTRES = {"cause": -0.42, "emotion": -0.3}
"""How steeply a margin becomes a probability, and the margin of an even chance where it is not 0 (what is
rare is answered too timidly). Fitted by leaving one starter file out, as HABIT."""

HABIT = 0.7
"""How much the habit of a category counts beside the words of a mail when a template is chosen."""

GUIDE = 1
"""How many answers the guide's own choice of a template counts as, beside those that the shop has given."""

DOUBT = 0.3
"""How much those words still count where people have set the category: they were read as something else."""


# --- examples ---


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled mail. `category` is a key of the triage guide or AUTO; None means that nobody has said.

    `weight` tells how much it counts against a starter example.
    """

    subject: str
    text: str
    category: str | None
    causes: frozenset[str] | None = None
    emotion: frozenset[str] | None = None
    templates: tuple[str, ...] | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Correction:
    """What people decided about a mail of theirs. `sent` is aware; "" and None where they changed nothing."""

    subject: str
    text: str
    sent: datetime
    category: str = ""
    priority: str = ""
    templates: tuple[str, ...] | None = None
    emotion: frozenset[str] | None = None


CORRECTION_WEIGHT = 4.0
CORRECTION_HALF_LIFE = 180
"""Days after which a correction, counted back from the newest one, weighs half as much."""


def as_examples(corrections: Sequence[Correction]) -> list[Example]:
    """The shop's own decisions as examples; the newest weigh most."""
    if not corrections:
        return []
    newest = max(correction.sent for correction in corrections)
    return [
        Example(
            correction.subject,
            correction.text,
            correction.category or None,
            causes=_causes_of(correction.priority),
            emotion=correction.emotion,
            templates=correction.templates,
            weight=CORRECTION_WEIGHT * 0.5 ** ((newest - correction.sent).days / CORRECTION_HALF_LIFE),
        )
        for correction in corrections
    ]


def _causes_of(priority: str) -> frozenset[str] | None:
    """What a priority that people set teaches."""
    return SHOP_CAUSES & {f"shop_{priority}"} if priority else None


def _has(causes: frozenset[str] | None, cause: str) -> bool | None:
    """Whether a mail has a cause; None where nobody told, as of a mail that the shop raised."""
    if causes is None or (causes & SHOP_CAUSES and cause not in SHOP_CAUSES):
        return None
    return cause in causes


def fingerprint(examples: Iterable[Example], cues: Mapping[str, Sequence[str]]) -> str:
    """The name under which a model of these examples and cues may be cached."""
    digest = hashlib.sha256(json.dumps([VERSION, cues], sort_keys=True).encode())
    for example in examples:
        causes = None if example.causes is None else sorted(example.causes)
        emotion = None if example.emotion is None else sorted(example.emotion)
        fields = (example.subject, example.text, example.category, causes, emotion, example.templates)
        digest.update(json.dumps([*fields, example.weight]).encode())
    return digest.hexdigest()


# --- the model ---


@dataclass(frozen=True, slots=True)
class Guess:
    """What the examples say about one mail. Every value is a probability between 0 and 1, likeliest first."""

    categories: tuple[tuple[str, float], ...]
    templates: tuple[tuple[str, float], ...]
    causes: Mapping[str, float]
    emotion: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Output:
    """One yes-or-no question of the model: its family and the key it asks for."""

    family: str
    key: str


class Classifier:
    """A trained model. `weights` is (features × outputs), `bias` (outputs,).

    `shares` is (categories × templates): how often mails of a category are answered with a template.
    `ways` is (templates × templates): what this shop answers with where the guide calls for a template.
    """

    def __init__(
        self,
        features: Features,
        weights: Numbers,
        bias: Numbers,
        shares: Numbers,
        ways: Numbers,
        outputs: Sequence[Output],
    ) -> None:
        self.features = features
        self.outputs = tuple(outputs)
        self._weights, self._bias, self._shares, self._ways = weights, bias, shares, ways
        self._columns = {
            family: [i for i, output in enumerate(self.outputs) if output.family == family]
            for family in FAMILIES
        }

    @classmethod
    def trained(cls, examples: Sequence[Example], cues: Cues) -> Classifier:
        """Learns from `examples`; some thousands take seconds. At least two categories must occur."""
        import numpy as np

        features, matrix = Features.of([reading(each.subject, each.text) for each in examples], cues)
        questions = _questions(examples)
        weights, bias = _fitted(features, matrix, questions, examples)
        shares = _shares(examples, questions)
        guide = np.eye(shares.shape[1], dtype=np.float32)
        return cls(features, weights, bias, shares, guide, list(questions))

    def taught(self, examples: Sequence[Example], decisions: Sequence[Example]) -> Classifier:
        """The model of `examples`, which this one is, and of the shop's own `decisions` (`as_examples`)."""
        answered = [each.templates[0] if each.templates else "" for each in decisions]
        called = called_for(self._best_templates(decisions), answered, self._keys("template"))
        guided = [
            replace(each, templates=(call, *each.templates[1:])) if each.templates else each
            for each, call in zip(decisions, called, strict=True)
        ]
        model = Classifier.trained([*examples, *guided], self.features.cues)
        model._ways = model._learned_ways(called, answered)
        return model

    def _best_templates(self, examples: Sequence[Example]) -> list[str]:
        guesses = self.guess([(example.subject, example.text) for example in examples])
        return [guess.templates[0][0] for guess in guesses]

    def _learned_ways(self, called: Sequence[str], answered: Sequence[str]) -> Numbers:
        """How often the shop answers a call for one template with another; the guide counts as GUIDE."""
        import numpy as np

        place = {key: i for i, key in enumerate(self._keys("template"))}
        ways = np.eye(len(place), dtype=np.float32) * GUIDE
        for call, answer in zip(called, answered, strict=True):
            if answer:
                ways[place[call], place[answer]] += 1
        ways /= ways.sum(axis=1, keepdims=True)
        return ways

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The model as arrays that `numpy.savez` keeps without pickle."""
        import numpy as np

        names = {
            "grams": self.features.grams,
            "cues": self.features.cue_names,
            "outputs": [f"{output.family}:{output.key}" for output in self.outputs],
        }
        packed = {
            name: np.frombuffer("\x1f".join(texts).encode(), dtype=np.uint8) for name, texts in names.items()
        }
        numbers = {
            "idf": self.features.idf,
            "weights": self._weights,
            "bias": self._bias,
            "shares": self._shares,
            "ways": self._ways,
        }
        return {**packed, **numbers}

    @classmethod
    def restored(cls, arrays: Mapping[str, NDArray[Any]], cues: Cues) -> Classifier:
        """The model that `arrays` came from. Raises KeyError or ValueError where they are not such arrays."""
        grams, cue_names, outputs = (
            arrays[name].tobytes().decode().split("\x1f") for name in ("grams", "cues", "outputs")
        )
        features = Features(cues, grams, cue_names, arrays["idf"])
        questions = [Output(*name.split(":", 1)) for name in outputs]
        weights, bias, shares, ways = (arrays[name] for name in ("weights", "bias", "shares", "ways"))
        return cls(features, weights, bias, shares, ways, questions)

    def guess(self, mails: Sequence[tuple[str, str]]) -> list[Guess]:
        """One guess for each (subject, text)."""
        if not mails:
            return []
        matrix = self.features.matrix([reading(subject, text) for subject, text in mails])
        return [self._guess(scores) for scores in matrix @ self._weights + self._bias]

    def _guess(self, scores: Numbers) -> Guess:
        named = {family: self._named(family, chances) for family, chances in self._chances(scores).items()}
        return Guess(_ranked(named["category"]), _ranked(named["template"]), named["cause"], named["emotion"])

    def _chances(self, scores: Numbers) -> dict[str, Numbers]:
        """The probabilities of each family's outputs."""
        margins = {family: scores[self._columns[family]] * SHARPNESS[family] for family in FAMILIES}
        categories = _softmax(margins["category"])
        # A template is weighed by the mail's own words and by what its likely categories are answered with.
        habit = _log(categories @ self._shares) * HABIT
        return {
            "category": categories,
            "template": _softmax(margins["template"] + habit) @ self._ways,
            "cause": _odds(margins["cause"] - CENTRES["cause"] * SHARPNESS["cause"]),
            "emotion": _odds(margins["emotion"] - CENTRES["emotion"] * SHARPNESS["emotion"]),
        }

    def habitual(self, category: str, guess: Guess) -> tuple[tuple[str, float], ...]:
        """The templates of `guess` where the category is certain: weighed by what it is answered with."""
        names = self._keys("category")
        if category not in names:
            return guess.templates
        shares = self._named("template", self._shares[names.index(category)])
        return _ranked({key: chance**DOUBT * shares[key] for key, chance in guess.templates})

    def _named(self, family: str, chances: Numbers) -> dict[str, float]:
        return dict(zip(self._keys(family), chances.tolist(), strict=True))

    def _keys(self, family: str) -> list[str]:
        return [self.outputs[column].key for column in self._columns[family]]


def _ranked(chances: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(chances.items(), key=lambda item: (-item[1], item[0])))


def _log(values: Numbers) -> Numbers:
    import numpy as np

    logarithms: Numbers = np.log(values)
    return logarithms


def _odds(margins: Numbers) -> Numbers:
    import numpy as np

    chances: Numbers = (1 / (1 + np.exp(-margins))).astype(np.float32)
    return chances


def _softmax(margins: Numbers) -> Numbers:
    import numpy as np

    odds = np.exp(margins - margins.max(initial=-np.inf))
    chances: Numbers = (odds / odds.sum()).astype(np.float32)
    return chances


# --- training ---


Answers = Sequence[bool | None]
"""What each example answers to a question; None where it does not tell."""


def _questions(examples: Sequence[Example]) -> dict[Output, Answers]:
    categories = sorted({example.category for example in examples if example.category})
    templates = sorted({key for example in examples for key in example.templates or ()})
    questions: dict[Output, Answers] = {}
    for key in categories:
        questions[Output("category", key)] = [e.category == key if e.category else None for e in examples]
    for key in templates:
        questions[Output("template", key)] = [key in e.templates if e.templates else None for e in examples]
    for key in CAUSES:
        questions[Output("cause", key)] = [_has(example.causes, key) for example in examples]
    for key in EMOTIONS:
        questions[Output("emotion", key)] = [
            None if e.emotion is None else key in e.emotion for e in examples
        ]
    return questions


def called_for(guessed: Sequence[str], answered: Sequence[str], guide: Container[str]) -> list[str]:
    """The template that is called for in each mail of a shop, by what was guessed and what answered.

    Where the shop often answers a guess with another of the `guide`'s templates, that is its way and the
    guess stands; a rarer answer corrects the guess, one of the shop's own is learned as it is. "" where
    nothing was answered.
    """
    count = Counter(zip(guessed, answered, strict=True))
    return [
        guess if answer in guide and count[guess, answer] > count[guess, guess] + GUIDE else answer
        for guess, answer in zip(guessed, answered, strict=True)
    ]


def _shares(examples: Sequence[Example], questions: Iterable[Output]) -> Numbers:
    """How often each category is answered with each template; the first template of an example counts
    double."""
    import numpy as np

    categories = [question.key for question in questions if question.family == "category"]
    templates = [question.key for question in questions if question.family == "template"]
    counts = np.full((len(categories), len(templates)), 0.02, dtype=np.float32)
    for example in examples:
        for rank, template in enumerate(example.templates or ()):
            if example.category:
                share = 0.5 if rank else 1.0
                counts[categories.index(example.category), templates.index(template)] += (
                    share * example.weight
                )
    shares: Numbers = counts / counts.sum(axis=1, keepdims=True)
    return shares


def _fitted(
    features: Features, matrix: Any, questions: Mapping[Output, Answers], examples: Sequence[Example]
) -> tuple[Numbers, Numbers]:
    """The weights (features × questions) and the bias (questions,) that answer the questions."""
    import numpy as np
    from scipy.sparse import diags

    weights, bias = [], []
    for family, outputs in groupby(questions, lambda output: output.family):
        stress = features.stress(CAUSE_STRESS if family == "cause" else 1.0)
        stressed = matrix @ diags(stress)
        # One after the other: the solver's random numbers are global, threads would make each model another.
        for output in outputs:
            slope, start = _separated(stressed, questions[output], examples)
            # Weights of the stressed columns, times the stress, are weights of the columns as they come.
            weights.append((slope * stress).astype(np.float32))
            bias.append(start)
    return np.stack(weights, axis=1), np.array(bias, dtype=np.float32)


def _separated(matrix: Any, answers: Answers, examples: Sequence[Example]) -> tuple[Any, float]:
    """The plane between yes and no of one question. An answer everybody shares needs no weights."""
    import numpy as np
    from sklearn.svm import LinearSVC

    known = [i for i, answer in enumerate(answers) if answer is not None]
    truth = np.array([bool(answers[i]) for i in known])
    if truth.all() or not truth.any():
        return np.zeros(matrix.shape[1]), 1.0 if truth.any() else -1.0
    model = LinearSVC(C=1.0, random_state=0)
    model.fit(matrix[known], truth, sample_weight=[examples[i].weight for i in known])
    return model.coef_[0], float(model.intercept_[0])
