"""A mail's parts: where they lie in its bytes, and what their headers say of them.

The standard library's parser recurses into every level and copies each; this one keeps positions, and
stops at a number of parts and a depth that no person's mail reaches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from daicho.mail import transfer
from daicho.mail.header import Header, first_field, parameters, split

PARTS_LIMIT = 500
DEPTH_LIMIT = 50
DELIMITERS_LIMIT = 5000  # lines that look like a boundary
CONTENT_LIMIT = 20 * 1024 * 1024

_HTML_STARTS = (b"<!doctype html", b"<html")


@dataclass(slots=True, eq=False)
class Part:
    """One entity: its header, the place `raw[start:end]` of its body, and its parts if it has any.

    `content_type` is lower-cased `type/subtype`; `filename` is decoded, "" where there is none.
    """

    raw: bytes = field(repr=False)
    start: int
    end: int
    header: Header
    content_type: str
    parameters: dict[str, str]
    disposition: str
    filename: str
    children: tuple[Part, ...] = ()

    def leaves(self) -> Iterator[Part]:
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()

    def content(self, limit: int = CONTENT_LIMIT) -> bytes:
        """The body without its transfer encoding, at most `limit` bytes of it."""
        # Three escaped bytes for one is the most that an encoding takes, line ends aside.
        end = min(self.end, self.start + 4 * limit)
        return transfer.decode(self.raw[self.start : end], self._encoding())[:limit]

    def size(self) -> int:
        """Bytes of the body without its transfer encoding."""
        if self._encoding() in transfer.ENCODED:
            return len(transfer.decode(self.raw[self.start : self.end], self._encoding()))
        return self.end - self.start

    def inner_header(self) -> Header:
        """The header of the mail that this `message/…` or `text/rfc822-headers` part carries."""
        content = self.content(limit=512 * 1024)
        return split(content, first_field(content), len(content))[0]

    def _encoding(self) -> str:
        return self.header.token("content-transfer-encoding")


@dataclass(slots=True)
class _Budget:
    """What is left of the limits for one mail; `exceeded` once something was left out."""

    parts: int = PARTS_LIMIT
    delimiters: int = DELIMITERS_LIMIT
    exceeded: bool = False


def read_parts(raw: bytes) -> tuple[Part, bool]:
    """The tree of a whole mail's parts, and whether some were left out: too many, or too deep."""
    budget = _Budget()
    part = _part(raw, first_field(raw), len(raw), DEPTH_LIMIT, budget)
    return part, budget.exceeded


def _part(raw: bytes, start: int, end: int, depth: int, budget: _Budget) -> Part:
    header, body = split(raw, start, end)
    content_type, parameters_ = parameters(header.first("content-type"))
    disposition, more = parameters(header.first("content-disposition"))
    filename = more.get("filename") or parameters_.get("name", "")
    part = Part(raw, body, end, header, content_type, parameters_, disposition, filename)
    if content_type.startswith("multipart/"):
        part.children = tuple(_children(part, depth, budget))
    if content_type.count("/") != 1 or (content_type.startswith("multipart/") and not part.children):
        # No type, a broken one, or a multipart without its boundary: all that can be done is to show it.
        is_html = raw[body : body + 200].lstrip().lower().startswith(_HTML_STARTS)
        part.content_type = "text/html" if is_html else "text/plain"
    return part


def _children(part: Part, depth: int, budget: _Budget) -> Iterator[Part]:
    boundary = part.parameters.get("boundary", "")
    if not boundary:
        return
    if depth == 0:
        budget.exceeded = True
        return
    for start, end in _slices(part, b"--" + boundary.encode("utf-8", "replace"), budget):
        if budget.parts == 0:
            budget.exceeded = True
            return
        budget.parts -= 1
        yield _part(part.raw, start, end, depth - 1, budget)


def _slices(part: Part, delimiter: bytes, budget: _Budget) -> Iterator[tuple[int, int]]:
    """Where the parts between the delimiter lines lie. The last one may lack its closing line."""
    opened = -1  # where the part begins whose end is looked for
    for line_start, line_end, closes in _delimiter_lines(part, delimiter, budget):
        if opened >= 0:
            yield opened, max(opened, _without_line_end(part.raw, line_start))
        if closes:
            return
        opened = line_end
    if opened >= 0:
        yield opened, part.end


def _delimiter_lines(part: Part, delimiter: bytes, budget: _Budget) -> Iterator[tuple[int, int, bool]]:
    """Start and end of each line that is `delimiter`, and whether it is the closing one."""
    raw, end = part.raw, part.end
    at = (
        part.start
        if raw.startswith(delimiter, part.start, end)
        else raw.find(b"\n" + delimiter, part.start, end) + 1
    )
    while at > 0:  # the body of a multipart never starts at 0: its header says that it is one
        if budget.delimiters == 0:
            budget.exceeded = True
            return
        budget.delimiters -= 1
        line_end = raw.find(b"\n", at, end) + 1 or end
        rest = raw[at + len(delimiter) : line_end][:200].strip()
        if rest in (b"", b"--"):
            yield at, line_end, rest == b"--"
        at = raw.find(b"\n" + delimiter, line_end - 1, end) + 1


def _without_line_end(raw: bytes, line_start: int) -> int:
    """The line end before a delimiter belongs to the delimiter."""
    end = line_start - 1
    return end - 1 if raw[end - 1 : end] == b"\r" else end
