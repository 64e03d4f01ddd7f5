"""What people decide stands: a status set by hand against ticks, names and drafts that cannot be laid."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from builders import LAYOUT, NOW, OWN, TOKYO, Book, arrival, book_with_question
from daicho.cli.showing import one_line
from daicho.ledger.plan import Report
from daicho.mail.mbox import Mbox
from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.workbook import Cell, Commit, Update
from office import QUESTION, Office, eml_office
from test_cli import Run, run

__all__ = ["run"]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A shop with one question in its mailbox."""
    return eml_office(tmp_path, QUESTION)


# --- a status set by hand --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["対応済み", "保留", "対象外"])
def test_a_status_set_by_hand_stands_when_a_draft_is_laid_for_somebody(office: Office, status: str) -> None:
    office.write(status=status)
    office.sync()
    closed = office.row.get("closed")
    office.write(draft="✓", assignee="佐藤")
    assert office.sync().report.drafted == [office.row["id"]]
    assert (office.row["status"], office.row.get("closed")) == (status, closed)
    assert office.sync().commits == []


def test_a_status_set_by_hand_together_with_the_tick_stands(office: Office) -> None:
    office.write(status="対応済み", draft="✓", assignee="佐藤")
    office.sync()
    assert office.row["status"] == "対応済み"
    assert office.row["closed"] == NOW.astimezone(TOKYO).replace(tzinfo=None)


def test_a_status_set_by_hand_is_no_conflict_with_a_tick(office: Office) -> None:
    office.write(status="保留", draft="✓", assignee="佐藤")
    assert office.sync().report.conflicts == []
    assert "を残しました" not in office.reason


def test_a_proposed_status_moves_on_once_the_draft_is_there(office: Office) -> None:
    office.write(draft="✓")
    office.sync()
    assert office.row["status"] == "対応中"


def test_a_tick_after_our_answer_keeps_the_time_it_was_done() -> None:
    book = book_with_question()
    book.sync(arrival("r1@x", "入荷しました。", incoming=False, answers=["q1@example.jp"], hours_ago=2))
    closed = book.rows[0]["closed"]
    book.rows[0].update(draft=True, assignee="佐藤")
    book.sync()
    assert (book.rows[0]["status"], book.rows[0]["closed"]) == ("対応済み", closed)


@pytest.mark.parametrize(
    ("mail", "status"),
    [
        (arrival("q2@x", "まだ届きません。", answers=["q1@example.jp"], hours_ago=0), "未対応"),
        (arrival("r1@x", "届きます。", answers=["q1@example.jp"], incoming=False, hours_ago=0), "対応済み"),
    ],
)
def test_what_comes_by_mail_moves_a_status_set_by_hand(mail: object, status: str) -> None:
    book = book_with_question()
    book.rows[0]["status"] = "保留"
    book.sync()
    book.sync(mail)  # type: ignore[arg-type]
    assert book.rows[0]["status"] == status


def test_a_name_written_beside_a_status_of_ones_own_moves_nothing_now_or_later() -> None:
    book = book_with_question()
    book.rows[0].update(status="保留", assignee="佐藤")
    book.sync()
    book.rows[0]["assignee"] = "田中"
    assert book.sync().report.conflicts == []
    assert book.rows[0]["status"] == "保留"


def test_a_row_typed_by_hand_keeps_the_status_typed_with_it() -> None:
    typed: dict[str, Cell] = {"excerpt": "電話：再入荷は？", "status": "対応済み", "assignee": "佐藤"}
    book = Book()
    book.type_row(**typed)
    book.sync()
    assert book.rows[0]["status"] == "対応済み"


# --- drafts that are not made ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"template": None}, "返信テンプレートが選ばれていない"),
        ({"address": None}, "メールの宛先がない"),
    ],
)
def test_a_refused_draft_is_told_with_its_inquiry_and_reason(change: dict[str, Cell], words: str) -> None:
    book = book_with_question()
    if "address" in change:
        book.type_row(excerpt="電話：在庫は？")
        book.sync()
    row = book.rows[-1]
    row.update({"draft": True} | change)
    report = book.sync().report
    assert list(report.undrafted) == [row["id"]]
    assert words in report.undrafted[str(row["id"])]
    assert row["status"] == "未対応"


def test_a_draft_that_no_folder_holds_is_told_and_leaves_the_status(tmp_path: Path) -> None:
    (tmp_path / "mail.mbox").write_bytes(b"From x\n" + QUESTION + b"\n")
    office = Office(tmp_path, Mbox("support", tmp_path / "mail.mbox"))
    office.sync()
    office.write(draft="✓", assignee="佐藤", status="保留")
    [(id, told)] = office.sync().report.undrafted.items()
    assert (id, office.row["status"]) == (office.row["id"], "保留")
    assert "「support」には下書きを置けません" in told


def test_a_draft_that_no_folder_holds_takes_no_inquiry(tmp_path: Path) -> None:
    (tmp_path / "mail.mbox").write_bytes(b"From x\n" + QUESTION + b"\n")
    office = Office(tmp_path, Mbox("support", tmp_path / "mail.mbox"))
    office.sync()
    office.write(draft="✓")
    office.sync()
    assert office.row["status"] == "未対応"


# --- what the command says -------------------------------------------------------------------------------


def test_sync_names_each_draft_it_could_not_make(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mail.mbox").write_bytes(b"From x\n" + QUESTION + b"\n")
    (tmp_path / "daicho.toml").write_text(
        f'shop.addresses = ["{OWN}"]\nworkbook.excel = "ledger.xlsx"\n'
        '[[mailbox]]\nname = "support"\nmbox = "mail.mbox"\n',
        encoding="utf-8",
    )
    run("sync")
    workbook = ExcelWorkbook(tmp_path / "ledger.xlsx", LAYOUT)
    snapshot = workbook.read()
    [row] = snapshot.tables["inquiries"]
    workbook.commit(snapshot, Commit(updates=[Update("inquiries", row, {"draft": True})]))
    _, out, _ = run("sync")
    assert "下書きを作れなかった問い合わせ  1" in out
    assert re.search(rf"  {row.cells['id']}  .*「support」には下書きを置けません", out.replace("\n", ""))


def test_watch_names_each_draft_it_could_not_make() -> None:
    report = Report(mails=2, undrafted={"261120-AAAA": "宛先がありません。"})
    assert one_line(report).split("\n")[1:] == ["  261120-AAAA  宛先がありません。"]
