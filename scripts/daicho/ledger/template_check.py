"""Looks over the reply templates: unknown fields, templates nobody uses, promises that the policies deny.

A promise is found by the words of `sheet_templates/promises.toml`, in the language they are written in; it is
held against the policies about the same matter. What is found is a question to a person, who knows better.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from daicho.inquiry.extract import fold
from daicho.inquiry.reply import Template
from daicho.ledger.replies import Replies
from daicho.ledger.rows import text_of
from daicho.sheets.layout import Layout
from daicho.sheets.workbook import Record
from daicho.wording import templates_folder

POLICY_TEXTS = ("case", "conditions", "steps", "offers", "escalation")

QUOTE_LIMIT = 60
"""Characters of a line that are shown around what was found."""

DAYS = {"日": 1, "営業日": 1, "週間": 7, "か月": 30, "ヶ月": 30, "カ月": 30, "ヵ月": 30, "年": 365}
DAYS |= {"day": 1, "days": 1, "week": 7, "weeks": 7, "month": 30, "months": 30, "year": 365, "years": 365}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at in a template: a sentence's key in the wording section `check`, and its values."""

    template: str
    key: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Policy:
    """One row of the policies tab: its number, what it is about, its lines."""

    id: str
    subject: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Promise:
    """Words that promise something, and words of a policy that deny it (patterns over folded text)."""

    name: str
    promised: re.Pattern[str]
    denied: re.Pattern[str]


def check_templates(
    replies: Replies, tables: Mapping[str, Sequence[Record]], layout: Layout
) -> list[Finding]:
    """Everything to look at, template by template in sheet order."""
    policies = read_policies(tables.get("policies", ()))
    usage = _usage(tables.get("templates", ()))
    at_work = sum(count for count, _ in usage.values()) >= sum(template.on for template in replies.templates)
    findings = []
    for template in replies.templates:
        text = f"{template.subject}\n{template.body}"
        unknown = dict.fromkeys(replies.fields.unknown(text, replies.own))
        findings += [_unknown_field(template, name, replies) for name in unknown]
        # While the ledger is young most have had no occasion; what is switched off is not meant to have any.
        if at_work and template.on and not usage.get(template.key, (0, ()))[0]:
            findings.append(Finding(template.key, "check.unused", {}))
        findings += denied(template, policies, layout)
    doubled = [key for key, (_, rows) in usage.items() if len(rows) > 1]
    findings += [
        Finding(key, "check.doubled", {"rows": ", ".join(map(str, usage[key][1]))}) for key in doubled
    ]
    return findings + list(_incomplete(tables.get("templates", ())))


def _unknown_field(template: Template, name: str, replies: Replies) -> Finding:
    """A name in braces that is no field, with the field or the shop's own name that may be meant."""
    fields = replies.fields
    near = get_close_matches("".join(fold(name).split()), [*fields.names, *replies.own], 1)
    if not near:
        return Finding(template.key, "check.unknown-field", {"field": name})
    meant = fields.labels.get(fields.key(near[0]), near[0])
    return Finding(template.key, "check.unknown-field-near", {"field": name, "near": meant})


def _incomplete(records: Iterable[Record]) -> Iterator[Finding]:
    """Rows that people began and that are no template for want of a key or a text."""
    for record in records:
        key, name, body = (text_of(record.cells.get(each)).strip() for each in ("key", "name", "body"))
        if (key or name or body) and not (key and body):
            yield Finding(key or name, "check.incomplete", {"row": record.number})


def _usage(records: Iterable[Record]) -> dict[str, tuple[int, tuple[int, ...]]]:
    """Use count and rows of each key of the templates tab."""
    usage: dict[str, tuple[int, tuple[int, ...]]] = {}
    for record in records:
        if key := text_of(record.cells.get("key")).strip():
            count, rows = usage.get(key, (0, ()))
            used = record.cells.get("used")
            more = int(used) if isinstance(used, int | float) else 0
            usage[key] = (count + more, (*rows, record.number))
    return usage


def read_policies(records: Iterable[Record]) -> list[Policy]:
    """The rows of the policies tab that say something."""
    policies = []
    for record in records:
        cells = {key: text_of(cell).strip() for key, cell in record.cells.items()}
        lines = [line for key in POLICY_TEXTS for line in cells.get(key, "").split("\n") if line.strip()]
        if lines:
            id = cells.get("id") or f"#{record.number}"
            policies.append(Policy(id, cells.get("subject", ""), tuple(lines)))
    return policies


