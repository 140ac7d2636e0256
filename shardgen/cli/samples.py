"""``shardgen sample``: rows of a table, built without any database."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shardgen.cli import terminal
from shardgen.cli.options import Json, any_table, examples, takes
from shardgen.options.declared import FILES, FORM, WORLD
from shardgen.tables import names


@examples("sample orders", "sample customers -n 3 --seed 7", "sample clickstream -n 100 --json")
@takes(WORLD, {name: FORM[name] for name in ("days", "end", "dataset", "raw_data")}, FILES)
def sample(
    table: Annotated[
        str,
        typer.Argument(
            metavar="TABLE",
            help=f"One of {', '.join(names())}, or what an installed package brings.",
            autocompletion=any_table,
        ),
    ],
    *,
    n: Annotated[int, typer.Option("-n", metavar="N", help="How many rows.")] = 5,
    as_json: Json = False,
    **options: Any,
) -> None:
    """Show rows of a table, built without any database."""
    from shardgen.commands import sample_of
    from shardgen.display.sample import ShownRows, as_plain

    rows = sample_of(terminal.settings_of({**options, "tables": table}), n)
    if as_json:
        terminal.print_json([as_plain(row) for row in rows])
    else:
        terminal.show(ShownRows(table=table, rows=rows))
