"""What a load does about each table that it finds in its target, decided from catalog and ledger before any write.

A relation that shardgen did not create is never dropped or altered; how rows get into it, ``routes`` decides.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from shardgen.errors import Problem, Text, Use
from shardgen.model.config import Terms
from shardgen.model.plan import Plan
from shardgen.model.table import Table
from shardgen.stores.findings import Loss, unfinished
from shardgen.stores.postgres import (
    belongings,
    catalog,
    census,
    forward,
    ledger,
    losses,
    newest,
    reach,
    renewal,
    restored,
    routes,
    tolerance,
    worlds,
)
from shardgen.stores.postgres.catalog import Relation
from shardgen.stores.postgres.fitting import (
    column_problems,
    missing_columns,
    otherwise_keyed,
    relation_problems,
    repeat_problems,
    room_problems,
    skip_problems,
    unique,
)
from shardgen.stores.postgres.postgres import Connection
from shardgen.stores.postgres.renewal import OwnLeaf
from shardgen.stores.postgres.routes import Route
from shardgen.stores.resuming import OPEN_STATES
from shardgen.tables import dataset, table_of
from shardgen.tables.spec import Dataset

_REPLACE: Final = Use("if_exists", "replace")


class Action(enum.Enum):
    """What happens to a table when a run claims it."""

    CREATE = "create"
    USE = "use as it is"
    EMPTY = "empty"
    RECREATE = "drop and create"


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
    problems: tuple[Problem, ...] = ()
    """What stands in the way of the action."""
    loss: Loss | None = None
    """What the action takes away."""
    others: int = 0
    """Rows that are there before the load and stay."""
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
    kept: ledger.Claim | None = None
    """Of the run that has filled the table, where this one brings it forward."""
    followed: tuple[int, str] = (0, "")
    """What is recorded of that run."""
    outlived: Mapping[str, int] = field(default_factory=dict)
    """OIDs by name of views of ours over a table of somebody else that go, for the load cannot use them."""

    @property
    def here(self) -> Table:
        """The table less the columns that the relation lacks."""
        return self.table.without(self.missing)

    def hindered(self, problems: Iterable[Problem]) -> Decision:
        """The same, with more in its way."""
        return replace(self, problems=(*self.problems, *problems))


def decide(
    connection: Connection,
    plan: Plan,
    *,
    fingerprint: Callable[[], str],
    terms: Terms,
    own: Callable[[str], tuple[int, int]],
) -> tuple[list[Decision], list[Problem]]:
    """The fate of every table of a new load, and everything that stands in its way.

    Args:
        connection: to the target.
        plan: what is to be loaded.
        fingerprint: tells that of its world; asked only where something stays, since a worker may still be at it.
        terms: what may be done to what is there.
        own: the range of key numbers that the load can give to a table.
    """
    schema = plan.config.schema
    with_ledger = ledger.present(connection, schema)
    claims = restored.claims(connection, schema) if with_ledger else {}
    runs = {run.run: run for run in ledger.runs(connection, schema, owning=True)} if with_ledger else {}
    asked = _Asked(connection=connection, plan=plan, runs=runs, terms=terms, own=own)
    tables = dataset(plan.config.dataset)
    wanted = [table_of(plan.config, name) for name in plan.config.tables]
    there = catalog.relations(connection, schema, [table.relation for table in wanted])
    decisions = [
        _with_view(asked, _decide(asked, table, there.get(table.relation), claims.get(table.name))) for table in wanted
    ]
    kept = [each for each in claims.values() if not (terms.replace and each.target in plan.config.tables)]
    problems = [
        *ledger.too_new(connection, schema),
        *(problem for each in decisions for problem in each.problems),
        *_reached(connection, schema, tables, decisions),
        *(worlds.others(plan.config, kept, runs, fingerprint()) if kept else ()),
    ]
    return decisions, problems


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What every decision of a load depends on."""

    connection: Connection
    plan: Plan
    runs: Mapping[int, ledger.Run]
    """Those that own a table."""
    terms: Terms
    own: Callable[[str], tuple[int, int]]
    """The range of key numbers that the load can give to a table."""

    @property
    def schema(self) -> str:
        """Of the tables."""
        return self.plan.config.schema


# --- one table --------------------------------------------------------------------------------------------------------


def _decide(asked: _Asked, table: Table, found: Relation | None, claim: ledger.Claim | None) -> Decision:
    fate = Decision(table=table, action=Action.USE, generation=claim.generation + 1 if claim else 1, created=False)
    known = claim if claim and found and claim.oid == found.oid else None
    if claim and not asked.terms.replace and (held := _held(claim, asked.runs, table.relation)):
        return replace(fate, created=known is not None and known.created).hindered(held)
    if claim and asked.plan.config.since and not asked.terms.replace:
        return _decide_forward(asked, fate, found, claim)
    if found is None:
        in_the_way = routes.names_in_the_way(asked.connection, asked.schema, table, asked.plan.of(table.name))
        return replace(fate, action=Action.CREATE, created=True).hindered(in_the_way)
    fate = replace(fate, oid=found.oid)
    return _decide_found(asked, fate, found, None) if known is None else _decide_known(asked, fate, found, known)


