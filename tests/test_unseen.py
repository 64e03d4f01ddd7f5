"""How well mails are judged that nobody has trained on: floors for what `make bench` prints in full."""

from __future__ import annotations

import random
from collections.abc import Callable
from statistics import mean

import pytest
from tests.bench.judge_report import UNSEEN, Judged, Record, figures, judged, read_labels, trained_on
from tests.bench.templates_report import PAST, decisions, in_own_way, labelled, scores, starter_files, trained

from daicho.inquiry.classify import as_examples
from daicho.training import starter_records

FLOORS = {
    "category right": 0.92,
    "urgency right": 0.92,
    "urgent ones found": 0.95,
    "called urgent rightly": 0.9,
    "kind right": 0.98,
    "order numbers exact": 0.97,
    "customer name exact": 0.95,
    "first template accepted": 0.9,
    "one of three accepted": 0.97,
}


@pytest.fixture(scope="module")
def unseen() -> list[Record]:
    return [record for path in UNSEEN for record in read_labels(path)]


@pytest.fixture(scope="module")
def mails(unseen: list[Record]) -> list[Judged]:
    return judged(trained_on(starter_records()), unseen)


@pytest.mark.parametrize(("figure", "floor"), FLOORS.items())
def test_unseen_mails_are_judged_well(mails: list[Judged], figure: str, floor: float) -> None:
    assert figures(mails)[figure] >= floor


def test_nothing_is_trained_on_what_measures_it(unseen: list[Record]) -> None:
    learned = {record["text"].strip() for record in starter_records()}
    assert len(unseen) >= 650
    assert not learned & {record["body"].strip() for record in unseen}


@pytest.mark.slow
@pytest.mark.parametrize(("way", "gain"), [(dict, 0.0), (in_own_way, 0.1)], ids=["the guide's", "own"])
def test_200_decisions_of_a_shop_make_its_suggestions_better(
    way: Callable[[Record], Record], gain: float
) -> None:
    examples = starter_files()
    cold, before, after = trained(examples), [], []
    files = [[way(each) for each in read_labels(path) if each["templates"]] for path in UNSEEN]
    for new in files:
        past = [each for other in files if other is not new for each in other]
        mails = [labelled(each) for each in new]
        before.append(scores(cold, mails)[0])
        for seed in range(2):
            decided = as_examples(decisions(random.Random(seed).sample(past, PAST)))
            after.append(scores(cold.taught(examples, decided), mails)[0])
    assert mean(after) > mean(before) + gain
