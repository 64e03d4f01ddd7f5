"""Showing what was done: to a person in a few lines, to a program as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import filterfalse
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from daicho.cli.terminal import err, few, options, out, say, tell
from daicho.desk import Desk
from daicho.errors import DaichoError
from daicho.inquiry.rules import Trial
from daicho.ledger.plan import Report
from daicho.ledger.rows import text_of
from daicho.ledger.settings import misunderstood
from daicho.sheets.layout import Layout
from daicho.sync import Outcome
from daicho.trial import Tried

REPORTED = ("new", "changed", "adopted", "restored", "conflicts", "drafted", "urgent", "overdue", "unsure")
EXPLAINED = ("undrafted", "unfilled", "unlisted")
"""What is told inquiry by inquiry, with a sentence each."""

WIDTH = 80
"""Cells of the line that every terminal has."""

PLANNED = {"drafted": "would-draft", "undrafted": "would-not-draft"}
"""How a dry run names what a sync does to the world outside of the ledger."""


def synced(desk: Desk, *, dry: bool = False, allow_empty: bool = False) -> Outcome:
    """A sync behind a progress bar, if a person is looking."""
    bar = Progress(
        TextColumn(say("reading-mail")),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
    )
    quiet = options.json or not err.is_terminal
    if quiet:
        return desk.sync(dry=dry, allow_empty=allow_empty)
    with bar:
        task = bar.add_task("", total=None)
        return desk.sync(
            dry=dry,
            allow_empty=allow_empty,
            expect=lambda total: bar.update(task, total=total),
            advance=lambda mails: bar.advance(task, mails),
        )


def report_of(outcome: Outcome) -> dict[str, Any]:
    """A sync's report for a program."""
    report = outcome.report
    return {
        "mails": report.mails,
        "commits": len(outcome.commits),
        **{name: getattr(report, name) for name in (*REPORTED, *EXPLAINED, "deleted")},
        "warnings": warnings_of(outcome),
        "troubles": [options.wording.say(trouble.key, **trouble.values) for trouble in outcome.troubles],
    }


def one_line(report: Report) -> str:
    """What came and what is open in one line; below it each draft that is not there, or not complete."""
    line = say("one-line", mails=report.mails, **{name: len(getattr(report, name)) for name in REPORTED})
    return "\n".join([line, *(f"  {id}  {why}" for id, why in (report.undrafted | report.unfilled).items())])


def print_outcome(outcome: Outcome, desk: Desk, dry: bool) -> None:
    """A short table: what came, what changed, what is urgent; before it which mailbox was not read."""
    report, names = outcome.report, PLANNED if dry else {}
    for trouble in filter(is_unread, outcome.troubles):
        tell(trouble)
    for line in outcome.prepared:
        out.print(escape(line))
    out.print(escape(say(headline(outcome, dry), mails=report.mails, workbook=desk.workbook.name)))
    table = Table(show_header=False, box=None, pad_edge=False)
    for name in REPORTED:
        if ids := getattr(report, name):
            table.add_row(say(names.get(name, name)), str(len(ids)), escape(few(ids)))
    if gone := report.deleted[::-1]:
        table.add_row(say("deleted"), str(len(gone)), escape(say("deleted-stay", ids=few(gone))))
    if table.row_count:
        out.print(table)
    for name in EXPLAINED:
        print_explained(names.get(name, name), getattr(report, name))
    if dry:
        print_commits(outcome, desk)
    elif has_begun(outcome):
        out.print(escape(say("begun", tab=desk.layout.tab("settings").label)))
    for warning in warnings_of(outcome):
        out.print(escape(warning))
    for trouble in filterfalse(is_unread, outcome.troubles):
        tell(trouble)


def has_begun(outcome: Outcome) -> bool:
    """Whether a sync made the ledger or brought its first mail, and nobody has filled in the settings yet."""
    logged = len(outcome.ledger.events) if outcome.ledger else 0
    first = bool(outcome.prepared) or 0 < logged == outcome.report.mails
    return first and not (outcome.settings and outcome.settings.members)


def is_unread(trouble: DaichoError) -> bool:
    """Whether a trouble is that a mailbox could not be read."""
    return trouble.key.startswith("mail.")


def headline(outcome: Outcome, dry: bool) -> str:
    """The key of the sentence that tells a sync in one."""
    if outcome.report.mails:
        return "planned" if dry else "synced"
    # Nobody knows whether there is mail in a box that could not be read.
    if any(map(is_unread, outcome.troubles)):
        return "nothing-else"
    if outcome.changed:
        return "would-refresh" if dry else "refreshed"
    # That nothing was written would be untrue of a new ledger, and of mailboxes whose place was noted.
    return "nothing-taken" if outcome.prepared or (outcome.commits and not dry) else "nothing-new"


