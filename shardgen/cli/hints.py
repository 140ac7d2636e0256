"""The commands that a message names, for the same target as the command that names them, without its secrets.

Where a secret was named, a line says from where the command will take it.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from shardgen.errors import ServerError
from shardgen.machine.installation import DRAWING, DUCKDB, install, installed, kept, program, spelt, typed
from shardgen.options.declared import EMBEDDED, FORM, KEY, PLACE, RUN, WORLD

if TYPE_CHECKING:
    from shardgen.options.settings import Settings

_PASSWORD: Final = "in PGPASSWORD or ~/.pgpass, as it is not shown here"  # noqa: S105  # where it is, not what
_ADDRESSES: Final = ("dsn", "target")
_MASKED: Final = " password=***"
"""How a connection string that had a password ends."""


def after_load(settings: Settings, options: Mapping[str, Any], target: str) -> dict[str, str]:
    """What to type after a load, by what it does.

    Args:
        settings: of the load.
        options: of its command line.
        target: its connection string, without the password.
    """
    options = _without_idle_profile(settings, options)
    asked = [DUCKDB] if settings.target.lake else []
    found = {
        "connect": _connect(settings, options, target),
        "queries": again("queries", options),
        "verify": _bringing(asked, "verify", options),
        "report": _bringing([DRAWING, *asked], "report", options),
        "stop": again("db stop", _of_server(options)) if settings.target.embedded else "",
        "password": _PASSWORD if _hidden(options) else "",
    }
    return {what: command for what, command in found.items() if command}


def in_duckdb(settings: Settings, run: int) -> list[str]:
    """SQL by which DuckDB has the tables of a run as views; nothing where they are in a database."""
    if not settings.target.lake:
        return []
    from shardgen.asking import views_of

    return views_of(settings, run)


def to_go_on(options: Mapping[str, Any]) -> list[str]:
    """What to type after a load that stopped; of several unfinished runs the tables tell which one is meant."""
    named = {name: options[name] for name in ("tables", "engine", *KEY) if options.get(name)}
    command = typed(again("load --resume", options), **named)
    return [f"to go on: {command}", *([f"password: {_PASSWORD}"] if _hidden(options) else [])]


def to_go_on_with(part: object, options: Mapping[str, Any]) -> list[str]:
    """What to type after a part that stopped: the same again, as the ledger knows what it has done."""
    named = {name: options[name] for name in (*WORLD, *FORM, *KEY, *RUN) if options.get(name) is not None}
    command = typed(f"{program()} load", part=part, **named, **_place(options))
    return [f"to go on: {command}", *([f"password: {_PASSWORD}"] if _hidden(options) else [])]


def to_stream_on(options: Mapping[str, Any], since: str, said: Mapping[str, Any]) -> list[str]:
    """What to type after a stream that stopped.

    Args:
        options: of its command line, ``source`` as ``target``.
        since: the instant from which it is to go on.
        said: what it said beside them, by name.
    """
    named = {name: options[name] for name in (*WORLD, *FORM, *KEY) if options.get(name) is not None}
    of_world = "source" if said["target"] else "target"
    place = {of_world if name == "target" else name: value for name, value in _place(options).items()}
    more = {name: value for name, value in said.items() if value not in (None, "")}
    command = typed(f"{program()} stream", since=since, **more, **named, **place)
    return [f"to go on: {command}", *([f"password: {_PASSWORD}"] if _hidden(options) else [])]


def again(command: str, options: Mapping[str, Any], *requirements: str) -> str:
    """A command for the same target as one that had these options; a runner is told to bring the requirements."""
    return typed(f"{program(*requirements)} {command}", **_place(options))


def _place(options: Mapping[str, Any]) -> dict[str, str]:
    """The options that say where, from the command line or a variable that may have been set for one command alone.

    A connection string with a secret stays in its variable.
    """
    from shardgen.options.declared import variable

    named = {name: options[name] for name in PLACE if options.get(name) is not None}
    spoken = {name: os.environ[variable(name)] for name in PLACE if name in options and os.environ.get(variable(name))}
    spoken = {name: value for name, value in spoken.items() if name not in _ADDRESSES or not _secret(value)}
    if any(name in named for name in _ADDRESSES):
        spoken = {name: value for name, value in spoken.items() if name not in _ADDRESSES}
    found = {**spoken, **named}
    if "dsn" in found or "target" in found:
        found.pop("data_dir", None)
    return {name: _open(name, str(found[name])) for name in PLACE if name in found}


def _open(name: str, value: str) -> str:
    from shardgen.stores.naming import shown

    return shown(value).removesuffix(_MASKED) if name in _ADDRESSES else value


def _secret(place: str | None) -> bool:
    from shardgen.stores.naming import shown

    return place is not None and shown(place).endswith(_MASKED)


def _hidden(options: Mapping[str, Any]) -> bool:
    """Whether a command that is shown lacks a secret that was on the command line."""
    return any(_secret(options.get(name)) for name in _ADDRESSES)


def _without_idle_profile(settings: Settings, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options without a profile that says nothing of where: it need not be repeated."""
    says = settings.of_profile & PLACE.keys()
    return {name: value for name, value in options.items() if says or name != "profile"}


def _of_server(options: Mapping[str, Any], *more: str) -> dict[str, Any]:
    return {name: options[name] for name in (*EMBEDDED, *more) if name in options}


def _connect(settings: Settings, options: Mapping[str, Any], target: str) -> str:
    """What opens psql on the target; nothing where there is no psql."""
    if settings.target.lake:
        return ""
    if settings.target.embedded:
        return again("db psql", _of_server(options, "schema"))
    psql = _psql()
    if not psql:
        return ""
    shown = target.removesuffix(_MASKED)
    if shown != target and settings.target.origin == "SHARDGEN_DSN":
        return f'{psql} "$SHARDGEN_DSN"'
    if shown != target and settings.target.origin == "POSTGRES_*" and "POSTGRES_PASSWORD" in os.environ:
        psql = f'PGPASSWORD="$POSTGRES_PASSWORD" {psql}'
    return f"{psql} {shlex.quote(shown)}" if shown else psql


def _psql() -> str:
    """The system's psql, else the one of the embedded server."""
    if shutil.which("psql"):
        return "psql"
    from shardgen.embedded import server

    try:
        return spelt(str(server.binary("psql")))
    except ServerError:
        return ""


def _bringing(requirements: Sequence[str], command: str, options: Mapping[str, Any]) -> str:
    """A command for the same target, with what it needs of libraries where that is missing."""
    lacking = [each for each in requirements if not installed(each)]
    if not kept():
        return again(command, options, *lacking)
    return f"{install(*lacking)} && {again(command, options)}" if lacking else again(command, options)
