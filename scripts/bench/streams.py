"""A stream into a database, as fast as both can, beside one COPY of the rows that it has left."""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta

import psycopg
from psycopg import sql

from scripts.bench import processes
from scripts.bench.bench import Bench, Run, settle
from scripts.databases import fresh_database

SHARE = 4
"""The stream plays the last part of so many equal ones of the world's days."""
_TABLES = "SELECT relname FROM pg_class WHERE relname LIKE 'raw\\_%' AND relkind IN ('r', 'p') AND NOT relispartition"


def stream(bench: Bench, workers: int) -> Run:
    """``shardgen stream`` of the last days of a world, in transactions of 1,000; COPY has the same tables, at once."""
    epoch, horizon = bench.config.world.epoch, bench.config.world.horizon
    end = epoch + timedelta(days=bench.config.days)
    since = end - timedelta(days=max(1, bench.config.days // SHARE))
    given = [part for name, value in bench.options.items() if name != "days" for part in (f"--{name}", value)]
    world = [f"--epoch={epoch}", f"--horizon={horizon}", "--cut=arrived", *given]
    with fresh_database(bench.dsn) as dsn:
        _run(bench, dsn, ["load", *world, f"--end={since}", "--progress=none", f"--workers={workers}"])
        settle(dsn)
        ran = _run(bench, dsn, ["stream", f"--end={end}", "--rate=1000000000/s"])
        told = json.loads(ran.output)
        floor, rows = _copied(dsn, since.isoformat())
    figures = {"changes": told["total"], "rate": told["total"] / told["seconds"], "floor": rows / floor}
    figures |= {whose: seconds / told["total"] * 1e6 for whose, seconds in ran.cpu.items()}
    return Run(
        yardstick="stream", workers=1, scale=bench.scale, seconds=told["seconds"], rows=told["changes"], figures=figures
    )


def _run(bench: Bench, dsn: str, words: list[str]) -> processes.Ran:
    command = [sys.executable, "-m", "shardgen", *words, "--json", f"--dsn={dsn}"]
    return processes.run(command, dsn=dsn, cwd=bench.directory, postmaster=bench.postmaster)


def _copied(dsn: str, since: str) -> tuple[float, int]:
    """Seconds and rows of one COPY for each table of what came since, into tables with the same indexes."""
    seconds, rows = 0.0, 0
    with psycopg.connect(dsn, autocommit=True) as connection:
        for (name,) in connection.execute(_TABLES).fetchall():
            new = sql.SQL("COPY (SELECT * FROM bronze.{} WHERE ingestion_timestamp >= {}) TO STDOUT (FORMAT binary)")
            with (
                connection.cursor() as cursor,
                cursor.copy(new.format(sql.Identifier(name), sql.Literal(since))) as copy,
            ):
                taken = b"".join(copy)
            floor = sql.Identifier(f"floor_{name}")
            connection.execute(
                sql.SQL("CREATE TABLE {} (LIKE bronze.{} INCLUDING ALL)").format(floor, sql.Identifier(name))
            )
            begun = time.perf_counter()
            with connection.cursor() as cursor:
                with cursor.copy(sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(floor)) as copy:
                    copy.write(taken)
                rows += cursor.rowcount
            seconds += time.perf_counter() - begun
    return seconds, rows
