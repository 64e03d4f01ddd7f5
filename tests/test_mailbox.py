"""What every mailbox promises, and what each local one adds.

`MailboxContract` is the port's contract. An adapter's test class says how mail gets into it.
"""

from __future__ import annotations

import abc
import errno
import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daicho.errors import MailError
from daicho.mail.local import EmlFolder, LocalMailbox, Maildir
from daicho.mail.mailbox import BATCH_BYTES, Batch, Mailbox, RawMail, portions
from daicho.mail.mbox import CHUNK, Mbox
from daicho.mail.message import Head, read_head
from daicho.wording import LANGUAGES, wording

START = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)


def mail(
    number: int, *, body: str = "こんにちは。", message_id: str | None = None, hours: int | None = None
) -> bytes:
    """A small mail; a higher number is a later Date."""
    moment = START + timedelta(hours=number if hours is None else hours)
    identity = f"<m{number}@example.com>" if message_id is None else message_id
    lines = [
        *([f"Message-ID: {identity}"] if identity else []),
        f"Date: {moment:%a, %d %b %Y %H:%M:%S} +0000",
        "From: Hanako <hanako@example.com>",
        "To: support@example.jp",
        f"Subject: question {number}",
        "",
        body,
        "",
    ]
    return "\r\n".join(lines).encode()


def key(number: int) -> str:
    return f"m{number}@example.com"


