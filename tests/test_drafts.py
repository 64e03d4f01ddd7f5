"""Drafts: a tick lays one reply into the mailbox, whatever crashes, and never beside somebody's answer.

`DraftContract` is what a tick promises in any mailbox. Beside this file: what a draft says
(test_draft_mail), which tick gets one (test_drafts_ticks), IMAP (test_drafts_imap), and long runs of
ticks, crashes and colleagues (test_drafts_once).
"""

from __future__ import annotations

import abc
import itertools
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from builders import NOW, OWN, raw_mail
from daicho.errors import MailError
from daicho.mail.draft import DraftFolder
from daicho.mail.local import EmlFolder, Maildir
from daicho.mail.mailbox import Mailbox
from daicho.mail.mbox import Mbox
from office import ANSWER, QUESTION, Office, eml_office, parsed, text_of


class Crash(Exception):
    """The power goes out."""


class DraftContract(abc.ABC):
    """What a tick promises, whatever the mailbox."""

    @abc.abstractmethod
    def mailbox(self) -> Mailbox:
        """A new mailbox; a local one at `self.path`."""

    @abc.abstractmethod
    def deliver(self, raw: bytes, *, sent: bool = False) -> None:
        """A mail arrives, or is sent by a person."""

    @abc.abstractmethod
    def drafts(self) -> list[bytes]:
        """What lies in Drafts."""

    @pytest.fixture
    def office(self, tmp_path: Path) -> Office:
        self.path = tmp_path / "mail"
        office = Office(tmp_path, self.mailbox())
        self.deliver(QUESTION)
        office.sync()
        return office

    def test_a_tick_lays_a_reply_that_threads(self, office: Office) -> None:
        office.write(draft="✓", assignee="佐藤")
        assert office.sync().report.drafted == [office.row["id"]]
        [raw] = self.drafts()
        draft = parsed(raw)
        assert draft["From"].addresses[0].addr_spec == OWN
        assert draft["From"].addresses[0].display_name == "さくら雑貨店"
        assert draft["To"].addresses[0].addr_spec == "hanako@example.jp"
        assert draft["Subject"] == "Re: お問い合わせ"
        assert draft["In-Reply-To"] == draft["References"] == "<q1@example.jp>"
        assert draft.get_content_charset() == "utf-8"
        text = text_of(draft)
        assert text.startswith("山田花子 様\n")
        assert "カスタマーサポートの佐藤でございます。" in text
        assert "2026年11月20日(金) 11:00 山田花子 <hanako@example.jp>:\n> 青は再入荷しますか。\n>\n>" in text
        assert (office.row.get("draft"), office.row["status"]) == (None, "対応中")
        assert (
            "11/20 12:00 返信の下書きをメールボックスに置きました（佐藤、要記入 2 か所）。" in office.reason
        )

    def test_no_later_sync_lays_it_again(self, office: Office) -> None:
        office.write(draft="✓")
        office.sync()
        assert office.sync().commits == []
        assert len(self.drafts()) == 1

    def test_a_draft_that_still_lies_there_is_found_by_its_inquiry(self, office: Office) -> None:
        id = str(office.row["id"])
        mailbox = office.mailbox
        assert isinstance(mailbox, DraftFolder)
        assert mailbox.laid([id]) == []
        office.write(draft="✓")
        office.sync()
        assert mailbox.laid([id, "261120-ZZZZ"]) == ["Re: お問い合わせ"]
        assert mailbox.laid(["261120-ZZZZ"]) == mailbox.laid([]) == []

    def test_the_draft_sent_by_a_person_answers_the_inquiry(self, office: Office) -> None:
        office.write(draft="✓", assignee="佐藤")
        office.sync()
        [raw] = self.drafts()
        self.deliver(raw, sent=True)
        office.sync()
        assert office.row["status"] == "対応済み"
        assert len(office.workbook.read().tables["inquiries"]) == 1
        [answer] = [
            r.cells for r in office.workbook.read().tables["messages"] if r.cells["direction"] == "送信"
        ]
        assert "再入荷" in str(answer["text"]) and "青は再入荷しますか" not in str(answer["text"])

    def test_a_crash_at_any_step_leaves_one_draft_and_a_row_that_tells_of_it(self, office: Office) -> None:
        for crash_at in itertools.count():
            office.write(draft="✓", assignee=f"担当{crash_at}")
            before, countdown = len(self.drafts()), itertools.count()

            def crash(step: str, at: int = crash_at, countdown: Iterator[int] = countdown) -> None:
                if next(countdown) == at:
                    raise Crash(step)

            office.happen = crash
            try:
                office.sync()
                finished = True
            except Crash:
                finished = False
            office.happen = lambda step: None
            office.sync()
            assert len(self.drafts()) == before + 1, f"crash at step {crash_at}"
            assert f"置きました（担当{crash_at}" in office.reason
            assert office.row.get("draft") is None
            office.now += timedelta(minutes=20)
            if finished:
                break
        assert crash_at == 8, "two fetches, two commits, one draft: a step before and after each write"

    def test_who_has_answered_since_the_last_sync_saves_a_second_answer(self, office: Office) -> None:
        office.write(draft="✓", assignee="佐藤")
        self.deliver(ANSWER, sent=True)
        office.sync()
        assert self.drafts() == []
        assert "11/20 12:00 に 鈴木 がすでに返信しているため、下書きは作りませんでした。" in office.reason
        assert (office.row["status"], office.row.get("draft")) == ("対応済み", None)

    def test_who_answers_between_the_tick_and_the_draft_is_seen(self, office: Office) -> None:
        office.write(draft="✓", assignee="佐藤")

        def answer(step: str) -> None:
            if step == "after commit" and office.steps.count(step) == 1:
                self.deliver(ANSWER, sent=True)

        office.happen = answer
        office.sync()
        office.happen = lambda step: None
        assert self.drafts() == []
        assert "鈴木 がすでに返信している" in office.reason
        assert office.row["status"] == "対応済み"
        assert office.sync().commits == []

    def test_the_same_tick_again_is_told_of_the_draft_that_lies_there(self, office: Office) -> None:
        for _ in range(3):
            office.write(draft="✓", assignee="佐藤")
            office.sync()
            assert office.row.get("draft") is None
            office.now += timedelta(seconds=20)
        assert len(self.drafts()) == 1
        assert "同じ文の下書きを 11/20 12:00 に置いてあり、下書きフォルダーにあります。" in office.reason
        office.write(draft="✓", assignee="田中")
        office.sync()
        assert "佐藤さんが返信処理中です" in office.reason, "the refused ticks have not freed the inquiry"

    def test_a_text_changed_since_gets_a_draft_of_its_own(self, office: Office) -> None:
        office.write(draft="✓", assignee="佐藤")
        office.sync()
        office.now += timedelta(minutes=1)
        office.write(draft="✓", reply="書き直しました。")
        office.sync()
        texts = [text_of(parsed(raw)) for raw in self.drafts()]
        assert [text.startswith("書き直しました。") for text in sorted(texts)].count(True) == 1
        assert len(texts) == 2

    def test_who_ticks_on_an_old_screen_is_told_who_answered_and_may_insist(self, office: Office) -> None:
        self.deliver(ANSWER, sent=True)
        office.sync()
        assert office.row["status"] == "対応済み"
        office.now += timedelta(minutes=1)
        office.write(draft="✓", assignee="佐藤")
        assert list(office.sync().report.undrafted) == [office.row["id"]]
        assert self.drafts() == []
        assert "11/20 12:00 に 鈴木 がすでに返信しています。" in office.reason
        assert office.sync().commits == []
        office.write(draft="✓", assignee="田中")
        office.sync()
        assert len(self.drafts()) == 1

    def test_a_mail_of_ours_that_answers_nothing_is_told_before_a_second_goes(self, office: Office) -> None:
        moment = NOW - timedelta(minutes=30)
        self.deliver(
            raw_mail(f"鈴木 <{OWN}>", "hanako@example.jp", "入荷", "来週です。", "n1@x", date=moment),
            sent=True,
        )
        office.write(draft="✓", assignee="佐藤")
        office.sync()
        assert self.drafts() == []
        assert "11/20 11:30 に同じ宛先へ送信あり（鈴木）。" in office.reason
        office.now += timedelta(minutes=1)
        office.write(draft="✓")
        office.sync()
        assert len(self.drafts()) == 1

    def test_a_mailbox_that_cannot_be_read_gets_no_draft_until_it_can(self, office: Office) -> None:
        office.write(draft="✓", assignee="佐藤")

        def fail(step: str) -> None:
            if step == "fetch" and office.steps.count(step) == 2:
                raise MailError("mail.timed-out", host="imap.example.jp")

        office.happen = fail
        outcome = office.sync()
        assert [trouble.key for trouble in outcome.troubles] == ["mail.timed-out"]
        assert self.drafts() == []
        assert (
            "次の更新でもう一度試します：メールサーバー「imap.example.jp」が時間内に応答しません"
            in office.reason
        )
        office.happen = lambda step: None
        office.sync()
        assert len(self.drafts()) == 1
        assert "置きました（佐藤" in office.reason


