"""What rows are made of: pieces that lie end to end, taken out of one pool.

A piece is the same in all rows, drawn from a pool, of one width in all rows, or a text of each row's own. A layout
merges neighbours where that costs next to nothing, puts everything into one pool, and makes any run of rows by a
single take: positions in row order, so that the data buffer of its result *is* the rows, each byte copied once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import groupby
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shardgen.columns.abreast import Abreast, Pool, Texts, Varied, beside, varied
from shardgen.columns.abreast import offsets as _offsets
from shardgen.columns.arrow import pa, pc
from shardgen.world.rng import I64


@dataclass(frozen=True, eq=False)
class Drawn:
    """A text that each row takes from a pool, or does without.

    Args:
        pool: the texts.
        rows: position in the pool for each row, -1 where there is none.
        without: 1 where there is none, else 0. Columns that lack the same rows share it, and cost less.
    """

    pool: Texts
    rows: NDArray[np.integer]
    without: NDArray[np.integer] | None = None

    @cached_property
    def always(self) -> bool:
        """Whether no row does without."""
        return len(self.rows) > 0 and int(self.rows.min()) >= 0

    @property
    def few(self) -> bool:
        """Whether the pool is so small that work on it costs less than work on rows."""
        return 2 * len(self.pool) <= len(self.rows)

    @cached_property
    def missing(self) -> NDArray[np.integer]:
        """1 where there is none, else 0."""
        return (self.rows < 0).astype(np.int32) if self.without is None else self.without

    def filled(self, instead: bytes = b"") -> Drawn:
        """The same with another text where there is none."""
        return self if self.always else Drawn(once(_headed, self.pool, instead), self.rows + 1)


Piece: TypeAlias = "bytes | Drawn | Texts"
"""A constant, a text that each row draws, or one of each row's own."""

CHOSEN = 4096
"""Rows that are put together at a time, piece by piece: their positions, and their values of one width. Few of them are
then taken at a time."""

MANY = 4
"""Times as many texts in a pool as there are rows, from which on only those are laid out that rows take."""


class Layout:
    """Rows made of pieces, laid out once and rendered in runs.

    Before each pool lies an empty text, which is what rows take that do without.

    Args:
        pieces: what every row consists of, in order; at least one of them is no constant.
    """

    def __init__(self, pieces: Iterable[Piece]) -> None:
        laid = pooled(pieces)
        self.rows, merged = count(laid), list(packed(laid))
        every = np.arange(self.rows, dtype=np.int32)
        pools, positions = zip(*(_drawn(piece, every) for piece in merged), strict=True)
        self.pools = list(pools)
        narrow = {id(rows): rows.astype(np.int32, copy=False) for rows in positions}
        self._positions = [narrow[id(rows)] for rows in positions]
        self.bases = (np.cumsum([0, *map(len, pools[:-1])]) + np.arange(1, len(pools) + 1)).astype(np.int32)
        self.abreast = np.array([isinstance(pool, Abreast) for pool in pools], dtype=np.int32)

    @cached_property
    def pool(self) -> Varied:
        """What rows are taken from."""
        rows = max(map(len, self.pools))
        return Pool(self.pools, rows).show(0, rows)

    def data(self, start: int, stop: int) -> memoryview:
        """The bytes of rows start to stop (exclusive)."""
        return _bytes(self.pool, self.chosen(start, stop))

    def buffers(self, start: int, stop: int, rows: int) -> Iterator[memoryview]:
        """The same, so many rows at a time."""
        part = Pool(self.pools, CHOSEN)
        for first in range(start, stop, CHOSEN):
            last = min(first + CHOSEN, stop)
            pool = part.show(first, last)
            chosen = self.at(slice(first, last), last - first, part.firsts - self.abreast * first)
            for row in range(0, last - first, rows):
                yield _bytes(pool, chosen[row : row + rows])

    def texts(self, start: int = 0, stop: int | None = None) -> pa.StringArray:
        """Rows start to stop (exclusive) as a column of texts; all of them by default."""
        return end_to_end(self.pool, self.chosen(start, self.rows if stop is None else stop))

    def spliced(self, other: Layout | Varied, order: I64) -> Spliced:
        """Rows of this layout and others, in an order of their own.

        Args:
            other: the others, laid out or as texts.
            order: positions in the rows of both, end to end.
        """
        return Spliced(self, other, order)

    def patched(self, of: I64, rows: I64, columns: I64, texts: Varied) -> pa.StringArray:
        """Some rows as a column of texts, with other pieces in some places.

        Args:
            of: which rows, in any order, perhaps several times.
            rows: in which of these each other piece is.
            columns: instead of which piece, as they are laid out, see ``laid_out``.
            texts: the other pieces.
        """
        room = max(map(len, self.pools))
        pool, chosen = Pool([*self.pools, texts], room), self.at(of, len(of), self.bases)
        chosen[rows, columns] = pool.firsts[-1] + np.arange(len(texts), dtype=np.int32)
        return end_to_end(pool.show(0, room), chosen)

    def chosen(self, start: int, stop: int) -> NDArray[np.int32]:
        """Positions in the pool of rows start to stop (exclusive), shape (rows, texts)."""
        return self.of(slice(start, stop), stop - start)

    def of(self, some: slice | I64, count: int) -> NDArray[np.int32]:
        """The same of any rows.

        Args:
            some: which.
            count: how many they are.
        """
        return self.at(some, count, self.bases)

    def at(self, some: slice | I64, count: int, bases: NDArray[np.int32]) -> NDArray[np.int32]:
        """The same where each pool begins at a place of its own."""
        chosen = np.empty((count, len(self._positions)), dtype=np.int32)
        for column, rows in enumerate(self._positions):
            np.add(rows[some], bases[column], out=chosen[:, column])
        return chosen


