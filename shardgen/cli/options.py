"""The options, each described once: what the commands take, ``--help``, the settings and the manual have it from here.

An option of a group is None where it was not given, so that the settings can look elsewhere; its default is only told.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

import typer

from shardgen.cli import terminal
from shardgen.errors import ShardgenError
from shardgen.machine.installation import NAME, program
from shardgen.model.config import (
    IF_EXISTS,
    INDEX_MODES,
    ON_CONFLICT,
    PROGRESS,
    RAW_DATA_MODES,
    LoadConfig,
)
from shardgen.tables import names
from shardgen.tables.wanted import plan_config

F = TypeVar("F", bound=Callable[..., None])


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option that the settings know, and so can also be set by a variable or in a file."""

    panel: str
    """Where ``--help`` shows it."""
    text: str
    """What it means, in a sentence."""
    default: str = ""
    """What holds where nobody sets it, in words."""
    metavar: str = ""
    choices: tuple[str, ...] = ()
    suggest: Callable[[str], list[str]] | None = None
    """What a shell offers behind the name, given what is typed already; by default the choices."""
    example: str = ""
    """A value as TOML writes it, the default where that can be written; empty for an option that a file cannot set."""

    @property
    def shape(self) -> str:
        """What to put behind the name: ``"N"``, ``"keys|full|none"``."""
        return "|".join(self.choices) or self.metavar

    def offer(self) -> list[str]:
        """What a shell offers behind the name where nothing else is said."""
        return list(self.choices)


Group = Mapping[str, Option]
"""Options by their name in Python: ``orders_per_day``."""

_WORLD, _FORM, _TARGET, RUNNING = "The world", "What is loaded of it", "Target", "The run"
CHECKS = "What is verified"

_DEFAULTS: Final = {name: parameter.default for name, parameter in inspect.signature(plan_config).parameters.items()}


def some_tables(incomplete: str) -> list[str]:
    """Completion of a list of tables."""
    before, comma, _ = incomplete.rpartition(",")
    return [before + comma + name for name in names() if name not in before.split(",")]


def _profiles(incomplete: str) -> list[str]:  # noqa: ARG001  # the shell filters
    """Completion of a profile, the file's among them."""
    from shardgen.options.settings import read

    with contextlib.suppress(ShardgenError):
        return list(read({}).profiles)
    return []


_STALL: Final = f"{LoadConfig.__dataclass_fields__['stall_timeout'].default:g}"


def _number(name: str, text: str) -> Option:
    default = str(_DEFAULTS[name])
    return Option(panel=_WORLD, text=text, metavar="N", default=default, example=default)


def _choice(panel: str, text: str, choices: tuple[str, ...], default: str) -> Option:
    return Option(panel=panel, text=text, choices=choices, default=default, example=f'"{default}"')


WORLD: Group = {
    "seed": _number("seed", "Another seed is another world with the same laws."),
    "customers": _number("customers", "Registered by the end of the horizon."),
    "products": _number("products", "Launched by the end of the horizon."),
    "orders_per_day": _number("orders_per_day", "Mean over the horizon, all channels."),
    "sessions_per_day": _number("sessions_per_day", "Mean over the horizon, buying sessions included."),
    "events_per_session": _number("events_per_session", "Mean of a browsing session, 1 to 60."),
    "review_rate": _number("review_rate", "Share of delivered items that are reviewed, 0 to 1."),
    "warehouses": _number("warehouses", "Number of warehouses."),
    "scale": _number("scale", "Multiplies customers, orders and sessions."),
    "epoch": Option(
        panel=_WORLD, text="The shop's opening day.", metavar="DATE", default="--end less --days", example="2025-01-01"
    ),
    "horizon": Option(
        panel=_WORLD, text="Days that the totals above refer to.", metavar="DAYS", default="the window", example="365"
    ),
}
"""Options that decide what is true."""

FORM: Group = {
    "days": Option(panel=_FORM, text="Length of the window.", metavar="DAYS", default="365", example="365"),
    "end": Option(
        panel=_FORM, text="First day after the window, UTC.", metavar="DATE", default="today", example="2026-01-01"
    ),
    "tables": Option(
        panel=_FORM,
        text=f"Some of {', '.join(names())}.",
        metavar="A,B",
        default="all",
        example='["customers", "orders"]',
        suggest=some_tables,
    ),
    "indexes": _choice(_FORM, "Which secondary indexes are built.", INDEX_MODES, "keys"),
    "raw_data": _choice(_FORM, "How much of the record raw_data holds.", RAW_DATA_MODES, "full"),
}
"""Options that decide which part of the world is written, and how."""

FILES: Group = {
    "config": Option(
        panel=_TARGET, text="TOML file of options.", metavar="FILE", default="shardgen.toml, if there is one"
    ),
    "profile": Option(
        panel=_TARGET,
        text="Named set of options: demo, dev, bench, or one of the file's.",
        metavar="NAME",
        default="SHARDGEN_PROFILE, else none",
        suggest=_profiles,
    ),
}
"""Options that say where else options are."""

