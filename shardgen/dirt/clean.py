"""Some clean rows, cell by cell, as kinds see them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from shardgen.columns import jsonb, text
from shardgen.columns.abreast import offsets
from shardgen.columns.arrow import pa
from shardgen.columns.batch import Batch, arrow_type
from shardgen.columns.nested import Document
from shardgen.columns.pieces import Drawn, Layout
from shardgen.columns.text import I64, Text
from shardgen.columns.values import Member
from shardgen.dirt.documents import Documents
from shardgen.dirt.kind import GONE, Row

RECORD: Final = "raw_data"
_DECODER: Final = json.JSONDecoder(parse_float=Decimal)


class Clean:
    """Rows of a batch.

    Args:
        made: the rows.
        before: by number, the records to which kinds look back.
        documents: raw_data of the rows, where it is laid out for all of a batch anyway.
    """

    def __init__(
        self, made: Batch, before: Mapping[int, Row] = MappingProxyType({}), documents: Documents | None = None
    ) -> None:
        assert made.record is not None
        self.table, self.num_rows, self.columns, self.record = made.table, made.num_rows, made.columns, made.record
        self.before = before
        self.types = {column.name: column.type for column in made.table.columns}
        self.documents = documents or documents_of(made, np.arange(made.num_rows))
        """Of raw_data."""
        whole = self.columns[RECORD]
        self.members = whole.members if isinstance(whole, Document) else {}
        """Likewise."""
        self._arrays: dict[str, Any] = {}
        self._cells: dict[str, Callable[[int], Any]] = {}
        self._values: dict[str, Callable[[int], Any]] = {}
        self._told: dict[str, Text] = {}

    def array(self, name: str) -> Any:
        """Clean values of a column as Arrow has them; JSON is text."""
        if name not in self._arrays:
            type_ = arrow_type(self.types[name])
            self._arrays[name] = self.columns[name].arrow(self.num_rows, type_).cast(type_)
        return self._arrays[name]

    def column(self, row: int, name: str) -> Any:
        """One of them."""
        return self._cell(name)(row)

    def _cell(self, name: str) -> Callable[[int], Any]:
        """Gives each of them."""
        if name not in self._cells:
            self._cells[name] = _cells(self.array(name))
        return self._cells[name]

    def member(self, key: str) -> list[str | None]:
        """Clean JSON of a key of raw_data; None where it is not there."""
        return list(self._texts(key).to_pylist())

    def told(self, row: int, key: str) -> str | None:
        """The same of one row."""
        return self._record(key)(row)

    def _record(self, key: str) -> Callable[[int], str | None]:
        """Gives it of each row."""
        told = f"{RECORD}.{key}"
        if told not in self._cells:
            self._cells[told] = self.documents.values(key) if key in self.members else _cells(self._texts(key))
        return self._cells[told]

    def _texts(self, key: str) -> Text:
        """The same as a column of texts, also of a key that only a fuller raw_data has."""
        if key not in self._told:
            self._told[key] = texts_of(self.members.get(key, self.record.extra.get(key)), self.num_rows)
        return self._told[key]

    def value(self, row: int, name: str) -> Any:
        """See kind.Row."""
        return self.values(name)(row)

    def values(self, name: str) -> Callable[[int], Any]:
        """Gives it of each row."""
        if name not in self._values:
            self._values[name] = self._valued(name)
        return self._values[name]

    def _valued(self, name: str) -> Callable[[int], Any]:
        if name not in self.types:
            told = self._record(name)
            return lambda row: GONE if (found := told(row)) is None else parsed(found)
        cell = self._cell(name)
        if self.types[name].name != "json":
            return cell
        return lambda row: None if (found := cell(row)) is None else parsed(found)

    def number(self, row: int) -> int:
        """See kind.Row."""
        return int(self.record.numbers[row])

    def row(self, place: int) -> Row:
        """One of the rows, as kinds see it."""
        return _Row(self, place, self.table.name)

    def key(self, row: int) -> str:
        """The id of a row."""
        return str(self.column(row, self.table.key[0]))


class _Row:
    """See kind.Row."""

    __slots__ = ("place", "rows", "table")

    def __init__(self, rows: Clean, place: int, table: str) -> None:
        self.rows, self.place, self.table = rows, place, table

    def __getitem__(self, name: str) -> Any:
        return self.rows.values(name)(self.place)

    @property
    def number(self) -> int:
        return self.rows.number(self.place)

    @property
    def before(self) -> Row | None:
        return self.rows.before.get(self.number - 1)


def documents_of(batch: Batch, rows: I64) -> Documents:
    """raw_data of some rows of a batch."""
    whole = batch.columns[RECORD]
    return Documents(whole if isinstance(whole, Document) else None, rows)


def _cells(array: Any) -> Callable[[int], Any]:
    """Gives single values of an array; a text costs a tenth of what Arrow takes. Few are asked for."""
    known = array.is_valid().to_numpy(zero_copy_only=False).item if array.null_count else None
    if array.type == pa.string() and len(array):
        ends, data = offsets(array).item, bytes(array.buffers()[2] or b"")
        if known is None:
            return lambda row: data[ends(row) : ends(row + 1)].decode()
        return lambda row: data[ends(row) : ends(row + 1)].decode() if known(row) else None
    if pa.types.is_integer(array.type) and known is None:
        whole: Callable[[int], Any] = array.to_numpy().item
        return whole
    return lambda row: array[row].as_py()


def parsed(told: str) -> Any:
    """A value out of its JSON."""
    if told[0] == '"' and "\\" not in told:
        return told[1:-1]
    return _DECODER.raw_decode(told)[0]


def texts_of(member: Member | None, rows: int) -> Text:
    """JSON of a key of raw_data, of each row; null where it is not there."""
    if member is None:
        return pa.nulls(rows, pa.string())
    told = member.json()
    if isinstance(told, str):
        return pa.repeat(pa.scalar(told, pa.string()), rows)
    return text.draw(told) if isinstance(told, Drawn) else Layout(jsonb.pieces_of(told)).texts()
