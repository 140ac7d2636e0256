"""Beyond the horizon every stream goes on, and nothing of before depends on how far."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from shardgen.model.config import PlanConfig
from shardgen.world import World
from tests.worlds import TABLES, digest, small, table_bytes

WORLDS: dict[str, dict[str, Any]] = {
    "ends within a month": {"days": 45, "end": date(2025, 5, 17)},
    "ends with a month": {"days": 31, "end": date(2025, 6, 1)},
    "daily leaves": {"days": 3, "end": date(2025, 5, 17), "orders_per_day": 6_000, "customers": 3_000},
    "beyond it": {"days": 70, "horizon": 20, "end": date(2025, 5, 17), "orders_per_day": 20, "sessions_per_day": 40},
    "one of each": {"days": 1, "customers": 1, "products": 1, "orders_per_day": 1},
}
LATER = timedelta(days=500)


@pytest.fixture(params=WORLDS)
def config(request: pytest.FixtureRequest) -> PlanConfig:
    return small(**WORLDS[request.param])


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("history", ["latest", "versions"])
def test_a_window_is_the_same_whatever_the_world_is_known_for(
    config: PlanConfig, table: str, history: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(config, history=history, tables=(table,))
    alone = digest(table_bytes(config, table))
    further = World(config.world, config.end + LATER)
    monkeypatch.setattr("shardgen.tables.feed.build_world", lambda *_: further)
    assert digest(table_bytes(config, table)) == alone
