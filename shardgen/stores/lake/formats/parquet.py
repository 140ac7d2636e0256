"""Parquet: row groups of one size, counted from the file's first row, and the identity in the footer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from shardgen.columns.batch import Batch, Batches
from shardgen.model.shape import Field
from shardgen.model.table import Table
from shardgen.stores.lake.formats import encodings, values
from shardgen.stores.lake.formats.arrays import Arrays
from shardgen.stores.lake.formats.given import built
from shardgen.stores.lake.formats.groups import Groups
from shardgen.stores.lake.formats.schema import arrow_field, fields_of
from shardgen.stores.lake.formats.sinks import FileSummary, Hashed, Sink
from shardgen.stores.lake.formats.sources import DamagedFileError, Footer

MAGIC: Final = b"PAR1"
"""What a file ends with."""
GROUP_ROWS: Final = 98_304
"""Rows of a row group: as many as a batch of events has by default, and what readers like."""
PAGE_ROWS: Final = 32_768
"""Rows that are looked at together until a page is full at 1 MB: with the library's own 1,024 each row of a file of
events costs an eighth more. A page has as many as a row group where they fit."""
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
        return ParquetEncoder(table, fields_of(table, self.raw_data, self.raw_data_as), sink, identity)


class ParquetEncoder:
    """Writes one file.

    Args:
        table: whose rows they are.
        fields: columns of the file.
        sink: takes the file's bytes.
        identity: for the footer.
    """

    def __init__(self, table: Table, fields: Mapping[str, Field], sink: Sink, identity: Mapping[str, str]) -> None:
        self._table, self._fields = table, fields
        self._sink = Hashed(sink)
        self._identity = {f"{_PREFIX}{name}": value for name, value in identity.items()}
        self._arrays = Arrays(table.name, fields)
        self._groups = Groups(GROUP_ROWS)
        self._file: pq.ParquetWriter | None = None

    def write(self, batch: Batches) -> None:
        """Take some rows; whole row groups are written."""
        for group in self._groups.add(built(batch, lazy=True)):
            rows = self._arrays.group(group)
            del group  # the batch before, which nothing else holds: its memory is needed
            self._write(rows)

    def close(self) -> FileSummary:
        """Write the last row group and the footer."""
        for group in self._groups.rest():
            self._write(self._arrays.group(group))
        with self._sink.taking():
            file = self._file or self._opened(pa.schema([arrow_field(*field) for field in self._fields.items()]))
            file.add_key_value_metadata(self._identity)
            file.close()
        return self._sink.summary(self._groups.rows)

    def _write(self, rows: pa.RecordBatch) -> None:
        with self._sink.taking():
            self._file = self._file or self._opened(rows.schema)
            self._file.write_batch(rows, row_group_size=rows.num_rows)

    def _opened(self, schema: pa.Schema) -> pq.ParquetWriter:
        return pq.ParquetWriter(
            pa.PythonFile(self._sink, mode="w"),
            schema,
            compression="zstd",
            compression_level=ZSTD_LEVEL,
            store_schema=False,
            store_decimal_as_integer=True,
            write_page_checksum=True,
            write_batch_size=PAGE_ROWS,
            max_rows_per_page=GROUP_ROWS,
            **encodings.options(self._table, schema),
        )


def footer(stream: BinaryIO) -> Footer:
    """What a file says of itself."""
    metadata = _file(stream).metadata
    told = {key.decode(): value.decode() for key, value in (metadata.metadata or {}).items()}
    own = {key.removeprefix(_PREFIX): value for key, value in told.items() if key.startswith(_PREFIX)}
    if not own:
        raise DamagedFileError("not a file of ours: its footer has no identity")
    return Footer(format="parquet", rows=metadata.num_rows, identity=own)


def batches(stream: BinaryIO, table: Table) -> Iterator[Batch]:
    """The rows of a file."""
    file = _file(stream)
    fields = values.fields_in(table, file.schema_arrow)
    try:
        for rows in file.iter_batches(batch_size=READ_ROWS):
            yield from values.batches(table, fields, rows)
    except (pa.ArrowException, OSError) as error:
        raise DamagedFileError(f"the file is damaged: {error}") from error


def _file(stream: BinaryIO) -> pq.ParquetFile:
    stream.seek(0)
    try:
        return pq.ParquetFile(pa.PythonFile(stream, mode="r"), page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise DamagedFileError(f"not a whole file of ours: {error}") from error
