"""The customer asks something else while a person's own text stands in the reply cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders import raw_mail
from daicho.sheets.workbook import Cell
from office import QUESTION, Office, eml_drafts, eml_office, text_of

OWN_WORDS = "山田様\n\n青は来週入荷いたします。"
HURT = raw_mail(
    "山田花子 <hanako@example.jp>", text="皿でけがをしました。", key="q2@x", answers="q1@example.jp"
)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office where a person has written a reply of their own, and a new question is about to come."""
    office = eml_office(tmp_path, QUESTION)
    office.write(reply=OWN_WORDS, assignee="佐藤")
    office.sync()
    return office


def asks_again(office: Office, **cells: Cell) -> None:
    (office.folder / "mail" / "2.eml").write_bytes(HURT)
    if cells:
        office.write(**cells)
    office.sync()


def test_a_text_kept_is_told_of_and_our_new_template_is_nobodys_pick(office: Office) -> None:
    asks_again(office)
    assert (office.row["template"], office.row["reply"]) == ("safety", OWN_WORDS)
    assert office.row["status"] == "未対応"
    assert "書かれた文をそのまま残しました" in office.reason
    assert "反映していません" not in office.reason
    assert office.sync().commits == []


def test_a_text_that_has_served_gives_way_and_nothing_says_that_it_stands(office: Office) -> None:
    office.write(draft="✓")
    office.sync()
    asks_again(office)
    assert office.row["template"] == "safety"
    assert "安全のため" in str(office.row["reply"])
    assert "反映していません" not in office.reason
    assert office.sync().commits == []


def test_a_template_that_a_person_picks_then_is_still_told_of(office: Office) -> None:
    asks_again(office)
    office.write(template="receipt")
    office.sync()
    assert office.row["reply"] == OWN_WORDS
    assert office.reason.count("テンプレート「receipt」は反映していません") == 1
    assert office.sync().commits == []


CROSSED = "行き違いに、お客様から新しいメールが届きました"


def test_who_ticks_as_the_customer_writes_again_is_told_to_read_it_first(office: Office) -> None:
    asks_again(office, draft="✓")
    assert CROSSED in office.reason
    [draft] = eml_drafts(office)
    assert draft["In-Reply-To"] == "<q2@x>"
    assert "> 皿でけがをしました。" in text_of(draft)


def test_who_writes_between_the_tick_and_the_draft_is_told_of_too(office: Office) -> None:
    office.write(draft="✓")

    def write(step: str) -> None:
        if step == "after commit" and office.steps.count(step) == 1:
            (office.folder / "mail" / "2.eml").write_bytes(HURT)

    office.happen = write
    office.sync()
    assert CROSSED in office.reason
    assert [draft["In-Reply-To"] for draft in eml_drafts(office)] == ["<q2@x>"]


def test_a_tick_after_the_new_mail_was_seen_tells_nothing(office: Office) -> None:
    asks_again(office)
    office.write(draft="✓")
    office.sync()
    assert len(eml_drafts(office)) == 1
    assert CROSSED not in office.reason
