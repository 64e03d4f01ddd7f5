"""One write to a Google Sheet: exactly once, whole or not at all, whatever happens on the way."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from builders import NOW
from daicho.errors import Conflict, WorkbookError
from daicho.sheets.google_write import FIRST_MARKER, KEPT_MARKERS
from daicho.sheets.workbook import Commit, Update
from google_ledger import open_ledger, prepared, put_mails, sync, tables
from sheets_api import SheetsServer, trouble


@pytest.fixture(autouse=True)
def calm(server: SheetsServer) -> Iterator[None]:
    """No trouble is left over for the next test."""
    yield
    server.trouble = None


def test_a_batch_under_a_taken_number_is_refused_whole(server: SheetsServer) -> None:
    key = prepared(server)
    one, other = open_ledger(server, key), open_ledger(server, key)
    base = other.read()
    one.commit(one.read(), Commit({"by": "one"}, {"messages": [{"key": "1"}]}))
    with pytest.raises(Conflict):
        other.commit(base, Commit({"by": "other"}, {"messages": [{"key": "2"}]}))
    assert server.requests[-1].status == 400
    assert other.read().state == {"by": "one"}
    assert tables(other)["messages"] == [{"key": "1"}]


@pytest.mark.parametrize("rounds", [10, pytest.param(100, marks=pytest.mark.slow)])
def test_two_syncs_at_once_lose_and_double_nothing(server: SheetsServer, tmp_path: Path, rounds: int) -> None:
    key = prepared(server)
    for number in range(rounds):
        put_mails(tmp_path, number)
        gate, failures = threading.Barrier(2), list[BaseException]()

        def run(gate: threading.Barrier = gate, failures: list[BaseException] = failures) -> None:
            workbook = open_ledger(server, key)
            gate.wait()
            try:
                sync(workbook, tmp_path)
            except BaseException as failure:
                failures.append(failure)

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
    found = tables(open_ledger(server, key))
    keys = [f"q{number}@example.jp" for number in range(rounds)]
    assert sorted(row["key"] for row in found["messages"]) == sorted(keys)
    assert sorted(row["inquiry"] for row in found["messages"]) == sorted(
        row["id"] for row in found["inquiries"]
    )
    assert len({row["id"] for row in found["inquiries"]}) == len(found["inquiries"]) == rounds


TROUBLES = [
    trouble.too_many,
    lambda: trouble.too_many(1),
    trouble.internal,
    trouble.unavailable,
    lambda: trouble.internal(applied=True),
    lambda: trouble.unavailable(applied=True),
    trouble.cut_before,
    trouble.cut_after,
]


@pytest.mark.parametrize("seed", range(6))
def test_faults_on_a_third_of_the_requests_change_nothing_in_the_end(
    server: SheetsServer, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)

    def story(key: str) -> dict[str, list[dict[str, Any]]]:
        folder = tmp_path / key
        for step in range(4):
            put_mails(folder, *range(step * 4, step * 4 + 3))
            workbook = open_ledger(server, key, clock=lambda: NOW)
            workbook.batch = 2
            for _ in range(5):
                # What a person would do: run it again.
                with suppress(WorkbookError):
                    sync(workbook, folder)
                    break
        server.trouble = None
        sync(open_ledger(server, key, clock=lambda: NOW), folder)
        return tables(open_ledger(server, key))

    untroubled = story(prepared(server))
    key = prepared(server)
    server.trouble = lambda number, verb, path: chance.choice(TROUBLES)() if chance.random() < 0.3 else None
    assert story(key) == untroubled


@pytest.mark.parametrize("applied", [True, False])
def test_a_write_nobody_answered_is_looked_for_and_never_sent_blindly(
    server: SheetsServer, applied: bool
) -> None:
    key = prepared(server)
    workbook = open_ledger(server, key)
    base = workbook.read()
    server.trouble = [trouble.cut_after() if applied else trouble.cut_before()]
    start = len(server.requests)
    after = workbook.commit(base, Commit(appends={"messages": [{"key": "1"}]}))
    methods = [request.method for request in server.requests[start:]]
    assert methods == (["POST", "GET"] if applied else ["POST", "GET", "POST"])
    assert after.generation == base.generation + 1
    assert tables(workbook)["messages"] == [{"key": "1"}]


def test_a_crash_before_anything_is_put_back_is_mended_by_the_next_reading(server: SheetsServer) -> None:
    key = prepared(server)
    workbook = open_ledger(server, key)
    rows: list[dict[str, Any]] = [{"id": "a", "status": "対応済み"}, {"id": "b", "status": "未対応"}]
    base = workbook.commit(workbook.read(), Commit(appends={"inquiries": rows}))

    def crash(found: object) -> bool:
        raise KeyboardInterrupt

    server.person(lambda person: person.sort("問い合わせ台帳", 1, descending=True))
    workbook._put_back = crash  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        update = Update("inquiries", base.tables["inquiries"][1], {"status": "対応中"})
        workbook.commit(base, Commit({"cursor": "2"}, {"messages": [{"key": "m"}]}, [update]))
    read = open_ledger(server, key).read()
    assert [row.cells for row in read.tables["inquiries"]] == [rows[1], rows[0]]
    assert read.tables["messages"] == []
    assert read.state == {}


def test_no_commit_is_built_on_an_old_snapshot(server: SheetsServer) -> None:
    now = NOW
    workbook = open_ledger(server, prepared(server), clock=lambda: now)
    base = workbook.read()
    now += timedelta(minutes=11)
    with pytest.raises(Conflict):
        workbook.commit(base, Commit({"a": "1"}))


def test_the_last_hundred_generation_markers_are_kept(server: SheetsServer) -> None:
    key = prepared(server)
    workbook = open_ledger(server, key)
    snapshot = workbook.read()
    for number in range(KEPT_MARKERS + 5):
        snapshot = workbook.commit(snapshot, Commit({"n": str(number)}))
    ids = sorted(number for number in server.as_person(key).workbook.metadata if number >= FIRST_MARKER)
    marks = [number - FIRST_MARKER for number in ids if number < FIRST_MARKER + 10_000]
    assert marks == list(range(6, KEPT_MARKERS + 6))
    assert open_ledger(server, key).read().generation == KEPT_MARKERS + 5
