"""How often a writer says to have written before: by the dates that are named for it.

"I wrote on the 4th and on the 11th" makes this the third contact, though nobody says "third". Only a date
that stands with a finished verb of contacting counts: what was ordered or paid on a day was no contact.
"""

from __future__ import annotations

import re

from daicho.inquiry.extract import fold

_COUNT = "[0-9一二三四五六七八九十]{1,3}"
_WEEKDAY = "(?:月|火|水|木|金|土|日)"
_MONTH = "(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}"
_PAST_DAY = re.compile(
    rf"(?:{_COUNT}|先|今)月の?(?:{_COUNT}日|初め?|はじめ|頭|半ば|中ごろ|中旬|上旬|下旬|末)"
    r"|[0-9]{1,2}/[0-9]{1,2}(?![0-9/])"
    rf"|(?<![0-9一二三四五六七八九十月/]){_COUNT}日(?!間|以|前|後|ほど|くらい|ぐらい|分|たっ|経|着|目)"
    rf"|月末|先々月|先月|先々週|先週|一昨日|おととい|昨日|昨晩|昨夜|今朝|{_WEEKDAY}曜日?|お盆前"
    rf"|\b{_MONTH}\.? [0-9]{{1,2}}(?:st|nd|rd|th)?\b|\b[0-9]{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}\b"
    r"|\b[0-9]{1,2}(?:st|nd|rd|th)\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"|\blast (?:week|month)\b|\byesterday\b"
)
_CONTACTED = re.compile(
    r"(?:連絡|めーる|電話|便り|問い?合わ?せ|質問|照会|催促|督促)(?:を|も|は|で|に(?:て|も)?)?(?:一度)?"
    r"(?:差し上げ|さしあげ|致し|いたし|し(?:た|て|まし|ており)|送(?:っ|り)|入れ|出し|かけ|申し上げ)"
    r"|(?:送り|送信し|送付し|書き|尋ね|たずね|伺い|うかがい|聞き|お願いし|お願いいたし|伝えし|伝え|申し上げ"
    r"|お知らせし|頼み|かけ|問い?合わ?せ)(?:まし|た|て(?:い|お))|聞いた|聞いて(?:い|お)|伺った|書いた|送った|頼んだ"
    r"|\b(?:wrote|e-?mailed|called|phoned|asked|contacted|messaged|reached out|followed up)\b"
)
_SENTENCE_END = re.compile(r"[。!?\n]|\. ")
_CLAUSE_END = re.compile(r"(?<=[したてがでず])、|けど|のに|ので")
_APART = 3
"""Characters between two expressions of one day, at most: 先週の水曜(23日)."""

_BEHIND = 30
"""How far an English date may stand behind its verb: "wrote to you on Monday"."""


def days_contacted(text: str) -> int:
    """On how many different days the writer says to have contacted the shop before this mail."""
    days: set[str] = set()
    for sentence in _SENTENCE_END.split(fold(text)):
        start = 0
        for verb in _CONTACTED.finditer(sentence):
            end = verb.end() + (_BEHIND if verb.group().isascii() else 0)
            # A clause before ends with a verb of its own, and its day belongs to that one.
            days |= _days(_CLAUSE_END.split(sentence[start:end])[-1])
            start = verb.end()
    return len(days)


def _days(clause: str) -> set[str]:
    days: list[str] = []
    behind = -_APART - 1
    for found in _PAST_DAY.finditer(clause):
        joined = clause[behind : found.start()] if behind >= 0 else None
        if joined is None or joined not in ("", "の", "(", "の("):
            days.append(found.group())
        behind = found.end()
    return set(days)
