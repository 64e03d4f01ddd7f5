"""The texts of the FAQ tab: a mail to one customer made into words for everybody.

A help for who words the entry, who reads it before anybody else does: no promise that nothing is left.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from daicho.inquiry.extract import fold
from daicho.inquiry.similar import cosine, weighted
from daicho.ledger.propose import shorten
from daicho.wording import Wording

QUESTION_LIMIT = 120

COURTESY_LIMIT = 100
"""Characters of a greeting or closing phrase at most: what is longer says something."""

NAME_LIMIT = 40
"""Characters of a line that may be who is addressed or who signs."""

ADDRESS_LINES = 4
"""So many lines at the top may say to whom it is."""

CLOSING_LINES = 10
"""So many pieces at the end may be the closing phrase and who signs."""

SAME_ANSWER = 0.2
"""From this cosine on two answers to one question say the same, where their `claims` do, too. Of replies
written to six questions (tests/test_faq_text.py) it tells three in four pairs that say the same, and takes
one in eighteen others for such."""

SAME_WORDS = 0.5
"""From this cosine on an answer says hardly more than another does."""

_SENTENCE_END = re.compile(r"(?<=[。．！？!?])(?![。．！？!?])|(?<=\.)[ \t]+|\n")
_PIECE_END = re.compile(f"({_SENTENCE_END.pattern})")
_ASKS = re.compile(
    r"[？?]"
    r"|(でしょうか|ますか|ですか|ませんか|ください|下さい|たいの?です|お願い|教えて|幸いです|助かります)[。．！!]?$"
)
_PERSONAL = re.compile(
    r"[\w.+-]{1,64}@[\w.-]{1,120}"  # mail addresses
    r"|#?[A-Z]{0,3}\d[\d-]{3,24}\d(?!\d|\s?(?:円|yen))"  # order, tracking and phone numbers, no prices
)
_TO_SOMEBODY = re.compile(
    r"^お客(様|さま)[、,]?$|(?<!お客)(?<!皆)(様|さま|御中|殿)[、,]?$|^dear\b[^,:!]*[,:!]?$", re.IGNORECASE
)
_HONORIFIC = r"[ \u3000]?(?:様|さま|さん)"

_GREETS = re.compile(
    r"お世話にな|平素[はよ]|いつも.{0,40}ありがとう"
    r"|(問い?合わ?せ|ご連絡|ご質問|ご返信|ご注文|ご利用|ご購入|お買い上げ|メール).{0,20}"
    r"(ありがとう|有難う|いただき[、,]?$|いただきまして[、,]?$)"
    r"|^(誠に|まことに|大変|どうも)?(ありがとうござ|有難うござ)|^(こんにちは|おはよう|はじめまして|初めまして)"
    r"|(ご?返信|お?返事|ご?連絡)が(大変)?遅(くな|れ)|^(拝啓|前略)|^(夜分|早朝|突然).{0,12}失礼"
    r"|(ショップ|サポート|センター|担当|係)[の \u3000]?[^、。はがをでも]{1,8}(です|でございます)[。．]?$"
    r"|と申します[。．]?$"
    r"|^(hi|hello|good (morning|afternoon|day))\b|^thank(s| you)[,.!]*$"
    r"|^(my name is|this is|i am|i'm) .{0,40} (from|of|at) "
    r"|^thank(s| you).{0,20}(contact|reach|writing|message|mail|order|inquir|enquir|purchas|interest|touch)"
)
_SAYS_WHO = re.compile(r"[^はがをでも、]{1,30}(です|でございます)[。．]?")
_IS_SOMEBODY = re.compile(r"の?[^はがをでも]{0,8}(です|でございます)")
_CLOSES = re.compile(
    r"(ご不明|ご質問|ご不便|お困り|気になる).{0,30}(ください|下さい|くださいませ|幸いです|承ります|くださいますよう)"
    r"|(今後とも|これからも|引き続き|またの).{0,40}(お願い|お待ち|利用|愛顧)|ご利用を.{0,6}お待ち"
    r"|お気軽に(お?問い?合わ?せ|ご連絡|ご相談|お申し付け|お尋ね)|^以上(です|となります|、|$)|^(敬具|草々|かしこ)"
    r"|取り急ぎ.{0,20}(まで|連絡|お礼|報告|返信)|^まずは.{0,30}まで|ご検討.{0,10}(ください|いただけ|願い)"
    r"|\bregards\b|^(yours )?sincerely|^(many )?thanks[,.!]*$|^thank you[,.!]*$|^best( wishes)?[,.!]*$"
    r"|(any|further|other) (questions|concerns|queries)|hesitate to|look(ing)? forward|^have a "
)
_WELL_WISHES = re.compile(r"(よろしく|宜しく)(お願い|御願い)")
_REQUESTS = re.compile(r"お知らせ|お送り|ご返送|ご返信|ご入力|ご用意|手続き|いただ|くださ|下さ")
_WAITS = re.compile(
    r"(確認|調べ|検討|問い?合わせ)(?!(いたし|致し|し|でき)?(ました|た)).{0,40}(ご連絡|お知らせ|ご案内|ご報告|ご返信|お返事)|(少々|しばらく|今しばらく)お待ち"
    r"|\b(check|look into|find out|get back to you)\b"
)
_NO_DENIAL = re.compile(
    r"(申し訳|問題|差し支え|間違い)[はも]?(ござい|あり)ません|(すみ|かまい|構い)ません|ません(か|で(した|しょう))"
    r"|not hesitate"
)
_DENIES = re.compile(r"ません|かねま|できない|不可|\b(not|cannot|unable|no longer)\b|n['’]t\b")
_FIGURE = re.compile(
    r"(?<![\d月,])(\d[\d,]{0,9})\s?((?:営業)?日|週間|[かゖケ]月|年(?!\d)|時間|分|円|%|w\b"
    r"|(?:business |working )?days?|weeks?|months?|hours?|minutes?|yen|usd)"
)


def impersonal(text: str, name: str, wording: Wording) -> str:
    """`text` without what points to one customer: who is addressed, their name, numbers, addresses."""
    somebody, hidden = wording.say("reply.customer"), wording.say("faq.hidden")
    lines = [line for line in text.split("\n") if not _addresses_somebody(line.strip())]
    text = _PERSONAL.sub(hidden, "\n".join(lines))
    for part in sorted({name, "".join(name.split()), *name.split()}, key=len, reverse=True):
        text = re.sub(_named(part), somebody, text) if len(part) > 1 else text
    return text.strip()


def _named(part: str) -> str:
    """A name as a pattern. Japanese writes no blanks around it; in Latin letters it is a word of its own."""
    if part.isascii():
        return f"(?<![A-Za-z]){re.escape(part)}(?![A-Za-z])(?:{_HONORIFIC})?"
    return f"{re.escape(part)}(?:{_HONORIFIC})?"


def _addresses_somebody(line: str) -> bool:
    return len(line) <= NAME_LIMIT and bool(_TO_SOMEBODY.search(line))


def asking_sentence(text: str) -> str:
    """The first sentence that asks for something, else the first that is no greeting, cut to a line."""
    sentences = [sentence.strip() for sentence in _SENTENCE_END.split(text) if sentence.strip()]
    asking = (sentence for sentence in sentences if _ASKS.search(sentence))
    telling = (each for each in sentences if not _greets(each, frozenset()) and not _SAYS_WHO.fullmatch(each))
    found = next(asking, None) or next(telling, None) or next(iter(sentences), "")
    return shorten(found, QUESTION_LIMIT)


def core_of_reply(text: str, own: Iterable[str]) -> str:
    """What a reply says, without its greeting at the top, its closing phrase and who signs at the end.

    `own` are lines that name the shop: its name, its signature. "" for a reply of courtesy alone.
    """
    ours = frozenset(filter(None, map(_bare, own)))
    # Sentences at even places, between them what parts them, as it stood.
    pieces = _PIECE_END.split(_below_address(text))
    first, last = 0, _before_signature(pieces, ours)
    while first < last and (not _bare(pieces[first]) or _greets(pieces[first], ours)):
        first += 2
    while first < last and (not _bare(pieces[last - 1]) or _closes(pieces[last - 1], ours)):
        last -= 2
    return "".join(pieces[first:last]).strip()


def _below_address(text: str) -> str:
    """The text below the line that says to whom it is, and below what stands above that (a company)."""
    lines = text.split("\n")
    for at, line in enumerate(lines[:ADDRESS_LINES]):
        if _addresses_somebody(line.strip()):
            return "\n".join(lines[at + 1 :])
        if not _may_name(line.strip()):
            break
    return text


def _before_signature(pieces: list[str], ours: frozenset[str]) -> int:
    """Where the text ends: with the closing phrase under which nothing but names stands, else at its end."""
    end = len(pieces)
    for at in range(len(pieces) - 1, max(-1, len(pieces) - 1 - 2 * CLOSING_LINES), -2):
        piece = pieces[at].strip()
        if _closes(piece, ours):
            end = at + 1
        elif not _may_name(piece):
            break
    return end


def _may_name(piece: str) -> bool:
    return len(piece) <= NAME_LIMIT and not piece.endswith(("。", "！", "？", "!", "?", "."))


def _greets(piece: str, ours: frozenset[str]) -> bool:
    piece = piece.strip().casefold()
    if len(piece) > COURTESY_LIMIT:
        return False
    bare = _bare(piece)
    introduces = any(bare.startswith(name) and _IS_SOMEBODY.fullmatch(bare, len(name)) for name in ours)
    return introduces or bool(_GREETS.search(piece))


def _closes(piece: str, ours: frozenset[str]) -> bool:
    piece = piece.strip().casefold()
    if len(piece) > COURTESY_LIMIT:
        return False
    wishes = _WELL_WISHES.search(piece) and not _REQUESTS.search(piece)
    signs = _may_name(piece) and any(name in _bare(piece) for name in ours)
    return bool(wishes or signs or _CLOSES.search(piece))


def _bare(text: str) -> str:
    """Letters and digits alone, folded; "" for a blank line or a rule."""
    return "".join(filter(str.isalnum, fold(text)))


def only_puts_off(text: str) -> bool:
    """Whether a reply's core says no more than that an answer is to come."""
    sentences = [sentence for sentence in _SENTENCE_END.split(text.casefold()) if sentence.strip()]
    return len(text) <= 2 * COURTESY_LIMIT and all(map(_WAITS.search, sentences))


def claims(text: str) -> tuple[bool, frozenset[tuple[str, str]]]:
    """What makes answers in like words differ: whether something is denied, and figures with their units."""
    folded = _NO_DENIAL.sub("", fold(text))
    return bool(_DENIES.search(folded)), frozenset(_FIGURE.findall(folded))


def says_the_same(one: str, other: str, like: float) -> bool:
    """Whether two answers to one question agree: alike from `like` on, and they claim the same."""
    return claims(one) == claims(other) and cosine(*weighted([one, other])) >= like
