"""Grades of records with all their versions: each version is a row, known by id and number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import shardgen
from shardgen.errors import TargetError
from shardgen.grading.grades import Grades
from tests.dirt.worlds import KEY
from tests.worlds import SMALL, VERSIONED

IDS = {"customers": "customer_id", "products": "product_id", "orders": "order_id", "reviews": "review_id"}
WORLD: dict[str, Any] = {**VERSIONED, "tables": ",".join(IDS), "dirt": "hostile", "days": 30}
WINDOW: dict[str, Any] = {"since": "2025-12-30", "days": None, "epoch": "2025-12-01", "horizon": 60}
QUIET: dict[str, Any] = {"progress": "none"}


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("SHARDGEN_DIRT_KEY", KEY)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """All versions of a few records."""
    folder = tmp_path_factory.mktemp("versions") / "dirty"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHARDGEN_DIRT_KEY", KEY)
        shardgen.load(target=f"file://{folder}", **WORLD)
        yield folder


def graded(lake: Path, folder: Path, statement: str, **options: Any) -> Grades:
    """What a statement makes of each table; {raw} is ours."""
    files = {table: folder / f"{table}.sql" for table in IDS}
    for table, file in files.items():
        told = statement.format(id=IDS[table], raw=f"raw_{table}", table=table)
        file.write_text(told)
    return shardgen.grade(target=f"file://{lake}", sql=files, **QUIET, **options)


def outcomes(found: Grades) -> dict[str, dict[str, int]]:
    return {line.kind: dict(line.counts) for line in found.kinds()}


def test_the_clean_versions_are_perfect(lake, tmp_path, command, monkeypatch):
    monkeypatch.setenv("SHARDGEN_DIRT_KEY", KEY)
    clean = tmp_path / "clean"
    told = command("answers", "--target", f"file://{lake}", "--apply", "--into", f"file://{clean}", "--workers", "1")
    assert told.code == 0, told.err
    every = "SELECT *, raw_data ->> 'version' AS version FROM {table}"
    found = graded(lake, tmp_path, every, cleaned=str(clean))
    assert (found.score.precision, found.score.recall) == (1, 1)
    assert not any(table.clean.counts for table in found.tables)
    assert {line.score.f1 for line in found.kinds()} <= {1, None}


def test_the_dirty_ones_are_as_they_were_and_one_of_each_id_and_ingestion_is_in_between(lake, tmp_path):
    nothing = graded(lake, tmp_path, "SELECT *, raw_data ->> 'version' AS version FROM {raw}")
    assert nothing.score.recall == 0
    assert nothing.score.precision is None
    assert {"exact_duplicate", "redelivered", "near_duplicate"} <= outcomes(nothing).keys()
    distinct = "SELECT DISTINCT ON ({id}, {by}) *, raw_data ->> 'version' AS version FROM {raw}"
    some = graded(lake, tmp_path, distinct.replace("{by}", "ingestion_timestamp"))
    assert outcomes(some)["exact_duplicate"].keys() == {"removed"}
    assert outcomes(some)["redelivered"].keys() == {"kept"}
    assert not any(table.clean.counts for table in some.tables)
    most = graded(lake, tmp_path, distinct.replace("{by}", "raw_data ->> 'version'") + " ORDER BY ingestion_timestamp")
    assert outcomes(most)["redelivered"]["removed"] == outcomes(nothing)["redelivered"]["kept"]
    assert 0 < some.score.recall < most.score.recall < 1


def test_who_keeps_the_newest_alone_has_lost_the_others(lake, tmp_path):
    newest = "SELECT *, raw_data ->> 'version' AS version FROM {raw}_latest"
    found = {table.table: table for table in graded(lake, tmp_path, newest).tables}
    assert found["orders"].clean.counts["lost"] > found["orders"].rows / 2


def test_versions_are_told_apart_by_a_column_that_has_to_be_there(database, tmp_path):
    options = {**WORLD, **SMALL, "days": 3, "tables": "customers", "dirt": "exact_duplicate=0.2,redelivered=0.2"}
    shardgen.load(database.dsn, **{**options, "history": "versions"})
    with pytest.raises(
        TargetError, match=r"has no column for raw_data\.version, which tells versions of customers apart"
    ):
        shardgen.grade(database.dsn, cleaned="bronze", **QUIET)
    (tmp_path / "customers.sql").write_text(
        "SELECT DISTINCT customer_id, email, raw_data ->> 'version' AS version FROM bronze.raw_customers"
    )
    found = shardgen.grade(database.dsn, sql={"customers": tmp_path / "customers.sql"}, **QUIET)
    assert found.score.f1 == 1
    assert found.tables[0].right == found.tables[0].rows


def test_what_begins_with_a_window_is_refused(database):
    few = {**WORLD, **SMALL, "tables": "customers", "dirt": "blanks=0.1"}
    shardgen.load(database.dsn, schema="late", **{**few, **WINDOW})
    with pytest.raises(TargetError, match="begins with a window, since=2025-12-30"):
        shardgen.grade(database.dsn, schema="late", cleaned="late", **QUIET)
