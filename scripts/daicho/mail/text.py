"""The new part of a mail told from what it quotes and from its signature, and the way it quotes.

A scanner of lines: it looks at a line's beginning, end and few neighbours, and never at a pattern over
the whole text. What cannot be told apart is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Literal, get_args

from daicho.mail.furniture import is_rule, without_footer, without_header

# Longest line that is looked at as a separator or an attribution.
_LINE_LIMIT = 300
_ATTRIBUTION_LINES = 3
_FIELD_LINES = 12
_SIGNATURE_LINES = 15
_ENDINGS = 3  # the customer's signature, the form's footer and the shop's signature below it
_MARKED_BLOCKS = 20
_REPEATED_LINES = 10
_REPEATED_LENGTH = 4

_QUOTE_MARKS = (">", "＞")
_SEPARATOR_SIGNS = "-‐–—―ー－─━=＝_＿*＊~<>＜＞ 　"

_ORIGINAL = (
    "original message",
    "original mail",
    "original email",
    "元のメッセージ",
    "元のメール",
    "元メール",
    "オリジナルメッセージ",
)
_FORWARDED = (
    "forwarded message",
    "forwarded by",
    "forwarded mail",
    "転送メッセージ",
    "転送メール",
    "転送された",
)
_FORWARDED_ALONE = ("begin forwarded message:", "転送されたメッセージ:")

_WROTE = (
    "wrote:",
    "writes:",
    "said:",
    "書きました:",
    "書かれました:",
    "のメール:",
    "のメッセージ:",
    "さんより:",
)
_ATTRIBUTION_ENDS = (":", "：", "書きました。")
_WRAPPED_STARTS = ("On ", "At ", "In message ", "In article ")
_DATE_FIRST = re.compile(r"[(（]?\d{4}\s?[年/.\-]\s?\d{1,2}\s?[月/.\-]\s?\d{1,2}")
_CLOCK = re.compile(r"\d{1,2}[:時]\d{1,2}")

_FIELD = re.compile(r"[\s*]{0,6}([A-Za-z\-]{2,12}|[\u3040-\u30ff\u4e00-\u9fff]{2,6})[\s*]{0,6}[:：]")
_FIELD_ROLES = {
    name: role
    for role, names in {
        "sender": "from 差出人 送信者 送信元",
        "date": "sent date 送信日時 送信日 受信日時 日時 日付",
        "to": "to 宛先 受信者",
        "more": "cc bcc subject 件名 題名 reply-to 返信先 importance 重要度 優先度 添付ファイル attachments",
    }.items()
    for name in names.split()
}

_CONTACT = re.compile(
    r"@|https?://|www\.|〒|\bTEL|\bFAX|\bMail\b|E-?mail|phone|電話|携帯|住所|℡"
    r"|\d{2,4}[-‐－ー(（ ]\d{2,4}[-‐－ー)） ]\d{3,4}|[都道府県][^\n]{0,20}[市区町村]",
    re.IGNORECASE,
)
# What stands in a contact form's notice or an order, and not in a signature.
_ABOUT_THE_INQUIRY = re.compile(
    r"注文|商品|品番|数量|お名前|氏名|問い?合わ?せ|\border|\bitem|\bname\b", re.IGNORECASE
)
_SENTENCE_ENDS = (
    "。",
    "？",
    "?",
    "ます",
    "です",
    "ました",
    "ません",
    "ください",
    "下さい",
    "でしょうか",
    "願います",
)
_SENT_FROM_STARTS = ("sent from ", "sent via ", "get outlook for ", "outlook for ")
_SENT_FROM_ENDS = ("から送信", "からの送信", "から送信されました")

Quoting = Literal["none", "below", "above", "original"]
"""How a mail quotes what it answers: not at all, marked below or above its words, unmarked below a head."""
QUOTINGS: tuple[Quoting, ...] = get_args(Quoting)


@dataclass(slots=True)
class _Block:
    """Lines of one kind: new text, a quote, the head above a quote, or an original up to the end."""

    kind: Literal["new", "quote", "head", "original"]
    lines: list[str]


def new_part(text: str) -> str:
    """What the writer of `text` added to it: no quoted mail, no signature, nothing that a contact form set
    above or below their words. Never empty unless `text` is.

    Quotes go where they stand at the end, or directly below their attribution; answers written
    between quoted lines keep their questions. A forwarded mail is content.
    """
    blocks = list(_blocks(text.split("\n")))
    _drop_end(blocks)
    _drop_header(blocks)
    quotes = [i for i, block in enumerate(blocks) if block.kind == "quote"]
    # The one quote with an attribution above and the answer below it: posted at the bottom.
    if len(quotes) == 1 and _is_headed(blocks, quotes[0]):
        del blocks[quotes[0] - 1 : quotes[0] + 1]
    kept = [line for block in blocks for line in block.lines]
    return "\n".join(kept[_skip_blank(kept, 0) :]) or text


def quoting(text: str, answered: str) -> Quoting | None:
    """How the writer of `text` quotes the mail it answers; None where nothing tells, as in a forwarded mail.

    `answered` are the words it answers: marked lines that no head announces quote only what stands there.
    Answers between quoted lines stand below what they answer: they count as quoting above.
    """
    blocks = list(_blocks(text.split("\n")))
    if not text.strip() or any(map(_starts_forward, _new_lines(blocks))):
        return None
    # Marked lines above an original are an excerpt of it.
    if any(block.kind == "original" for block in blocks):
        return "original"
    words = "".join(answered.split())
    marked = islice((i for i, block in enumerate(blocks) if block.kind == "quote"), _MARKED_BLOCKS)
    first = next((i for i in marked if _is_headed(blocks, i) or _repeats(blocks[i].lines, words)), None)
    if first is None:
        return "none"
    below = list(takewhile(lambda line: not is_rule(line), _new_lines(blocks[first:])))
    # Names and numbers below a quote are a signature; who answers there writes sentences, or only there.
    answers = any(map(_is_sentence, below)) or (below and not any(_new_lines(blocks[:first])))
    return "above" if answers else "below"


def _new_lines(blocks: list[_Block]) -> Iterator[str]:
    """The lines a mail's writer added, without blank ones."""
    lines = (line.strip() for block in blocks if block.kind == "new" for line in block.lines)
    return filter(None, lines)


