"""export, import, forget and prune as a person types them."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import openpyxl
import pytest

from builders import OWN, raw_mail
from daicho import cli
from daicho.cli import vendor as commands
from daicho.config import load_config
from daicho.desk import Desk
from daicho.sheets.pack import opened
from daicho.sheets.pack_page import HEADER_ROW, KEY_MARK

Run = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).parents[1]
EXPORT = ("export", "--vendor", "みどりサポート", "--out", "pack.xlsx")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with one question about stock in its ledger, and a vendor for such."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "mail").mkdir()
    mail = raw_mail(
        "山田 花子 <hanako@example.jp>", subject="在庫について", text="マグの在庫はありますか。", key="q1@x"
    )
    (folder / "mail" / "1.eml").write_bytes(mail)
    (folder / "daicho.toml").write_text(
        f'shop.name = "さくら雑貨店"\nshop.addresses = ["{OWN}"]\nworkbook.excel = "ledger.xlsx"\n'
        '[[mailbox]]\nname = "support"\neml = "mail"\n',
        encoding="utf-8",
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_CACHE_HOME", str(ROOT / ".pytest_cache"))
        Desk(load_config(folder / "daicho.toml")).sync()
    name_vendor(folder / "ledger.xlsx")
    return folder


@pytest.fixture
def run(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs a command in a copy of the shop's folder: (exit code, output, errors)."""
    shutil.copytree(shop, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(ROOT / ".pytest_cache"))
    monkeypatch.delenv(commands.PASSWORD, raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["daicho", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def name_vendor(path: Path) -> None:
    """A person writes the vendor into the settings tab."""
    book = openpyxl.load_workbook(path)
    sheet = book["設定"]
    row = next(row for row in sheet.iter_rows(min_row=2) if row[0].value == "外注先")
    row[1].value, row[2].value = "みどりサポート", "在庫・再入荷"
    book.save(path)


def answer(path: Path, **values: str) -> None:
    """A person at the vendor fills in the first inquiry."""
    book = openpyxl.load_workbook(path)
    sheet = book["問い合わせ"]
    for cell in sheet[1]:
        key = str(cell.value).removeprefix(KEY_MARK)
        if key in values:
            sheet.cell(HEADER_ROW + 1, cell.column).value = values[key]
    book.save(path)


def test_a_pack_goes_out_and_its_answer_comes_home(run: Run, tmp_path: Path) -> None:
    code, out, _ = run(*EXPORT)
    assert code == 0
    assert "1 件を pack.xlsx に書き出しました" in out
    answer(tmp_path / "pack.xlsx", answer="ございます。", status="対応中")
    code, out, _ = run("import", "pack.xlsx", "--dry-run")
    assert (code, "取り込む予定" in out) == (0, True)
    code, out, _ = run("import", "pack.xlsx")
    assert (code, "2 か所を取り込みました" in out) == (0, True)
    assert "対応状況：「未対応」→「対応中」" in out
    assert "新しいことはありません" in run("import", "pack.xlsx")[1]


def test_what_could_not_be_taken_home_makes_the_exit_code_one(run: Run, tmp_path: Path) -> None:
    run(*EXPORT)
    answer(tmp_path / "pack.xlsx", status="済")
    code, out, _ = run("import", "pack.xlsx", "--json")
    assert code == 1
    (trouble,) = json.loads(out)["troubles"]
    assert (trouble["sheet"], trouble["row"], "済" in trouble["reason"]) == (
        "問い合わせ",
        HEADER_ROW + 1,
        True,
    )


def test_the_password_comes_from_the_environment_and_is_never_printed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(commands.PASSWORD, "hidden-words")
    _, out, err = run(*EXPORT)
    assert "hidden-words" not in out + err
    assert opened((tmp_path / "pack.xlsx").read_bytes(), "hidden-words").startswith(b"PK")
    assert run("import", "pack.xlsx")[0] == 0


def test_the_password_is_asked_twice_behind_a_hidden_prompt(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = run(*EXPORT, "--password-prompt")
    assert (code, commands.PASSWORD in err) == (2, True)
    monkeypatch.setattr("sys.stdin", Terminal())
    told = iter(["one", "two"])
    monkeypatch.setattr(commands, "getpass", lambda prompt: next(told))
    code, _, err = run(*EXPORT, "--password-prompt")
    assert code == 2
    assert "パスワードが違います" in err
    assert not Path("pack.xlsx").exists()


def test_no_option_takes_a_password(run: Run) -> None:
    assert run(*EXPORT, "--password", "secret")[0] == 2


def test_a_locked_file_without_its_password_is_told_in_one_sentence(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(commands.PASSWORD, "hidden-words")
    run(*EXPORT)
    monkeypatch.delenv(commands.PASSWORD)
    code, _, err = run("import", "pack.xlsx")
    assert (code, len(err.strip().splitlines())) == (1, 1)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("export", "--vendor", "だれか"), 2),
        (("import", "missing.xlsx"), 2),
        (("import", "daicho.toml"), 1),
        (("export",), 2),
    ],
)
def test_what_makes_no_sense_is_told_in_one_sentence(run: Run, arguments: tuple[str, ...], code: int) -> None:
    ended, _, err = run(*arguments)
    assert ended == code
    assert "Traceback" not in err


@pytest.mark.parametrize("name", ["pack.csv", "pack", "pack.xls"])
def test_a_pack_is_written_under_the_name_of_an_excel_file_only(run: Run, name: str) -> None:
    code, _, err = run("export", "--vendor", "みどりサポート", "--out", name)
    assert (code, ".xlsx" in err, Path(name).exists()) == (2, True, False)


def test_rows_that_are_out_already_are_told_with_their_packs(run: Run) -> None:
    assert "前に渡した" not in run(*EXPORT)[1]
    code, out, _ = run("export", "--vendor", "みどりサポート", "--out", "second.xlsx")
    assert code == 0
    assert "うち 1 件" in out
    assert re.search(r"\d{4}-\d\d-\d\d みどりサポート　pack.xlsx", out)
    again = json.loads(run("export", "--vendor", "みどりサポート", "--out", "third.xlsx", "--json")[1])
    assert [each["file"] for each in again["before"]] == ["second.xlsx", "pack.xlsx"]
    assert again["again"] == again["inquiries"]


def test_the_ledger_itself_is_not_taken_for_a_pack(run: Run) -> None:
    code, _, err = run("import", "ledger.xlsx")
    assert code == 1
    assert "台帳そのもの" in err


def test_a_text_that_calls_itself_an_excel_file_is_told(run: Run) -> None:
    Path("t.xlsx").write_text("受付番号,回答文\n", encoding="utf-8")
    code, _, err = run("import", "t.xlsx")
    assert code == 1
    assert "Excel" in err


def test_an_answer_that_is_an_unknown_formula_is_listed_and_empties_nothing(run: Run, tmp_path: Path) -> None:
    run(*EXPORT)
    answer(tmp_path / "pack.xlsx", answer="ございます。", memo="確認済み")
    run("import", "pack.xlsx")
    answer(tmp_path / "pack.xlsx", answer="=1+1")
    code, out, _ = run("import", "pack.xlsx", "--json")
    home = json.loads(out)
    assert (code, home["changes"]) == (1, [])
    (trouble,) = home["troubles"]
    assert (trouble["row"], "回答文" in trouble["reason"]) == (HEADER_ROW + 1, True)


def test_an_answer_that_excel_took_for_a_formula_is_listed_with_its_row(run: Run, tmp_path: Path) -> None:
    run(*EXPORT)
    book = openpyxl.load_workbook(tmp_path / "pack.xlsx")
    sheet = book["問い合わせ"]
    column = next(cell.column for cell in sheet[1] if cell.value == f"{KEY_MARK}answer")
    cell = sheet.cell(HEADER_ROW + 1, column)
    cell.value, cell.data_type = "#NAME?", "e"
    book.save(tmp_path / "pack.xlsx")
    code, out, _ = run("import", "pack.xlsx", "--json")
    (trouble,) = json.loads(out)["troubles"]
    assert (code, json.loads(out)["changes"], trouble["row"]) == (1, [], HEADER_ROW + 1)
    assert "#NAME?" in trouble["reason"]


def test_an_import_tells_of_two_copies_of_a_pack_and_of_answers_still_to_be_sent(
    run: Run, tmp_path: Path
) -> None:
    run(*EXPORT)
    shutil.copy(tmp_path / "pack.xlsx", tmp_path / "copy.xlsx")
    answer(tmp_path / "pack.xlsx", answer="ございます。", status="対応済み")
    answer(tmp_path / "copy.xlsx", answer="品切れです。")
    code, out, _ = run("import", "pack.xlsx")
    assert (code, "メールが送られるまで" in out) == (0, True)
    code, out, _ = run("import", "copy.xlsx")
    assert (code, "--newer-wins" in out) == (1, True)
    code, out, _ = run("import", "copy.xlsx", "--newer-wins", "--json")
    home = json.loads(out)
    assert (code, home["unsent"]) == (0, [])
    assert [change["after"] for change in home["changes"]] == ["品切れです。"]


def test_forget_erases_and_names_the_packs(run: Run) -> None:
    run(*EXPORT)
    code, out, _ = run("forget", "Hanako@example.jp", "--dry-run", "--yes")
    assert (code, "消去する予定" in out) == (0, True)
    code, out, _ = run("forget", "Hanako@example.jp", "--yes")
    assert code == 0
    assert "消去しました" in out
    assert "pack.xlsx" in out
    _, out, _ = run("forget", "hanako@example.jp", "--json")
    assert json.loads(out)["inquiries"] == 0
    assert run("history", "hanako@example.jp")[0] != 0
    assert json.loads(run("sync", "--json")[1])["mails"] == 0


@pytest.mark.parametrize("address", ["", " ", "@", "hanako", "hanako@", "@example.jp", "a@b.jp, c@d.jp"])
def test_forget_takes_one_whole_address_only(run: Run, address: str) -> None:
    before = Path("ledger.xlsx").read_bytes()
    code, _, err = run("forget", address, "--yes")
    assert (code, len(err.strip().splitlines())) == (2, 1)
    assert Path("ledger.xlsx").read_bytes() == before


def test_a_dry_run_of_forget_only_shows_what_it_would_erase(run: Run) -> None:
    run(*EXPORT)
    before = Path("ledger.xlsx").read_bytes()
    code, out, _ = run("forget", "hanako@example.jp", "--dry-run")
    assert code == 0
    for told in (
        "消去する予定",
        "問い合わせ 1 件",
        "問い合わせ台帳 1 行",
        "対応履歴 1 行",
        "pack.xlsx",
        "--yes",
    ):
        assert told in out
    assert json.loads(run("forget", "hanako@example.jp", "--json", "--dry-run")[1])["erased"] is False
    assert Path("ledger.xlsx").read_bytes() == before


def test_a_program_erases_without_being_asked(run: Run) -> None:
    assert json.loads(run("forget", "hanako@example.jp", "--json")[1])["erased"] is True
    assert run("history", "hanako@example.jp")[0] != 0


@pytest.mark.parametrize(("typed", "erased"), [("はい", True), ("yes", True), ("いいえ", False), ("", False)])
def test_a_person_at_a_terminal_is_asked(
    run: Run, monkeypatch: pytest.MonkeyPatch, typed: str, erased: bool
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(f"{typed}\n"))
    _, out, _ = run("forget", "hanako@example.jp")
    assert ("消去しました" in out, "まだ何も消していません" in out) == (erased, not erased)
    assert (json.loads(run("forget", "hanako@example.jp", "--json")[1])["inquiries"] == 0) is erased


class Terminal(StringIO):
    """Where a person sits and types."""

    def isatty(self) -> bool:
        return True


def test_forget_names_the_drafts_that_daicho_laid(run: Run) -> None:
    book = openpyxl.load_workbook("ledger.xlsx")
    sheet = book["問い合わせ台帳"]
    column = next(cell.column for cell in sheet[1] if cell.value == "下書き作成")
    sheet.cell(2, column).value = "✓"
    book.save("ledger.xlsx")
    assert "置いた下書き" in run("sync")[1]
    _, out, _ = run("forget", "hanako@example.jp", "--yes")
    assert "support：Re: 在庫について" in out


def test_prune_only_shows_what_it_would_do_until_told_yes(run: Run) -> None:
    code, out, _ = run("prune")
    assert (code, "匿名にするものはありません" in out) == (0, True)
    assert json.loads(run("prune", "--yes", "--json")[1])["inquiries"] == 0
