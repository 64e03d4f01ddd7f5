"""The command line speaks the user's language: help, wrong commands, and which language that is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from daicho import cli
from daicho.cli.manual import language_of
from daicho.wording import LANGUAGES, wording
from test_cli import Run, run

__all__ = ["run"]


def commands() -> list[tuple[str, Any]]:
    """Every command with the words that call it."""

    def inside(words: str, command: Any) -> list[tuple[str, Any]]:
        children = getattr(command, "commands", {}).items()
        return [
            (words, command),
            *(each for name, child in children for each in inside(f"{words} {name}", child)),
        ]

    return inside("", typer.main.get_command(cli.app))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("words", "command"), commands(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_command_and_parameter_has_its_help(
    run: Run, monkeypatch: pytest.MonkeyPatch, language: str, words: str, command: Any
) -> None:
    monkeypatch.setenv("DAICHO_LANGUAGE", language)
    code, out, _ = run(*words.split(), "--help")
    assert code == 0
    sentences = wording(language).sentences
    name = words.split()[-1] if words else "daicho"
    assert sentences[f"help.{name}"] in " ".join(out.split())
    for parameter in command.params:
        told = sentences.get(f"help.{name}.{parameter.name}") or sentences[f"help.*.{parameter.name}"]
        assert "".join(told.split()) in "".join(out.split())


@pytest.mark.parametrize("words", [words for words, _ in commands()])
def test_japanese_help_has_no_english_sentence(run: Run, words: str) -> None:
    usage, _, rest = run(*words.split(), "--help")[1].partition("\n")
    assert usage.startswith("使い方：")
    assert not re.search(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}|Show|default|required|Options|Commands", rest)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("words", [words for words, _ in commands()])
def test_help_names_no_kind_of_value_as_a_programmer_would(
    run: Run, monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    monkeypatch.setenv("DAICHO_LANGUAGE", language)
    told = run(*words.split(), "--help")[1]
    assert not re.search(r"<=|>=|[{}]|OPTIONS|ARGS|<(str|int|float|path|list)", told)


def test_global_options_may_stand_behind_the_command(run: Run, tmp_path: Path) -> None:
    for arguments in (["sync", "-c", "none.toml"], ["sync", "--config=none.toml", "-v"]):
        code, _, err = run(*arguments)
        assert (code, "none.toml" in err, "見つかりません" in err) == (1, True, True)
    assert run("sync", "-c")[2].startswith("-c というオプションはありません。")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("synk", "sync"), ("rules tset", "test"), ("sync --dryrun", "--dry-run"), ("xyzzy", "")],
)
def test_a_word_that_is_nearly_one_is_told_which(run: Run, typed: str, meant: str) -> None:
    err = run(*typed.split())[2]
    assert (f"{meant} ではありませんか。" in err) == bool(meant)


def test_no_help_is_told_of_what_is_not_there() -> None:
    names = {words.split()[-1] if words else "daicho": command for words, command in commands()}
    for language in LANGUAGES:
        for key in wording(language).sentences:
            section, _, rest = key.partition(".")
            name, dot, parameter = rest.partition(".")
            if section == "help" and dot and name != "*":
                assert parameter in [each.name for each in names[name].params], key


@pytest.mark.parametrize(
    ("typed", "ja", "en"),
    [
        ("export", "--vendor を指定してください。", "--vendor is missing."),
        ("forget", "address を指定してください。", "address is missing."),
        ("nonsense", "nonsense というコマンドはありません。", "There is no command nonsense."),
        ("rules tes", "tes というコマンドはありません。", "There is no command tes."),
        ("sync --dri", "--dri というオプションはありません。", "There is no option --dri."),
        ("watch --minutes x", "--minutes の値を読み取れません。", "The value of --minutes makes no sense."),
        ("watch --minutes 0", "--minutes の値を読み取れません。", "The value of --minutes makes no sense."),
        ("watch --minutes", "--minutes のあとに値を書いてください。", "--minutes needs a value after it."),
        ("sync --dry-run=x", "--dry-run には値を付けられません。", "--dry-run takes no value."),
        ("init a b", "「a b」は余分です。", "“a b” is too much"),
    ],
)
def test_a_wrong_command_is_told_in_one_sentence_of_the_users(
    run: Run, monkeypatch: pytest.MonkeyPatch, typed: str, ja: str, en: str
) -> None:
    for language, told in (("ja", ja), ("en", en)):
        monkeypatch.setenv("DAICHO_LANGUAGE", language)
        code, _, err = run(*typed.split())
        assert (code, len(err.splitlines())) == (2, 1)
        assert err.startswith(told)
        assert re.search(r"`daicho .*--help`", err)


def test_a_bare_command_shows_its_help(run: Run) -> None:
    for words in ((), ("rules",)):
        code, _, err = run(*words)
        assert code == 2
        assert err.startswith("使い方：")


@pytest.mark.parametrize(
    ("arguments", "environment", "config", "language"),
    [
        ([], {}, None, "ja"),
        ([], {"LANG": "C.UTF-8"}, None, "ja"),
        ([], {"LANG": "ja_JP.UTF-8"}, None, "ja"),
        ([], {"LANG": "en_GB.UTF-8"}, None, "en"),
        ([], {"LANG": "de_DE.UTF-8"}, None, "en"),
        ([], {"LANG": "ja_JP.UTF-8", "LC_ALL": "en_US.UTF-8"}, None, "en"),
        ([], {"LANG": "en_GB.UTF-8"}, "[shop]", "ja"),
        ([], {}, 'language = "en"', "en"),
        ([], {}, "# x\n language='en'\n[shop", "en"),
        ([], {}, 'language = "fr"', "ja"),
        ([], {"DAICHO_LANGUAGE": "EN"}, 'language = "ja"', "en"),
        ([], {"DAICHO_LANGUAGE": "fr"}, 'language = "en"', "en"),
        (["-c", "other.toml", "sync"], {"LANG": "ja_JP"}, 'language = "en"', "ja"),
        (["sync", "-c", "daicho.toml"], {}, 'language = "en"', "en"),
        (["--config=daicho.toml", "sync"], {}, 'language = "en"', "en"),
        (["-c"], {}, 'language = "en"', "en"),
    ],
)
def test_which_language_is_spoken(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    environment: dict[str, str],
    config: str | None,
    language: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    if config is not None:
        Path("daicho.toml").write_text(config, encoding="utf-8")
    assert language_of(arguments, environment) == language
