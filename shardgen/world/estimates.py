"""How many children there will be: estimates from a sample of parents, for plans and progress bars.

Arrivals are counted exactly elsewhere; what hangs on them (items, movements, reviews, events) is estimated here from
evenly spaced runs of orders, without building the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np

from shardgen.world import baskets, customers, fates, flows, listings, orders, records, reviews, sessions, shortages
from shardgen.world.baskets import MAX_ITEMS
from shardgen.world.calendar import Period, months
from shardgen.world.demand import DAY, HOUR, midnight
from shardgen.world.rng import I64
from shardgen.world.scripts import MAX_EVENTS
from shardgen.world.spans import LEAVES
from shardgen.world.versions import BEGINNING
from shardgen.world.world import World

RUNS, RUN = 96, 256
"""Runs of orders in a sample, and orders in a run; all orders where there are no more."""
CELLS = 20_000
"""Products in warehouses that are looked at, of which some are out of stock for a while; all where there are no more.
"""
DISTINCT = 0.87
"""Shelves that so many items are taken from, by all that would be if nobody bought the same again; measured."""
LOOKED_AT = 0.9
"""Share of products that are there for a whole period and not out of stock, so that they are counted or moved."""
EARLY = 0.48
"""The power of a leaf's share that has passed by which shelves are filled up; measured."""
SPARSE = 2_000_000
"""Orders from which runs are so far apart that many a leaf would have none: the orders of each then stand for some that
are spread over its share of the window."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lives:
    """How many versions sampled records have at an instant; arrays of shape (sampled,)."""

    place: I64
    """What each is cut by: its own number, or that of its order; rising."""
    versions: I64
    each: float = 0
    """How many records each stands for; 0 where their numbers tell how many there are."""

    def rows(self, start: int, stop: int) -> float:
        """Versions of the records of [start, stop): after the sampled ones there, else after all."""
        there = self.versions[slice(*np.searchsorted(self.place, [start, stop]))]
        if self.each:
            return float(there.sum()) * self.each
        there = there if len(there) else self.versions
        return (stop - start) * float(there.mean()) if len(there) else 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Orders of the window and what becomes of their items; times are instants or orders.NEVER."""

    orders_per_sampled: float
    """How many orders of the window each sampled one stands for."""
    number: I64
    """Order number, for each item, as all that follows."""
    shipped: I64
    returned: I64
    """NEVER where the item stays."""
    reviewed: I64
    """NEVER where nobody reviews it."""
    taken_down: I64
    """When its review was, NEVER for most."""
    orders: Lives
    """Of the orders; a version less of the few that are charged back."""
    reviews: Lives


@lru_cache(maxsize=2)
def sample(world: World, end: int) -> Sample:
    """A sample of the orders placed before ``end``; the last two are kept: several tables ask for it, and of a window
    at both ends.
    """
    total = int(world.orders.before(end))
    placed = _placed(world, _sampled(total))
    lines = orders.items(world, placed)
    fate = fates.of(world, placed, lines, orders.sources(world, placed))
    written = reviews.of_items(world, placed, fate, lines)
    reviewed, taken_down = np.full((2, len(lines.key)), orders.NEVER)
    reviewed[written.item], taken_down[written.item] = written.date, written.taken_down
    number, order = _spread(placed.number, total), lines.order[written.item]
    later = (_hours(world, number) - _hours(world, placed.number)) * HOUR
    back, each = fates.returned(fate, lines), total / len(placed.number) if total else 0.0
    return Sample(
        orders_per_sampled=each,
        number=number[lines.order],
        shipped=_moved(fate.sources(lines.order)[1], later[lines.order]),
        returned=np.where(lines.returned > 0, _moved(back, later)[lines.order], orders.NEVER),
        reviewed=_moved(reviewed, later[lines.order]),
        taken_down=_moved(taken_down, later[lines.order]),
        orders=Lives(place=number, versions=_counted(fates.changes(placed, fate, back), later, end)),
        reviews=Lives(place=number[order], versions=_counted(written.changes, later[order], end), each=each),
    )


