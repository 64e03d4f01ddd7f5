"""The ledger as one file that is replaced whole or not at all."""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from daicho.errors import Conflict, WorkbookError

PATIENCE = 10
"""Seconds to wait for another daicho that is writing."""

_UNFINISHED = ".daicho-new"
_SIGN = ".daicho"
"""Ends the name of an empty file that stays beside a ledger: who finds it alone knows that a ledger was
lost, and starts no new one in its place. Nothing else depends on it."""
_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def was_ledger(path: Path) -> bool:
    """Whether daicho has ever written a ledger at `path`, be it there now or not."""
    return _sign(path.resolve()).exists()


def _sign(path: Path) -> Path:
    return path.with_name(f".{path.name}{_SIGN}")


class LedgerFile:
    """A file written by compare-and-swap: under a lock, to a temporary file beside it, then moved over it.

    A crash leaves the old file or the new one, whole. All errors are WorkbookError.
    """

    def __init__(self, path: Path) -> None:
        self._given = path
        self._path = path.resolve()
        self._name = path.name

    def exists(self) -> bool:
        return self._path.exists()

    def read(self) -> bytes:
        try:
            return self._path.read_bytes()
        except FileNotFoundError as error:
            key = "sheets.gone" if was_ledger(self._path) else "sheets.no-file"
            raise WorkbookError(key, file=self._name) from error
        except OSError as error:
            key = "sheets.not-a-file" if self._path.is_dir() else "sheets.unreadable"
            raise WorkbookError(key, file=self._name, reason=error) from error

    def replace(self, data: bytes, base: str | None) -> None:
        """Puts `data` in the place of the file whose digest is `base`; None means that there is no file yet.

        Raises Conflict when it is another file by now, WorkbookError when a person has it open.
        """
        with self._alone():
            self._swap(data, base)
        with suppress(OSError):
            _sign(self._path).touch()
        self._sync_folder()

    def prove_writable(self) -> None:
        """Does all that `replace` does but the replacing. Raises as it does."""
        with self._alone(), self._unfinished(b""):
            if self.exists():
                self._refuse_read_only()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While nobody else writes or has the file open. All errors are WorkbookError."""
        if not self._path.parent.is_dir():
            raise WorkbookError("sheets.no-folder", folder=self._path.parent)
        lock = FileLock(self._path.with_name(f".{self._path.name}.lock"), timeout=PATIENCE)
        try:
            with lock:
                self._sweep()
                self._refuse_while_open()
                yield
        except Timeout as error:
            raise WorkbookError("sheets.busy", file=self._name) from error
        except OSError as error:
            raise self._told(error) from error

    @contextmanager
    def _unfinished(self, data: bytes) -> Iterator[Path]:
        """A file beside the ledger that holds `data` for sure, and is gone afterwards."""
        unfinished = self._path.with_name(f".{self._path.name}.{secrets.token_hex(8)}{_UNFINISHED}")
        try:
            with unfinished.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            yield unfinished
        finally:
            unfinished.unlink(missing_ok=True)

    def _swap(self, data: bytes, base: str | None) -> None:
        """Compares last of all: what a person saves after that is lost, so the time must be short."""
        with self._unfinished(data) as unfinished:
            if self.exists():
                self._refuse_read_only()
                shutil.copymode(self._path, unfinished)
            if (digest(self.read()) if self.exists() else None) != base:
                raise Conflict("sheets.changed", file=self._name)
            unfinished.replace(self._path)

    def _refuse_read_only(self) -> None:
        if not self._path.stat().st_mode & stat.S_IWUSR:
            raise WorkbookError("sheets.read-only", file=self._name)

    def _sync_folder(self) -> None:
        """Makes the move itself last through a power cut, where the system lets a folder be synced."""
        with suppress(OSError):
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _sweep(self) -> None:
        """Removes what a write left that was killed half-way. Nobody else writes now."""
        for left in self._path.parent.glob(f".{glob.escape(self._path.name)}.*{_UNFINISHED}"):
            left.unlink(missing_ok=True)

    def _refuse_while_open(self) -> None:
        """Excel and LibreOffice lay a file of their own beside the one they have open."""
        for path in {self._given.absolute(), self._path}:
            for sign in (path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#")):
                if sign.exists():
                    raise WorkbookError("sheets.file-open", file=self._name, lock=sign.name)

    def _told(self, error: OSError) -> WorkbookError:
        if error.errno in _FULL:
            return WorkbookError("sheets.disk-full", file=self._name)
        # Windows refuses to move a file over one that a program holds open.
        if isinstance(error, PermissionError) and os.name == "nt":
            return WorkbookError("sheets.in-use", file=self._name)
        return WorkbookError("sheets.unwritable", file=self._name, reason=error)
