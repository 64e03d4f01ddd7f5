"""Opens what a configuration names: ledger, mailboxes, secrets. The only room that names adapters."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

from daicho.config import Config, MailboxConfig
from daicho.errors import UsageError, WorkbookError
from daicho.mail.connection import Account
from daicho.mail.credentials import PROVIDERS, SystemKeyring, find_password, find_token, post_form
from daicho.mail.imap import Imap, Used
from daicho.mail.local import EmlFolder, Maildir
from daicho.mail.mailbox import Mailbox, RawMail
from daicho.mail.mbox import Mbox
from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.layout import Layout
from daicho.sheets.workbook import Workbook

if TYPE_CHECKING:
    from daicho.sheets.google import GoogleWorkbook


def cache_folder() -> Path:
    """Where models are kept. Deleting it costs nothing but time."""
    return user_cache_path("daicho", appauthor=False)


def open_workbook(config: Config, layout: Layout, now: Callable[[], datetime]) -> Workbook:
    """The ledger, wherever it is. Raises WorkbookError for a Google Sheet that cannot be signed in to."""
    if config.excel is None:
        return open_google(config, layout, now)
    return ExcelWorkbook(config.excel, layout, now)


def open_google(
    config: Config, layout: Layout, now: Callable[[], datetime], *, ask: bool = False
) -> GoogleWorkbook:
    """The ledger in a Google Sheet. With `ask`, a person may be asked to sign in. Raises WorkbookError."""
    try:
        from daicho.sheets.google import GoogleWorkbook
        from daicho.sheets.google_http import GoogleClient, load_credentials, spreadsheet_key
    except ModuleNotFoundError as error:
        # An extra of the package: most shops keep an .xlsx and need none of it.
        raise WorkbookError("google.not-installed") from error
    key = spreadsheet_key(config.google or "")
    client = GoogleClient(key, load_credentials(config.credentials, ask=ask))
    return GoogleWorkbook(client, layout, now, config.zone.key)


def open_mailbox(config: MailboxConfig) -> Mailbox:
    """The adapter for a `[[mailbox]]`."""
    path = Path(config.place)
    match config.source:
        case "maildir":
            return Maildir(config.name, path, config.since)
        case "mbox":
            return Mbox(config.name, path, config.since)
        case "eml":
            return EmlFolder(config.name, path, config.since)
        case _:
            account = account_of(config)
            return Imap(account, partial(secret_of, account))


def account_of(config: MailboxConfig) -> Account:
    """The IMAP account of a `[[mailbox]]`."""
    options = dict(config.options) | {"folders": tuple(config.options["folders"])}
    return Account(name=config.name, host=config.place, since=config.since, **options)


def folders_of(mailbox: Mailbox) -> Callable[[], Used] | None:
    """Looks which folders a sync uses, where the mailbox is an IMAP account."""
    return mailbox.used if isinstance(mailbox, Imap) else None


def secret_of(account: Account) -> str:
    """The password or access token to log in with, from the environment or the system's keyring."""
    if account.auth == "password":
        return find_password(account.name, os.environ, SystemKeyring())
    return find_token(account.name, PROVIDERS[account.auth], os.environ, SystemKeyring(), post_form)


def raw_mails(path: Path, at_once: int) -> Iterator[RawMail]:
    """The mails at a path, whatever kind of mailbox it is, fetched `at_once` at a time.

    Raises UsageError if there is nothing to read.
    """
    mailbox: Mailbox
    try:
        if path.is_dir():
            is_maildir = (path / "cur").is_dir() or (path / "new").is_dir()
            mailbox = Maildir(str(path), path) if is_maildir else EmlFolder(str(path), path)
        elif _is_mbox(path):
            mailbox = Mbox(str(path), path)
        else:
            return iter([RawMail(path.read_bytes(), str(path), "", str(path))])
    except OSError:
        raise UsageError("cli.no-such-mail", path=path) from None
    return (mail for batch in mailbox.fetch({}, lambda head: False, at_once) for mail in batch.mails)


def _is_mbox(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(5) == b"From "
