"""What a load finds in its target and what it does about it, decided from the catalog and the ledger before any write.

A relation that shardgen did not create is never dropped or altered; where it does not allow the fast path, the load
goes through the parent, and the reason is kept for the report.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Final

from shardgen.database import catalog, ledger
from shardgen.database.catalog import Relation
from shardgen.database.failures import SupersededError
from shardgen.database.postgres import Connection
from shardgen.planning import Plan, Shard
from shardgen.schema import TABLES, Table

_KINDS: Final = {"v": "a view", "m": "a materialized view", "f": "a foreign table", "S": "a sequence", "i": "an index"}


class Action(enum.Enum):
    """What happens to a table when a run claims it."""

    CREATE = "create"
    USE = "use as it is"
    TRUNCATE = "truncate"
    RECREATE = "drop and create"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The fate of one table."""

    table: Table
    action: Action
    generation: int
    created: bool
    """Whether the relation is shardgen's own, once the action is done."""
    freed: int = 0
    """Bytes on disk that the action gives back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A claimed table as the workers need to know it."""

    claim: ledger.Claim
    slow: str
    """Why the table's fast path is not taken; empty where it is."""
    routed: frozenset[str]
    """Ids of shards whose rows go through the parent, because their partitions exist or may not be attached."""
    homeless: tuple[str, ...]
    """Ids of routed shards whose leaf must be created first."""
    references: frozenset[str]
    """Tables of this load that foreign keys point at: they are loaded before this one."""

    @property
    def report(self) -> str:
        """The sentence for the report: why not the fast path, and for how many shards."""
        if self.slow:
            return self.slow
        return f"{len(self.routed)} of its shards go through the parent: partitions existed" if self.routed else ""


def decide(connection: Connection, plan: Plan, *, fingerprint: str, replace: bool) -> tuple[list[Decision], list[str]]:
    """The fate of every table of a new load, and everything that stands in its way."""
    schema = plan.config.schema
    with_ledger = ledger.present(connection, schema)
    claims = ledger.claims(connection, schema) if with_ledger else {}
    runs = {run.run: run for run in ledger.runs(connection, schema)} if with_ledger else {}
    decisions, problems = [], []
    for name in plan.config.tables:
        found = catalog.relation(connection, schema, TABLES[name].relation)
        decision, problem = _decide(connection, plan, name, found, claims.get(name), runs, replace=replace)
        decisions.append(decision)
        problems += problem
    replaced = set(plan.config.tables) if replace else set()
    problems += _other_worlds(claims, runs, fingerprint, replaced)
    return decisions, problems


def check_claimed(
    connection: Connection, schema: str, claims: Sequence[ledger.Claim], rows: Mapping[str, int]
) -> list[str]:
    """What happened to claimed tables behind the ledger's back since; ``rows`` is what the ledger has by table."""
    problems = []
    for claim in claims:
        found = catalog.relation(connection, schema, claim.relation)
        if found is None:
            problems.append(f"relation={claim.relation} was dropped behind the ledger's back: {_START_OVER}")
        elif found.oid != claim.oid:
            problems.append(f"relation={claim.relation} was dropped and recreated or restored: {_START_OVER}")
        elif rows.get(claim.target) and not catalog.holds_rows(connection, schema, claim.relation):
            problems.append(
                f"relation={claim.relation} is empty but the ledger has rows={rows[claim.target]}: it was truncated: "
                f"{_START_OVER}"
            )
    return problems


_START_OVER: Final = "start it over with --if-exists replace"


def read(
    connection: Connection, plan: Plan, claims: Mapping[str, ledger.Claim], done: frozenset[str]
) -> tuple[Target, ...]:
    """The claimed tables as they are now; ``done`` are the ids of committed shards."""
    by_oid = {claims[name].oid: name for name in plan.config.tables}
    return tuple(_target(connection, plan, claims[name], by_oid, done) for name in plan.config.tables)


