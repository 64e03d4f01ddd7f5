"""The log of what was handed over, to whom, and what came home."""

from __future__ import annotations

from builders import NOW, TOKYO
from daicho.ledger.vendor.log import Export, holding, read_exports
from daicho.sheets.pack_page import KEY_MARK
from daicho.sheets.workbook import Record
from vendor_ledger import VENDOR, book, export, grids, home, ids


def test_the_log_says_what_was_handed_over_to_whom_and_when() -> None:
    made = book()
    pack = export(made)
    (entry,) = made.snapshot.tables["exports"]
    assert entry.cells["vendor"] == VENDOR
    assert entry.cells["rows"] == 3
    assert entry.cells["masking"] == "伏せる"
    assert "内容" in str(entry.cells["fields"])
    assert read_exports([entry])[pack.export.id].inquiries == set(ids(made))


def test_a_large_export_goes_on_in_further_rows_of_the_log() -> None:
    large = Export(
        "X-22222", VENDOR, NOW.replace(tzinfo=None), "s", "v", {"P-01": "a"}, {f"i{n}" for n in range(4500)}
    )
    rows = large.rows({})
    assert [line["rows"] for line in rows] == [2000, 2000, 500]
    assert all(len(str(line["base"])) < 32_000 for line in rows)
    read = read_exports(Record(n, line) for n, line in enumerate(rows))
    assert read["X-22222"].inquiries == large.inquiries
    assert holding(read, {"i4499"}) == [read["X-22222"]]


def test_the_acknowledgement_and_suggestions_reach_the_log() -> None:
    made = book()
    found = grids(export(made))
    for name, key, text in (
        ("表紙", "acknowledged", "みどり 11/21"),
        ("報告", "note2", "写真があると助かります"),
    ):
        grid = next(grid for grid in found if grid.name == name)
        entry = next(place for place, label in grid.rows[0][1].items() if label == KEY_MARK + "entry")
        line = next(cells for _, cells in grid.rows if key in cells.values())
        line[entry] = text
    home(made, found)
    logged = made.snapshot.tables["exports"][0].cells
    assert (logged["acknowledged"], logged["notes"]) == ("みどり 11/21", "写真があると助かります")
    assert logged["returned"] == NOW.astimezone(TOKYO).replace(tzinfo=None)
