"""Worlds in which something is missing, or there is but one of it, are worlds: planned, and built to the last row."""

from __future__ import annotations

import pytest

from shardgen.tables.planning import build_plan
from tests.worlds import shard_bytes, small

NOTHING = {"customers": 0, "products": 0, "orders_per_day": 0, "sessions_per_day": 0}


@pytest.mark.parametrize("days", [1, 3])
@pytest.mark.parametrize(
    "volumes",
    [
        NOTHING,
        {"products": 0, "orders_per_day": 0, "sessions_per_day": 0},
        {"customers": 0, "orders_per_day": 0},
        {"orders_per_day": 0},
        {"sessions_per_day": 0},
        {"review_rate": 0},
        {"review_rate": 1},
        {"warehouses": 1, "products": 1},
        {"customers": 1, "products": 1, "orders_per_day": 1, "sessions_per_day": 1},
    ],
    ids=str,
)
def test_a_world_that_lacks_something_is_built(volumes, days):
    config = small(**volumes, days=days)
    size = {shard.id: len(shard_bytes(config, shard)) for shard in build_plan(config).shards}
    assert any(size.values()) == (volumes != NOTHING)
