"""Several requests in one mail, told apart only where the writer says so."""

from __future__ import annotations

import pytest

from builders import WORDS, Book, arrival
from daicho.inquiry.judge import Judgement, Reason
from daicho.inquiry.requests import MOST, decided, requests
from daicho.inquiry.urgency import start
from daicho.sheets.starters import load_starters
from daicho.sheets.workbook import Record

BOUNDARIES = [
    "領収書を発行してください。|また、再入荷はいつですか。",
    "領収書ください。|あと送料も教えて！",
    "１．返品したいです。|２．領収書をください。",
    "Please cancel.|Also, could you send a receipt?",
    "在庫はありますか。|もう一点、のしは付けられますか。\nお願いします。",
    "パスワードを忘れました。|もう一点、先日届いた皿が割れていました。",
    "青の再入荷はいつ頃ですか。|それと、届いた商品が注文と違う色でした。",
    "ギフト包装はできますか。|あと、皿で指を切りました。",
]
"""Mails of two requests, parted by a bar."""


@pytest.mark.parametrize("mail", BOUNDARIES)
def test_a_mail_is_parted_where_the_writer_parts_it(mail: str) -> None:
    for between in ("", "\n", "\n\n"):
        joined = mail.replace("|", between or (" " if mail.isascii() else ""))
        assert requests(joined) == mail.split("|")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "在庫はありますか。また伺います。",
        "また壊れました。交換してください。",
        "在庫はありますか。赤もありますか。",
        "それから三日たちました。届きますか。",
        "I also asked last week. Could you answer?",
    ],
)
def test_what_the_writer_does_not_part_stays_one(text: str) -> None:
    assert requests(text) == []


def test_a_mail_of_a_thousand_requests_is_parted_a_few_times() -> None:
    assert len(requests("在庫はありますか。\nまた、色はありますか。\n" * 1000)) == MOST


def test_each_request_gets_its_part_of_the_reply() -> None:
    book = Book()
    rows = load_starters("ja")["templates"]
    book.snapshot.tables["templates"] = [Record(number, dict(row)) for number, row in enumerate(rows, 2)]
    book.sync(arrival("q1", "在庫はありますか。また、グラスでけがをしました。どうすればよいですか。"))
    [row] = book.rows
    assert row["template"] == "safety、restock"
    reply = str(row["reply"])
    assert (
        reply.index("ただちにおやめください")
        < reply.index("また、あわせてお尋ねの件")
        < reply.index("在庫を切らし")
    )
    assert reply.count("お客様\n") == reply.count("【要記入：署名】") == 1
    assert not book.plan().commit


# --- which request decides -------------------------------------------------------------------------------


def said(category: str, priority: str = "", *reason: Reason, confidence: float = 0.9) -> Judgement:
    kind = "sales" if category == "sales" else "inquiry"
    learned: Reason = ("judge.category-learned", {"category": category, "second": "other", "percent": 90})
    priority, template = priority or start(category), f"for-{category}"
    return Judgement(
        kind, category, confidence, priority, (), (), confidence < 0.6, (), "", (), (template,), None, None,
        (learned, *reason),
    )  # fmt: skip


HARM: Reason = ("judge.raise-harm", {"percent": 90})
MONEY: Reason = ("judge.raise-money", {"percent": 60})


@pytest.mark.parametrize(
    ("whole", "parts", "category", "priority"),
    [
        (said("defect"), [said("ordering"), said("defect")], "defect", "high"),
        (said("stock"), [said("stock"), said("wrong_item")], "wrong_item", "urgent"),
        (said("receipt"), [said("receipt"), said("cancel")], "cancel", "high"),
        (said("cancel"), [said("defect"), said("cancel")], "defect", "high"),
        (said("ordering"), [said("ordering"), said("defect", "urgent", HARM)], "defect", "urgent"),
        # Nothing the whole mail said is lowered.
        (said("stock", "urgent", HARM), [said("stock"), said("receipt")], "stock", "urgent"),
        # Thanks and offers decide nothing, nor does one matter told twice.
        (said("defect"), [said("feedback"), said("defect")], "defect", "high"),
        (said("sales", "none"), [said("stock"), said("cancel")], "sales", "none"),
        (said("stock"), [said("stock"), said("sales", "none")], "stock", "normal"),
        (said("defect"), [said("defect"), said("defect", "urgent", HARM)], "defect", "high"),
        # Out of its context a question sounds like a refund that never came.
        (said("stock"), [said("stock"), said("payment", "high", MONEY)], "stock", "normal"),
        (said("stock"), [], "stock", "normal"),
    ],
)
def test_the_most_urgent_request_decides_then_the_one_asked_first(
    whole: Judgement, parts: list[Judgement], category: str, priority: str
) -> None:
    got = decided(whole, parts)
    assert (got.category, got.priority) == (category, priority)


def test_the_deciding_requests_reasons_stand_first_and_its_template_too() -> None:
    got = decided(said("stock", confidence=0.5), [said("stock"), said("defect", "urgent", HARM)])
    assert [key for key, _ in got.reason] == [
        "ledger.two-requests",
        "judge.category-learned",
        "judge.raise-harm",
    ]
    assert got.say_reason(WORDS).startswith("二つの用件: 不良・破損と在庫・再入荷。")
    assert (got.templates, got.unsure) == (("for-defect", "for-stock"), False)


@pytest.mark.parametrize(
    ("item", "value", "expected"),
    [("category", "stock", ("stock", "high")), ("priority", "normal", ("cancel", "normal"))],
)
def test_what_a_rule_says_of_the_whole_mail_stands(item: str, value: str, expected: tuple[str, str]) -> None:
    hit: Reason = ("judge.rule-hit", {"words": ("在庫",), "item": item, "value": value})
    got = decided(said("stock", "", hit), [said("stock", "", hit), said("cancel")])
    assert (got.category, got.priority) == expected
    assert sum(key == "judge.rule-hit" for key, _ in got.reason) == 1


def test_the_row_says_what_the_most_urgent_request_is_about() -> None:
    book = Book()
    book.sync(arrival("q1", "在庫はありますか。また、グラスでけがをしました。どうすればよいですか。"))
    [row] = book.rows
    assert (row["category"], row["priority"]) == ("不良・破損", "大至急")
    assert "二つの用件" in str(row["reason"])
