"""What is on the shelves and on offer: the catalogue, promotions and the kinds of each day, a month at a time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from shardgen.model.config import WorldConfig
from shardgen.world import kinds, products
from shardgen.world.calendar import first_days, months
from shardgen.world.demand import Arrivals
from shardgen.world.eras import Eras
from shardgen.world.promotions import Promotions
from shardgen.world.rng import I64

MONTHS_KEPT = 4
"""Months whose kinds are kept, 0.5 MB each: rows of one batch lie in one or two of them."""


class Shop:
    """Everything that a basket may be filled with.

    Args:
        config: what the world is.
        eras: how far it is known.
        launches: of the products.
    """

    def __init__(self, config: WorldConfig, eras: Eras, launches: Arrivals) -> None:
        self.seed = config.seed
        self.catalogue = products.catalogue(config, eras, launches)
        self.promotions = Promotions(config, eras.days)
        self.kinds_of = lru_cache(maxsize=MONTHS_KEPT)(self._kinds_of)

    def months(self, day: I64) -> Iterator[tuple[int, I64]]:
        """Each month (since 1970) that some days lie in, and the rows that do."""
        if not len(day):
            return
        month = months(day)
        low, high = int(month.min()), int(month.max())
        if low == high:
            yield low, np.arange(len(day))
            return
        for each in range(low, high + 1):
            rows = np.flatnonzero(month == each)
            if len(rows):
                yield each, rows

    def _kinds_of(self, month: int) -> tuple[NDArray[np.uint8], int]:
        """Equally likely kinds of a month's days, by day, class and step; and its first day."""
        first, after = first_days()[month : month + 2].tolist()
        day = np.arange(first, after)
        inside = np.clip(day - self.promotions.first, 0, self.promotions.days - 1)
        return kinds.by_day(day, self.promotions.lift[inside]), first

    @cached_property
    def _likes(self) -> I64:
        """Of 256: how readily a class takes a companion of a kind, by month; shape (months, CLASSES, KINDS)."""
        number = np.arange(kinds.CLASSES)
        gender = np.where((number // 2 % 2)[:, None], kinds.FEMALE, 100 - kinds.FEMALE)
        parent = np.where((number % 2)[:, None], kinds.PARENT, 100)
        return gender * parent * kinds.SEASON[number // 4 % 2].swapaxes(0, 1) * 256 // (100 * 100 * 1000)

    def likes(self, day: I64, row: I64, kind: I64) -> I64:
        """Of 256: how readily each class takes a companion of each kind on each day."""
        return self._likes[months(day) % 12, row, kind]
