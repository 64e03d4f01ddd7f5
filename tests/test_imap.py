"""The IMAP mailbox against real servers, a line that breaks, and a server that misbehaves."""

from __future__ import annotations

import itertools
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Literal

import pytest
from imapclient.response_types import BodyData

from daicho.errors import MailError
from daicho.mail import bigmail
from daicho.mail.imap import Account, Imap, sent_folders
from daicho.mail.imap_folder import WHOLE_MAIL, chunks
from daicho.mail.message import Message, read_head, read_message
from imap_servers import (
    PASSWORD,
    Certificate,
    OddServer,
    Proxy,
    Server,
    as_user,
    dovecot,
    free_port,
    has_dovecot,
    pymap,
)
from test_mailbox import START, Log, MailboxContract, assert_is_a_sentence, key, keys, mail


def imap(account: Account, context: ssl.SSLContext | None = None, pauses: list[float] | None = None) -> Imap:
    noted: list[float] = [] if pauses is None else pauses
    return Imap(account, lambda: PASSWORD, context, noted.append)


class ImapContract(MailboxContract):
    """The port's contract and what IMAP adds, on any real server."""

    server: Server

    def deliver(self, *mails: bytes) -> None:
        if mails:
            self.server.append(mails)

    def mailbox(self, since: date | None = None) -> Imap:
        return imap(replace(self.server.account, since=since))

    def test_a_thousand_mails_come_with_a_handful_of_commands(self, log: Log) -> None:
        self.deliver(*map(mail, range(1000)))
        with Proxy(self.server.port) as proxy:
            received = log.sync(imap(replace(self.server.account, port=proxy.port, sent="")))
        assert keys(received) == [key(number) for number in range(1000)]
        assert proxy.commands.count("UID FETCH") == 2
        assert len(proxy.commands) < 10

    def test_only_commands_that_read_are_sent(self, log: Log) -> None:
        self.deliver(mail(1))
        with Proxy(self.server.port) as proxy:
            log.sync(imap(replace(self.server.account, port=proxy.port)))
        assert {"EXAMINE", "UID FETCH"} <= set(proxy.commands)
        assert not set(proxy.commands) & {"SELECT", "STORE", "UID STORE", "APPEND", "EXPUNGE", "CLOSE"}

    def test_flags_stay_as_they_were(self, log: Log) -> None:
        self.deliver(*map(mail, range(3)))
        with self.server.client() as client:
            client.select_folder("INBOX")
            first, second, _ = client.search()
            client.set_flags([first], [rb"\Seen", rb"\Answered"])
            client.set_flags([second], [rb"\Flagged"])
        before = self.server.flags()
        log.sync(self.mailbox())
        assert self.server.flags() == before
        assert len(log.keys) == 3

    def test_mail_that_a_colleague_has_read_comes_in_all_the_same(self, log: Log) -> None:
        self.deliver(mail(1))
        with self.server.client() as client:
            client.select_folder("INBOX")
            client.set_flags(client.search(), [rb"\Seen"])
        assert keys(log.sync(self.mailbox())) == [key(1)]

    def test_the_sent_folder_is_found_and_marked(self, log: Log) -> None:
        self.deliver(mail(1), mail(3))
        self.server.append([mail(2)], "Sent Items")
        received = log.sync(self.mailbox())
        assert {mail.folder: mail.outgoing for mail in received} == {"INBOX": None, "Sent Items": True}

    def test_folders_with_japanese_names_are_read(self, log: Log) -> None:
        self.server.append([mail(1)], "お問い合わせ")
        self.server.append([mail(2)], "送信済みメール")
        received = log.sync(imap(replace(self.server.account, folders=("お問い合わせ",))))
        assert {mail.folder: mail.outgoing for mail in received} == {
            "お問い合わせ": None,
            "送信済みメール": True,
        }

    def test_folders_are_merged_by_arrival(self, log: Log) -> None:
        for number in range(6):
            folder = "Sent" if number % 2 else "INBOX"
            self.server.append([mail(number)], folder, START + timedelta(hours=number))
        assert keys(log.sync(self.mailbox(), limit=2)) == [key(number) for number in range(6)]

    def test_the_same_mail_in_two_folders_comes_in_once(self, log: Log) -> None:
        self.deliver(mail(1), mail(2))
        self.server.append([mail(2), mail(3)], "customers")
        account = replace(self.server.account, folders=("INBOX", "customers"))
        log.sync(imap(account), limit=2)
        assert sorted(log.keys) == [key(1), key(2), key(3)]
        self.server.append([mail(1)], "customers")
        assert log.sync(imap(account)) == []

    def test_since_goes_by_the_date_header_and_not_by_the_arrival(self, log: Log) -> None:
        written_then_imported = [mail(0), mail(5, hours=24 * 5)]
        self.server.append(written_then_imported, arrived=START + timedelta(days=30))
        self.server.append([mail(6, hours=24 * 6)], arrived=START - timedelta(days=1000))
        received = log.sync(self.mailbox(since=(START + timedelta(days=3)).date()))
        assert set(keys(received)) == {key(5), key(6)}

    def test_a_second_run_asks_for_new_mail_only(self, log: Log) -> None:
        self.deliver(*map(mail, range(5)))
        log.sync(self.mailbox())
        before = dict(log.cursors)
        with Proxy(self.server.port) as proxy:
            assert log.sync(imap(replace(self.server.account, port=proxy.port))) == []
        assert "UID FETCH" not in proxy.commands
        assert log.cursors == before

    def test_a_cursor_never_covers_mail_of_a_later_batch(self, log: Log) -> None:
        for number in range(9):
            folder = "Sent" if number % 3 else "INBOX"
            self.server.append([mail(number)], folder, START + timedelta(hours=number))
        for stop in range(1, 6):
            partial = Log()
            for batch in itertools.islice(self.mailbox().fetch({}, partial.is_known, 2), stop):
                partial.take(batch)
            partial.sync(self.mailbox())
            assert sorted(partial.keys) == sorted(map(key, range(9)))

    def test_mail_expunged_between_listing_and_fetching_is_no_error(self, log: Log) -> None:
        self.deliver(*map(mail, range(4)))
        bodies_asked_for: list[bytes] = []

        def expunge_first(command: bytes) -> None:
            if b"BODY.PEEK[]" in command and not bodies_asked_for:
                bodies_asked_for.append(command)
                self.server.expunge(list(self.server.flags())[:2])

        with Proxy(self.server.port, before=expunge_first) as proxy:
            received = log.sync(imap(replace(self.server.account, port=proxy.port, sent="")))
        assert bodies_asked_for
        assert {key(2), key(3)} <= set(keys(received))
        assert not any(mail.unreadable for mail in received)
        assert log.sync(self.mailbox()) == []

    def test_a_line_that_is_cut_again_and_again_still_brings_every_mail_once(self, log: Log) -> None:
        self.deliver(*(mail(number, body="あ" * 300) for number in range(60)))
        pauses: list[float] = []
        with Proxy(self.server.port, cuts=[6_000, 12_000, 30_000]) as proxy:
            account = replace(self.server.account, port=proxy.port, sent="")
            log.sync(imap(account, pauses=pauses), limit=25)
        assert proxy.connections > 3
        assert sorted(log.keys) == sorted(map(key, range(60)))
        assert pauses
        assert sum(pauses) < 60

    def test_a_line_that_stays_dead_is_told_and_the_next_run_goes_on(self, log: Log) -> None:
        self.deliver(*(mail(number, body="あ" * 300) for number in range(40)))
        with Proxy(self.server.port, cuts=[40_000, *[0] * 50]) as proxy:
            account = replace(self.server.account, port=proxy.port, sent="")
            with pytest.raises(MailError) as caught:
                log.sync(imap(account), limit=10)
            assert caught.value.key == "mail.dropped"
            assert_is_a_sentence(caught.value)
            assert 0 < len(log.keys) < 40
        log.sync(imap(replace(self.server.account, sent="")))
        assert sorted(log.keys) == sorted(map(key, range(40)))

    def test_a_big_attachment_stays_on_the_server(self, log: Log) -> None:
        self.deliver(big_mail())
        with Proxy(self.server.port) as proxy:
            [received] = log.sync(imap(replace(self.server.account, port=proxy.port)))
        [attachment] = received.left_behind
        assert attachment.name == "店の写真①.jpg"
        assert attachment.content_type == "image/jpeg"
        assert attachment.size == pytest.approx(9_000_000, rel=0.01)
        assert len(received.raw) < 10_000

    def test_what_is_left_of_a_big_mail_reads_like_the_original(self, log: Log) -> None:
        self.deliver(big_mail())
        [received] = log.sync(self.mailbox())
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

    def test_a_big_mail_that_is_one_attachment_keeps_its_header(self, log: Log) -> None:
        head = mail(1, body="").replace(b"Subject:", b"Content-Type: application/zip; name=a.zip\r\nSubject:")
        self.deliver(head + b"z" * 78 * (WHOLE_MAIL // 78 + 1))
        [received] = log.sync(self.mailbox())
        assert keys([received]) == [key(1)]
        assert [attachment.name for attachment in received.left_behind] == ["a.zip"]
        assert b"application/zip" not in received.raw

    def test_a_missing_folder_is_told_after_the_others_are_read(self, log: Log) -> None:
        self.deliver(mail(1))
        account = replace(self.server.account, folders=("Customers", "INBOX"))
        assert imap(account).count({}, log.is_known) == 1
        with pytest.raises(MailError) as caught:
            log.sync(imap(account))
        assert log.keys == [key(1)]
        assert caught.value.key == "mail.folder-missing"
        assert "INBOX" in str(caught.value)
        assert_is_a_sentence(caught.value)

    def test_a_refused_login_is_told_without_the_password(self, log: Log) -> None:
        with pytest.raises(MailError) as caught:
            log.sync(Imap(self.server.account, lambda: "wrong-password"))
        assert caught.value.key == "mail.refused-password"
        assert "wrong-password" not in str(caught.value)
        assert_is_a_sentence(caught.value)

    def test_a_password_beyond_ascii_is_refused_and_nothing_breaks(self, log: Log) -> None:
        with pytest.raises(MailError) as caught:
            log.sync(Imap(self.server.account, lambda: "ひらけごま"))
        assert caught.value.key == "mail.refused-password"

    def test_a_large_folder_is_listed_in_windows_and_loses_nothing_to_expunging(
        self, log: Log, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("daicho.mail.imap_folder.SEARCH_WINDOW", 4)
        self.deliver(*map(mail, range(30)))
        searches = itertools.count()

        def expunge_after_the_first_window(command: bytes) -> None:
            if b"UID SEARCH" in command and next(searches) == 1:
                self.server.expunge(list(self.server.flags())[:3])

        with Proxy(self.server.port, before=expunge_after_the_first_window) as proxy:
            received = log.sync(imap(replace(self.server.account, port=proxy.port, sent="")))
        assert set(map(key, range(3, 30))) <= set(keys(received))
        assert len(keys(received)) == len(set(keys(received)))
        assert next(searches) > 5

    def test_count_then_fetch_is_one_login(self, log: Log) -> None:
        self.deliver(mail(1))
        with Proxy(self.server.port) as proxy:
            mailbox = imap(replace(self.server.account, port=proxy.port))
            assert mailbox.count({}, log.is_known) == 1
            log.sync(mailbox)
        assert proxy.connections == 1
        assert proxy.commands[-1] == "LOGOUT"


class TestPymap(ImapContract):
    @pytest.fixture(autouse=True)
    def running(self) -> Iterator[None]:
        with pymap() as server:
            self.server = server
            yield


@pytest.fixture(scope="session")
def dovecot_server() -> Iterator[tuple[Server, Certificate]]:
    with dovecot() as running:
        yield running


@pytest.mark.skipif(not has_dovecot(), reason="Dovecot is not installed")
class TestDovecot(ImapContract):
    users = itertools.count(1)

    @pytest.fixture(autouse=True)
    def running(self, dovecot_server: tuple[Server, Certificate]) -> None:
        server, self.certificate = dovecot_server
        self.server = as_user(server, f"shop{next(self.users)}")

    def test_the_sent_folder_is_found_by_special_use_whatever_its_name(self, log: Log) -> None:
        self.server.append([mail(1)], "Gesendet")
        [received] = log.sync(self.mailbox())
        assert (received.folder, received.outgoing) == ("Gesendet", True)

    def test_a_folder_numbered_anew_is_walked_without_doubles(self, log: Log) -> None:
        self.deliver(*map(mail, range(5)))
        log.sync(self.mailbox())
        before = dict(log.cursors)
        self.server.renumber()
        self.deliver(mail(6))
        with Proxy(self.server.port) as proxy:
            received = log.sync(imap(replace(self.server.account, port=proxy.port)))
        assert keys(received) == [key(6)]
        assert log.cursors["support/INBOX"] != before["support/INBOX"]
        assert log.sync(self.mailbox()) == []

    def test_a_folder_numbered_anew_with_nothing_new_moves_its_cursor(self, log: Log) -> None:
        self.deliver(mail(1))
        log.sync(self.mailbox())
        before = dict(log.cursors)
        self.server.renumber()
        assert log.sync(self.mailbox()) == []
        assert log.cursors["support/INBOX"] != before["support/INBOX"]

    def test_a_folder_numbered_anew_in_the_middle_stops_the_run_and_loses_nothing(self, log: Log) -> None:
        self.deliver(*(mail(number, body="あ" * 300) for number in range(40)))
        with Proxy(self.server.port, cuts=[40_000]) as proxy:
            account = replace(self.server.account, port=proxy.port, sent="")
            mailbox = Imap(account, lambda: PASSWORD, sleep=lambda _: self.server.renumber())
            with pytest.raises(MailError) as caught:
                log.sync(mailbox, limit=10)
        assert caught.value.key == "mail.renumbered"
        assert_is_a_sentence(caught.value)
        log.sync(self.mailbox())
        assert sorted(log.keys) == sorted(map(key, range(40)))

    @pytest.mark.parametrize("tls", ["ssl", "starttls"])
    def test_a_trusted_certificate_opens_an_encrypted_line(self, log: Log, tls: str) -> None:
        self.deliver(mail(1))
        assert keys(log.sync(imap(self.encrypted(tls), self.certificate.trusting))) == [key(1)]

    @pytest.mark.parametrize("tls", ["ssl", "starttls"])
    def test_a_certificate_nobody_vouches_for_is_told_before_the_password_is_sent(
        self, log: Log, tls: str
    ) -> None:
        def secret() -> str:
            raise AssertionError("nobody may ask for the password")

        with pytest.raises(MailError) as caught:
            log.sync(Imap(self.encrypted(tls), secret))
        assert caught.value.key == "mail.certificate"
        assert_is_a_sentence(caught.value)

    def test_a_certificate_for_another_name_is_refused(self, log: Log) -> None:
        account = replace(self.encrypted("ssl"), host="localhost")
        with pytest.raises(MailError) as caught:
            log.sync(imap(account, self.certificate.trusting))
        assert caught.value.key == "mail.certificate"

    def test_tls_on_a_port_without_it_is_told(self, log: Log) -> None:
        with pytest.raises(MailError) as caught:
            log.sync(imap(replace(self.server.account, tls="ssl")))
        assert caught.value.key == "mail.no-tls"
        assert_is_a_sentence(caught.value)

    def test_mails_put_together_from_their_parts_read_like_the_originals(
        self, log: Log, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("daicho.mail.imap_folder.WHOLE_MAIL", 0)
        monkeypatch.setattr("daicho.mail.imap_folder.TOLD_SHARE", 0)
        # On broken boundaries two readers need not agree.
        samples = [path for path in sorted(ODD_MAILS.glob("*.eml")) if not path.match("boundary-*")]
        mails = [re.sub(rb"\r?\n", b"\r\n", path.read_bytes()) for path in samples]
        originals = {
            read_head(raw).key: read(raw) for raw in mails if b"multipart/" in raw and b"\0" not in raw
        }
        self.deliver(*(raw for raw in mails if read_head(raw).key in originals))
        received = log.sync(self.mailbox())
        assert {read_head(mail.raw).key: read(mail.raw) for mail in received} == originals
        assert len(received) > 20

    def encrypted(self, tls: str) -> Account:
        account = self.server.account
        return replace(account, tls=tls, port=self.server.tls_port if tls == "ssl" else self.server.port)  # type: ignore[arg-type]


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


def test_a_type_with_a_line_end_in_it_adds_no_header() -> None:
    text = BodyData.create((b"text", b"plain", None, None, None, b"7bit", 5, 1))
    mail = bigmail.read(BodyData(([text], b'mixed"\r\nX-Injected: yes', (b"boundary", b"b"))))
    assert mail
    answer = {b"BODY[HEADER]": b"Subject: x\r\n\r\n", b"BODY[1.MIME]": b"\r\n", b"BODY[1]<0>": b"hello"}
    rebuilt = message_from_bytes(bigmail.rebuilt(mail, answer))
    assert rebuilt["X-Injected"] is None
    assert [part.get_payload() for part in rebuilt.walk() if not part.is_multipart()] == ["hello"]


class SharedServer:
    """As much of a client as it takes to see other people's folders."""

    def has_capability(self, name: str) -> bool:
        return name == "NAMESPACE"

    def namespace(self) -> tuple[object, ...]:
        return ((("", "/"),), (("user/", "/"),), None)

    def list_folders(self) -> list[tuple[tuple[bytes, ...], bytes | None, str]]:
        return [
            ((), b"/", "INBOX"),
            ((rb"\Sent",), b"/", "Verzonden"),
            ((), b"/", "INBOX/送信済みアイテム"),
            ((rb"\NoSelect",), b"/", "Sent"),
            ((), b"/", "user/hanako/Sent"),
            ((), b"/", "Trash/Sent"),
            ((), None, "Sent Items"),
        ]


def test_sent_folders_are_ours_and_can_be_opened() -> None:
    folders = sent_folders(SharedServer())
    assert folders == ["Verzonden", "INBOX/送信済みアイテム", "Sent Items"]


MAILS = [mail(number) for number in range(1, 9)]


@pytest.fixture
def log() -> Log:
    return Log()


ODD_ANSWERS = {
    "hangs up": b"",
    "refuses": b"<tag> NO [SERVERBUG] internal error\r\n",
    "sends no body": b"* 3 FETCH (UID 3 BODY[] NIL)\r\n<tag> OK done\r\n",
    "says nothing of it": b"<tag> OK done\r\n",
    "sends half a list": b"* 3 FETCH (UID 3 BODY[] \r\n<tag> OK done\r\n",
    "nests without end": b"* 3 FETCH (UID 3 BODY[] " + b"(" * 5000 + b")" * 5001 + b"\r\n<tag> OK done\r\n",
    "sends an endless line": b"* 3 FETCH (UID 3 BODY[] "
    + b'"'
    + b"a" * 1_100_000
    + b'")\r\n<tag> OK done\r\n',
    "talks nonsense": b"* 3 FETCH ((((\x00 }{\r\n<tag> OK done\r\n",
}


@pytest.mark.parametrize("asked", [b"BODY.PEEK[]", b"HEADER.FIELDS"])
@pytest.mark.parametrize("answer", ODD_ANSWERS.values(), ids=ODD_ANSWERS)
def test_a_mail_the_server_stumbles_over_stops_no_other(log: Log, asked: bytes, answer: bytes) -> None:
    def stumble(uids: list[int], items: bytes) -> bytes | None:
        if 3 not in uids or asked not in items:
            return None
        return answer if uids == [3] or not answer else b"<tag> BAD\r\n"

    with OddServer(MAILS, stumble) as server:
        received = log.sync(imap(server.account))
        assert len(received) == len(MAILS)
        lost = {mail.location for mail in received if mail.unreadable}
        assert lost == ({"INBOX;UID=3"} if asked == b"BODY.PEEK[]" else set())
        assert log.sync(imap(server.account)) == []
        log.cursors.clear()
        assert log.sync(imap(server.account)) == []


def test_a_mail_left_out_of_a_long_answer_is_asked_for_alone(log: Log) -> None:
    requests = []

    def leave_out_the_third(uids: list[int], items: bytes) -> bytes | None:
        requests.append(uids)
        others = [uid for uid in uids if uid != 3]
        return server.fetched(others, items) if others else None

    with OddServer(MAILS, leave_out_the_third) as server:
        received = log.sync(imap(server.account))
    assert sorted(keys(received)) == [key(number) for number in range(1, 9)]
    assert requests[-1] == [3]


@pytest.mark.parametrize("refused", [b"", b"BODY.PEEK[]"], ids=["everything", "bodies"])
@pytest.mark.parametrize(
    "answer",
    [
        b"<tag> NO [OVERQUOTA] too much today\r\n",
        b"",
        b"<tag> OK done\r\n",
        b"".join(b"* %d FETCH (UID %d BODY[] NIL)\r\n" % (uid, uid) for uid in range(1, 9)) + b"<tag> OK\r\n",
    ],
    ids=["refuses", "hangs up", "sends nothing", "sends NIL"],
)
def test_a_server_in_trouble_makes_no_rows_of_it(log: Log, answer: bytes, refused: bytes) -> None:
    def refuse(uids: list[int], items: bytes) -> bytes | None:
        return answer if refused in items else None

    with OddServer(MAILS, refuse) as server, pytest.raises(MailError) as caught:
        log.sync(imap(server.account))
    assert log.keys == []
    assert log.cursors == {}
    assert_is_a_sentence(caught.value)


def test_a_server_that_falls_silent_is_given_up(log: Log) -> None:
    def silence(uids: list[int], items: bytes) -> bytes:
        return b"* OK still thinking\r\n"

    with OddServer(MAILS, silence) as server, pytest.raises(MailError) as caught:
        log.sync(imap(replace(server.account, timeout=0.05)))
    assert caught.value.key == "mail.dropped"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"host": "no-such-host.invalid"}, "mail.host-unknown"),
        ({"port": None}, "mail.unreachable"),
        ({"tls": "starttls"}, "mail.no-starttls"),
    ],
)
def test_a_server_that_cannot_be_reached_is_told_at_once(
    log: Log, changes: dict[str, object], sentence: str
) -> None:
    pauses: list[float] = []
    with OddServer(MAILS, lambda uids, items: None) as server:
        account = replace(server.account, **changes)  # type: ignore[arg-type]
        if account.port is None:
            account = replace(account, port=free_port())
        with pytest.raises(MailError) as caught:
            log.sync(imap(account, pauses=pauses))
    assert caught.value.key == sentence
    assert pauses == []
    assert_is_a_sentence(caught.value)


