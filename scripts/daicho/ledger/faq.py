"""The FAQ tab: once a month, what was asked often is proposed; people word it, approve it or reject it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from daicho.inquiry.reply import core_of, fill
from daicho.inquiry.similar import LIKE, Vector, cosine, groups, typical_first, weighted
from daicho.ledger.past import Past
from daicho.ledger.propose import shorten
from daicho.ledger.replies import Replies
from daicho.ledger.rows import clean, text_of
from daicho.sheets.layout import Layout
from daicho.sheets.workbook import Cell, Commit, Record, Update
from daicho.wording import Wording

MONTH = "faq"
"""Entry of the hidden tab: the last month whose questions were looked through, as 2026-10."""

FEW = 3
"""So many questions of a kind are worth an entry where no template answers them well …"""

MANY = 5
"""… and so many even where one does."""

ANSWERED_WELL = 0.5
"""Share of a group's answers that were made from a template, from which on the template is a good one."""

NO_QUESTIONS = frozenset({"sales", "complaint", "feedback", "other", ""})
"""Categories that nobody looks up in an FAQ."""

PROPOSALS = 20
"""Proposals a month at most: nobody reads more."""

EXAMPLE_LIMIT = 300
QUESTION_LIMIT = 120

_SENTENCE_END = re.compile(r"(?<=[。．！？!?])(?![。．！？!?])|(?<=\.)[ \t]+|\n")
_ASKS = re.compile(
    r"[？?]|(でしょうか|ますか|ですか|ませんか|ください|下さい|たいの?です|お願い|教えて)[。．]?$"
)
_PERSONAL = re.compile(
    r"[\w.+-]{1,64}@[\w.-]{1,120}"  # mail addresses
    r"|#?[A-Z]{0,3}\d[\d-]{3,24}\d"  # order, tracking and phone numbers
)
_TO_SOMEBODY = re.compile(r"(様|さま|御中|殿|dear\b.*)[、,\s]*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the tab. `status` and `category` are option keys."""

    id: str
    status: str
    category: str
    question: str
    answer: str
    count: int


def entries(records: Sequence[Record], layout: Layout) -> list[Entry]:
    """The rows that ask something, in sheet order."""
    found = []
    for record in records:
        text = {key: text_of(cell).strip() for key, cell in record.cells.items()}
        count = record.cells.get("count")
        if text.get("question"):
            found.append(
                Entry(
                    text.get("id", ""),
                    layout.option("faq_status", text.get("status", "")),
                    layout.option("category", text.get("category", "")),
                    text["question"],
                    text.get("answer", ""),
                    int(count) if isinstance(count, int | float) else 0,
                )
            )
    return found


def month_before(day: datetime) -> str:
    """The last whole month, as 2026-10."""
    return f"{day.replace(day=1) - timedelta(days=1):%Y-%m}"


class Proposer:
    """Looks through one month's inquiries for questions that the FAQ should answer."""

    def __init__(
        self,
        records: Sequence[Record],
        replies: Replies,
        layout: Layout,
        wording: Wording,
    ) -> None:
        self._records = [record for record in records if text_of(record.cells.get("question")).strip()]
        self._templates = {template.key: template for template in replies.templates}
        self._fields = replies.fields
        self._layout = layout
        self._wording = wording
        self._last = max([0, *(int(found[1]) for record in records if (found := _number(record)))])

    def commit(self, past: Sequence[Past], month: str) -> Commit:
        """New rows for what was asked often, and higher counts of rows that ask it already.

        A question that a row asks is never proposed again, whether it was approved or rejected.
        """
        asked = [each for each in past if each.category not in NO_QUESTIONS]
        commit = Commit(state={MONTH: month} if asked else {})
        texts = [each.text for each in asked]
        vectors = weighted([*map(_row_text, self._records), *texts])
        known, new = vectors[: len(self._records)], vectors[len(self._records) :]
        counts: Counter[int] = Counter()
        rows: list[dict[str, Cell]] = []
        for group in groups(texts, [(each.category, each.template) for each in asked]):
            members = [asked[index] for index in group]
            row = self._row_of(members[0], new[group[0]], known)
            if row is not None:
                counts[row] += len(members)
            elif self._is_worth_it(members) and len(rows) < PROPOSALS:
                rows.append(self._proposal(members))
        commit.updates = [self._counted(self._records[row], more) for row, more in sorted(counts.items())]
        if rows:
            commit.appends["faq"] = rows
        return commit

    def _row_of(self, past: Past, vector: Vector, known: Sequence[Vector]) -> int | None:
        """The row that asks the same already, by its place; one of another category does not."""
        likeness = [
            cosine(vector, other) if self._category(row) in (past.category, "") else 0.0
            for row, other in zip(self._records, known, strict=True)
        ]
        best = max(range(len(likeness)), key=likeness.__getitem__, default=None)
        return best if best is not None and likeness[best] >= LIKE else None

    def _category(self, record: Record) -> str:
        return self._layout.option("category", text_of(record.cells.get("category")).strip())

    def _is_worth_it(self, members: Sequence[Past]) -> bool:
        template, share = _most_used(members)
        return len(members) >= (MANY if template and share >= ANSWERED_WELL else FEW)

    def _counted(self, record: Record, more: int) -> Update:
        count = record.cells.get("count")
        before = int(count) if isinstance(count, int | float) else 0
        return Update("faq", record, {"count": before + more})

    def _proposal(self, members: Sequence[Past]) -> dict[str, Cell]:
        """A row to be worded and decided on by a person. `members` begin with the most typical one."""
        self._last += 1
        typical = members[0]
        example = impersonal(typical.question, typical.customer, self._wording)
        cells: dict[str, Cell] = {
            "id": f"F-{self._last:03}",
            "status": self._layout.label("faq_status", "proposed"),
            "category": self._layout.label("category", typical.category),
            "question": asking_sentence(example) or typical.subject,
            "answer": self._answer(members),
            "count": len(members),
            "example": shorten(example, EXAMPLE_LIMIT),
        }
        cleaned = {key: clean(cell) for key, cell in cells.items()}
        return {key: cell for key, cell in cleaned.items() if cell is not None}

    def _answer(self, members: Sequence[Past]) -> str:
        """What was answered most often: the template's own words, else the most typical answer."""
        template, share = _most_used(members)
        if template in self._templates and share >= ANSWERED_WELL:
            core = replace(self._templates[template], body=core_of(self._templates[template], self._fields))
            return fill(core, {}, self._fields, self._wording).text
        answered = [member for member in members if member.answer]
        if not answered:
            return ""
        best = answered[typical_first(range(len(answered)), weighted([each.answer for each in answered]))[0]]
        return impersonal(best.answer, best.customer, self._wording)


def _most_used(members: Sequence[Past]) -> tuple[str, float]:
    """The template most answers were made from, and its share among the answers; ("", 0.0) for none."""
    used = Counter(member.used for member in members if member.used)
    answers = sum(bool(member.answer) for member in members)
    template, count = max(used.items(), key=lambda each: (each[1], each[0]), default=("", 0))
    return template, count / answers if answers else 0.0


def _row_text(record: Record) -> str:
    return "\n".join(text_of(record.cells.get(key)) for key in ("question", "example"))


def impersonal(text: str, name: str, wording: Wording) -> str:
    """`text` without what points to one customer: who is addressed, their name, numbers, addresses.

    A help for who words the entry, who reads it before anybody else does: no promise that nothing is left.
    """
    somebody, hidden = wording.say("reply.customer"), wording.say("reply.hidden")
    lines = [line for line in text.split("\n") if not _TO_SOMEBODY.search(line.strip())]
    text = _PERSONAL.sub(hidden, "\n".join(lines))
    for part in sorted({name, "".join(name.split()), *name.split()}, key=len, reverse=True):
        text = text.replace(part, somebody) if len(part) > 1 else text
    return text.strip()


def asking_sentence(text: str) -> str:
    """The first sentence that asks for something, else the first one, cut to a line."""
    sentences = [sentence.strip() for sentence in _SENTENCE_END.split(text) if sentence.strip()]
    asking = next((sentence for sentence in sentences if _ASKS.search(sentence)), None)
    return shorten(asking or next(iter(sentences), ""), QUESTION_LIMIT)


def _number(record: Record) -> re.Match[str] | None:
    return re.fullmatch(r"F-(\d{1,6})", text_of(record.cells.get("id")).strip())
