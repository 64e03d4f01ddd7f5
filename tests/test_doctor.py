"""The doctor: each line is ok, or one sentence with the cure."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from builders import OWN, raw_mail
from daicho.config import Config, read_config
from daicho.desk import Desk
from daicho.doctor import NONE, Diagnosis, examine
from daicho.errors import MailError
from daicho.sheets.google import GoogleWorkbook
from daicho.sheets.workbook import Commit, Update
from daicho.wording import LANGUAGES, wording
from google_ledger import LAYOUT, client_of, open_ledger
from imap_servers import PASSWORD, Server, pymap
from sheets_api import SheetsServer, trouble

ALL = ["credentials", "shared", "clock", "ledger", "swap", "quota", "settings", "rules", "mailbox"]


@pytest.fixture
def server() -> Iterator[SheetsServer]:
    with SheetsServer() as running:
        yield running


def config_of(folder: Path, **workbook: str) -> Config:
    (folder / "mail").mkdir(exist_ok=True)
    (folder / "mail" / "1.eml").write_bytes(raw_mail())
    return read_config(
        {
            "shop": {"addresses": [OWN]},
            "workbook": workbook,
            "mailbox": [{"name": "support", "eml": "mail"}],
        },
        folder,
    )


def google_findings(
    server: SheetsServer,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    now: datetime | None = None,
) -> list[Diagnosis]:
    """What the doctor finds for a service account's ledger in the stand-in."""
    credentials = server.service_account_file(folder / "credentials.json")
    if not (folder / "open").exists():
        credentials.chmod(0o600)
    clock = lambda: now or datetime.now(UTC)  # noqa: E731

    def opened(*_: Any, **__: Any) -> GoogleWorkbook:
        client = client_of(server, key)
        client.account = "daicho@example.iam.gserviceaccount.com"
        return GoogleWorkbook(client, LAYOUT, clock)

    monkeypatch.setattr("daicho.desk.open_google", opened)
    return list(Desk(config_of(folder, google=key), clock).doctor())


def told(findings: list[Diagnosis]) -> list[tuple[str, str]]:
    """(check, key of the trouble or ""); every sentence must be there in both languages."""
    for finding in findings:
        for language in LANGUAGES:
            say = wording(language).say
            if finding.trouble:
                assert say(finding.trouble.key, **finding.trouble.values)
            else:
                assert say(f"doctor.{finding.check}", **finding.values)
    return [(finding.check, finding.trouble.key if finding.trouble else "") for finding in findings]


