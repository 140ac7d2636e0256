"""The command line: parse, read the settings, one call, exit code. Data goes to stdout, everything else to stderr.

Libraries are imported inside the commands, so that ``--help`` and completion answer at once.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import shlex
import shutil
import sys
import traceback
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from shardgen import __version__
from shardgen.config import IF_EXISTS, INDEX_MODES, LEVELS, PROGRESS, RAW_DATA_MODES, TABLES, plan_config
from shardgen.errors import LoadError, ReconciliationError, ShardgenError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from shardgen.events import Event
    from shardgen.settings import Settings
    from shardgen.verification.report import Report

F = TypeVar("F", bound=Callable[..., None])

# --- options ----------------------------------------------------------------------------------------------------------


_DEFAULTS = {name: parameter.default for name, parameter in inspect.signature(plan_config).parameters.items()}


def _option(panel: str, text: str, *, metavar: str = "", default: str = "", choices: tuple[str, ...] = ()) -> Any:
    """One option; None where it was not given, so the default is only told. The settings parse it, as all sources."""
    option = typer.Option(
        help=f"{text} [dim]Default: {default}.[/]" if default else text,
        metavar="|".join(choices) or metavar,
        show_default=False,
        rich_help_panel=panel,
        autocompletion=(lambda: list(choices)) if choices else None,
    )
    return Annotated[str | None, option]


def _number(name: str, text: str) -> Any:
    return _option(_WORLD, text, metavar="N", default=str(_DEFAULTS[name]))


_WORLD, _FORM, _TARGET, _RUN = "The world", "What is loaded of it", "Target", "The run"
_CHECKS = "What is verified"

WORLD = {
    "seed": _number("seed", "Another seed is another world with the same laws."),
    "customers": _number("customers", "Registered by the end of the horizon."),
    "products": _number("products", "Launched by the end of the horizon."),
    "orders_per_day": _number("orders_per_day", "Mean over the horizon, all channels."),
    "sessions_per_day": _number("sessions_per_day", "Mean over the horizon, buying sessions included."),
    "events_per_session": _number("events_per_session", "Mean of a browsing session, 1 to 60."),
    "review_rate": _number("review_rate", "Share of delivered items that are reviewed, 0 to 1."),
    "warehouses": _number("warehouses", "Number of warehouses."),
    "scale": _number("scale", "Multiplies customers, orders and sessions."),
    "epoch": _option(_WORLD, "The shop's opening day.", metavar="DATE", default="--end less --days"),
    "horizon": _option(_WORLD, "Days that the totals above refer to.", metavar="DAYS", default="the window"),
}
"""Options that decide what is true."""

FORM = {
    "days": _option(_FORM, "Length of the window.", metavar="DAYS", default="365"),
    "end": _option(_FORM, "First day after the window, UTC.", metavar="DATE", default="today"),
    "tables": _option(_FORM, f"Some of {', '.join(TABLES)}.", metavar="A,B", default="all"),
    "indexes": _option(_FORM, "Which secondary indexes are built.", default="keys", choices=INDEX_MODES),
    "raw_data": _option(_FORM, "How much of the record raw_data holds.", default="full", choices=RAW_DATA_MODES),
}
"""Options that decide which part of the world is written, and how."""

PLACE = {
    "dsn": _option(
        _TARGET,
        "libpq connection string.",
        metavar="URL",
        default="SHARDGEN_DSN, POSTGRES_HOST/PORT/DB/USER/PASSWORD, PGHOST etc., else the embedded server",
    ),
    "schema": _option(_TARGET, "Schema of the tables.", metavar="NAME", default="bronze"),
    "data_dir": _option(
        _TARGET,
        "Home of the embedded server.",
        metavar="DIR",
        default="SHARDGEN_HOME, else the user's data directory",
    ),
    "config": _option(_TARGET, "TOML file of options.", metavar="FILE", default="shardgen.toml, if there is one"),
}
"""Options that say where."""

RUN = {
    "workers": _option(
        _RUN, "Worker processes; they never change a byte.", metavar="N", default="one a CPU, at most 8"
    ),
    "if_exists": _option(_RUN, "What to do with a target that holds rows.", default="fail", choices=IF_EXISTS),
    "progress": _option(_RUN, "How progress is shown on stderr.", default="auto", choices=PROGRESS),
}
"""Options that say how."""

Json = Annotated[
    bool, typer.Option("--json", help="Print JSON on stdout instead of a table.", show_default=False, metavar="")
]


def takes(*groups: Mapping[str, Any]) -> Callable[[F], F]:
    """Give a command that ends in ``**options`` the options of the groups, as if they stood in its signature."""

    def spell_out(command: F) -> F:
        own = inspect.signature(command, eval_str=True).parameters.values()
        named = [parameter for parameter in own if parameter.kind is not parameter.VAR_KEYWORD]
        added = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
            for group in groups
            for name, annotation in group.items()
        ]
        command.__signature__ = inspect.Signature([*named, *added])  # type: ignore[attr-defined]
        return command

    return spell_out


def examples(*lines: str) -> str:
    """The end of a help page."""
    return "\n".join(["[bold]Examples[/]", *(f"[cyan]  shardgen {line}[/]" for line in lines)])


# --- commands ---------------------------------------------------------------------------------------------------------

app = typer.Typer(
    name="shardgen",
    help="Fills the bronze layer of a PostgreSQL warehouse with a realistic, consistent e-commerce history.",
    epilog=examples("load", "load --customers 1000 --days 30", "db psql", "COMMAND --help"),
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,  # they could show a password; `main` prints a masked traceback
)
db = typer.Typer(
    help="The embedded PostgreSQL server.",
    epilog=examples("db start", "db psql -c 'select count(*) from bronze.raw_orders'", "db stop"),
    no_args_is_help=True,
)
app.add_typer(db, name="db")


def _version(wanted: bool) -> None:  # noqa: FBT001  # typer calls it so
    if wanted:
        typer.echo(f"shardgen {__version__}")
        raise typer.Exit


@app.callback()
def _shardgen(
    *,
    version: Annotated[
        bool, typer.Option("--version", metavar="", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options before the command."""


