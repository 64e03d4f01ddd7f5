"""How well reply templates are suggested, and how well a sent reply is traced to its template.

    python -m tests.bench.templates_report [FILE.jsonl…]

Without FILE it reads `../shared/inquiries/dev.jsonl` and the sets that `judge_report` speaks of. What the own
decisions of a shop add is measured on the first with 200 mails of the others as its past, three times over: a
shop that starts from the seven starter files alone and decides as the guide does, the same with all examples
that come with daicho, and one that answers in ways of its own.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.judge_report import DEV, UNSEEN, read_labels

from daicho.inquiry.classify import Classifier, Correction, Example, as_examples
from daicho.inquiry.cues import Cues
from daicho.inquiry.judge import Case, Judge
from daicho.inquiry.reply import Template, fill, load_fields
from daicho.inquiry.rules import read_rules
from daicho.inquiry.similar import Origins, nearest
from daicho.ledger.replies import read_templates
from daicho.mail.message import Address, Message
from daicho.sheets.layout import load_layout
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Record
from daicho.training import cue_words, starter_examples, starter_records, starter_rules
from daicho.wording import LANGUAGES, templates_folder, wording

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
PAST, DRAWS = 200, 3
OWN_WAYS = {
    "how-to-use": "product-spec",
    "return": "exchange",
    "missing-item": "wrong-item",
    "shipping-estimate": "how-to-order",
    "delivery-address-change": "delivery-datetime-change",
    "request-noted": "thanks",
}
"""What a shop might answer with where the guide calls for another template."""

Labelled = tuple[str, str, tuple[str, ...]]
"""Subject, text, the templates a good agent would accept."""


def main() -> None:
    paths = [Path(argument) for argument in sys.argv[1:]] or [DEV, *UNSEEN]
    files = {path.name: [each for each in read_labels(path) if each["templates"]] for path in paths}
    examples = starter_examples()
    cold = trained(examples)
    for name, records in files.items():
        if records:
            print(
                f"\n{name}: {len(records)} mails                top-1  top-3  coverage  top-1 where suggested"
            )
            show("cold", cold, [labelled(each) for each in records])
            # Each draw trains a model of its own: the first file is enough.
            if name == paths[0].name:
                past = [each for other, told in files.items() if other != name for each in told]
                learning(examples, past, records)
            abstaining(cold, [labelled(each) for each in records])
    for language in LANGUAGES:
        tracing(language)
    searching(starter_records())


def trained(examples: Sequence[Example]) -> Classifier:
    return Classifier.trained(examples, Cues(cue_words()))


def labelled(record: dict[str, Any]) -> Labelled:
    return record["subject"], record["body"], tuple(record["templates"])


def show(name: str, classifier: Classifier, mails: Sequence[Labelled]) -> None:
    print(f"{name:24} {{:5.3f}}  {{:5.3f}}  {{:8.3f}}  {{:5.3f}}".format(*scores(classifier, mails)))


def scores(classifier: Classifier, mails: Sequence[Labelled]) -> tuple[float, float, float, float]:
    """Shares of the mails: first template right, one of three right, any suggested; of those, first right."""
    judge = Judge(read_rules(starter_rules("ja"), load_layout("ja")), classifier)
    cases = [Case(message(subject, text), NOW) for subject, text, _ in mails]
    judged = [(each.templates, good) for each, (_, _, good) in zip(judge.judge(cases), mails, strict=True)]
    answered = [(got, good) for got, good in judged if got]
    return (
        share(bool(got) and got[0] in good for got, good in judged),
        share(bool(set(got) & set(good)) for got, good in judged),
        len(answered) / len(judged),
        share(got[0] in good for got, good in answered),
    )


def abstaining(classifier: Classifier, mails: Sequence[Labelled]) -> None:
    """What a suggestion is worth if it is made only from some confidence on."""
    guesses = classifier.guess([(subject, text) for subject, text, _ in mails])
    ranked = [(guess.templates[0], good) for guess, (_, _, good) in zip(guesses, mails, strict=True)]
    print("\nsuggested from confidence   coverage  top-1 where suggested")
    for sure in (0.0, 0.3, 0.5, 0.7, 0.9):
        made = [key in good for (key, chance), good in ranked if chance >= sure]
        print(f"  {sure:.1f}                       {len(made) / len(ranked):8.3f}  {share(made):5.3f}")


def share(hits: Iterable[bool]) -> float:
    found = list(hits)
    return sum(found) / max(1, len(found))


def message(subject: str, text: str) -> Message:
    writer = Address("", "customer@example.jp")
    return Message("k", "k", NOW, writer, (), (), (), subject, text, text)


def learning(
    examples: Sequence[Example], past: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]
) -> None:
    """The same mails after 200 decisions about others, from three beginnings."""
    if len(past) < PAST:
        return
    draws = [random.Random(seed).sample(list(past), PAST) for seed in range(DRAWS)]
    own = [list(map(in_own_way, told)) for told in draws]
    after("starter files only", starter_files(), draws, new)
    after("all examples", examples, draws, new)
    after("own ways", examples, own, list(map(in_own_way, new)))


def starter_files() -> list[Example]:
    """Only those examples that daicho began with."""
    paths = sorted((templates_folder() / "examples").glob("starter-*"))
    return starter_examples(each for path in paths for each in read_labels(path))


def after(
    name: str,
    examples: Sequence[Example],
    draws: Sequence[Sequence[dict[str, Any]]],
    new: Sequence[dict[str, Any]],
) -> None:
    cold, mails = trained(examples), [labelled(each) for each in new]
    show(f"{name}, cold", cold, mails)
    for told in draws:
        show(f"+ {PAST} decisions", cold.taught(examples, as_examples(decisions(told))), mails)


def decisions(told: Iterable[dict[str, Any]]) -> list[Correction]:
    return [
        Correction(each["subject"], each["body"], NOW, each["category"], templates=tuple(each["templates"]))
        for each in told
    ]


def in_own_way(record: dict[str, Any]) -> dict[str, Any]:
    """The mail as a shop labels it that answers otherwise than the guide, with one template only."""
    return {**record, "templates": [OWN_WAYS.get(key, key) for key in record["templates"][:1]]}


def tracing(language: str) -> None:
    """Replies made from each starter, with more and more of their lines cut and words of one's own added."""
    rows = [Record(number, row) for number, row in enumerate(load_starters(language)["templates"], 2)]
    templates = read_templates(rows, load_layout(language))
    origins, chance = Origins(templates), random.Random(7)
    print(f"\ntraced replies ({language})   lines cut: right / untold / wrong")
    for cut in (0.0, 0.2, 0.4, 0.5, 0.6):
        found = [
            (origins.of(edited(sent(template, language), cut, chance)), template.key)
            for template in templates
            for _ in range(20)
        ]
        right, untold = share(got == key for got, key in found), share(not got for got, _ in found)
        wrong = share(got not in (key, "") for got, key in found)
        print(f"  {cut:3.0%}: {right:.3f} / {untold:.3f} / {wrong:.3f}")


