"""What a contact form sets above and below its user's words: when they were sent, from where, by which form.

A scanner of the first and last lines. A line is furniture where its label is known and its value has that
label's shape, or where it is a form's own sentence; what could also be a person's line goes only where it
stands with such a one. What cannot be told apart is kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import Literal

_MOST_LINES = 40  # of furniture at either end
_LINE_LIMIT = 400  # characters; a browser's name for itself is long
_HINT_LIMIT = 120
_SENTENCE_LINES = 3

_RULE_SIGNS = frozenset("-‐‑–—―ー－─━═=＝=＿_*＊~〜～◇◆□■○●◎☆★♪♦・･.．…‥+＋#＃/／|｜┌┐└┘├┤┏┓┗┛┳┻╋:：;°｡。✦✧❖")

# Labels of furniture in lower case and NFKC, `_` for a blank, by what proves that a form set the line.
_Shape = Literal["moment", "address", "host", "page", "agent", "any"]
_LABELS_OF: dict[_Shape, str] = {
    "moment": """
        送信日時 送信日 送信時刻 送信時間 受信日時 受信日 受信時刻 受付日時 投稿日時 問い合わせ日時
        お問い合わせ日時 お問合せ日時 タイムスタンプ timestamp sent_at sent_on submitted submitted_at
        submitted_on date_submitted submission_date submission_time received_at received_on
        """,
    "address": """
        ip ipアドレス 送信者ip 送信元ip 接続元ip アクセス元ip 送信者ipアドレス 送信元ipアドレス
        接続元ipアドレス 送信者のipアドレス ip_address remote_ip sender_ip client_ip remote_address
        """,
    "host": """
        ホスト ホスト名 リモートホスト 送信元ホスト 送信者ホスト 接続元ホスト host host_name hostname
        remote_host
        """,
    "page": """
        リファラ リファラー 参照元 参照元url 参照元ページ 送信元url 送信元ページ 送信元ページurl
        送信元ページのurl 送信ページ 送信フォーム フォーム フォームurl フォームのurl フォームページ
        お問い合わせページ 問い合わせ元ページ お問い合わせ元ページ referrer referer page_url form
        form_url form_page source_page source_url sent_from submitted_from
        """,
    "agent": """
        ユーザーエージェント ユーザエージェント ブラウザ ブラウザー ブラウザ情報 使用ブラウザ 端末
        端末情報 デバイス user_agent user-agent useragent ua browser device
        """,
    # These a person may have written as well, whatever their value.
    "any": """
        日時 日付 時刻 url ページ ページurl ページタイトル フォーム名 フォームid 端末種別 画面サイズ
        os date time sent received page page_title form_name form_id powered_by
        """,
}
_LABELS = {label.replace("_", " "): shape for shape, labels in _LABELS_OF.items() for label in labels.split()}
_DECORATION = r"[■◆◇●○□▼▽・*\- ]{0,4}"
_LABEL = re.compile(
    rf"{_DECORATION}[【\[〔〈《(]? ?({'|'.join(sorted(map(re.escape, _LABELS), key=len, reverse=True))}) ?"
    r"([】\]〕〉》)■◆◇●○] ?[:=|]?|[:=|]|(?<= ) |(?<= )|$)"
)
_ANY_LABEL = re.compile(
    rf"{_DECORATION}(?:[【\[〔〈《][^】\]〕〉》]{{1,24}}[】\]〕〉》]|[^:。、!?]{{1,24}}:)"
)

# An address in somebody's own house is one they may ask about, never one a form was sent from.
_AT_HOME = ("10.", "127.", "169.254.", "172.16.", "192.168.", "fe80:")
_AGENTS = ("mozilla/", "applewebkit/", "(khtml", "khtml,", "gecko/", "chrome/", "version/", "safari/")
_HOST = re.compile(r"[a-z0-9_-]{1,63}\.[a-z0-9._-]{2,200}")
_LETTERS = re.compile(r"[a-z]+")
_MOMENT_SIGNS = frozenset("0123456789/:.,+-()[] 年月日時分秒曜火水木金土祝午前後頃")
_CALENDAR_WORDS = "jan feb mar apr may jun jul aug sep oct nov dec mon tue wed thu fri sat sun"
_CLOCK_WORDS = "am pm at on st nd rd th jst utc gmt t z"
_MOMENT_WORDS = frozenset([*_CALENDAR_WORDS.split(), *_CLOCK_WORDS.split()])

# A form's own sentences.
_THIS_MAIL = tuple(
    f"{this}{mail}" for this in ("この", "本", "当") for mail in ("メール", "メッセージ", "通知")
)
_WAS_SENT = ("自動", "送信され", "送られ", "配信され", "転送され")
_STATEMENT_ENDS = ("ました", "います", "おります", "です")
_FROM_A_FORM = re.compile(
    r"(?:から|より)(?:、|の|で|が|を|ご|お|1件|以下の|下記の|次の|新しい|新規|新着|内容|とおり|通り|問い合わせ|問合せ"
    r"|問合わせ|連絡|メッセージ|メール|質問|投稿|自動|送信|されました|されています|されております|ありました"
    r"|ございました|届きました|届いています|届いております|受信しました|受け付けました|です){1,12}"
)
_ENGLISH = re.compile(
    r"(?:this (?:e-?mail|message|mail|notification) (?:was|has been) (?:automatically )?"
    r"(?:sent|submitted|generated)(?: automatically)? (?:from|via|through|by)"
    r"|(?:you have received |you've received )?(?:a )?new (?:message|submission|inquiry|enquiry|entry)"
    r" (?:was received )?(?:from|via|through|on)) (?:a|an|the|your|our)(?: [a-z'-]{1,20}){0,5}"
)
_GOES_ON = (",", " but ", " please", " because ", " and ")
_WARNINGS = ("心当たり", "お心当たり", "身に覚え")
_WARNED = ("自動", "場合", "送信専用", "配信専用")
_ENGLISH_WARNINGS = ("if you did not", "if you didn't", "please do not reply", "do not reply")
_AS_FOLLOWS = ("以下の", "下記の")
_CAME = ("ありました", "届きました", "受信しました", "受け付けました", "送信されました")
_SENTENCE_ENDS = ("。", ".", "ください", "下さい", "ます", "です", "ました", "ません")

_Kind = Literal["own", "label", "blank", "rule", "sign", "notice", "hint"]
"""What a line is: a person's, a labelled one, empty, a rule, certainly furniture (`sign`), or furniture where
it stands with such: in one block (`notice`, a sentence), directly below (`hint`, a label or a page)."""


def without_footer(lines: Sequence[str]) -> list[str]:
    """`lines` without what a form set below its user's words, and the rule above that."""
    start = max(0, len(lines) - _MOST_LINES)
    kinds = _kinds(lines[start:])
    run = next((i for i in range(len(kinds), 0, -1) if kinds[i - 1] == "own"), 0)
    if "sign" not in kinds[run:]:
        return list(lines)
    first = kinds.index("sign", run)
    # What stands between a rule and the first certain line is below that rule for the same reason.
    first -= _hints_to_a_rule(kinds[run:first][::-1])
    end = first
    while end > run and kinds[end - 1] in ("blank", "rule"):
        end -= 1
    return [*lines[: start + end], *_not_furniture(lines[start + first :], kinds[first:])]


