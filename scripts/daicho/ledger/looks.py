"""What looks personal, whoever's it is: patterns for narrow text (`masking.narrow`), each bounded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

Kind = Literal["name", "email", "phone", "order", "address"]

EVERYDAY = str.maketrans(
    "髙﨑嵜碕濵濱澤邉邊齋齊斉嶋嶌國廣眞惠櫻瀧德栁冨彌榮峯淺靜藏條兒豐實壽黑槇舘曾關澁龍增",
    "高崎崎崎浜浜沢辺辺斎斎斎島島国広真恵桜滝徳柳富弥栄峰浅静蔵条児豊実寿黒槙館曽関渋竜増",
)
"""Letters of family names that people swap for the everyday ones."""

KANJI_LETTERS = "一-鿿々〆ヶ\uf900-\ufaff"
"""A character class's inside: letters of names, with those that Japanese PCs have besides (﨑)."""

_EMAIL = re.compile(
    r"[A-Za-z0-9._%+'-]{1,64} ?(?:@|\(at\)|\[at\]|＠) ?[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6}"
)
_GAP = r"[ \t.・()ー-]{0,3}"
_PHONE = re.compile(rf"(?<![0-9A-Za-z])(?:\+ ?81{_GAP}0?|0)(?:{_GAP}[0-9]){{8,10}}(?![0-9])")
KANJI_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_KANJI_DIGIT = "[〇零一二三四五六七八九]"
# As in a letter written downwards: 〇九〇-一二三四-五六七八, 〇三（一二三四）五六七八.
_KANJI_PHONE = re.compile(
    rf"(?<!{_KANJI_DIGIT})[〇零](?:[ ()・ー|の-]{{0,2}}{_KANJI_DIGIT}){{9,10}}(?!{_KANJI_DIGIT})"
)
_ABROAD = re.compile(
    # 0044… is +44…; ten digits that begin so are some shop's numbers.
    rf"(?:\+ ?[1-9](?:{_GAP}[0-9]){{7,14}}|(?<![0-9A-Za-z])00[1-9](?:{_GAP}[0-9]){{9,14}})(?![0-9])"
)
_TOLD_PHONE = re.compile(
    r"(?:電話|携帯|(?<![a-z])(?:tel|phone|mobile|fax))(?:番号)?[ \t]?(?:[:=はが]|no\.?)?[ \t]{0,4}"
    r"((?<![0-9])(?:[0-9]{1,5}[ ()-]{1,2}){1,3}[0-9]{4})(?![0-9])",
    re.IGNORECASE,
)
_CARD = re.compile(
    r"(?<![0-9A-Za-z-])(?:[0-9]{4}(?:[ -][0-9]{4}){2}[ -][0-9]{1,4}|[0-9]{4}[ -][0-9]{6}[ -][0-9]{4,5}"
    # No card begins like a date, 20261121…. Thirteen digits that begin so are a Japanese article's bar code.
    r"|(?=[3-6]|2[2-7])(?!4[59][0-9]{11}(?![0-9]))[0-9]{13,16})(?![0-9A-Za-z])"
)
_PREFECTURE = r"(?:東京都|北海道|京都府|大阪府|[一-龠]{2,3}県)"
_PLACE = r"[一-龠々ぁ-んァ-ヶー]"
_NUMERAL = "[〇一二三四五六七八九十]"
_STEP = r" ?(?:丁目|番地の?|番|号|条[東西南北]?|[-ーの])"
# In kanji only where a house is meant: 「この地区で一番」 is no address.
_BEFORE_STEP = rf"丁目|番地|番{_NUMERAL}{{1,3}}号|条[東西南北]?{_NUMERAL}|-{_NUMERAL}"
_HOUSE_BEGINS = rf"(?:[0-9]{{1,5}}|{_NUMERAL}{{1,3}}(?={_BEFORE_STEP}))"
_HOUSE_GOES_ON = rf"{_STEP} ?(?:{_NUMERAL}{{1,3}}(?=[番号丁-]|[^一-龠]|\Z)|[0-9]{{0,5}}(?![0-9]))"
_HOUSE = rf"{_HOUSE_BEGINS}(?:{_HOUSE_GOES_ON}){{0,5}}"
_BUILDING = r"(?:[ \t]?[^\s、。,，「」()（）:：@+0-9]{1,20} ?[0-9]{1,4}(?:号室?|[A-Z])?)?"
_CODE = r"(?:〒 ?[0-9]{3}-?[0-9]{4}|[0-9]{3}-[0-9]{4})"
_TOWN = rf"(?:{_PLACE}|[〇○◯]){{1,24}}"
_NO_COUNT = r"(?! ?(?:営業|[日週月年個枚円時分件回冊本]|[かヶ]月|-?[0-9]))"
# Without a town's name only a label or a postcode tells that 「神宮前1-2-3」 is an address.
_BLOCK = rf"{_TOWN} ?{_HOUSE_BEGINS}(?:{_HOUSE_GOES_ON}){{1,5}}{_NO_COUNT}{_BUILDING}"
_CLOSE_BLOCK = (
    # 「お届け先 変更 11-20に」 is a date.
    rf"{_TOWN}(?: {_HOUSE_BEGINS}(?:{_HOUSE_GOES_ON}){{2,5}}|{_HOUSE_BEGINS}(?:{_HOUSE_GOES_ON}){{1,5}})"
    rf"{_NO_COUNT}{_BUILDING}"
)
_STREET = (
    r"(?<![0-9A-Za-z])[0-9]{1,5}[A-Z]? (?:[A-Z][A-Za-z']{1,20} ){1,4}"
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Square|Court|Way|Place|Terrace|Crescent)"
    r"(?![A-Za-z])\.?(?:,? (?:[A-Z][A-Za-z]{1,20}|[A-Z0-9]{2,4}|[0-9]{5})(?![A-Za-z0-9])){0,6}"
)
_ADDRESS = re.compile(
    rf"(?:〒 ?)?(?:[0-9]{{3}}-[0-9]{{4}}\s{{0,2}})?{_PREFECTURE} ?{_PLACE}{{1,12}}?[市区郡町村]"
    rf"(?: ?{_PLACE}{{0,16}} ?{_HOUSE}{_BUILDING})?"
    rf"|{_PLACE}{{1,8}}?[市区郡]{_PLACE}{{1,16}} ?{_HOUSE}{_BUILDING}"
    rf"|{_PLACE}{{1,8}}?[市区]{_PLACE}{{1,16}}?(?:上る|下る|上ル|下ル|東入る?|西入る?)"
    rf"|〒 ?[0-9]{{3}}-?[0-9]{{4}}(?:\s{{0,3}}{_BLOCK})?"
    rf"|{_STREET}"
)
_TOLD_ADDRESS = re.compile(
    r"(?:ご?住所|お?届け?先|送り先|配送先|郵便番号)(?:は|が|[ \t]{1,4})[ \t]{0,2}"
    rf"({_CODE}\s{{0,3}}{_BLOCK}|{_CLOSE_BLOCK})"
)
_NAME_LABEL = (
    r"(?:お?名前|氏名|ご?芳名|フリガナ|ふりがな|お届け先名|受取人名?|名義人?|宛名|お客様名|ご?担当者名"
    r"|ご?(?:注文|購入|依頼|予約)(?:者|主)(?:様?名|様)?|送り主)"
)
_LABELLED_NAME = re.compile(
    rf"(?:{_NAME_LABEL}|(?<![a-z])name)"
    r"(?:\([^()\n]{1,8}\))?[\]】]?[ \t]{0,4}[:=][ \t]{0,4}([^\n:、。]{2,30})",
    re.IGNORECASE,
)
_KANA_WORDS = "[ァ-ヶー]{2,8} [ァ-ヶー]{2,8}"
_COLUMN_NAME = re.compile(
    # A form's columns are set with blanks: 「お名前　山田太郎」 is a whole line.
    rf"^[ \t]{{0,4}}{_NAME_LABEL}[\]】]?[ \t]{{1,8}}([{KANJI_LETTERS}]{{2,6}}(?: [{KANJI_LETTERS}]{{1,4}})?)"
    r"[ \t]{0,4}(?:様|殿)?[ \t\r]{0,4}$",
    re.MULTILINE,
)
_SAID_KANA = re.compile(rf"(?:名義人?|フリガナ|お?名前)(?:は|が|[ \t]{{1,4}})?({_KANA_WORDS})")
_LABELLED_ADDRESS = re.compile(
    r"(?:ご?住所|お?届け?先|送り先|配送先|(?<![a-z-])(?:shipping |postal |home )?address)"
    r"[\]】]?[ \t]{0,4}[:=][ \t]{0,4}([^\n]{4,100})",
    re.IGNORECASE,
)
Looks = tuple[Kind, re.Pattern[str], str]
"""A kind of value, its pattern, and the letters of which a text with such a value has at least one."""

