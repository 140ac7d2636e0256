"""What a load finds in its target and what it does about it, decided from the catalog and the ledger before any write.

A relation that shardgen did not create is never dropped or altered; how rows get into it, ``routes`` decides.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from shardgen.model.config import PlanConfig
from shardgen.model.plan import Plan
from shardgen.model.table import Column, Table
from shardgen.model.types import JSON, TEXT, TIMESTAMP
from shardgen.stores.failures import SupersededError
from shardgen.stores.postgres import (
    belongings,
    catalog,
    census,
    ledger,
    losses,
    reach,
    renewal,
    restored,
    routes,
    worlds,
)
from shardgen.stores.postgres.catalog import Relation
from shardgen.stores.postgres.losses import Loss
from shardgen.stores.postgres.postgres import Connection
from shardgen.stores.postgres.renewal import OwnLeaf
from shardgen.stores.postgres.routes import Route
from shardgen.stores.postgres.types import spelled
from shardgen.tables import dataset

_KINDS: Final = {"v": "a view", "m": "a materialized view", "f": "a foreign table", "S": "a sequence", "i": "an index"}


class Action(enum.Enum):
    """What happens to a table when a run claims it."""

    CREATE = "create"
    USE = "use as it is"
    EMPTY = "empty"
    RECREATE = "drop and create"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a new run may do to what is there."""

    if_exists: str = "fail"
    """One of config.IF_EXISTS."""
    on_conflict: str = "error"
    """One of config.ON_CONFLICT."""
    yes: bool = False
    """Whether rows that shardgen did not load may be lost."""

    @property
    def replace(self) -> bool:
        """Whether the tables start over."""
        return self.if_exists == "replace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """A relation that shardgen did not create and is to fill."""

    route: Route
    """The way of the rows, once the action is done."""
    rules: tuple[str, ...]
    """Names of rules on INSERT, which COPY passes by."""

    def notices(self, table: Table) -> list[str]:
        """What should be known of it."""
        passed = f"relation={table.relation} has rules on INSERT ({', '.join(self.rules)}), which COPY passes by"
        return routes.notices(table, self.route) + ([passed] if self.rules else [])


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The fate of one table."""

    table: Table
    action: Action
    generation: int
    created: bool
    """Whether the relation is shardgen's own, once the action is done."""
    loss: Loss | None = None
    """What the action takes away."""
    others: int = 0
    """Rows that are kept."""
    others_within: int = 0
    """Those of them whose keys lie among the keys that the load can give."""
    missing: tuple[str, ...] = ()
    """Columns of ours that the relation lacks and can do without."""
    foreign: Foreign | None = None
    """The relation as somebody else made it, where rows go into such a one."""
    tried: Route | None = None
    """The way of the rows, where others decide what the relation asks of them, so that some have to be tried."""
    oid: int | None = None
    """Of the relation, where there is one."""
    leaves: tuple[OwnLeaf, ...] = ()
    """Partitions of ours that a replace takes away or sets aside."""
    set_aside: str = ""
    """Those that are set aside once the action is done, as a claim has them."""
    indexes: str = "none"
    """The ``--indexes`` mode that shardgen loaded its own table with before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A claimed table as the workers need to know it."""

    claim: ledger.Claim
    route: Route
    references: frozenset[str]
    """Tables of this load that foreign keys point at: they are loaded before this one."""


