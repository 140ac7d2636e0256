"""A table that starts over: emptied and not dropped, so that what others have put on it stays.

Partitions of our making go, for the fast path makes them anew; one that carries something of others is detached and set
aside instead, empty, until a shard fills it again. The indexes that a load builds at its end are built anew as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import sql

from shardgen.model.table import Index, Table
from shardgen.stores.postgres import belongings, catalog, ddl, keys, ledger
from shardgen.stores.postgres.ledger import Claim
from shardgen.stores.postgres.postgres import Connection, one
from shardgen.tables import dataset


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLeaf:
    """A partition that a load of ours created."""

    oid: int
    name: str
    attached: bool
    """False for one that an earlier replace has set aside."""
    carries: tuple[str, ...] = ()
    """What others have put on it: ``"privileges of bi"``, ``"view public.january"``."""


_LEAVES: Final = """
SELECT c.oid::bigint, c.relname::text, i.inhparent IS NOT NULL
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace LEFT JOIN pg_inherits AS i ON i.inhrelid = c.oid
WHERE n.nspname = %(schema)s AND c.relkind = 'r' AND CASE
    WHEN i.inhparent IS NULL THEN c.relname = ANY (%(waiting)s)
    ELSE i.inhparent = %(parent)s AND (c.relname = ANY (%(attached)s) OR obj_description(c.oid, 'pg_class') = %(mark)s)
    END
