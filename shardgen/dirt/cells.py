"""Rows that are made anew, cell by cell: what each says when it is clean, what is written over it, what that changed.

They are few. A column that nothing is written over stays as the builder gave it.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property, partial
from itertools import chain, product
from typing import Any, Final

import numpy as np

from shardgen.columns import jsonb
from shardgen.columns.arrow import pa
from shardgen.columns.batch import Batch, arrow_type
from shardgen.columns.values import Absent, Constant, Instant, Value, Written
from shardgen.dirt.clean import TEXTS, Clean
from shardgen.dirt.drawing import Chance
from shardgen.dirt.kind import GONE, NOTHING, Edit, OneOf
from shardgen.model.table import COMMON
from shardgen.model.types import Type
from shardgen.world.rng import I64

RAW: Final = "raw_data."
INT32: Final = 2**31
_TYPES: Final[Mapping[str, type]] = {
    "integer": int,
    "bigint": int,
    "serial": int,
    "boolean": bool,
    "timestamp": datetime,
}


@dataclass(frozen=True, slots=True)
class Change:
    """What is otherwise at one place of a row; JSON text, None where nothing is."""

    place: str
    dirty: str | None
    clean: str | None


class Cells:
    """Some rows of a batch, to be spoilt.

    Args:
        clean: those rows.
    """

    def __init__(self, clean: Clean) -> None:
        self.clean = clean
        self._places: dict[str, _Place] = {}
        self._told: dict[str, dict[int, str | None]] = {}
        """By key of raw_data and row, what it tells."""
        self._written: list[tuple[Iterable[int], Iterable[str]]] = []
        """Rows and places that edits wanted to write over, in this order."""

    @cached_property
    def changes(self) -> Mapping[int, list[Change]]:
        """By row, what edits have changed; asked for when they are done."""
        found: dict[int, dict[str, Change]] = defaultdict(dict)
        for row, name in chain.from_iterable(product(rows, names) for rows, names in self._written):
            place = self._places[name]
            if place.over is not None and row in place.over:
                found[row][name] = self._change(row, name, place.over)
            if place.told is not None and row in place.told:
                told = RAW + place.key
                found[row][told] = Change(told, place.told[row], self.clean.told(row, place.key))
        return {row: [each for each in of.values() if each.dirty != each.clean] for row, of in found.items()}

    def key(self, row: int) -> str:
        """The id that a row bears."""
        place = self._places.get(self.clean.table.key[0])
        written = place.over if place and place.over else {}
        return str(written[row]) if row in written else self.clean.key(row)

    def spoil(self, rows: Sequence[int], edit: Edit, chance: Chance) -> None:
        """Have an edit change some rows."""
        if isinstance(edit, OneOf):
            self._spoil_one(rows, edit, chance)
            return
        place_of, written = self._places.get, self._written
        for row, clean, draw in zip(rows, self.clean.rows(rows), chance.draws(), strict=True):
            found = edit(clean, draw)
            for name, value in found.items():
                (place_of(name) or self._place(name)).write(row, value)
            written.append(((row,), found))

    def _spoil_one(self, rows: Sequence[int], edit: OneOf, chance: Chance) -> None:
        """The same of an edit of one value, place by place and not row by row."""
        places = edit.places[self.clean.table.name]
        first, draws = chance.below(len(places)), list(chance.further())
        waiting = {each: [at for at, drawn in enumerate(first) if drawn == each] for each in sorted(set(first))}
        for _ in places:
            left = dict[int, list[int]]()
            for which, mine in waiting.items():
                (place, name), these = places[which], [rows[at] for at in mine]
                dirty = edit.every(map(self.clean.values(name), these), [draws[at] for at in mine])
                if NOTHING in dirty:  # where there is nothing to spoil, the next place has its turn
                    done = [at for at, each in zip(mine, dirty, strict=True) if each is not NOTHING]
                    left[(which + 1) % len(places)] = sorted({*mine}.difference(done))
                    these, dirty = [rows[at] for at in done], [each for each in dirty if each is not NOTHING]
                self._place(place).write_all(these, dirty)
                self._written.append((these, (place,)))
            waiting = left

    def batch(self, ingestion: I64) -> Batch:
        """The rows with all that was written over them.

        Args:
            ingestion: when bronze gets each.
        """
        clean, table = self.clean, self.clean.table
        own = {name: self._column(name) for name in clean.columns if name not in COMMON}
        common = (Constant(table.source), Instant(ingestion), self._record())
        return Batch(
            table=table,
            num_rows=clean.num_rows,
            columns={**own, **dict(zip(COMMON, common, strict=True))},
            record=clean.record,
        )

    def _place(self, name: str) -> _Place:
        """A place that edits write to."""
        if name not in self._places:
            self._places[name] = _Place(name, *self._kept(name))
        return self._places[name]

    def _kept(self, name: str) -> tuple[Type | None, dict[int, str | None] | None]:
        """Of a place the type of its column, None where it is none or is never touched; and where raw_data keeps it."""
        clean, key = self.clean, name.removeprefix(RAW)
        if key == name:
            type_ = None if name == clean.table.partition_by else clean.types[name]
            return type_, self._told.setdefault(name, {}) if type_ and name in clean.members else None
        told = clean.record.mode != "none" and (key in clean.members or key not in clean.types)
        return None, self._told.setdefault(key, {}) if told else None

    def _change(self, row: int, name: str, over: Mapping[int, Any]) -> Change:
        dirty, value = over[row], self.clean.column(row, name)
        if self.clean.types[name].name == "json":
            return Change(name, dirty or jsonb.NULL, value or jsonb.NULL)
        return Change(name, _json(dirty), _json(value))

    def _column(self, name: str) -> Value:
        place = self._places.get(name)
        if place is None or not place.over:
            return self.clean.columns[name]
        rows = np.array(list(place.over), dtype=np.int64)
        over = pa.array(place.over.values(), arrow_type(self.clean.types[name]))
        return Written(partial(self.clean.array, name), rows, over)

    def _record(self) -> Value:
        """raw_data."""
        told = {key: rows for key, rows in self._told.items() if rows}
        return self.clean.documents.written(told) if told or self.clean.members else Absent()


class _Place:
    """A place of rows that edits write to.

    Args:
        name: of it.
        type_: of the column; None where the place is none.
        told: what raw_data tells of it, by row; None where it does not.
    """

    __slots__ = ("_json", "_most", "_text", "_type", "key", "over", "told")

    def __init__(self, name: str, type_: Type | None, told: dict[int, str | None] | None) -> None:
        self.key, self.told, self._type = name.removeprefix(RAW), told, type_
        self.over: dict[int, Any] | None = None if type_ is None else {}
        self._json = type_ is not None and type_.name == "json"
        self._text = type_ is not None and type_.name in TEXTS
        self._most = type_.length if type_ is not None and type_.name == "varchar" else sys.maxsize

    def write_all(self, rows: Sequence[int], values: Sequence[Any]) -> None:
        """Write over it in some rows; texts that fit, and nulls, at once: a call for each takes longer than they do."""
        types = set(map(type, values))
        texts = self._text and types == {str} and (self._most == sys.maxsize or max(map(len, values)) <= self._most)
        if self.over is None or not (texts or types == {type(None)}):
            for row, value in zip(rows, values, strict=True):
                self.write(row, value)
            return
        self.over.update(zip(rows, values, strict=True))
        if self.told is not None:
            self.told.update(zip(rows, map(jsonb.string if texts else _json, values), strict=True))

    def write(self, row: int, value: Any) -> None:
        """Write over it, where it can be told anywhere."""
        told = self.told
        if self._type is None or self.over is None:
            if told is not None:
                told[row] = None if value is GONE else _json(value)
            return
        if type(value) is str and len(value) > self._most:
            return
        held = value is None or (self._text and type(value) is str) or fits(self._type, value)
        if not held and told is None:
            return
        json_ = _json(value) if self._json or told is not None else ""
        self.over[row] = None if not held or value is None else json_ if self._json else value
        if told is not None:
            told[row] = json_


def fits(type_: Type, value: Any) -> bool:
    """Whether a column of a type can hold a value."""
    if type_.name in TEXTS:
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


def _json(value: Any) -> str:
    """JSON of a value as raw_data has it."""
    if type(value) is str:
        return jsonb.string(value)
    if value is None:
        return jsonb.NULL
    if isinstance(value, datetime):
        return f'"{value.isoformat("T", "microseconds")}"'
    return f'"{value.isoformat()}"' if isinstance(value, date) else jsonb.value(value)


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
