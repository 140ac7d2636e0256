"""``shardgen changes``: what happens in the shop, as a feed that other systems read."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from shardgen.cli import terminal
from shardgen.cli.options import examples, one_run, takes
from shardgen.errors import ConfigError, Given, UsageError
from shardgen.model.choices import CHANGE_FORMS
from shardgen.model.figures import count
from shardgen.options.declared import FORM, KEY, PLACE, WORLD

if TYPE_CHECKING:
    from shardgen.flow.feeding import Changes, Told

_PANEL: Final = "The feed"
_NAMES: Final = ("days", "end", "tables", "dataset", "raw_data", "history", "dirt", "dirt_skip")
MADE: Final = {**{name: FORM[name] for name in _NAMES}, **KEY}
"""Options of rows that are made and not loaded."""

Since = Annotated[
    str,
    typer.Option(
        "--since",
        metavar="DATE",
        help="The first day of it, UTC. [dim]Default: the epoch, with what was there before it.[/]",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
Form = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="|".join(CHANGE_FORMS),
        help="Lines of JSON; Debezium's envelope, a line each; or a sheet of all changes. [dim]Default: ndjson.[/]",
        show_default=False,
        rich_help_panel=_PANEL,
        autocompletion=lambda: list(CHANGE_FORMS),
    ),
]
Envelope = Annotated[
    str,
    typer.Option(
        "--envelope",
        metavar="A,B",
        help="Of --format debezium: schema, with the schema in each event; key, with the key before the value; "
        "tombstones, with an empty event after each deletion. [dim]Default: the payload alone.[/]",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
Output = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE|FOLDER/",
        help="Where it is written; a folder gets a file for each table. [dim]Default: standard output.[/]",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]


@examples(
    "changes --epoch 2026-01-01 --horizon 365 --since 2026-03-01 --end 2026-03-02 | head -3",
    "changes --target file:///data/shop --since 2026-03-01 --tables orders,reviews -o changes.parquet --format parquet",
    "changes --format debezium --envelope key,tombstones --since 2026-03-01 -o topics/",
)
@takes(WORLD, MADE, PLACE)
def changes(
    *,
    since: Since = "",
    form: Form = CHANGE_FORMS[0],
    envelope: Envelope = "",
    output: Output = "-",
    run: Annotated[int | None, one_run("Target")] = None,
    **options: Any,
) -> None:
    """Write what changes in the shop, in the order in which bronze gets it: inserts, updates and deletions.

    Of the newest finished run in the target, or of a world that --epoch and --horizon fix. Nothing is read from tables
    and nothing written to them; the same options give the same bytes.
    """
    from shardgen.asking import changes_of

    parts = parts_of(envelope, form)
    found = changes_of(terminal.settings_of(options), since=since, form=form, parts=parts, run=run)
    told = _written(found.changes, output)
    if told:
        terminal.say(f"{count(sum(told.values()))} changes of {found.source}")


def parts_of(envelope: str, form: str) -> list[str]:
    """What ``--envelope`` names.

    Raises:
        UsageError: the form has no envelope.
    """
    parts = [part.strip() for part in envelope.split(",") if part.strip()]
    if parts and form not in ("debezium", "avro"):
        raise UsageError(f"envelope={envelope!r} is for --format debezium", remedy="leave it out")
    return parts


def _written(changes: Changes, output: str) -> Told:
    from shardgen.machine import outputs

    if output == "-":
        if changes.form == "parquet" and sys.stdout.isatty():
            raise UsageError("a terminal shows no Parquet", remedy="name a file by --output, or another --format")
        return terminal.on_stdout(changes.to, nothing=Counter[str]())
    path = Path(output)
    if output.endswith(os.sep) or path.is_dir():
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(Given("output", output), f" cannot be made: {error.strerror}") from error
        return changes.into(lambda name: outputs.streamed("output", path / name))
    outputs.check("output", output)
    with outputs.streamed("output", output) as file:
        return changes.to(file)
