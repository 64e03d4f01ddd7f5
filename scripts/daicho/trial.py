"""Judgement tried out, with nothing written: mails without a workbook, and the rules of a ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from daicho.adapters import cache_folder, raw_mails
from daicho.errors import DaichoError
from daicho.inquiry.customer import Party, party_of
from daicho.inquiry.judge import Case, Judge, Judgement
from daicho.inquiry.requests import judge_requests
from daicho.inquiry.rules import Labelled, Trial, labelled, read_rules, try_rules
from daicho.ledger.rows import Ledger
from daicho.mail.message import Message, read_message
from daicho.sheets.layout import Layout, load_layout
from daicho.training import load_judge, starter_records

AT_ONCE = 500
"""How many mails are judged together: fast, and soon on the screen."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One mail judged without a workbook. `path` is the file it came from, as it was given."""

    path: str
    message: Message
    party: Party
    judgement: Judgement
    layout: Layout


def try_mails(paths: Sequence[Path], language: str, zone: ZoneInfo, now: datetime) -> Iterator[Tried]:
    """Judges the mails at `paths` (.eml files, mbox files, Maildirs, folders of .eml), in the order given.

    Raises UsageError for what cannot be read, and at the end DaichoError for what holds no mail.
    """
    judge, layout = load_judge(None, (), language, cache_folder()), load_layout(language)
    waiting: list[tuple[str, Message]] = []
    empty = dict.fromkeys(paths)
    for path in paths:
        for mail in raw_mails(path, AT_ONCE):
            empty.pop(path, None)
            waiting.append((mail.location, read_message(mail.raw, received=mail.received or now)))
            if len(waiting) == AT_ONCE:
                yield from _tried(judge, waiting, zone, layout)
                waiting = []
    yield from _tried(judge, waiting, zone, layout)
    if empty:
        raise DaichoError("cli.no-mail-in", path=[*map(str, empty)])


def _tried(
    judge: Judge, mails: Sequence[tuple[str, Message]], zone: ZoneInfo, layout: Layout
) -> Iterator[Tried]:
    cases = [Case(message, message.date.astimezone(zone)) for _, message in mails]
    judgements = [whole for whole, _ in judge_requests(judge.judge, cases)]
    for (path, message), judgement in zip(mails, judgements, strict=True):
        yield Tried(path, message, party_of(message, True, frozenset()), judgement, layout)


def try_ledger_rules(ledger: Ledger, mails: int) -> tuple[list[tuple[int, Trial]], list[tuple[int, str]]]:
    """Each rule of the ledger tried on its newest `mails` and on the labelled examples.

    Returns (row in the rules tab, trial) for those that can be used, and (row, what is wrong) for others.
    """
    records = ledger.snapshot.tables.get("rules", [])
    rules = read_rules([record.cells for record in records], ledger.layout)
    incoming = sorted((event for event in ledger.events if event.incoming), key=lambda event: event.date)
    seen = [
        labelled(event.key, event.subject, event.text, event.address, {}).mail for event in incoming[-mails:]
    ]
    tried = try_rules(rules, seen, labelled_examples())
    return (
        [(records[trial.rule.row].number, trial) for trial in tried],
        [(records[index].number, problem) for index, problem in sorted(rules.problems.items())],
    )


def labelled_examples() -> list[Labelled]:
    """The examples that come with daicho, as rules see them."""
    return [
        labelled(
            # People know a mail by its subject, not by the name it is stored under.
            example["subject"],
            example["subject"],
            example["text"],
            f"{example.get('from_name', '')} {example.get('from_addr', '')}".strip(),
            # Only an inquiry has a category and a priority that a rule could get right or wrong.
            {
                key: example[key]
                for key in ("kind", "category", "priority")
                if key == "kind" or example["kind"] == "inquiry"
            },
        )
        for example in starter_records()
    ]
