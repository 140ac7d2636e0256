"""Files of rows: how a shard becomes a file, and how a file tells what it is and gives its rows back.

The bytes of a file follow from its rows and from the versions that ``Format.made_by`` names, whatever the batches.
A file ends with its identity: which shard, generation and plan it is of. A half-written file has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from shardgen.columns.batch import Batch, Batches
from shardgen.model.checks import check_choice
from shardgen.model.choices import FORMATS, RAW_DATA_FORMS
from shardgen.model.table import Table
from shardgen.stores.lake.formats.sinks import FileSummary, Sink
from shardgen.stores.lake.formats.sources import DamagedFileError, Footer, Source, opened, tail

__all__ = [
    "DamagedFileError",
    "Encoder",
    "FileSummary",
    "Footer",
    "Format",
    "Sink",
    "Source",
    "batches_of",
    "footer",
    "identity",
    "open_format",
]


class Encoder(Protocol):
    """Writes one file; a file whose encoder was not closed has no footer."""

    def write(self, batch: Batches) -> None:
        """Take some rows, after those before; they are written when there are enough of them."""
        ...

    def close(self) -> FileSummary:
        """Write what is left, and the footer."""
        ...


class Format(Protocol):
    """One kind of file."""

    @property
    def name(self) -> str:
        """One of choices.FORMATS."""
        ...

    @property
    def suffix(self) -> str:
        """What a file's name ends with: ``".parquet"``."""
        ...

    @property
    def media(self) -> str:
        """The media type, for stores that keep one."""
        ...

    @property
    def made_by(self) -> Mapping[str, str]:
        """What decides the bytes beside the rows: versions and settings, by name."""
        ...

    def writer(self, table: Table, sink: Sink, identity: Mapping[str, str]) -> Encoder:
        """The encoder of a new file.

        Args:
            table: whose rows they are.
            sink: takes the file's bytes; nobody closes it here.
            identity: what the file is, for its footer.
        """
        ...


def open_format(name: str, *, raw_data: str, raw_data_as: str = "struct") -> Format:
    """The format of a name.

    Args:
        name: one of choices.FORMATS.
        raw_data: ``--raw-data`` of the plan, which decides what the column holds.
        raw_data_as: one of choices.RAW_DATA_FORMS; of Parquet, for all columns of JSON. Lines have JSON as it is.

    Raises:
        ConfigError: there is none.
    """
    check_choice("format", name, FORMATS)
    check_choice("raw_data_as", raw_data_as, RAW_DATA_FORMS)
    if name == "parquet":
        from shardgen.stores.lake.formats import parquet

        return parquet.Parquet(raw_data=raw_data, raw_data_as=raw_data_as)
    from shardgen.stores.lake.formats import csv_lines, json_lines

    return csv_lines.CsvLines() if name == csv_lines.NAME else json_lines.JsonLines()


def footer(file: Source) -> Footer:
    """What a file says of itself.

    Raises:
        DamagedFileError: it is not a whole file of ours.
    """
    from shardgen.stores.lake.formats import parquet, zstd

    with opened(file) as stream:
        return (parquet if tail(stream, 4) == parquet.MAGIC else zstd).footer(stream)


def identity(file: Source) -> Mapping[str, str]:
    """Which shard, generation and plan a file is of; see :func:`footer`."""
    return footer(file).identity


def batches_of(file: Source, table: Table) -> Iterator[Batch]:
    """The rows of a file, in order and some at a time, as their builder gave them: COPY makes the same bytes of them.

    Raises:
        DamagedFileError: it is not a whole file of ours, or has other columns.
    """
    from shardgen.stores.lake.formats import csv_lines, json_lines, parquet

    readers = {"parquet": parquet.batches, csv_lines.NAME: csv_lines.batches, json_lines.NAME: json_lines.batches}
    with opened(file) as stream:
        told, found = footer(stream), 0
        for batch in readers[told.format](stream, table):
            found += batch.num_rows
            yield batch
        if found != told.rows:
            raise DamagedFileError(f"the file is damaged: it holds {found:,} rows and tells of {told.rows:,}")