class TestMaildir(DraftContract):
    numbers = itertools.count()

    def mailbox(self) -> Mailbox:
        for part in ("cur", "new", "tmp"):
            (self.path / part).mkdir(parents=True)
        return Maildir("support", self.path)

    def deliver(self, raw: bytes, *, sent: bool = False) -> None:
        folder = self.path / (".Sent/cur" if sent else "new")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{next(self.numbers)}.M1P1.host").write_bytes(raw)

    def drafts(self) -> list[bytes]:
        return [path.read_bytes() for path in (self.path / ".Drafts").glob("cur/*")]

    def test_a_draft_is_marked_as_one(self, office: Office) -> None:
        office.write(draft="✓")
        office.sync()
        [path] = (self.path / ".Drafts").glob("cur/*")
        assert path.name.endswith("2,DS")
        assert list((self.path / ".Drafts" / "tmp").iterdir()) == []

    def test_the_drafts_folder_that_is_there_is_used_by_its_own_name(self, office: Office) -> None:
        (self.path / ".&Tgtm+DBN-" / "cur").mkdir(parents=True)  # 下書き
        office.write(draft="✓")
        office.sync()
        assert len(list((self.path / ".&Tgtm+DBN-" / "cur").iterdir())) == 1
        assert not (self.path / ".Drafts").exists()


