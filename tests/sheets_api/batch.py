"""spreadsheets.batchUpdate: a list of requests, applied all or not at all.

Each kind of request is a function registered under its name; it changes the workbook (a fork that is
thrown away if anything fails) and returns its reply, or None where the kind has none.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from .errors import ApiError, Json
from .workbook import Workbook


class Context(NamedTuple):
    """What a request works on: a fork of the workbook, and the day for texts such as `1-2`.

    Whether cells that become checkboxes hold FALSE at once is not established: `filled_checkboxes` chooses.
    """

    workbook: Workbook
    today: date
    filled_checkboxes: bool = False


Kind = Callable[[Context, Json], Json | None]
KINDS: dict[str, Kind] = {}


def kind(name: str) -> Callable[[Kind], Kind]:
    def register(function: Kind) -> Kind:
        KINDS[name] = function
        return function

    return register


def apply(context: Context, requests: list[Json]) -> list[Json]:
    """The replies, one a request, in order. Raises ApiError with the position of the request refused."""
    if not requests:
        raise ApiError("Must specify at least one request.")
    return [_apply_one(context, index, request) for index, request in enumerate(requests)]


def _apply_one(context: Context, index: int, request: Json) -> Json:
    if not request:
        raise ApiError(f"Invalid requests[{index}]: No request set.")
    ((name, body),) = request.items()
    if name not in KINDS:
        raise ApiError(f"Invalid requests[{index}].{name}: This stand-in does not know the kind.", 501)
    try:
        reply = KINDS[name](context, body)
    except ApiError as error:
        raise error.prefixed(f"Invalid requests[{index}].{name}: ") from None
    return {} if reply is None else {name: reply}