class Spliced(Layout):
    """Rows of two layouts, in any order; each of the second is a text of the pool, so that few of them cost little.

    Args:
        first: the layout of most rows.
        second: that of the others, or their texts.
        order: positions in the rows of both, end to end.
    """

    def __init__(self, first: Layout, second: Layout | Varied, order: I64) -> None:
        self.rows, self._first, self._order = len(order), first, order
        self.pools = [*first.pools, varied(second.texts() if isinstance(second, Layout) else second)]
        whole = sum(len(pool) + 1 for pool in first.pools) + 1
        self.bases = np.append(first.bases, np.int32(whole))

    def buffers(self, start: int, stop: int, rows: int) -> Iterator[memoryview]:
        """See Layout.buffers."""
        part = Pool(self.pools, CHOSEN)
        for wanted in self._stretches(self._order[start:stop]):
            low, high = self._reach(wanted)
            pool, bases = part.show(low, high), part.firsts.copy()
            bases[:-1] -= self._first.abreast * np.int32(low)
            chosen = self._lines(wanted, low, high, bases)
            for row in range(0, len(chosen), rows):
                yield _bytes(pool, chosen[row : row + rows])

    def of(self, some: slice | I64, count: int) -> NDArray[np.int32]:  # noqa: ARG002 - the order tells
        """See Layout.of."""
        wanted = self._order[some]
        return self._lines(wanted, *self._reach(wanted), self.bases)

    def _stretches(self, wanted: I64) -> list[I64]:
        """Rows that follow each other, those of the first layout no more than CHOSEN apart."""
        own = wanted < self._first.rows
        before = np.maximum.accumulate(np.where(own, np.arange(len(wanted)), 0))
        cells = np.where(own, wanted, 0)[before] // CHOSEN
        return np.split(wanted, np.flatnonzero(np.diff(cells)) + 1)

    def _reach(self, wanted: I64) -> tuple[int, int]:
        """First and last (exclusive) of those of the first layout."""
        own = wanted[wanted < self._first.rows]
        return (int(own.min()), int(own.max()) + 1) if len(own) else (0, 0)

    def _lines(self, wanted: I64, low: int, high: int, bases: NDArray[np.int32]) -> NDArray[np.int32]:
        """Positions of some rows in the pool, of which those of the first layout lie between low and high."""
        theirs = np.flatnonzero(wanted >= self._first.rows)
        own = self._first.at(slice(low, max(high, low + 1)), max(high - low, 1), bases[:-1])
        within = wanted - low
        within[theirs] = 0
        chosen = own.take(within, axis=0)
        chosen[theirs] = 0  # an empty text
        chosen[theirs, 0] = wanted[theirs] - self._first.rows + bases[-1]
        return chosen


