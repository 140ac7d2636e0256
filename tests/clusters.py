"""A Dask cluster of real processes on the loopback interface: a scheduler, and hosts of workers with their nannies."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

from tests.loads import ROOT, clean_environment

PATIENCE = 120.0
QUIET = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "10s"}


class Cluster:
    """Scheduler and workers; each process writes a log of its own.

    Args:
        folder: for logs and the workers' files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started: list[subprocess.Popen[bytes]] = []
        self.port, self.page = free_port(), free_port()
        self.scheduler = self._start("scheduler", "--port", self.port, "--dashboard-address", f"127.0.0.1:{self.page}")
        until(lambda: answers(self.port))

    @property
    def engine(self) -> str:
        """As an option names it."""
        return f"dask://127.0.0.1:{self.port}"

    def host(self, *options: str, workers: int = 1, path: str = "", **environment: str) -> subprocess.Popen[bytes]:
        """A process with so many workers, each in a process of its own that it starts anew when it ends."""
        counted = ("--nthreads", "1", "--nworkers", str(workers), "--no-dashboard")
        where = ("--local-directory", str(self.folder))
        python = os.pathsep.join(filter(None, [path, str(ROOT)]))
        address = f"127.0.0.1:{self.port}"
        before = self.log("scheduler").count("Register worker")
        host = self._start("worker", address, *counted, *where, *options, PYTHONPATH=python, **environment)
        until(lambda: self.log("scheduler").count("Register worker") >= before + workers)
        return host

    def present(self) -> int:
        """How many workers the scheduler has."""
        log = self.log("scheduler")
        return log.count("Register worker") - log.count("Remove worker")

    def log(self, kind: str = "") -> str:
        """What was logged by the scheduler, by the workers, or by all."""
        return "".join(path.read_text() for path in sorted(self.folder.glob(f"{kind}*.log")))

    def read(self, path: str) -> str:
        """A page of the scheduler."""
        with urlopen(f"http://127.0.0.1:{self.page}/{path}", timeout=PATIENCE) as page:
            return page.read().decode()

    def close(self) -> None:
        """End all of it."""
        for each in self._started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(each.pid, signal.SIGKILL)
            each.wait(PATIENCE)

    def _start(self, kind: str, *arguments: object, **environment: str) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *map(str, arguments)]
        with (self.folder / f"{kind}-{len(self._started)}.log").open("wb") as log:
            started = subprocess.Popen(
                words,
                cwd=self.folder,
                env={**clean_environment(), **QUIET, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started.append(started)
        return started


@contextlib.contextmanager
def cluster(workers: int = 2) -> Iterator[Cluster]:
    """A scheduler, and one host with so many workers."""
    folder = Path(tempfile.mkdtemp(prefix="sg-dask-"))
    made = Cluster(folder)
    try:
        if workers:
            made.host(workers=workers)
        yield made
    finally:
        made.close()
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def answers(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def until(holds, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
