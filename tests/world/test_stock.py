"""Laws of stock: shelves are never below zero, empty where something is out of stock, and orders know of it."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import numpy as np
import pytest

from shardgen.model.config import MAX_SEED
from shardgen.world import fates, geography, movements, orders, shortages, spans, stock, zones
from shardgen.world.demand import DAY, HOUR, midnight
from shardgen.world.fates import NEVER
from shardgen.world.movements import Movements
from shardgen.world.world import World
from tests.worlds import small

YEAR = small(days=365, end=date(2026, 1, 1), customers=500, products=400, orders_per_day=40).world
BUSY = small(days=14, end=date(2025, 12, 15), customers=500, products=60, orders_per_day=4_100, warehouses=2).world
WORLDS = {
    "usual": YEAR,
    "another seed": replace(YEAR, seed=MAX_SEED),
    "one warehouse": replace(YEAR, warehouses=1),
    "more warehouses than products": replace(YEAR, products=9, warehouses=40),
}


@pytest.fixture(scope="module", params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    return World(WORLDS[request.param])


@pytest.fixture(scope="module")
def usual() -> World:
    return World(YEAR)


def every_movement(world: World) -> Movements:
    """All of the horizon, in order of cell and time."""
    config = world.config
    leaves = spans.LEAVES.between(config, midnight(config.epoch) - 1, midnight(config.horizon_end))
    parts = [part for leaf in leaves for part in stock.movements(world, leaf)]
    columns = {f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Movements)}
    order = np.lexsort((columns["time"], cells(world, columns["product"], columns["warehouse"])))
    return Movements(**{name: column[order] for name, column in columns.items()})


def cells(world: World, product: orders.I64, warehouse: orders.I64) -> orders.I64:
    return product * world.warehouses + warehouse - 1


def levels(world: World, moved: Movements) -> tuple[orders.I64, orders.Mask]:
    """Stock after each movement, and whether it is the last one of its instant."""
    cell = cells(world, moved.product, moved.warehouse)
    first = np.flatnonzero(np.append(True, cell[1:] != cell[:-1]))
    total = np.cumsum(moved.quantity)
    before = np.repeat(total[first] - moved.quantity[first], np.diff(np.append(first, len(cell))))
    last = np.append((cell[1:] != cell[:-1]) | (moved.time[1:] != moved.time[:-1]), True)
    return total - before, last


def placed(world: World) -> tuple[orders.Orders, orders.Items, fates.Fate]:
    every = orders.select(world, 0, world.orders.total)
    lines = orders.items(world, every)
    return every, lines, fates.of(world, every, lines, orders.sources(world, every))


def test_no_shelf_is_ever_below_zero_and_numbers_are_unique(world: World) -> None:
    moved = every_movement(world)
    level, last = levels(world, moved)
    assert (level[last] >= 0).all()
    assert len(np.unique(moved.number)) == len(moved.number)


def test_the_same_holds_where_stock_is_kept_by_day() -> None:
    busy = World(BUSY)
    assert spans.LEAVES.daily(BUSY)
    level, last = levels(busy, every_movement(busy))
    assert (level[last] >= 0).all()
    assert (level[last] == 0).any()


def test_a_shelf_is_empty_in_its_window_until_something_comes_back(usual: World) -> None:
    moved = every_movement(usual)
    level, _ = levels(usual, moved)
    off = np.isin(moved.number % spans.KINDS, (movements.HELD, movements.WRITTEN_OFF)) & (
        moved.order == movements.NOTHING
    )
    assert (level[off] == 0).mean() > 0.97  # a store may still sell what is there
    until = shortages.ends(usual, moved.product[off], moved.warehouse[off], moved.time[off])
    assert (until > 0).all()


def test_what_empties_a_shelf_for_a_while_is_put_back_and_little_is_lost_beside_what_is_sold(usual: World) -> None:
    moved = every_movement(usual)
    of_cell = np.where(moved.order == movements.NOTHING, moved.number % spans.KINDS, -1)
    held, released = (of_cell == kind for kind in (movements.HELD, movements.RELEASED))
    taken = dict(zip((moved.number[held] // spans.KINDS).tolist(), -moved.quantity[held], strict=True))
    put_back = dict(zip((moved.number[released] // spans.KINDS).tolist(), moved.quantity[released], strict=True))
    assert len(taken) > 500
    assert taken.keys() == put_back.keys()
    assert all(0 < put_back[window] <= units for window, units in taken.items())
    lost = -moved.quantity[moved.type == movements.ADJUSTMENT].sum()
    assert lost < 0.1 * -moved.quantity[moved.type == movements.OUT].sum()


def test_nothing_is_moved_or_counted_or_shipped_by_post_where_nothing_is(usual: World) -> None:
    moved = every_movement(usual)
    short = shortages.ends(usual, moved.product, moved.warehouse, moved.time) > 0
    counted = (moved.type == movements.ADJUSTMENT) & (moved.number % spans.KINDS == movements.CORRECTION)
    assert not short[counted | (moved.type == movements.TRANSFER)].any()
    every, _, _ = placed(usual)
    assert (every.channel[moved.order[short & (moved.type == movements.OUT)]] == orders.STORE).all()


def test_every_shipped_item_leaves_once_with_its_parcel(world: World) -> None:
    every, lines, fate = placed(world)
    warehouse, shipped = fate.sources(lines.order)
    sent = shipped < midnight(world.config.horizon_end)
    moved = every_movement(world)
    out = moved.type == movements.OUT
    booked = {
        (int(order), int(product)): (int(place), int(time), int(quantity))
        for order, product, place, time, quantity in zip(
            moved.order[out],
            moved.product[out],
            moved.warehouse[out],
            moved.time[out],
            moved.quantity[out],
            strict=True,
        )
        if time < midnight(world.config.horizon_end)
    }
    assert len(booked) == sent.sum()
    for row in np.flatnonzero(sent)[::17]:
        key = int(every.number[lines.order[row]]), int(lines.product[row])
        assert booked[key] == (int(warehouse[row]), int(shipped[row]), -int(lines.quantity[row]))


def test_orders_for_what_is_out_of_stock_wait_ship_in_parts_or_are_cancelled(usual: World) -> None:
    every, lines, fate = placed(usual)
    planned = fates.plan(usual.seed, every)
    due = planned.shipped[lines.order]
    rows = np.flatnonzero(due != NEVER)
    source = orders.sources(usual, every).warehouse[lines.order[rows]]
    met = np.zeros(len(every.number), dtype=np.bool_)
    met[lines.order[rows][shortages.ends(usual, lines.product[rows], source, due[rows]) > 0]] = True
    waited = fate.first.shipped > planned.shipped
    assert 0.01 < met.mean() < 0.1
    assert not (fate.parts | waited & (fate.cancelled == NEVER) & (every.channel != orders.STORE))[~met].any()
    lost = (fate.cancelled != NEVER) & (planned.shipped != NEVER)
    assert not lost[~met].any()
    assert all(kind[met].mean() > 0.05 for kind in (fate.parts, waited, lost))


def test_fates_follow_each_other_within_their_limits(world: World) -> None:
    every, _, fate = placed(world)
    post, gone = every.channel != orders.STORE, fate.cancelled != NEVER
    assert (fate.shipped[gone] == NEVER).all()
    assert (fate.cancelled[gone] > every.placed[gone]).all()
    kept = post & ~gone
    assert ((fate.shipped > every.placed) & (fate.shipped <= every.placed + 10 * DAY))[kept].all()
    assert ((fate.delivered > fate.shipped) & (fate.delivered <= fate.shipped + 20 * DAY))[kept].all()
    assert ((fate.returned > fate.delivered) & (fate.returned <= fate.delivered + 30 * DAY))[~gone].all()
    assert (fate.delivered[~post] <= every.placed[~post] + HOUR).all()
    assert (fate.first.warehouse != fate.second.warehouse)[fate.parts].all()


def test_transit_takes_as_long_as_the_distance_asks(usual: World) -> None:
    every, _, fate = placed(usual)
    there = (fate.delivered != NEVER) & (every.channel != orders.STORE) & ~fate.parts
    place = orders.sources(usual, every).place
    distance = usual.distances[fate.first.warehouse - 1, place][there]
    days = (fate.delivered - fate.shipped)[there] / DAY
    assert np.corrcoef(distance, days)[0, 1] > 0.4
    near, far = days[distance < 1_000].mean(), days[distance > 1_600].mean()
    assert far > 1.5 * near


def test_parcels_rest_on_sundays(usual: World) -> None:
    """One that leaves on a Saturday takes a day longer than one that leaves on a Monday."""
    every, _, fate = placed(usual)
    there = (fate.delivered != NEVER) & (every.channel != orders.STORE) & ~fate.parts
    weekday = (zones.local_times(every.zone, np.where(there, fate.shipped, 0)) // DAY + 3) % 7
    days = (fate.delivered - fate.shipped) / DAY
    means = [days[there & (weekday == day)].mean() for day in range(7)]
    assert means[5] > means[0] + 0.3


def test_a_warehouse_is_near_those_whom_it_serves(usual: World) -> None:
    for warehouse, seat in enumerate(usual.seats):
        assert usual.serving_warehouse[seat] == warehouse
        assert usual.distances[warehouse, seat] == usual.distances.min()
    assert len(np.unique(geography.COUNTRY_OF[usual.seats])) == usual.warehouses


def test_a_part_of_the_orders_has_the_same_fate(usual: World) -> None:
    every, _, fate = placed(usual)
    some = np.arange(0, len(every.number), 7)
    again = fates.of_orders(usual, every.take(some))
    for name in ("processing", "shipped", "delivered", "cancelled", "returned", "parts"):
        assert (getattr(again, name) == getattr(fate, name)[some]).all()


@pytest.mark.parametrize("seed", [0, 1, MAX_SEED])
def test_a_few_percent_of_shelves_are_empty(seed: int) -> None:
    world = World(replace(YEAR, seed=seed))
    moved = every_movement(world)
    level, last = levels(world, moved)
    cell, end = cells(world, moved.product, moved.warehouse), midnight(world.config.horizon_end)
    until = np.append(moved.time[1:], end)
    until[np.append(cell[1:] != cell[:-1], True)] = end
    lasts = np.maximum(np.minimum(until, end) - moved.time, 0)
    assert 0.012 < lasts[last & (level == 0)].sum() / lasts.sum() < 0.035
