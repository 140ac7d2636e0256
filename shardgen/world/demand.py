"""When things arrive: integer counts per hour from cumulative curves, and the inverse from number to instant.

Arrival numbers are dense and in order of time. How many arrived before any hour is exact and free, which is what lets
"who exists by now?" be answered without a look-up. Instants are int64 microseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from shardgen.model.config import WorldConfig
from shardgen.world.rng import I64, below, lognormal_table

HOUR = 3_600_000_000
DAY = 24 * HOUR
BEFORE_MIDNIGHT = 120_000_000
"""Visits start at least this long before midnight UTC, so that the shortest of them still fits into its day."""

LOCAL_HOUR = np.array(
    [22, 13, 8, 6, 6, 10, 22, 38, 52, 60, 64, 66, 70, 68, 64, 64, 68, 76, 90, 106, 120, 116, 86, 48], dtype=np.int64
)
"""Relative activity by local hour of the day: a lunch bump and an evening peak."""

WEEKDAY = (106, 100, 97, 96, 92, 98, 111)
"""Relative activity from Monday to Sunday, in percent."""

MONTH = (92, 86, 92, 95, 97, 95, 92, 91, 98, 104, 124, 138)
"""Relative activity by month, in percent: the year-end peak of retail, a quiet February and summer."""

GROWTH = (1000, 1700)
"""Activity at the first and the last day of the horizon, per mille."""

HOURLY_NOISE = 0.28
"""Sigma of the log-normal factor of each hour: counts vary more than a clock would."""

NOISE = lognormal_table(1024, HOURLY_NOISE, 512)


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """One stream of arrivals, hour by hour."""

    seed: int
    name: str
    """Key of the jitter within the hour."""
    origin: int
    """Start of the first hour."""
    counts: I64
    """Arrivals before each hour; one more entry than there are hours."""
    visits: bool = False
    """Whether the last BEFORE_MIDNIGHT of each day stays free."""

    @property
    def total(self) -> int:
        """Arrivals over all hours."""
        return int(self.counts[-1])

    def before(self, instants: I64 | int) -> I64:
        """How many arrived before the hour of each instant began."""
        return self.before_hour(self.hours_until(instants))

    def hours_until(self, instants: I64 | int) -> I64:
        """Whole hours from the first one's start to each instant; below 0 where it lies before."""
        return (np.asarray(instants) - self.origin) // HOUR

    def before_hour(self, hours: I64) -> I64:
        """How many arrived before each hour began; hours are counted from the first one."""
        return self.counts.take(hours, mode="clip")

    def hours(self, ids: I64) -> I64:
        """Index of the hour in which each number arrives."""
        return np.searchsorted(self.counts, ids, side="right") - 1

    def times(self, ids: I64) -> I64:
        """Instants of arrival; never falling as the number rises.

        The k-th of n lies at (k + jitter) / n of its hour. k x HOUR stays below 2**63 up to 2.5e9 arrivals an hour.
        """
        hours = self.hours(ids)
        first = self.counts[hours]
        n = self.counts[hours + 1] - first
        start = self.origin + hours * HOUR
        span = np.full(ids.shape, HOUR, dtype=np.int64)
        if self.visits:
            span[(start + HOUR) % DAY == 0] -= BEFORE_MIDNIGHT
        jitter = below(self.seed, self.name, ids, 1 << 31) * span >> 31
        return start + ((ids - first) * span + jitter) // n


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """Two streams over the same hours under one dense numbering, in order of time (ties: the first stream first)."""

    first: Arrivals
    second: Arrivals

    @property
    def total(self) -> int:
        """Arrivals of both streams."""
        return self.first.total + self.second.total

    def before(self, instants: I64 | int) -> I64:
        """How many of both arrived before the hour of each instant began."""
        return self.first.before(instants) + self.second.before(instants)

    def select(self, start: int, stop: int) -> tuple[I64, I64, I64]:
        """Arrivals number start to stop (exclusive).

        Returns:
            instants; a 1 where the arrival is of the first stream, else a 0; its number within its own stream.
        """
        counts = self.first.counts + self.second.counts
        low, high = _hours_of(counts, start, stop)
        one, two = (np.arange(s.counts[low], s.counts[high], dtype=np.int64) for s in (self.first, self.second))
        times = np.concatenate([self.first.times(one), self.second.times(two)])
        of_first = np.repeat(np.array([1, 0]), [len(one), len(two)])
        order = np.argsort(times, kind="stable")[start - counts[low] : stop - counts[low]]
        return times[order], of_first[order], np.concatenate([one, two])[order]

    def numbers_of_first(self, ids: I64) -> I64:
        """Merged numbers of arrivals of the first stream, given by a rising, gapless run of their own numbers."""
        if not len(ids):
            return ids
        low, high = _hours_of(self.first.counts, int(ids[0]), int(ids[-1]) + 1)
        others = np.arange(self.second.counts[low], self.second.counts[high], dtype=np.int64)
        earlier = np.searchsorted(self.second.times(others), self.first.times(ids), side="left")
        return ids + self.second.counts[low] + earlier


