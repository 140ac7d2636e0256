"""Values of builders as Arrow arrays of a row group, without text on the way that the file does not hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from shardgen.columns.batch import Batch
from shardgen.columns.nested import Document, Lists, Picked, Struct
from shardgen.columns.pieces import Drawn
from shardgen.columns.text import I64
from shardgen.columns.values import Absent, Fixed, Json
from shardgen.model.shape import Field, Form, Items, Object
from shardgen.model.types import Type
from shardgen.stores.failures import PermanentError
from shardgen.stores.lake.formats import texts
from shardgen.stores.lake.formats.numbers import numbers, values_of
from shardgen.stores.lake.formats.positions import Part, Positions, Rows, Span
from shardgen.stores.lake.formats.schema import TEXTS, arrow_field, arrow_type, item_field, member_field
from shardgen.stores.lake.formats.texts import Leaf

_DECLARED: Final = {
    "never": "has a value in every row",
    "null": "is null where there is no value",
    "absent": "is left out where there is no value",
}


class Arrays:
    """Makes the arrays of a file's row groups.

    Args:
        table: its name, for errors.
        fields: columns of the file.
    """

    def __init__(self, table: str, fields: Mapping[str, Field]) -> None:
        self._table, self._fields = table, fields
        self._own: dict[str, bool] = {}
        """By column, whether its texts are each row's own; settled by the first row group, as types of a file are."""
        self._made: dict[tuple[Any, ...], tuple[Any, pa.Array]] = {}

    def group(self, batches: Sequence[tuple[Batch, Span]]) -> pa.RecordBatch:
        """A row group.

        Args:
            batches: and the rows of each that belong to it.

        Raises:
            PermanentError: rows are not as the table declares its keys.
        """
        arrays = {
            name: self._member(name, field, [(batch.columns[name], rows) for batch, rows in batches])
            for name, field in self._fields.items()
        }
        self._made.clear()
        schema = [arrow_field(name, self._fields[name], array.type) for name, array in arrays.items()]
        return pa.record_batch(list(arrays.values()), schema=pa.schema(schema))

    def _member(self, path: str, field: Field, parts: Sequence[Part], *, optional: bool = False) -> pa.Array:
        """A column, or a member of an object; what is both is made once.

        Args:
            path: of it.
            field: its form, and whether a value may be missing.
            parts: what becomes of it, end to end.
            optional: whether the object that it is a member of may be missing.
        """
        optional = optional or field.missing != "never"
        type_ = field.form if isinstance(field.form, Type) else optional
        key = (type_, *(id(each) for part in parts for each in part))
        if key not in self._made:
            self._made[key] = parts, self._array(path, field.form, parts, optional=optional)
        array = self._made[key][1]
        if array.null_count:
            self._check_missing(path, field, parts)
        return array

    def _check_missing(self, path: str, field: Field, parts: Sequence[Part]) -> None:
        """A key that is left out and one that is null are the same in a file: which one it is, is declared."""
        member = "." in path
        left_out = member and any(_leaves_out(value) for value, _ in parts)
        if field.missing == "never" or (member and left_out != (field.missing == "absent")):
            found = "left out" if left_out else "null"
            raise PermanentError(f"table={self._table} declares that {path} {_DECLARED[field.missing]}: it is {found}")

    def _array(self, path: str, form: Form, parts: Sequence[Part], *, optional: bool = False) -> pa.Array:
        if isinstance(form, Type):
            if form.name in TEXTS:
                return self._texts(path, [texts.texts_of(*part) for part in parts])
            return self._numbers(path, form, [values_of(*part) for part in parts])
        if all(isinstance(value, Absent) for value, _ in parts):
            return pa.nulls(sum(len(rows) for _, rows in parts), arrow_type(form, optional=True))
        if isinstance(form, Items):
            lists = self._typed(path, Lists, parts)
            return _picked(lists, lambda wanted: self._lists(path, form, wanted))
        structs = self._typed(path, (Struct, Document), parts)
        return _picked(structs, lambda wanted: self._structs(path, form, wanted, optional=optional))

    def _typed(self, path: str, kind: Any, parts: Sequence[Part]) -> list[Part]:
        """Objects or lists, and which of them; what is absent takes none, of those beside it."""
        found = [values_of(*part) for part in parts]
        some = next(value for value, _ in found if not isinstance(value, Absent))
        if not isinstance(some, kind):
            told = f"table={self._table} declares types for the keys of {path} and gives text"
            raise PermanentError(f"{told}: give a Struct, or leave the types out")
        return [
            (some, Positions(np.full(len(rows), -1))) if isinstance(value, Absent) else (value, rows)
            for value, rows in found
        ]

    def _structs(self, path: str, form: Object, parts: Sequence[Part], *, optional: bool) -> pa.Array:
        members = [value.members for value, _ in parts]
        for other in [each.keys() ^ form.fields.keys() for each in members]:
            if other:
                told = f"table={self._table} gives other keys of {path} than it declares"
                raise PermanentError(f"{told}: {', '.join(sorted(other))}")
        arrays, fields = [], []
        for name, field in form.fields.items():
            wanted = [(each[name], rows) for each, (_, rows) in zip(members, parts, strict=True)]
            arrays.append(self._member(f"{path}.{name}", field, wanted, optional=optional))
            fields.append(member_field(name, field, arrays[-1].type, optional=optional))
        return pa.StructArray.from_arrays(arrays, fields=fields)

    def _lists(self, path: str, form: Items, parts: Sequence[Part]) -> pa.Array:
        found = [_items(value, rows) for value, rows in parts]
        items = self._array(f"{path}.list.element", form.item, [item for item, _ in found])
        offsets = np.cumsum(np.concatenate([[0], *(sizes for _, sizes in found)])).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(offsets), items, type=pa.list_(item_field(items.type)))

    def _numbers(self, path: str, form: Type, parts: Sequence[Part]) -> pa.Array:
        places = {value.places for value, _ in parts if isinstance(value, Fixed)}
        if "." in path and places - {form.places}:
            told = f"table={self._table} declares {path} with {form.places} decimals and gives {places.pop()}"
            raise PermanentError(f"{told}: JSON shows them all")
        return numbers(form, parts)

    def _texts(self, path: str, leaves: Sequence[Leaf]) -> pa.Array:
        if self._own.setdefault(path, all(isinstance(leaf, pa.Array) for leaf in leaves)):
            return pa.concat_arrays([leaf if isinstance(leaf, pa.Array) else texts.decoded(leaf) for leaf in leaves])
        return texts.dictionary([texts.chosen(leaf) if isinstance(leaf, pa.Array) else leaf for leaf in leaves])


