"""What rows are told apart by, and the hours, days and visits whose rows are struck together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from shardgen.dirt.kind import DAY, HOUR
from shardgen.world.rng import I64, U64, turned

SIZES: Final = {"hour": HOUR, "day": DAY}
_STEP = np.int64(-7046029254386353131)  # odd: no two numbers of records share what they are told apart by


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """What rows are told apart by; arrays of shape (n,)."""

    number: I64
    """Of the record, counted from 0."""
    ingestion: I64
    """Microseconds UTC."""

    @cached_property
    def identity(self) -> I64:
        """One word for each version of each record."""
        identity = self.number * _STEP
        identity += self.ingestion
        return identity

    @cached_property
    def turned(self) -> U64:
        """What all draws for the rows make of that first."""
        return turned(self.identity)

    @cached_property
    def numbers(self) -> tuple[int, int]:
        """Least and greatest."""
        return int(self.number.min()), int(self.number.max())

    @cached_property
    def instants(self) -> tuple[int, int]:
        """First and last of ingestion."""
        return int(self.ingestion.min()), int(self.ingestion.max())


@dataclass(frozen=True, kw_only=True, eq=False)
class Units:
    """The hours, days or visits of rows: they are drawn for, and not each of their rows."""

    every: I64
    """Their numbers: where they lie close together, each once, in order; else that of each row."""
    at: I64
    """What tells of each row to which it belongs: an instant, or the number of its record."""
    size: int
    """How many instants or numbers are one unit."""

    def rows(self, hit: I64) -> tuple[I64, I64]:
        """The rows of some of them, in order, and the unit of each row.

        Args:
            hit: their places among all, rising, at least one.
        """
        units = self.every[hit]
        if len(self.every) == len(self.at):
            return hit, units
        if self._rising:
            begin = self.at.searchsorted(units * self.size)
            count = self.at.searchsorted(units * self.size + self.size) - begin
            stop = count.cumsum()
            return np.arange(stop[-1]) + (begin - stop + count).repeat(count), units.repeat(count)
        struck = np.zeros(len(self.every), dtype=np.bool_)
        struck[hit] = True
        row = np.flatnonzero(struck[self.at // self.size - self.every[0]])
        return row, self.at[row] // self.size

    @cached_property
    def _rising(self) -> bool:
        """Whether the rows of a unit follow each other, as those of visits do: they are found by a search then."""
        return bool((self.at[1:] >= self.at[:-1]).all())


def units_of(rows: Rows, unit: str, children: int) -> Units:
    """All of some rows, which are at least one.

    Args:
        rows: see above.
        unit: see kind.Delivers.
        children: how many numbers each visit has.
    """
    visit = unit == "visit"
    at, (least, greatest) = (rows.number, rows.numbers) if visit else (rows.ingestion, rows.instants)
    size = children if visit else SIZES[unit]
    low, high = least // size, greatest // size
    each = high - low + 1 < len(at)  # fewer than rows
    return Units(every=np.arange(low, high + 1) if each else at // size, at=at, size=size)
