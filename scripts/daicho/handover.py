"""What leaves the house, what comes home and what is forgotten, each told as one story.

Out: read → choose → mask → write the file → log it, and only then put the file in its place.
Home: read the file → read the ledger → merge cell by cell → one commit.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from daicho.errors import UsageError, WorkbookError
from daicho.ledger.forget import Forgotten, forget, months_before, prune, retention
from daicho.ledger.rows import Ledger
from daicho.ledger.settings import read_settings
from daicho.ledger.vendor.access import VendorError, read_access
from daicho.ledger.vendor.context import House
from daicho.ledger.vendor.home import Homecoming, bring_home
from daicho.ledger.vendor.log import Export, holding, read_exports
from daicho.ledger.vendor.out import Pack, build_pack
from daicho.sheets.layout import Layout
from daicho.sheets.pack import sealed, write_pack
from daicho.sheets.pack_reading import read_grids
from daicho.sheets.workbook import Commit, Snapshot, Workbook, until_written
from daicho.wording import Wording

Planned = TypeVar("Planned", Homecoming, Forgotten)

_WHOLE_ADDRESS = re.compile(r"[^\s<>@,;]+@[^\s<>@,;]+")


@dataclass(frozen=True, slots=True)
class Exported:
    """A pack that was handed over: where it lies and what it holds. `before` are earlier packs that hold some
    of its inquiries, the newest first."""

    path: Path
    pack: Pack
    locked: bool
    before: Sequence[Export] = ()

    @property
    def again(self) -> set[str]:
        """The inquiries that were out already."""
        return self.pack.export.inquiries & set().union(*(export.inquiries for export in self.before))


class Handover:
    """Packs for vendors. `secret` makes the key of one export's pseudonyms and seals."""

    def __init__(
        self,
        workbook: Workbook,
        house: House,
        layout: Layout,
        zone: ZoneInfo,
        wording: Wording,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        secret: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self.workbook = workbook
        self.house = house
        self.layout = layout
        self.zone = zone
        self.wording = wording
        self.now = now
        self.secret = secret

    def export(self, vendor: str, out: Path | None, password: str = "") -> Exported:
        """Writes a pack for `vendor` and logs it. `out` defaults to a name made of vendor, day and export.

        Raises UsageError, VendorError, WorkbookError; then there is no file and no entry.
        """
        if out and out.suffix.lower() != ".xlsx":
            raise UsageError("vendor.no-xlsx", path=out)
        ledger = self._ledger()
        rows = ledger.snapshot.tables.get("settings", [])
        settings, access = read_settings(rows, self.layout), read_access(rows, self.layout, vendor)
        pack = build_pack(ledger, settings, access, self.house, self.wording, self.now(), self.secret())
        path = out or Path(_file_name(pack))
        pack.export.file = path.name
        with _in_place(path) as unfinished:
            digest = self._write(pack, unfinished, password)
            self._log(ledger, pack, digest)
        before = holding(read_exports(ledger.snapshot.tables.get("exports", ())), pack.export.inquiries)
        return Exported(path, pack, bool(password), before[::-1])

    def bring_home(
        self, path: Path, password: Callable[[], str], *, dry: bool = False, newer_wins: bool = False
    ) -> Homecoming:
        """Takes home what a vendor wrote into a file. With `dry` nothing is written; with `newer_wins` the
        file replaces what an earlier file of the same pack brought.

        `password` is asked if the file has one. Raises WorkbookError, or VendorError for a foreign file.
        """
        try:
            grids = read_grids(path.read_bytes(), path.name, password)
        except OSError:
            raise UsageError("vendor.no-file", path=path) from None

        def plan(ledger: Ledger) -> Homecoming:
            settings = read_settings(ledger.snapshot.tables.get("settings", []), self.layout)
            return bring_home(
                ledger, settings, self.house, self.wording, grids, self.now(), newer_wins=newer_wins
            )

        return self._carry_out(plan, self._commit, dry=dry)

    def forget(self, address: str, *, dry: bool = False) -> Forgotten:
        """Erases the person who writes from `address`. With `dry` nothing is written.

        Raises UsageError for what is no whole mail address: half of one may be many people's.
        """
        if not _WHOLE_ADDRESS.fullmatch(address.strip()):
            raise UsageError("vendor.no-address", address=address)
        return self._carry_out(lambda ledger: forget(ledger, address, self.wording), self._erase, dry=dry)

    def prune(self, *, dry: bool = True) -> tuple[datetime, Forgotten]:
        """Makes anonymous what was settled longer ago than the settings say; from which moment on, and what.

        Raises VendorError if the settings do not say it.
        """
        records = self._ledger().snapshot.tables.get("settings", [])
        try:
            months = retention(records, lambda label: self.layout.option("setting", label))
        except ValueError as error:
            raise VendorError("vendor.odd-retention", value=error) from None
        if months is None:
            raise VendorError("vendor.no-retention")
        before = months_before(self.now().astimezone(self.zone).replace(tzinfo=None), months)
        secret = self.secret()
        done = self._carry_out(
            lambda ledger: prune(ledger, before, secret, self.wording), self._erase, dry=dry
        )
        return before, done

    def label(self, column: str) -> str:
        """What people call a column that comes home."""
        tab = self.layout.tab("inquiries")
        return self.wording.say("vendor.answer") if column == "answer" else tab.column(column).label

    def _carry_out(
        self, plan: Callable[[Ledger], Planned], write: Callable[[Snapshot, Planned], object], *, dry: bool
    ) -> Planned:
        """Writes what `plan` makes of the ledger; plans again where somebody else wrote first."""

        def work(ledger: Ledger) -> Planned:
            planned = plan(ledger)
            if not dry:
                write(ledger.snapshot, planned)
            return planned

        return until_written(self._ledger(), work, self._ledger)

    def _commit(self, base: Snapshot, planned: Homecoming) -> None:
        if planned.commit:
            self.workbook.commit(base, planned.commit)

    def _erase(self, base: Snapshot, planned: Forgotten) -> None:
        """Even where the ledger holds nothing any more: a run before this one may have been cut off."""
        self.workbook.erase(base, planned.commit, planned.blot)

    def _ledger(self) -> Ledger:
        return Ledger(self.workbook.read(), self.layout, self.zone)

    def _write(self, pack: Pack, path: Path, password: str) -> str:
        """The file's fingerprint."""
        cut = self.wording.say("sheets.cut")
        if password:
            buffer = BytesIO()
            write_pack(pack.pages, self.layout, buffer, cut)
            path.write_bytes(sealed(buffer.getvalue(), password))
        else:
            with path.open("wb") as file:
                write_pack(pack.pages, self.layout, file, cut)
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _log(self, ledger: Ledger, pack: Pack, digest: str) -> None:
        """The entry does not depend on what else stands in the ledger, so a lost race is simply run again."""
        entry = Commit(appends={"exports": pack.export.rows({**pack.told, "digest": digest[:16]})})
        until_written(ledger.snapshot, lambda base: self.workbook.commit(base, entry), self.workbook.read)


def _file_name(pack: Pack) -> str:
    """`みどりサポート-20261121-X-7KQ4M.xlsx`, without what file systems refuse."""
    export = pack.export
    vendor = "".join(
        "_" if letter in '\\/:*?"<>|' or ord(letter) < 32 else letter for letter in export.vendor
    )
    return f"{vendor}-{export.when:%Y%m%d}-{export.id}.xlsx"


@contextmanager
def _in_place(path: Path) -> Iterator[Path]:
    """A file to write, which takes its name only if nothing went wrong. Raises UsageError, WorkbookError."""
    if path.exists():
        raise UsageError("vendor.file-exists", path=path)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield unfinished
        unfinished.replace(path)
    except OSError as error:
        raise WorkbookError("vendor.unwritable", path=path, reason=error) from error
    finally:
        unfinished.unlink(missing_ok=True)
