"""How stock moves: what leaves and comes back with orders, what is bought in, moved, corrected and written off.

Stock is kept by period (a leaf of the inventory table), cell by cell (a product in a warehouse). ``need`` is all that
leaves in a period, and a period begins with S = max(base, 1.1 need) on the shelf: what is there too little is bought
in, what is there too much is written off, before the first unit leaves. Where the cell is out of stock for a window
[a, b) of the period, it begins with what leaves before b; what is left at a is set aside, and b brings
max(base, 1.1 x need after b): what was set aside, as much of it as is needed, and what is bought in beside it. So a
period leaves

    S - need + back    or    refill - need after b + back since a    (back: what came in otherwise)

whatever was there before it: one period of look-back, nothing carried along, and stock is never below zero.

A period in which an era begins has two spans: what the orders of the era before take leaves from the first, what those
of the era take from the second, which begins with nothing and has goods of its own. So no movement before the era
depends on what follows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shardgen.world import shortages
from shardgen.world.calendar import Period, months
from shardgen.world.demand import DAY, midnight
from shardgen.world.flows import corrections, every_product, of_orders, transfers
from shardgen.world.movements import (
    ADJUSTMENT,
    HELD,
    IN,
    NOTHING,
    REFILL,
    RELEASED,
    STOCK_IN,
    WRITTEN_OFF,
    Movements,
    joined,
    part_of,
)
from shardgen.world.rng import I64, below
from shardgen.world.spans import LEAVES, Span, cell_count, number_of, spans_in
from shardgen.world.world import World

CELLS_AT_A_TIME = 65_536
SAFETY_PERCENT = 110
MEAN_UNITS = 4
"""Units in an order, roughly."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Windows:
    """Cells that are out of stock for a while in a period, in order; arrays of shape (n,)."""

    cell: I64
    start: I64
    """Within the period."""
    stop: I64
    need: I64
    """What leaves before it ends."""
    back: I64
    """What comes back before it begins."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ledger:
    """What moves in one period but for stock-ins and what is written off; arrays of shape (cells,), small ones, as
    there may be millions.
    """

    need: NDArray[np.int32]
    back: NDArray[np.int32]
    first_out: NDArray[np.uint32]
    """Milliseconds from the period's start to the first unit that leaves, or to the period's end."""
    windows: _Windows


def movements(world: World, period: Period) -> Iterator[Movements]:
    """All movements of a leaf, in order of number, in pieces of some ten thousand."""
    epoch = midnight(world.config.epoch)
    if period.start <= epoch - 1 < period.stop:
        yield from _openings(world)
    if period.stop <= epoch:
        return
    spans = spans_in(world, period)
    for span in (each for each in spans if each.era == 0):
        yield from _of_span(world, span)
    for span in spans:
        yield from of_orders(world, span)
    for span in (each for each in spans if each.era > 0):
        yield from _of_span(world, span)


def _of_span(world: World, span: Span) -> Iterator[Movements]:
    """What moves in a span but for what leaves and comes back with orders."""
    left, now = _there(world, span), _count(world, span)
    for start in range(0, len(now.need), CELLS_AT_A_TIME):
        yield _of_cells(world, span, now, left, np.arange(start, min(start + CELLS_AT_A_TIME, len(now.need))))


def _there(world: World, span: Span) -> NDArray[np.int32] | None:
    """What is on the shelf when a span begins; None for the first."""
    if span.number == 0 and not span.fresh:
        return None
    found = np.zeros(cell_count(world, span.era), dtype=np.int32)
    if span.fresh:
        return found
    for before in spans_in(world, LEAVES.at(world.config, span.start - 1)):
        left = _left(world, before)
        found[: len(left)] += left
    return found


def _base(world: World, span: Span, product: I64, cell: I64) -> I64:
    """Stock that is kept in any case: some units, and twice what a cell sells in a mean fortnight.

    What was there before an era has its own before the era's first span, too.
    """
    kept = _usual(world, product, cell)
    return kept * (cell >= cell_count(world, span.era - 1)) if span.fresh else kept


def _usual(world: World, product: I64, cell: I64) -> I64:
    units = world.config.orders * MEAN_UNITS * 14 // world.config.horizon
    share = world.catalogue.demand[product] * float(units) / float(world.catalogue.demand_total)
    return 6 + below(world.seed, "stock.base", cell, 18) + share.astype(np.int64) * 2 // world.warehouses


def _openings(world: World) -> Iterator[Movements]:
    """Opening stock of all products launched before the epoch, on the day before it."""
    epoch = midnight(world.config.epoch)
    cells = int(world.launches.before(epoch)) * world.warehouses
    opening = Span(number=-1, start=epoch - DAY, stop=epoch, era=0, fresh=False)
    for start in range(0, cells, CELLS_AT_A_TIME):
        cell = np.arange(start, min(start + CELLS_AT_A_TIME, cells))
        product = cell // world.warehouses
        earliest = np.maximum(world.launches.times(product) + 1, epoch - DAY)
        time = earliest + part_of(world, "stock.opening", cell, epoch - earliest)
        yield _bought(world, opening, cell, STOCK_IN, _usual(world, product, cell), time)


def _bought(world: World, span: Span, cell: I64, kind: int, quantity: I64, time: I64, comes_by: int = IN) -> Movements:
    """What comes in, and what is taken off where the quantity is negative; nothing where it is 0."""
    rows = quantity != 0
    cell, quantity, time = cell[rows], quantity[rows], time[rows]
    return Movements(
        number=number_of(world, span, cell, kind),
        product=cell // world.warehouses,
        warehouse=cell % world.warehouses + 1,
        quantity=quantity,
        type=np.where(quantity > 0, comes_by, ADJUSTMENT),
        time=time,
        order=np.full(len(cell), NOTHING),
        partner=np.zeros(len(cell), dtype=np.int64),
    )


def _count(world: World, span: Span) -> _Ledger:
    """Everything that moves in a span but for stock-ins and what is written off."""
    cells = cell_count(world, span.era)
    ledger = _Ledger(
        need=np.zeros(cells, dtype=np.int32),
        back=np.zeros(cells, dtype=np.int32),
        first_out=np.full(cells, (span.stop - span.start) // 1000, dtype=np.uint32),
        windows=_windows(world, span),
    )
    for moved in of_orders(world, span):
        _enter(ledger, span, moved, world.warehouses)
    for cell in _cells(world, span):
        _enter(ledger, span, corrections(world, span, cell), world.warehouses)
        for moved in transfers(world, span, cell):
            _enter(ledger, span, moved, world.warehouses)
    return ledger


def _cells(world: World, span: Span) -> Iterator[I64]:
    cells = cell_count(world, span.era)
    for start in range(0, cells, CELLS_AT_A_TIME):
        yield np.arange(start, min(start + CELLS_AT_A_TIME, cells))


def _windows(world: World, span: Span) -> _Windows:
    """The cells that are out of stock for a while, with nothing counted yet."""
    month, nothing = months(np.array([span.start // DAY])), np.zeros(0, dtype=np.int64)
    parts = [(nothing, nothing, nothing)]
    for cell in _cells(world, span):
        rows, start, stop = shortages.windows(world, cell, np.repeat(month, len(cell)))
        parts.append((cell[rows], np.maximum(start, span.start), np.minimum(stop, span.stop)))
    cell, start, stop = (np.concatenate(each) for each in zip(*parts, strict=True))
    some = start < stop
    return _Windows(
        cell=cell[some],
        start=start[some],
        stop=stop[some],
        need=np.zeros(int(some.sum()), dtype=np.int64),
        back=np.zeros(int(some.sum()), dtype=np.int64),
    )


def _enter(ledger: _Ledger, span: Span, moved: Movements, warehouses: int) -> None:
    cell, windows = moved.product * warehouses + moved.warehouse - 1, ledger.windows
    out = moved.quantity < 0
    np.subtract.at(ledger.need, cell[out], moved.quantity[out].astype(np.int32))
    np.add.at(ledger.back, cell[~out], moved.quantity[~out].astype(np.int32))
    np.minimum.at(ledger.first_out, cell[out], ((moved.time[out] - span.start) // 1000).astype(np.uint32))
    if not len(windows.cell):
        return
    place = np.minimum(np.searchsorted(windows.cell, cell), len(windows.cell) - 1)
    early = windows.cell[place] == cell
    early &= moved.time < np.where(out, windows.stop[place], windows.start[place])
    np.subtract.at(windows.need, place[early & out], moved.quantity[early & out])
    np.add.at(windows.back, place[early & ~out], moved.quantity[early & ~out])


def _level(base: I64, need: I64) -> I64:
    """What should be on the shelf for what leaves."""
    return np.maximum(base, (need * SAFETY_PERCENT + 99) // 100)


def _refill(world: World, span: Span, ledger: _Ledger) -> I64:
    """What comes in at the end of each window; nothing where the window goes on in the next period."""
    cell = ledger.windows.cell
    level = _level(_base(world, span, cell // world.warehouses, cell), ledger.need[cell] - ledger.windows.need)
    return np.where(ledger.windows.stop < span.stop, level, 0)


def _left(world: World, span: Span) -> NDArray[np.int32]:
    """What a period leaves in each cell."""
    ledger = _count(world, span)
    left, windows = ledger.back - ledger.need, ledger.windows
    left[windows.cell] += (_refill(world, span, ledger) + windows.need - windows.back).astype(np.int32)
    plain = np.ones(len(left), dtype=np.bool_)
    plain[windows.cell] = False
    for cell in _cells(world, span):
        level = _level(_base(world, span, cell // world.warehouses, cell), ledger.need[cell].astype(np.int64))
        left[cell] += np.where(plain[cell], level, 0).astype(np.int32)
    return left


def _of_cells(world: World, span: Span, now: _Ledger, left: NDArray[np.int32] | None, cell: I64) -> Movements:
    """Stock-ins, what is written off, transfers and corrections of a run of cells."""
    product = cell // world.warehouses
    launched, base = (
        world.launches.times(every_product(product))[product - product[0]],
        _base(world, span, product, cell),
    )
    there = np.where(launched >= span.start, 0, base if left is None else left[cell])
    first, last = np.searchsorted(now.windows.cell, [cell[0], cell[-1] + 1])
    part = slice(first, last)
    short, need = now.windows.cell[part], now.windows.need[part]
    quantity = _level(base, now.need[cell].astype(np.int64)) - there
    quantity[short - cell[0]] = np.maximum(need - there[short - cell[0]], 0)
    quantity[launched >= span.stop] = 0
    earliest = np.maximum(launched + 1, span.start)
    room = np.maximum(span.start + now.first_out[cell].astype(np.int64) * 1000 - earliest, 1)
    time = earliest + part_of(world, "stock.in", number_of(world, span, cell, STOCK_IN), room)
    surplus = np.maximum(there[short - cell[0]] - need, 0) + now.windows.back[part]
    return joined(
        [
            _bought(world, span, cell, STOCK_IN, quantity, time),
            *_of_windows(world, span, now, part, surplus),
            corrections(world, span, cell),
            *transfers(world, span, cell),
        ]
    )


def _of_windows(world: World, span: Span, now: _Ledger, part: slice, surplus: I64) -> list[Movements]:
    """What empties the shelf when a window begins, and what fills it when it ends.

    Args:
        part: of the windows.
        surplus: what lies there when each begins.
    """
    short, start, stop = (getattr(now.windows, name)[part] for name in ("cell", "start", "stop"))
    refill = _refill(world, span, now)[part]
    ends, released = refill > 0, np.minimum(surplus, refill)
    return [
        _bought(world, span, short, WRITTEN_OFF, np.where(ends, 0, -surplus), start),
        _bought(world, span, short, HELD, np.where(ends, -surplus, 0), start),
        _bought(world, span, short, RELEASED, released, stop, ADJUSTMENT),
        _bought(world, span, short, REFILL, refill - released, stop),
    ]
