"""People live by their own clocks, whatever the season."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from shardgen.world import geography, zones
from shardgen.world.demand import DAY, HOUR, LOCAL_HOUR, midnight
from shardgen.world.lexicon.places import PLACES

MONTHS = {"January": date(2025, 1, 1), "July": date(2025, 7, 1)}
DRAWS = 200_000


def clock(place: int, instant: int) -> datetime:
    return datetime.fromtimestamp(instant // 1_000_000, tz=UTC).astimezone(ZoneInfo(PLACES[place].timezone))


@pytest.mark.parametrize("month", MONTHS)
def test_local_time_is_what_a_clock_there_shows(month: str) -> None:
    place = np.arange(len(PLACES))
    times = midnight(MONTHS[month]) + place * (31 * DAY // len(PLACES))
    shown = [clock(*pair) for pair in zip(place.tolist(), times.tolist(), strict=True)]
    assert geography.local_hour(place, times).tolist() == [each.hour for each in shown]
    local = geography.local_time(place, times) // 1_000_000
    assert local.tolist() == [int(each.replace(tzinfo=UTC).timestamp()) for each in shown]


@pytest.mark.parametrize("code", ["AU", "DE", "GB", "US"])
def test_a_countrys_busiest_hour_is_the_same_by_its_clocks_in_january_and_in_july(code: str) -> None:
    peaks = set()
    for first in MONTHS.values():
        ids = np.arange(DRAWS)
        times = midnight(first) + ids * (31 * DAY // DRAWS)
        place = geography.draw_awake(42, "here", ids, times)
        there = geography.COUNTRY_OF[place] == geography.COUNTRY_INDEX[code]
        hours = geography.local_hour(place[there], times[there])
        busy = zones.of_all(first, 31)[:, 0][(times[there] - midnight(first)) // HOUR]
        peaks.add(int(np.convolve(np.bincount(hours, weights=busy), [1, 1, 1], "same").argmax()))
    assert peaks == {int(np.convolve(LOCAL_HOUR, [1, 1, 1], "same").argmax())}


def test_the_worlds_hours_follow_daylight_saving() -> None:
    by_hour = zones.of_all(date(2025, 1, 1), 365)[:, 0].reshape(365, 24)
    winter, summer = by_hour[14], by_hour[195]
    later = [int(np.abs(np.roll(summer, shift) - winter).sum()) for shift in (-1, 0, 1)]
    assert later.index(min(later)) == 2  # most clocks are an hour ahead in July: what happens is an hour earlier by UTC


def test_every_hour_of_a_horizon_has_activity() -> None:
    assert zones.of_all(date(2024, 2, 28), 3)[:, 0].shape == (72,)
    assert (zones.of_all(date(2199, 12, 31), 2)[:, 0] > 0).all()
