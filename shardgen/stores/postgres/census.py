"""How many rows a table holds, leaf by leaf, so that no statement locks a whole table's partitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from shardgen.model.plan import Shard
from shardgen.model.table import Table
from shardgen.stores.postgres import catalog, keys
from shardgen.stores.postgres.ledger import Claim, ShardRow, in_leaf
from shardgen.stores.postgres.postgres import Connection, one
from shardgen.stores.told import Counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """What a table holds, whoever's rows they are."""

    rows: dict[str, int]
    """By relation that holds rows, leaf or the table itself; with its schema where that is another than the table's."""
    size: int
    """Bytes on disk."""
    within: int | None = None
    """Rows whose keys lie in the range that was asked for."""

    @property
    def total(self) -> int:
        """All rows."""
        return sum(self.rows.values())


def of_relation(connection: Connection, schema: str, relation: str) -> int:
    """All rows of one of our tables, by its name in the database."""
    oid = catalog.relation_oid(connection, schema, relation)
    return count(connection, oid).total


def count(connection: Connection, oid: int, table: Table | None = None, own: tuple[int, int] | None = None) -> Census:
    """Count a table, one leaf and one transaction at a time.

    Args:
        connection: to the target.
        oid: of the relation.
        table: which of ours it is.
        own: range of key numbers to count as well, see :func:`shardgen.stores.postgres.keys.own_range`.
    """
    rows, size, within = {}, 0, 0
    condition = keys.within(table, own) if table and own else sql.SQL("true")
    home, relation = catalog.name_of(connection, oid)
    for leaf, schema, name in catalog.leaves(connection, oid):
        source = sql.SQL("ONLY {}").format(sql.Identifier(schema, name))
        if not catalog.readable(connection, leaf):  # who may read the parent may read its rows through it alone
            source = sql.SQL("{} WHERE tableoid = {}").format(sql.Identifier(home, relation), sql.Literal(leaf))
        statement = sql.SQL(
            "SELECT total, inside, pg_total_relation_size(%s) "
            "FROM (SELECT count(*) AS total, {} AS inside FROM {}) AS counted"
        ).format(
            sql.SQL("count(*) FILTER (WHERE {})").format(condition) if own else sql.SQL("0"),
            source,
        )
        found = one(connection.execute(statement, [leaf]))
        rows[name if schema == home else f"{schema}.{name}"] = found[0]
        within += found[1]
        size += found[2]
    return Census(rows=rows, size=size, within=within if own else None)


def of_run(
    found: Census, claim: Claim, shards: Sequence[Shard], rows: Sequence[ShardRow], *, slow: str = ""
) -> Counted:
    """What of a table is a run's own.

    Args:
        found: what the table holds.
        claim: of the run.
        shards: planned.
        rows: of the ledger.
        slow: why the fast path was not taken.
    """
    return Counted(
        relation=claim.relation,
        rows=_own(claim, rows, found),
        size=found.size,
        apart={} if claim.others else _apart(shards, claim, rows, found),
        others=claim.others,
        slow=slow,
    )


def added(
    connection: Connection,
    claim: Claim,
    shards: Sequence[Shard],
    rows: Sequence[ShardRow],
    own: tuple[int, int] | None,
) -> Counted:
    """What of a table came to be in a window that brings it forward; the rest of it is not looked at.

    Rows of records that were there are those of the ledger: they were counted in the transaction that changed them. So
    are those whose ids are spoilt, but of leaves that the window has for itself.

    Args:
        connection: to the target.
        claim: of the run.
        shards: of the window.
        rows: of the ledger.
        own: the range of the keys that the run can give; None where ids are spoilt, so that no range tells.
    """
    home, relation = catalog.name_of(connection, claim.oid)
    source, recorded = catalog.own_rows(connection, home, relation), {row.shard: row for row in rows}
    found = {
        shard.id: recorded[shard.id].rows
        if shard.revised or not (own or shard.own_leaf)
        else _of_shard(connection, source, shard, own)
        for shard in shards
        if shard.id in recorded
    }
    apart = {shard.id: found[shard.id] for shard in shards if shard.own_leaf and shard.id in found}
    return Counted(
        relation=claim.relation, rows=sum(found.values()), size=catalog.size(connection, claim.oid), apart=apart
    )


def _of_shard(connection: Connection, source: sql.Composed, shard: Shard, own: tuple[int, int] | None) -> int:
    condition = keys.of_shard(shard, own) if own else keys.of_leaf(shard)
    statement = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(source, condition)
    return int(one(connection.execute(statement))[0])


def _own(claim: Claim, rows: Sequence[ShardRow], found: Census) -> int:
    """Rows of the run itself: all, or where others were kept, what has been added since within its range of keys.

    Rows of others that came after the claim, and for which ours were skipped, are not taken for ours.
    """
    if found.within is None:
        return found.total
    added = found.within - claim.others_within
    recorded, skipped = sum(row.rows for row in rows), sum(row.skipped for row in rows)
    return added - min(max(0, added - recorded), skipped)


def _apart(shards: Sequence[Shard], claim: Claim, rows: Sequence[ShardRow], found: Census) -> Mapping[str, int]:
    """Rows by shard, of those that have a leaf of their own, and it is there."""
    own = {row.shard for row in rows if in_leaf(claim, row)}
    return {
        shard.id: found.rows[leaf.name]
        for shard in shards
        if shard.id in own and (leaf := shard.own_leaf) and leaf.name in found.rows
    }
