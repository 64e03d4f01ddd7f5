"""What a mail is about, learned from examples: one linear model over character n-grams.

Character n-grams need no tokenizer and read Japanese, English and mixtures of both. Every question asked of a mail
(which category, which reply, which cause for hurry, which mood) is one output of the same matrix, so that a batch
of mails is judged by a single product.

Nothing here opens a file: examples come in, arrays go out (`Classifier.arrays`) and come back (`Classifier.restored`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from daicho.inquiry.extract import fold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1
"""Counted up whenever the features or the training change, so that no stale model is taken from a cache."""

TEXT_LIMIT = 3000
"""Characters of a mail that are read for its meaning. Who writes more has said it by then."""

AUTO = "auto"
"""Stands among the categories while learning: mail that no person wrote."""

CAUSES = ("harm", "outside", "third", "second", "money", "deadline")
EMOTIONS = ("urgent", "unhappy", "praise")


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
            AUTO
            if correction.category == "other" and correction.priority == "none"
            else correction.category or None,
            emotion=correction.emotion,
            templates=correction.templates,
            weight=CORRECTION_WEIGHT * 0.5 ** ((newest - correction.sent).days / CORRECTION_HALF_LIFE),
        )
        for correction in corrections
    ]


@dataclass(frozen=True, slots=True)
class Guess:
    """What the examples say about one mail. Every value is a probability between 0 and 1, likeliest first."""

    categories: tuple[tuple[str, float], ...]
    templates: tuple[tuple[str, float], ...]
    causes: Mapping[str, float]
    emotion: Mapping[str, float]


def reading(subject: str, text: str) -> str:
    """A mail as the features see it: folded, the subject marked off from the text."""
    return f"〈{fold(subject[:300])}〉\n{fold(text[:TEXT_LIMIT])}"


def fingerprint(examples: Iterable[Example]) -> str:
    """The name under which a model of these examples may be cached."""
    digest = hashlib.sha256(f"daicho classifier {VERSION}\n".encode())
    for example in examples:
        causes = None if example.causes is None else sorted(example.causes)
        emotion = None if example.emotion is None else sorted(example.emotion)
        fields = (
            example.subject,
            example.text,
            example.category,
            causes,
            emotion,
            example.templates,
            example.weight,
        )
        digest.update(json.dumps(fields, ensure_ascii=True).encode())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Output:
    """One yes-or-no question of the model: its family and the key it asks for."""

    family: str
    key: str


FAMILIES = ("category", "template", "cause", "emotion")


class Classifier:
    """A trained model. `weights` is (features × outputs) float32, `idf` (features,), `bias` (outputs,)."""

    def __init__(
        self,
        grams: Sequence[str],
        idf: NDArray[np.float32],
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
        outputs: Sequence[Output],
    ) -> None:
        self.grams = tuple(grams)
        self.outputs = tuple(outputs)
        self._idf, self._weights, self._bias = idf, weights, bias
        self._vectorizer = _vectorizer(vocabulary=self.grams)
        self._columns = {
            family: [i for i, output in enumerate(self.outputs) if output.family == family]
            for family in FAMILIES
        }

    @classmethod
    def trained(cls, examples: Sequence[Example]) -> Classifier:
        """Learns from `examples`; some thousands take seconds. At least two categories must occur."""
        import numpy as np

        vectorizer = _vectorizer(min_df=2)
        counts = vectorizer.fit_transform([reading(example.subject, example.text) for example in examples])
        idf = _idf(counts)
        features = _weighted(counts, idf)
        questions = _questions(examples)
        columns = [_fitted(features, answers, examples) for answers in questions.values()]
        weights = np.stack([column[0] for column in columns], axis=1)
        bias = np.array([column[1] for column in columns], dtype=np.float32)
        return cls(vectorizer.get_feature_names_out().tolist(), idf, weights, bias, list(questions))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The model as arrays that `numpy.savez` keeps without pickle."""
        import numpy as np

        return {
            "grams": np.array(list("\x1f".join(self.grams)), dtype="U1").view(np.uint32),
            "outputs": np.array([f"{output.family}:{output.key}" for output in self.outputs]),
            "idf": self._idf,
            "weights": self._weights,
            "bias": self._bias,
        }

    @classmethod
    def restored(cls, arrays: Mapping[str, NDArray[Any]]) -> Classifier:
        """The model that `arrays` came from. Raises KeyError or ValueError where they are not such arrays."""
        text = arrays["grams"].tobytes().decode("utf-32-le")
        outputs = [Output(*str(name).split(":", 1)) for name in arrays["outputs"]]
        return cls(text.split("\x1f"), arrays["idf"], arrays["weights"], arrays["bias"], outputs)

    def guess(self, mails: Sequence[tuple[str, str]]) -> list[Guess]:
        """One guess for each (subject, text)."""
        if not mails:
            return []
        counts = self._vectorizer.transform([reading(subject, text) for subject, text in mails])
        scores = _weighted(counts, self._idf) @ self._weights + self._bias
        return [self._guess(row) for row in scores]

    def _guess(self, scores: NDArray[np.float32]) -> Guess:
        ranked = {family: self._probabilities(family, scores) for family in FAMILIES}
        return Guess(
            categories=_ranked(ranked["category"]),
            templates=_ranked(ranked["template"]),
            causes=ranked["cause"],
            emotion=ranked["emotion"],
        )

    def _probabilities(self, family: str, scores: NDArray[np.float32]) -> dict[str, float]:
        import numpy as np

        columns = self._columns[family]
        values = scores[columns] * SHARPNESS[family]
        if family in ("category", "template"):
            odds = np.exp(values - values.max(initial=-np.inf))
            chances = odds / odds.sum()
        else:
            chances = 1 / (1 + np.exp(-values))
        return {
            self.outputs[column].key: float(chance) for column, chance in zip(columns, chances, strict=True)
        }


