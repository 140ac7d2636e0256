"""Which changes of a stream are one transaction: those of an instant, as the source would make them, or a thousand."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import pyarrow as pa

from shardgen.stores.postgres.applying import TAKEN

BATCH: Final = 1_000
"""Changes of a transaction, about, where there are more than the source would make one by one."""
ONE_BY_ONE: Final = 1_000
"""Changes a second up to which each instant is a transaction of its own."""
LATELY: Final = 0.5
"""Seconds: when more are due at once than come in them, the stream lags, and makes it up in large transactions."""


class Some(Protocol):
    """Changes in order; what bronze got at one instant is together."""

    @property
    def rows(self) -> pa.RecordBatch:
        """With the columns of TAKEN among theirs."""
        ...

    @property
    def tables(self) -> Any:
        """Of each row, as a place among the tables."""
        ...

    @property
    def got(self) -> Any:
        """When bronze got each, microseconds UTC."""
        ...


class Transaction(NamedTuple):
    """Changes in [low, high) of some."""

    low: int
    high: int
    reached: int
    """The instant before which bronze has all that it got, then."""


class Pace:
    """Says how fast changes come, out of when they are due."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._taken = clock, clock()

    def transactions(self, got: np.ndarray, until: int, ago: np.ndarray) -> list[Transaction]:
        """The transactions of some changes.

        Args:
            got: when bronze got each.
            until: the instant that they reach.
            ago: how many seconds ago each was due.
        """
        size = 1 if self._slow(ago) else math.ceil(len(got) / max(1, round(len(got) / BATCH)))
        found, low = [], 0
        while low < len(got):
            last = got[min(low + size, len(got)) - 1]
            high = int(np.searchsorted(got, last, "right"))
            found.append(Transaction(low, high, until if high == len(got) else int(last) + 1))
            low = high
        return found

    def _slow(self, ago: np.ndarray) -> bool:
        """Whether each instant is a transaction: no more are due than in the time since the last ones were taken.

        The last of many, which come late because they come too fast, are not few.
        """
        now = self._clock()
        few = ONE_BY_ONE * min(now - self._taken, LATELY) * 1.05 + 1
        self._taken = now
        fast = len(ago) > ONE_BY_ONE * (ago[0] - ago[-1]) + 1
        return len(ago) <= few and not (fast and ago[0] > LATELY)


def by_table(some: Some, transaction: Transaction) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The changes of a transaction by the place of their table: slices of one take, for takes cost the most."""
    low, high = transaction.low, transaction.high
    tables = np.asarray(some.tables)[low:high]
    order = np.argsort(tables, kind="stable")
    rows = some.rows.select(TAKEN).slice(low, high - low).take(pa.array(order))
    places, firsts = np.unique(tables[order], return_index=True)
    for place, first, end in zip(places.tolist(), firsts.tolist(), [*firsts.tolist()[1:], len(order)], strict=True):
        yield place, rows.slice(first, end - first)
