"""What a load will do, told before it is done: rows, bytes, shards, time, and what its target says to it.

Sizes come from ``sizing``, time from a ``calibration``; the answer says how each of them was found.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from shardgen.errors import TargetError
from shardgen.forecast.calibration import Calibration, Pace, calibrate
from shardgen.machine import processors
from shardgen.model.figures import plural
from shardgen.model.plan import Plan, Shard
from shardgen.stores import Store
from shardgen.stores.findings import Findings
from shardgen.tables import dataset
from shardgen.tables.answers import plan_of
from shardgen.tables.planning import build_plan
from shardgen.tables.sizing import Size, sizes

SHARD_SECONDS = 0.05
"""Of the database for a shard beside its rows: its place in the ledger, CREATE, ATTACH and COMMIT of a leaf."""
FINISHING = 0.08
"""Time that indexes of plain tables, ANALYZE and counting take beside that of the shards: 0.07 to 0.10 on the embedded
server; for those who tell how long a load will take."""
STARTING = 0.6
"""Seconds for the claim, worker processes and all else that a load of nothing takes beside planning and preflight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableForecast:
    """One table."""

    table: str
    rows: int
    exact: bool
    """Whether ``rows`` is a promise; otherwise it is an estimate, within 2 %."""
    bytes: int
    """COPY bytes."""
    heap: int
    """Bytes on disk, free space map and visibility map included."""
    toast: int
    indexes: int
    disk: int
    """The three together: what pg_total_relation_size will tell."""
    shards: int
    partitions: int
    """0 for a plain table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """How long it will take, as far as a calibration tells."""

    seconds: float
    """All of it, by the clock."""
    building: float
    """Seconds of the workers."""
    database: float
    """Seconds of the server."""
    workers: int
    cpus: int
    """Of this machine."""
    local: bool
    """Whether the server has to do with the same CPUs."""
    how: str
    """How it was got, in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """A plan, and what will come of it."""

    plan: Plan
    tables: tuple[TableForecast, ...]
    duration: Duration | None
    """None where no target could be asked."""
    findings: Findings | None
    """What preflight says; None where no target could be asked."""
    target: str
    """The target, without its password."""
    unasked: str
    """Why no target could be asked, or nothing."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "plan": self.plan.config.to_json(),
            "tables": [asdict(table) for table in self.tables],
            "total": {
                name: sum(getattr(table, name) for table in self.tables)
                for name in ("rows", "bytes", "heap", "toast", "indexes", "disk", "shards", "partitions")
            },
            "duration": asdict(self.duration) if self.duration else None,
            "target": self.target,
            "unasked": self.unasked,
            "preflight": _findings(self.findings) if self.findings else None,
        }


def tables_of(plan: Plan) -> tuple[TableForecast, ...]:
    """What will become of each table, and of the answer key where it is loaded beside them."""
    found = tuple(_table(plan, table, size) for table, size in sizes(plan).items())
    return (*found, *(tables_of(build_plan(plan_of(plan.config))) if plan.config.answers else ()))


def _table(plan: Plan, table: str, size: Size) -> TableForecast:
    shards = plan.of(table)
    return TableForecast(
        table=table,
        rows=sum(shard.rows for shard in shards),
        exact=all(shard.exact for shard in shards),
        bytes=sum(shard.bytes for shard in shards),
        heap=size.heap,
        toast=size.toast,
        indexes=size.indexes,
        disk=size.total,
        shards=len(shards),
        partitions=len(plan.leaves(table)),
    )


def measured(plan: Plan, store: Store, *, before: float, workers: int) -> tuple[Duration | None, str]:
    """The time that a load into a store would take, or why that cannot be told; the store takes some rows on trial.

    Args:
        plan: what is to be loaded.
        store: where.
        before: seconds that planning and preflight take.
        workers: of the load.
    """
    try:
        found, local = store.tried(lambda trials: (calibrate(plan, trials), trials.local))
    except TargetError as error:
        return None, f"the target takes no rows on trial: {error}"
    return duration_of(plan, found, before=before, workers=workers, cpus=processors.cpus(), local=local), ""


def duration_of(plan: Plan, measured: Calibration, *, before: float, workers: int, cpus: int, local: bool) -> Duration:
    """How long a load of a plan will take.

    A worker builds rows and waits for the database in turn, so its shards take the sum of both. Workers and a server
    on the same machine share its CPUs; of another server it is assumed that it has a CPU for each worker.

    Args:
        plan: what is to be loaded.
        measured: what a row costs.
        before: seconds that planning and preflight take.
        workers: worker processes.
        cpus: of this machine.
        local: whether the server has to do with the same CPUs.
    """
    paces = measured.paces
    building = sum(shard.rows * paces[shard.table].build for shard in plan.shards if shard.table in paces)
    asked = [(shard, paces[shard.table]) for shard in plan.shards if shard.table in paces]
    database = sum(_database(shard, pace) for shard, pace in asked)
    hands = max(1, min(workers, len(plan.shards)))
    slots = min(hands, cpus) if local else hands
    costs = sorted((shard.rows * pace.build + _database(shard, pace) for shard, pace in asked), reverse=True)
    loading = max(_makespan(costs, slots), building / min(hands, cpus))
    if dirt := plan.config.dirt if plan.config.answers else None:  # its rows are made anew for the key
        again = [shard.rows * pace.build + SHARD_SECONDS for shard, pace in asked if shard.table in dirt.tables]
        loading += _makespan(sorted(again, reverse=True), slots)
        building += sum(again)
    starting = sum(pace.start for pace in paces.values()) * hands / min(hands, cpus)
    late = _late(plan, paces) / slots
    return Duration(
        seconds=before + STARTING + starting + (loading + late) * (1 + FINISHING),
        building=building + starting * min(hands, cpus),
        database=database + late * slots,
        workers=workers,
        cpus=cpus,
        local=local,
        how=_how(measured),
    )


def _database(shard: Shard, pace: Pace) -> float:
    """Seconds of the server for a shard; indexes of a plain table come later."""
    index = pace.index_at(shard.rows) if shard.leaf else 0.0
    return SHARD_SECONDS + shard.rows * (pace.copy + index)


def _late(plan: Plan, paces: Mapping[str, Pace]) -> float:
    """Seconds of the server for the indexes of plain tables."""
    plain = [table for table in paces if not dataset(plan.config.dataset)[table].table.partitioned]
    return sum(plan.rows(table) * paces[table].index_at(plan.rows(table)) for table in plain)


def _makespan(costs: Iterable[float], slots: int) -> float:
    """When the last of so many hands is done, if each takes the next piece of work as soon as it is free."""
    free = [0.0] * slots
    for cost in costs:
        heapq.heapreplace(free, free[0] + cost)
    return max(free)


def _how(measured: Calibration) -> str:
    return (
        f"{plural(measured.rows, 'row')} built and {measured.tried:,} of them copied into temporary tables, indexed "
        f"and rolled back, in {measured.seconds:.1f} s"
    )


def _findings(findings: Findings) -> dict[str, Any]:
    facts = asdict(findings.facts)
    return {
        "problems": list(map(str, findings.problems)),
        "notices": list(findings.notices),
        "fates": dict(findings.fates),
        "facts": facts | {"today": findings.facts.today.isoformat()},
    }
