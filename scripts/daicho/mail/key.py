"""The keys by which the log knows mails: `id@host`, `sha256-…`, or either with a mark, `…#1a2b3c4d`.

A key is the mail's Message-ID without brackets; a fingerprint where the mail has none, or where nobody may
read it any more. The mark tells mails apart that share a Message-ID.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

_FINGERPRINT = "sha256-"
_MARK = re.compile(r"(?<=.)#[0-9a-f]{8}\Z")


def fingerprint(*parts: bytes) -> str:
    """The key of what has no Message-ID to show: equal for equal bytes."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return f"{_FINGERPRINT}{digest.hexdigest()[:32]}"


def marked_key(key: str, date: datetime) -> str:
    """A key of its own for a mail of `date` whose Message-ID another mail has already."""
    return f"{key}#{hashlib.sha256(date.isoformat().encode()).hexdigest()[:8]}"


def bare_key(key: str) -> str:
    """A key without its mark."""
    return _MARK.sub("", key)


def veiled_key(key: str) -> str:
    """A key that tells nobody's address and still keeps its mail from being taken in again.

    A mark stays; so does a key that is a fingerprint already.
    """
    if key.startswith(_FINGERPRINT) or not key:
        return key
    bare = bare_key(key)
    return fingerprint(bare.encode("utf-8", "replace")) + key.removeprefix(bare)


def message_id(key: str) -> str:
    """The Message-ID that a key was made from, "" where the mail has none."""
    return "" if key.startswith(_FINGERPRINT) else bare_key(key)


def gmail_link(key: str) -> str:
    """Opens the mail in Gmail's web page."""
    id = message_id(key)
    return f"https://mail.google.com/mail/u/0/#search/rfc822msgid%3A{id}" if id else ""


def named_id(key: str) -> str:
    """What mail programs find the mail by. It looks like an address, so its name stands there."""
    id = message_id(key)
    return f"Message-ID: <{id}>" if id else ""
