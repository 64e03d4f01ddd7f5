"""The FAQ tab: once a month, what was asked often is proposed; people word it, approve it or reject it.

Status, question and answer of a row are people's own: once a row stands there, we only count in it. Where
nobody has decided on a row yet and the shop has answered otherwise, the shop's own answer comes as a row of
its own beside it, once; which row stands beside which is kept in the hidden tab.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from daicho.inquiry.reply import core_of, fill, load_fields
from daicho.inquiry.similar import LIKE, Vector, cosine, groups, typical_first, weighted
from daicho.ledger.faq_text import (
    SAME_ANSWER,
    SAME_WORDS,
    asking_sentence,
    claims,
    core_of_reply,
    impersonal,
    only_puts_off,
    says_the_same,
)
from daicho.ledger.past import Past
from daicho.ledger.propose import shorten
from daicho.ledger.replies import Replies
from daicho.ledger.rows import clean, text_of
from daicho.sheets.layout import Layout
from daicho.sheets.workbook import Cell, Commit, Record, Update
from daicho.wording import Wording

MONTH = "faq"
"""Entry of the hidden tab: the last month whose questions were looked through, as 2026-10."""

BESIDE = "faq beside "
"""Entries of the hidden tab: the number of a row, and as value the number of the row put beside it."""

FEW = 3
"""So many questions of a kind are worth an entry where no template answers them well …"""

MANY = 5
"""… and so many even where one does."""

ANSWERED_WELL = 0.5
"""Share of a group's answers that were made from a template, from which on the template is a good one."""

AGREED = 2
"""An answer given so often is no chance: it is worth a row beside another answer."""

UNDECIDED = 0.7
"""What likeness to a row counts that nobody has decided on: one with people's word goes before it."""

NO_QUESTIONS = frozenset({"sales", "complaint", "feedback", "other", ""})
"""Categories that nobody looks up in an FAQ."""

PROPOSALS = 20
"""Proposals a month at most: nobody reads more."""

EXAMPLE_LIMIT = 300


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
        if text.get("question"):
            found.append(
                Entry(
                    text.get("id", ""),
                    layout.option("faq_status", text.get("status", "")),
                    layout.option("category", text.get("category", "")),
                    text["question"],
                    text.get("answer", ""),
                    _count(record),
                )
            )
    return found


def is_ready(entry: Entry, wording: Wording) -> bool:
    """Whether customers can read an entry: it has an answer, with nothing left to fill in."""
    gap, _, _ = wording.say("reply.blank", field="\0").partition("\0")
    fields = load_fields(wording.language)
    # Words taken over from a template may bring its fields with them, which nobody fills here.
    open_fields = fields.labels.keys() & set(fields.used(entry.answer))
    return bool(entry.answer) and gap not in entry.answer and not open_fields


def month_before(day: datetime) -> str:
    """The last whole month, as 2026-10."""
    return f"{day.replace(day=1) - timedelta(days=1):%Y-%m}"


@dataclass(frozen=True, slots=True)
class Given:
    """The answer that was given most often: how often, and how many answers there were in all; the key of
    the template whose words it is, "" for the shop's free ones."""

    text: str
    times: int
    answers: int
    template: str = ""