SHARPNESS = {"category": 3.5, "template": 3.5, "cause": 3.0, "emotion": 3.0}
"""How steeply a margin becomes a probability; fitted by leaving one starter file out (tests/bench/judge_report.py)."""


def _ranked(chances: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(chances.items(), key=lambda item: (-item[1], item[0])))


def _vectorizer(**options: Any) -> Any:
    import numpy as np
    from sklearn.feature_extraction.text import CountVectorizer

    return CountVectorizer(analyzer="char", ngram_range=(1, 4), lowercase=False, dtype=np.float32, **options)


def _idf(counts: Any) -> NDArray[np.float32]:
    import numpy as np

    occurring = np.bincount(counts.indices, minlength=counts.shape[1])
    inverse: NDArray[np.float32] = (np.log((1 + counts.shape[0]) / (1 + occurring)) + 1).astype(np.float32)
    return inverse


def _weighted(counts: Any, idf: NDArray[np.float32]) -> Any:
    """Counts as unit vectors of (1 + log count) · idf."""
    import numpy as np
    from sklearn.preprocessing import normalize

    weighted = counts.copy()
    weighted.data = (1 + np.log(weighted.data)) * idf[weighted.indices]
    return normalize(weighted, copy=False)


def _questions(examples: Sequence[Example]) -> dict[Output, list[bool | None]]:
    """Every output with its answer for each example; None where the example does not tell."""
    categories = sorted({example.category for example in examples if example.category is not None})
    templates = sorted({key for example in examples for key in example.templates or ()})
    questions: dict[Output, list[bool | None]] = {}
    for key in categories:
        questions[Output("category", key)] = [e.category and e.category == key for e in examples]  # type: ignore
    for key in templates:
        questions[Output("template", key)] = [key in e.templates if e.templates else None for e in examples]
    for key in CAUSES:
        questions[Output("cause", key)] = [None if e.causes is None else key in e.causes for e in examples]
    for key in EMOTIONS:
        questions[Output("emotion", key)] = [
            None if e.emotion is None else key in e.emotion for e in examples
        ]
    return questions


def _fitted(features: Any, answers: Sequence[bool | None], examples: Sequence[Example]) -> tuple[Any, float]:
    """The weights and bias that answer one question. An answer everybody shares needs no weights."""
    import numpy as np
    from sklearn.svm import LinearSVC

    known = [i for i, answer in enumerate(answers) if answer is not None]
    truth = np.array([bool(answers[i]) for i in known])
    if truth.all() or not truth.any():
        return np.zeros(features.shape[1], dtype=np.float32), 1.0 if truth.any() else -1.0
    model = LinearSVC(C=1.0, random_state=0)
    model.fit(features[known], truth, sample_weight=[examples[i].weight for i in known])
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])
