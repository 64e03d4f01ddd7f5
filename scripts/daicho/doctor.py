"""Looks at everything a sync needs; each thing is in order, or one sentence with the cure.

A check is a function that returns what is known (values of its sentence) or raises a DaichoError. Checks
come in groups: what stands on a thing that is not in order is not looked at.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from daicho.errors import ConfigError, DaichoError, WorkbookError
from daicho.inquiry.rules import read_rules
from daicho.ledger.settings import misunderstood, read_settings
from daicho.mail.mailbox import Mailbox
from daicho.sheets.layout import Layout
from daicho.sheets.ledger_file import LedgerFile
from daicho.sheets.workbook import Snapshot, Workbook

if TYPE_CHECKING:
    from daicho.mail.imap import Used
    from daicho.sheets.google import GoogleWorkbook

DRIFT = timedelta(minutes=5)
"""A clock further off than this fails sign-in (Google's limit for a signed claim) and spoils due times."""

NONE = "―"
"""What stands for a folder that is not used."""

Check = tuple[str, Callable[[], Mapping[str, object]]]
"""The name of a check (its sentence is `doctor.<name>`), and what looks."""

Keep = Callable[[Snapshot], object]
"""Hears what was read."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a check found: in order if there is no trouble. `values` fill the sentence of the check."""

    check: str
    values: Mapping[str, object] = field(default_factory=dict)
    trouble: DaichoError | None = None


def examine(groups: Iterable[Sequence[Check]]) -> Iterator[Diagnosis]:
    """Runs the checks; the first trouble of a group ends the group."""
    for group in groups:
        for name, look in group:
            try:
                yield Diagnosis(name, look())
            except DaichoError as trouble:
                yield Diagnosis(name, trouble=trouble)
                break


# --- the ledger in a file ---------------------------------------------------------------------------------


def excel_checks(path: Path, workbook: Workbook, keep: Keep) -> list[Check]:
    """A local .xlsx: it can be read, and written as a sync would."""

    def writable() -> Mapping[str, object]:
        LedgerFile(path).prove_writable()
        return {"workbook": path.name}

    return [("ledger", partial(_read, workbook, keep)), ("writable", writable)]


def _read(workbook: Workbook, keep: Keep) -> Mapping[str, object]:
    snapshot = workbook.read()
    keep(snapshot)
    rows = len(snapshot.tables["inquiries"])
    return {"workbook": workbook.name, "generation": snapshot.generation, "rows": rows}


def content_checks(snapshot: Snapshot, layout: Layout) -> Iterator[Sequence[Check]]:
    """What people typed into the settings and the rules can be used; each mistake is a group of its own."""
    tables = snapshot.tables
    records = tables.get("rules", [])
    rules = read_rules([record.cells for record in records], layout)
    troubles = [
        ("settings", ConfigError(key, **values))
        for key, values in misunderstood(read_settings(tables.get("settings", []), layout), layout)
    ] + [
        ("rules", ConfigError("cli.odd-rule", row=records[index].number, problem=problem))
        for index, problem in sorted(rules.problems.items())
    ]
    for name, trouble in troubles:
        yield [(name, partial(fail, trouble))]
    found: dict[str, dict[str, object]] = {"settings": {}, "rules": {"rules": len(rules.rules)}}
    for name, values in found.items():
        if name not in dict(troubles):
            yield [(name, partial(dict, values))]


def fail(trouble: DaichoError) -> NoReturn:
    """A look at what is known to be amiss."""
    raise trouble


# --- the ledger in a Google Sheet -------------------------------------------------------------------------


def credentials_check(path: Path) -> Check:
    """The credentials file can be read by its owner only (where the system knows owners)."""

    def look() -> Mapping[str, object]:
        if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError("doctor.credentials-open", path=path)
        return {"path": path.name}

    return "credentials", look


def google_checks(workbook: GoogleWorkbook, now: Callable[[], datetime], keep: Keep) -> list[Check]:
    """The sheet is shared, set up, on time, writable by one at a time, and there is quota left."""

    def shared() -> Mapping[str, object]:
        return {"workbook": workbook.open(), "account": workbook.client.account}

    def clock() -> Mapping[str, object]:
        there = parsedate_to_datetime(workbook.client.date) if workbook.client.date else now()
        seconds = round(abs(now() - there).total_seconds())
        if seconds > DRIFT.total_seconds():
            raise ConfigError("doctor.clock-wrong", minutes=round(seconds / 60))
        return {"seconds": seconds}

    def swap() -> Mapping[str, object]:
        if not workbook.proves_swap():
            raise WorkbookError("doctor.swap-unproven", workbook=workbook.name)
        return {}

    def quota() -> Mapping[str, object]:
        return {"reads": workbook.client.reads.left(), "writes": workbook.client.writes.left()}

    read = partial(_read, workbook, keep)
    return [("shared", shared), ("clock", clock), ("ledger", read), ("swap", swap), ("quota", quota)]


# --- mail -------------------------------------------------------------------------------------------------


def mailbox_checks(mailbox: Mailbox, folders: Callable[[], Used] | None) -> list[Check]:
    """One mailbox can be opened, and has its folders (`folders` opens them, where it is an IMAP account)."""

    def opened() -> Mapping[str, object]:
        return {"name": mailbox.name, "mails": mailbox.count({}, lambda head: False)}

    if not folders:
        return [("mailbox", opened)]

    def looked_into() -> Mapping[str, object]:
        used = folders()
        sent = used.sent or (NONE,)
        return {"name": mailbox.name, "folders": used.read, "sent": sent, "drafts": used.drafts or NONE}

    return [("mailbox", opened), ("folders", looked_into)]
