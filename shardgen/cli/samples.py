"""``shardgen sample``: rows of a table, built without any database."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shardgen.cli import terminal
from shardgen.cli.options import Json, any_table, examples, takes
from shardgen.errors import UsageError
from shardgen.options.declared import FILES, FORM, KEY, WORLD
from shardgen.tables import names

_FORM = ("days", "end", "dataset", "raw_data", "history", "dirt", "dirt_skip")


@examples(
    "sample orders", "sample customers -n 3 --seed 7", "sample clickstream -n 100 --json", "sample --story CUST00000042"
)
@takes(WORLD, {name: FORM[name] for name in _FORM}, KEY, FILES)
def sample(
    table: Annotated[
        str,
        typer.Argument(
            metavar="TABLE",
            help=f"One of {', '.join(names())}, or what an installed package brings.",
            autocompletion=any_table,
            show_default=False,
        ),
    ] = "",
    *,
    n: Annotated[int, typer.Option("-n", metavar="N", help="How many rows.")] = 5,
    story: Annotated[
        list[str] | None,
        typer.Option(
            "--story",
            metavar="CUSTOMER",
            help="Show a customer's life instead, from the first visit to the last order; may be repeated.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
    **options: Any,
) -> None:
    """Show rows of a table, or a customer's life, built without any database."""
    if story:
        _show_stories(table, story, options, as_json=as_json)
        return
    if not table:
        raise UsageError("nothing is named: give a TABLE, or --story CUSTOMER")
    from shardgen.commands import sample_of
    from shardgen.display.sample import ShownRows, as_plain

    rows = sample_of(terminal.settings_of({**options, "tables": table}), n)
    if as_json:
        terminal.print_json([as_plain(row) for row in rows])
    else:
        terminal.show(ShownRows(table=table, rows=rows))


def _show_stories(table: str, story: list[str], options: dict[str, Any], *, as_json: bool) -> None:
    from shardgen.commands import stories_of
    from shardgen.display.stories import ShownStory
    from shardgen.display.stories import as_json as told

    if table:
        raise UsageError(f"table={table!r} and --story are two questions: ask one of them")
    found = stories_of(terminal.settings_of(options), story)
    if as_json:
        terminal.print_json([told(each) for each in found])
        return
    for each in found:
        terminal.show(ShownStory(story=each))
