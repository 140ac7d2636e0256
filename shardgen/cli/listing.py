"""The command that lists the tables that there are, and says what their columns mean."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from shardgen import __version__
from shardgen.cli import terminal
from shardgen.cli.options import Json, any_table, examples, takes
from shardgen.errors import ConfigError
from shardgen.model.choices import HISTORIES
from shardgen.model.config import SHOP
from shardgen.options.declared import FILES, FORM, PLACE


@examples(
    "tables",
    "tables --json",
    "tables orders reviews",
    "tables --dbt > models/sources.yml",
    "tables --dbt --history versions",
    "load --tables orders,customers",
)
@takes(
    {name: FORM[name] for name in ("dataset", "history")} | {"schema": PLACE["schema"], "config": FILES["config"]},
    volume=False,
)
def tables(
    wanted: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TABLE]...", help="Say what columns and keys of these mean.", autocompletion=any_table),
    ] = None,
    *,
    dbt: Annotated[bool, typer.Option("--dbt", help="Print a dbt source of these, or of all of the dataset.")] = False,
    as_json: Json = False,
    **options: Any,
) -> None:
    """List the tables that can be loaded, those of installed packages too; or say what the columns of some mean."""
    if dbt and as_json:
        raise ConfigError("--dbt prints YAML, and --json prints JSON: give one of them")
    settings = terminal.settings_of(options)
    if not wanted and not dbt:
        _list(settings.get("dataset", ""), as_json=as_json)
        return
    from shardgen.display import dictionary
    from shardgen.tables.listing import described

    found = described(wanted or (), settings.get("dataset", SHOP), settings.get("history", HISTORIES[0]))
    if dbt:
        terminal.print_text(dictionary.dbt_source(found, settings.schema))
    elif as_json:
        terminal.print_json(dictionary.records(found))
    else:
        terminal.show(dictionary.dictionary(found))


def _list(story: str, *, as_json: bool) -> None:
    from shardgen.display.tables import listing_table
    from shardgen.tables.listing import listed

    found = listed(__version__, story)
    if as_json:
        terminal.print_json([asdict(each) for each in found])
    else:
        terminal.show(listing_table(found))
