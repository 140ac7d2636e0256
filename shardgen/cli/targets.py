"""Commands about what is in a target, or should be."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer

from shardgen.cli import terminal
from shardgen.cli.options import Json, examples, takes
from shardgen.errors import ConfigError
from shardgen.options.declared import FORM, PLACE


@examples("status", "status --watch", "status --dsn postgresql://me@db.example/shop --schema bronze", "status --json")
@takes(PLACE)
def status(
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Look again about once a second, until the run has ended.")
    ] = False,
    as_json: Json = False,
    **options: Any,
) -> None:
    """Tell the runs in the target: shards done, pending and failed for each table, and the last error."""
    from shardgen.asking import status_of, watched_runs
    from shardgen.display.tables import status_tables

    settings = terminal.settings_of(options)
    where = terminal.place_of(settings)
    if watch and as_json:
        raise ConfigError("--watch and --json contradict each other: leave one of them out")
    if watch:
        from shardgen.display.watch import watch as show

        with watched_runs(settings) as look:
            show(look, where=where, stream=sys.stdout, environ=os.environ)
        return
    runs = status_of(settings)
    if as_json:
        terminal.print_json([run.to_json() for run in runs])
    else:
        terminal.show(status_tables(runs, where=where))


@examples("schema > bronze.sql", "schema --indexes full", "schema --apply")
@takes({name: FORM[name] for name in ("tables", "indexes", "history")}, PLACE)
def schema(
    *,
    apply: Annotated[
        bool,
        typer.Option("--apply", help="Create what is missing in the target instead of printing the DDL."),
    ] = False,
    **options: Any,
) -> None:
    """Print the DDL of the bronze tables, or apply it."""
    from shardgen.commands import apply_schema, ddl_of

    settings = terminal.settings_of(options)
    if apply:
        created = apply_schema(settings, terminal.notice)
        terminal.say("\n".join(f"created {name}" for name in created) or "nothing to create: all of it exists")
    else:
        for statement in ddl_of(settings):
            terminal.print_text(f"{statement};\n")


@examples("reset", "reset --run 3", "reset --all --yes", "reset --dsn postgresql://me@db.example/shop --schema raw")
@takes(PLACE)
def reset(
    *,
    run: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Take this run back. [dim]Default: the only one there is.[/]", show_default=False
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Take back every run in the target.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; for scripts.")] = False,
    as_json: Json = False,
    **options: Any,
) -> None:
    """Remove what a run loaded: its tables, their partitions, its rows, its lines in the ledger. Asks first.

    A table that shardgen created is dropped, with the privileges, comments and the like that others have put on it;
    they are listed before. From a table that others made, or that held rows before, only the rows that shardgen loaded
    are deleted; where they cannot be told apart, nothing is removed at all. After the last run the ledger is removed
    too, and the schema if shardgen created it and nothing else is in it. If a reset is cut short, another one finishes
    it.
    """
    from shardgen.commands import reset_of, reset_survey
    from shardgen.display.tables import survey_table

    settings = terminal.settings_of(options)
    if run is not None and every:
        raise ConfigError("--run and --all contradict each other: leave one of them out")
    with terminal.busy("counting what would go"):
        found = reset_survey(settings, run=run, every=every)
    where = terminal.place_of(settings)
    if not found.runs:
        terminal.say(f"nothing to reset: no runs in {where}")
    elif not as_json:
        terminal.show(survey_table(found, where=where), stderr=True)
    if found.runs and not yes:
        _ask()
    if found.runs:
        reset_of(settings, found, run=run, every=every, show=terminal.say)
    if as_json:
        terminal.print_json(found.to_json())


def _ask() -> None:
    """Go on only if a person at a terminal agrees."""
    if not terminal.interactive():
        raise ConfigError("nothing was removed, because nobody can be asked here: use --yes")
    typer.confirm("remove all this?", abort=True, err=True)
