"""``shardgen truth``: what the generator knows and bronze does not tell."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import typer

from shardgen.cli import terminal
from shardgen.cli.options import Json, examples, one_run, takes
from shardgen.options.declared import FORM, PLACE, WORLD

_WINDOW = {name: FORM[name] for name in ("days", "end")}


def _names() -> list[str]:
    from shardgen.tables.truth import NAMES

    return list(NAMES)


@examples(
    "truth",
    "truth --table experiments --seed 7 --end 2026-01-01",
    "truth --table rings --dsn postgresql://me@db.example/shop > rings.csv",
    "truth --json > truth.ndjson",
)
@takes(WORLD, _WINDOW, PLACE)
def truth(
    *,
    table: Annotated[
        str,
        typer.Option(
            "--table",
            metavar="NAME",
            help="Print this table of it, as CSV. [dim]Default: say which there are; with --json all.[/]",
            show_default=False,
            autocompletion=_names,
        ),
    ] = "",
    run: Annotated[int | None, one_run("Target")] = None,
    as_json: Json = False,
    **options: Any,
) -> None:
    """Print what the generator knows and bronze does not tell: true lifts, rings of fraud, bots, hidden quality.

    It is made anew from the plan: that of the newest finished run in the target, or of the options where no target is
    named. Nothing of it is kept anywhere. With --json it is a line for each row, of all tables or of one.
    """
    from shardgen.asking import truths_of
    from shardgen.tables.truth import TRUTHS

    if not table and not as_json:
        terminal.print_text("\n\n".join(f"{each.name}: {each.about}\n{_columns(each.columns)}" for each in TRUTHS))
        return
    found = truths_of(terminal.settings_of(options), table=table, run=run)
    terminal.say(f"truth of {found.source}")
    if as_json:
        _print_lines({"table": each.name} | row for each in found.tables for row in each.rows(found.config))
    else:
        _print_csv(list(found.tables[0].columns), found.tables[0].rows(found.config))


def _columns(columns: Mapping[str, str]) -> str:
    width = max(map(len, columns))
    return "\n".join(f"  {name:{width}}  {meaning}" for name, meaning in columns.items())


def _print_lines(rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        sys.stdout.write(f"{json.dumps(row)}\n")


def _print_csv(columns: list[str], rows: Iterable[dict[str, Any]]) -> None:
    """Lists as JSON, flags as databases read them, and nothing where nothing is known."""
    sheet = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
    sheet.writeheader()
    for row in rows:
        sheet.writerow({name: _plain(value) for name, value in row.items()})


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, bool | list) else value
