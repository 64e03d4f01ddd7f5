"""By when the writer needs something. Mails are sent on Friday 9 October 2026 where no other day is named."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daicho.inquiry.needby import LIKELY, UNLIKELY, need_by

TOKYO = ZoneInfo("Asia/Tokyo")
FRIDAY = datetime(2026, 10, 9, 21, 30, tzinfo=TOKYO)


def days_until(text: str, chance: float | None = None) -> int | None:
    """Days from FRIDAY until the day of need."""
    needed = need_by(text, FRIDAY, chance)
    return None if needed is None else (needed - FRIDAY.date()).days


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("今日中に返事をください", 0),
        ("今日の会議で使います", 0),
        ("今夜は妻の誕生日です", 0),
        ("明日の結婚式で使います", 1),
        ("明日の昼までにないと困ります", 1),
        ("あさってのバザーに10斤焼きます", 2),
        ("明後日必着でお願いします", 2),
        ("誕生日は明日なんです", 1),
        ("今週末の旅行に持って行きたいです", 1),
        ("月曜までに届きますか", 3),
        ("三日後の結婚式で使います", 3),
        ("来週の火曜の会議で配ります", 4),
        ("10/12に渡したいのですが間に合いますか", 3),
        ("10月12日の法事に間に合いますか", 3),
        ("十月十二日までにお願いします", 3),
        ("１２日の朝に使います", 3),
        ("12日（月）の運動会で履かせたいです", 3),
        ("来月3日の食事会でつけます", 25),
        ("2026年10月12日までに必要です", 3),
        ("クリスマスまでに届きますか", None),  # more than two months ahead
        ("日曜（11日）の町内会で出します。その前に知りたいです", 2),
        ("12日に父が退院してきます。その日から履かせたいです", 3),
        ("月曜からキャンプです", 3),
        ("13日の理事会で配る手帳を30冊お願いしましたが、足りません", 4),
        ("12日までか、遅くとも14日に使います", 3),  # the earliest counts
        ("I need it by Monday", 3),
        ("It is for my mother's birthday on October 12", 3),
        ("Can it arrive in time for the 12th?", 3),
        ("My flight leaves tomorrow night", 1),
        ("We need it the day after tomorrow", 2),
        ("We use it this weekend for a party", 1),
    ],
)
def test_a_day_of_need_is_read(text: str, days: int | None) -> None:
    assert days_until(text) == days


@pytest.mark.parametrize(
    ("text", "chance", "days"),
    [
        ("11日の朝いちのバスなんです", None, None),  # the words around this day say too little
        ("11日の朝いちのバスなんです", LIKELY, 2),
        ("11日に届いたものです", LIKELY, None),  # a day that is said to be another one stays one
        ("12日までに連絡がなければ、警察に行きます", None, 3),
        ("12日までに連絡がなければ、警察に行きます", UNLIKELY - 0.01, None),
        ("今日届きました", LIKELY, None),
    ],
)
def test_what_the_whole_mail_speaks_of_decides_where_the_words_around_a_day_do_not(
    text: str, chance: float | None, days: int | None
) -> None:
    assert days_until(text, chance) == days


@pytest.mark.parametrize(
    "text",
    [
        "10/7に注文しました",
        "10月7日に届きましたが割れていました",
        "今日届きました",
        "昨日の誕生日に間に合いませんでした",
        "10/12着でお願いしていました",
        "12日に届く予定です",
        "本日中に申し込めば届きますか",
        "毎週土曜に更新を見ています",
        "13日以降ならいつでも受け取れます",
        "12日は留守なのでずらしてください",
        "先週の火曜に頼んだ品です",
        "配送は3日間かかりますか",
        "発送から7日たちました",
        "日曜日がお休みですか",
        "至急お願いします！！",
        "",
    ],
)
def test_another_date_is_no_day_of_need(text: str) -> None:
    assert need_by(text, FRIDAY) is None


@pytest.mark.parametrize(
    ("sent", "text", "needed"),
    [
        ("2026-12-30", "3日までにお願いします", "2027-01-03"),
        ("2026-12-30", "1/2までにお願いします", "2027-01-02"),
        ("2026-02-27", "30日までにお願いします", None),  # neither in February nor ahead
        ("2026-10-11", "日曜までにお願いします", "2026-10-11"),
        ("2026-10-11", "来週の日曜までにお願いします", "2026-10-18"),
        ("2026-10-29", "今月末までにお願いします", "2026-10-31"),
        ("2026-10-29", "今週中にお願いします", "2026-10-30"),
        ("2026-10-29", "週明けまでにお願いします", "2026-11-02"),
        ("2026-12-22", "クリスマスまでにお願いします", "2026-12-25"),
        ("2026-10-11", "今週末の旅行で使います", "2026-10-11"),
        ("2026-05-05", "母の日までに届きますか", "2026-05-10"),
        ("2026-12-22", "イブまでにお願いします", "2026-12-24"),
    ],
)
def test_days_are_counted_from_the_day_of_the_mail(sent: str, text: str, needed: str | None) -> None:
    local = datetime.fromisoformat(sent).replace(tzinfo=TOKYO)
    assert need_by(text, local) == (needed and date.fromisoformat(needed))


@given(st.integers(1, 60), st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_a_date_with_month_and_day_is_found_on_any_day(ahead: int, day: date) -> None:
    sent = datetime.combine(day, FRIDAY.timetz())
    needed = day + timedelta(ahead)
    for written in (f"{needed.month}月{needed.day}日", f"{needed.month}/{needed.day}", f"{needed:%Y-%m-%d}"):
        assert need_by(f"{written}までに必要です", sent) == needed


@given(
    st.text(max_size=200)
    | st.lists(
        st.sampled_from(
            [*"0123456789/月日曜金十の、。 \n", "明日", "までに", "今週", "誕生日", "Friday", "by "]
        ),
        max_size=80,
    ).map("".join),
    st.dates().map(lambda day: datetime.combine(day, FRIDAY.timetz())),
)
def test_no_text_makes_reading_fail_and_no_day_lies_in_the_past(text: str, sent: datetime) -> None:
    needed = need_by(text, sent)
    assert needed is None or sent.date() <= needed <= sent.date() + timedelta(60)


@pytest.mark.parametrize(
    "piece", ["1/1", "10日の", "明日", "一十", "月曜", "the 1st ", "、", "あ", "  ", "2026-1"]
)
def test_half_a_million_characters_of_anything_are_read(piece: str) -> None:
    assert need_by("割れていました。" + piece * (500_000 // len(piece)), FRIDAY) in (
        None,
        *(FRIDAY.date() + timedelta(day) for day in range(61)),
    )
