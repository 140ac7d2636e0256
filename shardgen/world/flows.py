"""What moves whatever is on the shelf: what leaves and comes back with orders, transfers, and corrections.

Each follows from the span and a number of its own; stock-keeping looks at all of them and fills up the shelves.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from shardgen.world import fates, orders, shortages
from shardgen.world.demand import DAY, midnight
from shardgen.world.movements import (
    ADJUSTMENT,
    CORRECTION,
    NOTHING,
    OUT,
    RECEIVED,
    RETURN,
    SENT,
    TRANSFER,
    Movements,
    joined,
    part_of,
)
from shardgen.world.rng import I64, below, between, chance
from shardgen.world.spans import LEAVES, Span, item_base, number_of
from shardgen.world.world import World

ORDERS_AT_A_TIME = 32_768
"""Orders looked at in one go while a period's movements are counted: a few MB."""
MOVEMENTS_OF_AN_ORDER = 4.5
"""What leaves and comes back is 3; a day on which the orders of several leave has half as many again."""
TRANSFERRED, ADJUSTED = 0.07, 0.025
"""Chance of a transfer for a product, and of a correction for a product in a warehouse, in 30 days."""


def expected(world: World, start: int, stop: int) -> float:
    """About how many movements lie between two instants: those of items, and a few for each product."""
    placed = int(world.orders.before(stop) - world.orders.before(start))
    return placed * MOVEMENTS_OF_AN_ORDER + world.config.products * world.warehouses * (stop - start) / (30 * DAY)


def corrections(world: World, span: Span, cell: I64) -> Movements:
    """Counted stock differs a little, up or down; where there is none, nobody counts."""
    key = number_of(world, span, cell, CORRECTION)
    happens = chance(world.seed, "stock.adjusted", key, ADJUSTED * (span.stop - span.start) / (30 * DAY))
    rows = np.flatnonzero(happens & (not span.fresh))  # the other span of the period has them
    rows = rows[world.launches.times(cell[rows] // world.warehouses) < span.start]
    key, cell = key[rows], cell[rows]
    time = _sometime(world, "stock.adjusted_at", key, span)
    rows = shortages.ends(world, cell // world.warehouses, cell % world.warehouses + 1, time) == 0
    key, cell, time = key[rows], cell[rows], time[rows]
    size = between(world.seed, "stock.adjustment", key, 1, 3)
    return Movements(
        number=key,
        product=cell // world.warehouses,
        warehouse=cell % world.warehouses + 1,
        quantity=np.where(chance(world.seed, "stock.adjusted_up", key, 0.35), size, -size),
        type=np.full(len(key), ADJUSTMENT),
        time=time,
        order=np.full(len(key), NOTHING),
        partner=np.zeros(len(key), dtype=np.int64),
    )


def transfers(world: World, span: Span, cell: I64) -> list[Movements]:
    """Both sides of the transfers that touch these cells: a product moves from one warehouse to another.

    None where either is out of stock.
    """
    if world.warehouses < 2 or span.fresh:
        return []
    moved = np.flatnonzero(_transferred(world, span, cell // world.warehouses))
    cell = cell[moved]
    product, here = cell // world.warehouses, cell % world.warehouses
    key = number_of(world, span, product * world.warehouses, SENT)
    origin = below(world.seed, "stock.origin", key, world.warehouses)
    target = (origin + 1 + below(world.seed, "stock.target", key, world.warehouses - 1)) % world.warehouses
    units = between(world.seed, "stock.units", key, 1, 12)
    time = _sometime(world, "stock.transferred_at", key, span)
    kept = (shortages.ends(world, product, origin + 1, time) == 0) & (
        shortages.ends(world, product, target + 1, time) == 0
    )
    sides = []
    for kind, side, other, sign in ((SENT, origin, target, -1), (RECEIVED, target, origin, 1)):
        rows = kept & (here == side)
        sides.append(
            Movements(
                number=number_of(world, span, cell[rows], kind),
                product=product[rows],
                warehouse=here[rows] + 1,
                quantity=sign * units[rows],
                type=np.full(int(rows.sum()), TRANSFER),
                time=time[rows],
                order=np.full(int(rows.sum()), NOTHING),
                partner=other[rows] + 1,
            )
        )
    return sides


def _transferred(world: World, span: Span, product: I64) -> NDArray[np.bool_]:
    """Which products of a run of cells are moved in a period."""
    every = every_product(product)
    key = number_of(world, span, every * world.warehouses, SENT)
    happens = chance(world.seed, "stock.transferred", key, TRANSFERRED * (span.stop - span.start) / (30 * DAY))
    return (happens & (world.launches.times(every) < span.start))[product - product[0]]


def every_product(product: I64) -> I64:
    """The products of a run of cells, each of them once."""
    return np.arange(product[0], product[-1] + 1)


def _sometime(world: World, stream: str, key: I64, span: Span) -> I64:
    return span.start + part_of(world, stream, key, np.full(len(key), span.stop - span.start))


def of_orders(world: World, span: Span) -> Iterator[Movements]:
    """What leaves and comes back with orders in a period; orders that may reach into it are recomputed."""
    ends = midnight(world.config.epoch) + world.eras.ends[span.era] * DAY
    start = int(world.orders.before(span.start - (0 if span.fresh else fates.MAX_FATE)))
    stop = int(world.orders.before(min(span.stop, ends)))
    for first in range(start, stop, ORDERS_AT_A_TIME):
        yield _of_some_orders(world, span, first, min(first + ORDERS_AT_A_TIME, stop))


@lru_cache(maxsize=2)
def _of_some_orders(world: World, span: Span, start: int, stop: int) -> Movements:
    """The same of orders number start to stop (exclusive).

    A small leaf's are asked for twice, and the last leaf's as well: the two are kept, some 5 MB each.
    """
    placed = orders.select(world, start, stop)
    planned = fates.plan(world.seed, placed)
    rows = _within(planned.shipped, span) | _within(planned.returned, span)
    if LEAVES.daily(world.config):  # what waits in a month leaves in it
        waits = (planned.shipped < span.start) & (span.start - placed.placed < fates.MOST_PATIENCE)
        rows |= waits & fates.patient(world.seed, placed.number)
    return _of_items(world, span, placed.take(rows))


def _within(times: I64, span: Span) -> NDArray[np.bool_]:
    return (times >= span.start) & (times < span.stop)


def _of_items(world: World, span: Span, placed: orders.Orders) -> Movements:
    lines = orders.items(world, placed)
    fate = fates.of(world, placed, lines, orders.sources(world, placed))
    warehouse, shipped = fate.sources(lines.order)
    returned = fate.returned[lines.order]
    sides = []
    for kind, sign, units, time in ((0, -1, lines.quantity, shipped), (1, 1, lines.returned, returned)):
        rows = _within(time, span) & (units > 0)
        sides.append(
            Movements(
                number=item_base(world) + lines.key[rows] * 2 + kind,
                product=lines.product[rows],
                warehouse=warehouse[rows],
                quantity=sign * units[rows],
                type=np.full(int(rows.sum()), OUT if kind == 0 else RETURN),
                time=time[rows],
                order=placed.number[lines.order[rows]],
                partner=np.zeros(int(rows.sum()), dtype=np.int64),
            )
        )
    return joined(sides)
