"""Parquet files by one process, beside those of tpchgen-cli by one thread: processor seconds of each, in turns.

Both write with zstd, tpchgen-cli its own tables of other rows: what is compared is rows for a second. What a process
builds once, and a program's start, is not counted on our side; there the processor's time is told, as loads are. What
the processes of a whole load take of memory is told beside it.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq

from scripts.bench import loads, processes
from scripts.bench.bench import Bench, Run
from shardgen.loading import memory
from shardgen.model.config import LoadConfig, PlanConfig
from shardgen.model.plan import Shard
from shardgen.stores.lake.formats import open_format
from shardgen.tables import dataset
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan

LEAST_SCALE = 0.1
"""Of tpchgen-cli: with fewer rows its start would count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrote:
    """Files that were written."""

    rows: int
    size: int
    cpu: float
    """Seconds of the processor."""
    seconds: float

    @property
    def rate(self) -> float:
        """Rows for a second of the processor."""
        return self.rows / self.cpu


def lake(bench: Bench, workers: int) -> Run:
    """All tables as Parquet files by one process, the events also without what columns repeat, and tpchgen-cli in
    between; then a load of as many workers as the others have.
    """
    full, lean = bench.config, replace(bench.config, raw_data="lean")
    turns: dict[str, Callable[[], Wrote]] = {
        "tpchgen-cli lineitem": partial(tpchgen, bench, "lineitem"),
        "clickstream": partial(write, bench, full, "clickstream"),
        "clickstream, lean": partial(write, bench, lean, "clickstream"),
        "tpchgen-cli all tables": partial(tpchgen, bench),
        **{name: partial(write, bench, full, name) for name in full.tables if name != "clickstream"},
    }
    wrote = {name: turn() for name, turn in turns.items()}
    wrote["all seven tables"] = _sum(wrote[name] for name in full.tables)
    return Run(
        yardstick="lake",
        workers=1,
        scale=bench.scale,
        seconds=wrote["all seven tables"].seconds,
        rows={name: wrote[name].rows for name in full.tables},
        figures={
            "peaks": _load(bench, workers).peaks,
            "files": {name: {"rows": each.rows, "bytes": each.size, "cpu": each.cpu} for name, each in wrote.items()},
            "ratios": {
                "clickstream": wrote["clickstream"].rate / wrote["tpchgen-cli lineitem"].rate,
                "clickstream, lean": wrote["clickstream, lean"].rate / wrote["tpchgen-cli lineitem"].rate,
                "all seven tables": wrote["all seven tables"].rate / wrote["tpchgen-cli all tables"].rate,
            },
        },
    )


def _load(bench: Bench, workers: int) -> processes.Ran:
    """``shardgen load`` into a folder."""
    place = bench.directory / "lake"
    given = [f"--{name}={value}" for name, value in bench.options.items() if name != "indexes"]
    command = [sys.executable, "-m", "shardgen", "load", "--progress=none", f"--end={bench.config.end}", *given]
    ran = processes.run([*command, f"--workers={workers}", f"--target=file://{place}"], cwd=bench.directory)
    shutil.rmtree(place)
    return ran


def _sum(some: Iterable[Wrote]) -> Wrote:
    parts = list(some)
    return Wrote(
        rows=sum(part.rows for part in parts),
        size=sum(part.size for part in parts),
        cpu=sum(part.cpu for part in parts),
        seconds=sum(part.seconds for part in parts),
    )


def tpchgen(bench: Bench, *tables: str) -> Wrote:
    """Run tpchgen-cli with one thread; all of its tables where none is named."""
    place = bench.directory / "tpchgen"
    place.mkdir()
    chosen = [part for name in tables for part in ("--tables", name)]
    scale = f"--scale-factor={max(LEAST_SCALE, bench.scale):g}"
    command = [
        _program(),
        "parquet",
        scale,
        "--num-threads=1",
        "--compression=ZSTD(1)",
        f"--output-dir={place}",
        *chosen,
    ]
    start, before = time.perf_counter(), _children()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    wrote = _wrote(place, cpu=_children() - before, seconds=time.perf_counter() - start)
    shutil.rmtree(place)
    return wrote


def _program() -> str:
    found = Path(sysconfig.get_path("scripts")) / "tpchgen-cli"
    if not found.exists():
        raise RuntimeError("tpchgen-cli is not installed, beside which files are measured: pip install tpchgen-cli")
    return str(found)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _wrote(place: Path, *, cpu: float, seconds: float) -> Wrote:
    files = list(place.rglob("*.parquet"))
    rows, size = sum(pq.read_metadata(file).num_rows for file in files), sum(file.stat().st_size for file in files)
    return Wrote(rows=rows, size=size, cpu=cpu, seconds=seconds)


def write(bench: Bench, config: PlanConfig, table: str) -> Wrote:
    """Write the shards of a table into files, in a process as a load has them."""
    place = bench.directory / "files"
    place.mkdir()
    with loads.processes_of(1) as executor:
        wrote = executor.submit(_write, config, table, place).result()
    shutil.rmtree(place)
    return wrote


def _write(config: PlanConfig, table: str, place: Path) -> Wrote:
    plan = build_plan(config)
    loads.warm(replace(config, tables=(table,)))
    memory.give_back(table)
    start, before = time.perf_counter(), time.process_time()
    for shard in plan.of(table):
        _write_shard(config, shard, place)
    return _wrote(place, cpu=time.process_time() - before, seconds=time.perf_counter() - start)


def _write_shard(config: PlanConfig, shard: Shard, place: Path) -> None:
    format_, table = open_format("parquet", raw_data=config.raw_data), dataset()[shard.table].table
    with (place / f"{shard.id.replace('/', '-')}{format_.suffix}").open("wb") as file:
        encoder = format_.writer(table, file, {"shard": shard.id})
        for batch in Feed(config).batches(shard, LoadConfig().batch_rows):
            encoder.write(batch)
        encoder.close()