class TestEmlFolder(DraftContract):
    numbers = itertools.count()

    def mailbox(self) -> Mailbox:
        self.path.mkdir()
        return EmlFolder("support", self.path)

    def deliver(self, raw: bytes, *, sent: bool = False) -> None:
        folder = self.path / ("sent" if sent else "inbox")
        folder.mkdir(exist_ok=True)
        (folder / f"{next(self.numbers)}.eml").write_bytes(raw)

    def drafts(self) -> list[bytes]:
        return [path.read_bytes() for path in (self.path / "Drafts").glob("*.eml")]


def test_an_mbox_holds_no_drafts_and_the_row_says_so(tmp_path: Path) -> None:
    (tmp_path / "mail.mbox").write_bytes(b"From x\n" + QUESTION + b"\n")
    mailbox = Mbox("support", tmp_path / "mail.mbox")
    assert not isinstance(mailbox, DraftFolder)
    assert isinstance(Maildir("support", tmp_path), DraftFolder)
    office = Office(tmp_path, mailbox)
    office.sync()
    office.write(draft="✓")
    office.sync()
    assert "「support」には下書きを置けません" in office.reason


def test_a_dry_run_lays_nothing(tmp_path: Path) -> None:
    office = eml_office(tmp_path, QUESTION)
    office.write(draft="✓")
    office.sync(dry=True)
    assert not (tmp_path / "mail" / "Drafts").exists()
    assert office.row["draft"] is True
