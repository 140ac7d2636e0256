"""Which changes of a stream are one transaction: those of an instant, as the source would make them, or a thousand."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Part:
    """Changes of one table out of several."""

    table: int
    """Its place among the tables."""
    at: np.ndarray
    """The place of each among all, in order."""
    rows: pa.RecordBatch

    def within(self, transaction: Transaction) -> pa.RecordBatch:
        """Those of a transaction."""
        first, last = np.searchsorted(self.at, transaction[:2])
        return self.rows.slice(first, last - first)


def parts_of(some: Some) -> list[Part]:
    """The changes of each table: sorted out at once, for a take costs as much for ten rows as for a thousand."""
    rows, tables = some.rows.select(TAKEN), np.asarray(some.tables)
    places = [(table, np.flatnonzero(tables == table)) for table in np.unique(tables).tolist()]
    return [Part(table, at, rows.take(pa.array(at))) for table, at in places]
