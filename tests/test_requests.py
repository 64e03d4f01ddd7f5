"""Several requests in one mail, told apart only where the writer says so."""

from __future__ import annotations

import pytest

from builders import Book, arrival
from daicho.inquiry.requests import MOST, requests
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Record

BOUNDARIES = [
    "領収書を発行してください。|また、再入荷はいつですか。",
    "領収書ください。|あと送料も教えて！",
    "１．返品したいです。|２．領収書をください。",
    "Please cancel.|Also, could you send a receipt?",
    "在庫はありますか。|もう一点、のしは付けられますか。\nお願いします。",
]
"""Mails of two requests, parted by a bar."""


@pytest.mark.parametrize("mail", BOUNDARIES)
def test_a_mail_is_parted_where_the_writer_parts_it(mail: str) -> None:
    for between in ("", "\n", "\n\n"):
        joined = mail.replace("|", between or (" " if mail.isascii() else ""))
        assert requests(joined) == mail.split("|")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "在庫はありますか。また伺います。",
        "また壊れました。交換してください。",
        "在庫はありますか。赤もありますか。",
        "それから三日たちました。届きますか。",
        "I also asked last week. Could you answer?",
    ],
)
def test_what_the_writer_does_not_part_stays_one(text: str) -> None:
    assert requests(text) == []


def test_a_mail_of_a_thousand_requests_is_parted_a_few_times() -> None:
    assert len(requests("在庫はありますか。\nまた、色はありますか。\n" * 1000)) == MOST


def test_each_request_gets_its_part_of_the_reply() -> None:
    book = Book()
    rows = load_starters("ja")["templates"]
    book.snapshot.tables["templates"] = [Record(number, dict(row)) for number, row in enumerate(rows, 2)]
    book.sync(arrival("q1", "在庫はありますか。また、グラスでけがをしました。どうすればよいですか。"))
    [row] = book.rows
    assert row["template"] == "safety、restock"
    reply = str(row["reply"])
    assert (
        reply.index("ただちにおやめください")
        < reply.index("また、あわせてお尋ねの件")
        < reply.index("在庫を切らし")
    )
    assert reply.count("お客様\n") == reply.count("【要記入：署名】") == 1
    assert not book.plan().commit
