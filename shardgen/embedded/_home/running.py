"""The embedded server as it answers: who it is, by which path it is reached, and that it is the server of this home.

Nobody is taken for it by the name of a directory or a pid alone: it must see a file that is made in its data directory.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from shardgen.embedded._home import postmaster, socket_directory
from shardgen.embedded._home.homes import Home
from shardgen.embedded._home.postmaster import PidFile
from shardgen.embedded.programs import NAME
from shardgen.embedded.surroundings import Undisturbed, embedded_dsn
from shardgen.errors import ServerError


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server.

    Attributes:
        data_directory: the cluster.
        socket_directory: where its socket is; 0700.
        dsn: libpq URI of the database ``shardgen`` as superuser, for psycopg and psql, free of PGHOST, PGPORT etc.
        port: of TCP on the loopback interface; None where it listens on its socket only.
        pid: the postmaster's.
        version: such as ``18.4``.
        wal_level: such as ``minimal``.
        started: whether this call started it; False when it ran already.
    """

    data_directory: Path
    socket_directory: Path
    dsn: str
    port: int | None
    pid: int
    version: str
    wal_level: str
    started: bool


def find(layout: Home) -> Server | None:
    """The server of a home if it accepts connections, else None.

    Raises:
        ServerError: it runs but refuses us, with its own words.
        psycopg.Error: it broke off.
    """
    record, directory = postmaster.read_pid_file(layout), socket_directory.known(layout)
    return None if record is None or directory is None else _probe(layout, directory, record)


def create_database(server: Server) -> None:
    """Make the database where it is missing.

    The home's lock is not enough: the backend of a start that was killed may still be making it.
    """
    with connect(server.dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [f"{NAME}: create database"])
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [NAME]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))


def connect(dsn: str, *, autocommit: bool = False) -> psycopg.Connection[tuple[Any, ...]]:
    """Connect to the maintenance database."""
    return Undisturbed.connect(dsn, autocommit=autocommit, dbname="postgres", connect_timeout=5, client_encoding="UTF8")


def _probe(layout: Home, directory: Path, record: PidFile) -> Server | None:
    """The server, if it answers there and has this data directory; None if nobody answers or it is not ready yet."""
    # Whoever made a directory of that name in /tmp after a reboot is not to be talked to.
    if not os.path.lexists(directory) or not socket_directory.is_private(directory, layout.data.stat().st_uid):
        return None
    dsn = embedded_dsn(directory, record.port)
    try:
        with connect(dsn, autocommit=True) as connection:
            if not _is_server_of(layout.data, connection):
                return None
            asked = "SELECT current_setting('server_version'), current_setting('wal_level')"
            version, wal_level = connection.execute(asked).fetchone() or ("", "")
    except psycopg.OperationalError as error:
        # psycopg gives no SQLSTATE here. "The database system is starting up, shutting down, ..." passes by itself.
        if "FATAL" in str(error) and "the database system is" not in str(error):
            raise ServerError(f"server of home={str(layout.path)!r} refuses the connection: {error}") from error
        return None
    return Server(
        data_directory=layout.data,
        socket_directory=directory,
        dsn=dsn,
        port=record.port if record.listens else None,
        pid=record.pid,
        version=str(version),
        wal_level=str(wal_level),
        started=False,
    )


def _is_server_of(data: Path, connection: psycopg.Connection[tuple[Any, ...]]) -> bool:
    """Whether the server works on this directory, by whatever path it was started: it sees a file that is made here."""
    try:
        with tempfile.NamedTemporaryFile(dir=data, prefix="shardgen-") as mark:
            name = Path(mark.name).name
            return connection.execute("SELECT (pg_stat_file(%s, true)).size IS NOT NULL", [name]).fetchone() == (True,)
    except OSError:  # a full disk
        return connection.execute("SHOW data_directory").fetchone() == (str(data),)
