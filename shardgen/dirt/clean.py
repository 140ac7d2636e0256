"""Some clean rows, cell by cell, as kinds see them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from shardgen.columns import jsonb, text
from shardgen.columns.abreast import offsets
from shardgen.columns.arrow import pa
from shardgen.columns.batch import Batch, arrow_type, members_of
from shardgen.columns.pieces import Drawn, Layout
from shardgen.columns.text import Text
from shardgen.columns.values import Member
from shardgen.dirt.documents import Documents
from shardgen.dirt.kind import GONE, Row
from shardgen.model.table import COMMON

_DECODER: Final = json.JSONDecoder(parse_float=Decimal)


class Clean:
    """Rows of a batch.

    Args:
        made: the rows.
        before: by number, the records to which kinds look back.
    """

    def __init__(self, made: Batch, before: Mapping[int, Row] = MappingProxyType({})) -> None:
        assert made.record is not None
        self.table, self.num_rows, self.columns, self.record = made.table, made.num_rows, made.columns, made.record
        self.before = before
        self.types = {column.name: column.type for column in made.table.columns}
        own: dict[str, Any] = {name: value for name, value in made.columns.items() if name not in COMMON}
        known = made.record
        self.members = members_of(made.table, known.mode, own, extra=known.extra, versions=known.versions)
        """Of raw_data."""
        self._arrays: dict[str, Any] = {}
        self._cells: dict[str, Callable[[int], Any]] = {}
        self._told: dict[str, Text] = {}

    @cached_property
    def documents(self) -> Documents:
        """Of raw_data."""
        return Documents(self.members, self.num_rows)

    def array(self, name: str) -> Any:
        """Clean values of a column as Arrow has them; JSON is text."""
        if name not in self._arrays:
            type_ = arrow_type(self.types[name])
            self._arrays[name] = self.columns[name].arrow(self.num_rows, type_).cast(type_)
        return self._arrays[name]

    def column(self, row: int, name: str) -> Any:
        """One of them."""
        if name not in self._cells:
            self._cells[name] = _cells(self.array(name))
        return self._cells[name](row)

    def member(self, key: str) -> list[str | None]:
        """Clean JSON of a key of raw_data; None where it is not there."""
        return list(self._texts(key).to_pylist())

    def told(self, row: int, key: str) -> str | None:
        """The same of one row."""
        if key in self.members:
            return self.documents.value(row, key)
        found: str | None = self._texts(key)[row].as_py()
        return found

    def _texts(self, key: str) -> Text:
        """The same as a column of texts, also of a key that only a fuller raw_data has."""
        if key not in self._told:
            self._told[key] = texts_of(self.members.get(key, self.record.extra.get(key)), self.num_rows)
        return self._told[key]

    def value(self, row: int, name: str) -> Any:
        """See kind.Row."""
        if name in self.types:
            found = self.column(row, name)
            return parsed(found) if found is not None and self.types[name].name == "json" else found
        told = self.told(row, name)
        return GONE if told is None else parsed(told)

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
        return self.rows.value(self.place, name)

    @property
    def number(self) -> int:
        return self.rows.number(self.place)

    @property
    def before(self) -> Row | None:
        return self.rows.before.get(self.number - 1)


def _cells(array: Any) -> Callable[[int], Any]:
    """Gives single values of an array; a text costs a quarter of what Arrow takes."""
    if array.type == pa.string() and len(array):
        ends, data = offsets(array).tolist(), bytes(array.buffers()[2] or b"")
        there = array.is_valid().to_pylist() if array.null_count else None
        return lambda row: None if there and not there[row] else data[ends[row] : ends[row + 1]].decode()
    if pa.types.is_integer(array.type):
        return list(array.to_pylist()).__getitem__
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
