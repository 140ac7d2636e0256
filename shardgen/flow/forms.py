"""Forms in which changes are written: lines of JSON, Debezium's envelope, CSV, Parquet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from shardgen.columns import jsonb, text
from shardgen.columns.pieces import Drawn, Layout, Piece
from shardgen.columns.values import Instant, Whole, Words
from shardgen.flow import debezium
from shardgen.flow.records import Changed, Spelling, as_told
from shardgen.model.checks import check_choice
from shardgen.model.choices import CHANGE_FORMS
from shardgen.stores.copy import Encoder

TIMES: Final = [("changed_at", pa.timestamp("us")), ("ingestion_timestamp", pa.timestamp("us"))]
SHEET: Final = pa.schema(
    [
        ("table", pa.string()),
        ("operation", pa.string()),
        ("key", pa.string()),
        ("version", pa.int64()),
        *TIMES,
        ("before", pa.string()),
        ("after", pa.string()),
    ]
)
"""Columns of changes; key, before and after are JSON objects, null where there is none."""
LINES: Final = pa.schema([*TIMES, ("line", pa.string())])
"""The same of changes that are lines of text."""


class Writer(Protocol):
    """Writes changes to a file."""

    def write(self, changes: pa.RecordBatch) -> None:
        """Take some more, which are in order."""
        ...

    def close(self) -> None:
        """Write what is left; the file stays open."""
        ...


class Rows(Protocol):
    """What is made of changes before they are put in order."""

    @property
    def spelling(self) -> Spelling:
        """How values of columns are written."""
        ...

    def rows(self, changed: Changed) -> pa.RecordBatch:
        """A row for each change, with the columns of TIMES among them."""
        ...


class Form(Rows, Protocol):
    """One form of changes in files."""

    @property
    def suffix(self) -> str:
        """What names of files end with."""
        ...

    def writer(self, file: BinaryIO) -> Writer:
        """What writes to a file, or to a pipe."""
        ...


def form(name: str, envelope: debezium.Envelope) -> Form:
    """The form of a name.

    Args:
        name: one of choices.CHANGE_FORMS.
        envelope: Debezium's.

    Raises:
        ConfigError: there is none.
    """
    check_choice("format", name, CHANGE_FORMS)
    forms: dict[str, Form] = {"ndjson": Lines(), "csv": Csv(), "parquet": Parquet()}
    return forms.get(name) or Debezium(envelope=envelope)


@dataclass(frozen=True, slots=True)
class Lines:
    """An object for each change, on a line of its own."""

    suffix: str = ".ndjson"
    spelling: Spelling = as_told

    def rows(self, changed: Changed) -> pa.RecordBatch:
        """A line for each change."""
        return _lines(changed, [*told(changed), b"\n"])

    def writer(self, file: BinaryIO) -> Writer:
        """What writes to a file."""
        return _LineWriter(file)


def told(changed: Changed) -> list[Piece]:
    """A JSON object for each change."""
    values: dict[str, list[Piece]] = {
        "table": [b'"' + changed.table.encode() + b'"'],
        "operation": jsonb.pieces_of(Words(changed.operations).json()),
        "key": changed.key,
        "version": jsonb.pieces_of(Whole(changed.versions.number).json()),
        "changed_at": jsonb.pieces_of(Instant(changed.versions.at).json()),
        "ingestion_timestamp": jsonb.pieces_of(Instant(changed.ingestion).json()),
        "before": changed.before,
        "after": changed.after,
    }
    found: list[Piece] = []
    for place, (name, pieces) in enumerate(values.items()):
        found += [f'{", " if place else "{"}"{name}": '.encode(), *pieces]
    return [*found, b"}"]


def times(changed: Changed) -> list[pa.Array]:
    """The columns of TIMES."""
    return [text.instants(each) for each in (changed.versions.at, changed.ingestion)]


def _lines(changed: Changed, line: list[Piece]) -> pa.RecordBatch:
    return pa.record_batch([*times(changed), Layout(line).texts()], schema=LINES)


class _LineWriter:
    """Writes lines as they are."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, changes: pa.RecordBatch) -> None:
        lines = changes.column("line")
        _, ends, data = lines.buffers()
        first, last = np.frombuffer(ends, dtype=np.int32)[[lines.offset, lines.offset + len(lines)]]
        self._file.write(memoryview(data)[first:last])

    def close(self) -> None:
        self._file.flush()


