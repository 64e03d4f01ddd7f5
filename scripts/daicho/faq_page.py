"""The FAQ as one static page: no script, nothing loaded from elsewhere, fit for a shop's own web site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from jinja2 import Environment, StrictUndefined, Template

from daicho.wording import Wording, templates_folder


@dataclass(frozen=True, slots=True)
class Question:
    """A question as customers see it. `heading` is what it is filed under, "" for nothing."""

    heading: str
    question: str
    answer: str


def faq_page(questions: Sequence[Question], shop: str, day: date, wording: Wording) -> str:
    """The page as HTML, questions by heading in the order given. Texts stand as text, whatever is in them."""
    say, unfiled = wording.say, wording.say("faq.unfiled")
    return _template().render(
        language=wording.language,
        title=say("faq.title", shop=shop) if shop else say("faq.heading"),
        shop=shop,
        heading=say("faq.heading"),
        updated=say("faq.updated", day=day.isoformat()),
        sections=list(_sections(questions, unfiled)),
    )


def _sections(questions: Iterable[Question], unfiled: str) -> Iterable[tuple[str, list[Question]]]:
    """Questions by heading, headings in the order of their first question, `unfiled` as the last."""
    filed: dict[str, list[Question]] = {}
    for question in questions:
        filed.setdefault(question.heading.strip() or unfiled, []).append(question)
    return sorted(filed.items(), key=lambda section: section[0] == unfiled)


@cache
def _template() -> Template:
    source = (templates_folder() / "faq.html.j2").read_text(encoding="utf-8")
    world = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return world.from_string(source)
