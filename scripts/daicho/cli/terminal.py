"""What every command shares: the application, global options, the two streams, how an error is told."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape

from daicho import __version__
from daicho.cli.manual import App, WrongUsage, globals_first, language_of, wrong_usage
from daicho.cli.options import options as options
from daicho.config import DEFAULT_PATH
from daicho.errors import DaichoError, UsageError
from daicho.wording import LANGUAGES

app = App()
out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)

FEW = 8
"""Ids that are named where there may be hundreds."""


def main() -> None:
    """Runs the command line. Exit code 0: done, 1: something needs a person, 2: wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        # A Windows console in its own code page must not end a sync over one character.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    options.language = language_of(sys.argv[1:], os.environ)
    try:
        sys.exit(app(globals_first(sys.argv[1:]), standalone_mode=False) or 0)
    except WrongUsage as error:
        err.print(escape(wrong_usage(error)))
        sys.exit(2)
    except typer.Abort:
        err.print(escape(say("stopped")))
        sys.exit(1)
    except DaichoError as error:
        tell(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        # A folder that is not there, a disk that is full, a reader that has gone.
        place = error.filename or say("this-place")
        err.print(escape(say("no-access", path=place, problem=error)))
        sys.exit(1)
    except Exception as error:
        if options.verbose:
            raise
        err.print(escape(say("unexpected-once", kind=type(error).__name__)))
        sys.exit(1)


def tell(error: DaichoError) -> None:
    """One sentence on the error stream."""
    err.print(escape(options.wording.say(error.key, **error.values)))


def say(key: str, **values: object) -> str:
    return options.wording.say(f"cli.{key}", **values)


def few(ids: Sequence[str]) -> str:
    """The first of some ids on one line."""
    return " ".join(ids[:FEW]) + (" …" if len(ids) > FEW else "")


def print_json(value: Any) -> None:
    """One JSON value on one line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def write_page(path: Path, page: str) -> None:
    """Writes an HTML page. Raises UsageError where no file can be."""
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError("cli.unwritable", path=path, reason=error) from None


def tell_with_time(trouble: Exception, zone: ZoneInfo) -> None:
    """A failure of the scheduled job, on one line with its time."""
    moment = clock(zone)
    if isinstance(trouble, DaichoError):
        err.print(escape(f"{moment} {options.wording.say(trouble.key, **trouble.values)}"))
    else:
        err.print(escape(f"{moment} {say('unexpected', kind=type(trouble).__name__)}"))
        if options.verbose:
            err.print_exception(show_locals=False)


def clock(zone: ZoneInfo) -> str:
    return f"{datetime.now(zone):%Y-%m-%d %H:%M}"


def known_language(language: str) -> str:
    if language not in LANGUAGES:
        raise UsageError("cli.no-language", language=language, languages=" / ".join(LANGUAGES))
    return language


def _version(shown: bool) -> None:
    if shown:
        out.print(f"daicho {__version__}")
        raise typer.Exit


Json = Annotated[bool, typer.Option("--json")]


@app.callback()
def _global(
    config: Annotated[Path, typer.Option("--config", "-c")] = DEFAULT_PATH,
    as_json: Json = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """daicho (台帳): mail inquiries into a ledger workbook that people work in."""
    options.config, options.json, options.verbose = config, as_json, verbose
