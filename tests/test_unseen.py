"""How well mails are judged that nobody has trained on: floors for what `make bench` prints in full."""

from __future__ import annotations

import pytest
from tests.bench.judge_report import UNSEEN, Judged, Record, figures, judged, read_labels, trained_on

from daicho.inquiry.judge import starter_records

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
