"""An office: a ledger file, a mailbox and people, with something happening at any step of a sync."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from builders import LAYOUT, NOW, OWN, TOKYO, WORDS, PlainJudge, raw_mail
from daicho.mail.draft import Draft, DraftFolder
from daicho.mail.local import EmlFolder
from daicho.mail.mailbox import Batch, IsKnown, Mailbox
from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Cell, Commit, Snapshot, Update
from daicho.sync import Outcome, Shop, Sync

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


class Office:
    """A ledger, a mailbox and people. `happen` is called right before and after any step of a sync."""

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

    def sync(self, *, dry: bool = False) -> Outcome:
        self.steps.clear()
        mailbox = self.mailbox
        if isinstance(mailbox, DraftFolder):
            mailbox = Witnessed(self, mailbox)
        judge = PlainJudge()
        return Sync(self.workbook, [mailbox], SHOP, lambda ledger, settings: judge, lambda: self.now).run(
            dry=dry
        )

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
    """The office's ledger, with somebody looking on."""

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

    def __init__(self, office: Office, drafts: DraftFolder) -> None:
        self.office, self.mailbox, self.drafts = office, office.mailbox, drafts
        self.name = office.mailbox.name

    def count(self, cursors: Mapping[str, str], is_known: IsKnown) -> int:
        return self.mailbox.count(cursors, is_known)

    def fetch(self, cursors: Mapping[str, str], is_known: IsKnown, limit: int) -> Iterator[Batch]:
        self.office.step("fetch")
        return self.mailbox.fetch(cursors, is_known, limit)

    def laid(self, inquiries: Collection[str]) -> list[str]:
        return self.drafts.laid(inquiries)

    def lay(self, draft: Draft) -> None:
        self.office.step("before lay")
        self.drafts.lay(draft)
        self.office.step("after lay")


def eml_office(folder: Path, *mails: bytes) -> Office:
    """An office whose mailbox is a folder of .eml files, after its first sync."""
    (folder / "mail").mkdir()
    for number, mail in enumerate(mails, 1):
        (folder / "mail" / f"{number}.eml").write_bytes(mail)
    office = Office(folder, EmlFolder("support", folder / "mail"))
    office.sync()
    return office


def eml_drafts(office: Office) -> list[EmailMessage]:
    """The drafts in such an office's mailbox."""
    return [parsed(path.read_bytes()) for path in sorted((office.folder / "mail" / "Drafts").glob("*.eml"))]


def parsed(raw: bytes) -> EmailMessage:
    """A mail as another program reads it."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(message: EmailMessage) -> str:
    return str(message.get_content()).replace("\r\n", "\n")
