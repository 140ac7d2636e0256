"""What every bronze table has: ids as text, the record of the source system, and rows as columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from shardgen.schema import ID_FORMATS, Column, Table
from shardgen.tables import jsonb, text
from shardgen.tables.jsonb import Members, Objects
from shardgen.tables.pieces import Drawn, Even, Texts
from shardgen.tables.text import I64
from shardgen.world import World
from shardgen.world.rng import between

SECOND = 1_000_000

TYPES = {
    "timestamp": pa.timestamp("us"),
    "date": pa.date32(),
    "boolean": pa.bool_(),
    "integer": pa.int32(),
    "bigserial": pa.int64(),
    "numeric(10,2)": pa.decimal128(18, 2),
    "numeric(15,2)": pa.decimal128(18, 2),
}
"""Arrow types of column types; all others are text."""

Values: TypeAlias = Texts | Drawn | Objects | str | None
"""A column: numbers as numpy has them (times in microseconds and dates in days since 1970-01-01, money in cents),
texts of each row or drawn from a pool, JSON in pieces; one text or null for all rows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Rows of a table: columns as they were made, which an encoder gives their bytes and ``arrow`` their values."""

    table: Table
    num_rows: int
    columns: Mapping[str, Values]

    def arrow(self) -> pa.RecordBatch:
        """The rows as Arrow has them; JSON is text."""
        schema = arrow_schema(self.table)
        arrays = [_array(column, self.columns[column.name], self.num_rows) for column in self.table.columns]
        return pa.record_batch(arrays, schema=schema)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What a table's builder is asked for: a range of ids, as it stands at the end of the window."""

    world: World
    mode: str
    """``--raw-data``: full, lean or none."""
    start: int
    """As :class:`shardgen.planning.Shard` has it for the table, and so has ``stop``."""
    stop: int
    end: int
    """First instant after the window."""
    rows: int
    """About how many rows a batch should hold."""

    def ranges(self, size: int | None = None) -> list[tuple[int, int]]:
        """The ids in runs of at most ``size``, else of ``rows``."""
        return ranges(self.start, self.stop, size or self.rows)


def ids(kind: str, numbers: I64) -> Texts:
    """Public ids, counted from 1: customer number 0 is ``CUST00000001``."""
    prefix, width = ID_FORMATS[kind]
    return text.join(prefix, text.digits(numbers + 1, width))


def ingested(seed: int, table: str, keys: I64, known: I64, low: int, high: int) -> I64:
    """When bronze got the record: its feed's lag after the record's latest known change.

    Args:
        known: instants of the latest change that the record tells.
        low, high: least and greatest lag in seconds.
    """
    return known + between(seed, f"{table}.lag", keys, low * 1000, high * 1000) * (SECOND // 1000)


def arrow_schema(table: Table) -> pa.Schema:
    """Columns of a table as Arrow has them."""
    return pa.schema([(column.name, TYPES.get(column.type, pa.string())) for column in table.columns])


def batch(
    table: Table,
    mode: str,
    columns: Mapping[str, Values],
    *,
    source: str,
    ingestion: I64,
    record: Members,
    extra: Members,
) -> Batch:
    """Rows of a table.

    Args:
        mode: ``--raw-data``: full, lean or none.
        columns: all columns but the three that every table has.
        source: name of the system of record.
        ingestion: ingestion instants.
        record: the source's JSON for what the columns tell.
        extra: its JSON for what they do not.
    """
    raw = {"full": {**record, **extra}, "lean": extra, "none": {}}[mode]
    common = {
        "source_system": source,
        "ingestion_timestamp": ingestion,
        "raw_data": jsonb.objects(raw) if raw else None,
    }
    return Batch(table=table, num_rows=len(ingestion), columns={**columns, **common})


def ranges(start: int, stop: int, size: int) -> list[tuple[int, int]]:
    """[start, stop) in runs of at most ``size`` ids."""
    return [(low, min(low + size, stop)) for low in range(start, stop, max(1, size))]


def _array(column: Column, values: Values, rows: int) -> pa.Array:
    """A column's values."""
    if values is None or isinstance(values, str):
        return pa.repeat(pa.scalar(values, pa.string()), rows)
    if isinstance(values, Objects):
        return values.texts()
    if isinstance(values, Drawn):
        return text.draw(values)
    return _numbers(column, values) if isinstance(values, np.ndarray) else values


def _numbers(column: Column, values: Even) -> pa.Array:
    if values.dtype.kind == "S":
        return text.column(values)
    if column.type.startswith("numeric"):
        return text.decimals(values, 2)
    if column.type == "date":
        return pa.array(values.astype("datetime64[D]"))
    return pa.array(values).cast(TYPES[column.type])
