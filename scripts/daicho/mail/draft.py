"""A reply as a mail, to be laid into a Drafts folder. Nothing here sends anything.

Built by hand from RFC 5322 and RFC 2047: every line is ASCII and short, so that any server takes it as it is.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from typing import Protocol, runtime_checkable

from daicho.errors import MailError
from daicho.mail.message import Address
from daicho.mail.plain import clean, one_line

SUBJECT_LIMIT = 500
REFERENCES_LIMIT = 20
"""References a reply carries: the first of a long thread, which programs gather it by, and the newest."""

_REPLY_MARK = re.compile(r"\s*(re|aw|sv|返信)\s*(\[\d+\])?\s*[:：]", re.IGNORECASE)
_ID = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]{1,200}")
_ADDRESS = re.compile(r'[^\s<>,;:"()\[\]\\@]+@[^\s<>,;:"()\[\]\\@]+')
_NO_REPLY = re.compile(
    r"(?:\A|[-_.+])(?:no|do[-_.]?not)[-_.]?reply(?:\Z|[-_.+0-9])|\A(?:mailer-daemon|postmaster)\Z"
)
_SPECIAL = re.compile(r'[()<>\[\]:;@\\,."]')


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail to lay into Drafts. `message_id` without brackets tells it from all others."""

    message_id: str
    raw: bytes


class NoDrafts(MailError):
    """The mailbox cannot hold drafts as it is: waiting cures nothing."""


@runtime_checkable
class DraftFolder(Protocol):
    """A mailbox that a draft can be laid into."""

    name: str

    def lay(self, draft: Draft) -> None:
        """Lays `draft` into Drafts, unless a mail of its Message-ID lies there or in Sent.

        Doing it again, or from two machines at once, leaves one draft. Raises NoDrafts, MailError.
        """
        ...

    def laid(self, inquiries: Collection[str]) -> list[str]:
        """The subjects of the drafts for these inquiries that daicho laid and that still lie in Drafts.

        Raises NoDrafts, MailError.
        """
        ...


def id_start(inquiry: str) -> str:
    """What the Message-ID of every draft for an inquiry begins with."""
    return f"daicho-{inquiry}-"


def is_address(email: str) -> bool:
    """Whether a reply can be addressed to `email`."""
    return email.isascii() and bool(_ADDRESS.fullmatch(email))


def is_no_reply(email: str) -> bool:
    """Whether `email` says of itself that a program sends from it and nobody reads there."""
    return bool(_NO_REPLY.search(email.rpartition("@")[0].casefold()))


def reply_subject(subject: str) -> str:
    """`Re: …`, with one mark however many the subject had."""
    rest = one_line(subject)
    while mark := _REPLY_MARK.match(rest):
        rest = rest[mark.end() :]
    return f"Re: {rest.strip()[:SUBJECT_LIMIT]}".strip()


def quoted(text: str) -> str:
    """`text` with `> ` before each line."""
    return "\n".join(f"> {line}" if line else ">" for line in clean(text).strip().split("\n"))


def build_draft(
    message_id: str,
    sender: Address,
    to: Address,
    subject: str,
    text: str,
    date: datetime,
    *,
    answers: str = "",
    references: Sequence[str] = (),
    inquiry: str = "",
) -> Draft:
    """A plain-text mail in UTF-8.

    `subject` stands as it is given; `answers` is the Message-ID of the mail replied to ("" for none),
    `references` are those of its thread, oldest first; ids that no header can hold are left out.
    """
    first, *later = [f"<{reference}>" for reference in references if _ID.fullmatch(reference)] or [""]
    fields = [
        ("From", address_field(sender)),
        ("To", address_field(to)),
        ("Subject", encoded(subject, "Subject")),
        ("Date", format_datetime(date)),
        ("Message-ID", f"<{message_id}>"),
        ("In-Reply-To", f"<{answers}>" if _ID.fullmatch(answers) else ""),
        ("References", "\r\n ".join([first, *later[1 - REFERENCES_LIMIT :]])),
        ("X-Daicho-Inquiry", inquiry if _ID.fullmatch(inquiry) else ""),
        ("MIME-Version", "1.0"),
        ("Content-Type", "text/plain; charset=UTF-8"),
        ("Content-Transfer-Encoding", "base64"),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields if value)
    body = clean(text).rstrip() + "\n"
    lines = base64.encodebytes(body.replace("\n", "\r\n").encode("utf-8", "replace"))
    return Draft(message_id, head.encode("utf-8") + b"\r\n" + lines.replace(b"\n", b"\r\n"))


def address_field(address: Address) -> str:
    """`"Shop, Inc." <shop@example.jp>`, other than ASCII as encoded words."""
    name = one_line(address.name)[:SUBJECT_LIMIT]
    if not name:
        return address.email
    if not name.isascii():
        name = encoded(name, "To")
    elif _SPECIAL.search(name):
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name}\r\n <{address.email}>"


def encoded(text: str, field: str) -> str:
    """Text of a header field: ASCII as it is, else encoded words that end at characters (RFC 2047)."""
    line = one_line(text)
    if line.isascii() and len(line) <= 200 and "=?" not in line:
        return line
    return Header(line, "utf-8", header_name=field).encode(linesep="\r\n")
