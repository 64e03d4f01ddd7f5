"""Drafts: asked for by a tick, laid once whatever crashes, never beside somebody's answer."""

from __future__ import annotations

import abc
import base64
import itertools
import random
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import LAYOUT, NOW, OWN, TOKYO, WORDS, Book, PlainJudge, arrival, raw_mail
from daicho.errors import MailError
from daicho.ledger.drafts import Drafts, Laid
from daicho.ledger.plan import Arrival, Plan
from daicho.ledger.propose import Speaker
from daicho.ledger.replies import TICKS, Replies, is_ticked
from daicho.ledger.rows import Base, Clock, Ledger
from daicho.ledger.settings import read_settings
from daicho.mail.draft import (
    DraftFolder,
    NoDrafts,
    build_draft,
    is_address,
    is_no_reply,
    quoted,
    reply_subject,
)
from daicho.mail.imap import Imap
from daicho.mail.local import EmlFolder, Maildir
from daicho.mail.mailbox import Batch, IsKnown, Mailbox
from daicho.mail.mbox import Mbox
from daicho.mail.message import Address, read_message
from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Cell, Commit, Record, Snapshot, Update
from daicho.sync import Outcome, Shop, Sync
from imap_servers import Certificate, Proxy, Server, as_user, dovecot, has_dovecot, pymap
from test_imap import imap

SHOP = Shop(frozenset({OWN, "info@shop.example.jp"}), TOKYO, LAYOUT, WORDS, name="さくら雑貨店")
QUESTION = raw_mail(
    "山田花子 <hanako@example.jp>", text="青は再入荷しますか。\n\n注文番号 1001", key="q1@example.jp"
)
ANSWER = raw_mail(
    f"鈴木 <{OWN}>", "hanako@example.jp", "Re: お問い合わせ", "来週入荷します。", "r1@x", "q1@example.jp", NOW
)


@cache
def new_ledger() -> bytes:
    """A ledger file as it is when made; making one takes longer than all else."""
    with TemporaryDirectory() as folder:
        workbook = ExcelWorkbook(Path(folder) / "ledger.xlsx", LAYOUT, lambda: NOW)
        workbook.prepare(LAYOUT, load_starters("ja"))
        return (Path(folder) / "ledger.xlsx").read_bytes()


class Crash(Exception):
    """The power goes out."""


class Office:
    """A ledger, a mailbox and people. Something may happen right before or after any step of a sync."""

    def __init__(self, folder: Path, mailbox: Mailbox) -> None:
        self.folder, self.mailbox = folder, mailbox
        self.now = NOW
        self.steps: list[str] = []
        self.happen: Callable[[str], None] = lambda step: None
        file = folder / "ledger.xlsx"
        if not file.exists():
            file.write_bytes(new_ledger())
        self.workbook = Watched(self)

    def step(self, name: str) -> None:
        self.steps.append(name)
        self.happen(name)

    def sync(self) -> Outcome:
        self.steps.clear()
        mailbox = Witnessed(self)
        return Sync(
            self.workbook, [mailbox], SHOP, lambda ledger, settings: PlainJudge(), lambda: self.now
        ).run()

    def write(self, number: int = 0, **cells: Cell) -> None:
        """A person writes into a row of the ledger."""
        snapshot = self.workbook.read()
        update = Update("inquiries", snapshot.tables["inquiries"][number], cells)
        ExcelWorkbook.commit(self.workbook, snapshot, Commit(updates=[update]))

    @property
    def row(self) -> Mapping[str, Cell]:
        return self.workbook.read().tables["inquiries"][0].cells

    @property
    def reason(self) -> str:
        return str(self.row["reason"])


class Watched(ExcelWorkbook):
    def __init__(self, office: Office) -> None:
        super().__init__(office.folder / "ledger.xlsx", LAYOUT, lambda: office.now)
        self.office = office

    def commit(self, base: Snapshot, commit: Commit) -> Snapshot:
        self.office.step("before commit")
        snapshot = super().commit(base, commit)
        self.office.step("after commit")
        return snapshot


