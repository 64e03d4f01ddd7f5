"""By when the writer needs something: 「明日の結婚式で使います」「7日までに」 "by Friday".

Not every date in a mail is one: dates of orders, of absence, of a wished later delivery are none. So each
date that the text names is weighed by the words around it. Pure and linear, whatever the text.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, datetime, timedelta
from itertools import pairwise

from daicho.inquiry.numbers import plain

HORIZON = 60
"""Days ahead beyond which a date is no need-by date."""

UNLIKELY, LIKELY = 0.2, 0.45
"""Below the one chance of a deadline no date of a mail counts; from the other on all that may be one do."""

_WEEKDAYS = "月火水木金土日"
_ENGLISH_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_RELATIVE = {
    **dict.fromkeys(("今日", "本日", "きょう", "今夜", "今晩", "今夕", "today", "tonight"), 0),
    **dict.fromkeys(("明日", "あした", "あす", "明朝", "明晩", "tomorrow"), 1),
    **dict.fromkeys(("明後日", "あさって", "the day after tomorrow"), 2),
    **dict.fromkeys(("明々後日", "しあさって"), 3),
}
_FEASTS = {  # month and day of days that people name instead of a date
    "大晦日": (12, 31),
    "元日": (1, 1),
    "節分": (2, 3),
    "バレンタイン": (2, 14),
    "七夕": (7, 7),
    "ハロウィン": (10, 31),
    "イブ": (12, 24),
    "クリスマス": (12, 25),
}
_MOVING_FEASTS = {"母の日": (5, 6, 2), "父の日": (6, 6, 3), "敬老の日": (9, 0, 3)}
"""Month, weekday and which of that weekday: Mother's Day is the second Sunday in May."""


# --- dates as people write them ---


def _number(digits: str) -> int:
    """`digits` in ASCII or kanji (十月二十四日) as a number below 100."""
    if digits.isdecimal():
        return int(digits)
    tens, ten, ones = digits.rpartition("十")
    value = "〇一二三四五六七八九".index
    return (value(tens) if tens else 1) * 10 * bool(ten) + (value(ones) if ones else 0)


def _day(year: int, month: int, day: int) -> date | None:
    return date(year, month, day) if 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1] else None


def _coming(month: int, day: int, today: date) -> date | None:
    """The month's day nearest to `today`, of last, this or next year."""
    days = (
        found for year in (today.year - 1, today.year, today.year + 1) if (found := _day(year, month, day))
    )
    return min(days, key=lambda found: abs((found - today).days), default=None)


def _day_of_month(day: int, months_ahead: int | None, today: date) -> date | None:
    """The `day`-th of the month that is named, else the one nearest to `today`."""
    around = (-1, 0, 1) if months_ahead is None else (months_ahead,)
    months = (divmod(today.year * 12 + today.month - 1 + ahead, 12) for ahead in around)
    days = (found for year, month in months if (found := _day(year, month + 1, day)))
    return min(days, key=lambda found: abs((found - today).days), default=None)


