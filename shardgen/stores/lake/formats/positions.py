"""Which rows of a value a row group takes: a run of them, or a position for each row.

The same positions are asked for by several columns, so that what follows from them is made once.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

I32: TypeAlias = NDArray[np.int32]


class Positions:
    """A position for each row, -1 where there is none.

    Args:
        rows: the positions.
    """

    def __init__(self, rows: NDArray[np.integer]) -> None:
        self.rows = rows
        self._through: dict[int, tuple[Any, Positions]] = {}

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def missing(self) -> NDArray[np.bool_] | None:
        """Which rows have none; None where all have one."""
        if not len(self.rows) or int(self.rows.min()) >= 0:
            return None
        return self.rows < 0

    def of(self, values: NDArray[Any]) -> NDArray[Any]:
        """The values of all rows; any where there is none."""
        if not len(values):
            return np.zeros(len(self.rows), dtype=values.dtype)
        return values[self.rows]

    def through(self, rows: NDArray[np.integer]) -> Positions:
        """The positions that positions lead to."""
        return _kept(self._through, rows, self._led)

    def _led(self, rows: NDArray[np.integer]) -> NDArray[np.integer]:
        led = self.of(rows)
        return led if self.missing is None else np.where(self.missing, -1, led)

    @cached_property
    def distinct(self) -> tuple[Positions, I32]:
        """The positions that occur, in order of their first row, and for each row which of these it has, or -1."""
        if self.missing is None:
            kept, codes = _distinct(self.rows)
            return Positions(kept), codes
        there = np.flatnonzero(~self.missing)
        kept, found = _distinct(self.rows.take(there))
        codes = np.full(len(self.rows), -1, dtype=np.int32)
        codes[there] = found
        return Positions(kept), codes


def _distinct(rows: NDArray[np.integer]) -> tuple[NDArray[np.integer], I32]:
    """The same where every row has a position; numpy's own would sort, at ten times the cost."""
    first = np.full(int(rows.max(initial=-1)) + 1, -1, dtype=np.int32)
    first[rows[::-1]] = np.arange(len(rows) - 1, -1, -1, dtype=np.int32)  # of several rows the last assigned stays
    begins = np.zeros(len(rows), dtype=np.bool_)
    begins[first[first >= 0]] = True
    kept = rows[begins]
    first[kept] = np.arange(len(kept), dtype=np.int32)
    return kept, first.take(rows)


class Span:
    """A run of rows.

    Args:
        start: the first one.
        stop: the first one after it.
    """

    missing = None

    def __init__(self, start: int, stop: int) -> None:
        self.start, self.stop = start, stop
        self._through: dict[int, tuple[Any, Positions]] = {}

    def __len__(self) -> int:
        return self.stop - self.start

    def of(self, values: NDArray[Any]) -> NDArray[Any]:
        """The values of all rows."""
        return values[self.start : self.stop]

    def through(self, rows: NDArray[np.integer]) -> Positions:
        """The positions of these rows."""
        return _kept(self._through, rows, self.of)

    @property
    def distinct(self) -> tuple[Span, I32]:
        """The run itself, each row of which is another."""
        return self, np.arange(len(self), dtype=np.int32)


Rows: TypeAlias = Positions | Span
Part: TypeAlias = tuple[Any, Rows]
"""A value of one batch, and the rows of it that are wanted."""


def _kept(known: dict[int, tuple[Any, Positions]], rows: NDArray[np.integer], led: Any) -> Positions:
    """What was found for these very rows before, or is now; they are held on to, so that no others take their place."""
    if id(rows) not in known:
        known[id(rows)] = rows, Positions(led(rows))
    return known[id(rows)][1]
