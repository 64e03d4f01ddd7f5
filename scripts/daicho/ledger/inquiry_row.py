"""One inquiry's row on its way from what stands there to what shall stand there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from daicho.inquiry.judge import Judgement
from daicho.inquiry.reply import Filled, language_of
from daicho.inquiry.status import Progress, moves, progress
from daicho.inquiry.thread import Event, Inquiry
from daicho.ledger.adopt import TYPED
from daicho.ledger.context import Context
from daicho.ledger.drafts import (
    Claim,
    Laid,
    answer_to,
    asked,
    closed,
    new_claim,
    recipient,
    refusal,
    suggested_reply,
    typed,
)
from daicho.ledger.merge import (
    Merged,
    Proposal,
    conflicts,
    merge_row,
    merge_shared,
    merge_text,
    merge_words,
    new_row,
    text_print,
)
from daicho.ledger.parts import FACT, Parts
from daicho.ledger.propose import first_proposals, later_proposals, machine_cells, short_moment
from daicho.ledger.replies import Asked, Sent, is_ticked
from daicho.ledger.rows import Row, clean, comparable, same, text_of
from daicho.ledger.ruling import ABOUT_TEMPLATES, DOUBTS, asking, lines_of, ruling, settle
from daicho.ledger.ruling import FACT as RULED
from daicho.ledger.suggest import said, said_candidates, said_language, said_raises, suggested
from daicho.ledger.times import REOPENED, closed_at, due_at, waiting_since
from daicho.ledger.unlisted import mark
from daicho.sheets.workbook import Cell

REASON_LINES = 6

SENT_KEPT = 4
"""Replies that a row remembers."""


class InquiryRow:
    """Proposes, merges and words one row. `fresh` are the inquiry's messages that the log does not hold yet.

    After `new` or `merged`, `conflicts` names the columns where a person's word stands against a new
    proposal of ours, `tampered` tells that somebody had written over a machine column, `undrafted` why a
    draft that was asked for is not there, `questions` what people typed that no list knows.
    """

    def __init__(self, context: Context, inquiry: Inquiry, row: Row, fresh: Sequence[Event]) -> None:
        self.context = context
        self.layout = context.speaker.layout
        self.clock = context.speaker.clock
        self.inquiry = inquiry
        self.row = row
        self.fresh = fresh
        self.base = row.base.copy()
        self.base.facts["id"] = inquiry.id
        self.tab = self.layout.tab("inquiries")
        self.known = bool(row.base.machine)
        self.tampered = self.known and not row.untouched(self.tab)
        self.progress: Progress = progress(inquiry.events, context.settings.after_reply)
        self.notes: list[str] = []
        self.events: set[str] = set()
        self.conflicts: tuple[str, ...] = ()
        self.undrafted = ""
        self.questions: list[str] = []
        self.answered: list[str] = []
        self.asked_again = False
        self.appointed: Cell = None
        self.typed = typed(row)
        self.ticked = is_ticked(row.cell("draft"))

    def new(self) -> dict[str, Cell]:
        """The cells of a row that is not there."""
        self._propose()
        reply = self._proposed_reply(self.base.proposals | self._appointment)
        shared = self.base.proposals | {"reply": reply}
        return new_row(self.tab, self._machine(shared), shared | self._appointment, self.base)

    def merged(self) -> dict[str, Cell]:
        """The cells to write into a row that is there."""
        self._propose()
        proposal = Proposal({}, self.base.proposals, self.events)
        merged = merge_shared(self.row, proposal, self.context.speaker.wording)
        self.conflicts = conflicts(merged, self.row.base.proposals, proposal)
        self._note_conflicts()
        shared = {key: cell.value for key, cell in merged.items()} | self._appointment
        self._remember_decisions(shared)
        if named := self._named_later(shared):
            self.base.proposals["product"] = shared["product"] = named
            merged["product"] = Merged(named, "ours")
        merged["tags"] = self._marked_tags(shared)
        merged["reply"] = self._merged_reply(shared)
        # A quiet row that nobody touched needs nothing but its due time, which follows priority and calendar.
        quiet = self.known and not self.fresh and not self.tampered
        machine = self._quiet_machine(shared) if quiet else self._machine(shared)
        cells = merge_row(self.tab, self.row, machine, merged, self.base)
        return cells | self._appointment | ({"draft": None} if self.ticked else {})

    @property
    def _appointment(self) -> dict[str, Cell]:
        return {"assignee": self.appointed} if self.appointed else {}

    # --- proposals ------------------------------------------------------------------------------------------

    def _propose(self) -> None:
        proposals, opening = self.base.proposals, None
        if not proposals:
            opening = first = self.inquiry.first
            judgement = self._suggest(first)
            self.notes += said(first, judgement, self.context.replies)
            # A rule names who takes a new inquiry: no promise of that person, so it stays open. From then on
            # the cell is people's.
            self.appointed = None if self.row.text("assignee").strip() else clean(judgement.assignee)
            status = self.progress.status
            channel = self.context.channel(first)
            judgement = replace(judgement, tags=(*judgement.tags, *self._campaigns(judgement)))
            proposals.update(first_proposals(judgement, status, first.name, channel, self.context.speaker))
        for event in self.fresh:
            self._follow(event, judged=opening is event)
        self._hear_ruling()
        self._move_status()
        self._hear_draft()
        self._note_origins()

    def _campaigns(self, judgement: Judgement) -> list[str]:
        """The campaigns that ran when the inquiry came: they become tags."""
        day = self.inquiry.first.date.astimezone(self.clock.zone).date()
        return self.context.settings.campaigns_on(day) if judgement.kind == "inquiry" else []

    def _judged(self, event: Event, category: str = "") -> tuple[Judgement, Parts]:
        """A message's judgement, with the templates that the shop suggests and what their parts are about.

        `category` is what people have made of it ("": nothing)."""
        context = self.context
        judgement, requests = context.judgement(event, category), context.requested(event, category)
        return suggested(judgement, requests, language_of(event.text), context.replies)

    def _suggest(self, event: Event, category: str = "") -> Judgement:
        """The judgement that new proposals follow; the row remembers what each part of its reply is about."""
        judgement, parts = self._judged(event, category)
        # The reply of a message that suggests none stays as it is, part by part.
        if judgement.templates:
            self.base.facts.pop(FACT, None)
            self.base.facts |= {FACT: parts} if parts else {}
        return judgement

    def _follow(self, event: Event, *, judged: bool) -> None:
        """What one new message of a known inquiry changes besides the status."""
        if event.incoming and event.kind == "inquiry":
            reply_to = self.context.reply_to(event)
            self.base.facts.pop("reply_to", None)
            self.base.facts |= {"reply_to": reply_to} if reply_to else {}
        if judged or not event.incoming or event.kind != "inquiry" or not moves(event, answered=True):
            return
        self.asked_again = True
        judgement = self._suggest(event)
        if self.base.proposals.get("priority") == self.layout.label("priority", "none"):
            # An automatic mail opened the row; now a person asks, which is newer than all that stands there.
            channel = self.context.channel(event)
            self.base.proposals = first_proposals(
                judgement, self.progress.status, event.name, channel, self.context.speaker
            )
            self.events |= set(self.base.proposals)
            return
        self.notes[:0] = said_language(event, judgement, self.context.replies)
        before = self.base.proposals.get("priority")
        self.base.proposals, events = later_proposals(self.base.proposals, judgement, self.context.speaker)
        self.events |= events
        if "priority" in events:
            self._note(
                "ledger.more-urgent", moment=event.date, was=before, now=self.base.proposals["priority"]
            )
            self.notes[1:1] = said_raises(judgement, self.context.replies)

    def _hear_ruling(self) -> None:
        """What people make of the category settles our doubts about it, and the template follows."""
        if "category" in self.events:
            # An automatic mail had opened the row; what the customer asks now nobody has looked at.
            self.base.facts.pop(RULED, None)
            return
        context = self.context
        if not (category := ruling(self.row, self.base, context.lists, self.layout)):
            return
        self.base.facts[RULED] = category
        judged = {event.key: self._judged(event, category)[0] for event in asking(self.inquiry)}
        settle(self.base, list(judged.values()), context.speaker)
        self.answered += lines_of(DOUBTS, self._told, context.speaker)
        untouched = same(self.row.cell("template"), self.row.base.proposals.get("template"))
        closed = self.layout.option("status", self.row.text("status")) == "done"
        if "template" in self.events or (untouched and not closed):
            self._follow_ruling(category, judged)

    def _follow_ruling(self, category: str, judged: Mapping[str, Judgement]) -> None:
        """Has the template follow a category that people set: of their newest question that calls for one."""
        asked = [event for event in asking(self.inquiry) if judged[event.key].templates]
        event = asked[-1] if asked else self.inquiry.first
        judgement = self._suggest(event, category)
        self.base.proposals["template"] = next(iter(judgement.templates), None)
        replies = self.context.replies
        said = [*said_language(event, judgement, replies), *said_candidates(judgement, replies)]
        before = lines_of(ABOUT_TEMPLATES, self._told, self.context.speaker)
        self.answered += [line for line in before if line not in said]
        self.notes += said

    @property
    def _told(self) -> list[str]:
        """The lines of the reason so far."""
        return [*self.notes, *self.row.text("reason").split("\n")]

    def _move_status(self) -> None:
        layout, proposals, facts = self.layout, self.base.proposals, self.base.facts
        stood = layout.option("status", self.row.text("status"))
        answered = self.progress.first_reply is not None or stood == "done"
        moving = [event for event in self.fresh if moves(event, answered)]
        assignee = self.row.text("assignee").strip()
        if moving and self.known:
            proposals["status"] = layout.label("status", self.progress.status)
            # The customer's word is newer than any decision; our reply only than one seen before it went.
            decided_before = facts.get("seen") == comparable(self.row.cell("status"))
            heard = [event for event in moving if event.incoming]
            if heard if self.progress.waiting_since else decided_before:
                self.events.add("status")
            if heard and stood in ("done", "excluded"):
                facts[REOPENED] = heard[0].date.isoformat()
        elif assignee and assignee != facts.get("assignee"):
            self._take("open")
        if moving:
            self._note_move(moving[-1])
        assignee = assignee or text_of(self.appointed)
        facts.pop("assignee", None)
        facts |= {"assignee": assignee} if assignee else {}

    def _take(self, *statuses: str) -> None:
        """A person takes the inquiry: one of these statuses becomes doing, unless a person chose it."""
        proposed, shown = self.row.base.proposals.get("status"), self.row.cell("status")
        ours = shown is None or same(shown, proposed)
        if ours and self.layout.option("status", text_of(self.base.proposals.get("status"))) in statuses:
            self.base.proposals["status"] = self.layout.label("status", "doing")

    def _named_later(self, shared: dict[str, Cell]) -> str | None:
        """Products that the shop has added since, for an open row where nobody ever wrote any."""
        settled = self.layout.option("status", text_of(shared.get("status"))) in ("done", "excluded")
        blank = self.row.cell("product") is None and not self.base.proposals.get("product")
        return self.context.products(self.inquiry) if self.known and blank and not settled else None

    def _remember_decisions(self, shared: dict[str, Cell]) -> None:
        if comparable(shared["status"]) != comparable(self.base.proposals["status"]):
            self.base.facts["seen"] = comparable(shared["status"])
        else:
            self.base.facts.pop("seen", None)

    def _marked_tags(self, shared: dict[str, Cell]) -> Merged:
        """Words that no list knows stay as typed, with a tag and a question until somebody mends them."""
        cells = self.row.record.cells | shared
        settled = self.layout.option("status", text_of(cells.get("status"))) in ("done", "excluded")
        self.questions = [] if settled else self.context.lists.questions(cells, self.base)
        wording = self.context.speaker.wording
        before = mark(self.base, self.questions, wording)
        self.answered += [question for question in before if question not in self.questions]
        proposed = self.row.base.proposals.get("tags")
        return merge_words(self.row.cell("tags"), proposed, self.base.proposals["tags"], wording)

    # --- drafts ---------------------------------------------------------------------------------------------

    def _hear_draft(self) -> None:
        """What became of a draft that was asked for, and the wish for a new one."""
        facts, context = self.base.facts, self.context
        claim, laid = Claim.read(facts.pop("draft", None)), context.laid.get(self.inquiry.id)
        replied = self._replied
        answered = replied[-1] if replied and not self.progress.waiting_since else None
        if answered and ((claim and claim.is_open) or self.ticked):
            # Somebody answered between the tick and the draft: a second answer would only confuse.
            who = context.sender(answered)
            self._note_undrafted("reply.answered-meanwhile", moment=answered.date, who=who)
        # A vendor's answer has served once one is on its way, or lies in Drafts while the customer asks anew.
        if answered or (self.asked_again and claim and claim.laid):
            facts.pop("answer", None)
            facts.pop("beside", None)
        # The answer is on its way, whoever held the claim.
        if answered:
            return
        if self.asked_again and claim and claim.laid:
            # A draft for the question before may still lie in Drafts.
            said = short_moment(self.clock.cell(claim.laid))
            self._note("reply.outdated-draft", moment=context.now, laid=said)
        if self.asked_again and ((claim and claim.is_open) or self.ticked):
            # Who ticked has not seen the new mail that their draft answers now.
            self._note("reply.asked-meanwhile", moment=context.now)
        if claim and claim.is_open and laid and laid.token == claim.token:
            claim = self._note_laid(claim, laid)
        if self.ticked:
            claim = self._claimed(claim)
        facts |= {"draft": claim.fact()} if claim else {}

    def _claimed(self, claim: Claim | None) -> Claim | None:
        """A new claim for the person who ticked; the one there was where there is something against it."""
        context, who = self.context, self.row.text("assignee").strip()
        to = recipient(self.base.facts, answer_to(self.inquiry))
        wish = {"template": self.base.proposals.get("template")}
        proposal, wording = Proposal({}, wish, self.events), self.context.speaker.wording
        template = merge_shared(self.row, proposal, wording)["template"].value
        filled = self._filled(text_of(template), self.base.proposals)
        filled = context.replies.edited(self.typed, filled) if self.typed else filled
        if refused := refusal(claim, who, to, filled, context.replies, context.now):
            key, values = refused
            self._note_undrafted(key, moment=context.now, **values)
            return claim
        return new_claim(self.inquiry.id, who, context.now, claim)

    @property
    def _replied(self) -> list[Event]:
        """Replies of ours that the log does not hold yet."""
        return [event for event in self.fresh if not event.incoming and event.kind == "reply"]

    def _note_origins(self) -> None:
        """Remembers for the newest replies which template was suggested and which one they were made from."""
        if not self._replied:
            return
        # Nobody saw a suggestion that is made together with the row.
        offered = text_of(self.row.base.proposals.get("template")) if self.known else ""
        picked = self.row.text("template") if self.known else ""
        named = self.context.replies.named(picked) if comparable(picked) != comparable(offered) else []
        decided = named[0].key if named else ""
        sent = Sent.read(self.base.facts.get("sent"))
        for event in self._replied:
            day = f"{event.date.astimezone(self.clock.zone):%Y-%m-%d}"
            # A text of a person's own under a template they picked: the pick tells what it was about.
            # What a person wrote into the cell and sent is kept in the log.
            own = self.context.replies.edited(self.typed, None).text if self.typed else ""
            if own and comparable(own) in comparable(event.text):
                self.base.facts["served"] = text_print(self.typed)
            used = self.context.replies.origin(event.text) or decided
            sent.append(Sent(offered, used, day, event.quoting))
        self.base.facts["sent"] = [reply.fact() for reply in sent[-SENT_KEPT:]]

    def _note_laid(self, claim: Claim, laid: Laid) -> Claim | None:
        say, now = self.context.speaker.wording.say, self.context.now
        if not laid.trouble:
            key = "reply.drafted-gaps" if laid.missing else "reply.drafted"
            self._note(key, moment=now, who=claim.who or say("reply.nobody"), count=laid.missing)
            if laid.beside:
                self._note("reply.older-draft", moment=now, laid=laid.beside)
            self.base.facts |= {"served": laid.typed} if laid.typed else {}
            # Who has a draft made has taken the inquiry, be it one that we had put aside.
            self._take("open", "excluded")
        else:
            key = "reply.laying-given-up" if laid.final else "reply.laying-failed"
            self.undrafted = self._sentence(key, now, trouble=say(laid.trouble, **laid.values))
            # The report tells it at every sync, the row once.
            self.notes[:0] = [self.undrafted] if laid.trouble != claim.trouble else []
        return closed(claim, laid, now)

    # --- the reply column -----------------------------------------------------------------------------------

    def _merged_reply(self, shared: dict[str, Cell]) -> Merged:
        """A person's own text stands; a new question takes its place only once it lies elsewhere, too."""
        facts, ours = self.base.facts, self._proposed_reply(shared)
        served = bool(self.typed) and facts.get("served") == text_print(self.typed)
        base = str(self.row.base.facts.get("reply", ""))
        merged = merge_text(self.row.cell("reply"), base, ours, event=self.asked_again and served)
        if merged.winner != "theirs":
            facts.pop("served", None)
        elif self.asked_again:
            self._note("reply.kept", moment=self.context.now)
            self.conflicts = (*self.conflicts, "reply")
        self._hear_pick(text_of(shared.get("template")), kept=merged.winner == "theirs")
        if merged.winner != "theirs":
            return merged
        recounted = self.context.replies.recounted(text_of(merged.value))
        if served:
            facts["served"] = text_print(recounted)
        return replace(merged, value=recounted)

    def _hear_pick(self, picked: str, *, kept: bool) -> None:
        """A template picked beside a person's own text, which is `kept`, changes nothing: the row says so."""
        facts = self.base.facts
        before = facts.get("picked", text_of(self.row.base.proposals.get("template")))
        # What we propose anew stands in the cell only from now on: nobody has picked it.
        by_hand = same(picked, self.row.cell("template")) and comparable(picked) != comparable(before)
        if self.known and kept and picked and by_hand:
            self._note("reply.pick-unused", moment=self.context.now, template=picked)
        facts.pop("picked", None)
        facts |= {"picked": picked} if picked != text_of(self.base.proposals.get("template")) else {}

    def _proposed_reply(self, shared: dict[str, Cell]) -> Cell:
        """The text that the chosen template makes; none for what needs no answer, to keep the sheet light."""
        text: Cell = None
        if self.layout.option("status", text_of(shared.get("status"))) not in ("done", "excluded"):
            replies, cells = self.context.replies, self.row.record.cells | shared
            text = clean(replies.cell(self._filled(text_of(cells.get("template")), shared)))
        self.base.facts.pop("reply", None)
        self.base.facts |= {"reply": text_print(text)} if text else {}
        return text

    # --- machine columns ------------------------------------------------------------------------------------

    def _quiet_machine(self, shared: dict[str, Cell]) -> dict[str, Cell]:
        cells = self._times(shared) | {"customer_id": self._customer_id()}
        news = self.notes or self.answered or self.questions
        return cells | ({"reason": self._reason()} if news else {})

    def _machine(self, shared: dict[str, Cell]) -> dict[str, Cell]:
        cells = machine_cells(self.inquiry, self.progress, self.context.speaker) | self._times(shared)
        key = self.inquiry.first.key
        cells["customer_id"] = self._customer_id()
        cells["link"] = None if key.startswith(TYPED) else self.context.link(key)
        cells["reason"] = self._reason()
        return cells

    def _filled(self, template: str, shared: dict[str, Cell]) -> Filled | None:
        return suggested_reply(self.base, template, self.context.replies.fill(template, self._asked(shared)))

    def _asked(self, shared: dict[str, Cell]) -> Asked:
        customer = self.context.customer(self.inquiry, self.row)
        phones = customer.phones if customer else ()
        return asked(self.row.record.cells | shared, self.base, self.inquiry, phones, self.context.replies)

    def _customer_id(self) -> Cell:
        """Only who asks something is a customer; a deleted customer row keeps its number on the inquiry."""
        if self.inquiry.first.kind != "inquiry":
            return None
        customer = self.context.customer(self.inquiry, self.row)
        return customer.id if customer else self.row.cell("customer_id")

    def _times(self, shared: dict[str, Cell]) -> dict[str, Cell]:
        """Due and closing times, which follow the status and urgency that stand in the row."""
        layout, zone = self.layout, self.clock.zone
        status = layout.option("status", text_of(shared.get("status")))
        priority = layout.option("priority", text_of(shared.get("priority")))
        # Closed by a person: we only know that it was before now.
        unseen = (None if self.known else self.progress.closed) or self.context.now
        finished = closed_at(self.base.facts, status, self.progress, self.fresh, unseen)
        cells: dict[str, Cell] = {"closed": self.clock.cell(finished)}
        if status == "done" and self.known and not self.tampered:
            # Done is done: its due time stays what it was, for the month's numbers.
            return cells | {"due": self.row.cell("due")}
        waiting = waiting_since(self.base.facts, self.progress) or self.inquiry.first.date
        due = due_at(waiting.astimezone(zone), priority, self.context.settings)
        return cells | {"due": self.clock.cell(due) if status != "excluded" else None}

    # --- reasons --------------------------------------------------------------------------------------------

    def _note(self, key: str, *, moment: datetime, **values: object) -> None:
        self.notes.insert(0, self._sentence(key, moment, **values))

    def _sentence(self, key: str, moment: datetime, **values: object) -> str:
        local = short_moment(self.clock.cell(moment))
        return self.context.speaker.wording.say(key, moment=local, **values)

    def _note_undrafted(self, key: str, *, moment: datetime, **values: object) -> None:
        self.undrafted = self._sentence(key, moment, **values)
        self.notes.insert(0, self.undrafted)

    def _note_move(self, event: Event) -> None:
        if event.kind == "bounce" and event is not self.inquiry.first:
            self._note("ledger.bounced", moment=event.date)
        elif event.incoming and self.progress.reopened and self.progress.waiting_since:
            self._note("ledger.customer-wrote-again", moment=event.date)

    def _note_conflicts(self) -> None:
        for key in self.conflicts:
            self._note(
                "ledger.kept-decision",
                moment=self.context.now,
                column=self.tab.column(key).label,
                proposal=text_of(self.base.proposals.get(key)),
                kept=self.row.text(key),
            )

    def _reason(self) -> str | None:
        """Open questions, then new notes above what stood there, the oldest dropped; judged anew if a person
        wrote over it."""
        if self.tampered or not self.known:
            first = self.inquiry.first
            judgement, _ = self._judged(first, str(self.base.facts.get(RULED, "")))
            before = said(first, judgement, self.context.replies)
        else:
            before = self.row.text("reason").split("\n")
        lines = dict.fromkeys([*self.questions, *self.notes, *before])
        still = [line for line in lines if line and line not in self.answered]
        return "\n".join(still[:REASON_LINES]) or None
