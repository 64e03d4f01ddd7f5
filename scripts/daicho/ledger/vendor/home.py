"""Taking a vendor's work home: merged cell by cell with what the shop did in the meantime.

Base is what went out (its fingerprint travelled with the row); ours is the ledger now, theirs the file. Texts
are compared as the vendor saw them, masked. A pack may come back as several files: what an earlier one
brought home is somebody's work, too, and stays unless the person who imports says that this file is newer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from daicho.inquiry.thread import Event, Threads
from daicho.ledger.drafts import Claim, typed
from daicho.ledger.merge import NEVER_EMPTY, merge_cell
from daicho.ledger.rows import CELL_LIMIT, Ledger, Row, comparable, same, text_of
from daicho.ledger.settings import Settings
from daicho.ledger.vendor.access import Access, Masking, VendorError
from daicho.ledger.vendor.context import House
from daicho.ledger.vendor.log import Export, read_exports
from daicho.ledger.vendor.returned import Answered, Returned, Trouble, read_returned
from daicho.ledger.vendor.seal import print_of
from daicho.ledger.vendor.veil import Matter, Veil, veil_for
from daicho.ledger.vendor.work import home_cells
from daicho.sheets.pack_page import Grid
from daicho.sheets.workbook import Cell, Commit, Update
from daicho.wording import Wording


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that is taken home. `column` is a key of `HOME`."""

    inquiry: str
    column: str
    before: str
    after: str


@dataclass(slots=True)
class Homecoming:
    """What an import does. `conflicts` are cells where the ledger's word stands against the file's;
    `troubles` what could not be taken home; `missing` the inquiries that did not come back; `unsent` those
    the vendor calls done while the answer to them is still to be sent."""

    commit: Commit = field(default_factory=Commit)
    rows: int = 0
    changes: list[Change] = field(default_factory=list)
    conflicts: list[Trouble] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unsent: list[str] = field(default_factory=list)
    exports: list[Export] = field(default_factory=list)


def bring_home(
    ledger: Ledger,
    settings: Settings,
    house: House,
    wording: Wording,
    grids: Sequence[Grid],
    now: datetime,
    *,
    newer_wins: bool = False,
) -> Homecoming:
    """Plans the whole import. Raises VendorError for a file that is none of ours.

    `newer_wins`: the file replaces what an earlier file of the same pack brought home.
    """
    return _Home(ledger, settings, house, wording, now, newer_wins=newer_wins).take(grids)


