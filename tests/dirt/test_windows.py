"""A window of dirty rows: with what was there before it, it makes what is there at its end, copy by copy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import chain
from typing import Any

import pytest

from shardgen.dirt.kinds import kinds
from shardgen.model.config import PlanConfig
from shardgen.model.plan import Shard
from shardgen.stores.apart import rows as apart
from shardgen.stores.copy import Encoder
from shardgen.tables import table_of
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from tests.dirt.worlds import dirty

SINCE = date(2026, 1, 1)
Rows = Counter[tuple[str, bytes]]


def world(dirt: str, **changes: Any) -> PlanConfig:
    """Forty days that end where windows begin."""
    volumes = {"customers": 120, "products": 40, "orders_per_day": 6, "sessions_per_day": 8, "review_rate": 1}
    return dirty(dirt, **{**volumes, "days": 40, "end": SINCE, **changes})


def window(config: PlanConfig, days: int) -> PlanConfig:
    return replace(config, since=config.end, end=config.end + timedelta(days=days))


def rows(config: PlanConfig, make: str = "batches", wanted: Callable[[Shard], bool] = lambda shard: True) -> Rows:
    """COPY rows of a plan, and how often each is there."""
    found: Rows = Counter()
    for shard in filter(wanted, build_plan(config).shards):
        encoder, made = Encoder(table_of(config, shard.table)), getattr(Feed(config), make)(shard, 500)
        found.update((shard.table, row) for row in apart(chain.from_iterable(map(encoder.rows, made))))
    return found


def assert_brought_forward(config: PlanConfig, *steps: int) -> None:
    """Windows of some days, one after the other, make of what is there what one load would make."""
    there = rows(config)
    for days in steps:
        slice_ = window(config, days)
        before = Counter() if config.history == "versions" else rows(slice_, "before", lambda shard: shard.revised)
        assert not before - there
        there = there - before + rows(slice_)
        config = slice_.whole
    assert there == rows(config)


@pytest.mark.parametrize("history", ["latest", "versions"])
def test_days_and_a_jump_make_what_one_load_makes(history):
    assert_brought_forward(world("hostile", history=history), 1, 3, 30)


def test_files_of_a_window_have_the_same_rows():
    slice_ = window(world("hostile"), 3)
    assert rows(replace(slice_, format="parquet", raw_data_as="json")) == rows(slice_)


def test_what_is_late_is_missing_until_the_day_on_which_bronze_gets_it():
    config = world("late=0.3", history="versions", tables=("orders",))
    missing, then = states(config, "missing"), {row for _, row in rows(config)}
    assert missing
    slice_ = window(config, 6)  # longer than anything is late
    came = {row for _, row in rows(slice_)}
    assert not came & then
    assert all(any(key.encode() in row for row in came) for key, _ in missing)
    assert not states(slice_.whole, "missing") & missing


def states(config: PlanConfig, state: str) -> set[tuple[str, str]]:
    """Key and ingestion of what is so by the answer key."""
    found = chain.from_iterable(map(Feed(config).defects, build_plan(config).shards))
    return {(each.key, each.ingestion_timestamp) for each in found if each.state == state}


@pytest.mark.slow
@pytest.mark.parametrize("history", ["latest", "versions"])
@pytest.mark.parametrize("preset", ["light", "realistic", "hostile"])
@pytest.mark.parametrize("seed", [7, *(pytest.param(seed, marks=pytest.mark.time) for seed in (0, 2**63 - 1))])
def test_windows_of_any_seed_and_preset_make_what_one_load_makes(history, preset, seed):
    assert_brought_forward(world(preset, history=history, seed=seed), 1, 6)


@pytest.mark.time
@pytest.mark.parametrize("kind", kinds())
def test_windows_of_each_kind_alone_make_what_one_load_makes(kind):
    tables = tuple(kinds()[kind].weights)
    assert_brought_forward(world(f"{kind}=0.4", seed=7, tables=tables), 1, 4)
