"""A plan cut by arrival: the feed in order of ingestion, stopped at an instant, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest

from shardgen.model.config import PlanConfig
from shardgen.tables import dataset
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from shardgen.world.demand import midnight
from shardgen.world.versions import BEGINNING
from tests.tables.test_windows import rows
from tests.worlds import TABLES, small

END = date(2026, 1, 1)
INSTANT = datetime.fromisoformat("2025-12-31T21:40:03.500001")
"""In the evening of a day, when sessions are under way."""
FEW: dict[str, Any] = {"orders_per_day": 8, "sessions_per_day": 10, "events_per_session": 4, "review_rate": 1}
Row = tuple[Any, ...]


def world(history: str = "latest") -> PlanConfig:
    """Thirty days of a small shop."""
    config = small(days=30, end=END, history=history, customers=400, products=60, **FEW)
    return replace(config, cut="arrived")


@cache
def changes() -> tuple[tuple[str, Any, int, str, dict[str, Any]], ...]:
    """Table, key, version, operation and row of all that happens up to some days after the end."""
    config = replace(world("versions"), cut="happened", end=END + timedelta(days=2))
    found = []
    for shard in build_plan(config).shards:
        key = dataset()[shard.table].table.key
        for batch in Feed(config).batches(shard, 700):
            for row in batch.arrow().to_pylist():
                told = json.loads(row["raw_data"])
                named = (shard.table, *(row[column] for column in key))
                found.append((shard.table, named, told["version"], told["operation"], row))
    return tuple(found)


@cache
def arrived(history: str, until: datetime) -> dict[Row, Row]:
    """What the feed leaves that is stopped at an instant, by key."""
    told = [each for each in changes() if each[4]["ingestion_timestamp"] < until]
    if history == "versions":
        return {(*named, row["ingestion_timestamp"]): plain(row) for _, named, _, _, row in told}
    newest: dict[Row, Any] = {}
    for _, named, _, operation, row in sorted(told, key=lambda each: each[2]):
        newest[named] = (operation, plain(row, less=("version", "operation")))
    return {named: row for named, (operation, row) in newest.items() if operation != "delete"}


def plain(row: dict[str, Any], less: tuple[str, ...] = ()) -> Row:
    told = {name: value for name, value in json.loads(row["raw_data"]).items() if name not in less}
    return tuple({**row, "raw_data": json.dumps(told, sort_keys=True)}.values())


def made(config: PlanConfig, make: str = "batches", *, revised: bool = False) -> dict[Row, Row]:
    found = rows(config, make, lambda shard: shard.revised or not revised)
    return {key: (*row[:-1], json.dumps(json.loads(row[-1]), sort_keys=True)) for key, row in found.items()}


@pytest.mark.parametrize("until", [END, INSTANT], ids=["midnight", "instant"])
@pytest.mark.parametrize("history", ["latest", "versions"])
def test_what_is_loaded_up_to_an_instant_is_what_the_feed_leaves_that_stops_there(history, until):
    config = world(history).up_to(until)
    expected = arrived(history, config.closes)
    assert {named[0] for named in expected} == set(TABLES)
    assert made(config) == expected


def test_files_have_the_same_rows_in_the_same_order():
    config = world().up_to(INSTANT)
    of_files = replace(config, format="parquet")
    for table in ("orders", "reviews"):
        [*_, shard], [*_, file] = (build_plan(replace(each, tables=(table,))).shards for each in (config, of_files))
        there = [row for batch in Feed(config).batches(shard, 300) for row in batch.arrow().to_pylist()]
        made_of = [row for batch in Feed(of_files).batches(file, 300) for row in batch.arrow().to_pylist()]
        assert there
        assert made_of[-len(there) :] == there


def test_something_has_happened_and_not_arrived():
    config = world().up_to(INSTANT)
    late = made(replace(config, cut="happened", until=None)).keys() - made(config).keys()
    assert {named[0] for named in late} >= {"clickstream", "orders"}


@pytest.mark.parametrize(
    "ends",
    [
        (date(2025, 12, 20), END),
        (date(2025, 12, 31), INSTANT),
        (INSTANT, INSTANT + timedelta(minutes=3)),
        (INSTANT, date(2026, 1, 3)),
        (INSTANT - timedelta(days=3), INSTANT),
        (INSTANT + timedelta(hours=2), INSTANT + timedelta(hours=4)),
    ],
    ids=["days", "part of a day", "minutes", "rest of a day", "days within", "midnight within"],
)
@pytest.mark.parametrize("history", ["latest", "versions"])
def test_what_was_there_and_a_window_make_what_is_there_at_its_end(history, ends):
    first = world(history).up_to(ends[0])
    slice_ = first.window(ends[1])
    then, after, now = made(first), made(slice_), made(slice_.whole)
    assert then == arrived(history, first.closes)
    assert now == arrived(history, slice_.closes)
    if history == "versions":
        assert not then.keys() & after.keys()
        assert then | after == now
        return
    before = made(slice_, "before", revised=True)
    assert all(then[key] == row for key, row in before.items())
    gone = before.keys() - after.keys()
    assert {key: row for key, row in {**then, **after}.items() if key not in gone} == now
    assert all(then.get(key) != row for key, row in after.items())
    assert (then.keys() & after.keys()) == (before.keys() & after.keys())


def test_bronze_waits_no_longer_for_a_change_than_its_table_says():
    feed = Feed(replace(world("versions"), cut="happened"))
    for name in TABLES:
        waited = []
        for each in feed.changes(name, BEGINNING, midnight(END)):
            assert each.record is not None
            assert each.record.versions is not None
            waited.append(each.record.ingestion - each.record.versions.at)
        every = np.concatenate(waited)
        assert every.min() > 0
        assert dataset()[name].lag * 0.3 < every.max() <= dataset()[name].lag, name


def test_a_plan_that_is_not_cut_by_arrival_has_no_word_of_it():
    config = world()
    assert not {"cut", "until", "since_at"} & replace(config, cut="happened").to_json().keys()
    slice_ = config.up_to(INSTANT).window(INSTANT + timedelta(hours=30))
    assert PlanConfig.from_json(json.loads(json.dumps(slice_.to_json()))) == slice_
