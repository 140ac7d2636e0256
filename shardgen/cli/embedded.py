"""Commands of the embedded server, ``shardgen db ...``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shardgen.cli import terminal
from shardgen.cli.options import Json, examples, takes
from shardgen.machine.installation import program
from shardgen.options.declared import EMBEDDED, PLACE

if TYPE_CHECKING:
    from shardgen.embedded.server import Server
    from shardgen.stores.postgres.loaded import Loaded


@examples("db start", "db start --data-dir /srv/shardgen", "db start --port 5433", "db start --wal-level logical")
@takes(EMBEDDED)
def start(
    *,
    port: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            show_default=False,
            help="Also listen on 127.0.0.1 at this port, for BI tools and IDEs, with a password that is shown once; 0 "
            "closes it. [dim]Default: as the last start was asked.[/]",
        ),
    ] = None,
    new_password: Annotated[bool, typer.Option("--new-password", help="Make and show another password.")] = False,
    wal_level: Annotated[
        str | None,
        typer.Option(
            "--wal-level",
            metavar="minimal|logical",
            show_default=False,
            help="logical, so that slots of logical decoding read what changes; a load then writes all its rows to the "
            "WAL. [dim]Default: as the last start was asked, else minimal.[/]",
        ),
    ] = None,
    as_json: Json = False,
    **options: Any,
) -> None:
    """Start the server; make its cluster first where there is none.

    It is reached through a socket by the user who runs it. With --port also over TCP, on this machine alone, by whoever
    has the password. Later starts, also that of a load, open the same port again, until --port 0, and have the same
    --wal-level.
    """
    from shardgen.embedded import server

    home = terminal.home_of(options)
    found = server.start(home, port=port, wal_level=wal_level, on_notice=terminal.say)
    password = server.make_password(found, anew=new_password)
    if as_json:
        terminal.print_json({**_facts(home, found), "started": found.started, "password": password})
        return
    verb = "started" if found.started else "runs already"
    terminal.say(f"PostgreSQL {found.version} {verb} (pid {found.pid}, data in {found.data_directory})")
    if found.port is not None:
        shown = f"{password}  (shown this once)" if password else "as it was shown; --new-password makes another"
        _list({**_access(found), "password": shown})


@examples("db stop")
@takes(EMBEDDED)
def stop(**options: Any) -> None:
    """Stop the server; its data stays."""
    from shardgen.embedded import server

    home = terminal.home_of(options)
    terminal.say(
        f"stopped, data stays in {home}" if server.stop(home, on_notice=terminal.say) else f"no server runs in {home}"
    )


@examples("db status", "db status --json")
@takes(EMBEDDED)
def status(*, as_json: Json = False, **options: Any) -> None:
    """Tell whether the server runs, and where."""
    from shardgen.embedded import server

    home = terminal.home_of(options)
    facts = _facts(home, server.status(home))
    if as_json:
        terminal.print_json(facts)
    else:
        _list(facts)


@examples("db psql", "db psql -c 'select count(*) from raw_orders'", "db psql -- --help")
@takes(EMBEDDED, {"schema": PLACE["schema"]}, volume=False)  # psql has a -q and a -v of its own
def psql(context: typer.Context, **options: Any) -> None:
    """Open psql on the server, starting it if need be; what is not an option here goes to psql.

    Its search_path is the schema that was loaded last, or that of --schema.
    """
    from shardgen.embedded import server
    from shardgen.embedded.surroundings import undisturbed, with_search_path
    from shardgen.stores.postgres import loaded

    settings = terminal.settings_of(options)
    home = server.data_dir(settings.get("data_dir"))
    dsn = server.start(home, on_notice=terminal.say).dsn
    found = loaded.look(dsn, settings.get("schema"))
    if _is_conversation(context.args):
        terminal.say(_greeting(found))
    path = str(server.binary("psql"))
    words = [path, with_search_path(dsn, found.schema) if found.schema else dsn, *context.args]
    os.execve(path, words, undisturbed(os.environ))  # noqa: S606  # no shell is the point


@examples("db url", 'load --dsn "$(shardgen db url)"')
@takes(EMBEDDED)
def url(**options: Any) -> None:
    """Print the connection string of the running server."""
    from shardgen.embedded import server

    terminal.print_text(server.url(terminal.home_of(options)))


def _facts(home: Path, found: Server | None) -> dict[str, Any]:
    """What is known of a server, as JSON values."""
    facts: dict[str, Any] = {"home": str(home), "running": found is not None}
    if found is None:
        return facts
    facts |= {"version": found.version, "pid": found.pid, "data": str(found.data_directory), "dsn": found.dsn}
    return facts | {"wal": found.wal_level} | _access(found)


def _access(found: Server) -> dict[str, Any]:
    """What a tool has to be told that connects by TCP; nothing, where the server does not listen."""
    from shardgen.embedded.programs import NAME
    from shardgen.embedded.server import LOOPBACK

    return {} if found.port is None else {"host": LOOPBACK, "port": found.port, "user": NAME, "database": NAME}


def _list(facts: dict[str, Any]) -> None:
    for name, value in facts.items():
        terminal.print_text(f"{name:8} {value if not isinstance(value, bool) else 'yes' if value else 'no'}")


def _greeting(found: Loaded) -> str:
    """Two lines for a person at a terminal: which tables there are, and how to go on."""
    others = f"   other loads: {', '.join(found.others)} (--schema)" if found.others else ""
    if not found.tables:
        where = f"schema {found.schema}" if found.schema else "the database"
        return f"{where} has no tables yet: {program()} load --profile demo fills some\nleave: \\q{others}"
    tables = f"tables {_names(found.tables)}"
    return f"schema {found.schema}   columns: \\d {found.tables[0]}   leave: \\q{others}\n{tables}"


def _names(tables: tuple[str, ...]) -> str:
    """The names in one line, with what they all begin with written once."""
    begin = "raw_"
    if all(name.startswith(begin) for name in tables):
        return f"{begin}{{{','.join(name.removeprefix(begin) for name in tables)}}}"
    return ", ".join(tables)


def _is_conversation(words: list[str]) -> bool:
    """Whether psql will talk to a person, rather than do what it was told and end."""
    ends = ("--command", "--file", "--list", "--version", "--help")
    for word in words:
        if word.startswith(ends) or (word.startswith("-") and not word.startswith("--") and _ends(word[1:])):
            return False
    return sys.stdin.isatty() and sys.stdout.isatty()


def _ends(letters: str) -> bool:
    """Whether one of psql's short options in a row makes it end: ``"Atc"``, but not ``"dcf"``, a database's name."""
    for letter in letters:
        if letter in "cflV?":
            return True
        if letter in "dFhLopPRTUv":  # the rest is its value
            return False
    return False
