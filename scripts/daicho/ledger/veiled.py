"""Message keys that tell nobody's address and still keep their mail from being taken in again."""

from __future__ import annotations

import hashlib
import re

VEIL = "sha256-"
_VARIANT = re.compile(r"(.+)(#[0-9a-f]{8})")


def veiled_key(key: str) -> str:
    """A message key as its fingerprint; a variant (`…#1a2b3c4d`) stays one. A veiled key stays as it is."""
    if key.startswith(VEIL) or not key:
        return key
    variant = _VARIANT.fullmatch(key)
    own, mark = (variant[1], variant[2]) if variant else (key, "")
    return f"{VEIL}{hashlib.sha256(own.encode('utf-8', 'replace')).hexdigest()[:32]}{mark}"
