"""What a new shop is told after the sync that made its ledger, until somebody fills the settings tab."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from builders import raw_mail
from test_cli import Run, run, shop

__all__ = ["run"]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("ja", "次に、台帳の「設定」タブに担当者・商品・営業時間・署名を書いてください。"),
        (
            "en",
            'Next, fill in the "Settings" tab of the ledger: members, products, business hours, signature.',
        ),
    ],
)
def test_the_sync_that_made_the_ledger_names_the_next_step_once(
    run: Run, tmp_path: Path, language: str, told: str
) -> None:
    shop(tmp_path, raw_mail(key="q1@x"))
    file = tmp_path / "daicho.toml"
    file.write_text(f'language = "{language}"\n' + file.read_text(encoding="utf-8"), encoding="utf-8")
    assert told not in run("sync", "--dry-run")[1].replace("\n", "")
    assert told in run("sync")[1].replace("\n", " " if language == "en" else "")
    (tmp_path / "mail" / "new.eml").write_bytes(raw_mail("taro@example.jp", key="q2@x"))
    assert told not in run("sync")[1].replace("\n", "")


def test_a_ledger_that_was_set_up_beforehand_is_told_with_its_first_mail(run: Run, tmp_path: Path) -> None:
    shop(tmp_path, raw_mail(key="q1@x"))
    run("setup")
    assert "「設定」タブに" in run("sync")[1]


def test_who_has_filled_in_the_members_is_told_nothing(run: Run, tmp_path: Path) -> None:
    shop(tmp_path, raw_mail(key="q1@x"))
    run("setup")
    book = load_workbook("ledger.xlsx")
    sheet = book["設定"]
    places = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, places["担当者一覧"]).value = "佐藤"
    book.save("ledger.xlsx")
    assert "「設定」タブに" not in run("sync")[1]
