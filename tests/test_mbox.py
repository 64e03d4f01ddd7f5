"""A mailbox in one mbox file, as many programs write it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daicho.errors import MailError
from daicho.mail.mbox import CHUNK, Mbox
from daicho.mail.message import Head
from test_local import LocalContract
from test_mailbox import Log, assert_is_a_sentence, key, keys, mail


class TestMbox(LocalContract):
    line_end = b"\n"

    @pytest.fixture(autouse=True)
    def file(self, tmp_path: Path) -> None:
        self.path = tmp_path / "support.mbox"
        self.path.touch()

    def deliver(self, *mails: bytes) -> None:
        with self.path.open("ab") as file:
            for raw in mails:
                file.write(self.entry(raw))

    def entry(self, raw: bytes) -> bytes:
        """One mail as an mboxrd writer puts it."""
        lines = raw.split(b"\r\n")
        quoted = [b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in lines]
        first = b"From hanako@example.com Thu Oct  1 09:00:00 2026"
        return self.line_end.join([first, *quoted, b""])

    def replace(self, raw: bytes) -> None:
        self.path.write_bytes(self.entry(raw))

    def mailbox(self, since: date | None = None) -> Mbox:
        return Mbox("support", self.path, since)

    def test_raw_bytes_are_what_was_delivered(self, log: Log) -> None:
        body = "一行目\r\n\r\nFrom here on: 三行目\r\n>From 四行目\r\n末尾"
        self.deliver(mail(1, body=body), mail(2))
        first, _ = log.sync(self.mailbox())
        assert first.raw == mail(1, body=body).replace(b"\r\n", self.line_end)

    def test_a_sentence_that_starts_with_from_is_no_new_mail(self, log: Log) -> None:
        unquoted = mail(1).replace(b"\r\n", b"\n") + b"\nFrom here on I am stuck.\nPlease help.\n\n"
        self.path.write_bytes(b"From - Thu Oct  1 09:00:00 2026\n" + unquoted + self.entry(mail(2)))
        first, _ = log.sync(self.mailbox())
        assert b"From here on I am stuck.\nPlease help.\n" in first.raw

    @pytest.mark.parametrize(
        "separator",
        [
            b"From - Thu Oct 01 09:00:00 2026",
            b"From hanako@example.com Thu Oct  1 09:00 2026",
            b"From 1779@xxx Thu Oct 01 09:00:00 +0000 2026",
            b"From nobody",
            b"From ",
        ],
    )
    def test_separators_of_many_programs_are_known(self, log: Log, separator: bytes) -> None:
        entries = [separator + b"\n" + mail(number).replace(b"\r\n", b"\n") + b"\n" for number in (1, 2)]
        self.path.write_bytes(b"".join(entries))
        assert keys(log.sync(self.mailbox())) == [key(1), key(2)]

    def test_mails_without_a_blank_line_between_them_are_told_apart(self, log: Log) -> None:
        self.path.write_bytes(b"".join(self.entry(mail(number)).rstrip() + b"\n" for number in range(3)))
        assert len(log.sync(self.mailbox())) == 3

    @pytest.mark.parametrize("shift", range(-8, 9))
    def test_a_separator_on_the_edge_of_a_read_is_found_once(self, log: Log, shift: int) -> None:
        first = self.entry(mail(1))
        filler = b"a" * (CHUNK - len(first) + shift) + self.line_end * 2
        self.path.write_bytes(first + filler + self.entry(mail(2)) + self.entry(mail(3)))
        assert keys(log.sync(self.mailbox())) == [key(1), key(2), key(3)]

    def test_the_time_of_arrival_is_the_separators(self, log: Log) -> None:
        self.deliver(mail(1))
        [received] = log.sync(self.mailbox())
        assert received.received == datetime(2026, 10, 1, 9, 0, tzinfo=UTC)

    def test_a_mail_still_being_written_is_read_when_it_is_whole(self, log: Log) -> None:
        whole = self.entry(mail(1, body="one\r\ntwo"))
        self.path.write_bytes(whole[:-10])

        def finished_meanwhile(head: Head) -> bool:
            self.path.write_bytes(whole)
            return False

        [[received]] = list(self.batches(finished_meanwhile))
        assert b"two" in received.raw

    def test_a_file_called_sent_holds_our_own_mail(self, tmp_path: Path, log: Log) -> None:
        self.path = tmp_path / "Sent"
        self.deliver(mail(1))
        [received] = log.sync(self.mailbox())
        assert received.outgoing is True

    @pytest.mark.parametrize("content", [b"PK\x03\x04 not mail at all", None])
    def test_what_is_no_mbox_is_told(self, tmp_path: Path, log: Log, content: bytes | None) -> None:
        path = tmp_path / "other"
        if content:
            path.write_bytes(content)
        with pytest.raises(MailError) as caught:
            log.sync(Mbox("support", path))
        assert_is_a_sentence(caught.value)


class TestMboxWithCrlf(TestMbox):
    line_end = b"\r\n"


LINES = st.sampled_from(
    [
        "",
        "こんにちは",
        "From here on",
        "From hanako@example.com Thu Oct  1 09:00:00 2026",
        ">From me",
        ">>From you",
        "From: hanako@example.com",
        "Subject: inside",
    ]
)


@pytest.mark.parametrize("size", range(1000, 1050))
def test_an_mbox_of_any_size_gives_each_mail_once(tmp_path: Path, size: int) -> None:
    first = b"From a@b Thu Oct  1 09:00:00 2026\nSubject: x\n\n"
    (tmp_path / "support.mbox").write_bytes(first + b"y" * (size - len(first)))
    assert len(Log().sync(Mbox("support", tmp_path / "support.mbox"))) == 1


@settings(max_examples=60, deadline=None)
@given(bodies=st.lists(st.lists(LINES, max_size=6).map("\r\n".join), min_size=1, max_size=5))
def test_whatever_mails_say_an_mbox_gives_back_what_was_put_into_it(bodies: list[str]) -> None:
    mails = [mail(number, body=body) for number, body in enumerate(bodies)]
    with TemporaryDirectory() as folder:
        box = TestMboxWithCrlf()
        box.path = Path(folder) / "support.mbox"
        box.deliver(*mails)
        assert [received.raw for received in Log().sync(box.mailbox())] == mails


def test_a_folder_written_as_mbox_is_told_as_one(tmp_path: Path) -> None:
    with pytest.raises(MailError) as told:
        list(Mbox("shop", tmp_path).places())
    assert told.value.key == "mail.mbox-folder"
    assert_is_a_sentence(told.value)