@app.command(
    epilog=examples(
        "load",
        "load --customers 1000 --days 30 --end 2026-01-01",
        "load --dsn postgresql://me@db.example:5432/shop --workers 4",
        "load --tables orders,customers --raw-data lean",
        "load --resume",
        "load --verify",
    )
)
@takes(WORLD, FORM, PLACE, RUN)
def load(
    *,
    resume: Annotated[
        bool,
        typer.Option("--resume", metavar="", help="Go on with the unfinished run in the target.", rich_help_panel=_RUN),
    ] = False,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", metavar="", help="Verify what was loaded, at every level, when it is.", rich_help_panel=_RUN
        ),
    ] = False,
    as_json: Json = False,
    **options: Any,
) -> None:
    """Fill the bronze tables, reconcile, and tell what was loaded."""
    from shardgen.api import prepared
    from shardgen.progress import display
    from shardgen.progress.tables import load_summary

    settings = _settings(options)
    carry_out, mode = prepared(settings, resume=resume), settings.get("progress", "auto")
    try:
        with display(mode) as show:
            report = carry_out(show)
    except LoadError as error:
        if as_json and isinstance(error, ReconciliationError):
            _print_json(error.report)
        error.add_note(f"to go on: {resume_command(options)}")
        raise
    if mode != "none":
        _show(load_summary(report, connect=_connect_command(settings, report.target)), stderr=True)
    verification = _verify(settings, run=report.run) if verify else None
    if as_json:
        _print_json(report.to_json() | ({"verification": verification.to_json()} if verification else {}))
    elif verification:
        _show_verification(verification)
    if not report.ok or (verification and not verification.ok):
        raise typer.Exit(1)


@app.command(
    epilog=examples(
        "verify",
        "verify --level digests --table orders --regenerate",
        "verify --dsn postgresql://me@db.example/shop --level laws --json",
    )
)
@takes(PLACE, {name: RUN[name] for name in ("workers", "progress")})
def verify(
    *,
    level: Annotated[
        str,
        typer.Option(
            metavar="|".join(LEVELS),
            help="counts: plan, ledger and count(*). laws: what must never be. shape: what should be typical. digests: "
            "every byte. [dim]Default: all.[/]",
            show_default=False,
            rich_help_panel=_CHECKS,
            autocompletion=lambda: list(LEVELS),
        ),
    ] = "all",
    table: Annotated[
        str,
        typer.Option(
            metavar="A,B",
            help="Only these tables, and the laws and shapes that concern them. [dim]Default: all.[/]",
            show_default=False,
            rich_help_panel=_CHECKS,
            autocompletion=lambda: list(TABLES),
        ),
    ] = "",
    run: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Only the tables of this run. [dim]Default: those of every finished run.[/]",
            show_default=False,
            rich_help_panel=_CHECKS,
        ),
    ] = None,
    regenerate: Annotated[
        bool,
        typer.Option(
            "--regenerate",
            metavar="",
            help="Build every row anew for the digests, instead of believing the ledger.",
            rich_help_panel=_CHECKS,
        ),
    ] = False,
    as_json: Json = False,
    **options: Any,
) -> None:
    """Prove that the target holds what was planned, and that its story holds; writes nothing.

    Exit code 0: all of it held. 1: something failed. 2: it could not be verified.
    """
    report = _verify(_settings(options), level=level, tables=table, run=run, regenerate=regenerate)
    if as_json:
        _print_json(report.to_json())
    else:
        _show_verification(report)
    if not report.ok:
        raise typer.Exit(1)


