"""Texts of builders as Arrow arrays: each row's own, or a dictionary of those that rows draw.

A dictionary holds the texts that occur, each once, in order of their first row: it follows from the rows alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from shardgen.columns import text
from shardgen.columns.abreast import Texts
from shardgen.columns.jsonb import Objects, SplicedObjects
from shardgen.columns.nested import Picked
from shardgen.columns.patched import PatchedObjects
from shardgen.columns.pieces import Drawn
from shardgen.columns.values import Words
from shardgen.stores.lake.formats.positions import I32, Rows, Span


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Texts of which each row has one, or none: -1. Their order is that of their first rows; some may be equal."""

    texts: pa.StringArray
    rows: I32


Leaf: TypeAlias = "pa.StringArray | Choice"


def texts_of(value: Any, rows: Rows) -> Leaf:
    """The texts of a value: those of each row's own, or a choice of them."""
    if isinstance(value, Picked) and isinstance(value.pool, Words):
        pool, codes = rows.through(value.rows).distinct
        return _spread(texts_of(value.pool, pool), codes)
    values = value.values
    if isinstance(values, str):
        return Choice(text.pool([values]), np.zeros(len(rows), dtype=np.int32))
    if values is None:
        return Choice(text.pool([]), np.full(len(rows), -1, dtype=np.int32))
    if isinstance(values, Drawn):
        kept, codes = rows.through(values.rows).distinct
        return Choice(text.column(text.take(values.pool, kept.rows)), codes)
    return _own_texts(values, rows)


def _own_texts(texts: Texts | Objects | SplicedObjects | PatchedObjects, rows: Rows) -> Leaf:
    if isinstance(texts, Objects | SplicedObjects | PatchedObjects):
        return texts.texts(rows.start, rows.stop) if isinstance(rows, Span) else _own_texts(texts.texts(), rows)
    if isinstance(rows, Span):
        return text.column(texts[rows.start : rows.stop])
    kept, codes = rows.distinct
    return Choice(text.column(text.take(texts, kept.rows)), codes)


def _spread(leaf: Leaf, codes: I32) -> Choice:
    """Texts of a pool, for rows that pick from it."""
    if isinstance(leaf, Choice):
        return Choice(leaf.texts, np.append(leaf.rows, np.int32(-1)).take(codes))
    return Choice(leaf, codes)


def chosen(texts: pa.StringArray) -> Choice:
    """Texts of each row's own as a choice."""
    return Choice(texts, np.arange(len(texts), dtype=np.int32))


def decoded(leaf: Choice) -> pa.StringArray:
    """A choice as texts of each row's own."""
    return leaf.texts.take(indices(leaf.rows))


def dictionary(leaves: Sequence[Choice]) -> pa.DictionaryArray:
    """Choices end to end: each text once, and no null among them."""
    encoded = pa.concat_arrays([leaf.texts for leaf in leaves]).dictionary_encode()
    if len(leaves) == 1 and len(encoded.dictionary) == len(encoded):
        return pa.DictionaryArray.from_arrays(indices(leaves[0].rows), encoded.dictionary, safe=False)
    distinct = encoded.indices.fill_null(-1).to_numpy()
    bases = accumulate((len(leaf.texts) for leaf in leaves), initial=0)
    codes = [
        np.append(distinct[base : base + len(leaf.texts)], np.int32(-1)).take(leaf.rows)  # -1 takes the last one
        for leaf, base in zip(leaves, bases, strict=False)
    ]
    return pa.DictionaryArray.from_arrays(indices(np.concatenate(codes)), encoded.dictionary, safe=False)


def end_to_end(codes: Sequence[I32], sizes: Iterable[int]) -> I32:
    """Positions in several pools as positions in all of them."""
    bases = accumulate(sizes, initial=0)
    return np.concatenate([_moved(each, base) for each, base in zip(codes, bases, strict=False)])


def _moved(codes: I32, base: int) -> I32:
    if not base:
        return codes
    moved = codes + np.int32(base)
    np.putmask(moved, codes < 0, -1)
    return moved


def indices(rows: I32) -> pa.Array:
    """Positions as Arrow has them: null where there is none."""
    missing = rows < 0
    validity = pa.py_buffer(np.packbits(~missing, bitorder="little")) if missing.any() else None
    return pa.Array.from_buffers(pa.int32(), len(rows), [validity, pa.py_buffer(rows)])