class Proposer:
    """Looks through one month's inquiries for questions that the FAQ should answer.

    `state` is what the hidden tab keeps.
    """

    def __init__(self, records: Sequence[Record], state: Mapping[str, str], replies: Replies) -> None:
        self._records = [record for record in records if text_of(record.cells.get("question")).strip()]
        self._replies = replies
        self._templates = {template.key: template for template in replies.templates}
        self._layout = replies.speaker.layout
        self._wording = replies.speaker.wording
        self._own = [
            line for key in ("shop", "signature") for line in replies.own.get(key, "").splitlines() if line
        ]
        self._beside = {
            name.removeprefix(BESIDE): id for name, id in state.items() if name.startswith(BESIDE)
        }
        self._rows = {id: row for row, record in enumerate(self._records) if (id := _id(record))}
        self._last = max([0, *map(_number, (*map(_id, records), *self._beside, *self._beside.values()))])

    def commit(self, past: Sequence[Past], month: str) -> Commit:
        """New rows for what was asked often, and higher counts of rows that ask it already.

        Every inquiry is counted in one row.
        """
        asked = [each for each in past if each.category not in NO_QUESTIONS]
        known, new = self._grouped(asked)
        commit = Commit(state={MONTH: month} if asked else {})
        rows: list[dict[str, Cell]] = []
        for row, members in sorted(known.items()):
            record = self._records[row]
            given = self._given(members)
            if len(rows) < PROPOSALS and self._is_rivalled(row, members, given):
                rival = self._rival(record, members, given)
                rows.append(rival)
                commit.state[BESIDE + _id(record)] = str(rival["id"])
                commit.updates.append(Update("faq", record, self._pointing(record, str(rival["id"]))))
            else:
                commit.updates.append(Update("faq", record, {"count": _count(record) + len(members)}))
        for members in new:
            given = self._given(members)
            if len(rows) < PROPOSALS and _is_worth_it(members, given):
                rows.append(self._proposal(members, given))
        if rows:
            commit.appends["faq"] = rows
        return commit

    def _grouped(self, asked: Sequence[Past]) -> tuple[dict[int, list[Past]], list[list[Past]]]:
        """The inquiries by the row that asks the same, and groups of those that no row asks; each group
        begins with its most typical inquiry."""
        texts = [each.text for each in asked]
        vectors = weighted([*map(self._row_text, self._records), *texts])
        rows, inquiries = vectors[: len(self._records)], vectors[len(self._records) :]
        known: dict[int, list[Past]] = defaultdict(list)
        new: list[tuple[Vector, list[Past]]] = []
        for group in groups(texts, [(each.category, each.template) for each in asked]):
            members, vector = [asked[index] for index in group], inquiries[group[0]]
            row = self._row_of(members[0], vector, rows)
            if row is not None:
                known[row] += members
            # The same question under another template is no other question.
            elif same := _asking_the_same(members[0], vector, new[:PROPOSALS]):
                same += members
            else:
                new.append((vector, members))
        return known, sorted((members for _, members in new), key=len, reverse=True)

    def _row_of(self, past: Past, vector: Vector, rows: Sequence[Vector]) -> int | None:
        """The row that asks the same already, by its place; one of another category does not."""
        likeness = [
            cosine(vector, other) if self._category(row) in (past.category, "") else 0.0
            for row, other in zip(self._records, rows, strict=True)
        ]
        like = [row for row, value in enumerate(likeness) if value >= LIKE]
        best = max(like, key=lambda row: likeness[row] * self._worth(row), default=None)
        return None if best is None else self._of_pair(best)

    def _worth(self, row: int) -> float:
        return UNDECIDED if self._status(self._records[row]) == "proposed" else 1.0

    def _of_pair(self, row: int) -> int:
        """The row to count in: of two beside each other the shop's own answer, unless people rejected it."""
        id = _id(self._records[row])
        first = next((first for first, beside in self._beside.items() if beside == id), id)
        pair = [self._rows[each] for each in (self._beside.get(first, ""), first) if each in self._rows]
        left = (each for each in pair if self._status(self._records[each]) != "rejected")
        return next(left, row)

    def _is_rivalled(self, row: int, members: Sequence[Past], given: Given) -> bool:
        """Whether the answer that was given gets a row of its own beside this one."""
        record = self._records[row]
        # Somebody decided on it, or typed it in: what it says is the shop's answer.
        if self._status(record) != "proposed":
            return False
        # Once is enough: a row that somebody deleted or reworded since does not come back.
        if not _id(record) or _id(record) in self._beside or _id(record) in self._beside.values():
            return False
        # Too few have asked, or each was answered otherwise.
        if len(members) < FEW or given.times < AGREED:
            return False
        # A sample tells what nobody at the shop has said; a proposal of ours is held to what it means.
        like = SAME_ANSWER if text_of(record.cells.get("example")).strip() else SAME_WORDS
        return not says_the_same(text_of(record.cells.get("answer")), given.text, like)

    def _status(self, record: Record) -> str:
        return self._layout.option("faq_status", text_of(record.cells.get("status")).strip())

    def _category(self, record: Record) -> str:
        return self._layout.option("category", text_of(record.cells.get("category")).strip())

    # --- rows ---------------------------------------------------------------------------------------------

    def _proposal(self, members: Sequence[Past], given: Given) -> dict[str, Cell]:
        """A row to be worded and decided on by a person. `members` begin with the most typical one."""
        self._last += 1
        typical = members[0]
        example = impersonal(typical.question, typical.customer, self._wording)
        question = asking_sentence(example) or impersonal(typical.subject, typical.customer, self._wording)
        cells: dict[str, Cell] = {
            "id": f"F-{self._last:03}",
            "status": self._layout.label("faq_status", "proposed"),
            "category": self._layout.label("category", typical.category),
            "question": question,
            "answer": given.text,
            "count": len(members),
            "example": f"{self._told(given)}\n{shorten(example, EXAMPLE_LIMIT)}",
        }
        cleaned = {key: clean(cell) for key, cell in cells.items()}
        return {key: cell for key, cell in cleaned.items() if cell is not None}

    def _rival(self, record: Record, members: Sequence[Past], given: Given) -> dict[str, Cell]:
        """A row with the shop's own answer, for a person to choose between it and the row `record`.

        Its question is the customers', too: where the two are not quite the same after all, both can stay.
        """
        cells = self._proposal(members, given)
        label = self._layout.label
        note = self._note(
            "beside",
            row=_id(record),
            approved=label("faq_status", "approved"),
            rejected=label("faq_status", "rejected"),
        )
        return cells | {"example": f"{note}\n{cells['example']}"}

    def _pointing(self, record: Record, rival: str) -> dict[str, Cell]:
        """The row beside stands at the tab's end: that it is there is told where people look first."""
        before = text_of(record.cells.get("example"))
        return {"example": clean(f"{self._note('own-answer', row=rival)}\n{before}")}

    def _told(self, given: Given) -> str:
        if not given.answers:
            return self._note("unanswered")
        return self._note("answered", answers=given.answers, times=given.times)

    def _note(self, key: str, **values: object) -> str:
        """A line of ours above an example. It is no part of what was asked."""
        return self._wording.say("faq.mark") + self._wording.say(f"faq.{key}", **values)

    def _row_text(self, record: Record) -> str:
        mark = self._wording.say("faq.mark").strip()
        example = text_of(record.cells.get("example")).split("\n")
        asked = [line for line in example if not line.startswith(mark)]
        return "\n".join((text_of(record.cells.get("question")), *asked))

    # --- answers ------------------------------------------------------------------------------------------

    def _given(self, members: Sequence[Past]) -> Given:
        """What was answered most often: a template's own words, or else those of the most typical answer."""
        made: Counter[str] = Counter()
        free: list[str] = []
        for member in members:
            core = core_of_reply(member.answer, self._own)
            if only_puts_off(core):
                continue
            if member.used in self._templates:
                made[member.used] += 1
            else:
                free.append(impersonal(core, member.customer, self._wording))
        answers = made.total() + len(free)
        template, times = max(made.items(), key=lambda each: (each[1], each[0]), default=("", 0))
        alike = groups(free, list(map(claims, free)), SAME_ANSWER)
        often = alike[0] if alike else []
        # A template is worded for everybody: of two answers given as often it is the better one.
        if times and times >= len(often):
            return Given(self._template_words(template), times, answers, template)
        if len(often) == 1:
            # Each was answered otherwise: what lies in the middle is the best there is.
            often = [typical_first(range(len(free)), weighted(free))[0]]
        return Given(free[often[0]] if often else "", len(often), answers)

    def _template_words(self, key: str) -> str:
        template, fields = self._templates[key], self._replies.fields
        core = replace(template, body=core_of(template, fields))
        return fill(core, self._replies.own, fields, self._wording).text


def _asking_the_same(
    past: Past, vector: Vector, others: Sequence[tuple[Vector, list[Past]]]
) -> list[Past] | None:
    """The first of some groups that asks the same."""
    return next(
        (
            members
            for other, members in others
            if members[0].category == past.category and cosine(vector, other) >= LIKE
        ),
        None,
    )


def _is_worth_it(members: Sequence[Past], given: Given) -> bool:
    well = given.template and given.times >= ANSWERED_WELL * given.answers
    return len(members) >= (MANY if well else FEW)


def _id(record: Record) -> str:
    return text_of(record.cells.get("id")).strip()


def _number(id: str) -> int:
    found = re.fullmatch(r"F-(\d{1,6})", id)
    return int(found[1]) if found else 0


def _count(record: Record) -> int:
    count = record.cells.get("count")
    return int(count) if isinstance(count, int | float) else 0