class Witnessed:
    """The office's mailbox, with somebody looking on."""

    def __init__(self, office: Office) -> None:
        self.office, self.name = office, office.mailbox.name

    def count(self, cursors: Mapping[str, str], is_known: IsKnown) -> int:
        return self.office.mailbox.count(cursors, is_known)

    def fetch(self, cursors: Mapping[str, str], is_known: IsKnown, limit: int) -> Iterator[Batch]:
        self.office.step("fetch")
        return self.office.mailbox.fetch(cursors, is_known, limit)

    def laid(self, inquiries: Collection[str]) -> list[str]:
        return self.office.mailbox.laid(inquiries)  # type: ignore[attr-defined, no-any-return]

    def lay(self, draft: object) -> None:
        self.office.step("before lay")
        self.office.mailbox.lay(draft)  # type: ignore[attr-defined]
        self.office.step("after lay")


def parsed(raw: bytes) -> EmailMessage:
    """A mail as another program reads it."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(message: EmailMessage) -> str:
    return str(message.get_content()).replace("\r\n", "\n")


class DraftContract(abc.ABC):
    """What a tick promises, whatever the mailbox."""

    @abc.abstractmethod
    def mailbox(self) -> Mailbox: ...

    @abc.abstractmethod
    def deliver(self, raw: bytes, *, sent: bool = False) -> None: ...

    @abc.abstractmethod
    def drafts(self) -> list[bytes]: ...

    @pytest.fixture
    def office(self, tmp_path: Path) -> Office:
        self.path = tmp_path / "mail"
        self.prepare()
        office = Office(tmp_path, self.mailbox())
        self.deliver(QUESTION)
        office.sync()
        return office

    def prepare(self) -> None:
        """Makes the mailbox."""
        assert not self.path.exists()

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
        mailbox = Witnessed(office)
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
        assert [text_of(parsed(raw))[:8] == "書き直しました。" for raw in self.drafts()].count(True) == 1
        assert len(self.drafts()) == 2

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
    def prepare(self) -> None:
        for part in ("cur", "new", "tmp"):
            (self.path / part).mkdir(parents=True)
        self.count = itertools.count()

    def mailbox(self) -> Mailbox:
        return Maildir("support", self.path)

    def deliver(self, raw: bytes, *, sent: bool = False) -> None:
        folder = self.path / (".Sent/cur" if sent else "new")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{next(self.count)}.M1P1.host").write_bytes(raw)

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
    def prepare(self) -> None:
        self.path.mkdir()
        self.count = itertools.count()

    def mailbox(self) -> Mailbox:
        return EmlFolder("support", self.path)

    def deliver(self, raw: bytes, *, sent: bool = False) -> None:
        folder = self.path / ("sent" if sent else "inbox")
        folder.mkdir(exist_ok=True)
        (folder / f"{next(self.count)}.eml").write_bytes(raw)

    def drafts(self) -> list[bytes]:
        return [path.read_bytes() for path in (self.path / "Drafts").glob("*.eml")]


class ImapDraftContract(DraftContract):
    server: Server
    drafts_folder = "Drafts"

    def mailbox(self) -> Imap:
        return imap(self.server.account)

    def deliver(self, raw: bytes, *, sent: bool = False) -> None:
        self.server.append([raw], "Sent" if sent else "INBOX")

    def drafts(self) -> list[bytes]:
        with self.server.client() as client:
            client.select_folder(self.drafts_folder, readonly=True)
            return [told[b"BODY[]"] for told in client.fetch(client.search(), ["BODY.PEEK[]"]).values()]

    def test_a_draft_is_marked_as_one(self, office: Office) -> None:
        office.write(draft="✓")
        office.sync()
        [flags] = self.server.flags(self.drafts_folder).values()
        assert {rb"\Draft", rb"\Seen"} <= flags

    def test_one_draft_however_the_line_breaks(self, office: Office) -> None:
        for number, cut in enumerate(range(150, 2600, 175)):
            draft = build_draft(f"d{number}@x", Address("", OWN), Address("", "a@b.jp"), "件名", "本文", NOW)
            # A line that breaks before the first login is told; the next sync tries again.
            with Proxy(self.server.port, cuts=[cut]) as proxy, suppress(MailError):
                imap(replace(self.server.account, port=proxy.port)).lay(draft)
            imap(self.server.account).lay(draft)
            found = [parsed(raw)["Message-ID"] for raw in self.drafts()]
            assert found.count(f"<d{number}@x>") == 1, f"cut after {cut} bytes"

    def test_an_answer_to_append_that_is_lost_lays_no_second_draft(self, office: Office) -> None:
        draft = build_draft("lost@x", Address("", OWN), Address("", "a@b.jp"), "件名", "本文", NOW)
        with Proxy(self.server.port) as proxy:
            lost = iter([True])

            def drop(command: bytes) -> None:
                # The server gets it all the same.
                if b"APPEND" in command and next(lost, False):
                    imap(self.server.account).lay(draft)
                    raise OSError

            proxy.before = drop
            imap(replace(self.server.account, port=proxy.port)).lay(draft)
        assert len(self.drafts()) == 1

    def test_two_machines_at_the_same_moment_leave_one_draft(self, office: Office) -> None:
        mine = build_draft("other@x", Address("", OWN), Address("", "a@b.jp"), "自分で", "本文", NOW)
        imap(self.server.account).lay(mine)
        draft = build_draft("both@x", Address("", OWN), Address("", "a@b.jp"), "件名", "本文", NOW)
        with Proxy(self.server.port) as proxy:
            first = iter([True])

            def overtake(command: bytes) -> None:
                if b"APPEND" in command and next(first, False):
                    imap(self.server.account).lay(draft)

            proxy.before = overtake
            imap(replace(self.server.account, port=proxy.port)).lay(draft)
            assert "UID EXPUNGE" in proxy.commands
        assert sorted(str(parsed(raw)["Message-ID"]) for raw in self.drafts()) == ["<both@x>", "<other@x>"]

    def test_only_what_it_laid_is_ever_written(self, office: Office) -> None:
        office.write(draft="✓")
        with Proxy(self.server.port) as proxy:
            office.mailbox = imap(replace(self.server.account, port=proxy.port))
            office.sync()
        assert proxy.commands.count("APPEND") == 1
        assert not set(proxy.commands) & {
            "STORE",
            "UID STORE",
            "EXPUNGE",
            "UID EXPUNGE",
            "CLOSE",
            "COPY",
            "CREATE",
        }

    def test_a_server_without_a_drafts_folder_is_told_with_the_cure(self, office: Office) -> None:
        account = replace(self.server.account, drafts="下書き専用")
        office.mailbox = imap(account)
        office.write(draft="✓")
        outcome = office.sync()
        assert [trouble.key for trouble in outcome.troubles] == ["reply.no-drafts-folder"]
        assert "下書きフォルダーがありません" in office.reason
        assert office.sync().commits == []


class TestPymap(ImapDraftContract):
    @pytest.fixture(autouse=True)
    def running(self) -> Iterator[None]:
        with pymap() as server:
            self.server = server
            with server.client() as client:
                client.create_folder("Drafts")
            yield


@pytest.fixture(scope="module")
def dovecot_server() -> Iterator[tuple[Server, Certificate]]:
    with dovecot() as running:
        yield running


@pytest.mark.skipif(not has_dovecot(), reason="Dovecot is not installed")
class TestDovecot(ImapDraftContract):
    users = itertools.count(1)

    @pytest.fixture(autouse=True)
    def running(self, dovecot_server: tuple[Server, Certificate]) -> None:
        self.server = as_user(dovecot_server[0], f"draft{next(self.users)}")


def test_an_mbox_holds_no_drafts_and_the_row_says_so(tmp_path: Path) -> None:
    (tmp_path / "mail.mbox").write_bytes(b"From x\n" + QUESTION + b"\n")
    mailbox = Mbox("support", tmp_path / "mail.mbox")
    assert not isinstance(mailbox, DraftFolder)
    assert isinstance(Maildir("support", tmp_path), DraftFolder)
    office = Office(tmp_path, mailbox)
    office.sync()
    office.write(draft="✓")
    Sync(office.workbook, [mailbox], SHOP, lambda ledger, settings: PlainJudge(), lambda: NOW).run()
    assert "「support」には下書きを置けません" in office.reason


# --- who may have a draft --------------------------------------------------------------------------------


@pytest.fixture
def book() -> Book:
    return new_book()


def new_book() -> Book:
    """A ledger in memory with the starter templates and one question."""
    book = Book()
    templates = load_starters("ja")["templates"]
    book.snapshot.tables["templates"] = [Record(number, dict(row)) for number, row in enumerate(templates, 2)]
    book.sync(arrival("q1@example.jp", hours_ago=5.0))
    return book


def claim(book: Book, row: int = 0) -> object:
    return Base.read(book.rows[row]["base"]).facts.get("draft")


def test_a_colleague_within_the_claim_time_is_told_who_is_on_it(book: Book) -> None:
    book.rows[0].update(draft=True, assignee="佐藤")
    book.sync()
    first = claim(book)
    book.rows[0].update(draft=True, assignee="田中")
    book.sync(now=NOW + timedelta(minutes=14))
    assert "佐藤さんが返信処理中です" in str(book.rows[0]["reason"])
    assert claim(book) == first
    assert "draft" not in book.rows[0]
    book.rows[0].update(draft=True)
    book.sync(now=NOW + timedelta(minutes=40))
    assert claim(book) == first, "the first draft has not been laid yet"


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("", "", "ほかの方が返信処理中かもしれません"),
        ("", "田中", "ほかの方が返信処理中かもしれません"),
        ("佐藤", "", "佐藤さんが返信処理中です"),
        ("佐藤", "佐藤", "前の下書きを準備しています"),
    ],
)
def test_a_second_tick_before_the_draft_is_answered(book: Book, first: str, second: str, words: str) -> None:
    book.rows[0].update(draft=True, assignee=first)
    book.sync()
    book.rows[0].update(draft=True, assignee=second)
    book.sync(now=NOW + timedelta(minutes=1))
    assert words in str(book.rows[0]["reason"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"address": "hanako@pc.fw.rakuten.ne.jp"}, "R-Messe"),
        ({"address": "090-1234-5678"}, "メールの宛先がない"),
        ({"address": "shopping-noreply@mail.example.jp"}, "送信専用"),
        ({"template": "ない"}, "返信テンプレートが選ばれていない"),
    ],
)
def test_what_cannot_be_drafted_is_said_and_nothing_else_changes(change: dict[str, str], words: str) -> None:
    book = Book()
    templates = load_starters("ja")["templates"]
    book.snapshot.tables["templates"] = [Record(number, dict(row)) for number, row in enumerate(templates, 2)]
    address = change.get("address", "hanako@example.jp")
    if "@" in address:
        book.sync(arrival("q1@example.jp", sender=address))
    else:
        book.type_row(excerpt="電話：在庫は？", address=address)
        book.sync()
    book.rows[0].update({"draft": True} | {key: cell for key, cell in change.items() if key == "template"})
    book.sync()
    assert words in str(book.rows[0]["reason"])
    assert book.rows[0]["status"] == "未対応"
    assert claim(book) is None
    assert not book.plan().commit


def test_amazons_masked_buyers_can_be_answered_and_rakutens_once_the_shop_is_set_up(book: Book) -> None:
    book.sync(arrival("a1@x", sender="abc@marketplace.amazon.co.jp", subject="甲"))
    book.rows[1].update(draft=True)
    book.sync()
    assert claim(book, 1)
    setting = {"setting": "その他", "name": "楽天返信", "value": "可"}
    book.snapshot.tables["settings"].append(Record(2, setting))  # type: ignore[arg-type]
    book.sync(arrival("k1@x", sender="f00s1@pc.fw.rakuten.ne.jp", subject="乙"))
    book.rows[2].update(draft=True)
    book.sync()
    assert claim(book, 2)


def test_an_answer_frees_the_inquiry_for_the_next_draft(book: Book) -> None:
    book.rows[0].update(draft=True, assignee="佐藤")
    book.sync()
    book.sync(arrival("r1@x", "入荷しました。", incoming=False, answers=["q1@example.jp"], hours_ago=0))
    assert claim(book) is None
    book.sync(arrival("q2@x", "まだ在庫はありますか。", answers=["r1@x"], hours_ago=-0.02))
    book.rows[0].update(draft=True, assignee="田中")
    book.sync(now=NOW + timedelta(minutes=3))
    assert "返信処理中" not in str(book.rows[0]["reason"])
    assert claim(book) is not None


@pytest.mark.parametrize("cell", [*sorted(TICKS), True, 1, 1.0, " TRUE "])
def test_a_tick_is_heard_however_it_is_written(cell: Cell) -> None:
    assert is_ticked(cell)


@pytest.mark.parametrize("cell", [None, False, "", "FALSE", 0, "いいえ", "-"])
def test_what_is_no_tick_asks_for_nothing(cell: Cell) -> None:
    assert not is_ticked(cell)


def test_reply_to_is_where_the_draft_goes(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    message = parsed(QUESTION)
    message["Reply-To"] = "hanako.mobile@example.com"
    (folder / "1.eml").write_bytes(message.as_bytes())
    office = Office(tmp_path, EmlFolder("support", folder))
    office.sync()
    office.write(draft="✓")
    office.sync()
    [path] = (folder / "Drafts").glob("*.eml")
    assert parsed(path.read_bytes())["To"].addresses[0].addr_spec == "hanako.mobile@example.com"


def test_the_draft_comes_from_the_address_the_customer_wrote_to(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    to = "Shop <not-info@shop.example.jp>, お店 <Info@shop.example.jp>"
    (folder / "1.eml").write_bytes(raw_mail(to=to, key="q1@x"))
    office = Office(tmp_path, EmlFolder("support", folder))
    office.sync()
    office.write(draft="✓")
    office.sync()
    [path] = (folder / "Drafts").glob("*.eml")
    assert parsed(path.read_bytes())["From"].addresses[0].addr_spec == "info@shop.example.jp"


def test_a_phone_call_with_an_address_gets_a_mail_of_its_own_that_threads(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    office = Office(tmp_path, EmlFolder("support", folder))
    snapshot = office.workbook.read()
    typed: dict[str, Cell] = {
        "customer": "鈴木",
        "address": "suzuki@example.jp",
        "excerpt": "電話：再入荷は？",
        "draft": "✓",
    }
    ExcelWorkbook.commit(office.workbook, snapshot, Commit(appends={"inquiries": [typed]}))
    office.sync()
    [path] = (folder / "Drafts").glob("*.eml")
    draft = parsed(path.read_bytes())
    assert draft["Subject"] == "再入荷のご案内【さくら雑貨店】"
    assert draft["In-Reply-To"] is None
    assert ">" not in text_of(draft)
    (folder / "sent").mkdir()
    path.rename(folder / "sent" / "1.eml")
    office.sync()
    [row] = office.workbook.read().tables["inquiries"]
    assert row.cells["status"] == "対応済み"


def test_more_than_a_cell_holds_is_whole_in_the_draft(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    office = Office(tmp_path, EmlFolder("support", folder))
    (folder / "1.eml").write_bytes(QUESTION)
    office.sync()
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
    [path] = (folder / "Drafts").glob("*.eml")
    assert text_of(parsed(path.read_bytes())).count("長い説明です。") == 4600


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("tick"), st.sampled_from(["佐藤", "田中", ""])),
        st.tuples(st.just("wait"), st.integers(1, 12)),
        st.tuples(st.just("reply"), st.just("")),
        st.tuples(st.just("ask"), st.just("")),
        st.tuples(st.just("crash"), st.just("")),
    ),
    max_size=20,
)


@given(STEPS)
@settings(max_examples=30, deadline=None)
def test_every_tick_is_answered_once_whatever_people_and_power_do(steps: list[tuple[str, object]]) -> None:
    book, now, mails = new_book(), NOW, 0
    drafts: dict[str, tuple[datetime, str]] = {}
    ticks, crashes = 0, False

    def lay() -> dict[str, Laid]:
        speaker = Speaker(LAYOUT, WORDS, Clock(TOKYO))
        ledger = Ledger(book.snapshot, LAYOUT, TOKYO)
        replies = Replies(book.snapshot.tables, read_settings([], LAYOUT), speaker, "店", now)
        requests = Drafts(ledger, replies, [OWN], "店", now).requests()
        for request in requests:
            if not (request.refused or request.doubled):
                drafts.setdefault(request.draft.message_id, (now, str(book.rows[0].get("assignee") or "")))
        return {each.inquiry: each.refused or each.doubled or each.laid for each in requests}

    def sync(*arrivals: Arrival) -> None:
        book.sync(*arrivals, now=now)
        if laid := lay():
            if crashes:
                laid = lay()
            ledger = Ledger(book.snapshot, LAYOUT, TOKYO)
            plan = Plan(ledger, read_settings([], LAYOUT), PlainJudge(), WORDS, now, laid=laid).take([])
            book.apply(plan.commit)

    for step, value in steps:
        arrivals, before = [], len(drafts)
        now += timedelta(seconds=1)
        if step == "tick":
            ticks += 1
            book.rows[0].update(draft=True, assignee=str(value))
        elif step == "wait":
            now += timedelta(minutes=int(str(value)))
        elif step == "crash":
            crashes = not crashes
        else:
            mails += 1
            hours = (NOW - now) / timedelta(hours=1)
            changes = (
                {"incoming": False, "answers": ["q1@example.jp"]}
                if step == "reply"
                else {"answers": ["q1@example.jp"]}
            )
            arrivals = [arrival(f"m{mails}@x", "在庫はどうですか。", hours_ago=hours, **changes)]  # type: ignore[arg-type]
        sync(*arrivals)
        reason = str(book.rows[0].get("reason")).split("\n")[0]
        if step == "tick":
            assert len(drafts) - before == ("置きました" in reason)
            assert "置きました" in reason or "下書き" in reason, "a tick without a draft is explained"
        else:
            assert len(drafts) == before
        assert "draft" not in book.rows[0]
        assert not Ledger(book.snapshot, LAYOUT, TOKYO).strays
    assert len(drafts) <= ticks
    laid = sorted(drafts.values())
    replied = mails > 0
    for (first, who), (second, other) in itertools.pairwise(laid):
        assert who == other or second - first >= timedelta(minutes=15) or replied


PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from test_drafts import Maildir, Office, datetime
folder = Path(sys.argv[1])
office = Office(folder, Maildir("support", folder / "mail"))
office.now = datetime.fromisoformat(sys.argv[2])
print("ready", flush=True)
office.sync()
"""


