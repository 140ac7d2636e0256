"""``shardgen answers``: what is wrong with dirty rows, and the clean rows again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from shardgen.cli import terminal
from shardgen.cli.flow import MADE
from shardgen.cli.options import Json, examples, one_run, takes
from shardgen.errors import UsageError
from shardgen.model.choices import ANSWER_FORMS
from shardgen.model.figures import count
from shardgen.options.declared import PLACE, WATCHED, WORKING, WORLD

if TYPE_CHECKING:
    from shardgen.flow.answers import Answers

_PANEL: Final = "The answers"

Form = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="|".join(ANSWER_FORMS),
        help="Lines of JSON, or a sheet. [dim]Default: ndjson.[/]",
        show_default=False,
        rich_help_panel=_PANEL,
        autocompletion=lambda: list(ANSWER_FORMS),
    ),
]
Output = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Where the key is written. [dim]Default: standard output.[/]",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
Apply = Annotated[
    bool,
    typer.Option(
        "--apply",
        help="Read the dirty tables, apply the key, and load the clean rows into --into.",
        rich_help_panel=_PANEL,
    ),
]
Into = Annotated[
    str,
    typer.Option(
        "--into",
        metavar="SCHEMA|URL",
        help="Of --apply: the schema for the clean rows; of a lake another address.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Of --apply: go on with what was begun there.", rich_help_panel=_PANEL)
]


@examples(
    "answers > answers.ndjson",
    "answers --dsn postgresql://me@db.example/shop --dirt-key-file dirt.key --format parquet -o answers.parquet",
    "answers --apply --into clean",
)
@takes(WORLD, MADE, PLACE, {**WORKING, **WATCHED})
def answers(
    *,
    form: Form = ANSWER_FORMS[0],
    output: Output = "-",
    apply: Apply = False,
    into: Into = "",
    resume: Resume = False,
    run: Annotated[int | None, one_run("Target")] = None,
    as_json: Json = False,
    **options: Any,
) -> None:
    """Tell what was done to dirty rows: a line for each place that says something else than the clean row.

    Of the newest finished run in the target, or of the options where they name --dirt and its key. It is made anew
    from the plan and the secret that the load was given or printed; nobody else can make it.
    """
    settings = terminal.settings_of(options)
    if apply or into or resume:
        if not apply:
            raise UsageError("--into and --resume are for --apply", remedy="add it, or leave them out")
        _apply(settings, into, run=run, resume=resume, as_json=as_json)
        return
    from shardgen.answering import answers_of

    found = answers_of(settings, form=form, run=run)
    lines = _written(found.answers, form, output)
    terminal.say(f"{count(lines)} lines of the key of {found.source}")


def _apply(settings: Any, into: str, *, run: int | None, resume: bool, as_json: bool) -> None:
    from shardgen.answering import restored
    from shardgen.display.summary import load_summary

    with terminal.watching(settings, "answers") as show:
        report = restored(settings, show, into=into, run=run, resume=resume)
    terminal.show(load_summary(report), stderr=True)
    if as_json:
        terminal.print_json(report.to_json())


def _written(answers: Answers, form: str, output: str) -> int:
    from shardgen.machine import outputs

    if output == "-":
        if form == "parquet" and sys.stdout.isatty():
            raise UsageError("a terminal shows no Parquet", remedy="name a file by --output, or another --format")
        return terminal.on_stdout(lambda file: answers.to(file, form), nothing=0)
    outputs.check("output", output)
    with outputs.streamed("output", Path(output)) as file:
        return answers.to(file, form)
