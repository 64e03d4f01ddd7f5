"""The command line in the user's language: help, and what is said of a wrong command.

The framework speaks English. Its help texts come from the wording here (`help.<command>` and
`help.<command>.<parameter>`, `help.*.<parameter>` where commands share one), its headings and errors are told
by their shape; what has a shape of its own in some later version stays English, and nothing breaks.
"""

from __future__ import annotations

import difflib
import locale
import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar, cast

import typer
from rich.cells import cell_len
from typer.core import TyperCommand, TyperGroup

from daicho.cli.options import options
from daicho.config import DEFAULT_PATH
from daicho.wording import LANGUAGES

Work = TypeVar("Work", bound=Callable[..., Any])

WrongUsage = cast(type[Exception], typer.BadParameter.__base__)
"""What the framework raises for every kind of wrong command."""

_HEADINGS = (
    (r"^Usage:", "usage"),
    (r"\[OPTIONS\]", "some-options"),
    (r"COMMAND \[ARGS\]\.\.\.", "some-command"),
    (r"^Arguments:", "arguments"),
    (r"^Options:", "options"),
    (r"^Commands:", "commands"),
    (r"(?<=[\[ ])default: ", "default"),
    (r"(?<=[\[ ])required(?=[\];])", "required"),
    (r"(?P<least>[\d.]+)<=x<=(?P<most>[\d.]+)", "range"),
    (r"x>=(?P<least>[\d.]+)", "at-least"),
)
_KINDS = {"str": "text", "int": "number", "float": "number", "path": "file", "list[path]": "file"}
_KIND = re.compile(r"<(?P<kind>[\w\[\]]+)(?: range)?> *")
_BRACED = re.compile(r"\{(\w+)\}")

_GLOBAL = ("-v", "--verbose")
_GLOBAL_WITH_VALUE = ("-c", "--config")

_NAME = r"'?(?P<name>[^'\s]+?)'?"
_ERRORS = (
    (rf"Missing (?:option|argument|parameter):? {_NAME}\.?(?: .*)?", "missing"),
    (rf"No such option:? {_NAME}\.?(?: .*)?", "no-option"),
    (rf"No such command {_NAME}\.?(?: .*)?", "no-command"),
    (rf"(?:Option )?{_NAME} (?:option )?requires an argument\.?", "no-value"),
    (rf"Option {_NAME} does not take a value\.?", "takes-none"),
    (rf"Invalid value for {_NAME}:? .*", "bad-value"),
    (r"Got unexpected extra arguments? ?(?:\(s\) )?\((?P<name>.*)\)", "too-much"),
)

_CONFIGURED = re.compile(r"""^[ \t]*language[ \t]*=[ \t]*["'](\w{1,9})["']""", re.MULTILINE)


def _said(command: TyperCommand | TyperGroup, parameter: str = "") -> str:
    """What the wording says of a command, or of a parameter of it ("" where it says nothing)."""
    sentences, name = options.wording.sentences, command.name or "daicho"
    if not parameter:
        return sentences[f"help.{name}"]
    return sentences.get(f"help.{name}.{parameter}", sentences.get(f"help.*.{parameter}", ""))


def _help(command: TyperCommand | TyperGroup, ctx: Any, write: Callable[[Any], str]) -> str:
    """The help that `write` makes of a command, in the wording's words."""
    command.help = _said(command)
    # Of any kind: in the framework's types not every parameter has a help.
    parameters: list[Any] = [*command.params, command.get_help_option(ctx)]
    for parameter in filter(None, parameters):
        parameter.help = _said(command, parameter.name)
    text = _BRACED.sub(r"\1", _KIND.sub(_plain_kind, write(ctx)))
    for shape, key in _HEADINGS:
        text = re.sub(shape, partial(_heading, key), text, flags=re.MULTILINE)
    return text


def _heading(key: str, found: re.Match[str]) -> str:
    return options.wording.say(f"help.{key}", **found.groupdict())


