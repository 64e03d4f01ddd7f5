"""How a number is shown: the general form, and the common number-format patterns."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache

from .entering import EPOCH
from .errors import Json

DEFAULT_PATTERNS = {
    "NUMBER": "#,##0.00",
    "CURRENCY": '"$"#,##0.00',
    "PERCENT": "0.00%",
    "SCIENTIFIC": "0.00E+00",
    "DATE": "m/d/yyyy",
    "TIME": "h:mm:ss am/pm",
    "DATE_TIME": "m/d/yyyy h:mm:ss",
}
JAPANESE_PATTERNS = DEFAULT_PATTERNS | {
    "CURRENCY": '"¥"#,##0',
    "DATE": "yyyy/mm/dd",
    "TIME": "H:mm:ss",
    "DATE_TIME": "yyyy/mm/dd H:mm:ss",
}
MOMENTS = frozenset(("DATE", "TIME", "DATE_TIME"))

TOKEN = re.compile(r'"[^"]*"|\\.|[yY]+|[dD]+|[mM]+|[hH]+|[sS]+|[aA][mM]/[pP][mM]|[aA]/[pP]|.', re.DOTALL)
SLOT = re.compile(r"[#0?](?:[#0?,]*[#0?])?(?:\.[#0?]*)?(?:[eE][+-]0+)?")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def general(number: int | float) -> str:
    """A number without a format: about ten significant digits, whole numbers in full up to 15."""
    if isinstance(number, int) or number.is_integer():
        if abs(number) < 1e15:
            return str(int(number))
        return _scientific(number, 14)
    if not 1e-5 <= abs(number) < 1e15:
        return _scientific(number, 5)
    text = f"{number:.10g}"
    if "e" in text:
        text = f"{number:.15f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scientific(number: float, digits: int) -> str:
    mantissa, _, exponent = f"{number:.{digits}E}".partition("E")
    mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}E{exponent[0]}{exponent[1:].lstrip('0').rjust(2, '0')}"


def is_moment(number_format: Json | None) -> bool:
    return bool(number_format) and (number_format or {}).get("type") in MOMENTS


def shown(number: int | float, number_format: Json | None, locale: str) -> str:
    """The number as a person sees it."""
    if not number_format or number_format.get("type") in (None, "NUMBER_FORMAT_TYPE_UNSPECIFIED"):
        return general(number)
    kind = number_format["type"]
    patterns = JAPANESE_PATTERNS if locale.startswith("ja") else DEFAULT_PATTERNS
    pattern = number_format.get("pattern") or patterns.get(kind)
    if kind == "TEXT" or not pattern:
        return general(number)
    if kind in MOMENTS:
        return _moment(number, pattern)
    return _number(number, pattern)


def _number(number: int | float, pattern: str) -> str:
    sections = pattern.split(";")
    negative = number < 0
    if negative and len(sections) > 1:
        number, pattern, negative = -number, sections[1], False
    elif number == 0 and len(sections) > 2:
        pattern = sections[2]
    else:
        pattern = sections[0]
    bare = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', lambda match: "\0" * len(match[0]), pattern)
    slot = SLOT.search(bare)
    if not slot:
        return _literal(pattern)
    if "%" in bare:
        number *= 100
    body = _digits(abs(number), slot[0])
    return (
        ("-" if negative else "") + _literal(pattern[: slot.start()]) + body + _literal(pattern[slot.end() :])
    )


def _literal(text: str) -> str:
    text = re.sub(r"\[[^\]]*\]|[_*].", "", text)
    return re.sub(r'"([^"]*)"|\\(.)', lambda match: match[1] or match[2] or "", text)


def _digits(number: float, slot: str) -> str:
    mantissa, exponent, _ = re.match(r"([^eE]*)([eE]?)(.*)", slot).groups()  # type: ignore[union-attr]
    whole, _, decimals = mantissa.partition(".")
    if exponent:
        text = f"{number:.{len(decimals)}E}"
        return text
    text = f"{number:.{len(decimals)}f}"
    integer, _, fraction = text.partition(".")
    kept = len(decimals.rstrip("#"))
    while len(fraction) > kept and fraction.endswith("0"):
        fraction = fraction[:-1]
    minimum = whole.replace(",", "").count("0")
    integer = integer.lstrip("0").rjust(minimum, "0")
    if "," in whole:
        integer = _grouped(integer)
    return integer + ("." + fraction if fraction else "")


def _grouped(digits: str) -> str:
    head = len(digits) % 3
    groups = [digits[:head]] if head else []
    groups += [digits[at : at + 3] for at in range(head, len(digits), 3)]
    return ",".join(groups)


@lru_cache(maxsize=256)
def _tokens(pattern: str) -> tuple[str, ...]:
    """The parts of a date pattern, with `m` beside hours or seconds marked as minutes."""
    tokens = TOKEN.findall(pattern)
    letters = [at for at, token in enumerate(tokens) if token[0] in "yYdDmMhHsS"]
    for place, at in enumerate(letters):
        if tokens[at] in ("m", "mm"):
            before = tokens[letters[place - 1]][0] if place else ""
            after = tokens[letters[place + 1]][0] if place + 1 < len(letters) else ""
            if before in ("h", "H") or after in ("s", "S"):
                tokens[at] = "min" + str(len(tokens[at]))
    return tuple(tokens)


def _moment(number: float, pattern: str) -> str:
    try:
        moment = EPOCH + timedelta(seconds=round(number * 86400))
    except OverflowError:
        return general(number)
    tokens = _tokens(pattern)
    halves = any(token.lower() in ("am/pm", "a/p") for token in tokens)
    return "".join(_part(token, moment, halves) for token in tokens)


def _part(token: str, moment: datetime, halves: bool) -> str:
    lower = token.lower()
    hour = (moment.hour - 1) % 12 + 1 if halves else moment.hour
    parts = {
        "yy": f"{moment.year % 100:02d}",
        "yyyy": f"{moment.year:04d}",
        "m": str(moment.month),
        "mm": f"{moment.month:02d}",
        "mmm": MONTHS[moment.month - 1][:3],
        "mmmm": MONTHS[moment.month - 1],
        "d": str(moment.day),
        "dd": f"{moment.day:02d}",
        "ddd": DAYS[moment.weekday()][:3],
        "dddd": DAYS[moment.weekday()],
        "h": str(hour),
        "hh": f"{hour:02d}",
        "min1": str(moment.minute),
        "min2": f"{moment.minute:02d}",
        "s": str(moment.second),
        "ss": f"{moment.second:02d}",
        "am/pm": "AM" if moment.hour < 12 else "PM",
        "a/p": "A" if moment.hour < 12 else "P",
    }
    if lower in parts:
        return parts[lower]
    if token[0] == '"':
        return token[1:-1]
    return token[1:] if token[0] == "\\" else token
