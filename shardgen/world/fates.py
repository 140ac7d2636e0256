"""What becomes of an order after it is placed: when it is taken up, leaves, arrives, is cancelled, comes back.

An order is *planned* by its number alone. What is out of stock where it is due then waits, or ships from a second
warehouse, or the order is cancelled; how long a parcel is on the way follows from the distance. When things come back
is planned behind the latest arrival, so that whoever asks for the returns of a month need not know any warehouse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shardgen.world import orders, shortages, zones
from shardgen.world.calendar import months
from shardgen.world.demand import DAY, HOUR
from shardgen.world.orders import MINUTE, NEVER, SECOND, STORE, Items, Orders, Sources
from shardgen.world.picking import picked
from shardgen.world.rng import I64, below, between, chance, exponential_table, lognormal_table
from shardgen.world.world import FARTHEST, NEAREST, World

Mask = NDArray[np.bool_]

CANCELLED = 0.035
PROCESSING = lognormal_table(25 * 60, 0.9, 1024)
"""Seconds until an order is taken up."""
SHIPPING = np.clip(lognormal_table(24 * 3600, 0.65, 1024), 2 * 3600, 9 * 86400)
"""Seconds until a parcel leaves."""
TRANSIT = np.clip(lognormal_table(50 * 3600, 0.5, 1024), 8 * 3600, 7 * 86400)
"""Seconds on the way over some 700 km, Sundays left out."""
LONGEST = 15 * DAY
"""On the way at most, Sundays left out."""
FIRST_ROUND = 8 * HOUR
"""Parcels are handed over in the twelve hours from then on by the clocks there, and on no Sunday."""
MONDAY, WEEK, WORKING_WEEK = 4 * DAY, 7 * DAY, 6 * DAY
"""The first Monday after 1970-01-01; six days of a week are worked."""
CANCELLING = np.clip(exponential_table(5 * 3600, 1024), 120, 2 * 86400)
"""Seconds until an order is cancelled."""
MAX_FATE = 61 * DAY
"""Nothing happens to an order later than this after it was placed: 10 days to ship, 20 on the way, 30 to return."""
SOONEST_RETURN, RETURNING = 10, 22 * 24
"""Hours from the latest arrival to a return."""

PATIENT, MOST_PATIENCE = 0.4, 10 * DAY - HOUR
"""Share of orders that wait for what is out of stock, and how long after they were placed."""
QUEUE = 5 * 3600
"""Seconds from a delivery to the last parcel that waited for it, at most."""
ELSEWHERE = 0.88
"""Chance that somebody looks for it in another warehouse."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """What n orders are meant to do; instants or NEVER, of shape (n,)."""

    processing: I64
    shipped: I64
    cancelled: I64
    returned: I64
    """When what comes back comes back, if anything does."""
    transit: I64
    """On the way over a middling distance, Sundays left out."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parcels:
    """One of each of n orders; arrays of shape (n,)."""

    warehouse: I64
    """Where it comes from, 1 to the number of warehouses."""
    shipped: I64
    delivered: I64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fate:
    """When things happen to n orders; instants or NEVER, of shape (n,)."""

    processing: I64
    shipped: I64
    """When all of it has left."""
    delivered: I64
    """When all of it has arrived."""
    cancelled: I64
    returned: I64
    """When what comes back comes back, if anything does."""
    first: Parcels
    second: Parcels
    """From another warehouse; NEVER of most orders."""
    parts: Mask
    """Whether there is a second parcel."""
    moved: Mask
    """Which items are in the second one, of shape (items,)."""

    def take(self, rows: I64, items: I64) -> Fate:
        """What becomes of the orders at these rows.

        Args:
            items: rows of their items.
        """
        return picked(self, rows, moved=items)

    def sources(self, order: I64) -> tuple[I64, I64]:
        """From which warehouse, and when, each item leaves.

        Args:
            order: row of each item's order.
        """
        warehouse = np.where(self.moved, self.second.warehouse[order], self.first.warehouse[order])
        return warehouse, np.where(self.moved, self.second.shipped[order], self.first.shipped[order])


