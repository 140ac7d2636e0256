"""Changes as values, whatever the table: the records before and after them, their versions and times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Final, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from shardgen.columns import jsonb, text
from shardgen.columns.batch import Batch, Record, chosen, unversioned
from shardgen.columns.pieces import Drawn, Layout, Piece
from shardgen.columns.values import Given, Value
from shardgen.model.played import DELETE, INSERT
from shardgen.model.table import Column
from shardgen.tables.feed import Feed
from shardgen.world.picking import picked
from shardgen.world.rng import I64
from shardgen.world.versions import OPERATIONS, Versions

MOST_VERSIONS: Final = 1 << 12
"""More than a record has versions."""
NONE: Final = b"null"


class Spelling(Protocol):
    """How a format writes a column's values as JSON."""

    def __call__(self, column: Column, value: Value) -> jsonb.Value:
        """JSON of each row's value."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Changed:
    """Some changes of a table; arrays of shape (n,)."""

    table: str
    told: Batch
    """The records after the changes, as the plan tells them."""
    versions: Versions
    ingestion: I64
    """When bronze got the changes."""
    known_before: Callable[[], Drawn]
    """Makes ``earlier``, for whom that is asked."""
    spelling: Spelling

    @property
    def earlier(self) -> Drawn:
        """JSON objects of the records before the changes; none of new ones."""
        return self.known_before()

    @property
    def gone(self) -> NDArray[np.bool_]:
        """Whether the record is no more."""
        return self.versions.operation == DELETE

    @property
    def operations(self) -> Drawn:
        """Their names."""
        return Drawn(text.words(OPERATIONS), self.versions.operation)

    @property
    def key(self) -> list[Piece]:
        """A JSON object of the key of each record."""
        table = self.told.table
        key = table.without_versions().key
        return self._object([column for column in table.columns if column.name in key])

    @property
    def before(self) -> list[Piece]:
        """A JSON object of each record as it was, null for new ones."""
        is_new = (self.versions.operation == INSERT).all()
        return [NONE if is_new else self.earlier.filled(NONE)]

    @property
    def after(self) -> list[Piece]:
        """A JSON object of each record as it is, null for deleted ones."""
        objects, gone = self._object(self.told.table.columns), self.gone
        if not gone.any():
            return objects
        return [Drawn(Layout(objects).texts(), np.where(gone, -1, np.arange(len(gone)))).filled(NONE)]

    def _object(self, columns: Iterable[Column]) -> list[Piece]:
        return _object(self.told, columns, self.spelling)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What changes are made of.

    Args:
        feed: of the plan, whose history says whether records tell their version.
        spelling: of values.
    """

    feed: Feed
    spelling: Spelling

    def changes(self, table: str, since: int, end: int, rows: int) -> Iterator[Changed]:
        """The changes of a table that happen in [since, end); clean ones in order of number and version.

        Those that dirt has made anew come after the others of their batch, as often as bronze gets them.

        Args:
            rows: about how many there should be at a time.
        """
        made = list(self.feed.changes(table, since, end, rows))
        earlier = cache(partial(self._earlier, table, made, end))
        for batch in made:
            for part in self.feed.parts(table, self._told(batch)):
                yield Changed(
                    table=table,
                    told=part.rows,
                    versions=picked(versions_of(batch), part.of),
                    ingestion=part.ingestion,
                    known_before=partial(_of, earlier, batch, part.of),
                    spelling=self.spelling,
                )

    def _told(self, batch: Batch) -> Batch:
        return batch if self.feed.plan.history == "versions" else unversioned(batch)

    def _earlier(self, table: str, made: Sequence[Batch], end: int) -> _Earlier:
        """The records that some batches change, as they were."""
        nothing = np.zeros(0, dtype=np.int64)
        changed = [record_of(each).numbers[versions_of(each).operation != INSERT] for each in made]
        wanted = np.concatenate([nothing, *(keys_of(each) - 1 for each in made)])
        keys, objects = [nothing], [text.pool([])]
        for each in self.feed.versions_of(table, np.unique(np.concatenate([nothing, *changed])), end=end):
            needed = np.flatnonzero(np.isin(keys_of(each), wanted))
            for part in self.feed.parts(table, chosen(self._told(each), needed), told=True) if len(needed) else ():
                objects.append(Layout(_object(part.rows, part.rows.table.columns, self.spelling)).texts())
                keys.append(keys_of(each)[needed[part.of]])
        every_key = np.concatenate(keys)
        order = np.argsort(every_key)
        return _Earlier(keys=every_key[order], objects=pa.concat_arrays(objects).take(pa.array(order)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Earlier:
    """Versions of records, in order; arrays of shape (n,)."""

    keys: I64
    objects: pa.StringArray

    def of(self, batch: Batch) -> Drawn:
        """What each row was before it changed; nothing for new ones."""
        old = versions_of(batch).operation != INSERT
        return Drawn(self.objects, np.where(old, np.searchsorted(self.keys, keys_of(batch) - 1), -1))


def _of(earlier: Callable[[], _Earlier], batch: Batch, rows: I64) -> Drawn:
    """What some rows of a batch were before they changed."""
    found = earlier().of(batch)
    return Drawn(found.pool, found.rows[rows])


def record_of(batch: Batch) -> Record:
    """What the rows of a batch are of."""
    assert batch.record is not None
    return batch.record


def versions_of(batch: Batch) -> Versions:
    """Which versions the rows of a batch are."""
    versions = record_of(batch).versions
    assert versions is not None
    return versions


def keys_of(batch: Batch) -> I64:
    """A number for each version of each record, in their order."""
    return record_of(batch).numbers * MOST_VERSIONS + versions_of(batch).number


def _object(batch: Batch, columns: Iterable[Column], spelling: Spelling) -> list[Piece]:
    """A JSON object for each row, with some columns in their order."""
    found: list[Piece] = []
    for place, column in enumerate(columns):
        found.append(f"{', ' if place else '{'}{jsonb.string(column.name)}: ".encode())
        found += jsonb.pieces_of(_spelt(column, batch.columns[column.name], spelling))
    return [*found, b"}"]


def _spelt(column: Column, value: Value, spelling: Spelling) -> jsonb.Value:
    """JSON of a column's values, be they those of rows that were made anew."""
    if not isinstance(value, Given):
        return spelling(column, value)
    every = Layout(jsonb.pieces_of(spelling(column, value.filled(column.type.name)))).texts()
    return Drawn(every, np.where(value.known, np.arange(len(every)), -1))


def as_told(column: Column, value: Value) -> jsonb.Value:
    """JSON as raw_data has it: times as ISO 8601, amounts as numbers, objects as objects."""
    del column
    return value.json()
