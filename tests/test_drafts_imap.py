"""Drafts on IMAP servers: laid once however the line breaks, and nothing else is ever written."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from builders import NOW, OWN
from daicho.errors import MailError
from daicho.mail.draft import Draft, build_draft
from daicho.mail.imap import Imap
from daicho.mail.message import Address
from imap_servers import OnDovecot, OnPymap, Proxy, Server, imap
from office import Office, parsed
from test_drafts import DraftContract


def draft(message_id: str) -> Draft:
    return build_draft(message_id, Address("", OWN), Address("", "a@b.jp"), "件名", "本文", NOW)


class ImapDraftContract(DraftContract):
    server: Server

    def mailbox(self) -> Imap:
        return imap(self.server.account)

    def deliver(self, raw: bytes, *, sent: bool = False) -> None:
        self.server.append([raw], "Sent" if sent else "INBOX")

    def drafts(self) -> list[bytes]:
        with self.server.client() as client:
            client.select_folder("Drafts", readonly=True)
            return [told[b"BODY[]"] for told in client.fetch(client.search(), ["BODY.PEEK[]"]).values()]

    def test_a_draft_is_marked_as_one(self, office: Office) -> None:
        office.write(draft="✓")
        office.sync()
        [flags] = self.server.flags("Drafts").values()
        assert {rb"\Draft", rb"\Seen"} <= flags

    def test_one_draft_however_the_line_breaks(self, office: Office) -> None:
        for number, cut in enumerate(range(150, 2600, 175)):
            laid = draft(f"d{number}@x")
            # A line that breaks before the first login is told; the next sync tries again.
            with Proxy(self.server.port, cuts=[cut]) as proxy, suppress(MailError):
                imap(replace(self.server.account, port=proxy.port)).lay(laid)
            imap(self.server.account).lay(laid)
            found = [parsed(raw)["Message-ID"] for raw in self.drafts()]
            assert found.count(f"<d{number}@x>") == 1, f"cut after {cut} bytes"

    def test_an_answer_to_append_that_is_lost_lays_no_second_draft(self, office: Office) -> None:
        laid = draft("lost@x")
        with Proxy(self.server.port) as proxy:
            lost = iter([True])

            def drop(command: bytes) -> None:
                # The server gets it all the same.
                if b"APPEND" in command and next(lost, False):
                    imap(self.server.account).lay(laid)
                    raise OSError

            proxy.before = drop
            imap(replace(self.server.account, port=proxy.port)).lay(laid)
            assert (proxy.commands.count("APPEND"), proxy.connections) == (1, 2)
        assert len(self.drafts()) == 1

    def test_two_machines_at_the_same_moment_leave_one_draft(self, office: Office) -> None:
        imap(self.server.account).lay(draft("other@x"))
        laid = draft("both@x")
        with Proxy(self.server.port) as proxy:
            first = iter([True])

            def overtake(command: bytes) -> None:
                if b"APPEND" in command and next(first, False):
                    imap(self.server.account).lay(laid)

            proxy.before = overtake
            imap(replace(self.server.account, port=proxy.port)).lay(laid)
            assert "UID EXPUNGE" in proxy.commands
        assert sorted(str(parsed(raw)["Message-ID"]) for raw in self.drafts()) == ["<both@x>", "<other@x>"]

    def test_only_what_it_laid_is_ever_written(self, office: Office) -> None:
        office.write(draft="✓")
        with Proxy(self.server.port) as proxy:
            office.mailbox = imap(replace(self.server.account, port=proxy.port))
            office.sync()
        assert proxy.commands.count("APPEND") == 1
        writing = {"STORE", "UID STORE", "EXPUNGE", "UID EXPUNGE", "CLOSE", "COPY", "CREATE"}
        assert not writing & set(proxy.commands)

    def test_a_server_without_a_drafts_folder_is_told_with_the_cure(self, office: Office) -> None:
        account = replace(self.server.account, drafts="下書き専用")
        office.mailbox = imap(account)
        office.write(draft="✓")
        outcome = office.sync()
        assert [trouble.key for trouble in outcome.troubles] == ["reply.drafts-folder-missing"]
        assert "もう一度チェックしてください" in office.reason
        assert office.sync().commits == []


class TestPymap(OnPymap, ImapDraftContract):
    def mailbox(self) -> Imap:
        with self.server.client() as client:
            client.create_folder("Drafts")
        return super().mailbox()


class TestDovecot(OnDovecot, ImapDraftContract):
    pass
