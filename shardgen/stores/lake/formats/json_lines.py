"""NDJSON: an object for each row, with the table's columns in their order; JSON columns are objects in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.compute as pc

from shardgen.columns import jsonb
from shardgen.columns.batch import Batch
from shardgen.columns.pieces import Drawn, Piece
from shardgen.columns.values import Value
from shardgen.model.shape import Field, Form
from shardgen.model.table import Column, Table
from shardgen.model.types import JSON
from shardgen.stores.lake.formats import values, zstd
from shardgen.stores.lake.formats.lines import LinesEncoder
from shardgen.stores.lake.formats.schema import arrow_type, fields_of
from shardgen.stores.lake.formats.sinks import Sink
from shardgen.stores.lake.formats.sources import DamagedFileError

NAME: Final = "ndjson.zst"
_DECODER: Final = json.JSONDecoder(parse_float=Decimal)


@dataclass(frozen=True, slots=True)
class JsonLines:
    """Files of NDJSON with zstd."""

    name: str = NAME
    suffix: str = f".{NAME}"
    media: str = "application/x-ndjson+zstd"

    @property
    def made_by(self) -> Mapping[str, str]:
        """What decides the bytes beside the rows."""
        return {"pyarrow": pa.__version__, "codec": "zstd"}

    def writer(self, table: Table, sink: Sink, identity: Mapping[str, str]) -> LinesEncoder:
        """The encoder of a new file."""
        return LinesEncoder(table, name=NAME, line=_line, header=b"", sink=sink, identity=identity)


def _line(row: Sequence[tuple[Column, Value]]) -> Iterable[Piece]:
    for place, (column, value) in enumerate(row):
        yield f"{', ' if place else '{'}{jsonb.string(column.name)}: ".encode()
        yield from jsonb.pieces_of(_always(value.json()))
    yield b"}\n"


def _always(told: jsonb.Value) -> jsonb.Value:
    """JSON of each row: null where there is none."""
    if isinstance(told, Drawn):
        return told.filled(b"null")
    return told.fill_null(jsonb.NULL) if isinstance(told, pa.Array) and told.null_count else told


def batches(stream: BinaryIO, table: Table) -> Iterator[Batch]:
    """The rows of a file."""
    fields = fields_of(table, "none", "json")
    for block in zstd.blocks(stream):
        yield from values.batches(table, fields, _read(table, fields, block))


def _read(table: Table, fields: Mapping[str, Field], block: bytes) -> pa.RecordBatch:
    members = [
        (f"{', ' if place else '{'}{jsonb.string(name)}: ", field.form == JSON)
        for place, (name, field) in enumerate(fields.items())
    ]
    try:
        rows = [_row(table, members, line) for line in block.decode().split("\n")]
        columns = [[row[place] for row in rows] for place in range(len(members))]
        arrays = [_array(field.form, column) for field, column in zip(fields.values(), columns, strict=True)]
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DamagedFileError(f"the file is damaged: {error}") from error
    return pa.record_batch(arrays, names=list(fields))


def _row(table: Table, members: Sequence[tuple[str, bool]], line: str) -> list[Any]:
    """The values of a line, JSON as it lies there: to write it anew took ten times as long as all else.

    Args:
        table: for errors.
        members: what stands before each value, and whether the value is JSON.
        line: a row.
    """
    row: list[Any] = []
    place = 0
    for before, is_json in members:
        if not line.startswith(before, place):
            raise DamagedFileError(f"a file of table={table.name} has other keys: {', '.join(json.loads(line))}")
        start = place + len(before)
        value, place = _DECODER.raw_decode(line, start)
        row.append(line[start:place] if is_json and value is not None else value)
    if line[place:] != "}":
        raise DamagedFileError(f"a file of table={table.name} has other keys: {', '.join(json.loads(line))}")
    return row


def _array(form: Form, column: list[Any]) -> pa.Array:
    """Values of Python as a column."""
    type_ = arrow_type(form)
    if pa.types.is_temporal(type_):
        return pc.cast(pa.array(column, pa.string()), type_)
    return pa.array(column, type_)
