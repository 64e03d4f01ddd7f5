"""daicho.toml: where the ledger is, which mailboxes feed it, who the shop is.

`SETTINGS` is the one table of what may stand in the file; reading, checking and the manual use it.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from daicho.errors import ConfigError
from daicho.wording import LANGUAGES

DEFAULT_PATH = Path("daicho.toml")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its place in the file (`section.name`), its type, its default (None: none)."""

    place: str
    type: type
    default: Any = None
    choices: tuple[str, ...] = ()


SETTINGS = (
    Setting("language", str, "ja", LANGUAGES),
    Setting("timezone", str, "Asia/Tokyo"),
    Setting("shop.name", str, ""),
    Setting("shop.addresses", list, []),
    Setting("workbook.excel", str),
    Setting("workbook.google", str),
    Setting("workbook.credentials", str, "credentials.json"),
    Setting("mailbox.name", str),
    Setting("mailbox.since", date),
    Setting("mailbox.maildir", str),
    Setting("mailbox.mbox", str),
    Setting("mailbox.eml", str),
    Setting("mailbox.imap", str),
    Setting("mailbox.user", str),
    Setting("mailbox.port", int),
    Setting("mailbox.tls", str, "ssl", ("ssl", "starttls", "none")),
    Setting("mailbox.auth", str, "password", ("password", "gmail", "outlook")),
    Setting("mailbox.folders", list, ["INBOX"]),
    Setting("mailbox.sent", str, "auto"),
    Setting("mailbox.drafts", str, "auto"),
)

_BARE_ADDRESS = re.compile(r"\s*[^\s<>@,;]+@[^\s<>@,;]+\s*")
_SOURCES = ("maildir", "mbox", "eml", "imap")
_IMAP_ONLY = ("user", "port", "tls", "auth", "folders", "sent", "drafts")