@app.command(epilog=examples("plan", "plan --scale 10 --days 30", "plan --tables clickstream --json"))
@takes(WORLD, FORM, PLACE, RUN)
def plan(*, as_json: Json = False, **options: Any) -> None:
    """Tell what a load with the same options would do; touches nothing."""
    from shardgen.api import plan_of
    from shardgen.progress.tables import plan_json, plan_table

    found = plan_of(_settings(options))
    if as_json:
        _print_json(plan_json(found))
    else:
        _show(plan_table(found))


@app.command(epilog=examples("status", "status --dsn postgresql://me@db.example/shop --schema bronze", "status --json"))
@takes(PLACE)
def status(*, as_json: Json = False, **options: Any) -> None:
    """Tell the runs in the target: shards done, pending and failed for each table, and the last error."""
    from shardgen.api import runs_of
    from shardgen.progress.tables import status_tables

    settings = _settings(options)
    runs = runs_of(settings)
    if as_json:
        _print_json([run.to_json() for run in runs])
    else:
        _show(status_tables(runs, where=f"schema {settings.schema} of {_place(settings)}"))


@app.command(epilog=examples("schema > bronze.sql", "schema --indexes full", "schema --apply"))
@takes({name: FORM[name] for name in ("tables", "indexes")}, PLACE)
def schema(
    *,
    apply: Annotated[
        bool,
        typer.Option("--apply", metavar="", help="Create what is missing in the target instead of printing the DDL."),
    ] = False,
    **options: Any,
) -> None:
    """Print the DDL of the bronze tables, or apply it."""
    from shardgen.api import apply_schema, ddl_of

    settings = _settings(options)
    if apply:
        created = apply_schema(settings, _notice)
        _say("\n".join(f"created {name}" for name in created) or "nothing to create: all of it exists")
    else:
        for statement in ddl_of(settings):
            typer.echo(f"{statement};\n")


@app.command(epilog=examples("sample orders", "sample customers -n 3 --seed 7", "sample clickstream -n 100 --json"))
@takes(WORLD, {name: FORM[name] for name in ("days", "end", "raw_data")}, {"config": PLACE["config"]})
def sample(
    table: Annotated[
        str, typer.Argument(metavar="TABLE", help=f"One of {', '.join(TABLES)}.", autocompletion=lambda: list(TABLES))
    ],
    *,
    n: Annotated[int, typer.Option("-n", metavar="N", help="How many rows.")] = 5,
    as_json: Json = False,
    **options: Any,
) -> None:
    """Show rows of a table, built without any database."""
    from shardgen.api import sample_of
    from shardgen.progress.tables import as_plain, records

    rows = sample_of(_settings({**options, "tables": table}), n)
    if as_json:
        _print_json([as_plain(row) for row in rows])
    else:
        _show(records(rows))


# --- the embedded server ----------------------------------------------------------------------------------------------

_EMBEDDED = {name: PLACE[name] for name in ("data_dir", "config")}


@db.command(epilog=examples("db start", "db start --data-dir /srv/shardgen"))
@takes(_EMBEDDED)
def start(**options: Any) -> None:
    """Start the server; make its cluster first where there is none."""
    from shardgen.database import server

    found = server.start(_home(options), on_notice=_say)
    verb = "started" if found.started else "runs already"
    _say(f"PostgreSQL {found.version} {verb} (pid {found.pid}, data in {found.data_directory})")


@db.command(epilog=examples("db stop"))
@takes(_EMBEDDED)
def stop(**options: Any) -> None:
    """Stop the server; its data stays."""
    from shardgen.database import server

    home = _home(options)
    _say(f"stopped, data stays in {home}" if server.stop(home, on_notice=_say) else f"no server runs in {home}")


@db.command("status", epilog=examples("db status", "db status --json"))
@takes(_EMBEDDED)
def db_status(*, as_json: Json = False, **options: Any) -> None:
    """Tell whether the server runs, and where."""
    from shardgen.database import server

    home = _home(options)
    found = server.status(home)
    facts = {"home": str(home), "running": found is not None}
    if found is not None:
        facts |= {"version": found.version, "pid": found.pid, "data": str(found.data_directory), "dsn": found.dsn}
    if as_json:
        _print_json(facts)
    else:
        for name, value in facts.items():
            typer.echo(f"{name:8} {value if not isinstance(value, bool) else 'yes' if value else 'no'}")


