"""A week of days through incremental models and snapshots: by the runner beside them, and by dbt where there is one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

import shardgen
from tests.conftest import Database
from tests.loads import PATIENCE, ROOT, clean_environment
from tests.worlds import HERE

pytestmark = pytest.mark.slow

PROJECT = ROOT / "scripts" / "examples" / "incremental"
DBT = os.environ.get("SHARDGEN_DBT") or shutil.which("dbt")
TABLES = ("orders", "customers", "products")
SHOP: dict[str, Any] = {
    **HERE,
    "customers": 300,
    "products": 200,
    "orders_per_day": 20,
    "sessions_per_day": 10,
    "epoch": "2025-12-01",
    "horizon": 60,
    "end": "2026-01-01",
    "tables": (*TABLES, "reviews"),
    "raw_data": "lean",
    "history": "versions",
}
Step = Callable[..., None]


def told(database: Database, *command: str) -> None:
    around = {**clean_environment(), "SHARDGEN_DSN": database.dsn, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    done = subprocess.run(command, env=around, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr


def by_runner(database: Database, *words: str, schema: str = "silver") -> None:
    told(database, sys.executable, str(PROJECT / "run.py"), "--silver", schema, *words)


def by_dbt(database: Database, folder: Path, *words: str, schema: str = "silver") -> None:
    given = conninfo_to_dict(database.dsn)
    output = {
        "type": "postgres",
        "threads": 1,
        "schema": schema,
        "port": int(given.get("port") or 5432),
        "password": given.get("password", ""),
        **{name: given[name] for name in ("host", "user", "dbname")},
    }
    profile = {"incremental": {"target": "test", "outputs": {"test": output}}}
    (folder / "profiles.yml").write_text(json.dumps(profile))  # which is YAML, too
    places = (
        "--project-dir",
        PROJECT,
        "--profiles-dir",
        folder,
        "--target-path",
        folder / "target",
        "--log-path",
        folder,
    )
    told(database, str(DBT), "build", *map(str, places), *words)


@pytest.fixture(params=["run.py", pytest.param("dbt", marks=pytest.mark.skipif(not DBT, reason="no dbt here"))])
def step(request: Any, database: Database, tmp_path: Path) -> Step:
    """Brings models and snapshots forward, in a schema."""
    if request.param == "dbt":
        return lambda *words, **where: by_dbt(database, tmp_path, *words, **where)
    return lambda *words, **where: by_runner(database, *words, **where)


def differing(database: Database, left: str, right: str) -> int:
    """Rows of one query that the other has not."""
    there, back = (f"({a} EXCEPT ALL {b})" for a, b in ((left, right), (right, left)))
    return database.value(f"SELECT count(*) FROM ({there} UNION ALL {back}) AS d")


def advanced(database: Database) -> None:
    assert all(report.ok for report in shardgen.advance(database.dsn, **HERE))


def remember_the_night(database: Database) -> None:
    """Which version of each record stands now."""
    for table in TABLES:
        database.run(
            f"CREATE TABLE IF NOT EXISTS night_{table} (id text, at timestamp, UNIQUE (id, at))",
            f"INSERT INTO night_{table} SELECT {table[:-1]}_id, ingestion_timestamp FROM bronze.raw_{table}_latest"
            " ON CONFLICT DO NOTHING",
        )


def test_a_week_of_increments_is_a_full_refresh_and_a_snapshot_has_each_version_that_a_night_saw(database, step):
    assert shardgen.load(database.dsn, **SHOP).ok
    for night in range(8):
        if night:
            advanced(database)
        step()
        remember_the_night(database)
    step("--full-refresh", schema="anew")
    for model in ("orders_history", "reviews", "revenue"):
        assert differing(database, f"TABLE silver.{model}", f"TABLE anew.{model}") == 0, model

    successors = """SELECT a.order_id, a.ingestion_timestamp, b.ingestion_timestamp
        FROM bronze.raw_orders AS a LEFT JOIN bronze.raw_orders AS b ON b.order_id = a.order_id
            AND (b.raw_data ->> 'version')::integer = (a.raw_data ->> 'version')::integer + 1"""
    assert differing(database, successors, "SELECT order_id, valid_from, valid_to FROM silver.orders_history") == 0

    for table in TABLES:
        seen = f"SELECT id, at, lead(at) OVER (PARTITION BY id ORDER BY at) FROM night_{table}"
        snapshot = f"SELECT {table[:-1]}_id, dbt_valid_from, dbt_valid_to FROM silver.{table}_seen"
        assert differing(database, seen, snapshot) == 0, table
        assert database.value(f"SELECT count(*) FROM ({snapshot}) AS s WHERE dbt_valid_to IS NOT NULL") > 0, table


def test_an_increment_that_looks_back_less_than_the_feed_lags_misses_versions(database):
    assert shardgen.load(database.dsn, **SHOP).ok
    hasty = ("--vars", json.dumps({"lag": "0 hours"}))
    by_runner(database, *hasty)
    for _ in range(3):
        advanced(database)
        by_runner(database, *hasty)
    by_runner(database, schema="anew")
    assert differing(database, "TABLE silver.orders_history", "TABLE anew.orders_history") > 0
