"""The workbook port: one consistent reading, one atomic write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, TypeVar

from daicho.errors import Conflict
from daicho.sheets.layout import Layout
from daicho.sheets.page import Page

Cell = str | int | float | bool | datetime | None
"""What a cell holds. Datetimes are naive, in the shop's time zone: a sheet knows no other."""

State = TypeVar("State")
Done = TypeVar("Done")


@dataclass(slots=True)
class Record:
    """One row of a tab: its row number in the sheet (1-based) when it was read, and its cells by column key.

    Empty cells are absent. Text is exactly what stands in the cell; numbers a person typed stay numbers.
    A ticked box (format "check") is True, an empty one absent; a mere time of day is text ("9:00").
    """

    number: int
    cells: dict[str, Cell]


@dataclass(slots=True)
class Snapshot:
    """The workbook at one moment.

    `state` is what the hidden tab keeps (cursors and the like); `tables` maps tab key to its rows,
    in sheet order, for every tab of the layout that holds rows. A tab that does not exist is absent.
    `mark` is the adapter's own: it tells whether the workbook is still the one that was read. `tabs` are the
    labels of the tabs there are: at least the ledger's, all of them after `survey`.
    """

    generation: int
    state: dict[str, str]
    tables: dict[str, list[Record]]
    taken: datetime
    mark: str = ""
    tabs: frozenset[str] = frozenset()

    def after(self, commit: Commit) -> Snapshot:
        """What `commit` would make of this, for planning on; rows added get the numbers below the last."""
        tables = dict(self.tables)
        changed = {id(update.record): update.cells for update in commit.updates}
        for tab in {update.tab for update in commit.updates} | commit.appends.keys():
            rows = [Record(row.number, row.cells | changed.get(id(row), {})) for row in tables.get(tab, [])]
            last = max([1, *(row.number for row in rows)])
            rows += [
                Record(last + count, dict(cells))
                for count, cells in enumerate(commit.appends.get(tab, ()), 1)
            ]
            for row in rows:
                row.cells = {key: value for key, value in row.cells.items() if value is not None}
            tables[tab] = rows
        return replace(self, generation=self.generation + 1, state=self.state | commit.state, tables=tables)


@dataclass(slots=True)
class Update:
    """New values for some cells of one existing row. None empties a cell. Other cells are left alone."""

    tab: str
    record: Record
    cells: dict[str, Cell]


@dataclass(slots=True)
class Commit:
    """Everything one atomic write carries.

    `state` entries replace those of the same name. `appends` maps tab key to new rows, in order.
    """

    state: dict[str, str] = field(default_factory=dict)
    appends: dict[str, list[dict[str, Cell]]] = field(default_factory=dict)
    updates: list[Update] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.state or self.updates or any(self.appends.values()))


class Workbook(Protocol):
    """A ledger's home. `name` is what a person calls it; `batch` how many mails a commit should carry."""

    name: str
    batch: int

    def prepare(self, layout: Layout, starters: dict[str, list[dict[str, Cell]]]) -> list[str]:
        """Creates what is missing (the file, tabs, columns, dressing), never touching what people made.

        `starters` are the first rows of tabs people edit, written only into tabs created now.
        Returns what was done, one line each; an empty list where nothing was missing.
        """
        ...

    def read(self) -> Snapshot:
        """The whole ledger. Raises LayoutError, WorkbookError."""
        ...

    def commit(self, base: Snapshot, commit: Commit) -> Snapshot:
        """Writes all of `commit` or nothing, if the workbook is still at `base`.

        Returns the snapshot after the write (same rows, appended rows with their numbers).
        Raises Conflict when someone else wrote since; nothing was written then.
        """
        ...

    def erase(self, base: Snapshot, commit: Commit, blot: Callable[[str], str]) -> Snapshot:
        """`commit`, and for ever: nothing is kept of what its cells held before, in no journal or cache.

        In the same atomic write `blot` takes a person out of every other text there is: people's own tabs
        and columns, hidden ones, notes. Returns and raises as `commit` does.
        """
        ...

    def survey(self, base: Snapshot) -> Snapshot:
        """`base` with all tabs in `tabs`, people's own too. May cost a request, so only who needs it asks."""
        ...

    def write_pages(self, base: Snapshot, pages: Sequence[Page]) -> Snapshot:
        """Writes each page over the tab of its label, or as a new tab at the right end; touches no other tab.

        All of them go in one atomic write, and with them the state: `page <label>` becomes the page's stamp.
        Returns and raises as `commit` does.
        """
        ...


TRIES = 5
"""How often a write that lost against somebody else's is made again."""


def until_written(state: State, work: Callable[[State], Done], read: Callable[[], State]) -> Done:
    """What `work` makes of `state`, and of what `read` gives anew where somebody else wrote first.

    Raises the Conflict of the last try.
    """
    for _ in range(TRIES - 1):
        try:
            return work(state)
        except Conflict:
            state = read()
    return work(state)
