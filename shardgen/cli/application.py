"""Which commands there are, and in which order ``--help`` lists them."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from shardgen.cli import (
    advancing,
    answers,
    asking,
    configuration,
    embedded,
    flow,
    grading,
    listing,
    loading,
    pages,
    parts,
    reporting,
    samples,
    streaming,
    targets,
    truths,
    versions,
)
from shardgen.cli.options import Quiet, Verbose, epilog

COMMANDS: Final[tuple[Callable[..., None], ...]] = (
    loading.load,
    advancing.advance,
    parts.commit,
    loading.verify,
    loading.plan,
    asking.queries,
    targets.status,
    targets.schema,
    targets.reset,
    samples.sample,
    flow.changes,
    streaming.stream,
    truths.truth,
    answers.answers,
    grading.grade,
    listing.tables,
    reporting.report,
    configuration.init,
    configuration.config,
    versions.version,
    pages.help,
)
"""``shardgen NAME``; a command is named after its function."""

SERVER_COMMANDS: Final[tuple[Callable[..., None], ...]] = (
    embedded.start,
    embedded.stop,
    embedded.status,
    embedded.psql,
    embedded.url,
)
"""``shardgen db NAME``."""

_RENAMED: Final = {"--table": "--tables"}
"""Options by their old names."""

_PASS_ON: Final[dict[Callable[..., None], dict[str, Any]]] = {
    embedded.psql: {
        "context_settings": {"allow_extra_args": True, "ignore_unknown_options": True},
        "options_metavar": "[OPTIONS] [PSQL OPTIONS]",
    }
}
"""What typer must know of a command that hands its arguments to another program."""


_UNUSED: Final = {"rich.markdown": "Markdown", "rich.traceback": "Traceback"}
"""What typer's help imports, a quarter of its time, and does not use here: the class that it takes, by module."""


def _load_help() -> None:
    """Import what writes the help, with stand-ins for what it does without."""
    placed = [name for name in _UNUSED if name not in sys.modules]
    for name in placed:
        sys.modules[name] = ModuleType(name)
        setattr(sys.modules[name], _UNUSED[name], type(_UNUSED[name], (), {}))
    with suppress(ImportError):  # another typer may take more of them: then it gets the real ones
        importlib.import_module("typer.rich_utils")
    for name in placed:
        del sys.modules[name]


class _Command(TyperCommand):
    """A command whose help does not tell flags to be ``<bool>``, and which takes options by their old names."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _load_help()
        super().format_help(ctx, formatter)

    def get_params(self, ctx: Any) -> list[Any]:
        return _spared(_bare(super().get_params(ctx)))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        known = {spelling for parameter in self.get_params(ctx) for spelling in parameter.opts}
        return super().parse_args(ctx, [_renamed(word, known) for word in args])


class _Group(TyperGroup):
    """The same for a group of commands."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _load_help()
        super().format_help(ctx, formatter)

    def get_params(self, ctx: Any) -> list[Any]:
        return _spared(_bare(super().get_params(ctx)))


def _renamed(word: str, known: set[str]) -> str:
    name, equals, value = word.partition("=")
    new = _RENAMED.get(name, name)
    return f"{new}{equals}{value}" if new in known else word


class _Converter:
    """What typer makes a value by; it leaves alone what needs no conversion."""

    def coerce(self, value: Any, *, param: Any, ctx: Any) -> Any:
        if value is None or isinstance(value, param.type_descriptor.annotation):
            return value
        return type(param).get_runtime_param(param).coerce(value, param=param, ctx=ctx)


def _spared(parameters: list[Any]) -> list[Any]:
    """Keep typer from importing pydantic, which takes as long as the rest of a command line, for texts and flags."""
    for parameter in parameters:
        if parameter.nargs == 1 and not parameter.multiple:
            parameter.get_runtime_param = _Converter
    return parameters


def _bare(parameters: list[Any]) -> list[Any]:
    for parameter in parameters:
        if getattr(parameter, "is_flag", False) and parameter.metavar is None:
            parameter.metavar = ""
    return parameters


def _version(wanted: bool) -> None:  # noqa: FBT001  # typer calls it so
    if wanted:
        versions.version(as_json=False)
        raise typer.Exit


def _before(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Tell the versions that matter and exit."),
    ] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Options before the command."""


def _paragraphs(command: Callable[..., None]) -> str:
    """What a command says of itself; lines are for the source, the terminal has its own width."""
    text = inspect.getdoc(command) or ""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _application() -> typer.Typer:
    root = typer.Typer(
        cls=_Group,
        name="shardgen",
        help="Fills the bronze layer of a PostgreSQL warehouse with a realistic, consistent e-commerce history.",
        epilog=epilog("load", "load --customers 1000 --days 30", "db psql", "help tour", "COMMAND --help"),
        no_args_is_help=True,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,  # they could show a password; `main` prints a masked traceback
    )
    server = typer.Typer(
        cls=_Group,
        help="The embedded PostgreSQL server.",
        epilog=epilog("db start", "db psql -c 'select count(*) from bronze.raw_orders'", "db stop"),
        no_args_is_help=True,
    )
    root.callback()(_before)
    for group, commands in ((root, COMMANDS), (server, SERVER_COMMANDS)):
        for command in commands:
            lines: tuple[str, ...] = command.examples  # type: ignore[attr-defined]
            group.command(cls=_Command, help=_paragraphs(command), epilog=epilog(*lines), **_PASS_ON.get(command, {}))(
                command
            )
    root.add_typer(server, name="db")
    return root


app: Final = _application()
