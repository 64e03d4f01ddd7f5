"""Words and numbers in a text: folding, order numbers, phones.

Pure; reads at most `TEXT_LIMIT` characters and takes linear time: every quantifier is bounded, so that no
text from outside can make a pattern backtrack for long.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

TEXT_LIMIT = 50_000

_KATAKANA_TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−─", "-"))


def fold(text: str) -> str:
    """`text` as words are compared: width (NFKC), case and katakana folded away. The length may change."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_KATAKANA_TO_HIRAGANA)


def plain(text: str) -> str:
    """`text`, capped, with full-width digits, letters and dashes as ASCII."""
    return unicodedata.normalize("NFKC", text[:TEXT_LIMIT]).translate(_DASHES)


Label = Literal["order", "said", "maybe", "other", "phone", ""]

_NUMBER = (
    r"(?:の|した|した時の|時の|のときの)?(?:番号|番|ばんごう|no|№|id|コード|number|num|ref(?:erence)?|code|#)"
)
_BETWEEN = (
    r"[\s:;.,、。=→⇒#№「『()\[【】\]〔〕〉<>・*※!~…|-]{0,12}"
    r"(?:は|が|に|is|was|これです|たしか|確か|はたしか|は確か)?[\s:…→「『(.,、]{0,4}$"
)
_ORDER = r"注文|発注|受注|オーダー|予約|申し?込み?|購入|ちゅうもん|order"
_LABELS: dict[Label, re.Pattern[str]] = {
    # A parcel, a member, an article: numbers that look like an order's and are none.
    "other": re.compile(
        r"(?:(?:追跡|伝票|送り状|荷物|問い?合わ?せ|会員|顧客|お客様|商品|製品|製造|登録|口座|請求書?|稟議|見積書?|社員"
        rf"|発行|整理|部屋|カード|シリアル|型|品|ロット|事業者|郵便|認証|暗証|紙の){_NUMBER}"
        r"|伝票|送り状|追跡|会員|ロット|型|機種|lot|sku|jan|〒|インボイス|下四桁|下4桁"
        rf"|(?:invoice|tracking|model|serial|item)(?: ?(?:no|number|code))?){_BETWEEN}"
    ),
    "phone": re.compile(
        rf"(?:電話|でんわ|tel|携帯|けいたい|phone|mobile|cell|fax|ファックス)(?:番号| ?number)?{_BETWEEN}"
    ),
    "order": re.compile(
        rf"(?:(?:{_ORDER}|取引|purchase|booking)(?:書|受付|管理| )?(?:{_NUMBER}|の?控え?の?番号|の?控え)"
        rf"|受け?取り番号){_BETWEEN}"
    ),
    # 「注文 3107」「注文はAB-774」: nothing stands between the word and the number.
    "said": re.compile(rf"(?:{_ORDER})(?:は|、|:|の控え)?[\s(（「]{{0,3}}(?:no|#|ref)?[\s.:]{{0,2}}$"),
    # The bare word: it announces an order number only if the number looks like one.
    "maybe": re.compile(
        rf"(?:(?:{_ORDER}|管理|対象|控え?)(?:に?は|{_NUMBER})?|(?<!受付)番号|\b(?:number|no|ref)){_BETWEEN}"
    ),
}


def _label_before(text: str, start: int) -> Label:
    """What the words right before position `start` of the lower-cased `text` announce."""
    line = text[max(0, start - 40) : start]
    if "\n" in line:
        above, _, line = line.rpartition("\n")
        if not line.strip(" 「【>・*"):
            # Alone on its line, a number belongs to the line above only if that is a label of its own.
            above = above.rstrip().rpartition("\n")[2]
            line = above if above.endswith((":", "】", "]", "〕")) or len(above) <= 8 else ""
    return next((kind for kind, pattern in _LABELS.items() if pattern.search(line)), "")


_URL_OR_ADDRESS = re.compile(r"https?://[!-~]{1,2000}|[a-zA-Z0-9._%+-]{1,64}@[a-zA-Z0-9.-]{1,255}")


def _without_links(text: str) -> str:
    """`text` in ASCII width with links and addresses blanked: the digits in them number nothing."""
    return _URL_OR_ADDRESS.sub(lambda match: " " * len(match[0]), plain(text))


_TOKEN = re.compile(
    r"(?<![0-9A-Za-z_#/@-])(?<![0-9][.,:])"
    r"#?[0-9A-Za-z]{1,40}(?:-[0-9A-Za-z]{1,24}){0,5}"
    r"(?![0-9A-Za-z_@-]|[.,:/][0-9])"
)
_UNIT_AFTER = re.compile(
    r" ?(?:円|年|月|日|時|個|枚|点|本|箱|冊|袋|名|人|分|番|号|丁目|通|回|%|kg|g|ml|l|mm|cm|m"
    r"|yen|pieces|pcs|units|sets)",
    re.IGNORECASE,
)

