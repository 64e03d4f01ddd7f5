"""The scheduled job, by a clock that is handed in."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta

from daicho.watch import Watch, stopping_on_signals


class World:
    """A clock that only sleeping (and work) moves on."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, tzinfo=UTC)
        self.runs: list[datetime] = []
        self.told: list[Exception] = []
        self.asleep: dict[int, timedelta] = {}
        self.work_takes = timedelta(0)
        self.fail_on: set[int] = set()
        self.watch = Watch(self.work, 5, self.told.append, lambda: self.now, self.sleep)

    def work(self) -> None:
        self.runs.append(self.now)
        self.now += self.work_takes
        if len(self.runs) in self.fail_on:
            raise RuntimeError("the server is away")

    def sleep(self, seconds: float) -> None:
        # A laptop may sleep much longer than it was asked to.
        self.now += max(timedelta(seconds=seconds), self.asleep.pop(len(self.runs), timedelta(0)))
        if len(self.runs) >= 4:
            self.watch.stop()

    @property
    def minutes(self) -> list[float]:
        return [(run - self.runs[0]) / timedelta(minutes=1) for run in self.runs]


def test_the_first_run_is_at_once_and_the_next_every_five_minutes() -> None:
    world = World()
    world.watch.run()
    assert world.minutes == [0, 5, 10, 15]


def test_a_run_that_fails_is_told_and_the_job_goes_on() -> None:
    world = World()
    world.fail_on = {1, 3}
    world.watch.run()
    assert len(world.runs) == 4
    assert [str(trouble) for trouble in world.told] == ["the server is away"] * 2


def test_runs_missed_while_the_machine_slept_do_not_pile_up() -> None:
    world = World()
    world.asleep = {2: timedelta(hours=8)}
    world.watch.run()
    assert world.minutes == [0, 5, 485, 490]


def test_a_slow_run_is_followed_by_a_pause_not_by_another() -> None:
    world = World()
    world.work_takes = timedelta(minutes=12)
    world.watch.run()
    assert world.minutes == [0, 17, 34, 51]


def test_a_signal_ends_the_job_after_the_run_that_is_under_way() -> None:
    world = World()
    finished: list[int] = []

    def work() -> None:
        signal.raise_signal(signal.SIGTERM)
        finished.append(1)

    watch = Watch(work, 5, world.told.append, lambda: world.now, world.sleep)
    before = signal.getsignal(signal.SIGTERM)
    with stopping_on_signals(watch.stop):
        watch.run()
    assert finished == [1]
    assert signal.getsignal(signal.SIGTERM) is before
