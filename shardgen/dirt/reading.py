"""Single values of columns out of what builders have: most are of rows of a batch that are far apart, and to make even
their columns would take longer.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import numpy as np

from shardgen.columns import text
from shardgen.columns.abreast import Texts
from shardgen.columns.arrow import pa
from shardgen.columns.patched import single
from shardgen.columns.pieces import Drawn
from shardgen.columns.text import I64
from shardgen.columns.values import Day, Flag, Instant, Money, Value, Whole, Words
from shardgen.model.types import Type

_FEW: Final = 64
"""Texts of a pool up to which it is listed."""


def of_column(type_: Type, value: Value, rows: I64 | slice) -> Callable[[int], Any] | None:
    """Gives single values as Arrow does; None where that has to be asked.

    Args:
        rows: which there are.
    """
    if isinstance(value, Words):
        return _drawn(value.values, rows) if isinstance(value.values, Drawn) else _own(value.values, rows)
    if isinstance(value, Whole | Flag):
        return value.values[rows].item
    if isinstance(value, Instant):
        return value.values[rows].view("datetime64[us]").item
    if isinstance(value, Day) and value.known is None:
        return value.values[rows].astype("datetime64[D]").item
    if isinstance(value, Money) and value.places == type_.places:
        cents, places = value.values[rows].item, -value.places
        return lambda row: Decimal(cents(row)).scaleb(places)
    return None


def of_array(array: Any) -> Callable[[int], Any]:
    """Gives single values of an array."""
    if array.type != pa.string() or not len(array):
        return lambda row: array[row].as_py()
    text_of = single(array)
    if not array.null_count:
        return text_of
    known = array.is_valid().to_numpy(zero_copy_only=False).item
    return lambda row: text_of(row) if known(row) else None


def _drawn(texts: Drawn, rows: I64 | slice) -> Callable[[int], str | None]:
    """Single texts that rows draw; None where they draw none."""
    place_of = texts.rows[rows].item
    if len(texts.pool) <= _FEW:
        told = [*text.column(texts.pool).to_pylist(), None]  # -1 takes the last one
        return lambda row: told[place_of(row)]
    read = _own(texts.pool)
    return lambda row: read(place) if (place := place_of(row)) >= 0 else None


def _own(texts: Texts, rows: I64 | slice = slice(None)) -> Callable[[int], str | None]:
    """Single texts of a column or pool."""
    if isinstance(texts, np.ndarray):
        return single(texts[rows])
    if not isinstance(rows, slice):
        read, place_of = _own(texts), rows.item
        return lambda row: read(place_of(row))
    column = texts if texts.type == pa.string() else text.column(texts)
    if column.null_count:  # to look which of a large pool are known takes longer than the few that are asked for
        return lambda row: column[row].as_py()
    return of_array(column)