def without_header(lines: Sequence[str]) -> list[str]:
    """`lines` without what a form set above its user's words, and the rule below that."""
    kinds = _kinds(lines[:_MOST_LINES])
    run = kinds.index("own") if "own" in kinds else len(kinds)
    if "sign" not in kinds[:run]:
        return list(lines)
    after = next(i for i in range(run, 0, -1) if kinds[i - 1] == "sign")
    after += _hints_to_a_rule(kinds[after:run])
    kept = list(_not_furniture(lines[:after], kinds))
    while not kept and after < run and kinds[after] in ("blank", "rule"):
        after += 1
    return [*kept, *lines[after:]]


def _hints_to_a_rule(kinds: Sequence[_Kind]) -> int:
    """How many lines, from the first on, are hints up to a rule; 0 where no rule follows them."""
    hints = next((i for i, kind in enumerate(kinds) if kind not in ("hint", "notice")), len(kinds))
    below = next((kind for kind in kinds[hints:] if kind != "blank"), "own")
    return hints if below == "rule" else 0


def _not_furniture(lines: Sequence[str], kinds: Sequence[_Kind]) -> Iterator[str]:
    """What the user may have filled in among furniture: labelled lines, and hints that stand apart."""
    beside_furniture = True
    for line, kind in zip(lines, kinds, strict=False):
        if kind == "label" or (kind == "hint" and not beside_furniture):
            yield line
        if kind != "hint":
            beside_furniture = kind in ("sign", "notice")


def is_rule(line: str) -> bool:
    """Whether a line is drawn, not written: `-----`, `◇◆◇◆`."""
    signs = line.replace(" ", "").replace("　", "")
    if signs in ("--", "---"):
        return True
    return 4 <= len(signs) <= 100 and _RULE_SIGNS.issuperset(signs) and len(set(signs)) <= 5


# --- what a line is ---


