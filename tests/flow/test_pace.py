"""When changes are due follows from the options alone, and a rate holds over every minute."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shardgen.errors import ConfigError
from shardgen.flow.pace import pace
from shardgen.world.demand import HOUR

NONE: dict[str, Any] = {"since": 0, "speed": "", "rate": "", "shape": "", "period": None}


def due(count: int, **options: Any) -> Any:
    return pace(**{**NONE, **options}).due(np.arange(count), np.arange(count) * HOUR)


def test_at_a_speed_the_worlds_clock_is_so_many_times_the_walls() -> None:
    assert due(3, speed="60x").tolist() == [0, 60, 120]
    assert due(3).tolist() == [0, 3600, 7200]
    assert due(3, speed="3600", since=HOUR).tolist() == [0, 0, 1]


@pytest.mark.parametrize(("rate", "a_second"), [("5000/s", 5000), ("300/m", 5), ("7200/h", 2), ("2.5", 2.5)])
def test_at_a_rate_changes_come_one_after_the_other(rate: str, a_second: float) -> None:
    assert due(4, rate=rate).tolist() == pytest.approx([place / a_second for place in range(4)])


@pytest.mark.parametrize(("shape", "period"), [("flat", None), ("day", 60), ("bursts", None), ("bursts", 7)])
def test_every_period_has_the_rate_in_the_mean(shape: str, period: float | None) -> None:
    found = due(60_000, rate="100/s", shape=shape, period=period)
    assert (np.diff(found) >= 0).all()
    counts = np.bincount((found // (period or 60)).astype(int))
    assert np.abs(counts[:-1] / (100 * (period or 60)) - 1).max() < 0.01


def test_a_day_has_a_night_and_bursts_are_six_times_the_usual() -> None:
    hours = np.bincount((due(24_000, rate="100/s", shape="day", period=240) // 10).astype(int))
    assert hours.max() > 15 * hours.min()
    tenths = np.bincount((due(6_000, rate="100/s", shape="bursts") // 6).astype(int))
    assert tenths[9] == pytest.approx(6 * tenths[0], rel=0.01)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"speed": "fast"}, "speed='fast' is not a factor such as 60x"),
        ({"speed": "0x"}, "speed='0x' is not a factor"),
        ({"rate": "5000/d"}, "rate='5000/d' is not a rate such as 5000/s or 300/m"),
        ({"rate": "-1"}, "rate='-1' is not a rate"),
        ({"rate": "0"}, "rate='0' is not a rate"),
        ({"speed": "2x", "rate": "5/s"}, "speed='2x' and rate='5/s' contradict each other"),
        ({"shape": "day"}, "shape='day' is of a rate"),
        ({"period": 60.0}, "period=60.0 is of a rate"),
        ({"rate": "5/s", "shape": "wave"}, "shape='wave' is unknown: choose from flat, day, bursts"),
        ({"rate": "5/s", "shape": "day", "period": 0.0}, "period=0.0 is no number of seconds above 0"),
        ({"rate": "5/s", "period": float("nan")}, "period=nan is no number of seconds above 0"),
    ],
)
def test_what_is_no_pace_is_told(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told.replace("'", "'")):
        due(1, **options)
