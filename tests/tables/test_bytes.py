"""The same bytes for the same world, however it is cut (D1), and the golden ones."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shardgen.tables.planning import build_plan
from shardgen.world import words_digest
from tests.examples import EVERY
from tests.worlds import TABLES, digest, shard_bytes, small, table_bytes

CONFIG = small()
SPLIT_BY_ID = [table for table in EVERY if table != "inventory"]
NAMED = ("customers", "orders")
GOLDEN = Path(__file__).parent.parent / "golden" / "digests.json"

WORLDS: dict[str, dict[str, Any]] = {
    "small": {},
    "lean, daily leaves, one warehouse": {"raw_data": "lean", "orders_per_day": 20_000, "days": 2, "warehouses": 1},
    "one of each": {"seed": 0, "customers": 1, "products": 1, "orders_per_day": 3, "days": 1, "raw_data": "none"},
}


@cache
def whole(table: str) -> bytes:
    return table_bytes(CONFIG, table)


@pytest.mark.parametrize("table", SPLIT_BY_ID)
@settings(max_examples=12)
@given(data=st.data())
def test_any_split_of_the_id_range_concatenates_to_the_same_bytes(table: str, data: st.DataObject) -> None:
    shards = build_plan(replace(CONFIG, tables=(table,))).shards
    cuts = data.draw(st.lists(st.integers(shards[0].start, shards[-1].stop), max_size=4))
    rows = data.draw(st.integers(1, 5_000))
    bounds = sorted({*cuts, *(shard.stop for shard in shards), *(shard.start for shard in shards)})
    parts = [
        shard_bytes(CONFIG, replace(shards[0], start=low, stop=high), max(rows, (high - low) // 4))
        for low, high in pairwise(bounds)
    ]
    assert b"".join(parts) == whole(table)


@pytest.mark.parametrize("table", EVERY)
@pytest.mark.parametrize("batch_rows", [97, 1_000_000])
def test_any_batch_size_gives_the_same_bytes(table: str, batch_rows: int) -> None:
    assert table_bytes(CONFIG, table, batch_rows) == whole(table)


@pytest.mark.parametrize("table", EVERY)
def test_another_seed_gives_another_world(table: str) -> None:
    assert table_bytes(small(seed=43), table) != whole(table)


@pytest.mark.parametrize("world", WORLDS)
def test_golden_digests(world: str) -> None:
    """Names and streets follow the installed Faker, so the tables that hold them are golden for known words only."""
    config = small(**WORLDS[world])
    golden = json.loads(GOLDEN.read_text())["digests"][world]
    known = words_digest(config.world.seed) == golden["words"]
    tables = [table for table in TABLES if known or table not in NAMED]
    assert {t: digest(table_bytes(config, t)) for t in tables} == {t: golden[t] for t in tables}