def _bytes(pool: Varied, chosen: NDArray[np.int32]) -> memoryview:
    """Texts of a pool end to end."""
    taken = _taken(pool, chosen)
    return memoryview(taken.buffers()[2])[: _offsets(taken)[-1]]


def end_to_end(pool: Varied, chosen: NDArray[np.int32]) -> pa.StringArray:
    """A column of texts, each of which is several of a pool.

    Args:
        chosen: positions in the pool, shape (rows, texts).
    """
    taken = _taken(pool, chosen)
    ends = np.ascontiguousarray(_offsets(taken)[:: chosen.shape[1]])
    return pa.StringArray.from_buffers(len(chosen), pa.py_buffer(ends), taken.buffers()[2])


def runs(texts: Varied, starts: I64) -> pa.StringArray:
    """Texts out of consecutive runs of others, whose bytes they share.

    Args:
        starts: first text of each run, rising from 0.
    """
    offsets = _offsets(texts)
    ends = np.append(offsets[starts], offsets[-1:])
    return pa.StringArray.from_buffers(len(starts), pa.py_buffer(ends), texts.buffers()[2])


def _taken(pool: Varied, chosen: NDArray[np.int32]) -> pa.BinaryArray:
    return pc.take(pool, pa.array(chosen.reshape(-1)), memory_pool=_allocator())


def rearranged(rows: pa.RecordBatch, order: I64) -> pa.RecordBatch:
    """Rows of several columns in another order."""
    return pc.take(rows, pa.array(order), memory_pool=_allocator())


def pooled(pieces: Iterable[Piece]) -> list[Piece]:
    """The same rows with neighbours made one where that is work for a pool and none for the rows: constants, what is
    drawn from several pools at the same positions, and both beside each other.
    """
    return [_joined(run) for run in _neighbours(pieces)]


def _neighbours(pieces: Iterable[Piece]) -> list[list[Any]]:
    """Which pieces ``pooled`` makes one."""
    found: list[list[Any]] = []
    grows, rows = False, None  # whether the last run does, and the positions that it has so far
    for piece in pieces:
        own, short = (piece.rows, piece.few) if isinstance(piece, Drawn) else (None, isinstance(piece, bytes))
        if grows and short and (own is None or rows is None or own is rows):
            found[-1].append(piece)
            rows = rows if own is None else own
        else:
            found.append([piece])
            grows, rows = short, own
    return found


def packed(pieces: Iterable[Piece]) -> Iterator[Piece | Abreast]:
    """The same rows with all neighbours of one width, and constants beside them, side by side."""
    for even, run in groupby(pieces, key=lambda piece: isinstance(piece, bytes | np.ndarray)):
        parts: list[Any] = list(run)
        if even and any(isinstance(part, np.ndarray) for part in parts):
            yield Abreast(parts)
        else:
            yield from parts


def laid_out(pieces: Iterable[Piece]) -> list[int]:
    """How many of them become each piece of a layout, where neighbours are made one first."""
    found = list[int]()
    for even, group in groupby(_neighbours(pieces), key=_is_even):
        runs = list(group)
        abreast = even and any(isinstance(run[0], np.ndarray) for run in runs)
        found += [sum(map(len, runs))] if abreast else map(len, runs)
    return found


def _is_even(run: list[Any]) -> bool:
    """Whether neighbours that are made one are of one width."""
    return isinstance(run[0], np.ndarray) or all(isinstance(piece, bytes) for piece in run)


def count(pieces: Iterable[Piece]) -> int:
    """How many rows the pieces tell of; at least one of them is no constant."""
    return next(len(p.rows if isinstance(p, Drawn) else p) for p in pieces if not isinstance(p, bytes))


def some(piece: Piece, rows: I64) -> Piece:
    """The piece of some rows, in any order, perhaps several times."""
    if isinstance(piece, bytes):
        return piece
    if isinstance(piece, np.ndarray):
        return piece[rows]
    return Drawn(piece.pool, piece.rows[rows]) if isinstance(piece, Drawn) else Drawn(piece, rows)


def sizes(pieces: Iterable[Piece]) -> NDArray[np.int32]:
    """Bytes of each row; at least one of the pieces is no constant."""
    total: Any = 0
    for piece in pieces:
        total = total + _size(piece)
    return total


def lengths(texts: Varied) -> NDArray[np.int32]:
    """Bytes of each text; nulls count as empty."""
    return np.diff(_offsets(texts))


