"""What `sync --dry-run` tells of drafts that people ticked: the same as a real sync, and nothing is laid."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from builders import NOW, OWN, PlainJudge, raw_mail
from daicho.config import load_config
from daicho.desk import Desk
from daicho.mail.local import EmlFolder
from daicho.mail.mailbox import Mailbox
from daicho.mail.mbox import Mbox
from daicho.sync import Outcome, Sync
from imap_servers import Proxy, Server, imap, pymap
from office import ANSWER, QUESTION, SHOP, Office, eml_office
from test_cli import Run, run, shop

__all__ = ["run"]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return eml_office(tmp_path, QUESTION)


def rehearsed(office: Office, mailbox: Mailbox | None = None) -> Outcome:
    """A dry run, after which every file is what it was."""
    before = files(office.folder)
    office.steps.clear()
    boxes = [mailbox or EmlFolder("support", office.folder / "mail")]
    judge = PlainJudge()
    sync = Sync(office.workbook, boxes, SHOP, lambda ledger, settings: judge, lambda: office.now)
    outcome = sync.run(dry=True)
    assert files(office.folder) == before
    assert office.steps == [], "no commit was begun"
    return outcome


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def drafts(office: Office) -> list[Path]:
    return list((office.folder / "mail" / "Drafts").glob("*.eml"))


def test_a_dry_run_tells_which_draft_would_be_laid_and_the_next_sync_lays_it(office: Office) -> None:
    office.write(draft="✓", assignee="佐藤")
    report = rehearsed(office).report
    assert (report.drafted, report.undrafted) == ([office.row["id"]], {})
    assert drafts(office) == []
    assert office.sync().report.drafted == report.drafted
    assert len(drafts(office)) == 1


def test_without_a_tick_no_draft_is_told_of(office: Office) -> None:
    outcome = rehearsed(office)
    assert (outcome.report.drafted, outcome.report.undrafted, outcome.commits) == ([], {}, [])


def test_a_draft_that_could_not_be_laid_before_is_told_of_without_a_new_tick(office: Office) -> None:
    office.write(draft="✓", assignee="佐藤")
    (office.folder / "mail" / "Drafts").write_bytes(b"a file where the folder should be")
    assert office.sync().report.drafted == []
    (office.folder / "mail" / "Drafts").unlink()
    assert rehearsed(office).report.drafted == [office.row["id"]]


def test_what_would_be_refused_is_told_with_the_reason_a_sync_gives(office: Office) -> None:
    (office.folder / "mail" / "sent").mkdir()
    (office.folder / "mail" / "sent" / "r.eml").write_bytes(ANSWER)
    office.sync()
    office.now += timedelta(minutes=1)
    office.write(draft="✓", assignee="佐藤")
    told = rehearsed(office).report
    assert (told.drafted, list(told.undrafted)) == ([], [office.row["id"]])
    assert "11/20 12:00 に 鈴木 がすでに返信しています。" in told.undrafted[str(office.row["id"])]
    assert office.sync().report.undrafted == told.undrafted


def test_an_answer_that_lies_in_sent_and_is_not_in_the_ledger_yet_is_seen(office: Office) -> None:
    (office.folder / "mail" / "sent").mkdir()
    (office.folder / "mail" / "sent" / "r.eml").write_bytes(ANSWER)
    office.write(draft="✓", assignee="佐藤")
    told = rehearsed(office).report
    assert told.drafted == []
    assert "鈴木 がすでに返信しているため" in told.undrafted[str(office.row["id"])]


def test_a_row_that_can_have_no_draft_is_told_of(office: Office) -> None:
    office.write(draft="✓", template="ない")
    told = rehearsed(office).report
    assert (told.drafted, ["選ばれていない" in why for why in told.undrafted.values()]) == ([], [True])


def test_the_same_draft_that_lies_there_already_is_told_of(office: Office) -> None:
    office.write(draft="✓", assignee="佐藤")
    office.sync()
    office.now += timedelta(minutes=1)
    office.write(draft="✓", assignee="佐藤")
    told = rehearsed(office).report
    assert (told.drafted, len(drafts(office))) == ([], 1)
    assert "同じ文の下書きを 11/20 12:00 に置いてあり" in told.undrafted[str(office.row["id"])]
    drafts(office)[0].unlink()
    assert rehearsed(office).report.drafted == [office.row["id"]], "thrown away, so another is wanted"


def test_a_mailbox_that_can_hold_no_drafts_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "mail.mbox").write_bytes(b"From x\n" + QUESTION + b"\n")
    mailbox = Mbox("support", tmp_path / "mail.mbox")
    office = Office(tmp_path, mailbox)
    office.sync()
    office.write(draft="✓")
    outcome = rehearsed(office, mailbox)
    assert [trouble.key for trouble in outcome.troubles] == ["reply.cannot-draft"]
    assert "「support」には下書きを置けません" in "".join(outcome.report.undrafted.values())


# --- IMAP ------------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[Server]:
    with pymap() as server:
        server.append([QUESTION], "INBOX")
        yield server


@pytest.mark.parametrize("has_folder", [True, False])
def test_an_imap_account_is_only_read_and_one_without_drafts_folder_told_of(
    server: Server, tmp_path: Path, has_folder: bool
) -> None:
    with server.client() as client:
        client.create_folder("Drafts" if has_folder else "Other")
    account = replace(server.account, drafts="Drafts")
    office = Office(tmp_path, imap(account))
    office.sync()
    office.write(draft="✓")
    with Proxy(server.port) as proxy:
        outcome = rehearsed(office, imap(replace(account, port=proxy.port)))
        assert not set(proxy.commands) & {"APPEND", "CREATE", "STORE", "UID STORE", "EXPUNGE", "UID EXPUNGE"}
    if has_folder:
        assert outcome.report.drafted == [office.row["id"]]
    else:
        assert [trouble.key for trouble in outcome.troubles] == ["reply.drafts-folder-missing"]
        assert "もう一度チェックしてください" in "".join(outcome.report.undrafted.values())


# --- the command -----------------------------------------------------------------------------------------


def tick(folder: Path, label: str) -> str:
    """A person ticks the first row of the ledger's file; its id."""
    book = load_workbook(folder / "ledger.xlsx")
    sheet = book.worksheets[0]
    headers = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, headers[label]).value = "✓"
    book.save(folder / "ledger.xlsx")
    return str(sheet.cell(2, 1).value)


