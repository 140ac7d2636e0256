"""How stock moves: what leaves and comes back with orders, what is bought in, moved and corrected.

Stock is kept by period (a leaf of the inventory table). For each product and warehouse, ``need`` is all that leaves
in a period and S = max(base, 1.2 need) what must be there when it starts, so

    stock-in = max(0, S - (S' - need' + back'))        (primes: the period before; back: what came in otherwise)

keeps stock at or above S - need so far, with one period of look-back and nothing carried along. Stock comes in before
the first unit leaves; nothing but a stock-in happens in the period of a product's launch before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from shardgen.model.config import WorldConfig
from shardgen.world import orders
from shardgen.world.calendar import Leaves, Period
from shardgen.world.demand import DAY, midnight
from shardgen.world.rng import I64, below, between, chance, uniform
from shardgen.world.world import World

MOVEMENT_TYPES = ("IN", "OUT", "RETURN", "TRANSFER", "ADJUSTMENT")
IN, OUT, RETURN, TRANSFER, ADJUSTMENT = range(len(MOVEMENT_TYPES))

ORDERS_AT_A_TIME = 32_768
"""Orders looked at in one go while a period's movements are counted: a few MB."""
CELLS_AT_A_TIME = 65_536
SAFETY_PERCENT = 120
MOVEMENTS_OF_AN_ORDER = 4.5
"""What leaves and comes back is 3; a day on which the orders of several leave has half as many again."""
MEAN_UNITS = 4
"""Units in an order, roughly."""
TRANSFERRED, ADJUSTED = 0.07, 0.025
"""Chance of a transfer for a product, and of a correction for a product in a warehouse, in 30 days."""


def _expected(config: WorldConfig) -> float:
    """OUT, RETURN and the stock-in that an item causes, for each order."""
    return config.orders * 8


def expected(world: World, start: int, stop: int) -> float:
    """About how many movements lie between two instants: those of items, and a few for each product."""
    placed = int(world.orders.before(stop) - world.orders.before(start))
    return placed * MOVEMENTS_OF_AN_ORDER + world.config.products * world.warehouses * (stop - start) / (30 * DAY)


LEAVES = Leaves(_expected)
"""The periods by which stock is kept."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Movements:
    """n movements in order of number; arrays of shape (n,)."""

    number: I64
    product: I64
    warehouse: I64
    """1 to the number of warehouses."""
    quantity: I64
    """Signed: what leaves is negative."""
    type: I64
    """Index into MOVEMENT_TYPES."""
    time: I64
    order: I64
    """Order that it belongs to, or -1."""
    partner: I64
    """The other warehouse of a transfer, or 0."""


@dataclass(slots=True, eq=False)
class _Ledger:
    """What moves in one period, by cell (product x warehouses + warehouse - 1); arrays of shape (cells,)."""

    need: NDArray[np.int32]
    back: NDArray[np.int32]
    first_out: I64
    """Instant of the first unit that leaves; the period's end where none does."""


@dataclass(frozen=True, slots=True)
class _Span:
    """One stock-keeping period: a leaf, cut off at the epoch."""

    number: int
    """0 for the epoch's."""
    start: int
    stop: int


def movements(world: World, period: Period) -> Iterator[Movements]:
    """All movements of a leaf, in order of number, in pieces of some ten thousand."""
    epoch = midnight(world.config.epoch)
    if period.start <= epoch - 1 < period.stop:
        yield from _openings(world)
    if period.stop <= epoch:
        return
    span = _span(world, period)
    now = _count(world, span)
    last = _count(world, _before(world, span)) if span.number > 0 else None
    for start in range(0, len(now.need), CELLS_AT_A_TIME):
        yield _of_cells(world, span, now, last, np.arange(start, min(start + CELLS_AT_A_TIME, len(now.need))))
    yield from _of_orders(world, span)


def max_number(world: World) -> int:
    """A number above that of every movement of the world."""
    return _item_base(world) + (world.orders.total * orders.MAX_ITEMS) * 2 + 2


def _span(world: World, period: Period) -> _Span:
    number = LEAVES.number(world.config, period)
    return _Span(number, max(period.start, midnight(world.config.epoch)), period.stop)


def _before(world: World, span: _Span) -> _Span:
    return _span(world, LEAVES.at(world.config, span.start - 1))


def _item_base(world: World) -> int:
    """First number of movements that belong to items: all those of cells lie below."""
    last = LEAVES.at(world.config, midnight(world.config.horizon_end) - 1)
    spans = LEAVES.number(world.config, last) + 2
    return spans * world.config.products * world.warehouses * 4


def _number(world: World, span_number: int, cell: I64, kind: int) -> I64:
    cells = world.config.products * world.warehouses
    return ((span_number + 1) * cells + cell) * 4 + kind


