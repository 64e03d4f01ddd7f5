"""A large mail without its big attachments, put together from those of its parts that are fetched."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path

import pytest
from imapclient.response_types import BodyData

from daicho.mail import bigmail
from daicho.mail.imap_folder import WHOLE_MAIL
from daicho.mail.message import Message, read_head, read_message
from imap_servers import OnDovecot, OnPymap, Proxy, Server, imap
from test_mailbox import START, Log, key, keys, mail

ODD_MAILS = Path(__file__).parent / "mails"


def read(raw: bytes) -> Message:
    return read_message(raw, received=START)


def big_mail() -> bytes:
    """A mail with text in two forms, a photo of 9 MB (12 MB in base64), small files and an attached mail."""
    line = b"QUJD" * 19 + b"\r\n"
    photo = line * (9_000_000 // 57)
    return b"\r\n".join(
        [
            b"Message-ID: <big@example.com>",
            b"Date: Thu, 01 Oct 2026 09:00:00 +0000",
            b"From: hanako@example.com",
            b"MIME-Version: 1.0",
            b'Content-Type: multipart/mixed;\r\n boundary="outer"',
            b"Subject: photos",
            b"",
            b"--outer",
            b"Content-Type: multipart/alternative; boundary=inner",
            b"",
            b"--inner",
            b"Content-Type: text/plain; charset=utf-8",
            b"",
            "写真を送ります。".encode(),
            b"--inner",
            b"Content-Type: text/html; charset=utf-8",
            b"",
            "<p>写真を送ります。</p>".encode(),
            b"--inner--",
            b"--outer",
            b"Content-Type: image/jpeg",
            b"Content-Disposition: attachment;\r\n"
            b" filename*=UTF-8''%E5%BA%97%E3%81%AE%E5%86%99%E7%9C%9F%E2%91%A0.jpg",
            b"Content-Transfer-Encoding: base64",
            b"",
            photo + b"--outer",
            b"Content-Type: application/pdf; name=small.pdf",
            b"Content-Disposition: attachment",
            b"",
            b"%PDF-1.7 small",
            b"--outer",
            b"Content-Type: text/csv",
            b"Content-Disposition: attachment; filename=order.csv",
            b"",
            b"a,b",
            b"--outer",
            b"Content-Type: message/rfc822",
            b"",
            b"Subject: inner",
            b"",
            b"forwarded",
            b"--outer--",
            b"",
        ]
    )


class BigMails:
    """What comes of them on any real server."""

    server: Server

    def test_a_big_attachment_stays_on_the_server(self) -> None:
        self.server.append([big_mail()])
        with Proxy(self.server.port) as proxy:
            [received] = Log().sync(imap(replace(self.server.account, port=proxy.port)))
        [attachment] = received.left_behind
        assert attachment.name == "店の写真①.jpg"
        assert attachment.content_type == "image/jpeg"
        assert attachment.size == pytest.approx(9_000_000, rel=0.01)
        assert len(received.raw) < 10_000

    def test_what_is_left_of_a_big_mail_reads_like_the_original(self) -> None:
        self.server.append([big_mail()])
        [received] = Log().sync(imap(self.server.account))
        parsed = message_from_bytes(received.raw)
        payloads = [(part.get_content_type(), part.get_payload(decode=True)) for part in parsed.walk()]
        parts = [(kind, payload and payload.strip()) for kind, payload in payloads]  # type: ignore[union-attr]
        assert parts == [
            ("multipart/mixed", None),
            ("multipart/alternative", None),
            ("text/plain", "写真を送ります。".encode()),
            ("text/html", "<p>写真を送ります。</p>".encode()),
            ("application/pdf", b"%PDF-1.7 small"),
            ("text/csv", b"a,b"),
            ("message/rfc822", None),
            ("text/plain", b"forwarded"),
        ]
        assert [name for name, _ in parsed.items() if name == "Content-Type"] == ["Content-Type"]
        assert parsed["Subject"] == "photos"

    def test_a_big_mail_that_is_one_attachment_keeps_its_header(self) -> None:
        head = mail(1, body="").replace(b"Subject:", b"Content-Type: application/zip; name=a.zip\r\nSubject:")
        self.server.append([head + b"z" * 78 * (WHOLE_MAIL // 78 + 1)])
        [received] = Log().sync(imap(self.server.account))
        assert keys([received]) == [key(1)]
        assert [attachment.name for attachment in received.left_behind] == ["a.zip"]
        assert b"application/zip" not in received.raw


class TestPymap(OnPymap, BigMails):
    pass


class TestDovecot(OnDovecot, BigMails):
    def test_mails_put_together_from_their_parts_read_like_the_originals(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("daicho.mail.imap_folder.WHOLE_MAIL", 0)
        monkeypatch.setattr("daicho.mail.imap_folder.TOLD_SHARE", 0)
        # On broken boundaries two readers need not agree.
        samples = [path for path in sorted(ODD_MAILS.glob("*.eml")) if not path.match("boundary-*")]
        mails = [re.sub(rb"\r?\n", b"\r\n", path.read_bytes()) for path in samples]
        originals = {
            read_head(raw).key: read(raw) for raw in mails if b"multipart/" in raw and b"\0" not in raw
        }
        self.server.append([raw for raw in mails if read_head(raw).key in originals])
        received = Log().sync(imap(self.server.account))
        assert {read_head(mail.raw).key: read(mail.raw) for mail in received} == originals
        assert len(received) > 20


def test_a_type_with_a_line_end_in_it_adds_no_header() -> None:
    text = BodyData.create((b"text", b"plain", None, None, None, b"7bit", 5, 1))
    mail = bigmail.read(BodyData(([text], b'mixed"\r\nX-Injected: yes', (b"boundary", b"b"))))
    assert mail
    answer = {b"BODY[HEADER]": b"Subject: x\r\n\r\n", b"BODY[1.MIME]": b"\r\n", b"BODY[1]<0>": b"hello"}
    rebuilt = message_from_bytes(bigmail.rebuilt(mail, answer))
    assert rebuilt["X-Injected"] is None
    assert [part.get_payload() for part in rebuilt.walk() if not part.is_multipart()] == ["hello"]
