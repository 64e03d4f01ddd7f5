"""What a sync tells a person on the screen beside counts: rows that people deleted, drafts with gaps."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from openpyxl import load_workbook

from builders import NOW, raw_mail
from office import QUESTION, eml_drafts, eml_office, text_of
from test_cli import Run, run, shop

__all__ = ["run"]


def words(text: str) -> str:
    """A text as it reads, wherever a narrow screen has parted its lines."""
    return "".join(text.split())


def delete_row(number: int) -> str:
    """A person deletes a row of the ledger's file; its id."""
    book = load_workbook("ledger.xlsx")
    id = str(book.worksheets[0].cell(number, 1).value)
    book.worksheets[0].delete_rows(number)
    book.save("ledger.xlsx")
    return id


@pytest.mark.parametrize(
    ("language", "told", "stays"),
    [
        ("ja", "消された行 1 {id}（お客様から次のメールが来るまで戻りません）", "消された行"),
        ("en", "Deleted rows 1 {id} (they stay away until their customers write again)", "Deleted rows"),
    ],
)
def test_rows_that_people_deleted_are_told(
    run: Run, tmp_path: Path, language: str, told: str, stays: str
) -> None:
    shop(tmp_path, raw_mail(key="q1@x"), raw_mail("taro@example.jp", key="q2@x", text="返品したいです。"))
    file = tmp_path / "daicho.toml"
    file.write_text(f'language = "{language}"\n' + file.read_text(encoding="utf-8"), encoding="utf-8")
    assert stays not in run("sync")[1]
    id = delete_row(2)
    assert words(told.format(id=id)) in words(run("sync")[1])
    assert json.loads(run("sync", "--json")[1])["deleted"] == [id]


def test_a_draft_with_gaps_is_told_with_their_count(tmp_path: Path) -> None:
    office = eml_office(tmp_path, QUESTION)
    office.write(template="restock、shipping-estimate", draft="✓", assignee="佐藤")
    planned, done = office.sync(dry=True).report, office.sync().report
    (draft,) = eml_drafts(office)
    gaps = text_of(draft).count("【要記入：")
    assert gaps > 0
    told = f"【要記入】が {gaps} か所残っています。送る前に書き入れてください。"
    assert planned.unfilled == done.unfilled == {office.row["id"]: told}
    assert office.sync().report.unfilled == {}


def test_a_draft_without_gaps_is_told_as_laid_and_no_more(tmp_path: Path) -> None:
    office = eml_office(tmp_path, QUESTION)
    office.write(reply="来週入荷します。", draft="✓", assignee="佐藤")
    report = office.sync().report
    assert (report.drafted, report.unfilled) == ([office.row["id"]], {})


def test_the_screen_names_the_draft_and_its_gaps(run: Run, tmp_path: Path) -> None:
    shop(tmp_path, raw_mail(key="q1@x", date=NOW))
    run("sync")
    book = load_workbook("ledger.xlsx")
    sheet = book.worksheets[0]
    places = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, places["下書き作成"]).value = "✓"
    sheet.cell(2, places["返信テンプレート"]).value = "shipping-estimate"
    book.save("ledger.xlsx")
    out = run("sync")[1]
    assert "要記入の残る下書き  1" in out
    assert re.search(rf"{sheet.cell(2, 1).value}  【要記入】が \d+ か所残っています", out)
