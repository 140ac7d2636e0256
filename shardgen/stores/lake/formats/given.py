"""Rows that were made anew, spoilt or mended, as formats take all others: as values of builders, some of them missing.

How a column's texts lie in a file follows from how its clean rows are built, and not from which rows were spoilt: so a
file's bytes are the same whatever the batches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from shardgen.columns.batch import Batch, Batches, Spliced
from shardgen.columns.nested import Picked
from shardgen.columns.pieces import Drawn
from shardgen.columns.values import Absent, Given, Json, Prose
from shardgen.model.types import Type
from shardgen.stores.lake.formats.schema import TEXTS


def built(batch: Batches) -> Batch:
    """The same rows, no column of which is given as Arrow has it."""
    if isinstance(batch, Spliced):
        rows = batch.arrow()
        columns = {name: (rows[name], _are_drawn(batch.first.columns[name])) for name in rows.schema.names}
        return Batch(table=batch.table, num_rows=batch.num_rows, columns=_columns(batch, columns))
    given = {name: (value.values, False) for name, value in batch.columns.items() if isinstance(value, Given)}
    return replace(batch, columns={**batch.columns, **_columns(batch, given)}) if given else batch


def _columns(batch: Batches, arrays: Mapping[str, tuple[Any, bool]]) -> dict[str, Any]:
    types = {column.name: column.type for column in batch.table.columns}
    return {name: _value(types[name], array, drawn=drawn) for name, (array, drawn) in arrays.items()}


def _are_drawn(value: Any) -> bool:
    """Whether rows draw the texts of a value from a pool, or all have one."""
    return isinstance(value, Picked) or isinstance(value.values, str | Drawn | None)


def _value(type_: Type, array: pa.Array, *, drawn: bool) -> Any:
    if type_.name in TEXTS:
        return (Json if type_.name == "json" else Prose)(_texts(array.cast(pa.string()), drawn=drawn))
    if array.null_count == len(array):
        return Absent()
    values = Given(array).filled(type_.name)
    return Picked(values, _places(array)) if array.null_count else values  # type: ignore[arg-type]


def _texts(array: pa.StringArray, *, drawn: bool) -> Any:
    """Texts of each row's own, or of those that there are, each once; JSON that is missing is drawn by no row."""
    if drawn:
        found = array.dictionary_encode()
        return Drawn(found.dictionary, found.indices.fill_null(-1).to_numpy())
    return array


def _places(array: pa.Array) -> Any:
    known = array.is_valid().to_numpy(zero_copy_only=False)
    return np.where(known, np.arange(len(array)), -1)
