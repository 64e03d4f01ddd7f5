"""What a typed text becomes: the reading of USER_ENTERED.

A number, date, amount or percentage is recognised only where the whole text is one; all else stays text.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from .errors import Json
from .grid import Formula, Value, check_length

EPOCH = datetime(1899, 12, 30)

NUMBER = re.compile(r"([+-]?)([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)?(\.[0-9]*)?([eE][+-]?[0-9]{1,3})?(%?)")
CURRENCIES = {"$": '"$"', "¥": '"¥"', "￥": '"¥"', "€": '"€"', "£": '"£"'}
ISO_DATE = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
SHORT_DATE = re.compile(r"([0-9]{1,2})([-/])([0-9]{1,2})(?:\2([0-9]{4}|[0-9]{2}))?")
KANJI_DATE = re.compile(r"(?:([0-9]{4})年)?([0-9]{1,2})月([0-9]{1,2})日")
TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?: ?([AaPp])[Mm])?")

Entered = tuple[Value, Json | None]
"""A value, and the number format it brings along."""


def entered(raw: Any, number_format: Json | None, locale: str, today: date) -> Entered:
    """The value of one JSON value written with USER_ENTERED into a cell that has `number_format`."""
    if not isinstance(raw, str):
        return number(raw), None
    check_length(raw)
    if raw == "":
        return None, None
    if (number_format or {}).get("type") == "TEXT":
        return raw, None
    if raw.startswith("'"):
        return raw[1:] or None, None
    if raw.startswith("=") and len(raw) > 1:
        return Formula(raw), None
    text = raw.strip()
    found = _boolean(text) or _number(text) or _moment(text, locale, today)
    if found:
        return found
    if text.startswith("+") and len(text) > 1:
        return Formula("=" + text), None
    return raw, None


def number(raw: Any) -> Value:
    """A JSON number as Google keeps it: a double, printed without a point where it is whole."""
    if isinstance(raw, bool) or raw is None or isinstance(raw, str):
        return raw
    if isinstance(raw, int):
        return raw if abs(raw) <= 2**53 else int(float(raw))
    return int(raw) if raw.is_integer() and abs(raw) < 1e15 else float(raw)


def _boolean(text: str) -> Entered | None:
    word = text.upper()
    return (word == "TRUE", None) if word in ("TRUE", "FALSE") else None


def _number(text: str) -> Entered | None:
    sign = ""
    symbol = ""
    for part in ("sign", "symbol"):
        if part == "sign" and text[:1] in ("-", "+") and text[1:2] in CURRENCIES:
            sign, text = text[0], text[1:]
        elif part == "symbol" and text[:1] in CURRENCIES:
            symbol, text = text[0], text[1:].lstrip()
    match = NUMBER.fullmatch(text)
    if not match or not (match[2] or (match[3] and match[3] != ".")):
        return None
    value = float(
        (sign or match[1]) + (match[2] or "0").replace(",", "") + (match[3] or "") + (match[4] or "")
    )
    if match[5]:
        value /= 100
    return number(value), _number_format(match, symbol)


def _number_format(match: re.Match[str], symbol: str) -> Json | None:
    decimals = ".00" if match[3] and len(match[3]) > 1 else ""
    if symbol:
        return {"type": "CURRENCY", "pattern": f"{CURRENCIES[symbol]}#,##0{decimals}"}
    if match[5]:
        return {"type": "PERCENT", "pattern": f"0{decimals}%"}
    if match[4]:
        return {"type": "SCIENTIFIC", "pattern": "0.00E+00"}
    if match[2] and "," in match[2]:
        return {"type": "NUMBER", "pattern": f"#,##0{decimals}"}
    return None


def _moment(text: str, locale: str, today: date) -> Entered | None:
    """A date, a time, or both with a blank between them."""
    day = _day(text, locale, today)
    if day:
        return serial(datetime.combine(day[0], time())), {"type": "DATE", "pattern": day[1]}
    clock = _clock(text)
    if clock:
        return number(clock[0] / timedelta(days=1)), {"type": "TIME", "pattern": clock[1]}
    first, blank, second = text.partition(" ")
    day, clock = _day(first, locale, today), _clock(second) if blank else None
    if day and clock:
        moment = datetime.combine(day[0], time()) + clock[0]
        return serial(moment), {"type": "DATE_TIME", "pattern": f"{day[1]} {clock[1]}"}
    return None


def _day(text: str, locale: str, today: date) -> tuple[date, str] | None:
    match = ISO_DATE.fullmatch(text)
    if match:
        pattern = "yyyy{0}mm{0}dd" if len(match[3]) == len(match[4]) == 2 else "yyyy{0}m{0}d"
        return _date(match[1], match[3], match[4], pattern.format(match[2]))
    match = KANJI_DATE.fullmatch(text)
    if match:
        pattern = 'yyyy"年"m"月"d"日"' if match[1] else 'm"月"d"日"'
        return _date(match[1] or str(today.year), match[2], match[3], pattern)
    match = SHORT_DATE.fullmatch(text)
    if match:
        mark, year = match[2], match[4]
        pattern = f"m{mark}d" + (f"{mark}yyyy" if year else "")
        year = str(today.year) if not year else year if len(year) == 4 else f"20{year}"
        month, day = match[1], match[3]
        if locale in ("en_GB", "de_DE", "fr_FR", "it_IT", "es_ES"):
            month, day = day, month
        return _date(year, month, day, pattern)
    return None


def _date(year: str, month: str, day: str, pattern: str) -> tuple[date, str] | None:
    try:
        return date(int(year), int(month), int(day)), pattern
    except ValueError:
        return None


def _clock(text: str) -> tuple[timedelta, str] | None:
    match = TIME.fullmatch(text)
    if not match or int(match[2]) > 59 or int(match[3] or 0) > 59 or int(match[1]) > 23:
        return None
    hour, half = int(match[1]), (match[4] or "").lower()
    if half and not 1 <= hour <= 12:
        return None
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    pattern = ("h:mm" if half else "H:mm") + (":ss" if match[3] else "") + (" am/pm" if half else "")
    return timedelta(hours=hour, minutes=int(match[2]), seconds=int(match[3] or 0)), pattern


def serial(moment: datetime) -> Value:
    """Days since 1899-12-30, the way a sheet keeps a date."""
    return number((moment - EPOCH) / timedelta(days=1))