def _kinds(lines: Sequence[str]) -> list[_Kind]:
    plain = [unicodedata.normalize("NFKC", line[: _LINE_LIMIT + 1]).strip().lower() for line in lines]
    kinds: list[_Kind] = []
    while (i := len(kinds)) < len(lines):
        if is_rule(lines[i]):
            kinds.append("rule")
            continue
        kind, count = _kind_at(plain, i)
        kinds += [kind] * count
    return kinds


def _kind_at(lines: Sequence[str], i: int) -> tuple[_Kind, int]:
    """The kind of the line at `i`, and of how many lines from there on."""
    line = lines[i]
    if not line:
        return "blank", 1
    if len(line) > _LINE_LIMIT:
        return "own", 1
    # A browser's name for itself may be wrapped, or stand without a label.
    if line.startswith(_AGENTS):
        return "sign", 1
    if _has_shape("page", line):
        return "hint", 1
    return _labelled(lines, i) or _sentence(lines, i) or ("label" if _ANY_LABEL.match(line) else "own", 1)


def _labelled(lines: Sequence[str], i: int) -> tuple[_Kind, int] | None:
    """`_kind_at` for a line that begins with a known label; its value may stand below it."""
    match = _LABEL.match(lines[i])
    if match is None:
        return None
    shape, value = _LABELS[match[1]], lines[i][match.end() :].strip()
    if value and _has_shape(shape, value):
        return "sign", 1
    if value:
        # 「page two is missing」 has a label's word only.
        set_off = bool(match[2]) and len(value) <= _HINT_LIMIT and not value.endswith("。")
        return ("hint", 1) if set_off else None
    below = next((j for j in range(i + 1, min(i + 3, len(lines))) if lines[j]), i)
    return ("sign", below - i + 1) if below > i and _has_shape(shape, lines[below]) else ("hint", 1)


def _sentence(lines: Sequence[str], i: int) -> tuple[_Kind, int] | None:
    """`_kind_at` for a form's own sentence, which may be wrapped."""
    said = ""
    for count, line in enumerate(lines[i : i + _SENTENCE_LINES], start=1):
        if not line or len(said) + len(line) > _LINE_LIMIT:
            return None
        said = f"{said} {line}" if said.isascii() and said else said + line
        words = said.strip("※*() ").rstrip("。.!")
        if _tells_of_a_form(words):
            return "sign", count
        if said.endswith(_SENTENCE_ENDS):
            return ("notice", count) if _may_be_a_forms(words) else None
        if not words.startswith((*_THIS_MAIL, *_WARNINGS, *_ENGLISH_WARNINGS, "this ")):
            return None
    return None


def _may_be_a_forms(words: str) -> bool:
    warns = words.startswith((*_THIS_MAIL, *_WARNINGS)) and any(word in words for word in _WARNED)
    announces = words.startswith(_AS_FOLLOWS) and words.endswith(_CAME)
    return (warns and not words.endswith("か")) or announces or words.startswith(_ENGLISH_WARNINGS)


def _tells_of_a_form(words: str) -> bool:
    before, form, after = words.partition("フォーム")
    if form and words.startswith(_THIS_MAIL):
        return any(sent in after for sent in _WAS_SENT) and words.endswith(_STATEMENT_ENDS)
    if form:
        # 「…はフォームから送信されました」 tells of something else.
        return (
            len(before) <= 60 and not set("。、はがを") & set(before) and bool(_FROM_A_FORM.fullmatch(after))
        )
    before, form, after = words.partition(" form")
    said = bool(form) and bool(_ENGLISH.fullmatch(before))
    return (
        said and (not after or after.startswith((" ", ":"))) and not any(more in after for more in _GOES_ON)
    )


# --- what a value is ---


def _has_shape(shape: _Shape, value: str) -> bool:
    match shape:
        case "moment":
            return _is_moment(value)
        case "address":
            return _is_address(value)
        case "host":
            return bool(_HOST.fullmatch(value.partition(" (")[0]))
        case "page":
            return value.startswith(("http://", "https://")) and value.isascii() and " " not in value
        case "agent":
            return value.startswith(_AGENTS)
        case "any":
            return False


def _is_moment(value: str) -> bool:
    signs = _LETTERS.sub("", value)
    words = (word if len(word) < 3 else word[:3] for word in _LETTERS.findall(value))
    return (
        any(map(str.isdigit, signs))
        and _MOMENT_SIGNS.issuperset(signs)
        and all(word in _MOMENT_WORDS for word in words)
    )


def _is_address(value: str) -> bool:
    """An IP address, with its host's name behind it or not."""
    address, _, host = value.partition(" ")
    try:
        ip_address(address)
    except ValueError:
        return False
    return not address.startswith(_AT_HOME) and (not host or bool(_HOST.fullmatch(host.strip("() "))))
