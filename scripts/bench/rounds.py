"""Runs the yardsticks in interleaved rounds, and checks that all of them loaded the same rows."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from scripts.bench import days, dirt, lake, loads, rivals, streams
from scripts.bench.bench import Bench, Run, copy_bytes
from scripts.bench.spool import fill
from shardgen.tables.planning import build_plan

YARDSTICKS: dict[str, Callable[[Bench, int], Run]] = {
    "floor": loads.floor,
    "load": loads.load,
    "full": loads.full,
    "foreign": loads.foreign,
    "null": loads.null,
    "psql": rivals.psql,
    "rows": rivals.rows,
    "pgbench": rivals.pgbench,
    "lake": lake.lake,
    "day": days.day,
    "stream": streams.stream,
    "dirt": dirt.dirt,
}
SCALING = ("floor", "load", "null")
"""Yardsticks that are also run with other numbers of workers."""
VOLUMES = ("load", "null")
"""Yardsticks that are also run at other volumes."""
READY_MADE = {"floor", "psql", "rows"}
"""Yardsticks that need the rows on disk."""
ON_DISK = 1.25
"""Bytes on disk to COPY bytes, indexes included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A yardstick to be measured."""

    name: str
    bench: Bench
    workers: int

    def run(self, number: int) -> Run:
        """Measure it in a round."""
        found = YARDSTICKS[self.name](replace(self.bench, round=number), self.workers)
        found.round = number
        return found


def interleaved(tasks: Sequence[Task], rounds: int) -> list[Run]:
    """Every task once a round; every other round backwards, so that what drifts harms all alike."""
    runs = []
    for number in range(rounds):
        for task in tasks if number % 2 == 0 else tasks[::-1]:
            run = task.run(number)
            runs.append(run)
            _say(f"round {number + 1}: {run.yardstick} x {run.workers} at {run.scale:g}: {run.seconds:.2f} s")
    return runs


def measure(bench: Bench, *, parts: Sequence[str], workers: int, others: Sequence[int], rounds: int) -> list[Run]:
    """The yardsticks side by side; the spool that they need is there meanwhile."""
    if READY_MADE.intersection(parts):
        _say(f"making {copy_bytes(build_plan(bench.config)) / 1e9:.1f} GB ready")
        with loads.processes_of(workers) as executor:
            fill(bench.spool.directory, bench.config, executor, csv="psql" in parts)
    try:
        tasks = [Task(name=name, bench=bench, workers=workers) for name in parts]
        for number in others:
            tasks += [Task(name=name, bench=bench, workers=number) for name in parts if name in SCALING]
        runs = interleaved(tasks, rounds)
    finally:
        shutil.rmtree(bench.spool.directory, ignore_errors=True)
    check(runs)
    return runs


def at_volumes(
    bench: Bench, factors: Sequence[float], *, parts: Sequence[str], workers: int, rounds: int, disk: int
) -> list[Run]:
    """Load and build other volumes; what would not fit on the disk is only built.

    Args:
        factors: times the volume of the bench.
        parts: the yardsticks asked for.
        workers: how many.
        rounds: how many.
        disk: bytes that a target may take.
    """
    tasks: list[Task] = []
    for each in map(bench.times, factors):
        needed = copy_bytes(build_plan(each.config)) * ON_DISK
        fits = needed < min(disk, shutil.disk_usage(bench.directory).free * 0.8)
        if not fits:
            _say(f"scale {each.scale:g} takes {needed / 1e9:.0f} GB on disk: built, but not loaded")
        chosen = [name for name in VOLUMES if name in parts and (fits or name == "null")]
        tasks += [Task(name=name, bench=each, workers=workers) for name in chosen]
    return interleaved(tasks, rounds)


def check(runs: Sequence[Run]) -> None:
    """Raise unless all that loaded or built the world have the same rows, and all loads the same bytes.

    Raises:
        AssertionError: a figure compares what is not alike.
    """
    whole = [run for run in runs if run.yardstick in ("floor", "load", "full", "foreign", "null", "psql", "rows")]
    for run in whole[1:]:
        assert run.rows == whole[0].rows, f"{run.yardstick} rows={run.rows}, {whole[0].yardstick} rows={whole[0].rows}"
    digests = [run.figures["digests"] for run in runs if "digests" in run.figures]
    assert all(digest == digests[0] for digest in digests), "floor and load sent different bytes"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
