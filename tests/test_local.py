"""What mailboxes on this machine promise, and what a Maildir and a folder of .eml files add to it.

`LocalContract` is for the mbox of test_mbox, too.
"""

from __future__ import annotations

import abc
import errno
import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from daicho.errors import MailError
from daicho.mail.local import EmlFolder, LocalMailbox, Maildir
from daicho.mail.mailbox import RawMail
from daicho.mail.message import Head
from test_mailbox import Log, MailboxContract, assert_is_a_sentence, key, keys, mail


def close_folder(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Takes away the right to list `folder`: tests may run as root, whom no permission stops."""
    open_folder = os.scandir

    def scandir(path: str | os.PathLike[str]) -> Iterator[os.DirEntry[str]]:
        if Path(path) == folder:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return open_folder(path)

    monkeypatch.setattr(os, "scandir", scandir)


class LocalContract(MailboxContract):
    """What a mailbox on this machine promises besides."""

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
        close_folder(monkeypatch, self.path / folder)
        for path in (self.path / ".Trash", self.path / "tmp"):
            path.mkdir(exist_ok=True)
        received = log.sync(self.mailbox())
        assert {mail.location for mail in received if mail.unreadable} == {str(self.path / folder)}
        assert key(1) in log.keys
        assert log.sync(self.mailbox()) == []

    def test_a_mailbox_that_cannot_be_opened_is_told(self, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
        self.deliver(mail(1))
        close_folder(monkeypatch, self.path)
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
