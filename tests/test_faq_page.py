"""The FAQ as a page, and the commands about answers."""

from __future__ import annotations

import json
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from openpyxl import load_workbook

from builders import WORDS
from daicho.faq_page import Question, faq_page
from daicho.sheets.layout import load_layout
from daicho.wording import LANGUAGES, wording
from test_cli import Run, run  # noqa: F401 - a fixture


class Page(HTMLParser):
    """What a browser makes of it: tags, and text by tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.setdefault(self.tags[-1], []).append(data)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_shows_questions_under_their_headings_and_loads_nothing(language: str) -> None:
    found = [
        Question("甲", "一？", "はい。\nいいえ。"),
        Question("乙", "二？", "はい"),
        Question("甲", "三？", "はい"),
    ]
    html = faq_page(found, "さくら雑貨店", date(2026, 11, 20), wording(language))
    page = Page(html)
    assert html.startswith("<!DOCTYPE html>") and f'<html lang="{language}">' in html
    assert page.texts["h2"] == ["甲", "乙"]
    assert page.texts["summary"] == ["一？", "三？", "二？"]
    assert page.links == ["#section-1", "#section-2"]
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert "2026-11-20" in html and "さくら雑貨店" in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_questions_without_a_category_stand_last_under_one_heading(language: str) -> None:
    other = load_layout(language).label("category", "other")
    headings = ("", "甲", " \u3000", other, "甲")
    found = [Question(heading, f"{number}？", "はい") for number, heading in enumerate(headings)]
    page = Page(faq_page(found, "", date(2026, 11, 20), wording(language)))
    assert page.texts["h2"] == ["甲", other]
    assert page.texts["summary"] == ["1？", "4？", "0？", "2？", "3？"]


def test_words_of_the_sheet_stay_words_on_the_page() -> None:
    evil = "<script>alert(1)</script>\"'&{{ 7*7 }}{% raw %}"
    page = Page(faq_page([Question(evil, evil, evil)], evil, date(2026, 11, 20), WORDS))
    assert "script" not in page.tags
    assert page.texts["title"] == [f"よくあるご質問｜{evil}"]
    assert page.texts["summary"] == page.texts["h2"] == [evil]
    assert page.texts["p"] == [evil, evil], "the shop's name, and the answer"


def test_a_page_without_questions_is_a_page() -> None:
    page = Page(faq_page([], "", date(2026, 11, 20), WORDS))
    assert page.texts["h1"] == ["よくあるご質問"]


# --- the commands ----------------------------------------------------------------------------------------


def ledger(run: Run) -> None:  # noqa: F811
    assert run("demo")[0] == 0


def test_the_commands_print_for_people_and_programs(run: Run, tmp_path: Path) -> None:  # noqa: F811
    ledger(run)
    config = ("-c", "demo/daicho.toml")
    code, out, _ = run(*config, "faq")
    assert (code, out.count("公開")) == (0, 10)
    code, out, _ = run(*config, "faq", "--html", "faq.html")
    assert code == 0 and "10 件" in out
    assert len(Page((tmp_path / "faq.html").read_text(encoding="utf-8")).texts["summary"]) == 10
    assert len(json.loads(run(*config, "faq", "--json")[1])) == 10
    code, out, _ = run(*config, "templates", "check")
    assert (code, out.strip()) == (0, "返信テンプレートに気になる点はありません。")
    assert json.loads(run(*config, "templates", "check", "--json")[1]) == []
    code, _, err = run(*config, "similar", "999999-XXXX")
    assert code == 2 and "999999-XXXX" in err
    assert run(*config, "faq", "--html", "no/such/folder.html")[0] == 2


def test_the_page_shows_approved_rows_with_an_answer_alone(run: Run, tmp_path: Path) -> None:  # noqa: F811
    ledger(run)
    path = tmp_path / "demo" / "ledger.xlsx"
    book = load_workbook(path)
    sheet = book["よくある質問"]
    shown = [str(row[3].value) for row in sheet.iter_rows(min_row=2, max_row=11)]
    sheet["B2"], sheet["B3"], sheet["B4"] = "提案", "不採用", None
    sheet["E5"] = "  "
    book.save(path)
    assert run("-c", "demo/daicho.toml", "faq", "--html", "faq.html")[0] == 1
    page = Page((tmp_path / "faq.html").read_text(encoding="utf-8"))
    assert page.texts["summary"] == shown[4:]
    assert len(page.texts["h2"]) == len(set(page.texts["h2"])) == len(page.links), (
        "no heading without questions"
    )


def test_approved_rows_that_are_not_complete_are_named(run: Run, tmp_path: Path) -> None:  # noqa: F811
    ledger(run)
    path = tmp_path / "demo" / "ledger.xlsx"
    book = load_workbook(path)
    sheet = book["よくある質問"]
    sheet["E2"], sheet["E3"] = "お届けは【要記入：お届け日】です。", None
    sheet["E4"], sheet["E5"] = "{お届け日}ごろです。", "合言葉は {さくら} です。"
    book.save(path)
    code, _, err = run("-c", "demo/daicho.toml", "faq", "--html", "faq.html")
    assert code == 1
    assert f"{sheet['A2'].value} {sheet['A3'].value} {sheet['A4'].value}）" in err
    html = (tmp_path / "faq.html").read_text(encoding="utf-8")
    assert len(Page(html).texts["summary"]) == 7
    assert "要記入" not in html and "{お届け日}" not in html
    assert "{さくら}" in html, "braces around other words are words"


def test_similar_prints_past_answers(run: Run, tmp_path: Path) -> None:  # noqa: F811
    ledger(run)
    sheet = load_workbook(tmp_path / "demo" / "ledger.xlsx")["問い合わせ台帳"]
    id = next(str(row[0].value) for row in sheet.iter_rows(min_row=2) if row[0].value)
    code, out, _ = run("-c", "demo/daicho.toml", "similar", id, "--json")
    assert code == 0
    for each in json.loads(out):
        assert each["answer"] and each["id"] != id and 0 < each["likeness"] <= 1
    assert run("-c", "demo/daicho.toml", "similar", id)[0] == 0