def _picked(parts: Sequence[Part], made: Callable[[Sequence[Part]], pa.Array]) -> pa.Array:
    """What rows pick from pools, of which only what is picked is made, once; of runs of rows all that they hold."""
    if all(isinstance(rows, Span) for _, rows in parts):
        return made(parts)
    distinct = [rows.distinct for _, rows in parts]
    pools = [(value, pool) for (value, _), (pool, _) in zip(parts, distinct, strict=True)]
    return made(pools).take(texts.indices(texts.end_to_end([codes for _, codes in distinct], map(_size, pools))))


def _size(part: Part) -> int:
    return len(part[1])


def _items(lists: Lists, rows: Rows) -> tuple[Part, I64]:
    """The items of some lists, and how many each list has."""
    ends = np.append(lists.starts[1:], lists.items.size)
    starts, sizes = rows.of(lists.starts), rows.of(ends - lists.starts)
    if isinstance(rows, Span):
        first = int(starts[0]) if len(rows) else 0
        return (lists.items, Span(first, first + int(sizes.sum()))), sizes
    before = np.cumsum(sizes) - sizes
    return (lists.items, Positions(np.repeat(starts - before, sizes) + np.arange(sizes.sum()))), sizes


def _leaves_out(value: Any) -> bool:
    """Whether a row without a value has no key for it."""
    return isinstance(value, Picked) or (isinstance(value, Json) and isinstance(value.values, Drawn))
