"""The pack that goes out to a vendor, decided on values alone."""

from __future__ import annotations

import pytest

from builders import LAYOUT
from daicho.ledger.rows import text_of
from daicho.ledger.vendor.access import VendorError
from daicho.ledger.vendor.out import Pack
from daicho.sheets.dress import lines
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Cell, Record
from vendor_ledger import book, export, grids, page_of


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
    assert "マグの在庫は？" in text


def test_a_pack_without_personal_data_has_no_such_columns() -> None:
    pack = export(book("渡す列：お客様名、連絡先、件名、内容、注文番号", "個人情報：渡さない"))
    page = page_of(pack, "inquiries")
    columns = {column.key for column in page.columns}
    assert {"subject", "excerpt"} <= columns
    assert not {"customer", "address", "order"} & columns
    assert "山田" not in said(pack)


def test_a_full_pack_names_everybody() -> None:
    text = said(export(book("渡す列：お客様名、連絡先、内容", "個人情報：そのまま")))
    assert "山田 花子" in text
    assert "hanako@example.jp" in text


def test_the_thread_and_the_row_call_a_person_the_same() -> None:
    pack = export(book("渡す列：お客様名、内容"))
    inquiries = page_of(pack, "inquiries")
    threads = page_of(pack, "threads")
    first = next(iter(inquiries.rows))
    message = next(line for line in threads.rows if line["inquiry"] == first["id"])
    assert message["writer"] == first["customer"]
    assert str(first["customer"]) in str(message["text"])


def test_only_templates_in_use_for_the_vendor_s_categories_go_out() -> None:
    pack = export(book(categories="在庫・再入荷"))
    page = page_of(pack, "templates")
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


def cover_of(pack: Pack) -> dict[str, str]:
    return {text_of(line["item"]): text_of(line["text"]) for line in page_of(pack, "cover").rows}


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
    assert "acknowledged" not in [line["key"] for line in page_of(pack, "cover").rows]


def test_the_inquiries_name_templates_as_people_know_them() -> None:
    pack = export(book("渡す列：返信テンプレート"))
    page = page_of(pack, "inquiries")
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
    page = page_of(pack, "policies")
    assert {line["id"]: line["changed"] for line in page.rows if line["changed"]} == {
        "P-04": "変更",
        "P-99": "新規",
    }
    cover = cover_of(pack)
    assert (cover["変わった対応ルール"], cover["なくなった対応ルール"]) == ("P-04、P-99", gone)


def test_the_first_pack_marks_no_rule() -> None:
    page = page_of(export(book("渡すルール：すべて")), "policies")
    assert {line["changed"] for line in page.rows} == {None}


def test_the_version_of_the_rules_changes_with_any_of_them() -> None:
    made = book("渡すルール：すべて")
    before = export(made).export.version
    made.snapshot.tables["policies"][0].cells["steps"] = "別の手順"
    assert export(made, "b").export.version != before


def test_the_cover_tells_whom_to_ask_and_until_when() -> None:
    pack = export(book("相談先：佐藤（責任者）"))
    cover = cover_of(pack)
    assert cover["困ったときの相談先"] == "佐藤（責任者）"
    assert "問い合わせ 3 件" in cover["お願いすること"]
    assert "最も早いもの 11/" in cover["いつまでに"]
