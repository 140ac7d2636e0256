"""Days that are too large for one shard: several fill a partition, and nothing else is different."""

from __future__ import annotations

from datetime import date

import pytest

from shardgen import api
from shardgen.events import ShardDone
from shardgen.model.config import PlanConfig
from shardgen.tables import cutting
from shardgen.tables.planning import build_plan
from shardgen.tables.wanted import plan_config
from shardgen.world import calendar
from tests import fakes
from tests.conftest import Database
from tests.worlds import HERE

DAILY = ("orders", "inventory", "clickstream")
"""The tables that are cut by time."""


def config(*, tables: tuple[str, ...] = DAILY, schema: str = "bronze") -> PlanConfig:
    return plan_config(
        today=date(2026, 1, 1),
        days=2,
        customers=60,
        products=20,
        orders_per_day=80,
        sessions_per_day=15,
        tables=list(tables),
        schema=schema,
    )


@pytest.fixture(autouse=True)
def days(monkeypatch):
    """Every leaf is a day, as in a large world."""
    monkeypatch.setattr(calendar, "MAX_LEAF_ROWS", 1)


@pytest.fixture
def small(monkeypatch):
    """Shards of few rows, so that each day has several."""
    monkeypatch.setattr(cutting, "MAX_SHARD_ROWS", 60)
    monkeypatch.setattr(cutting, "SHARD_ROWS", 50)


def load(database: Database, **how):
    return fakes.load(database.dsn, config(), machinery=fakes.real(), **how)


def content(database: Database) -> dict[str, list[tuple]]:
    query = "SELECT tableoid::regclass::text, count(*), sum(hashtextextended(t::text, 0)::numeric) FROM bronze.raw_{} t"
    return {name: database.rows(f"{query.format(name)} GROUP BY 1 ORDER BY 1") for name in DAILY}


def test_the_partitions_and_their_rows_are_those_of_a_load_by_whole_days(database, monkeypatch):
    assert load(database).ok
    whole = content(database)
    monkeypatch.setattr(cutting, "MAX_SHARD_ROWS", 60)
    monkeypatch.setattr(cutting, "SHARD_ROWS", 50)
    assert all(shard.leaf and shard.leaf.shards > 1 for shard in build_plan(config()).of("orders"))
    report = load(database, if_exists="replace")
    assert (report.ok, [table.fast_path for table in report.tables]) == (True, ["", "", ""])
    assert content(database) == whole
    assert sum(table.shards for table in report.tables) > 20


@pytest.mark.usefixtures("small")
def test_they_are_verified_bit_for_bit_and_a_lost_or_changed_row_is_named(database):
    load(database)
    found = api.verify(database.dsn, **HERE)
    assert found.ok, [check.samples for check in found.checks if check.status == "failed"]
    last = "(SELECT max(event_id) FROM bronze.raw_clickstream)"
    database.run(f"DELETE FROM bronze.raw_clickstream WHERE event_id = {last}")
    counted = api.verify(database.dsn, level="counts", **HERE)
    [lost] = [check for check in counted.checks if check.status == "failed"]
    assert any("shard=clickstream/" in sample and "." in sample for sample in lost.samples), lost.samples
    database.run("UPDATE bronze.raw_inventory SET quantity = quantity + 1 WHERE ctid = '(0,1)'")
    hashed = api.verify(database.dsn, level="digests", tables="inventory", **HERE)
    assert not hashed.ok


@pytest.mark.usefixtures("small")
def test_a_load_that_is_cut_short_goes_on_shard_by_shard(database):
    done: list[str] = []

    def stop(event: object) -> None:
        if isinstance(event, ShardDone):
            done.append(event.shard)
            if len(done) == 7:
                raise RuntimeError("planted by the test")

    with pytest.raises(RuntimeError):
        load(database, show=stop, workers=1)
    events: list[object] = []
    report = fakes.resume(database.dsn, machinery=fakes.real(), show=events.append)
    assert (report.ok, [table.fast_path for table in report.tables]) == (True, ["", "", ""])
    after = [event.shard for event in events if isinstance(event, ShardDone)]
    assert not set(after) & set(done)
    assert api.verify(database.dsn, level="counts", **HERE).ok


@pytest.mark.usefixtures("small")
def test_a_reset_takes_them_away_and_a_replace_begins_anew(database):
    load(database)
    assert load(database, if_exists="replace").ok
    api.reset(database.dsn, all=True)
    assert database.rows("SELECT 1 FROM pg_class WHERE relname LIKE 'raw%'") == []


@pytest.mark.usefixtures("small")
def test_a_table_of_others_gets_its_rows_by_the_parent(database):
    fakes.load(database.dsn, config(tables=("clickstream",), schema="other"), machinery=fakes.real())
    like = "LIKE other.raw_clickstream INCLUDING ALL"
    database.run(
        "CREATE SCHEMA bronze",
        f"CREATE TABLE bronze.raw_clickstream ({like}) PARTITION BY RANGE (event_timestamp)",
    )
    report = fakes.load(database.dsn, config(tables=("clickstream",)), machinery=fakes.real())
    assert report.ok
    query = "SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM {}.raw_clickstream AS t"
    assert database.rows(query.format("bronze")) == database.rows(query.format("other"))
    assert api.verify(database.dsn, level="digests", **HERE).ok
    leaves = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'bronze.raw_clickstream'::regclass"
    assert database.value(leaves) > 0
    api.reset(database.dsn)
    assert database.rows("SELECT count(*) FROM bronze.raw_clickstream") == [(0,)]
    assert database.value(leaves) == 0


@pytest.mark.usefixtures("small")
def test_a_day_with_a_row_of_somebody_else_outlives_the_reset(database):
    fakes.load(database.dsn, config(tables=("clickstream",), schema="other"), machinery=fakes.real())
    like = "LIKE other.raw_clickstream INCLUDING ALL"
    database.run(
        "CREATE SCHEMA bronze",
        f"CREATE TABLE bronze.raw_clickstream ({like}) PARTITION BY RANGE (event_timestamp)",
    )
    fakes.load(database.dsn, config(tables=("clickstream",)), machinery=fakes.real())
    theirs = (
        "INSERT INTO bronze.raw_clickstream SELECT (jsonb_populate_record(t, '{\"event_id\": -1}')).* "
        "FROM bronze.raw_clickstream AS t ORDER BY event_timestamp LIMIT 1"
    )
    database.run(theirs)
    api.reset(database.dsn)
    assert database.rows("SELECT event_id FROM bronze.raw_clickstream") == [(-1,)]
    leaves = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'bronze.raw_clickstream'::regclass"
    assert database.value(leaves) == 1