def _hours_of(counts: I64, start: int, stop: int) -> tuple[int, int]:
    """First hour and hour after the last one that numbers start to stop fall into."""
    low = int(np.searchsorted(counts, start, side="right")) - 1
    return low, max(low, int(np.searchsorted(counts, stop, side="left")))


def arrivals(
    config: WorldConfig,
    name: str,
    total: int,
    *,
    hour_weights: I64,
    early: int = 0,
    lead_days: int = 0,
    visits: bool = False,
) -> Arrivals:
    """A stream of ``total`` arrivals along growth, season, weekday and hour over the horizon.

    Args:
        hour_weights: relative activity of the 24 hours UTC, int64, below 2**20.
        early: how many of the total arrive, evenly, in the ``lead_days`` before the epoch.
    """
    lead = np.full(lead_days * 24, 1, dtype=np.int64)
    counts = np.concatenate([spread(early, lead), early + spread(total - early, shape(config, name, hour_weights))[1:]])
    return Arrivals(config.seed, name, midnight(config.epoch - timedelta(days=lead_days)), counts, visits)


def shape(config: WorldConfig, name: str, hour_weights: I64) -> I64:
    """Positive integer weight of each hour of the horizon, below 2**45."""
    days = _day_weights(config.epoch, config.horizon)
    ids = np.arange(config.horizon * 24)
    noise = NOISE[below(config.seed, f"{name}.hour", ids, len(NOISE))]
    scaled = np.tile(hour_weights * 4096 // max(1, int(hour_weights.max())) + 1, config.horizon)
    return np.repeat(days, 24) * scaled * noise >> 10


def spread(total: int, weights: I64) -> I64:
    """Running counts of ``total`` arrivals over hours of the given weights, in exact integers."""
    sums = [0, *np.cumsum(weights).tolist()]
    if sums[-1] == 0:
        return np.zeros(len(sums), dtype=np.int64)
    return np.array([total * part // sums[-1] for part in sums], dtype=np.int64)


def midnight(day: date) -> int:
    """The first instant of a day."""
    return (day - date(1970, 1, 1)).days * DAY


@lru_cache(maxsize=1)
def _day_weights(epoch: date, horizon: int) -> I64:
    """Weight of each day of the horizon: growth, season, weekday."""
    return np.array([_day_weight(epoch, horizon, day) for day in range(horizon)], dtype=np.int64)


def _day_weight(epoch: date, horizon: int, number: int) -> int:
    day = epoch + timedelta(days=number)
    growth = GROWTH[0] + (GROWTH[1] - GROWTH[0]) * number // horizon
    return growth * _season(day) * WEEKDAY[day.weekday()] // 10_000


def _season(day: date) -> int:
    """Percent of an average day: between mid-months, with the sales days and the quiet after Christmas."""
    middle = day.replace(day=15)
    other = (middle + timedelta(days=31 if day >= middle else -31)).month
    distance = abs((day - middle).days)
    percent = (MONTH[day.month - 1] * (31 - distance) + MONTH[other - 1] * distance) // 31
    if day.month == 12 and day.day >= 24:
        return percent * 55 // 100
    first_of_november = date(day.year, 11, 1)
    black_friday = first_of_november + timedelta(days=(3 - first_of_november.weekday()) % 7 + 22)
    return percent * 2 if 0 <= (day - black_friday).days <= 3 else percent
