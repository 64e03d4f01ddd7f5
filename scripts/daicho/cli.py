"""The command line: parse a command, ask the desk, print. Errors become a sentence and an exit code here."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from daicho import __version__
from daicho.config import DEFAULT_PATH, Config, load_config
from daicho.demo import lay_out_demo
from daicho.desk import Desk, Tried, try_mails
from daicho.errors import ConfigError, DaichoError, UsageError
from daicho.inquiry.rules import Trial
from daicho.ledger.plan import Report
from daicho.ledger.rows import text_of
from daicho.sync import Outcome
from daicho.watch import Watch, stopping_on_signals
from daicho.wording import LANGUAGES, Wording, templates_folder, wording

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)
out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


@dataclass(slots=True)
class Options:
    """The global options, and the language errors are told in."""

    config: Path = DEFAULT_PATH
    json: bool = False
    verbose: bool = False
    language: str = "ja"

    @property
    def wording(self) -> Wording:
        return wording(self.language)

    def load(self) -> Config:
        config = load_config(self.config)
        self.language = config.language
        return config


options = Options()


def main() -> None:
    """Runs the command line. Exit code 0: done, 1: something needs a person, 2: wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        # A Windows console in its own code page must not end a sync over one character.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    options.language = _language_of_environment()
    try:
        app(standalone_mode=True)
    except DaichoError as error:
        tell(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


def tell(error: DaichoError) -> None:
    """One sentence on the error stream."""
    err.print(escape(options.wording.say(error.key, **error.values)))


def say(key: str, **values: object) -> str:
    return options.wording.say(f"cli.{key}", **values)


def _language_of_environment() -> str:
    wanted = os.environ.get("DAICHO_LANGUAGE", "").lower()
    return wanted if wanted in LANGUAGES else "ja"


def _version(shown: bool) -> None:
    if shown:
        out.print(f"daicho {__version__}")
        raise typer.Exit


Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]


@app.callback()
def _global(
    config: Annotated[Path, typer.Option("--config", "-c", help="The configuration file.")] = DEFAULT_PATH,
    as_json: Json = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say more, and show where an error came from.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """daicho (台帳): mail inquiries into a ledger workbook that people work in."""
    options.config, options.json, options.verbose = config, as_json, verbose


# --- commands ---------------------------------------------------------------------------------------------


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Where to make it.")] = Path("demo"),
    language: Annotated[str, typer.Option(help="ja or en.")] = "ja",
    as_json: Json = False,
) -> None:
    """Make a ledger from a sample mailbox, to look at and play with."""
    options.language = _known_language(language)
    mails = lay_out_demo(folder / "mail", datetime.now(UTC))
    file = folder / "daicho.toml"
    if not file.exists():
        text = (templates_folder() / language / "demo.toml").read_text(encoding="utf-8")
        file.write_text(text, encoding="utf-8")
    desk = Desk(load_config(file))
    outcome = synced(desk)
    ledger = desk.config.excel
    if options.json or as_json:
        print_json(report_of(outcome) | {"ledger": str(ledger)})
        return
    key = "demo-again" if not outcome.report.mails else "demo"
    report = outcome.report
    lines = say(
        key,
        mails=mails,
        new=len(report.new),
        urgent=len(report.urgent),
        overdue=len(report.overdue),
        unsure=len(report.unsure),
        ledger=ledger,
        config=file,
    )
    out.print(escape(lines.strip()))


@app.command()
def init(
    language: Annotated[str, typer.Option(help="ja or en.")] = "ja",
) -> None:
    """Write a commented daicho.toml to start from."""
    options.language = _known_language(language)
    if options.config.exists():
        raise ConfigError("cli.config-exists", path=options.config)
    text = (templates_folder() / language / "daicho.toml").read_text(encoding="utf-8")
    options.config.write_text(text, encoding="utf-8")
    out.print(escape(say("init", path=options.config)))


