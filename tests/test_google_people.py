"""People work in the sheet while we write: every act at every point between our requests.

What must come out is what would have come out had the person acted just before the sync or just after it:
no cell of theirs lost, no value of ours in a wrong row, nothing half done.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from daicho.errors import Conflict, WorkbookError
from daicho.sheets.google import GoogleWorkbook
from daicho.sheets.google_reading import Reading
from daicho.sheets.workbook import Cell, Commit, Update
from google_ledger import LAYOUT, Browser, open_ledger
from sheets_api import SheetsServer
from sheets_api.grid import Formula

Act = Callable[[Browser], object]
Rows = list[dict[str, Any]]

MEMO, CODE = "メモ", "社内コード"


def inquiry(id: str, **cells: Cell) -> dict[str, Cell]:
    fixed: dict[str, Cell] = {"id": id, "status": "未対応", "excerpt": f"{id}の元", "customer": f"{id}様"}
    return fixed | {"memo": f"{id}のメモ", "assignee": f"{id}担当", "messages": 1} | cells


def plan(reading: Reading) -> Commit:
    """A small sync: changes rows b and d, adopts a row typed by hand, adds an inquiry, a message, a customer.

    As in a real one, the commit follows from what was read, and planned twice it says nothing new.
    """
    commit = Commit()
    for row in reading.tables["inquiries"]:
        id, cells = row.cells.get("id"), dict[str, Cell]()
        if id in ("b", "d"):
            cells["excerpt"] = f"{id}の新しい内容"
            if row.cells.get("status") == "未対応":
                cells["status"] = "対応中"
            if row.cells.get("draft"):
                cells["draft"] = None
        elif id is None:
            cells = {"id": f"手{row.cells.get('customer')}", "excerpt": "手入力"}
        cells = {key: cell for key, cell in cells.items() if row.cells.get(key) != cell}
        if cells:
            commit.updates.append(Update("inquiries", row, cells))
    for row in reading.tables["customers"]:
        if row.cells.get("id") == "K2" and row.cells.get("open") != 5:
            commit.updates.append(Update("customers", row, {"open": 5, "base": "{}"}))
    if reading.state.get("cursor") != "9":
        commit.state["cursor"] = "9"
        commit.appends = {
            "inquiries": [inquiry("n"), inquiry("o", memo=None)],
            "messages": [{"key": "n@example.jp", "text": "=1+1"}],
            "customers": [{"id": "K9", "name": "新規"}],
        }
    return commit


def sync(workbook: GoogleWorkbook) -> None:
    """Plans and writes, again from a fresh reading when the write was refused or taken back."""
    for _ in range(6):
        reading = workbook.read()
        if not (commit := plan(reading)):
            return
        with suppress(Conflict):
            workbook.commit(reading, commit)
            return
    raise AssertionError("never came to an end")


# --- what people do ---------------------------------------------------------------------------------------


def row_of(browser: Browser, id: str, tab: str = "inquiries") -> int:
    """Where a row stands now; the person who wants a row that is gone does nothing."""
    sheet = browser.owner.workbook.titled(LAYOUT.tab(tab).label)
    assert sheet is not None
    for index, row in enumerate(sheet.rows):
        if any(cell.value == id for cell in row.values()):
            return index + 1
    raise LookupError(id)


def last_row(browser: Browser, tab: str = "inquiries") -> int:
    sheet = browser.owner.workbook.titled(LAYOUT.tab(tab).label)
    assert sheet is not None
    return sheet.last_row_with_value() + 1


def label(tab: str) -> str:
    return LAYOUT.tab(tab).label


def label_of(column: str) -> str:
    return LAYOUT.tab("inquiries").column(column).label


def edits(id: str, column: str, value: Cell) -> Act:
    return lambda person: person.type("inquiries", row_of(person, id), column, value)


def deletes_row(id: str) -> Act:
    return lambda person: person.owner.delete_row(label("inquiries"), row_of(person, id))


def copies_row(person: Browser) -> None:
    """Inserts a row and pastes row b into it."""
    person.insert_row("inquiries", row_of(person, "c"))
    person.owner.copy_row(label("inquiries"), row_of(person, "b"), row_of(person, "c") - 1)


def types_formula(person: Browser) -> None:
    row = row_of(person, "c")
    position = person._position("inquiries", "customer")
    person.owner.edit(label("inquiries"), row, position + 1, f'=A{row}&"さん"')


def types_row(person: Browser) -> None:
    row = last_row(person) + 1
    person.type("inquiries", row, "customer", "電話の人")
    person.type("inquiries", row, "memo", "折り返し希望")


def types_far_below(person: Browser) -> None:
    person.type("inquiries", last_row(person) + 40, "memo", "離れた行")


ACTS: dict[str, Act] = {
    "sorts up": lambda person: person.owner.sort(label("inquiries"), 1),
    "sorts down": lambda person: person.owner.sort(label("inquiries"), 1, descending=True),
    "sorts by memo": lambda person: person.owner.sort(
        label("inquiries"), person._position("inquiries", "memo") + 1, descending=True
    ),
    "sorts customers": lambda person: person.owner.sort(label("customers"), 1, descending=True),
    "inserts a row above the header": lambda person: person.insert_row("inquiries", 1),
    "inserts a row at the top": lambda person: person.insert_row("inquiries", 2),
    "inserts a row in the middle": lambda person: person.insert_row("inquiries", row_of(person, "c")),
    "inserts a row at the end": lambda person: person.insert_row("inquiries", last_row(person)),
    "inserts a row among customers": lambda person: person.insert_row("customers", 2),
    "inserts a row in the log": lambda person: person.insert_row("messages", 2),
    "deletes a row above": deletes_row("a"),
    "deletes our row": deletes_row("b"),
    "deletes the last row": lambda person: person.owner.delete_row(label("inquiries"), last_row(person)),
    "deletes every row": lambda person: person.delete_rows("inquiries", 2, last_row(person)),
    "deletes all empty rows": lambda person: person.delete_rows(
        "inquiries", last_row(person) + 1, person._sheet("inquiries").row_count
    ),
    "moves our row down": lambda person: person.move_row(
        "inquiries", row_of(person, "b"), row_of(person, "d") + 1
    ),
    "moves a row up": lambda person: person.move_row("inquiries", row_of(person, "d"), 2),
    "copies our row": copies_row,
    "edits a human cell": edits("b", "memo", "あとで電話"),
    "edits a human cell elsewhere": edits("c", "memo", "至急"),
    "edits a shared cell we write": edits("b", "status", "対応済み"),
    "edits a shared cell elsewhere": edits("a", "status", "対応済み"),
    "empties a shared cell": edits("b", "status", None),
    "writes what we would": edits("b", "status", "対応中"),
    "edits a machine cell": edits("b", "excerpt", "書きかえた"),
    "edits an id": edits("b", "id", "まちがい"),
    "edits the id of another row": edits("c", "id", None),
    "ticks a box": edits("d", "draft", True),
    "unticks a box": edits("b", "draft", None),
    "edits a typed row": edits("飛び込み", "memo", "もう一度電話"),
    "renames the customer of a typed row": edits("飛び込み", "customer", "別の人"),
    "types a formula": types_formula,
    "types a row": types_row,
    "types far below": types_far_below,
    "edits a new row": edits("n", "memo", "新しい行のメモ"),
    "renames a header": lambda person: person.write_header("inquiries", "status", "状態"),
    "doubles a header": lambda person: person.write_header("inquiries", "memo", "対応状況"),
    "empties a header": lambda person: person.write_header("inquiries", "excerpt", None),  # type: ignore[arg-type]
    "renames a header of the log": lambda person: person.write_header("messages", "text", "文"),
    "inserts a column at the left": lambda person: person.insert_column("inquiries", "id"),
    "inserts a column in the middle": lambda person: person.insert_column("inquiries", "status"),
    "inserts a column in the log": lambda person: person.insert_column("messages", "key"),
    "moves a column": lambda person: person.move_column("inquiries", "memo", "id"),
    "moves the id": lambda person: person.move_column("inquiries", "id", "subject"),
    "deletes a human column": lambda person: person.delete_column("inquiries", "memo"),
    "deletes a column we write": lambda person: person.delete_column("inquiries", "status"),
    "adds a column": lambda person: person.add_column("inquiries", "新しい列"),
    "renames a tab": lambda person: person.rename_tab("customers", "お客様"),
    "deletes a tab": lambda person: person.delete_tab("customers"),
    "deletes a small tab": lambda person: person.delete_tab("help"),
    "adds a tab": lambda person: person.owner.add_tab("メモ帳"),
}  # fmt: skip

NOBODY_KNOWS = ("writes what we would", "unticks a box", "copies our row", "deletes the last row")
SECOND = [act for act in ACTS if act not in NOBODY_KNOWS]
"""Of the others nobody can say what would be right: they confirm or copy a value that was there for a moment
by our mistake, or delete a row that was."""

FIRST = (
    "sorts down",
    "inserts a row at the top",
    "moves our row down",
    "deletes our row",
    "edits a shared cell we write",
    "inserts a column at the left",
    "renames a header",
)
"""What makes a write miss: then there is something to put back, and a second person may come in between."""


# --- the sheet as it is -----------------------------------------------------------------------------------


def content(server: SheetsServer, key: str) -> dict[str, Rows]:
    """Every tab's rows that hold anything, told by header, in no order; and the state."""
    book = server.as_person(key).workbook
    found: dict[str, Rows] = {}
    for sheet in book.sheets:
        if sheet.title == "_daicho":
            state = [(row.get(0), row.get(1)) for row in sheet.rows[1:]]
            found["state"] = [
                {str(name.value): value.value}
                for name, value in state
                if name and value and name.value != "prepared"
            ]
            continue
        headers = {at: cell.value for at, cell in sheet.row(0).items() if cell.value}
        rows = [told(row, headers, index + 1) for index, row in enumerate(sheet.rows)]
        found[sheet.title] = sorted((row for row in rows if row), key=repr)
    return found


