"""The world of one config: its streams of arrivals and its catalogue, built once per process and never changed.

What is built here is small (hours and products, never customers or orders) and a pure function of the config. It is
tabulated for the horizon, or further, an era after the other; nothing depends on how far.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property, lru_cache

import numpy as np

from shardgen.model.config import WorldConfig
from shardgen.world import eras, geography, lives, products, rings, zones
from shardgen.world.demand import Arrivals, Merged, arrivals, by_the_clock
from shardgen.world.order_stream import OrderStream, WebOrders
from shardgen.world.registrations import Registrations
from shardgen.world.rng import I64
from shardgen.world.scripts import Scripts, scripts
from shardgen.world.shop import Shop

NEAREST, FARTHEST = 550, 2_200
"""How long parcels are on the way round the corner and to the other end of the world, per mille of the usual."""
HALF_WAY = 3_000
"""Kilometres over which half of that is reached: what goes far goes by air."""
EARLY_PERCENT = 80
"""Products that are launched before the epoch."""


class World:
    """Streams and tables that every fact starts from.

    Args:
        config: what the world is.
        end: first day after what is asked of it, which may lie beyond the horizon.
    """

    def __init__(self, config: WorldConfig, end: date | None = None) -> None:
        self.config = config
        self.eras = eras.until(config, end)
        self.seed = config.seed
        self.warehouses = config.warehouses

    @property
    def _days(self) -> int:
        """Days for which visits are known: a walk-in registers in the hour before the first order."""
        return self.eras.days + 1

    @cached_property
    def customers(self) -> Registrations:
        """Registrations: 30 % of them, and at least one, before the epoch."""
        return Registrations(self.config, self.eras, self.orders.columns)

    @cached_property
    def buyers(self) -> lives.Table:
        """How likely customers are to order."""
        return lives.table(self.customers, lives.ACTIVITY, lives.DAYS, lives.REST_DAYS)

    @cached_property
    def visitors(self) -> lives.Table:
        """How likely customers are to come and look: by themselves, or since a mail welcomes or misses them."""
        at_once = np.zeros(lives.LIVES, dtype=np.int64)
        occasions = {
            lives.LOOKS_IN: (lives.VISITS, lives.VISIT_DAYS, at_once),
            lives.IS_WELCOMED: (lives.NEWCOMERS, lives.WELCOME_DAYS, at_once),
            lives.IS_MISSED: (lives.SLEEPERS, lives.FORGOTTEN_DAYS, lives.ASLEEP),
        }
        return lives.stacked([lives.table(self.customers, *occasions[each]) for each in sorted(occasions)])

    @cached_property
    def rings(self) -> rings.Rings:
        """Customers behind whom are the same people."""
        return rings.rings(self.customers.families)

    @cached_property
    def launches(self) -> Arrivals:
        """Product launches: 80 % of them, and at least one, before the epoch."""
        total = self.config.products
        return arrivals(
            self.config,
            "products.launched",
            total,
            days=self.eras.days,
            activity=by_the_clock,
            early=min(total, max(1, total * EARLY_PERCENT // 100)),
            lead=np.full(products.LEAD_DAYS, 1, dtype=np.int64),
        )

    @cached_property
    def shop(self) -> Shop:
        """What is sold, and when."""
        return Shop(self.config, self.eras, self.launches)

    @property
    def catalogue(self) -> products.Catalogue:
        """All products."""
        return self.shop.catalogue

    @cached_property
    def orders(self) -> OrderStream:
        """All orders."""
        total, days = self.config.orders, self._days
        placed = arrivals(self.config, "orders.placed", total, days=days, activity=zones.activity)
        return OrderStream(placed, self.eras.hours[-1])

    @property
    def web_orders(self) -> WebOrders:
        """Buying sessions: the arrival is the session's start."""
        return self.orders.web

    @cached_property
    def sessions(self) -> Merged:
        """All tracked sessions: the buying ones first, then those that only browse."""
        total = max(0, self.config.sessions - int(self.web_orders.hourly[self.eras.hours[0]]))
        days = self._days
        browsing = arrivals(self.config, "sessions.browsing", total, days=days, activity=zones.of_all, visits=True)
        return Merged(self.web_orders, browsing)

    @cached_property
    def serving_warehouse(self) -> I64:
        """Warehouse (from 0) that serves each place: countries, or cities where there are more warehouses than
        countries, dealt out from the largest on to whichever warehouse has least to do.
        """
        weights = geography.weights()
        few = self.warehouses <= len(geography.COUNTRY_INDEX)
        area = geography.COUNTRY_OF if few else np.arange(len(weights))
        size = np.bincount(area, weights=weights)
        load, serving = np.zeros(self.warehouses), np.zeros(len(size), dtype=np.int64)
        for number in np.argsort(-size, kind="stable"):
            serving[number] = np.argmin(load)
            load[serving[number]] += size[number]
        return serving[area]

    @cached_property
    def seats(self) -> I64:
        """The place of each warehouse (from 0): the largest that it serves; one that serves none has any."""
        weights, serving = geography.weights(), self.serving_warehouse
        seats = np.arange(self.warehouses) % len(weights)
        rising = np.argsort(weights, kind="stable")
        seats[serving[rising]] = rising
        return seats

    @cached_property
    def distances(self) -> I64:
        """How long parcels are on the way from each warehouse (from 0) to each place, per mille of the usual."""
        kilometres = geography.kilometres(self.seats)
        return NEAREST + (FARTHEST - NEAREST) * kilometres // (kilometres + HALF_WAY)

    @cached_property
    def scripts(self) -> Scripts:
        """What may happen in a session."""
        return scripts(self.seed)


def build_world(config: WorldConfig, end: date | None = None) -> World:
    """The world of a config; one per process is kept.

    Args:
        end: first day after what is asked of it, which may lie beyond the horizon.
    """
    return _built(config, eras.until(config, end).last)


@lru_cache(maxsize=2)
def _built(config: WorldConfig, end: date) -> World:
    return World(config, end)
