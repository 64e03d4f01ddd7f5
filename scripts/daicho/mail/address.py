"""Address lists of mail headers: one walk from left to right, whatever is in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from daicho.mail.header import decode_words
from daicho.mail.plain import one_line

ADDRESS_LIMIT = 50
NAME_LIMIT = 300
EMAIL_LIMIT = 320

_WORD = re.compile(r"=\?[^?\s]*\?[bBqQ]\?[^?]*\?=")
_PLAIN = re.compile(r'[^"(<,;:=]+')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_PARENTHESIS = re.compile(r"\\.|[()]", re.DOTALL)
_NEEDLESS_QUOTES = re.compile(r'"([^\s"\\()<>\[\]:;@,]+)"@')

Mailbox = tuple[str, str]
"""Decoded display name and lower-cased address, "" for what is missing."""


def first_addresses(value: str) -> tuple[list[Mailbox], bool]:
    """The first ADDRESS_LIMIT mailboxes of a header value, and whether there were more.

    `value` is the field's characters with its encoded words still in place.
    """
    found = list(islice(addresses(value), ADDRESS_LIMIT + 1))
    return found[:ADDRESS_LIMIT], len(found) > ADDRESS_LIMIT


def addresses(value: str) -> Iterator[Mailbox]:
    """The mailboxes of a value one by one. Groups are flattened; what never closes is text."""
    phrase = comment = ""
    angle: str | None = None
    for kind, text in _tokens(value):
        if kind == "text":
            phrase += text
        elif kind == "comment":
            comment = comment or text
        elif kind == "angle":
            angle = text if angle is None else angle
        elif text == ":" and angle is None and "@" not in phrase:
            phrase = ""  # that was the name of a group
        elif text == "," and angle is None and phrase.strip() and "@" not in phrase + comment:
            phrase += text  # a comma inside a name without quotes
        elif text == ":":
            phrase += text
        else:
            yield from _mailbox(phrase, comment, angle)
            phrase, comment, angle = "", "", None
    yield from _mailbox(phrase, comment, angle)


def _tokens(value: str) -> Iterator[tuple[str, str]]:
    """Kind (text, comment, angle, mark) and text of each token. A closing sign is missed only once."""
    position = 0
    quotes_close = comments_close = True
    while position < len(value):
        sign = value[position]
        kind, text, end = "mark", sign, position + 1
        if sign == '"' and quotes_close:
            quoted = _QUOTED.match(value, position)
            quotes_close = quoted is not None
            kind, text, end = _quoted_token(value, quoted) if quoted else ("text", sign, position + 1)
        elif sign == "(" and comments_close:
            closed = _comment_end(value, position)
            comments_close = closed > 0
            kind, text, end = (
                ("comment", value[position + 1 : closed], closed + 1) if closed > 0 else ("text", " ", end)
            )
        elif sign == "<":
            kind, text, end = _angle(value, position)
        elif sign not in ",;:":
            run = (sign == "=" and _WORD.match(value, position)) or _PLAIN.match(value, position)
            kind, text, end = ("text", run.group(), run.end()) if run else ("text", sign, position + 1)
        yield kind, text
        position = end


def _quoted_token(value: str, quoted: re.Match[str]) -> tuple[str, str, int]:
    # A quoted local part stays quoted: it is a piece of an address.
    text = (
        quoted.group()
        if value[quoted.end() : quoted.end() + 1] == "@"
        else re.sub(r"\\(.)", r"\1", quoted[1])
    )
    return "text", text, quoted.end()


def _comment_end(value: str, start: int) -> int:
    depth = 0
    for sign in _PARENTHESIS.finditer(value, start):
        depth += {"(": 1, ")": -1}.get(sign.group(), 0)
        if depth == 0:
            return sign.start()
    return -1


def _angle(value: str, start: int) -> tuple[str, str, int]:
    closed = value.find(">", start)
    if closed < 0:  # never closed: up to the next address
        closed = value.find(",", start)
    end = closed if closed >= 0 else len(value)
    return "angle", value[start + 1 : end], end + (value[end : end + 1] == ">")


def _mailbox(phrase: str, comment: str, angle: str | None) -> Iterator[Mailbox]:
    name = one_line(decode_words(phrase))
    email = decode_words(angle) if angle is not None else ""
    if angle is None and "@" in name:
        name, email = _apart(name)
    name = name or one_line(decode_words(comment))
    email = _normal(email)
    if name or email:
        yield ("" if name.lower() == email else name[:NAME_LIMIT]), email


def _apart(text: str) -> Mailbox:
    """Name and address of a text without brackets, or with brackets that were encoded along with the name."""
    before, opened, after = text.partition("<")
    if opened and "@" in after:
        return before.strip(' "'), after.partition(">")[0]
    words = text.split()
    email = next((word for word in words if "@" in word.strip("@")), "")
    if email:
        words.remove(email)
    return " ".join(words), email


def _normal(email: str) -> str:
    """Lower case, without blanks, a route or `mailto:`, quotes only where they are needed."""
    bare = "".join(one_line(email).split()).strip("<>[]'")
    bare = _NEEDLESS_QUOTES.sub(r"\1@", bare) if '"' in bare else bare.rpartition(":")[2]
    return bare.lower()[:EMAIL_LIMIT]
