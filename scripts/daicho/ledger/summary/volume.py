"""How much came in: by day, category, tag, campaign, hour, channel, urgency, product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date, timedelta

from daicho.ledger.summary.facts import Fact, Facts
from daicho.ledger.summary.measure import measure, rate
from daicho.ledger.summary.month import Period
from daicho.ledger.summary.table import Chart, Column, Kind, Row, Table, Value, View

FAMILIES = ("emotion", "product", "problem", "request", "campaign")
"""The five families of tags (triage guide)."""

TOP = 10
PROBLEMS = ("defect", "wrong_item")
"""Categories that say that a product was not as it should be."""


def volume_tables(view: View) -> list[Table]:
    return [
        by_category(view),
        by_urgency(view),
        by_tag(view),
        products_with_defects(view),
        by_campaign(view),
        by_channel(view),
        by_hour(view),
    ]


def by_day(view: View) -> Table:
    received = Counter(fact.day for fact in view.current)
    backlog = open_at_end(view.facts, view.period)
    rows = [
        Row(
            (day_name(day, view), received[day], backlog[day])
            if day in view.period
            else (day_name(day, view), None, None)
        )
        for day in view.month.days
    ]
    rows.append(Row((view.say("total"), len(view.current), None), "total"))
    chart = Chart("columns", ("inquiries",), "backlog")
    return view.table("by-day", [("day", "text"), ("inquiries", "count"), ("backlog", "count")], rows, chart)


def day_name(day: date, view: View) -> str:
    """ "11/3(火)"."""
    weekday = view.say("weekdays").split(",")[day.weekday()]
    return view.say("day-name", month=day.month, day=day.day, weekday=weekday)


def open_at_end(facts: Facts, period: Period) -> dict[date, int]:
    """How many inquiries were open at the end of each day, whenever they were received."""
    steps: Counter[date] = Counter()
    for fact in facts.all:
        for first, after in fact.open_days:
            if first <= period.last and (after is None or after > period.first):
                steps[max(first, period.first)] += 1
                if after is not None:
                    steps[after] -= 1
    found, count = {}, 0
    for step in range(period.days):
        day = period.first + timedelta(step)
        count += steps[day]
        found[day] = count
    return found


class Comparison:
    """Inquiries by group, beside those of last month and of the same month last year."""

    columns: tuple[tuple[str, Kind], ...] = (
        ("inquiries", "count"),
        ("share", "percent"),
        ("before", "count"),
        ("change", "change"),
        ("year-ago", "count"),
    )

    def __init__(self, view: View, groups: Callable[[Fact], Iterable[Hashable]]) -> None:
        """`groups` are all that an inquiry belongs to."""
        self._view = view

        def counted(facts: Iterable[Fact]) -> Counter[Hashable]:
            return Counter(group for fact in facts for group in set(groups(fact)))

        self.now = counted(view.current)
        self.before = None if view.before is None else counted(view.before)
        self.year_ago = None if view.year_ago is None else counted(view.year_ago)

    def row(self, group: Hashable, name: str) -> Row:
        before = None if self.before is None else self.before[group]
        year_ago = None if self.year_ago is None else self.year_ago[group]
        return self._row(name, self.now[group], before, year_ago)

    def total(self) -> Row:
        view = self._view
        before = None if view.before is None else len(view.before)
        year_ago = None if view.year_ago is None else len(view.year_ago)
        row = self._row(view.say("total"), len(view.current), before, year_ago)
        return Row(row.values, "total")

    def _row(self, name: str, now: int, before: int | None, year_ago: int | None) -> Row:
        change = None if before is None else now - before
        return Row((name, now, rate(now, len(self._view.current)), before, change, year_ago))


def by_category(view: View) -> Table:
    return _by_option(view, "category", lambda fact: fact.category)


def by_channel(view: View) -> Table:
    return _by_option(view, "channel", lambda fact: fact.channel)


def _by_option(view: View, listed: str, option: Callable[[Fact], str]) -> Table:
    """Counts by an option of a list, most first; what nobody asked about is left out."""
    counts = Comparison(view, lambda fact: [option(fact)])
    options = {*counts.now, *(counts.before or ())}
    shown = sorted(options, key=lambda key: (-counts.now[key], str(key)))
    rows = [counts.row(key, view.label(listed, str(key))) for key in shown]
    if rows:
        rows.append(counts.total())
    chart = Chart("bars", ("inquiries",))
    return view.table(f"by-{listed}", [(listed, "text"), *Comparison.columns], rows, chart)


def by_tag(view: View) -> Table:
    """Tags of the five families; one inquiry may carry several, so there is no line of totals.

    What a family has no rows for it says in its own line.
    """
    counts = Comparison(view, lambda fact: tags_of(fact, view))
    tags = sorted(counts.now.items(), key=lambda tag: (-tag[1], str(tag[0])))
    rows: list[Row] = []
    for family in FAMILIES:
        shown = [counts.row(tag, tag[1]) for tag, _ in tags if isinstance(tag, tuple) and tag[0] == family]
        name = view.say(f"family-{family}")
        if family == "problem":
            name = view.say("family-elsewhere", family=name, table=view.say("by-category"))
        elif not shown:
            name = view.say("family-none", family=name)
        rows.append(Row((name, *[None] * len(Comparison.columns)), "group"))
        rows += shown
    if not view.current:
        rows = []
    return view.table("by-tag", [("tag", "text"), *Comparison.columns], rows)


def tags_of(fact: Fact, view: View) -> Iterable[tuple[str, str]]:
    """The (family, tag) pairs of an inquiry. What was wrong is its category, which has its own table."""
    for product in fact.products:
        yield "product", product
    for campaign in campaigns_of(fact, view):
        yield "campaign", campaign
    moods = view.layout.lists["emotion"].values()
    ours = {view.wording.say("ledger.needs-look"), *view.settings.campaigns}
    for tag in fact.tags:
        if tag in moods:
            yield "emotion", tag
        elif tag in view.settings.products:
            yield "product", tag
        elif tag not in ours:
            yield "request", tag


def campaigns_of(fact: Fact, view: View) -> list[str]:
    """Campaigns that ran when it came, or whose tag it carries."""
    return [name for name, days in view.settings.campaigns.items() if fact.day in days or name in fact.tags]


def by_campaign(view: View) -> Table:
    rows = []
    for name, days in view.settings.campaigns.items():
        facts = [fact for fact in view.current if name in campaigns_of(fact, view)]
        ran = sum(day in view.period for day in days)
        if not facts and not ran:
            continue
        measures = measure(facts, view.now)
        span = view.say("day-span", first=f"{min(days):%m/%d}", last=f"{max(days):%m/%d}")
        per_day = len(facts) / ran if ran else None
        rows.append(
            Row(
                (
                    name,
                    len(facts),
                    rate(len(facts), len(view.current)),
                    ran,
                    per_day,
                    measures.kept_rate,
                    span,
                )
            )
        )
    return view.table(
        "by-campaign",
        [
            ("campaign", "text"),
            ("inquiries", "count"),
            ("share", "percent"),
            ("days-run", "count"),
            ("per-day", "decimal"),
            ("kept-rate", "percent"),
            ("period", "text"),
        ],
        rows,
    )


def by_hour(view: View) -> Table:
    """Hours down, weekdays across, so that it fits a telephone."""
    weekdays = view.say("weekdays").split(",")
    grid = Counter((fact.received.hour, fact.received.weekday()) for fact in view.current)
    rows = [
        Row((view.say("hour-name", hour=hour), *counts, sum(counts)))
        for hour in range(24)
        for counts in [[grid[hour, weekday] for weekday in range(7)]]
    ]
    sums = [sum(grid[hour, weekday] for hour in range(24)) for weekday in range(7)]
    rows.append(Row((view.say("total"), *sums, len(view.current)), "total"))
    days = [Column(f"weekday-{number}", name) for number, name in enumerate(weekdays)]
    return view.table("by-hour", [("hour", "text"), *days, ("sum", "count")], rows, heat=True)


def by_urgency(view: View) -> Table:
    """Urgencies and whether their targets were kept."""
    known = [key for key in view.layout.lists["priority"] if key != "none"]
    others = sorted({fact.priority for fact in view.current} - set(known))
    groups = {key: [fact for fact in view.current if fact.priority == key] for key in [*known, *others]}

    def values(name: str, facts: Sequence[Fact]) -> tuple[Value, ...]:
        group = measure(facts, view.now)
        return name, group.inquiries, group.kept, group.missed, group.pending, group.kept_rate

    rows = [Row(values(view.label("priority", key), facts)) for key, facts in groups.items()]
    rows.append(Row(values(view.say("total"), view.current), "total"))
    columns: list[tuple[str, Kind]] = [
        ("urgency", "text"),
        ("inquiries", "count"),
        ("kept", "count"),
        ("missed", "count"),
        ("pending", "count"),
        ("kept-rate", "percent"),
    ]
    return view.table("by-urgency", columns, rows)


def products_with_defects(view: View) -> Table:
    """The products most often broken, faulty or mixed up."""
    all_of = Counter(product for fact in view.current for product in fact.products)
    by_problem = {
        problem: Counter(
            product for fact in view.current if fact.category == problem for product in fact.products
        )
        for problem in PROBLEMS
    }
    bad = Counter({product: sum(by_problem[problem][product] for problem in PROBLEMS) for product in all_of})
    top = sorted((product for product in bad if bad[product]), key=lambda product: (-bad[product], product))
    rows = [
        Row(
            (
                product,
                *(by_problem[problem][product] for problem in PROBLEMS),
                all_of[product],
                rate(bad[product], all_of[product]),
            )
        )
        for product in top[:TOP]
    ]
    return view.table(
        "products",
        [
            ("product", "text"),
            ("defects", "count"),
            ("wrong-items", "count"),
            ("inquiries", "count"),
            ("share-of-product", "percent"),
        ],
        rows,
    )