class _Home:
    def __init__(
        self,
        ledger: Ledger,
        settings: Settings,
        house: House,
        wording: Wording,
        now: datetime,
        *,
        newer_wins: bool,
    ) -> None:
        self.ledger, self.settings, self.house, self.wording = ledger, settings, house, wording
        self.layout = ledger.layout
        self.now, self.newer_wins = now, newer_wins
        self.threads = Threads(event for event in ledger.events if event.inquiry).inquiries
        self.result = Homecoming()
        self._veils: dict[str, Veil] = {}
        # The labels a cell may say: the list's, and what the shop itself uses.
        self._options = {
            key: {*self.layout.lists[key].values(), *(row.text(key) for row in ledger.rows.values())}
            for key in ("status", "category")
        }

    def take(self, grids: Sequence[Grid]) -> Homecoming:
        # No pack has the hidden tab: somebody named the ledger itself, or a copy of it.
        if any(grid.name == self.layout.tab("_daicho").label for grid in grids):
            raise VendorError("vendor.is-ledger")
        exports = read_exports(self.ledger.snapshot.tables.get("exports", ()))
        returned = read_returned(grids, exports, self._labels())
        self.result.troubles += returned.troubles
        for answer in returned.answers:
            self.result.rows += 1
            row = self.ledger.rows.get(answer.sent.id)
            if row is None:
                # The shop deleted the row; it comes back only when its customer writes again.
                self._trouble(answer, "vendor.row-gone")
            else:
                self._take_row(answer, Matter(answer.sent.id, row, self.threads.get(answer.sent.id)))
        self._close(returned)
        return self.result

    def _labels(self) -> dict[str, str]:
        labels = {column.key: column.label for column in self.layout.tab("inquiries").columns}
        return labels | {"answer": self.wording.say("vendor.answer"), "base": "_base"}

    # --- one row --------------------------------------------------------------------------------------------

    def _take_row(self, answer: Answered, matter: Matter) -> None:
        row = matter.row
        veil = self._veil(answer.export)
        ours = home_cells(row, veil)
        brought = self._brought(row, answer.export)
        wanted: dict[str, Cell] = {}
        for key, theirs in answer.cells.items():
            if self._is_news(key, theirs, ours[key], answer, brought):
                real = self._real(answer, matter, key, theirs, veil)
                # What stands there already is agreed, whoever said it first.
                if real is _REFUSED or same(real, self._mine(row, key)):
                    continue
                if self._may_take(answer, matter, key, real, ours[key], brought):
                    wanted[key] = real
        if self._is_unsent(answer, matter, wanted):
            # The draft is only laid: whoever sends it closes the inquiry.
            wanted["status"] = self.layout.label("status", "doing")
            self.result.unsent.append(matter.id)
            if same(wanted["status"], row.cell("status")):
                del wanted["status"]
        if wanted:
            prints = brought | {key: print_of(answer.cells[key]) for key in wanted}
            self._write(answer, row, wanted, prints)

    def _is_news(
        self, key: str, theirs: Cell, ours: Cell, answer: Answered, brought: Mapping[str, str]
    ) -> bool:
        """Whether the vendor says anything that neither went out nor stands in the ledger."""
        # An emptied status is a slip, no decision.
        if theirs is None and key in (*NEVER_EMPTY, "category"):
            return False
        # A CSV in an old encoding gives "?" for letters it has not: nobody wrote that.
        if answer.grid.encoding and comparable(theirs) == comparable(answer.grid.like(text_of(ours))):
            return False
        if print_of(theirs) == brought.get(key):
            return False
        merged = merge_cell(print_of(theirs), answer.sent.cells.get(key), print_of(ours))
        return merged.winner == "theirs"

    def _may_take(
        self,
        answer: Answered,
        matter: Matter,
        key: str,
        real: Cell,
        ours: Cell,
        brought: Mapping[str, str],
    ) -> bool:
        """Whether nothing of the shop's or the customer's stands against it; tells the conflict else."""
        reason = self._against(answer, matter, key, real, print_of(ours), brought.get(key))
        if reason:
            values = {
                "column": self._label(key),
                "ours": _short(self._mine(matter.row, key)),
                "theirs": _short(real),
            }
            conflict = Trouble(answer.grid.name, answer.row, matter.id, reason, values)
            self.result.conflicts.append(conflict)
        return not reason

    def _against(
        self, answer: Answered, matter: Matter, key: str, real: Cell, mine: str, earlier: str | None
    ) -> str:
        """What stands against taking a cell, as the key of its sentence, or "".

        `mine` is the fingerprint of what stands in the ledger, `earlier` of what another copy brought.
        """
        later, sent = self._later(answer, matter), answer.sent.cells.get(key)
        # Somebody of the shop wrote here since the pack went out, or wrote the reply themselves.
        if mine not in (sent, earlier) or (key == "answer" and typed(matter.row)):
            return "vendor.conflict"
        # We answered ourselves: a second answer would only confuse.
        if key == "answer" and any(map(_is_reply, later)):
            return "vendor.conflict-replied"
        # The answer before this one lies in the mailbox by now: two drafts would be one too many.
        if key == "answer" and _is_laid(matter.row):
            return "vendor.conflict-laid"
        # Another copy of the same pack came back before this one; which is right, a person knows.
        if mine == earlier != sent and not self.newer_wins:
            return "vendor.conflict-earlier"
        # The customer wrote what the vendor has not read: it is not done.
        settles = key == "status" and self.layout.option("status", text_of(real)) in ("done", "excluded")
        if settles and any(event.incoming and event.kind == "inquiry" for event in later):
            return "vendor.conflict-wrote-again"
        return ""

    def _is_unsent(self, answer: Answered, matter: Matter, wanted: Mapping[str, Cell]) -> bool:
        """Whether the vendor calls an inquiry done and wrote an answer to it that nobody has sent yet."""
        if self.layout.option("status", text_of(wanted.get("status"))) != "done":
            return False
        has_answer = "answer" in answer.spoilt or bool(text_of(answer.cells.get("answer")).strip())
        return has_answer and not any(map(_is_reply, self._later(answer, matter)))

    def _later(self, answer: Answered, matter: Matter) -> list[Event]:
        """What was written since the pack went out."""
        since = self.ledger.clock.moment(answer.export.when)
        return [event for event in matter.events if since and event.date > since]

    def _real(self, answer: Answered, matter: Matter, key: str, theirs: Cell, veil: Veil) -> Cell:
        """What the vendor wrote with the real names in it, or `_REFUSED` (told)."""
        text = text_of(theirs).strip()
        if key in ("status", "category"):
            if text not in self._options[key]:
                self._trouble(answer, "vendor.odd-value", column=self._label(key), value=_short(text))
                return _REFUSED
            return text
        if veil.masker is None or not text:
            return text or None
        said = self._said(matter, veil, text_of(self._mine(matter.row, key)))
        real, unknown = veil.masker.restore(text, said)
        if unknown:
            self._trouble(answer, "vendor.odd-name", column=self._label(key), name=unknown)
            return _REFUSED
        return real

    def _said(self, matter: Matter, veil: Veil, mine: str) -> dict[str, list[str]]:
        """What the pseudonyms of one inquiry stand for: in its own cell first, then as the row names it."""
        row, masker = matter.row, veil.masker
        person = row.text("customer")
        assert masker is not None
        said = masker.spelled(mine, person)
        if person:
            said.setdefault(veil.name(person), [person])
        if address := row.text("address"):
            said.setdefault(veil.address(address), [address])
        texts = [row.text("order"), row.text("excerpt"), row.text("subject"), row.text("memo")]
        for event in matter.events:
            if event.name:
                said.setdefault(veil.name(event.name), [event.name])
            texts += [event.address, event.subject, event.text]
        for text in texts:
            for pseudonym, spelled in masker.spelled(text, person).items():
                said.setdefault(pseudonym, spelled[:1])
        return said

    def _write(
        self, answer: Answered, row: Row, wanted: Mapping[str, Cell], prints: Mapping[str, str]
    ) -> None:
        base = row.base.copy()
        cells: dict[str, Cell] = {key: value for key, value in wanted.items() if key != "answer"}
        if wanted.get("answer"):
            # A draft like any other: ticked, laid by the next sync, sent by nobody but a person.
            base.facts["answer"], cells["draft"] = text_of(wanted["answer"]), True
            base.facts["beside"] = text_of(cells.get("template", row.cell("template")))
        elif "answer" in wanted:
            base.facts.pop("answer", None)
            base.facts.pop("beside", None)
        base.facts["home"] = [answer.export.id, dict(prints)]
        cells["base"] = base.cell()
        if any(len(text_of(cell).encode("utf-16-le", "replace")) > 2 * CELL_LIMIT for cell in cells.values()):
            self._trouble(answer, "vendor.too-long")
            return
        self.result.commit.updates.append(Update("inquiries", row.record, cells))
        self.result.changes += [
            Change(answer.sent.id, key, text_of(self._mine(row, key)), text_of(value))
            for key, value in wanted.items()
        ]

    # --- what is known --------------------------------------------------------------------------------------

    def _mine(self, row: Row, key: str) -> Cell:
        return typed(row) or row.base.facts.get("answer") if key == "answer" else row.cell(key)

    def _brought(self, row: Row, export: Export) -> dict[str, str]:
        """The fingerprints of what this very pack brought home before."""
        id, prints = row.base.facts.get("home") or ("", {})
        return dict(prints) if id == export.id else {}

    def _veil(self, export: Export) -> Veil:
        if export.id not in self._veils:
            masking = self.layout.option("masking", export.masking)
            access = Access(export.vendor, masking=_MASKINGS.get(masking, "masked"))
            rows = self.ledger.rows
            matters = [Matter(id, rows[id], self.threads.get(id)) for id in export.inquiries & rows.keys()]
            own = [self.house.name, *self.house.addresses]
            self._veils[export.id] = veil_for(
                access, export.seal, self.ledger, self.settings, own, self.wording, matters
            )
        return self._veils[export.id]

    def _label(self, key: str) -> str:
        return self._labels()[key]

    def _trouble(self, answer: Answered, key: str, **values: object) -> None:
        trouble = Trouble(answer.grid.name, answer.row, answer.sent.id, key, values)
        self.result.troubles.append(trouble)

    # --- the log --------------------------------------------------------------------------------------------

    def _close(self, returned: Returned) -> None:
        """Writes into the export log what came back with the pack, if anything did."""
        back = returned.exports
        self.result.exports = list(back.values())
        held = set().union(*(export.inquiries for export in back.values()))
        told = {answer.sent.id for answer in returned.answers} | {t.inquiry for t in returned.troubles}
        self.result.missing = sorted(held - told)
        notes = "\n".join(entry for key, entry in returned.entries.items() if key.startswith("note"))
        said: dict[str, Cell] = {"acknowledged": returned.entries.get("acknowledged"), "notes": notes or None}
        for export in back.values():
            record = export.records[0]
            news: dict[str, Cell] = {
                key: value for key, value in said.items() if value and not same(value, record.cells.get(key))
            }
            if news or self.result.changes or "returned" not in record.cells:
                cells = {"returned": self.ledger.clock.cell(self.now), **news}
                self.result.commit.updates.append(Update("exports", record, cells))


_REFUSED = "\0refused"
_MASKINGS: Mapping[str, Masking] = {"full": "full", "masked": "masked", "none": "none"}


def _is_reply(event: Event) -> bool:
    return not event.incoming and event.kind == "reply"


def _is_laid(row: Row) -> bool:
    """Whether a draft of a vendor's answer lies in the mailbox, and none is asked for since."""
    facts = row.base.facts
    claim = Claim.read(facts.get("draft")) if facts.get("answer") else None
    return claim is not None and not claim.is_open and not row.cell("draft")


def _short(cell: Cell) -> str:
    text = " ".join(text_of(cell).split())
    return text if len(text) <= 40 else f"{text[:40]}…"