def waves(targets: Sequence[Target]) -> list[frozenset[str]]:
    """Tables in the order that foreign keys ask for: each wave refers only to the waves before it."""
    waiting = {target.claim.target: target.references for target in targets}
    result: list[frozenset[str]] = []
    while waiting:
        free = frozenset(name for name, needed in waiting.items() if not needed & waiting.keys())
        result.append(free or frozenset(waiting))  # a cycle of foreign keys cannot be ordered
        waiting = {name: needed for name, needed in waiting.items() if name not in result[-1]}
    return result


def column_problems(table: Table, found: Relation) -> list[str]:
    """Columns of ours that a relation lacks or has in another type, and columns of its own that need a value."""
    have = {column.name: column for column in found.columns}
    problems = []
    for column in table.columns:
        there = have.get(column.name)
        if there is None:
            problems.append(f"column={table.relation}.{column.name} is missing: add it as {column.type}")
        elif there.generated:
            problems.append(f"column={table.relation}.{column.name} is generated: it cannot be loaded")
        elif not catalog.compatible(column.type, there.type):
            problems.append(f"column={table.relation}.{column.name} is {there.type}: it must be {column.type}")
    ours = {column.name for column in table.columns}
    problems += [
        f"column={table.relation}.{column.name} is not null without a default, and shardgen has no value for it"
        for column in found.columns
        if column.required and not column.generated and column.name not in ours
    ]
    return problems


def _decide(
    connection: Connection,
    plan: Plan,
    name: str,
    found: Relation | None,
    claim: ledger.Claim | None,
    runs: Mapping[int, ledger.Run],
    *,
    replace: bool,
) -> tuple[Decision, list[str]]:
    table = TABLES[name]
    ours = claim is not None and found is not None and claim.oid == found.oid
    created = claim is not None and ours and claim.created
    generation = claim.generation + 1 if claim else 1

    def fate(action: Action, *, own: bool) -> Decision:
        emptied = found is not None and action in (Action.RECREATE, Action.TRUNCATE)
        freed = catalog.size(connection, found.oid) if emptied and found else 0
        return Decision(table=table, action=action, generation=generation, created=own, freed=freed)

    if claim and not replace and (held := _held(claim, runs, table.relation)):
        return fate(Action.USE, own=created), [held]
    if found is None:
        return fate(Action.CREATE, own=True), _leaf_names(connection, plan, name, frozenset())
    if replace and created:
        return fate(Action.RECREATE, own=True), []
    problems = relation_problems(table, found)
    filled = (
        found.kind in "rp" and found.writable and catalog.holds_rows(connection, plan.config.schema, table.relation)
    )
    if filled and not replace:
        owner = f"rows of the finished run={claim.run}" if claim and ours else "rows that shardgen did not load"
        problems.append(f"relation={table.relation} holds {owner}: use --if-exists replace, or another --schema")
    problems += _partition_problems(connection, plan, name, found)
    return fate(Action.TRUNCATE if filled else Action.USE, own=created), problems


def _held(claim: ledger.Claim, runs: Mapping[int, ledger.Run], relation: str) -> str:
    run = runs[claim.run]
    if run.state not in ledger.OPEN_STATES:
        return ""
    return f"relation={relation} belongs to the unfinished run={run.run}: use --resume, or --if-exists replace"


def relation_problems(table: Table, found: Relation) -> list[str]:
    """Why a relation cannot be loaded at all."""
    name = f"relation={table.relation}"
    if found.kind not in "rp":
        return [f"{name} is {_KINDS.get(found.kind, 'not a table')}: rename it or use another --schema"]
    problems = column_problems(table, found)
    if not found.writable:
        problems.append(f"{name} lacks INSERT or SELECT for this role: grant both")
    if found.row_security:
        problems.append(f"{name} has row-level security for this role: use a role with BYPASSRLS or disable it")
    if not found.logged:
        problems.append(f"{name} is UNLOGGED, so a crash would empty it: ALTER TABLE ... SET LOGGED")
    return problems


