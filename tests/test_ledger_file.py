"""The ledger as a file: whole or not at all, whoever else has it open, and whatever the disk does."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from filelock import FileLock

from builders import LAYOUT
from daicho.errors import WorkbookError
from daicho.sheets import ledger_file, package
from daicho.sheets.excel import ExcelWorkbook
from excel_ledger import append, new_ledger, parts
from test_workbook import INQUIRY


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.xlsx"


@pytest.fixture
def ledger(path: Path) -> ExcelWorkbook:
    """A ledger with two inquiries."""
    return new_ledger(path, INQUIRY, {"id": "b"})


@pytest.mark.parametrize("sign", ["~$ledger.xlsx", ".~lock.ledger.xlsx#"])
def test_nothing_is_written_while_a_person_has_the_file_open(
    path: Path, ledger: ExcelWorkbook, sign: str
) -> None:
    before = path.read_bytes()
    path.with_name(sign).write_text(",見本,host,21.11.2026 12:00,file:///;", encoding="utf-8")
    assert ledger.read().tables["inquiries"]
    with pytest.raises(WorkbookError) as told:
        append(ledger)
    assert told.value.key == "sheets.file-open"
    assert sign in told.value.values.values()
    assert path.read_bytes() == before
    path.with_name(sign).unlink()
    append(ledger)


def spoil(data: bytes) -> bytes:
    """The same package with a sheet that is no XML."""
    held = parts(BytesIO(data))
    held["xl/worksheets/sheet1.xml"] = held["xl/worksheets/sheet1.xml"][:-20]
    with ZipFile(target := BytesIO(), "w") as archive:
        for name, content in held.items():
            archive.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    ("damage", "key"),
    [
        (lambda data: b"", "sheets.damaged"),
        (lambda data: b"id,due\n1,2\n", "sheets.damaged"),
        (lambda data: data[:-200], "sheets.damaged"),
        (lambda data: data[:2000] + bytes(500) + data[2500:], "sheets.damaged"),
        (spoil, "sheets.damaged"),
        (lambda data: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "sheets.sealed"),
    ],
)
def test_a_file_that_is_no_whole_workbook_is_told(
    path: Path, ledger: ExcelWorkbook, damage: Callable[[bytes], bytes], key: str
) -> None:
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(WorkbookError) as told:
        ledger.read()
    assert told.value.key == key


def test_a_file_that_unpacks_to_far_too_much_is_refused(
    path: Path, ledger: ExcelWorkbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "MOST_BYTES", 10_000)
    with pytest.raises(WorkbookError, match="damaged"):
        ledger.read()


def test_a_missing_file_or_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match="no-file"):
        ExcelWorkbook(tmp_path / "none.xlsx", LAYOUT).read()
    with pytest.raises(WorkbookError, match="no-folder"):
        ExcelWorkbook(tmp_path / "none" / "ledger.xlsx", LAYOUT).prepare(LAYOUT, {})
    with pytest.raises(WorkbookError, match="not-a-file"):
        ExcelWorkbook(tmp_path, LAYOUT).read()


def test_a_read_only_file_is_told_and_left_alone(path: Path, ledger: ExcelWorkbook) -> None:
    before = path.read_bytes()
    path.chmod(0o444)
    with pytest.raises(WorkbookError, match="read-only"):
        append(ledger)
    path.chmod(0o644)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("code", "key"), [(errno.ENOSPC, "sheets.disk-full"), (errno.EIO, "sheets.unwritable")]
)
def test_a_failing_disk_leaves_the_old_file_and_nothing_else(
    path: Path, ledger: ExcelWorkbook, monkeypatch: pytest.MonkeyPatch, code: int, key: str
) -> None:
    before = path.read_bytes()

    def fail(handle: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(WorkbookError) as told:
        append(ledger)
    assert told.value.key == key
    assert path.read_bytes() == before
    assert [
        file.name
        for file in path.parent.iterdir()
        if not file.name.startswith((".ledger.xlsx.lock", ".ledger.xlsx.daicho"))
    ] == ["ledger.xlsx"]


def test_a_second_daicho_waits_and_then_says_so(
    path: Path, ledger: ExcelWorkbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_file, "PATIENCE", 0.05)
    with FileLock(path.with_name(".ledger.xlsx.lock")), pytest.raises(WorkbookError, match="busy"):
        append(ledger)


def test_what_a_killed_write_left_is_swept_away(path: Path, ledger: ExcelWorkbook) -> None:
    left = path.with_name(".ledger.xlsx.0123456789abcdef.daicho-new")
    left.write_bytes(b"half")
    append(ledger)
    assert not left.exists()


@pytest.mark.skipif(os.name == "nt", reason="file modes and links are another matter on Windows")
def test_a_link_stays_a_link_and_permissions_stay(tmp_path: Path, path: Path, ledger: ExcelWorkbook) -> None:
    path.chmod(0o640)
    link = tmp_path / "elsewhere" / "link.xlsx"
    link.parent.mkdir()
    link.symlink_to(path)
    append(ExcelWorkbook(link, LAYOUT))
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert len(ledger.read().tables["inquiries"]) == 3


# --- several at once ----------------------------------------------------------------------------------------


WRITER = """
import sys
from pathlib import Path
from daicho.errors import Conflict
from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.layout import load_layout
from daicho.sheets.workbook import Commit

layout = load_layout("ja")
workbook = ExcelWorkbook(Path(sys.argv[1]), layout)
name, rounds = sys.argv[2], int(sys.argv[3])
while rounds:
    base = workbook.read()
    key = f"{name}-{rounds}"
    try:
        workbook.commit(base, Commit(state={name: key}, appends={"messages": [{"key": key}]}))
    except Conflict:
        continue
    print(key, flush=True)
    rounds -= 1
"""


def writer(path: Path, name: str, rounds: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), name, str(rounds)], stdout=subprocess.PIPE, text=True
    )


def test_writers_at_the_same_time_lose_and_double_nothing(path: Path, ledger: ExcelWorkbook) -> None:
    before = ledger.read().generation
    writers = [writer(path, name, 4) for name in ("a", "b", "c")]
    told = {line for process in writers for line in process.communicate(timeout=120)[0].split()}
    after = ledger.read()
    keys = [str(row.cells["key"]) for row in after.tables["messages"]]
    assert sorted(keys) == sorted(told)
    assert len(told) == 12
    assert after.generation == before + 12


@pytest.mark.skipif(os.name == "nt", reason="a process cannot be killed in the same way")
def test_a_kill_at_any_moment_leaves_a_whole_file(path: Path, ledger: ExcelWorkbook) -> None:
    for turn in range(4):
        process = writer(path, f"w{turn}", 1000)
        assert process.stdout
        told = [process.stdout.readline().strip() for _ in range(turn + 1)]
        process.kill()
        told += process.communicate()[0].split()
        snapshot = ledger.read()
        keys = [row.cells["key"] for row in snapshot.tables["messages"]]
        assert set(told) <= set(keys)
        assert len(keys) == len(set(keys)) == snapshot.generation - 1
        assert snapshot.state[f"w{turn}"] == keys[-1]
    append(ledger)
    assert not list(path.parent.glob("*.daicho-new"))
