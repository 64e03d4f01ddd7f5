"""A table of the page in words and numbers, before anybody decides how it looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from daicho.ledger.settings import Settings
from daicho.ledger.summary.facts import Fact, Facts
from daicho.ledger.summary.month import Month, Period
from daicho.sheets.layout import Layout
from daicho.wording import Wording

Kind = Literal["text", "count", "change", "percent", "hours", "decimal", "money"]
"""What a column holds: words, whole numbers, a signed difference, a share (0 to 1), business hours, a number
with one decimal, yen."""

Value = str | int | float | None
"""None: there is no such number (nothing to take a share of, no data for the time)."""


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    label: str
    kind: Kind = "count"


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `kind` is "" for a plain one, "group" for a heading in its first column, "total", or how well
    a plain one does."""

    values: tuple[Value, ...]
    kind: Literal["", "group", "total", "good", "fair", "bad"] = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of a table's plain rows. `columns` are keys; the first column is the axis.

    "columns" stand upright, with `line` as a line above them; "bars" lie, for long names.
    """

    kind: Literal["columns", "bars"]
    columns: tuple[str, ...]
    line: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One section of the page. `note` is the definition of its numbers; `remark` a sentence below the title.

    `heat` colours the plain rows' numbers by size.
    """

    key: str
    title: str
    note: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    chart: Chart | None = None
    remark: str = ""
    heat: bool = False

    def position(self, column: str) -> int:
        return [item.key for item in self.columns].index(column)

    @property
    def plain(self) -> list[Row]:
        return [row for row in self.rows if row.kind not in ("group", "total")]

    def values(self, column: str) -> dict[Value, Value]:
        """The plain rows' values of a column by what stands in the first."""
        position = self.position(column)
        return {row.values[0]: row.values[position] for row in self.plain}

    def total(self, column: str) -> Value:
        """What the line of totals says."""
        row = next(row for row in self.rows if row.kind == "total")
        return row.values[self.position(column)]


@dataclass(frozen=True, slots=True)
class View:
    """What all tables of a page are made from: the month's facts and what they are compared with.

    For a month that still runs, `before` and `year_ago` are those months as they stood on the same day and at
    the same time; they are None where the ledger did not exist yet. `templates` maps a reply template's
    key to its name, `log_rows` counts the messages in the log.
    """

    month: Month
    period: Period
    now: datetime
    facts: Facts
    settings: Settings
    layout: Layout
    wording: Wording
    current: Sequence[Fact]
    before: Sequence[Fact] | None
    year_ago: Sequence[Fact] | None
    templates: Mapping[str, str]
    log_rows: int

    def say(self, key: str, **values: object) -> str:
        return self.wording.say(f"summary.{key}", **values)

    def label(self, listed: str, key: str) -> str:
        return self.layout.label(listed, key)

    def table(
        self,
        key: str,
        columns: Sequence[Column | tuple[str, Kind]],
        rows: Sequence[Row],
        chart: Chart | None = None,
        remark: str = "",
        heat: bool = False,
    ) -> Table:
        """A table whose words stand in the wording: `<key>`, `<key>-note`, and `col-<key>` for a column."""
        named = tuple(
            column
            if isinstance(column, Column)
            else Column(column[0], self.say(f"col-{column[0]}"), column[1])
            for column in columns
        )
        empty = self.say("nothing") if not rows else ""
        return Table(
            key, self.say(key), self.say(f"{key}-note"), named, tuple(rows), chart, remark or empty, heat
        )
