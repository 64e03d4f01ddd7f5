"""An mbox file: mails one after the other, each behind a line that starts with `From `.

Described by RFC 4155 and, for the quoting of body lines (`>From `), the mboxrd convention. Files of
other programs differ in details, so a separator is believed on two of three signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate
from typing import BinaryIO

from daicho.errors import MailError
from daicho.mail.folders import role
from daicho.mail.local import LARGEST, LocalMailbox, Place

CHUNK = 1 << 20
LOOK_AHEAD = 1024
"""Bytes after a separator's start that decide whether it is one."""

FIELD_NAME = re.compile(rb"[!-9;-~]{1,76}:")
QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Stretch(Place):
    """One mail of an mbox: the bytes from `start` to `end`, its separator line included."""

    start: int
    end: int

    @property
    def location(self) -> str:
        return f"{self.path};offset={self.start}"

    def size(self) -> int:
        return self.end - self.start

    def received(self) -> datetime | None:
        """The time in the separator line (UTC by custom), else the file's."""
        return separator_time(self._bytes(LOOK_AHEAD).partition(b"\n")[0]) or Place.received(self)

    def read(self, size: int = LARGEST) -> bytes:
        mail = self._bytes(size)
        after = mail[self.size() :]
        # The last mail was still being written when we listed: look again, it has a new end.
        if after not in (b"", b"From "):
            raise FileNotFoundError(self.location)
        mail = mail[: self.size()]
        if mail.startswith(b"From "):
            mail = mail.partition(b"\n")[2]
        if size >= self.size():
            mail = without_last_blank_line(mail)
        return QUOTED_FROM.sub(rb"\1", mail)

    def _bytes(self, size: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(self.start)
            return file.read(min(size, self.size() + len(b"From ")))


class Mbox(LocalMailbox):
    """An mbox file. One that is called Sent (or 送信済み …) holds our own mail."""

    def places(self) -> Iterator[Place]:
        try:
            with self.path.open("rb") as file:
                yield from self._stretches(file)
        except FileNotFoundError as error:
            raise MailError("mail.no-file", path=self.path) from error
        except OSError as error:
            key = "mail.mbox-folder" if self.path.is_dir() else "mail.folder-unreadable"
            raise MailError(key, path=self.path) from error

    def _stretches(self, file: BinaryIO) -> Iterator[Stretch]:
        outgoing = True if role([self.path.stem]) == "sent" else None
        start = None
        for end in separators(file):
            if start is not None:
                yield Stretch(self.path, self.path.name, str(start), outgoing, start, end)
            start = end
        if start is not None:
            yield Stretch(self.path, self.path.name, str(start), outgoing, start, file.tell())
        elif file.tell():
            raise MailError("mail.not-mbox", path=self.path)


def separators(file: BinaryIO) -> Iterator[int]:
    """Offsets of the separator lines. The file is streamed and ends up read to its end."""
    # Two line ends stand before the file, so that its first line follows a blank one.
    window, offset, begin = b"\n\n", -2, 0
    while True:
        chunk = file.read(CHUNK)
        window += chunk
        # What starts near the window's edge is judged with the next chunk before it.
        edge = len(window) - LOOK_AHEAD if chunk else len(window)
        at = window.find(b"\nFrom ", begin)
        while 0 <= at < edge:
            if is_separator(window, at):
                yield offset + at + 1
            at = window.find(b"\nFrom ", at + 1)
        if not chunk:
            return
        kept = max(edge - 2, 0)
        window, offset, begin = window[kept:], offset + kept, max(edge - kept, 0)


def is_separator(window: bytes, at: int) -> bool:
    """Whether the `From ` line behind the line end at `at` starts a mail, on two of three signs.

    A blank line before it, a time and a year in it, a header field after it. Every writer forgets one of
    them; a sentence that starts with "From " has at most the blank line.
    """
    line, _, after = window[at + 1 : at + LOOK_AHEAD].partition(b"\n")
    blank = window[max(at - 2, 0) : at].endswith((b"\n", b"\n\r"))
    return blank + is_dated(line) + bool(FIELD_NAME.match(after)) >= 2


def is_dated(line: bytes) -> bool:
    words = line.split()
    has_time = any(b":" in word and word.replace(b":", b"").isdigit() for word in words)
    return has_time and any(len(word) == 4 and word.isdigit() for word in words)


def separator_time(line: bytes) -> datetime | None:
    """The time of `From someone Sat Nov 21 10:00:00 2026`."""
    words = line.decode("ascii", "replace").split()
    moment = parsedate(" ".join(words[2:]))
    try:
        return datetime(*moment[:6], tzinfo=UTC) if moment else None
    except ValueError:
        return None


def without_last_blank_line(mail: bytes) -> bytes:
    """The blank line between two mails belongs to the file, not to the mail."""
    for line_end in (b"\r\n", b"\n"):
        if mail.endswith(line_end * 2):
            return mail.removesuffix(line_end)
    return mail
