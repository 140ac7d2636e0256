"""Rows that were made anew, spoilt or mended, as formats take all others: as values of builders, some of them missing.

How a column's texts lie in a file follows from how its clean rows are built, and not from which rows were spoilt: so a
file's bytes are the same whatever the batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from shardgen.columns import text
from shardgen.columns.batch import Batch, Batches, Spliced, arrow_type
from shardgen.columns.jsonb import Objects
from shardgen.columns.nested import Picked
from shardgen.columns.pieces import Drawn, Layout, Piece
from shardgen.columns.values import Absent, Given, Json, Prose
from shardgen.model.types import Type
from shardgen.stores.lake.formats.positions import I32, Span
from shardgen.stores.lake.formats.schema import TEXTS
from shardgen.stores.lake.formats.texts import Choice, chosen, end_to_end, texts_of


def built(batch: Batches) -> Batch:
    """The same rows, no column of which is given as Arrow has it."""
    types = {column.name: column.type for column in batch.table.columns}
    if isinstance(batch, Spliced):
        columns = {name: _spliced(type_, batch, name) for name, type_ in types.items()}
        return Batch(table=batch.table, num_rows=batch.num_rows, columns=columns)
    given = {
        name: _value(types[name], value.values) for name, value in batch.columns.items() if isinstance(value, Given)
    }
    return replace(batch, columns={**batch.columns, **given}) if given else batch


def _spliced(type_: Type, batch: Spliced, name: str) -> Any:
    """A column of rows of two batches; what rows draw from a pool stays drawn."""
    parts = [(each.columns[name], each.num_rows) for each in (batch.first, batch.second)]
    if type_.name in TEXTS and _are_drawn(parts[0][0]):
        choices = [_choice(type_, *part) for part in parts]
        codes: I32 = end_to_end([each.rows for each in choices], (len(each.texts) for each in choices))
        drawn = Drawn(pa.concat_arrays([each.texts for each in choices]), codes[batch.order])
        return _text(type_, drawn)
    if isinstance(parts[0][0].values, Objects) and (second := _pieces(parts[1][0])) is not None:
        return Json(Layout(parts[0][0].values.pieces).spliced(Layout(second), batch.order).texts())
    arrays = [value.arrow(rows, arrow_type(type_)) for value, rows in parts]
    whole = pa.concat_arrays([array.cast(arrow_type(type_)) for array in arrays])
    return _value(type_, whole.take(pa.array(batch.order)))


def _pieces(value: Any) -> Sequence[Piece] | None:
    """JSON of rows in pieces; None where some rows have none."""
    if isinstance(value, Given):
        return None if value.values.null_count else [value.values.cast(pa.string())]
    return value.values.pieces if isinstance(value.values, Objects) else None


def _are_drawn(value: Any) -> bool:
    """Whether rows draw the texts of a value from a pool, or all have one."""
    return isinstance(value, Picked) or isinstance(value.values, str | Drawn | None)


def _choice(type_: Type, value: Any, rows: int) -> Choice:
    """Texts as each row's choice of some."""
    if isinstance(value, Given):
        value = _value(type_, value.values)
    leaf = texts_of(value, Span(0, rows))
    return leaf if isinstance(leaf, Choice) else _known(chosen(leaf))


def _known(own: Choice) -> Choice:
    """Texts of each row's own, of which nobody chooses a null."""
    if not own.texts.null_count:
        return own
    there = own.texts.is_valid().to_numpy(zero_copy_only=False)
    return Choice(own.texts.fill_null(""), np.where(there, own.rows, -1).astype(np.int32))


def _value(type_: Type, array: pa.Array) -> Any:
    if type_.name in TEXTS:
        return _text(type_, text.column(array.cast(pa.string())))
    if array.null_count == len(array):
        return Absent()
    values = Given(array).filled(type_.name)
    return Picked(values, _places(array)) if array.null_count else values  # type: ignore[arg-type]


def _text(type_: Type, values: Any) -> Json | Prose:
    return Json(values) if type_.name == "json" else Prose(values)


def _places(array: pa.Array) -> Any:
    known = array.is_valid().to_numpy(zero_copy_only=False)
    return np.where(known, np.arange(len(array)), -1)
