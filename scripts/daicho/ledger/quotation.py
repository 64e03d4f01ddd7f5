"""How a shop quotes the customer in its replies: learned from those it sent, kept up in its drafts.

Only the word for the layout is remembered, nothing of what a mail says.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from daicho.inquiry.thread import Event, base_subject
from daicho.ledger.adopt import TYPED
from daicho.ledger.replies import Sent
from daicho.ledger.rows import Clock, Row
from daicho.mail.draft import quoted
from daicho.mail.message import Message
from daicho.mail.text import Quoting, quoting
from daicho.sheets.layout import Layout
from daicho.wording import Wording

NEWEST = 20
"""So many replies tell the habit of a shop: a new one shows within weeks, an exception changes nothing."""

RECENT = 10
"""The messages of an inquiry among which a reply finds what it answers."""

UNREAD = frozenset(
    f"message.{note}" for note in ("body-cut", "charset", "encrypted", "parts-cut", "tnef", "unreadable")
)
"""The notes of a mail whose body could not be read whole."""

WRITER_LIMIT = 200
"""Characters of a writer's name and address: a head of more is none to programs that read it, ours too."""


def learned(reply: Message, events: Sequence[Event]) -> Quoting | None:
    """How a reply of ours quotes the customer; None where it does not tell. `events` went before it."""
    # What could not be read may be the quotation.
    if UNREAD.intersection(reply.notes):
        return None
    asked = "\n".join(event.text for event in events[-RECENT:] if event.incoming)
    found = quoting(reply.text, asked)
    # A notice of ours, and the answer to a phone call, have nothing to quote.
    return found if found != "none" or _answers_a_mail(reply) else None


def _answers_a_mail(reply: Message) -> bool:
    answered = any(not key.startswith(TYPED) for key in reply.references)
    # Some programs leave the references out.
    return answered or base_subject(reply.subject) != reply.subject.strip().casefold()


class Habits:
    """How the newest replies of a shop quote, by channel.

    A shop that quotes in its mail may answer the notices of its form with a bare template: each channel has a
    habit of its own, and one without replies follows all the others.
    """

    def __init__(self, rows: Iterable[Row], layout: Layout) -> None:
        known: dict[str, list[Sent]] = defaultdict(list)
        for row in rows:
            sent = [reply for reply in Sent.read(row.base.facts.get("sent")) if reply.quoting]
            for channel in {"", layout.option("channel", row.text("channel"))} if sent else ():
                known[channel] += sent
        self._habits = {channel: _habit(sent) for channel, sent in known.items()}

    def of(self, channel: str) -> Quoting:
        """The habit in a channel; marks below the answer while nothing is known."""
        return self._habits.get(channel) or self._habits.get("") or "below"


def _habit(sent: Iterable[Sent]) -> Quoting | None:
    """The way most of the newest replies quote; of two equally frequent ones the newer."""
    newest = sorted(sent, key=lambda reply: reply.day, reverse=True)[:NEWEST]
    return max(Counter(reply.quoting for reply in newest).items(), key=lambda word: word[1])[0]


@dataclass(frozen=True, slots=True)
class Quotation:
    """The customer's message `event` as a reply quotes it. `to` is the address of ours it came to."""

    event: Event
    to: str
    clock: Clock
    wording: Wording

    def around(self, text: str, quoting: Quoting) -> str:
        """`text` with the quotation in a shop's way. `new_part` of the mail is that of `text` in each."""
        match quoting:
            case "none":
                return text
            case "above":
                return f"{self._marked}\n\n{text}"
            # Unmarked below a head, a line with a mark of its own would begin a quote, and the rest be ours.
            case "original" if not self.event.text.lstrip().startswith((">", "＞")):
                return f"{text}\n\n{self._original}"
            case _:
                return f"{text}\n\n{self._marked}"

    @property
    def _marked(self) -> str:
        return f"{self._say('reply.wrote')}\n{quoted(self.event.text)}"

    @property
    def _original(self) -> str:
        return f"{self._say('reply.original')}\n\n{self.event.text.strip()}"

    def _say(self, key: str) -> str:
        event = self.event
        moment = event.date.astimezone(self.clock.zone)
        writer = f"{event.name} <{event.address}>" if event.name else event.address
        return self.wording.say(
            key,
            date=long_date(moment, self.wording),
            time=f"{moment:%H:%M}",
            writer=" ".join(writer.split())[:WRITER_LIMIT],
            to=self.to,
            subject=" ".join(event.subject.split()),
        )


def long_date(moment: datetime, wording: Wording) -> str:
    weekdays, months = wording.say("reply.weekdays").split(), wording.say("reply.months").split()
    return wording.say(
        "reply.long-date",
        year=moment.year,
        month=months[moment.month - 1],
        day=moment.day,
        weekday=weekdays[moment.weekday()],
    )
