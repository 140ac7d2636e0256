"""``shardgen report``: what is loaded, in pictures on one HTML page, or its numbers."""

from __future__ import annotations

import sys
from typing import Annotated, Any, Final

import typer

from shardgen.cli import terminal
from shardgen.cli.options import examples, one_run, takes
from shardgen.model.figures import size
from shardgen.options.declared import PLACE, RUN, WATCHED

OUTPUT: Final = "report.html"
_PANEL: Final = "The report"


Output = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help=f"Where the page is written; - is standard output. [dim]Default: {OUTPUT}.[/]",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
Numbers = Annotated[
    bool,
    typer.Option(
        "--json",
        metavar="",
        help="Print the numbers as JSON on stdout; a page is made only if --output names a file for it.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]


@examples(
    "report",
    "report -o shop.html --dsn postgresql://me@db.example/shop",
    "report --json | jq '.answers.funnel.rows'",
)
@takes(PLACE, {"workers": RUN["workers"], **WATCHED})
def report(
    *,
    output: Output = "",
    run: Annotated[int | None, one_run(_PANEL)] = None,
    as_json: Numbers = False,
    **options: Any,
) -> None:
    r"""Show what is loaded in pictures: one HTML page that needs nothing else. Writes nothing to the target.

    The pictures are drawn by vl-convert-python, which the extra shardgen\[report] brings.
    """
    from shardgen.commands import numbers_of, report_of

    settings = terminal.settings_of(options)
    file = None if output == "-" else output or OUTPUT
    with terminal.watching(settings, "report") as show:
        if as_json and output in ("", "-"):
            numbers, page = numbers_of(settings, show, run=run), ""
        else:
            numbers, page = report_of(settings, show, output=file, run=run)
    if as_json:
        terminal.print_json(numbers.to_json())
    elif file is None:
        terminal.print_text(_portable(page))
    if file is not None and page:
        terminal.say(f"{file}: {size(len(page.encode()))}, open it in a browser")


def _portable(page: str) -> str:
    """The page in characters that standard output can have; HTML writes the others as numbers."""
    encoding = sys.stdout.encoding
    return page.encode(encoding, "xmlcharrefreplace").decode(encoding)
