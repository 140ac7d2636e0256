"""Databases of a script's own on the embedded server, dropped when it is done with them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from shardgen.embedded import server


def start(home: str | None) -> str:
    """Connection string of the embedded server, started if need be.

    Args:
        home: as ``--data-dir`` of the command line.
    """
    place = server.data_dir(Path(home) if home else None)
    return server.start(place, on_notice=lambda text: print(text, file=sys.stderr)).dsn


@contextlib.contextmanager
def fresh_database(server_dsn: str) -> Iterator[str]:
    """Connection string of an empty database."""
    name = sql.Identifier(f"script_{uuid4().hex}")
    with psycopg.connect(server_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(name))
    try:
        yield make_conninfo(server_dsn, dbname=name.as_string().strip('"'))
    finally:
        with psycopg.connect(server_dsn, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
