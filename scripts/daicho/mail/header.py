"""A header block read as bytes: fields, encoded words, dates, message ids, parameters.

Nothing is parsed before it is asked for, so that the key of a mail costs microseconds, and every
length is capped before it is looked at. All scanners here run once from left to right.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

from daicho.mail import charset, transfer
from daicho.mail.plain import one_line

BLOCK_LIMIT = 256 * 1024
VALUE_LIMIT = 64 * 1024
PARAMETERS_LIMIT = 8 * 1024
ID_LIMIT = 200
EARLIEST_YEAR = 1990

_BEFORE_FIRST_FIELD = re.compile(rb"(?:\xef\xbb\xbf)?(?:[\r\n]++|>?From (?![ \t]*:)[^\n]*+\n){0,20}+")
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_EMPTY_LINE = re.compile(rb"\r*\n")
_END = re.compile(rb"\n\r*\n")

_TOKEN_END = re.compile(r"[;(\s]")
# The text of a word ends at "?=" or, unterminated, before the next word: no two starts look at the same text.
_ENCODED_WORD = re.compile(
    r"=\?([^?\s=]{0,60})\?([bBqQ])\?((?:[^?=]|\?(?!=)|=(?!\?(?!=)))*)(?:\?=|\??\Z)",
)
_PARAMETER_PIECE = re.compile(r'"(?:[^"\\]|\\.)*+"?|[^;"]+|;', re.DOTALL)
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_SEGMENT = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?")

_COMMENT = re.compile(r"\([^()]*\)")
_CLOCK = re.compile(r"(\d{1,2})[:時](\d{1,2})(?:[:分](\d{1,2}))?")
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})(?!\d)")
_LETTERS = re.compile(r"[A-Za-z]+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ZONES = {
    "JST": 9, "KST": 9, "HKT": 8, "SGT": 8, "CEST": 2, "CET": 1, "BST": 1,
    "EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7, "PST": -8,
}  # fmt: skip


class Header:
    """The fields of one header block, found by name when asked for."""

    def __init__(self, block: bytes) -> None:
        self.cut = len(block) > BLOCK_LIMIT
        self._block = b"\n" + block[:BLOCK_LIMIT] + b"\n"
        self._lower = self._block.lower()

    def every(self, name: str) -> Iterator[bytes]:
        """The unfolded raw values of all fields `name` (lower case), each at most VALUE_LIMIT long."""
        wanted = b"\n" + name.encode("ascii")
        at = self._lower.find(wanted)
        while at >= 0:
            end = self._value_end(at + 1)
            before, colon, value = self._block[at + len(wanted) : end].partition(b":")
            if colon and not before.strip():
                self.cut = self.cut or len(value) > VALUE_LIMIT
                yield value[:VALUE_LIMIT].replace(b"\r", b"").replace(b"\n", b"").strip()
            at = self._lower.find(wanted, end)

    def first(self, name: str) -> bytes:
        """The first value of the field `name`, b"" where there is none."""
        return next(self.every(name), b"")

    def has(self, name: str) -> bool:
        return next(self.every(name), None) is not None

    def words(self, name: str) -> str:
        """The first value as a person reads it."""
        return readable(self.first(name))

    def token(self, name: str) -> str:
        """The first value up to a parameter or comment, lower-cased: for values that machines write."""
        value = self.first(name).decode("ascii", "replace").lower()
        return _TOKEN_END.split(value, maxsplit=1)[0]

    def _value_end(self, start: int) -> int:
        """Where the field that starts at `start` ends: the first line end that no blank follows."""
        end = self._block.find(b"\n", start)
        while self._block[end + 1 : end + 2] in (b" ", b"\t"):
            end = self._block.find(b"\n", end + 1)
        return end


def first_field(raw: bytes) -> int:
    """Where the header of a whole mail starts: behind a byte order mark, empty lines, mbox's `From ` line."""
    before = _BEFORE_FIRST_FIELD.match(raw)
    return before.end() if before else 0


