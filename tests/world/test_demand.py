"""Laws of arrivals: counts are exact, numbers follow time, any range is computable alone."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardgen.model.config import WorldConfig
from shardgen.world import demand
from tests.worlds import small

CONFIG: WorldConfig = small().world


def stream(total: int, name: str = "a", *, visits: bool = False, config: WorldConfig = CONFIG) -> demand.Arrivals:
    return demand.arrivals(config, name, total, days=config.horizon, activity=demand.by_the_clock, visits=visits)


@pytest.mark.parametrize("total", [0, 1, 2, 1000, 123_457])
def test_all_arrive_within_the_horizon_in_order(total: int) -> None:
    times = stream(total).times(np.arange(total))
    assert len(times) == total
    assert (np.diff(times) >= 0).all()
    if total:
        assert times[0] >= demand.midnight(CONFIG.epoch)
        assert times[-1] < demand.midnight(CONFIG.horizon_end)


def test_count_before_an_hour_is_what_arrives_before_it() -> None:
    arrivals = stream(5_000)
    times = arrivals.times(np.arange(5_000))
    hours = arrivals.origin + np.arange(240) * demand.HOUR
    assert arrivals.before(hours).tolist() == np.searchsorted(times, hours).tolist()


def test_a_million_arrivals_in_an_hour_do_not_overflow() -> None:
    config = small(days=1).world
    counts = np.array([0] + [1_000_000] * 24, dtype=np.int64)
    times = demand.Arrivals(1, "x", demand.midnight(config.epoch), counts).times(np.arange(0, 1_000_000, 37))
    assert (np.diff(times) > 0).all()
    assert times[-1] - demand.midnight(config.epoch) < demand.HOUR


def test_visits_leave_the_end_of_the_day_free() -> None:
    times = stream(200_000, visits=True).times(np.arange(200_000))
    assert (times % demand.DAY).max() < demand.DAY - demand.BEFORE_MIDNIGHT


@given(st.integers(0, 3_000), st.integers(0, 3_000))
def test_any_range_of_merged_numbers_is_a_slice_of_all(one: int, other: int) -> None:
    merged = demand.Merged(stream(1_000), stream(2_000, "b"))
    start, stop = sorted((one, other))
    for part, whole in zip(merged.select(start, stop), merged.select(0, 3_000), strict=True):
        assert part.tolist() == whole[start:stop].tolist()


@given(st.integers(0, 1_000), st.integers(0, 1_000))
def test_a_run_of_the_first_stream_knows_its_merged_numbers(one: int, other: int) -> None:
    merged = demand.Merged(stream(1_000), stream(2_000, "b"))
    start, stop = sorted((one, other))
    every = np.flatnonzero(merged.select(0, 3_000)[1])
    assert merged.numbers_of_first(np.arange(start, stop)).tolist() == every[start:stop].tolist()


def test_the_year_has_a_peak_before_christmas_and_grows() -> None:
    config = small(days=365, end=date(2026, 1, 1)).world
    counts = np.diff(stream(1_000_000, config=config).counts).reshape(365, 24).sum(axis=1)
    november_december, summer = counts[304:357].mean(), counts[181:243].mean()
    assert november_december > 1.25 * summer
    assert counts[31:59].mean() < summer
