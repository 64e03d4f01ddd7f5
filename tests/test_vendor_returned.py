"""What a returned file says, whatever people and programs did to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from builders import NOW, WORDS
from daicho.ledger.rows import text_of
from daicho.ledger.vendor.access import VendorError
from daicho.sheets.pack_page import Grid
from vendor_ledger import Sheet, book, export, facts, grids, home, ids, row, sent_out

Deed = Callable[[Sheet], object]


def sort_all(sheet: Sheet) -> None:
    numbers = [number for number, _ in sheet.grid.rows[3:]]
    lines = [cells for _, cells in reversed(sheet.grid.rows[3:])]
    sheet.grid.rows[3:] = list(zip(numbers, lines, strict=True))


def sort_but_the_hidden_column(sheet: Sheet) -> None:
    bases = [cells[sheet.places["base"]] for _, cells in sheet.grid.rows[3:]]
    sort_all(sheet)
    for (_, cells), base in zip(sheet.grid.rows[3:], bases, strict=True):
        cells[sheet.places["base"]] = base


def rename_headers(sheet: Sheet) -> None:
    sheet.grid.rows[2][1].update({n: f"列{n}" for n in sheet.grid.rows[2][1]})


def lose_the_keys(sheet: Sheet) -> None:
    del sheet.grid.rows[:2]


def lose_the_keys_and_rename_one(sheet: Sheet) -> None:
    sheet.grid.rows[2][1][sheet.places["answer"]] = "お返事"
    del sheet.grid.rows[:2]


def add_a_column(sheet: Sheet) -> None:
    for number, cells in sheet.grid.rows:
        moved = {n + 1: cell for n, cell in cells.items()}
        cells.clear()
        cells.update(moved | {1: "私たちの列" if number == 3 else f"{number}"})


def copy_the_sheet(sheet: Sheet) -> None:
    copy = [(number, dict(cells)) for number, cells in sheet.grid.rows]
    for _, cells in copy[3:]:
        cells.pop(sheet.places["answer"], None)
    sheet.grids.insert(0, Grid("問い合わせ (2)", copy))


def blank_rows(sheet: Sheet) -> None:
    sheet.grid.rows.append((99, {5: "　"}))


@pytest.mark.parametrize(
    "deed",
    [
        sort_all,
        sort_but_the_hidden_column,
        rename_headers,
        lose_the_keys,
        lose_the_keys_and_rename_one,
        add_a_column,
        copy_the_sheet,
        blank_rows,
    ],
)
def test_a_file_that_people_worked_in_is_understood(deed: Deed) -> None:
    made = book()
    sheet = sent_out(made)
    for n, id in enumerate(ids(made)):
        sheet.write(id, answer=f"回答{n}")
    deed(sheet)
    result = home(made, sheet.grids)
    assert [facts(made, id)["answer"] for id in ids(made)] == ["回答0", "回答1", "回答2"]
    assert not result.troubles


def test_two_renamed_headers_without_keys_are_refused_by_name() -> None:
    made = book()
    sheet = sent_out(made)
    sheet.grid.rows[2][1][sheet.places["answer"]] = "お返事"
    sheet.grid.rows[2][1][sheet.places["memo"]] = "備考"
    lose_the_keys(sheet)
    with pytest.raises(VendorError) as told:
        home(made, sheet.grids)
    assert told.value.values["headers"] == ["回答文", "メモ"]


def test_a_deleted_row_is_told_and_stays_in_the_ledger() -> None:
    made = book()
    sheet, id = sent_out(made), ids(made)[1]
    sheet.grid.rows[:] = [(n, cells) for n, cells in sheet.grid.rows if cells.get(1) != id]
    assert home(made, sheet.grids).missing == [id]
    assert id in ids(made)


def test_an_added_row_is_told_with_its_number() -> None:
    made = book()
    sheet = sent_out(made)
    sheet.grid.rows.append((77, {sheet.places["answer"]: "電話で聞かれました"}))
    (trouble,) = home(made, sheet.grids).troubles
    assert (trouble.key, trouble.row) == ("vendor.row-added", 77)


def test_what_a_vendor_wrote_into_the_shops_columns_is_told_and_the_rest_comes_home() -> None:
    made = book("渡す列：件名、内容、タグ、対応期限")
    sheet, id = sent_out(made), ids(made)[0]
    sheet.write(id, subject="書きかえた件名", tags="急ぎ", due=NOW.replace(tzinfo=None), answer="あります。")
    before = row(made, id)["subject"], row(made, id).get("tags"), row(made, id)["due"]
    (trouble,) = home(made, sheet.grids).troubles
    assert (trouble.key, trouble.inquiry) == ("vendor.not-theirs", id)
    assert "、件名、" in WORDS.say(trouble.key, **trouble.values)
    assert trouble.values["column"] == ["対応期限", "件名", "タグ"]
    assert (row(made, id)["subject"], row(made, id).get("tags"), row(made, id)["due"]) == before
    assert facts(made, id)["answer"] == "あります。"


def test_a_row_whose_hidden_cell_was_touched_is_refused() -> None:
    made = book()
    sheet, id = sent_out(made), ids(made)[0]
    sheet.write(id, status="対応済み", base=text_of(sheet.read(id, "base")).replace("status", "statuz"))
    (trouble,) = home(made, sheet.grids).troubles
    assert trouble.key == "vendor.row-no-base"
    assert row(made, id)["status"] == "未対応"


def test_rows_sorted_by_halves_are_refused() -> None:
    made = book("渡す列：件名、内容")
    sheet = sent_out(made)
    excerpts = [cells[sheet.places["excerpt"]] for _, cells in sheet.grid.rows[3:]]
    for (_, cells), excerpt in zip(sheet.grid.rows[3:], excerpts[1:] + excerpts[:1], strict=True):
        cells[sheet.places["excerpt"]] = excerpt
        cells[sheet.places["answer"]] = "どれへの答え？"
    result = home(made, sheet.grids)
    assert {trouble.key for trouble in result.troubles} == {"vendor.row-shuffled"}
    assert not result.changes


def test_two_copies_of_a_row_that_differ_are_refused() -> None:
    made = book()
    sheet, id = sent_out(made), ids(made)[0]
    sheet.grid.rows.append((50, dict(sheet.cells(id)) | {sheet.places["answer"]: "あります"}))
    sheet.write(id, answer="ありません")
    (trouble,) = home(made, sheet.grids).troubles
    assert (trouble.key, trouble.inquiry) == ("vendor.row-copies", id)


def test_a_row_the_shop_deleted_stays_deleted() -> None:
    made = book()
    sheet, id = sent_out(made), ids(made)[0]
    sheet.write(id, answer="あります")
    made.snapshot.tables["inquiries"].pop(0)
    (trouble,) = home(made, sheet.grids).troubles
    assert trouble.key == "vendor.row-gone"
    assert id not in ids(made)


def test_a_file_of_another_ledger_is_refused() -> None:
    found = grids(export(book()))
    with pytest.raises(VendorError) as told:
        home(book(), found)
    assert told.value.key == "vendor.not-ours"


def test_letters_an_old_encoding_has_not_are_no_edit() -> None:
    made = book()
    id = ids(made)[0]
    row(made, id)["memo"] = "喜んでいた😊"
    sheet = sent_out(made)
    sheet.write(id, memo="喜んでいた?")
    sheet.grids[sheet.grids.index(sheet.grid)] = Grid("a.csv", sheet.grid.rows, "cp932")
    assert not home(made, sheet.grids).changes
    assert row(made, id)["memo"] == "喜んでいた😊"


# --- what stands in a cell ----------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["済", "=1+1", "done"])
def test_a_status_nobody_knows_is_told_and_not_taken(value: str) -> None:
    made = book()
    sheet, id = sent_out(made), ids(made)[0]
    sheet.write(id, status=value)
    (trouble,) = home(made, sheet.grids).troubles
    assert trouble.key == "vendor.odd-value"
    assert row(made, id)["status"] == "未対応"


ERRORS = (
    "#NAME?",
    "#REF!",
    "#N/A",
    "#VALUE!",
    "#DIV/0!",
    "#NULL!",
    "#NUM!",
    "#SPILL!",
    "Err:508",
    " #NAME? ",
)


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_of_a_spreadsheet_is_no_answer_and_the_other_cells_come_home(error: str) -> None:
    made = book()
    sheet, (first, second, *_) = sent_out(made), ids(made)
    sheet.write(first, answer=error, memo=error, category="その他")
    sheet.write(second, answer="#1 と #2 はあります。", memo="#123")
    result = home(made, sheet.grids)
    assert [(told.key, told.inquiry, told.values["column"]) for told in result.troubles] == [
        ("vendor.error-value", first, "回答文"),
        ("vendor.error-value", first, "メモ"),
    ]
    assert "answer" not in facts(made, first)
    assert (row(made, first).get("memo"), row(made, first)["category"]) == (None, "その他")
    assert (facts(made, second)["answer"], row(made, second)["memo"]) == ("#1 と #2 はあります。", "#123")


def test_an_error_of_a_spreadsheet_empties_no_memo() -> None:
    made = book()
    id = ids(made)[0]
    row(made, id)["memo"] = "店のメモ"
    sheet = sent_out(made)
    sheet.write(id, memo="#N/A")
    assert not home(made, sheet.grids).changes
    assert row(made, id)["memo"] == "店のメモ"


def test_an_emptied_status_is_a_slip() -> None:
    made = book()
    sheet, id = sent_out(made), ids(made)[0]
    sheet.write(id, status=None, category=None)
    assert not home(made, sheet.grids).changes
