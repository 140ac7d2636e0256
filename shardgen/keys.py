"""The numeric keys of the tables, in SQL and in COPY bytes, and which of them make up a shard, a table, a load.

Ids are text of a prefix and a number, counted from 1, that is padded to a least width; text of one width is in the
order of its numbers, so a shard of a plain table is a few ranges of its primary key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from psycopg import sql

from shardgen.planning import Plan, Shard
from shardgen.schema import ID_FORMATS, TABLES, Table
from shardgen.world.orders import MAX_ITEMS

KINDS: Final = {
    "customers": "customer",
    "products": "product",
    "orders": "order",
    "reviews": "review",
    "sessions": "session",
}
"""Kind of id by table; the keys of all others are numbers."""

_DIGITS: Final = 18  # of a number that fits into a bigint


def key(table: Table) -> str:
    """The column that holds the key; it is the first of the table, and so of its COPY rows."""
    assert table.columns[0].name == table.key[0]
    return table.key[0]


def number(table: Table) -> sql.Composed:
    """SQL for the key's number; NULL where a text is no id."""
    column = sql.Identifier(key(table))
    if table.name not in KINDS:
        return sql.SQL("{}").format(column)
    prefix, _ = ID_FORMATS[KINDS[table.name]]
    return sql.SQL("CASE WHEN {column} ~ {pattern} THEN substr({column}, {start})::bigint END").format(
        column=column,
        pattern=sql.Literal(f"^{prefix}[0-9]{{1,{_DIGITS}}}$"),
        start=sql.Literal(len(prefix) + 1),
    )


def number_in(table: Table, field: bytes | None) -> int | None:
    """The key's number out of the first field of a COPY row; None where a text is no id."""
    if field is None:
        return None
    if table.name not in KINDS:
        return int.from_bytes(field, "big", signed=True)
    prefix = ID_FORMATS[KINDS[table.name]][0].encode()
    digits = field.removeprefix(prefix)
    known = field.startswith(prefix) and digits.isdigit() and len(digits) <= _DIGITS
    return int(digits) if known else None


def shown(table: Table, field: bytes | None) -> str:
    """The key as a person reads it: ``"REV0000000017"``."""
    if field is None:
        return "null"
    if table.name not in KINDS:
        return str(number_in(table, field))
    text = field.decode(errors="replace")
    return text if text.isprintable() and text == text.strip() else repr(text)


def bounds(shard: Shard) -> tuple[int, int]:
    """First number of a plain table's shard, and first after it."""
    children = MAX_ITEMS if shard.table == "reviews" else 1
    return shard.start * children + 1, shard.stop * children + 1


def own_range(plan: Plan, name: str, max_id: Callable[[Plan, str], int]) -> tuple[int, int]:
    """First and last number of the keys that a load can give to a table, so that other rows can be told from its own.

    Numbers of events and movements have gaps: somebody else's row may lie among them.
    """
    if name not in KINDS:
        return 0, max_id(plan, name)
    children = MAX_ITEMS if name == "reviews" else 1
    return 1, max((shard.stop for shard in plan.of(name)), default=0) * children


def within(table: Table, own: tuple[int, int]) -> sql.Composed:
    """SQL condition: the row's key is one that the load can have given."""
    low, high = map(sql.Literal, own)
    between = sql.SQL("coalesce({} BETWEEN {} AND {}, false)").format(number(table), low, high)
    if table.name not in KINDS:
        return between
    prefix, least = ID_FORMATS[KINDS[table.name]]
    padded = sql.Literal(f"^{prefix}([0-9]{{{least}}}|[1-9][0-9]{{{least},}})$")
    return sql.SQL("({} AND {} ~ {})").format(between, sql.Identifier(key(table)), padded)


def id_ranges(shard: Shard) -> Iterator[tuple[str, str]]:
    """First and last id of the shard of a plain table, for each width that its ids have."""
    prefix, least = ID_FORMATS[KINDS[shard.table]]
    low, stop = bounds(shard)
    while low < stop:
        width = max(least, len(str(low)))
        limit = min(stop, 10**width)
        yield f"{prefix}{low:0{width}}", f"{prefix}{limit - 1:0{width}}"
        low = limit


def of_shard(shard: Shard, own: tuple[int, int]) -> sql.Composed:
    """SQL condition: the row is one of the shard; ``own`` is the range of its whole load."""
    table = TABLES[shard.table]
    if shard.leaf is None:
        column = sql.Identifier(key(table))
        ranges: list[sql.Composable] = [
            sql.SQL("{} BETWEEN {} AND {}").format(column, sql.Literal(low), sql.Literal(high))
            for low, high in id_ranges(shard)
        ]
        return sql.SQL("(({}) AND {})").format(  # between two ids there may be texts that are none
            sql.SQL(" OR ").join(ranges or [sql.SQL("false")]), within(table, own)
        )
    return sql.SQL("({column} >= {lower} AND {column} < {upper} AND {within})").format(
        column=sql.Identifier(table.partition_by),
        lower=sql.Literal(shard.leaf.lower.isoformat()),
        upper=sql.Literal(shard.leaf.upper.isoformat()),
        within=within(table, own),
    )
