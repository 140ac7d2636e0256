"""One PostgreSQL server for all tests of a process, and a fresh database in it for each test that asks.

``SHARDGEN_TEST_DSN`` names another server to use instead, by a role that may create databases.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

settings.register_profile("any machine", deadline=None)  # how long an example takes is the machine's affair
settings.load_profile("any machine")


@dataclass(frozen=True)
class Database:
    """A database of a test's own."""

    dsn: str

    @property
    def name(self) -> str:
        return str(conninfo_to_dict(self.dsn)["dbname"])

    def rows(self, query: str, parameters: object = None) -> list[tuple]:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    def value(self, query: str, parameters: object = None):
        return self.rows(query, parameters)[0][0]

    def run(self, *statements: str) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@pytest.fixture(scope="session")
def server_dsn() -> Iterator[str]:
    """A running server; the embedded one, with the settings that users get but for those of :func:`_be_small`."""
    if given := os.environ.get("SHARDGEN_TEST_DSN"):
        yield given
        return
    from shardgen.embedded import server

    home = Path(tempfile.mkdtemp(prefix="sg-", dir="/tmp"))  # short: a socket's path is limited
    home.chmod(0o711)  # as root the server runs as another user
    try:
        _be_small(server.start(home / "h", on_notice=lambda text: None).dsn)
        server.stop(home / "h")
        yield server.start(home / "h", on_notice=lambda text: None).dsn
    finally:
        server.stop(home / "h")
        shutil.rmtree(home)


def _be_small(dsn: str) -> None:
    """Have the next start of a server do without what costs a small database most.

    No database outlives its test, let alone the machine, and each DROP DATABASE would wait for a checkpoint. A drop, a
    truncation and a commit of new tables look through all of the cache, an eighth of the memory of this machine. (By
    its size tables grow, too: with 128 MB some have a fifth of their pages empty.)
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET shared_buffers = '1GB'")


@contextlib.contextmanager
def fresh_database(server_dsn: str) -> Iterator[Database]:
    """An empty database; gone afterwards, whoever is still connected."""
    name = f"test_{uuid.uuid4().hex}"
    _administer(server_dsn, sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' STRATEGY FILE_COPY"), name)
    try:
        yield Database(dsn=make_conninfo(server_dsn, dbname=name))
    finally:
        _administer(server_dsn, sql.SQL("DROP DATABASE {} WITH (FORCE)"), name)


@contextlib.contextmanager
def copy_of(database: Database, server_dsn: str) -> Iterator[Database]:
    """A database with all that another one holds, to which nobody may be connected; gone afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    _administer(server_dsn, sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"), name, database.name)
    try:
        yield Database(dsn=make_conninfo(server_dsn, dbname=name))
    finally:
        _administer(server_dsn, sql.SQL("DROP DATABASE {} WITH (FORCE)"), name)


def _administer(server_dsn: str, statement: sql.SQL, *names: str) -> None:
    """Over a connection of its own: a test may have restarted the server meanwhile."""
    with psycopg.connect(server_dsn, autocommit=True) as connection:
        connection.execute(statement.format(*map(sql.Identifier, names)))


@pytest.fixture
def database(server_dsn: str) -> Iterator[Database]:
    """A database of the test's own."""
    with fresh_database(server_dsn) as made:
        yield made


@dataclass(frozen=True)
class Told:
    code: int
    out: str
    err: str


@pytest.fixture
def command(monkeypatch, capfd) -> Callable[..., Told]:
    """Runs the program in this process, which costs no start of an interpreter."""
    from shardgen.cli import entry

    for name in list(os.environ):
        if name.startswith(("SHARDGEN_", "PG", "POSTGRES_")):
            monkeypatch.delenv(name)

    def run(*words: str) -> Told:
        with pytest.raises(SystemExit) as ended:
            entry.main(list(words))
        out, err = capfd.readouterr()
        return Told(code=int(ended.value.code or 0), out=out, err=err)

    return run
