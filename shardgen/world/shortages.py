"""When a product is out of stock in a warehouse: windows of some days inside a calendar month, without a delivery.

A window is a function of product, warehouse and month. A product has none before it is there for a whole month, nor
once it is discontinued.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shardgen.world.calendar import MONTHS, first_days, months
from shardgen.world.demand import DAY, midnight
from shardgen.world.rng import I64, bits
from shardgen.world.world import World

Mask = NDArray[np.bool_]

SHARE = 55
"""Months, per mille, in which a product is out of stock for a while in a warehouse."""
SHORTEST, LONGEST = 5 * DAY, 18 * DAY


def windows(world: World, cell: I64, month: I64) -> tuple[I64, I64, I64]:
    """Which cells (product x warehouses + warehouse - 1) are out of stock in a month, from when, and until when.

    Args:
        month: since 1970-01, one for each cell.
    """
    word = bits(world.seed, "stock.window", cell * MONTHS + month)
    rows = np.flatnonzero((word & np.uint64(0xFFFF)).view(np.int64) < SHARE * 65_536 // 1000)
    rows = rows[_established(world, cell[rows] // world.warehouses, month[rows])]
    first, last = (first_days()[month[rows] + n] * DAY for n in (0, 1))
    length = SHORTEST + _part(word[rows], 16, LONGEST - SHORTEST)
    start = first + DAY + _part(word[rows], 32, last - first - 2 * DAY - length)
    return rows, start, start + length


def _established(world: World, product: I64, month: I64) -> Mask:
    day = first_days()[month]
    there = (day * DAY >= midnight(world.config.epoch)) & (world.launches.times(product) < day * DAY)
    return there & (world.catalogue.gone[product] > day)


def _part(word: NDArray[np.uint64], shift: int, length: I64 | int) -> I64:
    """Instants in [0, length), by 16 bits of a word."""
    part: I64 = (word >> np.uint64(shift) & np.uint64(0xFFFF)).view(np.int64)
    return part * (length >> 16)


def ends(world: World, product: I64, warehouse: I64, times: I64, month: I64 | None = None) -> I64:
    """When each product is there again that is out of stock at an instant; 0 where it is in stock.

    Args:
        warehouse: 1 to the number of warehouses.
        month: of the instants, where that is known.
    """
    month = months(times // DAY) if month is None else month
    rows, start, stop = windows(world, product * world.warehouses + warehouse - 1, month)
    found = np.zeros(len(times), dtype=np.int64)
    found[rows] = np.where((start <= times[rows]) & (times[rows] < stop), stop, 0)
    return found
