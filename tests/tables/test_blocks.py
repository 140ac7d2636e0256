"""Canonical blocks: the same for every place of one plan, and nothing is in two of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from shardgen.tables import dataset
from shardgen.tables.blocks import Blocks
from shardgen.tables.feed import Feed
from shardgen.tables.files import BYTES, ROWS
from shardgen.tables.planning import build_plan
from shardgen.tables.wanted import plan_config
from tests.worlds import TABLES

LARGE = {"today": date(2026, 1, 1), "days": 61, "scale": 400, "products": 500}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("how", [{"today": date(2026, 1, 10), "days": 40}, LARGE], ids=["small", "large"])
def test_shards_of_a_database_are_blocks_and_files_are_several_of_them(table, how):
    config = plan_config(tables=(table,), **how)
    lake = replace(config, format="parquet")
    blocks = [Blocks(config, shard).only for shard in build_plan(config).shards]
    assert blocks == [shard.id for shard in build_plan(config).shards]
    assert [name for shard in build_plan(lake).shards for name in Blocks(lake, shard)._names] == blocks


@pytest.mark.parametrize("table", TABLES)
def test_files_are_large_and_not_too_large_and_lie_in_one_month_each(table):
    shards = build_plan(replace(plan_config(tables=(table,), **LARGE), format="parquet")).shards
    whole = build_plan(plan_config(tables=(table,), **LARGE)).shards
    assert sum(shard.rows for shard in shards) == sum(shard.rows for shard in whole)
    assert len({shard.id for shard in shards}) == len(shards) <= len(whole)
    assert all(shard.rows <= max(ROWS, *(each.rows for each in whole)) for shard in shards)
    assert all(shard.bytes <= max(BYTES, *(each.bytes for each in whole)) for shard in shards)
    assert all(f"{s.leaf.lower:%Y-%m}" in s.id for s in shards if s.leaf)
    assert all(shard.id.endswith("-until-2026-01-01") for shard in shards)


def test_versions_lie_in_the_blocks_of_their_records():
    config = replace(plan_config(tables=("reviews",), today=date(2026, 1, 1), orders_per_day=400), history="versions")
    lake = replace(config, format="parquet")
    [file] = build_plan(lake).shards
    blocks = Blocks(lake, file)
    for shard in build_plan(config).shards:
        batch = next(Feed(config).batches(shard, 5_000))
        assert len(np.unique(batch.numbers)) < batch.num_rows
        assert [run.block for run in blocks.runs(batch.numbers + 1, None)] == [shard.id]


def test_rows_are_told_apart_by_the_block_that_they_lie_in():
    config = plan_config(tables=("customers",), today=date(2026, 1, 1), customers=300_000, format="parquet")
    [shard] = build_plan(config).shards
    numbers = np.arange(99_999, 100_003)
    runs = Blocks(config, shard).runs(numbers, None)
    assert [(run.block[-6:], run.start, run.stop) for run in runs] == [("000000", 0, 2), ("100000", 2, 4)]
    assert dataset()["customers"].table.space.children == 1
