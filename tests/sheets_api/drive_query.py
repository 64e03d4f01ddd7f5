"""The `q` of Drive's files.list: `mimeType = "..." and name contains 'x' and not trashed = true`."""

from __future__ import annotations

import re

from .errors import DriveError
from .store import ROOT, File

TOKEN = re.compile(
    r"\s*(?:(?P<text>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')|(?P<word>[A-Za-z]+)|(?P<mark><=|>=|!=|[=<>()]))"
)


def matches(file: File, query: str) -> bool:
    """Whether the file is one the query asks for. Raises DriveError 400 on a query it cannot read."""
    if not query.strip():
        return True
    reader = _Reader(query, file)
    result = reader.either()
    if reader.tokens:
        raise _invalid(query)
    return result


def _invalid(query: str) -> DriveError:
    return DriveError(f"Invalid Value: {query}", 400, "invalid", location="q")


class _Reader:
    def __init__(self, query: str, file: File) -> None:
        self.query, self.file = query, file
        self.tokens: list[str] = []
        at = 0
        stripped = query.rstrip()
        while at < len(stripped):
            match = TOKEN.match(stripped, at)
            if not match:
                raise _invalid(query)
            self.tokens.append(match[0].strip())
            at = match.end()

    def next(self) -> str:
        if not self.tokens:
            raise _invalid(self.query)
        return self.tokens.pop(0)

    def peek(self, word: str) -> bool:
        return bool(self.tokens) and self.tokens[0].lower() == word

    def either(self) -> bool:
        result = self.both()
        while self.peek("or"):
            self.next()
            result = self.both() or result
        return result

    def both(self) -> bool:
        result = self.term()
        while self.peek("and"):
            self.next()
            result = self.term() and result
        return result

    def term(self) -> bool:
        if self.peek("not"):
            self.next()
            return not self.term()
        if self.peek("("):
            self.next()
            result = self.either()
            if self.next() != ")":
                raise _invalid(self.query)
            return result
        first, operator, second = self.next(), self.next().lower(), self.next()
        return self.compared(first, operator, second)

    def compared(self, first: str, operator: str, second: str) -> bool:
        if operator == "in":
            folder = ROOT if _plain(first) == "root" else _plain(first)
            return second != "parents" or folder in self.file.parents
        values = {"name": self.file.name, "title": self.file.name, "mimetype": self.file.mime_type}
        if first.lower() == "trashed":
            return (self.file.trashed == (second.lower() == "true")) == (operator == "=")
        if first.lower() not in values:
            # Times, sharing and the like are not modelled: they leave nothing out.
            return True
        value, wanted = values[first.lower()], _plain(second)
        if operator == "contains":
            return wanted.casefold() in value.casefold()
        return (value == wanted) == (operator == "=")


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text[:1] in "'\"" else text
