"""People's work and ours in one cell."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daicho.ledger.merge import merge_cell, merge_row, merge_words, new_row
from daicho.ledger.rows import Base, Row, clean, comparable, same, words_of
from daicho.sheets.layout import load_layout
from daicho.sheets.workbook import Record
from daicho.wording import wording

TAB = load_layout("ja").tab("inquiries")


@pytest.mark.parametrize(
    ("said", "theirs", "base", "ours", "event", "value", "winner"),
    [
        ("nobody touched it", "通常", "通常", "大至急", False, "大至急", "ours"),
        ("a person decided", "至急", "通常", "大至急", False, "至急", "theirs"),
        ("a person decided what we propose", "大至急", "通常", "大至急", False, "大至急", "agreed"),
        (
            "a person decided, then something newer happened",
            "対応済み",
            "対応中",
            "未対応",
            True,
            "未対応",
            "event",
        ),
        ("a person emptied it", None, "マグカップ", "マグカップ", False, None, "theirs"),
        ("nothing changed", "通常", "通常", "通常", False, "通常", "agreed"),
        ("a program saved it with other blanks", "通常 ", "通常", "至急", False, "至急", "ours"),
        ("a new row typed by hand, a cell left empty", None, None, "通常", False, "通常", "ours"),
        ("a new row typed by hand, a cell filled", "至急", None, "通常", False, "至急", "theirs"),
    ],
)
def test_a_shared_cell(
    said: str, theirs: str | None, base: str | None, ours: str, event: bool, value: str | None, winner: str
) -> None:
    merged = merge_cell(theirs, base, ours, event=event)
    assert (merged.value, merged.winner) == (value, winner), said


@pytest.mark.parametrize(
    ("said", "theirs", "base", "ours", "value"),
    [
        ("a person added a word", "不満、VIP", "不満", "不満", "不満、VIP"),
        ("we and a person each added one", "不満、VIP", "不満", "不満、緊急", "不満、VIP、緊急"),
        ("a person took our word away", None, "不満", "不満", None),
        ("a person took our word away, we add another", None, "不満", "不満、緊急", "緊急"),
        ("we took our word away", "要確認、VIP", "要確認", None, "VIP"),
        ("we took our only word away", "要確認", "要確認", None, None),
        ("nothing there yet", None, None, "不満", "不満"),
        ("a person sorted them", "緊急、不満", "不満、緊急", "不満、緊急", "緊急、不満"),
    ],
)
def test_a_cell_that_lists_words(
    said: str, theirs: str | None, base: str | None, ours: str | None, value: str | None
) -> None:
    assert merge_words(theirs, base, ours, wording("ja")).value == value, said


CELLS = (
    st.none()
    | st.sampled_from(["未対応", "対応中", "対応済み", "保留"])
    | st.text(string.printable, max_size=6).map(clean)
)


@given(CELLS, CELLS, CELLS)
def test_merging_twice_changes_nothing_more(theirs: object, base: object, ours: object) -> None:
    once = merge_cell(theirs, base, ours)  # type: ignore[arg-type]
    again = merge_cell(once.value, ours, ours)  # type: ignore[arg-type]
    assert same(again.value, once.value)


@given(CELLS, CELLS, CELLS)
def test_a_persons_change_is_never_lost_without_an_event(theirs: object, base: object, ours: object) -> None:
    merged = merge_cell(theirs, base, ours)  # type: ignore[arg-type]
    if not same(theirs, base):  # type: ignore[arg-type]
        assert same(merged.value, theirs)  # type: ignore[arg-type]


WORDS = st.lists(st.sampled_from("abcdef"), unique=True, max_size=5).map("、".join)


@given(WORDS, WORDS, WORDS)
def test_words_a_person_added_stay_and_words_they_took_away_do_not_return(
    theirs: str, base: str, ours: str
) -> None:
    merged = set(words_of(merge_words(theirs, base, ours, wording("ja")).value))
    there, before, wanted = (set(words_of(cell)) for cell in (theirs, base, ours))
    assert there - before <= merged
    assert not (before & wanted) - there & merged


def test_only_cells_that_change_are_written() -> None:
    base = Base()
    cells = new_row(TAB, {"id": "261121-AAAA", "subject": "在庫"}, {"status": "未対応"}, base)
    row = Row.read(Record(2, dict(cells)))
    assert row.untouched(TAB)
    assert merge_row(TAB, row, {"subject": "在庫"}, {}, row.base.copy()) == {}


def test_an_edited_machine_cell_is_noticed() -> None:
    cells = new_row(TAB, {"id": "261121-AAAA", "subject": "在庫"}, {}, Base())
    row = Row.read(Record(2, cells | {"subject": "上書き"}))
    assert not row.untouched(TAB)
    assert merge_row(TAB, row, {"subject": "在庫"}, {}, row.base.copy())["subject"] == "在庫"


@pytest.mark.parametrize("damaged", [None, "", "{", "[]", '{"p": 1}', 3.0])
def test_a_damaged_hidden_cell_counts_as_nothing_remembered(damaged: object) -> None:
    assert Base.read(damaged) == Base()  # type: ignore[arg-type]


@given(st.text(max_size=200))
def test_what_is_cleaned_once_is_clean(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert once is None or "\r" not in str(once)


def test_a_text_longer_than_a_cell_is_cut_with_a_mark() -> None:
    for letter in ("a", "あ", "😀"):
        cut = str(clean(letter * 70_000))
        assert cut.endswith("…")
        assert len(cut.encode("utf-16-le")) // 2 < 32_767


@pytest.mark.parametrize(
    ("one", "other"), [(3, 3.0), ("あ い", "あい"), ("a\nb", "a\r\nb"), (None, ""), ("3", 3)]
)
def test_what_programs_change_on_saving_is_no_change(one: object, other: object) -> None:
    assert comparable(one) == comparable(other)  # type: ignore[arg-type]
