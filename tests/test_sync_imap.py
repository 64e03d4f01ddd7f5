"""A whole sync from a real IMAP server into a real .xlsx: whatever happens, every mail once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from builders import NOW, OWN, raw_mail
from imap_servers import OnDovecot, OnPymap, Proxy, Server, imap
from test_sync import keys, opened, sync


def mails(count: int, start: int = 0) -> list[bytes]:
    return [
        raw_mail(
            f"c{number % 97}@example.jp",
            key=f"q{number}@x",
            text=f"質問 {number}",
            date=NOW - timedelta(minutes=number),
        )
        for number in range(start, start + count)
    ]


def names(count: int) -> list[str]:
    return sorted(f"q{number}@x" for number in range(count))


class SyncFromImap:
    """The same stories on every server."""

    server: Server

    def test_a_thousand_mails_in_one_sync(self, tmp_path: Path) -> None:
        self.server.append(mails(1000))
        workbook = opened(tmp_path)
        outcome = sync(workbook, imap(self.server.account))
        assert outcome.troubles == []
        assert len(outcome.commits) == 1
        assert sorted(keys(workbook)) == names(1000)
        assert sync(workbook, imap(self.server.account)).commits == []

    def test_a_connection_cut_in_the_middle(self, tmp_path: Path) -> None:
        self.server.append(mails(120))
        workbook = opened(tmp_path)
        workbook.batch = 30
        with Proxy(self.server.port, cuts=[30_000, *[0] * 50]) as proxy:
            outcome = sync(workbook, imap(replace(self.server.account, port=proxy.port, sent="")))
        assert [trouble.key for trouble in outcome.troubles] == ["mail.dropped"]
        assert len(keys(workbook)) < 120
        assert sync(workbook, imap(self.server.account)).troubles == []
        assert sorted(keys(workbook)) == names(120)

    def test_the_same_mail_in_two_folders(self, tmp_path: Path) -> None:
        with self.server.client() as client:
            client.create_folder("Archive")
        self.server.append(mails(20))
        self.server.append(mails(30), "Archive")
        workbook = opened(tmp_path)
        account = replace(self.server.account, folders=("INBOX", "Archive"))
        sync(workbook, imap(account))
        assert sorted(keys(workbook)) == names(30)
        assert sync(workbook, imap(account)).commits == []

    def test_our_reply_in_the_sent_folder_closes_its_inquiry(self, tmp_path: Path) -> None:
        self.server.append(mails(1))
        self.server.append(
            [raw_mail(OWN, "c0@example.jp", "Re: お問い合わせ", key="r@x", answers="q0@x", date=NOW)], "Sent"
        )
        workbook = opened(tmp_path)
        sync(workbook, imap(self.server.account))
        (row,) = workbook.read().tables["inquiries"]
        assert row.cells["status"] == "対応済み"


class TestPymap(OnPymap, SyncFromImap):
    pass


class TestDovecot(OnDovecot, SyncFromImap):
    def test_a_folder_numbered_anew(self, tmp_path: Path) -> None:
        self.server.append(mails(50))
        workbook = opened(tmp_path)
        sync(workbook, imap(self.server.account))
        before = workbook.read().state["cursor support/INBOX"]
        self.server.renumber()
        self.server.append(mails(10, start=50))
        sync(workbook, imap(self.server.account))
        assert sorted(keys(workbook)) == names(60)
        assert workbook.read().state["cursor support/INBOX"].split(":")[0] != before.split(":")[0]