UNMISTAKABLE: tuple[Looks, ...] = (
    ("email", _EMAIL, "@(["),
    ("phone", _ABROAD, "0+"),
    ("phone", _PHONE, "0+"),
    ("phone", _KANJI_PHONE, "〇零"),
    ("order", _CARD, "0123456789"),
)
CONTACTS: tuple[Looks, ...] = (*UNMISTAKABLE, ("address", _ADDRESS, "0123456789都道府県市区"))
PATTERNS: tuple[Looks, ...] = (
    *CONTACTS,
    ("phone", _TOLD_PHONE, "0123456789"),
    ("address", _LABELLED_ADDRESS, ":="),
    ("address", _TOLD_ADDRESS, "所先号"),
    ("name", _LABELLED_NAME, ":="),
    ("name", _SAID_KANA, "名ナ"),
)
_KANJI = f"(?![様殿客])[{KANJI_LETTERS}]"
TITLED = re.compile(
    rf"((?!先[ \t])(?:{_KANJI}){{1,4}}(?:[ \t]?(?:{_KANJI}|[ぁ-んァ-ヶ]){{1,5}}?)?"
    r"|[ァ-ヶー]{2,8}(?: ?[ァ-ヶー]{2,8})?)"
    r"[ \t]?(?:様|殿|さま(?![ぁ-ん]))(?![々子式変])"
)
_BEFORE_TITLES = """一名 二名 三名 四名 五名 十名 数名 何名
皆 奥 何 同 仕 模 多 各位 御中 主人 旦那 母 父 神 王 嬢 子 店主 店長 担当者 関係者
利用者 会員 購入者 注文者 受取人 会社 業者 御社 貴社 先方 相手 家族 友人 両親 有 の は が を に で と も お"""
NOT_NAMES = tuple(_BEFORE_TITLES.split())
"""What stands before 様 and is no name: 皆様, 仕様, 同様, ご担当者様."""