def decide(
    connection: Connection, plan: Plan, *, fingerprint: str, terms: Terms, own: Callable[[str], tuple[int, int]]
) -> tuple[list[Decision], list[str]]:
    """The fate of every table of a new load, and everything that stands in its way.

    Args:
        connection: to the target.
        plan: what is to be loaded.
        fingerprint: of its world.
        terms: what may be done to what is there.
        own: the range of key numbers that the load can give to a table.
    """
    schema = plan.config.schema
    with_ledger = ledger.present(connection, schema)
    claims = restored.claims(connection, schema) if with_ledger else {}
    runs = {run.run: run for run in ledger.runs(connection, schema)} if with_ledger else {}
    asked = _Asked(connection=connection, plan=plan, runs=runs, terms=terms, own=own)
    decisions, problems = [], [str(each) for each in ledger.too_new(connection, schema)]
    for name in plan.config.tables:
        decision, problem = _decide(asked, dataset()[name].table, claims.get(name))
        decisions.append(decision)
        problems += problem
    problems += _reached(connection, schema, decisions)
    replaced = set(plan.config.tables) if terms.replace else set()
    problems += _other_worlds(plan.config, claims, runs, fingerprint, replaced)
    return decisions, problems


def check_claimed(
    connection: Connection, plan: Plan, claims: Sequence[ledger.Claim], done: Sequence[ledger.ShardRow]
) -> list[str]:
    """What happened to claimed tables behind the ledger's back since; ``done`` are its committed shards."""
    schema = plan.config.schema
    problems = []
    for claim in claims:
        found = catalog.relation(connection, schema, claim.relation)
        rows = {row.shard: row.rows for row in done if row.target == claim.target}
        if found is None:
            problems.append(f"relation={claim.relation} was dropped behind the ledger's back: {_START_OVER}")
        elif claim.oid == restored.UNKNOWN:
            problems.append(
                f"relation={claim.relation} was restored without all of the rows={sum(rows.values())} that the ledger "
                f"has: restore the rest, or {_START_OVER}"
            )
        elif found.oid != claim.oid:
            problems.append(f"relation={claim.relation} was dropped and recreated or restored: {_START_OVER}")
        elif not found.logged:
            problems.append(f"relation={claim.relation} was made UNLOGGED, so a crash would empty it: {_LOG_IT}")
        elif any(rows.values()) and not catalog.holds_rows(connection, schema, claim.relation):
            problems.append(
                f"relation={claim.relation} is empty but the ledger has rows={sum(rows.values())}: it was truncated: "
                f"{_START_OVER}"
            )
        elif claim.created:
            problems += _lost_leaves(connection, plan, claim, rows)
    return problems


def _lost_leaves(connection: Connection, plan: Plan, claim: ledger.Claim, rows: Mapping[str, int]) -> list[str]:
    """Partitions of a table of our own that should hold a committed shard and do not."""
    there = {name for _, _, name in catalog.leaves(connection, claim.oid)}
    problems = []
    for shard in plan.of(claim.target):
        if shard.leaf is None or not rows.get(shard.id):
            continue
        held = f"relation={shard.leaf.name} held rows={rows[shard.id]} of shard={shard.id}"
        if shard.leaf.name not in there:
            problems.append(f"{held} and is no partition of {claim.relation} any more: {_START_OVER}")
        elif not catalog.holds_rows(connection, plan.config.schema, shard.leaf.name):
            problems.append(f"{held} and is empty: {_START_OVER}")
    return problems


_LOG_IT: Final = "ALTER TABLE ... SET LOGGED"
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


def missing_columns(table: Table, found: Relation) -> tuple[str, ...]:
    """Columns of ours that a relation lacks and can do without: those that may be null."""
    have = {column.name for column in found.columns}
    return tuple(column.name for column in table.columns if not column.not_null and column.name not in have)


