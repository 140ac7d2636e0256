"""The world of one config: its streams of arrivals and its catalogue, built once per process and never changed.

What is built here is small (hours and products, never customers or orders) and a pure function of the config.
"""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np

from shardgen.model.config import WorldConfig
from shardgen.world import customers, geography, products
from shardgen.world.demand import LOCAL_HOUR, Arrivals, Merged, arrivals
from shardgen.world.rng import I64
from shardgen.world.scripts import Scripts, scripts

WEB_PERCENT = 30
"""Orders that are placed in a tracked session."""


class World:
    """Streams and tables that every fact starts from.

    Args:
        config: what the world is.
    """

    def __init__(self, config: WorldConfig) -> None:
        self.config = config
        self.seed = config.seed
        self.warehouses = config.warehouses

    @cached_property
    def _hour_weights(self) -> I64:
        return geography.hour_weights(self.config.epoch, self.config.horizon)

    @cached_property
    def customers(self) -> Arrivals:
        """Registrations: 30 % of them, and at least one, before the epoch."""
        return arrivals(
            self.config,
            "customers.registered",
            self.config.customers,
            hour_weights=self._hour_weights,
            early=_early(self.config.customers, 30),
            lead_days=customers.LEAD_DAYS,
        )

    @cached_property
    def launches(self) -> Arrivals:
        """Product launches: 80 % of them, and at least one, before the epoch."""
        return arrivals(
            self.config,
            "products.launched",
            self.config.products,
            hour_weights=LOCAL_HOUR,
            early=_early(self.config.products, 80),
            lead_days=products.LEAD_DAYS,
        )

    @cached_property
    def catalogue(self) -> products.Catalogue:
        """All products."""
        return products.catalogue(self.seed, self.launches)

    @cached_property
    def web_orders(self) -> Arrivals:
        """Buying sessions: the arrival is the session's start."""
        total = self.config.orders * WEB_PERCENT // 100
        return arrivals(self.config, "orders.web", total, hour_weights=self._hour_weights, visits=True)

    @cached_property
    def orders(self) -> Merged:
        """All orders: those of the web first, then those of the untracked channels."""
        total = self.config.orders - self.web_orders.total
        other = arrivals(self.config, "orders.other", total, hour_weights=self._hour_weights)
        return Merged(self.web_orders, other)

    @cached_property
    def sessions(self) -> Merged:
        """All tracked sessions: the buying ones first, then those that only browse."""
        total = max(0, self.config.sessions - self.web_orders.total)
        browsing = arrivals(self.config, "sessions.browsing", total, hour_weights=self._hour_weights, visits=True)
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
    def scripts(self) -> Scripts:
        """What may happen in a session."""
        return scripts(self.seed)


@lru_cache(maxsize=2)
def build_world(config: WorldConfig) -> World:
    """The world of a config; one per process is kept."""
    return World(config)


def _early(total: int, percent: int) -> int:
    return min(total, max(1, total * percent // 100))
