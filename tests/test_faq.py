"""The FAQ: what is proposed once a month, what never comes back, and the page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from builders import LAYOUT, NOW, OWN, TOKYO, WORDS, Book, PlainJudge, arrival, raw_mail
from daicho.faq_page import Question, faq_page
from daicho.inquiry.similar import nearest
from daicho.ledger.faq import Proposer, asking_sentence, entries, impersonal, month_before
from daicho.ledger.past import FLOOR, Past, past_inquiries, similar
from daicho.ledger.propose import Speaker
from daicho.ledger.replies import Replies
from daicho.ledger.rows import Clock, Ledger
from daicho.ledger.settings import read_settings
from daicho.mail.local import EmlFolder
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Commit, Record
from daicho.sync import Shop, Sync
from daicho.wording import LANGUAGES, wording
from test_cli import Run, run  # noqa: F401 - a fixture
from test_sync import opened, put

MICROWAVE = [
    "山桜のトレーは電子レンジで使えますか。",
    "木のトレーですが、電子レンジに入れて使えますか？ 注文番号は 249-2260491-7718305 です。",
    "山田です。電子レンジでトレーを使えますか教えてください。",
    "トレーは電子レンジに使えますか。電話は090-1234-5678です。",
]
ANSWER = "山田花子 様\n\n木のトレーは電子レンジではお使いいただけません。熱で反ることがございます。"


def asked(text: str, number: int = 0, **changes: object) -> Past:
    past = {"id": f"261010-{number:04}", "received": datetime(2026, 10, 10), "customer": "山田 花子"}
    past |= {"category": "product", "product": "", "template": "", "subject": "", "used": ""}
    past |= {"question": text, "answer": ANSWER} | changes
    return Past(**past)  # type: ignore[arg-type]


def rows(tab: str) -> list[Record]:
    return [Record(number, dict(row)) for number, row in enumerate(load_starters("ja")[tab], 2)]


def propose(past: Sequence[Past], faq: list[Record] | None = None) -> Commit:
    settings = rows("settings")
    speaker = Speaker(LAYOUT, WORDS, Clock(TOKYO))
    replies = Replies({"templates": rows("templates")}, read_settings(settings, LAYOUT), speaker, "店", NOW)
    return Proposer(rows("faq") if faq is None else faq, replies, LAYOUT, WORDS).commit(past, "2026-10")


def questions(*texts: str, **changes: object) -> list[Past]:
    return [asked(text, number, **changes) for number, text in enumerate(texts)]


def test_a_question_that_came_three_times_without_a_template_is_proposed() -> None:
    [row] = propose(questions(*MICROWAVE, "全然ちがう質問をします"), faq=[]).appends["faq"]
    assert (row["id"], row["status"], row["category"], row["count"]) == (
        "F-001",
        "提案",
        "商品説明・使い方",
        4,
    )
    assert "電子レンジ" in str(row["question"]) and str(row["question"]).endswith(("。", "？"))
    assert "木のトレーは電子レンジではお使いいただけません" in str(row["answer"])
    for word in ("山田", "249-2260491-7718305", "090-1234-5678"):
        assert not any(word in str(cell) for cell in row.values()), word


def test_what_a_template_answers_well_is_proposed_from_five_on_with_the_templates_words() -> None:
    same = {
        "category": "receipt",
        "template": "receipt",
        "used": "receipt",
        "answer": "領収書を添付いたしました。",
    }
    texts = [f"領収書を発行してください。宛名は会社{number}です。" for number in range(5)]
    assert "faq" not in propose(questions(*texts[:4], **same), faq=[]).appends
    [row] = propose(questions(*texts, **same), faq=[]).appends["faq"]
    assert row["count"] == 5
    assert "ご依頼の領収書（適格請求書）を発行し" in str(row["answer"])
    assert "様" not in str(row["answer"]) and "カスタマーサポート" not in str(row["answer"])


@pytest.mark.parametrize("status", ["提案", "公開", "不採用"])
def test_what_a_row_asks_already_is_counted_there_and_never_proposed_again(status: str) -> None:
    [proposed] = propose(questions(*MICROWAVE), faq=[]).appends["faq"]
    there = Record(2, dict(proposed) | {"status": status, "question": "木のトレーは電子レンジで使えますか。"})
    commit = propose(questions(*reversed(MICROWAVE)), faq=[there])
    assert "faq" not in commit.appends
    [update] = commit.updates
    assert (update.record, update.cells) == (there, {"count": 8})


def test_new_rows_are_numbered_on_from_those_there_are() -> None:
    repairs = [
        "割れた皿の金継ぎは頼めますか。",
        "金継ぎで皿を直してもらえますか。",
        "皿の金継ぎをお願いできますか？",
    ]
    [row] = propose(questions(*repairs)).appends["faq"]
    assert row["id"] == "F-011"


@pytest.mark.parametrize("category", ["complaint", "feedback", "sales", "other", ""])
def test_what_nobody_looks_up_is_never_proposed(category: str) -> None:
    commit = propose(questions(*MICROWAVE, category=category), faq=[])
    assert not commit


def test_a_question_of_the_starter_faq_is_counted_in_its_row() -> None:
    commit = propose(questions(*MICROWAVE))
    assert "faq" not in commit.appends
    assert [(update.record.cells["id"], update.cells) for update in commit.updates] == [
        ("F-008", {"count": 4})
    ]


def test_questions_about_different_things_are_not_lumped_together() -> None:
    texts = [
        "色見本を送っていただけますか。",
        "のしは付けられますか。",
        "海外に発送できますか。",
        "会員登録は必要ですか。",
    ]
    assert "faq" not in propose(questions(*texts, category="ordering"), faq=[]).appends


@pytest.mark.parametrize(
    ("day", "month"), [("2026-11-20", "2026-10"), ("2026-01-01", "2025-12"), ("2026-03-31", "2026-02")]
)
def test_the_month_before(day: str, month: str) -> None:
    assert month_before(datetime.fromisoformat(day)) == month


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("お世話になります。電子レンジで使えますか。よろしく。", "電子レンジで使えますか。"),
        ("Hello. Can I use it in a microwave? Thanks", "Can I use it in a microwave?"),
        ("急ぎです", "急ぎです"),
        ("", ""),
        ("か" * 500 + "？", "か" * 120 + "…"),
    ],
)
def test_the_asking_sentence_is_found(text: str, sentence: str) -> None:
    assert asking_sentence(text) == sentence


def test_a_text_for_everybody_names_nobody() -> None:
    text = "山田花子 様\n\n山田様のご注文（#20884）は hanako@example.jp 宛てに 03-1234-5678 へ。8日以内です。"
    assert (
        impersonal(text, "山田 花子", WORDS)
        == "お客様様のご注文（〇〇）は 〇〇 宛てに 〇〇 へ。8日以内です。"
    )


# --- in a sync ---------------------------------------------------------------------------------------------


def test_the_first_sync_of_a_month_proposes_and_no_other_one(tmp_path: Path) -> None:
    month = datetime(2026, 10, 10, 12, 0, tzinfo=TOKYO)
    for number, text in enumerate(MICROWAVE):
        mail = raw_mail(
            f"c{number}@example.jp", text=text, key=f"q{number}@x", date=month + timedelta(days=number)
        )
        put(tmp_path / "mail", str(number), mail)
    # The judge of these tests takes every question for one about stock.
    workbook, mailbox = opened(tmp_path), EmlFolder("support", tmp_path / "mail")
    shop = Shop(frozenset({OWN}), TOKYO, LAYOUT, WORDS)

    def sync(now: datetime = NOW) -> int:
        judge = PlainJudge()
        return len(Sync(workbook, [mailbox], shop, lambda *_: judge, lambda: now).run().commits)

    assert sync() == 2
    found = entries(workbook.read().tables["faq"], LAYOUT)
    assert [(each.status, each.count) for each in found if each.id > "F-010"] == [("proposed", 4)]
    assert sync() == 0
    assert sync(NOW + timedelta(days=31)) == 0, "a month without questions leaves no trace"


# --- past inquiries --------------------------------------------------------------------------------------


def test_similar_inquiries_come_with_what_was_answered() -> None:
    book = Book()
    book.sync(
        arrival("a@x", "電子レンジでトレーは使えますか。", sender="a@example.jp", hours_ago=90),
        arrival("r@x", ANSWER, sender="a@example.jp", incoming=False, answers=["a@x"], hours_ago=80),
        arrival("b@x", "領収書をください。", sender="b@example.jp", hours_ago=70),
        arrival(
            "s@x", "発行しました。", sender="b@example.jp", incoming=False, answers=["b@x"], hours_ago=60
        ),
        arrival("c@x", "トレーを電子レンジで使えますか？", sender="c@example.jp", hours_ago=50),
        arrival("d@x", "トレーは電子レンジに入れて使えますか。", sender="d@example.jp", hours_ago=1),
    )
    past = past_inquiries(Ledger(book.snapshot, LAYOUT, TOKYO))
    assert past[0].question == "電子レンジでトレーは使えますか。"
    new = next(each.id for each in past if each.question.startswith("トレーは電子レンジに"))
    [first, *_] = similar(new, past, 5)
    assert (first.past.question, first.past.answer) == ("電子レンジでトレーは使えますか。", ANSWER)
    assert all(each.past.answer for each in similar(new, past, 5)), "an open inquiry has nothing to show"
    with pytest.raises(KeyError):
        similar("261010-XXXX", past, 5)


def test_what_shares_hardly_a_word_is_not_similar() -> None:
    book = Book()
    question = "先日そちらで買った椅子の脚がぐらつくのですが、修理はお願いできますか。費用も知りたいです。"
    book.sync(
        arrival(
            "a@x", "領収書の宛名を変えていただけますか。", subject="宛名", sender="a@example.jp", hours_ago=90
        ),
        arrival("r@x", ANSWER, sender="a@example.jp", incoming=False, answers=["a@x"], hours_ago=80),
        arrival("b@x", question, subject="椅子", sender="b@example.jp"),
    )
    past = past_inquiries(Ledger(book.snapshot, LAYOUT, TOKYO))
    [near] = nearest(past[-1].text, [past[0].text], 1)
    assert 0 < near.likeness < FLOOR
    assert similar(past[-1].id, past, 5) == []


# --- the page --------------------------------------------------------------------------------------------


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


def test_words_of_the_sheet_stay_words_on_the_page() -> None:
    evil = "<script>alert(1)</script>\"'&{{ 7*7 }}{% raw %}"
    page = Page(faq_page([Question(evil, evil, evil)], evil, date(2026, 11, 20), WORDS))
    assert "script" not in page.tags
    assert page.texts["summary"] == page.texts["h2"] == page.texts["p"] == [evil]


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


def test_similar_prints_past_answers(run: Run, tmp_path: Path) -> None:  # noqa: F811
    ledger(run)
    from openpyxl import load_workbook

    sheet = load_workbook(tmp_path / "demo" / "ledger.xlsx")["問い合わせ台帳"]
    id = next(str(row[0].value) for row in sheet.iter_rows(min_row=2) if row[0].value)
    code, out, _ = run("-c", "demo/daicho.toml", "similar", id, "--json")
    assert code == 0
    for each in json.loads(out):
        assert each["answer"] and each["id"] != id and 0 < each["likeness"] <= 1
    assert run("-c", "demo/daicho.toml", "similar", id)[0] == 0
