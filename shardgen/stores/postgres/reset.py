"""Takes back what runs have loaded: tables that shardgen created are dropped, from others its rows alone are taken.

Every step is one transaction with its lines in the ledger. A reset that is cut short leaves an unfinished run that
holds less than it did: another reset takes the rest, and ``--resume`` fills again the tables that it still has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import psycopg
from psycopg import sql

from shardgen.machine.installation import NAME, typed
from shardgen.model.plan import Plan, Shard
from shardgen.stores.postgres import (
    catalog,
    keys,
    ledger,
    objects,
    renewal,
)
from shardgen.stores.postgres.ledger import Claim, Run
from shardgen.stores.postgres.postgres import Connection, one
from shardgen.stores.postgres.survey import How, Plans, Survey, advanced, foreign_views, shards_there
from shardgen.tables import dataset

LEAVES: Final = 64
"""Partitions that one transaction drops: with their indexes some 500 locks, of the 6,400 that a server has at least."""


def carry_out(connection: Connection, schema: str, found: Survey, plans: Plans, show: Callable[[str], None]) -> None:
    """Do what was found; the connection holds the coordinator's lock.

    Args:
        connection: to the target.
        schema: of the target.
        found: by :func:`survey`, under the same lock.
        plans: how a run was planned; asked only where rows are deleted by their keys.
        show: takes a sentence for each thing that is done.

    Raises:
        TargetError: the rows of a run cannot be told from others.
        psycopg.Error: the server refuses; what is done stays done.
    """
    if not found.runs:
        return
    every = ledger.runs(connection, schema)
    runs = {each.run: each for each in every if each.run in found.runs}
    doomed = [each for each in found.removals if each.how is How.DELETE]
    planned = {number: plans(runs[number]) for number in {each.claim.run for each in doomed}}
    _open(connection, schema, runs)
    for each in found.removals:
        match each.how:
            case How.DROP:
                _drop(connection, schema, each.claim)
            case How.DELETE:
                _delete(connection, schema, each.claim, every, planned[each.claim.run])
            case How.FORGET:
                with connection.transaction():
                    _lock(connection, schema, each.claim)
                    ledger.forget(connection, schema, each.claim)
        show(f"{each.claim.relation}: {each.why}")
    _close(connection, schema, found, show)


def _open(connection: Connection, schema: str, runs: Iterable[int]) -> None:
    """Mark the runs as unfinished, with the reason, before the first thing of them goes."""
    with connection.transaction():
        for run in runs:
            text = f"a reset began and did not end: {typed(f'{NAME} reset', run=run)} finishes it"
            ledger.set_state(connection, schema, run, "interrupted", text)


def _drop(connection: Connection, schema: str, claim: Claim) -> None:
    """Drop a table: its leaves some at a time, and the rest with the last of them."""
    leaves = [name for _, place, name in catalog.leaves(connection, claim.oid) if place == schema]
    while len(leaves) > LEAVES:
        some, leaves = leaves[:LEAVES], leaves[LEAVES:]
        with connection.transaction():
            objects.begin_ddl(connection, schema)
            _lock(connection, schema, claim)
            connection.execute(sql.SQL("DROP TABLE {}").format(_names(schema, some)))
            ledger.forget_leaves(connection, schema, claim, some)
    with connection.transaction():
        objects.begin_ddl(connection, schema)
        _lock(connection, schema, claim)
        aside = [leaf.name for leaf in renewal.own_leaves(connection, schema, claim) if not leaf.attached]
        objects.drop(connection, schema, dataset(claim.dataset)[claim.target], aside)
        ledger.forget(connection, schema, claim)


def _delete(connection: Connection, schema: str, claim: Claim, runs: Sequence[Run], plan: Plan) -> None:
    """Delete the rows of every shard that is there, a shard at a time."""
    ours = {leaf.name for leaf in renewal.own_leaves(connection, schema, claim)}
    while True:
        with connection.transaction():
            _lock(connection, schema, claim)
            shards, own = shards_there(connection, schema, claim, runs, plan)
        left = Counter(map(_leaf, shards))
        for shard in shards:
            leaf = _leaf(shard)
            left[leaf] -= 1
            with connection.transaction():
                _delete_shard(
                    connection, schema, claim, shard, own, leaf="" if left[leaf] or leaf not in ours else leaf
                )
                ledger.forget_shard(connection, schema, claim, shard.id)
        with connection.transaction():
            _lock(connection, schema, claim)
            if advanced(runs, claim) or not ledger.committed(connection, schema, claim):
                objects.drop_views(connection, schema, foreign_views(connection, schema, claim))
                ledger.forget(connection, schema, claim)
                return


def _lock(connection: Connection, schema: str, claim: Claim) -> None:
    """Wait for a worker that outlived its coordinator: its shard is committed before this transaction looks."""
    ledger.hold(connection, schema, [claim.target])


def _delete_shard(
    connection: Connection, schema: str, claim: Claim, shard: Shard, own: tuple[int, int], *, leaf: str
) -> None:
    """Delete the rows of a shard; its leaf goes whole where shardgen created it and nobody else's row is in it.

    Of shards that share a leaf it goes with the last one, whose ``leaf`` names it.
    """
    if not (catalog.kind(connection, schema, leaf) == "r" and _drop_leaf(connection, schema, shard, own)):
        relation = catalog.own_rows(connection, schema, claim.relation)
        connection.execute(sql.SQL("DELETE FROM {} WHERE {}").format(relation, keys.of_shard(shard, own)))


def _leaf(shard: Shard) -> str:
    """The partition that a shard's rows are in; empty where the table has none."""
    return shard.leaf.name if shard.leaf else ""


def _drop_leaf(connection: Connection, schema: str, shard: Shard, own: tuple[int, int]) -> bool:
    """Drop the leaf of a shard, unless somebody else's row is in it or a foreign key refers to it."""
    assert shard.leaf is not None
    relation = sql.Identifier(schema, shard.leaf.name)
    objects.begin_ddl(connection, schema)
    connection.execute(sql.SQL("LOCK TABLE ONLY {} IN ACCESS EXCLUSIVE MODE").format(relation))
    ours = keys.within(dataset(shard.dataset)[shard.table].table, own)
    strangers = sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE NOT {})").format(relation, ours)
    if one(connection.execute(strangers))[0]:
        return False
    try:
        with connection.transaction():
            connection.execute(sql.SQL("DROP TABLE {}").format(relation))
    except psycopg.errors.DependentObjectsStillExist:
        return False
    return True


def _close(connection: Connection, schema: str, found: Survey, show: Callable[[str], None]) -> None:
    """Forget the runs, and what no run needs any more."""
    with connection.transaction():
        objects.begin_ddl(connection, schema)
        if not found.last:
            ledger.forget_runs(connection, schema, found.runs)
            return
        connection.execute(sql.SQL("DROP TABLE {}").format(_names(schema, ledger.RELATIONS)))
        gone = found.schema and objects.drop_schema(connection, schema)
    show("the ledger: dropped")
    if gone:
        show(f"schema {schema}: dropped")


def _names(schema: str, relations: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(schema, name) for name in relations)