def column_problems(table: Table, found: Relation) -> list[str]:
    """Columns of ours that a relation lacks or has in another type, and columns of its own that need a value."""
    have = {column.name: column for column in found.columns}
    optional = missing_columns(table, found)
    problems = []
    for column in table.columns:
        there = have.get(column.name)
        if column.name in optional:
            continue
        if there is None:
            problems.append(f"column={table.relation}.{column.name} is missing: add it as {spelled(column.type)}")
        elif there.generated:
            problems.append(f"column={table.relation}.{column.name} is generated: it cannot be loaded")
        elif not catalog.compatible(spelled(column.type), there):
            problems.append(
                f"column={table.relation}.{column.name} is {there.declared}: it must be {spelled(column.type)}"
            )
    ours = {column.name for column in table.columns}
    problems += [
        f"column={table.relation}.{column.name} is not null without a default, and shardgen has no value for it"
        for column in found.columns
        if column.required and not column.generated and column.name not in ours
    ]
    return problems


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What every decision of a load depends on."""

    connection: Connection
    plan: Plan
    runs: Mapping[int, ledger.Run]
    """All that the ledger has."""
    terms: Terms
    own: Callable[[str], tuple[int, int]]
    """The range of key numbers that the load can give to a table."""

    @property
    def schema(self) -> str:
        """Of the tables."""
        return self.plan.config.schema


def _decide(asked: _Asked, table: Table, claim: ledger.Claim | None) -> tuple[Decision, list[str]]:
    found = catalog.relation(asked.connection, asked.schema, table.relation)
    fate = Decision(table=table, action=Action.USE, generation=claim.generation + 1 if claim else 1, created=False)
    if claim and not asked.terms.replace and (held := _held(claim, asked.runs, table.relation)):
        return replace(fate, created=found is not None and claim.oid == found.oid and claim.created), [held]
    if found is None:
        shards = asked.plan.of(table.name)
        in_the_way = routes.names_in_the_way(asked.connection, asked.schema, table, shards)
        return replace(fate, action=Action.CREATE, created=True), in_the_way
    fate = replace(fate, oid=found.oid)
    if claim is None or claim.oid != found.oid:
        return _decide_found(asked, fate, found, None)
    fate = replace(fate, created=claim.created, set_aside=claim.set_aside)
    if asked.terms.replace:
        leaves = renewal.own_leaves(asked.connection, asked.schema, claim)
        fate = replace(fate, leaves=leaves, indexes=str(asked.runs[claim.run].plan["indexes"]))
    if asked.terms.replace and claim.created:
        if why := _misfits(table, found):
            return _decide_anew(asked, fate, found, claim, why)
        found = replace(found, logged=True)  # it is made so again
    return _decide_found(asked, fate, replace(found, own_leaves=claim.waiting), claim)


def _decide_found(
    asked: _Asked, fate: Decision, found: Relation, ours: ledger.Claim | None
) -> tuple[Decision, list[str]]:
    """The fate of a table that is there and stays; ``ours`` is the claim of the run that it is known by."""
    connection, table, terms = asked.connection, fate.table, asked.terms
    found, leaves = _without(asked, fate, found)
    placeless = routes.problems(connection, asked.plan, table, found)
    problems = relation_problems(table, found) + placeless
    fate = _with_way(asked, replace(fate, leaves=leaves, missing=missing_columns(table, found)), found)
    if found.kind not in "rp" or not found.writable or placeless:  # a partition that is far away is not asked
        return fate, problems
    problems += _skip_problems(table, found) if terms.on_conflict == "skip" else _repeat_problems(table, found)
    starts_over = terms.replace and (fate.created or bool(leaves))
    if not starts_over and not catalog.holds_rows(connection, asked.schema, table.relation):
        return fate, problems
    decide_rows = _decide_empty if terms.replace else _decide_filled
    fate, more = decide_rows(asked, fate, found, ours)
    return fate, problems + more


def _without(asked: _Asked, fate: Decision, found: Relation) -> tuple[Relation, tuple[OwnLeaf, ...]]:
    """A table less the partitions of ours that a replace takes away, and which these are.

    Where the load would not make them again, they stay and are emptied: rows go into them and not beside.
    """
    leaves = fate.leaves
    if not leaves:
        return found, leaves
    names = frozenset(leaf.name for leaf in leaves)
    rest = tuple(part for part in found.partitions if part.name not in names)
    less = replace(found, partitions=rest, own_leaves=names | found.own_leaves)
    if (way := _way(asked, fate, less)).slow and not way.added:
        return found, tuple(leaf for leaf in leaves if not leaf.attached)
    return less, leaves


def _with_way(asked: _Asked, fate: Decision, found: Relation) -> Decision:
    """With the way of the rows, where others have made the relation, or made it ask more of rows."""
    if found.kind not in "rp" or (fate.created and not belongings.demanding(asked.connection, fate.table, found.oid)):
        return fate
    way = _way(asked, fate, found)
    return replace(fate, tried=way, foreign=None if fate.created else Foreign(route=way, rules=found.rules))


def _way(asked: _Asked, fate: Decision, found: Relation) -> Route:
    """The way of the rows, once what goes is gone."""
    shards, emptied = asked.plan.of(fate.table.name), asked.terms.replace
    return routes.route(
        asked.connection, asked.schema, fate.table, found, shards, created=fate.created, emptied=emptied
    )


def _decide_empty(
    asked: _Asked, fate: Decision, found: Relation, ours: ledger.Claim | None
) -> tuple[Decision, list[str]]:
    """The fate of a table that starts over and stays, with all that others have put on it."""
    table = fate.table
    loss = losses.emptied(asked.connection, table, found, ours)
    strange = bool(found.partitions and ours) and renewal.strange_rows(
        asked.connection, asked.schema, table, found.oid, asked.own(table.name), fate.leaves
    )
    fate = replace(fate, action=Action.EMPTY, loss=loss, set_aside=renewal.set_aside(fate.leaves))
    return fate, losses.strangers(loss, ours, strange=strange, yes=asked.terms.yes)


def _decide_anew(
    asked: _Asked, fate: Decision, found: Relation, ours: ledger.Claim, why: Sequence[str]
) -> tuple[Decision, list[str]]:
    """The fate of a table of our own whose definition cannot be filled any more."""
    connection, table, yes = asked.connection, fate.table, asked.terms.yes
    view = belongings.own_view(connection, asked.schema, table.name)
    loss = replace(
        losses.emptied(connection, table, found, ours),
        action="dropped and created anew",
        why=" and ".join(why),
        carried=losses.carried(connection, table, found.oid, fate.leaves, view),
    )
    problems = losses.strangers(loss, ours, strange=False, yes=yes) + losses.unkept(loss, yes=yes)
    return replace(fate, action=Action.RECREATE, loss=loss, set_aside=""), problems


def _misfits(table: Table, found: Relation) -> list[str]:
    """Why a table of our own can only be filled as it should be if it is made anew."""
    problems = column_problems(table, found)
    problems += [f"column={table.relation}.{name} is missing" for name in missing_columns(table, found)]
    if table.partitioned and found.partition_by != (table.partition_by,):
        problems.append(f"it is not partitioned by range of {table.partition_by}")
    return problems


def _reached(connection: Connection, schema: str, decisions: Sequence[Decision]) -> list[str]:
    """Whom a replace would reach beside the tables that it is told to replace."""
    emptied = [each.oid for each in decisions if each.action is Action.EMPTY and each.oid]
    anew = [each for each in decisions if each.action is Action.RECREATE]
    roots = [each.oid for each in anew if each.oid] + [leaf.oid for each in anew for leaf in each.leaves]
    roots += [view for each in anew if (view := belongings.own_view(connection, schema, each.table.name))]
    return reach.emptying(connection, schema, emptied) + belongings.dependants(connection, roots)


def _decide_filled(
    asked: _Asked, fate: Decision, found: Relation, ours: ledger.Claim | None
) -> tuple[Decision, list[str]]:
    """The fate of a table that holds rows and keeps them."""
    table = fate.table
    if asked.terms.if_exists == "fail":
        owner = f"rows of the finished run={ours.run}" if ours else "rows that shardgen did not load"
        return fate, [f"relation={table.relation} holds {owner}: {_CHOICES}"]
    counted = census.count(asked.connection, found.oid, table.name, asked.own(table.name))
    fate = replace(fate, others=counted.total, others_within=counted.within or 0)
    return fate, _conflicts(table, found, fate, ours, asked.terms)


_CHOICES: Final = "use --if-exists append to keep them, --if-exists replace to remove them, or another --schema"
_ADD_KEY: Final = "ALTER TABLE ... ADD PRIMARY KEY, or leave --on-conflict out"


def _skip_problems(table: Table, found: Relation) -> list[str]:
    """Why rows whose keys are there cannot be left out."""
    problems = []
    if not _unique(table, found):
        problems.append(f"relation={table.relation} has no unique key, so conflicts cannot be seen: {_ADD_KEY}")
    if found.rules:
        rules = f"relation={table.relation} has rules on INSERT ({', '.join(found.rules)})"
        problems.append(
            f"{rules}, which may turn rows away: drop them, or leave --on-conflict out: COPY passes them by"
        )
    return problems


def _unique(table: Table, found: Relation) -> bool:
    """Whether a second row of the same key would be refused."""
    return any(columns <= set(table.key) for columns in found.unique)


def _conflicts(table: Table, found: Relation, fate: Decision, ours: ledger.Claim | None, terms: Terms) -> list[str]:
    """Keys that both the rows that are there and the load have, as far as that is certain before."""
    if not fate.others_within or (terms.on_conflict == "skip" and _unique(table, found)):
        return []
    whose = f" of the finished run={ours.run}" if ours else ""
    held = f"relation={table.relation} holds rows{whose} with keys that this load would write"
    if table.space.dense:
        return [f"{held}: use --on-conflict skip to keep those rows, or --if-exists replace"]
    if not _unique(table, found):
        return [f"{held}, or might, and no unique key that would refuse them: ALTER TABLE ... ADD PRIMARY KEY"]
    return []


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
        problems.append(f"{name} is UNLOGGED, so a crash would empty it: {_LOG_IT}")
    return problems


def _repeat_problems(table: Table, found: Relation) -> list[str]:
    """Columns whose values may not repeat there, and do."""
    return [
        f"column={table.relation}.{column.name} must be unique, and its values repeat: drop that"
        for column in table.columns
        if _repeats(table, column) and frozenset({column.name}) in found.unique
    ]


def _repeats(table: Table, column: Column) -> bool:
    """Whether a column has the same value in several rows, at any volume worth loading."""
    alone = column.unique or column.name == table.key[0]
    return not alone and column.type not in (TEXT, TIMESTAMP, JSON)


def _other_worlds(
    config: PlanConfig,
    claims: Mapping[str, ledger.Claim],
    runs: Mapping[int, ledger.Run],
    fingerprint: str,
    replaced: set[str],
) -> list[str]:
    others = sorted(
        claim.target
        for claim in claims.values()
        if claim.target not in replaced and runs[claim.run].fingerprint != fingerprint
    )
    if not others:
        return []
    run = runs[claims[others[0]].run]
    text = (
        f"tables={', '.join(others)} hold another world ({worlds.difference(run, config)}): a schema holds one world; "
        "give the same options, use another --schema, or --if-exists replace for all of them"
    )
    return [text]


def _target(
    connection: Connection, plan: Plan, claim: ledger.Claim, by_oid: Mapping[int, str], done: frozenset[str]
) -> Target:
    table = dataset()[claim.target].table
    found = catalog.relation(connection, plan.config.schema, claim.relation)
    if found is None:
        raise SupersededError(f"relation={claim.relation} was dropped: {_START_OVER}")
    found = replace(found, own_leaves=claim.waiting)
    pending = [shard for shard in plan.of(claim.target) if shard.id not in done]
    return Target(
        claim=claim,
        route=routes.route(connection, plan.config.schema, table, found, pending, created=claim.created),
        references=frozenset(by_oid[oid] for oid in found.references if oid in by_oid),
    )