def test_commands_stay_short_enough_for_any_server() -> None:
    uids = list(range(4_294_960_000, 4_294_967_000))
    cut = list(chunks(uids))
    assert [uid for chunk in cut for uid in chunk] == uids
    assert all(len(",".join(map(str, chunk))) < 8_000 for chunk in cut)
    assert list(chunks([])) == []
    assert [len(chunk) for chunk in chunks(list(range(1, 1001)))] == [1000]


def test_a_large_mail_without_a_readable_structure_brings_its_beginning(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daicho.mail.imap_folder.WHOLE_MAIL", 5_000)

    def garble(uids: list[int], items: bytes) -> bytes | None:
        if items == b"BODYSTRUCTURE":
            return b"* 1 FETCH (UID %d BODYSTRUCTURE ((1 2)))\r\n<tag> OK done\r\n" % uids[0]
        return None

    with OddServer([mail(1, body="a\r\n" * 3_000), mail(2)], garble) as server:
        first, second = log.sync(imap(server.account))
    assert keys([first, second]) == [key(1), key(2)]
    assert len(first.raw) == 1_000


@pytest.mark.parametrize("provider", ["gmail", "outlook"])
def test_a_provider_gets_the_token_as_xoauth2(log: Log, provider: Literal["gmail", "outlook"]) -> None:
    with OddServer(MAILS, lambda uids, items: None) as server:
        account = replace(server.account, auth=provider)
        assert len(log.sync(Imap(account, lambda: "token-1"))) == len(MAILS)
    assert server.token == b"user=shop\x01auth=Bearer token-1\x01\x01"


@pytest.mark.parametrize(
    ("auth", "answer", "sentence"),
    [
        ("gmail", b"NO [AUTHENTICATIONFAILED] no", "mail.refused-token"),
        ("password", b"NO [AUTHENTICATIONFAILED] open-sesame is wrong", "mail.refused-password"),
        ("password", b"NO [INUSE] too many connections", "mail.busy"),
    ],
)
def test_a_refused_login_says_what_to_do(
    log: Log, auth: Literal["gmail", "password"], answer: bytes, sentence: str
) -> None:
    with OddServer(MAILS, lambda uids, items: None) as server, pytest.raises(MailError) as caught:
        server.login = answer
        log.sync(imap(replace(server.account, auth=auth)))
    assert caught.value.key == sentence
    assert PASSWORD not in str(caught.value)
    assert_is_a_sentence(caught.value)


def test_a_line_that_drops_during_the_login_is_no_refused_login(log: Log) -> None:
    with OddServer(MAILS, lambda uids, items: None) as server, pytest.raises(MailError) as caught:
        server.login = b"BYE"
        log.sync(imap(server.account))
    assert caught.value.key == "mail.unreachable"


def test_a_server_that_takes_the_call_and_says_nothing_is_told(log: Log) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(MailError) as caught:
        account = Server("shop", silent.getsockname()[1]).account
        log.sync(imap(replace(account, timeout=0.05)))
    assert caught.value.key == "mail.timed-out"
    assert_is_a_sentence(caught.value)