def split(raw: bytes, start: int, end: int) -> tuple[Header, int]:
    """The header of the entity `raw[start:end]` and where its body begins.

    What does not start with a field is all body; what has no empty line is all header.
    """
    if not _FIELD.match(raw, start, end):
        empty_line = _EMPTY_LINE.match(raw, start, end)
        return Header(b""), empty_line.end() if empty_line else start
    last_line_end = _END.search(raw, start, end)
    if last_line_end is None:
        return Header(raw[start:end]), end
    return Header(raw[start : last_line_end.start()]), last_line_end.end()


def complete_header(start: bytes) -> Header | None:
    """The header of a mail of which only the first bytes are known; None if it does not end within them."""
    first = first_field(start)
    last_line_end = _END.search(start, first) if _FIELD.match(start, first) else None
    return Header(start[first : last_line_end.start()]) if last_line_end else None


def readable(value: bytes) -> str:
    """A raw header value as a person reads it: in one line, encoded words decoded, raw 8-bit text guessed."""
    return one_line(decode_words(literal(value)))


def literal(value: bytes) -> str:
    """The characters of a raw value, its encoded words untouched."""
    if value.isascii() and b"\x1b" not in value:
        return value.decode("ascii")
    return charset.decode(value, "")[0]


def decode_words(text: str) -> str:
    """RFC 2047 as it is found: anywhere, in quotes, unfinished, split inside a character.

    The bytes of neighbouring words of one charset are joined before they are decoded.
    """
    if "=?" not in text:
        return text
    pieces: list[str] = []
    label, run = "", b""
    position = 0
    for word in _ENCODED_WORD.finditer(text):
        between = text[position : word.start()]
        neighbours = bool(run) and not between.strip()
        word_label = word[1].lower().split("*")[0]  # without the language of RFC 2231
        if not neighbours or word_label != label:
            # The blank between two words is not part of the text.
            pieces += [charset.decode(run, label)[0], "" if neighbours else between]
            label, run = word_label, b""
        payload = word[3].encode("utf-8", "replace")
        run += transfer.from_q(payload) if word[2] in "qQ" else transfer.from_base64(payload)
        position = word.end()
    return "".join([*pieces, charset.decode(run, label)[0], text[position:]])


def parameters(value: bytes) -> tuple[str, dict[str, str]]:
    """`text/plain; charset=x; name*0*=…` as its lower-cased head and its decoded parameters.

    Reads RFC 2231 with its continuations, encoded words, raw bytes and missing quotes. The extended
    form of a parameter wins over the plain one.
    """
    head, *pieces = _parameter_pieces(literal(value[:PARAMETERS_LIMIT]))
    plain: dict[str, str] = {}
    segments: dict[str, list[tuple[int, bool, str]]] = {}
    for piece in pieces:
        key, _, text = piece.partition("=")
        text = _unquoted(text.strip())
        form = _SEGMENT.fullmatch(key.strip().lower())
        if form is None:
            continue
        name, number, encoded = form.groups()
        if number is None and not encoded:
            plain.setdefault(name, one_line(decode_words(text)))
        else:
            segments.setdefault(name, []).append((int(number or 0), bool(encoded), text))
    extended = {name: _joined(sorted(found, key=lambda s: s[0])) for name, found in segments.items()}
    return head.strip().lower(), plain | {name: text for name, text in extended.items() if text}


def _parameter_pieces(text: str) -> list[str]:
    """`text` cut at the semicolons outside quotes. A quote that never closes reaches to the end."""
    pieces: list[list[str]] = [[]]
    for token in _PARAMETER_PIECE.findall(text):
        if token == ";":
            pieces.append([])
        else:
            pieces[-1].append(token)
    return ["".join(tokens) for tokens in pieces]


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    # Only these two need their backslash; in a path from Windows it is meant.
    return text[1:].removesuffix('"').replace('\\"', '"').replace("\\\\", "\\")