def _base(world: World, product: I64, cell: I64) -> I64:
    """Stock that is kept in any case: some units, and twice what a cell sells in a mean fortnight."""
    units = world.config.orders * MEAN_UNITS * 14 // world.config.horizon
    share = world.catalogue.popularity(product) * float(units) / float(world.catalogue.sums[-1])
    return 6 + below(world.seed, "stock.base", cell, 18) + share.astype(np.int64) * 2 // world.warehouses


def _openings(world: World) -> Iterator[Movements]:
    """Opening stock of all products launched before the epoch, on the day before it."""
    epoch = midnight(world.config.epoch)
    cells = int(world.launches.before(epoch)) * world.warehouses
    for start in range(0, cells, CELLS_AT_A_TIME):
        cell = np.arange(start, min(start + CELLS_AT_A_TIME, cells))
        product = cell // world.warehouses
        earliest = np.maximum(world.launches.times(product) + 1, epoch - DAY)
        time = earliest + _part(world, "stock.opening", cell, epoch - earliest)
        yield _stock_in(world, -1, cell, _base(world, product, cell), time)


def _part(world: World, stream: str, ids: I64, length: I64) -> I64:
    """Integers in [0, length), length from 1 to 2**52."""
    return np.minimum((uniform(world.seed, stream, ids) * length).astype(np.int64), length - 1)


def _stock_in(world: World, span_number: int, cell: I64, quantity: I64, time: I64) -> Movements:
    return Movements(
        number=_number(world, span_number, cell, 0),
        product=cell // world.warehouses,
        warehouse=cell % world.warehouses + 1,
        quantity=quantity,
        type=np.full(len(cell), IN),
        time=time,
        order=np.full(len(cell), -1),
        partner=np.zeros(len(cell), dtype=np.int64),
    )


def _count(world: World, span: _Span) -> _Ledger:
    """Everything but stock-ins that moves in a period."""
    cells = world.config.products * world.warehouses
    ledger = _Ledger(
        need=np.zeros(cells, dtype=np.int32),
        back=np.zeros(cells, dtype=np.int32),
        first_out=np.full(cells, span.stop, dtype=np.int64),
    )
    for moved in _of_orders(world, span):
        _enter(ledger, moved, world.warehouses)
    for start in range(0, cells, CELLS_AT_A_TIME):
        cell = np.arange(start, min(start + CELLS_AT_A_TIME, cells))
        _enter(ledger, _corrections(world, span, cell), world.warehouses)
        for moved in _transfers(world, span, cell):
            _enter(ledger, moved, world.warehouses)
    return ledger


def _enter(ledger: _Ledger, moved: Movements, warehouses: int) -> None:
    cell = moved.product * warehouses + moved.warehouse - 1
    out = moved.quantity < 0
    np.subtract.at(ledger.need, cell[out], moved.quantity[out].astype(np.int32))
    np.add.at(ledger.back, cell[~out], moved.quantity[~out].astype(np.int32))
    np.minimum.at(ledger.first_out, cell[out], moved.time[out])