class Log:
    """A message log: which keys are known, and the cursors, as a sync would keep them."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.cursors: dict[str, str] = {}

    def is_known(self, head: Head) -> bool:
        return head.key in self.keys

    def take(self, batch: Batch) -> None:
        self.keys += [read_head(mail.raw).key for mail in batch.mails]
        self.cursors |= batch.cursors

    def sync(self, mailbox: Mailbox, limit: int = 1000) -> list[RawMail]:
        """One run to its end; returns what came in."""
        mails = []
        for batch in mailbox.fetch(dict(self.cursors), self.is_known, limit):
            assert len(batch.mails) <= limit
            self.take(batch)
            mails += batch.mails
        return mails


def keys(mails: list[RawMail]) -> list[str]:
    return [read_head(mail.raw).key for mail in mails]


class MailboxContract(abc.ABC):
    """What a sync may rely on, whatever the mailbox."""

    @pytest.fixture
    def log(self) -> Log:
        return Log()

    @abc.abstractmethod
    def deliver(self, *mails: bytes) -> None:
        """Puts mails into the inbox, in this order."""

    @abc.abstractmethod
    def mailbox(self, since: date | None = None) -> Mailbox: ...

    def test_every_mail_comes_in_exactly_once(self, log: Log) -> None:
        self.deliver(*map(mail, range(25)))
        log.sync(self.mailbox(), limit=10)
        assert sorted(log.keys) == sorted(map(key, range(25)))
        assert log.sync(self.mailbox()) == []

    def test_parents_come_before_their_replies(self, log: Log) -> None:
        self.deliver(*map(mail, range(12)))
        assert keys(log.sync(self.mailbox(), limit=5)) == [key(number) for number in range(12)]

    def test_raw_bytes_are_what_was_delivered(self, log: Log) -> None:
        self.deliver(mail(1, body="一行目\r\n\r\nFrom here on: 三行目\r\n>From 四行目\r\n.\r\n末尾"))
        [received] = log.sync(self.mailbox())
        assert (
            received.raw.rstrip()
            == mail(1, body="一行目\r\n\r\nFrom here on: 三行目\r\n>From 四行目\r\n.\r\n末尾").rstrip()
        )

    def test_mail_that_arrives_between_two_runs_is_all_the_second_run_brings(self, log: Log) -> None:
        self.deliver(mail(1), mail(2))
        log.sync(self.mailbox())
        self.deliver(mail(3))
        assert keys(log.sync(self.mailbox())) == [key(3)]

    def test_mail_filed_in_late_with_an_old_date_is_found(self, log: Log) -> None:
        self.deliver(mail(5))
        log.sync(self.mailbox())
        self.deliver(mail(1))
        assert keys(log.sync(self.mailbox())) == [key(1)]

    def test_a_run_that_stops_after_a_batch_loses_nothing_and_repeats_nothing(self, log: Log) -> None:
        self.deliver(*map(mail, range(10)))
        run = self.mailbox().fetch({}, log.is_known, 3)
        log.take(next(run))
        next(run)  # fetched, but the sync died before it was committed
        run.close()  # type: ignore[attr-defined]
        log.sync(self.mailbox())
        assert sorted(log.keys) == sorted(map(key, range(10)))

    def test_known_mails_are_left_out_though_the_cursors_are_lost(self, log: Log) -> None:
        self.deliver(mail(1), mail(2), mail(3))
        log.sync(self.mailbox())
        log.cursors.clear()
        assert log.sync(self.mailbox()) == []

    def test_the_same_mail_twice_in_the_mailbox_comes_in_once(self, log: Log) -> None:
        self.deliver(mail(1), mail(2), mail(1))
        log.sync(self.mailbox(), limit=1)
        assert sorted(log.keys) == [key(1), key(2)]

    def test_mails_without_a_message_id_are_told_apart(self, log: Log) -> None:
        self.deliver(mail(1, message_id=""), mail(2, message_id=""), mail(1, message_id=""))
        log.sync(self.mailbox())
        assert len(log.keys) == len(set(log.keys)) == 2
        log.cursors.clear()
        assert log.sync(self.mailbox()) == []

    def test_since_leaves_older_mail_out(self, log: Log) -> None:
        self.deliver(*(mail(day, hours=24 * day) for day in range(6)))
        since = (START + timedelta(days=3)).date()
        assert keys(log.sync(self.mailbox(since=since))) == [key(3), key(4), key(5)]

    def test_an_empty_mailbox_brings_nothing(self, log: Log) -> None:
        assert log.sync(self.mailbox()) == []
        assert self.mailbox().count({}, log.is_known) == 0

    def test_the_count_tells_what_there_is_to_do(self, log: Log) -> None:
        self.deliver(*map(mail, range(7)))
        assert self.mailbox().count({}, log.is_known) == 7
        log.sync(self.mailbox())
        self.deliver(mail(8))
        assert self.mailbox().count(log.cursors, log.is_known) == 1

    def test_mails_carry_where_they_lie_and_when_they_came(self, log: Log) -> None:
        self.deliver(mail(1))
        [received] = log.sync(self.mailbox())
        assert received.mailbox == "support"
        assert received.folder
        assert received.location
        assert received.received is not None
        assert received.received.tzinfo is not None
        assert received.outgoing is None


class LocalContract(MailboxContract):
    path: Path

    @abc.abstractmethod
    def mailbox(self, since: date | None = None) -> LocalMailbox: ...

    def test_reading_changes_nothing(self, log: Log) -> None:
        self.deliver(mail(1), mail(2))
        before = {path: path.stat().st_mtime_ns for path in self.path.parent.rglob("*")}
        log.sync(self.mailbox())
        assert {path: path.stat().st_mtime_ns for path in self.path.parent.rglob("*")} == before

    def test_a_mail_that_changes_under_our_hands_is_left_for_the_next_run(self, log: Log) -> None:
        self.deliver(mail(1))

        def replaced_after_listing(head: Head) -> bool:
            if head.key == key(1):
                self.replace(mail(2))
            return log.is_known(head)

        assert list(map(keys, self.batches(replaced_after_listing))) in ([], [[]])
        assert keys(log.sync(self.mailbox())) == [key(2)]

    @abc.abstractmethod
    def replace(self, raw: bytes) -> None:
        """Puts another mail where the only one lies."""

    def batches(self, is_known: Callable[[Head], bool]) -> Iterator[list[RawMail]]:
        return (batch.mails for batch in self.mailbox().fetch({}, is_known, 10))


class TestMaildir(LocalContract):
    @pytest.fixture(autouse=True)
    def maildir(self, tmp_path: Path) -> None:
        self.path = tmp_path / "support"
        self.made = 0
        for name in ("cur", "new", "tmp"):
            (self.path / name).mkdir(parents=True)

    def deliver(self, *mails: bytes) -> None:
        for raw in mails:
            self.made += 1
            self.put(f"cur/{self.made}.shop:2,S" if os.name != "nt" else f"cur/{self.made}.shop!2,S", raw)

    def put(self, place: str, raw: bytes) -> Path:
        path = self.path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
        return path

    def replace(self, raw: bytes) -> None:
        [path] = (self.path / "cur").iterdir()
        path.write_bytes(raw)

    def mailbox(self, since: date | None = None) -> Maildir:
        return Maildir("support", self.path, since)

    def test_new_is_read_and_tmp_never(self, log: Log) -> None:
        self.put("new/1.shop", mail(1))
        self.put("tmp/2.shop", mail(2))
        assert keys(log.sync(self.mailbox())) == [key(1)]

    @pytest.mark.parametrize(
        ("folder", "outgoing"),
        [
            (".Sent", True),
            (".Sent.2025", True),
            (".&kAFP4W4IMH8-", True),
            (".送信済み", True),
            ("送信済みメール", True),
            ("Sent Items", True),
            ("INBOX", None),
            (".Tanaka", None),
            ("customers/tanaka", None),
            (".R&D", None),
        ],
    )
    def test_subfolders_are_read_and_sent_ones_marked(
        self, log: Log, folder: str, outgoing: bool | None
    ) -> None:
        self.put(f"{folder}/cur/1.shop", mail(1))
        [received] = log.sync(self.mailbox())
        assert received.outgoing is outgoing

    @pytest.mark.parametrize(
        "folder",
        [".Drafts", ".Trash", ".Junk", "Spam", ".&Tgtm+DBN-", "下書き", "ごみ箱", "迷惑メール", ".Outbox"],
    )
    def test_drafts_trash_and_junk_are_left_out(self, log: Log, folder: str) -> None:
        self.put(f"{folder}/cur/1.shop", mail(1))
        assert log.sync(self.mailbox()) == [], folder

    def test_folders_have_the_names_a_person_sees(self, log: Log) -> None:
        self.put(".Customers.&lb5hFTBJVQ8wRDBVMIIwWw-/cur/1.shop", mail(1))
        [received] = log.sync(self.mailbox())
        assert received.folder.startswith("Customers/")
        assert "&" not in received.folder

    def test_a_mail_read_by_a_colleague_while_we_list_is_not_missed(self, log: Log) -> None:
        path = self.put("new/1.shop", mail(1))

        def seen_meanwhile(head: Head) -> bool:
            if path.exists():
                path.rename(self.path / "cur" / "1.shop!2,S")
            return False

        assert list(map(keys, self.batches(seen_meanwhile))) == [[key(1)]]

    def test_a_mail_read_by_a_colleague_while_we_fetch_is_not_missed(self, log: Log) -> None:
        self.deliver(mail(1))
        path = self.put("new/2.shop", mail(2))
        batches = self.mailbox().fetch({}, log.is_known, 1)
        assert keys(next(batches).mails) == [key(1)]
        path.rename(self.path / "cur" / "2.shop!2,S")
        assert keys(next(batches).mails) == [key(2)]

    def test_two_mails_that_a_careless_program_gave_one_name_both_come_in(self, log: Log) -> None:
        self.put("new/1.shop", mail(1))
        self.put("cur/1.shop!2,S", mail(2))
        assert keys(log.sync(self.mailbox())) == [key(1), key(2)]

    def test_a_mail_deleted_while_we_list_is_no_error(self, log: Log) -> None:
        path = self.put("new/1.shop", mail(1))
        self.put("new/2.shop", mail(2))

        def deleted_meanwhile(head: Head) -> bool:
            path.unlink(missing_ok=True)
            return False

        assert list(map(keys, self.batches(deleted_meanwhile))) == [[key(2)]]

    def test_a_mail_that_cannot_be_read_is_told_once_and_stops_no_other(self, log: Log) -> None:
        (self.path / "cur" / "1.shop").mkdir()
        self.put("cur/2.shop", mail(2))
        first = log.sync(self.mailbox())
        assert {mail.unreadable for mail in first} == {True, False}
        [stand_in] = [mail for mail in first if mail.unreadable]
        assert stand_in.location.endswith("1.shop")
        (self.path / "cur" / "1.shop").rename(self.path / "cur" / "1.shop!2,RS")
        assert log.sync(self.mailbox()) == []

    def test_a_mail_that_can_be_read_again_comes_in(self, log: Log) -> None:
        (self.path / "cur" / "1.shop").mkdir()
        log.sync(self.mailbox())
        (self.path / "cur" / "1.shop").rmdir()
        self.put("cur/1.shop", mail(1))
        assert keys(log.sync(self.mailbox())) == [key(1)]

    @pytest.mark.parametrize("folder", ["cur", "lost+found"])
    def test_a_folder_that_cannot_be_opened_is_told_and_stops_no_other(
        self, log: Log, monkeypatch: pytest.MonkeyPatch, folder: str
    ) -> None:
        self.put("new/1.shop", mail(1))
        (self.path / folder).mkdir(exist_ok=True)
        close(monkeypatch, self.path / folder)
        for path in (self.path / ".Trash", self.path / "tmp"):
            path.mkdir(exist_ok=True)
        received = log.sync(self.mailbox())
        assert {mail.location for mail in received if mail.unreadable} == {str(self.path / folder)}
        assert key(1) in log.keys
        assert log.sync(self.mailbox()) == []

    def test_a_mailbox_that_cannot_be_opened_is_told(self, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
        self.deliver(mail(1))
        close(monkeypatch, self.path)
        with pytest.raises(MailError) as caught:
            log.sync(self.mailbox())
        assert_is_a_sentence(caught.value)

    @pytest.mark.parametrize("seconds", [-3_000_000_000, 1e12])
    def test_a_file_with_an_absurd_time_is_read(self, log: Log, seconds: float) -> None:
        os.utime(self.put("cur/1.shop", mail(1)), (seconds, seconds))
        assert keys(log.sync(self.mailbox())) == [key(1)]

    def test_a_header_longer_than_the_first_look_is_read_whole(self, log: Log) -> None:
        self.put("cur/1.shop", b"X-Long: " + b"a\r\n " * 10_000 + b"a\r\n" + mail(1))
        assert keys(log.sync(self.mailbox())) == [key(1)]

    def test_a_folder_without_maildirs_is_told(self, tmp_path: Path, log: Log) -> None:
        with pytest.raises(MailError) as caught:
            log.sync(Maildir("support", tmp_path / "support" / "cur"))
        assert_is_a_sentence(caught.value)


class TestEmlFolder(LocalContract):
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "mails"
        self.path.mkdir()
        self.made = 0

    def deliver(self, *mails: bytes) -> None:
        for raw in mails:
            self.made += 1
            (self.path / f"{self.made}.eml").write_bytes(raw)

    def replace(self, raw: bytes) -> None:
        (self.path / "1.eml").write_bytes(raw)

    def mailbox(self, since: date | None = None) -> EmlFolder:
        return EmlFolder("support", self.path, since)

    def test_subfolders_and_capital_letters_count_but_other_files_do_not(self, log: Log) -> None:
        (self.path / "2026" / "10").mkdir(parents=True)
        (self.path / "2026" / "10" / "A.EML").write_bytes(mail(1))
        (self.path / "note.txt").write_bytes(mail(2))
        (self.path / "._A.eml").write_bytes(b"\x00\x05\x16\x07")
        assert keys(log.sync(self.mailbox())) == [key(1)]

    @pytest.mark.parametrize("name", ["Sent", "送信済み", "sent items"])
    def test_a_sent_subfolder_holds_our_own_mail(self, log: Log, name: str) -> None:
        (self.path / name).mkdir()
        (self.path / name / "1.eml").write_bytes(mail(1))
        [received] = log.sync(self.mailbox())
        assert received.outgoing is True

    def test_names_that_differ_behind_a_semicolon_are_two_mails(self, log: Log) -> None:
        for number in (1, 2):
            (self.path / f"re;2,{number}.eml").write_bytes(mail(number))
        assert keys(log.sync(self.mailbox())) == [key(1), key(2)]

    def test_a_missing_folder_is_told(self, tmp_path: Path, log: Log) -> None:
        with pytest.raises(MailError) as caught:
            log.sync(EmlFolder("support", tmp_path / "nowhere"))
        assert_is_a_sentence(caught.value)


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


def close(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Takes away the right to list `folder`: tests may run as root, whom no permission stops."""
    open_folder = os.scandir

    def scandir(path: str | os.PathLike[str]) -> Iterator[os.DirEntry[str]]:
        if Path(path) == folder:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return open_folder(path)

    monkeypatch.setattr(os, "scandir", scandir)


def assert_is_a_sentence(error: MailError) -> None:
    """Both languages have the sentence, and the error fills every field of it."""
    for language in LANGUAGES:
        assert "{" not in wording(language).say(error.key, **error.values)


def test_batches_are_bounded_in_mails_and_in_bytes() -> None:
    third = BATCH_BYTES // 3
    assert list(portions([third] * 4 + [BATCH_BYTES * 2, 1, 1], 1000, lambda size: size)) == [
        [third] * 3,
        [third],
        [BATCH_BYTES * 2],
        [1, 1],
    ]
    assert list(portions(range(5), 2, lambda _: 0)) == [[0, 1], [2, 3], [4]]
