"""CSV as RFC 4180 has it: a header, CRLF, texts in quotes. A null is nothing at all, an empty text two quotes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from shardgen.columns import abreast, jsonb, pieces, text
from shardgen.columns.abreast import Texts
from shardgen.columns.batch import Batch
from shardgen.columns.jsonb import Objects, Quoted
from shardgen.columns.nested import Picked
from shardgen.columns.pieces import Drawn, Piece
from shardgen.columns.values import Absent, Day, Member, Value
from shardgen.model.table import Column, Table
from shardgen.stores.lake.formats import values, zstd
from shardgen.stores.lake.formats.lines import LinesEncoder
from shardgen.stores.lake.formats.schema import TEXTS, arrow_type, fields_of
from shardgen.stores.lake.formats.sinks import Sink
from shardgen.stores.lake.formats.sources import DamagedFileError

NAME: Final = "csv.zst"
READ_BYTES: Final = 8 << 20
"""More than the longest row."""


@dataclass(frozen=True, slots=True)
class CsvLines:
    """Files of CSV with zstd."""

    name: str = NAME
    suffix: str = f".{NAME}"
    media: str = "text/csv+zstd"

    @property
    def made_by(self) -> Mapping[str, str]:
        """What decides the bytes beside the rows."""
        return {"pyarrow": pa.__version__, "codec": "zstd"}

    def writer(self, table: Table, sink: Sink, identity: Mapping[str, str]) -> LinesEncoder:
        """The encoder of a new file."""
        header = ",".join(_quoted(column.name) for column in table.columns) + "\r\n"
        return LinesEncoder(table, name=NAME, line=_line, header=header.encode(), sink=sink, identity=identity)


def _quoted(given: str) -> str:
    return '"' + given.replace('"', '""') + '"'


def _line(row: Sequence[tuple[Column, Value]]) -> Iterable[Piece]:
    for place, (column, value) in enumerate(row):
        yield b"," if place else b""
        yield from _text(value) if column.type.name in TEXTS else _bare(value)
    yield b"\r\n"


def _bare(value: Value) -> list[Piece]:
    """A field that needs no quotes, as JSON writes it without any; nothing where it is null, whatever the batch."""
    if isinstance(value, Absent):
        return [b""]
    if isinstance(value, Picked):
        return [_where(value.pool, value.rows)]
    if isinstance(value, Day) and value.known is not None:
        return [_where(Day(value.values), np.where(value.known, np.arange(len(value.known)), -1))]
    return _unquoted(value.json())


def _unquoted(found: jsonb.Value) -> list[Piece]:
    if isinstance(found, tuple):
        return list(found)
    return [found.text if isinstance(found, Quoted) else found]


def _where(pool: Member, rows: NDArray[np.integer]) -> Piece:
    """What each row has of a pool without nulls, or nothing."""
    found = pool.json()
    return Drawn(text.column(found.text) if isinstance(found, Quoted) else jsonb.texts(found), rows).filled(b"")


def _text(value: Value) -> list[Piece]:
    """A field in quotes; nothing where there is no text."""
    found = value.values
    if found is None:
        return [b""]
    if isinstance(found, str):
        return [_quoted(found).encode()]
    if isinstance(found, Objects):
        return [b'"', *map(_doubled, found.pieces), b'"']
    if isinstance(found, Drawn):
        return [Drawn(_field(found.pool), found.rows).filled(b"")]
    return [_field(found)]


def _field(texts: Texts) -> Texts:
    """Texts in quotes, nulls as nothing."""
    if isinstance(texts, np.ndarray) and b'"' not in texts.tobytes():
        return abreast.beside(b'"', texts, b'"')
    column = pieces.join(b'"', pc.replace_substring(text.column(texts), '"', '""'), b'"')
    return pc.fill_null(column, b"") if column.null_count else column


def _doubled(piece: Piece) -> Piece:
    """A piece of a text with its quotes doubled."""
    if isinstance(piece, bytes):
        return piece.replace(b'"', b'""')
    if isinstance(piece, Drawn):
        return Drawn(_doubled(piece.pool), piece.rows)
    if isinstance(piece, np.ndarray) and b'"' not in piece.tobytes():
        return piece
    return pc.replace_substring(text.column(piece), '"', '""')


def batches(stream: BinaryIO, table: Table) -> Iterator[Batch]:
    """The rows of a file."""
    fields = fields_of(table, "none", "json")
    types = {name: arrow_type(field.form) for name, field in fields.items()}
    try:
        for rows in _reader(stream, types):
            if rows.schema.names != list(fields):
                raise DamagedFileError(
                    f"a file of table={table.name} has other columns: {', '.join(rows.schema.names)}"
                )
            yield from values.batches(table, fields, rows)
    except (pa.ArrowException, OSError) as error:
        raise DamagedFileError(f"the file is damaged: {error}") from error


def _reader(stream: BinaryIO, types: Mapping[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
    return csv.open_csv(
        zstd.decompressed(stream),
        read_options=csv.ReadOptions(use_threads=False, block_size=READ_BYTES),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=types,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
