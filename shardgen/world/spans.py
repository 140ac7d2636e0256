"""Spans: the stock-keeping periods, and how movements of cells and of items are numbered in them.

A period is a leaf of the inventory table. One in which an era begins has two spans, the second with goods of its own.
Numbers of cells (a product in a warehouse) follow the span, those of items the order; what comes after the horizon has
numbers above all of these, so that none depends on how far a world is continued.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from shardgen.model.config import WorldConfig
from shardgen.world.baskets import MAX_ITEMS
from shardgen.world.calendar import Leaves, Period
from shardgen.world.demand import DAY, midnight
from shardgen.world.rng import I64
from shardgen.world.world import World

KINDS = 8
"""Numbers that a cell has in a span."""
BEYOND = 10**15
"""Movements of cells after the horizon have numbers from here on: those of items lie below, and all are exact in JSON.
"""


def _expected(config: WorldConfig) -> float:
    """OUT, RETURN and the stock-in that an item causes, for each order."""
    return config.orders * 8


LEAVES = Leaves(_expected)
"""The periods by which stock is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One stock-keeping period, cut off at the epoch, or the part of it that has goods of its own."""

    number: int
    """0 for the epoch's."""
    start: int
    stop: int
    era: int
    fresh: bool
    """Whether the era begins within the period, at the span's start."""


def spans_in(world: World, period: Period) -> list[Span]:
    """The spans of a period, in order."""
    number, epoch = LEAVES.number(world.config, period), midnight(world.config.epoch)
    start = max(period.start, epoch)
    first, last = (_era(world, instant) for instant in (start, period.stop - 1))
    found = [Span(number=number, start=start, stop=period.stop, era=first, fresh=False)]
    for era in range(first + 1, last + 1):
        begins = epoch + world.eras.ends[era - 1] * DAY
        found.append(Span(number=number, start=begins, stop=period.stop, era=era, fresh=True))
    return found


def _era(world: World, instant: int) -> int:
    ends = [midnight(world.config.epoch) + days * DAY for days in world.eras.ends]
    return min(bisect_right(ends, instant), len(ends) - 1)


def cell_count(world: World, era: int) -> int:
    """How many cells there are at the end of an era."""
    return int(world.launches.before(midnight(world.config.epoch) + world.eras.ends[era] * DAY)) * world.warehouses


def _numbers_of(world: World, era: int) -> tuple[int, int]:
    """Number of the first span of an era, and of the first after it."""
    epoch, ends = midnight(world.config.epoch), (0, *world.eras.ends)
    leaves = [LEAVES.at(world.config, epoch + day * DAY) for day in (ends[era], ends[era + 1] - 1)]
    first, last = (LEAVES.number(world.config, each) for each in leaves)
    return first, last + 1


def _first_number(world: World, era: int) -> int:
    """First number of the cells of an era, which follow those of the era before; 0 for that of the opening stock."""
    if era == 0:
        return 0
    group = KINDS * world.warehouses
    found = -(-BEYOND // group) * group
    for earlier in range(1, era):
        start, stop = _numbers_of(world, earlier)
        found += (stop - start) * cell_count(world, earlier) * KINDS
    return found


def item_base(world: World) -> int:
    """First number of movements that belong to items: all those of cells until the horizon lie below."""
    return (_numbers_of(world, 0)[1] + 1) * world.config.products * world.warehouses * KINDS


def number_of(world: World, span: Span, cell: I64, kind: int) -> I64:
    """Numbers of movements of some cells (product x warehouses + warehouse - 1) in a span, of one of KINDS."""
    cells = cell_count(world, span.era)
    turn = span.number + 1 if span.era == 0 else span.number - _numbers_of(world, span.era)[0]
    return _first_number(world, span.era) + (turn * cells + cell) * KINDS + kind


def max_number(world: World) -> int:
    """A number above that of every movement of the world."""
    eras = len(world.eras.ends)
    items = item_base(world) + (world.orders.total * MAX_ITEMS) * 2 + 2
    return items if eras == 1 else _first_number(world, eras)
