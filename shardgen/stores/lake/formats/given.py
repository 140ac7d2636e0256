"""Rows that were made anew, spoilt or mended, as formats take all others: as values of builders, some of them missing.

How a column's texts lie in a file follows from how its clean rows are built, and not from which rows were spoilt: so a
file's bytes are the same whatever the batches.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from shardgen.columns import text
from shardgen.columns.batch import Batch, Batches, Spliced, arrow_type
from shardgen.columns.jsonb import Objects, SplicedObjects
from shardgen.columns.nested import Picked
from shardgen.columns.patched import PatchedObjects
from shardgen.columns.pieces import Drawn
from shardgen.columns.values import Absent, Constant, Given, Json, Patched, Prose, Written
from shardgen.model.types import Type
from shardgen.stores.lake.formats.positions import I32, Span
from shardgen.stores.lake.formats.schema import TEXTS
from shardgen.stores.lake.formats.texts import Choice, chosen, end_to_end, texts_of


def built(batch: Batches, *, lazy: bool = False) -> Batch:
    """The same rows, no column of which is given as Arrow has it.

    Args:
        lazy: whether JSON of spliced rows may wait until a run of them is asked for, so that none of it is held.
    """
    types = {column.name: column.type for column in batch.table.columns}
    if isinstance(batch, Spliced):
        columns = {
            name: _anew(type_, batch, name, lazy=lazy) or _spliced(type_, batch, name, lazy=lazy)
            for name, type_ in types.items()
        }
        return Batch(table=batch.table, num_rows=batch.num_rows, columns=columns)
    given = {
        name: _value(types[name], value.values) for name, value in batch.columns.items() if isinstance(value, Given)
    }
    return replace(batch, columns={**batch.columns, **given}) if given else batch


def _spliced(type_: Type, batch: Spliced, name: str, *, lazy: bool) -> Any:
    """A column of rows of two batches; what rows draw from a pool stays drawn."""
    first: Any
    second: Any
    first, second = batch.first.columns[name], batch.second.columns[name]
    if isinstance(first, Constant) and isinstance(second, Constant):  # what a table's source is
        return first
    parts = [(first, batch.first.num_rows), (second, batch.second.num_rows)]
    if type_.name in TEXTS and _are_drawn(first):
        choices = [_choice(type_, *part) for part in parts]
        codes: I32 = end_to_end([each.rows for each in choices], (len(each.texts) for each in choices))
        return _text(type_, Drawn(pa.concat_arrays([each.texts for each in choices]), codes[batch.order]))
    if isinstance(first.values, Objects) and (texts := _texts(second)) is not None:
        spliced = SplicedObjects(first.values, texts, batch.order)
        return Json(spliced if lazy else spliced.texts())
    if (numbers := _numbers(type_, first, second)) is not None:
        return replace(first, values=np.concatenate(numbers)[batch.order])
    arrays = [value.arrow(rows, arrow_type(type_)) for value, rows in parts]
    whole = pa.concat_arrays([array.cast(arrow_type(type_)) for array in arrays])
    return _value(type_, whole.take(pa.array(batch.order)))


def _anew(type_: Type, batch: Spliced, name: str, *, lazy: bool) -> Any | None:
    """A column of rows of one batch, some of which say something else; None where it is spliced at less cost."""
    first: Any
    second: Any
    first, second = batch.first.columns[name], batch.second.columns[name]
    if isinstance(second, Patched):
        patch = second.objects.patch.moved(batch.places)
        patched = PatchedObjects(whole=second.objects.whole, of=batch.source, patch=patch)
        return Json(patched if lazy else patched.texts())
    if batch.of is not None and isinstance(second, Written) == isinstance(second, Given):
        if type_.name in TEXTS and _are_drawn(first):
            return _texts_anew(type_, batch, first, second)
        if isinstance(second, Written):
            return _numbers_anew(type_, batch, first, second)
    return None


def _texts_anew(type_: Type, batch: Spliced, first: Any, second: Any) -> Json | Prose:
    """Texts that rows draw from a pool, some of them others."""
    own = _choice(type_, first, batch.first.num_rows)
    texts, codes = own.texts, own.rows.take(batch.source)
    if isinstance(second, Written):
        over = second.over.cast(pa.string())
        other = len(texts) + np.arange(len(over), dtype=np.int32)
        codes[batch.places[second.rows]] = np.where(over.is_valid().to_numpy(zero_copy_only=False), other, -1)
        texts = pa.concat_arrays([texts, over.fill_null("")])
    return _text(type_, Drawn(texts, codes))


def _numbers_anew(type_: Type, batch: Spliced, first: Any, second: Written) -> Any | None:
    """Numbers, some of them others or missing; None where they are none, or some were missing before."""
    over = Given(second.over)
    dirty: Any = over.filled(type_.name)
    known = getattr(first, "known", None) is None and isinstance(first.values, np.ndarray)
    if type(dirty) is not type(first) or not known:
        return None
    places, values = batch.places[second.rows], first.values.take(batch.source)
    values[places] = dirty.values
    found = replace(first, values=values)
    if not second.over.null_count:
        return found
    rows = np.arange(len(values))
    rows[places[~over.known]] = -1
    return Picked(found, rows)


def _texts(value: Any) -> text.Text | None:
    """JSON of rows; None where some rows have none."""
    if isinstance(value, Given):
        return None if value.values.null_count else value.values.cast(pa.string())
    return value.values.texts() if isinstance(value.values, Objects) else None


def _numbers(type_: Type, *parts: Any) -> list[NDArray[Any]] | None:
    """Values that are numbers to builders; None where they are none, or one is missing."""
    if type_.name in TEXTS or any(isinstance(part, Given) and part.values.null_count for part in parts):
        return None
    found: list[Any] = [part.filled(type_.name) if isinstance(part, Given) else part for part in parts]
    same = {type(each) for each in found} == {type(parts[0])}
    if not same or not all(isinstance(each.values, np.ndarray) for each in found):
        return None
    known = all(getattr(each, "known", None) is None for each in found)
    return [each.values for each in found] if known else None


def _are_drawn(value: Any) -> bool:
    """Whether rows draw the texts of a value from a pool, or all have one."""
    return isinstance(value, Picked) or isinstance(value.values, str | Drawn | None)


def _choice(type_: Type, value: Any, rows: int) -> Choice:
    """Texts as each row's choice of some."""
    if isinstance(value, Given):
        value = _value(type_, value.values)
    drawn = None if isinstance(value, Picked) and type_.name != "json" else value.values
    if isinstance(drawn, Drawn) and len(drawn.pool) <= rows:  # what is drawn twice is looked for once, in the end
        return _known(Choice(text.column(drawn.pool), drawn.rows.astype(np.int32, copy=False)))
    leaf = texts_of(value, Span(0, rows))
    return leaf if isinstance(leaf, Choice) else _known(chosen(leaf))


def _known(own: Choice) -> Choice:
    """Texts, of which nobody chooses a null."""
    if not own.texts.null_count:
        return own
    there = np.append(own.texts.is_valid().to_numpy(zero_copy_only=False), [False])
    return Choice(own.texts.fill_null(""), np.where(there[own.rows], own.rows, -1).astype(np.int32))


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
