"""What is installed: a wheel brings its data along, and works far from any checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_a_wheel_makes_the_demo_in_an_environment_of_its_own(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)], check=True)
    (wheel,) = tmp_path.glob("daicho-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    shipped = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "sheet_templates").rglob("*") if path.is_file()
    }
    assert {f"daicho/{name}" for name in shipped} <= names
    # The libraries come from where the tests run; only daicho itself is installed anew.
    venv.create(tmp_path / "env", with_pip=False)
    scripts = "Scripts" if os.name == "nt" else "bin"
    python = tmp_path / "env" / scripts / "python"
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    ours = [path for path in sys.path if "site-packages" in path]
    (Path(site) / "libraries.pth").write_text("\n".join(ours), encoding="utf-8")
    program = "import daicho; print(daicho.__file__); from daicho.cli import main; main()"
    made = subprocess.run(
        [python, "-c", program, "demo"], cwd=tmp_path, check=True, capture_output=True, encoding="utf-8"
    )
    assert made.stdout.startswith(site)
    assert (tmp_path / "demo" / "ledger.xlsx").exists()
