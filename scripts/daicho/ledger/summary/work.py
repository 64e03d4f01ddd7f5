"""How the work went: by member and category, for new and returning customers, in one touch, by template."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import TypeVar

from daicho.ledger.replies import Habit
from daicho.ledger.summary.facts import Fact
from daicho.ledger.summary.measure import Measures, measure, rate
from daicho.ledger.summary.table import Kind, Row, Table, Value, View
from daicho.ledger.summary.volume import TOP

FAQ_LEAST = 3
"""The same question this often in a month is worth an answer that everybody can read."""

_Key = TypeVar("_Key")


def work_tables(view: View) -> list[Table]:
    return [
        reply_by_category(view),
        by_member(view),
        by_member_and_category(view),
        by_customer(view),
        again(view),
        by_template(view),
        faq_candidates(view),
    ]


def reply_by_category(view: View) -> Table:
    def row(name: str, group: Measures) -> tuple[Value, ...]:
        replies = len(group.reply_hours)
        return name, replies, group.median_reply, group.p90_reply, group.over_a_day, group.kept_rate

    columns: list[tuple[str, Kind]] = [
        ("category", "text"),
        ("replies", "count"),
        ("median-reply", "hours"),
        ("p90-reply", "hours"),
        ("over-a-day", "count"),
        ("kept-rate", "percent"),
    ]
    return view.table("reply-by-category", columns, _rows(_by_category(view.current, view), row, view))


def by_member(view: View) -> Table:
    """Everybody in the settings, whoever else stands in the rows, and what nobody took."""
    columns: list[tuple[str, Kind]] = [
        ("member", "text"),
        ("inquiries", "count"),
        ("resolved", "count"),
        ("median-reply", "hours"),
        ("median-completion", "hours"),
        ("kept-rate", "percent"),
    ]

    def row(name: str, group: Measures) -> tuple[Value, ...]:
        times = group.median_reply, group.median_completion, group.kept_rate
        return name, group.inquiries, group.resolved, *times

    return view.table("by-member", columns, _rows(_by_member(view), row, view))


def by_member_and_category(view: View) -> Table:
    columns: list[tuple[str, Kind]] = [
        ("category", "text"),
        ("inquiries", "count"),
        ("median-reply", "hours"),
        ("median-completion", "hours"),
        ("kept-rate", "percent"),
    ]
    rows: list[Row] = []
    for member, facts in _by_member(view).items():
        if facts:
            rows.append(Row((member, *[None] * (len(columns) - 1)), "group"))
        for category, part in _by_category(facts, view).items():
            group = measure(part, view.now)
            times = group.median_reply, group.median_completion, group.kept_rate
            rows.append(Row((category, group.inquiries, *times)))
    return view.table("by-member-category", columns, rows)


def by_customer(view: View) -> Table:
    """First-time and returning customers; "unknown" only where there are such."""
    names = {False: "first-time", True: "returning", None: "unknown"}
    groups = _grouped(view.current, lambda fact: fact.returning)
    shown = {
        view.say(f"customer-{name}"): groups.get(key, [])
        for key, name in names.items()
        if key is not None or groups.get(key)
    }

    def row(name: str, group: Measures) -> tuple[Value, ...]:
        share = rate(group.inquiries, len(view.current))
        return name, group.inquiries, share, group.resolution_rate, group.median_reply, group.kept_rate

    columns: list[tuple[str, Kind]] = [
        ("customer", "text"),
        ("inquiries", "count"),
        ("share", "percent"),
        ("resolution-rate", "percent"),
        ("median-reply", "hours"),
        ("kept-rate", "percent"),
    ]
    return view.table("by-customer", columns, _rows(shown, row, view))


def again(view: View) -> Table:
    """What was settled in one touch, and what came back."""

    def row(name: str, group: Measures) -> tuple[Value, ...]:
        return (
            name,
            group.resolved,
            group.one_touch,
            group.one_touch_rate,
            group.repeated,
            group.reopened,
            group.reopened_rate,
        )

    columns: list[tuple[str, Kind]] = [
        ("category", "text"),
        ("resolved", "count"),
        ("one-touch", "count"),
        ("one-touch-rate", "percent"),
        ("repeated", "count"),
        ("reopened", "count"),
        ("reopened-rate", "percent"),
    ]
    return view.table("again", columns, _rows(_by_category(view.current, view), row, view))


def by_template(view: View) -> Table:
    """How often a template was proposed, how many replies it became, and whether proposals were followed."""
    suggested = Counter(fact.suggested for fact in view.current)
    habit = Habit()
    for fact in view.current:
        habit.count(fact.sent)
    keys = sorted({*suggested, *habit.used} - {""}, key=lambda key: (-habit.used[key], -suggested[key], key))
    rows = [
        Row(
            (
                view.templates.get(key, key),
                suggested[key],
                habit.used[key],
                rate(habit.followed[key], habit.offered[key]),
            )
        )
        for key in keys
    ]
    columns: list[tuple[str, Kind]] = [
        ("template", "text"),
        ("suggested", "count"),
        ("used", "count"),
        ("acceptance", "percent"),
    ]
    return view.table("by-template", columns, rows)


def faq_candidates(view: View) -> Table:
    """What is asked again and again: the same category about the same product."""
    groups = _grouped(view.current, lambda fact: (fact.category, fact.products[:1]))
    often = [(key, facts) for key, facts in groups.items() if len(facts) >= FAQ_LEAST]
    often.sort(key=lambda item: (-len(item[1]), item[0]))
    rows = [
        Row(
            (
                " / ".join((view.label("category", category), *product)),
                len(facts),
                sum(not fact.template for fact in facts),
                sum(fact.contacts > 1 for fact in facts),
                facts[-1].subject,
            )
        )
        for (category, product), facts in often[:TOP]
    ]
    columns: list[tuple[str, Kind]] = [
        ("topic", "text"),
        ("inquiries", "count"),
        ("without-template", "count"),
        ("repeated", "count"),
        ("example", "text"),
    ]
    return view.table("faq", columns, rows)


def _by_category(facts: Sequence[Fact], view: View) -> dict[str, list[Fact]]:
    """Inquiries by category's label, the largest group first."""
    groups = _grouped(facts, lambda fact: fact.category)
    order = sorted(groups, key=lambda key: (-len(groups[key]), key))
    return {view.label("category", key): groups[key] for key in order}


def _by_member(view: View) -> dict[str, list[Fact]]:
    groups = _grouped(view.current, lambda fact: fact.assignee)
    names = dict.fromkeys([*view.settings.members, *sorted(groups)])
    found = {name: groups.get(name, []) for name in names if name}
    return found | ({view.say("nobody"): groups[""]} if "" in groups else {})


def _grouped(facts: Sequence[Fact], key: Callable[[Fact], _Key]) -> dict[_Key, list[Fact]]:
    groups: dict[_Key, list[Fact]] = defaultdict(list)
    for fact in facts:
        groups[key(fact)].append(fact)
    return dict(groups)


def _rows(
    groups: dict[str, list[Fact]], row: Callable[[str, Measures], tuple[Value, ...]], view: View
) -> list[Row]:
    """A row a group, and the line of totals."""
    rows = [Row(row(name, measure(facts, view.now))) for name, facts in groups.items()]
    total = measure((fact for facts in groups.values() for fact in facts), view.now)
    return [*rows, Row(row(view.say("total"), total), "total")] if rows else []