def _other_worlds(
    claims: Mapping[str, ledger.Claim], runs: Mapping[int, ledger.Run], fingerprint: str, replaced: set[str]
) -> list[str]:
    others = sorted(
        claim.target
        for claim in claims.values()
        if claim.target not in replaced and runs[claim.run].fingerprint != fingerprint
    )
    if not others:
        return []
    text = (
        f"tables={','.join(others)} hold another world (seed, volumes, epoch, horizon, vocabulary or data version "
        "differ): a schema holds one world; use another --schema, or --if-exists replace for all of them"
    )
    return [text]


def _leaf_names(connection: Connection, plan: Plan, name: str, known: frozenset[str]) -> list[str]:
    return [
        f"relation={shard.leaf.name} is in the way of a partition of {TABLES[name].relation}: rename or drop it"
        for shard in plan.of(name)
        if shard.leaf
        and shard.leaf.name not in known
        and catalog.kind(connection, plan.config.schema, shard.leaf.name) is not None
    ]


def _partition_problems(connection: Connection, plan: Plan, name: str, found: Relation) -> list[str]:
    if found.kind != "p" or found.default_partition or not TABLES[name].partitioned:
        return []
    partial = [shard.id for shard in plan.of(name) if _coverage(found, shard) == _PARTLY]
    problems = [
        f"partitions of {TABLES[name].relation} cover only part of shard={each}: add the rest" for each in partial
    ]
    return problems + _leaf_names(connection, plan, name, frozenset(part.name for part in found.partitions))


_FREE, _PARTLY, _WHOLLY = 0, 1, 2


def _coverage(found: Relation, shard: Shard) -> int:
    """How much of a shard's range the partitions of its parent cover."""
    if shard.leaf is None or any(part.lower is None for part in found.partitions):
        return _WHOLLY  # cannot be told: COPY will
    start, stop = (
        datetime.combine(day, time(), UTC).replace(tzinfo=None) for day in (shard.leaf.lower, shard.leaf.upper)
    )
    overlaps = sorted(
        (part.lower, part.upper)
        for part in found.partitions
        if part.lower and part.upper and part.lower < stop and start < part.upper
    )
    if not overlaps:
        return _FREE
    for lower, upper in overlaps:
        if lower > start:
            return _PARTLY
        start = upper
    return _WHOLLY if start >= stop else _PARTLY


def _target(
    connection: Connection, plan: Plan, claim: ledger.Claim, by_oid: Mapping[int, str], done: frozenset[str]
) -> Target:
    table = TABLES[claim.target]
    found = catalog.relation(connection, plan.config.schema, claim.relation)
    if found is None:
        raise SupersededError(f"relation={claim.relation} was dropped: {_START_OVER}")
    pending = [shard for shard in plan.of(claim.target) if shard.id not in done]
    slow = _slow(table, found, created=claim.created)
    routed: frozenset[str] = frozenset()
    homeless: tuple[str, ...] = ()
    if table.partitioned and found.kind == "p" and not found.default_partition:
        free = [shard.id for shard in pending if _coverage(found, shard) == _FREE]
        homeless = tuple(free) if slow else ()
        routed = frozenset(shard.id for shard in pending) - (frozenset() if slow else frozenset(free))
    elif slow:
        routed = frozenset(shard.id for shard in pending)
    return Target(
        claim=claim,
        slow=slow,
        routed=routed,
        homeless=homeless,
        references=frozenset(by_oid[oid] for oid in found.references if oid in by_oid),
    )


def _slow(table: Table, found: Relation, *, created: bool) -> str:
    if not table.partitioned:
        if found.secondary_indexes and not created:
            return f"its {found.secondary_indexes} secondary indexes existed and are kept during COPY"
        return ""
    if found.kind == "r":
        return "it is not partitioned: rows are copied into the table itself"
    if found.partition_by != (table.partition_by,):
        return f"it is not partitioned by range of {table.partition_by}: rows go through the parent"
    for obstacle, present in (
        ("it has a DEFAULT partition", found.default_partition),
        ("it has foreign keys", bool(found.references) or found.referenced),
        (f"it has triggers ({', '.join(found.triggers)})", bool(found.triggers)),
        ("it is not owned by this role", not found.owned),
    ):
        if present:
            return f"{obstacle}: rows go through the parent"
    return ""
