"""Beyond the horizon every stream goes on, and nothing of before depends on how far."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest

from shardgen.model.config import PlanConfig
from shardgen.world import World, orders
from shardgen.world.demand import midnight
from tests.worlds import TABLES, digest, small, table_bytes

FEW = {"orders_per_day": 20, "sessions_per_day": 20}
WORLDS: dict[str, dict[str, Any]] = {
    "ends within a month": {"days": 45, "end": date(2025, 5, 17), **FEW},
    "ends with a month": {"days": 31, "end": date(2025, 6, 1), **FEW},
    "daily leaves": {"days": 2, "end": date(2025, 5, 17), **FEW, "orders_per_day": 5_000, "customers": 2_000},
    "beyond it": {"days": 70, "horizon": 20, "end": date(2025, 5, 17), "orders_per_day": 10, "sessions_per_day": 10},
    "one of each": {"days": 1, "customers": 1, "products": 1, "orders_per_day": 1},
}
LATER = timedelta(days=500)


@pytest.fixture(
    params=[
        pytest.param(name, marks=pytest.mark.slow if name in {"ends with a month", "daily leaves"} else ())
        for name in WORLDS
    ]
)
def config(request: pytest.FixtureRequest) -> PlanConfig:
    return small(**WORLDS[request.param])


@cache
def known_further(config: PlanConfig) -> World:
    return World(config.world, config.end + LATER)


CHANGING = ("customers", "products", "orders", "reviews")


@pytest.mark.parametrize(
    ("table", "history"), [*((name, "latest") for name in TABLES), *((name, "versions") for name in CHANGING)]
)
def test_a_window_is_the_same_whatever_the_world_is_known_for(
    config: PlanConfig, table: str, history: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    further = known_further(config)
    config = replace(config, history=history, tables=(table,))
    alone = digest(table_bytes(config, table))
    monkeypatch.setattr("shardgen.tables.feed.build_world", lambda *_: further)
    assert digest(table_bytes(config, table)) == alone


def test_baskets_are_as_full_after_the_horizon_as_before_it() -> None:
    config = small(days=120, horizon=60, products=1_000, orders_per_day=50, customers=1_000)
    world = World(config.world, config.end)
    last = int(world.orders.before(midnight(config.end)))
    few, more = (_items(world, start) for start in (0, last - 3_000))
    assert more == pytest.approx(few, rel=0.05)


def _items(world: World, start: int) -> float:
    placed = orders.select(world, start, start + 3_000)
    return len(orders.items(world, placed).order) / len(placed.number)
