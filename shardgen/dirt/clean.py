"""Some clean rows, cell by cell, as kinds see them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import repeat
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from shardgen.columns import jsonb, text
from shardgen.columns.arrow import pa
from shardgen.columns.batch import Batch, arrow_type, seen
from shardgen.columns.nested import Document
from shardgen.columns.pieces import Drawn, Layout
from shardgen.columns.text import I64, Text
from shardgen.columns.values import Member, Words
from shardgen.dirt import reading
from shardgen.dirt.documents import Documents
from shardgen.dirt.kind import GONE, Row

RECORD: Final = "raw_data"
TEXTS: Final = ("text", "varchar")
_FEW: Final = 256
"""Rows up to which a column of nested values is put together out of raw_data, where they are text already."""
_DECODER: Final = json.JSONDecoder(parse_float=Decimal)


class Clean:
    """Rows of a batch.

    Args:
        batch: all of it.
        which: those rows, in any order, perhaps several times; None for all.
        before: by number, the records to which kinds look back.
        documents: raw_data of the rows, where it is laid out for all of a batch anyway.
    """

    def __init__(
        self,
        batch: Batch,
        which: I64 | None = None,
        *,
        before: Mapping[int, Row] = MappingProxyType({}),
        documents: Documents | None = None,
    ) -> None:
        made = batch if which is None else seen(batch, which)
        assert made.record is not None
        self._batch, self._which = batch, which
        self.table, self.num_rows, self.columns, self.record = made.table, made.num_rows, made.columns, made.record
        self.before = before
        self.types = {column.name: column.type for column in made.table.columns}
        self.documents = documents or documents_of(batch, np.arange(made.num_rows) if which is None else which)
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
            self._arrays[name] = self._array(name)
        return self._arrays[name]

    def _array(self, name: str) -> Any:
        type_, value = arrow_type(self.types[name]), self._batch.columns[name]
        if self.types[name].name == "json" and name in self.members and self.num_rows <= _FEW:
            told = map(self._record(name), range(self.num_rows))
            return pa.array([None if each == jsonb.NULL else each for each in told], type_)
        if self._which is not None and isinstance(value, Words) and isinstance(value.values, Drawn):
            return text.draw(Drawn(value.values.pool, value.values.rows[self._which]))
        return self.columns[name].arrow(self.num_rows, type_).cast(type_)

    def column(self, row: int, name: str) -> Any:
        """One of them."""
        return self._cell(name)(row)

    def _cell(self, name: str) -> Callable[[int], Any]:
        """Gives each of them."""
        if name not in self._cells:
            self._cells[name] = self._reader(name)
        return self._cells[name]

    def _reader(self, name: str) -> Callable[[int], Any]:
        rows = slice(None) if self._which is None else self._which
        found = reading.of_column(self.types[name], self._batch.columns[name], rows)
        return found or reading.of_array(self.array(name))

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
            known = key in self.members
            self._cells[told] = self.documents.values(key) if known else reading.of_array(self._texts(key))
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
        if self.types[name].name != "json":
            return self._cell(name)
        json_ = self._record(name) if name in self.members else self._cell(name)
        return lambda row: None if (found := json_(row)) is None else parsed(found)

    def number(self, row: int) -> int:
        """See kind.Row."""
        return int(self.record.numbers[row])

    def rows(self, places: Iterable[int]) -> Iterator[Row]:
        """Some of the rows, as kinds see them."""
        return map(_Row, repeat(self), places, repeat(self.table.name), repeat(self._values))

    def key(self, row: int) -> str:
        """The id of a row."""
        return str(self.column(row, self.table.key[0]))


class _Row:
    """See kind.Row."""

    __slots__ = ("_known", "place", "rows", "table")

    def __init__(self, rows: Clean, place: int, table: str, known: Mapping[str, Callable[[int], Any]]) -> None:
        self.rows, self.place, self.table, self._known = rows, place, table, known

    def __getitem__(self, name: str) -> Any:
        return (self._known.get(name) or self.rows.values(name))(self.place)

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


def parsed(told: str) -> Any:
    """A value out of its JSON."""
    if told[0] == '"' and "\\" not in told:
        return told[1:-1]
    return int(told) if told.isdigit() else _DECODER.raw_decode(told)[0]


def texts_of(member: Member | None, rows: int) -> Text:
    """JSON of a key of raw_data, of each row; null where it is not there."""
    if member is None:
        return pa.nulls(rows, pa.string())
    told = member.json()
    if isinstance(told, str):
        return pa.repeat(pa.scalar(told, pa.string()), rows)
    return text.draw(told) if isinstance(told, Drawn) else Layout(jsonb.pieces_of(told)).texts()
