"""The commands of every day: demo, init, setup, doctor, sync, watch, try, history, rules."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from daicho.cli.manual import App
from daicho.cli.showing import (
    one_line,
    print_outcome,
    print_trials,
    print_tried,
    report_of,
    synced,
    trial_json,
    tried_json,
)
from daicho.cli.terminal import (
    Json,
    app,
    clock,
    err,
    known_language,
    options,
    out,
    print_json,
    say,
    tell_with_time,
)
from daicho.config import load_config
from daicho.demo import lay_out_demo
from daicho.desk import Desk
from daicho.errors import ConfigError, DaichoError, UsageError
from daicho.trial import try_mails
from daicho.watch import Watch, stopping_on_signals
from daicho.wording import templates_folder


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument()] = Path("demo"),
    language: Annotated[str, typer.Option()] = "ja",
    as_json: Json = False,
) -> None:
    """Make a ledger from a sample mailbox, to look at and play with."""
    options.language = known_language(language)
    mails = lay_out_demo(folder / "mail", datetime.now(UTC))
    file = folder / "daicho.toml"
    if not file.exists():
        text = (templates_folder() / language / "demo.toml").read_text(encoding="utf-8")
        file.write_text(text, encoding="utf-8")
    desk = Desk(load_config(file))
    desk.prepare(sample=True)
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
    language: Annotated[str, typer.Option()] = "ja",
) -> None:
    """Write a commented daicho.toml to start from."""
    options.language = known_language(language)
    if options.config.exists():
        raise ConfigError("cli.config-exists", path=options.config)
    text = (templates_folder() / language / "daicho.toml").read_text(encoding="utf-8")
    options.config.write_text(text, encoding="utf-8")
    out.print(escape(say("init", path=options.config)))


@app.command()
def setup(
    dry_run: Annotated[bool, typer.Option("--dry-run")] = False,
) -> None:
    """Make the ledger, or bring an old one up to date; what people made stays."""
    lines = Desk(options.load()).setup(dry=dry_run)
    for line in lines or [say("set-up-already")]:
        out.print(escape(line))
    if dry_run and lines:
        out.print(escape(say("set-up-planned")))


@app.command()
def doctor(as_json: Json = False) -> None:
    """Look at everything a sync needs; each line is ok or says what to do."""
    desk = Desk(options.load())
    ill = False
    for finding in desk.doctor():
        trouble = finding.trouble
        ill = ill or trouble is not None
        key, values = (
            (trouble.key, trouble.values) if trouble else (f"doctor.{finding.check}", finding.values)
        )
        sentence = options.wording.say(key, **values)
        if options.json or as_json:
            print_json({"check": finding.check, "ok": trouble is None, "message": sentence})
        else:
            out.print(escape(f"{'✗' if trouble else '✓'} {sentence}"))
    if ill:
        raise typer.Exit(1)
    if not (options.json or as_json):
        out.print(escape(options.wording.say("doctor.all-well")))


@app.command()
def sync(
    dry_run: Annotated[bool, typer.Option("--dry-run")] = False,
    allow_empty: Annotated[bool, typer.Option("--allow-empty")] = False,
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
    minutes: Annotated[float, typer.Option(min=0.02, max=1440)] = 5.0,
) -> None:
    """Sync every few minutes until stopped (Ctrl-C or SIGTERM)."""
    config = options.load()
    first_round = iter([True])

    def tell_trouble(trouble: Exception) -> None:
        tell_with_time(trouble, config.zone)

    def work() -> None:
        # Later, a folder that is no longer mounted would look like a shop's first day.
        outcome = Desk(config).sync(begin=next(first_round, False))
        for trouble in outcome.troubles:
            tell_trouble(trouble)
        if options.json:
            print_json(report_of(outcome))
        else:
            out.print(escape(f"{clock(config.zone)} {one_line(outcome.report)}"))

    job = Watch(work, minutes, tell_trouble, lambda: datetime.now(UTC))
    err.print(escape(say("watching", minutes=f"{minutes:g}")))
    with stopping_on_signals(job.stop):
        job.run()
    err.print(escape(say("stopped")))


@app.command(name="try")
def try_(
    paths: Annotated[list[Path], typer.Argument()],
    language: Annotated[str, typer.Option()] = "ja",
    as_json: Json = False,
) -> None:
    """Judge mails without a workbook: what would the ledger say?"""
    options.language = known_language(language)
    zone = load_config(options.config).zone if options.config.exists() else ZoneInfo("Asia/Tokyo")
    for tried in try_mails(paths, language, zone, datetime.now(UTC)):
        if options.json or as_json:
            print_json(tried_json(tried))
        else:
            print_tried(tried)


@app.command()
def history(
    address: Annotated[str, typer.Argument()],
    as_json: Json = False,
) -> None:
    """Show everything that was written to and by one customer."""
    desk = Desk(options.load())
    messages = desk.history(address)
    if options.json or as_json:
        print_json(messages)
        return
    if not messages:
        raise DaichoError("cli.no-history", address=address)
    for message in messages:
        arrow = "←" if message["direction"] == "in" else "→"
        out.print(escape(f"{message['date']} {arrow} [{message['inquiry']}] {message['subject']}"))
        out.print(escape("\n".join(f"    {line}" for line in str(message["text"]).splitlines()[:12])))


rules = App()
app.add_typer(rules, name="rules")


@rules.command(name="test")
def test_rules(
    mails: Annotated[int, typer.Option(min=1)] = 500,
    as_json: Json = False,
) -> None:
    """Show for each rule how many mails it hits, and which labelled example it gets wrong."""
    desk = Desk(options.load())
    trials, broken = desk.try_rules(mails)
    if options.json or as_json:
        problems = [{"row": row, "words": [], "problem": problem} for row, problem in broken]
        print_json([trial_json(row, trial) for row, trial in trials] + problems)
    elif not trials and not broken:
        raise UsageError("cli.no-rules")
    else:
        print_trials(trials, desk.layout)
        for row, problem in broken:
            out.print(escape(say("odd-rule", row=row, problem=problem)))
    if broken:
        raise typer.Exit(1)
