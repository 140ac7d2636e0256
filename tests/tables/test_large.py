"""Plans of the largest worlds: no shard is so large that its retry costs much, and the days are whole all the same."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from shardgen.model.plan import Plan
from shardgen.tables.cutting import MAX_SHARD_ROWS
from shardgen.tables.planning import build_plan
from shardgen.tables.wanted import plan_config


def plan(**options) -> Plan:
    return build_plan(plan_config(today=date(2026, 1, 1), **options))


@pytest.mark.parametrize(
    "options", [{"scale": 200}, {"scale": 2000}, {"scale": 10_000}, {"days": 2, "sessions_per_day": 2_000_000}], ids=str
)
def test_no_shard_has_more_than_five_million_rows(options):
    whole = plan(**options)
    assert max(shard.rows for shard in whole.shards) <= MAX_SHARD_ROWS
    assert len({shard.id for shard in whole.shards}) == len(whole.shards)
    for name in ("orders", "inventory", "clickstream"):
        shards = whole.of(name)
        assert [shard.id for shard in shards] == sorted(shard.id for shard in shards)
        assert all(one.stop == other.start for one, other in pairwise(shards))
        assert sum(leaf.shards for leaf in whole.leaves(name)) == len(shards)


def test_how_a_day_is_cut_does_not_depend_on_the_window():
    long, short = (plan(scale=2000, epoch=date(2025, 1, 1), horizon=365, days=days) for days in (40, 20))
    shards = {shard.id: shard for shard in long.shards}
    for name in ("orders", "clickstream"):
        assert all(shards[shard.id] == shard for shard in short.of(name))
    cut = [(shard.id, shard.start, shard.stop) for shard in short.of("inventory")]
    assert all((shards[name].start, shards[name].stop) == (start, stop) for name, start, stop in cut)


def test_what_fits_into_a_shard_stays_one():
    assert all(shard.own_leaf == shard.leaf for shard in plan().shards)
