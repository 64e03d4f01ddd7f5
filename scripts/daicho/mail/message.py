"""A mail as the rest of daicho sees it: made from bytes, with no connection and no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from daicho.mail import header as fields
from daicho.mail.address import first_addresses
from daicho.mail.automatic import automatic_field, bounce_sign, bounced_id
from daicho.mail.body import read_body
from daicho.mail.header import Header
from daicho.mail.key import fingerprint
from daicho.mail.mime import Part, read_parts
from daicho.mail.text import new_part

REFERENCES_LIMIT = 100
CLOCK_TOLERANCE = timedelta(days=2)

Kind = Literal["person", "auto", "bounce"]


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of a header: decoded display name and lower-cased address, either "" if there is none."""

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
    `text` is the whole readable body, `new_text` the same without quoted parts, signature and what a contact
    form set around its user's words.
    `references` are message keys, oldest first, In-Reply-To last, without brackets or doubles.
    `automatic` names the header that says no person wrote this ("" if none does).
    `list_id` names the mailing list it came over, without brackets ("" if none).
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
    list_id: str = ""
    bounce_of: str = ""
    notes: tuple[str, ...] = ()


def read_message(raw: bytes, *, received: datetime, left_behind: tuple[Attachment, ...] = ()) -> Message:
    """The mail in `raw` as far as it can be read; never raises, whatever the bytes.

    `received` (aware) stands in for a Date that is missing or absurd; `left_behind` are attachments that
    were not fetched with the rest.
    """
    try:
        return _message(_with_line_feeds(raw), received, left_behind)
    except Exception:
        # A mail that nobody foresaw costs its own text only: its row says so, and the next mail goes on.
        return _unreadable(raw, received, left_behind)


def read_head(raw: bytes) -> Head:
    """Key, date and sender of a whole mail, as `read_message` gives them."""
    raw = _with_line_feeds(raw)
    header, body = fields.split(raw, fields.first_field(raw), len(raw))
    return _head(header, _message_id(header) or _hash(header, raw, body))


def peek_head(start: bytes) -> Head | None:
    """`read_head` from the first bytes of a mail.

    None where the header does not end within `start` or has no usable Message-ID: it takes the whole mail.
    """
    header = fields.complete_header(start)
    key = _message_id(header) if header else ""
    return _head(header, key) if header and key else None


def _message(raw: bytes, received: datetime, left_behind: tuple[Attachment, ...]) -> Message:
    root, parts_cut = read_parts(raw)
    header = root.header
    key = _message_id(header) or _hash(header, raw, root.start)
    lists = {name: _addresses(header, name) for name in ("reply-to", "to", "cc")}
    sender = _sender(header)
    subject = header.words("subject")
    body = read_body(root)
    kind, automatic = _kind(root, sender, subject)
    date = fields.date(header.first("date"))
    believable = date is not None and date <= received + CLOCK_TOLERANCE
    notes = {
        "message.no-date": not believable,
        "message.header-cut": header.cut,
        "message.addresses-cut": any(cut for _, cut in lists.values()),
        "message.parts-cut": parts_cut,
        "message.charset": "\ufffd" in subject,
    }
    return Message(
        key=key,
        message_id=_message_id(header),
        date=date if date is not None and believable else received.astimezone(UTC),
        sender=sender,
        reply_to=lists["reply-to"][0],
        to=lists["to"][0],
        cc=lists["cc"][0],
        subject=subject,
        text=body.text,
        new_text=body.text if _is_forward(subject) else new_part(body.text),
        references=_references(header, key),
        attachments=(*map(_attachment, body.attached), *left_behind),
        kind=kind,
        automatic=automatic,
        list_id=_list_id(header),
        bounce_of=bounced_id(root, body.text) if kind == "bounce" else "",
        notes=tuple(dict.fromkeys([*(note for note, holds in notes.items() if holds), *body.notes])),
    )


def _list_id(header: Header) -> str:
    """`List-Id: Our desk <desk.example.jp>` (RFC 2919) as `desk.example.jp`."""
    text = header.words("list-id")
    return text.rpartition("<")[2].partition(">")[0].strip().lower()


def _unreadable(raw: bytes, received: datetime, left_behind: tuple[Attachment, ...]) -> Message:
    """What is left of a mail that could not be read: its key, and its sender and subject."""
    head = read_head(raw)
    header, _ = fields.split(raw, fields.first_field(raw), len(raw))
    return Message(
        key=head.key,
        message_id=_message_id(header),
        date=received.astimezone(UTC),
        sender=_sender(header),
        reply_to=(),
        to=(),
        cc=(),
        subject=header.words("subject"),
        text="",
        new_text="",
        attachments=left_behind,
        notes=("message.unreadable",),
    )


def _with_line_feeds(raw: bytes) -> bytes:
    """Lines may end as they did on old Macintoshes."""
    return raw if b"\n" in raw else raw.replace(b"\r", b"\n")


def _head(header: Header, key: str) -> Head:
    return Head(key=key, date=fields.date(header.first("date")), sender=_sender(header).email)


def _message_id(header: Header) -> str:
    return next(filter(None, map(fields.message_id, header.every("message-id"))), "")


def _hash(header: Header, raw: bytes, body: int) -> str:
    """The key of a mail without a Message-ID: equal for copies that differ in folding and line ends only."""
    stable = (b" ".join(header.first(name).split()) + b"\n" for name in ("date", "from", "to", "subject"))
    return fingerprint(*stable, raw[body:].replace(b"\r\n", b"\n").strip())


def _sender(header: Header) -> Address:
    """The first From that has an address, else Sender, else a mere name."""
    named = Address("", "")
    for name in ("from", "sender"):
        for address in _addresses(header, name)[0]:
            if address.email:
                return address
            named = named if named.name else address
    return named


def _addresses(header: Header, name: str) -> tuple[tuple[Address, ...], bool]:
    value = b", ".join(header.every(name))[: fields.VALUE_LIMIT]
    found, cut = first_addresses(fields.literal(value))
    return tuple(Address(*mailbox) for mailbox in found), cut


def _references(header: Header, key: str) -> tuple[str, ...]:
    answered = [found for value in header.every("in-reply-to") for found in fields.message_ids(value)]
    thread = [found for value in header.every("references") for found in fields.message_ids(value)]
    # Last is what this mail answers; a program that counts the mail among its own ancestors is wrong.
    ordered = [found for found in thread if found not in answered] + answered
    return tuple(dict.fromkeys(found for found in ordered if found != key))[-REFERENCES_LIMIT:]


def _kind(root: Part, sender: Address, subject: str) -> tuple[Kind, str]:
    if sign := bounce_sign(root, sender.email or sender.name, subject):
        return "bounce", sign
    if sign := automatic_field(root):
        return "auto", sign
    return "person", ""


def _is_forward(subject: str) -> bool:
    return subject.lower().startswith(("fw:", "fwd:", "転送:", "転送："))


def _attachment(part: Part) -> Attachment:
    name = (
        part.filename or part.inner_header().words("subject")
        if part.content_type == "message/rfc822"
        else part.filename
    )
    return Attachment(name=name, size=part.size(), content_type=part.content_type)
