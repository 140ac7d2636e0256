"""One more day: what an advance of a single day takes, and reads, at targets of other ages."""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from statistics import median

import psycopg

from scripts.bench import processes
from scripts.bench.bench import Bench, Run, settle
from scripts.databases import fresh_database

AGES = (30, 365, 1000)
"""Days after the epoch."""
SINGLE = 3
"""Days that are measured at each."""
_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
_READ = """
SELECT coalesce(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)), 0)::bigint FROM pg_stat_user_tables
WHERE relname LIKE 'raw%'
"""


def day(bench: Bench, workers: int) -> Run:
    """``shardgen advance`` of single days, from the command to its exit, of a target that was brought to each age."""
    run = Run(yardstick="day", workers=workers, scale=bench.scale, seconds=0, rows={})
    epoch, horizon = bench.config.world.epoch, bench.config.world.horizon
    given = [part for name, value in bench.options.items() if name != "days" for part in (f"--{name}", value)]
    with fresh_database(bench.dsn) as dsn:
        first = epoch + timedelta(days=AGES[0] - SINGLE)
        _run(bench, dsn, workers, ["load", f"--epoch={epoch}", f"--horizon={horizon}", f"--end={first}", *given])
        for age in AGES:
            _run(bench, dsn, workers, ["advance", f"--to={epoch + timedelta(days=age - SINGLE)}"])
            run.figures[str(age)] = _days(bench, dsn, workers)
    last = run.figures[str(AGES[-1])]
    run.seconds, run.rows = last["seconds"], {"a day": last["changes"]}
    return run


def _days(bench: Bench, dsn: str, workers: int) -> dict[str, float]:
    """Medians over single days: seconds, and rows changed and read."""
    seconds, changes, reads = [], [], []
    for _ in range(SINGLE):
        settle(dsn)
        before = read(dsn)
        took, report = _run(bench, dsn, workers, ["advance"])
        seconds.append(took)
        changes.append(sum(each["ledger"] + each["updated"] + each["deleted"] for each in report["tables"]))
        reads.append(read(dsn) - before)
    return {"seconds": median(seconds), "changes": median(changes), "read": median(reads)}


def _run(bench: Bench, dsn: str, workers: int, words: list[str]) -> tuple[float, dict]:
    """A command from its start to its exit: seconds, and the report of its last run."""
    command = [sys.executable, "-m", "shardgen", *words, "--json", "--progress=none", f"--workers={workers}", "--dsn"]
    ran = processes.run([*command, dsn], dsn=dsn, cwd=bench.directory, postmaster=bench.postmaster)
    told = json.loads(ran.output)
    return ran.seconds, (told[-1] if isinstance(told, list) and told else told or {})


def read(dsn: str) -> int:
    """Rows that were read of the tables of a database; sessions tell it when they end, so all others have to."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        while connection.execute(_OTHERS).fetchone() != (0,):
            time.sleep(0.02)
        [(rows,)] = connection.execute(_READ)
    return int(rows)
