"""The scheduled job: the same work every few minutes, for months, unattended.

A run that fails is told and never ends the job. Runs missed while the machine slept do not pile up: one run,
and the next is counted from there. `stop` (SIGTERM, Ctrl-C) ends the job after the run that is under way.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event
from types import FrameType

import schedule

LONGEST_NAP = 30.0
"""Seconds. A laptop that wakes up is looked after within this time, whatever its timers say."""


class _Job(schedule.Job):
    """A job of `schedule` by a clock that is handed in."""

    def __init__(self, seconds: int, scheduler: schedule.Scheduler, now: Callable[[], datetime]) -> None:
        super().__init__(seconds, scheduler)
        self._now = now

    @property
    def should_run(self) -> bool:
        # A clock that was set back must not keep the job waiting for years.
        now, seconds = self._now(), timedelta(seconds=self.interval)
        return self.next_run is not None and not self.next_run - seconds <= now < self.next_run

    def _schedule_next_run(self) -> None:
        self.next_run = self._now() + timedelta(seconds=self.interval)


class Watch:
    """Does `work` every `minutes`, the first time at once.

    `tell` hears of each failure. `now` is the clock (any zone, but always one); `sleep` waits some seconds,
    and less where `stop` is called meanwhile.
    """

    def __init__(
        self,
        work: Callable[[], None],
        minutes: float,
        tell: Callable[[Exception], None],
        now: Callable[[], datetime],
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self._work = work
        self._tell = tell
        self._now = now
        self._stopped = Event()
        self._sleep = sleep or self._stopped.wait
        self._scheduler = schedule.Scheduler()
        self._job = _Job(max(1, round(minutes * 60)), self._scheduler, now).seconds.do(self._once)

    def run(self) -> None:
        """Works until `stop` is called."""
        self._once()
        self._job._schedule_next_run()
        while not self._stopped.is_set():
            self._scheduler.run_pending()
            if not self._stopped.is_set():
                self._sleep(min(LONGEST_NAP, max(0.1, (self._job.next_run - self._now()).total_seconds())))

    def stop(self) -> None:
        """Ends the job after the run that is under way."""
        self._stopped.set()

    def _once(self) -> None:
        try:
            self._work()
        except Exception as trouble:
            # Whatever it is, tomorrow's mail must still be fetched.
            self._tell(trouble)


@contextmanager
def stopping_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Turns SIGTERM and Ctrl-C into a call of `stop` while the block runs."""

    def heard(number: int, frame: FrameType | None) -> None:
        stop()

    signals = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, heard) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
