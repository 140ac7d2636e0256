"""What becomes of reviews: when they come, are written anew, counted and taken down."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from shardgen.model.config import PlanConfig
from shardgen.tables.planning import build_plan
from shardgen.tables.wanted import plan_config
from shardgen.world.demand import HOUR
from shardgen.world.reviews import COUNTS, LAG_HOURS, MAX_LAG, WEEK, votes_by
from tests.worlds import TODAY, table_rows

EPOCH = date(2025, 6, 1)


def of_days(days: int) -> PlanConfig:
    volumes = {"customers": 300, "products": 60, "orders_per_day": 60, "sessions_per_day": 60, "review_rate": 1}
    return plan_config(today=TODAY, epoch=EPOCH, horizon=365, end=EPOCH + timedelta(days=days), **volumes)


def reviews_of(days: int) -> dict[str, dict[str, Any]]:
    """Reviews as they stand so many days after the epoch."""
    return {row["review_id"]: row | json.loads(row["raw_data"]) for row in table_rows(of_days(days), "reviews")}


def test_lags_thin_out_towards_the_limit_and_stay_below_it() -> None:
    last_days = np.histogram(LAG_HOURS, bins=[24 * day for day in (50, 53, 56, 60)])[0]
    assert LAG_HOURS.max() * HOUR < MAX_LAG
    assert last_days[0] > 0
    assert (last_days <= last_days[0]).all()


def test_votes_are_counted_once_a_week_for_half_a_year() -> None:
    votes = np.repeat(np.arange(60), 40)
    weeks = np.tile(np.arange(40), 60)
    so_far, first = votes_by(votes, weeks * WEEK)
    assert (votes_by(votes, (weeks + 1) * WEEK - 1)[0] == so_far).all()
    assert (so_far[weeks >= COUNTS] == votes[weeks >= COUNTS]).all()
    assert (so_far[weeks == 0] == 0).all()
    assert (np.diff(so_far.reshape(60, 40)) >= 0).all()
    assert (votes_by(votes, first)[0] == so_far).all()
    some = so_far > 0
    assert (votes_by(votes[some], first[some] - 1)[0] < so_far[some]).all()
    assert first.max() <= COUNTS * WEEK


def test_a_review_changes_only_when_it_is_written_anew_or_counted_and_its_ingestion_tells_it() -> None:
    before = reviews_of(60)
    for days in (61, 62, 67):
        after = reviews_of(days)
        for key in before.keys() & after.keys():
            old, new = before[key], after[key]
            changed = {name for name in new if new[name] != old.get(name)} - {"ingestion_timestamp"}
            assert changed <= {"helpful_count", "review_title", "review_text", "edited_at", "raw_data"}
            assert bool(changed) == (new["ingestion_timestamp"] > old["ingestion_timestamp"])
            assert ("edited_at" in changed) == bool(changed & {"review_text", "review_title"})
        before = after


def test_a_few_are_written_anew_and_some_are_taken_down_for_good() -> None:
    early, late, last = reviews_of(60), reviews_of(110), reviews_of(120)
    gone = early.keys() - late.keys()
    assert 0.003 < len(gone) / len(early) < 0.014
    assert not gone & last.keys()
    assert 0.015 < sum("edited_at" in row for row in late.values()) / len(late) < 0.035


@pytest.mark.parametrize("days", [90, 365])
def test_a_plan_expects_the_reviews_that_are_left(days: int) -> None:
    plan = build_plan(of_days(days))
    expected = sum(shard.rows for shard in plan.shards if shard.table == "reviews")
    assert len(reviews_of(days)) == pytest.approx(expected, rel=0.02)
