"""What a leaf that several shards fill costs in PostgreSQL, by way: CPU of the server, WAL, and what is left to do.

One day of clickstream, built before and cut into shards, goes into the embedded server in turns by each way:

    whole     the leaf is one shard: made, frozen by COPY, indexed and attached in one transaction
    nested    the day is partitioned by event number: each shard makes, freezes, indexes and attaches a leaf of its own
    closing   an empty table, which the shards fill beside each other; then indexes and ATTACH in one transaction
    routed    the leaf is attached with its indexes, and the shards fill it

Times are those of the backend's processor (the machine may be shared), in microseconds a row; ``vacuum`` is the VACUUM
(FREEZE) that comes later for what COPY could not freeze.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from scripts.databases import fresh_database, start
from shardgen.model.plan import Leaf, Shard
from shardgen.stores.copy import Encoder
from shardgen.stores.postgres import catalog, ddl, leaves, objects
from shardgen.stores.postgres.copying import copy_statement
from shardgen.stores.postgres.postgres import Connection, connect
from shardgen.tables import dataset
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from shardgen.tables.wanted import plan_config

SPEC: Final = dataset()["clickstream"]
TABLE: Final = SPEC.table
SCHEMA: Final = "bronze"
HERTZ: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A leaf, and the COPY bytes of the shards that fill it."""

    leaf: Leaf
    firsts: tuple[int, ...]
    """First event number of each shard, and the one after the last."""
    streams: tuple[tuple[bytes, ...], ...]
    rows: int


