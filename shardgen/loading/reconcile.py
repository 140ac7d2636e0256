"""Plan, ledger and tables must tell the same story before a load is called done; the report is made from that.

The plan says which shards there are and, for arrivals, how many rows; the ledger what was committed; ``count(*)`` what
is there, leaf by leaf, so that no statement locks a whole table's partitions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from shardgen.model.figures import count, plural, size
from shardgen.model.notebook import html_table
from shardgen.model.plan import Plan, Shard
from shardgen.stores.postgres import ledger
from shardgen.stores.postgres.census import Counted
from shardgen.stores.postgres.claimed_tables import ClaimedTable
from shardgen.stores.postgres.routes import Route


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
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

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    def _repr_html_(self) -> str:
        """As a notebook shows it."""
        return html_table(
            f"run {self.run} into schema {self.schema}: {self.seconds:,.1f} s, "
            f"{count(self.rows_per_second)} rows/s with {plural(self.workers, 'worker')}",
            ("table", "rows", "COPY", "on disk", "shards"),
            [(each.relation, *_figures(each)) for each in self.tables],
            below="; ".join(self.differences) or "plan, ledger and count(*) agree for every table",
        )


def _figures(table: TableReport) -> tuple[str, str, str, str]:
    return count(table.counted), size(table.bytes), size(table.size), count(table.shards)


def reconcile(
    plan: Plan, targets: Sequence[ClaimedTable], done: Iterable[ledger.ShardRow], counted: Mapping[str, Counted]
) -> tuple[tuple[TableReport, ...], tuple[str, ...]]:
    """The report of every table, and every disagreement in a sentence."""
    by_table: dict[str, list[ledger.ShardRow]] = {target.claim.target: [] for target in targets}
    for row in done:
        by_table.setdefault(row.target, []).append(row)
    reports, differences = [], []
    for target in targets:
        name = target.claim.target
        shards, rows = plan.of(name), by_table[name]
        report = _report(target, shards, rows, counted[name])
        reports.append(report)
        differences += _differences(report, shards, rows)
        if not target.claim.others:
            apart = [row for row in rows if ledger.in_leaf(target.claim, row)]
            differences += _leaf_differences(name, shards, apart, counted[name])
    return tuple(reports), tuple(differences)


def _report(
    target: ClaimedTable, shards: Sequence[Shard], rows: Sequence[ledger.ShardRow], counted: Counted
) -> TableReport:
    return TableReport(
        table=target.claim.target,
        relation=target.claim.relation,
        planned=sum(shard.rows for shard in shards),
        exact=all(shard.exact for shard in shards),
        ledger=sum(row.rows for row in rows),
        counted=_own(target.claim, rows, counted),
        skipped=sum(row.skipped for row in rows),
        others=target.claim.others,
        shards=len(rows),
        bytes=sum(row.bytes for row in rows),
        seconds=round(sum(row.seconds for row in rows), 3),
        size=counted.size,
        fast_path=_path(target.route, rows),
    )


def _own(claim: ledger.Claim, rows: Sequence[ledger.ShardRow], counted: Counted) -> int:
    """Rows of the run itself: all, or where others were kept, what has been added since within its range of keys.

    Rows of others that came after the claim, and for which ours were skipped, are not taken for ours.
    """
    if counted.within is None:
        return counted.total
    added, recorded, skipped = counted.within - claim.others_within, *_sums(rows)
    return added - min(max(0, added - recorded), skipped)


def _sums(rows: Sequence[ledger.ShardRow]) -> tuple[int, int]:
    """Rows in the table and rows skipped, by the ledger."""
    return sum(row.rows for row in rows), sum(row.skipped for row in rows)


def _differences(report: TableReport, shards: Sequence[Shard], rows: Sequence[ledger.ShardRow]) -> list[str]:
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


def _path(route: Route, rows: Sequence[ledger.ShardRow]) -> str:
    """Why the fast path was not taken, for all shards or for those whose leaves could not be attached after all."""
    refused = sum(row.shard in route.attached and "attach" not in row.phases for row in rows)
    told = f"{refused} of its shards went through the parent: their partitions could not be attached" if refused else ""
    return "; ".join(part for part in (route.report, told) if part)


def _leaf_differences(
    table: str, shards: Sequence[Shard], rows: Sequence[ledger.ShardRow], counted: Counted
) -> list[str]:
    recorded = {row.shard: row.rows for row in rows}
    return [
        f"table={table}: leaf={shard.leaf.name} holds {plural(counted.rows[shard.leaf.name], 'row')}, "
        f"ledger={recorded[shard.id]}"
        for shard in shards
        if shard.leaf
        and shard.id in recorded
        and shard.leaf.name in counted.rows
        and counted.rows[shard.leaf.name] != recorded[shard.id]
    ]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def phases(rows: Iterable[ledger.ShardRow]) -> dict[str, float]:
    """Seconds by phase, summed over shards."""
    total: dict[str, float] = {}
    for row in rows:
        for name, seconds in row.phases.items():
            total[name] = total.get(name, 0.0) + seconds
    return {name: round(seconds, 3) for name, seconds in total.items()}
