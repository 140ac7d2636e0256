"""How tables are cut into the pieces that become shards, about how many rows each has, and where records change.

The pieces are the same for the same config, on any machine. What has no underscore is for packages, by way of
:mod:`shardgen.tables.spec`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Protocol

from shardgen.model.config import PlanConfig
from shardgen.world.calendar import Leaves, Period
from shardgen.world.demand import HOUR, midnight
from shardgen.world.estimates import Lives
from shardgen.world.world import World


def ranges(start: int, stop: int, size: int) -> list[tuple[int, int]]:
    """[start, stop) in runs of at most ``size`` ids."""
    return [(low, min(low + size, stop)) for low in range(start, stop, max(1, size))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What becomes one shard."""

    label: str
    """What its id ends with."""
    start: int
    stop: int
    period: Period | None = None
    """The leaf that it fills."""
    of: int = 1
    """How many pieces fill that leaf."""
    revised: bool = False
    """See Shard.revised."""


MAX_SHARD_ROWS: Final = 5_000_000
"""A day of more rows is several shards: what a retry costs stays some tens of seconds, and more workers can help."""
SHARD_ROWS: Final = 4_000_000
"""About as many rows has each of them, which leaves room for what an estimate does not know."""

Estimate = Callable[[World, Sequence[Piece], int], Iterable[float]]
"""Rows of each piece, of a window that ends at an instant."""


class Cutting(Protocol):
    """How a table becomes shards: the same pieces for the same config, on any machine."""

    @property
    def estimate(self) -> Estimate | None:
        """None where every id is a row."""
        ...

    def pieces(self, world: World, config: PlanConfig) -> list[Piece]:
        """All of the window, in order."""
        ...

    def ids(self, world: World, end: int) -> int | None:
        """How many ids there are before the hour of an instant; None where the instants themselves are what is cut."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ByIds:
    """A plain table: ranges of ids."""

    step: int
    """Ids in a shard: a few seconds of work."""
    total: Callable[[World, int], int]
    """How many ids there are before an instant."""
    estimate: Estimate | None = None

    def pieces(self, world: World, config: PlanConfig) -> list[Piece]:
        """Ranges of ``step`` ids."""
        total = self.total(world, midnight(config.end))
        return [Piece(label=f"{low:012d}", start=low, stop=high) for low, high in ranges(0, total, self.step)]

    def ids(self, world: World, end: int) -> int | None:
        """How many there are before the hour of an instant."""
        return self.total(world, end)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByLeaves:
    """A partitioned table: whole leaves, a calendar month or day each. That choice depends on the world, never on the
    window.
    """

    leaves: Leaves
    ids_at: Callable[[World, int], int] | None = None
    """How many ids there are before an instant; None where the instants themselves are what is cut."""
    early: bool = False
    """Whether rows lie before the epoch."""
    estimate: Estimate | None = None
    weight: Callable[[World, int, int], float] | None = None
    """About how many rows lie between two instants, whatever the window; None where a leaf is one shard in any case.
    Where ids are cut, the rows of an id have the numbers that its ``KeySpace.children`` says."""
    versions: int = 1
    """About how many versions a record has in the end: leaves of all versions are so many times larger."""

    def pieces(self, world: World, config: PlanConfig) -> list[Piece]:
        """The leaves of the window."""
        epoch, end = midnight(config.world.epoch), midnight(config.end)
        leaves = self.leaves_of(config)
        each = leaves.each
        found = leaves.between(config.world, epoch - 1 if self.early else epoch, end)
        return [
            piece for period in found for piece in self._pieces(world, self._piece(world, period, epoch, end), each)
        ]

    def leaves_of(self, config: PlanConfig) -> Leaves:
        """The leaves of a plan's history."""
        return replace(self.leaves, each=self.versions if config.history == "versions" else 1)

    def ids(self, world: World, end: int) -> int | None:
        """How many there are before the hour of an instant; None where the instants themselves are what is cut."""
        return self.ids_at(world, end) if self.ids_at else None

    def _pieces(self, world: World, whole: Piece, each: int) -> list[Piece]:
        """The leaf, or equal parts of a day that is too large: a choice of the world, too."""
        period = whole.period
        if self.weight is None or period is None or (period.last - period.first).days > 1:
            return [whole]
        rows = self.weight(world, period.start, period.stop) * each
        if rows <= MAX_SHARD_ROWS:
            return [whole]
        count = math.ceil(rows / SHARD_ROWS)
        width, length = max(3, len(str(count - 1))), whole.stop - whole.start
        cuts = [whole.start + length * number // count for number in range(count + 1)]
        return [
            replace(whole, label=f"{whole.label}.{number:0{width}d}", start=start, stop=stop, of=count)
            for number, (start, stop) in enumerate(pairwise(cuts))
        ]

    def _piece(self, world: World, period: Period, epoch: int, end: int) -> Piece:
        if self.ids_at is None:
            return Piece(label=period.label, start=period.start, stop=period.stop, period=period)
        start, stop = max(period.start, epoch), min(period.stop, end)
        return Piece(label=period.label, start=self.ids_at(world, start), stop=self.ids_at(world, stop), period=period)


Range = Callable[[World, int, int], tuple[int, int]]
"""A range of what a table is cut by in which its records may change between two instants."""


def arriving(before: Callable[[World, int], int], within: int | None) -> Range:
    """Where records change that are numbered in order of arrival.

    Args:
        before: how many arrived before the hour of an instant began.
        within: how long after its arrival a record may change, in microseconds; None for as long as there is a shop.
    """

    def changed(world: World, since: int, end: int) -> tuple[int, int]:
        return 0 if within is None else before(world, since - within), before(world, end - 1 + HOUR)

    return changed


def by_lives(lives: Callable[[World, int], Lives]) -> Estimate:
    """Versions of each piece, after those of a sample of records at the end of the window."""

    def estimate(world: World, cuts: Sequence[Piece], end: int) -> Iterable[float]:
        known = lives(world, end)
        return [known.rows(piece.start, piece.stop) for piece in cuts]

    return estimate
