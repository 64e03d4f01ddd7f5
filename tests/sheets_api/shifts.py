"""What becomes of an index, a span or a range when rows or columns are inserted, deleted or moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from .errors import Json

Span = tuple[int, int]

ROWS, COLUMNS = "ROWS", "COLUMNS"
ENDS = {ROWS: ("startRowIndex", "endRowIndex"), COLUMNS: ("startColumnIndex", "endColumnIndex")}


class Shift(Protocol):
    def index(self, at: int) -> int | None:
        """Where line `at` is afterwards; None when it is gone."""
        ...

    def span(self, start: int, end: int) -> Span | None:
        """What the half-open span covers afterwards; None when nothing is left."""
        ...


@dataclass(frozen=True)
class Inserted:
    at: int
    count: int

    def index(self, at: int) -> int:
        return at + self.count if at >= self.at else at

    def span(self, start: int, end: int) -> Span:
        # A span grows when the new lines fall inside it, not when they fall at its edge.
        return self.index(start), end + self.count if end > self.at else end


@dataclass(frozen=True)
class Deleted:
    start: int
    end: int

    def index(self, at: int) -> int | None:
        if at < self.start:
            return at
        return at - (self.end - self.start) if at >= self.end else None

    def span(self, start: int, end: int) -> Span | None:
        start, end = self._edge(start), self._edge(end)
        return (start, end) if start < end else None

    def _edge(self, at: int) -> int:
        return at - max(0, min(at, self.end) - self.start)


@dataclass(frozen=True)
class Moved:
    """Lines [start, end) go before line `to`, counted before the move."""

    start: int
    end: int
    to: int

    def index(self, at: int) -> int:
        size = self.end - self.start
        if self.start <= at < self.end:
            return at + (self.to - self.start if self.to < self.start else self.to - self.end)
        if self.to <= at < self.start:
            return at + size
        return at - size if self.end <= at < self.to else at

    def span(self, start: int, end: int) -> Span:
        # Spans cut by the move's edges stay where they are.
        if (start < self.start < end) or (start < self.end < end):
            return start, end
        if start < self.to < end and not self.start <= start < self.end:
            return start, end
        return self.index(start), self.index(end - 1) + 1


@dataclass(frozen=True)
class Permuted:
    """A sort: line `at` goes to `order[at]`. Spans stay, only single lines travel."""

    order: dict[int, int]

    def index(self, at: int) -> int:
        return self.order.get(at, at)

    def span(self, start: int, end: int) -> Span:
        if end == start + 1:
            return self.index(start), self.index(start) + 1
        return start, end


def shifted(value: Any, sheet_id: int, dimension: str, shift: Shift) -> Any:
    """Any JSON with the ranges inside it moved along; None when what it stands on is gone."""
    if isinstance(value, list):
        items = [shifted(item, sheet_id, dimension, shift) for item in value]
        return [item for item in items if item is not None]
    if not isinstance(value, dict):
        return value
    if "startIndex" in value and "dimension" in value:
        return _dimension_range(value, sheet_id, dimension, shift)
    if not value.keys().isdisjoint(ENDS[ROWS] + ENDS[COLUMNS]):
        return _grid_range(value, sheet_id, dimension, shift)
    result: Json = {}
    for name, item in value.items():
        item_after = shifted(item, sheet_id, dimension, shift)
        emptied = name in ("sources", "ranges") and item and not item_after
        if item_after is None or emptied:
            return None
        result[name] = item_after
    return result


def _grid_range(value: Json, sheet_id: int, dimension: str, shift: Shift) -> Json | None:
    first, last = ENDS[dimension]
    if value.get("sheetId", 0) != sheet_id or first not in value or last not in value:
        return value
    span = shift.span(value[first], value[last])
    return value | {first: span[0], last: span[1]} if span else None


def _dimension_range(value: Json, sheet_id: int, dimension: str, shift: Shift) -> Json | None:
    if value.get("sheetId", 0) != sheet_id or value["dimension"] != dimension or "endIndex" not in value:
        return value
    span = shift.span(value["startIndex"], value["endIndex"])
    return value | {"startIndex": span[0], "endIndex": span[1]} if span else None
