"""What a worker keeps of its memory between shards."""

from __future__ import annotations

import subprocess
import sys

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
