"""What a vendor may have: the terms a shop sets, and the inquiries that follow from them."""

from __future__ import annotations

import pytest

from builders import LAYOUT, NOW, WORDS, Book, arrival
from daicho.errors import UsageError
from daicho.inquiry.thread import Threads
from daicho.ledger.vendor.access import VendorError, read_access
from daicho.ledger.vendor.out import chosen
from vendor_ledger import VENDOR, access_of, book, export, ids, ledger_of


def asked_of(made: Book) -> set[str]:
    """The inquiries that would go out."""
    ledger = ledger_of(made)
    return set(chosen(ledger, Threads(ledger.events).inquiries, access_of(made), NOW))


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
    options = told.value.values["options"]
    assert isinstance(options, list)
    assert {"受付番号", "対応状況", "問い合わせ区分", "メモ", "件名"} <= set(options)
    assert "、件名、" in WORDS.say(told.value.key, **told.value.values)
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
    made.rows[0]["status"] = "対応中"
    made.rows[1]["assignee"] = "外注"
    made.rows[2]["tags"] = "急がない、外注可"
    assert asked_of(made) == {ids(made)[n] for n in wanted}


def test_finished_inquiries_stay_at_home() -> None:
    made = book()
    made.rows[0]["status"] = "対応済み"
    assert asked_of(made) == set(ids(made)[1:])


@pytest.mark.parametrize("kind", ["bounce", "auto"])
@pytest.mark.parametrize("status", ["未対応", "対象外"])
def test_returned_and_automatic_mail_is_never_handed_over(kind: str, status: str) -> None:
    made = book("対応状況：未対応、対象外", categories="在庫・再入荷、不良・破損、その他、営業・勧誘")
    before = set(ids(made))
    made.sync(arrival("m1@x", "Undelivered Mail", kind=kind))
    row = next(row for row in made.rows if row["id"] not in before)
    row["status"], row["category"] = status, "その他"
    assert asked_of(made) == before


def test_sales_are_handed_over_only_once_a_person_gave_them_another_category() -> None:
    made = book("対応状況：未対応、対象外", categories="在庫・再入荷、不良・破損、その他、営業・勧誘")
    before = set(ids(made))
    made.sync(arrival("m1@x", "ご提案です。", subject="営業のご案内"))
    row = next(row for row in made.rows if row["id"] not in before)
    row["status"] = "未対応"
    assert asked_of(made) == before
    row["category"] = "在庫・再入荷"
    assert asked_of(made) == {*before, row["id"]}


def test_nothing_to_hand_over_is_told() -> None:
    made = book(categories="領収書・請求書")
    with pytest.raises(VendorError) as told:
        export(made)
    assert told.value.key == "vendor.nothing"
