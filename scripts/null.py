"""Build and encode a plan's shards and write them nowhere: CPU microseconds a row, MB/s and memory, by table.

Times are those of the processor (the machine may be shared) and the best of a few rounds; the wall's stand beside
them. ``all`` is the mean row of the whole plan. ``memcpy`` is a yardstick of the same run: a copy of the same bytes in
memory. With several workers each does all of it, and their rates are added up.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import re
import resource
import sys
import time
from dataclasses import dataclass, replace
from datetime import date

from shardgen.loading import memory
from shardgen.model.choices import HISTORIES
from shardgen.model.config import LoadConfig, PlanConfig
from shardgen.model.plan import Plan
from shardgen.stores.copy import Encoder
from shardgen.tables import dataset, names
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from shardgen.tables.wanted import plan_config

COLUMNS = {
    "table": "12",
    "rows": "11,",
    "bytes": "7.0f",
    "generate": "9.3f",
    "encode": "9.3f",
    "both": "9.3f",
    "wall": "9.3f",
    "rows/s": "13,.0f",
    "MB/s": "7.0f",
    "memcpy": "9.3f",
    "MiB": "8.0f",
}
"""Width and format of each; times are microseconds a row."""


@dataclass(slots=True, kw_only=True)
class Timing:
    """Sums over some shards; seconds of this process."""

    rows: int = 0
    size: int = 0
    generate: float = 0.0
    encode: float = 0.0
    copy: float = 0.0
    wall: float = 0.0
    peak: float = 0.0
    """MiB that the process has held at most so far."""

    def line(self, table: str) -> dict[str, str | float]:
        """Microseconds and bytes a row, rates of one process."""
        rows, busy = max(1, self.rows), self.generate + self.encode
        times = [seconds / rows * 1e6 for seconds in (self.generate, self.encode, busy, self.wall)]
        figures = [self.rows, self.size / rows, *times, self.rows / busy, self.size / busy / 1e6]
        return dict(zip(COLUMNS, [table, *figures, self.copy / rows * 1e6, self.peak], strict=True))


def main() -> int:
    """Time the tables and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default=",".join(names()))
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--history", choices=HISTORIES, default=HISTORIES[0])
    parser.add_argument("--shards", type=int, default=3, help="how many shards of each table, the largest first")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is timed")
    parser.add_argument("--batch-rows", type=int, default=LoadConfig().batch_rows)
    parser.add_argument("--workers", type=int, default=1, help="processes that do the same at the same time")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    config = plan_config(today=date(2026, 1, 1), tables=given.tables, scale=given.scale)
    config = replace(config, history=given.history)
    task = (config, given.shards, given.rounds, given.batch_rows)
    with multiprocessing.get_context("spawn").Pool(given.workers) as pool:
        of_workers = pool.starmap(lines_of, [task] * given.workers, chunksize=1)
    lines = [together(of_table) for of_table in zip(*of_workers, strict=True)]
    lines.append(mean_row(lines, build_plan(config)))
    print(json.dumps(lines, indent=2) if given.json else "\n".join([header(), *map(shown, lines)]))
    return 0


def lines_of(config: PlanConfig, shards: int, rounds: int, batch_rows: int) -> list[dict[str, str | float]]:
    """The tables of a plan, by this process."""
    memory.keep()
    memory.do_without_pandas()
    plan = build_plan(config)
    return [
        min((timed(plan, table, shards, batch_rows) for _ in range(rounds)), key=lambda t: t.generate + t.encode).line(
            table
        )
        for table in config.tables
    ]


def timed(plan: Plan, table: str, shards: int, batch_rows: int) -> Timing:
    """One pass over the largest shards of a table."""
    timing, encoder = Timing(), Encoder(dataset()[table].table)
    for shard in sorted(plan.of(table), key=lambda shard: -shard.rows)[:shards]:
        began, before = time.perf_counter(), time.process_time()
        for batch in Feed(plan.config).batches(shard, batch_rows):
            built = time.process_time()
            size = sum(map(len, encoder.rows(batch)))
            encoded = time.process_time()
            timing.rows += batch.num_rows
            timing.size += size
            timing.generate += built - before
            timing.encode += encoded - built
            del batch  # as a load does
            before = time.process_time()
        timing.wall += time.perf_counter() - began
    timing.copy = copying(timing.size)
    timing.peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return timing


def copying(size: int) -> float:
    """Seconds to copy so many bytes, a few megabytes at a time."""
    some = bytes(4_000_000)
    began = time.process_time()
    for _ in range(50):
        bytearray(some)
    return (time.process_time() - began) * size / (50 * len(some))


def together(of_workers: tuple[dict[str, str | float], ...]) -> dict[str, str | float]:
    """One table by all workers: the first one's figures, the sums of their rates, the largest memory."""
    sums = {name: sum(line[name] for line in of_workers) for name in ("rows/s", "MB/s")}
    return {**of_workers[0], **sums, "MiB": max(line["MiB"] for line in of_workers)}


def mean_row(lines: list[dict[str, str | float]], plan: Plan) -> dict[str, str | float]:
    """The mean row of the plan: each table weighs as much as it has rows in it."""
    rows = [plan.rows(line["table"]) for line in lines]
    per_row = ("bytes", "generate", "encode", "both", "wall", "memcpy")
    mean = {name: sum(line[name] * n for line, n in zip(lines, rows, strict=True)) / sum(rows) for name in per_row}
    workers = sum(line["rows/s"] for line in lines) / sum(1e6 / line["both"] for line in lines)
    rates = {"rows/s": workers * 1e6 / mean["both"], "MB/s": workers * mean["bytes"] / mean["both"]}
    return {"table": "all", "rows": sum(rows), **mean, **rates, "MiB": max(line["MiB"] for line in lines)}


def header() -> str:
    """Names of the columns, above them."""
    widths = [int(re.match(r"\d+", form)[0]) for form in COLUMNS.values()]
    return "table".ljust(widths[0]) + "".join(map(str.rjust, list(COLUMNS)[1:], widths[1:]))


def shown(line: dict[str, str | float]) -> str:
    """One table."""
    return "".join(f"{line[name]:{form}}" for name, form in COLUMNS.items())


if __name__ == "__main__":
    sys.exit(main())