@app.command()
def sync(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be written; write nothing.")
    ] = False,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Go on although every row was deleted.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring the ledger up to date with the mailboxes."""
    desk = Desk(options.load())
    outcome = synced(desk, dry=dry_run, allow_empty=allow_empty)
    if options.json or as_json:
        print_json(report_of(outcome))
    else:
        print_outcome(outcome, desk, dry_run)
    if outcome.troubles:
        raise typer.Exit(1)


@app.command()
def watch(
    minutes: Annotated[float, typer.Option(help="Minutes between syncs.", min=0.02)] = 5.0,
) -> None:
    """Sync every few minutes until stopped (Ctrl-C or SIGTERM)."""
    config = options.load()

    def work() -> None:
        desk = Desk(config)
        outcome = desk.sync()
        for trouble in outcome.troubles:
            tell_with_time(trouble)
        out.print(escape(f"{_clock(config.zone)} {one_line(outcome.report)}"))

    job = Watch(work, minutes, tell_with_time, lambda: datetime.now(UTC))
    out.print(escape(say("watching", minutes=f"{minutes:g}")))
    with stopping_on_signals(job.stop):
        job.run()
    out.print(escape(say("stopped")))


@app.command(name="try")
def try_(
    paths: Annotated[list[Path], typer.Argument(help=".eml files, mbox files, Maildirs or folders of .eml.")],
    language: Annotated[str, typer.Option(help="ja or en.")] = "ja",
    as_json: Json = False,
) -> None:
    """Judge mails without a workbook: what would the ledger say?"""
    options.language = _known_language(language)
    zone = load_config(options.config).zone if options.config.exists() else ZoneInfo("Asia/Tokyo")
    for tried in try_mails(paths, language, zone, datetime.now(UTC)):
        if options.json or as_json:
            print_json(tried_json(tried))
        else:
            print_tried(tried)


@app.command()
def history(
    address: Annotated[str, typer.Argument(help="A customer's mail address.")],
    as_json: Json = False,
) -> None:
    """Show everything that was written to and by one customer."""
    desk = Desk(options.load())
    messages = desk.history(address)
    if options.json or as_json:
        print_json(messages)
        return
    if not messages:
        raise UsageError("cli.no-history", address=address)
    for message in messages:
        arrow = "←" if message["direction"] == "in" else "→"
        out.print(escape(f"{message['date']} {arrow} [{message['inquiry']}] {message['subject']}"))
        out.print(escape("\n".join(f"    {line}" for line in str(message["text"]).splitlines()[:12])))


rules = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Work with the ledger's judgement rules."
)
app.add_typer(rules, name="rules")


@rules.command(name="test")
def test_rules(
    mails: Annotated[int, typer.Option(help="How many of the newest mails to try.", min=1)] = 500,
    as_json: Json = False,
) -> None:
    """Show for each rule how many mails it hits, and which labelled example it gets wrong."""
    desk = Desk(options.load())
    trials = desk.try_rules(mails)
    if options.json or as_json:
        print_json([trial_json(row, trial) for row, trial in trials])
        return
    if not trials:
        raise UsageError("cli.no-rules")
    table = Table(box=None, pad_edge=False)
    for name in ("rule-row", "rule-words", "rule-sets", "rule-hits", "rule-right", "rule-wrong"):
        table.add_column(say(name), justify="right" if name in ("rule-hits", "rule-right") else "left")
    for row, trial in trials:
        rule, label = trial.rule, desk.layout.label
        wrong = [f"{example[:16]} → {label(rule.sets, answer)}" for example, answer in trial.wrong[:2]]
        value = rule.value if rule.sets == "tag" else label(rule.sets, rule.value)
        sets = f"{label('rule_set', rule.sets)}={value}"
        more = [f"… {len(trial.wrong)}"] if len(trial.wrong) > len(wrong) else []
        cells = (
            str(row),
            "、".join(rule.names)[:28],
            sets,
            str(trial.hits),
            str(trial.right),
            "\n".join(wrong + more),
        )
        table.add_row(*map(escape, cells))
    out.print(table)


# --- printing ---------------------------------------------------------------------------------------------


def print_json(value: Any) -> None:
    """One JSON value on one line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


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
        **{name: getattr(report, name) for name in REPORTED},
        "troubles": [options.wording.say(trouble.key, **trouble.values) for trouble in outcome.troubles],
    }


REPORTED = ("new", "changed", "adopted", "restored", "conflicts", "urgent", "overdue", "unsure")


def one_line(report: Report) -> str:
    return say("one-line", mails=report.mails, **{name: len(getattr(report, name)) for name in REPORTED})


def print_outcome(outcome: Outcome, desk: Desk, dry: bool) -> None:
    """A short table: what came, what changed, what is urgent."""
    report = outcome.report
    out.print(escape(say("planned" if dry else "synced", mails=report.mails, workbook=desk.workbook.name)))
    table = Table(show_header=False, box=None, pad_edge=False)
    for name in REPORTED:
        if ids := getattr(report, name):
            shown = " ".join(ids[:8]) + (" …" if len(ids) > 8 else "")
            table.add_row(say(name), str(len(ids)), escape(shown))
    if table.row_count:
        out.print(table)
    if dry:
        print_commits(outcome, desk)
    if outcome.settings:
        for setting, name, value in outcome.settings.problems:
            out.print(escape(say("odd-setting", setting=setting, name=name, value=value)))
    for trouble in outcome.troubles:
        tell(trouble)


def print_commits(outcome: Outcome, desk: Desk) -> None:
    """Every cell a dry run would write in rows that are there, and the new rows by tab."""
    for commit in outcome.commits:
        for key, rows in commit.appends.items():
            out.print(escape(say("would-add", tab=desk.layout.tab(key).label, rows=len(rows))))
        for update in commit.updates:
            tab = desk.layout.tab(update.tab)
            shown = {key: value for key, value in update.cells.items() if not tab.column(key).hidden}
            cells = ", ".join(
                f"{tab.column(key).label}={text_of(value)[:40]!r}" for key, value in shown.items()
            )
            if shown:
                out.print(escape(say("would-change", tab=tab.label, row=update.record.number, cells=cells)))


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


def tell_with_time(trouble: Exception) -> None:
    """A failure of the scheduled job, on one line with its time."""
    moment = _clock(ZoneInfo("UTC"))
    if isinstance(trouble, DaichoError):
        err.print(escape(f"{moment} {options.wording.say(trouble.key, **trouble.values)}"))
    else:
        err.print(escape(f"{moment} {say('unexpected', kind=type(trouble).__name__)}"))
        if options.verbose:
            err.print_exception(show_locals=False)


def _clock(zone: ZoneInfo) -> str:
    return f"{datetime.now(zone):%Y-%m-%d %H:%M}"


def _known_language(language: str) -> str:
    if language not in LANGUAGES:
        raise UsageError("cli.no-language", language=language, languages=" / ".join(LANGUAGES))
    return language
