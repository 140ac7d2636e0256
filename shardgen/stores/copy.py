"""Rows made into the bytes of PostgreSQL's binary COPY.

A row is an int16 number of fields, then for each field an int32 length, -1 for null, and its bytes; all numbers are
big-endian. The bytes of a row are exactly what ``COPY ... TO (FORMAT binary)`` gives back for it, so a shard's digest
can be checked against the table. Source: PostgreSQL documentation, COPY, "Binary Format"; for the types, their
functions ``*_send``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from shardgen.columns import abreast, pieces
from shardgen.columns.abreast import Even, Texts
from shardgen.columns.arrow import pa, pc
from shardgen.columns.batch import Batch, Batches, Spliced
from shardgen.columns.jsonb import Objects
from shardgen.columns.pieces import Drawn, Layout, Piece
from shardgen.columns.values import Absent, Day, Given, Value
from shardgen.model.table import Column, Table

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"""Signature, flags and length of the header extension."""
TRAILER = b"\xff\xff"

BUFFER_ROWS = 512
"""Rows that are made at a time: some 0.5 MB, which stay in the cache until they are sent. With 2048 a row takes a fifth
longer."""

NULL = b"\xff\xff\xff\xff"
JSONB_VERSION = b"\x01"
EPOCH_DAYS = 10_957
"""2000-01-01, PostgreSQL's first day, in days since 1970-01-01."""
EPOCH = EPOCH_DAYS * 86_400_000_000
"""The same in microseconds."""

NUMBERS: dict[str, Callable[[Any], Even]] = {
    "timestamp": lambda times: (times - EPOCH).astype(">i8"),
    "date": lambda days: (days - EPOCH_DAYS).astype(">i4"),
    "boolean": lambda truths: truths.astype("u1"),
    "integer": lambda numbers: numbers.astype(">i4"),
    "bigint": lambda numbers: numbers.astype(">i8"),
    "serial": lambda numbers: numbers.astype(">i8"),
}
"""Types whose fields are all of one width."""
TEXTS = ("text", "varchar", "json")


class Encoder:
    """Encoder of one table's batches; holds no row.

    Args:
        table: whose batches they are.
    """

    header = HEADER
    trailer = TRAILER

    def __init__(self, table: Table) -> None:
        self._columns = table.columns

    def rows(self, batch: Batches, start: int = 0, stop: int | None = None) -> Iterator[memoryview]:
        """The COPY bytes of a batch's rows, some whole rows at a time, without header and trailer.

        Args:
            batch: of the table.
            start: the first row that is wanted.
            stop: the first row after it that is not; None for all.
        """
        layout, end = self._layout(batch), batch.num_rows if stop is None else stop
        yield from layout.buffers(start, end, BUFFER_ROWS)

    def each(self, batch: Batches) -> pa.BinaryArray:
        """The COPY bytes of each row of a batch, by itself."""
        texts = self._layout(batch).texts()
        return pa.Array.from_buffers(pa.binary(), len(texts), texts.buffers())

    def _layout(self, batch: Batches) -> Layout:
        if isinstance(batch, Spliced):
            return self._layout(batch.first).spliced(self._layout(batch.second), batch.order)
        return Layout(self._pieces(batch))

    def _pieces(self, batch: Batch) -> Iterator[Piece]:
        yield len(self._columns).to_bytes(2, "big")
        for column in self._columns:
            yield from _field(column, batch.columns[column.name])


def _field(column: Column, value: Value) -> list[Piece]:
    """A column's fields, lengths included."""
    assert column.type.name in value.types, f"{column.name} holds no {type(value).__name__}"
    if isinstance(value, Absent):
        return [NULL]
    if isinstance(value, Given):
        return _given(column, value)
    if column.type.name in NUMBERS:
        numbers = NUMBERS[column.type.name](value.values)
        length = _length(numbers.dtype.itemsize)
        if isinstance(value, Day) and value.known is not None:
            return [
                Drawn(abreast.beside(length, numbers), np.where(value.known, np.arange(len(numbers)), -1)).filled(NULL)
            ]
        return [length, numbers]
    if column.type.name == "decimal":
        return _numeric(value.values)
    return _text(value.values, JSONB_VERSION if column.json else b"")


def _given(column: Column, value: Given) -> list[Piece]:
    """The same of values some of which are perhaps null."""
    if column.type.name in TEXTS:
        return _text(value.values.cast(pa.string()), JSONB_VERSION if column.json else b"")
    whole = Layout(_field(column, value.filled(column.type.name))).texts()
    return [Drawn(whole, np.where(value.known, np.arange(len(whole)), -1)).filled(NULL)]


def _text(values: Texts | Drawn | Objects | str, version: bytes) -> list[Piece]:
    """Fields of texts, or of JSON, which has a version before it."""
    if isinstance(values, str):
        return [_length(len(version) + len(values.encode())), version, values.encode()]
    if isinstance(values, Objects):
        return [(pieces.sizes(values.pieces) + len(version)).astype(">i4"), version, *values.pieces]
    if not isinstance(values, Drawn):
        return list(_fields(values, version))
    if values.always:
        return [part if isinstance(part, bytes) else Drawn(part, values.rows) for part in _fields(values.pool, version)]
    if values.few or isinstance(values.pool, np.ndarray) or values.pool.null_count:
        return [Drawn(pieces.once(_whole, values.pool, version), values.rows).filled(NULL)]
    length = np.where(values.missing, -1, pieces.sizes([values]) + len(version)).astype(">i4")
    return [length, *([Drawn(pa.array([version], pa.binary()), -values.missing)] if version else []), values]


def _length(width: int) -> bytes:
    return width.to_bytes(4, "big")


def _whole(texts: Texts, version: bytes) -> Texts:
    """The same joined."""
    return pieces.joined(*_fields(texts, version))


def _fields(texts: Texts, version: bytes) -> list[Texts | bytes]:
    """Columns and constants that make fields of texts, each beginning with its length."""
    if isinstance(texts, np.ndarray):
        return [_length(len(version) + texts.dtype.itemsize), version, texts]
    if not texts.null_count:
        return [(pieces.lengths(texts) + len(version)).astype(">i4"), version, texts]
    body = pieces.join(version, texts)
    length = pc.fill_null(pc.binary_length(body), -1).to_numpy()
    return [length.astype(">i4"), pc.fill_null(body, b"")]


def _numeric(cents: Any) -> list[Piece]:
    """Fields of numbers with two places: digits to the base 10,000 without zeros at either end.

    Before them stand their number, the power of the first one, the sign and the number of decimal places.
    """
    whole, rest = np.divmod(np.abs(cents), 100)
    powers = (10**12, 10**8, 10**4, 1)
    digits = np.stack([*(whole // power % 10**4 for power in powers), rest * 100], axis=1)
    some = digits > 0
    kept = np.logical_or.accumulate(some, axis=1) & np.logical_or.accumulate(some[:, ::-1], axis=1)[:, ::-1]
    number = kept.sum(axis=1)
    weight = np.where(number > 0, len(powers) - 1 - kept.argmax(axis=1), 0)
    ends = np.concatenate([[0], np.cumsum(2 * number)]).astype(np.int32)
    data = digits[kept].astype(">i2")
    texts = pa.Array.from_buffers(pa.binary(), len(cents), [None, pa.py_buffer(ends), pa.py_buffer(data)])
    sign = np.where(cents < 0, 0x4000, 0)
    return [
        (8 + 2 * number).astype(">i4"),
        *(part.astype(">i2") for part in (number, weight, sign)),
        (2).to_bytes(2, "big"),
        texts,
    ]
