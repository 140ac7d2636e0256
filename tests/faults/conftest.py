"""What every fault needs: servers to hurt, a program to run, dice, and the content that must come out in the end.

``SHARDGEN_FAULT_SEED`` decides when and whom the dice hit; ``make test-faults SEED=7`` sets it.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.conftest import Database, fresh_database
from tests.loads import VOLUME, WORLD, Program, content, verify
from tests.servers import PASSWORD, ForeignServer, Server, embedded_server, foreign_server

Start = Callable[..., Program]
Reference = dict[str, tuple]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything below this folder bears the marker, but what needs a cluster, which has its own."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and not item.get_closest_marker("cluster"):
            item.add_marker(pytest.mark.faults)


@pytest.fixture
def dice(request) -> random.Random:
    """The seed's own dice for each test."""
    return random.Random(f"{os.environ.get('SHARDGEN_FAULT_SEED', '1')} {request.node.name}")


@pytest.fixture(scope="session")
def foreign() -> Iterator[ForeignServer]:
    with foreign_server() as server:
        with psycopg.connect(server.dsn, dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE ROLE loader LOGIN PASSWORD '{PASSWORD}'")
        yield server


@pytest.fixture(scope="session")
def embedded() -> Iterator[Server]:
    with embedded_server() as server:
        yield server


@pytest.fixture
def shop(foreign) -> Iterator[Database]:
    """A database on somebody else's server, by a role that owns it and is no superuser."""
    with fresh_database(make_conninfo(foreign.dsn, dbname="postgres")) as made:
        made.run(f"ALTER DATABASE {made.name} OWNER TO loader")
        yield Database(dsn=make_conninfo(made.dsn, user="loader"))


@pytest.fixture
def program(database) -> Iterator[Start]:
    started: list[Program] = []

    def start(*arguments: str, target: Database = database, **rest: str) -> Program:
        started.append(Program(target, *arguments, **rest))
        return started[-1]

    yield start
    for each in started:
        each.end()


@pytest.fixture(scope="session")
def reference(server_dsn) -> Reference:
    """What an uninterrupted load of one worker gives."""
    with fresh_database(server_dsn) as database:
        code, output = Program(database, *WORLD, *VOLUME, "--workers", "1").wait()
        assert code == 0, output
        return content(database)


def finish(start: Start, database: Database, reference: Reference) -> None:
    """Resume, compare, and let the program prove it."""
    code, output = start("--resume", "--workers", "3", target=database).wait()
    assert code == 0, output
    holds(database, reference)


def holds(database: Database, reference: Reference) -> None:
    """Nothing lost, nothing doubled, in one finished run."""
    assert content(database) == reference
    assert database.rows("SELECT state FROM bronze.shardgen_runs") == [("finished",)]
    verify(database)