@pytest.mark.parametrize(
    ("language", "column", "words", "refused"),
    [
        ("ja", "下書き作成", "置く予定の下書き", "下書きを作れない問い合わせ"),
        ("en", "Make draft", "Drafts that would be laid", "No draft would be made"),
    ],
)
def test_the_command_says_so_in_words_and_for_programs(
    run: Run, tmp_path: Path, language: str, column: str, words: str, refused: str
) -> None:
    shop(tmp_path, raw_mail(key="q1@x", date=NOW))
    file = tmp_path / "daicho.toml"
    file.write_text(f'language = "{language}"\n' + file.read_text(encoding="utf-8"), encoding="utf-8")
    run("sync")
    id = tick(tmp_path, column)
    before = files(tmp_path)
    code, out, err = run("sync", "--dry-run")
    assert (code, err) == (0, "")
    [line] = [line for line in out.splitlines() if words in line]
    assert line.split()[-2:] == ["1", id]
    report = json.loads(run("sync", "--dry-run", "--json")[1])
    assert (report["drafted"], report["undrafted"]) == ([id], {})
    assert files(tmp_path) == before

    run("sync")
    tick(tmp_path, column)
    out = run("sync", "--dry-run")[1]
    assert words not in out and refused in out and id in out
    assert list(json.loads(run("sync", "--dry-run", "--json")[1])["undrafted"]) == [id]
    assert len(list((tmp_path / "mail" / "Drafts").iterdir())) == 1


def test_a_real_sync_still_says_that_it_laid_the_draft(run: Run, tmp_path: Path) -> None:
    shop(tmp_path, raw_mail("花子 <hanako@example.jp>", to=OWN, key="q1@x", date=NOW))
    run("sync")
    tick(tmp_path, "下書き作成")
    out = run("sync")[1]
    assert "置いた下書き" in out and "予定" not in out


def test_what_a_sync_would_first_make_of_the_ledger_stays_undone_too(run: Run, tmp_path: Path) -> None:
    shop(tmp_path, raw_mail(key="q1@x", date=NOW))
    run("sync")
    book = load_workbook(tmp_path / "ledger.xlsx")
    book["設定"].append(["対応状況の追加", "保留"])
    book.save(tmp_path / "ledger.xlsx")
    id, before = tick(tmp_path, "下書き作成"), files(tmp_path)
    out = run("sync", "--dry-run")[1]
    assert "何も書いていません" in out and id in out and "保留" not in out
    assert files(tmp_path) == before
    assert "保留" in run("sync")[1], "a real sync offers the new status and says so"


def test_an_account_without_drafts_folder_has_none_left_to_tell_of_after_forgetting(
    server: Server, tmp_path: Path
) -> None:
    shop(tmp_path)
    desk = Desk(load_config(tmp_path / "daicho.toml"))
    desk.mailboxes = [imap(replace(server.account, drafts="Drafts"))]
    assert desk.drafts_left(["261120-AAAA"]) == ([], [])
