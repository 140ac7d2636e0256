"""Rows of a table as columns of values, which an encoder gives their bytes and ``arrow`` their values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from shardgen.columns import text
from shardgen.columns.abreast import Texts
from shardgen.columns.arrow import pa
from shardgen.columns.nested import Document
from shardgen.columns.pieces import Drawn
from shardgen.columns.text import I64
from shardgen.columns.values import Absent, Constant, Given, Instant, Member, Value, Whole, Words, taken
from shardgen.model.keys import IdFormat
from shardgen.model.table import COMMON, Table
from shardgen.model.types import Type
from shardgen.world.picking import picked
from shardgen.world.rng import between
from shardgen.world.versions import OPERATIONS, Versions, single

SECOND = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Record:
    """What raw_data and the common columns of some rows are made of."""

    mode: str
    """``--raw-data``."""
    numbers: I64
    """Of the rows' keys, from 0."""
    ingestion: I64
    """Ingestion instants."""
    extra: Mapping[str, Member]
    """Keys of raw_data that no column repeats."""
    versions: Versions | None = None
    """Which versions of their records the rows are; None where each record has one row."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Some rows of a table."""

    table: Table
    num_rows: int
    columns: Mapping[str, Value]
    record: Record | None = None
    """What the others were made of; None for rows that nobody adds columns to."""

    @property
    def numbers(self) -> I64:
        """Of the rows' keys, from 0."""
        assert self.record is not None
        return self.record.numbers

    def arrow(self) -> pa.RecordBatch:
        """The rows as Arrow has them; JSON is text."""
        schema = arrow_schema(self.table)
        arrays = [self.columns[field.name].arrow(self.num_rows, field.type) for field in schema]
        return pa.record_batch(arrays, schema=schema)


@dataclass(frozen=True, kw_only=True, eq=False)
class Spliced:
    """Rows of two batches of a table, in an order of their own."""

    first: Batch
    second: Batch
    order: I64
    """Positions in the rows of both, end to end."""
    of: I64 | None = None
    """Of which row of the first batch each of the second is: it is the same, but for what is ``Given`` and for when
    bronze gets it. None where it is another."""

    @cached_property
    def source(self) -> I64:
        """Of which row of the first batch each row is."""
        assert self.of is not None
        return np.concatenate([np.arange(self.first.num_rows), self.of])[self.order]

    @cached_property
    def places(self) -> I64:
        """Where each row of the second batch is."""
        found, rows = np.zeros(self.second.num_rows, dtype=np.int64), self.first.num_rows
        there = np.flatnonzero(self.order >= rows)
        found[self.order[there] - rows] = there
        return found

    @property
    def table(self) -> Table:
        """Whose rows they are."""
        return self.first.table

    @property
    def num_rows(self) -> int:
        """How many they are."""
        return len(self.order)

    @property
    def columns(self) -> Mapping[str, Value]:
        """Values of all rows, as Arrow has them."""
        rows = self.arrow()
        return {name: Given(rows[name]) for name in rows.schema.names}

    @property
    def numbers(self) -> I64:
        """Of the rows' keys, from 0, whatever the keys say."""
        return np.concatenate([self.first.numbers, self.second.numbers])[self.order]

    def arrow(self) -> pa.RecordBatch:
        """The rows as Arrow has them; JSON is text."""
        both = pa.Table.from_batches([self.first.arrow(), self.second.arrow()])
        return both.take(pa.array(self.order)).combine_chunks().to_batches()[0]


Batches = Batch | Spliced
"""Rows, clean or not."""


def batch(
    table: Table,
    mode: str,
    columns: Mapping[str, Value],
    *,
    numbers: I64,
    ingestion: I64,
    extra: Mapping[str, Member],
    versions: Versions | None = None,
) -> Batch:
    """Rows of a table.

    Args:
        mode: ``--raw-data``: ``full``, the record is all columns and the extra keys; ``lean``, the extra keys alone;
            ``none``, null.
        columns: all columns but the three that every table has.
        numbers: of the rows' keys, from 0.
        ingestion: ingestion instants.
        extra: keys of raw_data that no column repeats; ``lean`` leaves out the table's ``full_only``.
        versions: which versions of their records the rows are, which two more keys of raw_data tell; None where each
            record has one row.

    Raises:
        ValueError: the columns are not those that the table declares.
    """
    if odd := columns.keys() ^ table.own_columns:
        told = [f"column={name} {'has no values' if name in table.own_columns else 'is not declared'}" for name in odd]
        raise ValueError(f"table={table.name}: {', '.join(sorted(told))}: make rows of what its columns declare")
    members = members_of(table, mode, columns, extra=extra, versions=versions)
    common = (Constant(table.source), Instant(ingestion), Document(members) if members else Absent())
    return Batch(
        table=table if versions is None else table.with_versions(),
        num_rows=len(ingestion),
        columns={**columns, **dict(zip(COMMON, common, strict=True))},
        record=Record(mode=mode, numbers=numbers, ingestion=ingestion, extra=extra, versions=versions),
    )