def sent(template: Template, language: str) -> str:
    fields = load_fields(language)
    return fill(template, dict.fromkeys(fields.labels, "値"), fields, wording(language)).text


def edited(text: str, cut: float, chance: random.Random) -> str:
    lines = [line for line in text.split("\n") if not line or chance.random() >= cut]
    own = "先ほどはお電話をありがとうございました。以下のとおり、改めてご案内いたします。"
    return "\n".join([*lines[:1], own, *lines[1:]]) if cut else text


def searching(records: Sequence[dict[str, Any]]) -> None:
    """Nearest past inquiries: do they call for the same template, and how long does it take among 10,000?"""
    known = [each for each in records if each["templates"]]
    past = [f"{each['subject']}\n{each['text']}" for each in known]
    asked = random.Random(7).sample(range(len(known)), 40)
    hits = []
    for index in asked:
        near = nearest(past[index], past, 2)[1:]
        hits += [bool(set(known[each.index]["templates"]) & set(known[index]["templates"])) for each in near]
    many = (past * (1 + 10_000 // len(past)))[:10_000]
    print(f"\nnearest past inquiry calls for the same template: {share(hits):.2f}")
    print(f"search among {len(many)}: {timed(lambda: nearest(past[0], many, 5)):.2f} s")


def timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
