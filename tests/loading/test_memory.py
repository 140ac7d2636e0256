"""What a worker keeps of its memory between shards, and what it does without."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import re
from pathlib import Path
from shardgen.loading.memory import give_back, keep

def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024

keep()
give_back("orders")
blocks = [bytes(1 << 20) + b"." for _ in range(100)]
del blocks
kept = resident()
give_back("orders")
same = resident()
give_back("sessions")
print(kept - same, kept - resident())
"""


def test_memory_is_kept_within_a_table_and_given_back_before_another():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    within, between = map(int, done.stdout.split())
    assert within < 10
    assert between > 80


FRUGAL = """
import sys
import pyarrow as pa
import shardgen.loading.preloaded
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from tests.worlds import small

plan = build_plan(small())
made = sum(batch.arrow().num_rows for shard in plan.shards for batch in Feed(plan.config).batches(shard, 4096))
print(made > 0, "pandas" in sys.modules)
print(pa.table({"a": [1.0, None]}).to_pandas().isna().a.tolist(), "pandas" in sys.modules)
"""


def test_a_worker_makes_rows_without_pandas_and_whoever_asks_for_a_frame_gets_one():
    pytest.importorskip("pandas")
    done = subprocess.run([sys.executable, "-c", FRUGAL], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["True False", "[False, True] True"]
