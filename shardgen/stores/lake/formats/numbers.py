"""Numbers, times and truths of builders as Arrow arrays, as they lie in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from shardgen.columns.nested import Picked
from shardgen.columns.values import Absent, Day
from shardgen.model.types import Type
from shardgen.stores.lake.formats.positions import Part, Rows
from shardgen.stores.lake.formats.schema import number_type

_MEMORY: Final = {
    "timestamp": np.int64,
    "date": np.int32,
    "boolean": np.bool_,
    "integer": np.int32,
    "bigint": np.int64,
    "serial": np.int64,
    "decimal": np.int64,
}


def values_of(value: Any, rows: Rows) -> tuple[Any, Rows]:
    """The values that rows pick from, if they do, and which of them they pick."""
    if isinstance(value, Picked):
        return value.pool, rows.through(value.rows)
    return value, rows


def numbers(type_: Type, parts: Sequence[Part]) -> pa.Array:
    """A column of numbers, end to end."""
    arrow, missing = number_type(type_), _missing(parts)
    values = np.concatenate([_raw(type_, *part) for part in parts])
    if type_.name == "boolean":
        return pa.array(values, mask=missing)
    memory = _widened(values) if type_.name == "decimal" else values
    validity = None if missing is None else pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(arrow, len(values), [validity, pa.py_buffer(memory)])


def _raw(type_: Type, value: Any, rows: Rows) -> NDArray[Any]:
    """Numbers as they lie in memory."""
    if isinstance(value, Absent):
        return np.zeros(len(rows), dtype=_MEMORY[type_.name])
    found = rows.of(value.values)
    if type_.name == "decimal":
        return rescaled(found, type_.places - value.places)
    return found.astype(_MEMORY[type_.name], copy=False)


def _widened(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Integers of 64 bits as such of 128: the low half first."""
    return np.stack([values, values >> 63], axis=1)


def _missing(parts: Sequence[Part]) -> NDArray[np.bool_] | None:
    """Which rows have no number; None where all have one."""
    found = [_without(*part) for part in parts]
    if all(each is None for each in found):
        return None
    return np.concatenate(
        [
            np.zeros(len(rows), dtype=np.bool_) if each is None else each
            for each, (_, rows) in zip(found, parts, strict=True)
        ]
    )


def _without(value: Any, rows: Rows) -> NDArray[np.bool_] | None:
    """Which rows of one part have no number."""
    if isinstance(value, Absent):
        return np.ones(len(rows), dtype=np.bool_)
    if not isinstance(value, Day) or value.known is None:
        return rows.missing
    unknown = ~rows.of(value.known)
    return unknown if rows.missing is None else unknown | rows.missing


def rescaled(values: NDArray[np.int64], places: int) -> NDArray[np.int64]:
    """Integers of so many more places, or of fewer."""
    if not places:
        return values
    return values * 10**places if places > 0 else values // 10**-places
