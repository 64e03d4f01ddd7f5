"""The characters of a mail made safe to store, and lines that a mail program broke put together again."""

from __future__ import annotations

import re

# Control characters but line feed and tab, halves of surrogate pairs, and the two that XML forbids.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_ANY_LINE_END = re.compile("\r\n?")
# They turn the reading direction, so that a name shows what it is not.
_DIRECTION_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LINE_BLANKS = re.compile("[\t\n]+ *")


def clean(text: str) -> str:
    """`text` with `\\n` as its line end and nothing that a cell, a file or a terminal stumbles over."""
    if "\r" in text:
        text = _ANY_LINE_END.sub("\n", text)
    return _UNSAFE.sub("", text)


def one_line(text: str) -> str:
    """`clean` for names and subjects: one line, and read in the direction it is written."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return _LINE_BLANKS.sub(" ", _DIRECTION_MARKS.sub("", clean(text))).strip()


def unflow(text: str, *, delete_space: bool) -> str:
    """Undoes `format=flowed` (RFC 3676): a line that ends in a blank goes on in the next one of its depth."""
    paragraphs: list[list[str]] = []
    open_depth = -1
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:].removeprefix(" ")
        flows = content.endswith(" ") and content != "-- "
        content = content[:-1] if flows and delete_space else content
        if depth == open_depth and content != "-- ":
            paragraphs[-1].append(content)
        else:
            paragraphs.append([">" * depth + " " if depth else "", content])
        open_depth = depth if flows else -1
    return "\n".join("".join(pieces) for pieces in paragraphs)
