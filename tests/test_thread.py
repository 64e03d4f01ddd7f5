"""Which inquiry a message belongs to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daicho.inquiry.thread import WINDOW, Event, Threads, base_subject, inquiry_id, short_code

NOON = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
FIRST = Event(
    "q1", "A", NOON, True, "inquiry", "hanako@example.jp", "", "在庫", "注文番号 123-1234567-1234567 の件"
)


def event(key: str, **changes: object) -> Event:
    return replace(
        Event(key, "", NOON, True, "inquiry", "hanako@example.jp", "", "別件", "こんにちは"), **changes
    )  # type: ignore[arg-type]


def test_an_answer_joins_the_inquiry_it_names() -> None:
    assert Threads([FIRST]).place(event("q2", references=("q1",), address="other@example.jp")) == "A"


def test_the_nearest_known_ancestor_decides() -> None:
    threads = Threads([FIRST, replace(FIRST, key="x1", inquiry="B")])
    assert threads.place(event("q2", references=("q1", "x1", "unknown"))) == "B"


def test_an_answer_that_came_in_before_its_question_draws_the_question_to_it() -> None:
    answer = replace(FIRST, key="a1", references=("q0",))
    assert Threads([answer]).place(event("q0")) == "A"


def test_two_answers_of_one_customer_to_an_unknown_mail_of_ours_are_one_inquiry() -> None:
    first = replace(FIRST, key="a1", references=("newsletter",))
    threads = Threads([first])
    assert threads.place(event("a2", references=("newsletter",))) == "A"
    assert threads.place(event("a3", references=("newsletter",), address="taro@example.jp")) == ""


ORDER = "注文番号は123-1234567-1234567です"


@pytest.mark.parametrize(
    ("said", "changes", "joined"),
    [
        ("same order, same address, in the window", {"text": ORDER}, True),
        ("same order, other address", {"text": ORDER, "address": "taro@example.jp"}, False),
        ("same order, after the window", {"text": ORDER, "date": NOON + WINDOW + timedelta(days=1)}, False),
        ("other order", {"text": "注文番号は123-1234567-7654321です"}, False),
        ("same subject only", {"subject": "Re: 在庫"}, False),
    ],
)
def test_an_order_number_joins_only_with_the_address_and_in_time(
    said: str, changes: dict[str, object], joined: bool
) -> None:
    assert (Threads([FIRST]).place(event("q2", **changes)) == "A") is joined, said


def test_our_answer_without_references_is_found_by_address_and_answered_subject() -> None:
    threads = Threads([FIRST])
    ours = {"incoming": False, "kind": "reply"}
    assert threads.place(event("r1", subject="Re: 在庫", **ours)) == "A"
    assert threads.place(event("r2", subject="在庫", **ours)) == ""
    assert threads.place(event("r3", subject="Re: 別", **ours)) == ""


def test_a_bounce_goes_to_the_inquiry_of_the_reply_it_is_about() -> None:
    assert (
        Threads([FIRST]).place(event("b1", kind="bounce", address="mailer-daemon@example.jp"), answers="q1")
        == "A"
    )


def test_an_id_tells_the_day_and_is_the_same_everywhere() -> None:
    found = inquiry_id("abc@example.jp", date(2026, 11, 21), set())
    assert found == inquiry_id("abc@example.jp", date(2026, 11, 21), {"else"})
    assert found.startswith("261121-")
    assert len(found) == 11


def test_two_mails_of_one_day_never_share_an_id() -> None:
    taken: set[str] = set()
    for number in range(3000):
        taken.add(inquiry_id(f"mail-{number}", date(2026, 11, 21), taken))
    assert len(taken) == 3000


def test_a_code_has_no_letter_that_sounds_or_looks_like_another() -> None:
    letters = {letter for number in range(500) for letter in short_code(str(number), 5)}
    assert not letters & set("01AEILOU")


@pytest.mark.parametrize("subject", ["Re: 在庫", "RE:RE: 在庫", "Re：在庫", " 返信: Re: 在庫 "])
def test_reply_marks_are_taken_off_a_subject(subject: str) -> None:
    assert base_subject(subject) == "在庫"


KEYS = [f"m{number}" for number in range(12)]


@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, 11), max_size=3),
            st.sampled_from(["a@example.jp", "b@example.jp"]),
            st.booleans(),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_every_incoming_message_lands_in_exactly_one_inquiry(
    mails: list[tuple[list[int], str, bool]],
) -> None:
    threads = Threads()
    for number, (references, address, incoming) in enumerate(mails):
        new = event(
            KEYS[number],
            references=tuple(KEYS[ref] for ref in references if ref != number),
            address=address,
            incoming=incoming,
            date=NOON + timedelta(minutes=number),
        )
        new.inquiry = threads.place(new) or (f"I{number}" if incoming else "")
        threads.add(new)
    placed = [event.key for inquiry in threads.inquiries.values() for event in inquiry.events]
    assert len(placed) == len(set(placed))
    assert set(placed) >= {KEYS[number] for number, mail in enumerate(mails) if mail[2]}
    for inquiry in threads.inquiries.values():
        assert inquiry.events == sorted(inquiry.events, key=lambda event: event.date)
