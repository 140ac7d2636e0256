"""The TCP port of an embedded server, for tools that know no socket: loopback, with a password, and only if asked for.

A port that was asked for is kept in the home: the next start, also that of a load, opens it again.
"""

from __future__ import annotations

import errno
import secrets
import socket
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from shardgen.embedded._home import homes
from shardgen.embedded._home.conf import LOOPBACK
from shardgen.embedded._home.homes import Home
from shardgen.embedded.programs import NAME, Notice
from shardgen.errors import ConfigError
from shardgen.machine.installation import program, typed

LOWEST: Final = 1024  # below it are the system's
HIGHEST: Final = 65535
_PASSWORD_BYTES: Final = 18  # 24 characters; nobody has to remember them


def check(port: int | None) -> None:
    """Refuse a number that no port of ours can have.

    Raises:
        ConfigError: it is out of range.
    """
    if port and not LOWEST <= port <= HIGHEST:
        raise ConfigError(f"port={port} is out of range: use {LOWEST} to {HIGHEST}, or 0 to close the port")


def check_running(home: Path, asked: int | None, now: int | None) -> None:
    """Refuse to change the port of a server that runs: its sessions would end.

    Raises:
        ConfigError: it runs with another one.
    """
    check(asked)
    if asked is None or (asked or None) == now:
        return
    how = "without a port" if now is None else f"with port={now}"
    stop = typed(f"{program()} db stop", data_dir=home)
    raise ConfigError(f"port={asked} cannot be set: the server runs already, {how}: stop it first: {stop}")


def choose(layout: Home, asked: int | None, on_notice: Notice) -> int | None:
    """The port to start with; None for none.

    One that was asked for has to be free. One that was kept is left out while somebody else has it: a load needs none.

    Raises:
        ConfigError: the port that was asked for is out of range or taken.
    """
    check(asked)
    if asked is not None:
        if asked and (why := _refusal(asked)):
            raise ConfigError(f"port={asked} cannot be opened: {why}: choose another one")
        return asked or None
    kept = kept_port(layout)
    if kept and (why := _refusal(kept)):
        on_notice(f"the server starts without its port={kept}, which cannot be opened: {why}")
        return None
    return kept


def kept_port(layout: Home) -> int | None:
    """The port that an earlier start was asked for."""
    text = homes.read(layout.port_record) or ""
    return int(text) if text.isdigit() and LOWEST <= int(text) <= HIGHEST else None


def keep(layout: Home, asked: int | None) -> None:
    """Keep what was asked for, once the server runs with it."""
    if asked:
        homes.write_file(layout.port_record, f"{asked}\n")
    elif asked == 0:
        layout.port_record.unlink(missing_ok=True)


def has_password(connection: psycopg.Connection[Any]) -> bool:
    """Whether a password was made for the server already."""
    query = "SELECT rolpassword IS NOT NULL FROM pg_authid WHERE rolname = %s"
    return connection.execute(query, [NAME]).fetchone() == (True,)


def make_password(connection: psycopg.Connection[Any]) -> str:
    """A new password for the server's user, which is not kept anywhere: the server gets its SCRAM verifier alone."""
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    verifier = connection.pgconn.encrypt_password(password.encode(), NAME.encode(), b"scram-sha-256")
    statement = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(NAME), sql.Literal(verifier.decode()))
    connection.execute(statement)
    return password


def _refusal(port: int) -> str:
    """Why the port cannot be opened; empty if it can."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((LOOPBACK, port))
        except OSError as error:
            return "another program has it" if error.errno == errno.EADDRINUSE else str(error.strerror)
    return ""
