"""Canonical blocks: which rows of a table are hashed together, so that places with other shards can be compared.

They are the pieces that the world cuts a table into: a leaf, a part of a day that is too large, a range of ids. A
database has a shard for each, a lake has several of them in a file; no shard of any place has a part of one. They are
no smaller than that, five million rows at most: so the digest that a load into a database has made of a shard is that
of its block, and a lake can be compared with it without reading the database again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from shardgen.columns.text import I64
from shardgen.model.config import PlanConfig
from shardgen.model.plan import Shard
from shardgen.tables import dataset
from shardgen.tables.spec import ByLeaves, Piece
from shardgen.world import build_world


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
        self._table = spec.table
        self._by_time = isinstance(spec.cut, ByLeaves) and spec.cut.ids_at is None
        pieces = [
            each for each in _pieces(config, shard.table) if shard.start <= each.start and each.stop <= shard.stop
        ]
        self._starts = np.array([each.start for each in pieces], dtype=np.int64)
        self._names = [f"{shard.table}/{each.label}" for each in pieces]

    @property
    def only(self) -> str:
        """The block that is the whole shard; empty where there are several."""
        return self._names[0] if len(self._names) == 1 else ""

    def runs(self, numbers: I64, times: I64 | None) -> list[Run]:
        """Rows of the shard by their blocks.

        Args:
            numbers: of the rows' keys.
            times: by which the table is partitioned; None for a plain table.
        """
        place = np.searchsorted(self._starts, self._units(numbers, times), side="right") - 1
        cuts = np.flatnonzero(np.diff(place)) + 1
        bounds = [0, *cuts.tolist(), len(numbers)]
        return [
            Run(block=self._names[max(0, int(place[start]))], start=start, stop=stop)
            for start, stop in pairwise(bounds)
            if start < stop
        ]

    def _units(self, numbers: I64, times: I64 | None) -> I64:
        """What the table is cut by, of each row."""
        if self._by_time:
            assert times is not None
            return times
        space = self._table.space
        return (numbers - (0 if space.ids is None else 1)) // space.children


@lru_cache(maxsize=64)
def _pieces(config: PlanConfig, table: str) -> list[Piece]:
    """All of a table, in order."""
    return dataset(config.dataset)[table].cut.pieces(build_world(config.world, config.end), config)
