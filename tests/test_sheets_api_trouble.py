"""The stand-in for Google's Sheets API on a bad day: trouble as ordered, people in between, rival writers."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import requests

from sheets_api import SheetsServer, trouble
from sheets_api.book import NOW, Book, note


@pytest.fixture
def own() -> Iterator[SheetsServer]:
    """A server of one test: its trouble is ordered, and what was sent is looked at."""
    with SheetsServer(clock=lambda: NOW) as running:
        yield running


# Trouble


def test_trouble_comes_request_by_request_and_then_ends(own: SheetsServer) -> None:
    book = Book(own)
    own.trouble = [None, trouble.too_many(7), trouble.too_many(), trouble.internal(), trouble.unavailable()]
    answers = [book.send("GET", "") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200, 429, 429, 500, 503, 200]
    assert [answer.headers.get("Retry-After") for answer in answers[1:3]] == ["7", None]
    assert answers[1].json()["error"]["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"


@pytest.mark.parametrize(
    ("order", "applied"),
    [
        (trouble.cut_before(), False),
        (trouble.cut_after(), True),
        (trouble.unavailable(), False),
        (trouble.unavailable(applied=True), True),
    ],
)
def test_a_write_in_trouble_is_applied_or_not_as_ordered(
    own: SheetsServer, order: trouble.Trouble, applied: bool
) -> None:
    book = Book(own)
    own.trouble = [order]
    if order.cut:
        with pytest.raises(requests.ConnectionError):
            book.put("A1", [["x"]])
        assert own.requests[0].status == 0
    else:
        answer = book.send("PUT", "/values/A1", {"values": [["x"]]}, valueInputOption="RAW")
        assert answer.status_code == 503
    assert bool(book.values()) is applied


def test_trouble_may_be_chosen_by_number_verb_and_path(own: SheetsServer) -> None:
    book = Book(own)
    own.trouble = lambda number, verb, _path: trouble.denied() if verb == "PUT" and number == 2 else None
    codes = [book.send("PUT", "/values/A1", {"values": [["x"]]}, valueInputOption="RAW") for _ in range(3)]
    assert [answer.status_code for answer in codes] == [200, 403, 200]


def test_a_slow_answer_comes_after_its_work_is_done(own: SheetsServer) -> None:
    book = Book(own)
    own.trouble = [trouble.slow(5)]
    with pytest.raises(requests.Timeout):
        book.session.put(
            f"{book.base}/values/A1",
            json={"values": [["x"]]},
            params={"valueInputOption": "RAW"},
            timeout=0.2,
        )
    assert book.values() == [["x"]]


def test_requests_are_kept_as_they_were_on_the_wire(own: SheetsServer) -> None:
    book = Book(own)
    book.values("A1")
    (seen,) = own.requests
    assert (seen.method, seen.path, seen.status) == ("GET", f"/v4/spreadsheets/{book.id}/values/A1", 200)
    assert b"majorDimension" in seen.response


# People


def test_a_person_comes_between_a_read_and_the_next_write(own: SheetsServer) -> None:
    book = Book(own)
    book.put("A1", [["番号", "担当"], ["2", ""], ["1", ""]])
    own.person(lambda person: person.sort("Sheet1", "番号"))
    assert book.values("A2:A3") == [["2"], ["1"]]
    book.put("B2", [["山田"]])
    assert book.values() == [["番号", "担当"], ["1", "山田"], ["2"]]


def test_a_person_may_come_before_a_numbered_or_chosen_request(own: SheetsServer) -> None:
    book = Book(own)
    own.person(lambda person: person.append("Sheet1", ["x"]), before=2)
    own.person(lambda person: person.append("Sheet1", ["y"]), when=lambda verb, path: "A3" in path)
    assert [book.values(), book.values(), book.values("A3"), book.values()] == [
        [],
        [["x"]],
        [],
        [["x"], ["y"]],
    ]


def test_a_person_does_what_people_do(own: SheetsServer) -> None:
    book = Book(own)
    person = own.as_person(book.id)
    person.append("Sheet1", ["名前", "期限"])
    assert person.append("Sheet1", ["a", "2026-12-01"]) == 2
    person.append("Sheet1", ["b", "12:30"])
    person.edit("Sheet1", 3, "名前", "c")
    person.rename_header("Sheet1", "期限", "締切")
    person.insert_row("Sheet1", 2)
    person.copy_row("Sheet1", 3, 2)
    person.move_row("Sheet1", 4, 2)
    person.insert_column("Sheet1", "A")
    person.rename_tab("Sheet1", "台帳")
    assert person.values("台帳") == [
        ["", "名前", "締切"],
        ["", "c", "12:30"],
        ["", "a", "2026-12-01"],
        ["", "a", "2026-12-01"],
    ]
    person.delete_row("台帳", 3)
    person.delete_column("台帳", "締切")
    person.clear("台帳")
    assert person.values("台帳") == [["", "名前"]]
    person.add_tab("メモ")
    person.delete_tab("台帳")
    assert person.tabs() == ["メモ"]


def test_a_locked_row_refuses_the_program_but_not_its_owner(own: SheetsServer) -> None:
    book = Book(own)
    person = own.as_person(book.id)
    person.lock("Sheet1", 1, 1)
    answer = book.send("PUT", "/values/A1", {"values": [["x"]]}, valueInputOption="RAW")
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("You are trying to edit a protected cell or object.")
    person.edit("Sheet1", 1, 1, "x")
    assert book.values() == [["x"]]


# Several at once


def test_of_two_writers_with_one_marker_exactly_one_wins(own: SheetsServer) -> None:
    book = Book(own)
    body = {"requests": [note(7)]}
    codes: list[int] = []

    def write() -> None:
        answer = requests.post(f"{book.base}:batchUpdate", json=body, timeout=30)
        codes.append(answer.status_code)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(codes) == [200, 400, 400, 400]
