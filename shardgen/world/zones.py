"""The time zones that people live in, country by country: the columns of every stream of people.

All who live in one zone share the country and the clock, so an arrival in a column has its local hour.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np

from shardgen.world import clocks, geography
from shardgen.world.demand import HOUR, midnight
from shardgen.world.rng import I64, Guide, below, guide

ZONE_OF = geography.NEIGHBOURHOOD
"""Zone of each place; zones are numbered by country."""
ZONES = int(ZONE_OF.max()) + 1
_FIRST = np.unique(ZONE_OF, return_index=True)[1]
COUNTRY, CLOCK = geography.COUNTRY_OF[_FIRST], geography.ZONE_OF[_FIRST]
"""Country index and index into clocks.ZONES of each zone."""
WEIGHTS = np.bincount(ZONE_OF, weights=geography.weights()).astype(np.int64)
"""Relative number of people in each zone, about a million in all."""
SOUTHERN = np.bincount(ZONE_OF, weights=geography.SOUTHERN * geography.weights()) * 2 > WEIGHTS
"""Whether it is summer there in January, by zone."""


def activity(first: date, days: int) -> I64:
    """Relative activity of each hour (UTC) from a day on and each zone, shape (days x 24, zones)."""
    hour = midnight(first) // HOUR + np.arange(days * 24, dtype=np.int64)
    return _by_regime()[clocks.regime(hour * 2), hour % 24]


def of_all(first: date, days: int) -> I64:
    """The same of all zones together, shape (days x 24, 1)."""
    return activity(first, days).sum(axis=1, keepdims=True)


def draw_awake(seed: int, stream: str, ids: I64, times: I64) -> I64:
    """Zones by number of people and by how active each is at its local hour."""
    by_hour, hour = _by_hour(), times // HOUR
    row = clocks.regime(hour * 2) * np.int64(24) + hour % 24
    last = (row + 1) * ZONES - 1
    first = np.where(row > 0, by_hour.sums[last - ZONES], 0)
    return by_hour.find(first + below(seed, stream, ids, by_hour.sums[last] - first)) - row * ZONES


def local_hours(zone: I64, times: I64) -> I64:
    """Hours of the day that the clocks of the given zones show."""
    return local_times(zone, times) // HOUR % 24


def local_times(zone: I64, times: I64) -> I64:
    """What the clocks of the given zones show, in microseconds since 1970-01-01 as if they were UTC's."""
    return times + clocks.offsets()[clocks.regime(times // clocks.HALF_HOUR), CLOCK[zone]] * clocks.HALF_HOUR


@lru_cache(maxsize=1)
def _by_regime() -> I64:
    """Relative activity by regime of the clocks, hour UTC and zone."""
    return geography.activity()[:, :, CLOCK] * WEIGHTS


@lru_cache(maxsize=1)
def _by_hour() -> Guide:
    return guide(np.cumsum(_by_regime() >> 8), cells=17)
