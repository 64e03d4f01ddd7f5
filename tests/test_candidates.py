"""Up to three reply templates a mail, best first, or none rather than a bad one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from builders import NOW, arrival
from daicho.inquiry.classify import CAUSES, Classifier, Guess
from daicho.inquiry.judge import UNLIKELY, Case, Judge
from daicho.inquiry.requests import decided
from daicho.inquiry.rules import RuleSet
from test_requests import said

LITTLE = UNLIKELY / 2


class Told(Classifier):
    """Guesses what it is told."""

    def __init__(self, chances: Mapping[str, float], causes: Mapping[str, float]) -> None:
        ranked = tuple(sorted(chances.items(), key=lambda each: -each[1]))
        categories = (("stock", 0.9), ("other", 0.1))
        self.told = Guess(categories, ranked, dict.fromkeys(CAUSES, 0.0) | dict(causes), {})

    def guess(self, mails: Sequence[tuple[str, str]]) -> list[Guess]:
        return [self.told for _ in mails]


def templates(chances: Mapping[str, float], **causes: float) -> tuple[str, ...]:
    judge = Judge(RuleSet([]), Told(chances, causes))
    return judge.judge([Case(arrival("q1@x").message, NOW)])[0].templates


@pytest.mark.parametrize(
    ("chances", "expected"),
    [
        ({"a": 0.5, "b": 0.3, "c": 0.1, "d": 0.1}, ("a", "b", "c")),
        ({"a": 0.99, "b": 0.01, "c": LITTLE}, ("a", "b")),
        ({"a": 1.0, "b": LITTLE, "c": LITTLE / 2}, ("a",)),
        # What counts is how likely one is beside the best.
        ({"a": 0.02, "b": 0.02 * LITTLE, "c": 0.01}, ("a", "c")),
        ({"a": 1.0}, ("a",)),
        ({}, ()),
    ],
)
def test_a_template_far_less_likely_than_the_best_is_no_candidate(
    chances: dict[str, float], expected: tuple[str, ...]
) -> None:
    assert templates(chances) == expected


@pytest.mark.parametrize(
    ("chances", "causes", "expected"),
    [
        # Who may be hurt, or steps outward, needs that answer however rarely such words call for it.
        ({"a": 1.0, "b": 0.1, "safety": LITTLE}, {"harm": 0.9}, ("safety", "a", "b")),
        ({"a": 1.0, "b": 0.1, "safety": LITTLE}, {"harm": 0.5}, ("a", "safety", "b")),
        ({"a": 1.0, "safety": LITTLE}, {"harm": 0.5}, ("a", "safety")),
        ({"a": 1.0, "escalate": LITTLE}, {"outside": 0.5}, ("a", "escalate")),
        ({"escalate": 1.0, "a": LITTLE}, {"outside": 0.9}, ("escalate",)),
        ({"a": 1.0, "safety": LITTLE}, {"harm": 0.2}, ("a",)),
        ({"a": 1.0, "b": LITTLE}, {"harm": 0.9}, ("a",)),
    ],
)
def test_what_harm_or_a_step_outward_calls_for_is_a_candidate_whatever_its_chance(
    chances: dict[str, float], causes: dict[str, float], expected: tuple[str, ...]
) -> None:
    assert templates(chances, **causes) == expected


def test_several_requests_have_three_candidates_at_most_too() -> None:
    whole, first, second = said("stock"), said("defect", "urgent"), said("receipt")
    whole = replace(whole, templates=("a", "b", "c"))
    assert decided(whole, [second, first]).templates == ("for-defect", "a", "b")
