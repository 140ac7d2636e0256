"""Commands of the embedded server, ``shardgen db ...``."""

from __future__ import annotations

import os
from typing import Any

import typer

from shardgen.cli import terminal
from shardgen.cli.options import EMBEDDED, Json, examples, takes


@examples("db start", "db start --data-dir /srv/shardgen")
@takes(EMBEDDED)
def start(**options: Any) -> None:
    """Start the server; make its cluster first where there is none."""
    from shardgen.database import server

    found = server.start(terminal.home_of(options), on_notice=terminal.say)
    verb = "started" if found.started else "runs already"
    terminal.say(f"PostgreSQL {found.version} {verb} (pid {found.pid}, data in {found.data_directory})")


@examples("db stop")
@takes(EMBEDDED)
def stop(**options: Any) -> None:
    """Stop the server; its data stays."""
    from shardgen.database import server

    home = terminal.home_of(options)
    terminal.say(
        f"stopped, data stays in {home}" if server.stop(home, on_notice=terminal.say) else f"no server runs in {home}"
    )


@examples("db status", "db status --json")
@takes(EMBEDDED)
def status(*, as_json: Json = False, **options: Any) -> None:
    """Tell whether the server runs, and where."""
    from shardgen.database import server

    home = terminal.home_of(options)
    found = server.status(home)
    facts = {"home": str(home), "running": found is not None}
    if found is not None:
        facts |= {"version": found.version, "pid": found.pid, "data": str(found.data_directory), "dsn": found.dsn}
    if as_json:
        terminal.print_json(facts)
    else:
        for name, value in facts.items():
            terminal.print_text(f"{name:8} {value if not isinstance(value, bool) else 'yes' if value else 'no'}")


@examples("db psql", "db psql -c 'select count(*) from bronze.raw_orders'", "db psql -- --help")
@takes(EMBEDDED, volume=False)  # psql has a -q and a -v of its own
def psql(context: typer.Context, **options: Any) -> None:
    """Open psql on the server, starting it if need be; what is not an option here goes to psql."""
    from shardgen.database import server
    from shardgen.database.surroundings import undisturbed

    dsn = server.start(terminal.home_of(options), on_notice=terminal.say).dsn
    program = str(server.binary("psql"))
    os.execve(program, [program, dsn, *context.args], undisturbed(os.environ))  # noqa: S606  # no shell is the point


@examples("db url", 'load --dsn "$(shardgen db url)"')
@takes(EMBEDDED)
def url(**options: Any) -> None:
    """Print the connection string of the running server."""
    from shardgen.database import server

    terminal.print_text(server.url(terminal.home_of(options)))