def test_a_ledger_that_is_well(server: SheetsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = server.create("台帳")
    open_ledger(server, key).prepare(LAYOUT, {})
    before = server.as_person(key).workbook
    found = google_findings(server, tmp_path, monkeypatch, key)
    assert told(found) == [(check, "") for check in ALL]
    # Proving that the losing write is refused leaves no trace.
    assert server.as_person(key).workbook is before
    assert any(request.status == 400 for request in server.requests)


def test_a_sheet_that_accepts_both_writes_is_told(
    server: SheetsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = server.create("台帳")
    open_ledger(server, key).prepare(LAYOUT, {})

    def forget_markers(person: Any) -> None:
        person.workbook.metadata.clear()

    server.person(forget_markers)
    assert ("swap", "doctor.swap-unproven") in told(google_findings(server, tmp_path, monkeypatch, key))


@pytest.mark.parametrize(
    ("order", "key"),
    [(trouble.denied(), "google.not-shared"), (trouble.cut_before(), "google.unreachable")],
)
def test_what_keeps_the_sheet_shut_ends_the_looking_there_but_not_at_the_mail(
    server: SheetsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: Any, key: str
) -> None:
    server.trouble = lambda number, verb, path: order
    found = google_findings(server, tmp_path, monkeypatch, server.create("台帳"))
    assert told(found) == [("credentials", ""), ("shared", key), ("mailbox", "")]
    if key == "google.not-shared":
        trouble_told = found[1].trouble
        assert trouble_told
        assert trouble_told.values["account"] == "daicho@example.iam.gserviceaccount.com"


def test_a_sheet_that_is_not_set_up_names_the_command(
    server: SheetsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = told(google_findings(server, tmp_path, monkeypatch, server.create("台帳")))
    assert ("ledger", "google.not-set-up") in found


def test_a_renamed_header_is_named(
    server: SheetsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = server.create("台帳")
    open_ledger(server, key).prepare(LAYOUT, {})
    server.as_person(key).rename_header("問い合わせ台帳", "対応期限", "期限")
    assert ("ledger", "sheets.header-missing") in told(google_findings(server, tmp_path, monkeypatch, key))


def test_a_wrong_clock_is_told(server: SheetsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = server.create("台帳")
    open_ledger(server, key).prepare(LAYOUT, {})
    late = datetime.now(UTC) + timedelta(minutes=20)
    found = google_findings(server, tmp_path, monkeypatch, key, late)
    assert ("clock", "doctor.clock-wrong") in told(found)


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_credentials_that_others_can_read_are_told(
    server: SheetsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "open").touch()
    server.service_account_file(tmp_path / "credentials.json").chmod(0o644)
    found = google_findings(server, tmp_path, monkeypatch, server.create("台帳"))
    assert told(found) == [("credentials", "doctor.credentials-open"), ("mailbox", "")]


def test_a_file_that_is_no_credentials_is_told(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    path.write_text("{}", encoding="utf-8")
    path.chmod(0o600)
    found = told(list(Desk(config_of(tmp_path, google="key")).doctor()))
    assert found == [("credentials", ""), ("sign-in", "google.bad-credentials"), ("mailbox", "")]


def test_an_xlsx_that_is_well_one_that_is_open_and_one_that_is_missing(tmp_path: Path) -> None:
    desk = Desk(config_of(tmp_path, excel="ledger.xlsx"))
    assert told(list(desk.doctor())) == [("ledger", "sheets.no-file"), ("mailbox", "")]
    desk.prepare()
    well = [("ledger", ""), ("writable", ""), ("settings", ""), ("rules", ""), ("mailbox", "")]
    assert told(list(desk.doctor())) == well
    (tmp_path / "~$ledger.xlsx").touch()
    assert told(list(desk.doctor()))[1] == ("writable", "sheets.file-open")


@pytest.mark.parametrize("where", ["file", "folder"])
def test_an_xlsx_that_cannot_be_written_is_told_and_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    desk = Desk(config_of(tmp_path, excel="ledger.xlsx"))
    desk.prepare()
    before = sorted(path.name for path in tmp_path.iterdir())
    if where == "file":
        (tmp_path / "ledger.xlsx").chmod(0o444)
    else:
        # As in a folder without permission, which does not keep root out.
        monkeypatch.setattr("daicho.sheets.ledger_file.os.fsync", refuse)
    key = "sheets.read-only" if where == "file" else "sheets.unwritable"
    assert ("writable", key) in told(list(desk.doctor()))
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def refuse(file: int) -> None:
    raise PermissionError(errno.EACCES, "Permission denied")


def test_settings_and_rules_that_a_sync_cannot_use_are_told_one_by_one(tmp_path: Path) -> None:
    desk = Desk(config_of(tmp_path, excel="ledger.xlsx"))
    desk.prepare()
    snapshot = desk.workbook.read()
    rule, other = snapshot.tables["rules"][:2]
    hours = snapshot.tables["settings"][0]
    updates = [
        Update("rules", rule, {"words": "(((", "match": "正規表現"}),
        Update("rules", other, {"words": None}),
        Update("settings", hours, {"value": "9時から"}),
    ]
    desk.workbook.commit(snapshot, Commit(updates=updates))
    found = list(desk.doctor())
    assert told(found) == [
        ("ledger", ""),
        ("writable", ""),
        ("settings", "cli.odd-setting"),
        ("rules", "cli.odd-rule"),
        ("rules", "cli.odd-rule"),
        ("mailbox", ""),
    ]
    assert [each.trouble.values["row"] for each in found if each.check == "rules" and each.trouble] == [
        rule.number,
        other.number,
    ]


def test_the_first_trouble_of_a_group_ends_the_group_only() -> None:
    def ill() -> dict[str, object]:
        raise MailError("mail.no-folder", path="x")

    found = examine([[("a", dict), ("b", ill), ("c", dict)], [("d", dict)]])
    assert [(finding.check, finding.trouble is None) for finding in found] == [
        ("a", True),
        ("b", False),
        ("d", True),
    ]


def imap_findings(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch, **options: object
) -> list[Diagnosis]:
    """What the doctor finds for a ledger with an IMAP mailbox."""
    monkeypatch.setenv("DAICHO_PASSWORD_SUPPORT", PASSWORD)
    place = {"imap": "127.0.0.1", "port": server.port, "tls": "none", "user": server.user}
    data = {
        "shop": {"addresses": [OWN]},
        "workbook": {"excel": "ledger.xlsx"},
        "mailbox": [{"name": "support", **place, **options}],
    }
    return list(Desk(read_config(data, folder)).doctor())


def test_the_folders_of_an_imap_mailbox_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pymap() as server:
        server.append([raw_mail()], "Sent")
        server.append([raw_mail()], "Drafts")
        found = imap_findings(server, tmp_path, monkeypatch)
        assert told(found)[1:] == [("mailbox", ""), ("folders", "")]
        assert found[-1].values["folders"] == ("INBOX", "Sent")
        assert (found[-1].values["sent"], found[-1].values["drafts"]) == (("Sent",), "Drafts")
        assert imap_findings(server, tmp_path, monkeypatch, drafts="")[-1].values["drafts"] == NONE


@pytest.mark.parametrize(
    ("option", "key"),
    [
        ({"drafts": "Nope"}, "reply.drafts-folder-missing"),
        ({"sent": "Nope"}, "mail.folder-missing"),
        ({"folders": ["Nope"]}, "mail.folder-missing"),
        ({}, "reply.no-drafts-folder"),
    ],
)
def test_a_folder_that_an_imap_mailbox_lacks_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: dict[str, object], key: str
) -> None:
    with pymap() as server:
        found = imap_findings(server, tmp_path, monkeypatch, **option)
    assert told(found)[1:] == [("mailbox", ""), ("folders", key)]
