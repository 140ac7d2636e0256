"""How many rows a table holds, leaf by leaf, so that no statement locks a whole table's partitions."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from shardgen.stores.postgres import catalog, keys
from shardgen.stores.postgres.postgres import Connection, one
from shardgen.tables import dataset


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What a table holds."""

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
    return count(connection, oid, relation.removeprefix("raw_")).total


def count(connection: Connection, oid: int, table: str, own: tuple[int, int] | None = None) -> Counted:
    """Count a table, one leaf and one transaction at a time.

    Args:
        connection: to the target.
        oid: of the relation.
        table: which of ours it is: ``"orders"``.
        own: range of key numbers to count as well, see :func:`shardgen.stores.postgres.keys.own_range`.
    """
    rows, size, within = {}, 0, 0
    condition = keys.within(dataset()[table].table, own) if own else sql.SQL("true")
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
    return Counted(rows=rows, size=size, within=within if own else None)
