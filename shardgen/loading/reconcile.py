"""Plan, ledger and tables must tell the same story before a load is called done; the report is made from that.

The plan says which shards there are and, for arrivals, how many rows; the ledger what was committed; ``count(*)`` what
is there, leaf by leaf, so that no statement locks a whole table's partitions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from shardgen.events import StepDone, StepStarted
from shardgen.model.figures import count, plural, size
from shardgen.model.notebook import html_table
from shardgen.model.plan import Plan, Shard
from shardgen.stores import Run, Show
from shardgen.stores.told import Counted, Written


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReport:
    """One table: planned, recorded and found."""

    table: str
    relation: str
    planned: int
    """Rows by the plan."""
    exact: bool
    """Whether ``planned`` is a promise; otherwise an estimate, and ledger and count alone must agree."""
    ledger: int
    """Rows by the ledger."""
    counted: int
    """Rows of the run by count(*)."""
    shards: int
    """Committed shards."""
    bytes: int
    """COPY bytes of all shards."""
    seconds: float
    """Summed over the shards."""
    size: int
    """Bytes on disk: pg_total_relation_size, partitions included."""
    fast_path: str
    """Empty where it was taken, or why it was not."""
    skipped: int = 0
    """Rows that were built and not inserted, because rows with their keys were there."""
    others: int = 0
    """Rows that were there before, and were kept."""
    updated: int = 0
    """Rows that a window has changed."""
    deleted: int = 0
    """Rows that a window has taken away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What a load did, after reconciliation."""

    run: int
    schema: str
    target: str
    """Connection string, without its password."""
    ok: bool
    tables: tuple[TableReport, ...]
    seconds: float
    """Wall time of this session, from claim to reconciliation."""
    rows_per_second: float
    """Rows committed by this session over its seconds."""
    phases: dict[str, float]
    """Seconds by phase, summed over all shards."""
    retries: int
    """In this session."""
    differences: tuple[str, ...]
    """Sentences; empty if all agree."""
    resumed: bool
    workers: int
    plan: dict[str, Any]
    """PlanConfig.to_json()."""

    @property
    def where(self) -> str:
        """What was filled."""
        return f"schema {self.schema}" if self.schema else self.target

    @property
    def witnesses(self) -> str:
        """What has to agree."""
        return "plan, ledger and count(*)" if self.schema else "plan, ledger and files"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    def _repr_html_(self) -> str:
        """As a notebook shows it."""
        return html_table(
            f"run {self.run} into {self.where}: {self.seconds:,.1f} s, "
            f"{count(self.rows_per_second)} rows/s with {plural(self.workers, 'worker')}",
            ("table", "rows", "COPY", "on disk", "shards"),
            [(each.relation, *_figures(each)) for each in self.tables],
            below="; ".join(self.differences) or f"{self.witnesses} agree for every table",
        )


def _figures(table: TableReport) -> tuple[str, str, str, str]:
    return count(table.counted), size(table.bytes), size(table.size), count(table.shards)


def count_tables(run: Run, *, check: Callable[[], None], clock: Callable[[], float], show: Show) -> dict[str, Counted]:
    """What is there of every table of a run.

    Args:
        run: whose tables.
        check: called before each; raises where the load is to end.
        clock: tells seconds.
        show: takes the events.
    """
    found = {}
    for table in run.plan.config.tables:
        check()
        step, start = f"count {run.relations[table]}", clock()
        show(StepStarted(step=step))
        found[table] = run.count(table)
        show(StepDone(step=step, seconds=round(clock() - start, 3)))
    return found


def reconcile(
    plan: Plan, done: Iterable[Written], counted: Mapping[str, Counted]
) -> tuple[tuple[TableReport, ...], tuple[str, ...]]:
    """The report of every table, and every disagreement in a sentence."""
    by_table: dict[str, list[Written]] = {name: [] for name in counted}
    for each in done:
        by_table.setdefault(each.table, []).append(each)
    reports, differences = [], []
    for name, found in counted.items():
        shards, rows = plan.of(name), by_table[name]
        report = _report(name, shards, rows, found)
        reports.append(report)
        differences += [*_differences(report, shards, rows), *_apart_differences(name, shards, rows, found)]
    return tuple(reports), tuple(differences)


def _report(name: str, shards: Sequence[Shard], rows: Sequence[Written], found: Counted) -> TableReport:
    return TableReport(
        table=name,
        relation=found.relation,
        planned=sum(shard.rows for shard in shards),
        exact=all(shard.exact for shard in shards),
        ledger=sum(row.rows for row in rows),
        counted=found.rows,
        skipped=sum(row.skipped for row in rows),
        others=found.others,
        updated=sum(row.updated for row in rows),
        deleted=sum(row.deleted for row in rows),
        shards=len(rows),
        bytes=sum(row.bytes for row in rows),
        seconds=round(sum(row.seconds for row in rows), 3),
        size=found.size,
        fast_path=found.slow,
    )


def _differences(report: TableReport, shards: Sequence[Shard], rows: Sequence[Written]) -> list[str]:
    planned, recorded = {shard.id for shard in shards}, {row.shard for row in rows}
    found = []
    if missing := sorted(planned - recorded):
        found.append(f"table={report.table}: shards planned but not in the ledger: {_some(missing)}")
    if extra := sorted(recorded - planned):
        found.append(f"table={report.table}: shards in the ledger but not planned: {_some(extra)}")
    if report.exact and report.planned != report.ledger + report.skipped:
        skipped = f" and {report.skipped} skipped" if report.skipped else ""
        found.append(f"table={report.table}: planned={report.planned} and ledger={report.ledger}{skipped} rows")
    if report.ledger != report.counted:
        found.append(f"table={report.table}: ledger={report.ledger} and counted={report.counted} rows")
    return found


def _apart_differences(table: str, shards: Sequence[Shard], rows: Sequence[Written], found: Counted) -> list[str]:
    recorded = {row.shard: row.rows for row in rows}
    return [
        f"table={table}: leaf={shard.leaf.name} holds {plural(found.apart[shard.id], 'row')}, "
        f"ledger={recorded[shard.id]}"
        for shard in shards
        if shard.leaf and shard.id in recorded and found.apart.get(shard.id, recorded[shard.id]) != recorded[shard.id]
    ]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def phases(rows: Iterable[Written]) -> dict[str, float]:
    """Seconds by phase, summed over shards."""
    total: dict[str, float] = {}
    for row in rows:
        for name, seconds in row.phases.items():
            total[name] = total.get(name, 0.0) + seconds
    return {name: round(seconds, 3) for name, seconds in total.items()}
