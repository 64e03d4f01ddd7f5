"""Content transfer encodings read generously: what is damaged costs itself, not its neighbours."""

from __future__ import annotations

import binascii
import re

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_="
_NOISE = bytes(set(range(256)) - set(_ALPHABET))
_FROM_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_BETWEEN_PADS = re.compile(rb"[^=]+")
_PADS_LIMIT = 100_000


_UUENCODE = ("x-uuencode", "uuencode", "x-uue")
ENCODED = ("base64", "quoted-printable", *_UUENCODE)


def decode(data: bytes, encoding: str) -> bytes:
    """`data` without its `Content-Transfer-Encoding` (lower case). An unknown encoding means none."""
    if encoding == "base64":
        return from_base64(data) if _may_be_base64(data) else data
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    if encoding in _UUENCODE:
        return _from_uuencode(data)
    return data


def from_base64(data: bytes) -> bytes:
    """Base64 with noise between, pads in the middle (words that were joined) or missing at the end."""
    kept = data.translate(_FROM_URL_SAFE, _NOISE)
    if kept.count(b"=") > _PADS_LIMIT:  # no encoder's work
        kept = kept.replace(b"=", b"")
    return b"".join(_whole(piece.group()) for piece in _BETWEEN_PADS.finditer(kept))


def from_q(data: bytes) -> bytes:
    """The Q encoding of encoded words (RFC 2047)."""
    return binascii.a2b_qp(data, header=True)


def _whole(piece: bytes) -> bytes:
    """One padded run. A single left-over character holds only six bits, so it holds nothing."""
    usable = len(piece) - (len(piece) % 4 == 1)
    return binascii.a2b_base64(piece[:usable] + b"=" * (-usable % 4))


def _may_be_base64(data: bytes) -> bool:
    """False for text that is only labelled so: its first line has characters Base64 never uses."""
    first_line = data.lstrip()[:80].split(b"\n")[0].strip()
    return not first_line.translate(None, _ALPHABET)


def _from_uuencode(data: bytes) -> bytes:
    begin = re.search(rb"(?m)^begin [0-7]{3,4} [^\n]*\n", data)
    if begin is None:
        return data
    decoded = bytearray()
    for line in data[begin.end() :].split(b"\n"):
        if line.strip() in (b"end", b"`", b""):
            break
        try:
            decoded += binascii.a2b_uu(line.rstrip(b"\r"))
        except binascii.Error:
            continue  # one damaged line
    return bytes(decoded)
