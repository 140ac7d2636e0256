"""A load in parts, as the command line does it: a claim, a part, and the commit that ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from shardgen.cli import hints, terminal
from shardgen.cli.options import Json, examples, some_tables, takes
from shardgen.errors import ReconciliationError
from shardgen.model.figures import plural
from shardgen.options.declared import PLACE, RUN, RUNNING, WATCHED

if TYPE_CHECKING:
    from shardgen.loading.parts import Claimed
    from shardgen.options.settings import Settings

Tables = Annotated[
    str,
    typer.Option(
        metavar="A,B",
        help="Those of the run that is meant, where several are unfinished.",
        show_default=False,
        rich_help_panel=RUNNING,
        autocompletion=some_tables,
    ),
]
TakeOver = Annotated[
    bool,
    typer.Option(
        "--take-over",
        help="End the sessions of parts that hold the target, instead of refusing: of those whose hosts are gone.",
        rich_help_panel=RUNNING,
    ),
]


@examples("commit", "commit --dsn postgresql://me@db.example/shop", "commit --json")
@takes(PLACE, {"workers": RUN["workers"], **WATCHED})
def commit(*, tables: Tables = "", take_over: TakeOver = False, as_json: Json = False, **options: Any) -> None:
    """Finish a load in parts whose shards are all there: indexes, counts, reconciliation.

    What is lacking is named by part, with exit code 1. A run that is finished stays as it is.
    """
    from shardgen.display.summary import load_summary
    from shardgen.parts import commit_of

    settings = terminal.settings_of({**options, "tables": tables or None})
    try:
        with terminal.watching(settings, "commit") as show:
            done = commit_of(settings, show, take_over=take_over)
    except ReconciliationError as error:
        if as_json:
            terminal.print_json(error.report)
        raise
    if done.report:
        terminal.show(load_summary(done.report), stderr=True)
    else:
        terminal.say(f"run {done.run} is finished already: nothing was changed")
    if as_json:
        terminal.print_json(done.to_json())


def load_part(settings: Settings, text: str, options: dict[str, Any], *, as_json: bool, **asked: bool) -> None:
    """Load one part, and tell what it did and what is lacking."""
    from shardgen.parts import checked, part_of

    part = checked(text, **asked)
    carry_out = part_of(settings, part)
    with terminal.loading(settings, "load", lambda: hints.to_go_on_with(part, options), as_json=as_json) as show:
        report = carry_out(show)
    from shardgen.display.summary import part_summary

    terminal.show(part_summary(report), stderr=True)
    if as_json:
        terminal.print_json(report.to_json())


def claim(settings: Settings, *, take_over: bool, yes: bool, as_json: bool) -> None:
    """Claim the tables of a load, for parts to fill."""
    from shardgen.parts import claim_of

    carry_out = claim_of(settings, take_over=take_over, yes=yes)
    with terminal.watching(settings, "load") as show:
        claimed = carry_out(show)
    terminal.say(_told(claimed))
    if as_json:
        terminal.print_json(claimed.to_json())


def _told(claimed: Claimed) -> str:
    """What has come of a claim, in a line."""
    if claimed.finished:
        return f"run {claimed.run} is finished already: nothing was changed"
    if claimed.new:
        return f"run {claimed.run} claimed: its parts have {plural(claimed.shards, 'shard')} to load"
    left = f"{claimed.lacking} of {plural(claimed.shards, 'shard')}"
    return f"run {claimed.run} was claimed before: its parts have {left} to load"
