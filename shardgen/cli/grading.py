"""``shardgen grade``: what a pipeline made of dirty rows, held against the answer key."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from shardgen.cli import terminal
from shardgen.cli.flow import MADE
from shardgen.cli.options import Json, examples, one_run, takes
from shardgen.options.declared import PLACE, WATCHED, WORLD

_PANEL: Final = "What is graded"
_ASKED: Final = "The grade"

Cleaned = Annotated[
    str,
    typer.Option(
        "--cleaned",
        metavar="PLACE",
        help="Schema of tables or views that are called as ours: raw_orders, orders or stg_orders, with our columns; "
        "for a lake a folder of files, its address, or a file of DuckDB.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
Mapping = Annotated[
    str,
    typer.Option(
        "--mapping",
        metavar="FILE",
        help="TOML file that tells for each of our tables theirs, and their columns by ours.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
Sql = Annotated[
    list[str] | None,
    typer.Option(
        "--sql",
        metavar="TABLE=FILE",
        help="A statement that returns the key and the columns of a table by our names; may be given several times.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
Least = Annotated[
    list[str] | None,
    typer.Option(
        "--min-f1",
        metavar="F1|NAME=F1",
        help="Exit with 1 if F1 is lower: of all, or of a kind, family or table; may be given several times.",
        show_default=False,
        rich_help_panel=_ASKED,
    ),
]
Junit = Annotated[
    str,
    typer.Option(
        "--junit",
        metavar="FILE",
        help="Write JUnit's XML: a case for each kind and table, failed where F1 is too low.",
        show_default=False,
        rich_help_panel=_ASKED,
    ),
]
Page = Annotated[
    str,
    typer.Option(
        "--page",
        metavar="FILE",
        help="Write an HTML page that needs nothing else.",
        show_default=False,
        rich_help_panel=_ASKED,
    ),
]


@examples(
    "grade --cleaned silver",
    "grade --mapping silver.toml --min-f1 0.9 --min-f1 exact_duplicate=0.95 --junit grade.xml",
    "grade --sql customers=customers.sql --page grade.html --json",
    "grade --target file:///data/shop --cleaned silver.duckdb",
)
@takes(WORLD, MADE, PLACE, WATCHED)
def grade(
    *,
    cleaned: Cleaned = "",
    mapping: Mapping = "",
    sql: Sql = None,
    min_f1: Least = None,
    junit: Junit = "",
    page: Page = "",
    run: Annotated[int | None, one_run("Target")] = None,
    as_json: Json = False,
    **options: Any,
) -> None:
    """Grade what a pipeline made of dirty rows: precision, recall and F1 by kind of dirt, family and table.

    The clean rows and the answer key are made anew from the plan and the secret of the load. Reads the cleaned tables
    over sessions that cannot write. Exit code 1 if an F1 is below --min-f1.
    """
    from shardgen.answering import Places, check_files, graded, write
    from shardgen.display.grades import grades_table

    settings = terminal.settings_of(options)
    check_files(junit=junit, page=page)
    places = Places(cleaned=cleaned, mapping=mapping, sql=tuple(sql or ()))
    with terminal.watching(settings, "grade") as show:
        found = graded(settings, show, places, least=min_f1 or (), run=run)
    write(found, junit=junit, page=page)
    if page:
        terminal.say(f"{page}: open it in a browser")
    terminal.show(grades_table(found), stderr=as_json)
    if as_json:
        terminal.print_json(found.to_json())
    if not found.ok:
        raise typer.Exit(1)
