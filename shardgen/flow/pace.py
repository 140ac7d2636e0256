"""When each change of a stream is due: by the world's clock, or by a rate. Pure: seconds since the stream began.

A rate is a schedule, change number n at one instant, and no pause between changes: what came late is made up for, so
that the rate holds over a minute whatever happened in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shardgen.errors import ConfigError, Given
from shardgen.model.checks import check_choice
from shardgen.model.choices import STREAM_SHAPES
from shardgen.world.demand import LOCAL_HOUR
from shardgen.world.rng import I64

F64: TypeAlias = NDArray[np.float64]

_SPEED: Final = re.compile(r"(\d+(?:\.\d+)?)x?")
_RATE: Final = re.compile(r"(\d+(?:\.\d+)?)(?:/(s|m|h))?")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}
_CURVES: Final = {"flat": [1], "day": LOCAL_HOUR.tolist(), "bursts": [*9 * [1], 6]}
"""Relative rates of the equal parts of a period: the shop's day, and six times the usual for a tenth of the time."""
PERIODS: Final = {"flat": 60.0, "day": 86_400.0, "bursts": 60.0}
"""Seconds after which a shape begins again, where nobody says otherwise."""


class Pace(Protocol):
    """When changes are due."""

    def due(self, numbers: I64, got: I64) -> F64:
        """Seconds since the beginning, which never fall.

        Args:
            numbers: of the changes, counted from 0.
            got: when bronze gets them, microseconds UTC.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """The world's clock at so many times the wall's; what lies before its beginning is due at once."""

    factor: float
    since: int

    def due(self, numbers: I64, got: I64) -> F64:
        """By the instants alone."""
        del numbers
        return np.maximum(got - self.since, 0) / (1e6 * self.factor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many changes a second in the mean of each period."""

    a_second: float
    shape: str = STREAM_SHAPES[0]
    period: float = PERIODS[STREAM_SHAPES[0]]

    def due(self, numbers: I64, got: I64) -> F64:
        """By the numbers alone."""
        del got
        weights = np.array(_CURVES[self.shape], dtype=np.float64)
        told = np.append(0, np.cumsum(weights) / weights.sum())
        periods = numbers / (self.a_second * self.period)
        whole = np.floor(periods)
        return (whole + np.interp(periods - whole, told, np.linspace(0, 1, len(told)))) * self.period


def pace(*, since: int, speed: str, rate: str, shape: str, period: float | None) -> Pace:
    """The pace that options name; the world's own where they name none.

    Args:
        since: where the world's clock begins, microseconds UTC.
        speed: ``"60x"``.
        rate: ``"5000/s"``, ``"300/m"``.
        shape: one of choices.STREAM_SHAPES, empty for the first.
        period: seconds after which the shape begins again.

    Raises:
        ConfigError: one of them is none, or two contradict each other.
    """
    if speed and rate:
        both = (Given("speed", speed), " and ", Given("rate", rate))
        raise ConfigError(*both, " contradict each other", remedy="leave one of them out")
    check_choice("shape", shape or STREAM_SHAPES[0], STREAM_SHAPES)
    for name, value in (("shape", shape), ("period", period)):
        if value and not rate:
            raise ConfigError(Given(name, value), " is of a rate", remedy="name one, or leave it out")
    if period is not None and not 0 < period < float("inf"):
        raise ConfigError(Given("period", period), " is no number of seconds above 0")
    if not rate:
        factor = _matched("speed", speed or "1x", _SPEED, "a factor such as 60x")
        return Speed(factor=float(factor[1]), since=since)
    found = _matched("rate", rate, _RATE, "a rate such as 5000/s or 300/m")
    shape = shape or STREAM_SHAPES[0]
    return Rate(a_second=float(found[1]) / _SECONDS[found[2] or "s"], shape=shape, period=period or PERIODS[shape])


def _matched(option: str, value: str, pattern: re.Pattern[str], what: str) -> re.Match[str]:
    match = pattern.fullmatch(value.strip())
    if not match or not float(match[1]) > 0:
        raise ConfigError(Given(option, value), f" is not {what}")
    return match