@dataclass(frozen=True, slots=True, kw_only=True)
class Debezium:
    """Debezium's change events, as its connector for PostgreSQL and Kafka Connect's converter to JSON write them."""

    envelope: debezium.Envelope
    suffix: str = ".ndjson"

    @property
    def spelling(self) -> Spelling:
        """As Kafka Connect has values."""
        return debezium.spelled

    def rows(self, changed: Changed) -> pa.RecordBatch:
        """The lines of each change."""
        return _lines(changed, self.envelope.line(changed))

    def writer(self, file: BinaryIO) -> Writer:
        """What writes to a file."""
        return _LineWriter(file)


def sheet(changed: Changed) -> pa.RecordBatch:
    """A row for each change, of SHEET."""
    gone, every = changed.gone, np.arange(changed.told.num_rows)
    after = Layout(changed.after).texts()
    columns = [
        pa.repeat(pa.scalar(changed.table), len(every)),
        text.draw(changed.operations),
        Layout(changed.key).texts(),
        pa.array(changed.versions.number),
        *times(changed),
        text.draw(changed.earlier),
        text.draw(Drawn(after, np.where(gone, -1, every))),
    ]
    return pa.record_batch(columns, schema=SHEET)


@dataclass(frozen=True, slots=True)
class Csv:
    """A header, and a line for each change."""

    suffix: str = ".csv"
    spelling: Spelling = as_told

    def rows(self, changed: Changed) -> pa.RecordBatch:
        """Of SHEET."""
        return sheet(changed)

    def writer(self, file: BinaryIO) -> Writer:
        """What writes to a file."""
        return _Sheet(pyarrow.csv.CSVWriter(file, SHEET))


@dataclass(frozen=True, slots=True)
class Parquet:
    """A file of all changes."""

    suffix: str = ".parquet"
    spelling: Spelling = as_told

    def rows(self, changed: Changed) -> pa.RecordBatch:
        """Of SHEET."""
        return sheet(changed)

    def writer(self, file: BinaryIO) -> Writer:
        """What writes to a file."""
        return _Sheet(pyarrow.parquet.ParquetWriter(file, SHEET, compression="zstd"))


class _Sheet:
    """Writes what Arrow can write."""

    def __init__(self, writer: pyarrow.csv.CSVWriter | pyarrow.parquet.ParquetWriter) -> None:
        self._writer = writer

    def write(self, changes: pa.RecordBatch) -> None:
        self._writer.write_batch(changes)

    def close(self) -> None:
        self._writer.close()


TUPLES: Final = pa.schema([*TIMES, ("operation", pa.int64()), ("number", pa.int64()), ("row", pa.binary())])
"""Changes as a database takes them: which record, and its row in COPY's bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuples:
    """The row of each record after it changed; of one that is gone its last."""

    encoders: Mapping[str, Encoder]
    """By table, of the columns that it has."""
    spelling: Spelling = as_told

    def rows(self, changed: Changed) -> pa.RecordBatch:
        """Of TUPLES."""
        row = self.encoders[changed.table].each(changed.told)
        told = [pa.array(changed.versions.operation), pa.array(changed.told.numbers), row]
        return pa.record_batch([*times(changed), *told], schema=TUPLES)


MESSAGES: Final = pa.schema(
    [*TIMES, ("key", pa.string()), ("value", pa.string()), ("version", pa.int64()), ("gone", pa.bool_())]
)
"""Changes as messages of a broker."""


@dataclass(frozen=True, slots=True)
class Messages:
    """A key and a value for each change, out of lines of JSON or Debezium's events."""

    envelope: debezium.Envelope | None
    """Debezium's, or none for JSON as it is."""

    @property
    def spelling(self) -> Spelling:
        """As the form of the values has it."""
        return as_told if self.envelope is None else debezium.spelled

    def rows(self, changed: Changed) -> pa.RecordBatch:
        """Of MESSAGES."""
        envelope = self.envelope
        key, value = (
            (changed.key, told(changed)) if envelope is None else (envelope.key(changed), envelope.value(changed))
        )
        columns = [
            Layout(key).texts(),
            Layout(value).texts(),
            pa.array(changed.versions.number),
            pa.array(changed.gone),
        ]
        return pa.record_batch([*times(changed), *columns], schema=MESSAGES)
