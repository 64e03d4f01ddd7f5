"""Merging what we propose with what people did, cell by cell.

Who owns a column decides. `machine`: ours is written, an edit is put back. `human`: never written.
`shared`: merged three ways with the base, which is what we last proposed. Of a long text the base is a
fingerprint: the text itself would double the row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from daicho.ledger.rows import Base, Row, clean, join_words, machine_digest, same, text_of, words_of
from daicho.sheets.layout import Tab
from daicho.sheets.workbook import Cell
from daicho.wording import Wording

WORD_LISTS = frozenset({"tags", "order", "product"})
"""Shared columns that list several words: people and we may each add and take away words."""

NEVER_EMPTY = frozenset({"status", "priority"})
"""Shared columns that decide whether work is seen: an emptied cell is no decision."""


@dataclass(frozen=True, slots=True)
class Merged:
    """`value` is what the cell shall say, `winner` who decided it."""

    value: Cell
    winner: Literal["agreed", "ours", "theirs", "event"]


def merge_cell(theirs: Cell, base: Cell, ours: Cell, *, event: bool = False) -> Merged:
    """Three-way merge of one shared cell. `event`: something newer than any decision speaks for `ours`."""
    # Both say the same, whoever said it first.
    if same(theirs, ours):
        return Merged(theirs, "agreed")
    # Nobody touched what we proposed last time.
    if same(theirs, base):
        return Merged(ours, "ours")
    # The customer wrote again, our reply went out …: newer than the person's decision.
    if event:
        return Merged(ours, "event")
    # A person decided; that stands, whatever we would propose now.
    return Merged(theirs, "theirs")


def merge_words(theirs: Cell, base: Cell, ours: Cell, wording: Wording) -> Merged:
    """Three-way merge of a cell that lists words: our additions and removals since the base join theirs."""
    there, before, wanted = words_of(theirs), words_of(base), words_of(ours)
    added = [word for word in wanted if word not in before]
    dropped = {word for word in before if word not in wanted}
    value = join_words([word for word in there if word not in dropped] + added, wording)
    if set(there) == set(words_of(value)):
        return Merged(theirs if there else None, "agreed")
    return Merged(value, "ours" if set(there) == set(before) else "theirs")


def text_print(cell: Cell) -> str:
    """A short fingerprint of a text, whatever program saved it; "" for none.

    Unlike `rows.digest` it minds blank lines and blanks within lines: people shape a letter by them.
    """
    lines = (line.rstrip() for line in text_of(cell).splitlines())
    text = "\n".join(lines).strip()
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12] if text else ""


def merge_text(theirs: Cell, base: str, ours: Cell, *, event: bool = False) -> Merged:
    """Three-way merge of a text whose base is kept as its fingerprint. An emptied cell is no decision."""
    if text_print(theirs) in ("", base):
        return Merged(ours, "ours")
    return merge_cell(theirs, None, ours, event=event)


@dataclass(slots=True)
class Proposal:
    """What we would have a row say.

    `machine` holds machine columns, `shared` our proposals for shared ones; columns not named stay as
    they are. `events` names shared columns for which something newer than people's decisions speaks.
    """

    machine: dict[str, Cell]
    shared: dict[str, Cell]
    events: Collection[str] = frozenset()


def merge_shared(row: Row, proposal: Proposal, wording: Wording) -> dict[str, Merged]:
    """The shared columns of one row, merged. The row's base decides what a person changed."""
    merged: dict[str, Merged] = {}
    for key, wanted in proposal.shared.items():
        theirs, base, ours = row.cell(key), row.base.proposals.get(key), clean(wanted)
        if key in WORD_LISTS:
            merged[key] = merge_words(theirs, base, ours, wording)
        elif key in NEVER_EMPTY and theirs is None:
            # Emptied by a slip: work nobody sees is work forgotten, so our proposal comes back.
            merged[key] = Merged(ours, "ours")
        else:
            merged[key] = merge_cell(theirs, base, ours, event=key in proposal.events)
    return merged


def conflicts(
    merged: Mapping[str, Merged], before: Mapping[str, Cell], proposal: Proposal
) -> tuple[str, ...]:
    """The columns where a person's word stands against something new that we propose, not as `before`."""
    return tuple(
        key
        for key, cell in merged.items()
        if cell.winner == "theirs" and key in before and not same(before[key], proposal.shared[key])
    )


def merge_row(
    tab: Tab, row: Row, machine: Mapping[str, Cell], shared: Mapping[str, Merged], base: Base
) -> dict[str, Cell]:
    """The cells of `row` that have to be written so that it says `machine` and `shared`.

    `base` is what to remember; its fingerprint is set here. Cells that say it already are left alone.
    """
    wanted = {key: clean(value) for key, value in machine.items()}
    wanted |= {key: merged.value for key, merged in shared.items()}
    cells = {key: value for key, value in wanted.items() if not same(row.cell(key), value)}
    base.machine = machine_digest(tab, row.record.cells | cells)
    remembered = base.cell()
    if remembered != row.cell("base"):
        cells["base"] = remembered
    return cells


def new_row(tab: Tab, machine: Mapping[str, Cell], shared: Mapping[str, Cell], base: Base) -> dict[str, Cell]:
    """The cells of a row nobody has seen yet."""
    cells: dict[str, Cell] = {key: clean(value) for key, value in (*machine.items(), *shared.items())}
    base.machine = machine_digest(tab, cells)
    cells["base"] = base.cell()
    return {key: value for key, value in cells.items() if value is not None}
