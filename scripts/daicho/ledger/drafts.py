"""Drafts that people ask for by a tick: who may have one, what it says, and that it is laid once.

A tick becomes a claim on its row, in the same atomic write that clears the tick. Whoever syncs next reads
the mailboxes once more, lays the draft of every open claim and closes the claim. The draft's Message-ID
follows from the claim, so that a repetition after a crash finds the draft that lies there already.

A tick that would double something (a draft that lies there, an answer of ours) is refused with what and when;
against an answer of ours a second tick, which knows of it, stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from daicho.inquiry.customer import is_masked
from daicho.inquiry.reply import Filled, language_of
from daicho.inquiry.thread import Event, Inquiry, Threads, short_code
from daicho.ledger.merge import text_print
from daicho.ledger.parts import standing
from daicho.ledger.propose import short_moment
from daicho.ledger.quotation import Habits, Quotation
from daicho.ledger.replies import Asked, Replies, spoken_phone
from daicho.ledger.rows import Base, Ledger, Row, read_customer, same, split_address, text_of
from daicho.mail.draft import Draft, build_draft, is_address, is_no_reply, reply_subject
from daicho.mail.key import bare_key
from daicho.mail.message import Address
from daicho.sheets.workbook import Cell

CLAIM = timedelta(minutes=15)
"""So long a colleague's draft keeps others from having one of their own."""

RAKUTEN_REPLIES = ("楽天返信", "rakuten replies")
"""A row その他 of one of these names in the settings tab says that the shop answers masked buyers by mail."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A draft that was asked for. `at` and `laid` are aware; it is open until laid.

    `trouble` is the key of the sentence the row has been told while the draft could not be laid. `text` is
    the fingerprint of what was laid, `answers` the key of the customer's message it answers, `told` the key
    of the mail of ours because of which a draft was refused. `last` is the claim before it, if its draft was
    laid. One without a token asks for nothing and only remembers what was `told`.
    """

    token: str
    who: str
    at: datetime
    laid: datetime | None = None
    trouble: str = ""
    text: str = ""
    answers: str = ""
    told: str = ""
    last: Claim | None = None

    @classmethod
    def read(cls, fact: Any) -> Claim | None:
        """The claim as it is kept among a row's facts; None where there is none."""
        try:
            laid = datetime.fromisoformat(fact["laid"]) if "laid" in fact else None
            at = datetime.fromisoformat(fact["at"])
            words = {name: str(fact.get(name, "")) for name in ("trouble", "text", "answers", "told")}
            last = cls.read(fact["last"]) if "last" in fact else None
            return cls(str(fact["token"]), str(fact["who"]), at, laid, **words, last=last)
        except (KeyError, TypeError, ValueError):
            return None

    def fact(self) -> dict[str, Any]:
        fact: dict[str, Any] = {"token": self.token, "who": self.who, "at": self.at.isoformat()}
        fact |= {"laid": self.laid.isoformat()} if self.laid else {}
        words = {"trouble": self.trouble, "text": self.text, "answers": self.answers, "told": self.told}
        fact |= {name: word for name, word in words.items() if word}
        return fact | ({"last": self.last.fact()} if self.last else {})

    @property
    def is_open(self) -> bool:
        return self.laid is None and bool(self.token)

    def holds(self, now: datetime) -> bool:
        """Whether it keeps others from having a draft of their own."""
        return self.is_open or (self.laid is not None and now - self.at < CLAIM)


@dataclass(frozen=True, slots=True)
class Laid:
    """What became of an open claim: laid with `missing` fields to fill in, or a trouble.

    `typed` is the fingerprint of the cell it was made of, "" where it was made of a template. `final`:
    nothing that waiting would cure; the claim is given up. `text`, `answers` and `told` as in Claim.
    `beside` says when the older draft was laid that lies there, too ("" for none).
    """

    token: str
    missing: int = 0
    trouble: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    final: bool = False
    typed: str = ""
    text: str = ""
    answers: str = ""
    told: str = ""
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A draft to be laid now, into the mailbox the customer wrote to ("": any).

    `older` says when the draft before it was laid ("" for none).
    `laid` is what is to be told once it lies there; `refused` what is told instead of laying it, `doubled`
    what is told instead while an earlier draft still lies in Drafts (each None where nothing is against it).
    """

    inquiry: str
    mailbox: str
    draft: Draft
    laid: Laid
    refused: Laid | None = None
    doubled: Laid | None = None
    older: str = ""


def new_claim(id: str, who: str, now: datetime, last: Claim | None) -> Claim:
    """A claim whose token no earlier or later one of the inquiry bears. `last` is the one before it."""
    seed = f"{id} {now.isoformat()} {last.token if last else ''}"
    lying = replace(last, last=None) if last and last.laid else None
    return Claim(short_code(seed, 8), who, now, told=last.told if last else "", last=lying)


def refusal(
    claim: Claim | None, who: str, to: str, filled: Filled | None, replies: Replies, now: datetime
) -> tuple[str, dict[str, object]] | None:
    """Why there is no draft for a tick, as a sentence's key and values; None if there is nothing against it.

    `claim` is the inquiry's last one, `to` the address the draft would go to.
    """
    if claim is not None and claim.holds(now):
        # A colleague is on it.
        if claim.who and claim.who != who:
            return "reply.colleague", {"who": claim.who}
        # Nobody says who they are: it may be a colleague.
        if not claim.who:
            return "reply.somebody", {}
        # The same person once more, before the first draft could be laid.
        if claim.is_open:
            return "reply.waiting", {}
    if not is_address(to):
        return "reply.no-address", {}
    # Nobody reads what is sent there.
    if is_no_reply(to):
        return "reply.no-reply", {"address": to}
    # Mail to Rakuten's masked buyers arrives only through Rakuten's own relay.
    if is_masked(to) and "rakuten" in to and not replies.has_own(RAKUTEN_REPLIES):
        return "reply.masked", {}
    if filled is None:
        return "reply.no-template", {}
    return None


def answer_to(inquiry: Inquiry) -> Event:
    """The customer's newest message, which a reply answers."""
    return next(
        (event for event in reversed(inquiry.events) if event.incoming and event.kind == "inquiry"),
        inquiry.first,
    )


