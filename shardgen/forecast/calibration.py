"""How fast this machine builds rows and a target takes them: measured in about a second, on some rows of each table.

What is built is what a load would build first; what the target takes is rolled back.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from shardgen.columns.batch import Batches
from shardgen.model.plan import Plan, Shard
from shardgen.stores.copy import BUFFER_ROWS, Encoder
from shardgen.stores.trials import Trial, Trials
from shardgen.tables import dataset, table_of
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan

BATCH_ROWS = 4_096
"""Half of a load's, to be done sooner. Two batches are built: the first one warms what a process keeps, the second one
is timed."""
TRIALS = 2
"""How often the target takes a batch. The mean counts, by the clock: who else is at work now slows a load as well."""
LEAST_BUFFERS, MORE_BUFFERS = 8, 40
"""Buffers of the encoder, of 512 rows each, that the target takes of a table at a time; and how many more it takes of
one that is all of the load: what costs most is measured best."""
COUNTED_ROWS: Final = 100_000
"""Rows of a shard that is counted before its first row from which a thinner world is measured: half a second of
counting, where a day of --scale 10000 takes a minute. It is counted in proportion to its rows."""
LOGGED = 1.45
"""What COPY takes when it writes WAL, over a temporary table, which writes none: 5.3 and 3.6 us of server CPU a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What the rows of one table cost."""

    rows: int
    """That were built."""
    tried: int
    """Of these, what the target took."""
    start: float
    """Seconds that a process needs before its first row: words, catalogue, stock."""
    build: float
    """Seconds a row, built and encoded, and its share of what is counted before a shard's first row."""
    copy: float
    """Seconds a row, for the target; 0 where none was asked."""
    index: float
    """Seconds a row for the indexes that come after the rows, for the target, at ``tried`` rows."""

    def index_at(self, rows: int) -> float:
        """Seconds a row for the indexes of a relation with so many rows: sorting grows by the logarithm."""
        return self.index * max(1.0, math.log2(rows + 2) / math.log2(self.tried + 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What was measured."""

    paces: Mapping[str, Pace]
    """By table; none of a table without a row."""
    rows: int
    """That were built."""
    tried: int
    """Of these, what the target took."""
    seconds: float
    """That it took."""


def calibrate(plan: Plan, trials: Trials | None) -> Calibration:
    """Measure every table of a plan.

    Args:
        plan: what is to be loaded.
        trials: lets the target take rows; without it only building is measured.

    Raises:
        psycopg.Error: the target does not take rows into a temporary table.
    """
    begun = time.perf_counter()
    paces = {table: _pace(plan, table, trials) for table in plan.config.tables if plan.rows(table)}
    return Calibration(
        paces=paces,
        rows=sum(pace.rows for pace in paces.values()),
        tried=sum(pace.tried for pace in paces.values()) if trials is not None else 0,
        seconds=time.perf_counter() - begun,
    )


def _pace(plan: Plan, table: str, trials: Trials | None) -> Pace:
    logged = trials is not None and trials.logged
    kept = _buffers(plan, table)
    plan = _thinned(plan, table)
    by_size = sorted(plan.of(table), key=lambda shard: (shard.rows, shard.id))
    warming = (
        _built(plan, by_size[0], count=1, kept=0)[0].seconds
        if dataset(plan.config.dataset)[table].counts_first
        else None
    )
    first, *more = _built(plan, by_size[-1], count=2, kept=kept)
    timed = more[0] if more else first
    each = timed.seconds / max(1, timed.rows)
    before = max(0.0, first.seconds - first.rows * each)
    taken, tried = _taken(plan, table, trials, timed), max(1, timed.tried)
    return Pace(
        rows=timed.rows,
        tried=timed.tried,
        start=before if warming is None else warming,
        build=each if warming is None else each + before / max(1, by_size[-1].rows),
        copy=taken.copy
        / tried
        * (LOGGED if logged or not dataset(plan.config.dataset)[table].table.partitioned else 1.0),
        index=taken.index / tried,
    )


def _thinned(plan: Plan, table: str) -> Plan:
    """The plan itself, or one of a world with so many fewer orders that a shard is soon counted."""
    most = max(shard.rows * (shard.leaf.shards if shard.leaf else 1) for shard in plan.of(table))  # a leaf is counted
    if not dataset(plan.config.dataset)[table].counts_first or most <= COUNTED_ROWS:
        return plan
    world, thinner = plan.config.world, COUNTED_ROWS / most
    fewer = {name: math.ceil(getattr(world, name) * thinner) for name in ("customers", "orders", "sessions")}
    return build_plan(replace(plan.config, world=replace(world, **fewer), tables=(table,)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Built:
    rows: int
    seconds: float
    encoded: tuple[bytes, ...]
    """The first buffers."""

    @property
    def tried(self) -> int:
        """Rows in these."""
        return min(self.rows, len(self.encoded) * BUFFER_ROWS)


def _buffers(plan: Plan, table: str) -> int:
    whole = sum(shard.bytes for shard in plan.shards)
    return LEAST_BUFFERS + round(MORE_BUFFERS * sum(shard.bytes for shard in plan.of(table)) / whole)


def _built(plan: Plan, shard: Shard, *, count: int, kept: int) -> list[_Built]:
    """The first batches of a shard, or as many as there are; an empty one of a shard without rows."""
    encoder = Encoder(table_of(plan.config, shard.table))
    found: list[_Built] = []
    made: Iterator[Batches] = iter(())
    for _ in range(count):
        begun = time.perf_counter()
        if not found:
            made = Feed(plan.config).batches(shard, BATCH_ROWS)
        if (batch := next(made, None)) is None:
            break
        encoded = [bytes(rows) for rows in encoder.rows(batch)]
        seconds = time.perf_counter() - begun
        found.append(_Built(rows=batch.num_rows, seconds=seconds, encoded=tuple(encoded[:kept])))
    return found or [_Built(rows=0, seconds=0.0, encoded=())]


def _taken(plan: Plan, table: str, trials: Trials | None, batch: _Built) -> Trial:
    if trials is None or not batch.rows:
        return Trial(copy=0.0, index=0.0)
    wanted = table_of(plan.config, table)
    indexes = wanted.indexes_for(plan.config.indexes)
    stream = [Encoder.header, *batch.encoded, Encoder.trailer]
    tried = [trials.take(wanted, indexes, stream) for _ in range(TRIALS)]
    return Trial(copy=sum(each.copy for each in tried) / TRIALS, index=sum(each.index for each in tried) / TRIALS)
