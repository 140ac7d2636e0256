"""raw_data of some clean rows as text, and where in it the value of each key lies: what is written over one key of one
row costs neither its other keys nor the other rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shardgen.columns import jsonb, pieces, text
from shardgen.columns.abreast import offsets
from shardgen.columns.arrow import pa
from shardgen.columns.pieces import Drawn
from shardgen.columns.text import I64, Text
from shardgen.columns.values import Member

_COMMA, _BRACE = len(", "), len("{")
Told = Mapping[str, Mapping[int, str | None]]
"""By key and row the JSON of what is otherwise; None where the key is left out."""


class Documents:
    """JSON objects of rows.

    Args:
        members: by key the values of all rows; none for rows that have no object.
        rows: how many there are.
    """

    def __init__(self, members: Mapping[str, Member], rows: int) -> None:
        self._members, self._rows = members, rows

    def value(self, row: int, key: str) -> str | None:
        """JSON of a key; None where it is not there."""
        (begin, size), (ends, data) = self._places[key], self._lying
        first, width = int(ends[row] + begin[row]), int(size[row])
        return None if width < 0 else str(data[first : first + width], "utf-8")

    def written(self, told: Told) -> Text:
        """All objects, some with other values; null where there is none."""
        if not self._members:
            some = {row: self._anew(row, told) for row in {row for rows in told.values() for row in rows}}
            return pa.array([some.get(row) for row in range(self._rows)], pa.string())
        (ends, _), texts = self._lying, self._texts
        rows, firsts, lasts, dirty = self._changes(told)
        order, grown = np.argsort(firsts, kind="stable"), np.zeros(self._rows + 1, dtype=np.int64)
        cuts = np.append(np.stack([firsts[order], lasts[order]], axis=1).ravel(), ends[-1]).astype(np.int32)
        kept = pa.StringArray.from_buffers(len(cuts), pa.py_buffer(np.append(ends[:1], cuts)), texts.buffers()[2])
        taken = np.arange(len(cuts))
        taken[1::2] = len(cuts) + order  # every second one lies between what is kept, and gives way
        parts = pa.concat_arrays([kept, dirty]).take(pa.array(taken))
        np.add.at(grown, rows + 1, np.diff(offsets(dirty)) - (lasts - firsts))
        lying = (ends - ends[0] + np.cumsum(grown)).astype(np.int32)
        return pa.StringArray.from_buffers(self._rows, pa.py_buffer(lying), parts.buffers()[2])

    def _changes(self, told: Told) -> tuple[I64, I64, I64, Text]:
        """What is otherwise: rows, first and last (exclusive) byte of all objects', and what is there instead."""
        ends, _ = self._lying
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

    def _every(self, row: int) -> Iterator[tuple[str, str | None]]:
        """All keys of an object with their JSON."""
        if not self._members:
            return
        ends, data = self._lying
        whole = bytes(data[ends[row] : ends[row + 1]])
        begins, sizes = self._table
        for key, begin, size in zip(self._places, begins[:, row].tolist(), sizes[:, row].tolist(), strict=True):
            if size >= 0:
                yield key, whole[begin : begin + size].decode()

    def _other(self, key: str, rows: Mapping[int, str | None]) -> Iterator[int]:
        """Rows that have a key which they had not, or have it no longer."""
        sizes = self._places[key][1][list(rows)].tolist() if key in self._places else repeat(-1)
        return (row for (row, dirty), size in zip(rows.items(), sizes, strict=False) if size < 0 or dirty is None)

    def _anew(self, row: int, told: Told) -> str:
        """An object that has other keys than it had."""
        mine = dict(self._every(row))
        mine |= {key: rows[row] for key, rows in told.items() if row in rows}
        return "{" + ", ".join([label + mine[key] for key, label in jsonb.labels(mine) if mine[key] is not None]) + "}"  # type: ignore[operator]

    @cached_property
    def _json(self) -> jsonb.Members:
        return {key: member.json() for key, member in self._members.items()}

    @cached_property
    def _texts(self) -> Text:
        return jsonb.objects(self._json).texts()

    @cached_property
    def _lying(self) -> tuple[NDArray[np.int32], memoryview]:
        """Where each object begins in the bytes of all, and these."""
        return offsets(self._texts), memoryview(self._texts.buffers()[2])

    @cached_property
    def _places(self) -> Mapping[str, tuple[I64, I64]]:
        """Where the value of each key begins in each object, and its size in bytes, -1 where it is not there."""
        found, at = {}, np.full(self._rows, _BRACE, dtype=np.int64)
        for key, label in jsonb.labels(self._members):
            size, name = _sizes(self._json[key], self._rows), len(label.encode())
            found[key] = at + name, size
            at = at + np.where(size < 0, 0, size + (name + _COMMA))
        return found

    @cached_property
    def _table(self) -> tuple[I64, I64]:
        """The same, a line for each key."""
        begins, sizes = zip(*self._places.values(), strict=True)
        return np.stack(begins), np.stack(sizes)


def _joined(arrays: Iterable[I64]) -> I64:
    return np.concatenate([np.zeros(0, dtype=np.int64), *arrays])


def _sizes(json_: Any, rows: int) -> I64:
    """Bytes of a key's value in each object, -1 where it is left out."""
    if isinstance(json_, Drawn) and not json_.always:
        return np.where(json_.rows < 0, -1, pieces.sizes([json_]))
    return np.zeros(rows, dtype=np.int64) + pieces.sizes(jsonb.pieces_of(json_))
