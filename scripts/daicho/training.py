"""Judges made ready to work: the starter rules, the labelled examples, and the trained model in its cache."""

from __future__ import annotations

import gzip
import json
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from daicho.inquiry.classify import AUTO, Classifier, Correction, Example, as_examples, fingerprint
from daicho.inquiry.cues import Cues
from daicho.inquiry.judge import Judge
from daicho.inquiry.rules import read_rules
from daicho.sheets.layout import load_layout
from daicho.sheets.workbook import Cell
from daicho.wording import templates_folder


def load_judge(
    rows: Iterable[Mapping[str, Cell]] | None,
    corrections: Sequence[Correction],
    language: str,
    cache: Path | None,
    products: Mapping[str, Sequence[str]] | None = None,
) -> Judge:
    """A judge by the shop's rules (`rows` of tab rules; None: the starter rules) and by what it corrected.

    Takes the model from `cache` if there is one of these very examples; else trains it, which takes seconds,
    and leaves it there. Deleting the folder costs only that time.
    """
    layout = load_layout(language)
    rules = read_rules(starter_rules(language) if rows is None else rows, layout)
    classifier = load_classifier(starter_examples(), as_examples(corrections), cache)
    return Judge(rules, classifier, products)


def starter_rules(language: str) -> list[dict[str, Cell]]:
    """The rows a new ledger's tab of rules begins with."""
    rows: list[dict[str, Cell]] = _toml(templates_folder() / language / "starters" / "rules.toml")["row"]
    return rows


def starter_records() -> list[dict[str, Any]]:
    """The labelled mails that come with daicho, as they are stored."""
    folder = templates_folder() / "examples"
    return [
        json.loads(line)
        for path in sorted(folder.glob("*.jsonl.gz"))
        for line in gzip.decompress(path.read_bytes()).decode().splitlines()
    ]


def starter_examples(records: Iterable[Mapping[str, Any]] | None = None) -> list[Example]:
    """The labelled mails to learn from."""
    return [
        Example(
            record["subject"],
            record["text"],
            AUTO if record["kind"] == "auto" else record["category"],
            frozenset(record["causes"]),
            frozenset(record["emotion"]),
            tuple(record["templates"]),
        )
        for record in (starter_records() if records is None else records)
    ]


def load_classifier(
    examples: Sequence[Example], decisions: Sequence[Example], cache: Path | None
) -> Classifier:
    """A classifier of `examples` and the shop's own `decisions`, from `cache` where it lies there."""
    words = cue_words()
    cues = Cues(words)

    def usual() -> Classifier:
        name = f"model-usual-{fingerprint(examples, words)[:32]}.npz"
        return _cached(cache, name, cues, lambda: Classifier.trained(examples, cues))

    if not decisions:
        return usual()
    name = f"model-shop-{fingerprint([*examples, *decisions], words)[:32]}.npz"
    return _cached(cache, name, cues, lambda: usual().taught(examples, decisions))


def _cached(cache: Path | None, name: str, cues: Cues, train: Callable[[], Classifier]) -> Classifier:
    """The model that lies in `cache` as `name`, else a trained one, which is left there."""
    import numpy as np

    if cache is None:
        return train()
    path = cache / name
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Classifier.restored(arrays, cues)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        classifier = train()
    _keep(classifier, path)
    return classifier


def cue_words() -> dict[str, list[str]]:
    """The cue words that come with daicho."""
    words: dict[str, list[str]] = _toml(templates_folder() / "cues.toml")
    return words


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _keep(classifier: Classifier, path: Path) -> None:
    """Lays the model into the cache, whole or not at all, and those of its kind before it away."""
    import numpy as np

    part = path.with_suffix(".part.npz")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(part, allow_pickle=False, **classifier.arrays())
        part.replace(path)
        for old in path.parent.glob(path.name.rpartition("-")[0] + "-*.npz"):
            if old != path:
                old.unlink(missing_ok=True)
    except OSError:
        # A cache that cannot be written costs time, nothing else.
        return
