"""Some clean rows, cell by cell, as kinds see them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from shardgen.columns import jsonb, text
from shardgen.columns.arrow import pa
from shardgen.columns.batch import Batch, arrow_type, members_of
from shardgen.columns.pieces import Drawn, Layout
from shardgen.columns.text import Text
from shardgen.columns.values import Member
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
        self._columns: dict[str, list[Any]] = {}
        self._texts: dict[str, Text] = {}

    def column(self, name: str) -> list[Any]:
        """Clean values of a column; JSON is text."""
        if name not in self._columns:
            array = self.columns[name].arrow(self.num_rows, arrow_type(self.types[name]))
            self._columns[name] = array.to_pylist()
        return self._columns[name]

    def member(self, key: str) -> list[str | None]:
        """Clean JSON of a key of raw_data; None where it is not there."""
        return list(self.texts(key).to_pylist())

    def told(self, row: int, key: str) -> str | None:
        """The same of one row."""
        found: str | None = self.texts(key)[row].as_py()
        return found

    def texts(self, key: str) -> Text:
        """The same as a column of texts."""
        if key not in self._texts:
            self._texts[key] = texts_of(self.members.get(key, self.record.extra.get(key)), self.num_rows)
        return self._texts[key]

    def value(self, row: int, name: str) -> Any:
        """See kind.Row."""
        if name in self.types:
            found = self.column(name)[row]
            return found if self.types[name].name != "json" or found is None else parsed(found)
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
        return str(self.column(self.table.key[0])[row])


@dataclass(frozen=True, slots=True)
class _Row:
    """See kind.Row."""

    rows: Clean
    place: int
    table: str

    def __getitem__(self, name: str) -> Any:
        return self.rows.value(self.place, name)

    @property
    def number(self) -> int:
        return self.rows.number(self.place)

    @property
    def before(self) -> Row | None:
        return self.rows.before.get(self.number - 1)


def parsed(told: str) -> Any:
    """A value out of its JSON."""
    if told[0] == '"' and "\\" not in told:
        return told[1:-1]
    return _DECODER.decode(told)


def texts_of(member: Member | None, rows: int) -> Text:
    """JSON of a key of raw_data, of each row; null where it is not there."""
    if member is None:
        return pa.nulls(rows, pa.string())
    told = member.json()
    if isinstance(told, str):
        return pa.repeat(pa.scalar(told, pa.string()), rows)
    return text.draw(told) if isinstance(told, Drawn) else Layout(jsonb.pieces_of(told)).texts()
