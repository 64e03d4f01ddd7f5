"""HTML mail as the text a person would read.

Not a browser: a scanner that goes over the tags once, in linear time and bounded memory whatever they
are. A parser that builds the tree of HTML 5 needs more than that for some inputs (200,000 attributes in one
tag: minutes) and drops text it does not expect; a mail to a shop needs its words and line ends only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

_TAG_NAME = re.compile(r"/?[A-Za-z][A-Za-z0-9:\-]*(?=[\s/>])")
_UNQUOTED = re.compile(r"""[^>"']*""")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?")
_BLANKS = re.compile(r"[ \t\n\f\r\xa0]+")

_UNREAD = frozenset({"script", "style", "title", "xml"})
_VOID = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_LAYOUT = {
    name: layout
    for layout, names in {
        "paragraph": "p h1 h2 h3 h4 h5 h6 table ul ol dl pre blockquote hr",
        "line": "address article aside body center dd div dt fieldset figure footer form head header html "
        "li main nav option section tbody thead tr",
        "cell": "td th",
        "break": "br",
    }.items()
    for name in names.split()
}
_CITATIONS = ("cite", "quote", "border-left")
_CITATION_DEPTH_LIMIT = 5
_ATTRIBUTES_LIMIT = 4000  # an image may be written out inside its tag
_TOKEN_LIMIT = 200_000

Token = tuple[str, str]
"""("", text), or a tag's lower-cased name, with "/" before it where it closes, and its attributes."""


def to_text(source: str, limit: int) -> tuple[str, bool]:
    """The words of `source` in their lines, and whether some were left out beyond `limit` characters.

    Links keep their words, tables a line a row; cited blocks get `> ` before each line. Hidden
    elements are left out, unless nothing else is there.
    """
    text, cut = _render(source, limit, with_hidden=False)
    return (text, cut) if text or cut else _render(source, limit, with_hidden=True)


def _render(source: str, limit: int, *, with_hidden: bool) -> tuple[str, bool]:
    page = _Page()
    hidden, depth = "", 0  # the element that hides all that is in it, and how many of its name are open
    for count, (tag, content) in enumerate(_Scan(source).tokens()):
        if page.size > limit or count > _TOKEN_LIMIT:
            return page.finish(), True
        name = tag.removeprefix("/")
        if hidden:
            depth += (name == hidden) * (1 if name == tag else -1)
            hidden = hidden if depth else ""
        elif not tag:
            page.write(content)
        elif name == tag and name not in _VOID and not with_hidden and _is_hidden(content):
            hidden, depth = name, 1
        else:
            page.lay_out(name, content, closes=name != tag)
    return page.finish(), False


def _is_hidden(attributes: str) -> bool:
    style = "".join(attributes[:_ATTRIBUTES_LIMIT].lower().split())
    return "display:none" in style or "visibility:hidden" in style


