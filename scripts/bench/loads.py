"""The yardsticks that are ours: the load, the load of ready-made bytes, and building without a load."""

from __future__ import annotations

import functools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import psycopg
from psycopg import sql

from scripts.bench import phases, processes
from scripts.bench.bench import Bench, Run, settle
from scripts.databases import fresh_database
from shardgen.loading import memory
from shardgen.loading.engines import Setup, default_engine
from shardgen.model.config import LoadConfig, PlanConfig
from shardgen.model.plan import Shard
from shardgen.stores.copy import Encoder
from shardgen.stores.postgres import objects
from shardgen.tables import dataset
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan


def load(bench: Bench, workers: int) -> Run:
    """``shardgen load``, from the command to its exit."""
    return _load(bench, "load", workers, bench.options)


def full(bench: Bench, workers: int) -> Run:
    """The load with all indexes, into tables of its own."""
    return _load(bench, "full", workers, {**bench.options, "indexes": "full"})


def foreign(bench: Bench, workers: int) -> Run:
    """The same into tables that somebody's migration made: all indexes, and no partition but a DEFAULT one."""
    return _load(bench, "foreign", workers, {**bench.options, "indexes": "full"}, prepare=_migrate)


def _migrate(dsn: str, config: PlanConfig) -> None:
    objects.apply_schema(dsn, config.schema, config.tables, "full")
    parents = [dataset()[name].table.relation for name in config.tables if dataset()[name].table.partitioned]
    statement = sql.SQL("CREATE TABLE {} PARTITION OF {} DEFAULT")
    with psycopg.connect(dsn, autocommit=True) as connection:
        for parent in parents:
            leaf = sql.Identifier(config.schema, f"{parent}_default")
            connection.execute(statement.format(leaf, sql.Identifier(config.schema, parent)))


Prepare = Callable[[str, PlanConfig], None]
"""Makes what a load finds in its database."""


def _load(
    bench: Bench, yardstick: str, workers: int, options: Mapping[str, str], prepare: Prepare | None = None
) -> Run:
    given = [part for name, value in options.items() for part in (f"--{name}", value)]
    return _loaded(
        bench,
        Run(yardstick=yardstick, workers=workers, scale=bench.scale, seconds=0, rows={}),
        ["-m", "shardgen", "load", "--json", "--progress=none", f"--end={bench.config.end}", *given],
        [f"--workers={workers}", "--dsn"],
        prepare,
    )


def floor(bench: Bench, workers: int) -> Run:
    """The same load with its bytes ready-made on disk: what PostgreSQL and the protocol take by themselves."""
    return _loaded(
        bench,
        Run(yardstick="floor", workers=workers, scale=bench.scale, seconds=0, rows={}),
        ["-m", "scripts.bench.floor"],
        [str(bench.spool.directory), str(workers)],
    )


def _loaded(
    bench: Bench, run: Run, program: Sequence[str], arguments: Sequence[str], prepare: Prepare | None = None
) -> Run:
    """Run a program, whose last argument is the connection string, and fill in what it did."""
    with fresh_database(bench.dsn) as dsn:
        if prepare:
            prepare(dsn, bench.config)
        settle(dsn)
        command = [sys.executable, *program, *arguments, dsn]
        ran = processes.run(command, dsn=dsn, cwd=bench.directory, postmaster=bench.postmaster)
        report, done = json.loads(ran.output), phases.read(dsn, bench.config.schema)
    run.seconds = ran.seconds
    run.rows = {table["table"]: table["counted"] for table in report["tables"]}
    run.size = sum(table["bytes"] for table in report["tables"])
    run.figures = {
        "phases": phases.shares(done, ran, commit=report["phases"]["commit"], workers=run.workers),
        "steps": done.steps,
        "peaks": ran.peaks,
        "cpu": ran.cpu,
        "first_row": ran.first_row,
        "digests": done.digests,
    }
    return run


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """One shard that was built and encoded."""

    table: str
    rows: int
    size: int
    seconds: float
    cpu: float
    """Seconds of the processor."""
    peak: float
    """MiB that its process has taken so far."""


def null(bench: Bench, workers: int) -> Run:
    """Build and encode the same shards and write them nowhere: the time that the workers were busy with it."""
    plan = build_plan(bench.config)
    largest_first = sorted(plan.shards, key=lambda shard: -shard.bytes)
    with processes_of(workers) as executor:
        built = list(executor.map(partial(build, plan.config), largest_first))
    of_table = {name: [each for each in built if each.table == name] for name in plan.config.tables}
    return Run(
        yardstick="null",
        workers=workers,
        scale=bench.scale,
        seconds=sum(each.seconds for each in built) / workers,
        rows={name: sum(each.rows for each in some) for name, some in of_table.items()},
        size=sum(each.size for each in built),
        figures={
            "cpu": {"client": sum(each.cpu for each in built)},
            "peaks": {"worker": max(each.peak for each in built)},
            "tables": {
                name: {"cpu": sum(each.cpu for each in some), "bytes": sum(each.size for each in some)}
                for name, some in of_table.items()
            },
        },
    )


def build(config: PlanConfig, shard: Shard) -> Built:
    """Build and encode a shard; what a process builds once is not counted."""
    warm(config)
    memory.give_back(shard.table)
    rows, size, encoder = 0, 0, Encoder(dataset()[shard.table].table)
    start, before = time.perf_counter(), time.process_time()
    for batch in Feed(config).batches(shard, LoadConfig().batch_rows):
        rows, size = rows + batch.num_rows, size + sum(map(len, encoder.rows(batch)))
    return Built(
        table=shard.table,
        rows=rows,
        size=size,
        seconds=time.perf_counter() - start,
        cpu=time.process_time() - before,
        peak=processes.mebibytes(os.getpid(), "VmHWM"),
    )


@functools.cache
def warm(config: PlanConfig) -> None:
    """Have the world, its words and whatever the tables keep of them."""
    plan = build_plan(config)
    for name in config.tables:
        next(Feed(config).batches(plan.of(name)[0], LoadConfig().batch_rows), None)


@contextmanager
def processes_of(workers: int) -> Iterator[Executor]:
    """The processes that a load would run in."""
    engine = default_engine()
    try:
        yield engine.start(workers, Setup.here())
    finally:
        engine.close()
