"""Columns of a file as the values that a builder gave, so that COPY makes the same bytes of them.

A member that is null in the file is null or left out in JSON: which one it is, its form says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from shardgen.columns.batch import Batch
from shardgen.columns.nested import Lists, Sometimes, Struct
from shardgen.columns.pieces import Drawn
from shardgen.columns.text import I64
from shardgen.columns.values import Absent, Day, Fixed, Flag, Given, Instant, Json, Member, Money, Prose, Value, Whole
from shardgen.model.choices import RAW_DATA_FORMS, RAW_DATA_MODES
from shardgen.model.shape import Field, Form, Items, Object
from shardgen.model.table import Table
from shardgen.model.types import Type
from shardgen.stores.lake.formats.numbers import rescaled
from shardgen.stores.lake.formats.schema import TEXTS, arrow_type, fields_of
from shardgen.stores.lake.formats.sources import DamagedFileError


def fields_in(table: Table, schema: Any) -> Mapping[str, Field]:
    """The columns of a file of a table, by what they are there.

    Args:
        table: that the file should be of.
        schema: of Arrow.

    Raises:
        DamagedFileError: they are those of no file of ours.
    """
    for raw_data in RAW_DATA_MODES:
        for raw_data_as in RAW_DATA_FORMS:
            fields = fields_of(table, raw_data, raw_data_as)
            told = {name: _plain(arrow_type(field.form)) for name, field in fields.items()}
            if told == {field.name: _plain(field.type) for field in schema}:
                return fields
    raise DamagedFileError(f"a file of table={table.name} has other columns: {', '.join(schema.names)}")


def _plain(type_: Any) -> Any:
    """A type as it is compared: whatever its dictionary and what may be null."""
    if pa.types.is_struct(type_):
        return {field.name: _plain(field.type) for field in type_}
    if pa.types.is_list(type_):
        return [_plain(type_.value_type)]
    if pa.types.is_dictionary(type_):
        return _plain(type_.value_type)
    return type_


def batches(table: Table, fields: Mapping[str, Field], rows: pa.RecordBatch) -> Iterator[Batch]:
    """Rows of a file as their builder gave them.

    Args:
        table: that the file is of.
        fields: columns of the file.
        rows: some of the file.
    """
    for run in _runs(fields, rows):
        columns = {name: _column(field.form, run[name]) for name, field in fields.items()}
        yield Batch(table=table, num_rows=run.num_rows, columns=columns)


def _runs(fields: Mapping[str, Field], rows: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The rows in runs, in each of which objects and lists are in all rows, or in none: as builders have it."""
    changes = np.zeros(max(0, rows.num_rows - 1), dtype=np.bool_)
    for name, field in fields.items():
        if not isinstance(field.form, Type) and rows[name].null_count:
            there = _valid(rows[name])
            changes |= there[1:] != there[:-1]
    start = 0
    for end in [*(np.flatnonzero(changes) + 1).tolist(), rows.num_rows]:
        yield rows.slice(start, end - start)
        start = end


def _is_text(form: Form) -> bool:
    return isinstance(form, Type) and form.name in TEXTS


def _column(form: Form, array: pa.Array) -> Value:
    """What the builder gave; of objects and lists, all or none are there."""
    if array.null_count and not _is_text(form):
        return Absent() if array.null_count == len(array) else Given(_in_cents(form, array))
    if form == Type("json"):
        return Json(_texts(array))
    found = _whole(form, array)
    return Money(rescaled(found.values, 2 - found.places)) if isinstance(found, Fixed) else found


def _in_cents(form: Form, array: pa.Array) -> pa.Array:
    """Numbers with the two places that builders give, and all others as they are."""
    return array.cast(pa.decimal128(18, 2)) if isinstance(form, Type) and form.name == "decimal" else array


def _member(field: Field, array: pa.Array) -> Member:
    """What the builder gave for a key."""
    if not array.null_count or (_is_text(field.form) and field.missing == "null"):
        return _whole(field.form, array)
    found = Sometimes(_valid(array), _whole(field.form, array.drop_null()))  # type: ignore[arg-type]
    return found if field.missing == "absent" else Json(found.values.filled(b"null"))


def _whole(form: Form, array: pa.Array) -> Member:
    """Values, each of which is there."""
    if isinstance(form, Object):
        return Struct({name: _member(field, array.field(name)) for name, field in form.fields.items()})
    if isinstance(form, Items):
        starts = array.offsets.to_numpy()[:-1].astype(np.int64)
        return Lists(_whole(form.item, array.flatten()), starts - starts[:1].sum())  # type: ignore[arg-type]
    if form.name in TEXTS:
        return Json(_texts(array)) if form.name == "json" else Prose(_texts(array))
    if form.name == "decimal":
        return Fixed(_unscaled(array), form.places)
    return _NUMBERS[form.name](array)


def _texts(array: pa.Array) -> Any:
    if not pa.types.is_dictionary(array.type):
        return array
    return Drawn(array.dictionary, array.indices.fill_null(-1).to_numpy())


def _valid(array: pa.Array) -> NDArray[np.bool_]:
    return array.is_valid().to_numpy(zero_copy_only=False)


def _integers(array: pa.Array) -> I64:
    return array.cast(pa.int64()).to_numpy()


def _unscaled(array: pa.Array) -> I64:
    """The integers that decimals are made of: of 128 bits the low half."""
    words = np.frombuffer(array.buffers()[1], dtype=np.int64)
    return words[2 * array.offset : 2 * (array.offset + len(array)) : 2]


_NUMBERS: Final[dict[str, Any]] = {
    "integer": lambda array: Whole(_integers(array)),
    "bigint": lambda array: Whole(_integers(array)),
    "serial": lambda array: Whole(_integers(array)),
    "timestamp": lambda array: Instant(_integers(array)),
    "date": lambda array: Day(_integers(array.cast(pa.int32()))),
    "boolean": lambda array: Flag(array.to_numpy(zero_copy_only=False)),
}
"""Of types whose values are of one width."""
