"""Who wrote, and who is the same person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from daicho.inquiry.customer import Customers, Party, is_incoming, is_masked, party_of
from daicho.mail.message import Address, Message

OWN = frozenset({"support@shop.example.jp"})
SHOP, HANAKO = Address("", "support@shop.example.jp"), Address("花子", "hanako@example.jp")
MESSAGE = Message(
    "k", "k", datetime(2026, 11, 20, tzinfo=UTC), HANAKO, (), (SHOP,), (), "件名", "本文", "本文"
)

PHONE, OTHER_PHONE = "09012345678", "09087654321"


@pytest.mark.parametrize(
    ("said", "sender", "to", "outgoing", "incoming"),
    [
        ("a customer writes", HANAKO, (SHOP,), None, True),
        ("we answer", SHOP, (HANAKO,), None, False),
        ("the Sent folder is believed", HANAKO, (SHOP,), True, False),
        ("our form writes to ourselves", SHOP, (SHOP,), None, True),
        ("our form writes to nobody", SHOP, (), None, True),
    ],
)
def test_the_direction_of_a_mail(
    said: str, sender: Address, to: tuple[Address, ...], outgoing: bool | None, incoming: bool
) -> None:
    assert is_incoming(replace(MESSAGE, sender=sender, to=to), outgoing, OWN) is incoming, said


def test_our_own_system_writes_for_the_customer_in_reply_to() -> None:
    party = party_of(replace(MESSAGE, sender=SHOP, reply_to=(HANAKO,)), True, OWN)
    assert party.email == "hanako@example.jp"


def test_the_customer_of_our_reply_is_its_first_foreign_recipient() -> None:
    party = party_of(replace(MESSAGE, sender=SHOP, to=(SHOP, HANAKO)), False, OWN)
    assert (party.name, party.email) == ("花子", "hanako@example.jp")


@pytest.mark.parametrize(
    ("email", "masked"),
    [
        ("0123456789abcdef0123456789abcdefs1@pc.fw.rakuten.ne.jp", True),
        ("abc123@marketplace.amazon.co.jp", True),
        ("hanako@rakuten.ne.jp", False),
        ("hanako@example.jp", False),
        ("hanako@evil-fw.rakuten.ne.jp.example.com", False),
    ],
)
def test_a_marketplace_address_is_masked(email: str, masked: bool) -> None:
    assert is_masked(email) is masked


def party(email: str, name: str = "山田花子", phone: str = "", order: str = "") -> Party:
    return Party(name, email, (phone,) if phone else (), (order,) if order else ())


@pytest.mark.parametrize(
    ("said", "first", "second", "one"),
    [
        ("name and phone", party("a@example.jp", phone=PHONE), party("b@example.jp", phone=PHONE), True),
        ("name and order number", party("a@example.jp", order="P1"), party("b@example.jp", order="P1"), True),
        (
            "order number alone",
            party("a@example.jp", order="P1"),
            party("b@example.jp", "別名", order="P1"),
            False,
        ),
        ("same address", party("a@example.jp"), party("a@example.jp", "別名"), True),
        ("name alone", party("a@example.jp"), party("b@example.jp"), False),
        (
            "phone alone",
            party("a@example.jp", phone=PHONE),
            party("b@example.jp", "別名", phone=PHONE),
            False,
        ),
        (
            "name and another phone",
            party("a@example.jp", phone=PHONE),
            party("b@example.jp", phone=OTHER_PHONE),
            False,
        ),
        (
            "a masked newcomer",
            party("a@example.jp", phone=PHONE),
            party("x@pc.fw.rakuten.ne.jp", phone=PHONE),
            False,
        ),
        (
            "a masked acquaintance",
            party("x@pc.fw.rakuten.ne.jp", order="P1"),
            party("b@example.jp", order="P1"),
            False,
        ),
        (
            "width and blanks in a name",
            party("a@example.jp", "山田 花子", PHONE),
            party("b@example.jp", "山田　花子", PHONE),
            True,
        ),
    ],
)
def test_what_proves_one_customer(said: str, first: Party, second: Party, one: bool) -> None:
    customers = Customers()
    assert (customers.find(first) is customers.find(second)) is one, said


def test_an_address_joined_by_proof_is_shown_with_its_evidence_and_can_be_split_for_good() -> None:
    customers = Customers()
    hanako = customers.find(party("a@example.jp", phone=PHONE))
    customers.find(party("b@example.jp", phone=PHONE))
    assert hanako.joined == {"b@example.jp": PHONE}
    other = customers.split(hanako, "b@example.jp")
    assert customers.find(party("b@example.jp", phone=PHONE)) is other
    assert other.candidate is None
    assert hanako.addresses == ["a@example.jp"]


def test_a_shared_order_number_under_another_name_is_a_question() -> None:
    customers = Customers()
    first = customers.find(party("a@example.jp", "石田", order="#10491"))
    second = customers.find(party("b@example.jp", "藤井", order="#10491"))
    assert second.candidate == (first.id, "#10491")
    second.candidate, second.refused = None, {first.id}
    customers.find(party("b@example.jp", "藤井", order="#10491"))
    assert second.candidate is None


def test_a_proof_between_two_known_customers_is_a_question_not_a_deed() -> None:
    customers = Customers()
    first = customers.find(party("a@example.jp", phone=PHONE))
    second = customers.find(party("b@example.jp"))
    customers.find(party("b@example.jp", phone=PHONE))
    assert second is not first
    assert second.candidate == (first.id, PHONE)


def test_two_customers_whom_a_person_called_one_share_their_addresses() -> None:
    customers = Customers()
    first, second = customers.find(party("a@example.jp")), customers.find(party("b@example.jp"))
    customers.merge(first, second)
    assert customers.at("b@example.jp") is first
    assert first.addresses == ["a@example.jp", "b@example.jp"]
