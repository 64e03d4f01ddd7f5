"""Bytes to text for mail whose charset label is missing, vague or wrong.

The standard codecs refuse what Japanese mail is made of: vendor characters (①㈱髙) and half-width
kana in ISO-2022-JP and EUC-JP, and the names such mail is labelled with (`x-sjis`, `cp50221`).
Both encodings carry JIS X 0208 rows, so each pair of bytes is moved to its Shift_JIS place and read
as `cp932`, the one codec here that knows the vendor rows.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

Decoded = tuple[str, bool]
"""The text, and whether every byte of it was understood."""

REPLACEMENT = "\ufffd"

_SHIFT_JIS = "cp932"
_JIS = "jis"
_EUC_JP = "euc"
_UNTOLD = ""

# Spellings without "-" and "_". Latin-1 and ASCII stand where a program never asked: they tell nothing.
_SPELLINGS = {
    _SHIFT_JIS: "shiftjis sjis xsjis windows31j cswindows31j ms932 cp932 mskanji csshiftjis windows932 cp943 "
    "shiftjis2004 shiftjisx0213 xmacjapanese macjapanese",
    _JIS: "iso2022jp iso2022jp1 iso2022jp2 iso2022jp3 iso2022jp2004 iso2022jpext iso2022jpms csiso2022jp jis "
    "cp50220 cp50221 cp50222 windows50220 windows50221",
    _EUC_JP: "eucjp xeucjp eucjpms eucjpwin cp51932 windows51932 ujis cseucpkdfmtjapanese",
    "utf-8": "utf8 unicode11utf8 xutf8 utf8mb4 utf8n",
    "gb18030": "gb2312 gbk gb18030 euccn xgbk",
    "cp949": "euckr ksc56011987 cp949 ks56011987 windows949",
    "cp950": "big5 cp950 xbig5",
    _UNTOLD: "usascii ascii ansix341968 iso88591 latin1 windows1252 cp1252 unknown8bit xunknown "
    "unknown default binary 8bit none",
}
_CODECS = {spelling: codec for codec, names in _SPELLINGS.items() for spelling in names.split()}

_LIKELY = ["utf-8", _SHIFT_JIS, _EUC_JP, "cp1252"]
_ASCII_COMPATIBLE = {_UNTOLD, _SHIFT_JIS, _EUC_JP, "utf-8", "gb18030", "cp949", "cp950"}
# Python's own escapes, and codecs that raise or differ from machine to machine.
_NO_CHARSETS = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"}

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# Where ISO-2022-JP changes its meaning. A line end means ASCII again (RFC 1468), even if nobody said so.
_SWITCH = re.compile(rb"\x1b(\([BHIJ]|\$[@AB]|\$\([@BCDOPQ]|&@)|([\x0e\x0f])|\n")
_ESCAPE = re.compile(rb"\x1b(?:\$[@AB(]|\(I)")
_EUC_RUN = re.compile(
    rb"([\x00-\x7f]+)|((?:[\xa1-\xfe]{2})+)|((?:\x8e[\xa1-\xdf])+)|((?:\x8f[\xa1-\xfe]{2})+)"
)
_NO_SHIFT_JIS = re.compile("[\x80\uf8f0-\uf8f3]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")
_NOT_ASCII_BYTE = re.compile(rb"[\x80-\xff\x1b]")
_HIGH = bytes(range(128, 256)) * 2
# The two-byte sets beside JIS X 0208, as (prefix of a pair, codec once the high bits are set).
_OTHER_SETS = {
    b"$A": (b"", "gb2312"),
    b"$(C": (b"", "euc_kr"),
    b"$(D": (b"\x8f", "euc_jp"),
    b"$(O": (b"", "euc_jis_2004"),
    b"$(Q": (b"", "euc_jis_2004"),
    b"$(P": (b"\x8f", "euc_jis_2004"),
}
_TWO_BYTE_JIS = (b"$@", b"$B", b"$(@", b"$(B")
_KANA = b"(I"
_ASCII = b"(B"

_SAMPLE = 1000  # characters that are scored
_SAMPLE_BYTES = 16_000


def decode(data: bytes, declared: str) -> Decoded:
    """The text of `data` labelled `declared` ("" if there was no label), and whether all of it was readable.

    A label is believed as long as the bytes agree with it; otherwise the reading that looks most
    like Japanese wins. Unreadable bytes become U+FFFD. Never raises.
    """
    for bom, codec in _BOMS:
        if data.startswith(bom):
            return _read(data[len(bom) :], codec)
    if _ESCAPE.search(data):  # JIS, whatever the label says
        return _from_jis(data)
    codec = _codec(declared)
    if data.isascii() and codec in _ASCII_COMPATIBLE:
        return data.decode("ascii"), True
    if not codec:
        return _guess(data, codec)
    believed = _read(data, codec)
    if not (believed[1] or _is_cut_off(believed[0])):
        return _guess(data, codec)
    # UTF-8 under a Japanese label can pass for rare kanji.
    utf8 = _read(data, "utf-8") if codec in (_SHIFT_JIS, _EUC_JP) else None
    return max(believed, utf8, key=_likelihood) if utf8 and utf8[1] else believed


@lru_cache(maxsize=256)
def _codec(declared: str) -> str:
    """The codec behind a label; "" for one that tells nothing or that nobody knows."""
    label = declared.strip(" \t\"'").lower().split("*")[0]
    spelling = label.replace("-", "").replace("_", "")
    if spelling in _CODECS:
        return _CODECS[spelling]
    if not (label.isascii() and label.isprintable() and len(label) <= 40):
        return _UNTOLD
    try:
        name = codecs.lookup(label).name
        b"aaaa".decode(name)
    except (LookupError, ValueError):  # unknown, or no charset at all: hex, zip, rot13
        return _UNTOLD
    return _UNTOLD if name.replace("-", "_") in _NO_CHARSETS else name


def _guess(data: bytes, declared: str) -> Decoded:
    utf8 = _read(data, "utf-8")
    if utf8[1] or _is_cut_off(utf8[0]):  # other text hardly ever happens to be UTF-8
        return utf8
    candidates = [declared, *_LIKELY] if declared else _LIKELY
    first = _NOT_ASCII_BYTE.search(data)
    sample = data[first.start() : first.start() + _SAMPLE_BYTES] if first else data
    return _read(data, max(candidates, key=lambda codec: _likelihood(_read(sample, codec))))


def _read(data: bytes, codec: str) -> Decoded:
    if codec == _JIS:
        return _from_jis(data)
    if codec == _EUC_JP:
        return _from_euc(data)
    try:
        text, clean = data.decode(codec), True
    except ValueError:
        text, clean = data.decode(codec, "replace"), False
    # The codec hands bytes that Shift_JIS has no use for on as private characters.
    if codec == _SHIFT_JIS and _NO_SHIFT_JIS.search(text):
        return _NO_SHIFT_JIS.sub(REPLACEMENT, text), False
    return text, clean


def _is_cut_off(text: str) -> bool:
    """Whether only the last character is damaged, as it is where a text was cut."""
    whole = text.removesuffix(REPLACEMENT)
    return not whole.isascii() and REPLACEMENT not in whole


def _likelihood(reading: Decoded) -> float:
    """How much a reading looks like Japanese: the mean worth of its non-ASCII characters."""
    text, clean = reading
    first = _NOT_ASCII.search(text)
    if first is None:
        return 0.0
    sample = [c for c in text[first.start() : first.start() + 4 * _SAMPLE] if c > "\x7f"][:_SAMPLE]
    return sum(map(_worth, sample)) / len(sample) - (0.0 if clean else 0.5)


def _worth(c: str) -> float:
    if "\u3041" <= c <= "\u30fe":  # kana
        return 2.0
    if "\u4e00" <= c <= "\u9fff":
        return _worth_of_kanji(c)
    if c in "、。「」『』・〜～ー―…（）！？：　【】" or "\uff10" <= c <= "\uff5a":
        return 1.5
    if "\uff66" <= c <= "\uff9f":  # half-width kana
        return 0.9
    if "\xc0" <= c <= "\xff" and c not in "×÷":  # European letters
        return 0.3
    if c == REPLACEMENT or "\ue000" <= c <= "\uf8ff" or c < "\xa0":
        return -6.0
    if "\uff61" <= c <= "\uff65" or c < "\u0100":  # ､ and ･ are the lead bytes of kana in EUC-JP
        return -1.5
    return 0.5


def _worth_of_kanji(c: str) -> float:
    """The first of the two levels of JIS X 0208 holds the kanji in daily use: lead bytes 0x88 to 0x98."""
    try:
        lead = c.encode(_SHIFT_JIS)[0]
    except UnicodeError:
        return -0.5
    return 1.0 if lead <= 0x98 else -1.0


def _from_jis(data: bytes) -> Decoded:
    """ISO-2022-JP with everything found under that name: vendor rows, kana by escape or by SO and SI."""
    pieces: list[str] = []
    clean = True
    charset = before_shift = _ASCII
    position = 0
    for switch in _SWITCH.finditer(data):
        text, readable = _jis_chunk(data[position : switch.start()], charset)
        pieces.append(text)
        clean = clean and readable
        position = switch.end()
        escape, shift = switch.groups()
        if escape:
            charset = charset if escape == b"&@" else escape
        elif shift == b"\x0e":
            charset, before_shift = _KANA, charset
        elif shift:
            charset = before_shift
        else:
            pieces.append("\n")
            charset = before_shift = _ASCII
    text, readable = _jis_chunk(data[position:], charset)
    return "".join([*pieces, text]), clean and readable


def _jis_chunk(chunk: bytes, charset: bytes) -> Decoded:
    if not chunk:
        return "", True
    if charset == _KANA:
        # Kana keep their line: 0x21 to 0x5F are kana, anything else stands for itself.
        return "".join(chr(0xFF40 + b) if 0x21 <= b <= 0x5F else chr(b & 0x7F) for b in chunk), True
    if charset in _TWO_BYTE_JIS:
        return _jis_pairs(chunk)
    if charset in _OTHER_SETS:
        prefix, codec = _OTHER_SETS[charset]
        high = chunk.translate(_HIGH)
        pairs = b"".join(prefix + high[i : i + 2] for i in range(0, len(high), 2))
        return _read(pairs, codec)
    # 8-bit bytes among the escapes are Shift_JIS, most often half-width kana.
    return _read(chunk, _SHIFT_JIS)


def _jis_pairs(chunk: bytes) -> Decoded:
    """JIS X 0208 rows and cells (0x21 to 0x7E each) by way of their Shift_JIS places."""
    moved = bytearray()
    clean = True
    i = 0
    while i < len(chunk):
        row = chunk[i] & 0x7F
        if row <= 0x20:  # a blank that somebody forgot to leave the set for
            moved.append(row)
            i += 1
            continue
        cell = chunk[i + 1] & 0x7F if i + 1 < len(chunk) else 0
        if not 0x21 <= cell <= 0x7E or row == 0x7F:
            moved += b"\x81\xac"  # 〓 holds the place of half a character
            clean = False
            i += 1
            continue
        moved.append((row - 0x21) // 2 + (0x81 if row < 0x5F else 0xC1))
        if row % 2 == 0:
            moved.append(cell + 0x7E)
        else:
            moved.append(cell + (0x1F if cell < 0x60 else 0x20))
        i += 2
    text, readable = _read(bytes(moved), _SHIFT_JIS)
    return text, clean and readable


def _from_euc(data: bytes) -> Decoded:
    pieces: list[str] = []
    clean = True
    position = 0
    for run in _EUC_RUN.finditer(data):
        if run.start() != position:
            pieces.append(REPLACEMENT)
            clean = False
        position = run.end()
        text, readable = _euc_run(run)
        pieces.append(text)
        clean = clean and readable
    if position != len(data):
        pieces.append(REPLACEMENT)
        clean = False
    return "".join(pieces), clean


def _euc_run(run: re.Match[bytes]) -> Decoded:
    ascii_run, pairs, kana, supplement = run.groups()
    if ascii_run is not None:
        return ascii_run.decode("ascii"), True
    if pairs is not None:
        return _jis_pairs(pairs)
    if kana is not None:
        return kana[1::2].decode(_SHIFT_JIS), True
    return _read(supplement, "euc_jp")
