"""The command of every month: summary."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from daicho.cli.terminal import Json, app, options, out, print_json, say, write_page
from daicho.desk import Desk
from daicho.ledger.summary.said import said_figure
from daicho.ledger.summary.summary import Summary
from daicho.report import html_of


@app.command()
def summary(
    month: Annotated[str, typer.Option()] = "",
    html: Annotated[Path | None, typer.Option()] = None,
    as_json: Json = False,
) -> None:
    """Write the month's summary tab, and say its seven numbers."""
    desk = Desk(options.load())
    found = desk.summary(month)
    if html:
        write_page(html, html_of(found, options.wording, desk.config.shop_name))
    if options.json or as_json:
        print_json(found.as_json())
        return
    print_figures(found)
    out.print(escape(found.lead))
    out.print(escape(say("summary", workbook=desk.workbook.name, tab=found.label)))
    if html:
        out.print(escape(say("summary-html", path=html)))


def print_figures(found: Summary) -> None:
    """The seven numbers beside last month's and last year's."""
    wording = options.wording
    out.print(f"[bold]{escape(found.heading)}[/bold]  {escape(found.asof)}")
    table = Table(box=None, pad_edge=False)
    for name in ("", "", found.before, found.year_ago):
        table.add_column(escape(name), justify="right" if name else "left")
    for figure in found.figures:
        past = (said_figure(value, figure.kind, wording) for value in (figure.before, figure.year_ago))
        table.add_row(escape(figure.label), said_figure(figure.value, figure.kind, wording), *past)
    out.print(table)
