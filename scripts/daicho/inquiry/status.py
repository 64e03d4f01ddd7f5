"""What moves an inquiry's status, and the times that follow from it.

a new inquiry                      → open
a person takes it                  → doing     (assignee set, or a draft laid; a status by hand stands)
a reply in the Sent folder         → done      (a shop may choose another)
the customer writes again          → open      (except a mere thanks)
a bounce of our reply              → open      (and the row says so)
automatic mail, sales              → excluded
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from daicho.inquiry.extract import is_like_a_name
from daicho.inquiry.thread import Event

THANKS_LIMIT = 160
"""A mere thanks is short: longer answers are read by a person. Characters."""

_THANKS = (
    *("ありがとう", "有難う", "有り難う", "感謝", "助かりました", "承知", "了解", "かしこまり"),
    *("安心しました", "解決しました", "嬉し", "うれし"),
    *("thank", "appreciate", "got it", "understood", "solved", "perfect"),
)
_COURTESY = (
    *(
        "よろしくお願い",
        "宜しくお願い",
        "お世話にな",
        "失礼",
        "また利用",
        "また購入",
        "と申します",
        "良い一日",
    ),
    *("楽しみに", "気長に"),
    *("お店でした", "様", "無事", "届きました", "受け取りました", "確認しました", "確認できました"),
    *("regards", "sincerely", "best", "arrived", "received", "dear", "hello", "hi ", "have a"),
)
_TURNS = (
    *(
        "?",
        "？",
        "ません",
        "ない",
        "無い",
        "なかった",
        "ですが",
        "ましたが",
        "けど",
        "のに",
        "しか",
        "では",
        "なら",
    ),
    *(
        "まだ",
        "ただ、",
        "ただし",
        "ところで",
        "ください",
        "下さい",
        "いただけ",
        "頂け",
        "欲しい",
        "ほしい",
        "たいです",
    ),
    *("違", "ちが", "壊", "割れ", "返品", "返金", "交換", "キャンセル", "困", "住所"),
    *("もう一つ", "もう1つ", "もうひとつ", "but", "however", "please", "still", "could", "can you", "would"),
    *("when", "how", "not", "n't", "no ", "empty", "broken", "wrong", "missing", "instead"),
)
_MATTER = re.compile(
    r"(?:返品|返金|交換|キャンセル|住所(?:の?変更)?)(?:品|の(?:ご|お)?(?:件|手配|対応|手続き?|処理|連絡|案内|返事))"
)
"""What was done about a matter and is thanked for: 「返金のご対応」「交換品」."""
_WAITS = re.compile(r"お?待ち?して(?:い|お)ります|お?待ちしています|待っています")
"""Who waits for nothing that they name is content with what we said."""
_SENTENCE_END = re.compile(r"[。．.!！\n]")
_CLAUSE_END = re.compile(r"[、,]")
_WESTERN_NAME = re.compile(r"[A-Z][a-z'’-]{1,20}(?: [A-Z][a-z'’.-]{0,20}){1,2}")


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an inquiry stands by its mails alone.

    `waiting_since` is the customer's oldest message nobody has answered (None if answered). `first_reply`
    and `closed` are aware moments or None. `bounced` tells that our last reply did not arrive. `reopened`
    counts how often the customer came back after our reply; `trips` the customer's messages we answered.
    `waits` are the spans in which the customer waited for us, as (from, until), the last until None while it
    lasts; `contacts` counts the customer's messages, mere thanks left out.
    """

    status: str
    waiting_since: datetime | None
    first_reply: datetime | None
    closed: datetime | None
    bounced: bool = False
    reopened: int = 0
    trips: int = 0
    waits: tuple[tuple[datetime, datetime | None], ...] = ()
    contacts: int = 0


def is_mere_thanks(text: str) -> bool:
    """True for a short answer in which every sentence thanks, confirms or is courtesy, and none turns.

    Where there is doubt it is no mere thanks: an inquiry reopened for nothing costs a look, one left closed
    a customer.
    """
    folded = _MATTER.sub("品", _unsigned(text.strip()).casefold())
    if not folded or len(folded) > THANKS_LIMIT or any(word in folded for word in _TURNS):
        return False
    sentences = [sentence.strip() for sentence in _SENTENCE_END.split(folded) if sentence.strip()]
    thanks = any(word in folded for word in _THANKS)
    return thanks and all(map(_is_harmless, sentences))


def _unsigned(text: str) -> str:
    """The text less a signature in Latin letters: a first and a family name alone on the last line."""
    above, _, last = text.rpartition("\n")
    return above if _WESTERN_NAME.fullmatch(last.strip()) else text


def _is_harmless(sentence: str) -> bool:
    """A sentence that ends in thanks or courtesy (what comes last may be the point), a name, or no words."""
    end = _CLAUSE_END.split(sentence)[-1]
    if any(word in end for word in (*_THANKS, *_COURTESY)) or _WAITS.fullmatch(sentence):
        return True
    return is_like_a_name(sentence.removesuffix("です")) or not any(map(str.isalnum, sentence))


def moves(event: Event, answered: bool) -> bool:
    """Whether a message changes the status. `answered`: a reply of ours came before it."""
    if event.incoming and event.kind == "inquiry":
        return not (answered and is_mere_thanks(event.text))
    # What our own program acknowledged by itself is no answer.
    return event.kind in ("reply", "bounce")


def progress(events: Iterable[Event], after_reply: str = "done") -> Progress:
    """Follows an inquiry's messages (oldest first). `after_reply` is the status our reply leads to."""
    status, waiting, first_reply, closed = "excluded", None, None, None
    bounced, reopened, contacts = False, 0, 0
    waits: list[tuple[datetime, datetime | None]] = []
    for event in events:
        if not moves(event, answered=first_reply is not None):
            continue
        if event.kind == "bounce":
            # Our reply did not arrive: the customer still waits. A bounce of nothing asks for nothing.
            if contacts:
                status, closed, bounced, waiting = "open", None, True, waiting or event.date
        elif not event.incoming:
            # We answered. The first answer's time stands for good, even if it bounces later.
            waits += [(waiting, event.date)] if waiting else []
            status, closed, bounced, waiting = after_reply, event.date, False, None
            first_reply = first_reply or (event.date if contacts else None)
        elif event.kind == "inquiry":
            # The customer writes, or writes again.
            reopened += first_reply is not None and waiting is None
            status, closed, waiting = "open", None, waiting or event.date
            contacts += 1
    if status != after_reply or after_reply != "done":
        closed = None
    trips = len(waits)
    waits += [(waiting, None)] if waiting else []
    return Progress(status, waiting, first_reply, closed, bounced, reopened, trips, tuple(waits), contacts)
