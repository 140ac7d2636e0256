"""Changes as rows of one form, whatever the table: operation, key, version, times, and the record before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import pyarrow as pa

from shardgen.columns import jsonb, text
from shardgen.columns.batch import Batch, Record, unversioned
from shardgen.columns.pieces import Drawn, Layout, Piece
from shardgen.columns.values import Value
from shardgen.model.table import Column
from shardgen.tables.feed import Feed
from shardgen.world.rng import I64
from shardgen.world.versions import DELETE, INSERT, OPERATIONS, Versions

FIELDS: Final = pa.schema(
    [
        ("table", pa.string()),
        ("operation", pa.string()),
        ("key", pa.string()),
        ("version", pa.int64()),
        ("changed_at", pa.timestamp("us")),
        ("ingestion_timestamp", pa.timestamp("us")),
        ("before", pa.string()),
        ("after", pa.string()),
    ]
)
"""Columns of changes; key, before and after are JSON objects, null where there is none."""
MOST_VERSIONS: Final = 1 << 12
"""More than a record has versions."""


class Spelling(Protocol):
    """How a format writes a column's values as JSON."""

    def __call__(self, column: Column, value: Value) -> jsonb.Value:
        """JSON of each row's value."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What changes are made of.

    Args:
        feed: of the plan, whose history says whether records tell their version.
        spelling: of values.
    """

    feed: Feed
    spelling: Spelling

    def changes(self, table: str, since: int, end: int, rows: int) -> Iterator[pa.RecordBatch]:
        """The changes of a table in [since, end), in order of number and version."""
        made = list(self.feed.changes(table, since, end, rows))
        earlier = self._earlier(table, made, end)
        return (self._of_batch(table, batch, earlier) for batch in made)

    def _of_batch(self, table: str, batch: Batch, earlier: _Earlier) -> pa.RecordBatch:
        known, ingestion = _known(batch), _record(batch).ingestion
        told = self._told(batch)
        after = self._objects(told, told.table.columns)
        key = [column for column in told.table.columns if column.name in batch.table.without_versions().key]
        gone = known.operation == DELETE
        return pa.record_batch(
            [
                pa.repeat(pa.scalar(table), batch.num_rows),
                text.pool(OPERATIONS).take(pa.array(known.operation)),
                self._objects(told, key),
                pa.array(known.number),
                pa.array(known.at).cast(pa.timestamp("us")),
                pa.array(ingestion).cast(pa.timestamp("us")),
                earlier.before(batch),
                text.draw(Drawn(after, np.where(gone, -1, np.arange(batch.num_rows)))),
            ],
            schema=FIELDS,
        )

    def _told(self, batch: Batch) -> Batch:
        return batch if self.feed.plan.history == "versions" else unversioned(batch)

    def _objects(self, batch: Batch, columns: Iterable[Column]) -> pa.StringArray:
        """A JSON object for each row, with some columns in their order."""
        values = [(column, batch.columns[column.name]) for column in columns]
        return Layout(_object(values, self.spelling)).texts()

    def _earlier(self, table: str, made: Sequence[Batch], end: int) -> _Earlier:
        """The records that some batches change, as they were."""
        nothing = np.zeros(0, dtype=np.int64)
        changed = [_record(each).numbers[_known(each).operation != INSERT] for each in made]
        wanted = np.concatenate([nothing, *(_key(each) - 1 for each in made)])
        keys, objects = [nothing], [text.pool([])]
        for each in self.feed.versions_of(table, np.unique(np.concatenate([nothing, *changed])), end=end):
            needed = np.flatnonzero(np.isin(_key(each), wanted))
            told = self._told(each)
            objects.append(self._objects(told, told.table.columns).take(pa.array(needed)))
            keys.append(_key(each)[needed])
        every = np.concatenate(keys)
        order = np.argsort(every)
        return _Earlier(keys=every[order], objects=pa.concat_arrays(objects).take(pa.array(order)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Earlier:
    """Versions of records, in order; arrays of shape (n,)."""

    keys: I64
    objects: pa.StringArray

    def before(self, batch: Batch) -> pa.StringArray:
        """What each row was before it changed; null for new ones."""
        old = _known(batch).operation != INSERT
        return text.draw(Drawn(self.objects, np.where(old, np.searchsorted(self.keys, _key(batch) - 1), -1)))


def _record(batch: Batch) -> Record:
    assert batch.record is not None
    return batch.record


def _known(batch: Batch) -> Versions:
    versions = _record(batch).versions
    assert versions is not None
    return versions


def _key(batch: Batch) -> I64:
    """A number for each version of each record, in their order."""
    return _record(batch).numbers * MOST_VERSIONS + _known(batch).number


def _object(values: Sequence[tuple[Column, Value]], spelling: Spelling) -> Iterable[Piece]:
    for place, (column, value) in enumerate(values):
        yield f"{', ' if place else '{'}{jsonb.string(column.name)}: ".encode()
        yield from jsonb.pieces_of(spelling(column, value))
    yield b"}"


def as_told(column: Column, value: Value) -> jsonb.Value:
    """JSON as raw_data has it: times as ISO 8601, amounts as numbers, objects as objects."""
    del column
    return value.json()