def _is_headed(blocks: list[_Block], i: int) -> bool:
    return i > 0 and blocks[i - 1].kind == "head"


def _repeats(lines: list[str], words: str) -> bool:
    """Whether one of the first marked `lines` stands in `words`, which are without blanks and breaks."""
    said = ("".join(line.split()).lstrip("".join(_QUOTE_MARKS)) for line in lines[:_REPEATED_LINES])
    return any(len(line) >= _REPEATED_LENGTH and line in words for line in said)


def _drop_end(blocks: list[_Block]) -> None:
    """Takes away, again and again, what ends a mail without being new: originals, quotes, a signature, a
    form's footer."""
    while blocks:
        last = blocks[-1]
        if last.kind == "new":
            last.lines = _without_end(last.lines)
            if last.lines:
                return
        blocks.pop()


def _without_end(lines: list[str]) -> list[str]:
    """`lines` without a signature and a form's footer, in whichever order these stand."""
    for _ in range(_ENDINGS):
        lines = _without_signature(without_footer(lines))
    return lines


def _drop_header(blocks: list[_Block]) -> None:
    # The head of a forwarded mail is content.
    if blocks and blocks[0].kind == "new" and not any(map(_starts_forward, blocks[0].lines)):
        blocks[0].lines = without_header(blocks[0].lines)


def _blocks(lines: list[str]) -> Iterator[_Block]:
    new: list[str] = []
    i = 0
    while i < len(lines):
        if _starts_forward(lines[i]):
            new += lines[i:]
            break
        block = _quoted_at(lines, i)
        if block is None:
            new.append(lines[i])
            i += 1
            continue
        if new:
            # A rule above an original belongs to it.
            yield _Block("new", _without_rule_at_end(new) if block.kind == "original" else new)
        yield block
        new = []
        i += len(block.lines)
    yield _Block("new", new)


def _quoted_at(lines: list[str], i: int) -> _Block | None:
    """The quote, head or original that starts at line `i`, if one does."""
    if not lines[i].strip():
        return None
    if _is_quote(lines[i]):
        end = i
        for j in range(i, len(lines)):
            # Within a quote, what looks like a face is a quoted one.
            if lines[j].lstrip(" ").startswith(_QUOTE_MARKS):
                end = j + 1
            elif lines[j].strip():
                break
        return _Block("quote", lines[i:end])
    head_end = _head_end(lines, i)
    if head_end == i:
        return None
    if _next_is_quote(lines, head_end):
        return _Block("head", lines[i : _skip_blank(lines, head_end)])
    return _Block("original", lines[i:])


def _head_end(lines: list[str], i: int) -> int:
    """Where the head that starts at line `i` ends: a separator, fields, both, or an attribution."""
    if _is_separator(lines[i]):
        below = _skip_blank(lines, i + 1)
        fields_end = _fields_end(lines, below)
        return fields_end if fields_end > below else i + 1
    fields_end = _fields_end(lines, i)
    return fields_end if fields_end > i else i + _attribution_length(lines, i)


def _is_quote(line: str) -> bool:
    line = line.strip(" ")
    is_face = len(line) <= 6 and line.endswith(("<", "＜")) and line[1:2] != " "  # 「>_<」
    return line.startswith(_QUOTE_MARKS) and not is_face


