"""``shardgen advance``: a finished target brought forward by some days, as a cron line does it each night."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shardgen.cli import hints, terminal
from shardgen.cli.loading import TakeOver
from shardgen.cli.options import Json, examples, takes
from shardgen.model.engine import DEFAULT
from shardgen.options.declared import FORM, KEY, PLACE, RUNNING, WATCHED, WORKING

_PANEL = "How far"

Days = Annotated[
    int | None,
    typer.Option(metavar="N", help="How many days. [dim]Default: one.[/]", show_default=False, rich_help_panel=_PANEL),
]
To = Annotated[
    str | None,
    typer.Option(
        metavar="DATE",
        help="First day that is not loaded, UTC, instead; where the target is there already, nothing is done.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
Yes = Annotated[
    bool,
    typer.Option(
        "--yes",
        "-y",
        metavar="",
        help="Bring rows forward that others have changed, too, instead of refusing.",
        rich_help_panel=RUNNING,
    ),
]


@examples(
    "advance",
    "advance --days 7 --dsn postgresql://me@db.example/shop",
    "advance --to 2026-03-01 --json",
)
@takes({"tables": FORM["tables"]}, KEY, PLACE, {**WORKING, **WATCHED})
def advance(
    *,
    days: Days = None,
    to: To = None,
    take_over: TakeOver = False,
    yes: Yes = False,
    as_json: Json = False,
    **options: Any,
) -> None:
    """Bring what is loaded forward by some days: what comes to be is added, what changes is changed.

    By the plan in the target, from where the last run ended. One that was interrupted is finished first. Reads and
    writes only what a day holds.
    """
    from shardgen.commands import hasten
    from shardgen.forward import advanced

    settings = terminal.settings_of(options)
    hasten(settings.get("engine", DEFAULT))
    carry_out = advanced(settings, days=days, to=to, take_over=take_over, yes=yes)
    with terminal.loading(settings, "advance", lambda: hints.to_go_on(options), as_json=as_json) as show:
        reports = carry_out(show)
    from shardgen.display.summary import load_summary

    for report in reports:
        terminal.show(load_summary(report), stderr=True)
    if as_json:
        terminal.print_json([report.to_json() for report in reports])