class _Scan:
    """Tags and text of a source. What was missed once is not looked for again, so the whole stays linear."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._missing: set[str] = set()
        self._quotes_hold = True

    def tokens(self) -> Iterator[Token]:
        source = self._source
        position = 0
        while (opened := source.find("<", position)) >= 0:
            if opened > position:
                yield "", source[position:opened]
            if name := _TAG_NAME.match(source, opened + 1):
                end = self._tag_end(name.end())
                tag = name.group().lower()
                yield tag, source[name.end() : end]
                position = self._behind_unread(tag, end + 1) if tag in _UNREAD else end + 1
            elif source.startswith(("<!", "<?", "</"), opened):
                comment = source.startswith("<!--", opened)
                closed = self._find("-->" if comment else ">", opened)
                position = closed + (3 if comment else 1) if closed >= 0 else opened + 2
            else:  # a sign of its own, as in 「<3」
                yield "", "<"
                position = opened + 1
        yield "", source[position:]

    def _find(self, sign: str, start: int) -> int:
        found = -1 if sign in self._missing else self._source.find(sign, start)
        if found < 0:
            self._missing.add(sign)
        return found

    def _tag_end(self, start: int) -> int:
        """Where the tag's `>` is, quoted ones aside; the source's end where there is none."""
        position = start
        while self._quotes_hold:
            position = _end_of(_UNQUOTED, self._source, position)
            sign = self._source[position : position + 1]
            if sign == ">":
                return position
            closed = self._find(sign, position + 1) if sign else -1
            # Quotes that do not pair up to the very end tell nothing about the tags to come either.
            self._quotes_hold = closed >= 0
            position = closed + 1
        plain = self._find(">", start)
        return plain if plain >= 0 else len(self._source)

    def _behind_unread(self, tag: str, start: int) -> int:
        """Behind a script or style sheet; at its start where it never ends."""
        ends = [self._find(f"</{spelling}", start) for spelling in (tag, tag.upper(), tag.capitalize())]
        return min((end for end in ends if end >= 0), default=start)


class _Page:
    """Lines as they are laid out. `size` counts their characters."""

    def __init__(self) -> None:
        self.size = 0
        self._lines: list[str] = []
        self._line: list[str] = []
        self._gap: str | None = None  # a blank line that is due before the next text, as it is quoted
        self._preformatted = 0
        self._citations: list[bool] = []
        self._depth = 0

    def write(self, text: str) -> None:
        if "&" in text:
            text = _ENTITY.sub(lambda entity: unescape(entity.group()), text)
        if self._preformatted:
            first, *others = text.split("\n")
            self._add(first)
            for line in others:
                self._end_line()
                self._add(line)
            return
        text = _BLANKS.sub(" ", text)
        at_blank = not self._line or self._line[-1].endswith(" ")
        self._add(text.removeprefix(" ") if at_blank else text)

    def lay_out(self, name: str, attributes: str, *, closes: bool) -> None:
        """The effect of a tag on the lines."""
        layout = _LAYOUT.get(name)
        if layout == "break":
            self._end_line()
        elif layout == "paragraph":
            self._break_line()
            # Outlook writes each line as a paragraph without a gap.
            if self._gap is None and not closes and "MsoNormal" not in attributes:
                self._gap = self._mark().rstrip()
        elif layout == "line":
            self._break_line()
        elif layout == "cell" and not closes and self._line:
            self.write(" ")
        if name == "blockquote":
            self._cite(attributes, closes=closes)
        elif name == "pre":
            self._preformatted = max(0, self._preformatted + (-1 if closes else 1))
        elif name == "li" and not closes:
            self._add("- ")

    def _add(self, text: str) -> None:
        if text:
            self._line.append(text)
            self.size += len(text)

    def _break_line(self) -> None:
        """Ends the line unless nothing is on it."""
        if "".join(self._line).strip(" "):
            self._end_line()
        self._line.clear()

    def _end_line(self) -> None:
        line = "".join(self._line).rstrip(" ")
        self._line.clear()
        if self._gap is not None and line:
            if self._lines and self._lines[-1].strip("> "):
                self._lines.append(self._gap)
            self._gap = None
        self._lines.append((self._mark() + line).rstrip())
        self.size += len(self._lines[-1]) - len(line) + 1

    def _mark(self) -> str:
        return "> " * min(self._depth, _CITATION_DEPTH_LIMIT)

    def _cite(self, attributes: str, *, closes: bool) -> None:
        """A block quote that a mail program set around older mail; people indent with plain ones."""
        if not closes:
            known = attributes[:_ATTRIBUTES_LIMIT].lower()
            self._citations.append(any(sign in known for sign in _CITATIONS))
            self._depth += self._citations[-1]
        elif self._citations:
            self._depth -= self._citations.pop()

    def finish(self) -> str:
        self._break_line()
        return "\n".join(self._lines).strip()


def _end_of(pattern: re.Pattern[str], source: str, position: int) -> int:
    found = pattern.match(source, position)
    return found.end() if found else position
