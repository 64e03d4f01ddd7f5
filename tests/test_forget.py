"""Forgetting one person, and everybody whose matter was settled long ago."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from builders import LAYOUT, NOW, TOKYO, WORDS, Book, arrival
from daicho.ledger.forget import Forgotten, forget, months_before, prune, retention, tells
from daicho.ledger.rows import Ledger, text_of
from daicho.ledger.settings import read_settings
from daicho.ledger.summary.facts import read_facts
from daicho.ledger.summary.month import Month
from daicho.ledger.summary.summary import summarise
from daicho.ledger.vendor.log import Export
from daicho.mail.key import veiled_key
from daicho.mail.mailbox import Head
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Record

MARK = "（消去済み）"
HANAKO = "hanako@example.jp"
LATER = NOW + timedelta(days=900)


def book() -> Book:
    """Hanako asks twice and is answered; Ichiro's mail names her (a mix-up of parcels)."""
    made = Book()
    made.sync(
        arrival(
            "q1.hanako@x",
            "山田花子です。090-1234-5678 へ。注文番号 1009-3347",
            name="山田 花子",
            sender=HANAKO,
            hours_ago=40,
        ),
        arrival(
            "q2@x",
            "山田花子様の荷物が届きました。伝票に １００９−３３４７ とあります",
            name="林一郎",
            sender="ichiro@example.com",
            hours_ago=30,
        ),
    )
    made.sync(
        arrival(
            "r1@x",
            "山田 花子 様　ございます。",
            name="山田 花子",
            sender=HANAKO,
            answers=["q1.hanako@x"],
            incoming=False,
            hours_ago=20,
        ),
    )
    made.rows[0]["memo"] = "山田さんは常連"
    made.sync()
    return made


def ledger_of(made: Book) -> Ledger:
    return Ledger(made.snapshot, LAYOUT, TOKYO)


def forgotten(made: Book, address: str = HANAKO) -> Forgotten:
    result = forget(ledger_of(made), address, WORDS)
    made.apply(result.commit)
    return result


def everything(made: Book) -> str:
    return "\n".join(
        text_of(cell)
        for records in made.snapshot.tables.values()
        for record in records
        for cell in record.cells.values()
    )


def test_nothing_of_the_person_is_left_in_any_tab_hidden_cells_included() -> None:
    made = book()
    forgotten(made)
    left = everything(made)
    for personal in (
        "山田",
        "花子",
        "hanako",
        "090-1234-5678",
        "１００９",
        "09012345678",
        "1009-3347",
        "ございます",
        "常連",
    ):
        assert personal not in left, personal


def test_others_keep_their_words() -> None:
    made = book()
    forgotten(made)
    other = made.rows[1]
    assert other["excerpt"] == f"{MARK}様の荷物が届きました。伝票に {MARK} とあります"
    assert (other["customer"], other["address"]) == ("林一郎", "ichiro@example.com")


def test_numbers_days_and_states_stay() -> None:
    made = book()
    before = dict(made.rows[0])
    forgotten(made)
    after = made.rows[0]
    for key in (
        "id",
        "received",
        "status",
        "category",
        "priority",
        "messages",
        "first_reply",
        "closed",
        "customer_id",
    ):
        assert after.get(key) == before.get(key), key


def test_a_second_time_there_is_nothing_to_do() -> None:
    made = book()
    first = forgotten(made)
    assert (len(first.inquiries), len(first.customers), first.messages, first.mentions) == (1, 1, 2, 2)
    assert not forget(ledger_of(made), HANAKO, WORDS).commit


def test_the_next_sync_brings_nothing_back_and_writes_nothing() -> None:
    made = book()
    forgotten(made)
    plan = made.plan(
        arrival(
            "q1.hanako@x",
            "山田花子です。090-1234-5678 へ。注文番号 1009-3347",
            name="山田 花子",
            sender=HANAKO,
            hours_ago=40,
        )
    )
    assert not plan.commit


def test_an_erased_inquiry_is_closed_and_no_longer_on_the_list() -> None:
    made = Book()
    made.sync(arrival("q1@x", "けがをしました。", sender=HANAKO, hours_ago=90))
    assert made.plan().report.urgent == made.plan().report.overdue == [made.rows[0]["id"]]
    made.rows[0]["status"] = "保留"
    made.sync()
    forgotten(made)
    assert (made.rows[0]["status"], made.rows[0].get("due")) == ("対象外", None)
    plan = made.plan()
    assert not plan.commit
    assert (plan.report.urgent, plan.report.overdue) == ([], [])


def numbers_of(made: Book) -> object:
    """What the months say, but for how many are open today: from today on nobody waits any longer."""
    months = (Month(2026, 9), Month(2026, 10), Month(2026, 11))
    ledger = ledger_of(made)
    given = read_settings([], LAYOUT)
    pages = [summarise(ledger, given, WORDS, month, NOW + timedelta(minutes=5)) for month in months]
    open_then = [{**page.table("by-day").values("backlog"), "11/20(金)": None} for page in pages]
    return [(page.figures, page.table("again"), page.table("by-member")) for page in pages], open_then


