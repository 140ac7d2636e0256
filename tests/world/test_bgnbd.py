"""The textbook's model of buying till one dies, fitted to a sparse shop, finds what it finds in real ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from shardgen.world import orders
from shardgen.world.demand import DAY, midnight
from shardgen.world.world import World
from tests.worlds import small

FIRST_QUARTER, WATCHED = 91, 273
"""Days in which the cohort buys first, and days that it is watched for."""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_bg_nbd_finds_as_much_difference_between_buyers_as_in_real_shops() -> None:
    import lifetimes  # which warns of pandas when it is imported

    year = small(days=365, end=date(2026, 1, 1), customers=60_000, orders_per_day=150, products=100).world
    world = World(replace(year, seed=42))
    placed = orders.select(world, 0, world.orders.total)
    day = (placed.placed - midnight(year.epoch)) // DAY
    who, day = np.unique(np.stack([orders.buyers(world, placed).number, day]), axis=1)
    first, last = np.full(year.customers, year.horizon), np.zeros(year.customers, dtype=np.int64)
    np.minimum.at(first, who, day)
    cohort, seen = first < FIRST_QUARTER, day < WATCHED
    np.maximum.at(last, who[seen], day[seen])
    again = np.bincount(who[seen], minlength=year.customers)[cohort] - 1
    model = lifetimes.BetaGeoFitter(penalizer_coef=0.001)
    model.fit(again, (last - first)[cohort] / 7, (WATCHED - first)[cohort] / 7)
    assert 0.15 < model.params_["r"] < 0.6
