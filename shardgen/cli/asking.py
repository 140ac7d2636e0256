"""``shardgen queries``: SQL to begin with, ready to be run on what is loaded."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shardgen.cli import terminal
from shardgen.cli.options import Json, examples, takes
from shardgen.options.declared import PLACE


def _names() -> list[str]:
    from shardgen.tables.questions import NAMES

    return list(NAMES)


@examples("queries", "queries revenue | shardgen db psql", "queries --dsn postgresql://me@db.example/shop --json")
@takes(PLACE)
def queries(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="Only this one. [dim]Default: all that the loaded tables can answer.[/]",
            show_default=False,
            autocompletion=_names,
        ),
    ] = "",
    *,
    as_json: Json = False,
    **options: Any,
) -> None:
    """Print SQL that shows the story of what is loaded: a few queries to begin with, ready to be run."""
    from shardgen.asking import queries_of, query_of

    settings = terminal.settings_of(options)
    found = [query_of(settings, name)] if name else queries_of(settings)
    if as_json:
        terminal.print_json([{"name": each.name, "about": each.about, "sql": each.text} for each in found])
    else:
        typer.echo("\n\n".join(f"-- {each.name}: {each.about}\n{each.text}" for each in found))
