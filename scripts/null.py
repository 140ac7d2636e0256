"""Build and encode a plan's shards and write them nowhere: microseconds a row and MB/s of one core, by table.

The last column is a yardstick of the same run: how long a copy of the same bytes takes in memory.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from datetime import date

from shardgen.config import TABLES, LoadConfig, PlanConfig, plan_config, table_names
from shardgen.encode import Encoder
from shardgen.planning import Shard, build_plan
from shardgen.schema import TABLES as SCHEMA
from shardgen.worker import build_batches, keep_memory

LINE = "{:12} {:>10} {:>8} {:>10} {:>10} {:>8} {:>10}"
REPEATS = 3


@dataclass
class Timing:
    """Sums over some shards."""

    rows: int = 0
    size: int = 0
    generate: float = 0.0
    encode: float = 0.0
    copy: float = 0.0

    @property
    def per_row(self) -> float:
        """Microseconds to generate and encode a row."""
        return (self.generate + self.encode) / max(1, self.rows) * 1e6


def main() -> int:
    """Time the tables and print a line for each: the best of a few repeats, as the machine may be shared."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--shards", type=int, default=3, help="how many shards of each table, the largest first")
    given = parser.parse_args()
    keep_memory()
    config = plan_config(today=date(2026, 1, 1), tables=table_names(given.tables))
    print(LINE.format("table", "rows", "B/row", "gen us", "encode us", "MB/s", "memcpy us"))
    for table in config.tables:
        shards = sorted(build_plan(config).of(table), key=lambda shard: -shard.rows)[: given.shards]
        best = min((timed(config, shards) for _ in range(REPEATS)), key=lambda timing: timing.per_row)
        print_line(table, best)
    return 0


def timed(config: PlanConfig, shards: list[Shard]) -> Timing:
    """One pass over the shards."""
    timing = Timing()
    for shard in shards:
        encoder = Encoder(SCHEMA[shard.table])
        mark = time.perf_counter()
        for batch in build_batches(config, shard, LoadConfig(dsn="").batch_rows):
            built = time.perf_counter()
            rows = encoder.rows(batch)
            encoded = time.perf_counter()
            bytes(rows)
            copied = time.perf_counter()
            timing.rows += batch.num_rows
            timing.size += len(rows)
            timing.generate += built - mark
            timing.encode += encoded - built
            timing.copy += copied - encoded
            mark = time.perf_counter()
    return timing


def print_line(table: str, timing: Timing) -> None:
    """One table."""
    rows, busy = max(1, timing.rows), timing.generate + timing.encode
    figures = [seconds / rows * 1e6 for seconds in (timing.generate, timing.encode, timing.copy)]
    print(
        LINE.format(
            table,
            f"{timing.rows:,}",
            f"{timing.size / rows:.0f}",
            f"{figures[0]:.3f}",
            f"{figures[1]:.3f}",
            f"{timing.size / busy / 1e6:.0f}",
            f"{figures[2]:.3f}",
        ),
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
