"""The tables that a run has claimed, as they are now: how they are filled, in which order, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from shardgen.errors import Problem, Text, Use
from shardgen.model.plan import Plan
from shardgen.stores.failures import SupersededError
from shardgen.stores.postgres import catalog, restored, routes
from shardgen.stores.postgres.catalog import Relation
from shardgen.stores.postgres.fitting import LOG_IT
from shardgen.stores.postgres.ledger import Claim, ShardRow
from shardgen.stores.postgres.postgres import Connection
from shardgen.stores.postgres.routes import Route
from shardgen.tables import table_of

_START_OVER: Final = Text("start it over with ", Use("if_exists", "replace"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedTable:
    """A claimed table as the workers need to know it."""

    claim: Claim
    route: Route
    references: frozenset[str]
    """Tables of this load that foreign keys point at: they are loaded before this one."""


def read(
    connection: Connection, plan: Plan, claims: Mapping[str, Claim], done: frozenset[str]
) -> tuple[ClaimedTable, ...]:
    """The claimed tables as they are now; ``done`` are the ids of committed shards."""
    ours = [claims[name] for name in plan.config.tables]
    by_oid = {claim.oid: claim.target for claim in ours}
    there = catalog.relations(connection, plan.config.schema, [claim.relation for claim in ours])
    return tuple(_read(connection, plan, claim, there.get(claim.relation), by_oid, done) for claim in ours)


def _read(
    connection: Connection,
    plan: Plan,
    claim: Claim,
    found: Relation | None,
    by_oid: Mapping[int, str],
    done: frozenset[str],
) -> ClaimedTable:
    table = table_of(plan.config, claim.target)
    if found is None:
        raise SupersededError(f"relation={claim.relation} was dropped: {_START_OVER}")
    found = replace(found, own_leaves=claim.waiting)
    pending = [shard for shard in plan.of(claim.target) if shard.id not in done]
    return ClaimedTable(
        claim=claim,
        route=routes.route(connection, plan.config.schema, table, found, pending, created=claim.created),
        references=frozenset(by_oid[oid] for oid in found.references if oid in by_oid),
    )


def waves(tables: Sequence[ClaimedTable]) -> list[frozenset[str]]:
    """Tables in the order that foreign keys ask for: each wave refers only to the waves before it."""
    waiting = {each.claim.target: each.references for each in tables}
    result: list[frozenset[str]] = []
    while waiting:
        free = frozenset(name for name, needed in waiting.items() if not needed & waiting.keys())
        result.append(free or frozenset(waiting))  # a cycle of foreign keys cannot be ordered
        waiting = {name: needed for name, needed in waiting.items() if name not in result[-1]}
    return result


def problems(connection: Connection, plan: Plan, claims: Sequence[Claim], done: Sequence[ShardRow]) -> list[Problem]:
    """What happened to claimed tables behind the ledger's back since; ``done`` are its committed shards."""
    found = []
    for claim in claims:
        rows = {row.shard: row.rows for row in done if row.target == claim.target}
        relation = catalog.relation(connection, plan.config.schema, claim.relation)
        text, remedy = _changed(connection, plan.config.schema, claim, relation, sum(rows.values()))
        if text:
            found.append(Problem(relation=claim.relation, text=text, remedy=remedy))
        elif claim.created:
            found += _lost_leaves(connection, plan, claim, rows)
    return found


def _changed(
    connection: Connection, schema: str, claim: Claim, found: Relation | None, rows: int
) -> tuple[str, str | Text]:
    """What happened to a claimed table that should hold so many rows, and the remedy; empty where nothing did."""
    if found is None:
        return "was dropped behind the ledger's back", _START_OVER
    if claim.oid == restored.UNKNOWN:
        text = f"was restored without all of the rows={rows} that the ledger has"
        return text, Text("restore the rest, or ", _START_OVER)
    if found.oid != claim.oid:
        return "was dropped and recreated or restored", _START_OVER
    if not found.logged:
        return "was made UNLOGGED, so a crash would empty it", LOG_IT
    if rows and not catalog.holds_rows(connection, schema, claim.relation):
        return f"is empty but the ledger has rows={rows}: it was truncated", _START_OVER
    return "", ""


def _lost_leaves(connection: Connection, plan: Plan, claim: Claim, rows: Mapping[str, int]) -> list[Problem]:
    """Partitions of a table of our own that should hold a committed shard and do not."""
    there = {name for _, _, name in catalog.leaves(connection, claim.oid)}
    found = []
    for shard in plan.of(claim.target):
        if shard.leaf is None or not rows.get(shard.id):
            continue
        held = f"held rows={rows[shard.id]} of shard={shard.id}"
        if shard.leaf.name not in there:
            text = f"{held} and is no partition of {claim.relation} any more"
        elif not catalog.holds_rows(connection, plan.config.schema, shard.leaf.name):
            text = f"{held} and is empty"
        else:
            continue
        found.append(Problem(relation=shard.leaf.name, text=text, remedy=_START_OVER))
    return found
