"""A large mail without its big attachments: what to ask the server for, and the mail made of the answer.

The server describes a mail's parts (BODYSTRUCTURE, RFC 3501 7.4.2). Text and small parts are fetched with
their own headers and put together again as multiparts with new boundaries; large parts stay behind.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from daicho.mail import header
from daicho.mail.message import Attachment

SMALL_PART = 256 * 1024
"""Attachments up to this many bytes (as they lie on the server) are fetched all the same."""

LONG_TEXT = 1 << 20
"""Bytes fetched of one text part at most."""

ATTACHED = (b"attachment", b"ATTACHMENT", b"Attachment")

CONTENT_FIELD = re.compile(rb"(?im)^content-[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*")

NOT_IN_A_NAME = re.compile(r"[^a-z0-9.+-]")

Structure = Any
"""IMAPClient's BodyData: nested tuples in the order of RFC 3501."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a mail. `section` is its IMAP number ("" for a whole multipart mail), `size` in bytes."""

    section: str
    content_type: str
    size: int = 0
    is_base64: bool = False
    is_attached: bool = False
    children: tuple[Part, ...] = ()

    @property
    def is_text(self) -> bool:
        return self.content_type.startswith("text/") and not self.is_attached

    @property
    def is_kept(self) -> bool:
        return bool(self.children) or self.is_text or self.size <= SMALL_PART

    def leaves(self) -> Iterator[Part]:
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


def read(structure: Structure | None) -> Part | None:
    """The tree of parts in a BODYSTRUCTURE, None where it cannot be made out."""
    try:
        return part_of(structure) if structure else None
    # The library hands on whatever the server wrote.
    except (TypeError, ValueError, LookupError, AttributeError, RecursionError):
        return None


def part_of(structure: Structure, section: str = "") -> Part:
    """A part and those inside it. An attached mail counts as one part."""
    if structure.is_multipart:
        prefix = f"{section}." if section else ""
        children = (part_of(child, f"{prefix}{number}") for number, child in enumerate(structure[0], 1))
        return Part(section, f"multipart/{word(structure[1])}", children=tuple(children))
    content_type = f"{word(structure[0])}/{word(structure[1])}"
    return Part(
        section or "1",
        content_type,
        size=structure[6] or 0,
        is_base64=word(structure[5]) == "base64",
        is_attached=is_attached(structure),
    )


def is_attached(structure: Structure) -> bool:
    """Whether a part's Content-Disposition says attachment. Its place depends on the type and the server."""
    return any(isinstance(field, tuple) and field and field[0] in ATTACHED for field in structure[7:])


def word(atom: bytes | None) -> str:
    """A type's name. Whoever wrote the mail chose it, so only what may stand in a header is kept."""
    return NOT_IN_A_NAME.sub("", (atom or b"").decode("ascii", "replace").lower())


def items(mail: Part) -> list[str]:
    """What to FETCH for the mail: its header, the header of every part, and the parts that are kept."""
    wanted = ["BODY.PEEK[HEADER]"]
    for part in mail.leaves():
        if mail.children:
            wanted.append(f"BODY.PEEK[{part.section}.MIME]")
        if part.is_kept:
            wanted.append(f"BODY.PEEK[{part.section}]<0.{LONG_TEXT}>")
    return wanted


def rebuilt(mail: Part, answer: Mapping[bytes, Any]) -> bytes:
    """A mail that parses like the original, without the parts left behind. `answer` is that of `items`."""
    top = section(answer, "HEADER")
    if not mail.children and mail.is_kept:
        return top + section(answer, mail.section)
    # The old Content-Type names a boundary, or an attachment that is not here.
    return CONTENT_FIELD.sub(b"", top).rstrip(b"\r\n") + b"\r\n" + rendered(mail, answer, top)


def rendered(part: Part, answer: Mapping[bytes, Any], top: bytes) -> bytes:
    """One part with its own header. The boundary depends on the mail's header `top`: nobody can guess it."""
    if not part.is_kept:
        return b"\r\n"
    if not part.children:
        return section(answer, f"{part.section}.MIME") + section(answer, part.section)
    boundary = b"=_" + hashlib.sha256(top + part.section.encode()).hexdigest()[:32].encode()
    kept = (child for child in part.children if child.is_kept)
    inside = [b"--" + boundary + b"\r\n" + rendered(child, answer, top) + b"\r\n" for child in kept]
    first = (
        f'Content-Type: {part.content_type}; boundary="'.encode("ascii", "replace") + boundary + b'"\r\n\r\n'
    )
    return first + b"".join(inside) + b"--" + boundary + b"--\r\n"


def left_behind(mail: Part, answer: Mapping[bytes, Any]) -> tuple[Attachment, ...]:
    """The parts that stayed on the server: their names, and their sizes once decoded."""
    return tuple(
        Attachment(
            name(section(answer, f"{part.section}.MIME" if mail.children else "HEADER")),
            # A line of base64 is 78 bytes for 57.
            part.size * 57 // 78 if part.is_base64 else part.size,
            part.content_type,
        )
        for part in mail.leaves()
        if not part.is_kept
    )


def name(block: bytes) -> str:
    """The file name in a part's header; Content-Disposition's wins."""
    fields, _ = header.split(block, 0, len(block))
    for field, parameter in (("content-disposition", "filename"), ("content-type", "name")):
        found = header.parameters(fields.first(field))[1].get(parameter)
        if found:
            return found
    return ""


def section(answer: Mapping[bytes, Any], name: str) -> bytes:
    """One section of a FETCH answer, whole or cut (`BODY[1]<0>`); empty where the server sent NIL."""
    key = f"BODY[{name}]".encode()
    return bytes(answer.get(key) or answer.get(key + b"<0>") or b"")
