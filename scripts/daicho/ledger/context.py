"""What one inquiry's row needs to know of the rest of the ledger, the shop and the sync."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from daicho.inquiry.customer import Customer
from daicho.inquiry.judge import Judgement
from daicho.inquiry.thread import Event, Inquiry
from daicho.ledger.drafts import Laid
from daicho.ledger.propose import Speaker
from daicho.ledger.replies import Replies
from daicho.ledger.rows import Row
from daicho.ledger.settings import Settings
from daicho.ledger.unlisted import Lists


@dataclass(frozen=True, slots=True)
class Context:
    """What a row needs to know of the rest.

    `link` turns a message key into what the mail column shows; `judgement` judges a message (again), as one
    of the category that people have set ("": none), and `requested` a mail's requests if it makes several;
    `customer` finds an inquiry's customer; `channel` tells by which way a message came, `sender` who sent it,
    `reply_to` where an answer is wanted if not there; `products` finds what an inquiry names of the shop's
    products, as its cell lists them. `laid` tells of drafts, by inquiry id.
    """

    speaker: Speaker
    settings: Settings
    now: datetime
    link: Callable[[str], str]
    judgement: Callable[[Event, str], Judgement]
    customer: Callable[[Inquiry, Row], Customer | None]
    channel: Callable[[Event], str]
    sender: Callable[[Event], str]
    reply_to: Callable[[Event], str]
    requested: Callable[[Event, str], Sequence[Judgement]]
    products: Callable[[Inquiry], str | None]
    replies: Replies
    lists: Lists
    laid: Mapping[str, Laid] = field(default_factory=dict)
