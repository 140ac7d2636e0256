"""The form of JSON whose keys are fixed: members of types of their own, for places that have more than text.

A key is declared with its type and with what a row does that has no value for it. Where a key's type is not told, the
keys are not fixed, and all of the JSON is text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from shardgen.model.types import JSON, Type

if TYPE_CHECKING:
    from shardgen.model.table import Column, Table

Missing: TypeAlias = Literal["never", "null", "absent"]
"""What becomes of a key without a value: there is always one; the key has null; the key is left out."""


class Key(str):
    """The meaning of a key, which tells the type of its values as well.

    Args:
        meaning: what a value tells, in a line.
        type_: of the values. Numbers have all digits after the point, times all six of a second.
        missing: what a row does that has no value.
    """

    __slots__ = ("missing", "type")

    type: Type
    missing: Missing

    def __new__(cls, meaning: str, type_: Type, *, missing: Missing = "never") -> Self:
        key = super().__new__(cls, meaning)
        key.type, key.missing = type_, missing
        return key

    def __reduce__(self) -> Any:
        return _key, (str(self), self.type, self.missing)


def _key(meaning: str, type_: Type, missing: Missing) -> Key:
    return Key(meaning, type_, missing=missing)


@dataclass(frozen=True, slots=True)
class Field:
    """A member of an object."""

    form: Form
    missing: Missing = "never"


@dataclass(frozen=True, slots=True)
class Object:
    """JSON objects of these keys and no others."""

    fields: Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Items:
    """JSON lists of such objects."""

    item: Object


Form: TypeAlias = "Type | Object | Items"
"""A value's form; of a Type that is JSON, text."""


def form_of(table: Table, column: Column, raw_data: str) -> Form:
    """The form of a column.

    Args:
        table: of the column.
        column: any.
        raw_data: ``--raw-data``, which decides what the column of that name holds.
    """
    if column.name == "raw_data":
        return _record(table, column, raw_data) or JSON
    return (_object(column.keys) or JSON) if column.json else column.type


def _record(table: Table, column: Column, raw_data: str) -> Object | None:
    """What raw_data holds; None where it holds nothing, or keys that are not fixed."""
    kept = {key: told for key, told in column.keys.items() if raw_data == "full" or key not in table.full_only}
    extra = _object(kept) if kept else Object({})
    if raw_data == "none" or extra is None:
        return None
    own = _own(table, raw_data) if raw_data == "full" else {}
    return Object({**own, **extra.fields}) if own or extra.fields else None


def _own(table: Table, raw_data: str) -> Mapping[str, Field]:
    """The table's own columns as members; JSON that a row lacks is left out, all else is null."""
    from shardgen.model.table import COMMON  # noqa: PLC0415  # which declares columns by keys

    columns = [column for column in table.columns if column.name not in COMMON]
    return {
        column.name: Field(
            _in_json(form_of(table, column, raw_data)),
            "never" if column.not_null else "absent" if column.json else "null",
        )
        for column in columns
    }


def _in_json(form: Form) -> Form:
    """A column's form in JSON, where an amount has two decimals, whatever its column shows."""
    return Type("decimal", form.length, 2) if isinstance(form, Type) and form.name == "decimal" else form


def _object(keys: Mapping[str, str]) -> Object | None:
    """Keys as a tree; None where there is none, or one that does not tell its type."""
    names = dict.fromkeys(path.partition(".")[0].removesuffix("[]") for path in keys)
    fields = {name: _field(name, keys) for name in names}
    if not fields or None in fields.values():
        return None
    return Object({name: field for name, field in fields.items() if field})


def _field(name: str, keys: Mapping[str, str]) -> Field | None:
    told = keys.get(name)
    missing: Missing = told.missing if isinstance(told, Key) else "never"
    if items := _object(_below(f"{name}[].", keys)):
        return Field(Items(items), missing)
    if inner := _object(_below(f"{name}.", keys)):
        return Field(inner, missing)
    return Field(told.type, missing) if isinstance(told, Key) else None


def _below(start: str, keys: Mapping[str, str]) -> Mapping[str, str]:
    return {path.removeprefix(start): told for path, told in keys.items() if path.startswith(start)}
