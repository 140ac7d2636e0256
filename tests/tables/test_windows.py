"""A window of the history: with what was there before it, it makes what is there at its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from shardgen.errors import ConfigError
from shardgen.model.config import PlanConfig
from shardgen.model.plan import Shard
from shardgen.tables import table_of
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from tests.worlds import TABLES, small

SINCE = date(2026, 1, 1)
Rows = dict[tuple[Any, ...], tuple[Any, ...]]


def world(history: str, **changes: Any) -> PlanConfig:
    """Sixty days that end where windows begin."""
    return small(days=60, end=SINCE, history=history, orders_per_day=12, sessions_per_day=15, review_rate=1, **changes)


def window(config: PlanConfig, days: int) -> PlanConfig:
    return replace(config, since=config.end, end=config.end + timedelta(days=days))


def rows(config: PlanConfig, make: str = "batches", wanted: Callable[[Shard], bool] = lambda shard: True) -> Rows:
    """Rows of a plan by their keys, each of which comes once."""
    found: Rows = {}
    for shard in filter(wanted, build_plan(config).shards):
        key = table_of(config, shard.table).key
        for batch in getattr(Feed(config), make)(shard, 500):
            for row in batch.arrow().to_pylist():
                named = (shard.table, *(row[column] for column in key))
                assert named not in found
                found[named] = tuple(row.values())
    return found


@pytest.mark.parametrize("days", [1, 45])
def test_what_was_there_and_a_window_make_what_is_there_at_its_end(days):
    config = world("latest")
    slice_ = window(config, days)
    then, now = rows(config), rows(slice_.whole)
    before, after = rows(slice_, "before", lambda shard: shard.revised), rows(slice_)
    assert before
    assert all(then[key] == row for key, row in before.items())
    gone = before.keys() - after.keys()
    assert {key: row for key, row in {**then, **after}.items() if key not in gone} == now
    assert all(then.get(key) != row for key, row in after.items())  # whatever a window has is news


def test_reviews_that_are_taken_down_are_gone_after_a_window():
    config = window(world("latest", customers=2_000), 45)
    before, after = rows(config, "before", lambda shard: shard.table == "reviews" and shard.revised), rows(config)
    assert before.keys() - after.keys()


def test_versions_of_a_window_are_added_to_those_before_it():
    config = world("versions")
    slice_ = window(config, 45)
    then, news, now = rows(config), rows(slice_), rows(slice_.whole)
    assert not then.keys() & news.keys()
    assert then | news == now


@pytest.mark.parametrize("history", ["latest", "versions"])
def test_a_window_into_an_empty_place_has_what_changed_in_it(history):
    first, second = window(world(history), 3), window(window(world(history), 3), 4)
    both = replace(second, since=first.since)
    assert rows(first) | rows(second) == rows(both)


@pytest.mark.parametrize("history", ["latest", "versions"])
def test_shards_of_a_window_are_named_after_it_and_each_once(history):
    plan = build_plan(window(world(history), 45))
    names = [shard.id for shard in plan.shards]
    assert len(set(names)) == len(names)
    assert all(name.endswith(".2026-01-01_2026-02-15") for name in names)
    assert {shard.table for shard in plan.shards} == set(TABLES)


def test_a_window_fills_a_leaf_of_its_own_as_one_shard_and_shares_the_one_that_it_begins_in():
    config = replace(world("latest"), since=date(2025, 12, 20), end=date(2026, 2, 10))
    leaves = {
        shard.leaf and shard.leaf.name: shard.own_leaf is not None
        for shard in build_plan(config).of("orders")
        if not shard.revised
    }
    assert leaves == {"raw_orders_2025_12": False, "raw_orders_2026_01": True, "raw_orders_2026_02": True}


def test_a_plan_says_how_many_rows_a_window_has():
    config = window(world("latest"), 45)
    plan, found = build_plan(config), rows(config)
    for table in TABLES:
        counted = sum(key[0] == table for key in found)
        if all(shard.exact or not shard.rows for shard in plan.of(table)):
            assert plan.rows(table) == counted
        assert counted * 0.5 <= plan.rows(table) <= counted * 2 + 20, table


@pytest.mark.parametrize(
    ("since", "told"),
    [(date(2025, 1, 1), "lies before the epoch"), (SINCE, "is not before end=2026-01-01")],
)
def test_a_window_lies_in_the_history(since, told):
    with pytest.raises(ConfigError, match=told):
        replace(world("latest"), since=since)


def test_a_plan_of_the_whole_history_has_no_word_of_windows():
    whole, slice_ = world("latest"), window(world("latest"), 3)
    assert "since" not in whole.to_json()
    assert PlanConfig.from_json(slice_.to_json()) == slice_
    assert slice_.whole == replace(whole, end=slice_.end)
    assert small(epoch=date(2025, 12, 1), days=None, since=date(2025, 12, 1)).since is None
