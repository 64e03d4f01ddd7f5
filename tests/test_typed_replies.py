"""The reply column is people's as much as ours: what a person types there stands, and is what is drafted."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import LAYOUT, NOW, Book, arrival, book_with_question
from daicho.ledger.rows import Base
from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.workbook import Cell, Commit, Update
from office import QUESTION, Office, eml_drafts, eml_office, text_of

OWN_WORDS = "山田様\n\n青は来週入荷いたします。\n\n　お取り置きも承ります。"


@pytest.fixture
def book() -> Book:
    return book_with_question()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return eml_office(tmp_path, QUESTION)


def drafts(office: Office) -> list[str]:
    return [text_of(draft) for draft in eml_drafts(office)]


def reply(book: Book) -> str:
    return str(book.rows[0].get("reply") or "")


def again(key: str = "q2@x", hours_ago: float = 0.0) -> object:
    return arrival(key, "まだ在庫はありますか。", answers=["q1@example.jp"], hours_ago=hours_ago)


# --- the cell --------------------------------------------------------------------------------------------


def test_the_column_is_shared() -> None:
    assert LAYOUT.tab("inquiries").column("reply").owner == "shared"


def test_what_a_person_types_stands_sync_after_sync(book: Book) -> None:
    book.rows[0]["reply"] = OWN_WORDS
    for day in range(5):
        report = book.sync(now=NOW + timedelta(days=day)).report
        assert (report.restored, report.conflicts) == ([], [])
        assert reply(book) == OWN_WORDS
    assert not book.plan(now=NOW + timedelta(days=4)).commit


@pytest.mark.parametrize("change", ["\n\n追伸", "\n\n", " "])
def test_the_smallest_change_to_our_text_is_a_persons_text(book: Book, change: str) -> None:
    edited = reply(book).replace("カスタマーサポートの", f"カスタマーサポートの{change}")
    book.rows[0]["reply"] = edited
    book.rows[0]["assignee"] = "佐藤"
    book.sync()
    assert reply(book) == edited


def test_what_a_program_changes_on_saving_is_no_persons_text(book: Book) -> None:
    book.rows[0]["reply"] = "\r\n".join(line + " " for line in reply(book).split("\n")) + "\r\n"
    book.rows[0]["assignee"] = "佐藤"
    book.sync()
    assert "カスタマーサポートの佐藤でございます。" in reply(book)


def test_an_emptied_cell_is_proposed_anew(book: Book) -> None:
    proposed = reply(book)
    book.rows[0]["reply"] = OWN_WORDS
    book.sync()
    book.rows[0].pop("reply")
    book.sync()
    assert reply(book) == proposed


def test_a_text_typed_where_we_proposed_none_stands(book: Book) -> None:
    book.rows[0]["template"] = "ない"
    book.sync()
    book.rows[0]["reply"] = OWN_WORDS
    book.sync()
    book.rows[0]["template"] = "receipt"
    book.sync()
    assert reply(book) == OWN_WORDS


def test_a_text_typed_into_a_row_typed_by_hand_stands(book: Book) -> None:
    book.type_row(excerpt="電話：在庫は？", reply=OWN_WORDS, template="restock")
    book.sync()
    book.sync()
    assert book.rows[1]["reply"] == OWN_WORDS


def test_the_text_stays_when_the_row_is_done(book: Book) -> None:
    book.rows[0].update(reply=OWN_WORDS, status="対応済み")
    book.sync()
    book.sync()
    assert reply(book) == OWN_WORDS


def test_the_hidden_base_does_not_hold_the_text(book: Book) -> None:
    proposed = reply(book)
    assert len(proposed) > 200
    base = str(book.rows[0]["base"])
    assert proposed[60:80] not in base
    assert len(str(Base.read(base).facts["reply"])) <= 12


# --- the customer writes again ---------------------------------------------------------------------------


def test_our_own_text_follows_the_customers_new_question(book: Book) -> None:
    before = reply(book)
    book.sync(arrival("q2@x", "けがをしました。", answers=["q1@example.jp"], hours_ago=0))
    assert reply(book) != before
    assert book.rows[0]["template"] == "safety"


def test_a_text_nobody_has_used_yet_stays_and_the_row_says_so(book: Book) -> None:
    book.rows[0]["reply"] = OWN_WORDS
    book.sync()
    report = book.sync(again()).report  # type: ignore[arg-type]
    assert reply(book) == OWN_WORDS
    assert "返信案は、書かれた文をそのまま残しました" in str(book.rows[0]["reason"])
    assert report.conflicts == [book.rows[0]["id"]]
    assert not book.plan().commit


def test_a_text_that_was_sent_makes_room_for_the_next(book: Book) -> None:
    book.rows[0]["reply"] = OWN_WORDS
    book.sync()
    sent = OWN_WORDS + "\n\n佐藤"
    book.sync(arrival("r1@x", sent, incoming=False, answers=["q1@example.jp"], hours_ago=2))
    assert reply(book) == OWN_WORDS
    book.sync(again())  # type: ignore[arg-type]
    assert "在庫を切らしております" in reply(book)


def test_a_text_beside_an_answer_in_other_words_stays(book: Book) -> None:
    book.rows[0]["reply"] = OWN_WORDS
    book.sync()
    book.sync(arrival("r1@x", "お電話しました。", incoming=False, answers=["q1@example.jp"], hours_ago=2))
    book.sync(again())  # type: ignore[arg-type]
    assert reply(book) == OWN_WORDS


def test_a_text_that_lies_in_drafts_makes_room_unless_it_was_changed_since(office: Office) -> None:
    mail = office.folder / "mail"
    for number, later in enumerate(["", "もう一度書き直しました。"]):
        office.write(draft="✓", assignee="佐藤", reply=OWN_WORDS)
        office.sync()
        if later:
            office.write(reply=later)
            office.sync()
        again = QUESTION.replace(b"q1@", f"q{number + 2}@".encode()).replace(
            b"Subject", b"In-Reply-To: <q1@example.jp>\nSubject", 1
        )
        (mail / f"{number + 2}.eml").write_bytes(again)
        office.now += timedelta(minutes=20)
        office.sync()
        assert (office.row["reply"] == later) == bool(later)
        assert office.row["reply"] != OWN_WORDS


# --- the draft -------------------------------------------------------------------------------------------


def test_a_tick_drafts_what_stands_in_the_cell(office: Office) -> None:
    office.write(reply=OWN_WORDS, draft="✓", assignee="佐藤")
    office.sync()
    [text] = drafts(office)
    assert text.startswith(OWN_WORDS + "\n\n2026年11月20日")
    assert "カスタマーサポートの" not in text
    assert office.row["reply"] == OWN_WORDS
    assert "置きました（佐藤）。" in office.reason


def test_a_text_typed_long_before_the_tick_is_drafted_too(office: Office) -> None:
    office.write(reply=OWN_WORDS)
    office.sync()
    office.now += timedelta(days=3)
    office.write(draft="✓")
    office.sync()
    [text] = drafts(office)
    assert text.startswith(OWN_WORDS)


def test_a_row_without_a_template_can_be_drafted_once_somebody_wrote_the_text(office: Office) -> None:
    office.write(template=None, reply=OWN_WORDS, draft="✓")
    office.sync()
    [text] = drafts(office)
    assert text.startswith(OWN_WORDS)


def test_an_edit_of_our_text_is_drafted_without_our_own_line_and_with_its_gaps_counted(
    office: Office,
) -> None:
    proposed = str(office.row["reply"])
    assert proposed.startswith("※要記入 3 か所")
    office.write(reply=proposed.replace("【要記入：再入荷予定日】", "12月3日"), draft="✓", assignee="佐藤")
    office.sync()
    [text] = drafts(office)
    assert text.startswith("山田花子 様\n")
    assert "12月3日ごろ" in text and "要記入 3 か所" not in text
    assert "【要記入：担当者名】" in text
    assert "置きました（佐藤、要記入 2 か所）" in office.reason


def test_words_a_person_types_are_never_filled_in(office: Office) -> None:
    office.write(reply='{お客様名} 様\n=HYPERLINK("http://x")\n{署名}', draft="✓")
    office.sync()
    [text] = drafts(office)
    assert text.startswith('{お客様名} 様\n=HYPERLINK("http://x")\n{署名}')


def test_a_text_that_a_cell_cut_off_is_whole_in_the_draft_even_when_edited(office: Office) -> None:
    long = "{お客様名} 様\n\n" + "長い説明です。" * 4600 + "\n\n{署名}"
    snapshot = office.workbook.read()
    restock = next(r for r in snapshot.tables["templates"] if r.cells["key"] == "restock")
    edit = Commit(updates=[Update("templates", restock, {"body": long})])
    ExcelWorkbook.commit(office.workbook, snapshot, edit)
    office.sync()
    office.write(reply=str(office.row["reply"]).replace("山田花子", "花子", 1), draft="✓")
    office.sync()
    [text] = drafts(office)
    assert text.startswith("花子 様") and text.count("長い説明です。") == 4600
    assert "続きは下書きで" not in text


# --- what the row says of it --------------------------------------------------------------------------------


def test_the_line_of_what_is_to_be_filled_in_is_recounted_and_goes_with_the_last_gap(book: Book) -> None:
    book.rows[0]["reply"] = reply(book).replace("【要記入：再入荷予定日】", "12月3日")
    book.sync()
    assert reply(book).startswith("※要記入 4 か所")
    head, _, text = reply(book).replace("【要記入：", "").replace("】", "").partition("\n\n")
    book.rows[0]["reply"] = f"{head}\n\n{text}"
    book.sync()
    assert reply(book) == text
    assert not book.plan().commit


def test_a_template_picked_beside_a_text_of_ones_own_is_said_to_have_no_effect_once(book: Book) -> None:
    book.rows[0]["reply"] = OWN_WORDS
    book.sync()
    assert "反映していません" not in str(book.rows[0].get("reason"))
    book.rows[0]["template"] = "receipt"
    book.sync()
    assert reply(book) == OWN_WORDS
    assert str(book.rows[0]["reason"]).count("テンプレート「receipt」は反映していません") == 1
    assert not book.plan().commit


def test_a_draft_laid_before_the_customers_new_mail_is_told_of(office: Office) -> None:
    office.write(draft="✓", assignee="佐藤")
    office.sync()
    mail = QUESTION.replace(b"q1@", b"q2@").replace(b"Subject", b"In-Reply-To: <q1@example.jp>\nSubject", 1)
    (office.folder / "mail" / "2.eml").write_bytes(mail)
    office.sync()
    assert "前の下書き（11/20 12:00）は、お客様の新しいメールより前" in office.reason


def test_a_new_draft_beside_an_older_one_is_told_of(office: Office) -> None:
    office.write(draft="✓", assignee="佐藤")
    office.sync()
    office.now += timedelta(minutes=1)
    office.write(draft="✓", reply=OWN_WORDS)
    office.sync()
    assert "11/20 12:01 前の下書き（11/20 12:00）も、下書きフォルダーに残っています" in office.reason
    assert len(drafts(office)) == 2


# --- whatever people do ----------------------------------------------------------------------------------

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("reply"), st.sampled_from(["=1+1", "{署名}", "自分の文", "", "別の\n文"])),
        st.tuples(st.just("status"), st.sampled_from(["対応済み", "保留", "未対応"])),
        st.tuples(st.just("template"), st.sampled_from(["receipt", "ない", "restock"])),
        st.tuples(st.just("assignee"), st.sampled_from(["佐藤", "田中"])),
        st.tuples(st.just("asks"), st.just("")),
        st.tuples(st.just("answers"), st.sampled_from(["自分の文", "在庫がございます。"])),
        st.tuples(st.just("day"), st.just("")),
    ),
    max_size=12,
)


@given(STEPS)
@settings(max_examples=60, deadline=None)
def test_no_text_a_person_typed_is_ever_lost(steps: list[tuple[str, str]]) -> None:
    book, now, mails, typed = book_with_question(), NOW, 0, ""
    for step, word in steps:
        arrivals = []
        now += timedelta(days=step == "day", minutes=1)
        if step in ("asks", "answers"):
            mails += 1
            hours = (NOW - now) / timedelta(hours=1)
            text = word or "在庫はどうですか。"
            arrivals = [
                arrival(
                    f"m{mails}@x",
                    text,
                    answers=["q1@example.jp"],
                    incoming=step == "asks",
                    hours_ago=hours,
                )
            ]
        elif step == "reply":
            typed = word
            cell: Cell = word or None
            book.rows[0]["reply"] = cell
        elif step != "day":
            book.rows[0][step] = word
        book.sync(*arrivals, now=now)
        logged = [str(entry["text"]) for entry in book.log if entry["direction"] == "送信"]
        assert not typed or typed in (reply(book), *logged)
        assert not book.plan(now=now).commit
