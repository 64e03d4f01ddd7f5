"""The sample mailbox, moved near today so that due times and urgencies can be seen at work."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

from daicho.wording import templates_folder

SHOP_ADDRESS = "support@sakura-zakka.example.jp"
_DATE = re.compile(rb"^Date: *(.+)$", re.MULTILINE)


def lay_out_demo(folder: Path, now: datetime) -> int:
    """Copies the sample mails to `folder` (inbox/ and sent/) and returns how many there are.

    Their dates are moved by whole weeks, so that weekdays still fit and the newest is less than a week old.
    A folder that is there already is left as it is.
    """
    samples = sorted((templates_folder() / "demo").glob("*/*.eml"))
    if folder.exists():
        return len(samples)
    newest = max(_date(path.read_bytes()) for path in samples)
    shift = timedelta(weeks=(now - newest) // timedelta(weeks=1))
    for path in samples:
        target = folder / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_moved(path.read_bytes(), shift))
    return len(samples)


def _date(raw: bytes) -> datetime:
    found = _DATE.search(raw)
    assert found, "every sample mail has a Date"
    return parsedate_to_datetime(found[1].decode("ascii"))


def _moved(raw: bytes, shift: timedelta) -> bytes:
    moved = format_datetime(_date(raw) + shift).encode("ascii")
    return _DATE.sub(b"Date: " + moved, raw, count=1)