ORDER BY 2
"""


def own_leaves(connection: Connection, schema: str, claim: Claim | None) -> tuple[OwnLeaf, ...]:
    """The partitions of a claimed table that loads of ours created; its ledger and their comments tell."""
    if claim is None or not dataset(claim.dataset)[claim.target].table.partitioned:
        return ()
    parameters = {
        "schema": schema,
        "parent": claim.oid,
        "attached": ledger.leaves_of(connection, schema, claim),
        "waiting": sorted(claim.waiting),
        "mark": ddl.MARK,
    }
    found = [
        row
        for row in connection.execute(_LEAVES, parameters).fetchall()
        if row[2] or not catalog.holds_rows(connection, schema, row[1])  # else somebody else has found a use for it
    ]
    carried = belongings.carried(
        connection, dataset(claim.dataset)[claim.target].table, claim.oid, [row[0] for row in found]
    )
    hanging = belongings.hanging(connection, [row[0] for row in found])
    return tuple(
        OwnLeaf(oid=oid, name=name, attached=attached, carries=(*carried.get(oid, ()), *hanging.get(oid, ())))
        for oid, name, attached in found
    )


def strange_rows(
    connection: Connection, schema: str, table: Table, parent: int, own: tuple[int, int], leaves: Iterable[OwnLeaf]
) -> bool:
    """Whether a partition that others made holds rows that no load of ours gives."""
    ours = {leaf.name for leaf in leaves}
    condition = keys.within(table, own)
    for oid, place, name in catalog.leaves(connection, parent):
        if oid == parent or place != schema or name in ours or catalog.kind(connection, place, name) != "r":
            continue
        query = sql.SQL("SELECT EXISTS (SELECT FROM ONLY {} WHERE NOT {})")
        if one(connection.execute(query.format(sql.Identifier(place, name), condition)))[0]:
            return True
    return False


def set_aside(leaves: Iterable[OwnLeaf]) -> str:
    """The leaves that stay when a table is emptied, as its claim has them."""
    return ",".join(leaf.name for leaf in leaves if leaf.carries or not leaf.attached)


def clear_leaves(connection: Connection, schema: str, relation: str, leaves: Sequence[OwnLeaf]) -> None:
    """Drop partitions of ours; set aside, empty, those that carry something of others."""
    plain = [leaf.name for leaf in leaves if leaf.attached and not leaf.carries]
    if plain:
        connection.execute(sql.SQL("DROP TABLE {}").format(_list(schema, plain)))
    for leaf in leaves:
        if not leaf.attached or not leaf.carries:
            continue
        mine = _indexes(connection, leaf.oid, inherited=True)
        connection.execute(
            sql.SQL("ALTER TABLE {} DETACH PARTITION {}").format(
                sql.Identifier(schema, relation), sql.Identifier(schema, leaf.name)
            )
        )
        connection.execute(sql.SQL("TRUNCATE ONLY {}").format(sql.Identifier(schema, leaf.name)))
        drop_indexes(connection, schema, leaf.name, mine)
        _log(connection, schema, leaf.name)


def empty(connection: Connection, schema: str, relations: Sequence[str]) -> None:
    """Empty tables in one statement, which touches none that inherit from them and no partition outside the schema."""
    named: list[sql.Composable] = []
    for relation in relations:
        oid = catalog.relation_oid(connection, schema, relation)
        leaves = catalog.leaves(connection, oid)
        if catalog.kind(connection, schema, relation) != "p":
            named.append(_only(schema, relation))
        elif all(place == schema for _, place, _ in leaves):
            named.append(sql.Identifier(schema, relation))  # the server knows no ONLY for a partitioned table
        else:
            named += [_only(schema, name) for _, place, name in leaves if place == schema]
    if named:
        connection.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(named)))


def renew_indexes(connection: Connection, schema: str, table: Table, *, before: str, wanted: str) -> None:
    """Leave on an emptied table of ours the indexes that its load begins with.

    Args:
        connection: to the target.
        schema: of the table.
        table: which.
        before: the ``--indexes`` mode that it was loaded with.
        wanted: the mode that it will be loaded with.
    """
    kept = table.indexes_for(wanted) if table.partitioned else ()  # a plain table gets all of them at the end
    gone = [index for index in table.indexes_for(before) if index not in kept]
    oid = catalog.relation_oid(connection, schema, table.relation)
    ours = {ddl.index_name(table, index): index for index in gone}
    found = [each for each in _indexes(connection, oid, inherited=False) if _is(each, ours.get(each.name))]
    drop_indexes(connection, schema, table.relation, found)
    for index in kept:
        if catalog.kind(connection, schema, ddl.index_name(table, index)) is None:
            connection.execute(ddl.create_index(table, index, schema))


def restore(connection: Connection, schema: str, table: Table) -> None:
    """Give an emptied table of ours back what a load relies on: its primary key, and that a crash does not empty it."""
    if table.keyed and catalog.primary_key(connection, schema, table.relation) is None:
        columns = sql.SQL(", ").join(map(sql.Identifier, table.key))
        connection.execute(
            sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} PRIMARY KEY ({})").format(
                sql.Identifier(schema, table.relation), sql.Identifier(f"{table.relation}_pkey"), columns
            )
        )
    _log(connection, schema, table.relation)


def _log(connection: Connection, schema: str, name: str) -> None:
    oid = catalog.relation_oid(connection, schema, name)
    if one(connection.execute("SELECT relpersistence = 'u' FROM pg_class WHERE oid = %s", [oid]))[0]:
        connection.execute(sql.SQL("ALTER TABLE {} SET LOGGED").format(_only(schema, name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """An index on which nobody has put anything."""

    name: str
    constraint: str
    """That it stands for; empty for a mere index."""
    definition: str
    """What follows USING."""


def _indexes(connection: Connection, oid: int, *, inherited: bool) -> list[_Found]:
    """Indexes of a relation that carry nothing of others: comment, setting, tablespace, CLUSTER, replica identity."""
    rows = connection.execute(
        """SELECT x.relname::text, coalesce(k.conname::text, ''), pg_get_indexdef(x.oid)
        FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_class AS c ON c.oid = i.indrelid
        LEFT JOIN pg_constraint AS k ON k.conindid = x.oid AND k.conrelid = c.oid AND k.contype IN ('p', 'u', 'x')
        WHERE i.indrelid = %s AND NOT i.indisclustered AND NOT i.indisreplident AND x.reloptions IS NULL
            AND x.reltablespace = c.reltablespace AND x.relispartition = %s
            AND NOT EXISTS (SELECT FROM pg_description WHERE objoid IN (x.oid, k.oid))
            AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = x.oid AND coalesce(attstattarget, -1) <> -1)
        ORDER BY 1""",
        [oid, inherited],
    )
    return [_Found(name=name, constraint=key, definition=text.partition(" USING ")[2]) for name, key, text in rows]


def _is(found: _Found, index: Index | None) -> bool:
    """Whether an index is the one that we make under its name."""
    if index is None or found.constraint:
        return False
    return found.definition.replace("::regconfig", "") == ddl.definition(index)


def drop_indexes(connection: Connection, schema: str, relation: str, found: Iterable[_Found]) -> None:
    """Drop indexes and the constraints that they stand for, but for those that something depends on."""
    for each in found:
        if each.constraint:
            statement = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(
                _only(schema, relation), sql.Identifier(each.constraint)
            )
        else:
            statement = sql.SQL("DROP INDEX {}").format(sql.Identifier(schema, each.name))
        try:
            with connection.transaction():
                connection.execute(statement)
        except psycopg.errors.DependentObjectsStillExist:
            continue  # it is kept up during COPY instead


def drop_key(connection: Connection, schema: str, table: Table) -> None:
    """Drop the primary key of an empty plain table, whose load builds it at the end."""
    key = catalog.primary_key(connection, schema, table.relation)
    oid = catalog.relation_oid(connection, schema, table.relation)
    found = [each for each in _indexes(connection, oid, inherited=False) if key and each.constraint == key]
    drop_indexes(connection, schema, table.relation, found)


def _only(schema: str, name: str) -> sql.Composed:
    return sql.SQL("ONLY {}").format(sql.Identifier(schema, name))


def _list(schema: str, names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(schema, name) for name in names)
