"""Calendar leaves: the months, or days, that partitioned tables and stock-keeping are cut into.

Which of the two depends on the world alone, so that every window of it agrees; bounds are always those of the
calendar. Instants are microseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from shardgen.config import WorldConfig
from shardgen.world.demand import DAY, midnight

MAX_LEAF_ROWS = 2_000_000
"""A month that may hold more rows is cut into days, so that a leaf's indexes are built in memory."""

SHORT_HORIZON = 62
"""Up to so many days the clickstream is cut into days in any case: a month or two give too few shards to share out."""

PEAK = 2
"""How far the busiest month may lie above the mean."""

ROWS_PER_ORDER = {"orders": 1, "inventory": 8}
"""Generous means; inventory: OUT, RETURN and the stock-in that an item causes."""


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


def daily(config: WorldConfig, table: str) -> bool:
    """Whether the table's leaves are days."""
    if table == "clickstream":
        if config.horizon <= SHORT_HORIZON:
            return True
        rows = config.sessions * config.events_per_session
    else:
        rows = config.orders * ROWS_PER_ORDER[table]
    return rows * 31 * PEAK / config.horizon > MAX_LEAF_ROWS


def period_of(config: WorldConfig, table: str, instant: int) -> Period:
    """The leaf of the table that an instant falls into."""
    day = date(1970, 1, 1) + timedelta(days=instant // DAY)
    if daily(config, table):
        return Period(first=day, last=day + timedelta(days=1))
    first = day.replace(day=1)
    return Period(first=first, last=(first + timedelta(days=31)).replace(day=1))


def periods(config: WorldConfig, table: str, start: int, stop: int) -> list[Period]:
    """All leaves that [start, stop) touches, in order."""
    found = []
    while start < stop:
        found.append(period_of(config, table, start))
        start = found[-1].stop
    return found


def period_number(config: WorldConfig, table: str, period: Period) -> int:
    """How many leaves after the epoch's a leaf lies; -1 for the one before it."""
    if daily(config, table):
        return (period.first - config.epoch).days
    return (period.first.year - config.epoch.year) * 12 + period.first.month - config.epoch.month