def our_answer(inquiry: Inquiry) -> Event | None:
    """The reply of ours after the customer's last message; None if there is none, or if it came back."""
    for event in reversed(inquiry.events):
        if event.kind == "bounce" or (event.incoming and event.kind == "inquiry"):
            return None
        if not event.incoming and event.kind == "reply":
            return event
    return None


def suggested_reply(base: Base, template: Cell, filled: Filled | None) -> Filled | None:
    """What a row suggests: its template's text, `filled`, or the answer a vendor wrote for this very inquiry.

    The answer goes before any template but one that a person has picked since it came home.
    """
    answer, beside = str(base.facts.get("answer") or ""), base.facts.get("beside", template)
    picked = not same(template, base.proposals.get("template")) and not same(template, beside)
    return filled if not answer or (filled and picked) else Filled("", answer)


def typed(row: Row) -> str:
    """The text a person wrote into the reply cell, "" while our own stands there."""
    cell = row.text("reply")
    return cell if text_print(cell) not in ("", row.base.facts.get("reply", "")) else ""


def asked(
    cells: Mapping[str, Cell], base: Base, inquiry: Inquiry, phones: Sequence[str], replies: Replies
) -> Asked:
    """What an inquiry's row says that goes into its reply; `base` is what it remembers."""
    layout, first = replies.speaker.layout, inquiry.first
    told = (event.text for event in inquiry.events if event.incoming)
    text = {key: text_of(cells.get(key)).strip() for key in ("customer", "order", "product", "assignee")}
    return Asked(
        **text,
        phone=spoken_phone(phones[0], told) if phones else "",
        subject=first.subject,
        received=replies.speaker.clock.cell(first.date),
        priority=layout.option("priority", text_of(cells.get("priority"))),
        language=language_of(answer_to(inquiry).text),
        parts=standing(base, cells),
    )


