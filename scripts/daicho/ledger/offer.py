"""What an outsourcing vendor asks for, as a shop types it into the settings tab.

月額 30,000円・100件まで・超過 350円・初期 20,000円・9-18時・電話
monthly 30,000; up to 100; extra 350; set-up 20,000; 24h; mail
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Any

_PARTS = re.compile(r"[・、;/\n]|,(?!\d{3}(?!\d))")
_NUMBER = r"[¥￥]? ?(\d[\d,]*(?:\.\d+)?) ?(?:円|yen)?"
_AMOUNTS = (
    ("monthly", re.compile(rf"(?:月額|基本料|月々|monthly|per month)[^\d¥]*{_NUMBER}")),
    ("setup", re.compile(rf"(?:初期|導入|set-?up)[^\d¥]*{_NUMBER}")),
    (
        "cap",
        re.compile(r"(?:上限|up to|cap)[^\d]*(\d[\d,]*) ?件?(?:まで)?|(\d[\d,]*) ?件? ?(?:まで|included)"),
    ),
    (
        "each",
        re.compile(rf"(?:超過|追加|1 ?件(?:あたり|につき|ごと)?|extra|each|per inquiry)[^\d¥]*{_NUMBER}"),
    ),
)
_HOURS = re.compile(r"(\d{1,2})(?::00|時)? ?[-~ー] ?(\d{1,2})(?::00|時)?")
_ALL_DAY = re.compile(r"24 ?(?:時間|h(?:ours?)?)(?:対応)?")
_CHANNELS = {"メール": "mail", "mail": "mail", "電話": "phone", "phone": "phone"}


@dataclass(frozen=True, slots=True)
class Offer:
    """A vendor's offer. Money in yen; `monthly` includes `cap` inquiries a month (None: any number).

    `each` is paid for an inquiry beyond the cap, or for every one where there is no monthly fee; None: the
    vendor takes no more. `hours` are the (opening, closing) hours of the day, 0 to 24. `channel` is
    "mail" or "phone".
    """

    name: str = ""
    monthly: float = 0
    cap: int | None = None
    each: float | None = None
    setup: float = 0
    hours: tuple[int, int] = (0, 24)
    channel: str = "mail"


def parse_offer(text: str) -> Offer:
    """Reads an offer part by part; its name stands elsewhere.

    Raises ValueError for a part that is not understood, or where there is no price.
    """
    offer, priced = Offer(), False
    for part in filter(None, map(str.strip, _PARTS.split(_plain(text)))):
        read = _read(part)
        priced = priced or bool(read.keys() & {"monthly", "each"})
        offer = replace(offer, **read)
    if not priced:
        raise ValueError(f"an offer without a price: {text!r}")
    return offer


def parse_amount(text: str) -> float:
    """`"1,500円"`, `"¥1500"`, `"8分"`, `"8 min"` as a number. Raises ValueError."""
    match = re.fullmatch(
        r"(?:時給|約)? ?[¥￥]? ?(\d[\d,]*(?:\.\d+)?) ?(?:円|yen|分|min(?:utes?)?)?", _plain(text)
    )
    if not match:
        raise ValueError(f"no amount: {text!r}")
    return float(match[1].replace(",", ""))


def _read(part: str) -> dict[str, Any]:
    """The fields one part sets."""
    if part in _CHANNELS:
        return {"channel": _CHANNELS[part]}
    if _ALL_DAY.fullmatch(part):
        return {"hours": (0, 24)}
    if match := _HOURS.fullmatch(part):
        opening, closing = int(match[1]), int(match[2])
        if not opening < closing <= 24:
            raise ValueError(f"not hours of a day: {part!r}")
        return {"hours": (opening, closing)}
    for field, pattern in _AMOUNTS:
        if match := pattern.fullmatch(part):
            amount = float(next(filter(None, match.groups())).replace(",", ""))
            return {field: int(amount) if field == "cap" else amount}
    raise ValueError(f"not understood: {part!r}")


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).strip().lower()
    return folded.translate(str.maketrans("‐‑–—―−〜", "------~"))