def told(row: Any, headers: dict[int, Any], number: int) -> dict[str, Any]:
    values = {
        f"{headers.get(at, '')}{at if at not in headers else ''}": cell.value
        for at, cell in sorted(row.items())
    }
    return {
        # A formula names its own row, wherever that is.
        name: re.sub(rf"(?<=[A-Z]){number}\b", "R", value) if isinstance(value, Formula) else value
        for name, value in sorted(values.items())
        if value is not None
    }


class Desk:
    """Copies of one ledger, each to be ruined by one test."""

    def __init__(self, server: SheetsServer) -> None:
        self.server = server
        self.key = server.create("台帳")
        workbook = open_ledger(server, self.key)
        workbook.prepare(LAYOUT, {})
        browser = Browser(server.as_person(self.key))
        browser.add_column("inquiries", CODE)
        rows = [inquiry("a"), inquiry("b", draft=True), inquiry("c"), inquiry("d")]
        typed: dict[str, Cell] = {"customer": "飛び込み", "memo": "電話あり"}
        customers: list[dict[str, Cell]] = [{"id": f"K{number}", "memo": f"{number}"} for number in (1, 2, 3)]
        workbook.commit(
            workbook.read(),
            Commit(
                {"cursor": "1"},
                {"inquiries": [*rows, typed], "customers": customers, "messages": [{"key": "a@example.jp"}]},
            ),
        )
        for number in range(2, 7):
            browser.owner.edit(label("inquiries"), number, CODE, f"社内{number}")
        browser.owner.edit(label("inquiries"), 4, label_of("status"), '=IF(A4="c","対応済み","？")')
        for tab in LAYOUT.tabs:
            # A thousand empty rows would only cost the test time.
            browser.owner.delete_row(tab.label, 61, browser._sheet(tab.key).row_count - 60)
        self.model = browser.owner.workbook
        self.results: dict[tuple[str, ...], dict[str, Rows]] = {}
        self.acted: set[str] = set()

    def copy(self) -> str:
        key = self.server.create("写し")
        self.server.store.files[key].workbook = twin = self.model.fork()
        twin.id = key
        return key

    def serial(self, *steps: str) -> dict[str, Rows]:
        """What comes out when the steps ("sync" or acts) follow each other."""
        if steps not in self.results:
            key = self.copy()
            for step in steps:
                with suppress(LookupError, StopIteration, WorkbookError):
                    if step == "sync":
                        sync(open_ledger(self.server, key))
                    else:
                        ACTS[step](Browser(self.server.as_person(key)))
            self.results[steps] = content(self.server, key)
        return self.results[steps]

    def disturbed(self, *disturbances: tuple[int, str]) -> dict[str, Rows]:
        """What comes out when people act before certain requests of a sync's, counted from the first."""
        key = self.copy()
        late = dict(disturbances)
        self.acted.clear()

        def act(number: int) -> None:
            name = late.pop(number)
            with suppress(LookupError, StopIteration):
                ACTS[name](Browser(self.server.as_person(key)))
                self.acted.add(name)

        start = len(self.server.requests)
        for number, _ in disturbances:
            self.server.person(lambda _person, number=number: act(number), before=number)
        with suppress(WorkbookError):
            sync(open_ledger(self.server, key))
        self.server._hooks.clear()
        # A sync of fewer requests was over before the person came.
        for number in sorted(late):
            act(number)
        assert len(self.server.requests) - start < 40
        with suppress(WorkbookError):
            sync(open_ledger(self.server, key))
        return content(self.server, key)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with SheetsServer() as server:
        yield Desk(server)


