"""Why somebody comes: to look at what a later order of the same era will be of, or because a mail called them.

Counts do not change: a browsing session that might be anybody's is that of a buyer some days before the order, or
of whoever left a cart behind. Whom it takes from, or what it leads to, lies within two weeks, and is found without a
search through them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shardgen.world import orders
from shardgen.world.baskets import Baskets
from shardgen.world.demand import DAY, HOUR
from shardgen.world.rng import I64, below, chance, uniform
from shardgen.world.world import World

Mask = NDArray[np.bool_]

VISITS_AN_ORDER = 1.5
"""Earlier visits that an order of the web shop has on average, where there are enough sessions."""
MOST = 0.5
"""Share of an hour's sessions that may lead to orders."""
LEADS = 12
"""Hours that the sessions of an hour lead to: few, so that they are looked up together."""
LAG_STEPS = 1024
LAG = 4 + 326 * np.arange(LAG_STEPS) ** 2 // LAG_STEPS**2
"""Hours from a visit to the order: often a day, at most two weeks; a visit is over by then."""

REMINDED = (4 * HOUR, 13 * DAY // 2)
"""How long ago the visit was that left the cart behind that somebody is reminded of."""
TRIES = 24
NONE = -1
ABLE = 0.53
"""Share of browsing sessions that are able to lead to an order."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ahead:
    """Sessions that lead to an order, and those orders; arrays of shape (n,)."""

    row: I64
    """Row of the session."""
    order: orders.Orders


def leads(world: World, key: I64, began: I64, able: Mask) -> tuple[Mask, I64]:
    """Whether sessions lead to an order, and the hour (of the stream of orders) in which it is placed.

    Args:
        able: sessions of people who look around for long enough.
    """
    seed, web, browsing = world.seed, world.web_orders, world.sessions.second
    hour = (began - world.orders.arrivals.origin) // HOUR
    last = world.eras.end(hour)
    lead = below(seed, "journeys.lead", key, LEADS)
    ahead = hour + LAG[below(seed, "journeys.lag", hour * LEADS + lead, LAG_STEPS)]
    placed = web.hourly[np.minimum(ahead + 1, last)] - web.hourly[np.minimum(ahead, last)]
    there = np.minimum(hour + 1, last)
    come = browsing.hourly[there] - browsing.hourly[there - 1]
    share = np.minimum(VISITS_AN_ORDER * placed / (np.maximum(come, 1) * ABLE), MOST)
    return able & chance(seed, "journeys.leads", key, share), ahead


def ahead(world: World, key: I64, began: I64, able: Mask) -> Ahead:
    """The orders that some sessions lead to."""
    found, hour = leads(world, key, began, able)
    row = np.flatnonzero(found)
    hours, which = np.unique(hour[row], return_inverse=True)
    placed = world.web_orders.hourly[hours + 1] - world.web_orders.hourly[hours]
    place = (uniform(world.seed, "journeys.order", key[row]) * placed[which]).astype(np.int64)
    return Ahead(row=row, order=orders.of_hours(world, hours, which, place))


def looked_at(world: World, key: I64, began: I64, filled: Baskets, basket: I64) -> I64:
    """One of the items of the order that each session leads to; NONE where it was not launched yet.

    Args:
        basket: of the order, among those that are filled.
    """
    item = filled.starts[basket] + below(world.seed, "journeys.item", key, filled.counts[basket])
    product = filled.product[item]
    return np.where(world.catalogue.born[product] < began // DAY, product, NONE)


def left_behind(world: World, key: I64, began: I64, holds: Callable[[I64], Mask]) -> I64:
    """Number of the browsing session whose cart each reminder is about, NONE where none is found.

    Args:
        holds: whether browsing sessions of these numbers left a cart behind, and are nobody's journey.
    """
    latest, earliest = (world.sessions.second.before(began - lag) for lag in REMINDED)
    rows = np.flatnonzero(latest > earliest)
    late = uniform(world.seed, "journeys.cart", key[rows, None], np.arange(1, TRIES + 1))
    own = latest[rows, None] - 1 - (late * late * (latest - earliest)[rows, None]).astype(np.int64)
    held = holds(own.ravel()).reshape(own.shape)
    first = held.argmax(axis=1)
    found = np.full(len(key), NONE)
    found[rows] = np.where(held.any(axis=1), own[np.arange(len(rows)), first], NONE)
    return found