def join(*pieces: Texts | bytes) -> pa.BinaryArray:
    """Concatenation of columns and constants, row by row; at least one of them is a column."""
    columns: list[Any] = []
    some = (piece for piece in pieces if not isinstance(piece, bytes) or piece)
    for constant, run in groupby(some, key=lambda piece: isinstance(piece, bytes)):
        parts: list[Any] = list(run)
        columns += [pa.scalar(b"".join(parts), pa.binary())] if constant else map(varied, parts)
    return pc.binary_join_element_wise(*columns, pa.scalar(b"", pa.binary())) if len(columns) > 1 else columns[0]


def joined(*parts: Texts | bytes) -> Texts:
    """The same in whatever form costs least."""
    if all(isinstance(part, bytes | np.ndarray) for part in parts):
        return beside(*parts)
    return join(*parts)


def _headed(pool: Texts, first: bytes) -> pa.BinaryArray:
    """A pool with another text before it."""
    return pa.concat_arrays([pa.array([first], pa.binary()), varied(pool)])


def _size(piece: Piece) -> NDArray[np.integer] | int:
    if isinstance(piece, bytes):
        return len(piece)
    if isinstance(piece, np.ndarray):
        return piece.dtype.itemsize
    if not isinstance(piece, Drawn):
        return lengths(piece)
    if isinstance(piece.pool, np.ndarray) or piece.few:
        return np.append(lengths(varied(piece.pool)), np.int32(0)).take(piece.rows)  # -1 takes the last one
    ends = _offsets(piece.pool)
    return np.where(piece.rows < 0, 0, ends.take(piece.rows + 1) - ends.take(piece.rows))


def _joined(run: list[Any]) -> Piece:
    """A run as one piece."""
    drawn = next((piece for piece in run if isinstance(piece, Drawn)), None)
    if len(run) == 1 or drawn is None:
        return run[0] if len(run) == 1 else b"".join(run)
    parts = [piece.pool if isinstance(piece, Drawn) else piece for piece in run]
    if drawn.always:
        return Drawn(once(join, *parts), drawn.rows)
    parts = [part if isinstance(part, bytes) else once(_headed, part, b"") for part in parts]
    return Drawn(once(join, *parts), drawn.rows + 1)


_LASTING: dict[int, Texts] = {}
_MADE: dict[tuple[Any, ...], Varied] = {}
"""Pools that stay as long as the process, by their ids, and what was made of them."""


def lasting(pool: Varied) -> Varied:
    """A pool that stays as long as the process, so that what goes with it in every batch is joined to it once."""
    return _LASTING.setdefault(id(pool), pool)


def lasts(pool: Texts) -> bool:
    """Whether a pool stays as long as the process."""
    return id(pool) in _LASTING


def once(make: Callable[..., Any], *parts: Texts | bytes) -> Any:
    """What is made of constants and pools; of pools that last it is kept."""
    if not all(isinstance(part, bytes) or id(part) in _LASTING for part in parts):
        return make(*parts)
    key = (make, *(part if isinstance(part, bytes) else id(part) for part in parts))
    if key not in _MADE:
        _MADE[key] = lasting(make(*parts))
    return _MADE[key]


def _drawn(piece: Piece | Abreast, every: NDArray[np.int32]) -> tuple[Varied | Abreast, NDArray[np.integer]]:
    """Pool and positions of a piece.

    Args:
        every: 0, 1, 2, ... for each row.
    """
    if isinstance(piece, bytes):
        return pa.array([piece], pa.binary()), np.zeros(len(every), dtype=np.int32)
    if isinstance(piece, Drawn):
        pool = varied(piece.pool)
        if len(pool) <= MANY * len(every):
            return pool, piece.rows
        taken = pa.array(piece.rows, mask=None if piece.always else piece.rows < 0)
        return pc.take(pool, taken), every
    return piece if isinstance(piece, Abreast) else varied(piece), every


@cache
def _allocator() -> pa.MemoryPool:
    """Where rows are made. A take guesses its size and cuts off the rest: malloc copies all of it then (a fifth of the
    time), and these do not.
    """
    for allocator in (pa.jemalloc_memory_pool, pa.mimalloc_memory_pool):
        with suppress(NotImplementedError):  # not on this platform
            return allocator()
    return pa.system_memory_pool()
