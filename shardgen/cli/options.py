"""The options as the commands take them: those that are declared for every source, and the switches of all commands."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, TypeVar

import typer

from shardgen.cli import terminal
from shardgen.errors import ShardgenError
from shardgen.machine.installation import NAME, program
from shardgen.options.declared import Group, Option
from shardgen.tables import names

F = TypeVar("F", bound=Callable[..., None])


def some_tables(incomplete: str) -> list[str]:
    """Completion of a list of tables."""
    before, comma, _ = incomplete.rpartition(",")
    return [before + comma + name for name in any_table() if name not in before.split(",")]


def any_table() -> list[str]:
    """Completion of a table, those of installed packages among them."""
    from shardgen.tables.plugins import offers

    return list(dict.fromkeys([*names(), *offers()]))


def _profiles(incomplete: str) -> list[str]:  # noqa: ARG001  # the shell filters
    """Completion of a profile, the file's among them."""
    from shardgen.options.settings import read

    with contextlib.suppress(ShardgenError):
        return list(read({}).profiles)
    return []


_SUGGESTED: Final[Mapping[str, Callable[[str], list[str]]]] = {"tables": some_tables, "profile": _profiles}
"""What a shell offers behind the name of an option, given what is typed already, where that is not its choices."""


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
            name: (None, _annotation(name, option)) for group in groups for name, option in group.items()
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


def _annotation(name: str, option: Option) -> Any:
    """The option as typer has it."""
    information = typer.Option(
        help=f"{option.text} [dim]Default: {option.default}.[/]" if option.default else option.text,
        metavar=option.shape,
        show_default=False,
        rich_help_panel=option.panel,
        autocompletion=_SUGGESTED.get(name) or ((lambda: list(option.choices)) if option.choices else None),
    )
    return Annotated[str | None, information]
