"""When an inquiry was closed, and when its answer is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from daicho.inquiry.status import Progress, moves
from daicho.inquiry.thread import Event
from daicho.ledger.propose import RANK
from daicho.ledger.rows import read_moment
from daicho.ledger.settings import Settings

REOPENED = "reopened"
"""The fact when the customer's mail came that opened a closed row again."""


def waiting_since(facts: Mapping[str, Any], progress: Progress) -> datetime | None:
    """Since when the customer waits; None if nobody does.

    By their oldest message that nobody has answered, but what was asked before a person closed the row was
    done with: then by the mail that opened it again, which the row's `facts` keep.
    """
    asked, reopened = progress.waiting_since, read_moment(facts.get(REOPENED))
    return max(asked, reopened) if asked and reopened else asked


def closed_at(
    facts: dict[str, Any], status: str, progress: Progress, fresh: Sequence[Event], unseen: datetime
) -> datetime | None:
    """When an inquiry whose row says `status` was closed; None while it is not. The row's `facts` keep it.

    `fresh` are messages the row did not know, `unseen` is the moment of a closing that none of them explains.
    """
    if status != "done":
        facts.pop("closed", None)
    elif progress.closed and any(moves(event, answered=True) for event in fresh):
        facts["closed"] = progress.closed.isoformat()
    elif read_moment(facts.get("closed")) is None:
        facts["closed"] = unseen.isoformat()
    return read_moment(facts.get("closed"))


def due_at(waiting: datetime, priority: str, settings: Settings) -> datetime | None:
    """When an answer is due to who has waited since `waiting` (in the shop's zone); None for no target.

    A priority of the shop's own counts as normal.
    """
    target = settings.targets.get(priority if priority in RANK else "normal")
    try:
        return settings.calendar.due(waiting, target) if target else None
    except ValueError:
        # A shop whose settings say that it never opens has no due times; `settings` tells it.
        return None