class Drafts:
    """Builds the drafts of open claims. `addresses` are the shop's own, `shop` its name."""

    def __init__(
        self, ledger: Ledger, replies: Replies, addresses: Iterable[str], shop: str, now: datetime
    ) -> None:
        self._ledger = ledger
        self._replies = replies
        self._addresses = sorted(addresses)
        self._shop = shop
        self._now = now
        self._habits = Habits(ledger.rows.values(), replies.speaker.layout)

    def requests(self) -> list[Request]:
        """One for every open claim whose inquiry is still there."""
        waiting = {id: claim for id, row in self._ledger.rows.items() if (claim := open_claim(row))}
        if not waiting:
            return []
        threads = Threads(event for event in self._ledger.events if event.inquiry in waiting)
        unasked: dict[str, list[Event]] = defaultdict(list)
        for event in self._ledger.events:
            if not event.inquiry and not event.incoming and event.kind == "reply":
                unasked[event.address].append(event)
        logged = {
            text_of(record.cells.get("key")): record.cells
            for record in self._ledger.snapshot.tables["messages"]
            if text_of(record.cells.get("inquiry")) in {*waiting, ""}
        }
        return [
            self._request(claim, self._ledger.rows[id], threads.inquiries[id], logged, unasked)
            for id, claim in waiting.items()
            if id in threads.inquiries
        ]

    def _request(
        self,
        claim: Claim,
        row: Row,
        inquiry: Inquiry,
        logged: Mapping[str, Mapping[str, Cell]],
        unasked: Mapping[str, Sequence[Event]],
    ) -> Request:
        event = answer_to(inquiry)
        cells = logged.get(event.key, {})
        customer = self._ledger.customers.get(row.text("customer_id"))
        phones = read_customer(customer).phones if customer else []
        told = asked(row.record.cells, row.base, inquiry, phones, self._replies)
        filled = suggested_reply(
            row.base, row.cell("template"), self._replies.fill(row.text("template"), told)
        )
        own = typed(row)
        filled = self._replies.edited(own, filled) if own else filled or Filled("", "")
        sender = self._sender(text_of(cells.get("to")))
        mailbox, slash, _ = text_of(cells.get("mailbox")).partition("/")
        draft = self._draft(claim, inquiry.id, event, row, filled, sender, is_mail=bool(slash))
        words = text_print(filled.text)
        return Request(
            inquiry.id,
            mailbox if slash else "",
            draft,
            Laid(claim.token, len(filled.missing), typed=text_print(own), text=words, answers=event.key),
            self._refused(claim, inquiry, unasked.get(recipient(row.base.facts, event), ()), logged)
            or self._textless(claim, filled),
            self._doubled(claim, words, event),
            self._said(claim.last.laid) if claim.last and claim.last.laid else "",
        )

    def _refused(
        self,
        claim: Claim,
        inquiry: Inquiry,
        unasked: Sequence[Event],
        logged: Mapping[str, Mapping[str, Cell]],
    ) -> Laid | None:
        """That we wrote to the customer after their last message, unless the row has said so before.

        `unasked` are mails of ours to the same address that answer nothing we know.
        """
        asked = answer_to(inquiry).date
        found = {event.key: "reply.sent-to-same" for event in unasked if event.date > asked}
        events = [event for event in unasked if event.key in found]
        if answer := our_answer(inquiry):
            events.append(answer)
        newest = max(events, key=lambda event: event.date, default=None)
        if newest is None or newest.key == claim.told:
            return None
        name, address = split_address(text_of(logged.get(newest.key, {}).get("from")).split("\n")[0])
        values = {"date": self._said(newest.date), "who": name or address}
        key = found.get(newest.key, "reply.answered-already")
        return Laid(claim.token, trouble=key, values=values, final=True, told=newest.key)

    @staticmethod
    def _textless(claim: Claim, filled: Filled) -> Laid | None:
        """That template and text were both taken away after the tick."""
        return None if filled.text else Laid(claim.token, trouble="reply.no-text", final=True)

    def _doubled(self, claim: Claim, words: str, event: Event) -> Laid | None:
        """That the very same draft was laid a moment ago."""
        last = claim.last
        if last is None or last.laid is None or self._now - last.at >= CLAIM:
            return None
        # Another text, or another question: the new draft is what the person wants.
        if (last.text, last.answers) != (words, event.key):
            return None
        values = {"laid": self._said(last.laid)}
        return Laid(claim.token, trouble="reply.already-laid", values=values, final=True)

    def _said(self, moment: datetime) -> str:
        return short_moment(self._replies.speaker.clock.cell(moment))

    def _draft(
        self, claim: Claim, id: str, event: Event, row: Row, filled: Filled, sender: str, *, is_mail: bool
    ) -> Draft:
        # A message key is the Message-ID, or stands for one that is missing or was used twice.
        message_id = bare_key(event.key) if "@" in event.key else ""
        text, subject = filled.text, filled.subject
        if is_mail:
            speaker = self._replies.speaker
            quotation = Quotation(event, sender, speaker.clock, speaker.wording)
            channel = speaker.layout.option("channel", row.text("channel"))
            text = quotation.around(text, self._habits.of(channel))
            subject = reply_subject(event.subject) if event.subject else subject
        return build_draft(
            f"daicho-{id}-{claim.token}@{sender.rpartition('@')[2] or 'daicho.invalid'}",
            Address(self._shop, sender),
            Address(event.name, recipient(row.base.facts, event)),
            subject or reply_subject(event.subject),
            text,
            self._now.astimezone(self._replies.speaker.clock.zone),
            answers=message_id,
            references=list(dict.fromkeys([*event.references, event.key, message_id])),
            inquiry=id,
        )

    def _sender(self, to: str) -> str:
        """The address of ours that the customer wrote to, else the first of ours."""
        written = {split_address(line)[1].lower() for line in to.split("\n")}
        return next((own for own in self._addresses if own in written), next(iter(self._addresses), ""))


def open_claim(row: Row) -> Claim | None:
    claim = Claim.read(row.base.facts.get("draft"))
    return claim if claim and claim.is_open else None


def recipient(facts: Mapping[str, Any], event: Event) -> str:
    """Where the customer wants the answer: Reply-To if it named another address, else where it wrote from.

    `facts` are those of the inquiry's row.
    """
    return str(facts.get("reply_to") or event.address)


def closed(claim: Claim, laid: Laid, now: datetime) -> Claim | None:
    """The claim after an attempt to lay its draft; what was there before it if it is given up."""
    if not laid.trouble:
        return replace(claim, laid=now, trouble="", text=laid.text, answers=laid.answers, last=None)
    if not laid.final:
        return replace(claim, trouble=laid.trouble)
    if claim.last:
        return replace(claim.last, told=laid.told or claim.told)
    return Claim("", claim.who, claim.at, told=laid.told) if laid.told else None
