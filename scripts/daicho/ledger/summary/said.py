"""Numbers as people read them, for every page that is made of a summary."""

from __future__ import annotations

from daicho.ledger.summary.figures import Figure
from daicho.ledger.summary.table import Kind, Value
from daicho.wording import Wording


def said(value: Value, kind: Kind, wording: Wording) -> str:
    """A number in words: `1,234`, `59%`, `3.5`, `+12`. A dash where there is none."""
    if value is None:
        return wording.say("summary.no-number")
    if isinstance(value, str):
        return value
    match kind:
        case "percent":
            return f"{value:.0%}"
        case "hours" | "decimal":
            return f"{value:,.1f}"
        case "change":
            return signed(value, 0)
        case _:
            return f"{value:,.0f}"


def said_figure(value: float | None, kind: Kind, wording: Wording) -> str:
    """A large number with its unit."""
    text = said(value, kind, wording)
    return f"{text} {wording.say('summary.unit-hours')}" if kind == "hours" and value is not None else text


def said_change(figure: Figure, past: float | None, wording: Wording) -> str:
    """How a figure changed since `past`: `+135 (+17%)`, `-3 points`, `+1.2 h`; "" where nobody knows."""
    change = figure.change(past)
    if change is None:
        return ""
    if figure.kind == "percent":
        return f"{signed(change * 100, 0)} {wording.say('summary.unit-points')}"
    if figure.kind == "hours":
        return f"{signed(change, 1)} {wording.say('summary.unit-hours')}"
    return f"{signed(change, 0)} ({signed(change / past * 100, 0)}%)" if past else signed(change, 0)


def signed(number: float, decimals: int) -> str:
    """`+1,234`, `-3`, `±0`: what rounds to nothing has no sign of its own."""
    text = f"{number:+,.{decimals}f}"
    return text if text.strip("+-0.,") else f"±{text[1:]}"