def _counted(changes: list[I64], later: I64, end: int) -> I64:
    """How many changes of each have happened by the end."""
    return np.sum([_moved(each, later) < end for each in changes], axis=0)


def order_lives(world: World, end: int) -> Lives:
    """Versions of orders at an instant."""
    return sample(world, end).orders


def review_lives(world: World, end: int) -> Lives:
    """Versions of reviews at an instant; none of those that are not written yet."""
    return sample(world, end).reviews


LIVES = 20_000
"""Customers and products whose versions are counted; all of them where there are no more."""


@lru_cache(maxsize=2)
def customer_lives(world: World, end: int) -> Lives:
    """Versions of customers who have registered by an instant."""
    ids = _some(int(world.customers.before(end)))
    who = customers.people(world.customers, ids)
    found = records.versions(world.seed, world.customers.epoch, who, BEGINNING, end)
    return Lives(place=ids, versions=np.bincount(found.row, minlength=len(ids)))


@lru_cache(maxsize=2)
def product_lives(world: World, end: int) -> Lives:
    """Versions of products that are launched by an instant."""
    ids, shop = _some(int(world.launches.before(end))), world.catalogue
    found = listings.versions(shop, listings.listings(shop, ids), BEGINNING, end)
    return Lives(place=ids, versions=np.bincount(found.row, minlength=len(ids)))


def _some(total: int) -> I64:
    """Numbers below ``total``, evenly spaced."""
    few = min(total, LIVES)
    return np.arange(few, dtype=np.int64) * total // max(1, few)


def _spread(number: I64, total: int) -> I64:
    """Numbers of the orders that sampled ones stand for."""
    if total <= SPARSE:
        return number
    run = np.rint(number / ((total - RUN) / (RUNS - 1))).astype(np.int64)
    start = (total - RUN) * run // (RUNS - 1)
    share = total / RUNS
    return (run * share + (number - start) * (share / RUN)).astype(np.int64)


def _hours(world: World, number: I64) -> I64:
    """Index of the hour in which each order is placed."""
    return np.searchsorted(world.orders.hourly, number, side="right")


def _moved(times: I64, later: I64) -> I64:
    return np.where(times == orders.NEVER, orders.NEVER, times + later)


def _placed(world: World, runs: list[tuple[int, int]]) -> orders.Orders:
    """The orders of all runs; drawing their items at once takes a fifth of the time."""
    parts = [orders.select(world, low, high) for low, high in runs or [(0, 0)]]
    columns = {f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(orders.Orders)}
    return orders.Orders(**columns)