# Shapes that no other number has, whatever stands before them.
_UNMISTAKABLE = re.compile(
    r"\d{6}-\d{8}-\d{8,10}"  # Rakuten: shop, date, serial
    r"|\d{3}-\d{7}-\d{7}"  # Amazon
    r"|P\d{18}"  # makeshop
    r"|(?=[a-z0-9-]{0,60}[a-z])[a-z0-9]{1,31}(?:-[a-z0-9]{1,30}){0,3}-\d{8}"  # Yahoo!: account, 8 digits
)
# Shapes that need no label of their own, but may belong to something else that a label names.
_SELF_SPEAKING = re.compile(
    r"#[A-Z]{0,6}-?\d{3,8}(?:-?[A-Z]{1,5})?"  # Shopify, with its changeable prefix and suffix
    r"|(?=\d{0,15}[A-Fa-f])(?=[A-Fa-f]{0,15}\d)(?:[0-9A-F]{16}|[0-9a-f]{16})"  # BASE: 16 hex digits
    r"|[A-Z]{1,3}-20\d\d(?:\d{4})?-\d{2,6}"  # letters, year or date, serial
    r"|[1-9]\d{9}|00\d{8}"  # ten digits that no phone begins with
    r"|\d{4}-20[2-9]\d[01]\d[0-3]\d"  # shop and date
)
_LABELLED = re.compile(r"#?(?=(?:[^0-9]{0,20}[0-9]){3})[0-9A-Za-z-]{4,40}")
_SAID = re.compile(r"\d{4,20}(?:-[A-Za-z]{1,3})?|(?=(?:[^0-9]{0,9}[0-9]){2})[A-Za-z]{1,5}-?[0-9]{2,12}")
_SHORT = re.compile(r"[A-Z]{1,3}-\d{3,6}")  # an article may be called so, too: where it stands tells
_LIKELY = re.compile(r"\d{7,20}|(?=(?:[^\d]{0,9}\d){4})[0-9A-Za-z]{1,12}(?:-[0-9A-Za-z]{1,12}){1,3}")
_PARCEL = re.compile(r"\d{4}-\d{4}-\d{4}|\d{12}")
_DATE = re.compile(r"20\d\d-[01]?\d-[0-3]?\d")
_PHONE_LIKE = re.compile(r"0[1-9]\d{0,3}-\d{1,4}-\d{3,4}|0[1-9]\d{8,9}")


def _is_order(token: str, label: Label, stands_out: bool) -> bool:
    """Whether a token is an order number, by its shape, the label before it and where it stands."""
    if label in ("other", "phone") or _DATE.fullmatch(token):
        return False
    if label == "order":
        return bool(_LABELLED.fullmatch(token))
    if _SELF_SPEAKING.fullmatch(token) or (stands_out and _SHORT.fullmatch(token)):
        return True
    if _PARCEL.fullmatch(token) or _PHONE_LIKE.fullmatch(token):
        return False
    likely = bool(_LIKELY.fullmatch(token) or _SHORT.fullmatch(token))
    return (label == "maybe" and likely) or (label == "said" and (likely or bool(_SAID.fullmatch(token))))


_OPENS = re.compile(r"[ 、,]{0,2}(?:$|[\n。.:、]|の件|について|です|でご?[注購申])")
_CLOSES = re.compile(r"[\s)）」】。.]{1,4}|$")


def _stands_out(words: str, start: int, end: int) -> bool:
    """Whether words[start:end] stands by itself, as people note the order they write about."""
    line = words[words.rfind("\n", 0, start) + 1 : start]
    if not line.strip():
        return bool(_OPENS.match(words, end))
    return line[-1] in "(（「【・" and bool(_CLOSES.match(words, end))


_LIST = re.compile(r"[\s、,/・&+と()]{1,6}|\s?and\s")


def order_numbers(text: str) -> tuple[str, ...]:
    """The order numbers in `text`, quoted parts included, in order of appearance and without doubles.

    Digits and letters come in ASCII width. Shapes that only an order number has are taken as they are, others
    after a label such as 注文番号 or where they stand out; numbers labelled as a parcel's, a member's or an
    article's are none.
    """
    words = _without_links(text)
    lower = words.lower()
    found: dict[str, None] = {}
    end = -1
    inherited: Label = ""
    for match in _TOKEN.finditer(words):
        token, start = match[0], match.start()
        if sum(map(str.isdigit, token)) < 2:
            continue
        label = _label_before(lower, start)
        if not label and end >= 0 and _LIST.fullmatch(words, end, start):
            label = inherited  # 注文番号 1009-3347 と 1009-3351
        if _UNMISTAKABLE.fullmatch(token) or (
            not (token.isdecimal() and _UNIT_AFTER.match(words, match.end()))
            and _is_order(token, label, _stands_out(words, start, match.end()))
        ):
            found[token] = None
            end, inherited = match.end(), label
    # "Order 1093" above, "#1093" below: one number.
    return tuple(token for token in found if f"#{token}" not in found)


_PHONE = re.compile(
    r"(?<![0-9A-Za-z#-])(?:\+81[ -]?(?:\(0\)|0)?|0)"
    r"(?:\d{8,10}|\(?\d{1,4}\)?[ .-]?\d{1,4}[ .-]?\d{3,4}|\d{1,4}\(\d{1,4}\)\d{4})(?![0-9A-Za-z]|-[0-9])",
    re.ASCII,
)
_PHONE_DIGITS = re.compile(r"0[5-9]0[1-9]\d{7}|0800\d{7}|0[1-9]\d{8}", re.ASCII)


def phones(text: str) -> tuple[str, ...]:
    """The Japanese phone numbers in `text` as digits (`+81 90-…` → `090…`), in order, without doubles."""
    words = _without_links(text)
    lower = words.lower()
    found: dict[str, None] = {}
    for match in _PHONE.finditer(words):
        digits = re.sub(r"\D", "", match[0])
        if match[0].startswith("+81"):
            digits = "0" + digits[2:].removeprefix("0")
        if _PHONE_DIGITS.fullmatch(digits) and _label_before(lower, match.start()) not in ("order", "other"):
            found[digits] = None
    return tuple(found)
