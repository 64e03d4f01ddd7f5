"""The FAQ: what is proposed once a month, what never comes back, and the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from builders import LAYOUT, NOW, OWN, TOKYO, WORDS, PlainJudge, raw_mail
from daicho.ledger.faq import BESIDE, Proposer, entries, month_before
from daicho.ledger.past import Past
from daicho.ledger.propose import Speaker
from daicho.ledger.replies import Replies
from daicho.ledger.rows import Clock
from daicho.ledger.settings import read_settings
from daicho.mail.local import EmlFolder
from daicho.sheets.excel import ExcelWorkbook
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Cell, Commit, Record, Snapshot
from daicho.sync import Shop, Sync
from test_sync import opened, put

MICROWAVE = [
    "山桜のトレーは電子レンジで使えますか。",
    "木のトレーですが、電子レンジに入れて使えますか？ 注文番号は 249-2260491-7718305 です。",
    "山田です。電子レンジでトレーを使えますか教えてください。",
    "トレーは電子レンジに使えますか。電話は090-1234-5678です。",
]
REPAIRS = [
    "割れた皿の金継ぎは頼めますか。",
    "金継ぎで皿を直してもらえますか。",
    "皿の金継ぎをお願いできますか？",
]
ANSWER = "山田花子 様\n\n木のトレーは電子レンジではお使いいただけません。熱で反ることがございます。"


def asked(text: str, number: int = 0, **changes: object) -> Past:
    past = {"id": f"261010-{number:04}", "received": datetime(2026, 10, 10), "customer": "山田 花子"}
    past |= {"category": "product", "product": "", "template": "", "subject": "", "used": ""}
    past |= {"question": text, "answer": ANSWER} | changes
    return Past(**past)  # type: ignore[arg-type]


def rows(tab: str) -> list[Record]:
    return [Record(number, dict(row)) for number, row in enumerate(load_starters("ja")[tab], 2)]


def propose(
    past: Sequence[Past], faq: list[Record] | None = None, state: Mapping[str, str] | None = None
) -> Commit:
    settings = rows("settings")
    speaker = Speaker(LAYOUT, WORDS, Clock(TOKYO))
    replies = Replies(
        {"templates": rows("templates")}, read_settings(settings, LAYOUT), speaker, "さくら雑貨店", NOW
    )
    records = rows("faq") if faq is None else faq
    return Proposer(records, state or {}, replies).commit(past, "2026-10")


def set_cell(path: Path, id: str, **cells: str) -> None:
    """A person types into a row of the tab."""
    book = load_workbook(path)
    sheet = book[LAYOUT.tab("faq").label]
    columns = [column.key for column in LAYOUT.tab("faq").columns]
    [number] = [row[0].row for row in sheet.iter_rows(min_row=2) if row[0].value == id]
    for key, value in cells.items():
        sheet.cell(number, columns.index(key) + 1, value)
    book.save(path)


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
    [row] = propose(questions(*REPAIRS)).appends["faq"]
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


# --- the shop's own answer --------------------------------------------------------------------------------

NO = [
    "{}\n\nお世話になっております。さくら雑貨店の佐藤です。\n"
    "木のトレーは電子レンジではお使いいただけません。熱で反ることがございます。\n\nよろしくお願いいたします。",
    "{}\n\nお問い合わせありがとうございます。\n"
    "電子レンジでは、木のトレーはお使いいただけません。熱で反ってしまいます。\n\nさくら雑貨店 佐藤",
    "{}\n\n申し訳ございませんが、木のトレーは電子レンジに対応しておりません。熱で反ることがあります。\n何卒よろしくお願い申し上げます。",
]
YES = "{}\n\nはい、電子レンジでお使いいただけます。短い時間で、ようすを見ながら温めてください。"


def sample(**changes: Cell) -> Record:
    """The starter row about microwaves, as a new shop finds it."""
    row = next(row for row in load_starters("ja", sample=False)["faq"] if row["id"] == "F-008")
    return Record(9, row | changes)


def answered(*answers: str, **changes: object) -> list[Past]:
    """One question asked again and again, with what was answered each time."""
    texts = [MICROWAVE[number % len(MICROWAVE)] for number in range(len(answers))]
    return [
        asked(text, number, answer=answer.format("山田花子 様"), **changes)
        for number, (text, answer) in enumerate(zip(texts, answers, strict=True))
    ]


def pairs(commit: Commit) -> dict[str, str]:
    return {name: row for name, row in commit.state.items() if name.startswith(BESIDE)}


def after(commit: Commit, faq: list[Record]) -> list[Record]:
    """The tab as it stands once the commit is written."""
    return Snapshot(1, {}, {"faq": faq}, NOW).after(commit).tables["faq"]


def test_the_shops_own_answer_comes_beside_an_undecided_sample() -> None:
    there = sample()
    commit = propose(answered(*NO, NO[0]), faq=[there])
    [row] = commit.appends["faq"]
    assert (row["id"], row["status"]) == ("F-009", "提案")
    assert row["question"] in MICROWAVE
    assert row["answer"] == "木のトレーは電子レンジではお使いいただけません。熱で反ることがございます。"
    assert str(row["example"]).startswith(
        "※F-008 に似た質問です。回答は、お店の実際の返信をもとにしています。"
        "同じ質問なら、使うほうを「公開」、もう一方を「不採用」にしてください。\n"
        "※返信 4 件のうち 4 件が、この回答でした。\n"
    )
    [update] = commit.updates
    assert update.cells == {"example": "※お店の実際の返信をもとにした回答の案が F-009 にあります。"}
    assert row["count"] == 4, "the month is counted once, in the row beside"
    assert pairs(commit) == {"faq beside F-008": "F-009"}


def test_what_people_may_write_in_a_row_is_never_written_by_us() -> None:
    people = {column.key for column in LAYOUT.tab("faq").columns if column.owner == "human"}
    for faq in ([sample()], [sample(answer="")], [sample(status="公開")], rows("faq")):
        for update in propose(answered(*NO), faq=faq).updates:
            assert not people & update.cells.keys()


def test_the_shops_own_answer_comes_once_and_then_is_counted() -> None:
    faq: list[Record] = [sample()]
    state: dict[str, str] = {}
    first = propose(answered(*NO), faq=faq, state=state)
    faq, state = after(first, faq), state | first.state
    for answers in (NO, [YES] * 4, [*NO, YES]):
        later = propose(answered(*answers), faq=faq, state=state)
        assert "faq" not in later.appends
        assert [(update.record.cells["id"], set(update.cells)) for update in later.updates] == [
            ("F-009", {"count"})
        ]
        faq, state = after(later, faq), state | later.state
    assert [record.cells.get("count") for record in faq] == [None, 3 + 3 + 4 + 4]


@pytest.mark.parametrize("deleted", ["F-008", "F-009"])
def test_one_of_the_two_deleted_brings_nothing_back(deleted: str) -> None:
    faq = [sample()]
    first = propose(answered(*NO), faq=faq)
    left = [record for record in after(first, faq) if record.cells["id"] != deleted]
    later = propose(answered(*NO), faq=left, state=first.state)
    assert "faq" not in later.appends
    assert [update.cells for update in later.updates] == [{"count": 3 + (3 if deleted == "F-008" else 0)}]


def test_a_number_once_given_is_not_given_again() -> None:
    faq = [sample()]
    first = propose(answered(*NO), faq=faq)
    new = questions(*REPAIRS, category="ordering")
    [row] = propose(new, faq=faq, state=first.state).appends["faq"]
    assert row["id"] == "F-010", "F-009 was deleted, and the hidden tab still speaks of it"


def test_of_two_rows_the_rejected_one_is_not_counted_in() -> None:
    faq = [sample()]
    first = propose(answered(*NO), faq=faq)
    faq = after(first, faq)
    faq[1].cells["status"] = "不採用"
    [update] = propose(answered(*NO), faq=faq, state=first.state).updates
    assert update.record.cells["id"] == "F-008"


@pytest.mark.parametrize("status", ["公開", "不採用", "", "検討中"])
def test_nothing_is_put_beside_what_people_decided_or_typed_in(status: str) -> None:
    commit = propose(answered(*NO, *NO), faq=[sample(status=status)])
    assert "faq" not in commit.appends and not pairs(commit)
    assert [update.cells for update in commit.updates] == [{"count": 6}]


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (NO[:2], "asked too seldom"),
        ([*NO[:1], "", "", ""], "answered once"),
        ([""] * 5, "not answered"),
        (["{}\n\nお世話になっております。\nよろしくお願いいたします。"] * 4, "courtesy alone"),
        ([str(load_starters("ja")["faq"][7]["answer"])] * 4, "the sample's own words"),
    ],
)
def test_nothing_is_put_beside_a_sample_without_an_answer_to_show(answers: list[str], why: str) -> None:
    commit = propose(answered(*answers), faq=[sample()])
    assert "faq" not in commit.appends, why
    assert [update.cells for update in commit.updates] == [{"count": len(answers)}]


def test_our_own_proposal_is_rivalled_only_by_another_answer() -> None:
    faq = after(first := propose(answered(*NO), faq=[]), [])
    assert "faq" not in propose(answered(*reversed(NO)), faq=faq, state=first.state).appends
    [row] = propose(answered(*[YES] * 4), faq=faq, state=first.state).appends["faq"]
    assert "お使いいただけます" in str(row["answer"])


def test_a_proposal_nobody_had_answered_gets_the_answer_later() -> None:
    faq = after(first := propose(answered(*[""] * 4), faq=[]), [])
    assert faq[0].cells.get("answer") is None
    assert str(faq[0].cells["example"]).startswith("※回答にできる返信がまだないため、空欄にしています。\n")
    [row] = propose(answered(*NO), faq=faq, state=first.state).appends["faq"]
    assert "お使いいただけません" in str(row["answer"])


def test_the_answer_given_most_often_wins_over_the_most_typical_of_all() -> None:
    [row] = propose(answered(YES, *NO, YES), faq=[]).appends["faq"]
    assert "お使いいただけません" in str(row["answer"]) and "お使いいただけます" not in str(row["answer"])
    assert str(row["example"]).startswith("※返信 5 件のうち 3 件が、この回答でした。\n")


def test_of_two_policies_in_the_same_words_the_one_given_most_often_is_proposed() -> None:
    policy = "{}\n\n商品の到着から%s日以内でしたら、未使用に限り返品を承ります。"
    [row] = propose(answered(*[policy % days for days in (30, 8, 8, 30, 8)]), faq=[]).appends["faq"]
    assert "8日以内" in str(row["answer"])
    assert "5 件のうち 3 件" in str(row["example"])


def test_where_most_answers_came_from_a_template_its_words_are_proposed() -> None:
    made = answered(*["領収書を添付いたしました。"] * 3, used="receipt")
    [row] = propose([*made, *answered(*NO[:2])], faq=[]).appends["faq"]
    assert "ご依頼の領収書（適格請求書）を発行し" in str(row["answer"])
    assert "5 件のうち 3 件" in str(row["example"])


def test_where_a_template_made_fewer_answers_the_shops_free_words_are_proposed() -> None:
    made = answered(*["領収書を添付いたしました。"] * 2, used="receipt")
    [row] = propose([*made, *answered(*NO)], faq=[]).appends["faq"]
    assert "お使いいただけません" in str(row["answer"])


def test_a_template_the_shop_has_deleted_lends_no_words() -> None:
    [row] = propose(answered(*NO, used="long-gone"), faq=[]).appends["faq"]
    assert "お使いいただけません" in str(row["answer"])


def test_templates_say_the_shops_name_in_a_proposed_answer() -> None:
    [row] = propose(answered(*["ご利用ください。"] * 5, used="restock"), faq=[]).appends["faq"]
    assert "{" not in str(row["answer"]) and "お客様名" not in str(row["answer"])


def test_a_proposed_answer_has_no_greeting_no_name_and_no_signature() -> None:
    [row] = propose(answered(*NO), faq=[]).appends["faq"]
    for word in ("山田", "様", "お世話", "佐藤", "さくら雑貨店", "よろしく", "お問い合わせ"):
        assert word not in str(row["answer"]), word


def test_one_question_in_several_groups_gets_one_row_beside() -> None:
    mixed = [replace(each, template=("care", "")[at % 2]) for at, each in enumerate(answered(*NO, *NO))]
    commit = propose(mixed, faq=[sample()])
    assert [row["count"] for row in commit.appends["faq"]] == [6]


def test_one_question_under_several_templates_is_proposed_once() -> None:
    mixed = [replace(each, template=("care", "")[at % 2]) for at, each in enumerate(answered(*NO, *NO))]
    [row] = propose(mixed, faq=[]).appends["faq"]
    assert row["count"] == 6
    assert propose(mixed[:4], faq=[]).appends["faq"][0]["count"] == 4, "two and two are four"


def test_a_row_with_peoples_word_goes_before_an_undecided_one() -> None:
    own = Record(
        20, {"question": "電子レンジや食洗機に使えますか。", "answer": "使えません。", "status": "公開"}
    )
    commit = propose(answered(*NO), faq=[sample(), own])
    assert "faq" not in commit.appends
    assert [(update.record, update.cells) for update in commit.updates] == [(own, {"count": 3})]


def test_rows_without_a_number_are_never_paired() -> None:
    typed = Record(20, {"question": "送料はいくらですか。", "answer": "無料です。", "status": "公開"})
    [update] = propose(answered(*NO), faq=[sample(status="公開"), typed]).updates
    assert update.record.cells["id"] == "F-008"


def test_our_notes_do_not_make_rows_alike() -> None:
    faq = after(first := propose(answered(*NO), faq=[sample()]), [sample()])
    other = questions(*["お店の実際の返信をもとにした回答はありますか。"] * 3)
    [row] = propose(other, faq=faq, state=first.state).appends["faq"]
    assert row["count"] == 3


# --- in a sync ---------------------------------------------------------------------------------------------


def test_the_first_sync_of_a_month_proposes_and_no_other_one(tmp_path: Path) -> None:
    month = datetime(2026, 10, 10, 12, 0, tzinfo=TOKYO)
    # The judge of these tests knows no products: a question that names one would have it filled in later.
    for number, text in enumerate(text.replace("木のトレー", "トレー") for text in MICROWAVE):
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


class Interrupted(ExcelWorkbook):
    """A person decides on F-007 between our reading and our writing of a proposal."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, LAYOUT, lambda: NOW)
        self.path = path

    def commit(self, base: Snapshot, commit: Commit) -> Snapshot:
        if "faq" in commit.appends and base.tables["faq"][6].cells["status"] == "提案":
            set_cell(self.path, "F-007", status="公開", answer="入荷はございません。")
        return super().commit(base, commit)


