"""Runs every benchmark and report of this folder: `python -m tests.bench [NAME…]`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("[a-z]*.py"))


def main() -> int:
    """Each in a process of its own, so that peak memory is its own."""
    failed = 0
    for name in sys.argv[1:] or NAMES:
        print(f"\n== {name}", flush=True)
        failed += bool(
            subprocess.run(
                [sys.executable, "-m", f"tests.bench.{name}"], check=False, cwd=FOLDER.parents[1]
            ).returncode
        )
    return failed


if __name__ == "__main__":
    sys.exit(main())