def _decide_forward(asked: _Asked, fate: Decision, found: Relation | None, claim: ledger.Claim) -> Decision:
    """The fate of a table that a window brings forward."""
    config, run = asked.plan.config, asked.runs[claim.run]
    fate = replace(fate, generation=claim.generation, created=claim.created, kept=claim)
    fate = replace(fate, followed=forward.followed(claim, run), missing=tuple(sorted(claim.left_out)))
    fate = replace(fate, oid=found.oid if found else None)
    placeless = routes.problems(asked.connection, asked.plan, fate.table, found) if found else []
    return fate.hindered([*forward.problems(asked.connection, config, fate.table, found, claim, run), *placeless])


def _with_view(asked: _Asked, fate: Decision) -> Decision:
    """With what becomes of the view of the newest versions, or stands in its place."""
    if fate.kept:
        return fate
    spec = dataset(asked.plan.config.dataset)[fate.table.name]
    fate = fate.hindered(newest.in_the_way(asked.connection, asked.schema, spec, fate.table, created=fate.created))
    if fate.created or not (fate.table.versioned or asked.terms.replace):
        return fate
    return replace(fate, outlived=newest.outlived(asked.connection, asked.schema, fate.here))


def _decide_known(asked: _Asked, fate: Decision, found: Relation, claim: ledger.Claim) -> Decision:
    """The fate of a table that a run of ours has filled."""
    fate = replace(fate, created=claim.created, set_aside=claim.set_aside)
    if asked.terms.replace:
        leaves = renewal.own_leaves(asked.connection, asked.schema, claim)
        fate = replace(fate, leaves=leaves, indexes=str(asked.runs[claim.run].plan["indexes"]))
    if asked.terms.replace and claim.created:
        if why := _misfits(fate.table, found) + _otherwise_made(asked, claim):
            return _decide_anew(asked, fate, found, claim, why)
        found = replace(found, logged=True)  # it is made so again
    return _decide_found(asked, fate, replace(found, own_leaves=claim.waiting), claim)


def _decide_found(asked: _Asked, fate: Decision, found: Relation, ours: ledger.Claim | None) -> Decision:
    """The fate of a table that is there and stays; ``ours`` is the claim of the run that it is known by."""
    table = fate.table
    found, leaves = _without(asked, fate, found)
    placeless = routes.problems(asked.connection, asked.plan, table, found)
    fate = _with_way(asked, replace(fate, leaves=leaves, missing=missing_columns(table, found)), found)
    fate = fate.hindered([*relation_problems(table, found), *placeless])
    if not found.is_table or not found.writable or placeless:  # a partition that is far away is not asked
        return fate
    skips = asked.terms.on_conflict == "skip"
    kept = _as_kept(asked, table)
    fate = fate.hindered([*room_problems(kept, found), *tolerance.problems(asked.plan.config.dirt, table, found)])
    fate = fate.hindered(skip_problems(table, found) if skips else repeat_problems(kept, found))
    if not _has_rows(asked, fate):
        return fate
    decide_rows = _decide_empty if asked.terms.replace else _decide_filled
    return decide_rows(asked, fate, found, ours)


def _as_kept(asked: _Asked, table: Table) -> Table:
    """A table by the keys of its records: one that has no versions but one each needs no room for more."""
    spec = dataset(asked.plan.config.dataset)[table.name]
    return table if spec.history else spec.table


def _has_rows(asked: _Asked, fate: Decision) -> bool:
    """Whether there are rows to be decided on, or partitions of ours to be taken away before the load."""
    if asked.terms.replace and (fate.created or fate.leaves):
        return True
    return catalog.holds_rows(asked.connection, asked.schema, fate.table.relation)


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
    if not found.is_table or (fate.created and not belongings.demanding(asked.connection, fate.table, found.oid)):
        return fate
    way = _way(asked, fate, found)
    return replace(fate, tried=way, foreign=None if fate.created else Foreign(route=way, rules=found.rules))


def _way(asked: _Asked, fate: Decision, found: Relation) -> Route:
    """The way of the rows, once what goes is gone."""
    shards, emptied = asked.plan.of(fate.table.name), asked.terms.replace
    return routes.route(
        asked.connection, asked.schema, fate.table, found, shards, created=fate.created, emptied=emptied
    )


def _held(claim: ledger.Claim, runs: Mapping[int, ledger.Run], relation: str) -> list[Problem]:
    run = runs[claim.run]
    if run.state not in OPEN_STATES:
        return []
    return [unfinished(relation, run.run)]


# --- a table that starts over -----------------------------------------------------------------------------------------


