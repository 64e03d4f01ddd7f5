"""What comes home from a vendor into a ledger in which people went on working."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import LAYOUT, NOW, arrival
from daicho.ledger.drafts import open_claim
from daicho.ledger.rows import Base, text_of
from vendor_ledger import Sheet, book, export, facts, grids, home, ids, ledger_of, row, sent_out


def test_answers_status_category_and_memo_come_home() -> None:
    made = book()
    sheet, id = sent_out(made), ids(made)[0]
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
    sheet = sent_out(made)
    sheet.write(ids(made)[0], answer="あります。", memo="済み")
    home(made, sheet.grids)
    assert not home(made, sheet.grids).commit


def test_the_same_file_after_its_draft_was_laid_asks_for_no_second_draft() -> None:
    made = book()
    sheet, id = sent_out(made), ids(made)[0]
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
    sheet, id = sent_out(made), ids(made)[0]
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
    sheet, (first, second, *_) = sent_out(made), ids(made)
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
    sheet, id = sent_out(made), ids(made)[0]
    sheet.write(id, answer=answer, status="対応済み")
    assert home(made, sheet.grids).unsent == [id]
    assert row(made, id)["status"] == "対応中"


def test_done_stands_where_the_shop_answered_meanwhile() -> None:
    made = book()
    sheet, id = sent_out(made), ids(made)[0]
    later = NOW + timedelta(hours=2)
    made.sync(arrival("r1@x", "ございます。", answers=["q1@x"], incoming=False, hours_ago=-1), now=later)
    sheet.write(id, answer="あります。", status="対応済み")
    assert not home(made, sheet.grids, later).unsent
    assert row(made, id)["status"] == "対応済み"


def test_pseudonyms_in_an_answer_become_the_real_names_again() -> None:
    made = book("渡す列：お客様名、内容")
    sheet, id = sent_out(made), ids(made)[0]
    name = sheet.read(id, "customer")
    phone = text_of(sheet.read(id, "excerpt")).split()[-1]
    sheet.write(id, answer=f"{name} 様\n{phone} にお電話します。")
    home(made, sheet.grids)
    assert facts(made, id)["answer"] == "山田 花子 様\n090-1234-5678 にお電話します。"


def test_a_pseudonym_of_nobody_is_told_and_not_taken() -> None:
    made = book()
    sheet, id = sent_out(made), ids(made)[0]
    sheet.write(id, answer="お客様-22222 様")
    (trouble,) = home(made, sheet.grids).troubles
    assert (trouble.key, trouble.inquiry) == ("vendor.odd-name", id)
    assert "answer" not in facts(made, id)


def test_what_the_shop_changed_meanwhile_stays_and_is_told() -> None:
    made = book()
    sheet, id = sent_out(made), ids(made)[0]
    row(made, id)["memo"] = "店のメモ"
    sheet.write(id, memo="外注のメモ", status="対応中")
    result = home(made, sheet.grids)
    assert (row(made, id)["memo"], row(made, id)["status"]) == ("店のメモ", "対応中")
    (conflict,) = result.conflicts
    assert (conflict.values["ours"], conflict.values["theirs"]) == ("店のメモ", "外注のメモ")


def test_a_reply_that_the_shop_wrote_itself_stands_against_the_vendors_and_both_are_told() -> None:
    made = book()
    sheet, id = sent_out(made), ids(made)[0]
    row(made, id)["reply"] = "店の文"
    sheet.write(id, answer="外注の文")
    (conflict,) = home(made, sheet.grids).conflicts
    assert (conflict.values["ours"], conflict.values["theirs"]) == ("店の文", "外注の文")
    assert "draft" not in row(made, id)
    made.sync()
    assert row(made, id)["reply"] == "店の文"


def test_an_answer_that_the_shop_mends_in_the_cell_stays_mended() -> None:
    made = book()
    sheet, id = sent_out(made), ids(made)[0]
    sheet.write(id, answer="12月に入荷します。")
    home(made, sheet.grids)
    made.sync()
    row(made, id)["reply"] = "12月3日に入荷します。"
    made.sync()
    assert row(made, id)["reply"] == "12月3日に入荷します。"


def test_both_saying_the_same_is_agreement() -> None:
    made = book()
    sheet, id = sent_out(made), ids(made)[0]
    row(made, id)["status"] = "対応中"
    sheet.write(id, status="対応中")
    result = home(made, sheet.grids)
    assert not result.conflicts
    assert not result.changes


def test_an_answer_is_no_draft_if_the_shop_replied_meanwhile() -> None:
    made = book()
    sheet, id = sent_out(made), ids(made)[0]
    later = NOW + timedelta(hours=2)
    made.sync(arrival("r1@x", "ございます。", answers=["q1@x"], incoming=False, hours_ago=-1), now=later)
    sheet.write(id, answer="あります。")
    (conflict,) = home(made, sheet.grids, later).conflicts
    assert conflict.key == "vendor.conflict-replied"
    assert "draft" not in row(made, id)


def test_done_is_not_done_if_the_customer_wrote_meanwhile() -> None:
    made = book()
    sheet, id = sent_out(made), ids(made)[0]
    later = NOW + timedelta(hours=2)
    made.sync(arrival("q9@x", "やはり急ぎます。", answers=["q1@x"], hours_ago=-1), now=later)
    sheet.write(id, status="対応済み")
    (conflict,) = home(made, sheet.grids, later).conflicts
    assert conflict.key == "vendor.conflict-wrote-again"
    assert row(made, id)["status"] == "未対応"


def test_a_decision_of_the_vendor_stands_in_the_next_sync() -> None:
    made = book()
    sheet, id = sent_out(made), ids(made)[0]
    sheet.write(id, status="対応済み", category="商品説明・使い方", memo="済み")
    home(made, sheet.grids)
    made.sync()
    now = row(made, id)
    assert (now["status"], now["category"], now["memo"]) == ("対応済み", "商品説明・使い方", "済み")


def test_the_next_sync_shows_the_answer_and_claims_its_draft_even_without_a_template() -> None:
    made = book()
    sheet, id = sent_out(made), ids(made)[0]
    row(made, id)["template"] = "（なし）"
    sheet.write(id, answer="12月に入荷します。")
    home(made, sheet.grids)
    made.sync()
    assert row(made, id)["reply"] == "12月に入荷します。"
    assert "draft" not in row(made, id)
    assert open_claim(ledger_of(made).rows[id])


def test_a_template_that_a_person_picks_later_goes_before_the_answer() -> None:
    made = book()
    sheet, id = sent_out(made), ids(made)[0]
    sheet.write(id, answer="12月に入荷します。")
    home(made, sheet.grids)
    row(made, id)["draft"] = None
    made.sync()
    assert row(made, id)["reply"] == "12月に入荷します。"
    row(made, id)["template"] = "receipt"
    made.sync()
    assert "領収書" in str(row(made, id)["reply"])
    row(made, id)["template"] = None
    made.sync()
    assert row(made, id)["reply"] == "12月に入荷します。"


def test_an_answer_that_was_sent_is_suggested_no_more() -> None:
    made = book()
    sheet, id = sent_out(made), ids(made)[0]
    sheet.write(id, answer="12月に入荷します。")
    home(made, sheet.grids)
    made.sync()
    later = NOW + timedelta(hours=2)
    made.sync(arrival("r1@x", "12月です。", answers=["q1@x"], incoming=False, hours_ago=-1), now=later)
    assert "answer" not in facts(made, id)


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
    sheet = sent_out(made)
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
