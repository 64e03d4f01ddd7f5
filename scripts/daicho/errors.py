"""Everything a person can run into, as one family.

    DaichoError            1  something needs a person
    ├── UsageError         2  the command line is wrong
    ├── ConfigError        1  daicho.toml is missing or wrong
    ├── MailError          1  a mailbox cannot be read
    └── WorkbookError      1  the workbook cannot be read or written
        ├── LayoutError    1  a tab or header is missing, doubled or renamed
        └── Conflict       1  someone else wrote first: read again and retry

An error names a sentence of `sheet_templates/<language>/wording/*.toml` by its key and carries the
values that fill it, so that the same error speaks the user's language.
"""

from __future__ import annotations

from typing import ClassVar


class DaichoError(Exception):
    """One sentence for the user, with the cure. `key` is looked up in the wording."""

    exit_code: ClassVar[int] = 1

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key, values)
        self.key = key
        self.values = values

    def __str__(self) -> str:
        values = ", ".join(f"{name}={value}" for name, value in self.values.items())
        return f"{self.key} ({values})" if values else self.key


class UsageError(DaichoError):
    exit_code = 2


class ConfigError(DaichoError):
    pass


class MailError(DaichoError):
    pass


class WorkbookError(DaichoError):
    pass


class LayoutError(WorkbookError):
    pass


class Conflict(WorkbookError):
    """The workbook is no longer what the commit was built on. Nothing was written."""
