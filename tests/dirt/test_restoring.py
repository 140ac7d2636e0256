"""The answer key applied to dirty rows gives the clean ones, byte for byte, whatever kinds have spoilt them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest

from shardgen.columns.batch import Batch
from shardgen.dirt.kinds import kinds
from shardgen.dirt.restoring import Restorer, number
from shardgen.model.config import PlanConfig
from shardgen.model.plan import Shard
from shardgen.repair.feed import values_of
from shardgen.stores.apart import fields, rows, value
from shardgen.stores.copy import Encoder
from shardgen.tables import table_of
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from tests.dirt.worlds import dirty
from tests.worlds import TABLES


def rows_of(config: PlanConfig, shard: Shard) -> list[dict[str, Any]]:
    """What a place would give back of a shard."""
    table = table_of(config, shard.table)
    stream = chain.from_iterable(map(Encoder(table).rows, Feed(config).batches(shard, 700)))
    found = [
        {column.name: value(column.type, field) for column, field in zip(table.columns, fields(row), strict=True)}
        for row in rows(stream)
    ]
    return sorted(found, key=lambda row: (number(row[table.key[0]]), row["ingestion_timestamp"]))


def restored(config: PlanConfig, shard: Shard) -> Iterator[dict[str, Any]]:
    table = table_of(config, shard.table)
    return Restorer(table=table, shard=shard).rows(rows_of(config, shard), Feed(config).defects(shard))


def encoded(config: PlanConfig, table: str, made: list[dict[str, Any]]) -> bytes:
    found = table_of(config, table)
    batch = Batch(table=found, num_rows=len(made), columns=values_of(found, made))
    return b"".join(Encoder(found).rows(batch)) if made else b""


def assert_restored(config: PlanConfig, tables: tuple[str, ...] = TABLES) -> None:
    from dataclasses import replace

    clean, plan = replace(config, dirt=None), build_plan(config)
    for shard in (each for name in tables for each in plan.of(name)):
        planned = b"".join(
            chain.from_iterable(map(Encoder(table_of(clean, shard.table)).rows, Feed(clean).batches(shard, 8192)))
        )
        assert encoded(config, shard.table, list(restored(config, shard))) == planned, shard.id


@pytest.mark.parametrize("history", ["latest", "versions"])
def test_the_key_of_a_hostile_load_gives_the_clean_rows_byte_for_byte(history):
    assert_restored(dirty("hostile", history=history))


@pytest.mark.parametrize("mode", ["lean", "none"])
def test_the_key_gives_the_clean_rows_whatever_raw_data_holds(mode):
    """Of a lean record the only key may be gone."""
    assert_restored(dirty("key_dropped=0.3,key_renamed.clickstream=0.05,null=0.1", days=3, raw_data=mode))


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["light", "realistic", "hostile"])
@pytest.mark.parametrize("seed", [42, *(pytest.param(seed, marks=pytest.mark.time) for seed in (0, 1, 2, 2**63 - 1))])
def test_the_key_gives_the_clean_rows_of_any_seed_and_preset(preset, seed):
    assert_restored(dirty(preset, seed=seed))


@pytest.mark.time
@pytest.mark.parametrize("kind", kinds())
def test_the_key_undoes_each_kind_alone_at_a_high_rate(kind):
    assert_restored(dirty(f"{kind}=0.4", seed=7), tuple(kinds()[kind].weights))
