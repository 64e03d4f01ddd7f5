"""Trouble a test may order: refusals, broken connections, slow answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from .errors import ApiError, DriveError

READS = ("Read requests", "ReadRequestsPerMinutePerUser")
WRITES = ("Write requests", "WriteRequestsPerMinutePerUser")


@dataclass(frozen=True)
class Trouble:
    """What happens to one request.

    `applied` tells whether the request does its work; then either the connection is `cut`, or `error` is
    answered, or (neither) the true answer goes out, after `delay` seconds.
    """

    error: ApiError | None = None
    applied: bool = False
    cut: bool = False
    delay: float = 0.0


def too_many(retry_after: int | None = None, *, write: bool = True) -> Trouble:
    """429: the quota of a minute is used up. Google's answer usually has no Retry-After."""
    metric, limit = WRITES if write else READS
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "RATE_LIMIT_EXCEEDED",
        "domain": "googleapis.com",
        "metadata": {"quota_limit": limit, "service": "sheets.googleapis.com", "consumer": "projects/1"},
    }
    message = (
        f"Quota exceeded for quota metric '{metric}' and limit '{metric} per minute per user' of service "
        "'sheets.googleapis.com' for consumer 'project_number:1'."
    )
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Trouble(ApiError(message, 429, details=[detail], headers=headers))


def internal(*, applied: bool = False) -> Trouble:
    return Trouble(ApiError("Internal error encountered.", 500), applied)


def unavailable(*, applied: bool = False) -> Trouble:
    """503. It may follow a write that was committed."""
    return Trouble(ApiError("The service is currently unavailable.", 503), applied)


def denied() -> Trouble:
    return Trouble(ApiError("The caller does not have permission", 403))


def no_storage() -> Trouble:
    """What Drive answers a service account that creates or copies a file: it owns no storage."""
    message = "The user's Drive storage quota has been exceeded."
    return Trouble(DriveError(message, 403, "storageQuotaExceeded", domain="usageLimits"))


def cut_before() -> Trouble:
    """The connection breaks before the request did anything."""
    return Trouble(cut=True)


def cut_after() -> Trouble:
    """The request does its work, and the connection breaks before the answer."""
    return Trouble(applied=True, cut=True)


def slow(seconds: float) -> Trouble:
    """The request does its work; the answer comes late."""
    return Trouble(applied=True, delay=seconds)


BY_NAME: dict[str, Callable[[], Trouble]] = {
    "429": too_many,
    "429-retry-after": lambda: too_many(1),
    "500": internal,
    "503": unavailable,
    "503-applied": lambda: unavailable(applied=True),
    "403": denied,
    "no-storage": no_storage,
    "cut-before": cut_before,
    "cut-after": cut_after,
    "slow": lambda: slow(2.0),
}
"""For the command line."""

Decide = Callable[[int, str, str], Trouble | None]
Schedule = Decide | Iterable[Trouble | None] | None


def decider(schedule: Schedule) -> Decide:
    """A schedule as a function of (number of the request from 1, verb, path).

    A list is used up request by request; then all goes well again.
    """
    if schedule is None:
        return lambda _number, _verb, _path: None
    if callable(schedule):
        return schedule
    rest: Iterator[Trouble | None] = iter(schedule)
    return lambda _number, _verb, _path: next(rest, None)