def _moving_feast(name: str, today: date) -> date:
    month, weekday, nth = _MOVING_FEASTS[name]
    first = date(today.year, month, 1)
    return first + timedelta((weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _weekday(weekday: int, weeks: int | None, today: date) -> date:
    """The coming weekday, or that of this week, the next, …; weeks begin on Monday."""
    if weeks is None:
        return today + timedelta((weekday - today.weekday()) % 7)
    return today + timedelta(weekday - today.weekday() + 7 * weeks)


def _weekend(weeks: int, today: date) -> date:
    """The Saturday of this week or a later one; on a Sunday this weekend is today."""
    return today if not weeks and today.weekday() == 6 else _weekday(5, weeks, today)


_Resolver = Callable[[re.Match[str], date], date | None]
_WEEKS = {"先々": -2, "先週": -1, "昨週": -1, "今週": 0, "来週": 1, "翌週": 1, "再来": 2}
_KANJI_DIGITS = "一二三四五六七八九十"
_D = rf"(?:\d{{1,2}}|[{_KANJI_DIGITS[:-1]}]?十[{_KANJI_DIGITS[:-1]}]?|[{_KANJI_DIGITS[:-1]}])"
_DATES: tuple[tuple[re.Pattern[str], _Resolver], ...] = (
    (
        re.compile(r"(?<!\d)(?P<y>20\d\d)(?:年|[-/.])(?P<m>\d{1,2})(?:月|[-/.])(?P<d>\d{1,2})日?(?!\d)"),
        lambda found, today: _day(int(found["y"]), int(found["m"]), int(found["d"])),
    ),
    (
        re.compile(rf"(?<![\d/年-])(?P<m>{_D})(?:月|/)(?P<d>{_D})(?:日|(?![\d/]))(?!間)"),
        lambda found, today: _coming(_number(found["m"]), _number(found["d"]), today),
    ),
    (
        re.compile(
            rf"(?:(?P<of>今月|来月)の?|(?<![\d月/.,{_KANJI_DIGITS}]))(?P<d>{_D})日"
            r"(?!間|前|後|目|以内|分|ほど|たっ|経|以上|おき)"
        ),
        lambda found, today: _day_of_month(
            _number(found["d"]), {"今": 0, "来": 1}.get((found["of"] or "")[:1]), today
        ),
    ),
    (
        re.compile(
            rf"(?P<week>先々週|先週|今週|来週|翌週|再来週)?の?"
            rf"(?<![年毎{_WEEKDAYS}])(?<!毎週)(?P<w>[{_WEEKDAYS}])曜"
        ),
        lambda found, today: _weekday(
            _WEEKDAYS.index(found["w"]), _WEEKS.get((found["week"] or "")[:2]), today
        ),
    ),
    (
        re.compile(r"(?P<next>来週の?)?(?<![毎先])週末|this weekend\b"),
        lambda found, today: _weekend(1 if found["next"] else 0, today),
    ),
    (
        re.compile(rf"(?<!から)(?<![{_KANJI_DIGITS}\d])(?P<n>{_D})日後"),
        lambda found, today: today + timedelta(_number(found["n"])),
    ),
    (re.compile(r"今週(?=中|のうち)|this week\b"), lambda found, today: max(today, _weekday(4, 0, today))),
    (re.compile(r"週明け"), lambda found, today: _weekday(0, 1, today)),
    (
        re.compile(r"今月末|今月(?=中|のうち)|(?<![先来毎])月末"),
        lambda found, today: _day(today.year, today.month, monthrange(today.year, today.month)[1]),
    ),
    (
        re.compile("|".join(sorted(map(re.escape, _RELATIVE), key=len, reverse=True)), re.IGNORECASE),
        lambda found, today: today + timedelta(_RELATIVE[found[0].lower()]),
    ),
    (
        re.compile("|".join(_FEASTS)),
        lambda found, today: _coming(*_FEASTS[found[0]], today),
    ),
    (
        re.compile("|".join(_MOVING_FEASTS)),
        lambda found, today: _moving_feast(found[0], today),
    ),
    (
        re.compile(rf"\b(?P<next>next )?(?P<w>{'|'.join(_ENGLISH_DAYS)})\b", re.IGNORECASE),
        lambda found, today: _weekday(
            _ENGLISH_DAYS.index(found["w"].lower()), 1 if found["next"] else None, today
        ),
    ),
    (
        re.compile(
            rf"\b(?P<m>{'|'.join(_MONTHS)})[a-z]{{0,6}}\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b", re.IGNORECASE
        ),
        lambda found, today: _coming(_MONTHS.index(found["m"].lower()) + 1, int(found["d"]), today),
    ),
    (
        re.compile(
            rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<m>{'|'.join(_MONTHS)})[a-z]{{0,6}}\b",
            re.IGNORECASE,
        ),
        lambda found, today: _coming(_MONTHS.index(found["m"].lower()) + 1, int(found["d"]), today),
    ),
    (
        re.compile(r"\bthe (?P<d>\d{1,2})(?:st|nd|rd|th)\b", re.IGNORECASE),
        lambda found, today: _day_of_month(int(found["d"]), None, today),
    ),
)


@dataclass(frozen=True, slots=True)
class _Mention:
    day: date
    start: int
    end: int


def _mentions(text: str, today: date) -> list[_Mention]:
    """The dates that `text` names, in order; of two readings of one place the first kind's."""
    found: list[_Mention] = []
    taken: set[int] = set()
    for pattern, resolve in _DATES:
        for match in pattern.finditer(text):
            span = range(*match.span())
            if taken.isdisjoint(span) and (day := resolve(match, today)):
                taken.update(span)
                found.append(_Mention(day, match.start(), match.end()))
    return sorted(found, key=lambda mention: mention.start)


# --- which of them is a date of need ---

_HOUR = r"(?:朝|昼|夜|夕方|晩|正午|早朝|午前中?|午後|\d{1,2}[時:]\d{0,2}[半分]?)"
_PART_OF_DAY = rf"[\s()月火水木金土日曜祝、]{{0,6}}の?(?:{_HOUR}の?){{0,2}}(?:いちばん|一番)?"
_EVENT = (
    r"(?:結婚|挙式|披露宴|入籍|結納|誕生|記念日|還暦|米寿|祝い|七五三|節句|お参り|宮参り|葬|通夜|法事|法要|四十九日|告別"
    r"|会議|理事会|総会|監査|調査|検査|面接|面談|試験|入試|検定|審査|発表|運動会|遠足|演奏会|音楽会|始業|終業|卒園|卒業"
    r"|入学|入園|イベント|催し|ワークショップ|講習|講座|バザー|縁日|祭り|花火|納涼|パーティ|パレード|忘年会|新年会|送別会"
    r"|歓迎会|茶会|町内会|食事会|顔合わせ|ライブ|大会|試合|マラソン|キャンプ|夜行|フライト|前撮り|撮影|展示|公演|入稿"
    r"|納品|精算|決算|申告|申請|本番|出発|旅行|引っ?越|退去|入院|手術|退院|面会)"
)
_EVENT_OF_DAY = re.compile(rf"{_PART_OF_DAY}(?:は|が|に)?[^\s、。]{{0,8}}?{_EVENT}")
_EVENT_BEFORE = re.compile(rf"{_EVENT}[^\s、。]{{0,4}}(?:は|が|も|、|を|の)?\s?$")
_LEAVES = re.compile(
    rf"{_PART_OF_DAY}(?:から|に)[^。、]{{0,12}}(?:旅|留学|合宿|帰省|キャンプ|発[ちつ]|引き?払)"
)
_DEADLINE = re.compile(
    rf"{_PART_OF_DAY}(?:までに|までの|まで(?:。|、|で|が)|必着|着希望|着?に間に合|中に|じゅうに|のうちに|前に"
    r"|(?:が|で)?(?:期限|締め?切|提出|〆|締め|閉じ|閉ま)|で[^。、]{0,10}(?:閉じ|閉ま|締め?切))"
)
_OWN_DEED = re.compile(
    r"(?:中に?|じゅうに?|のうちに?|に|、)?(?:これから|すぐ)?"
    r"(?:手続き?[をす]|申し?込[めむん]|注文[しす]|頼[めむん]|買[えう]|購入[しす]|入金[しす]|振り?込)"
)
# What follows a date that is none of need: the earliest it may be, what is planned then, what was done then.
_OTHER_DATE = re.compile(
    rf"{_PART_OF_DAY}(?:以降|以後|から|より後|すぎ|過ぎ|ごろ|頃|着[でのと]|指定|(?:お届け)?予定|生まれ|分の?|号|付け?"
    r"|にお?[届着]く(?:予定|はず|と)|発送済|出荷済|のまま|時点|現在"
    r"|[^。]{0,18}?(?:注文し|購入し|買(?:った|って|い求)|頼(?:んだ|んで|みま)|申し?込(?:んだ|みま)|納め|届い[たて]|届きました"
    r"|着い[たて]|受け取(?:った|りま)|振り?込(?:んだ|みま)|送(?:った|りま|ってい)|メールし|電話し|連絡し|お願いし[たまて]"
    r"|来まし|来た|ありました|もらいました|いただきました|頂きました|払いま|払った|だった|でした))"
)
_LATER_WANTED = re.compile(
    r"[^。]{0,14}(?:以降|ずら|遅らせ|後ろ|延ば|のば|留守|不在|いない|いません|空け|空に)"
)
_USED = re.compile(
    rf"[^。]{{0,30}}?(?:{_EVENT}|間に合|必要|要り?[るま]|い[るり](?:ん|の|もの|で|ます)|入り用|使[うい]|使わせ|着[るたせま]"
    r"|履[きくい]|はか|かぶ|渡[しすせ]|贈[るりっ]|あげ(?:る|たい)|持って[行い]|ほしい|欲し|届[きかけ]|着[きく]?(?:ますか|く\?)"
    r"|手元|困|受け取(?:れ|りた)|出発|発[つち]|出ま|帰省|式|旅|プレゼント|来客|泊ま|来[るま]|焼[かく]|仕上げ|配[るり]"
    r"|飾[るりら]|敷[いく]|払わ|出(?:す|し[まて]))"
)
_REFERS_BACK = re.compile(r"それまで|その(?:前|時|席|朝|夜)|当日|前日|出発前|(?:before|by) then")
_TODAY = re.compile(
    rf"{_PART_OF_DAY}(?:中[にの]|じゅう|のうちに|まで[に。が]|必着|が(?:本番|期限|締)|は[^。、]{{0,8}}{_EVENT}|入れない)"
    rf"|の[^\s、。]{{0,6}}?{_EVENT}"
)
_ENGLISH_BEFORE = re.compile(
    r"\b(?:by|before|until|in time for|no later than|need(?:ed)?(?: it| them| this)?(?: on| for)?)"
    r"(?: the| this| next)? $",
    re.IGNORECASE,
)
_ENGLISH_EVENT = (
    r"\b(?:wedding|birthday|party|flight|trip|departure|leav|shoot|exam|interview|meeting|audit|guests?|dinner"
    r"|gift|ceremony|festival|event|deadline|clos(?:e|ing)|airport|at the latest|in time)"
)
_ENGLISH_EVENT_BEFORE = re.compile(rf"{_ENGLISH_EVENT}[^.]{{0,30}}$", re.IGNORECASE)
_ENGLISH_EVENT_AFTER = re.compile(rf"[^.]{{0,60}}{_ENGLISH_EVENT}", re.IGNORECASE)
_SENTENCE = re.compile(r"[^。！!？?\n]{1,400}[。！!？?\n]?")


def need_by(text: str, sent: datetime, chance: float | None = None) -> date | None:
    """The earliest day by which the writer of `text` needs something; None if no such day is named.

    `sent` is aware and local: 「明日」 is the day after its date. A day that has passed is none.
    `chance` (0 to 1) is how likely the mail as a whole speaks of a deadline, where that was learned; without
    it the words around each date decide alone.
    """
    today = sent.date()
    if not MINYEAR + 1 < today.year < MAXYEAR:
        return None  # a forged Date: there are no days around it to count
    if chance is not None and chance < UNLIKELY:
        return None
    likely = chance is not None and chance >= LIKELY
    sentences = pairwise([*_SENTENCE.findall(plain(text)), ""])
    return min(
        (day for sentence, next_one in sentences for day in _needed(sentence, next_one, today, likely)),
        default=None,
    )


def _needed(sentence: str, following: str, today: date, likely: bool) -> Iterator[date]:
    """The days of need among the dates of one sentence."""
    mentions = _mentions(sentence, today)
    ends = [*(mention.start for mention in mentions), len(sentence)][1:]
    for mention, end in zip(mentions, ends, strict=True):
        ahead = (mention.day - today).days
        near = 0 <= ahead <= HORIZON
        after = sentence[mention.end : end]
        if near and _is_need(sentence, mention, after, following, ahead, likely):
            yield mention.day


def _is_need(sentence: str, mention: _Mention, after: str, following: str, ahead: int, likely: bool) -> bool:
    """Whether a date is one of need. `after` ends at the sentence's next date, `ahead` is in days."""
    before, rest = sentence[max(0, mention.start - 40) : mention.start], sentence[mention.end :]
    # 「今日中に申し込めば」: what they will do then.
    if _OWN_DEED.match(rest):
        return False
    # 「7日までに」: a deadline, whatever else follows.
    if _DEADLINE.match(rest):
        return True
    # The day of the mail: 「今夜は妻の誕生日」, but not 「今日届きました」.
    if not ahead:
        return bool(_TODAY.match(rest))
    # 「16日の理事会で配る手帳をお願いしましたが」: the event counts, not that it was ordered.
    if _EVENT_OF_DAY.match(rest) or _LEAVES.match(rest) or _EVENT_BEFORE.search(before):
        return True
    # 「12日に届く予定」「13日以降なら」
    if _OTHER_DATE.match(after) or _LATER_WANTED.match(after):
        return False
    # A mail that speaks of a deadline, and no word that says this date is another one.
    if likely:
        return True
    # 「12日に渡したい」 "by Friday"
    if _USED.match(rest) or _ENGLISH_BEFORE.search(before):
        return True
    # "The wedding is on Friday", "on Friday our guests arrive"
    if _ENGLISH_EVENT_BEFORE.search(before) or _ENGLISH_EVENT_AFTER.match(rest):
        return True
    # 「日曜に皆に出します。その前に知りたいです」
    return bool(_REFERS_BACK.search(rest) or _REFERS_BACK.search(following))
