"""The command that lists the tables that there are."""

from __future__ import annotations

from dataclasses import asdict

from shardgen import __version__
from shardgen.cli import terminal
from shardgen.cli.options import Json, examples, takes


@examples("tables", "tables --json", "load --tables orders,customers")
@takes(volume=False)
def tables(*, as_json: Json = False) -> None:
    """List the tables that can be loaded: those of shardgen, and those that installed packages bring."""
    from shardgen.display.tables import listing_table
    from shardgen.tables.listing import listed

    found = listed(__version__)
    if as_json:
        terminal.print_json([asdict(each) for each in found])
    else:
        terminal.show(listing_table(found))
