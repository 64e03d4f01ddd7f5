"""How long a month's summary takes on a ledger of 100,000 inquiries, and its tab in a large file.

python tests/bench/summary_speed.py [inquiries]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parents[1]))

from daicho.ledger.rows import Ledger
from daicho.ledger.settings import read_settings
from daicho.ledger.summary.as_page import as_page
from daicho.ledger.summary.facts import read_facts
from daicho.ledger.summary.month import Month
from daicho.ledger.summary.summary import summarise
from daicho.report import html_of
from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.layout import load_layout
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Commit
from daicho.wording import wording
from shop_year import make_ledger, tell_year

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2027, 1, 5, tzinfo=UTC)
IN_A_FILE = 5_000
"""Inquiries of the file that a tab is written into."""

_Done = TypeVar("_Done")


def timed(name: str, work: Callable[[], _Done]) -> _Done:
    start = time.perf_counter()
    done = work()
    print(f"{name:<44} {time.perf_counter() - start:6.2f} s")
    return done


def main(inquiries: int) -> None:
    layout, words = load_layout("ja"), wording("ja")
    rows = load_starters("ja")["settings"]
    settings = read_settings(make_ledger([], layout, TOKYO, rows).snapshot.tables["settings"], layout)
    half = inquiries // 2
    stories = [*tell_year(2025, half), *tell_year(2026, inquiries - half, 2, 10 * inquiries)]
    made = make_ledger(stories, layout, TOKYO, rows)
    print(f"{inquiries:,} inquiries, {len(made.events):,} messages, two years")
    ledger = timed("read the rows (every sync does)", lambda: Ledger(made.snapshot, layout, TOKYO))
    facts = timed("read the facts", lambda: read_facts(ledger, settings))
    month = Month(2026, 12)
    summary = timed("a month from facts", lambda: summarise(ledger, settings, words, month, NOW, facts))
    timed("HTML", lambda: html_of(summary, words))
    with TemporaryDirectory() as folder:
        workbook = ExcelWorkbook(Path(folder) / "ledger.xlsx", layout)
        workbook.prepare(layout, {})
        few = make_ledger(stories[:IN_A_FILE], layout, TOKYO).snapshot.tables
        appends = {key: [record.cells for record in few[key]] for key in ("messages", "inquiries")}
        base = workbook.commit(workbook.read(), Commit(appends=appends))
        page = as_page(summary, words)
        timed(f"the tab, in a file of {IN_A_FILE:,} inquiries", lambda: workbook.write_pages(base, [page]))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
