"""``make bench``: prints tables and writes bench.json. Without options it takes about forty minutes and 25 GB of disk.

It brings a server of its own, with the settings that users get, and leaves nothing behind but the file. Figures mean
something on an otherwise idle machine only.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from scripts.bench import machine, processes
from scripts.bench.bench import OPTIONS, Bench, Run
from scripts.bench.rounds import YARDSTICKS, at_volumes, measure
from scripts.bench.show import show
from scripts.bench.targets import targets_of
from shardgen.embedded import server

CPUS = os.cpu_count() or 1
GB = 10**9


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    given = parser().parse_args(arguments)
    options = {name: str(value) for name in OPTIONS if (value := getattr(given, name)) is not None}
    with directory(given.directory) as place, running(given.dsn, place) as (dsn, postmaster):
        bench = Bench(dsn=dsn, postmaster=postmaster, directory=place, options=options, slice_rows=given.slice)
        result: dict[str, Any] = {"machine": machine.facts(dsn, place), "arguments": vars(given)}
        result["help"] = processes.help_seconds(place)
        how: dict[str, Any] = {"parts": given.parts, "workers": given.workers, "rounds": given.rounds}
        volumes = at_volumes(bench, given.volumes, disk=given.disk * GB, **how) if given.volumes else []
        others = [number for number in given.scaling if number != given.workers]
        runs = measure(bench, others=others, **how)
    report(result, runs, volumes, given)
    return 0


def report(result: dict[str, Any], runs: list[Run], volumes: list[Run], given: argparse.Namespace) -> None:
    """Write the file and print the tables."""
    result["load_average_after"] = round(os.getloadavg()[0], 2)
    result["targets"] = targets_of(runs, volumes, given.workers, helped=result["help"])
    result["runs"], result["volumes"] = [asdict(run) for run in runs], [asdict(run) for run in volumes]
    Path(given.json).write_text(json.dumps(result, indent=1, default=str) + "\n", encoding="utf-8")
    show(result, runs, volumes, given.workers, Console(width=None if sys.stdout.isatty() else 140))


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(
        prog="make bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--parts", type=_names, default=list(YARDSTICKS), help=f"some of {','.join(YARDSTICKS)}")
    made.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    made.add_argument("--workers", type=int, default=min(CPUS, 8), help="connections (default: one a CPU)")
    made.add_argument("--scaling", type=_counts, default=[1, 2, 4], help="other numbers of workers, as 1,2,4")
    made.add_argument("--volumes", type=_factors, default=[], help="load and build also times the volume, as 1,3,10")
    made.add_argument("--disk", type=float, default=25, help="GB that a target of --volumes may take")
    made.add_argument("--slice", type=int, default=10_000, help="rows of each table that go in row by row")
    made.add_argument("--json", default="bench.json", help="file to write")
    made.add_argument("--dsn", help="another server than the embedded one, by a role that may create databases")
    made.add_argument("--directory", default="/var/tmp", help="disk to work on")
    for name in OPTIONS:
        made.add_argument(f"--{name}", help="as of shardgen load")
    return made


def _names(text: str) -> list[str]:
    chosen = text.split(",")
    if unknown := set(chosen) - set(YARDSTICKS):
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
    return [name for name in YARDSTICKS if name in chosen]


def _counts(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]


def _factors(text: str) -> list[float]:
    return [float(part) for part in text.split(",") if part]


@contextlib.contextmanager
def directory(parent: str) -> Iterator[Path]:
    """A directory that is removed afterwards."""
    if not Path(parent).is_dir():
        sys.exit(f"error: directory={parent!r} is not there: make it first, or name another by --directory")
    made = Path(tempfile.mkdtemp(prefix="sgbench-", dir=parent))
    made.chmod(0o711)  # as root the server runs as another user
    try:
        yield made
    finally:
        shutil.rmtree(made)


@contextlib.contextmanager
def running(dsn: str | None, place: Path) -> Iterator[tuple[str, int | None]]:
    """Connection string and process of a server."""
    if dsn is not None:
        yield dsn, None
        return
    started = server.start(place / "home", on_notice=lambda text: None)  # noqa: ARG005
    try:
        yield started.dsn, started.pid
    finally:
        server.stop(place / "home")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # noqa: ARG005 - the server stops too
    sys.exit(main())
