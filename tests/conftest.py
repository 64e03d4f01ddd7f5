"""Servers that several test files share; `OnDovecot` and the tests of Google Sheets ask for them by name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from imap_servers import Certificate, Server, dovecot
from sheets_api import SheetsServer


@pytest.fixture(scope="session")
def dovecot_server() -> Iterator[tuple[Server, Certificate]]:
    with dovecot() as running:
        yield running


@pytest.fixture(scope="module")
def server() -> Iterator[SheetsServer]:
    """A stand-in for Google."""
    with SheetsServer() as running:
        yield running
