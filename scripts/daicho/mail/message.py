"""A mail as the rest of daicho sees it: made from bytes, with no connection and no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["person", "auto", "bounce"]


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of a header: decoded display name ("" if none) and lower-cased address ("" if unreadable)."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attached file: decoded name, size in bytes (decoded, or as the server told it), content type."""

    name: str
    size: int
    content_type: str


@dataclass(frozen=True, slots=True)
class Head:
    """The little that tells one mail from another, read without decoding the body.

    `key` is the message key; `date` the aware UTC Date header, None where missing or unreadable;
    `sender` the lower-cased From address.
    """

    key: str
    date: datetime | None
    sender: str


@dataclass(frozen=True, slots=True)
class Message:
    """One decoded mail.

    `key` is the Message-ID without brackets, else `sha256-…` of the stable parts.
    `date` is aware UTC: the Date header, else the time the mailbox received it.
    `text` is the whole readable body, `new_text` the same without quoted parts and signature.
    `references` are message keys, oldest first, In-Reply-To last, without brackets or doubles.
    `automatic` names the header that says no person wrote this ("" if none does).
    `bounce_of` is the message key of our own mail that could not be delivered ("" if unknown or no bounce).
    `notes` are keys of the wording that say what could not be read.
    """

    key: str
    message_id: str
    date: datetime
    sender: Address
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    text: str
    new_text: str
    references: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    kind: Kind = "person"
    automatic: str = ""
    bounce_of: str = ""
    notes: tuple[str, ...] = ()
