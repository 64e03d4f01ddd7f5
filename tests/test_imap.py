"""The IMAP mailbox against real servers and a line that breaks."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta

import pytest

from daicho.errors import MailError
from daicho.mail.imap import Imap, sent_folders
from imap_servers import PASSWORD, OnDovecot, OnPymap, Proxy, Server, imap
from test_mailbox import START, Log, MailboxContract, assert_is_a_sentence, key, keys, mail


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


class TestPymap(OnPymap, ImapContract):
    pass


class TestDovecot(OnDovecot, ImapContract):
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
