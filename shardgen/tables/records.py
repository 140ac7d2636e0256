"""What every bronze table has: ids as text, the record of the source system, and the batch in column order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from shardgen.schema import Table
from shardgen.tables import text
from shardgen.tables.text import I64, Drawn, Text, Value
from shardgen.world import World
from shardgen.world.rng import between

ID_FORMATS = {
    "customer": ("CUST", 8),
    "product": ("PROD", 8),
    "order": ("ORD", 10),
    "review": ("REV", 10),
    "session": ("SESS", 12),
    "warehouse": ("WH", 3),
    "supplier": ("SUPP", 5),
}
"""Prefix and least number of digits of each kind of id."""

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

Members = Mapping[str, Value]
Columns = Mapping[str, pa.Array | Drawn]


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


def ids(kind: str, numbers: I64) -> Text:
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
    """Columns of a table's batches."""
    return pa.schema([(column.name, TYPES.get(column.type, pa.string())) for column in table.columns])


def batch(table: Table, mode: str, columns: Columns, **rest: Any) -> pa.RecordBatch:
    """All rows as one batch; see :func:`batches`."""
    return next(batches(table, mode, columns, rows=len(rest["ingestion"]), **rest))


def batches(
    table: Table,
    mode: str,
    columns: Columns,
    *,
    source: str,
    ingestion: I64,
    record: Members,
    extra: Members,
    rows: int,
) -> Iterator[pa.RecordBatch]:
    """The rows in the table's column order, a batch at a time.

    Args:
        mode: ``--raw-data``: full, lean or none.
        columns: all columns but the three that every table has.
        source: name of the system of record.
        ingestion: ingestion instants.
        record: the source's JSON for what the columns tell.
        extra: its JSON for what they do not.
        rows: how many rows a batch holds; what is built before is small, the JSON of a batch is what takes memory.
    """
    shape = arrow_schema(table)
    objects = None if mode == "none" else text.JsonObjects({**record, **extra} if mode == "full" else extra)
    for start, stop in ranges(0, len(ingestion), rows):
        every = {name: text.part(column, start, stop) for name, column in columns.items()} | {
            "source_system": pa.repeat(source, stop - start),
            "ingestion_timestamp": text.instants(ingestion[start:stop]),
            "raw_data": objects.rows(start, stop) if objects else pa.nulls(stop - start, pa.string()),
        }
        yield pa.record_batch([every[field.name] for field in shape], schema=shape)


def ranges(start: int, stop: int, size: int) -> list[tuple[int, int]]:
    """[start, stop) in runs of at most ``size`` ids."""
    return [(low, min(low + size, stop)) for low in range(start, stop, max(1, size))]


def int32(numbers: I64) -> pa.Array:
    """A 32-bit integer column."""
    return pa.array(numbers.astype(np.int32))