PLACE: Group = {
    "dsn": Option(
        panel=_TARGET,
        text="libpq connection string.",
        metavar="URL",
        default="SHARDGEN_DSN, POSTGRES_HOST and its like, PGHOST and its like, else the embedded server",
        example='"postgresql://me@localhost:5432/shop"',
    ),
    "schema": Option(panel=_TARGET, text="Schema of the tables.", metavar="NAME", default="bronze", example='"bronze"'),
    "data_dir": Option(
        panel=_TARGET,
        text="Home of the embedded server.",
        metavar="DIR",
        default="SHARDGEN_HOME, else the user's data directory",
        example='"/srv/shardgen"',
    ),
    **FILES,
}
"""Options that say where."""

_IF_EXISTS: Final = (
    "What to do if a table of the load holds rows. fail: refuse. append: keep them and add rows with other keys; only "
    "the added rows are counted and verified. replace: empty the table, and keep what others have put on it; one that "
    "shardgen created and cannot fill any more is dropped and created anew. No other table is touched. On a terminal "
    "replace asks first. Elsewhere it needs --yes to remove rows that shardgen did not load."
)
_ON_CONFLICT: Final = (
    "What to do if append meets a row with the same key. error: stop, and name the table and the key. skip: keep the "
    "row that is there, leave out the new one, and count it (slower, because it goes through a staging table). With "
    "--resume the run's own choice holds."
)

RUN: Group = {
    "workers": Option(
        panel=RUNNING,
        text="Worker processes; they never change a byte.",
        metavar="N",
        default="one a CPU, at most 8",
        example="2",
    ),
    "if_exists": _choice(RUNNING, _IF_EXISTS, IF_EXISTS, "fail"),
    "on_conflict": _choice(RUNNING, _ON_CONFLICT, ON_CONFLICT, "error"),
    "progress": _choice(RUNNING, "How progress is shown on stderr.", PROGRESS, "auto"),
    "log_file": Option(
        panel=RUNNING,
        text="Every event as a line of JSON, appended to this file.",
        metavar="FILE",
        default="none",
        example='"shardgen.jsonl"',
    ),
    "stall_timeout": Option(
        panel=RUNNING,
        text="A worker that neither sends rows nor keeps the server busy for so long counts as hung: it is killed, and "
        "another worker does its shard.",
        metavar="SECONDS",
        default=_STALL,
        example=_STALL,
    ),
}
"""Options that say how."""

WATCHED: Group = {name: RUN[name] for name in ("progress", "log_file")}
"""What a command with a display takes."""

OPTIONS: Group = {**WORLD, **FORM, **PLACE, **RUN}
"""All of them."""

EMBEDDED: Group = {"data_dir": PLACE["data_dir"], **FILES}
"""What the commands of the embedded server take."""

Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Nothing on stderr but errors.", callback=terminal.hush),
]

Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        help="Every shard, tracebacks of failed attempts, and logs on stderr.",
        callback=terminal.open_up,
    ),
]

Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout instead of a table.", show_default=False)]


def one_run(panel: str) -> Any:
    """The number of a run, for commands that look at all finished ones."""
    return typer.Option(
        metavar="N",
        help="Only the tables of this run. [dim]Default: those of every finished run.[/]",
        show_default=False,
        rich_help_panel=panel,
    )


def takes(*groups: Group, volume: bool = True) -> Callable[[F], F]:
    """Give a command that ends in ``**options`` the options of the groups, as if they stood in its signature.

    Args:
        groups: the options.
        volume: whether it takes ``-q`` and ``-v`` too.
    """
    spoken = {"quiet": Quiet, "verbose": Verbose} if volume else {}

    def spell_out(command: F) -> F:
        own = inspect.signature(command, eval_str=True).parameters.values()
        named = [parameter for parameter in own if parameter.kind is not parameter.VAR_KEYWORD]
        types: dict[str, tuple[Any, Any]] = {
            name: (None, _annotation(option)) for group in groups for name, option in group.items()
        }
        types |= {name: (False, annotation) for name, annotation in spoken.items()}
        added = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for name, (default, annotation) in types.items()
        ]
        command.__signature__ = inspect.Signature([*named, *added])  # type: ignore[attr-defined]
        return command

    return spell_out


def examples(*lines: str) -> Callable[[F], F]:
    """End the help page of a command with calls that can be copied."""

    def note(command: F) -> F:
        command.examples = lines  # type: ignore[attr-defined]
        return command

    return note


def epilog(*lines: str) -> str:
    """The end of a help page."""
    called = program()
    calls = [f"{called} {line.replace(f'{NAME} ', f'{called} ')}" for line in lines]  # a line may call another command
    return "\n".join(["[bold]Examples[/]", *(f"[cyan]  {call}[/]" for call in calls)])


def _annotation(option: Option) -> Any:
    """The option as typer has it."""
    information = typer.Option(
        help=f"{option.text} [dim]Default: {option.default}.[/]" if option.default else option.text,
        metavar=option.shape,
        show_default=False,
        rich_help_panel=option.panel,
        autocompletion=option.suggest or (option.offer if option.choices else None),
    )
    return Annotated[str | None, information]
