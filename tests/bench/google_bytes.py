"""How many bytes go over the line in a sync of a large Google Sheet: 2,000 rows of 25 columns, one new mail.

    python -m tests.bench.google_bytes [ROWS]

Counted at the stand-in. Google sends answers compressed: the last column says how small they get.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "scripts")]

from builders import NOW, OWN, TOKYO, WORDS, PlainJudge, raw_mail  # noqa: E402
from daicho.mail.local import EmlFolder  # noqa: E402
from daicho.sync import Shop, Sync  # noqa: E402
from google_ledger import LAYOUT, open_ledger  # noqa: E402
from sheets_api import SheetsServer  # noqa: E402

TEXT = "先日注文した商品について、お届け日とラッピングの可否を教えてください。" * 4


def put(folder: Path, number: int, answers: str = "") -> None:
    customer = number if not answers else 0
    date = NOW - timedelta(minutes=number) if not answers else NOW
    raw = raw_mail(
        f"c{customer}@example.jp", key=f"q{number}@example.jp", text=TEXT, date=date, answers=answers
    )
    (folder / f"{number:06}.eml").write_bytes(raw)


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as name, SheetsServer() as server:
        folder = Path(name)
        key = server.create("台帳")
        open_ledger(server, key, clock=lambda: NOW).prepare(LAYOUT, {})

        def sync(told: str) -> None:
            start = len(server.requests)
            shop = Shop(frozenset({OWN}), TOKYO, LAYOUT, WORDS)
            workbook = open_ledger(server, key, clock=lambda: NOW)
            mailbox = EmlFolder("support", folder)
            Sync(workbook, [mailbox], shop, lambda ledger, settings: PlainJudge(), lambda: NOW).run()
            for made in server.requests[start:] if told else ():
                packed = len(gzip.compress(made.response, 6))
                sent, received = len(made.request), len(made.response)
                print(
                    f"{told:22} {made.method:5} sent {sent:>9,}  received {received:>9,}  gzip {packed:>9,}"
                )

        for number in range(rows):
            put(folder, number)
        sync("")
        sync("")
        sync("nothing new")
        put(folder, rows)
        sync("one new inquiry")
        put(folder, rows + 1, answers="q0@example.jp")
        sync("one mail in a thread")
        sync("nothing new after it")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
