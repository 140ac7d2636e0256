"""Clocks say what zoneinfo says, whatever database of time zones a machine has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from shardgen.world import clocks
from shardgen.world.lexicon.clocks import CLOCKS
from shardgen.world.lexicon.places import PLACES

MINUTE = 60_000_000
HALF_HOURS = np.arange(
    int(datetime(2013, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000,
    int(datetime(2037, 12, 1, tzinfo=UTC).timestamp()) * 1_000_000,
    clocks.HALF_HOUR,
)


def changes(zone: str) -> list[tuple[int, int]]:
    """Instants at which an offset begins, and the offset in minutes, by our table."""
    minutes = clocks.offsets()[clocks.regime(HALF_HOURS // clocks.HALF_HOUR), clocks.ZONE_INDEX[zone]] * 30
    at = np.flatnonzero(np.diff(minutes, prepend=10_000))
    return list(zip(HALF_HOURS[at].tolist(), minutes[at].tolist(), strict=True))


def of_zoneinfo(zone: str) -> list[tuple[int, int]]:
    """The same by zoneinfo, found by bisection between days that differ."""
    info = ZoneInfo(zone)

    def offset(instant: int) -> int:
        gap = datetime.fromtimestamp(instant / 1_000_000, tz=info).utcoffset() or timedelta()
        return int(gap.total_seconds()) // 60

    found = [(int(HALF_HOURS[0]), offset(int(HALF_HOURS[0])))]
    for day in HALF_HOURS[::48].tolist():
        low, high = day, min(day + 48 * clocks.HALF_HOUR, int(HALF_HOURS[-1]))
        if offset(low) == offset(high):
            continue
        while high - low > MINUTE:
            middle = (low + high) // 2 // MINUTE * MINUTE
            low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
        found.append((high, offset(high)))
    return found


@pytest.mark.parametrize("zone", sorted(CLOCKS))
def test_a_zones_clock_changes_when_zoneinfo_says_so(zone: str) -> None:
    assert changes(zone) == of_zoneinfo(zone)


def test_every_place_has_a_clock_and_every_clock_a_place() -> None:
    assert {place.timezone for place in PLACES} == set(CLOCKS)


def test_clocks_go_on_beyond_their_table() -> None:
    berlin = clocks.ZONE_INDEX["Europe/Berlin"]
    instants = [datetime(year, month, 1, tzinfo=UTC) for year in (2100, 2190) for month in (1, 7)]
    half_hours = np.array([int(instant.timestamp()) // 1800 for instant in instants])
    assert clocks.offsets()[clocks.regime(half_hours), berlin].tolist() == [2, 4, 2, 4]
