"""The stretches of time for which a world has tables: the horizon, and after it one year after the other.

A table is made whole for each era, and tables of later eras leave those of earlier ones as they are: so what happens in
an era never depends on how far a world is continued.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from shardgen.model.config import WorldConfig
from shardgen.world.rng import I64

ERA_DAYS = 366
"""How long each era after the horizon lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Eras:
    """Some eras of a world, the horizon's first."""

    epoch: date
    ends: tuple[int, ...]
    """Days from the epoch to the end of each."""

    @property
    def days(self) -> int:
        """Days from the epoch to the end of the last one."""
        return self.ends[-1]

    @property
    def last(self) -> date:
        """First day after them."""
        return self.epoch + timedelta(days=self.days)

    @property
    def hours(self) -> tuple[int, ...]:
        """Hours from the epoch to the end of each."""
        return tuple(days * 24 for days in self.ends)

    def number(self, hour: I64) -> I64:
        """In which of them each hour lies, counted from the epoch; the first and the last have what lies outside."""
        if len(self.ends) == 1:
            return np.zeros_like(hour)
        return np.searchsorted(np.array(self.hours[:-1]), hour, side="right")

    def end(self, hour: I64) -> I64:
        """The first hour after the era that each hour lies in."""
        return np.array(self.hours)[self.number(hour)]


def until(config: WorldConfig, end: date | None) -> Eras:
    """The eras that begin before a day, and the horizon in any case.

    Args:
        config: what the world is.
        end: None for the horizon's end.
    """
    beyond = max(0, (end - config.horizon_end).days) if end else 0
    more = -(-beyond // ERA_DAYS)
    return Eras(epoch=config.epoch, ends=tuple(config.horizon + ERA_DAYS * number for number in range(more + 1)))
