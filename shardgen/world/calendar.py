"""Months, and calendar leaves: the months, or days, that partitioned tables and stock-keeping are cut into.

Which of the two depends on the world alone, so that every window of it agrees; bounds are always those of the
calendar. Instants are microseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

from shardgen.model.config import WorldConfig
from shardgen.world.demand import DAY, midnight
from shardgen.world.rng import I64

MONTHS = 4096
"""From 1970 to 2311."""

MAX_LEAF_ROWS = 2_000_000
"""A month that may hold more rows is cut into days, so that a leaf's indexes are built in memory."""

SHORT_HORIZON = 62
"""Up to so many days the largest table is cut into days in any case: of months there were too few to share out."""

PEAK = 2
"""How far the busiest month may lie above the mean."""


@cache
def first_days() -> I64:
    """The first day of each month, both since 1970-01-01."""
    return np.arange(MONTHS).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


@cache
def _months() -> NDArray[np.int16]:
    return np.repeat(np.arange(MONTHS - 1, dtype=np.int16), np.diff(first_days()))


def months(days: I64) -> I64:
    """Months since 1970-01 that days since then lie in."""
    return _months().take(days).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One month or one day."""

    first: date
    last: date
    """The day after it."""

    @property
    def start(self) -> int:
        """Its first instant."""
        return midnight(self.first)

    @property
    def stop(self) -> int:
        """The first instant after it."""
        return midnight(self.last)

    @property
    def label(self) -> str:
        """``"2025-03"`` or ``"2025-03-07"``."""
        month = (self.last - self.first).days > 1
        return self.first.isoformat()[: 7 if month else 10]


@dataclass(frozen=True, slots=True)
class Leaves:
    """How what happens is cut by time."""

    rows: Callable[[WorldConfig], float]
    """A generous guess of how many there are over the horizon."""
    short: bool = False
    """Whether a short horizon is cut into days in any case."""
    each: int = 1
    """How many rows there are of each."""

    def daily(self, config: WorldConfig) -> bool:
        """Whether the leaves are days."""
        if self.short and config.horizon <= SHORT_HORIZON:
            return True
        return self.rows(config) * self.each * 31 * PEAK / config.horizon > MAX_LEAF_ROWS

    def at(self, config: WorldConfig, instant: int) -> Period:
        """The leaf that an instant falls into."""
        day = date(1970, 1, 1) + timedelta(days=instant // DAY)
        if self.daily(config):
            return Period(first=day, last=day + timedelta(days=1))
        first = day.replace(day=1)
        return Period(first=first, last=(first + timedelta(days=31)).replace(day=1))

    def between(self, config: WorldConfig, start: int, stop: int) -> list[Period]:
        """All leaves that [start, stop) touches, in order."""
        found = []
        while start < stop:
            found.append(self.at(config, start))
            start = found[-1].stop
        return found

    def number(self, config: WorldConfig, period: Period) -> int:
        """How many leaves after the epoch's a leaf lies; -1 for the one before it."""
        if self.daily(config):
            return (period.first - config.epoch).days
        return (period.first.year - config.epoch.year) * 12 + period.first.month - config.epoch.month
