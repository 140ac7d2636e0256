"""Columns of a file as the values that a builder gave, so that COPY makes the same bytes of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa

from shardgen.columns.batch import Batch
from shardgen.columns.text import I64
from shardgen.columns.values import Absent, Day, Flag, Instant, Json, Money, Prose, Value, Whole
from shardgen.model.table import Column, Table

TEXTS: Final = ("text", "varchar", "json")


def batches(table: Table, rows: pa.RecordBatch) -> Iterator[Batch]:
    """Rows of a file as their builder gave them.

    Args:
        table: that the file is of.
        rows: with its columns.
    """
    for run in _runs(table, rows):
        values = {column.name: _value(column, run[column.name]) for column in table.columns}
        yield Batch(table=table, num_rows=run.num_rows, columns=values)


def _runs(table: Table, rows: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The rows in runs, in each of which a column that is no text has values alone, or none: as builders have it."""
    changes = np.zeros(max(0, rows.num_rows - 1), dtype=np.bool_)
    for column in table.columns:
        if column.type.name not in TEXTS and rows[column.name].null_count:
            there = rows[column.name].is_valid().to_numpy(zero_copy_only=False)
            changes |= there[1:] != there[:-1]
    start = 0
    for end in [*(np.flatnonzero(changes) + 1).tolist(), rows.num_rows]:
        yield rows.slice(start, end - start)
        start = end


def _value(column: Column, array: pa.Array) -> Value:
    kind = column.type.name
    if column.json:
        return Json(array)
    if kind in TEXTS:
        return Prose(array)
    if array.null_count:
        return Absent()
    return _SINGLE[kind](array)


def _numbers(array: pa.Array) -> I64:
    return array.cast(pa.int64()).to_numpy()


def _unscaled(array: pa.Array) -> I64:
    """The integers that decimals are made of: the low half of each, of 128 bits."""
    words = np.frombuffer(array.buffers()[1], dtype=np.int64)
    return words[2 * array.offset : 2 * (array.offset + len(array)) : 2]


_SINGLE: Final[dict[str, Any]] = {
    "integer": lambda array: Whole(_numbers(array)),
    "serial": lambda array: Whole(_numbers(array)),
    "timestamp": lambda array: Instant(_numbers(array)),
    "date": lambda array: Day(array.cast(pa.int32()).cast(pa.int64()).to_numpy()),
    "decimal": lambda array: Money(_unscaled(array)),
    "boolean": lambda array: Flag(array.to_numpy(zero_copy_only=False)),
}
"""Of types whose values are no texts."""
