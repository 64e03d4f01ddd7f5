"""テレコ: two customers' parcels crossed, each got the other's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from daicho.inquiry.extract import fold

_SENTENCE_END = re.compile(r"[。!?！？\n]|\. ")
_CLAUSE_END = re.compile(r"[。!?！？\n、，,]|\. ")
_OWN = tuple(map(fold, (
    "私の", "わたしの", "自分の", "うちの", "当方の", "こちらの注文", "本来の", "頼んだ", "注文したのは",
    "my ", "i ordered",
)))  # fmt: skip
_OTHER_PERSON = tuple(map(fold, (
    "別の方", "別の人", "別のお客", "別人", "他の方", "他の人", "他のお客", "ほかの方", "ほかの人",
    "ほかのお客", "他人", "よその方", "よその人", "よそのお宅", "知らない方", "知らない人",
    "知らない名前", "存じ上げない", "見知らぬ", "違う方", "違う人", "違う名前", "別の名前", "別のお名前",
    "身に覚えのない名前", "someone else", "somebody else", "another customer", "other customer",
    "another person", "a stranger", "different name", "different customer", "wrong name", "not my name",
)))  # fmt: skip
_PARCEL = tuple(map(fold, (
    "納品書", "明細", "伝票", "送り状", "注文書", "宛名", "ラベル", "荷物", "商品", "品物", "箱", "同封",
    "注文番号", "届", "入って", "入れ違", "入れ替", "packing slip", "delivery note", "invoice", "parcel",
    "package", "box", "order", "label", "item",
)))  # fmt: skip
_BY_NAME = tuple(map(fold, (
    "テレコ", "入れ違", "入れ替わ", "取り違え", "mixed up", "mix-up", "swapped", "crossed",
)))  # fmt: skip
_SLIP_OF = re.compile(
    r"(?:納品書|明細書?|伝票|注文書|宛名|らべる|slip|label|note)[^。\n]{0,30}(?:様|さま|さん|mr|ms|mrs)"
)


@dataclass(frozen=True, slots=True)
class Swap:
    """A swap that a mail tells of. `other_orders` are the order numbers it names of the other customer."""

    other_orders: tuple[str, ...]


def swapped(text: str, order_numbers: Sequence[str]) -> Swap | None:
    """What `text` tells of another customer's parcel, None where it tells nothing.

    `order_numbers` are those found in the whole mail; those beside the words about the other are the other's.
    """
    text = text[:10_000]
    telling = [sentence for sentence in _SENTENCE_END.split(text) if _tells(fold(sentence))]
    if not telling:
        return None
    own = _numbers_in(order_numbers, (part for part in _CLAUSE_END.split(text) if _says(part, _OWN)))
    beside = _numbers_in(order_numbers, telling)
    # The other's number stands beside the words about the other; if not, it is what is not the writer's own.
    candidates = beside or (order_numbers if own else ())
    return Swap(tuple(number for number in candidates if number not in own))


def _numbers_in(order_numbers: Sequence[str], parts: Iterable[str]) -> list[str]:
    held = "\n".join(parts)
    return [number for number in order_numbers if number in held]


def _says(part: str, words: Sequence[str]) -> bool:
    folded = fold(part)
    return any(word in folded for word in words)


def _tells(sentence: str) -> bool:
    of_other = any(word in sentence for word in _OTHER_PERSON) and any(word in sentence for word in _PARCEL)
    by_name = any(word in sentence for word in _BY_NAME) and any(word in sentence for word in _OTHER_PERSON)
    return of_other or by_name or bool(_SLIP_OF.search(sentence))
