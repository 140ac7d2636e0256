"""The program for Spark does what it says, where that is installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

import shardgen
from tests.loads import ROOT, clean_environment

EXAMPLES = ROOT / "scripts" / "examples"
OURS = {"SPARK_LOCAL_IP": "127.0.0.1"}
TIMEOUT = 300


def told(recipe: str, *arguments: str, **environment: str) -> str:
    """What a recipe prints."""
    words = [sys.executable, str(EXAMPLES / recipe), *arguments]
    around = {**clean_environment(), **OURS, **environment}
    ran = subprocess.run(words, env=around, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.slow
def test_the_rows_of_spark_are_those_of_every_other_place(tmp_path):
    pytest.importorskip("pyspark")
    pq = pytest.importorskip("pyarrow.parquet")
    told("spark_rows.py", "customers", str(tmp_path / "rows"))
    ours = shardgen.table("customers", profile="demo", end="2026-01-01").read_all()
    theirs = pq.read_table(tmp_path / "rows")
    assert theirs.num_rows == 1_000
    assert theirs.sort_by("customer_id").to_pylist() == ours.sort_by("customer_id").to_pylist()
