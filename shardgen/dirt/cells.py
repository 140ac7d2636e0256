"""Rows that are made anew, cell by cell: what each says when it is clean, what is written over it, what that changed.

They are few. A column that nothing is written over stays as the builder gave it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

import numpy as np

from shardgen.columns import jsonb, text
from shardgen.columns.arrow import pa, pc
from shardgen.columns.batch import Batch, arrow_type
from shardgen.columns.pieces import Drawn
from shardgen.columns.values import Absent, Constant, Document, Given, Instant, Json, Member, Value
from shardgen.dirt.clean import Clean, parsed, texts_of
from shardgen.dirt.kind import GONE, Draw, Edit
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
        self._over: dict[str, dict[int, Any]] = {}
        self._told: dict[str, dict[int, str | None]] = {}
        self._places: dict[int, dict[str, None]] = {}
        """By row, the places that were written over, in their order."""

    @cached_property
    def changes(self) -> Mapping[int, list[Change]]:
        """By row, what edits have changed; asked for when they are done."""
        found = {row: [self._change(row, place) for place in places] for row, places in self._places.items()}
        return {row: [each for each in changes if each.dirty != each.clean] for row, changes in found.items()}

    def key(self, row: int) -> str:
        """The id that a row bears."""
        clean = self.clean.key(row)
        return str(self._over.get(self.clean.table.key[0], {}).get(row, clean))

    def spoil(self, row: int, edit: Edit, draw: Draw) -> None:
        """Have an edit change a row."""
        for place, value in edit(self.clean.row(row), draw).items():
            self._write(row, place, value)

    def batch(self, ingestion: I64) -> Batch:
        """The rows with all that was written over them.

        Args:
            ingestion: when bronze gets each.
        """
        clean, table = self.clean, self.clean.table
        own = {name: self._column(name) for name in clean.columns if name not in COMMON}
        members = {key: self._told_by(key) for key in (*clean.members, *(self._told.keys() - clean.members.keys()))}
        common = (Constant(table.source), Instant(ingestion), _record(members, clean.num_rows))
        return Batch(
            table=table,
            num_rows=clean.num_rows,
            columns={**own, **dict(zip(COMMON, common, strict=True))},
            record=clean.record,
        )

    def _write(self, row: int, place: str, value: Any) -> None:
        if place.startswith(RAW):
            key = place.removeprefix(RAW)
            if self.clean.record.mode != "none" and (key in self.clean.members or key not in self.clean.types):
                self._tell(row, key, None if value is GONE else _json(value))
            return
        type_, told = self.clean.types[place], place in self.clean.members
        held = value is None or fits(type_, value)
        if place == self.clean.table.partition_by or not (held or told) or _too_long(type_, value):
            return
        kept = value if held else None
        self._over.setdefault(place, {})[row] = _json(kept) if type_.name == "json" and kept is not None else kept
        self._places.setdefault(row, {})[place] = None
        if told:
            self._tell(row, place, _json(value))

    def _tell(self, row: int, key: str, dirty: str | None) -> None:
        """Write over a key of raw_data."""
        self._told.setdefault(key, {})[row] = dirty
        self._places.setdefault(row, {})[RAW + key] = None

    def _change(self, row: int, place: str) -> Change:
        if place.startswith(RAW):
            key = place.removeprefix(RAW)
            clean = self.clean.told(row, key) if key in self.clean.members else None
            return Change(place, self._told[key][row], clean)
        dirty, value = self._over[place][row], self.clean.column(place)[row]
        if self.clean.types[place].name == "json":
            return Change(place, dirty or jsonb.NULL, value or jsonb.NULL)
        return Change(place, _json(dirty), _json(value))

    def _column(self, name: str) -> Value:
        if name not in self._over:
            return self.clean.columns[name]
        values = list(self.clean.column(name))
        for row, value in self._over[name].items():
            values[row] = value
        return Given(pa.array(values, arrow_type(self.clean.types[name])))

    def _told_by(self, key: str) -> Member:
        if key not in self._told:
            return self.clean.members[key]
        rows, told = self.clean.num_rows, self._told[key]
        clean = self.clean.texts(key) if key in self.clean.members else texts_of(None, rows)
        chosen = np.where(clean.is_valid().to_numpy(zero_copy_only=False), np.arange(rows), -1)
        chosen[list(told)] = [rows + place if each is not None else -1 for place, each in enumerate(told.values())]
        return Json(Drawn(text.concat(pc.fill_null(clean, ""), text.pool(told.values()).fill_null("")), chosen))


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


def _json(value: Any) -> str:
    """JSON of a value as raw_data has it."""
    if type(value) is str and value.isalnum():
        return f'"{value}"'
    if isinstance(value, datetime):
        return f'"{value.isoformat(timespec="microseconds")}"'
    return f'"{value.isoformat()}"' if isinstance(value, date) else jsonb.value(value)


def _record(members: Mapping[str, Member], rows: int) -> Value:
    """raw_data; where no key is left in every row, the objects are made one by one."""
    if not members:
        return Absent()
    if any(jsonb.in_every(member.json()) for member in members.values()):
        return Document(members)
    texts = {key: texts_of(member, rows).to_pylist() for key, member in members.items()}
    told = ({key: found[row] for key, found in texts.items()} for row in range(rows))
    return Given(pa.array([jsonb.value({key: parsed(text) for key, text in each.items() if text}) for each in told]))


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
