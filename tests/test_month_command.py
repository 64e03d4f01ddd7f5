"""`daicho summary` and the tab that a sync keeps up, as a person uses them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from builders import raw_mail
from test_cli import Run, run, shop

__all__ = ["run"]

TODAY = datetime.now(ZoneInfo("Asia/Tokyo"))
MONTH = f"{TODAY:%Y-%m}"


@pytest.fixture
def synced(run: Run, tmp_path: Path) -> Run:
    """A ledger with one inquiry of this month, made by a sync."""
    start = TODAY.replace(day=1, hour=0, minute=0, second=30)
    shop(tmp_path, raw_mail(key="a", date=max(start, TODAY - timedelta(hours=1)).astimezone(UTC)))
    assert run("sync")[0] == 0
    return run


def test_a_sync_keeps_the_running_months_tab(synced: Run) -> None:
    sheet = load_workbook("ledger.xlsx")[f"月次集計 {MONTH}"]
    assert (sheet["A6"].value, sheet["B6"].value) == ("お問い合わせ件数", 1)


def test_a_sync_with_nothing_new_leaves_the_file_alone(synced: Run) -> None:
    before = Path("ledger.xlsx").read_bytes()
    assert synced("sync")[0] == 0
    assert Path("ledger.xlsx").read_bytes() == before


def test_a_dry_run_leaves_the_file_alone(synced: Run) -> None:
    before = Path("ledger.xlsx").read_bytes()
    Path("mail/new.eml").write_bytes(raw_mail(key="new", date=TODAY.astimezone(UTC)))
    assert synced("sync", "--dry-run")[0] == 0
    assert Path("ledger.xlsx").read_bytes() == before


def test_summary_says_the_six_numbers_and_where_the_rest_stands(synced: Run) -> None:
    code, out, err = synced("summary")
    assert (code, err) == (0, "")
    assert "お問い合わせ件数" in out
    assert f"月次集計 {MONTH}" in out


def test_summary_writes_a_month_asked_for(run: Run, tmp_path: Path) -> None:
    shop(tmp_path, raw_mail(key="a", date=datetime(2020, 1, 20, tzinfo=UTC)))
    run("sync")
    code, out, _ = run("summary", "--month", "2020-02", "--json")
    found = json.loads(out)
    assert (code, found["month"], found["figures"]["inquiries"]["value"]) == (0, "2020-02", 0)
    assert "月次集計 2020-02" in load_workbook("ledger.xlsx").sheetnames


@pytest.mark.parametrize("month", ["2999-01", "2001-01"])
def test_a_month_without_mail_gets_no_tab(synced: Run, month: str) -> None:
    code, _, err = synced("summary", "--month", month)
    assert (code, len(err.strip().splitlines())) == (2, 1)
    assert month in err
    assert f"月次集計 {month}" not in load_workbook("ledger.xlsx").sheetnames


def test_a_ledger_without_mail_has_this_months_summary_only(run: Run, tmp_path: Path) -> None:
    shop(tmp_path)
    run("sync")
    assert run("summary")[0] == 0
    assert run("summary", "--month", "2020-01")[0] == 2


def test_summary_writes_html_for_the_owner(synced: Run) -> None:
    code, out, _ = synced("summary", "--html", "owner.html")
    assert code == 0
    assert "owner.html" in out
    assert "<svg" in Path("owner.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(("--month", "2026-13"), "2026-13"), (("--html", "nowhere/owner.html"), "owner.html")],
)
def test_what_cannot_be_done_is_told_in_one_sentence(
    synced: Run, arguments: tuple[str, ...], told: str
) -> None:
    code, _, err = synced("summary", *arguments)
    assert code == 2
    assert told in err
    assert len(err.strip().splitlines()) == 1