TRIVIAL = [pytest.param(point, marks=pytest.mark.slow) for point in (1, 3)]
"""Before the reading and after the write nobody is in anybody's way."""


@pytest.mark.parametrize("point", [2, *TRIVIAL])
@pytest.mark.parametrize("act", ACTS)
def test_a_person_may_act_at_any_point_of_a_sync(desk: Desk, act: str, point: int) -> None:
    """Before the reading, between the reading and the write, after the write."""
    before, after = desk.serial(act, "sync", "sync"), desk.serial("sync", act, "sync")
    assert desk.disturbed((point, act)) in (before, after)


def check_second_act(desk: Desk, first: str, act: str, point: int) -> None:
    if act == "edits a new row":
        # The row may be taken back and made anew: then what the person wrote stays as a row of its own.
        done = json.dumps(desk.disturbed((2, first), (point, act)), ensure_ascii=False)
        assert act not in desk.acted or "新しい行のメモ" in done
        return
    orders = [(first, act, "sync", "sync"), (first, "sync", act, "sync"), ("sync", first, act, "sync")]
    assert desk.disturbed((2, first), (point, act)) in [desk.serial(*order) for order in orders]


@pytest.mark.parametrize("act", FIRST)
@pytest.mark.parametrize("first", FIRST)
def test_a_second_person_may_act_while_things_are_put_back(desk: Desk, first: str, act: str) -> None:
    """The first comes between our reading and our write, the second between what we read then and the
    write that puts things back."""
    check_second_act(desk, first, act, 4)


@pytest.mark.slow
@pytest.mark.parametrize("point", range(3, 10))
@pytest.mark.parametrize("act", SECOND)
@pytest.mark.parametrize("first", FIRST)
def test_whatever_the_second_person_does_and_whenever(desk: Desk, first: str, act: str, point: int) -> None:
    check_second_act(desk, first, act, point)
