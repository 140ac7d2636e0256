"""A server that was started for logical decoding lets what changes be read, stays so, and tells it."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from shardgen.embedded import server
from shardgen.errors import ServerError
from tests.conftest import Told
from tests.servers import short_directory

SMALL = ("--epoch", "2026-01-01", "--horizon", "60", "--scale", "0.02", "--products", "60", "--workers", "1")


@pytest.fixture
def home() -> Iterator[Path]:
    with short_directory() as directory:
        yield directory / "h"
        server.stop(directory / "h")


@pytest.fixture
def run(command: Callable[..., Told], home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Told]:
    """Runs the program on the home."""
    monkeypatch.setenv("SHARDGEN_HOME", str(home))
    return command


def test_a_level_that_was_asked_for_stays_until_another_one_is(run: Callable[..., Told], home: Path) -> None:
    assert run("db", "start", "--wal-level", "logical").code == 0
    assert "wal      logical" in run("db", "status").out
    assert json.loads(run("db", "status", "--json").out)["wal"] == "logical"
    done = run("db", "start", "--wal-level", "minimal")
    assert done.code == 2
    assert "wal-level='minimal' cannot be set: the server runs already, with logical: stop it first" in done.err
    assert server.stop(home)
    assert server.start(home).wal_level == "logical"  # as a load starts it
    server.stop(home)
    assert server.start(home, wal_level="minimal").wal_level == "minimal"
    server.stop(home)
    assert server.start(home).wal_level == "minimal"


def test_another_level_is_told_before_anything_is_started(run: Callable[..., Told], home: Path) -> None:
    done = run("db", "start", "--wal-level", "replica")
    assert done.code == 2
    assert "wal-level='replica' is unknown: choose from minimal, logical" in done.err
    assert server.status(home) is None


changes = runpy.run_path(str(Path(__file__).parents[2] / "scripts/examples/decode.py"))["changes"]


@pytest.mark.slow
def test_what_a_day_changes_is_read_by_logical_decoding(run: Callable[..., Told], home: Path) -> None:
    assert run("db", "start", "--wal-level", "logical").code == 0
    assert run("load", *SMALL, "--end", "2026-02-20", "--tables", "customers,products,orders,reviews").code == 0
    with psycopg.connect(server.url(home), autocommit=True) as connection:
        connection.execute("CREATE PUBLICATION shop FOR TABLES IN SCHEMA bronze WITH (publish_via_partition_root)")
        connection.execute("SELECT pg_create_logical_replication_slot('reader', 'pgoutput')")
        before = dict(connection.execute("SELECT 'orders', count(*) FROM bronze.raw_orders"))
        done = run("advance", "--days", "1")
        assert done.code == 0, done.err
        found = changes(connection, "reader", "shop")
        after = dict(connection.execute("SELECT 'orders', count(*) FROM bronze.raw_orders"))
        assert found["raw_orders", "insert"] - found["raw_orders", "delete"] == after["orders"] - before["orders"] > 0
        assert found["raw_orders", "update"] > 0
        server.stop(home)
        with pytest.raises(ServerError, match='logical replication slot "reader" exists'):
            server.start(home, wal_level="minimal")
        assert server.start(home).wal_level == "logical"