SAID = re.compile(
    rf"((?<![{KANJI_LETTERS}])[{KANJI_LETTERS}]{{1,4}}|[ァ-ヶー]{{2,8}}|[ぁ-ん]{{2,5}})[ \t]?"
    r"(?=様|さん|さま|殿|くん|ちゃん|です|でございます|と申|ともうし|と言|といい|より|宛)"
)


# --- names without a blank ---------------------------------------------------------------------------------

_ONE_LETTER = "林森原辻岡谷関堀菅柳榎岸堤泉畑峰島沢浜杉桂榊椿楠梶柴栗桜梅松橘滝湊窪乾秦轟鎌宮牧"
"""Family names of one letter that are no weekday, size or direction (bare: everyday letters)."""

_COMMON_WORDS = """今日 明日 昨日 毎日 平日 日本 一番 二番 三番 五十 千円 商品 注文
大切 大事 以上 以下 上下 左右 東西 南北 前後 午前 午後 今回 前回 次回 今年 来年 昨年
今月 来月 先月 時間 期間 一部 全部 内容 中古 新品 大小 小物 大和 見本 基本 花見 年中
途中 店内 国内 社内 案内 入口 出口 窓口 人間 世間 週間 手間 昼間 夜間 東京 京都 大阪
北海 千代 赤色 白色 金色 銀色 松竹 花子 一郎 太郎 配達中 発送中 注文中 梱包 部屋 家内
身内 町内 村内 都内 県内 市内 区内 地元 口元 手元 足元 海外 屋外 以外 以内 年末 年始
本人 本体 上記 下記 中身"""
_NO_FAMILY = frozenset(_COMMON_WORDS.split())
"""Words that begin somebody's name, or look like one, and are mostly something else."""