@pytest.mark.parametrize("status", ["未対応", "対応中", "保留", "対応済み", "対象外"])
def test_the_numbers_of_the_months_stay_whatever_an_inquirys_status_was(status: str) -> None:
    made = Book()
    made.sync(arrival("q1@x", "在庫はありますか。", sender=HANAKO, hours_ago=900))
    made.sync(arrival("q2@x", "割れていました。", sender=HANAKO, hours_ago=90))
    made.rows[0]["status"] = made.rows[1]["status"] = status
    made.sync()
    before = numbers_of(made)
    forgotten(made)
    assert numbers_of(made) == before
    assert not made.plan().report.overdue


def test_a_thank_you_stays_one_in_the_months_numbers() -> None:
    made = book()
    made.sync(
        arrival(
            "t1@x", "ありがとうございました。", sender=HANAKO, answers=["r1@x"], incoming=True, hours_ago=2
        )
    )
    before = numbers_of(made)
    forgotten(made)
    assert "ありがとうございました" in everything(made)
    assert numbers_of(made) == before
    assert not forget(ledger_of(made), HANAKO, WORDS).commit


def test_nobody_waits_any_longer_once_they_are_erased() -> None:
    made = Book()
    made.sync(arrival("q1@x", "在庫はありますか。", sender=HANAKO, hours_ago=3))
    forgotten(made)
    facts = read_facts(ledger_of(made), read_settings([], LAYOUT))
    [fact] = facts.all
    assert (fact.status, fact.kept(LATER)) == ("open", "pending")
    assert fact.open_days[-1][1] == NOW.astimezone(TOKYO).date()


def test_our_own_text_that_named_the_person_is_still_ours_afterwards() -> None:
    made = Book()
    templates = load_starters("ja")["templates"]
    made.snapshot.tables["templates"] = [Record(n, dict(row)) for n, row in enumerate(templates, 2)]
    made.sync(arrival("q1@x", name="山田 花子", sender=HANAKO, hours_ago=40))
    made.sync(arrival("q2@x", name="山田 花子 の 母", sender="haha@example.com", hours_ago=30))
    forgotten(made)
    assert f"{MARK}" in str(made.rows[1]["reply"])
    made.rows[1]["assignee"] = "佐藤"
    made.sync()
    assert "カスタマーサポートの佐藤でございます。" in str(made.rows[1]["reply"])


def test_a_key_that_names_the_person_is_known_by_its_fingerprint() -> None:
    made = book()
    forgotten(made)
    keys = [text_of(cells["key"]) for cells in made.log]
    assert veiled_key("q1.hanako@x") in keys
    known = ledger_of(made).known
    assert known(Head("q1.hanako@x", NOW - timedelta(hours=40), HANAKO))
    assert not known(Head("q7.hanako@x", NOW, HANAKO))


def test_whoever_writes_again_is_a_new_customer() -> None:
    made = book()
    forgotten(made)
    made.sync(arrival("q5@x", "在庫は？", name="山田 花子", sender=HANAKO))
    assert [cells.get("addresses") for cells in made.customers] == [None, "ichiro@example.com", HANAKO]


def test_the_exports_that_hold_the_person_are_named() -> None:
    made = book()
    ids = [str(cells["id"]) for cells in made.rows]
    packs = [
        Export(f"X-{n}", "外注", NOW.replace(tzinfo=None), "s", "v", {}, {id}) for n, id in enumerate(ids)
    ]
    rows = [row for pack in packs for row in pack.rows({})]
    made.snapshot.tables["exports"] = [Record(n, row) for n, row in enumerate(rows, 2)]
    assert [export.id for export in forgotten(made).exports] == ["X-0"]


ASKED = "むすめの結婚式に間に合うように届けてほしいです。"
COMMON = "領収書はいつごろ届くのでしょうか。"


def faq(status: str, **cells: str) -> dict[str, str]:
    """What is left of a question in the FAQ tab once its writer is forgotten. Ichiro asks the common one."""
    made = Book()
    made.sync(
        arrival("q1@x", f"{ASKED}{COMMON}", name="山田 花子", sender=HANAKO),
        arrival("q2@x", COMMON, name="林一郎", sender="ichiro@example.com"),
    )
    row = {"id": "F-001", "status": LAYOUT.label("faq_status", status), **cells}
    made.snapshot.tables["faq"] = [Record(2, dict(row))]
    forgotten(made)
    return {key: text_of(made.snapshot.tables["faq"][0].cells.get(key)) for key in cells}