def print_explained(name: str, sentences: Mapping[str, str]) -> None:
    """How many there are, and which inquiries with what to know of each."""
    if sentences:
        out.print(escape(f"{say(name)}  {len(sentences)}"))
    for id, sentence in sentences.items():
        out.print(escape(f"  {id}  {sentence}"))


def print_commits(outcome: Outcome, desk: Desk) -> None:
    """Every cell a dry run would write in rows that are there, and the new rows by tab."""
    for commit in outcome.commits:
        for key, rows in commit.appends.items():
            out.print(escape(say("would-add", tab=desk.layout.tab(key).label, rows=len(rows))))
        for update in commit.updates:
            tab = desk.layout.tab(update.tab)
            shown = {key: value for key, value in update.cells.items() if not tab.column(key).hidden}
            words = {tab.column(key).label: " ".join(text_of(cell).split()) for key, cell in shown.items()}
            cells = [f"{label}={cut(text, 40)}" for label, text in words.items()]
            if shown:
                line = say("would-change", tab=tab.label, row=update.record.number, cells=cells)
                out.print(escape(cut(line, WIDTH)))


def cut(text: str, cells: int) -> str:
    """At most so many cells of a text; "…" tells that more would follow."""
    return text if cell_len(text) <= cells else f"{set_cell_size(text, cells - 1)}…"


def warnings_of(outcome: Outcome) -> list[str]:
    """Settings and rules that a sync could not use."""
    ledger = outcome.ledger
    odd = misunderstood(outcome.settings, ledger.layout) if outcome.settings and ledger else []
    rules = ledger.snapshot.tables.get("rules", ()) if ledger else ()
    return [
        *(options.wording.say(key, **values) for key, values in odd),
        *(
            say("odd-rule", row=record.number, problem=record.cells["problem"])
            for record in rules
            if record.cells.get("problem")
        ),
    ]


def tried_json(tried: Tried) -> dict[str, Any]:
    message, judgement = tried.message, tried.judgement
    return {
        "path": tried.path,
        "message_id": message.message_id,
        "kind": judgement.kind,
        "from_name": message.sender.name,
        "from_address": message.sender.email,
        "subject": message.subject,
        "text": message.new_text,
        "category": judgement.category,
        "confidence": round(judgement.confidence, 3),
        "priority": judgement.priority,
        "emotion": list(judgement.emotion),
        "order_numbers": list(judgement.order_numbers),
        "customer_name": judgement.customer_name,
        "templates": list(judgement.templates),
        "reason": judgement.say_reason(options.wording),
    }


def trial_json(row: int, trial: Trial) -> dict[str, Any]:
    rule = trial.rule
    wrong = [{"example": example, "answer": answer} for example, answer in trial.wrong]
    found = {"row": row, "words": list(rule.names), "sets": rule.sets, "value": rule.value}
    return found | {"hits": trial.hits, "right": trial.right, "wrong": wrong}


def print_tried(tried: Tried) -> None:
    """One mail's judgement for a person."""
    layout, judgement = tried.layout, tried.judgement
    head = f"{layout.label('priority', judgement.priority)} ・ {layout.label('category', judgement.category)}"
    out.print(f"[bold]{escape(tried.message.subject or say('no-subject'))}[/bold]  {escape(tried.path)}")
    out.print(escape(f"  {head} ・ {judgement.confidence:.0%} ・ {', '.join(judgement.templates)}"))
    out.print(escape("\n".join(f"  {line}" for line in judgement.say_reason(options.wording).splitlines())))


def print_trials(trials: Sequence[tuple[int, Trial]], layout: Layout) -> None:
    """A table of the rules that could be tried."""
    table = Table(box=None, pad_edge=False)
    for name in ("rule-row", "rule-words", "rule-sets", "rule-hits", "rule-right", "rule-wrong"):
        table.add_column(say(name), justify="right" if name in ("rule-hits", "rule-right") else "left")
    for row, trial in trials:
        rule, label = trial.rule, layout.label
        wrong = [f"{cut(example, 20)} → {label(rule.sets, answer)}" for example, answer in trial.wrong[:2]]
        value = rule.value if rule.sets == "tag" else label(rule.sets, rule.value)
        sets = f"{label('rule_set', rule.sets)}={value}"
        more = [f"… {len(trial.wrong)}"] if len(trial.wrong) > len(wrong) else []
        cells = (
            str(row),
            cut(options.wording.listed(rule.names), 28),
            sets,
            str(trial.hits),
            str(trial.right),
            "\n".join(wrong + more),
        )
        table.add_row(*map(escape, cells))
    out.print(table)
