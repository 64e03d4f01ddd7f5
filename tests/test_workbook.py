"""What every home of a ledger must do. Each adapter's test subclasses `WorkbookContract`.

`person` stands for somebody who works in the same workbook with another program.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Protocol

import pytest

from daicho.errors import Conflict, LayoutError
from daicho.sheets.layout import Layout, load_layout
from daicho.sheets.workbook import Cell, Commit, Record, Snapshot, Update, Workbook

LAYOUT = load_layout("ja")
NOON = datetime(2026, 11, 21, 12, 0)
INQUIRY: dict[str, Cell] = {
    "id": "261121-7KQ4",
    "due": NOON,
    "priority": "大至急",
    "status": "未対応",
    "received": datetime(2026, 11, 21, 9, 30, 15),
    "customer": "見本 花子",
    "excerpt": "届いた商品が違います。\n確認をお願いします。",
    "messages": 1,
}

TEXTS = [
    "=1+1",
    '=HYPERLINK("http://example.com/","見る")',
    "+81-3-0000-0000",
    "-1",
    "@here",
    "'quoted",
    "0120000000",
    "007",
    "TRUE",
    "2026/11/21",
    "9:00",
    "1E5",
    "#N/A",
    " 前後に空白 ",
    "行\n行\n\n行",
    "タブ\tあり",
    "<b>&amp;</b> ]]> <!-- -->",
    "_x0041_ と _x000D_",
    "絵文字🎁と𠮷野家、が",
    "\ufeff\u200b\u2028",
]


class Person(Protocol):
    """Somebody at the keyboard. Rows count from 1 and the header is row 1; columns are keys."""

    def type(self, tab: str, row: int, column: str, value: Cell) -> None: ...
    def insert_row(self, tab: str, before: int) -> None: ...
    def delete_rows(self, tab: str, first: int, last: int) -> None: ...
    def reverse_rows(self, tab: str) -> None: ...
    def move_column(self, tab: str, column: str, before: str) -> None: ...
    def write_header(self, tab: str, column: str, text: str) -> None: ...
    def add_column(self, tab: str, text: str) -> None: ...
    def rename_tab(self, tab: str, label: str) -> None: ...
    def delete_tab(self, tab: str) -> None: ...


class WorkbookContract:
    """Subclasses make an unprepared workbook and a person who works in it."""

    def make(self) -> Workbook:
        raise NotImplementedError

    def person(self) -> Person:
        raise NotImplementedError

    def ledger(self, *inquiries: dict[str, Cell]) -> Workbook:
        """A prepared workbook with these inquiries in it."""
        workbook = self.make()
        workbook.prepare(LAYOUT, {})
        if inquiries:
            workbook.commit(workbook.read(), Commit(appends={"inquiries": list(inquiries)}))
        return workbook

    def test_preparing_makes_every_tab_and_tells_what_it_did(self) -> None:
        workbook = self.make()
        assert workbook.prepare(LAYOUT, {})
        expected = {tab.key for tab in LAYOUT.tabs if not tab.hidden}
        assert workbook.read().tables == {key: [] for key in expected}

    def test_a_tab_made_now_begins_with_its_starters(self) -> None:
        workbook = self.make()
        workbook.prepare(LAYOUT, {"templates": [{"key": "thanks", "body": "=本文", "on": True}]})
        assert workbook.read().tables["templates"] == [
            Record(2, {"key": "thanks", "body": "=本文", "on": True})
        ]

    def test_preparing_again_does_nothing(self) -> None:
        workbook = self.ledger(INQUIRY)
        before = workbook.read()
        assert workbook.prepare(LAYOUT, {"templates": [{"key": "late"}]}) == []
        assert same_content(workbook.read(), before)

    def test_rows_read_back_as_they_were_written(self) -> None:
        assert self.ledger(INQUIRY).read().tables["inquiries"] == [Record(2, INQUIRY)]

    @pytest.mark.parametrize("column", ["excerpt", "memo", "due", "messages", "draft"])
    def test_text_from_outside_stays_that_text(self, column: str) -> None:
        workbook = self.ledger(*({"id": "a", column: text} for text in TEXTS))
        assert [row.cells[column] for row in workbook.read().tables["inquiries"]] == TEXTS

    def test_what_no_cell_can_hold_is_cleaned(self) -> None:
        workbook = self.ledger(
            {"id": "a", "excerpt": "一\x00二\x0b\r\n三\ud83d\x1b[0m\uffff", "memo": "\x07"}
        )
        assert workbook.read().tables["inquiries"] == [Record(2, {"id": "a", "excerpt": "一二\n三[0m"})]

    def test_text_over_the_limit_of_a_cell_is_cut_with_a_visible_mark(self) -> None:
        text = "🎁" * 40_000
        read = self.ledger({"id": "a", "excerpt": text}).read().tables["inquiries"][0].cells["excerpt"]
        assert isinstance(read, str)
        assert len(read) > 10_000
        assert text.startswith(read.removesuffix("…（以下省略）"))
        assert read.endswith("🎁…（以下省略）")

    @pytest.mark.parametrize("value", [0, -3, 2**40, 0.25, 1e-9, True, NOON, "", None])
    def test_other_values_keep_their_kind(self, value: Cell) -> None:
        read = self.ledger({"id": "a", "messages": value}).read().tables["inquiries"][0].cells
        assert read == ({"id": "a", "messages": value} if value not in ("", None) else {"id": "a"})
        assert type(read.get("messages")) is type(value or None) or value == 0

    def test_an_unticked_box_is_an_empty_cell(self) -> None:
        workbook = self.ledger({"id": "a", "draft": True}, {"id": "b", "draft": False})
        ticked, empty = workbook.read().tables["inquiries"]
        assert ticked.cells == {"id": "a", "draft": True}
        assert empty.cells == {"id": "b"}

    def test_an_update_changes_the_cells_it_names_and_no_other(self) -> None:
        workbook = self.ledger(INQUIRY, {"id": "other", "memo": "そのまま"})
        base = workbook.read()
        row = base.tables["inquiries"][0]
        workbook.commit(
            base, Commit(updates=[Update("inquiries", row, {"status": "対応済み", "excerpt": None})])
        )
        expected = {**INQUIRY, "status": "対応済み"}
        del expected["excerpt"]
        rows = [Record(2, expected), Record(3, {"id": "other", "memo": "そのまま"})]
        assert workbook.read().tables["inquiries"] == rows

    def test_one_commit_carries_rows_of_several_tabs_and_the_state(self) -> None:
        workbook = self.ledger(INQUIRY)
        base = workbook.read()
        workbook.commit(
            base,
            Commit(
                state={"cursor:support": "uid 12", "other": "=1"},
                appends={
                    "messages": [{"key": "1@example.jp"}, {"key": "2@example.jp"}],
                    "customers": [{"id": "K1"}],
                },
                updates=[Update("inquiries", base.tables["inquiries"][0], {"messages": 2})],
            ),
        )
        after = workbook.read()
        assert after.generation == base.generation + 1
        assert after.state == {"cursor:support": "uid 12", "other": "=1"}
        assert [row.cells["key"] for row in after.tables["messages"]] == ["1@example.jp", "2@example.jp"]
        assert after.tables["customers"][0].cells == {"id": "K1"}
        assert after.tables["inquiries"][0].cells["messages"] == 2

    def test_state_entries_replace_those_of_the_same_name(self) -> None:
        workbook = self.ledger()
        first = workbook.commit(workbook.read(), Commit(state={"a": "1", "b": "2"}))
        workbook.commit(first, Commit(state={"b": "3"}))
        assert workbook.read().state == {"a": "1", "b": "3"}

    def test_a_commit_gives_the_snapshot_that_reading_would_give(self) -> None:
        workbook = self.ledger(INQUIRY, {"id": "b", "draft": True})
        base = workbook.read()
        after = workbook.commit(
            base,
            Commit(
                state={"cursor": "7"},
                appends={"inquiries": [{"id": "c", "excerpt": "a\r\nb\x00", "memo": "", "draft": False}]},
                updates=[Update("inquiries", base.tables["inquiries"][1], {"draft": False, "memo": "済"})],
            ),
        )
        assert same_content(after, workbook.read())

    def test_commits_can_follow_each_other_without_reading(self) -> None:
        workbook = self.ledger()
        snapshot = workbook.read()
        for number in range(3):
            snapshot = workbook.commit(snapshot, Commit(appends={"messages": [{"key": str(number)}]}))
        assert [(row.number, row.cells["key"]) for row in workbook.read().tables["messages"]] == [
            (2, "0"),
            (3, "1"),
            (4, "2"),
        ]

    def test_of_two_commits_on_one_reading_the_second_is_refused_whole(self) -> None:
        workbook = self.ledger(INQUIRY)
        base = workbook.read()
        first = workbook.commit(base, Commit(appends={"messages": [{"key": "first"}]}))
        late = Commit(
            state={"cursor": "late"},
            appends={"messages": [{"key": "late"}]},
            updates=[Update("inquiries", base.tables["inquiries"][0], {"memo": "late"})],
        )
        with pytest.raises(Conflict):
            workbook.commit(base, late)
        assert same_content(workbook.read(), first)

    def test_what_a_person_typed_in_between_is_not_lost(self) -> None:
        workbook = self.ledger(INQUIRY, {"id": "b"})
        stale = workbook.read()
        self.person().type("inquiries", 2, "memo", "電話した")
        commit_by_id(workbook, stale, "b", {"status": "対応中"})
        first, second = workbook.read().tables["inquiries"]
        assert first.cells == {**INQUIRY, "memo": "電話した"}
        assert second.cells == {"id": "b", "status": "対応中"}

    @pytest.mark.parametrize("move", ["sort", "insert", "delete"])
    def test_rows_a_person_moved_in_between_get_their_own_values(self, move: str) -> None:
        workbook = self.ledger({"id": "a", "memo": "A"}, {"id": "b", "memo": "B"}, {"id": "c", "memo": "C"})
        stale = workbook.read()
        match move:
            case "sort":
                self.person().reverse_rows("inquiries")
            case "insert":
                self.person().insert_row("inquiries", 2)
            case "delete":
                self.person().delete_rows("inquiries", 2, 2)
        commit_by_id(workbook, stale, "c", {"status": "対応済み"})
        rows = {row.cells["id"]: row.cells for row in workbook.read().tables["inquiries"]}
        assert rows["c"] == {"id": "c", "memo": "C", "status": "対応済み"}
        assert rows["b"] == {"id": "b", "memo": "B"}

    def test_new_rows_stand_below_whatever_is_there(self) -> None:
        workbook = self.ledger({"id": "a"})
        self.person().type("inquiries", 5, "memo", "手で書いた")
        workbook.commit(workbook.read(), Commit(appends={"inquiries": [{"id": "b"}]}))
        rows = [(row.number, row.cells) for row in workbook.read().tables["inquiries"]]
        assert rows == [(2, {"id": "a"}), (5, {"memo": "手で書いた"}), (6, {"id": "b"})]

    @pytest.mark.parametrize("value", [12, 3.5, "そのまま ", NOON])
    def test_what_a_person_typed_is_read_as_typed(self, value: Cell) -> None:
        workbook = self.ledger({"id": "a"})
        self.person().type("inquiries", 2, "order", value)
        assert workbook.read().tables["inquiries"][0].cells == {"id": "a", "order": value}

    def test_columns_may_be_moved_and_added(self) -> None:
        workbook = self.ledger(INQUIRY)
        self.person().move_column("inquiries", "status", "id")
        self.person().add_column("inquiries", "社内コード")
        base = workbook.read()
        assert base.tables["inquiries"] == [Record(2, INQUIRY)]
        workbook.commit(base, Commit(appends={"inquiries": [{**INQUIRY, "id": "b"}]}))
        assert workbook.read().tables["inquiries"][1] == Record(3, {**INQUIRY, "id": "b"})

    def test_a_header_may_gain_blanks_and_wide_letters(self) -> None:
        workbook = self.ledger({"id": "a", "address": "a@example.jp"})
        self.person().write_header("inquiries", "address", " 連絡先 ")
        self.person().write_header("messages", "key", "メッセージＩＤ")
        assert workbook.read().tables["inquiries"][0].cells["address"] == "a@example.jp"

    @pytest.mark.parametrize(
        ("header", "key", "named"),
        [("期限", "sheets.header-missing", "対応期限"), ("受付番号", "sheets.header-doubled", "受付番号")],
    )
    def test_a_renamed_or_doubled_header_is_named_and_nothing_is_written(
        self, header: str, key: str, named: str
    ) -> None:
        workbook = self.ledger(INQUIRY)
        base = workbook.read()
        self.person().write_header("inquiries", "due", header)
        with pytest.raises(LayoutError) as told:
            workbook.read()
        assert told.value.key == key
        assert told.value.values == {"tab": "問い合わせ台帳", "header": named}
        with pytest.raises((LayoutError, Conflict)):
            workbook.commit(base, Commit(appends={"inquiries": [{"id": "b"}], "messages": [{"key": "m"}]}))
        self.person().write_header("inquiries", "due", "対応期限")
        # Where people cannot be kept out, a write is taken back, and both count.
        assert same_content(replace(workbook.read(), generation=base.generation), base)

    @pytest.mark.parametrize("tab", ["inquiries", "messages", "customers"])
    def test_a_missing_core_tab_is_named_and_not_made_again(self, tab: str) -> None:
        workbook = self.ledger(INQUIRY)
        self.person().rename_tab(tab, "古いシート")
        assert workbook.prepare(LAYOUT, {}) == []
        with pytest.raises(LayoutError) as told:
            workbook.read()
        assert (told.value.key, told.value.values) == ("sheets.tab-missing", {"tab": LAYOUT.tab(tab).label})

    def test_another_tab_that_a_person_deleted_stays_deleted(self) -> None:
        workbook = self.ledger(INQUIRY)
        self.person().delete_tab("policies")
        assert workbook.prepare(LAYOUT, {"policies": [{"id": "1"}]}) == []
        assert "policies" not in workbook.read().tables

    def test_a_tab_this_version_brings_is_added_with_its_starters(self) -> None:
        workbook = self.make()
        workbook.prepare(without_tab(LAYOUT, "policies"), {})
        workbook.commit(workbook.read(), Commit(appends={"inquiries": [INQUIRY]}))
        done = workbook.prepare(LAYOUT, {"policies": [{"id": "1", "steps": "=手順"}], "faq": [{"id": "9"}]})
        assert len(done) == 1
        assert "対応ルール" in done[0]
        tables = workbook.read().tables
        assert tables["policies"] == [Record(2, {"id": "1", "steps": "=手順"})]
        assert tables["inquiries"] == [Record(2, INQUIRY)]
        assert tables["faq"] == []

    def test_a_column_this_version_brings_is_added_at_the_right_end(self) -> None:
        workbook = self.make()
        workbook.prepare(without_column(LAYOUT, "inquiries", "tags"), {})
        workbook.commit(workbook.read(), Commit(appends={"inquiries": [INQUIRY]}))
        self.person().add_column("inquiries", "社内コード")
        done = workbook.prepare(LAYOUT, {})
        assert len(done) == 1
        assert "タグ" in done[0]
        base = workbook.read()
        row = base.tables["inquiries"][0]
        workbook.commit(base, Commit(updates=[Update("inquiries", row, {"tags": "要確認"})]))
        assert workbook.read().tables["inquiries"] == [Record(2, {**INQUIRY, "tags": "要確認"})]
        assert workbook.prepare(LAYOUT, {}) == []

    def test_an_emptied_tab_reads_as_empty_and_can_be_filled_again(self) -> None:
        workbook = self.ledger({"id": "a"}, {"id": "b"})
        self.person().delete_rows("inquiries", 2, 3)
        base = workbook.read()
        assert base.tables["inquiries"] == []
        workbook.commit(base, Commit(appends={"inquiries": [{"id": "c"}]}))
        assert workbook.read().tables["inquiries"] == [Record(2, {"id": "c"})]


def same_content(one: Snapshot, other: Snapshot) -> bool:
    """Equal but for the moment they were taken and the adapter's own mark."""
    return replace(one, taken=NOON, mark="") == replace(other, taken=NOON, mark="")


def commit_by_id(workbook: Workbook, stale: Snapshot, identity: str, cells: dict[str, Cell]) -> None:
    """What a sync does: writes on what it read, and reads again when that is no longer true."""

    def commit(base: Snapshot) -> None:
        row = next(row for row in base.tables["inquiries"] if row.cells.get("id") == identity)
        workbook.commit(base, Commit(updates=[Update("inquiries", row, cells)]))

    try:
        commit(stale)
    except Conflict:
        commit(workbook.read())


def without_tab(layout: Layout, key: str) -> Layout:
    return replace(layout, tabs=tuple(tab for tab in layout.tabs if tab.key != key))


def without_column(layout: Layout, tab_key: str, key: str) -> Layout:
    tab = layout.tab(tab_key)
    fewer = replace(tab, columns=tuple(column for column in tab.columns if column.key != key))
    return replace(layout, tabs=tuple(fewer if item.key == tab_key else item for item in layout.tabs))
