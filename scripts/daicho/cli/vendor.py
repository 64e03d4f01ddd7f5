"""The commands about what leaves the house and what is forgotten: export, import, forget, prune."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from getpass import getpass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from daicho.cli.terminal import Json, app, few, options, out, print_json, tell
from daicho.desk import Desk
from daicho.errors import UsageError
from daicho.handover import Exported
from daicho.ledger.forget import Forgotten
from daicho.ledger.vendor.home import Homecoming
from daicho.ledger.vendor.log import Export
from daicho.ledger.vendor.returned import Trouble

PASSWORD = "DAICHO_EXPORT_PASSWORD"
"""Where a program puts the password of a pack: it never stands on the command line."""

MOST_EXPORTS = 5
"""Earlier packs that are named."""

SHOWN = 60
"""Letters of a changed cell that are shown."""

Dry = Annotated[bool, typer.Option("--dry-run")]


def say(key: str, **values: object) -> str:
    return options.wording.say(f"vendor.{key}", **values)


@app.command()
def export(
    vendor: Annotated[str, typer.Option()],
    file: Annotated[Path | None, typer.Option("--out")] = None,
    password_prompt: Annotated[bool, typer.Option("--password-prompt")] = False,
    as_json: Json = False,
) -> None:
    """Hand a vendor the inquiries they are to answer, as one Excel file."""
    desk = Desk(options.load())
    password = _new_password() if password_prompt else os.environ.get(PASSWORD, "")
    exported = desk.handover.export(vendor, file, password)
    if options.json or as_json:
        print_json(exported_json(exported))
        return
    found = exported.pack.export
    lines = say(
        "exported",
        rows=len(found.inquiries),
        path=exported.path,
        masking=found.masking,
        version=found.version,
        id=found.id,
    )
    out.print(escape(lines))
    if exported.before:
        out.print(escape(say("again", rows=len(exported.again))))
        print_exports(exported.before[:MOST_EXPORTS])
    out.print(escape(say("locked" if exported.locked else "unlocked")))


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument()],
    dry_run: Dry = False,
    newer_wins: Annotated[bool, typer.Option("--newer-wins")] = False,
    as_json: Json = False,
) -> None:
    """Take home what a vendor wrote into a pack; answers become drafts, never mail."""
    desk = Desk(options.load())
    home = desk.handover.bring_home(file, _password, dry=dry_run, newer_wins=newer_wins)
    if options.json or as_json:
        print_json(home_json(home))
    else:
        print_home(home, file.name, desk, dry_run)
    if home.conflicts or home.troubles:
        raise typer.Exit(1)


@app.command()
def forget(
    address: Annotated[str, typer.Argument()],
    yes: Annotated[bool, typer.Option("--yes")] = False,
    dry_run: Dry = False,
    as_json: Json = False,
) -> None:
    """Erase one person from every tab, and name the exports and drafts that hold them."""
    desk = Desk(options.load())
    forgotten = desk.forget(address, dry=True)
    drafts, troubles = desk.drafts_left(forgotten.inquiries)
    # A person at a terminal is asked; to a program the whole address is a plain enough word.
    done = not dry_run and (yes or not sys.stdin.isatty())
    if options.json or as_json:
        forgotten = desk.forget(address) if done else forgotten
        left = [{"mailbox": mailbox, "subject": subject} for mailbox, subject in drafts]
        print_json(forgotten_json(forgotten) | {"erased": done, "drafts": left})
        return
    if not done and not forgotten.commit and not forgotten.exports:
        out.print(escape(say("nobody", address=address)))
        return
    if not done:
        print_forgotten("would-forget", address, forgotten, desk)
        if dry_run or not (done := _says_yes()):
            out.print(escape(say("nothing-forgotten")))
    if done:
        print_forgotten("forgotten", address, desk.forget(address), desk)
    print_left(forgotten, drafts, desk)
    for trouble in troubles:
        tell(trouble)


@app.command()
def prune(
    yes: Annotated[bool, typer.Option("--yes")] = False,
    as_json: Json = False,
) -> None:
    """Make anonymous what was settled longer ago than the settings say."""
    before, done = Desk(options.load()).prune(dry=not yes)
    if options.json or as_json:
        print_json(forgotten_json(done) | {"before": before})
        return
    key = "nothing-to-prune" if not done.commit else "pruned" if yes else "would-prune"
    out.print(escape(say(key, before=f"{before:%Y-%m-%d}", **_counts(done))))


def _says_yes() -> bool:
    """Whether the person at the terminal says yes."""
    answer = out.input(escape(f"{say('ask-sure')}: ")).strip().casefold()
    return answer in say("yes").split()


# --- passwords ----------------------------------------------------------------------------------------------


def _new_password() -> str:
    if not sys.stdin.isatty():
        raise UsageError("vendor.no-terminal", variable=PASSWORD)
    password = getpass(f"{say('ask-password')}: ")
    if not password or password != getpass(f"{say('ask-again')}: "):
        raise UsageError("vendor.passwords-differ")
    return password


def _password() -> str:
    """The password of a locked file: from the environment, else asked where a person sits."""
    found = os.environ.get(PASSWORD, "")
    return found or (getpass(f"{say('ask-password')}: ") if sys.stdin.isatty() else "")


# --- showing ------------------------------------------------------------------------------------------------


def print_home(home: Homecoming, name: str, desk: Desk, dry: bool) -> None:
    """What came home cell by cell, then what did not."""
    key = "nothing-new" if not home.changes else "would-import" if dry else "imported"
    out.print(escape(say(key, file=name, rows=home.rows, changes=len(home.changes))))
    for change in home.changes:
        before, after = (" ".join(text.split())[:SHOWN] for text in (change.before, change.after))
        column = desk.handover.label(change.column)
        out.print(
            escape(say("changed-cell", inquiry=change.inquiry, column=column, before=before, after=after))
        )
    if home.unsent:
        out.print(escape(say("unsent", ids=few(home.unsent))))
    for title, told in (("conflicts", home.conflicts), ("troubles", home.troubles)):
        print_told(title, told)
    if home.missing:
        out.print(escape(say("missing", ids=few(home.missing))))


def print_told(title: str, told: Sequence[Trouble]) -> None:
    if told:
        out.print(f"[bold]{escape(say(title))}[/bold]")
    for each in sorted(told, key=lambda each: (each.sheet, each.row)):
        line = say("told-row", sheet=each.sheet, row=each.row, inquiry=each.inquiry, reason=reason(each))
        out.print(escape(line))


def print_forgotten(key: str, address: str, forgotten: Forgotten, desk: Desk) -> None:
    """What is erased: how much of what, and in which tabs."""
    tabs = Counter(update.tab for update in forgotten.commit.updates)
    told = [say("rows-of", tab=desk.layout.tab(tab).label, rows=rows) for tab, rows in tabs.items()]
    out.print(escape(say(key, address=address, **_counts(forgotten))))
    if told:
        out.print(escape(say("in-tabs", tabs=say("and").join(told))))


def print_left(forgotten: Forgotten, drafts: Sequence[tuple[str, str]], desk: Desk) -> None:
    """What holds the person besides, for people to delete."""
    if forgotten.exports:
        out.print(escape(say("in-exports")))
    print_exports(forgotten.exports)
    if drafts:
        out.print(escape(say("in-drafts")))
    for mailbox, subject in drafts:
        out.print(escape(say("in-draft", mailbox=mailbox, subject=subject)))
    out.print(escape(say("mail-stays")))
    if desk.config.excel is None:
        out.print(escape(say("versions-stay")))


def print_exports(exports: Sequence[Export]) -> None:
    for each in exports:
        when = f"{each.when:%Y-%m-%d}" if each.when else ""
        out.print(escape(say("in-export", when=when, vendor=each.vendor, file=each.file, id=each.id)))


def reason(told: Trouble) -> str:
    return options.wording.say(told.key, **told.values)


def _counts(forgotten: Forgotten) -> dict[str, int]:
    return {
        "inquiries": len(forgotten.inquiries),
        "messages": forgotten.messages,
        "customers": len(forgotten.customers),
        "mentions": forgotten.mentions,
    }


def exported_json(exported: Exported) -> dict[str, Any]:
    found = exported.pack.export
    return {
        "file": str(exported.path),
        "export": found.id,
        "vendor": found.vendor,
        "inquiries": sorted(found.inquiries),
        "version": found.version,
        "locked": exported.locked,
        "again": sorted(exported.again),
        "before": list(map(export_json, exported.before)),
    }


def home_json(home: Homecoming) -> dict[str, Any]:
    def told(each: Trouble) -> dict[str, Any]:
        return {"sheet": each.sheet, "row": each.row, "inquiry": each.inquiry, "reason": reason(each)}

    return {
        "rows": home.rows,
        "changes": [
            {
                "inquiry": change.inquiry,
                "column": change.column,
                "before": change.before,
                "after": change.after,
            }
            for change in home.changes
        ],
        "conflicts": list(map(told, home.conflicts)),
        "troubles": list(map(told, home.troubles)),
        "missing": home.missing,
        "unsent": home.unsent,
    }


def forgotten_json(forgotten: Forgotten) -> dict[str, Any]:
    exports = list(map(export_json, forgotten.exports))
    return _counts(forgotten) | {"ids": forgotten.inquiries, "exports": exports}


def export_json(each: Export) -> dict[str, Any]:
    return {"export": each.id, "vendor": each.vendor, "when": each.when, "file": each.file}
