"""Rows that are made anew, cell by cell: what each says when it is clean, what is written over it, what that changed.

They are few. A column that nothing is written over stays as the builder gave it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from shardgen.columns import jsonb, text
from shardgen.columns.arrow import pa
from shardgen.columns.batch import Batch, arrow_type, members_of
from shardgen.columns.pieces import Drawn, Layout
from shardgen.columns.values import Absent, Constant, Document, Given, Instant, Json, Member, Value
from shardgen.dirt.kind import GONE, Draw, Edit, Row
from shardgen.model.table import COMMON
from shardgen.model.types import Type
from shardgen.world.rng import I64

RAW: Final = "raw_data."
INT32: Final = 2**31
_TYPES: Final[Mapping[str, type]] = {"integer": int, "serial": int, "boolean": bool, "timestamp": datetime}


@dataclass(frozen=True, slots=True)
class Change:
    """What is otherwise at one place of a row; JSON text, None where nothing is."""

    place: str
    dirty: str | None
    clean: str | None


class Cells:
    """Some rows of a batch, to be spoilt.

    Args:
        made: the clean rows.
        before: by number, the records to which kinds look back.
    """

    def __init__(self, made: Batch, before: Mapping[int, Row] = MappingProxyType({})) -> None:
        assert made.record is not None
        self.before = before
        self._made, self._known = made, made.record
        self._types = {column.name: column.type for column in made.table.columns}
        own: dict[str, Any] = {name: value for name, value in made.columns.items() if name not in COMMON}
        self._members = dict(
            members_of(made.table, self._known.mode, own, extra=self._known.extra, versions=self._known.versions)
        )
        self._clean: dict[str, list[Any]] = {}
        self._texts: dict[str, list[str | None]] = {}
        self._over: dict[str, dict[int, Any]] = {}
        self._told: dict[str, dict[int, str | None]] = {}
        self.changes: dict[int, list[Change]] = {}
        """By row, what edits changed."""

    def column(self, name: str) -> list[Any]:
        """Clean values of a column; JSON is text."""
        if name not in self._clean:
            array = self._made.columns[name].arrow(self._made.num_rows, arrow_type(self._types[name]))
            self._clean[name] = array.to_pylist()
        return self._clean[name]

    def member(self, key: str) -> list[str | None]:
        """Clean JSON of a key of raw_data; None where it is not there."""
        if key not in self._texts:
            self._texts[key] = _texts(self._member(key), self._made.num_rows)
        return self._texts[key]

    def value(self, row: int, name: str) -> Any:
        """See kind.Row."""
        if name in self._types:
            found = self.column(name)[row]
            return found if self._types[name].name != "json" or found is None else _parsed(found)
        told = self.member(name)[row]
        return GONE if told is None else _parsed(told)

    def number(self, row: int) -> int:
        """See kind.Row."""
        return int(self._known.numbers[row])

    def row(self, place: int) -> Row:
        """One of the rows, as kinds see it."""
        return _Row(self, place, self.table)

    @property
    def num_rows(self) -> int:
        """How many they are."""
        return self._made.num_rows

    @property
    def table(self) -> str:
        """Its name."""
        return self._made.table.name

    def key(self, row: int, *, clean: bool = False) -> str:
        """The id that a row bears."""
        name = self._made.table.key[0]
        found = self.column(name)[row]
        return str(found if clean else self._over.get(name, {}).get(row, found))

    def spoil(self, row: int, edit: Edit, draw: Draw) -> None:
        """Have an edit change a row."""
        for place, value in edit(self.row(row), draw).items():
            self._write(row, place, value)

    def batch(self, ingestion: I64) -> Batch:
        """The rows with all that was written over them.

        Args:
            ingestion: when bronze gets each.
        """
        table = self._made.table
        own = {name: self._column(name) for name in self._made.columns if name not in COMMON}
        members = {key: self._told_by(key) for key in (*self._members, *(self._told.keys() - self._members.keys()))}
        common = (Constant(table.source), Instant(ingestion), _record(members, self._made.num_rows))
        return Batch(
            table=table,
            num_rows=self._made.num_rows,
            columns={**own, **dict(zip(COMMON, common, strict=True))},
            record=self._known,
        )

    def _member(self, key: str) -> Member | None:
        return self._members.get(key, self._known.extra.get(key))

    def _write(self, row: int, place: str, value: Any) -> None:
        if place.startswith(RAW):
            key = place.removeprefix(RAW)
            if self._known.mode != "none" and (key in self._members or key not in self._types):
                self._tell(row, key, None if value is GONE else _json(value))
            return
        type_ = self._types[place]
        held = value is None or fits(type_, value)
        if place == self._made.table.partition_by or not (held or place in self._members) or _too_long(type_, value):
            return
        kept, clean = value if held else None, self.column(place)[row]
        self._over.setdefault(place, {})[row] = _json(kept) if type_.name == "json" and kept is not None else kept
        self._note(row, place, _json(kept), clean if type_.name == "json" and clean is not None else _json(clean))
        if place in self._members:
            self._tell(row, place, _json(value))

    def _tell(self, row: int, key: str, dirty: str | None) -> None:
        """Write over a key of raw_data."""
        clean = self.member(key)[row] if key in self._members else None
        self._told.setdefault(key, {})[row] = dirty
        self._note(row, RAW + key, dirty, clean)

    def _note(self, row: int, place: str, dirty: str | None, clean: str | None) -> None:
        if dirty != clean:
            self.changes.setdefault(row, []).append(Change(place, dirty, clean))

    def _column(self, name: str) -> Value:
        if name not in self._over:
            return self._made.columns[name]
        values = list(self.column(name))
        for row, value in self._over[name].items():
            values[row] = value
        return Given(pa.array(values, arrow_type(self._types[name])))

    def _told_by(self, key: str) -> Member:
        if key not in self._told:
            return self._members[key]
        texts: list[str | None] = [None] * self._made.num_rows
        if key in self._members:
            texts = list(self.member(key))
        for row, told in self._told[key].items():
            texts[row] = told
        there = np.array([told is not None for told in texts])
        pool = text.pool(told for told in texts if told is not None)
        return Json(Drawn(pool, np.where(there, np.cumsum(there) - 1, -1)))


@dataclass(frozen=True, slots=True)
class _Row:
    """See kind.Row."""

    cells: Cells
    place: int
    table: str

    def __getitem__(self, name: str) -> Any:
        return self.cells.value(self.place, name)

    @property
    def number(self) -> int:
        return self.cells.number(self.place)

    @property
    def before(self) -> Row | None:
        return self.cells.before.get(self.number - 1)


def fits(type_: Type, value: Any) -> bool:
    """Whether a column of a type can hold a value."""
    if type_.name in ("text", "varchar"):
        return isinstance(value, str)
    if type_.name == "json":
        return value is not GONE
    if type_.name == "date":
        return isinstance(value, date) and not isinstance(value, datetime)
    if type_.name == "decimal":
        return isinstance(value, Decimal) and abs(value) < 10 ** (type_.length - type_.places) and _exact(type_, value)
    if type(value) is not _TYPES[type_.name]:
        return False
    return type_.name != "integer" or -INT32 <= int(str(value)) < INT32


def _exact(type_: Type, value: Decimal) -> bool:
    return value == value.quantize(Decimal(1).scaleb(-type_.places))


def _too_long(type_: Type, value: Any) -> bool:
    return type_.name == "varchar" and isinstance(value, str) and len(value) > type_.length


def _parsed(told: str) -> Any:
    return json.loads(told, parse_float=Decimal)


def _json(value: Any) -> str:
    """JSON of a value as raw_data has it."""
    if isinstance(value, datetime):
        return f'"{value.isoformat(timespec="microseconds")}"'
    return f'"{value.isoformat()}"' if isinstance(value, date) else jsonb.value(value)


def _record(members: Mapping[str, Member], rows: int) -> Value:
    """raw_data; where no key is left in every row, the objects are made one by one."""
    if not members:
        return Absent()
    if any(jsonb.in_every(member.json()) for member in members.values()):
        return Document(members)
    texts = {key: _texts(member, rows) for key, member in members.items()}
    told = ({key: found[row] for key, found in texts.items()} for row in range(rows))
    return Given(pa.array([jsonb.value({key: _parsed(text) for key, text in each.items() if text}) for each in told]))


def _texts(member: Member | None, rows: int) -> list[str | None]:
    if member is None:
        return [None] * rows
    told = member.json()
    if isinstance(told, str):
        return [told] * rows
    if isinstance(told, Drawn):
        return list(text.draw(told).to_pylist())
    return list(Layout(jsonb.pieces_of(told)).texts().to_pylist())


def whole_rows(rows: Batch) -> list[str]:
    """Rows as JSON objects, their columns in order."""
    found = rows.arrow()
    names, json_ = found.schema.names, {column.name for column in rows.table.columns if column.json}
    columns = [
        [told if name in json_ and told is not None else _json(told) for told in found[name].to_pylist()]
        for name in names
    ]
    labels = [f"{jsonb.string(name)}: " for name in names]
    return [
        "{" + ", ".join(label + told for label, told in zip(labels, row, strict=True)) + "}"
        for row in zip(*columns, strict=True)
    ]
