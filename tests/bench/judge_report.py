"""How well mails are judged: the honest figures on labelled mails that the classifier has not seen.

    python -m tests.bench.judge_report [FILE.jsonl…] [--folds]

Without FILE it reads `../shared/inquiries/dev.jsonl` and the sets `unseen-*.jsonl.gz` beside this file. Those
were written and labelled by the triage guide alone, apart from the examples and the cues; nothing is ever
trained on them. With --folds it also leaves out each starter file in turn and judges it by the others and our
own examples. These are stored without quoted parts, where some order numbers stood.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from pathlib import Path
from typing import Any

from daicho.inquiry.classify import Classifier
from daicho.inquiry.cues import Cues
from daicho.inquiry.judge import Case, Judge, Judgement
from daicho.inquiry.rules import read_rules
from daicho.mail.message import read_message
from daicho.sheets.layout import load_layout
from daicho.training import cue_words, starter_examples, starter_records, starter_rules

DEV = Path(__file__).parents[3] / "shared" / "inquiries" / "dev.jsonl"
UNSEEN = tuple(sorted(Path(__file__).parent.glob("unseen-*.jsonl.gz")))
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled mail with its judgement."""

    label: Record
    got: Judgement

    @property
    def category(self) -> str:
        return "auto" if self.got.kind in ("auto", "bounce") else self.got.category

    @property
    def true_category(self) -> str:
        return "auto" if self.label["kind"] == "auto" else str(self.label["category"])


def read_labels(path: Path) -> list[Record]:
    """The labelled mails of a file, packed or not; none where it does not lie here."""
    if not path.is_file():
        return []
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in text.decode().splitlines() if line]


def case_of(record: Record) -> Case:
    """The labelled mail as it would come in: written as a mail, and read again."""
    sent = datetime.fromisoformat(record["sent_at"])
    mail = EmailMessage()
    mail["From"] = formataddr((record["from_name"], record["from_addr"]))
    mail["Subject"] = record["subject"]
    mail["Date"] = format_datetime(sent)
    mail["Message-ID"] = f"<{record['id']}@example.jp>"
    mail.set_content(record.get("body", record.get("text", "")))
    return Case(read_message(mail.as_bytes(), received=sent), sent)


def trained_on(records: Iterable[Record]) -> Judge:
    """A judge with the starter rules that has seen `records` only."""
    classifier = Classifier.trained(starter_examples(records), Cues(cue_words()))
    return Judge(read_rules(starter_rules("ja"), load_layout("ja")), classifier)


def judged(judge: Judge, records: Sequence[Record]) -> list[Judged]:
    got = judge.judge([case_of(record) for record in records])
    return [Judged(record, judgement) for record, judgement in zip(records, got, strict=True)]


def share(mails: Sequence[Judged], right: Callable[[Judged], bool]) -> float:
    return sum(map(right, mails)) / len(mails) if mails else float("nan")


def figures(mails: Sequence[Judged]) -> dict[str, float]:
    """Every figure as a share between 0 and 1."""
    answered = [mail for mail in mails if mail.label["templates"]]
    urgent = [mail for mail in mails if mail.label["priority"] == "urgent"]
    called = [mail for mail in mails if mail.got.priority == "urgent"]
    return {
        "category right": share(mails, lambda mail: mail.got.category == mail.label["category"]),
        "urgency right": share(mails, lambda mail: mail.got.priority == mail.label["priority"]),
        "urgent ones found": share(urgent, lambda mail: mail.got.priority == "urgent"),
        "called urgent rightly": share(called, lambda mail: mail.label["priority"] == "urgent"),
        "kind right": share(
            mails,
            lambda mail: (
                (mail.category == "auto") == (mail.label["kind"] == "auto")
                and (mail.got.kind == "sales") == (mail.label["kind"] == "sales")
            ),
        ),
        "order numbers exact": share(
            mails, lambda mail: set(mail.got.order_numbers) == set(mail.label["order_numbers"])
        ),
        "customer name exact": share(
            mails, lambda mail: mail.got.customer_name == mail.label["customer_name"]
        ),
        "emotions exact": share(mails, lambda mail: set(mail.got.emotion) == set(mail.label["emotion"])),
        "first template accepted": share(
            answered,
            lambda mail: mail.got.templates[:1] != () and mail.got.templates[0] in mail.label["templates"],
        ),
        "one of three accepted": share(
            answered, lambda mail: bool({*mail.got.templates} & {*mail.label["templates"]})
        ),
        "needs a look": share(mails, lambda mail: mail.got.unsure),
    }


def print_categories(mails: Sequence[Judged]) -> None:
    print("\ncategory           right  of   taken for")
    for category in sorted({mail.true_category for mail in mails}):
        own = [mail for mail in mails if mail.true_category == category]
        right = sum(mail.category == category for mail in own)
        others = Counter(mail.category for mail in own if mail.category != category)
        taken = ", ".join(f"{name} {count}" for name, count in others.most_common())
        print(f"{category:18} {right:5} {len(own):3}   {taken}")


def print_confusion(mails: Sequence[Judged]) -> None:
    names = sorted({mail.true_category for mail in mails} | {mail.category for mail in mails})
    cells = Counter((mail.true_category, mail.category) for mail in mails)
    print("\nrows: true, columns: judged")
    print(" " * 18 + "".join(f"{name[:5]:>6}" for name in names))
    for name in names:
        print(f"{name:18}" + "".join(f"{cells[name, other] or '.':>6}" for other in names))


def report(title: str, mails: Sequence[Judged]) -> None:
    print(f"\n{title}: {len(mails)} mails")
    for name, value in figures(mails).items():
        print(f"  {name:24} {value:.3f}")


def print_folds(records: Sequence[Record]) -> None:
    everything: list[Judged] = []
    files = sorted({record["id"].split("-")[0] for record in records} - {"own"})
    for file in files:
        left_out = [record for record in records if record["id"].startswith(f"{file}-")]
        judge = trained_on(record for record in records if not record["id"].startswith(f"{file}-"))
        mails = judged(judge, left_out)
        everything += mails
        report(f"starter file {file} left out", mails)
    report("all starter files, each left out", everything)


def main(arguments: Sequence[str]) -> int:
    paths = [Path(argument) for argument in arguments if not argument.startswith("--")] or [DEV, *UNSEEN]
    records = starter_records()
    if "--folds" in arguments:
        print_folds(records)
    start = time.perf_counter()
    judge = trained_on(records)
    print(f"trained on {len(records)} examples in {time.perf_counter() - start:.1f} s")
    for path in paths:
        labels = read_labels(path)
        if not labels:
            print(f"{path.name}: no labelled mails here, nothing to measure.")
            continue
        mails = judged(judge, labels)
        report(path.name, mails)
        print_categories(mails)
        print_confusion(mails)
        cases = [case_of(record) for record in labels] * 5
        start = time.perf_counter()
        judge.judge(cases)
        print(f"\n{len(cases) / (time.perf_counter() - start):.0f} mails/s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
