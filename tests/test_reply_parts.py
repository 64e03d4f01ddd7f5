"""A reply to several requests of one mail: each part names the order it is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders import LAYOUT, NOW, TOKYO, WORDS, Book, arrival, raw_mail
from daicho.inquiry.judge import Judgement
from daicho.ledger.forget import forget
from daicho.ledger.parts import own_parts
from daicho.ledger.rows import Base, Ledger
from daicho.ledger.suggest import suggested
from daicho.mail.local import EmlFolder
from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Cell, Commit, Record, Update
from office import Office, parsed, text_of

BODIES = {
    "restock": "{お客様名} 様\n\n在庫の件：{注文番号}／{商品名}\n\n{署名}",
    "safety": "{お客様名} 様\n\nお怪我の件：{注文番号}／{商品名}\n\n{署名}",
    "receipt": "{お客様名} 様\n\n領収書の件：{注文番号}／{商品名}\n\n{署名}",
}
TWO_ORDERS = (
    "在庫はありますか。注文番号 A-1001 です。\n"
    "また、グラスでけがをしました。注文番号 B-2002 です。どうすればよいですか。"
)


def templates() -> list[Record]:
    rows = [dict(row) for row in load_starters("ja")["templates"]]
    for row in rows:
        row["body"] = BODIES.get(str(row["key"]), row["body"])
    return [Record(number, row) for number, row in enumerate(rows, 2)]


@pytest.fixture
def book() -> Book:
    book = Book()
    book.snapshot.tables["templates"] = templates()
    return book


def named(row: dict[str, Cell]) -> dict[str, str]:
    """Which order each part of a reply names."""
    lines = [line.partition("：") for line in str(row["reply"]).split("\n") if "の件：" in line]
    return {part.removesuffix("の件"): said.partition("／")[0] for part, _, said in lines}


def facts(book: Book) -> dict[str, object]:
    return Base.read(book.rows[0]["base"]).facts


def test_each_part_of_a_reply_names_the_order_it_was_asked_about(book: Book) -> None:
    book.sync(arrival("q1@x", TWO_ORDERS))
    [row] = book.rows
    assert (row["template"], row["order"]) == ("safety、restock", "A-1001、B-2002")
    assert named(row) == {"お怪我": "B-2002", "在庫": "A-1001"}
    assert not book.plan().commit, "the next sync finds nothing to change"


@pytest.mark.parametrize(
    ("mail", "orders"),
    [
        # Both are about the same order, which only the first names: nothing to tell apart.
        ("在庫は？注文番号 A-1001 です。\nまた、けがをしました。どうすれば？", ("A-1001", "A-1001")),
        (
            "注文番号 A-1001 と C-3003 の在庫は？\nまた、けがをしました。注文番号 B-2002 です。どうすれば？",
            ("B-2002", "A-1001、C-3003"),
        ),
        # Who names none at all, and who names all in one part.
        ("在庫は？\nまた、けがをしました。どうすれば？", ("【要記入：注文番号】", "【要記入：注文番号】")),
        (
            "注文番号 A-1001 と B-2002 の在庫は？\nまた、けがをしました。どうすれば？",
            ("A-1001、B-2002", "A-1001、B-2002"),
        ),
        # Two parts about one matter get one text, which names the orders of both.
        (
            "在庫は？注文番号 A-1001\nまた、赤の在庫は？注文番号 C-3003\n"
            "あと、けがをしました。注文番号 B-2002\nどうすれば？",
            ("B-2002", "A-1001、C-3003"),
        ),
    ],
)
def test_orders_are_told_apart_only_where_the_parts_tell_them_apart(
    book: Book, mail: str, orders: tuple[str, str]
) -> None:
    book.sync(arrival("q1@x", mail))
    assert named(book.rows[0]) == dict(zip(("お怪我", "在庫"), orders, strict=True))


def test_what_a_person_wrote_into_the_order_cell_stands_in_every_part(book: Book) -> None:
    book.sync(arrival("q1@x", TWO_ORDERS))
    book.rows[0]["order"] = "C-3003"
    book.sync()
    assert named(book.rows[0]) == {"お怪我": "C-3003", "在庫": "C-3003"}
    book.rows[0]["order"] = "B-2002、A-1001"
    book.sync()
    assert named(book.rows[0]) == {"お怪我": "B-2002", "在庫": "A-1001"}, "the same orders, only turned round"


@pytest.mark.parametrize(
    ("picked", "orders"),
    [
        ("restock", {"在庫": "A-1001"}),
        ("restock、safety", {"在庫": "A-1001", "お怪我": "B-2002"}),
        # What nobody asked for names the orders that the other parts leave, else all.
        ("safety、receipt", {"お怪我": "B-2002", "領収書": "A-1001"}),
        ("receipt", {"領収書": "A-1001、B-2002"}),
        ("safety、restock、receipt", {"お怪我": "B-2002", "在庫": "A-1001", "領収書": "A-1001、B-2002"}),
    ],
)
def test_a_template_that_a_person_picks_names_its_own_order_or_what_is_left(
    book: Book, picked: str, orders: dict[str, str]
) -> None:
    book.sync(arrival("q1@x", TWO_ORDERS))
    book.rows[0]["template"] = picked
    book.sync()
    assert named(book.rows[0]) == orders


def test_a_row_written_before_the_parts_were_remembered_names_all_orders_as_ever(book: Book) -> None:
    book.sync(arrival("q1@x", TWO_ORDERS))
    base = Base.read(book.rows[0]["base"])
    del base.facts["parts"]
    book.rows[0]["base"] = base.cell()
    book.sync()
    assert named(book.rows[0]) == {"お怪我": "A-1001、B-2002", "在庫": "A-1001、B-2002"}


@pytest.mark.parametrize("fact", [None, 3, [], {"order": 3}, {"order": {"safety": 5}}, {"else": {}}])
def test_a_damaged_memory_of_the_parts_counts_as_none(book: Book, fact: object) -> None:
    book.sync(arrival("q1@x", TWO_ORDERS))
    base = Base.read(book.rows[0]["base"])
    base.facts["parts"] = fact
    book.rows[0]["base"] = base.cell()
    book.sync()
    assert named(book.rows[0]) == {"お怪我": "A-1001、B-2002", "在庫": "A-1001、B-2002"}


def test_a_new_question_forgets_the_parts_of_the_one_before(book: Book) -> None:
    book.sync(arrival("q1@x", TWO_ORDERS, hours_ago=3))
    book.sync(arrival("q2@x", "在庫はどうなりましたか。", answers=["q1@x"], hours_ago=1))
    assert named(book.rows[0]) == {"在庫": "A-1001、B-2002"}
    assert "parts" not in facts(book)
    book.sync(arrival("q3@x", TWO_ORDERS, answers=["q1@x"], hours_ago=0.5))
    assert named(book.rows[0]) == {"お怪我": "B-2002", "在庫": "A-1001"}


def test_nothing_is_remembered_where_one_order_is_all(book: Book) -> None:
    book.sync(
        arrival("q1@x", "注文番号 A-1001 の在庫は？\nまた、けがをしました。注文番号 A-1001 どうすれば？")
    )
    assert "parts" not in facts(book)


def test_a_template_that_the_reply_is_made_of_is_no_other_candidate() -> None:
    def judged(*templates: str) -> Judgement:
        return Judgement(
            *("inquiry", "stock", 0.9, "normal", (), (), False, (), "", (), templates, None, None, ())
        )

    book = Book()
    book.snapshot.tables["templates"] = templates()
    plan = book.plan()
    whole, requests = judged("safety", "restock", "receipt"), [judged("restock"), judged("safety")]
    got, _ = suggested(whole, requests, "ja", plan.replies)
    assert got.templates == ("safety、restock", "receipt")


def test_a_part_may_tell_its_product_too() -> None:
    parts = {"order": {"safety": "B-2002"}, "product": {"safety": "グラス", "restock": "マグ"}}
    row = {"order": "A-1001、B-2002", "product": "マグ、グラス"}
    assert own_parts(parts, row, ["safety", "restock"], WORDS) == {
        "safety": {"order": "B-2002", "product": "グラス"},
        "restock": {"order": "A-1001", "product": "マグ"},
    }


def test_an_order_from_outside_stays_plain_text_in_its_part() -> None:
    parts = {"order": {"safety": "{署名}\n" + "9" * 999}}
    own = own_parts(parts, {"order": "A-1"}, ["safety"], WORDS)["safety"]["order"]
    assert own.startswith("{署名} 999") and own.endswith("…") and "\n" not in own


def test_an_english_mail_has_its_parts_by_the_twins_that_answer_it(book: Book) -> None:
    for key, body in (("safety-en", "Injury: {order number}"), ("restock-en", "Stock: {order number}")):
        row: dict[str, Cell] = {
            "key": key,
            "name": key,
            "body": f"Dear {{customer name}},\n\n{body}",
            "on": True,
        }
        book.snapshot.tables["templates"].append(Record(90, row))
    text = (
        "Is the blue mug from order A-1001 back in stock again?\n"
        "Also, I hurt myself on the glass (けが) of order number B-2002. Could you tell me what to do?"
    )
    book.sync(arrival("q1@x", text, name="Mia"))
    assert book.rows[0]["template"] == "safety-en、restock-en"
    assert "Injury: B-2002" in str(book.rows[0]["reply"]) and "Stock: A-1001" in str(book.rows[0]["reply"])


def test_the_draft_of_a_later_sync_says_what_the_reply_column_says(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / "1.eml").write_bytes(raw_mail("花子 <hanako@example.jp>", text=TWO_ORDERS, key="q1@x"))
    office = Office(tmp_path, EmlFolder("support", folder))
    snapshot = office.workbook.read()
    bodies = [
        Update("templates", record, {"body": BODIES[str(record.cells["key"])]})
        for record in snapshot.tables["templates"]
        if record.cells["key"] in BODIES
    ]
    ExcelWorkbook.commit(office.workbook, snapshot, Commit(updates=bodies))
    office.sync()
    office.now = NOW
    office.write(draft="✓", assignee="佐藤")
    office.sync()
    [path] = (folder / "Drafts").glob("*.eml")
    reply = str(office.row["reply"])
    assert named(dict(office.row)) == {"お怪我": "B-2002", "在庫": "A-1001"}
    assert reply.partition("\n\n")[2].strip() in text_of(parsed(path.read_bytes()))


def test_a_forgotten_person_leaves_no_order_in_the_memory_of_the_parts(book: Book) -> None:
    book.sync(arrival("q1@x", TWO_ORDERS))
    book.apply(forget(Ledger(book.snapshot, LAYOUT, TOKYO), "hanako@example.jp", WORDS).commit)
    assert "2002" not in str(book.rows[0]) and "1001" not in str(book.rows[0])
