"""The programs for Ray and Spark do what they say, where these are installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys

import pytest

import shardgen
from tests.loads import HERE, ROOT, clean_environment
from tests.servers import wait_until

pytestmark = pytest.mark.slow

EXAMPLES = ROOT / "scripts" / "examples"
OURS = {"RAY_worker_niceness": "0", "SPARK_LOCAL_IP": "127.0.0.1"}
"""Ray's workers would starve where other tests run beside them."""
TIMEOUT = 300


def begun(recipe: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    words = [sys.executable, str(EXAMPLES / recipe), *arguments]
    around = {**clean_environment(), **OURS, **environment}
    return subprocess.Popen(words, env=around, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def told(recipe: subprocess.Popen[str]) -> str:
    """What it prints."""
    output, errors = recipe.communicate(timeout=TIMEOUT)
    assert recipe.returncode == 0, errors
    return output


def test_the_engine_of_ray_loads_every_row_though_a_worker_dies(database):
    pytest.importorskip("ray")
    load = begun("ray_engine.py", SHARDGEN_DSN=database.dsn)
    at_work = f"SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'shardgen:1:%/%' AND {HERE}"
    wait_until(lambda: load.poll() is not None or database.rows(at_work), seconds=TIMEOUT)
    os.kill(int(database.value(at_work).split(":")[2]), signal.SIGKILL)
    printed = told(load)
    rows = database.value("SELECT sum(rows) FROM bronze.shardgen_shards")
    assert printed.endswith(f"{rows:,} rows, ok=True\n")
    assert database.value("SELECT count(*) FROM bronze.shardgen_failures") >= 1


def test_the_rows_of_spark_are_those_of_every_other_place(tmp_path):
    pytest.importorskip("pyspark")
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        pytest.skip("no JVM here")
    pq = pytest.importorskip("pyarrow.parquet")
    told(begun("spark_rows.py", "customers", str(tmp_path / "rows")))
    ours = shardgen.table("customers", profile="demo", end="2026-01-01").read_all()
    theirs = pq.read_table(tmp_path / "rows")
    assert theirs.num_rows == 1_000
    assert theirs.sort_by("customer_id").to_pylist() == ours.sort_by("customer_id").to_pylist()
