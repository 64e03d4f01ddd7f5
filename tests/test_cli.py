"""The command line as a person uses it: what is printed, what is left on the disk, which exit code."""

from __future__ import annotations

import errno
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook
from rich.cells import cell_len

from builders import OWN, raw_mail
from daicho import cli
from daicho.watch import Watch
from daicho.wording import templates_folder

Run = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).parents[1]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in an empty folder: (exit code, output, errors)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(ROOT / ".pytest_cache"))

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["daicho", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def shop(folder: Path, *mails: bytes) -> None:
    """A daicho.toml and a folder of mails."""
    (folder / "mail").mkdir()
    for number, mail in enumerate(mails):
        (folder / "mail" / f"{number}.eml").write_bytes(mail)
    (folder / "daicho.toml").write_text(
        f'shop.addresses = ["{OWN}"]\nworkbook.excel = "ledger.xlsx"\n'
        '[[mailbox]]\nname = "support"\neml = "mail"\n',
        encoding="utf-8",
    )


# --- demo ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ja", "en"])
def test_demo_says_in_five_lines_what_happened_and_what_to_open(run: Run, language: str) -> None:
    code, out, err = run("demo", "--language", language)
    assert (code, err) == (0, "")
    assert len(out.strip().splitlines()) == 5
    assert str(Path("demo") / "ledger.xlsx") in out


def test_demo_twice_adds_nothing_and_keeps_what_was_typed(run: Run) -> None:
    run("demo")
    book = load_workbook("demo/ledger.xlsx")
    sheet = book["問い合わせ台帳"]
    memo = next(cell.column for cell in sheet[1] if cell.value == "メモ")
    sheet.cell(5, memo).value = "電話で確認済み"
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    book.save("demo/ledger.xlsx")
    code, out, _ = run("demo")
    assert code == 0
    assert "追加した行はありません" in out
    again = load_workbook("demo/ledger.xlsx")["問い合わせ台帳"]
    assert [[cell.value for cell in row] for row in again.iter_rows()] == rows


def test_every_demo_mail_is_in_the_log_once(run: Run) -> None:
    run("demo")
    log = load_workbook("demo/ledger.xlsx")["対応履歴"]
    keys = [row[0].value for row in log.iter_rows(min_row=2) if row[0].value]
    assert len(keys) == len(set(keys)) == len(list((templates_folder() / "demo").glob("*/*.eml")))


# --- sync ---------------------------------------------------------------------------------------------


def test_sync_prints_a_short_table(run: Run, tmp_path: Path) -> None:
    shop(tmp_path, raw_mail(key="q1@x", text="届いたグラスが割れていて、手を切りました。病院に行きました。"))
    code, out, _ = run("sync")
    assert code == 0
    assert "メール 1 通" in out
    assert re.search(r"新しい問い合わせ +1 +\d{6}-\w{4}", out)
    assert "大至急" in out


def test_the_mail_column_says_what_it_shows(run: Run, tmp_path: Path) -> None:
    shop(tmp_path, raw_mail(key="q1@x"), raw_mail("taro@example.jp", text="返品したいです。"))
    run("sync")
    sheet = load_workbook("ledger.xlsx")["問い合わせ台帳"]
    place = next(cell.column for cell in sheet[1] if cell.value == "メール")
    shown = {sheet.cell(row, place).value for row in (2, 3)}
    assert shown == {"Message-ID: <q1@x>", None}, "a mail without an id cannot be found by one"


def test_sync_json_is_for_programs(run: Run, tmp_path: Path) -> None:
    shop(tmp_path, raw_mail(key="q1@x"))
    code, out, _ = run("--json", "sync")
    report = json.loads(out)
    assert (code, report["mails"], len(report["new"]), report["troubles"]) == (0, 1, 1, [])


def test_a_dry_run_writes_nothing(run: Run, tmp_path: Path) -> None:
    shop(tmp_path, raw_mail(key="q1@x"))
    run("sync")
    (tmp_path / "mail" / "9.eml").write_bytes(raw_mail("taro@example.jp", key="q9@x"))
    before = (tmp_path / "ledger.xlsx").read_bytes()
    code, out, _ = run("sync", "--dry-run")
    assert (code, (tmp_path / "ledger.xlsx").read_bytes() == before) == (0, True)
    assert "対応履歴：1 行を追加" in out


def test_a_mailbox_that_is_not_there_is_told_and_the_exit_code_says_so(run: Run, tmp_path: Path) -> None:
    shop(tmp_path)
    shutil.rmtree(tmp_path / "mail")
    code, _, err = run("sync")
    assert code == 1
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err


def test_a_first_sync_says_that_it_made_the_ledger_and_takes_nothing_for_new(
    run: Run, tmp_path: Path
) -> None:
    shop(tmp_path)
    code, out, _ = run("sync")
    assert (code, out.splitlines()) == (
        0,
        [
            "台帳「ledger.xlsx」を作成しました。",
            "新しく取り込んだメールはありません。",
            "次に、台帳の「設定」タブに担当者・商品・営業時間・署名を書いてください。",
        ],
    )
    assert "何も書いていません" in run("sync")[1]


def test_what_a_mailbox_holds_that_cannot_be_read_is_not_called_old(run: Run, tmp_path: Path) -> None:
    shop(tmp_path)
    run("sync")
    shutil.rmtree(tmp_path / "mail")
    assert "新しいことはありません" not in run("sync")[1]


def test_a_mailbox_that_cannot_be_read_is_told_before_all_else(run: Run, tmp_path: Path) -> None:
    shop(tmp_path)
    run("sync")
    shutil.rmtree(tmp_path / "mail")
    _, out, _ = run("sync")
    assert out == "読めなかったメールボックスを除いて、新しいメールはありません。\n"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "1.eml").write_bytes(raw_mail(key="q1@x"))
    with (tmp_path / "daicho.toml").open("a", encoding="utf-8") as file:
        file.write('[[mailbox]]\nname = "other"\neml = "other"\n')
    done = subprocess.run(
        [sys.executable, "-c", "from daicho.cli import main; main()", "sync"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    first, second = done.stdout.splitlines()[:2]
    assert (done.returncode, "見つかりません" in first, "メール 1 通" in second) == (1, True, True)


def test_a_sync_without_new_mail_says_so_and_counts_no_mails(run: Run, tmp_path: Path) -> None:
    shop(tmp_path, raw_mail(key="q1@x"))
    run("sync")
    book = load_workbook("ledger.xlsx")
    sheet = book["問い合わせ台帳"]
    sheet.cell(2, next(cell.column for cell in sheet[1] if cell.value == "担当者")).value = "佐藤"
    book.save("ledger.xlsx")
    planned = run("sync", "--dry-run")[1]
    assert all(cell_len(line) <= 80 for line in planned.splitlines()[1:])
    assert "…" in planned
    assert "\\n" not in planned
    assert planned.startswith("（試し）新しいメールはありません。ledger.xlsx を更新する予定です。")
    assert run("sync")[1].startswith("新しいメールはありません。台帳を見直し、ledger.xlsx を更新しました。")
    for arguments in (["sync"], ["sync", "--dry-run"]):
        assert run(*arguments)[1].startswith("新しいことはありません。ledger.xlsx には何も書いていません。")


def test_a_dry_run_tells_a_folder_that_is_missing_as_a_sync_would(run: Run, tmp_path: Path) -> None:
    shop(tmp_path, raw_mail(key="q1@x"))
    file = tmp_path / "daicho.toml"
    file.write_text(file.read_text("utf-8").replace("ledger.xlsx", "no/ledger.xlsx"), encoding="utf-8")
    code, _, err = run("sync", "--dry-run")
    assert (code, err) == (1, run("sync")[2])
    assert "フォルダーを作成" in err


def test_a_ledger_that_is_open_in_excel_is_told(run: Run, tmp_path: Path) -> None:
    shop(tmp_path, raw_mail(key="q1@x"))
    run("sync")
    (tmp_path / "mail" / "9.eml").write_bytes(raw_mail("taro@example.jp", key="q9@x"))
    (tmp_path / "~$ledger.xlsx").write_bytes(b"")
    code, _, err = run("sync")
    assert code == 1
    assert len(err.strip().splitlines()) == 1
    assert "ledger.xlsx" in err


def test_what_keeps_the_ledger_from_being_written_is_told_before_the_judge_learns(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop(tmp_path, raw_mail(key="q1@x"))
    run("setup")
    learnt: list[object] = []
    monkeypatch.setattr("daicho.desk.load_judge", lambda *_: learnt.append(_))
    (tmp_path / "~$ledger.xlsx").touch()
    code, _, err = run("sync")
    assert (code, learnt) == (1, [])
    assert "閉じてから" in err


def test_a_ledger_that_was_moved_away_is_told_and_no_new_one_is_started(run: Run, tmp_path: Path) -> None:
    shop(tmp_path, raw_mail(key="q1@x"))
    run("sync")
    (tmp_path / "ledger.xlsx").rename(tmp_path / "gone.xlsx")
    for arguments in (["sync"], ["sync", "--dry-run"], ["history", "hanako@example.jp"]):
        code, _, err = run(*arguments)
        assert (code, len(err.strip().splitlines())) == (1, 1)
        assert "なくなっています" in err
        assert "daicho setup" in err
    assert not (tmp_path / "ledger.xlsx").exists()


def test_setup_starts_a_new_ledger_where_one_was_lost(run: Run, tmp_path: Path) -> None:
    shop(tmp_path, raw_mail(key="q1@x"))
    run("sync")
    (tmp_path / "ledger.xlsx").unlink()
    assert run("setup")[0] == 0
    assert "メール 1 通" in run("sync")[1]


def test_a_first_sync_that_could_not_write_may_begin_again(run: Run, tmp_path: Path) -> None:
    shop(tmp_path, raw_mail(key="q1@x"))
    (tmp_path / "~$ledger.xlsx").touch()
    assert run("sync")[0] == 1
    (tmp_path / "~$ledger.xlsx").unlink()
    assert run("sync")[0] == 0


# --- setup --------------------------------------------------------------------------------------------


def test_setup_finds_what_a_sync_would_refuse(run: Run, tmp_path: Path) -> None:
    shop(tmp_path, raw_mail(key="q1@x"))
    run("sync")
    book = load_workbook("ledger.xlsx")
    next(cell for cell in book["問い合わせ台帳"][1] if cell.value == "担当者").value = "担当"
    book.save("ledger.xlsx")
    for arguments in (["setup"], ["setup", "--dry-run"]):
        code, _, err = run(*arguments)
        assert (code, "見出し「担当者」がありません" in err) == (1, True)


@pytest.mark.parametrize("command", ["setup", "sync", "doctor"])
def test_a_ledger_of_the_other_language_is_told_with_the_line_to_change(
    run: Run, tmp_path: Path, command: str
) -> None:
    shop(tmp_path, raw_mail(key="q1@x"))
    run("sync")
    toml = tmp_path / "daicho.toml"
    toml.write_text('language = "en"\n' + toml.read_text(encoding="utf-8"), encoding="utf-8")
    code, out, err = run(command)
    assert code == 1
    assert 'language = "ja"' in out + err


def test_a_dry_setup_tells_what_would_be_made_and_makes_nothing(run: Run, tmp_path: Path) -> None:
    shop(tmp_path)
    code, out, _ = run("setup", "--dry-run")
    assert (code, "ledger.xlsx" in out, "何も変更していません" in out) == (0, True, True)
    assert not (tmp_path / "ledger.xlsx").exists()
    run("setup")
    assert "すでに整っています" in run("setup", "--dry-run")[1]


# --- init, try, history -------------------------------------------------------------------------------


def test_init_writes_a_configuration_once(run: Run, tmp_path: Path) -> None:
    assert run("init")[0] == 0
    before = (tmp_path / "daicho.toml").read_bytes()
    code, _, err = run("init")
    assert code == 1
    assert "daicho.toml" in err
    assert (tmp_path / "daicho.toml").read_bytes() == before


def test_try_prints_one_object_a_mail_in_the_order_given(run: Run, tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.eml").write_bytes(raw_mail(subject=name, key=f"{name}@x"))
    code, out, _ = run("try", "--json", "b.eml", "a.eml")
    found = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [mail["path"] for mail in found] == ["b.eml", "a.eml"]
    assert " ".join(found[0]) == (
        "path message_id kind from_name from_address subject text category confidence priority emotion "
        "order_numbers customer_name templates reason"
    )


def test_try_reads_an_mbox_and_a_maildir(run: Run, tmp_path: Path) -> None:
    mails = [raw_mail(key=f"m{number}@x") for number in range(3)]
    (tmp_path / "all.mbox").write_bytes(
        b"".join(b"From x@y Thu Jan  1 00:00:00 2026\n" + mail + b"\n" for mail in mails)
    )
    for part in ("cur", "new", "tmp"):
        (tmp_path / "box" / part).mkdir(parents=True)
    (tmp_path / "box/new/1.M1.host").write_bytes(mails[0])
    _, out, _ = run("try", "--json", "all.mbox", "box")
    assert [json.loads(line)["message_id"] for line in out.splitlines()] == ["m0@x", "m1@x", "m2@x", "m0@x"]


def test_try_shows_a_person_the_reason(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(raw_mail(subject="在庫について"))
    code, out, _ = run("try", "a.eml")
    assert code == 0
    assert "在庫・再入荷" in out


def test_try_of_nothing_is_wrong_usage(run: Run) -> None:
    code, _, err = run("try", "missing.eml")
    assert code == 2
    assert "missing.eml" in err


def test_try_of_an_empty_folder_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.eml").write_bytes(raw_mail(key="a@x"))
    code, out, err = run("try", "--json", "empty", "a.eml")
    assert (code, len(out.splitlines()), len(err.splitlines())) == (1, 1, 1)
    assert "empty にメールがありません" in err


def test_history_shows_both_directions(run: Run, tmp_path: Path) -> None:
    shop(
        tmp_path,
        raw_mail(key="q1@x", subject="在庫について"),
        raw_mail(OWN, "hanako@example.jp", "Re: 在庫について", "ございます。", key="r1@x", answers="q1@x"),
    )
    run("sync")
    code, out, _ = run("history", "Hanako@example.jp")
    assert code == 0
    assert out.count("在庫について") == 2
    _, out, _ = run("history", "--json", "hanako@example.jp")
    assert [message["direction"] for message in json.loads(out)] == ["in", "out"]


def test_history_of_a_stranger_is_told(run: Run, tmp_path: Path) -> None:
    shop(tmp_path)
    run("sync")
    code, _, err = run("history", "nobody@example.jp")
    assert code == 1
    assert "nobody@example.jp" in err


def test_rules_test_tells_of_each_rule_what_it_hits_and_where_it_is_wrong(run: Run, tmp_path: Path) -> None:
    shop(tmp_path, raw_mail(key="q1@x", text="明日までに返事がなければ消費者センターに相談します。"))
    run("sync")
    code, out, _ = run("rules", "test", "--json")
    (trials,) = map(json.loads, out.splitlines())
    assert code == 0
    (center,) = (trial for trial in trials if any("消費者センター" in word for word in trial["words"]))
    assert (center["hits"], center["sets"], center["value"]) == (1, "priority", "urgent")
    assert center["right"] > len(center["wrong"])
    assert "優先度=大至急" in run("rules", "test")[1]


def test_a_rule_that_cannot_be_used_is_told_by_rules_test_and_by_sync(run: Run, tmp_path: Path) -> None:
    shop(tmp_path, raw_mail(key="q1@x"))
    run("sync")
    row = break_a_rule(tmp_path / "ledger.xlsx")
    code, out, _ = run("rules", "test")
    assert (code, f"{row} 行目を使えません" in out) == (1, True)
    code, out, _ = run("rules", "test", "--json")
    assert code == 1
    assert [found["row"] for found in json.loads(out) if "problem" in found] == [row]
    for arguments in (["sync"], ["sync"]):
        assert f"{row} 行目を使えません" in run(*arguments)[1]
    assert len(json.loads(run("sync", "--json")[1])["warnings"]) == 1


def break_a_rule(path: Path) -> int:
    """A person types a pattern with a slip; the rule's row."""
    book = load_workbook(path)
    sheet = book["振り分けルール"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, columns["言葉"]).value = "((("
    sheet.cell(2, columns["一致のしかた"]).value = "正規表現"
    book.save(path)
    return 2


# --- all of it ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["sync"], ["watch"], ["history", "a@example.jp"]])
def test_without_a_configuration_the_cure_is_told(run: Run, arguments: list[str]) -> None:
    code, _, err = run(*arguments)
    assert code == 1
    assert "daicho init" in err


@pytest.mark.parametrize("arguments", [["nonsense"], ["sync", "--nonsense"], ["watch", "--minutes", "x"]])
def test_wrong_usage_is_exit_code_two(run: Run, arguments: list[str]) -> None:
    assert run(*arguments)[0] == 2


@pytest.mark.parametrize(
    ("language", "why"), [("ja", "（権限がありません）"), ("en", "(permission is missing)")]
)
def test_what_the_system_refuses_is_told_in_the_users_words(
    run: Run, monkeypatch: pytest.MonkeyPatch, language: str, why: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "daicho.toml")

    monkeypatch.setenv("DAICHO_LANGUAGE", language)
    monkeypatch.setattr(Path, "write_text", refuse)
    code, _, err = run("init", "--language", language)
    assert (code, why in err, "Permission denied" in err) == (1, True, False)


def test_watch_begins_a_ledger_once_and_never_again(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop(tmp_path, raw_mail(key="q1@x"))
    ledger = tmp_path / "ledger.xlsx"

    def three_rounds(watch: Watch) -> None:
        watch._once()
        assert ledger.exists()
        # The whole folder is away, with all that told of a ledger in it.
        for path in tmp_path.glob("*ledger.xlsx*"):
            path.unlink()
        watch._once()
        watch._once()

    monkeypatch.setattr("daicho.cli.work.Watch.run", three_rounds)
    _, _, err = run("watch")
    assert "daicho setup" in err
    assert not ledger.exists()


def test_watch_syncs_and_ends_on_sigterm(run: Run, tmp_path: Path) -> None:
    shop(tmp_path, raw_mail(key="q1@x"))
    program = [
        sys.executable,
        "-u",
        "-c",
        "from daicho.cli import main; main()",
        "watch",
        "--minutes",
        "0.05",
    ]
    with subprocess.Popen(program, cwd=tmp_path, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(2)]
        (tmp_path / "mail" / "9.eml").write_bytes(raw_mail("taro@example.jp", key="q9@x"))
        while "メール 1・新規 1" not in lines[-1] or len(lines) < 3:
            lines.append(process.stdout.readline())
        process.terminate()
        assert process.wait(30) == 0
    sheet = load_workbook(tmp_path / "ledger.xlsx")["対応履歴"]
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == ["q1@x", "q9@x"]


def test_every_command_stands_in_both_readmes() -> None:
    commands = {
        command.name or command.callback.__name__
        for command in cli.app.registered_commands
        if command.callback
    }
    commands |= {group.name for group in cli.app.registered_groups if group.name}
    for name in ("README.md", "README.ja.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        told = set(re.findall(r"`daicho (?:-c \S+ )?([a-z]+)", text))
        assert told == commands, name
