"""Which references a draft carries: enough for any program to put it into its thread."""

from __future__ import annotations

import pytest

from builders import NOW, OWN
from daicho.mail.draft import REFERENCES_LIMIT, build_draft
from daicho.mail.message import Address
from office import parsed


def references(*ids: str) -> list[str]:
    """What a draft that answers the last of `ids` refers to, as another program reads it."""
    draft = build_draft(
        "d1@x", Address("", OWN), Address("", "a@example.jp"), "Re:", "", NOW, answers=ids[-1], references=ids
    )
    return str(parsed(draft.raw)["References"]).replace("<", "").replace(">", "").split()


@pytest.mark.parametrize("length", [1, 2, REFERENCES_LIMIT])
def test_a_thread_is_referred_to_whole(length: int) -> None:
    ids = [f"m{number}@example.jp" for number in range(length)]
    assert references(*ids) == ids


def test_of_a_long_thread_the_first_mail_and_the_newest_are_named() -> None:
    ids = [f"m{number}@example.jp" for number in range(60)]
    assert references(*ids) == [ids[0], *ids[-REFERENCES_LIMIT + 1 :]]
