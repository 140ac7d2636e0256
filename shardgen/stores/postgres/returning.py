"""The rows of a shard as they stand, for whoever works on what is loaded; also those whose ids are spoilt.

They come in order of the number that an id holds, whatever stands about it, and of ingestion.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from psycopg import sql

from shardgen.dirt.restoring import numbers_of
from shardgen.model.config import PlanConfig
from shardgen.model.plan import Shard
from shardgen.model.table import COMMON, Table
from shardgen.stores.apart import fields, rows, value
from shardgen.stores.copy import HEADER, TRAILER
from shardgen.stores.postgres import catalog, keys
from shardgen.stores.postgres.postgres import Connection
from shardgen.stores.postgres.readers import reader
from shardgen.tables import table_of

_COPY: Final = sql.SQL("COPY (SELECT {} FROM {} WHERE {} ORDER BY {}, {}) TO STDOUT (FORMAT binary)")


def of_shard(dsn: str, config: PlanConfig, shard: Shard) -> Iterator[dict[str, Any]]:
    """The rows of a shard, see stores.Store.returned."""
    table = table_of(config, shard.table)
    with reader(dsn, config.schema, purpose="answers") as connection:
        for row in rows(_stream(connection, config.schema, table, shard)):
            pairs = zip(table.columns, fields(row), strict=True)
            yield {column.name: value(column.type, field) for column, field in pairs}


def _stream(connection: Connection, schema: str, table: Table, shard: Shard) -> Iterator[bytes]:
    """COPY's rows, cut anywhere, without what is before and after them."""
    statement = _COPY.format(
        sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns),
        catalog.own_rows(connection, schema, table.relation),
        _condition(table, shard),
        _number(table),
        sql.Identifier(COMMON[1]),
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        last = b""
        for block in copy:
            have = bytes(block)
            yield last
            last = have.removeprefix(HEADER) if not last else have
        yield last.removesuffix(TRAILER)


def _number(table: Table) -> sql.Composed:
    """SQL for the number that a key holds; -1 where it holds none."""
    column = sql.Identifier(table.key[0])
    if table.space.ids is None:
        return sql.SQL("{}").format(column)
    return sql.SQL("coalesce(substring({} from '[0-9]+')::numeric, -1)").format(column)


def _condition(table: Table, shard: Shard) -> sql.Composed:
    low, last = numbers_of(table, shard)
    numbered = sql.SQL("({} BETWEEN {} AND {})").format(_number(table), sql.Literal(low), sql.Literal(last))
    if shard.leaf is None:
        return numbered
    piece = numbered if table.space.ids and not shard.own_leaf else keys.piece(shard)
    return sql.SQL("({column} >= {lower} AND {column} < {upper} AND {piece})").format(
        column=sql.Identifier(table.partition_by),
        lower=sql.Literal(shard.leaf.lower.isoformat()),
        upper=sql.Literal(shard.leaf.upper.isoformat()),
        piece=piece,
    )
