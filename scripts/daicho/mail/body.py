"""A mail's readable text and the list of what is attached, chosen from its parts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from unicodedata import normalize

from daicho.mail import charset, html
from daicho.mail.mime import Part
from daicho.mail.plain import clean, unflow

TEXT_LIMIT = 200_000  # characters
_PLAIN_BYTES = 5 * TEXT_LIMIT
_HTML_BYTES = 8 * 1024 * 1024

_STUB_LENGTH = 300
_META_CHARSET = re.compile(
    rb"""<meta[^<>]{0,200}?charset\s{0,3}=\s{0,3}["']?([A-Za-z0-9_\-]{1,40})""", re.IGNORECASE
)
_ENCRYPTED = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
# What mail programs say to each other in parts of their own.
_MACHINE_PARTS = frozenset(
    {"message/delivery-status", "message/disposition-notification", "text/rfc822-headers", "text/x-amp-html"}
)


@dataclass(slots=True)
class Body:
    """What a mail says: its text, the attached parts, and wording keys of what could not be read."""

    text: str = ""
    attached: list[Part] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_body(root: Part) -> Body:
    body = Body(attached=[leaf for leaf in root.leaves() if _is_attached(leaf, root)])
    text = _text(root, root, body.notes).strip("\n")
    if len(text) > TEXT_LIMIT:
        text = text[:TEXT_LIMIT]
        body.notes.append("message.body-cut")
    body.text = text
    types = {root.content_type, *(leaf.content_type for leaf in root.leaves())}
    if types & _ENCRYPTED or "-----BEGIN PGP MESSAGE-----" in text:
        body.notes.append("message.encrypted")
    if types & _TNEF:
        body.notes.append("message.tnef")
    return body


def _is_attached(leaf: Part, root: Part) -> bool:
    if leaf is root and leaf.content_type in ("text/plain", "text/html"):
        return False  # the mail itself, even where a program gave it a name
    if leaf.content_type in _MACHINE_PARTS:
        return False
    return leaf.disposition == "attachment" or bool(leaf.filename) or not _is_readable(leaf)


def _is_readable(leaf: Part) -> bool:
    return leaf.content_type in ("text/plain", "text/html")


def _text(part: Part, root: Part, notes: list[str]) -> str:
    if part.content_type == "multipart/alternative":
        return _chosen(part.children, root, notes)
    if part.content_type == "multipart/report":
        # The first part is for people, the others are for programs.
        return _text(part.children[0], root, notes)
    if part.children:
        return _joined(part.children, root, notes)
    if not _is_readable(part) or _is_attached(part, root):
        return ""
    return _html(part, notes) if part.content_type == "text/html" else _plain(part, notes)


def _joined(parts: Iterable[Part], root: Part, notes: list[str]) -> str:
    return "\n\n".join(text for part in parts if (text := _text(part, root, notes)).strip())


def _chosen(children: tuple[Part, ...], root: Part, notes: list[str]) -> str:
    """The plain alternative, unless it is empty or only says that the mail is written in HTML."""
    rich = [child for child in children if any(leaf.content_type == "text/html" for leaf in child.leaves())]
    plain = _joined((child for child in children if child not in rich), root, notes)
    if not rich or not (_is_stub(plain) or not plain.strip()):
        return plain
    return _joined(rich, root, notes) or plain


def _is_stub(plain: str) -> bool:
    return len(plain) < _STUB_LENGTH and "html" in normalize("NFKC", plain).lower()


def _plain(part: Part, notes: list[str]) -> str:
    text = _characters(part, _PLAIN_BYTES, part.parameters.get("charset", ""), notes)
    if part.parameters.get("format", "").lower() == "flowed":
        text = unflow(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
    return text


def _html(part: Part, notes: list[str]) -> str:
    label = part.parameters.get("charset", "")
    if not label:
        meta = _META_CHARSET.search(part.content(limit=4096))
        label = meta[1].decode("ascii") if meta else ""
    source = _characters(part, _HTML_BYTES, label, notes)
    text, cut = html.to_text(source, TEXT_LIMIT)
    if cut:
        notes.append("message.body-cut")
    return clean(text)


def _characters(part: Part, limit: int, label: str, notes: list[str]) -> str:
    data = part.content()
    if len(data) > limit:
        # At a line end, so that no character is cut in two.
        data = data[: data.rfind(b"\n", 0, limit) + 1 or limit]
        notes.append("message.body-cut")
    text, readable = charset.decode(data, label)
    if not readable:
        notes.append("message.charset")
    return clean(text)