def built(rows: int, shards: int) -> Day:
    """The day, cut into equal ranges of sessions."""
    config = plan_config(today=date(2026, 1, 1), days=1, sessions_per_day=rows / 14, tables=["clickstream"])
    [whole] = build_plan(config).shards
    assert whole.leaf
    cuts = [whole.start + (whole.stop - whole.start) * number // shards for number in range(shards + 1)]
    parts = [replace(whole, start=low, stop=high) for low, high in pairwise(cuts)]
    feed, found = Feed(config), 0

    def stream(part: Shard) -> Iterator[bytes]:
        nonlocal found
        encoder = Encoder(TABLE)
        yield encoder.header
        for batch in feed.batches(part, 8192):
            found += batch.num_rows
            yield b"".join(map(bytes, encoder.rows(batch)))
        yield encoder.trailer

    streams = tuple(tuple(stream(part)) for part in parts)
    return Day(leaf=whole.leaf, firsts=tuple(cut * 64 for cut in cuts), streams=streams, rows=found)


def copy(connection: Connection, name: str, stream: tuple[bytes, ...], *, freeze: bool) -> None:
    """Send one shard."""
    statement = copy_statement(sql.Identifier(SCHEMA, name), TABLE, freeze=freeze)
    with connection.cursor() as cursor, cursor.copy(statement) as sent:
        for some in stream:
            sent.write(some)


def whole(connection: Connection, day: Day) -> None:
    """One transaction for all."""
    body = tuple(part for stream in day.streams for part in stream[1:-1])
    with connection.transaction():
        leaves.create(connection, SCHEMA, TABLE.relation, TABLE.partition_by, day.leaf)
        copy(connection, day.leaf.name, (day.streams[0][0], *body, day.streams[0][-1]), freeze=True)
        _close(connection, day.leaf)


def nested(connection: Connection, day: Day) -> None:
    """A leaf for each shard, below the day."""
    execute(
        connection,
        f"CREATE TABLE bronze.{day.leaf.name} PARTITION OF bronze.{TABLE.relation} "
        f"FOR VALUES FROM ('{day.leaf.lower}') TO ('{day.leaf.upper}') PARTITION BY RANGE (event_id)",
    )
    oid = catalog.relation_oid(connection, SCHEMA, day.leaf.name)
    for number, stream in enumerate(day.streams):
        low, high = day.firsts[number], day.firsts[number + 1]
        with connection.transaction():
            part = replace(day.leaf, name=f"{day.leaf.name}_{number}")
            leaves.create(connection, SCHEMA, day.leaf.name, TABLE.partition_by, part)
            execute(
                connection,
                f"ALTER TABLE bronze.{part.name} ADD CHECK (event_id IS NOT NULL AND event_id >= {low} AND "
                f"event_id < {high} AND event_timestamp IS NOT NULL)",
            )
            copy(connection, part.name, stream, freeze=True)
            leaves.build_indexes(connection, SCHEMA, oid, part)
            execute(
                connection,
                f"ALTER TABLE bronze.{day.leaf.name} ATTACH PARTITION bronze.{part.name} "
                f"FOR VALUES FROM ({low}) TO ({high})",
            )


def closing(connection: Connection, day: Day) -> None:
    """A table that is closed when it is full."""
    leaves.create(connection, SCHEMA, TABLE.relation, TABLE.partition_by, day.leaf)
    for stream in day.streams:
        copy(connection, day.leaf.name, stream, freeze=False)
    with connection.transaction():
        _close(connection, day.leaf)


def routed(connection: Connection, day: Day) -> None:
    """A leaf that is there from the first."""
    objects.create_leaf(connection, SCHEMA, TABLE, day.leaf, ())
    for stream in day.streams:
        copy(connection, day.leaf.name, stream, freeze=False)


WAYS: Final[tuple[Callable[[Connection, Day], None], ...]] = (whole, nested, closing, routed)


def _close(connection: Connection, leaf: Leaf) -> None:
    oid = catalog.relation_oid(connection, SCHEMA, TABLE.relation)
    leaves.build_indexes(connection, SCHEMA, oid, leaf)
    leaves.attach(connection, SCHEMA, TABLE.relation, oid, leaf)


def execute(connection: Connection, statement: str) -> None:
    """Run a statement."""
    connection.execute(statement.encode())


@contextmanager
def fresh(server: str) -> Iterator[Connection]:
    """A database with the table and no leaf."""
    with fresh_database(server) as dsn, connect(dsn, application_name="leaves") as connection:
        for statement in ddl.ddl(SCHEMA, [SPEC], "keys"):
            connection.execute(statement)
        yield connection


def measured(server: str, way: Callable[[Connection, Day], None], day: Day) -> tuple[float, float, float, int]:
    """CPU of the load and of the VACUUM after it in microseconds a row, bytes of WAL a row, relations."""
    with fresh(server) as connection:
        pid = connection.info.backend_pid
        execute(connection, "CHECKPOINT")
        before, wal = _cpu(pid), _wal(connection)
        way(connection, day)
        loaded, written = _cpu(pid) - before, _wal(connection) - wal
        execute(connection, "VACUUM (FREEZE) bronze.raw_clickstream")
        after = _cpu(pid) - before - loaded
        relations = connection.execute(
            "WITH tree AS (SELECT relid FROM pg_partition_tree('bronze.raw_clickstream')) SELECT "
            "(SELECT count(*) FROM tree) + (SELECT count(*) FROM pg_index WHERE indrelid IN (SELECT relid FROM tree))"
        ).fetchone()
        assert relations
        return loaded / day.rows * 1e6, after / day.rows * 1e6, written / day.rows, relations[0]


def _cpu(pid: int) -> float:
    """Seconds of a backend's processor."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / HERTZ


def _wal(connection: Connection) -> int:
    found = connection.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn").fetchone()
    assert found
    return int(found[0])


def main() -> None:
    """Measure, the best of some rounds each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--data-dir")
    given = parser.parse_args()
    server, day = start(given.data_dir), built(given.rows, given.shards)
    print(f"{day.rows:,} rows in {given.shards} shards; psycopg {psycopg.__version__}")
    found: dict[str, list[tuple[float, float, float, int]]] = {}
    for _ in range(given.rounds):
        for way in WAYS:
            found.setdefault(way.__name__, []).append(measured(server, way, day))
    print(f"{'way':10}{'load us':>9}{'vacuum us':>11}{'both us':>9}{'WAL B':>8}{'relations':>11}")
    for name, rounds in found.items():
        load, vacuum, wal, relations = min(rounds)
        print(f"{name:10}{load:9.2f}{vacuum:11.2f}{load + vacuum:9.2f}{wal:8.0f}{relations:11}")


if __name__ == "__main__":
    main()