def _of_cells(world: World, span: _Span, now: _Ledger, last: _Ledger | None, cell: I64) -> Movements:
    """Stock-ins, transfers and corrections of a run of cells."""
    product = cell // world.warehouses
    launched = world.launches.times(_every(product))[product - product[0]]
    base = _base(world, product, cell)
    level = np.maximum(base, (now.need[cell] * SAFETY_PERCENT + 99) // 100)
    opens = launched >= span.start
    if last is None:
        left = base
    else:
        before = np.maximum(base, (last.need[cell] * SAFETY_PERCENT + 99) // 100)
        left = before - last.need[cell] + last.back[cell]
    quantity = np.where(opens, level, np.maximum(level - left, 0))
    rows = (quantity > 0) & (launched < span.stop)
    earliest = np.maximum(launched + 1, span.start)
    time = earliest + _part(world, "stock.in", _number(world, span.number, cell, 0), now.first_out[cell] - earliest)
    stock_in = _stock_in(world, span.number, cell[rows], quantity[rows], time[rows])
    return _joined([stock_in, _corrections(world, span, cell), *_transfers(world, span, cell)])


def _every(product: I64) -> I64:
    """The products of a run of cells, each of them once."""
    return np.arange(product[0], product[-1] + 1)


def _corrections(world: World, span: _Span, cell: I64) -> Movements:
    """Counted stock differs a little, up or down."""
    key = _number(world, span.number, cell, 1)
    happens = chance(world.seed, "stock.adjusted", key, ADJUSTED * (span.stop - span.start) / (30 * DAY))
    product = cell // world.warehouses
    rows = np.flatnonzero(happens)
    rows = rows[world.launches.times(product[rows]) < span.start]
    key, cell = key[rows], cell[rows]
    size = between(world.seed, "stock.adjustment", key, 1, 3)
    return Movements(
        number=key,
        product=product[rows],
        warehouse=cell % world.warehouses + 1,
        quantity=np.where(chance(world.seed, "stock.adjusted_up", key, 0.35), size, -size),
        type=np.full(len(key), ADJUSTMENT),
        time=_sometime(world, "stock.adjusted_at", key, span),
        order=np.full(len(key), -1),
        partner=np.zeros(len(key), dtype=np.int64),
    )


def _transfers(world: World, span: _Span, cell: I64) -> list[Movements]:
    """Both sides of the transfers that touch these cells: a product moves from one warehouse to another."""
    if world.warehouses < 2:
        return []
    product, here = cell // world.warehouses, cell % world.warehouses
    moved = np.flatnonzero(_transferred(world, span, product))
    cell, product, here = cell[moved], product[moved], here[moved]
    key = _number(world, span.number, product * world.warehouses, 2)
    origin = below(world.seed, "stock.origin", key, world.warehouses)
    target = (origin + 1 + below(world.seed, "stock.target", key, world.warehouses - 1)) % world.warehouses
    units = between(world.seed, "stock.units", key, 1, 12)
    time = _sometime(world, "stock.transferred_at", key, span)
    sides = []
    for kind, side, other, sign in ((2, origin, target, -1), (3, target, origin, 1)):
        rows = here == side
        sides.append(
            Movements(
                number=_number(world, span.number, cell[rows], kind),
                product=product[rows],
                warehouse=here[rows] + 1,
                quantity=sign * units[rows],
                type=np.full(int(rows.sum()), TRANSFER),
                time=time[rows],
                order=np.full(int(rows.sum()), -1),
                partner=other[rows] + 1,
            )
        )
    return sides


def _transferred(world: World, span: _Span, product: I64) -> NDArray[np.bool_]:
    """Which products of a run of cells are moved in a period."""
    every = _every(product)
    key = _number(world, span.number, every * world.warehouses, 2)
    happens = chance(world.seed, "stock.transferred", key, TRANSFERRED * (span.stop - span.start) / (30 * DAY))
    return (happens & (world.launches.times(every) < span.start))[product - product[0]]


def _sometime(world: World, stream: str, key: I64, span: _Span) -> I64:
    return span.start + _part(world, stream, key, np.full(len(key), span.stop - span.start))


def _of_orders(world: World, span: _Span) -> Iterator[Movements]:
    """What leaves and comes back with orders in a period; orders that may reach into it are recomputed."""
    start = int(world.orders.before(span.start - orders.MAX_FATE))
    stop = int(world.orders.before(span.stop))
    for first in range(start, stop, ORDERS_AT_A_TIME):
        yield _of_some_orders(world, span, first, min(first + ORDERS_AT_A_TIME, stop))


@lru_cache(maxsize=2)
def _of_some_orders(world: World, span: _Span, start: int, stop: int) -> Movements:
    """The same of orders number start to stop (exclusive).

    A small leaf's are asked for twice, and the last leaf's as well: the two are kept, some 5 MB each.
    """
    placed = orders.select(world, start, stop)
    fates = orders.fate(world.seed, placed)
    return _of_items(world, span, placed.take(_within(fates.shipped, span) | _within(fates.returned, span)))


def _within(times: I64, span: _Span) -> NDArray[np.bool_]:
    return (times >= span.start) & (times < span.stop)


def _of_items(world: World, span: _Span, placed: orders.Orders) -> Movements:
    fates, lines = orders.fate(world.seed, placed), orders.items(world, placed)
    warehouse = orders.warehouse(world, placed)[lines.order]
    shipped, returned = fates.shipped[lines.order], fates.returned[lines.order]
    sides = []
    for kind, sign, units, time in ((0, -1, lines.quantity, shipped), (1, 1, lines.returned, returned)):
        rows = _within(time, span) & (units > 0)
        sides.append(
            Movements(
                number=_item_base(world) + lines.key[rows] * 2 + kind,
                product=lines.product[rows],
                warehouse=warehouse[rows],
                quantity=sign * units[rows],
                type=np.full(int(rows.sum()), OUT if kind == 0 else RETURN),
                time=time[rows],
                order=placed.number[lines.order[rows]],
                partner=np.zeros(int(rows.sum()), dtype=np.int64),
            )
        )
    return _joined(sides)


def _joined(parts: list[Movements]) -> Movements:
    """All parts as one, in order of number."""
    order = np.argsort(np.concatenate([part.number for part in parts]), kind="stable")
    return Movements(
        **{
            name: np.concatenate([getattr(part, name) for part in parts])[order]
            for name in Movements.__dataclass_fields__
        }
    )