def _plain_kind(found: re.Match[str]) -> str:
    """What kind of value is wanted in a plain word, as wide as what it stands for, which lines up columns."""
    kind = _KINDS.get(found["kind"].lower())
    if not kind:
        return found[0]
    word = f"<{options.wording.say(f'help.{kind}')}>"
    return word + " " * max(len(found[0]) - cell_len(word), 1)


class Command(TyperCommand):
    def get_help(self, ctx: Any) -> str:
        return _help(self, ctx, super().get_help)

    def get_short_help_str(self, limit: int = 45) -> str:
        return _said(self)


class Group(TyperGroup):
    def get_help(self, ctx: Any) -> str:
        return _help(self, ctx, super().get_help)

    def get_short_help_str(self, limit: int = 45) -> str:
        return _said(self)

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of the wording, which is that of a shop's days."""
        order = list(options.wording.sentences)
        return sorted(super().list_commands(ctx), key=lambda name: order.index(f"help.{name}"))


class App(typer.Typer):
    """An application of such commands."""

    def __init__(self) -> None:
        super().__init__(
            cls=Group,
            add_completion=False,
            no_args_is_help=True,
            rich_markup_mode=None,
            pretty_exceptions_enable=False,
        )

    def command(self, name: str | None = None, **rest: Any) -> Callable[[Work], Work]:
        return super().command(name, cls=Command, **rest)


def wrong_usage(error: Any) -> str:
    """What to tell of a WrongUsage: a sentence and where the help is; the help itself for a bare command."""
    told = str(error.format_message())
    if type(error).__name__ == "NoArgsIsHelpError":
        return told
    for shape, key in _ERRORS:
        if found := re.fullmatch(shape, told, re.DOTALL):
            sentence = options.wording.say(f"help.{key}", name=found["name"])
            if near := difflib.get_close_matches(found["name"], _words(error, key), 1):
                sentence = options.wording.say("help.meant", told=sentence, near=near[0])
            break
    else:
        sentence = options.wording.say("help.wrong", problem=told)
    command = error.ctx.command_path if error.ctx else "daicho"
    return options.wording.say("help.more", told=sentence, command=f"{command} --help")


def _words(error: Any, key: str) -> list[str]:
    """The commands or options there are where a wrong one was written."""
    if key == "no-command":
        return list(getattr(error.ctx.command, "commands", ()))
    return [name for each in error.ctx.command.params for name in each.opts] if key == "no-option" else []


def globals_first(arguments: Sequence[str]) -> list[str]:
    """The arguments with global options before the command, where the framework wants them: people write
    them anywhere. What follows `--` is left alone."""
    first: list[str] = []
    others: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            others += [word, *words]
        elif word in _GLOBAL_WITH_VALUE:
            value = list(islice(words, 1))
            # Without a value it must not take the command for one.
            (first if value else others).extend([word, *value])
        elif word in _GLOBAL or word.startswith("--config="):
            first.append(word)
        else:
            others.append(word)
    return first + others


def language_of(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The language to speak before a configuration is checked: what DAICHO_LANGUAGE says, else the
    configuration, however broken the rest of it is, else the system."""
    asked = environment.get("DAICHO_LANGUAGE", "").lower()
    if asked in LANGUAGES:
        return asked
    try:
        text = _config_of(arguments).read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return _spoken(environment)
    found = _CONFIGURED.search(text)
    return found[1] if found and found[1] in LANGUAGES else "ja"


def _config_of(arguments: Sequence[str]) -> Path:
    """The configuration file that the command line names."""
    for number, argument in enumerate(arguments):
        if argument in ("-c", "--config") and number + 1 < len(arguments):
            return Path(arguments[number + 1])
        if argument.startswith("--config="):
            return Path(argument.removeprefix("--config="))
    return DEFAULT_PATH


def _spoken(environment: Mapping[str, str]) -> str:
    """Japanese unless the system is set to another language: who has that reads English more likely."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    told = next((environment[name] for name in names if environment.get(name)), "")
    if not told and os.name == "nt":
        told = locale.getlocale()[0] or ""
    return "ja" if re.match(r"$|C\b|POSIX|ja", told, re.IGNORECASE) else "en"