def members_of(
    table: Table, mode: str, columns: Mapping[str, Value], *, extra: Mapping[str, Member], versions: Versions | None
) -> Mapping[str, Member]:
    """The keys of raw_data; arguments as for :func:`batch`."""
    beside = extra if versions is None else {**extra, **_keys(versions)}
    if mode == "full":
        return {**columns, **beside}
    return {name: value for name, value in beside.items() if name not in table.full_only} if mode == "lean" else {}


def chosen(rows: Batch, which: I64) -> Batch:
    """Some rows of a batch, in any order, perhaps several times."""
    assert rows.record is not None
    some = _of(rows.record, which, {name: taken(value, which) for name, value in rows.record.extra.items()})
    return _again(rows, some, columns={name: taken(value, which) for name, value in _own(rows).items()})


def seen(rows: Batch, which: I64) -> Batch:
    """The same for as long as the batch is there: what nobody asks for of these rows costs nothing."""
    assert rows.record is not None
    return Batch(
        table=rows.table,
        num_rows=len(which),
        columns=_Seen(rows.columns, which),
        record=_of(rows.record, which, _Seen(rows.record.extra, which)),
    )


class _Seen(Mapping[str, Any]):
    """Values of some rows, by name, each taken when it is first asked for.

    Args:
        values: of all rows.
        which: those rows.
    """

    def __init__(self, values: Mapping[str, Any], which: I64) -> None:
        self._values, self._which = values, which
        self._taken: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._taken:
            value = self._values[name]
            document = isinstance(value, Document)
            self._taken[name] = Document(_Seen(value.members, self._which)) if document else taken(value, self._which)
        return self._taken[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _of(known: Record, which: I64, extra: Mapping[str, Member]) -> Record:
    """What some rows are made of."""
    return Record(
        mode=known.mode,
        numbers=known.numbers[which],
        ingestion=known.ingestion[which],
        extra=extra,
        versions=None if known.versions is None else picked(known.versions, which),
    )


def _keys(versions: Versions) -> Mapping[str, Member]:
    """What raw_data tells of versions, be it full or lean."""
    return {
        "version": Whole(versions.number),
        "operation": Words(Drawn(text.words(OPERATIONS), versions.operation)),
    }


def widened(rows: Batch, table: Table, added: Mapping[str, Value]) -> Batch:
    """The rows of a batch as those of a table that has more columns; raw_data tells them too."""
    assert rows.record is not None
    return _again(rows, rows.record, table=table, columns={**_own(rows), **added})


def versioned(rows: Batch, versions: Versions | None = None) -> Batch:
    """The rows of a batch as versions of their records, where it does not tell yet which they are.

    Args:
        versions: of which rows; None for the first and only ones of all.
    """
    known = rows.record
    if known is None or known.versions is not None:
        return rows
    versions = versions or single(known.ingestion)
    found = rows if len(versions.row) == rows.num_rows else chosen(rows, versions.row)
    assert found.record is not None
    return _again(found, replace(found.record, versions=versions))


def unversioned(rows: Batch) -> Batch:
    """The rows of a batch of versions as records that do not tell which version they are."""
    assert rows.record is not None
    return _again(rows, replace(rows.record, versions=None), table=rows.table.without_versions())


def _own(rows: Batch) -> dict[str, Any]:
    return {name: value for name, value in rows.columns.items() if name not in COMMON}


def _again(
    rows: Batch, known: Record, *, table: Table | None = None, columns: Mapping[str, Value] | None = None
) -> Batch:
    """The rows of a batch, made anew."""
    return batch(
        table or rows.table,
        known.mode,
        columns or _own(rows),
        numbers=known.numbers,
        ingestion=known.ingestion,
        extra=known.extra,
        versions=known.versions,
    )


def ids(kind: IdFormat, numbers: I64) -> Texts:
    """Public ids, counted from 1: customer number 0 is ``CUST00000001``."""
    return text.join(kind.prefix, text.digits(numbers + 1, kind.width))


def ingested(seed: int, table: str, keys: I64, known: I64, low: int, high: int) -> I64:
    """When bronze got the record: its feed's lag after the record's latest known change.

    Args:
        known: instants of the latest change that the record tells.
        low, high: least and greatest lag in seconds.
    """
    return known + between(seed, f"{table}.lag", keys, low * 1000, high * 1000) * (SECOND // 1000)


def arrow_schema(table: Table) -> pa.Schema:
    """Columns of a table as Arrow has them."""
    return pa.schema([(column.name, arrow_type(column.type)) for column in table.columns])


def arrow_type(type_: Type) -> Any:
    """A column's type as Arrow has it; JSON is text."""
    if type_.name == "decimal":
        return pa.decimal128(18, type_.places)
    makers = {"timestamp": lambda: pa.timestamp("us"), "date": pa.date32, "boolean": pa.bool_}
    makers |= {"integer": pa.int32, "bigint": pa.int64, "serial": pa.int64}
    return makers.get(type_.name, pa.string)()


def objects(table: Table, rows: Any) -> list[dict[str, Any]]:
    """Rows of an Arrow batch as Python objects, their JSON parsed."""
    parsed = {column.name for column in table.columns if column.json}
    return [
        {name: json.loads(value) if name in parsed and value is not None else value for name, value in row.items()}
        for row in rows.to_pylist()
    ]
