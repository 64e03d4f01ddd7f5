"""A ledger with a vendor: the pack that goes out, and the file that people worked in and sent back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from builders import LAYOUT, NOW, OWN, TOKYO, WORDS, Book, arrival
from daicho.ledger.rows import Base, Ledger, text_of
from daicho.ledger.settings import read_settings
from daicho.ledger.vendor.access import Access, read_access
from daicho.ledger.vendor.context import House
from daicho.ledger.vendor.home import Homecoming, bring_home
from daicho.ledger.vendor.out import Pack, build_pack
from daicho.sheets.pack_page import KEY_MARK, Grid, Page
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Cell, Record

HOUSE = House("さくら雑貨店", frozenset({OWN}))
VENDOR = "みどりサポート"
SECRET = "secret-of-this-export"


def setting(kind: str, name: str, value: str) -> dict[str, Cell]:
    return {"setting": LAYOUT.label("setting", kind), "name": name, "value": value}


def book(*terms: str, categories: str = "在庫・再入荷、不良・破損") -> Book:
    """A ledger with three inquiries and a vendor."""
    made = Book()
    starters = load_starters("ja")
    rows = [
        setting("vendor", VENDOR, categories),
        setting("vendor_terms", VENDOR, "\n".join(terms) or "期間：90日"),
    ]
    for tab, cells in (
        ("settings", rows),
        ("exports", []),
        *((t, starters[t]) for t in ("policies", "templates", "faq")),
    ):
        made.snapshot.tables[tab] = [Record(number, dict(row)) for number, row in enumerate(cells, 2)]
    made.sync(
        arrival(
            "q1@x",
            "山田です。マグの在庫は？ 090-1234-5678",
            name="山田 花子",
            sender="hanako@example.jp",
            hours_ago=30,
        ),
        arrival(
            "q2@x",
            "林です。割れていてけがをしました。注文番号 1009-3347",
            name="林一郎",
            sender="ichiro@example.com",
            hours_ago=20,
        ),
        arrival("q3@x", "色違いはありますか。", name="佐々木", sender="sasaki@example.net", hours_ago=10),
    )
    return made


def ledger_of(made: Book) -> Ledger:
    return Ledger(made.snapshot, LAYOUT, TOKYO)


def access_of(made: Book) -> Access:
    return read_access(made.snapshot.tables["settings"], LAYOUT, VENDOR)


def export(made: Book, secret: str = SECRET, now: datetime = NOW) -> Pack:
    """Hands a pack over and logs it."""
    found = read_settings(made.snapshot.tables["settings"], LAYOUT)
    pack = build_pack(ledger_of(made), found, access_of(made), HOUSE, WORDS, now, secret)
    log = made.snapshot.tables["exports"]
    log += [Record(len(log) + 2 + n, row) for n, row in enumerate(pack.export.rows(pack.told))]
    return pack


def grids(pack: Pack) -> list[Grid]:
    """The pack as reading its file would give it."""
    found = []
    for page in pack.pages:
        lines: list[dict[int, Cell]] = [
            {n: KEY_MARK + column.key for n, column in enumerate(page.columns, 1)},
            {1: page.title},
            {n: column.label for n, column in enumerate(page.columns, 1)},
        ]
        for row in page.rows:
            cells = {n: row.get(column.key) for n, column in enumerate(page.columns, 1)}
            lines.append({n: cell for n, cell in cells.items() if cell is not None})
        found.append(Grid(page.label, list(enumerate(lines, 1))))
    return found


def page_of(pack: Pack, key: str) -> Page:
    return next(page for page in pack.pages if page.key == key)


class Sheet:
    """The inquiries of a returned file, as a person edits them."""

    def __init__(self, found: list[Grid]) -> None:
        self.grids = found
        self.grid = next(grid for grid in found if grid.name == "問い合わせ")
        self.places = {text_of(cell).removeprefix(KEY_MARK): n for n, cell in self.grid.rows[0][1].items()}

    def cells(self, id: str) -> dict[int, Cell]:
        return next(cells for _, cells in self.grid.rows[3:] if cells.get(1) == id)

    def write(self, id: str, **values: Cell) -> None:
        for key, value in values.items():
            self.cells(id)[self.places[key]] = value

    def read(self, id: str, key: str) -> Cell:
        return self.cells(id).get(self.places[key])


def sent_out(made: Book) -> Sheet:
    """The inquiries of a pack handed over just now, to be filled in."""
    return Sheet(grids(export(made)))


def home(made: Book, found: list[Grid], now: datetime = NOW, *, newer_wins: bool = False) -> Homecoming:
    """Takes a file home and applies it."""
    read = read_settings(made.snapshot.tables["settings"], LAYOUT)
    result = bring_home(ledger_of(made), read, HOUSE, WORDS, found, now, newer_wins=newer_wins)
    made.apply(result.commit)
    return result


def row(made: Book, id: str) -> dict[str, Cell]:
    return next(cells for cells in made.rows if cells["id"] == id)


def facts(made: Book, id: str) -> dict[str, Any]:
    return Base.read(row(made, id)["base"]).facts


def ids(made: Book) -> list[str]:
    return [str(cells["id"]) for cells in made.rows]