@db.command(
    epilog=examples("db psql", "db psql -c 'select count(*) from bronze.raw_orders'", "db psql -- --help"),
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    options_metavar="[OPTIONS] [PSQL OPTIONS]",
)
@takes(_EMBEDDED)
def psql(context: typer.Context, **options: Any) -> None:
    """Open psql on the server, starting it if need be; what is not an option here goes to psql."""
    from shardgen.database import server

    dsn = server.start(_home(options), on_notice=_say).dsn
    program = str(server.binary("psql"))
    os.execv(program, [program, dsn, *context.args])  # noqa: S606  # no shell is the point


@db.command(epilog=examples("db url", 'load --dsn "$(shardgen db url)"'))
@takes(_EMBEDDED)
def url(**options: Any) -> None:
    """Print the connection string of the running server."""
    from shardgen.database import server

    typer.echo(server.url(_home(options)))


# --- between the commands and the terminal ----------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> None:
    """Entry point of ``shardgen`` and ``python -m shardgen``: every exception becomes text and an exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        app(args=words, prog_name="shardgen")
    except ShardgenError as error:
        for line in _without_secrets(str(error), words).splitlines():
            _say(line if line.startswith(" ") else f"error: {line}")
        for note in getattr(error, "__notes__", ()):
            _say(note)
        sys.exit(error.exit_code)
    except Exception:  # noqa: BLE001  # a bug; the traceback is printed whole, but for the secrets
        _say(_without_secrets(traceback.format_exc(), words).rstrip())
        sys.exit(1)


def program() -> str:
    """How this program was called, so that a hint can be pasted: ``"shardgen"``, ``".venv/bin/shardgen"``."""
    called = sys.argv[0]
    if Path(called).name in {"__main__.py", "-m", "-c"}:
        return f"{shlex.quote(_near(sys.executable))} -m shardgen"
    found = shutil.which(Path(called).name)
    return Path(called).name if found and Path(found) == Path(called) else shlex.quote(_near(called))


def resume_command(options: Mapping[str, Any]) -> str:
    """The command that goes on with a load, given its options; a password is left out."""
    from shardgen.database.postgres import mask

    words = [program(), "load", "--resume"]
    for name in PLACE:
        if (value := options.get(name)) is not None:
            shown = mask(value) if name == "dsn" else str(value)
            words += [f"--{name.replace('_', '-')}", shlex.quote(shown)]
    return " ".join(words)


def _verify(settings: Settings, **asked: Any) -> Report:
    """Verify with the display that the settings name."""
    from shardgen.api import verification_of
    from shardgen.progress import display

    with display(settings.get("progress", "auto")) as show:
        return verification_of(settings, show, **asked)


def _show_verification(report: Report) -> None:
    from shardgen.progress.checks import verification_table

    _show(verification_table(report))


def _connect_command(settings: Settings, target: str) -> str:
    """What opens psql on the target."""
    if settings.target.dsn is None:
        home = settings.get("data_dir")
        place = f" --data-dir {shlex.quote(str(home))}" if home and not settings.origins["data_dir"] else ""
        return f"{program()} db psql{place}"
    shown = target.replace(" password=***", "")
    return f"psql {shlex.quote(shown)}" if shown else "psql"


def _place(settings: Settings) -> str:
    """The target, as it may be shown."""
    from shardgen.database.postgres import mask

    dsn = settings.target.dsn
    return settings.target.origin if not dsn else mask(dsn)


def _settings(options: Mapping[str, Any]) -> Settings:
    from shardgen.settings import read

    named = dict(options)
    return read(named, config=named.pop("config", None))


def _home(options: Mapping[str, Any]) -> Path:
    from shardgen.database import server

    return server.data_dir(_settings(options).get("data_dir"))


def _near(path: str) -> str:
    """The path relative to the working directory where it lies below it."""
    try:
        return str(Path(path).absolute().relative_to(Path.cwd()))
    except ValueError:
        return path


def _without_secrets(text: str, words: list[str]) -> str:
    """The text without the secrets of any connection string that we could have been given."""
    from shardgen.database.postgres import without_secret
    from shardgen.settings import read

    strings = [after for word, after in pairwise(words) if word == "--dsn"]
    strings += [word.partition("=")[2] for word in words if word.startswith("--dsn=")]
    with contextlib.suppress(ShardgenError):
        strings.append(read({}).target.dsn or "")
    for string in strings:
        text = without_secret(text, string) if string else text
    return text.replace(os.environ.get("PGPASSWORD") or "\0", "***")


def _notice(event: Event) -> None:
    from shardgen.events import Notice

    if isinstance(event, Notice):
        _say(event.text)


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _show(what: RenderableType, *, stderr: bool = False) -> None:
    from rich.console import Console

    Console(stderr=stderr, highlight=False).print(what)


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
