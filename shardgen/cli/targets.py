"""Commands about what is in a target, or should be."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shardgen.cli import terminal
from shardgen.cli.options import FORM, PLACE, Json, examples, takes


@examples("status", "status --dsn postgresql://me@db.example/shop --schema bronze", "status --json")
@takes(PLACE)
def status(*, as_json: Json = False, **options: Any) -> None:
    """Tell the runs in the target: shards done, pending and failed for each table, and the last error."""
    from shardgen.api import runs_of
    from shardgen.progress.tables import status_tables

    settings = terminal.settings_of(options)
    runs = runs_of(settings)
    if as_json:
        terminal.print_json([run.to_json() for run in runs])
    else:
        terminal.show(status_tables(runs, where=f"schema {settings.schema} of {terminal.place_of(settings)}"))


@examples("schema > bronze.sql", "schema --indexes full", "schema --apply")
@takes({name: FORM[name] for name in ("tables", "indexes")}, PLACE)
def schema(
    *,
    apply: Annotated[
        bool,
        typer.Option("--apply", metavar="", help="Create what is missing in the target instead of printing the DDL."),
    ] = False,
    **options: Any,
) -> None:
    """Print the DDL of the bronze tables, or apply it."""
    from shardgen.api import apply_schema, ddl_of

    settings = terminal.settings_of(options)
    if apply:
        created = apply_schema(settings, terminal.notice)
        terminal.say("\n".join(f"created {name}" for name in created) or "nothing to create: all of it exists")
    else:
        for statement in ddl_of(settings):
            typer.echo(f"{statement};\n")
