"""What every mailbox promises.

`MailboxContract` is the port's contract. An adapter's test class says how mail gets into it.
"""

from __future__ import annotations

import abc
from datetime import UTC, date, datetime, timedelta

import pytest

from daicho.errors import MailError
from daicho.mail.mailbox import BATCH_BYTES, Batch, Mailbox, RawMail, portions
from daicho.mail.message import Head, read_head
from daicho.wording import LANGUAGES, wording

START = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)


def mail(
    number: int, *, body: str = "こんにちは。", message_id: str | None = None, hours: int | None = None
) -> bytes:
    """A small mail; a higher number is a later Date."""
    moment = START + timedelta(hours=number if hours is None else hours)
    identity = f"<m{number}@example.com>" if message_id is None else message_id
    lines = [
        *([f"Message-ID: {identity}"] if identity else []),
        f"Date: {moment:%a, %d %b %Y %H:%M:%S} +0000",
        "From: Hanako <hanako@example.com>",
        "To: support@example.jp",
        f"Subject: question {number}",
        "",
        body,
        "",
    ]
    return "\r\n".join(lines).encode()


def key(number: int) -> str:
    return f"m{number}@example.com"


class Log:
    """A message log: which keys are known, and the cursors, as a sync would keep them."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.cursors: dict[str, str] = {}

    def is_known(self, head: Head) -> bool:
        return head.key in self.keys

    def take(self, batch: Batch) -> None:
        self.keys += [read_head(mail.raw).key for mail in batch.mails]
        self.cursors |= batch.cursors

    def sync(self, mailbox: Mailbox, limit: int = 1000) -> list[RawMail]:
        """One run to its end; returns what came in."""
        mails = []
        for batch in mailbox.fetch(dict(self.cursors), self.is_known, limit):
            assert len(batch.mails) <= limit
            self.take(batch)
            mails += batch.mails
        return mails


def keys(mails: list[RawMail]) -> list[str]:
    return [read_head(mail.raw).key for mail in mails]


def assert_is_a_sentence(error: MailError) -> None:
    """Both languages have the sentence, and the error fills every field of it."""
    for language in LANGUAGES:
        assert "{" not in wording(language).say(error.key, **error.values)


class MailboxContract(abc.ABC):
    """What a sync may rely on, whatever the mailbox."""

    @pytest.fixture
    def log(self) -> Log:
        return Log()

    @abc.abstractmethod
    def deliver(self, *mails: bytes) -> None:
        """Puts mails into the inbox, in this order."""

    @abc.abstractmethod
    def mailbox(self, since: date | None = None) -> Mailbox: ...

    def test_every_mail_comes_in_exactly_once(self, log: Log) -> None:
        self.deliver(*map(mail, range(25)))
        log.sync(self.mailbox(), limit=10)
        assert sorted(log.keys) == sorted(map(key, range(25)))
        assert log.sync(self.mailbox()) == []

    def test_parents_come_before_their_replies(self, log: Log) -> None:
        self.deliver(*map(mail, range(12)))
        assert keys(log.sync(self.mailbox(), limit=5)) == [key(number) for number in range(12)]

    def test_raw_bytes_are_what_was_delivered(self, log: Log) -> None:
        sent = mail(1, body="一行目\r\n\r\nFrom here on: 三行目\r\n>From 四行目\r\n.\r\n末尾")
        self.deliver(sent)
        [received] = log.sync(self.mailbox())
        assert received.raw.rstrip() == sent.rstrip()

    def test_mail_that_arrives_between_two_runs_is_all_the_second_run_brings(self, log: Log) -> None:
        self.deliver(mail(1), mail(2))
        log.sync(self.mailbox())
        self.deliver(mail(3))
        assert keys(log.sync(self.mailbox())) == [key(3)]

    def test_mail_filed_in_late_with_an_old_date_is_found(self, log: Log) -> None:
        self.deliver(mail(5))
        log.sync(self.mailbox())
        self.deliver(mail(1))
        assert keys(log.sync(self.mailbox())) == [key(1)]

    def test_a_run_that_stops_after_a_batch_loses_nothing_and_repeats_nothing(self, log: Log) -> None:
        self.deliver(*map(mail, range(10)))
        run = self.mailbox().fetch({}, log.is_known, 3)
        log.take(next(run))
        next(run)  # fetched, but the sync died before it was committed
        run.close()  # type: ignore[attr-defined]
        log.sync(self.mailbox())
        assert sorted(log.keys) == sorted(map(key, range(10)))

    def test_known_mails_are_left_out_though_the_cursors_are_lost(self, log: Log) -> None:
        self.deliver(mail(1), mail(2), mail(3))
        log.sync(self.mailbox())
        log.cursors.clear()
        assert log.sync(self.mailbox()) == []

    def test_the_same_mail_twice_in_the_mailbox_comes_in_once(self, log: Log) -> None:
        self.deliver(mail(1), mail(2), mail(1))
        log.sync(self.mailbox(), limit=1)
        assert sorted(log.keys) == [key(1), key(2)]

    def test_mails_without_a_message_id_are_told_apart(self, log: Log) -> None:
        self.deliver(mail(1, message_id=""), mail(2, message_id=""), mail(1, message_id=""))
        log.sync(self.mailbox())
        assert len(log.keys) == len(set(log.keys)) == 2
        log.cursors.clear()
        assert log.sync(self.mailbox()) == []

    def test_since_leaves_older_mail_out(self, log: Log) -> None:
        self.deliver(*(mail(day, hours=24 * day) for day in range(6)))
        since = (START + timedelta(days=3)).date()
        assert keys(log.sync(self.mailbox(since=since))) == [key(3), key(4), key(5)]

    def test_an_empty_mailbox_brings_nothing(self, log: Log) -> None:
        assert log.sync(self.mailbox()) == []
        assert self.mailbox().count({}, log.is_known) == 0

    def test_the_count_tells_what_there_is_to_do(self, log: Log) -> None:
        self.deliver(*map(mail, range(7)))
        assert self.mailbox().count({}, log.is_known) == 7
        log.sync(self.mailbox())
        self.deliver(mail(8))
        assert self.mailbox().count(log.cursors, log.is_known) == 1

    def test_mails_carry_where_they_lie_and_when_they_came(self, log: Log) -> None:
        self.deliver(mail(1))
        [received] = log.sync(self.mailbox())
        assert received.mailbox == "support"
        assert received.folder
        assert received.location
        assert received.received is not None
        assert received.received.tzinfo is not None
        assert received.outgoing is None


def test_batches_are_bounded_in_mails_and_in_bytes() -> None:
    third = BATCH_BYTES // 3
    assert list(portions([third] * 4 + [BATCH_BYTES * 2, 1, 1], 1000, lambda size: size)) == [
        [third] * 3,
        [third],
        [BATCH_BYTES * 2],
        [1, 1],
    ]
    assert list(portions(range(5), 2, lambda _: 0)) == [[0, 1], [2, 3], [4]]