def _next_is_quote(lines: list[str], i: int) -> bool:
    below = _skip_blank(lines, i)
    return below < len(lines) and _is_quote(lines[below])


def _skip_blank(lines: list[str], i: int) -> int:
    while i < len(lines) and not lines[i].strip():
        i += 1
    return i


def _between_rules(line: str) -> str:
    """The words of `---- words ----`, case folded; "" for any other line."""
    line = line.strip()
    words = line.strip(_SEPARATOR_SIGNS)
    between = line[:1] != words[:1] and line[-1:] != words[-1:] and len(line) - len(words) >= 4
    return words.casefold() if between and len(line) <= _LINE_LIMIT else ""


def _is_separator(line: str) -> bool:
    words = _between_rules(line)
    # Zoho writes its attribution between rules.
    return any(name in words for name in _ORIGINAL) or (words.startswith("on ") and words.endswith(" wrote"))


def _starts_forward(line: str) -> bool:
    words = _between_rules(line)
    alone = line.strip().casefold().replace("：", ":")
    named = any(name in words for name in _FORWARDED) or alone in _FORWARDED_ALONE
    return named and not _is_quote(line)  # in a quote it is somebody else's


def _fields_end(lines: list[str], i: int) -> int:
    """The end of a block `差出人: … 送信日時: … 宛先: …` that starts at line `i`; `i` where none does."""
    found: set[str] = set()
    end = i
    for j in range(i, min(i + _FIELD_LINES, len(lines))):
        role = _field_role(lines[j])
        if role:
            found.add(role)
            end = j + 1
        elif j == i or not lines[j].strip():
            break  # a line that is no field may still be the rest of a long one
    return end if {"sender", "date", "to"} <= found else i


def _field_role(line: str) -> str:
    field = _FIELD.match(line)
    return _FIELD_ROLES.get(field[1].lower(), "") if field else ""


def _attribution_length(lines: list[str], i: int) -> int:
    """How many lines from `i` on say who wrote what follows; 0 if they do not."""
    first = lines[i].strip()
    may_wrap = first.startswith(_WRAPPED_STARTS) or _DATE_FIRST.match(first)
    joined = ""
    for count, line in enumerate(lines[i : i + (_ATTRIBUTION_LINES if may_wrap else 1)], start=1):
        if not line.strip() or len(joined) + len(line) > _LINE_LIMIT:
            return 0
        joined = f"{joined} {line.strip()}".lstrip()
        if joined.endswith(_ATTRIBUTION_ENDS) and _is_attribution(
            joined, quote_follows=_next_is_quote(lines, i + count)
        ):
            return count
    return 0


def _is_attribution(joined: str, *, quote_follows: bool) -> bool:
    line = joined[:-1].rstrip().casefold() + ":"
    if line.endswith(_WROTE):
        return quote_follows or "@" in line or bool(_CLOCK.search(line))
    # Gmail: 「2026年1月5日(月) 10:23 店 <shop@example.jp>:」
    return bool(_DATE_FIRST.match(line)) and (quote_follows or (line.endswith(">:") and "@" in line))


def _without_signature(lines: list[str]) -> list[str]:
    end = _before_blanks(lines, len(lines))
    while end and _is_sent_from(lines[end - 1]):
        end = _before_blanks(lines, end - 1)
    for i in range(max(0, end - 2 * _SIGNATURE_LINES), end):
        if _is_signature(lines[i], [line.strip() for line in lines[i + 1 : end] if line.strip()]):
            return lines[: _before_blanks(lines, i)]
    return lines[:end]


def _is_sent_from(line: str) -> bool:
    line = line.strip().casefold()
    return len(line) <= 80 and (line.startswith(_SENT_FROM_STARTS) or line.endswith(_SENT_FROM_ENDS))


def _is_signature(rule: str, below: list[str]) -> bool:
    """Whether `rule` opens a signature: short lines that tell how to reach someone, and no sentences."""
    if not is_rule(rule) or len(below) > _SIGNATURE_LINES:
        return False
    if rule == "-- ":  # RFC 3676 says so
        return True
    if any(len(line) > 80 or _is_sentence(line) or _ABOUT_THE_INQUIRY.search(line) for line in below):
        return False
    return any(_CONTACT.search(line) for line in below) or (rule.strip() == "--" and 0 < len(below) <= 4)


def _is_sentence(line: str) -> bool:
    return line.endswith(_SENTENCE_ENDS) or (line.endswith((".", "!")) and line.count(" ") >= 4)


def _without_rule_at_end(lines: list[str]) -> list[str]:
    end = _before_blanks(lines, len(lines))
    while end and is_rule(lines[end - 1]):
        end = _before_blanks(lines, end - 1)
    return lines[:end]


def _before_blanks(lines: list[str], end: int) -> int:
    """Where `lines[:end]` ends without its blank lines."""
    while end and not lines[end - 1].strip():
        end -= 1
    return end
