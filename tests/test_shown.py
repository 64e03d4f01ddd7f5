"""What a sync tells a person on the screen beside counts: rows that people deleted, drafts with gaps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from builders import raw_mail
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
