"""Forms in which changes are written: lines of JSON, Debezium's envelope, CSV, Parquet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, Protocol

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from shardgen.columns import jsonb, text
from shardgen.columns.pieces import Layout, Piece
from shardgen.columns.values import Instant, Whole
from shardgen.flow import debezium
from shardgen.flow.records import FIELDS, Spelling, as_told
from shardgen.model.config import CHANGE_FORMS, check_choice


class Writer(Protocol):
    """Writes changes to a file."""

    def write(self, changes: pa.Table) -> None:
        """Take some more, which are in order."""
        ...

    def close(self) -> None:
        """Write what is left; the file stays open."""
        ...


class Form(Protocol):
    """One form of changes."""

    @property
    def spelling(self) -> Spelling:
        """How it writes values of columns."""
        ...

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
        name: one of config.CHANGE_FORMS.
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

    def writer(self, file: BinaryIO) -> Writer:
        """What writes to a file."""
        return _LineWriter(file, _line)


def _line(changes: pa.RecordBatch) -> list[Piece]:
    names = ("table", "operation", "version", "changed_at", "ingestion_timestamp")
    table, operation, *plain = (changes.column(name) for name in names)
    words = [[b'"', text.column(each), b'"'] for each in (table, operation)]
    number, *times = (each.cast(pa.int64()).to_numpy() for each in plain)
    values: dict[str, list[Piece]] = {
        "table": words[0],
        "operation": words[1],
        "key": [changes.column("key")],
        "version": jsonb.pieces_of(Whole(number).json()),
        **{name: jsonb.pieces_of(Instant(each).json()) for name, each in zip(names[3:], times, strict=True)},
        "before": [debezium.or_null(changes.column("before"))],
        "after": [debezium.or_null(changes.column("after"))],
    }
    found: list[Piece] = []
    for place, (name, pieces) in enumerate(values.items()):
        found += [f'{", " if place else "{"}"{name}": '.encode(), *pieces]
    return [*found, b"}\n"]


class _LineWriter:
    """Writes lines that are laid out in pieces."""

    def __init__(self, file: BinaryIO, line: debezium.Line) -> None:
        self._file, self._line = file, line

    def write(self, changes: pa.Table) -> None:
        for batch in changes.combine_chunks().to_batches(max_chunksize=2048):
            layout = Layout(self._line(batch))
            self._file.write(layout.data(0, batch.num_rows))

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

    def writer(self, file: BinaryIO) -> Writer:
        """What writes to a file."""
        return _LineWriter(file, self.envelope.line)


@dataclass(frozen=True, slots=True)
class Csv:
    """A header, and a line for each change."""

    suffix: str = ".csv"
    spelling: Spelling = as_told

    def writer(self, file: BinaryIO) -> Writer:
        """What writes to a file."""
        return _Sheet(pyarrow.csv.CSVWriter(file, FIELDS))


@dataclass(frozen=True, slots=True)
class Parquet:
    """A file of all changes."""

    suffix: str = ".parquet"
    spelling: Spelling = as_told

    def writer(self, file: BinaryIO) -> Writer:
        """What writes to a file."""
        return _Sheet(pyarrow.parquet.ParquetWriter(file, FIELDS, compression="zstd"))


class _Sheet:
    """Writes what Arrow can write."""

    def __init__(self, writer: pyarrow.csv.CSVWriter | pyarrow.parquet.ParquetWriter) -> None:
        self._writer = writer

    def write(self, changes: pa.Table) -> None:
        self._writer.write_table(changes)

    def close(self) -> None:
        self._writer.close()