def restock_mails(folder: Path) -> None:
    """What October brought: three times the same question and answer."""
    asks = ("売り切れのお皿は再入荷しますか。", "お皿の再入荷はありますか？", "再入荷の予定はありますか。")
    reply = "お世話になっております。\n来月の中旬に再入荷する予定です。\n\n何卒よろしくお願いいたします。"
    for number, text in enumerate(asks):
        date = datetime(2026, 10, 10 + number, 12, 0, tzinfo=TOKYO)
        address, key = f"c{number}@example.jp", f"q{number}@x"
        put(folder, f"q{number}", raw_mail(address, text=text, key=key, date=date))
        later = date + timedelta(hours=2)
        answer = raw_mail(OWN, address, "Re: お問い合わせ", reply, f"a{number}@x", key, later)
        put(folder, f"a{number}", answer)


def synced(workbook: ExcelWorkbook, mails: Path, now: datetime = NOW) -> dict[str, dict[str, Cell]]:
    """The tab after one sync, by number."""
    shop = Shop(frozenset({OWN}), TOKYO, LAYOUT, WORDS)
    Sync(workbook, [EmlFolder("support", mails)], shop, lambda *_: PlainJudge(), lambda: now).run()
    return {str(record.cells["id"]): record.cells for record in workbook.read().tables["faq"]}


