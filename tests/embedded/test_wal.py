"""A server that was started for logical decoding lets what changes be read, stays so, and tells it."""

from __future__ import annotations

import json
import runpy
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

import shardgen
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


KEYS = {"raw_orders": "order_id", "raw_reviews": "review_id"}
LETTERS = {"insert": "I", "update": "U", "delete": "D"}


def decoded(connection: psycopg.Connection, slot: str) -> dict[str, list[str]]:
    """By record of the tables that have keys here, what pgoutput tells of it, in order: ``["I", "U"]``."""
    names: dict[int, tuple[str, int]] = {}
    found = defaultdict(list)
    query = "SELECT data FROM pg_logical_slot_get_binary_changes(%s, NULL, NULL, 'proto_version', '1', %s, %s)"
    for (message,) in connection.execute(query, [slot, "publication_names", "shop"]):
        kind, relation = message[:1].decode(), int.from_bytes(message[1:5], "big")
        if kind == "R":
            names[relation] = described(message[5:])
        elif kind in LETTERS.values() and names[relation][0] in KEYS:
            found[field(message[6:], names[relation][1])].append(kind)
    return dict(found)


def described(relation: bytes) -> tuple[str, int]:
    """A relation's name, and the place of its key among the columns: each has flags, a name, a type and its detail."""
    _, name, rest = relation.split(b"\0", 2)
    columns, at = [], 3
    for _ in range(int.from_bytes(rest[1:3], "big")):
        end = rest.index(b"\0", at + 1)
        columns.append(rest[at + 1 : end].decode())
        at = end + 9
    return name.decode(), columns.index(KEYS.get(name.decode(), columns[0]))


def field(row: bytes, place: int) -> str:
    """A field of a row: each has a letter, and where that is ``t`` a length and so much text."""
    at = 2
    for _ in range(place):
        at += 5 + int.from_bytes(row[at + 1 : at + 5], "big") if row[at : at + 1] == b"t" else 1
    return row[at + 5 : at + 5 + int.from_bytes(row[at + 1 : at + 5], "big")].decode()


def played(since: str, end: str) -> dict[str, list[str]]:
    """The same as the feed of changes has it."""
    world = {"epoch": "2026-01-01", "horizon": 60, "scale": 0.02, "products": 60}
    found = defaultdict(list)
    for some in shardgen.changes(**world, cut="arrived", tables="orders,reviews", since=since, end=end):
        for key, operation in zip(some["key"].to_pylist(), some["operation"].to_pylist(), strict=True):
            [record] = json.loads(key).values() if len(json.loads(key)) == 1 else [json.loads(key)["order_id"]]
            found[record].append(LETTERS[operation])
    return dict(found)


@pytest.mark.slow
def test_what_a_day_and_a_stream_change_is_read_by_logical_decoding(run: Callable[..., Told], home: Path) -> None:
    assert run("db", "start", "--wal-level", "logical").code == 0
    there = ("--cut", "arrived", "--tables", "customers,products,orders,reviews")
    assert run("load", *SMALL, *there, "--end", "2026-02-18").code == 0
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
        assert run("stream", "--end", "2026-02-22", "--rate", "1000000/s").code == 0
        told = decoded(connection, "reader")
        assert told == played("2026-02-19", "2026-02-22")
        assert {"I", "IU", "UU"} <= {"".join(each) for each in told.values()}
        server.stop(home)
        with pytest.raises(ServerError, match='logical replication slot "reader" exists'):
            server.start(home, wal_level="minimal")
        assert server.start(home).wal_level == "logical"