def about(template: Template, policies: Iterable[Policy], layout: Layout) -> list[Policy]:
    """The policies that speak about a template's matter: they name it, or their subject stands in the label
    of its category."""
    named = re.compile(rf"(?:テンプレート|template) ?[「'\"`]?{re.escape(template.key)}(?![\w-])")
    label = fold(layout.label("category", template.category))
    return [
        policy
        for policy in policies
        if (policy.subject and fold(policy.subject) in label) or any(map(named.search, policy.lines))
    ]


def denied(template: Template, policies: Sequence[Policy], layout: Layout) -> Iterator[Finding]:
    """Promises of a template that a policy about the same matter denies."""
    matter = about(template, policies, layout)
    lines = [line for line in template.body.split("\n") if line.strip()]
    for promise in promises():
        line = _first(lines, promise.promised)
        against = next(
            ((policy, found) for policy in matter if (found := _first(policy.lines, promise.denied))), None
        )
        # A policy that both denies and grants it (for another case) leaves the choice to a person.
        granted = any(_first(policy.lines, promise.promised) for policy in matter)
        if line and against and not granted:
            yield _finding(template, f"check.{promise.name}", line, *against)
    yield from _longer_periods(template, lines, matter)
    yield from _unlisted_refunds(template, lines, policies)


def _longer_periods(template: Template, lines: Sequence[str], matter: Sequence[Policy]) -> Iterator[Finding]:
    """More days after arrival than any policy of the matter allows."""
    allowed = [(days, policy, line) for policy in matter for line in policy.lines for days in periods(line)]
    if not allowed:
        return
    most, policy, against = max(allowed, key=lambda each: each[0])
    for line in lines:
        if any(days > most for days in periods(line)):
            yield _finding(template, "check.period", line, policy, against)


def periods(line: str) -> list[int]:
    """The periods after arrival that a line speaks of, in days: 到着から8日以内, within 8 days of arrival."""
    text = fold(line)
    found = [*_AFTER_ARRIVAL.finditer(text), *_OF_ARRIVAL.finditer(text)]
    return [int(match["number"]) * DAYS[match["unit"]] for match in found]


_UNITS = "|".join(sorted((fold(unit) for unit in DAYS), key=len, reverse=True))
DAYS |= {fold(unit): days for unit, days in DAYS.items()}
_PERIOD = rf"(?P<number>\d{{1,4}}) ?(?P<unit>{_UNITS})"
_AFTER_ARRIVAL = re.compile(
    rf"(?:到着|お届け|受け取り|お受け取り)(?:の|して)?(?:日)?(?:から|より|後){_PERIOD}"
)
_OF_ARRIVAL = re.compile(
    rf"within {_PERIOD} (?:of|after|from) (?:arrival|delivery|receipt|receiving|the (?:arrival|delivery))"
)


def _unlisted_refunds(
    template: Template, lines: Sequence[str], policies: Sequence[Policy]
) -> Iterator[Finding]:
    """A way of refunding that no policy about refunds lists."""
    about_refunds = [policy for policy in policies if _REFUND.search(fold(policy.subject))]
    listed = fold("\n".join(line for policy in about_refunds for line in policy.lines))
    for method, words in _data()["refund_methods"].items():
        sought = re.compile("|".join(re.escape(fold(word)) for word in words))
        if about_refunds and not sought.search(listed):
            for line in lines:
                if sought.search(fold(line)) and _REFUND.search(fold(line)):
                    policy = about_refunds[0]
                    values = {"method": method, "line": _quote(line), "policy": policy.id}
                    yield Finding(template.key, "check.refund-method", values)


_REFUND = re.compile("返金|refund")


@cache
def promises() -> tuple[Promise, ...]:
    """The promises that are looked for."""
    return tuple(
        Promise(each["name"], _any(each["promised"]), _any(each["denied"])) for each in _data()["promise"]
    )


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((templates_folder() / "promises.toml").read_text(encoding="utf-8"))


def _first(lines: Iterable[str], pattern: re.Pattern[str]) -> str:
    return next((line for line in lines if pattern.search(fold(line))), "")


def _finding(template: Template, key: str, line: str, policy: Policy, against: str) -> Finding:
    values = {"line": _quote(line), "policy": policy.id, "against": _quote(against)}
    return Finding(template.key, key, values)


def _quote(line: str) -> str:
    line = line.strip()
    return line if len(line) <= QUOTE_LIMIT else line[:QUOTE_LIMIT] + "…"
