"""The yardsticks that are not ours: psql, row by row, and PostgreSQL's own generator."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import psycopg
from psycopg import sql

from scripts.bench.bench import Bench, Run, counts, settle
from scripts.databases import fresh_database
from shardgen.embedded.programs import binary
from shardgen.model.config import LoadConfig, PlanConfig
from shardgen.model.plan import Plan
from shardgen.stores.postgres import ddl, objects
from shardgen.tables import dataset
from shardgen.tables.feed import Feed

BATCH = 1_000
"""Rows that a usual script sends at a time."""
PGBENCH_SCALE = 50
"""Times 100,000 rows, at --scale 1: nearly as many as a load has."""


def psql(bench: Bench, workers: int) -> Run:
    """Ready-made CSV files into the same tables, each by a ``psql`` of its own, then the same keys and indexes."""
    plan = bench.spool.known().plan
    largest_first = sorted(plan.shards, key=lambda shard: -shard.bytes)
    with fresh_database(bench.dsn) as dsn:
        _create_tables(dsn, plan)
        settle(dsn)
        start = time.perf_counter()
        _each(workers, [partial(_copy_csv, bench, dsn, shard.table, shard.id) for shard in largest_first])
        copied = time.perf_counter() - start
        for stage in _keys(plan.config), _indexes(plan.config):
            _each(workers, [partial(_psql, dsn, "-c", statement) for statement in stage])
        seconds = time.perf_counter() - start
        rows = counts(dsn, bench.config)
    figures = {"copied": copied}
    return Run(yardstick="psql", workers=workers, scale=bench.scale, seconds=seconds, rows=rows, figures=figures)


def _create_tables(dsn: str, plan: Plan) -> None:
    """Tables and empty partitions, without a key or an index."""
    config = plan.config
    objects.apply_schema(dsn, config.schema, config.tables, "none")
    with psycopg.connect(dsn, autocommit=True) as connection:
        for name in config.tables:
            relation = dataset()[name].table.relation
            _create_leaves(connection, plan, name)
            connection.execute(
                sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(
                    sql.Identifier(config.schema, relation), sql.Identifier(f"{relation}_pkey")
                )
            )


def _create_leaves(connection: psycopg.Connection[Any], plan: Plan, name: str) -> None:
    leaves = [shard.leaf for shard in plan.of(name) if shard.leaf]
    objects.create_leaves(connection, plan.config.schema, dataset()[name].table, leaves, waiting=())


def _copy_csv(bench: Bench, dsn: str, table: str, shard: str) -> None:
    columns = ", ".join(column.name for column in dataset()[table].table.columns)
    relation = sql.Identifier(bench.config.schema, dataset()[table].table.relation).as_string()
    _psql(dsn, "-c", f"\\copy {relation} ({columns}) from '{bench.spool.csv_file(shard)}' (format csv)")


def _psql(dsn: str, *arguments: str) -> None:
    command = [str(binary("psql")), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", dsn, *arguments]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, env=os.environ | {"PGCLIENTENCODING": "UTF8"})


def _keys(config: PlanConfig) -> list[str]:
    return [
        sql.SQL("ALTER TABLE {} ADD PRIMARY KEY ({})")
        .format(
            sql.Identifier(config.schema, dataset()[name].table.relation),
            sql.SQL(", ").join(map(sql.Identifier, dataset()[name].table.key)),
        )
        .as_string()
        for name in reversed(config.tables)  # the largest first
    ]


def _indexes(config: PlanConfig) -> list[str]:
    return [
        ddl.create_index(dataset()[name].table, index, config.schema).as_string()
        for name in reversed(config.tables)
        for index in dataset()[name].table.indexes_for(config.indexes)
    ]


def _each(workers: int, tasks: Iterable[Callable[[], None]]) -> None:
    """Do the tasks, so many at a time."""
    with ThreadPoolExecutor(workers) as threads:
        for done in [threads.submit(task) for task in tasks]:
            done.result()


def rows(bench: Bench, workers: int) -> Run:  # noqa: ARG001 - such a script has one connection
    """A slice of each table by ``executemany``, 1,000 rows at a time, into the indexed tables, as a usual script does.

    The rows exist before. The seconds are those that all rows would take, table by table.
    """
    plan, config = bench.spool.known().plan, bench.config
    all_rows = {name: sum(bench.spool.rows(shard.id) for shard in plan.of(name)) for name in config.tables}
    with fresh_database(bench.dsn) as dsn:
        objects.apply_schema(dsn, config.schema, config.tables, config.indexes)
        taken = {name: _slice_seconds(dsn, bench, plan, name) for name in config.tables}
        inserted = counts(dsn, config)
    return Run(
        yardstick="rows",
        workers=1,
        scale=bench.scale,
        seconds=sum(taken[name] / max(1, inserted[name]) * all_rows[name] for name in config.tables),
        rows=all_rows,
        figures={"slice": inserted, "slice_seconds": taken},
    )


def _slice_seconds(dsn: str, bench: Bench, plan: Plan, name: str) -> float:
    """Insert the first rows of a table."""
    made = _slice(bench, plan, name)
    columns = [column.name for column in dataset()[name].table.columns]
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(plan.config.schema, dataset()[name].table.relation),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
    )
    with psycopg.connect(dsn, autocommit=True) as connection:
        _create_leaves(connection, plan, name)
        start = time.perf_counter()
        for first in range(0, len(made), BATCH):
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(statement, made[first : first + BATCH])
        return time.perf_counter() - start


def _slice(bench: Bench, plan: Plan, name: str) -> list[tuple[Any, ...]]:
    made: list[tuple[Any, ...]] = []
    for shard in plan.of(name):
        for batch in Feed(plan.config).batches(shard, LoadConfig().batch_rows):
            made += [tuple(row.values()) for row in batch.arrow().slice(0, bench.slice_rows - len(made)).to_pylist()]
            if len(made) >= bench.slice_rows:
                return made
    return made


def pgbench(bench: Bench, workers: int) -> Run:  # noqa: ARG001 - it has one connection
    """PostgreSQL's own generator: ``pgbench -i -I dtg``, narrow rows made by the client and copied, without indexes."""
    scale = max(1, round(PGBENCH_SCALE * bench.scale))
    command = [str(binary("pgbench")), "-i", "-I", "dtg", "-q", "-s", str(scale)]
    with fresh_database(bench.dsn) as dsn:
        settle(dsn)
        start = time.perf_counter()
        subprocess.run([*command, dsn], check=True, capture_output=True)
        seconds = time.perf_counter() - start
        with psycopg.connect(dsn) as connection:
            [(accounts,)] = connection.execute("SELECT count(*) FROM pgbench_accounts")
    found = {"pgbench_accounts": accounts}
    return Run(yardstick="pgbench", workers=1, scale=bench.scale, seconds=seconds, rows=found)