def _joined(segments: list[tuple[int, bool, str]]) -> str:
    """RFC 2231: `charset'language'percent-encoded` in numbered segments, each encoded or not."""
    label = ""
    data = b""
    for position, (_, encoded, text) in enumerate(segments):
        if encoded and position == 0 and text.count("'") >= 2:
            label, _, text = text.split("'", 2)
        segment = text.encode("utf-8", "replace")
        data += _PERCENT.sub(lambda code: bytes.fromhex(code[1].decode()), segment) if encoded else segment
    return one_line(decode_words(charset.decode(data, label)[0]))


def message_id(value: bytes) -> str:
    """The id in a Message-ID value without brackets, blanks and comments; "" if nothing is left."""
    text = value.decode("utf-8", "backslashreplace")
    opened = text.find("<")
    if opened < 0:
        return _clean_id(text.partition("(")[0])
    closed = text.find(">", opened)
    return _clean_id(text[opened + 1 : closed if closed >= 0 else len(text)])


def message_ids(value: bytes) -> list[str]:
    """The ids of a References or In-Reply-To value in their order, without doubles."""
    text = value.decode("utf-8", "backslashreplace")
    if "<" in text:
        found = [piece.partition(">")[0] for piece in text.split("<")[1:]]
    else:
        found = [word for word in text.split() if "@" in word]
    return list(dict.fromkeys(filter(None, map(_clean_id, found))))


def _clean_id(text: str) -> str:
    found = "".join(text.split()).strip("<>")
    if not found.isprintable():
        found = "".join(filter(str.isprintable, found))
    if len(found) <= ID_LIMIT:
        return found
    # Long ids often differ at their end only.
    return f"{found[: ID_LIMIT - 33]}~{hashlib.sha256(found.encode()).hexdigest()[:32]}"


def date(value: bytes) -> datetime | None:
    """A Date value as aware UTC, None where it cannot be read or is before 1990.

    Takes RFC 5322 and what is sent instead of it: Japanese weekdays and months, numeric months, ISO 8601,
    ctime, two-digit years, named or missing zones (missing is UTC).
    """
    text = _COMMENT.sub(" ", literal(value[:200]))
    clock = _CLOCK.search(text)
    before, after = (text[: clock.start()], text[clock.end() :]) if clock else (text, "")
    offset = _OFFSET.search(after)
    day = _day(before + " " + (after[: offset.start()] + after[offset.end() :] if offset else after))
    if day is None:
        return None
    hour, minute, second = (int(part or 0) for part in clock.groups()) if clock else (0, 0, 0)
    if hour < 12 and ("PM" in after.upper() or "午後" in before):
        hour += 12
    try:
        told = datetime(*day, hour, minute, min(second, 59), tzinfo=_zone(offset, after))
        return told.astimezone(UTC) if told.year >= EARLIEST_YEAR else None
    except (ValueError, OverflowError):
        return None


def _day(text: str) -> tuple[int, int, int] | None:
    """Year, month and day of a text without its time of day."""
    numbers = [int(n) for n in re.findall(r"\d+", text)][:3]
    named = (word[:3].lower() for word in _LETTERS.findall(text))
    month = next((_MONTHS.index(word) + 1 for word in named if word in _MONTHS), None)
    if month is not None and len(numbers) >= 2:
        day, year = numbers[:2] if numbers[0] <= 31 else (numbers[1], numbers[0])
    elif month is None and len(numbers) == 3:
        year, month, day = numbers if numbers[0] > 31 else reversed(numbers)
    else:
        return None
    return _whole_year(year), month, day


def _whole_year(year: int) -> int:
    """RFC 5322, 4.3: two digits below 50 are 20xx, others and three digits count from 1900."""
    if year >= 1000:
        return year
    return year + (2000 if year < 50 else 1900)


def _zone(offset: re.Match[str] | None, after: str) -> timezone:
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3])
        return (
            timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes))
            if minutes <= 14 * 60
            else UTC
        )
    named = (word.upper() for word in _LETTERS.findall(after))
    return timezone(timedelta(hours=next((_ZONES[word] for word in named if word in _ZONES), 0)))
