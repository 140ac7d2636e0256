"""Programs run to their end and watched meanwhile: wall time, memory of each process, the first row that arrives."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TextIO

import psycopg

ROOT = Path(__file__).parents[2]
_REAPER = Path(__file__).with_name("reaper.py")
_PERIOD = 0.2  # seconds between looks at the memory; the kernel keeps the peaks of those that live
_FIRST_ROW_PERIOD = 0.005


@dataclass(slots=True, kw_only=True)
class Ran:
    """What a program did."""

    output: str = ""
    began: float = 0.0
    """Seconds since the epoch."""
    seconds: float = 0.0
    """From then on until it ended, whatever it left behind."""
    peaks: dict[str, float] = field(default_factory=dict)
    """MiB of the largest process by role: ``coordinator``, ``worker``, ``forkserver``, ``other``, ``backend``."""
    cpu: dict[str, float] = field(default_factory=dict)
    """Seconds of processor time, of all processes of the ``client`` and, if it is ours, of the ``server``."""
    first_row: float | None = None
    """Seconds from the start to the first row that a COPY took; None where none was seen."""


def run(command: Sequence[str], *, cwd: Path, dsn: str | None = None, postmaster: int | None = None) -> Ran:
    """Run a program that loads, and watch it.

    Args:
        command: what to run; it finds this source tree and none of the caller's settings.
        dsn: the database that it loads into, if it is one.
        cwd: a directory without configuration files.
        postmaster: process of the server, if it is ours.

    Raises:
        RuntimeError: it failed.
    """
    ran, over, threads = Ran(), threading.Event(), list[threading.Thread]()
    before = server_seconds(postmaster) if postmaster else 0.0
    with _reaper(command, cwd) as (process, told):
        try:
            if begun := _figures(told):
                ran.began = begun["began"]
                threads = _watching(over, ran, begun, dsn, postmaster)
            ran.output, errors = process.communicate()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        finally:
            over.set()
            for thread in threads:
                thread.join()
        if process.returncode:
            raise RuntimeError(f"command={' '.join(command)!r} failed with code={process.returncode}: {errors.strip()}")
        ended = _figures(told)
    ran.seconds, ran.cpu["client"] = ended["seconds"], ended["cpu"]
    if postmaster:
        ran.cpu["server"] = server_seconds(postmaster) - before
    return ran


@contextlib.contextmanager
def _reaper(command: Sequence[str], cwd: Path) -> Iterator[tuple[subprocess.Popen[str], TextIO]]:
    """The process that runs a command, see :mod:`scripts.bench.reaper`, and what it tells; it has ended afterwards."""
    reading, writing = os.pipe()
    with open(reading, encoding="utf-8") as told, open(writing, "wb") as pipe:  # noqa: PTH123 - they have no paths
        reaper = [sys.executable, "-I", "-S", str(_REAPER), str(writing), *command]
        with subprocess.Popen(
            reaper,
            cwd=cwd,
            env=environment(),
            pass_fds=(writing,),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            pipe.close()
            yield process, told


def _figures(told: TextIO) -> dict[str, float]:
    """What a reaper tells next; nothing where it has ended."""
    return json.loads(told.readline() or "{}")


def _watching(
    over: threading.Event, ran: Ran, begun: dict[str, float], dsn: str | None, postmaster: int | None
) -> list[threading.Thread]:
    """Threads that fill in what can only be seen meanwhile."""
    watchers: list[tuple[Callable[..., None], tuple[object, ...]]] = [
        (_watch_memory, (ran, int(begun["pid"]), postmaster))
    ]
    if dsn:
        watchers.append((_watch_rows, (ran, dsn, begun["start"])))
    threads = [threading.Thread(target=target, args=(over, *given)) for target, given in watchers]
    for thread in threads:
        thread.start()
    return threads


def help_seconds(cwd: Path) -> float:
    """Seconds that ``shardgen --help`` takes, in the middle of five after a first one that warms the disk's cache."""
    seconds = []
    for _ in range(6):
        start = time.perf_counter()
        command = [sys.executable, "-m", "shardgen", "--help"]
        subprocess.run(command, cwd=cwd, env=environment(), stdout=subprocess.DEVNULL, check=True)
        seconds.append(time.perf_counter() - start)
    return median(seconds[1:])


def environment() -> dict[str, str]:
    """Ours, less the options that shardgen would take from it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHARDGEN_")}
    return kept | {"PYTHONPATH": str(ROOT)}


def _watch_memory(over: threading.Event, ran: Ran, pid: int, postmaster: int | None) -> None:
    while not over.wait(_PERIOD):
        for role, process in _family(pid):
            _note(ran, role, mebibytes(process, "VmHWM"))
        for backend in children(postmaster) if postmaster else []:
            _note(ran, "backend", mebibytes(backend, "RssAnon"))  # shared buffers belong to none of them


def _note(ran: Ran, role: str, peak: float) -> None:
    ran.peaks[role] = max(ran.peaks.get(role, 0.0), peak)


def _family(pid: int) -> list[tuple[str, int]]:
    """A coordinator and its descendants, with their roles."""
    found = [("coordinator", pid)]
    for child in children(pid):
        server = "forkserver" in _text(f"/proc/{child}/cmdline")
        found.append(("forkserver" if server else "other", child))
        found += [("worker", worker) for worker in children(child)]
    return found


def children(pid: int) -> list[int]:
    """Processes that a process has started; none where the kernel does not tell."""
    texts = [_text(f"{task}/children") for task in Path(f"/proc/{pid}/task").glob("*")]
    return [int(child) for text in texts for child in text.split()]


def mebibytes(pid: int, name: str) -> float:
    """A figure of /proc/PID/status; 0 where there is none."""
    found = re.search(rf"^{name}:\s+(\d+) kB", _text(f"/proc/{pid}/status"), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def server_seconds(postmaster: int) -> float:
    """Processor time that a server has taken: its own, that of backends that ended, and of those that live."""
    return sum(_seconds(postmaster)) + sum(sum(_seconds(child)[:2]) for child in children(postmaster))


def _seconds(pid: int) -> list[float]:
    """Processor time of a process in user mode and in the kernel, and of its children that ended; see proc(5)."""
    fields = _text(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return [int(ticks) / os.sysconf("SC_CLK_TCK") for ticks in fields[11:15]]


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _watch_rows(over: threading.Event, ran: Ran, dsn: str, start: float) -> None:
    with psycopg.connect(dsn, autocommit=True, application_name="bench") as connection:
        while not over.wait(_FIRST_ROW_PERIOD):
            seen = connection.execute(
                "SELECT 1 FROM pg_stat_progress_copy WHERE datname = current_database() AND tuples_processed > 0"
            )
            if seen.fetchone():
                ran.first_row = time.perf_counter() - start
                return