@pytest.mark.parametrize("status", ["proposed", "rejected"])
def test_a_proposed_question_in_the_words_of_the_person_goes(status: str) -> None:
    left = faq(status, question=ASKED, example=f"{ASKED}{COMMON}", answer="翌日に発送します。")
    assert left == {"question": MARK, "example": MARK, "answer": "翌日に発送します。"}


def test_an_approved_question_is_the_shops_own_and_only_its_example_goes() -> None:
    left = faq("approved", question=ASKED, example=ASKED[:12] + "…")
    assert left == {"question": ASKED, "example": MARK}


def test_what_others_asked_in_the_same_words_stays() -> None:
    assert faq("proposed", question=COMMON, example=COMMON) == {"question": COMMON, "example": COMMON}


def test_nobody_is_nobody() -> None:
    assert not forget(ledger_of(book()), "nobody@example.jp", WORDS).commit


def test_a_name_that_another_customer_bears_too_stays_theirs() -> None:
    made = book()
    made.sync(
        arrival("q6@x", "山田花子と申します。", name="山田 花子", sender="other@example.net", hours_ago=2)
    )
    forgotten(made)
    assert made.rows[2]["customer"] == "山田 花子"


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("hanako@example.jp.1@x", True),
        ("20261121.Hanako.9@mx", True),
        ("abc@hanako-mail", False),
        ("q1@x", False),
    ],
)
def test_a_key_names_somebody_by_address_or_by_what_stands_before_the_at(key: str, told: bool) -> None:
    assert tells(key, [HANAKO]) is told


# --- prune --------------------------------------------------------------------------------------------------


def pruned(made: Book, now: datetime = LATER, secret: str = "once") -> Forgotten:
    before = months_before(now.astimezone(TOKYO).replace(tzinfo=None), 24)
    result = prune(ledger_of(made), before, secret, WORDS)
    made.apply(result.commit)
    return result


def test_settled_inquiries_lose_their_people_and_keep_their_words() -> None:
    made = book()
    result = pruned(made)
    assert result.inquiries == [made.rows[0]["id"]]
    first = made.rows[0]
    assert str(first["customer"]).startswith("お客様-")
    assert str(first["excerpt"]).startswith(f"{first['customer']}です。電話-")
    assert "ございます。" in text_of(made.log[2]["text"])
    own = "\n".join(
        text_of(cell)
        for cells in (first, made.log[0], made.log[2], made.customers[0])
        for cell in cells.values()
    )
    for personal in ("山田", "花子", "hanako", "1234", "1009-3347"):
        assert personal not in own, personal


def test_open_inquiries_stay_whole_however_old() -> None:
    made = book()
    pruned(made)
    assert made.rows[1]["customer"] == "林一郎"


def test_pruning_twice_changes_nothing_more() -> None:
    made = book()
    pruned(made)
    assert not pruned(made, secret="twice").commit


def test_a_sync_after_pruning_writes_nothing() -> None:
    made = book()
    made.rows[1]["status"] = "対応済み"
    made.sync(now=LATER)
    pruned(made, LATER + timedelta(days=900))
    assert not made.plan(now=LATER).commit


def test_a_customer_with_an_open_inquiry_stays() -> None:
    made = book()
    made.sync(
        arrival("q8@x", "別の件です。", name="山田 花子", sender=HANAKO, hours_ago=-24 * 890), now=LATER
    )
    assert not pruned(made).customers
    assert made.customers[0]["name"] == "山田 花子"


def test_mails_of_rows_that_people_deleted_are_pruned_too() -> None:
    made = book()
    made.snapshot.tables["inquiries"].clear()
    assert pruned(made).messages == 3
    assert "hanako" not in "\n".join(text_of(cell) for cells in made.log for cell in cells.values())
    assert not pruned(made).commit


@pytest.mark.parametrize(
    ("value", "months"), [("24か月", 24), ("６ヶ月", 6), ("2年", 24), ("18 months", 18), ("1 year", 12)]
)
def test_the_retention_is_read_in_months_or_years(value: str, months: int) -> None:
    rows = [Record(2, {"setting": "保存期間", "value": value})]
    assert retention(rows, lambda label: LAYOUT.option("setting", label)) == months


def test_a_retention_without_a_value_is_none() -> None:
    rows = [Record(2, {"setting": "保存期間", "name": "対応が終わった問い合わせ"})]
    assert retention(rows, lambda label: LAYOUT.option("setting", label)) is None


@pytest.mark.parametrize("value", ["ずっと", "0か月", "24"])
def test_an_odd_retention_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=value):
        retention(
            [Record(2, {"setting": "保存期間", "value": value})],
            lambda label: LAYOUT.option("setting", label),
        )


def test_months_are_counted_back_to_a_day_that_exists() -> None:
    assert months_before(datetime(2027, 3, 31), 13) == datetime(2026, 2, 28)
    assert months_before(datetime(2027, 1, 15), 1) == datetime(2026, 12, 15)