@pytest.mark.parametrize("rounds", [2, pytest.param(30, marks=pytest.mark.slow)])
def test_a_sync_killed_at_any_moment_leaves_one_draft_a_tick(tmp_path: Path, rounds: int) -> None:
    for part in ("cur", "new", "tmp"):
        (tmp_path / "mail" / part).mkdir(parents=True)
    (tmp_path / "mail" / "new" / "1.M1P1.host").write_bytes(QUESTION)
    office, chance = Office(tmp_path, Maildir("support", tmp_path / "mail")), random.Random(7)
    office.sync()
    program = PROGRAM.format(tests=str(Path(__file__).parent))
    for number in range(rounds):
        office.write(draft="✓", assignee=f"担当{number}")
        command = [sys.executable, "-c", program, str(tmp_path), office.now.isoformat()]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout and process.stdout.readline() == b"ready\n"
            time.sleep(chance.uniform(0, 0.3))
            process.kill()
        office.sync()
        office.now += timedelta(minutes=20)
        assert len(list((tmp_path / "mail" / ".Drafts" / "cur").iterdir())) == number + 1
        assert f"置きました（担当{number}" in office.reason


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


def test_a_dry_run_lays_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / "1.eml").write_bytes(QUESTION)
    office = Office(tmp_path, EmlFolder("support", folder))
    office.sync()
    office.write(draft="✓")
    mailbox = EmlFolder("support", folder)
    Sync(office.workbook, [mailbox], SHOP, lambda ledger, settings: PlainJudge(), lambda: NOW).run(dry=True)
    assert not (folder / "Drafts").exists()
    assert office.row["draft"] is True


def test_a_row_sorted_away_keeps_its_claim(book: Book) -> None:
    book.sync(arrival("q9@x", sender="b@example.jp"))
    book.rows[0].update(draft=True, assignee="佐藤")
    book.sync()
    book.snapshot.tables["inquiries"].reverse()
    ledger = Ledger(book.snapshot, LAYOUT, TOKYO)
    assert [id for id, row in ledger.rows.items() if "draft" in row.base.facts] == [book.rows[1]["id"]]


def test_no_drafts_is_a_trouble_of_the_mailbox() -> None:
    assert issubclass(NoDrafts, MailError)