_COMPANY_ENDS = "店 社 堂 局 部 課 係 会 院 園 校 室 所 館 房 団 計 業 窓口 事務"
_OF_COMPANIES = tuple(_COMPANY_ENDS.split())
"""How a shop's or an office's name ends, of which the beginning is no family name."""

_FAMILY_ENDS = "田村山川本木野原島崎井沢藤橋林森岡口谷松石上中内部宮池坂竹根保瀬浦尾津葉辺水塚江間永吉下地嵐"
_NOT_GIVEN = tuple("店社長員者人屋家師達方県市区町村部課係側本中内上下口間")
_CALLED = re.compile(
    rf"(?<![{KANJI_LETTERS}])([{KANJI_LETTERS}]{{2,6}}(?: [{KANJI_LETTERS}]{{1,3}})?)[ \t]?(?:さん|氏(?!名))"
)
_NAME_IS = re.compile(
    rf"名前(?:は|が)([{KANJI_LETTERS}]{{3,6}}(?: [{KANJI_LETTERS}]{{1,3}})?)(?=です|で、|と|。|\s)"
)

ALONE = re.compile(
    rf"(?<![{KANJI_LETTERS}ァ-ヺー])([{KANJI_LETTERS}]{{1,3}})"
    r"(?=$|[\s、。,.!?・:;/()\[\]【】「」『』<>〈〉《》*_=~|-]|の|です|でした|様|さん|さま|殿|氏|くん|ちゃん|と申|と言|といい"
    r"|で(?:ございま|御座いま)|より|から|宛|は|が|も)",
    re.MULTILINE,
)
"""Kanji that no other kanji stands beside."""

_OPENING, _CLOSING = "([【「『<〈《", ")]】」』>〉》"


def family_parts(own: str) -> list[str]:
    """What can be the family name at the beginning of a bare name without a blank, but for single letters
    that are mostly something else."""
    if not re.match(rf"[{KANJI_LETTERS}]{{2}}", own) or own.endswith(_OF_COMPANIES):
        return [own] if len(own) == 1 else []
    parts = [own[:end] for end in range(1, min(len(own), 4))]
    return [
        part
        for part in parts
        if re.fullmatch(rf"[{KANJI_LETTERS}]+", part)
        and (part in _ONE_LETTER if len(part) == 1 else part not in _NO_FAMILY)
    ]


def called(plain: str) -> Iterator[tuple[int, int]]:
    """Where somebody is called by a name that nobody need know: 「田中一郎さん」, not 「花屋さん」."""
    for pattern in (_CALLED, _NAME_IS, _COLUMN_NAME):
        for match in pattern.finditer(plain):
            if _is_persons(match[1].translate(EVERYDAY)):
                yield match.span(1)


def _is_persons(name: str) -> bool:
    """Whether kanji look like a family name, alone or before a given name."""
    family, blank, given = name.partition(" ")
    if blank:
        return family[-1] in _FAMILY_ENDS and family not in _NO_FAMILY and not given.endswith(_NOT_GIVEN)
    # 2 or 3 letters are a family name that may stand alone; the letters behind them are no office.
    return any(
        name[end - 1] in _FAMILY_ENDS
        and name[:end] not in _NO_FAMILY
        and len(name) - end <= 3
        and (len(name) == end or not name.endswith(_NOT_GIVEN))
        for end in range(2, min(len(name), 3) + 1)
    )


def is_set_apart(plain: str, start: int, end: int) -> bool:
    """Whether what stands there has a line of its own, or brackets that are no weekday's: 「27日(金)」."""
    before = plain[max(0, start - 8) : start].rstrip(" \t")[-2:]
    after = plain[end : end + 8].lstrip(" \t")[:1]
    if before[-1:] in tuple(_OPENING):
        return after in tuple(_CLOSING) and not before[:-1].isdigit() and before[:-1] not in ("日", "曜")
    return before[-1:] in ("", "\n") and after in ("", "\n", "\r")