def plan(seed: int, placed: Orders) -> Plan:
    """What is meant to happen to the orders."""

    def lag(stream: str, table: I64) -> I64:
        seconds = table[below(seed, stream, placed.number, len(table))]
        return seconds * SECOND + below(seed, f"{stream}_fraction", placed.number, SECOND)

    def minutes(stream: str, low: int, high: int) -> I64:
        return between(seed, stream, placed.number, low * MINUTE, high * MINUTE)

    store = placed.channel == STORE
    to_ship = np.where(store, minutes("orders.handover", 2, 14), lag("orders.shipping", SHIPPING))
    transit = np.where(store, minutes("orders.pickup", 1, 12), lag("orders.transit", TRANSIT))
    processing = placed.placed + np.minimum(lag("orders.processing", PROCESSING), to_ship // 2)
    cancelled = ~store & chance(seed, "orders.cancelled", placed.number, CANCELLED)
    cancelled_at = placed.placed + lag("orders.cancelling", CANCELLING)
    shipped = placed.placed + to_ship
    return Plan(
        processing=np.where(cancelled & (processing >= cancelled_at), NEVER, processing),
        shipped=np.where(cancelled, NEVER, shipped),
        cancelled=np.where(cancelled, cancelled_at, NEVER),
        returned=np.where(cancelled, NEVER, _returned(seed, placed, shipped, transit)),
        transit=transit,
    )


def _returned(seed: int, placed: Orders, shipped: I64, transit: I64) -> I64:
    """When things come back: after the parcel is there, wherever it came from, and within the 30 days from then."""
    late = _arrival(placed, shipped - shipped % DAY + DAY, transit, FARTHEST)
    soon = shipped + transit * NEAREST // 1000 - 4 * HOUR
    room = np.minimum((soon + 30 * DAY - late) // HOUR - 1, RETURNING)
    hours = between(seed, "orders.returned", placed.number, SOONEST_RETURN, room)
    return late + hours * HOUR + between(seed, "orders.returned_minute", placed.number, 0, 59) * MINUTE


def _arrival(placed: Orders, shipped: I64, transit: I64, distance: I64 | int) -> I64:
    """When parcels are handed over: carriers rest on Sundays, and ring by day.

    Args:
        distance: factor on the transit, per mille.
    """
    local = zones.local_times(placed.zone, shipped) - MONDAY
    worked = local // WEEK * WORKING_WEEK + np.minimum(local % WEEK, WORKING_WEEK)
    worked = worked + np.minimum(transit * distance // 1000, LONGEST)
    rest = worked % WORKING_WEEK
    arrived = worked // WORKING_WEEK * WEEK + rest
    handed_over = arrived - rest % DAY + FIRST_ROUND + rest % DAY // 2
    return np.where(placed.channel == STORE, shipped + transit, shipped + handed_over - local)


def returned(fate: Fate, lines: Items) -> I64:
    """When something comes back of the orders, NEVER where nothing does."""
    some = (np.add.reduceat(lines.returned, lines.starts) > 0) if len(lines.starts) else fate.returned > 0
    return np.where(some, fate.returned, NEVER)


def changes(placed: Orders, fate: Fate, back: I64) -> list[I64]:
    """When what is told of the orders changes, apart from their payments; NEVER where something does not happen.

    Args:
        back: when something comes back, see :func:`returned`.
    """
    parcels = (fate.first.shipped, fate.first.delivered, fate.second.shipped, fate.second.delivered)
    return [placed.placed, fate.processing, fate.cancelled, back, *parcels]


def patient(seed: int, number: I64) -> Mask:
    """Whether orders would wait for what is out of stock."""
    return chance(seed, "orders.waits", number, PATIENT)


def of_orders(world: World, placed: Orders) -> Fate:
    """What becomes of orders of which nothing else is known yet."""
    return of(world, placed, orders.items(world, placed), orders.sources(world, placed))


def of(world: World, placed: Orders, lines: Items, sources: Sources) -> Fate:
    """What becomes of the orders."""
    planned = plan(world.seed, placed)
    routes = _Routes(
        shipped=planned.shipped.copy(),
        warehouse=sources.warehouse.copy(),
        cancelled=planned.cancelled.copy(),
        second=np.full(len(placed.number), NEVER),
        other=sources.warehouse.copy(),
        moved=np.zeros(len(lines.order), dtype=np.bool_),
    )
    short = _short(world, lines, planned, sources)
    if short.any():
        _reroute(world, placed, lines, planned, short, routes)
    lost = routes.cancelled != NEVER
    first = _parcels(world, placed, planned, sources, routes.warehouse, np.where(lost, NEVER, routes.shipped))
    second = _parcels(world, placed, planned, sources, routes.other, routes.second)
    parts = routes.second != NEVER
    return Fate(
        processing=np.where(lost & (planned.processing >= routes.cancelled), NEVER, planned.processing),
        shipped=np.where(parts, np.maximum(first.shipped, second.shipped), first.shipped),
        delivered=np.where(parts, np.maximum(first.delivered, second.delivered), first.delivered),
        cancelled=routes.cancelled,
        returned=np.where(lost, NEVER, planned.returned),
        first=first,
        second=second,
        parts=parts,
        moved=routes.moved,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Routes:
    """How orders ship, changed in place; arrays of shape (n,) but for ``moved``."""

    shipped: I64
    warehouse: I64
    cancelled: I64
    second: I64
    """When a second parcel ships, or NEVER."""
    other: I64
    """Where it ships from."""
    moved: Mask
    """Which items are in it, of shape (items,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choices:
    """What can be done about n orders that have something out of stock; arrays of shape (n,)."""

    waits: Mask
    later: I64
    """When it would ship then."""
    moves: Mask
    other: I64
    """The warehouse that has what is out of stock."""
    today: I64
    """When that would ship, on the same day."""


def _short(world: World, lines: Items, planned: Plan, sources: Sources) -> I64:
    """When each item is there again that is out of stock where and when it is due; 0 for all others."""
    ships = planned.shipped != NEVER
    month = months(np.where(ships, planned.shipped, 0) // DAY)
    rows = np.flatnonzero(ships[lines.order])
    order, short = lines.order[rows], np.zeros(len(lines.order), dtype=np.int64)
    warehouse, due = sources.warehouse[order], planned.shipped[order]
    short[rows] = shortages.ends(world, lines.product[rows], warehouse, due, month[order])
    return short


def _reroute(world: World, placed: Orders, lines: Items, planned: Plan, short: I64, routes: _Routes) -> None:
    """Let orders that have something out of stock wait, ship from elsewhere or in parts, or be cancelled."""
    touched = np.zeros(len(placed.number), dtype=np.bool_)
    touched[lines.order[short > 0]] = True
    which, rows = np.flatnonzero(touched), np.flatnonzero(touched[lines.order])
    own = (np.cumsum(touched) - 1)[lines.order[rows]]
    some, due = placed.take(which), planned.shipped[which]
    items = _Items(order=own, product=lines.product[rows], warehouse=routes.warehouse[which][own], short=short[rows])
    choice = _choices(world, some, due, items)
    waits = choice.waits & (
        _arrival(some, choice.later, planned.transit[which], FARTHEST) < planned.returned[which] - HOUR
    )
    moves = choice.moves & ~waits
    lost = ~waits & ~moves & (some.channel != STORE)
    kept = np.zeros(len(which), dtype=np.bool_)
    kept[own[items.short == 0]] = True
    whole, parts = moves & ~kept, moves & kept
    routes.shipped[which] = np.where(waits, choice.later, np.where(whole, choice.today, due))
    routes.warehouse[which[whole]] = choice.other[whole]
    routes.second[which[parts]], routes.other[which[parts]] = choice.today[parts], choice.other[parts]
    routes.moved[rows] = parts[own] & (items.short > 0)
    given_up = between(world.seed, "orders.given_up", some.number, 512, 1023)
    routes.cancelled[which[lost]] = (some.placed + ((due - some.placed) >> 10) * given_up)[lost]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Items:
    """The items of orders that have something out of stock; arrays of shape (items,)."""

    order: I64
    product: I64
    warehouse: I64
    short: I64


def _choices(world: World, placed: Orders, due: I64, items: _Items) -> _Choices:
    """What can be done; a second parcel leaves on the day of the first, so that a month's parcels stay its own."""
    seed, number, store = world.seed, placed.number, placed.channel == STORE
    later = np.zeros(len(number), dtype=np.int64)
    np.maximum.at(later, items.order, items.short)
    later += (60 + below(seed, "orders.queue", number, QUEUE)) * SECOND
    waits = ~store & patient(seed, number) & (later - placed.placed < MOST_PATIENCE)
    waits[items.order[shortages.ends(world, items.product, items.warehouse, later[items.order]) > 0]] = False
    step = below(seed, "orders.elsewhere", number, max(1, world.warehouses - 1))
    other = 1 + (items.warehouse + step[items.order]) % world.warehouses
    to_midnight = DAY - due % DAY
    today = due + below(seed, "orders.second_parcel", number, 1 << 20) * (to_midnight >> 20)
    today = np.where(store, due, today)
    moves = store | chance(seed, "orders.looked_for", number, ELSEWHERE)
    moves &= world.warehouses > 1
    gone = shortages.ends(world, items.product, other, today[items.order]) > 0
    moves[items.order[gone & (items.short > 0)]] = False
    found = np.zeros(len(number), dtype=np.int64)
    found[items.order] = other
    return _Choices(waits=waits, later=later, moves=moves, other=found, today=today)


def _parcels(world: World, placed: Orders, planned: Plan, sources: Sources, warehouse: I64, shipped: I64) -> Parcels:
    """Parcels that leave at some time; NEVER where none does."""
    delivered, rows = np.full(len(shipped), NEVER), np.flatnonzero(shipped != NEVER)
    distance = world.distances[warehouse[rows] - 1, sources.place[rows]]
    delivered[rows] = _arrival(placed.take(rows), shipped[rows], planned.transit[rows], distance)
    return Parcels(warehouse=warehouse, shipped=shipped, delivered=delivered)
