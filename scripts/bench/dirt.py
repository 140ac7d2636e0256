"""What dirt costs: the same loads clean and dirty, one right after the other, into the database and into files.

Every other round goes backwards, so that no load always comes after the same one.
In files that know types raw_data of dirty rows is text; that of the clean ones beside them is, too.
"""

from __future__ import annotations

import shutil
import sys

from scripts.bench import processes
from scripts.bench.bench import Bench, Run, settle
from scripts.databases import fresh_database

RATES = "realistic"
PLACES = ("PostgreSQL", "Parquet")


def dirt(bench: Bench, workers: int) -> Run:
    """``shardgen load`` without and with ``--dirt realistic``: seconds, and those on the processor: of
    our processes, and of all, the server's too.
    """
    key = bench.directory / "dirt.key"
    key.write_text("of the bench", encoding="utf-8")
    asked = [f"--dirt={RATES}", f"--dirt-key-file={key}"]
    loads = [(place, state, more) for place in PLACES for state, more in (("clean", []), ("dirty", asked))]
    turns = loads if bench.round % 2 == 0 else loads[::-1]
    found = {(place, state): _load(bench, place, workers, more) for place, state, more in turns}
    figures = {place: {state: found[place, state] for state in ("clean", "dirty")} for place in PLACES}
    seconds = sum(each["seconds"] for of in figures.values() for each in of.values())
    return Run(yardstick="dirt", workers=workers, scale=bench.scale, seconds=seconds, rows={}, figures=figures)


def _load(bench: Bench, place: str, workers: int, asked: list[str]) -> dict[str, float]:
    """One load, from the command to its exit."""
    options = {name: value for name, value in bench.options.items() if name != "indexes" or place == "PostgreSQL"}
    given = [f"--{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "shardgen", "load", "--progress=none", f"--end={bench.config.end}", *given, *asked]
    command.append(f"--workers={workers}")
    if place == "Parquet":
        lake = bench.directory / "lake"
        settle(bench.dsn)
        ran = processes.run([*command, f"--target=file://{lake}", "--raw-data-as=json"], cwd=bench.directory)
        shutil.rmtree(lake)
    else:
        with fresh_database(bench.dsn) as dsn:
            settle(dsn)
            ran = processes.run([*command, "--dsn", dsn], dsn=dsn, cwd=bench.directory, postmaster=bench.postmaster)
    return {"seconds": ran.seconds, "cpu": ran.cpu["client"], "all": sum(ran.cpu.values())}
