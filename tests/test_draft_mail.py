"""What a draft says: to whom it goes and from which address, its subject, and a mail any server takes."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOW, OWN, raw_mail
from daicho.errors import MailError
from daicho.mail.draft import NoDrafts, build_draft, is_address, is_no_reply, quoted, reply_subject
from daicho.mail.message import Address, read_message
from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.workbook import Cell, Commit, Update
from office import QUESTION, eml_drafts, eml_office, parsed, text_of


def test_reply_to_is_where_the_draft_goes(tmp_path: Path) -> None:
    question = parsed(QUESTION)
    question["Reply-To"] = "hanako.mobile@example.com"
    office = eml_office(tmp_path, question.as_bytes())
    office.write(draft="✓")
    office.sync()
    [draft] = eml_drafts(office)
    assert draft["To"].addresses[0].addr_spec == "hanako.mobile@example.com"


def test_the_draft_comes_from_the_address_the_customer_wrote_to(tmp_path: Path) -> None:
    to = "Shop <not-info@shop.example.jp>, お店 <Info@shop.example.jp>"
    office = eml_office(tmp_path, raw_mail(to=to, key="q1@x"))
    office.write(draft="✓")
    office.sync()
    [draft] = eml_drafts(office)
    assert draft["From"].addresses[0].addr_spec == "info@shop.example.jp"


def test_a_phone_call_with_an_address_gets_a_mail_of_its_own_that_threads(tmp_path: Path) -> None:
    office = eml_office(tmp_path)
    typed: dict[str, Cell] = {
        "customer": "鈴木",
        "address": "suzuki@example.jp",
        "excerpt": "電話：再入荷は？",
        "draft": "✓",
    }
    ExcelWorkbook.commit(office.workbook, office.workbook.read(), Commit(appends={"inquiries": [typed]}))
    office.sync()
    [draft] = eml_drafts(office)
    assert draft["Subject"] == "再入荷のご案内【さくら雑貨店】"
    assert draft["In-Reply-To"] is None
    assert ">" not in text_of(draft)
    (tmp_path / "mail" / "Drafts").rename(tmp_path / "mail" / "sent")
    office.sync()
    [row] = office.workbook.read().tables["inquiries"]
    assert row.cells["status"] == "対応済み"


def test_more_than_a_cell_holds_is_whole_in_the_draft(tmp_path: Path) -> None:
    office = eml_office(tmp_path, QUESTION)
    snapshot = office.workbook.read()
    restock = next(r for r in snapshot.tables["templates"] if r.cells["key"] == "restock")
    long = "{お客様名} 様\n\n" + "長い説明です。" * 4600 + "\n\n{署名}"
    ExcelWorkbook.commit(
        office.workbook, snapshot, Commit(updates=[Update("templates", restock, {"body": long})])
    )
    office.write(draft="✓")
    office.sync()
    assert len(str(office.row["reply"])) < 32_000
    assert str(office.row["reply"]).endswith("…（長いため、続きは下書きでご覧ください）")
    [draft] = eml_drafts(office)
    assert text_of(draft).count("長い説明です。") == 4600


# --- the mail itself -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("在庫について", "Re: 在庫について"),
        ("Re: 在庫", "Re: 在庫"),
        ("RE: Re：返信: 在庫", "Re: 在庫"),
        ("Re[2]: stock", "Re: stock"),
        ("Regarding my order", "Re: Regarding my order"),
        ("", "Re:"),
        ("a\r\nBcc: x@example.com", "Re: a Bcc: x@example.com"),
    ],
)
def test_a_subject_is_answered_with_one_mark(subject: str, expected: str) -> None:
    assert reply_subject(subject) == expected


@pytest.mark.parametrize(
    "email", ["a@b.jp", "a.b+c@example.co.jp", "f00s1@pc.fw.rakuten.ne.jp", "a..b.@docomo.example.jp"]
)
def test_an_address_can_be_written_to(email: str) -> None:
    assert is_address(email)


@pytest.mark.parametrize(
    "email", ["", "a", "090-1234", "a@b c", "a@b,c@d", "a@b\r\nBcc: c@d", "<a@b>", "あ@b.jp", "@b", "a@"]
)
def test_what_is_no_address_is_not_written_to(email: str) -> None:
    assert not is_address(email)


@pytest.mark.parametrize(
    "email",
    [
        *("noreply@example.jp", "no-reply@example.jp", "No_Reply@example.jp", "donotreply@example.jp"),
        *("do-not-reply@example.jp", "shopping-noreply@example.jp", "noreply-orders@example.jp"),
        *("no.reply2@example.jp", "MAILER-DAEMON@example.jp", "postmaster@example.jp"),
    ],
)
def test_an_address_of_a_program_is_not_answered(email: str) -> None:
    assert is_no_reply(email)


@pytest.mark.parametrize(
    "email", ["hanako@noreply.example.jp", "casinoreply@example.jp", "reply@example.jp", "no@example.jp"]
)
def test_a_persons_address_is_no_programs(email: str) -> None:
    assert not is_no_reply(email)


def test_quoting_marks_every_line() -> None:
    assert quoted("一\r\n\r\n二\n> 三") == "> 一\n>\n> 二\n> > 三"


HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "X-Daicho-Inquiry"),
    *("MIME-Version", "Content-Type", "Content-Transfer-Encoding"),
}


@given(
    name=st.text(max_size=80),
    subject=st.text(max_size=200),
    text=st.text(max_size=500),
    id=st.text(max_size=40),
)
@settings(max_examples=150, deadline=None)
def test_whatever_is_put_in_the_mail_has_these_headers_and_that_text(
    name: str, subject: str, text: str, id: str
) -> None:
    to = Address(name, "hanako@example.jp")
    draft = build_draft(
        "d1@x", Address(name, OWN), to, subject, text, NOW, answers=id, references=[id, "q@x"]
    )
    message = message_from_bytes(draft.raw)
    assert set(message.keys()) <= HEADERS
    assert len(message.keys()) == len(set(message.keys()))
    assert max(map(len, draft.raw.split(b"\r\n"))) <= 998
    assert draft.raw.isascii()
    read = read_message(draft.raw, received=datetime.now(UTC))
    assert (read.key, read.date, read.to[0].email, read.sender.email) == ("d1@x", NOW, to.email, OWN)
    body = base64.b64decode(draft.raw.partition(b"\r\n\r\n")[2]).decode()
    assert "\n" not in body.replace("\r\n", "")


def test_no_drafts_is_a_trouble_of_the_mailbox() -> None:
    assert issubclass(NoDrafts, MailError)
