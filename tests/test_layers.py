"""Imports only go down (house rules 1 and 8)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "scripts" / "daicho"

FLOORS = {
    "cli": 7,
    "desk": 6,
    "sync": 5,
    "trial": 5,
    "handover": 5,
    "doctor": 5,
    "monthly": 5,
    "report": 5,
    "adapters": 4,
    "training": 4,
    "ledger": 4,
    "inquiry": 3,
    "sheets": 2,
    "mail": 2,
    "config": 2,
    "watch": 2,
    "demo": 2,
    "faq_page": 2,
    "workdays": 1,
    "errors": 1,
    "wording": 1,
}
PURE = (
    "inquiry",
    "ledger",
    "workdays.py",
    "mail/message.py",
    "mail/charset.py",
    "mail/furniture.py",
    "mail/key.py",
    "mail/text.py",
)
WORLD = {
    "socket",
    "subprocess",
    "requests",
    "imapclient",
    "openpyxl",
    "gspread",
    "shutil",
    "tempfile",
    "urllib",
}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_from_lower_floors_or_its_own(path: Path) -> None:
    own = room(path)
    for name in imports(path):
        if name.startswith("daicho."):
            other = name.split(".")[1]
            assert other == own or FLOORS[other] < FLOORS[own], f"{own} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_inside_a_room_no_two_modules_need_each_other(path: Path) -> None:
    def reaches(start: Path, seen: set[Path]) -> set[Path]:
        for name in imports(start):
            target = PACKAGE.parent.joinpath(*name.split(".")).with_suffix(".py")
            if target.exists() and target not in seen:
                seen.add(target)
                reaches(target, seen)
        return seen

    assert path not in reaches(path, set())


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path.relative_to(PACKAGE).as_posix().startswith(PURE)]
)
def test_the_middle_is_pure(path: Path) -> None:
    assert not {name.split(".")[0] for name in imports(path)} & WORLD
