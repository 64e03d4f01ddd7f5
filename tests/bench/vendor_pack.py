"""A pack of many inquiries, masked; beside it XlsxWriter writing the very same cells.

    python -m tests.bench.vendor_pack [INQUIRIES]

Prints the processor seconds and peak memory of each step, and the ratio of the two writers in one run.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import xlsxwriter

from daicho.ledger.rows import Base, Ledger
from daicho.ledger.settings import read_settings
from daicho.ledger.vendor.access import read_access
from daicho.ledger.vendor.context import House
from daicho.ledger.vendor.home import bring_home
from daicho.ledger.vendor.out import Pack, build_pack
from daicho.sheets.layout import load_layout
from daicho.sheets.pack import sealed, write_pack
from daicho.sheets.pack_page import Formula
from daicho.sheets.pack_reading import read_grids
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Cell, Record, Snapshot
from daicho.wording import wording

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
LAYOUT, WORDS = load_layout("ja"), wording("ja")
HOUSE = House("さくら雑貨店", frozenset({"support@shop.example.jp"}))
FAMILIES, GIVEN = ("見本", "例田", "試山", "仮野", "雛形"), ("一郎", "花子", "次郎", "さくら", "太一")
TEXT = (
    "お世話になります。{name}と申します。先日注文した{item}がまだ届きません。注文番号は{order}です。\n"
    "電話は{phone}、住所は東京都見本区見本町{house}-2-3です。いつごろ届くか教えてください。\n"
    "急いではおりませんが、週末には使いたいと思っています。よろしくお願いいたします。\n{name}"
)


def snapshot(inquiries: int) -> Snapshot:
    """A ledger: two messages an inquiry, one customer each."""
    chance = random.Random(7)
    tables: dict[str, list[Record]] = {"inquiries": [], "messages": [], "customers": [], "exports": []}
    for tab in ("templates", "policies", "faq", "settings"):
        rows = load_starters("ja")[tab]
        tables[tab] = [Record(number, dict(row)) for number, row in enumerate(rows, 2)]
    terms = {
        "setting": "外注先の条件",
        "name": "みどりサポート",
        "value": "渡す列：お客様名、連絡先、件名、内容、注文番号",
    }
    tables["settings"] = [
        Record(2, {"setting": "外注先", "name": "みどりサポート", "value": "未着・遅延"}),
        Record(3, dict(terms)),
    ]
    for n in range(inquiries):
        name = f"{chance.choice(FAMILIES)}{n % 97} {chance.choice(GIVEN)}{n}"
        told = {
            "name": name,
            "item": "木のトレー",
            "order": f"{2000 + n % 5000}-{n:05}",
            "phone": f"090-{n // 10000:04}-{n % 10000:04}",
            "house": n,
        }
        text, moment = TEXT.format(**told), datetime(2026, 11, 1) + timedelta(minutes=n)
        id, address = f"2611{n // 500:02}-{n:05}", f"customer{n}@example.jp"
        base = Base({"status": "未対応"}, "0" * 12)
        row: dict[str, Cell] = {
            "id": id,
            "due": moment,
            "priority": "通常",
            "status": "未対応",
            "received": moment,
            "customer": name,
            "address": address,
            "subject": "届きません",
            "excerpt": text,
            "category": "未着・遅延",
            "order": told["order"],
            "customer_id": f"C-{n:05}",
            "base": base.cell(),
        }
        tables["inquiries"].append(Record(n + 2, row))
        for k, (way, side, words) in enumerate(
            (("受信", "from", text), ("送信", "to", f"{name} 様\nお調べします。"))
        ):
            message: dict[str, Cell] = {
                "key": f"m{n}-{k}@x",
                "inquiry": id,
                "date": moment + timedelta(hours=k),
                "direction": way,
                "kind": "問い合わせ" if k == 0 else "返信",
                side: f"{name} <{address}>",
                "subject": "届きません",
                "text": words,
            }
            tables["messages"].append(Record(2 * n + k + 2, message))
        customer: dict[str, Cell] = {
            "id": f"C-{n:05}",
            "name": name,
            "addresses": address,
            "phones": told["phone"].replace("-", ""),
            "orders": told["order"],
        }
        tables["customers"].append(Record(n + 2, customer))
    return Snapshot(1, {}, tables, NOW)


def with_xlsxwriter(pack: Pack, path: Path) -> None:
    """The same cells, streamed."""
    book = xlsxwriter.Workbook(
        path, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    moment, text = (
        book.add_format({"num_format": "yyyy/mm/dd hh:mm"}),
        book.add_format({"num_format": "@", "text_wrap": True}),
    )
    for page in pack.pages:
        sheet = book.add_worksheet(page.label)
        for place, column in enumerate(page.columns):
            sheet.write_string(0, place, column.key)
            sheet.write_string(2, place, column.label)
        for number, row in enumerate(page.rows, 3):
            for place, column in enumerate(page.columns):
                match row.get(column.key):
                    case Formula() as formula:
                        sheet.write_formula(number, place, formula)
                    case datetime() as when:
                        sheet.write_datetime(number, place, when, moment)
                    case str() as words:
                        sheet.write_string(number, place, words, text)
                    case int() | float() as count:
                        sheet.write_number(number, place, count)
    book.close()


def timed(name: str, work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:<34}{seconds:8.2f} s   peak so far {peak:6.0f} MB")
    return seconds


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    made: list[Ledger] = []
    timed(
        f"ledger of {count} inquiries",
        lambda: made.append(Ledger(snapshot(count), LAYOUT, ZoneInfo("Asia/Tokyo"))),
    )
    (ledger,) = made
    records = ledger.snapshot.tables["settings"]
    settings, access = read_settings(records, LAYOUT), read_access(records, LAYOUT, "みどりサポート")
    packs: list[Pack] = []
    timed(
        "choose, mask, look for leaks",
        lambda: packs.append(build_pack(ledger, settings, access, HOUSE, WORDS, NOW, "k")),
    )
    (pack,) = packs
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder) / "ours.xlsx", Path(folder) / "theirs.xlsx"

        def write() -> None:
            with ours.open("wb") as file:
                write_pack(pack.pages, LAYOUT, file, "…")

        own = timed("write (openpyxl, dressed)", write)
        other = timed("write (XlsxWriter, same cells)", lambda: with_xlsxwriter(pack, theirs))
        print(f"{'ratio of the writers':<34}{own / other:8.2f}")
        print(f"{'sizes':<34}{ours.stat().st_size / 1e6:8.2f} MB {theirs.stat().st_size / 1e6:8.2f} MB")
        timed("lock (AES-256)", lambda: BytesIO(sealed(ours.read_bytes(), "password")))
        log = ledger.snapshot.tables["exports"]
        log += [Record(n, row) for n, row in enumerate(pack.export.rows(pack.told), 2)]
        grids = read_grids(ours.read_bytes(), "ours.xlsx", str)
        timed("take home, unchanged", lambda: bring_home(ledger, settings, HOUSE, WORDS, grids, NOW))


if __name__ == "__main__":
    main()