_SECRET = re.compile(r"pass(word|wd|phrase)?$|secret|token", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_AT_LINE = re.compile(r"at line (\d+)")
"""Where tomllib says that a mistake is; without it the mistake is at the end."""


@dataclass(frozen=True, slots=True)
class MailboxConfig:
    """One `[[mailbox]]`. `source` is one of maildir, mbox, eml, imap; `place` its path or host;
    `options` the settings that only IMAP knows."""

    name: str
    source: str
    place: str
    since: date | None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Config:
    """A checked daicho.toml. Paths in it count from `folder`, where the file lies."""

    folder: Path
    language: str
    zone: ZoneInfo
    shop_name: str
    addresses: frozenset[str]
    excel: Path | None
    google: str | None
    credentials: Path
    mailboxes: tuple[MailboxConfig, ...]


def load_config(path: Path) -> Config:
    """Reads and checks `path`. Raises ConfigError that names what is wrong and how to mend it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        data = tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigError("config.missing", path=path) from None
    except (OSError, UnicodeDecodeError):
        raise ConfigError("config.unreadable", path=path) from None
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        lines = text.splitlines()
        line = int(found[1]) if found else len(lines)
        # Between double quotes a Windows path's backslash means something else.
        key = "config.backslash" if "\\" in "".join(lines[line - 1 : line]) else "config.no-toml"
        raise ConfigError(key, path=path, line=line) from None
    return read_config(data, path.resolve().parent)


def read_config(data: Mapping[str, Any], folder: Path) -> Config:
    """The configuration that a parsed daicho.toml means."""
    _check_names(data)
    shop, book = _section(data, "shop"), _section(data, "workbook")
    excel, google = _get(book, "workbook.excel"), _get(book, "workbook.google")
    if bool(excel) == bool(google):
        raise ConfigError("config.one-workbook")
    if excel and not excel.lower().endswith(".xlsx"):
        raise ConfigError("config.no-xlsx", name=excel)
    addresses = _get(shop, "shop.addresses")
    if not addresses:
        raise ConfigError("config.no-addresses")
    for one in addresses:
        if not (isinstance(one, str) and _BARE_ADDRESS.fullmatch(one)):
            raise ConfigError("config.no-address", value=one)
    entries = data.get("mailbox", [])
    if not isinstance(entries, list) or not entries:
        raise ConfigError("config.no-mailbox")
    if not all(isinstance(entry, dict) for entry in entries):
        raise ConfigError("config.no-mailbox")
    mailboxes = tuple(_mailbox(entry, folder) for entry in entries)
    names = [mailbox.name for mailbox in mailboxes]
    if len(set(names)) < len(names):
        raise ConfigError("config.same-name", name=max(names, key=names.count))
    return Config(
        folder=folder,
        language=_get(data, "language"),
        zone=_zone(_get(data, "timezone")),
        shop_name=_get(shop, "shop.name"),
        addresses=frozenset(address.strip().lower() for address in addresses),
        excel=folder / excel if excel else None,
        google=google,
        credentials=folder / _get(book, "workbook.credentials"),
        mailboxes=mailboxes,
    )


def _mailbox(entry: Any, folder: Path) -> MailboxConfig:
    name = _get(entry, "mailbox.name")
    sources = [source for source in _SOURCES if source in entry]
    if not name:
        raise ConfigError("config.unnamed-mailbox")
    if len(sources) != 1:
        raise ConfigError("config.one-source", name=name)
    source = sources[0]
    place = _get(entry, f"mailbox.{source}")
    if source == "imap" and not _get(entry, "mailbox.user"):
        raise ConfigError("config.no-user", name=name)
    for key in _IMAP_ONLY:
        if source != "imap" and key in entry:
            raise ConfigError(f"config.no-{source}-option", name=name, setting=key)
    options = {key: _get(entry, f"mailbox.{key}") for key in _IMAP_ONLY}
    return MailboxConfig(
        name=name,
        source=source,
        place=place if source == "imap" else str(folder / place),
        since=_get(entry, "mailbox.since"),
        options=options if source == "imap" else {},
    )


def _check_names(data: Mapping[str, Any]) -> None:
    """Refuses a name that is no setting, and says which one was meant."""
    known = {setting.place for setting in SETTINGS}
    for place in _places(data):
        if _SECRET.search(place):
            raise ConfigError("config.secret", name=place)
        if place not in known:
            near = difflib.get_close_matches(place, known, 1, cutoff=0.8)
            raise ConfigError(
                "config.unknown-near" if near else "config.unknown", name=place, near="".join(near)
            )


def _places(data: Mapping[str, Any]) -> list[str]:
    places = []
    for name, value in data.items():
        inside = value if isinstance(value, list) else [value]
        tables = [table for table in inside if isinstance(table, dict)]
        places += [f"{name}.{key}" for table in tables for key in table] if tables else [name]
    return [place for place in places if place not in ("shop", "workbook", "mailbox")]


def _section(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = data.get(name, {})
    if not isinstance(section, dict):
        raise ConfigError("config.no-section", name=name)
    return section


def _get(section: Mapping[str, Any], place: str) -> Any:
    """A checked value of one setting, or its default."""
    setting = next(setting for setting in SETTINGS if setting.place == place)
    value = section.get(place.rpartition(".")[2], setting.default)
    # As `\n` and `\t` in the path of a Windows folder would be read.
    if setting.type is str and isinstance(value, str) and _CONTROL.search(value):
        raise ConfigError("config.control", name=place)
    if value is not None and not isinstance(value, setting.type):
        raise ConfigError("config.wrong-type", name=place, example=_EXAMPLES[setting.type])
    if setting.choices and value not in setting.choices:
        raise ConfigError("config.wrong-choice", name=place, choices=" / ".join(setting.choices))
    return value


_EXAMPLES = {str: '"…"', int: "993", list: '["…", "…"]', date: "2026-10-01"}


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError("config.no-zone", name=name) from None
