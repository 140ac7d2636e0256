"""The rows of a shard as the server has them, as binary COPY sends them: a stream of bytes, in one of two orders.

Heap order costs a bare scan and is the order of loading for a leaf that nobody has touched since; key order is that of
every shard, whatever happened to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from psycopg import sql

from shardgen.model.plan import Shard
from shardgen.model.table import Table
from shardgen.stores.copy import HEADER, TRAILER
from shardgen.stores.postgres import catalog, keys
from shardgen.stores.postgres.postgres import Connection

Blocks = Iterator[bytes | bytearray | memoryview]
"""COPY rows, cut anywhere."""

_COPY: Final = sql.SQL("COPY {} TO STDOUT (FORMAT binary)")


def in_heap_order(connection: Connection, schema: str, table: Table, leaf: str) -> Blocks:
    """The rows of a leaf as they lie."""
    return copied(connection, sql.SQL("{} ({})").format(sql.Identifier(schema, leaf), _columns(table)))


def in_key_order(
    connection: Connection,
    schema: str,
    table: Table,
    shard: Shard,
    leaf: str | None,
    own: tuple[int, int] | None = None,
    rescaled: Collection[str] = (),
) -> Blocks:
    """The rows of a shard by number; texts that are no id come last.

    Args:
        connection: to the target.
        schema: of the table.
        table: the whole table, less the columns that it lacks.
        shard: of it.
        leaf: the partition that is the shard, if there is one.
        own: the range of key numbers outside which rows are somebody else's.
        rescaled: columns that hold numbers with more decimal places than ours, which is another form of the same.
    """
    ours = keys.within(table, own) if own else sql.SQL("true")
    if shard.leaf is None:
        relation, (first, stop) = catalog.own_rows(connection, schema, table.relation), keys.bounds(shard)
        for low, high in table.space.ids.ranges(first, stop) if table.space.ids else [(first, stop - 1)]:
            column = sql.Identifier(table.key[0])
            condition = sql.SQL("{} BETWEEN {} AND {} AND {}").format(column, sql.Literal(low), sql.Literal(high), ours)
            yield from copied(connection, _selected(table, relation, condition, _in_order(table, column), rescaled))
        return
    order = _in_order(table, sql.SQL("{} NULLS LAST").format(keys.number(table)))
    if leaf is not None:
        query = _selected(table, sql.Identifier(schema, leaf), ours, order, rescaled)
    else:
        condition = sql.SQL("{column} >= {lower} AND {column} < {upper} AND {piece} AND {ours}").format(
            column=sql.Identifier(table.partition_by),
            lower=sql.Literal(shard.leaf.lower.isoformat()),
            upper=sql.Literal(shard.leaf.upper.isoformat()),
            piece=keys.piece(shard),
            ours=ours,
        )
        relation = catalog.own_rows(connection, schema, table.relation)
        query = _selected(table, relation, condition, order, rescaled)
    yield from copied(connection, query)


def _selected(
    table: Table,
    relation: sql.Composable,
    condition: sql.Composable,
    order: sql.Composable,
    rescaled: Collection[str],
) -> sql.Composed:
    columns = sql.SQL(", ").join(
        _in_cents(each.name) if each.name in rescaled else sql.Identifier(each.name) for each in table.columns
    )
    return sql.SQL("(SELECT {} FROM {} WHERE {} ORDER BY {})").format(columns, relation, condition, order)


def _in_order(table: Table, number: sql.Composable) -> sql.Composable:
    """By number, and the versions of a record as they became known."""
    return sql.SQL("{}, ingestion_timestamp").format(number) if table.versioned else number


def _in_cents(name: str) -> sql.Composed:
    """The number with two places, unless that would change it."""
    return sql.SQL("CASE WHEN {0} = round({0}, 2) THEN round({0}, 2) ELSE {0} END").format(sql.Identifier(name))


def _columns(table: Table) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)


def copied(connection: Connection, source: sql.Composed) -> Blocks:
    """What COPY sends, without header and trailer; the server sends them with the first row, and alone."""
    with connection.cursor() as cursor, cursor.copy(_COPY.format(source)) as copy:
        held = bytes(next(iter(copy)))
        assert held.startswith(HEADER), f"COPY began with {held[:20]!r}"
        last: bytes | bytearray | memoryview = held[len(HEADER) :]
        for block in copy:
            yield last
            last = block
        assert bytes(last).endswith(TRAILER), f"COPY ended with {bytes(last)[-20:]!r}"
        yield last[: -len(TRAILER)]
