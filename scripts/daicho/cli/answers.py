"""The commands about answers: similar, faq, templates check."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from daicho.cli.manual import App
from daicho.cli.terminal import Json, app, options, out, print_json, say, write_page
from daicho.desk import Desk
from daicho.errors import DaichoError
from daicho.ledger.faq import Entry, is_ready
from daicho.ledger.past import Likeness

EXCERPT = 12
"""Lines of an answer that are shown."""

templates = App()
app.add_typer(templates, name="templates")


@app.command()
def similar(
    id: Annotated[str, typer.Argument()],
    count: Annotated[int, typer.Option(min=1)] = 5,
    as_json: Json = False,
) -> None:
    """Show the past inquiries most like one, with the answers that were sent."""
    found = Desk(options.load()).similar(id, count)
    if options.json or as_json:
        print_json([likeness_json(each) for each in found])
        return
    if not found:
        out.print(escape(say("nothing-similar", id=id)))
    for each in found:
        past = each.past
        out.print(
            f"[bold]{escape(past.subject or say('no-subject'))}[/bold]  {escape(past.id)} "
            f"{past.received:%Y-%m-%d}  {each.likeness:.0%}"
        )
        out.print(escape("\n".join(f"  {line}" for line in past.question.splitlines()[:3])))
        out.print(escape("\n".join(f"  → {line}" for line in past.answer.splitlines()[:EXCERPT] if line)))


def likeness_json(each: Likeness) -> dict[str, Any]:
    past = each.past
    return {
        "id": past.id,
        "likeness": round(each.likeness, 3),
        "received": f"{past.received:%Y-%m-%d %H:%M}",
        "category": past.category,
        "subject": past.subject,
        "question": past.question,
        "answer": past.answer,
        "template": past.used or None,
    }


@app.command()
def faq(
    html: Annotated[Path | None, typer.Option()] = None,
    as_json: Json = False,
) -> None:
    """List the FAQ with what is proposed for it, or write the approved part as a page."""
    desk = Desk(options.load())
    found = desk.questions()
    approved = [each for each in found if each.status == "approved"]
    ready = [each for each in approved if is_ready(each, options.wording)]
    if html:
        write_page(html, desk.faq_page(ready))
    if options.json or as_json:
        print_json([{name: getattr(each, name) for name in each.__slots__} for each in found])
    elif html:
        out.print(escape(say("faq-html", path=html, count=len(ready))))
    else:
        print_questions(desk, found)
    if html and len(ready) < len(approved):
        ids = " ".join(each.id or each.question for each in approved if each not in ready)
        raise DaichoError("cli.faq-unready", ids=ids)


def print_questions(desk: Desk, found: Sequence[Entry]) -> None:
    for each in found:
        status = desk.layout.label("faq_status", each.status)
        out.print(f"[bold]{escape(each.id)}[/bold] {escape(f'{status}  {each.question}  ({each.count})')}")
    if any(each.status == "proposed" for each in found):
        out.print(escape(say("faq-proposed")))


@templates.command(name="check")
def check(as_json: Json = False) -> None:
    """Look for unknown fields, templates nobody uses, and promises that the policies deny."""
    findings = Desk(options.load()).check_templates()
    wording = options.wording
    told = [(each.template, each.key, wording.say(each.key, **each.values)) for each in findings]
    if options.json or as_json:
        names = ("template", "problem", "sentence")
        print_json([dict(zip(names, each, strict=True)) for each in told])
        raise typer.Exit(1 if told else 0)
    if not told:
        out.print(escape(wording.say("check.fine")))
        return
    out.print(escape(wording.say("check.found", count=len(told))))
    for template, _, sentence in told:
        out.print(f"[bold]{escape(template)}[/bold]  {escape(sentence)}")
    raise typer.Exit(1)
