"""raw_data of some clean rows as text, and where in it the value of each key lies: what is written over one key of one
row costs neither its other keys nor the other rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shardgen.columns import jsonb, pieces, text
from shardgen.columns.abreast import offsets
from shardgen.columns.arrow import pa
from shardgen.columns.nested import Document
from shardgen.columns.pieces import Drawn, Layout
from shardgen.columns.text import I64, Text

_COMMA, _BRACE = len(", "), len("{")
Told = Mapping[str, Mapping[int, str | None]]
"""By key and row the JSON of what is otherwise; None where the key is left out."""


class Documents:
    """JSON objects of rows.

    Args:
        whole: objects of a batch; None for rows that have no object.
        rows: which of the batch, in any order, perhaps several times.
    """

    def __init__(self, whole: Document | None, rows: I64) -> None:
        self._whole, self._rows, self._count = whole, rows, len(rows)

    def values(self, key: str) -> Callable[[int], str | None]:
        """Gives the JSON of a key, by row; None where it is not there."""
        (begins, sizes), data = self._places[key], self._data
        firsts = self._ends[:-1] + begins
        first, last = firsts.item, (firsts + sizes).item
        return lambda row: data[begin:end].decode() if (begin := first(row)) <= (end := last(row)) else None

    def written(self, told: Told) -> Text:
        """All objects, some with other values; null where there is none."""
        if self._whole is None:
            some = {row: self._anew(row, told) for row in {row for rows in told.values() for row in rows}}
            return pa.array([some.get(row) for row in range(self._count)], pa.string())
        if not told:
            return self._texts
        ends, texts = self._ends, self._texts
        rows, firsts, lasts, dirty = self._changes(told)
        order, grown = np.argsort(firsts, kind="stable"), np.zeros(self._count + 1, dtype=np.int64)
        cuts = np.append(np.stack([firsts[order], lasts[order]], axis=1).ravel(), ends[-1]).astype(np.int32)
        kept = pa.StringArray.from_buffers(len(cuts), pa.py_buffer(np.append(ends[:1], cuts)), texts.buffers()[2])
        taken = np.arange(len(cuts))
        taken[1::2] = len(cuts) + order  # every second one lies between what is kept, and gives way
        parts = pa.concat_arrays([kept, dirty]).take(pa.array(taken))
        np.add.at(grown, rows + 1, np.diff(offsets(dirty)) - (lasts - firsts))
        lying = (ends - ends[0] + np.cumsum(grown)).astype(np.int32)
        return pa.StringArray.from_buffers(self._count, pa.py_buffer(lying), parts.buffers()[2])

    def _changes(self, told: Told) -> tuple[I64, I64, I64, Text]:
        """What is otherwise: rows, first and last (exclusive) byte of all objects', and what is there instead."""
        ends = self._ends
        other = np.array(sorted({row for key, rows in told.items() for row in self._other(key, rows)}), dtype=np.int64)
        known = [(key, np.array(list(rows), dtype=np.int64)) for key, rows in told.items() if key in self._places]
        rows = _joined(rows for _, rows in known)
        firsts = _joined(ends[rows] + self._places[key][0][rows] for key, rows in known)
        sizes = _joined(self._places[key][1][rows] for key, rows in known)
        dirty = text.pool(each for key, _ in known for each in told[key].values())
        anew, same = text.pool(self._anew(row, told) for row in other.tolist()), ~np.isin(rows, other)
        return (
            np.append(rows[same], other),
            np.append(firsts[same], ends[other]),
            np.append((firsts + sizes)[same], ends[other + 1]),
            pa.concat_arrays([dirty.filter(pa.array(same)), anew]),
        )

    def _every(self, row: int) -> dict[str, str]:
        """All keys of an object with their JSON."""
        if self._whole is None:
            return {}
        first, (keys, begins, ends) = self._ends.item(row), self._table
        whole = self._data[first : self._ends.item(row + 1)].decode()
        if len(whole) != self._ends.item(row + 1) - first:  # more than ASCII: places are of bytes
            return {key: self.values(key)(row) or "" for key, end in zip(keys, ends[:, row], strict=True) if end}
        places = zip(keys, begins[:, row].tolist(), ends[:, row].tolist(), strict=True)
        return {key: whole[begin:end] for key, begin, end in places if end}

    def _other(self, key: str, rows: Mapping[int, str | None]) -> Iterator[int]:
        """Rows that have a key which they had not, or have it no longer."""
        sizes = self._places[key][1][list(rows)].tolist() if key in self._places else repeat(-1)
        return (row for (row, dirty), size in zip(rows.items(), sizes, strict=False) if size < 0 or dirty is None)

    def _anew(self, row: int, told: Told) -> str:
        """An object that has other keys than it had."""
        mine: dict[str, str | None] = {**self._every(row)}
        mine |= {key: rows[row] for key, rows in told.items() if row in rows}
        members = [label + value for key, label in jsonb.labels(mine) if (value := mine[key]) is not None]
        return "{" + ", ".join(members) + "}"

    @cached_property
    def _texts(self) -> Text:
        assert self._whole is not None
        return Layout(pieces.some(each, self._rows) for each in self._whole.values.pieces).texts()

    @cached_property
    def _ends(self) -> NDArray[np.int32]:
        """Where each object begins in the bytes of all, and where the last one ends."""
        return offsets(self._texts)

    @cached_property
    def _data(self) -> bytes:
        """The bytes of all objects."""
        return bytes(self._texts.buffers()[2] or b"")

    @cached_property
    def _places(self) -> Mapping[str, tuple[I64, I64]]:
        """Where the value of each key begins in each object, and its size in bytes, -1 where it is not there."""
        told = self._whole.told if self._whole else {}
        found, at = {}, np.full(self._count, _BRACE, dtype=np.int64)
        for key, label in jsonb.labels(told):
            size, name = _sizes(jsonb.some(told[key], self._rows), self._count), len(label.encode())
            found[key] = at + name, size
            at = at + np.where(size < 0, 0, size + (name + _COMMA))
        return found

    @cached_property
    def _table(self) -> tuple[Sequence[str], I64, I64]:
        """All keys; where the value of each begins and ends, a line for each key; an end of 0 where it is not there."""
        begins, sizes = (np.stack(each) for each in zip(*self._places.values(), strict=True))
        return tuple(self._places), begins, np.where(sizes < 0, 0, begins + sizes)


def _joined(arrays: Iterable[I64]) -> I64:
    return np.concatenate([np.zeros(0, dtype=np.int64), *arrays])


def _sizes(json_: Any, rows: int) -> I64:
    """Bytes of a key's value in each object, -1 where it is left out."""
    if isinstance(json_, Drawn) and not json_.always:
        return np.where(json_.rows < 0, -1, pieces.sizes([json_]))
    return np.zeros(rows, dtype=np.int64) + pieces.sizes(jsonb.pieces_of(json_))
