"""Where the time of a load went, out of its ledger: shares of the wall time of its workers."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql

from scripts.bench.processes import Ran

ORDER = (
    *("start", "connect", "ledger", "create", "generate", "encode", "copy", "index", "attach", "commit"),
    *("gaps", "tail", "finalise", "reconcile", "exit"),
)
"""In order of time; ``start`` ends with the first shard, ``gaps`` lie between a worker's shards, ``tail`` is the wait
for the other workers' last ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """A committed shard; times are seconds since the epoch."""

    pid: int
    seconds: float
    committed: float
    phases: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What the ledger says of the only run in it."""

    shards: list[Shard]
    steps: dict[str, float]
    """Seconds of each finalising step."""
    finalised: float
    finished: float
    digests: dict[str, str]
    """By shard."""


def read(dsn: str, schema: str) -> Done:
    """Read the ledger of a fresh target."""
    with psycopg.connect(dsn) as connection:
        connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(schema)))
        shards = connection.execute(
            "SELECT shard, digest, pid, seconds, extract(epoch FROM committed)::float8, phases FROM shardgen_shards"
        ).fetchall()
        steps = connection.execute("SELECT step, seconds FROM shardgen_steps ORDER BY committed").fetchall()
        [(finished, finalised)] = connection.execute(
            "SELECT extract(epoch FROM finished)::float8,"
            " (SELECT extract(epoch FROM max(committed))::float8 FROM shardgen_steps) FROM shardgen_runs"
        ).fetchall()
    return Done(
        shards=[Shard(pid=row[2], seconds=row[3], committed=row[4], phases=row[5]) for row in shards],
        steps=dict(steps),
        finalised=finalised,
        finished=finished,
        digests={row[0]: row[1] for row in shards},
    )


def shares(done: Done, ran: Ran, *, commit: float, workers: int) -> dict[str, float]:
    """Parts of ``workers`` times the wall time, which add up to 1.

    Args:
        done: the ledger.
        ran: the process.
        commit: seconds that the workers waited for COMMIT, which the ledger cannot know.
        workers: how many there were.
    """
    first = min(shard.committed - shard.seconds for shard in done.shards)
    last = max(shard.committed for shard in done.shards)
    spent = {name: sum(shard.phases.get(name, 0.0) for shard in done.shards) for name in ORDER} | {"commit": commit}
    ends = {pid: max(shard.committed for shard in done.shards if shard.pid == pid) for pid in _workers(done)}
    spent["tail"] = sum(last - end for end in ends.values()) + (workers - len(ends)) * (last - first)
    spent["gaps"] = (last - first) * workers - sum(spent.values())
    for name, start, end in (
        ("start", ran.began, first),
        ("finalise", last, done.finalised),
        ("reconcile", done.finalised, done.finished),
        ("exit", done.finished, ran.began + ran.seconds),
    ):
        spent[name] = (end - start) * workers
    return {name: spent[name] / (workers * ran.seconds) for name in ORDER}


def _workers(done: Done) -> set[int]:
    return {shard.pid for shard in done.shards}