def _decide_empty(asked: _Asked, fate: Decision, found: Relation, ours: ledger.Claim | None) -> Decision:
    """The fate of a table that starts over and stays, with all that others have put on it."""
    table = fate.table
    loss = losses.emptied(asked.connection, table, found, ours)
    strange = bool(found.partitions and ours) and renewal.strange_rows(
        asked.connection, asked.schema, table, found.oid, asked.own(table.name), fate.leaves
    )
    fate = replace(fate, action=Action.EMPTY, loss=loss, set_aside=renewal.set_aside(fate.leaves))
    return fate.hindered(losses.strangers(loss, ours, strange=strange, yes=asked.terms.yes))


def _decide_anew(asked: _Asked, fate: Decision, found: Relation, ours: ledger.Claim, why: Sequence[str]) -> Decision:
    """The fate of a table of our own whose definition cannot be filled any more."""
    connection, table, yes = asked.connection, fate.table, asked.terms.yes
    spec = dataset(asked.plan.config.dataset)[table.name]
    views = belongings.own_views(connection, asked.schema, spec)
    leaves = [leaf.oid for leaf in fate.leaves]
    loss = replace(
        losses.emptied(connection, table, found, ours),
        action="dropped and created anew",
        why=" and ".join(why),
        carried=losses.carried(connection, spec.table, found.oid, [found.oid, *leaves, *views.values()]),
    )
    fate = replace(fate, action=Action.RECREATE, loss=loss, set_aside="")
    return fate.hindered([*losses.strangers(loss, ours, strange=False, yes=yes), *losses.unkept(loss, yes=yes)])


def _otherwise_made(asked: _Asked, claim: ledger.Claim) -> list[str]:
    """Why a table that asks for more, or for less, is made anew: rows that are spoilt keep no key."""
    before = asked.runs[claim.run].plan.get("dirt") or {"rates": {}}
    was = any(claim.target in tables for tables in before["rates"].values())
    dirt = asked.plan.config.dirt
    return ["its rows were, or will be, spoilt"] if was != (dirt is not None and claim.target in dirt.tables) else []


def _misfits(table: Table, found: Relation) -> list[str]:
    """Why a table of our own can only be filled as it should be if it is made anew."""
    reasons = [str(problem) for problem in column_problems(table, found)]
    reasons += [f"column={table.relation}.{name} is missing" for name in missing_columns(table, found)]
    if table.partitioned and found.partition_by != (table.partition_by,):
        reasons.append(f"it is not partitioned by range of {table.partition_by}")
    return reasons + ["its key is that of another history"] * otherwise_keyed(table, found)


def _reached(connection: Connection, schema: str, tables: Dataset, decisions: Sequence[Decision]) -> list[Problem]:
    """Whom a replace would reach beside the tables that it is told to replace."""
    emptied = [each.oid for each in decisions if each.action is Action.EMPTY and each.oid]
    anew = [each for each in decisions if each.action is Action.RECREATE]
    roots = [each.oid for each in anew if each.oid] + [leaf.oid for each in anew for leaf in each.leaves]
    for each in anew:
        roots += belongings.own_views(connection, schema, tables[each.table.name]).values()
    roots += [oid for each in decisions for oid in each.outlived.values()]
    return reach.emptying(connection, schema, emptied) + belongings.dependants(connection, roots)


# --- a table that keeps its rows --------------------------------------------------------------------------------------


def _decide_filled(asked: _Asked, fate: Decision, found: Relation, ours: ledger.Claim | None) -> Decision:
    """The fate of a table that holds rows and keeps them."""
    table = fate.table
    if asked.terms.if_exists == "fail":
        owner = f"rows of the finished run={ours.run}" if ours else "rows that shardgen did not load"
        keep, anew = Text(Use("if_exists", "append"), " to keep them"), Text(_REPLACE, " to remove them")
        remedy = Text("use ", keep, ", ", anew, ", or another ", Use("schema"))
        return fate.hindered([Problem(relation=table.relation, text=f"holds {owner}", remedy=remedy)])
    counted = census.count(asked.connection, found.oid, table, asked.own(table.name))
    fate = replace(fate, others=counted.total, others_within=counted.within or 0)
    fate = fate.hindered(tolerance.beside_others(asked.plan.config.dirt, table))
    return fate.hindered(_conflicts(table, found, fate, ours, asked.terms))


def _conflicts(table: Table, found: Relation, fate: Decision, ours: ledger.Claim | None, terms: Terms) -> list[Problem]:
    """Keys that both the rows that are there and the load have, as far as that is certain before."""
    if not fate.others_within or (terms.on_conflict == "skip" and unique(table, found)):
        return []
    whose = f" of the finished run={ours.run}" if ours else ""
    held = f"holds rows{whose} with keys that this load would write"
    if table.space.dense:
        remedy = Text("use ", Use("on_conflict", "skip"), " to keep those rows, or ", _REPLACE)
        return [Problem(relation=table.relation, text=held, remedy=remedy)]
    if not unique(table, found):
        text = f"{held}, or might, and no unique key that would refuse them"
        return [Problem(relation=table.relation, text=text, remedy="ALTER TABLE ... ADD PRIMARY KEY")]
    return []
