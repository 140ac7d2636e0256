"""Files told to a table format: one commit for each table and run, whatever dies, of files that read back whole."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable, write_deltalake
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.table import Table

from shardgen.errors import TargetError
from shardgen.model.config import PlanConfig, Terms
from shardgen.stores import Run
from shardgen.stores.lake import layout, publishing
from shardgen.stores.lake.ledger import Ledger
from shardgen.stores.lake.objects import Objects
from shardgen.stores.lake.store import LakeStore
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from shardgen.tables.recipe import Recipe
from tests import lakes
from tests.worlds import small

pa = pytest.importorskip("pyarrow")
TABLES = ("orders", "reviews")
REPLACE = Terms(if_exists="replace")


@pytest.fixture(params=["folder", pytest.param("bucket", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "folder":
        return lakes.folder(tmp_path)
    return request.getfixturevalue("bucket").url


@pytest.fixture
def catalog(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/catalog.db"


def plan_of(url: str, publish: str, **more: Any) -> PlanConfig:
    return small(days=3, tables=TABLES, format="parquet", publish=publish, **more)


def load(url: str, config: PlanConfig, terms: Terms = Terms()) -> None:  # noqa: B008  # it is frozen
    plan = build_plan(config)
    with LakeStore(url).begin(plan, terms, Recipe(), options={}, workers=1, take_over=False) as run:
        go_on(run, config)


def resume(url: str, config: PlanConfig) -> None:
    with LakeStore(url).resume(Recipe(), given={}, on_conflict=None, workers=1, take_over=False) as run:
        go_on(run, config)


def go_on(run: Run, config: PlanConfig) -> None:
    writer, feed = run.writer().open(lambda: False), Feed(config)
    for wave in run.waves():
        for task in wave:
            writer.write(task, lambda task=task: feed.batches(task.shard, 4096))
    run.finish(lambda _: None, workers=1, attempts=1, stopped_by=lambda: 0)
    run.settle("finished")


def ledger(url: str) -> Ledger:
    from shardgen.stores.lake.address import parsed

    return Ledger(Objects(parsed(url)))


def die_before_the_switch(url: str) -> None:
    """What a death between the publication and the switch leaves."""
    found = ledger(url)
    found.change(lambda current: replace(current.standing(1, state="loading", finished=None), shown={}))
    found.objects.delete([layout.SUCCESS])


def rows_of(url: str, table: str) -> int:
    """By the ledger."""
    found = ledger(url)
    return sum(entry.rows for entry in found.entries(found.current().shown[table].run) if entry.table == table)


# Delta


def delta(url: str, table: str) -> DeltaTable:
    told = {"AWS_ALLOW_HTTP": "true"} if url.startswith("s3") else {}
    return DeltaTable(f"{url}/{table}", storage_options=told)


def count(dataset: Any, condition: str = "true") -> int:
    """By DuckDB."""
    return duckdb.sql(f"SELECT count(*) FROM dataset WHERE {condition}").fetchall()[0][0]


def test_a_delta_table_is_one_version_that_duckdb_reads(tmp_path: Path) -> None:
    url = lakes.folder(tmp_path)
    load(url, plan_of(url, "delta"))
    for name in TABLES:
        found = delta(url, name)
        assert (found.version(), [commit[publishing.RUN] for commit in found.history()]) == (0, [run_id(url, 1)])
        assert count(found.to_pyarrow_dataset()) == rows_of(url, name) > 0
    days = delta(url, "orders").to_pyarrow_dataset()
    day = "order_date >= TIMESTAMP '2025-12-31'"
    assert 0 < count(days, day) < count(days)


def run_id(url: str, run: int) -> str:
    return ledger(url).current().runs[run].id


def test_a_run_that_died_after_its_commit_to_delta_commits_no_second_time(url: str) -> None:
    config = plan_of(url, "delta")
    load(url, config)
    die_before_the_switch(url)
    resume(url, config)
    assert delta(url, "orders").version() == 0
    assert ledger(url).objects.read(layout.SUCCESS) is not None


def test_a_replace_is_one_version_more_of_the_new_files_alone(tmp_path: Path) -> None:
    url = lakes.folder(tmp_path)
    load(url, plan_of(url, "delta"))
    load(url, plan_of(url, "delta", raw_data="lean"), REPLACE)
    found = delta(url, "orders")
    assert found.version() == 1
    assert all(".g2." in file for file in found.file_uris())
    assert count(found.to_pyarrow_dataset()) == rows_of(url, "orders")


def test_a_reset_takes_the_delta_table_with_the_files(url: str) -> None:
    load(url, plan_of(url, "delta"))
    store = LakeStore(url)
    store.reset(Recipe(), store.survey(Recipe(), run=None, every=False), run=None, every=False, show=lambda _: None)
    assert list(ledger(url).objects.list()) == []


def test_a_replace_that_publishes_elsewhere_leaves_no_table_of_files_that_are_gone(
    tmp_path: Path, catalog: str
) -> None:
    url = lakes.folder(tmp_path)
    load(url, plan_of(url, "delta"))
    load(url, plan_of(url, "iceberg", catalog=catalog), REPLACE)
    assert not DeltaTable.is_deltatable(f"{url}/orders")
    load(url, plan_of(url, "none"), REPLACE)
    assert opened(catalog).list_tables("bronze") == []


def test_a_delta_table_of_somebody_else_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    url, there = lakes.folder(tmp_path), tmp_path / "lake" / "orders"
    there.mkdir(parents=True)
    write_deltalake(there, pa.table({"x": [1]}))
    [file] = there.glob("*.parquet")
    file.unlink()  # files of others are refused for themselves
    with pytest.raises(TargetError, match="is a Delta table that shardgen did not make: move it"):
        load(url, plan_of(url, "delta"))
    assert ledger(url).current().runs == {}


# Iceberg


def opened(catalog: str) -> Catalog:
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    return load_catalog("default", type="sql", uri=catalog, **({"s3.endpoint": endpoint} if endpoint else {}))


def iceberg(catalog: str, table: str) -> Table:
    return opened(catalog).load_table(f"bronze.raw_{table}")


def test_an_iceberg_table_is_one_snapshot_that_duckdb_reads(tmp_path: Path, catalog: str) -> None:
    url = lakes.folder(tmp_path)
    load(url, plan_of(url, "iceberg", catalog=catalog))
    for name in TABLES:
        found = iceberg(catalog, name)
        assert [snapshot.summary[publishing.RUN] for snapshot in found.snapshots()] == [run_id(url, 1)]
        assert count(found.scan().to_arrow()) == rows_of(url, name) > 0
    late = iceberg(catalog, "orders").scan(row_filter="order_date >= '2025-12-31T00:00:00'").to_arrow()
    assert 0 < count(late) < rows_of(url, "orders")


def test_a_run_that_died_after_its_commit_to_iceberg_commits_no_second_time(url: str, catalog: str) -> None:
    config = plan_of(url, "iceberg", catalog=catalog)
    load(url, config)
    die_before_the_switch(url)
    resume(url, config)
    assert len(iceberg(catalog, "orders").snapshots()) == 1


def test_a_replace_is_one_snapshot_more_of_the_new_files_alone(url: str, catalog: str) -> None:
    load(url, plan_of(url, "iceberg", catalog=catalog))
    load(url, plan_of(url, "iceberg", catalog=catalog), REPLACE)
    found = iceberg(catalog, "orders")
    assert len(found.snapshots()) == 2
    assert all(".g2." in task.file.file_path for task in found.scan().plan_files())
    assert count(found.scan().to_arrow()) == rows_of(url, "orders")


def test_a_reset_takes_the_iceberg_table_with_the_files(url: str, catalog: str) -> None:
    load(url, plan_of(url, "iceberg", catalog=catalog))
    store = LakeStore(url)
    store.reset(Recipe(), store.survey(Recipe(), run=None, every=False), run=None, every=False, show=lambda _: None)
    assert opened(catalog).list_tables("bronze") == []
    assert list(ledger(url).objects.list()) == []


def test_no_secret_is_in_a_catalog_or_in_what_lies_in_the_bucket(bucket: lakes.Bucket, catalog: str) -> None:
    load(bucket.url, plan_of(bucket.url, "iceberg", catalog=catalog))
    found = ledger(bucket.url).objects
    kept = {each.key: found.read(each.key) for each in found.list()}
    told = [Path(catalog.removeprefix("sqlite:///")).read_bytes(), *(held.data for held in kept.values() if held)]
    assert any(key.startswith("_iceberg/") for key in kept)
    secrets = (lakes.ENVIRONMENT[name].encode() for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
    assert not [secret for secret in secrets for data in told if secret in data]


def test_an_iceberg_table_of_somebody_else_is_refused_before_anything_is_written(tmp_path: Path, catalog: str) -> None:
    url, there = lakes.folder(tmp_path), opened(catalog)
    there.create_namespace("bronze")
    there.create_table("bronze.raw_orders", pa.schema([("x", pa.int64())]), location=f"file://{tmp_path}/theirs")
    with pytest.raises(TargetError, match=r"table=bronze.raw_orders of catalog='sqlite:.*' was not made by shardgen"):
        load(url, plan_of(url, "iceberg", catalog=catalog))
    assert ledger(url).current().runs == {}


def test_a_catalog_that_does_not_answer_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    url = lakes.folder(tmp_path)
    with pytest.raises(TargetError, match=r"catalog='http://127\.0\.0\.1:9/' of Iceberg tables failed: "):
        load(url, plan_of(url, "iceberg", catalog="http://127.0.0.1:9/"))
    assert ledger(url).current().runs == {}
