"""Parquet: row groups of one size, counted from the file's first row, and the identity in the footer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from shardgen.columns.batch import Batch, arrow_schema
from shardgen.model.table import Table
from shardgen.stores.lake.formats import FileSummary, Footer, Sink, values
from shardgen.stores.lake.formats.sinks import Hashed
from shardgen.stores.lake.formats.sources import DamagedFileError, Source, opened

GROUP_ROWS: Final = 98_304
"""Rows of a row group: as many as a batch of events has by default, and what readers like."""
ZSTD_LEVEL: Final = 1
READ_ROWS: Final = 16_384
_PREFIX: Final = "shardgen."


@dataclass(frozen=True, slots=True, kw_only=True)
class Parquet:
    """Parquet files with zstd."""

    raw_data: str
    raw_data_as: str
    name: str = "parquet"
    suffix: str = ".parquet"
    media: str = "application/vnd.apache.parquet"

    @property
    def made_by(self) -> Mapping[str, str]:
        """What decides the bytes beside the rows."""
        return {"pyarrow": pa.__version__, "codec": f"zstd {ZSTD_LEVEL}", "group_rows": str(GROUP_ROWS)}

    def writer(self, table: Table, sink: Sink, identity: Mapping[str, str]) -> ParquetEncoder:
        """The encoder of a new file."""
        return ParquetEncoder(table, sink, identity)


class ParquetEncoder:
    """Writes one file.

    Args:
        table: whose rows they are.
        sink: takes the file's bytes.
        identity: for the footer.
    """

    def __init__(self, table: Table, sink: Sink, identity: Mapping[str, str]) -> None:
        self._sink = Hashed(sink)
        self._identity = {f"{_PREFIX}{name}": value for name, value in identity.items()}
        self._schema = arrow_schema(table)
        self._waiting: list[pa.RecordBatch] = []
        self._rows = self._held = 0
        with self._sink.taking():
            self._file = pq.ParquetWriter(
                pa.PythonFile(self._sink, mode="w"),
                self._schema,
                compression="zstd",
                compression_level=ZSTD_LEVEL,
                store_schema=False,
            )

    def write(self, batch: Batch) -> None:
        """Take some rows; whole row groups are written."""
        self._waiting.append(batch.arrow())
        self._held += batch.num_rows
        while self._held >= GROUP_ROWS:
            self._write_group(GROUP_ROWS)

    def close(self) -> FileSummary:
        """Write the last row group and the footer."""
        if self._held:
            self._write_group(self._held)
        self._file.add_key_value_metadata(self._identity)
        with self._sink.taking():
            self._file.close()
        return self._sink.summary(self._rows)

    def _write_group(self, rows: int) -> None:
        waiting = pa.Table.from_batches(self._waiting, schema=self._schema)
        with self._sink.taking():
            self._file.write_table(waiting.slice(0, rows).combine_chunks(), row_group_size=rows)
        self._waiting = waiting.slice(rows).to_batches()
        self._rows += rows
        self._held -= rows


def footer(file: Source) -> Footer:
    """What a file says of itself."""
    with opened(file) as stream:
        metadata = _file(stream).metadata
    told = {key.decode(): value.decode() for key, value in (metadata.metadata or {}).items()}
    own = {key.removeprefix(_PREFIX): value for key, value in told.items() if key.startswith(_PREFIX)}
    return Footer(format="parquet", rows=metadata.num_rows, identity=own)


def batches(file: Source, table: Table) -> Iterator[Batch]:
    """The rows of a file."""
    with opened(file) as stream:
        found = _file(stream)
        there = found.schema_arrow.names
        if there != [column.name for column in table.columns]:
            raise DamagedFileError(f"a file of table={table.name} has other columns: {', '.join(there)}")
        for rows in _read(found):
            yield from values.batches(table, rows)


def _file(stream: Any) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(pa.PythonFile(stream, mode="r"))
    except (pa.ArrowException, OSError) as error:
        raise DamagedFileError(f"not a whole Parquet file: {error}") from error


def _read(file: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    try:
        yield from file.iter_batches(batch_size=READ_ROWS)
    except (pa.ArrowException, OSError) as error:
        raise DamagedFileError(f"the file is damaged: {error}") from error
