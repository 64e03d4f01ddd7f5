"""A draft that was asked for and whose text people took away before it could be laid."""

from __future__ import annotations

from pathlib import Path

import pytest

from daicho.errors import MailError
from daicho.sheets.workbook import Cell
from office import QUESTION, Office, eml_drafts, eml_office


@pytest.fixture
def waiting(tmp_path: Path) -> Office:
    """An office with a tick that was heard while the mailbox could not be read."""
    office = eml_office(tmp_path, QUESTION)
    office.write(draft="✓", assignee="佐藤")

    def fail(step: str) -> None:
        if step == "fetch" and office.steps.count(step) == 2:
            raise MailError("mail.timed-out", host="imap.example.jp")

    office.happen = fail
    office.sync()
    office.happen = lambda step: None
    assert eml_drafts(office) == []
    return office


def test_no_empty_draft_is_laid_and_the_row_says_what_is_missing(waiting: Office) -> None:
    waiting.write(template=None, reply=None)
    waiting.sync()
    assert eml_drafts(waiting) == []
    assert "下書きは作っていません：返信テンプレートが選ばれていません。" in waiting.reason
    assert waiting.sync().commits == [], "the tick is given up, and told once"


@pytest.mark.parametrize(
    "cells", [{"template": "thanks", "reply": None}, {"template": None, "reply": "はい。"}]
)
def test_what_people_chose_or_wrote_meanwhile_is_what_is_laid(
    waiting: Office, cells: dict[str, Cell]
) -> None:
    waiting.write(**cells)
    waiting.sync()
    assert len(eml_drafts(waiting)) == 1
