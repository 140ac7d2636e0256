"""Plans: shards are disjoint, cover the window, and promise what is then built."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from shardgen.model.plan import Plan
from shardgen.tables import dataset
from shardgen.tables.planning import build_plan, max_id
from shardgen.tables.wanted import plan_config
from tests.examples import EVERY
from tests.worlds import SMALL, TODAY, counted, small, table_rows

WINDOWS: dict[str, dict[str, Any]] = {
    "ten days": {},
    "a leap day": {"days": 3, "end": date(2024, 3, 2)},
    "over new year": {"days": 3, "end": date(2026, 1, 3)},
    "a month by days": {"days": 40, "orders_per_day": 50_000, "sessions_per_day": 50_000},
}


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("table", EVERY)
def test_shards_are_disjoint_and_gapless(window: str, table: str) -> None:
    shards = build_plan(small(**WINDOWS[window], tables=table)).shards
    assert len({shard.id for shard in shards}) == len(shards)
    assert all(left.stop == right.start for left, right in pairwise(shards))
    assert all((shard.leaf is not None) == dataset()[table].table.partitioned for shard in shards)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("table", ["orders", "inventory", "clickstream"])
def test_leaves_are_whole_months_or_days_that_cover_the_window(window: str, table: str) -> None:
    config = small(**WINDOWS[window], tables=table)
    leaves = [shard.leaf for shard in build_plan(config).shards if shard.leaf]
    assert leaves[0].lower <= config.world.epoch
    assert leaves[-1].upper >= config.end
    assert all(left.upper == right.lower for left, right in pairwise(leaves))
    lengths = {(leaf.upper - leaf.lower).days for leaf in leaves}
    assert lengths == {1} or all(leaf.lower.day == leaf.upper.day == 1 for leaf in leaves)


def test_granularity_follows_the_world_and_not_the_window() -> None:
    options = {**SMALL, "days": None, "end": None, "epoch": date(2025, 1, 1), "horizon": 365}
    short, long = (plan_config(today=TODAY, **{**options, "end": end}) for end in (date(2025, 1, 3), TODAY))
    assert build_plan(short).of("clickstream")[0].leaf == build_plan(long).of("clickstream")[0].leaf


def test_a_shard_keeps_its_id_and_range_when_only_the_load_differs() -> None:
    one, other = build_plan(small()), build_plan(small(schema="elsewhere", indexes="none"))
    assert [(s.id, s.start, s.stop) for s in one.shards] == [(s.id, s.start, s.stop) for s in other.shards]


@pytest.mark.parametrize(
    "options",
    [{}, {"customers": 1, "products": 1, "days": 1}, {"orders_per_day": 0}, {"sessions_per_day": 0}, {"warehouses": 1}],
)
def test_arrivals_are_promised_exactly_and_children_estimated(options: dict[str, Any]) -> None:
    config = small(**options, tables=EVERY)
    plan = build_plan(config)
    for table in EVERY:
        built = counted(config, table)
        if all(shard.exact for shard in plan.of(table)):
            assert plan.rows(table) == built
        else:
            assert plan.rows(table) == pytest.approx(built, rel=0.1, abs=30)


def test_estimates_are_within_two_percent_at_some_volume() -> None:
    config = small(customers=3_000, products=1_500, orders_per_day=300, sessions_per_day=1_000, days=90)
    plan = build_plan(config)
    for table in ("inventory", "reviews", "clickstream"):
        assert plan.rows(table) == pytest.approx(counted(config, table), rel=0.02)


@pytest.mark.parametrize("horizon", [200, 150])
def test_movements_of_shelves_that_are_empty_for_a_while_are_estimated_too(horizon: int) -> None:
    options = {"products": 3_000, "orders_per_day": 30, "sessions_per_day": 30, "days": 200, "horizon": horizon}
    config = small(customers=1_000, **options, tables=("inventory",))
    assert build_plan(config).rows("inventory") == pytest.approx(counted(config, "inventory"), rel=0.02)


@pytest.mark.parametrize("first", [date(2026, 1, 1), date(2026, 1, 12)], ids=["month", "amid a month"])
def test_movements_of_a_window_are_estimated_too(first: date) -> None:
    options = {"customers": 3_000, "products": 1_500, "orders_per_day": 300, "sessions_per_day": 300, "days": None}
    window = {"epoch": date(2025, 11, 10), "horizon": 200, "since": first, "end": first + timedelta(days=30)}
    config = small(**options, **window, tables=("inventory",))
    assert build_plan(config).rows("inventory") == pytest.approx(counted(config, "inventory"), rel=0.06)


def test_serial_keys_stay_below_the_promised_maximum() -> None:
    config = small()
    plan: Plan = build_plan(config)
    assert max(row["event_id"] for row in table_rows(config, "clickstream")) < max_id(plan, "clickstream")
    assert max(row["inventory_id"] for row in table_rows(config, "inventory")) < max_id(plan, "inventory")


def test_some_tables_alone_are_planned_as_among_all() -> None:
    whole, some = build_plan(small()), build_plan(replace(small(), tables=("orders", "reviews")))
    assert some.shards == whole.of("orders") + whole.of("reviews")
