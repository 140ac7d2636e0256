"""A lake asked as a database is: verify, report and queries, over a folder and a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import shardgen
from shardgen.asking import views_of
from shardgen.cli import entry
from shardgen.commands import numbers_of
from shardgen.model.config import PlanConfig, Terms
from shardgen.options import settings
from shardgen.stores.lake.store import LakeStore
from shardgen.tables import dataset
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from shardgen.tables.recipe import Recipe
from shardgen.tables.statements import read
from tests import lakes
from tests.worlds import TABLES, small

FORMATS: dict[str, dict[str, Any]] = {
    "parquet": {"format": "parquet"},
    "parquet of texts": {"format": "parquet", "raw_data_as": "json"},
    "csv": {"format": "csv.zst"},
    "ndjson": {"format": "ndjson.zst"},
}


def load(url: str, config: PlanConfig) -> None:
    plan, feed = build_plan(config), Feed(config)
    terms = Terms()
    with LakeStore(url).begin(plan, terms, Recipe(), options={}, workers=1, take_over=False) as run:
        writer = run.writer().open(lambda: False)
        for wave in run.waves():
            for task in wave:
                writer.write(task, lambda task=task: feed.batches(task.shard, 4096))
        run.finish(lambda _: None, workers=1, attempts=1, stopped_by=lambda: 0)
        run.settle("finished")


@pytest.fixture(scope="module", params=FORMATS)
def lake(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A lake in a folder whose name holds what DuckDB takes for a pattern."""
    url = f"file://{tmp_path_factory.mktemp('lake')}/all [1]"
    load(url, small(days=4, **FORMATS[request.param]))
    return url


def statements(text: str) -> Iterator[str]:
    return (each for each in text.split(";\n") if each.strip())


def test_the_lines_after_a_load_make_views_of_all_its_rows(
    lake: str,
) -> None:
    views = views_of(settings.read({"target": lake}), 1)
    assert len(views) == len(TABLES)
    with duckdb.connect() as connection:
        for line in views:
            connection.execute(line)
        for run in shardgen.status(target=lake):
            for table in run.tables:
                [(count,)] = connection.execute(f"SELECT count(*) FROM {table.relation}").fetchall()
                assert count == table.rows


def test_every_query_runs_in_duckdb_as_it_is_printed(lake: str) -> None:
    found = shardgen.queries(target=lake)
    assert {query.name for query in found} >= {"revenue", "returns", "customers", "ratings"}
    for query in found:
        with duckdb.connect() as connection:
            *before, last = statements(query.text)
            for statement in before:
                connection.execute(statement)
            assert connection.execute(last).fetchall(), query.name


def test_laws_are_held_and_none_is_left_out_for_duckdb(lake: str) -> None:
    found = shardgen.verify(target=lake, level="laws")
    told = {law.name: "not applicable" if law.versions else "held" for law in read(dataset().laws)}
    assert {check.name: check.status for check in found.checks} == told
    assert found.ok


def test_the_page_has_its_numbers_and_says_what_a_lake_does_not_tell(lake: str) -> None:
    found = numbers_of(settings.read({"target": lake}), lambda _: None)
    assert (found.facts.engine, found.facts.schema) == ("DuckDB", "")
    missing = {name: answer.missing for name, answer in found.answers.items() if answer.missing}
    assert set(missing) == {"effort", "retries", "shards", "steps"}
    assert set(missing.values()) == {"a lake's ledger does not tell who wrote a shard, and when"}
    rows = {row["table"]: 0 for row in found.rows("volumes")}
    for row in found.rows("volumes"):
        rows[row["table"]] += row["rows"]
    assert rows == {table.table: table.rows for run in shardgen.status(target=lake) for table in run.tables}


@pytest.mark.slow
def test_laws_hold_in_a_bucket_that_duckdb_reads_without_an_extension(bucket: lakes.Bucket) -> None:
    load(bucket.url, small(days=3, format="parquet"))
    assert shardgen.verify(target=bucket.url, level="laws").ok
    assert shardgen.verify(target=bucket.url, level="shape").ok


# Damage


def test_a_file_that_is_no_parquet_ends_the_verification_with_its_name(tmp_path: Path) -> None:
    url = lakes.folder(tmp_path)
    load(url, small(days=2, tables=("customers", "orders"), format="parquet"))
    [file] = (tmp_path / "lake" / "customers").glob("*.parquet")
    file.write_bytes(b"no parquet")
    with pytest.raises(shardgen.ShardgenError, match=rf"cannot be verified: .*{file.name}"):
        shardgen.verify(target=url, level="laws")


# Bad input


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--publish", "delta", "--format", "csv.zst"],
            "publish='delta' is for files of Parquet: use --format parquet",
        ),
        (["--publish", "hudi"], "publish='hudi' is unknown: choose from none, delta, iceberg"),
        (["--catalog", "shop"], "catalog='shop' is for Iceberg tables: add --publish iceberg, or leave it out"),
        (
            ["--publish", "iceberg", "--catalog", "postgresql://me:s3cret@db/cat"],
            "--catalog holds more than a place, and it is shown in messages and records: name the catalog",
        ),
        (["--publish", "iceberg", "--namespace", "a b"], "namespace='a b' is no namespace of a catalog"),
        (["--publish", "iceberg", "--catalog", "nowhere"], "catalog='nowhere' is none that pyiceberg is told of: "),
    ],
)
def test_what_cannot_be_published_is_refused_before_anything_is_written(
    options: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ["load", "--target", lakes.folder(tmp_path), "--progress", "none", "--profile", "demo", *options]
    with pytest.raises(SystemExit) as left:
        entry.main(command)
    told = " ".join(capsys.readouterr().err.split())
    assert left.value.code == 2
    assert message in told
    assert "s3cret" not in told
    written = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert written <= {"coordinator", ".lock"}, "of whoever looked whether somebody is at work"
