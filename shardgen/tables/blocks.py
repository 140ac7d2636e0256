"""Canonical blocks: which rows of a table are hashed together, so that places with other shards can be compared.

The world fixes them and no place does: a leaf of a partitioned table, or a million of its keys where a leaf may hold
more rows; some ids of a plain table. Shards of every place are made of whole blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from shardgen.columns.text import I64
from shardgen.model.config import PlanConfig
from shardgen.model.plan import Shard
from shardgen.tables import dataset
from shardgen.tables.spec import ByIds, ByLeaves
from shardgen.world.calendar import PEAK, Period
from shardgen.world.demand import midnight

ROWS: Final = 1_000_000
"""Of a block at most: keys are unique, so a million of them are no more rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Rows one after the other that lie in one block."""

    block: str
    """``"orders/2025-03"``, ``"customers/000000100000"``."""
    start: int
    """Position of the first row."""
    stop: int


class Blocks:
    """The blocks of a shard.

    Args:
        config: of the plan.
        shard: of it, as any place has it.
    """

    def __init__(self, config: PlanConfig, shard: Shard) -> None:
        spec = dataset(config.dataset)[shard.table]
        self._shard = shard
        self._periods: list[Period] = []
        self._large = False
        if isinstance(spec.cut, ByLeaves) and shard.leaf:
            bounds = midnight(shard.leaf.lower), midnight(shard.leaf.upper)
            self._periods = spec.cut.leaves.between(config.world, *bounds)
            days = (self._periods[0].last - self._periods[0].first).days
            self._large = spec.cut.leaves.rows(config.world) * days * PEAK / config.world.horizon > ROWS
        elif isinstance(spec.cut, ByIds):
            self._ids = spec.cut.step
            self._keys = spec.cut.step * spec.table.space.children
        self._starts = np.array([period.start for period in self._periods], dtype=np.int64)

    @property
    def only(self) -> str:
        """The block that is the whole shard; empty where there are several."""
        if self._periods:
            return "" if len(self._periods) > 1 or self._large else self._of_leaf(0)
        first, last = self._shard.start // self._ids, max(self._shard.start, self._shard.stop - 1) // self._ids
        return self._of_ids(first) if first == last else ""

    def within(self, number: int) -> str:
        """The block of a leaf that is cut by keys, of which so many millions come before it."""
        assert self._large
        assert len(self._periods) == 1
        return self._of_leaf(0, number)

    def runs(self, numbers: I64, times: I64 | None) -> list[Run]:
        """Rows of the shard by their blocks.

        Args:
            numbers: of the rows' keys, in order.
            times: by which the table is partitioned; None for a plain table.
        """
        leaf, part = self._places(numbers, times)
        cuts = np.flatnonzero((np.diff(leaf) != 0) | (np.diff(part) != 0)) + 1
        bounds = [0, *cuts.tolist(), len(numbers)]
        return [
            Run(block=self._name(int(leaf[start]), int(part[start])), start=start, stop=stop)
            for start, stop in pairwise(bounds)
            if start < stop
        ]

    def _places(self, numbers: I64, times: I64 | None) -> tuple[I64, I64]:
        """The leaf and the part of it that each row lies in."""
        if times is None:
            return np.zeros(len(numbers), dtype=np.int64), (numbers - 1) // self._keys
        leaf = np.searchsorted(self._starts, times, side="right") - 1
        return leaf, numbers // ROWS if self._large else np.zeros(len(numbers), dtype=np.int64)

    def _name(self, leaf: int, part: int) -> str:
        if not self._periods:
            return self._of_ids(part)
        return self._of_leaf(max(0, leaf), part if self._large else None)

    def _of_leaf(self, leaf: int, part: int | None = None) -> str:
        name = f"{self._shard.table}/{self._periods[leaf].label}"
        return name if part is None else f"{name}/{part:06d}"

    def _of_ids(self, number: int) -> str:
        return f"{self._shard.table}/{number * self._ids:012d}"
