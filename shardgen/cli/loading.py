"""Commands about a load: what it would do, the load itself, and the proof that it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from shardgen.cli import hints, parts, terminal
from shardgen.cli.options import Json, examples, one_run, some_tables, takes
from shardgen.model.choices import LEVELS
from shardgen.model.engine import DEFAULT
from shardgen.options.declared import CHECKS, FORM, KEY, PLACE, RUN, RUNNING, WATCHED, WORKING, WORLD
from shardgen.parts import check_claim

if TYPE_CHECKING:
    from shardgen.loading.reconcile import LoadReport
    from shardgen.options.settings import Settings
    from shardgen.verification.outcome import Verification


Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the unfinished run in the target.", rich_help_panel=RUNNING)
]
TakeOver = Annotated[
    bool,
    typer.Option(
        "--take-over",
        help="If another load holds the target, end its sessions instead of refusing: for one whose host is gone. "
        "What it committed stays.",
        rich_help_panel=RUNNING,
    ),
]
Yes = Annotated[
    bool,
    typer.Option(
        "--yes",
        "-y",
        metavar="",
        help="Do not ask before a replace, and let it remove rows that shardgen did not load.",
        rich_help_panel=RUNNING,
    ),
]
Verify = Annotated[
    bool,
    typer.Option("--verify", help="Verify what was loaded, at every level, when it is.", rich_help_panel=RUNNING),
]
Level = Annotated[
    str,
    typer.Option(
        metavar="|".join(LEVELS),
        help="counts: plan, ledger and count(*). laws: what must never be. shape: what should be typical. digests: "
        "every byte. [dim]Default: all.[/]",
        show_default=False,
        rich_help_panel=CHECKS,
        autocompletion=lambda: list(LEVELS),
    ),
]
Tables = Annotated[
    str,
    typer.Option(
        metavar="A,B",
        help="Only these tables, and the laws and shapes that concern them. [dim]Default: all.[/]",
        show_default=False,
        rich_help_panel=CHECKS,
        autocompletion=some_tables,
    ),
]
Regenerate = Annotated[
    bool,
    typer.Option(
        "--regenerate",
        help="Build every row anew for the digests, instead of believing the ledger.",
        rich_help_panel=CHECKS,
    ),
]


Part = Annotated[
    str | None,
    typer.Option(
        "--part",
        metavar="I/N",
        help="Load only every N-th shard of the plan, beginning with number I, counted from 0: one of N programs that "
        "know nothing of each other, on any machines, each with the same options. Needs --end. The part that sees all "
        "shards there finishes the run; so does shardgen commit.",
        show_default=False,
        rich_help_panel=RUNNING,
    ),
]
Claim = Annotated[
    bool,
    typer.Option(
        "--claim",
        help="Claim the tables for a load in parts, and load nothing; only needed for --if-exists replace.",
        rich_help_panel=RUNNING,
    ),
]


@examples(
    "load",
    "load --customers 1000 --days 30 --end 2026-01-01",
    "load --dsn postgresql://me@db.example:5432/shop --workers 4",
    "load --engine dask://scheduler:8786",
    "load --tables orders,customers --raw-data lean",
    "load --if-exists append --on-conflict skip",
    "load --resume",
    "load --resume --take-over",
    "load --verify",
    "load --dirt realistic --dirt-key-file dirt.key",
    "load --end 2026-01-01 --part 0/3",
)
@takes(WORLD, FORM, KEY, PLACE, RUN)
def load(
    *,
    resume: Resume = False,
    take_over: TakeOver = False,
    yes: Yes = False,
    verify: Verify = False,
    part: Part = None,
    claim: Claim = False,
    as_json: Json = False,
    **options: Any,
) -> None:
    """Fill the bronze tables, reconcile, and tell what was loaded."""
    from shardgen.commands import hasten, prepared
    from shardgen.options.secrets import tell

    if claim:
        check_claim(part=part is not None, resume=resume, verify=verify)
        settings = terminal.settings_of(options)
        parts.claim(settings, take_over=take_over, yes=yes or _agreed(settings), as_json=as_json)
        return
    settings = terminal.settings_of(options)
    hasten(settings.get("engine", DEFAULT))
    if part is not None:
        asked = {"resume": resume, "take_over": take_over, "verify": verify}
        parts.load_part(settings, part, options, as_json=as_json, **asked)
        return
    agreed = yes or (not resume and _agreed(settings))
    carry_out = prepared(settings, resume=resume, take_over=take_over, yes=agreed)
    tell("" if resume else settings.made_key)
    with terminal.loading(settings, "load", lambda: hints.to_go_on(options), as_json=as_json) as show:
        report = carry_out(show)
    from shardgen.display.summary import load_summary  # rich is slow to import, and rows do not wait for it

    terminal.show(load_summary(report), stderr=True)
    verification = _verify(settings, run=report.run) if verify else None
    if as_json:
        terminal.print_json(report.to_json() | ({"verification": verification.to_json()} if verification else {}))
    elif verification:
        _show_verification(verification)
    _show_next(settings, options, report)
    if not report.ok or (verification and not verification.ok):
        raise typer.Exit(1)


def _show_next(settings: Settings, options: dict[str, Any], report: LoadReport) -> None:
    """What can be done with what was loaded."""
    from shardgen.display.summary import next_steps, sql_lines

    terminal.show(next_steps(hints.after_load(settings, options, report.target)), stderr=True)
    terminal.show(sql_lines("in DuckDB:", hints.in_duckdb(settings, report.run)), stderr=True)


@examples(
    "verify",
    "verify --level digests --tables orders --regenerate",
    "verify --dsn postgresql://me@db.example/shop --level laws --json",
)
@takes(PLACE, KEY, {**WORKING, **WATCHED})
def verify(
    *,
    level: Level = "all",
    tables: Tables = "",
    run: Annotated[int | None, one_run(CHECKS)] = None,
    regenerate: Regenerate = False,
    as_json: Json = False,
    **options: Any,
) -> None:
    """Prove that the target holds what was planned, and that its story holds; writes nothing.

    Exit code 0: all of it held. 1: something failed. 2: it could not be verified.
    """
    found = _verify(terminal.settings_of(options), level=level, tables=tables, run=run, regenerate=regenerate)
    if as_json:
        terminal.print_json(found.to_json())
    else:
        _show_verification(found)
    if not found.ok:
        raise typer.Exit(1)


@examples("plan", "plan --scale 10 --days 30", "plan --tables clickstream --json")
@takes(WORLD, FORM, KEY, PLACE, RUN)
def plan(*, as_json: Json = False, **options: Any) -> None:
    """Tell what a load with the same options would do: rows, bytes on disk, time, and what its target says to it.

    A target that can be reached is asked, and takes some rows on trial, which are rolled back. No server is started.
    """
    from shardgen.commands import forecast_of
    from shardgen.display.plans import forecast_table

    settings = terminal.settings_of(options)
    with terminal.busy("building some rows, and asking the target"):
        found = forecast_of(settings)
    if as_json:
        terminal.print_json(found.to_json())
    else:
        terminal.show(forecast_table(found))


def _agreed(settings: Settings) -> bool:
    """Ask on a terminal whether a replace may go on, naming what would be lost; whether that was agreed to.

    Raises:
        typer.Abort: it was not.
    """
    if settings.get("if_exists") != "replace" or not terminal.interactive():
        return False
    from shardgen.commands import losses_of
    from shardgen.display.tables import losses_table

    with terminal.busy("counting what would go"):
        losses = losses_of(settings, terminal.notice)
    if losses:
        terminal.show(losses_table(losses, where=terminal.place_of(settings)), stderr=True)
        typer.confirm("Replace them?", abort=True, err=True)
    return bool(losses)


def _verify(settings: Settings, **asked: Any) -> Verification:
    """Verify with the display that the settings name."""
    from shardgen.commands import verification_of

    with terminal.watching(settings, "verify") as show:
        return verification_of(settings, show, **asked)


def _show_verification(found: Verification) -> None:
    from shardgen.display.checks import verification_table

    terminal.show(verification_table(found))
