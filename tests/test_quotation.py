"""How a shop quotes the customer: seen in its replies, remembered as one word, kept up in its drafts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import LAYOUT, NOW, OWN, TOKYO, raw_mail
from daicho.inquiry.thread import Event
from daicho.ledger.quotation import Habits, Quotation, learned
from daicho.ledger.replies import Sent
from daicho.ledger.rows import Base, Clock, Row
from daicho.mail.local import EmlFolder
from daicho.mail.message import Message, read_message
from daicho.mail.text import QUOTINGS, Quoting, new_part, quoting
from daicho.sheets.workbook import Record
from daicho.wording import LANGUAGES, wording
from office import Office, parsed, text_of

ASKED = "青は再入荷しますか。\n贈り物なので、月末までに要ります。"
ANSWER = "山田花子 様\n\nお問い合わせありがとうございます。\n来週、入荷いたします。"
SIGNATURE = "━━━━━━━━━━\nさくら雑貨店\n年末年始はお休みをいただきます。\nsupport@shop.example.jp\n━━━━━━━━━━"
MARKED = "\n".join(f"> {line}" for line in ASKED.split("\n"))
GMAIL = "2026年11月20日(金) 11:00 山田花子 <hanako@example.jp>:"
GMAIL_EN = "On Fri, Nov 20, 2026 at 11:00 AM Hanako <hanako@example.jp> wrote:"
FIELDS = "差出人: 山田花子 <hanako@example.jp>\n送信日時: 2026年11月20日 11:00\n宛先: 店\n件名: お問い合わせ"
FIELDS_EN = "From: Hanako <hanako@example.jp>\nSent: Friday, November 20, 2026\nTo: Shop\nSubject: Blue"
BECKY = "On Fri, 20 Nov 2026 11:00:00 +0900\n山田花子 <hanako@example.jp> wrote:"

REPLIES: dict[str, tuple[Quoting | None, str]] = {
    "Gmail": ("below", f"{ANSWER}\n\n{GMAIL}\n\n{MARKED}\n"),
    "Gmail, English": ("below", f"{ANSWER}\n\n{GMAIL_EN}\n{MARKED}"),
    "Gmail, a signature under the quote": ("below", f"{ANSWER}\n\n{GMAIL}\n{MARKED}\n\n-- \n{SIGNATURE}"),
    "Gmail, a signature with a sentence": ("below", f"{ANSWER}\n\n{GMAIL}\n{MARKED}\n\n{SIGNATURE}"),
    "Gmail, a name under the quote": ("below", f"{ANSWER}\n\n{GMAIL}\n{MARKED}\n\nさくら雑貨店 佐藤"),
    "Gmail, nothing said": ("below", f"{GMAIL}\n{MARKED}"),
    "Apple": ("below", f"{ANSWER}\n\n> 2026/11/20 11:00、山田花子 <hanako@example.jp>のメール:\n>\n{MARKED}"),
    "Apple, computer": ("below", f"{ANSWER}\n\n> On Nov 20, 2026, at 11:00, Hanako wrote:\n> \n{MARKED}"),
    "Thunderbird, top": ("below", f"{ANSWER}\n\nOn 2026/11/20 11:00, 山田花子 wrote:\n{MARKED}"),
    "Thunderbird, bottom": ("above", f"On 2026/11/20 11:00, 山田花子 wrote:\n{MARKED}\n\n{ANSWER}"),
    "Becky": ("above", f"{BECKY}\n\n{MARKED}\n\n{ANSWER}\n\n{SIGNATURE}"),
    "Becky, greeted first": ("above", f"お世話になっております。\n\n{BECKY}\n{MARKED}\n\n承知しました。"),
    "below the quote, no sentence": ("above", f"{GMAIL}\n{MARKED}\n\n了解"),
    "below the quote, English": ("above", f"{GMAIL_EN}\n{MARKED}\n\nIt will be back next week."),
    "answers between quoted lines": (
        "above",
        f"{GMAIL}\n> 青は再入荷しますか。\n来週です。\n> 月末までに要ります。\n間に合います。",
    ),
    "marks without a head": ("below", f"{ANSWER}\n\n{MARKED}"),
    "wide marks without a head": ("above", f"＞贈り物なので、\n＞月末までに要ります。\n\n{ANSWER}"),
    "a line broken anew": ("above", f"> 贈り物なので、月\n> 末までに要ります。\n\n{ANSWER}"),
    "Outlook": ("original", f"{ANSWER}\n\n________________________________\n{FIELDS}\n\n{ASKED}"),
    "Outlook, no rule": ("original", f"{ANSWER}\n\n{FIELDS}\n\n{ASKED}"),
    "Outlook, English": ("original", f"{ANSWER}\n\n{FIELDS_EN}\n\n{ASKED}"),
    "Outlook, plain": ("original", f"{ANSWER}\n\n-----Original Message-----\n{FIELDS_EN}\n\n{ASKED}"),
    "Outlook, an excerpt above": (
        "original",
        f"> 月末までに要ります。\n間に合います。\n\n{FIELDS}\n\n{ASKED}",
    ),
    "Outlook Express": ("below", f"{ANSWER}\n\n----- Original Message -----\n{FIELDS_EN}\n\n{MARKED}"),
    "unmarked below a line": ("original", f"{ANSWER}\n\n{GMAIL}\n\n{ASKED}"),
    "no quotation": ("none", ANSWER),
    "no quotation, a signature": ("none", f"{ANSWER}\n\n{SIGNATURE}"),
    "a link of our own with marks": (
        "none",
        f"{ANSWER}\n\n＞＞ 在庫はこちら https://shop.example.jp\n{SIGNATURE}",
    ),
    "the question's first words taken up": ("none", f"{ANSWER}\n\n・青は再入荷します。"),
    "nothing": (None, " \n"),
    "a mail handed on": (
        None,
        f"お願いします。\n\n---------- Forwarded message ---------\n{FIELDS_EN}\n\n{ASKED}",
    ),
    "a mail handed on, answered": (
        "below",
        f"{ANSWER}\n\n{GMAIL}\n> ---------- Forwarded message ---------\n> From: x\n{MARKED}",
    ),
}

GMAIL_HTML = f"""<div dir="ltr">来週、入荷いたします。<br></div><br>
<div class="gmail_quote"><div dir="ltr" class="gmail_attr">{GMAIL.replace("<", "&lt;")}<br></div>
<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex">
<div>青は再入荷しますか。</div></blockquote></div>"""
OUTLOOK_HTML = """<p class="MsoNormal">来週、入荷いたします。</p>
<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0 0 0"><p class="MsoNormal">
<b>差出人:</b> 山田花子 &lt;hanako@example.jp&gt;<br><b>送信日時:</b> 2026年11月20日 11:00<br>
<b>宛先:</b> support@shop.example.jp<br><b>件名:</b> お問い合わせ</p></div>
<p class="MsoNormal">青は再入荷しますか。</p>"""


@pytest.mark.parametrize(("expected", "text"), REPLIES.values(), ids=list(REPLIES))
def test_a_reply_shows_how_it_quotes(expected: Quoting | None, text: str) -> None:
    assert quoting(text, ASKED) == expected


@pytest.mark.parametrize(
    ("expected", "html"),
    [
        ("below", GMAIL_HTML),
        ("original", OUTLOOK_HTML),
        ("original", OUTLOOK_HTML.replace('<p class="MsoNormal">青', '<hr><p class="MsoNormal">青')),
        ("none", "<p>来週、入荷いたします。</p><blockquote>営業時間<br>平日 10–17</blockquote>"),
    ],
    ids=["Gmail", "Outlook", "Outlook with a rule", "none"],
)
def test_so_does_one_in_html(expected: Quoting, html: str) -> None:
    head = "From: support@shop.example.jp\nIn-Reply-To: <q@x>\nContent-Type: text/html; charset=utf-8\n\n"
    assert learned(read_message((head + html).encode(), received=NOW), [event()]) == expected


def mail(text: str, **fields: object) -> Message:
    return read_message(raw_mail(OWN, "hanako@example.jp", text=text, answers="q@x", **fields), received=NOW)  # type: ignore[arg-type]


def event(text: str = ASKED, name: str = "山田花子", subject: str = "お問い合わせ") -> Event:
    moment = NOW - timedelta(hours=1)
    return Event("q@x", "1", moment, True, "inquiry", "hanako@example.jp", name, subject, text)


def test_a_mail_that_answers_none_tells_nothing_by_quoting_none() -> None:
    notice = replace(mail("本日発送しました。"), references=())
    assert learned(notice, [event()]) is None
    assert learned(replace(notice, references=("typed-1",)), [event()]) is None, "an answer to a phone call"
    assert learned(replace(notice, subject="Re: お問い合わせ"), [event()]) == "none", (
        "its program tells no more"
    )
    assert learned(replace(notice, references=("q@x",)), [event()]) == "none"
    assert learned(replace(notice, text=f"{ANSWER}\n\n{MARKED}"), [event()]) == "below"


def test_a_reply_that_could_not_be_read_whole_tells_nothing() -> None:
    assert learned(replace(mail(ANSWER), notes=("message.body-cut",)), [event()]) is None


def test_only_the_customers_words_count_as_quoted() -> None:
    ours = replace(event(), incoming=False)
    assert learned(mail(f"{MARKED}\n\n{ANSWER}"), [ours]) == "none"
    assert learned(mail(f"{MARKED}\n\n{ANSWER}"), [ours, event(), ours]) == "above"


# --- the drafts -----------------------------------------------------------------------------------------


def laid(text: str, how: Quoting, asked: Event, language: str = "ja") -> str:
    return Quotation(asked, OWN, Clock(TOKYO), wording(language)).around(text, how)


@pytest.mark.parametrize(
    ("how", "language", "expected"),
    [
        ("none", "ja", ANSWER),
        ("below", "ja", f"{ANSWER}\n\n{GMAIL}\n{MARKED}"),
        ("above", "ja", f"{GMAIL}\n{MARKED}\n\n{ANSWER}"),
        (
            "original",
            "ja",
            f"{ANSWER}\n\n-----元のメッセージ-----\n差出人: 山田花子 <hanako@example.jp>\n"
            f"送信日時: 2026年11月20日(金) 11:00\n宛先: {OWN}\n件名: お問い合わせ\n\n{ASKED}",
        ),
        (
            "original",
            "en",
            f"{ANSWER}\n\n-----Original Message-----\nFrom: 山田花子 <hanako@example.jp>\n"
            f"Sent: Fri, 20 November 2026 11:00\nTo: {OWN}\nSubject: お問い合わせ\n\n{ASKED}",
        ),
    ],
)
def test_a_draft_is_laid_out_in_the_shops_way(how: Quoting, language: str, expected: str) -> None:
    assert laid(ANSWER, how, event(), language) == expected


LINE = st.one_of(
    st.text("あ青。?->＞<_ :A1", max_size=12), st.sampled_from([*ASKED.split("\n"), ">_<", "> <"])
)
WORDS_OF_A_CUSTOMER = st.one_of(
    st.lists(LINE, max_size=6).map("\n".join),
    st.sampled_from([text for _, text in REPLIES.values()]),
    st.text(max_size=60),
)


@pytest.mark.parametrize("how", QUOTINGS)
@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=60, deadline=None)
@given(asked=WORDS_OF_A_CUSTOMER, name=st.text(max_size=400), subject=st.text(max_size=20))
def test_each_layout_is_read_back_as_our_words_and_as_itself(
    how: Quoting, language: str, asked: str, name: str, subject: str
) -> None:
    question = event(asked, name, subject)
    sent = laid(ANSWER, how, question, language)
    assert new_part(sent) == ANSWER
    marked = how == "original" and asked.lstrip().startswith((">", "＞"))
    assert quoting(sent, asked) == ("below" if marked else how)
    assert (
        new_part(laid(f"{ANSWER}\n\n-- \n{SIGNATURE}", how, event(asked, name, subject), language)) == ANSWER
    )


@pytest.mark.parametrize("how", QUOTINGS)
@pytest.mark.parametrize("head", [GMAIL, GMAIL_EN, FIELDS, "-----Original Message-----"])
def test_what_the_customer_writes_above_our_mail_is_read_back(how: Quoting, head: str) -> None:
    ours = laid(ANSWER, how, event())
    again = "ありがとうございます。\n2つお願いします。"
    marked = "\n".join(f"> {line}" if line else ">" for line in ours.split("\n"))
    assert new_part(f"{again}\n\n{head}\n{marked}") == again
    assert new_part(f"{again}\n\n{head}\n\n{ours}") == again


# --- the habit ------------------------------------------------------------------------------------------


def row(channel: str, *sent: Sequence[str]) -> Row:
    cells = {"channel": LAYOUT.label("channel", channel)}
    return Row(Record(2, cells), Base(facts={"sent": list(map(list, sent))}))  # type: ignore[arg-type]


def days(start: int, words: Iterable[str]) -> list[list[str]]:
    return [
        ["", "", f"2026-{day // 28 + 1:02}-{day % 28 + 1:02}", word] for day, word in enumerate(words, start)
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "below"),
        (["original"], "original"),
        (["original"] * 3 + ["none"] * 2, "original"),
        (["above"] * 2 + ["none"] * 2, "none"),
        (["above", "none", "above", "original"], "above"),
        (["below"] * 90 + ["none"] * 11, "none"),
        (["below"] * 90 + ["none"] * 9, "below"),
        (["none"] * 20 + ["somehow"] * 20, "none"),
    ],
)
def test_most_of_the_newest_replies_tell(words: list[str], expected: Quoting) -> None:
    rows = [row("mail", reply) for reply in days(0, words)]
    assert Habits(rows, LAYOUT).of("mail") == expected
    assert Habits(reversed(rows), LAYOUT).of("mail") == expected, "in whatever order people sort the rows"


def test_each_channel_has_its_own_habit_and_a_new_one_that_of_the_others() -> None:
    habits = Habits([row("mail", *days(0, ["above"] * 5)), row("form", *days(9, ["none"] * 4))], LAYOUT)
    assert [habits.of(channel) for channel in ("mail", "form", "amazon", "")] == [
        "above",
        "none",
        "above",
        "above",
    ]


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        ([["a", "b", "2026-11-20"]], [Sent("a", "b", "2026-11-20")]),
        ([["a", "b", "2026-11-20", "above"]], [Sent("a", "b", "2026-11-20", "above")]),
        ([["a", "b", "2026-11-20", "somehow"]], [Sent("a", "b", "2026-11-20")]),
        ([["a", "b", "2026-11-20", None]], [Sent("a", "b", "2026-11-20")]),
        ([["a", "b"], ["a", "b", "2026-11-20", "above", ""], "abcd", None, 3], []),
        ("abc", []),
    ],
)
def test_what_older_rows_remember_is_read(fact: object, expected: list[Sent]) -> None:
    assert Sent.read(fact) == expected
    assert Sent.read([sent.fact() for sent in expected]) == expected


# --- whole syncs ----------------------------------------------------------------------------------------


class Shop:
    """An office whose mailbox is a folder of .eml files."""

    def __init__(self, folder: Path) -> None:
        self.mail = folder / "mail"
        (self.mail / "Sent").mkdir(parents=True)
        self.office = Office(folder, EmlFolder("support", self.mail))
        self.count = 0

    def asks(self, date: datetime = NOW - timedelta(hours=1)) -> str:
        """Another customer writes."""
        self.count += 1
        self._put("", raw_mail(f"c{self.count}@example.jp", text=ASKED, key=f"q{self.count}@x", date=date))
        return f"q{self.count}@x"

    def answers(self, text: str, days_ago: float = 0) -> None:
        """The shop answers another customer, from a mail program."""
        date = NOW - timedelta(days=days_ago)
        asked = self.asks(date - timedelta(hours=1))
        to, key = f"c{self.count}@example.jp", f"r{self.count}@x"
        self._put("Sent", raw_mail(OWN, to, "Re: お問い合わせ", text, key, asked, date))

    def _put(self, folder: str, raw: bytes) -> None:
        (self.mail / folder / f"{self.count}.eml").write_bytes(raw)

    def drafts(self) -> str:
        """The text of the draft that a tick on the newest inquiry brings."""
        asked = self.asks()
        self.office.sync()
        rows = self.office.workbook.read().tables["inquiries"]
        number = next(i for i, row in enumerate(rows) if asked in str(row.cells["link"]))
        before = set(self.mail.glob("Drafts/*"))
        self.office.write(number, draft="✓", assignee="佐藤")
        self.office.sync()
        [path] = set(self.mail.glob("Drafts/*")) - before
        return text_of(parsed(path.read_bytes())).rstrip("\n")

    def remembered(self) -> list[str]:
        bases = (str(row.cells["base"]) for row in self.office.workbook.read().tables["inquiries"])
        return [sent[3] for base in bases for sent in json.loads(base)["f"].get("sent", [])]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_before_any_reply_the_quotation_stands_marked_below(shop: Shop) -> None:
    assert shop.drafts().endswith(f"\n\n2026年11月20日(金) 11:00 c1@example.jp:\n{MARKED}")


@pytest.mark.parametrize("name", ["Gmail", "Becky", "Outlook", "no quotation"])
def test_a_draft_quotes_as_the_sent_replies_do(shop: Shop, name: str) -> None:
    how, text = REPLIES[name]
    shop.answers(text)
    draft = shop.drafts()
    assert shop.remembered() == [how]
    assert quoting(draft, ASKED) == how
    assert ("青は再入荷しますか" in draft) == (how != "none")
    assert shop.office.sync().commits == [], "what is remembered is not written again"


def test_a_shop_that_changes_its_ways_is_followed(shop: Shop) -> None:
    for day in range(3):
        shop.answers(REPLIES["Outlook"][1], days_ago=30 - day)
    assert quoting(shop.drafts(), ASKED) == "original"
    for _ in range(4):
        shop.answers(ANSWER)
    assert quoting(shop.drafts(), ASKED) == "none"
    assert sorted(shop.remembered()) == ["none"] * 4 + ["original"] * 3


def test_nothing_of_a_mail_is_remembered_but_the_word(shop: Shop) -> None:
    shop.answers(f"{ANSWER}\n秘密\n\n{GMAIL}\n{MARKED}")
    shop.office.sync()
    base = str(shop.office.row["base"])
    assert json.loads(base)["f"]["sent"] == [["", "", "2026-11-20", "below"]]
    assert "秘密" not in base and "hanako" not in base
