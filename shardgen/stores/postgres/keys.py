"""The keys of the tables in SQL and in COPY bytes, and which of them make up a shard, a table, a load.

Text of one width is in the order of its numbers, so a shard of a plain table is a few ranges of its primary key.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from psycopg import sql

from shardgen.model.plan import Plan, Shard
from shardgen.model.table import Table
from shardgen.tables import dataset
from shardgen.tables.spec import ByLeaves

_DIGITS: Final = 18  # of a number that fits into a bigint
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  # instants are UTC, columns have no zone


def number(table: Table) -> sql.Composed:
    """SQL for the key's number; NULL where a text is no id."""
    column, ids = sql.Identifier(table.key[0]), table.space.ids
    if ids is None:
        return sql.SQL("{}").format(column)
    return sql.SQL("CASE WHEN {column} ~ {pattern} THEN substr({column}, {start})::bigint END").format(
        column=column,
        pattern=sql.Literal(f"^{ids.prefix}[0-9]{{1,{_DIGITS}}}$"),
        start=sql.Literal(len(ids.prefix) + 1),
    )


def number_in(table: Table, field: bytes | None) -> int | None:
    """The key's number out of the first field of a COPY row; None where a text is no id."""
    if field is None:
        return None
    if table.space.ids is None:
        return int.from_bytes(field, "big", signed=True)
    prefix = table.space.ids.prefix.encode()
    digits = field.removeprefix(prefix)
    known = field.startswith(prefix) and digits.isdigit() and len(digits) <= _DIGITS
    return int(digits) if known else None


def shown(table: Table, field: bytes | None) -> str:
    """The key as a person reads it: ``"REV0000000017"``."""
    if field is None:
        return "null"
    if table.space.ids is None:
        return str(number_in(table, field))
    text = field.decode(errors="replace")
    return text if text.isprintable() and text == text.strip() else repr(text)


def bounds(shard: Shard) -> tuple[int, int]:
    """First key number of a shard that is cut by number, and first after it."""
    children = dataset(shard.dataset)[shard.table].table.space.children
    return shard.start * children + 1, shard.stop * children + 1


def own_range(plan: Plan, name: str, max_id: Callable[[Plan, str], int]) -> tuple[int, int]:
    """First and last number of the keys that a load can give to a table, so that other rows can be told from its own.

    Numbers that have gaps may have somebody else's row among them.
    """
    space = dataset(plan.config.dataset)[name].table.space
    if space.ids is None:
        return 0, max_id(plan, name)
    return 1, max((shard.stop for shard in plan.of(name)), default=0) * space.children


def within(table: Table, own: tuple[int, int]) -> sql.Composed:
    """SQL condition: the row's key is one that the load can have given."""
    low, high = map(sql.Literal, own)
    between = sql.SQL("coalesce({} BETWEEN {} AND {}, false)").format(number(table), low, high)
    ids = table.space.ids
    if ids is None:
        return between
    padded = sql.Literal(f"^{ids.prefix}([0-9]{{{ids.width}}}|[1-9][0-9]{{{ids.width},}})$")
    return sql.SQL("({} AND {} ~ {})").format(between, sql.Identifier(table.key[0]), padded)


def of_shard(shard: Shard, own: tuple[int, int]) -> sql.Composed:
    """SQL condition: the row is one of the shard; ``own`` is the range of its whole load."""
    table = dataset(shard.dataset)[shard.table].table
    if shard.leaf is None:  # between two ids there may be texts that are none
        return sql.SQL("({} AND {})").format(_numbered(shard), within(table, own))
    return sql.SQL("({} AND {} AND {})").format(of_leaf(shard), piece(shard), within(table, own))


def of_leaf(shard: Shard) -> sql.Composed:
    """SQL condition: the row lies in the leaf of a shard."""
    assert shard.leaf is not None
    return sql.SQL("({column} >= {lower} AND {column} < {upper})").format(
        column=sql.Identifier(dataset(shard.dataset)[shard.table].table.partition_by),
        lower=sql.Literal(shard.leaf.lower.isoformat()),
        upper=sql.Literal(shard.leaf.upper.isoformat()),
    )


def piece(shard: Shard) -> sql.Composed:
    """SQL condition: of the rows of a leaf, those of this shard, where others fill it too."""
    if shard.leaf is None or shard.own_leaf:
        return sql.SQL("true").format()
    spec = dataset(shard.dataset)[shard.table]
    if isinstance(spec.cut, ByLeaves) and spec.cut.ids_at is None:
        column = sql.Identifier(spec.table.partition_by)
        low, high = (_EPOCH + timedelta(microseconds=instant) for instant in (shard.start, shard.stop))
        return sql.SQL("({0} >= {1} AND {0} < {2})").format(column, sql.Literal(low), sql.Literal(high))
    return _numbered(shard)


def _numbered(shard: Shard) -> sql.Composed:
    """SQL condition: the key is of the shard's numbers, as an index finds them."""
    table = dataset(shard.dataset)[shard.table].table
    low, stop = bounds(shard)
    pairs = table.space.ids.ranges(low, stop) if table.space.ids else [(low, stop - 1)]
    column = sql.Identifier(table.key[0])
    ranges = [sql.SQL("{} BETWEEN {} AND {}").format(column, *map(sql.Literal, pair)) for pair in pairs]
    return sql.SQL("({})").format(sql.SQL(" OR ").join(ranges or [sql.SQL("false").format()]))
