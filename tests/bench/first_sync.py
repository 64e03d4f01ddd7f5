"""First sync of many small mails, and a sync with nothing new; beside them, plain reading of the same files.

    python -m tests.bench.first_sync [MAILS]

Prints seconds, mails a second, peak memory, and the ratio to what runs at the same time on the same machine.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime
from pathlib import Path

from daicho.config import read_config
from daicho.desk import Desk

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
TEXTS = (
    "先日注文した{item}がまだ届きません。注文番号は{order}です。いつ届きますか。",
    "{item}の在庫はありますか。再入荷の予定を教えてください。",
    "届いた{item}の色が違っていました。注文番号 {order} です。交換をお願いします。",
    "{item}の領収書を発行していただけますか。宛名は株式会社みほんでお願いします。注文番号：{order}",
    "{item}の使い方がわかりません。説明書をなくしてしまいました。",
    "お世話になります。{item}を返品したいのですが、送料はどちらの負担でしょうか。",
)
ITEMS = ("マグカップ", "木のトレー", "ガーゼケット", "耐熱グラス", "ルームシューズ")


def write_maildir(folder: Path, mails: int) -> None:
    """A Maildir of `mails` small mails; every third is an answer within a thread."""
    chance = random.Random(1)
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True)
    for number in range(mails):
        mail = EmailMessage()
        customer = f"c{chance.randrange(mails // 2 + 1)}@example.jp"
        mail["From"], mail["To"] = customer, "support@shop.example.jp"
        mail["Date"] = format_datetime(NOW - timedelta(minutes=10 * (mails - number)))
        mail["Message-ID"] = f"<m{number}@example.jp>"
        if number % 3 == 2:
            mail["In-Reply-To"] = f"<m{number - 1}@example.jp>"
        text = chance.choice(TEXTS).format(item=chance.choice(ITEMS), order=f"123-{number:07}-{number:07}")
        mail["Subject"] = text[:18]
        mail.set_content(f"{text}\n\n--\n山田花子\n")
        (folder / "cur" / f"{number:06}.M1P1.host:2,S").write_bytes(mail.as_bytes())


def timed(name: str, work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    print(f"{name:<42} {seconds:8.2f} s")
    return seconds


def parse_all(folder: Path) -> None:
    for path in (folder / "cur").iterdir():
        BytesParser(policy=policy.default).parsebytes(path.read_bytes()).get_body()


def main() -> None:
    mails = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_maildir(folder / "mail", mails)
        data = {
            "shop": {"addresses": ["support@shop.example.jp"]},
            "workbook": {"excel": "ledger.xlsx"},
            "mailbox": [{"name": "bench", "maildir": "mail"}],
        }
        desk = Desk(read_config(data, folder), lambda: NOW)
        base = timed("email.policy.default parses the same mails", lambda: parse_all(folder / "mail"))
        first = timed(f"first sync of {mails} mails", desk.sync)
        again = timed("sync with nothing new", Desk(desk.config, lambda: NOW).sync)
        size = (folder / "ledger.xlsx").stat().st_size / 1e6
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(f"ledger {size:.1f} MB, peak memory {peak:.0f} MB, {mails / first:.0f} mails/s")
        print(f"ratio to plain parsing: first sync {first / base:.2f}, nothing new {again / base:.2f}")


if __name__ == "__main__":
    main()
