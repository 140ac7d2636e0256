"""The rows of a clean plan, out of a place that holds them with dirt and the answer key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa

from shardgen.columns.batch import Batch, arrow_type
from shardgen.columns.text import decimals
from shardgen.columns.values import Given
from shardgen.dirt.restoring import Restorer, Row
from shardgen.model.config import PlanConfig
from shardgen.model.plan import Shard
from shardgen.model.table import Table
from shardgen.model.types import Type
from shardgen.stores import open_lake, open_store
from shardgen.tables import table_of
from shardgen.tables.feed import Feed


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """See tables.feed.Feeding; small and picklable."""

    dirty: PlanConfig
    """Of what is loaded."""
    dsn: str = field(repr=False)
    """Of the database that holds it; of no account where a lake does."""
    lake: str = ""
    """Address of that."""

    def batches(self, shard: Shard, rows: int) -> Iterator[Batch]:
        """The clean rows of a shard, a batch at a time."""
        table = table_of(self.dirty, shard.table)
        store = open_lake(self.lake) if self.lake else open_store(self.dsn, self.dirty.schema)
        there = store.returned(self.dirty, shard)
        mended = Restorer(table=table, shard=shard).rows(there, Feed(self.dirty).defects(shard))
        while some := list(islice(mended, rows)):
            yield Batch(table=table, num_rows=len(some), columns=values_of(table, some))

    def before(self, shard: Shard, rows: int) -> Iterator[Batch]:  # noqa: ARG002  # as every feed has it
        """None: what is restored is no window."""
        return iter(())

    def get_ready(self, shard: Shard) -> None:
        """Nothing is kept."""


def values_of(table: Table, rows: Sequence[Row]) -> dict[str, Given]:
    """Rows as columns."""
    return {column.name: Given(_array(column.type, [row[column.name] for row in rows])) for column in table.columns}


def _array(type_: Type, values: list[Any]) -> pa.Array:
    """Values as builders count them, as Arrow has them."""
    if type_.name != "decimal":
        return pa.array(values, arrow_type(type_))
    known = np.array([each is not None for each in values], dtype=np.bool_)
    whole = decimals(np.array([each or 0 for each in values], dtype=np.int64), 2)
    return pa.array([each if there else None for each, there in zip(whole, known, strict=True)], whole.type)
