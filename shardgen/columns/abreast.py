"""Texts as they lie in memory: columns of one width side by side, and pools of texts end to end in one.

What lies side by side is written where it stays: nothing is made first and copied then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shardgen.columns.arrow import pa, pc

Varied: TypeAlias = "pa.StringArray | pa.BinaryArray"
Even: TypeAlias = NDArray[Any]
"""Values whose bytes are all of one width, as they lie in memory: ``>i8``, ``S26``. A tenth of the cost of others."""
Texts: TypeAlias = "Varied | Even"
"""A column of texts, in either form."""

_MOST = 2**31
"""Bytes of one pool, which offsets of 32 bits stay below."""


class Abreast:
    """Columns of one width, and constants, side by side; not made before there is room for them.

    Args:
        parts: at least one of them is a column.
    """

    def __init__(self, parts: Sequence[Even | bytes]) -> None:
        named = enumerate(parts)
        self._parts = parts
        self._type = np.dtype([(f"f{i}", f"S{len(p)}" if isinstance(p, bytes) else p.dtype) for i, p in named])
        self._rows = next(len(part) for part in parts if not isinstance(part, bytes))

    def __len__(self) -> int:
        return self._rows

    @property
    def width(self) -> int:
        """Bytes of a row."""
        return self._type.itemsize

    def write(self, room: NDArray[np.uint8], rows: slice = slice(None)) -> None:
        """Some rows, by default all, into as many bytes as they take."""
        lines = room.view(self._type)
        for name, part in zip(self._type.names or (), self._parts, strict=True):
            lines[name] = part if isinstance(part, bytes) else part[rows]


def beside(*parts: Even | bytes) -> Even:
    """Columns of one width, and constants between them, as one column."""
    abreast = Abreast(parts)
    rows = np.empty(len(abreast), dtype=f"S{abreast.width}")
    abreast.write(rows.view(np.uint8))
    return rows


def varied(texts: Texts) -> pa.BinaryArray:
    """Any texts as Arrow has them; values of one width are not copied."""
    if not isinstance(texts, np.ndarray):
        return texts if texts.type == pa.binary() else texts.view(pa.binary())
    width = texts.dtype.itemsize
    ends = np.arange(0, (len(texts) + 1) * width, width, dtype=np.int32)
    values = np.ascontiguousarray(texts).view(np.uint8)
    return pa.Array.from_buffers(pa.binary(), len(texts), [None, pa.py_buffer(ends), pa.py_buffer(values)])


def offsets(texts: Varied) -> NDArray[np.int32]:
    """Where each text begins in the bytes of all, and where the last one ends."""
    return np.frombuffer(texts.buffers()[1], dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]


class Pool:
    """Pools end to end, an empty text before each. Of what lies abreast it has room for some rows, which are shown in
    turn: so they are written where the processor's cache has them still when they are taken.

    Args:
        pools: texts and what lies abreast.
        room: rows for which there is room, at most.
    """

    def __init__(self, pools: Sequence[Varied | Abreast], room: int) -> None:
        known = list(map(_without_nulls, pools))
        lengths = [min(room, len(each)) if isinstance(each, Abreast) else len(each) for each in known]
        sizes = [_size(each, length) for each, length in zip(known, lengths, strict=True)]
        total, texts = sum(sizes), sum(lengths) + len(lengths)
        if total >= _MOST:
            raise OverflowError(f"bytes={total} of a layout: fewer than {_MOST} can be reached")
        values, begins = np.empty(total, dtype=np.uint8), np.empty(texts + 1, dtype=np.int32)
        ends = np.cumsum([0, *lengths]) + np.arange(1, len(lengths) + 2)
        self.firsts = ends[:-1].astype(np.int32)
        """Position of the first text of each."""
        self._shown: list[tuple[Abreast, NDArray[np.uint8]]] = []
        at = 0
        for each, first, length, size in zip(known, self.firsts.tolist(), lengths, sizes, strict=True):
            begins[first - 1] = at
            own, inside = values[at : at + size], begins[first : first + length]
            if isinstance(each, Abreast):
                inside[:] = np.arange(length, dtype=np.int32) * np.int32(each.width) + np.int32(at)
                self._shown.append((each, own))
            else:
                _copy(each, own, inside, at)
            at += size
        begins[texts] = total
        self.texts = pa.Array.from_buffers(pa.binary(), texts, [None, pa.py_buffer(begins), pa.py_buffer(values)])

    def show(self, start: int, stop: int) -> pa.BinaryArray:
        """The texts with rows start to stop (exclusive) of what lies abreast."""
        for each, room in self._shown:
            each.write(room[: (stop - start) * each.width], slice(start, stop))
        return self.texts


def _without_nulls(pool: Varied | Abreast) -> Varied | Abreast:
    """The same with empty texts instead."""
    return pc.fill_null(pool, b"") if not isinstance(pool, Abreast) and pool.null_count else pool


def _size(pool: Varied | Abreast, rows: int) -> int:
    """Bytes of its texts, or of so many rows."""
    if isinstance(pool, Abreast):
        return rows * pool.width
    own = offsets(pool)
    return int(own[-1]) - int(own[0])


def _copy(pool: Varied, room: NDArray[np.uint8], begins: NDArray[np.int32], at: int) -> None:
    """Texts into a part of a larger pool, which begins at a byte of it."""
    own = offsets(pool)
    np.add(own[:-1], np.int32(at - int(own[0])), out=begins)
    if len(room):
        room[:] = np.frombuffer(pool.buffers()[2], dtype=np.uint8)[own[0] : own[-1]]
