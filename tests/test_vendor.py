"""What goes out to a vendor and what comes home, decided on values alone."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import LAYOUT, NOW, OWN, TOKYO, WORDS, Book, arrival
from daicho.errors import UsageError
from daicho.inquiry.thread import Threads
from daicho.ledger.drafts import open_claim
from daicho.ledger.rows import Base, Ledger, text_of
from daicho.ledger.settings import read_settings
from daicho.ledger.vendor.access import Access, VendorError, read_access
from daicho.ledger.vendor.context import House
from daicho.ledger.vendor.home import Homecoming, bring_home
from daicho.ledger.vendor.log import Export, holding, read_exports
from daicho.ledger.vendor.out import Pack, build_pack, chosen
from daicho.sheets.dress import lines
from daicho.sheets.pack_page import KEY_MARK, Grid
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


def asked_of(made: Book) -> Collection[str]:
    """The inquiries that would go out."""
    ledger = ledger_of(made)
    return chosen(ledger, Threads(ledger.events).inquiries, access_of(made), NOW).keys()


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


# --- who gets what ------------------------------------------------------------------------------------------


def test_terms_are_read_line_by_line() -> None:
    made = book(
        "対応状況：対応中",
        "期間：30日",
        "渡す列：件名、内容",
        "個人情報：渡さない",
        "相談先：佐藤",
        "相談先: 店主",
    )
    access = access_of(made)
    assert access.statuses == {"doing"}
    assert (access.days, access.columns, access.masking) == (30, ("subject", "excerpt"), "none")
    assert access.contact == ("佐藤", "店主")
    assert access.categories == {"stock", "defect"}


def test_people_are_masked_where_nothing_is_said() -> None:
    assert access_of(book()).masking == "masked"


@pytest.mark.parametrize(
    "line", ["個人情報：ふせる", "期間：しばらく", "渡す列：暗証番号", "なんでも渡す", "対象：全部"]
)
def test_a_term_that_is_not_understood_stops_the_export(line: str) -> None:
    with pytest.raises(VendorError) as told:
        access_of(book(line))
    assert told.value.values["vendor"] == VENDOR


def test_a_column_nobody_knows_is_told_with_all_that_can_be_named() -> None:
    with pytest.raises(VendorError) as told:
        access_of(book("渡す列：件名、暗証番号"))
    options = str(told.value.values["options"]).split("、")
    assert {"受付番号", "対応状況", "問い合わせ区分", "メモ", "件名"} <= set(options)
    assert access_of(book(f"渡す列：{'、'.join(options)}")).columns


def test_an_unknown_vendor_is_told_with_those_that_are_known() -> None:
    with pytest.raises(UsageError) as told:
        read_access(book().snapshot.tables["settings"], LAYOUT, "あおば")
    assert told.value.values["vendors"] == VENDOR


def test_a_vendor_who_is_left_no_category_is_no_vendor() -> None:
    with pytest.raises(UsageError):
        access_of(book(categories=""))


@pytest.mark.parametrize(
    ("terms", "categories", "wanted"),
    [
        ([], "在庫・再入荷", [0, 2]),
        (["対応状況：対応中"], "在庫・再入荷", [0]),
        (["担当者：外注"], "在庫・再入荷、不良・破損", [1]),
        (["タグ：外注可"], "在庫・再入荷、不良・破損", [2]),
        (["期間：1日"], "在庫・再入荷、不良・破損", [1, 2]),
    ],
)
def test_rows_are_chosen_by_category_status_assignee_tag_and_period(
    terms: list[str], categories: str, wanted: list[int]
) -> None:
    made = book(*terms, categories=categories)
    made.rows[0]["status"], made.rows[1]["assignee"], made.rows[2]["tags"] = (
        "対応中",
        "外注",
        "急がない、外注可",
    )
    found = asked_of(made)
    assert found == {ids(made)[n] for n in wanted}


def test_finished_inquiries_stay_at_home() -> None:
    made = book()
    made.rows[0]["status"] = "対応済み"
    assert ids(made)[0] not in asked_of(made)


@pytest.mark.parametrize("kind", ["bounce", "auto"])
@pytest.mark.parametrize("status", ["未対応", "対象外"])
def test_returned_and_automatic_mail_is_never_handed_over(kind: str, status: str) -> None:
    made = book("対応状況：未対応、対象外", categories="在庫・再入荷、不良・破損、その他、営業・勧誘")
    before = set(ids(made))
    made.sync(arrival("m1@x", "Undelivered Mail", kind=kind))
    row = next(row for row in made.rows if row["id"] not in before)
    row["status"], row["category"] = status, "その他"
    assert set(asked_of(made)) == before


def test_sales_are_handed_over_only_once_a_person_gave_them_another_category() -> None:
    made = book("対応状況：未対応、対象外", categories="在庫・再入荷、不良・破損、その他、営業・勧誘")
    before = set(ids(made))
    made.sync(arrival("m1@x", "ご提案です。", subject="営業のご案内"))
    row = next(row for row in made.rows if row["id"] not in before)
    row["status"] = "未対応"
    assert set(asked_of(made)) == before
    row["category"] = "在庫・再入荷"
    assert set(asked_of(made)) == {*before, row["id"]}


def test_nothing_to_hand_over_is_told() -> None:
    made = book(categories="領収書・請求書")
    with pytest.raises(VendorError) as told:
        export(made)
    assert told.value.key == "vendor.nothing"


# --- what stands in a pack ----------------------------------------------------------------------------------


def said(pack: Pack) -> str:
    return "\n".join(
        text_of(cell) for grid in grids(pack) for _, cells in grid.rows for cell in cells.values()
    )


def test_a_masked_pack_names_nobody() -> None:
    made = book("渡す列：お客様名、連絡先、件名、内容、注文番号")
    text = said(export(made))
    for personal in (
        "山田",
        "花子",
        "hanako",
        "090-1234-5678",
        "09012345678",
        "林",
        "ichiro",
        "1009-3347",
        "佐々木",
    ):
        assert personal not in text


def test_a_pack_without_personal_data_has_no_such_columns() -> None:
    pack = export(book("渡す列：お客様名、連絡先、件名、内容、注文番号", "個人情報：渡さない"))
    page = next(page for page in pack.pages if page.key == "inquiries")
    assert not {"customer", "address", "order"} & {column.key for column in page.columns}
    assert "山田" not in said(pack)


def test_a_full_pack_names_everybody() -> None:
    text = said(export(book("渡す列：お客様名、連絡先、内容", "個人情報：そのまま")))
    assert "山田 花子" in text
    assert "hanako@example.jp" in text


def test_the_thread_and_the_row_call_a_person_the_same() -> None:
    pack = export(book("渡す列：お客様名、内容"))
    inquiries = next(page for page in pack.pages if page.key == "inquiries")
    threads = next(page for page in pack.pages if page.key == "threads")
    first = next(iter(inquiries.rows))
    message = next(line for line in threads.rows if line["inquiry"] == first["id"])
    assert message["writer"] == first["customer"]
    assert str(first["customer"]) in str(message["text"])


def test_only_templates_in_use_for_the_vendor_s_categories_go_out() -> None:
    pack = export(book(categories="在庫・再入荷"))
    page = next(page for page in pack.pages if page.key == "templates")
    assert {line["category"] for line in page.rows} == {"在庫・再入荷"}


def test_every_row_of_a_pack_shows_its_whole_text_and_no_template_loses_a_line() -> None:
    made = book("渡す列：件名、内容", categories="、".join(LAYOUT.lists["category"].values()))
    pack = export(made)
    bodies: dict[Cell, str] = {}
    for page in pack.pages:
        for line in page.rows if page.key != "report" else ():
            wanted = max(lines(line.get(column.key), column.width) for column in page.shown)
            assert wanted <= max(page.lines[1], 2), (page.key, line)
            if page.key == "templates":
                bodies[line["key"]] = f"{bodies.get(line['key'], '')}\n\n{line['body']}"
    starters = {cells["key"]: text_of(cells["body"]) for cells in load_starters("ja")["templates"]}
    assert any(lines(body, 70) > 24 for body in starters.values())
    for key, body in bodies.items():
        assert [line for line in body.split("\n") if line.strip()] == [
            line for line in starters[text_of(key)].split("\n") if line.strip()
        ]


def rules_in(pack: Pack) -> list[str]:
    """The numbers of the rules a pack holds."""
    page = next((page for page in pack.pages if page.key == "policies"), None)
    return [text_of(line["id"]) for line in page.rows] if page else []


@pytest.mark.parametrize(
    ("terms", "rules"),
    [
        # The categories given (stock and defects), and what is general; the worst case stays in the house.
        ("期間：90日", ["P-08", "P-09", "G-1", "G-2"]),
        ("渡すルール：p-04、引き継ぎ", ["P-04", "P-19"]),
        ("渡すルール：返品\n渡すルール：最悪の場合", ["P-04", "P-05", "P-15", "P-16"]),
        ("渡すルール：なし", []),
    ],
)
def test_a_vendor_gets_the_rules_of_its_categories_or_those_the_shop_names(
    terms: str, rules: list[str]
) -> None:
    made = book(*terms.splitlines())
    made.snapshot.tables["policies"] += [
        Record(98, {"id": "G-1", "case": "包み方"}),
        Record(99, {"id": "G-2", "subject": "共通", "case": "言葉づかい"}),
        Record(100, {"id": "G-3", "subject": "店長の覚え書き"}),
    ]
    pack = export(made)
    assert rules_in(pack) == rules
    assert set(pack.export.policies) == set(rules)


def test_all_rules_go_out_where_the_shop_says_so() -> None:
    made = book("渡すルール：すべて")
    assert len(rules_in(export(made))) == len(made.snapshot.tables["policies"])


def test_a_rule_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(VendorError) as told:
        export(book("渡すルール：返品、P-77"))
    assert (told.value.key, told.value.values["value"]) == ("vendor.odd-option", "P-77")
    assert "最悪の場合" in str(told.value.values["options"])


def test_nobody_confirms_rules_that_are_not_there() -> None:
    pack = export(book("渡すルール：なし"))
    keys = [line["key"] for page in pack.pages if page.key == "cover" for line in page.rows]
    assert "acknowledged" not in keys


def test_the_inquiries_name_templates_as_people_know_them() -> None:
    pack = export(book("渡す列：返信テンプレート"))
    page = next(page for page in pack.pages if page.key == "inquiries")
    names = {row["key"]: row["name"] for row in load_starters("ja")["templates"]}
    assert {line["template"] for line in page.rows} <= set(names.values())


def test_changed_and_new_rules_are_marked_in_the_next_pack() -> None:
    made = book("渡すルール：すべて")
    export(made)
    rules = made.snapshot.tables["policies"]
    rules[3].cells["conditions"] = "到着から14日以内"
    rules.append(Record(99, {"id": "P-99", "subject": "新しい決まり"}))
    gone = rules.pop(0).cells["id"]
    pack = export(made, "another")
    page = next(page for page in pack.pages if page.key == "policies")
    assert {line["id"]: line["changed"] for line in page.rows if line["changed"]} == {
        "P-04": "変更",
        "P-99": "新規",
    }
    cover = {line["item"]: line["text"] for page in pack.pages if page.key == "cover" for line in page.rows}
    assert (cover["変わった対応ルール"], cover["なくなった対応ルール"]) == ("P-04、P-99", gone)


def test_the_first_pack_marks_no_rule() -> None:
    page = next(page for page in export(book("渡すルール：すべて")).pages if page.key == "policies")
    assert not any(line["changed"] for line in page.rows)


def test_the_version_of_the_rules_changes_with_any_of_them() -> None:
    made = book("渡すルール：すべて")
    before = export(made).export.version
    made.snapshot.tables["policies"][0].cells["steps"] = "別の手順"
    assert export(made, "b").export.version != before


def test_the_cover_tells_whom_to_ask_and_until_when() -> None:
    pack = export(book("相談先：佐藤（責任者）"))
    cover = {
        line["item"]: text_of(line["text"])
        for page in pack.pages
        if page.key == "cover"
        for line in page.rows
    }
    assert cover["困ったときの相談先"] == "佐藤（責任者）"
    assert "問い合わせ 3 件" in cover["お願いすること"]
    assert "最も早いもの 11/" in cover["いつまでに"]


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


# --- coming home --------------------------------------------------------------------------------------------


def test_answers_status_category_and_memo_come_home() -> None:
    made = book()
    sheet, id = Sheet(grids(export(made))), ids(made)[0]
    sheet.write(
        id, answer="12月に入荷します。", status="対応済み", category="商品説明・使い方", memo="倉庫に確認"
    )
    result = home(made, sheet.grids)
    assert not result.conflicts
    assert not result.troubles
    now = row(made, id)
    assert (now["status"], now["category"], now["memo"]) == ("対応中", "商品説明・使い方", "倉庫に確認")
    assert facts(made, id)["answer"] == "12月に入荷します。"
    assert now["draft"] is True


def test_nothing_written_means_nothing_changes() -> None:
    made = book()
    pack = export(made)
    before = [dict(cells) for cells in made.rows]
    assert not home(made, grids(pack)).changes
    assert made.rows == before


def test_the_same_file_twice_changes_nothing() -> None:
    made = book()
    sheet = Sheet(grids(export(made)))
    sheet.write(ids(made)[0], answer="あります。", memo="済み")
    home(made, sheet.grids)
    assert not home(made, sheet.grids).commit


def test_the_same_file_after_its_draft_was_laid_asks_for_no_second_draft() -> None:
    made = book()
    sheet, id = Sheet(grids(export(made))), ids(made)[0]
    sheet.write(id, answer="あります。")
    home(made, sheet.grids)
    del row(made, id)["draft"]
    base = Base.read(row(made, id)["base"])
    del base.facts["answer"]
    row(made, id)["base"] = base.cell()
    assert not home(made, sheet.grids).commit


def test_a_second_copy_of_a_pack_overwrites_nothing_of_the_first_and_no_older_one_rolls_it_back() -> None:
    made = book()
    pack, (first, second, *_) = export(made), ids(made)
    one, two = Sheet(grids(pack)), Sheet(grids(pack))
    one.write(first, answer="あります。", status="対応中", memo="一人目")
    two.write(first, answer="ありません。", status="対象外", memo="二人目")
    two.write(second, memo="二人目だけ")
    home(made, one.grids)
    result = home(made, two.grids)
    assert {(told.key, told.values["column"]) for told in result.conflicts} == {
        ("vendor.conflict-earlier", "対応状況"),
        ("vendor.conflict-earlier", "回答文"),
        ("vendor.conflict-earlier", "メモ"),
    }
    assert (facts(made, first)["answer"], row(made, first)["memo"]) == ("あります。", "一人目")
    assert (row(made, first)["status"], row(made, second)["memo"]) == ("対応中", "二人目だけ")
    again = home(made, one.grids)
    assert not again.commit
    assert not again.conflicts


def test_a_later_file_corrects_an_answer_where_a_person_says_that_it_is_the_newer() -> None:
    made = book()
    pack, (first, second, *_) = export(made), ids(made)
    sheet = Sheet(grids(pack))
    sheet.write(first, answer="あります。")
    sheet.write(second, memo="外注のメモ")
    home(made, sheet.grids)
    sheet.write(first, answer="あと3個あります。")
    sheet.write(second, memo="外注の新しいメモ")
    row(made, second)["memo"] = "店のメモ"
    assert not home(made, sheet.grids).changes
    # The shop's own word stands even then.
    (conflict,) = home(made, sheet.grids, newer_wins=True).conflicts
    assert (conflict.key, conflict.inquiry) == ("vendor.conflict", second)
    assert (facts(made, first)["answer"], row(made, second)["memo"]) == ("あと3個あります。", "店のメモ")


@pytest.mark.parametrize("is_same_pack", [True, False])
def test_an_answer_whose_draft_was_laid_is_not_replaced(is_same_pack: bool) -> None:
    made = book()
    sheet, id = Sheet(grids(export(made))), ids(made)[0]
    sheet.write(id, answer="あります。")
    home(made, sheet.grids)
    made.sync()
    base = Base.read(row(made, id)["base"])
    base.facts["draft"]["laid"] = NOW.isoformat()
    row(made, id)["base"] = base.cell()
    later = sheet if is_same_pack else Sheet(grids(export(made, "another")))
    later.write(id, answer="あと3個あります。")
    (conflict,) = home(made, later.grids, newer_wins=True).conflicts
    assert conflict.key == "vendor.conflict-laid"
    assert (facts(made, id)["answer"], row(made, id).get("draft")) == ("あります。", None)


def test_done_with_an_answer_waits_for_the_mail_and_is_done_once_it_was_sent() -> None:
    made = book()
    sheet, (first, second, *_) = Sheet(grids(export(made))), ids(made)
    sheet.write(first, answer="12月に入荷します。", status="対応済み")
    sheet.write(second, status="対応済み")
    assert home(made, sheet.grids).unsent == [first]
    assert not home(made, sheet.grids).commit
    made.sync()
    assert (row(made, first)["status"], row(made, second)["status"]) == ("対応中", "対応済み")
    later = NOW + timedelta(hours=2)
    made.sync(arrival("r1@x", "12月です。", answers=["q1@x"], incoming=False, hours_ago=-1), now=later)
    assert row(made, first)["status"] == "対応済み"


@pytest.mark.parametrize("answer", ["#NAME?", "お客様-22222 様"])
def test_done_waits_also_for_an_answer_that_could_not_be_taken(answer: str) -> None:
    made = book()
    sheet, id = Sheet(grids(export(made))), ids(made)[0]
    sheet.write(id, answer=answer, status="対応済み")
    assert home(made, sheet.grids).unsent == [id]
    assert row(made, id)["status"] == "対応中"


def test_done_stands_where_the_shop_answered_meanwhile() -> None:
    made = book()
    sheet, id = Sheet(grids(export(made))), ids(made)[0]
    later = NOW + timedelta(hours=2)
    made.sync(arrival("r1@x", "ございます。", answers=["q1@x"], incoming=False, hours_ago=-1), now=later)
    sheet.write(id, answer="あります。", status="対応済み")
    assert not home(made, sheet.grids, later).unsent
    assert row(made, id)["status"] == "対応済み"


def test_pseudonyms_in_an_answer_become_the_real_names_again() -> None:
    made = book("渡す列：お客様名、内容")
    sheet, id = Sheet(grids(export(made))), ids(made)[0]
    name = sheet.read(id, "customer")
    phone = text_of(sheet.read(id, "excerpt")).split()[-1]
    sheet.write(id, answer=f"{name} 様\n{phone} にお電話します。")
    home(made, sheet.grids)
    assert facts(made, id)["answer"] == "山田 花子 様\n090-1234-5678 にお電話します。"


def test_a_pseudonym_of_nobody_is_told_and_not_taken() -> None:
    made = book()
    sheet, id = Sheet(grids(export(made))), ids(made)[0]
    sheet.write(id, answer="お客様-22222 様")
    (trouble,) = home(made, sheet.grids).troubles
    assert (trouble.key, trouble.inquiry) == ("vendor.odd-name", id)
    assert "answer" not in facts(made, id)


def test_what_the_shop_changed_meanwhile_stays_and_is_told() -> None:
    made = book()
    sheet, id = Sheet(grids(export(made))), ids(made)[0]
    row(made, id)["memo"] = "店のメモ"
    sheet.write(id, memo="外注のメモ", status="対応中")
    result = home(made, sheet.grids)
    assert (row(made, id)["memo"], row(made, id)["status"]) == ("店のメモ", "対応中")
    (conflict,) = result.conflicts
    assert (conflict.values["ours"], conflict.values["theirs"]) == ("店のメモ", "外注のメモ")


def test_a_reply_that_the_shop_wrote_itself_stands_against_the_vendors_and_both_are_told() -> None:
    made = book()
    sheet, id = Sheet(grids(export(made))), ids(made)[0]
    row(made, id)["reply"] = "店の文"
    sheet.write(id, answer="外注の文")
    (conflict,) = home(made, sheet.grids).conflicts
    assert (conflict.values["ours"], conflict.values["theirs"]) == ("店の文", "外注の文")
    assert "draft" not in row(made, id)
    made.sync()
    assert row(made, id)["reply"] == "店の文"


def test_an_answer_that_the_shop_mends_in_the_cell_stays_mended() -> None:
    made = book()
    sheet, id = Sheet(grids(export(made))), ids(made)[0]
    sheet.write(id, answer="12月に入荷します。")
    home(made, sheet.grids)
    made.sync()
    row(made, id)["reply"] = "12月3日に入荷します。"
    made.sync()
    assert row(made, id)["reply"] == "12月3日に入荷します。"


def test_both_saying_the_same_is_agreement() -> None:
    made = book()
    sheet, id = Sheet(grids(export(made))), ids(made)[0]
    row(made, id)["status"] = "対応中"
    sheet.write(id, status="対応中")
    result = home(made, sheet.grids)
    assert not result.conflicts
    assert not result.changes


def test_an_answer_is_no_draft_if_the_shop_replied_meanwhile() -> None:
    made = book()
    sheet, id = Sheet(grids(export(made))), ids(made)[0]
    later = NOW + timedelta(hours=2)
    made.sync(arrival("r1@x", "ございます。", answers=["q1@x"], incoming=False, hours_ago=-1), now=later)
    sheet.write(id, answer="あります。")
    (conflict,) = home(made, sheet.grids, later).conflicts
    assert conflict.key == "vendor.conflict-replied"
    assert "draft" not in row(made, id)


def test_done_is_not_done_if_the_customer_wrote_meanwhile() -> None:
    made = book()
    sheet, id = Sheet(grids(export(made))), ids(made)[0]
    later = NOW + timedelta(hours=2)
    made.sync(arrival("q9@x", "やはり急ぎます。", answers=["q1@x"], hours_ago=-1), now=later)
    sheet.write(id, status="対応済み")
    (conflict,) = home(made, sheet.grids, later).conflicts
    assert conflict.key == "vendor.conflict-wrote-again"
    assert row(made, id)["status"] == "未対応"


def test_a_decision_of_the_vendor_stands_in_the_next_sync() -> None:
    made = book()
    sheet, id = Sheet(grids(export(made))), ids(made)[0]
    sheet.write(id, status="対応済み", category="商品説明・使い方", memo="済み")
    home(made, sheet.grids)
    made.sync()
    now = row(made, id)
    assert (now["status"], now["category"], now["memo"]) == ("対応済み", "商品説明・使い方", "済み")


def test_the_next_sync_shows_the_answer_and_claims_its_draft_even_without_a_template() -> None:
    made = book()
    sheet, id = Sheet(grids(export(made))), ids(made)[0]
    row(made, id)["template"] = "（なし）"
    sheet.write(id, answer="12月に入荷します。")
    home(made, sheet.grids)
    made.sync()
    assert row(made, id)["reply"] == "12月に入荷します。"
    assert "draft" not in row(made, id)
    assert open_claim(ledger_of(made).rows[id])


def test_an_answer_that_was_sent_is_suggested_no_more() -> None:
    made = book()
    sheet, id = Sheet(grids(export(made))), ids(made)[0]
    sheet.write(id, answer="12月に入荷します。")
    home(made, sheet.grids)
    made.sync()
    later = NOW + timedelta(hours=2)
    made.sync(arrival("r1@x", "12月です。", answers=["q1@x"], incoming=False, hours_ago=-1), now=later)
    assert "answer" not in facts(made, id)


@pytest.mark.parametrize("value", ["済", "=1+1", "done"])
def test_a_status_nobody_knows_is_told_and_not_taken(value: str) -> None:
    made = book()
    sheet, id = Sheet(grids(export(made))), ids(made)[0]
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
    sheet, (first, second, *_) = Sheet(grids(export(made))), ids(made)
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
    sheet = Sheet(grids(export(made)))
    sheet.write(id, memo="#N/A")
    assert not home(made, sheet.grids).changes
    assert row(made, id)["memo"] == "店のメモ"


def test_an_emptied_status_is_a_slip() -> None:
    made = book()
    sheet, id = Sheet(grids(export(made))), ids(made)[0]
    sheet.write(id, status=None, category=None)
    assert not home(made, sheet.grids).changes


def test_the_acknowledgement_and_suggestions_reach_the_log() -> None:
    made = book()
    found = grids(export(made))
    for grid, key, text in (
        ("表紙", "acknowledged", "みどり 11/21"),
        ("報告", "note2", "写真があると助かります"),
    ):
        cells = next(c for g in found if g.name == grid for _, c in g.rows if key in c.values())
        labels = next(g for g in found if g.name == grid).rows[0][1]
        cells[next(n for n, label in labels.items() if label == KEY_MARK + "entry")] = text
    home(made, found)
    entry = made.snapshot.tables["exports"][0].cells
    assert (entry["acknowledged"], entry["notes"]) == ("みどり 11/21", "写真があると助かります")
    assert entry["returned"] == NOW.astimezone(TOKYO).replace(tzinfo=None)


# --- what people do to files --------------------------------------------------------------------------------

Deed = Callable[[Sheet], object]


def _sort_all(sheet: Sheet) -> None:
    numbers = [number for number, _ in sheet.grid.rows[3:]]
    lines = [cells for _, cells in reversed(sheet.grid.rows[3:])]
    sheet.grid.rows[3:] = list(zip(numbers, lines, strict=True))


def _sort_but_the_hidden_column(sheet: Sheet) -> None:
    bases = [cells[sheet.places["base"]] for _, cells in sheet.grid.rows[3:]]
    _sort_all(sheet)
    for (_, cells), base in zip(sheet.grid.rows[3:], bases, strict=True):
        cells[sheet.places["base"]] = base


def _rename_headers(sheet: Sheet) -> None:
    sheet.grid.rows[2][1].update({n: f"列{n}" for n in sheet.grid.rows[2][1]})


def _lose_the_keys(sheet: Sheet) -> None:
    del sheet.grid.rows[:2]


def _lose_the_keys_and_rename_one(sheet: Sheet) -> None:
    sheet.grid.rows[2][1][sheet.places["answer"]] = "お返事"
    del sheet.grid.rows[:2]


def _add_a_column(sheet: Sheet) -> None:
    for number, cells in sheet.grid.rows:
        moved = {n + 1: cell for n, cell in cells.items()}
        cells.clear()
        cells.update(moved | {1: "私たちの列" if number == 3 else f"{number}"})


def _copy_the_sheet(sheet: Sheet) -> None:
    copy = [(number, dict(cells)) for number, cells in sheet.grid.rows]
    for _, cells in copy[3:]:
        cells.pop(sheet.places["answer"], None)
    sheet.grids.insert(0, Grid("問い合わせ (2)", copy))


def _blank_rows(sheet: Sheet) -> None:
    sheet.grid.rows.append((99, {5: "　"}))


@pytest.mark.parametrize(
    "deed",
    [
        _sort_all,
        _sort_but_the_hidden_column,
        _rename_headers,
        _lose_the_keys,
        _lose_the_keys_and_rename_one,
        _add_a_column,
        _copy_the_sheet,
        _blank_rows,
    ],
)
def test_a_file_that_people_worked_in_is_understood(deed: Deed) -> None:
    made = book()
    sheet = Sheet(grids(export(made)))
    for n, id in enumerate(ids(made)):
        sheet.write(id, answer=f"回答{n}")
    deed(sheet)
    result = home(made, sheet.grids)
    assert [facts(made, id)["answer"] for id in ids(made)] == ["回答0", "回答1", "回答2"]
    assert not result.troubles


def test_two_renamed_headers_without_keys_are_refused_by_name() -> None:
    made = book()
    sheet = Sheet(grids(export(made)))
    sheet.grid.rows[2][1][sheet.places["answer"]] = "お返事"
    sheet.grid.rows[2][1][sheet.places["memo"]] = "備考"
    _lose_the_keys(sheet)
    with pytest.raises(VendorError) as told:
        home(made, sheet.grids)
    assert told.value.values["headers"] == "回答文、メモ"


def test_a_deleted_row_is_told_and_stays_in_the_ledger() -> None:
    made = book()
    sheet, id = Sheet(grids(export(made))), ids(made)[1]
    sheet.grid.rows[:] = [(n, cells) for n, cells in sheet.grid.rows if cells.get(1) != id]
    assert home(made, sheet.grids).missing == [id]
    assert id in ids(made)


def test_an_added_row_is_told_with_its_number() -> None:
    made = book()
    sheet = Sheet(grids(export(made)))
    sheet.grid.rows.append((77, {sheet.places["answer"]: "電話で聞かれました"}))
    (trouble,) = home(made, sheet.grids).troubles
    assert (trouble.key, trouble.row) == ("vendor.row-added", 77)


def test_what_a_vendor_wrote_into_the_shops_columns_is_told_and_the_rest_comes_home() -> None:
    made = book("渡す列：件名、内容、タグ、対応期限")
    sheet, id = Sheet(grids(export(made))), ids(made)[0]
    sheet.write(id, subject="書きかえた件名", tags="急ぎ", due=NOW.replace(tzinfo=None), answer="あります。")
    before = row(made, id)["subject"], row(made, id).get("tags"), row(made, id)["due"]
    (trouble,) = home(made, sheet.grids).troubles
    assert (trouble.key, trouble.inquiry) == ("vendor.not-theirs", id)
    assert set(str(trouble.values["column"]).split("、")) == {"件名", "タグ", "対応期限"}
    assert (row(made, id)["subject"], row(made, id).get("tags"), row(made, id)["due"]) == before
    assert facts(made, id)["answer"] == "あります。"


def test_a_row_whose_hidden_cell_was_touched_is_refused() -> None:
    made = book()
    sheet, id = Sheet(grids(export(made))), ids(made)[0]
    sheet.write(id, status="対応済み", base=text_of(sheet.read(id, "base")).replace("status", "statuz"))
    (trouble,) = home(made, sheet.grids).troubles
    assert trouble.key == "vendor.row-no-base"
    assert row(made, id)["status"] == "未対応"


def test_rows_sorted_by_halves_are_refused() -> None:
    made = book("渡す列：件名、内容")
    sheet = Sheet(grids(export(made)))
    excerpts = [cells[sheet.places["excerpt"]] for _, cells in sheet.grid.rows[3:]]
    for (_, cells), excerpt in zip(sheet.grid.rows[3:], excerpts[1:] + excerpts[:1], strict=True):
        cells[sheet.places["excerpt"]] = excerpt
        cells[sheet.places["answer"]] = "どれへの答え？"
    result = home(made, sheet.grids)
    assert {trouble.key for trouble in result.troubles} == {"vendor.row-shuffled"}
    assert not result.changes


def test_two_copies_of_a_row_that_differ_are_refused() -> None:
    made = book()
    sheet, id = Sheet(grids(export(made))), ids(made)[0]
    sheet.grid.rows.append((50, dict(sheet.cells(id)) | {sheet.places["answer"]: "あります"}))
    sheet.write(id, answer="ありません")
    (trouble,) = home(made, sheet.grids).troubles
    assert (trouble.key, trouble.inquiry) == ("vendor.row-copies", id)


def test_a_row_the_shop_deleted_stays_deleted() -> None:
    made = book()
    sheet, id = Sheet(grids(export(made))), ids(made)[0]
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
    sheet = Sheet(grids(export(made)))
    sheet.write(id, memo="喜んでいた?")
    sheet.grids[sheet.grids.index(sheet.grid)] = Grid("a.csv", sheet.grid.rows, "cp932")
    assert not home(made, sheet.grids).changes
    assert row(made, id)["memo"] == "喜んでいた😊"


# --- every edit is kept or told -----------------------------------------------------------------------------

WORDS_TYPED = st.sampled_from(
    ["", "確認しました", "=1+1", "@here", "明日\n電話", "山田様に連絡", "済み", "-1"]
)
EDIT = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["未対応", "対応中", "対応済み", "対象外"]),
        "category": st.sampled_from(["在庫・再入荷", "不良・破損", "その他"]),
        "memo": WORDS_TYPED,
        "answer": WORDS_TYPED,
    },
)


@given(
    st.lists(EDIT, min_size=3, max_size=3),
    st.lists(EDIT, min_size=3, max_size=3),
    st.integers(0, 5),
    st.sampled_from(list(LAYOUT.lists["masking"].values())),
)
@settings(max_examples=50, deadline=None)
def test_every_edit_on_either_side_is_kept_or_told(
    theirs: list[dict[str, str]], ours: list[dict[str, str]], order: int, masking: str
) -> None:
    made = book(f"個人情報：{masking}")
    row(made, ids(made)[0])["memo"] = "はじめから"
    sheet = Sheet(grids(export(made)))
    before = {id: dict(row(made, id)) for id in ids(made)}
    for id, vendor, shop in zip(ids(made), theirs, ours, strict=True):
        sheet.write(id, **{key: value or None for key, value in vendor.items()})
        kept = {key: value or None for key, value in shop.items() if key != "answer"}
        row(made, id).update(kept)
    body = sheet.grid.rows[3:]
    random.Random(order).shuffle(body)
    sheet.grid.rows[3:] = body
    result = home(made, sheet.grids)
    told = {(conflict.inquiry, conflict.values["column"]) for conflict in result.conflicts}
    # Called done before the answer was sent.
    theirs = [
        vendor | {"status": "対応中"} if id in result.unsent else vendor
        for id, vendor in zip(ids(made), theirs, strict=True)
    ]
    for id, vendor, shop in zip(ids(made), theirs, ours, strict=True):
        for key, value in vendor.items():
            now = facts(made, id).get("answer") if key == "answer" else row(made, id).get(key)
            was = None if key == "answer" else before[id].get(key)
            mine = None if key == "answer" else (shop[key] or None if key in shop else was)
            label = "回答文" if key == "answer" else LAYOUT.tab("inquiries").column(key).label
            # Nobody's work is overwritten: the vendor's word stands, or the shop's does and it is told.
            if (value or None) == was:
                assert now == mine
            elif now != (value or None):
                assert now == mine
                assert (id, label) in told
            else:
                assert mine in (was, now)