def test_the_shops_own_answer_reaches_the_tab_once_and_the_samples_words_stay(tmp_path: Path) -> None:
    restock_mails(tmp_path / "mail")
    workbook = opened(tmp_path)
    set_cell(tmp_path / "ledger.xlsx", "F-007", status="提案")
    before = next(row.cells for row in workbook.read().tables["faq"] if row.cells["id"] == "F-007")
    found = synced(workbook, tmp_path / "mail")
    assert (found["F-011"]["answer"], found["F-011"]["count"]) == ("来月の中旬に再入荷する予定です。", 3)
    note = "※お店の実際の返信をもとにした回答の案が F-011 にあります。"
    assert found["F-007"] == before | {"example": note}
    set_cell(tmp_path / "ledger.xlsx", "F-011", status="公開", answer="毎月中旬に入荷します。")
    decided = found["F-011"] | {"status": "公開", "answer": "毎月中旬に入荷します。"}
    for now in (NOW, NOW + timedelta(days=31)):
        assert synced(workbook, tmp_path / "mail", now) == found | {"F-011": decided}


def test_who_decides_while_we_propose_has_the_last_word(tmp_path: Path) -> None:
    restock_mails(tmp_path / "mail")
    opened(tmp_path)
    set_cell(tmp_path / "ledger.xlsx", "F-007", status="提案")
    workbook = Interrupted(tmp_path / "ledger.xlsx")
    assert "F-011" not in synced(workbook, tmp_path / "mail"), "nothing was written"
    found = synced(workbook, tmp_path / "mail")
    assert "F-011" not in found
    assert (found["F-007"]["answer"], found["F-007"]["count"]) == ("入荷はございません。", 3)