def _sampled(total: int) -> list[tuple[int, int]]:
    if total <= RUNS * RUN:
        return [(low, min(low + RUN, total)) for low in range(0, total, RUN)]
    return [(start, start + RUN) for start in ((total - RUN) * run // (RUNS - 1) for run in range(RUNS))]


def review_rows(taken: Sample, start: int, stop: int, end: int) -> float:
    """Reviews that are there at ``end``, of orders number start to stop."""
    there = (taken.reviewed < end) & (taken.taken_down >= end)
    inside = (taken.number >= start) & (taken.number < stop) & there
    return float(inside.sum()) * taken.orders_per_sampled


def event_rows(world: World, start: int, stop: int) -> float:
    """Events of sessions that start in [start, stop)."""
    buying = int(world.web_orders.before(stop) - world.web_orders.before(start))
    browsing = int(world.sessions.before(stop) - world.sessions.before(start)) - buying
    mean = float(sessions.browsing_lengths(world.config.events_per_session).mean())
    return browsing * mean + buying * _events_of_a_purchase()


def _events_of_a_purchase() -> float:
    """Mean number of events of a buying session."""
    weights = baskets.ITEMS.sum(axis=0)
    least = 2 * np.arange(1, MAX_ITEMS + 1) + 3
    events = np.minimum(np.maximum(sessions.BUYING_LENGTHS[None, :], least[:, None]), MAX_EVENTS)
    return float((events.mean(axis=1) * weights).sum() / weights.sum())


def movement_rows(world: World, taken: Sample, parts: list[tuple[int, int]], end: int) -> list[float]:
    """Movements between instants, each pair of them in one leaf.

    Args:
        world: up to the end.
        taken: a sample of its orders.
        parts: leaves, or what a window has of them.
        end: after which there is nothing, whatever a part says.
    """
    epoch = midnight(world.config.epoch)
    short, each = _short(world, end)
    rows = []
    for begins, stop in ((begins, min(stop, end)) for begins, stop in parts):
        start, leaf = max(begins, epoch), LEAVES.at(world.config, begins)
        launched = int(world.launches.before(stop)) * world.warehouses
        opened = launched - int(world.launches.before(start)) * world.warehouses
        early = int(world.launches.before(epoch)) * world.warehouses if begins < epoch <= leaf.stop else 0
        rows.append(
            _between(taken, taken.shipped, start, stop)
            + _between(taken, taken.returned, start, stop)
            + early
            + opened
            + _put_right(world, taken, leaf, launched) * _share_put_right(leaf, start, stop)
            + _regular(world, launched, start, stop)
            + _of_second_spans(world, taken, start, stop, launched)
            + float(((short >= start) & (short < stop)).sum()) * each
        )
    return rows


def _regular(world: World, cells: int, start: int, stop: int) -> float:
    """Corrections and transfers between two instants."""
    a_month = LOOKED_AT * (cells * flows.ADJUSTED + cells / world.warehouses * 2 * _transfers(world))
    return a_month * max(0, stop - start) / (30 * DAY)


def _short(world: World, end: int) -> tuple[I64, int]:
    """When some cells begin to be out of stock and are there again: the rest is written off, and the shelf is filled.

    Returns:
        the instants; how many each of them stands for.
    """
    cells = int(world.launches.before(end)) * world.warehouses
    each = max(1, cells // CELLS)
    cell = np.arange(0, cells, each)
    first, last = months(np.array([midnight(world.config.epoch), end]) // DAY).tolist()
    found = [shortages.windows(world, cell, np.full(len(cell), month))[1:] for month in range(first, last + 1)]
    return np.concatenate([instants for windows in found for instants in windows]), each


def _of_second_spans(world: World, taken: Sample, start: int, stop: int, cells: int) -> float:
    """Stock-ins of the eras that begin within a leaf, whose goods are their own."""
    epoch = midnight(world.config.epoch)
    begins = [epoch + days * DAY for days in world.eras.ends[:-1]]
    inside = [instant for instant in begins if start < instant < stop]
    return sum(_cells_hit(world, _between(taken, taken.shipped, instant, stop), cells) for instant in inside)


def _transfers(world: World) -> float:
    return flows.TRANSFERRED if world.warehouses > 1 else 0.0


def _between(taken: Sample, times: I64, start: int, stop: int) -> float:
    return float(((times >= start) & (times < stop)).sum()) * taken.orders_per_sampled


def _put_right(world: World, taken: Sample, leaf: Period, cells: int) -> float:
    """Products in warehouses that are not as full as they should be after what moved in the leaf before."""
    epoch = midnight(world.config.epoch)
    if leaf.start <= epoch:
        return 0.0
    start, stop = max(LEAVES.at(world.config, leaf.start - 1).start, epoch), leaf.start
    hit = _cells_hit(world, _between(taken, taken.shipped, start, stop), cells) * DISTINCT
    moved = _regular(world, int(world.launches.before(stop)) * world.warehouses, start, stop)
    return hit + moved * (1 - hit / max(cells, 1))


def _share_put_right(leaf: Period, start: int, stop: int) -> float:
    """Share of these that are filled up between two instants: what is wanted often is there before it is wanted."""
    low, high = (max(0, instant - leaf.start) / (leaf.stop - leaf.start) for instant in (start, stop))
    return float(max(0.0, high**EARLY - low**EARLY))


def _cells_hit(world: World, items: float, cells: int) -> float:
    """Products in warehouses of which at least one of so many items is sold, if sales follow popularity."""
    if not cells:
        return 0.0
    weight = world.catalogue.demand[: cells // world.warehouses].astype(np.float64)
    expected = items * weight / weight.sum() / world.warehouses
    return float((-np.expm1(-expected)).sum()) * world.warehouses
