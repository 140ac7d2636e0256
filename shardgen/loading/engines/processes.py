"""The engine that runs shards on this machine: a pool of forkserver processes that can be stopped, killed and rebuilt.

One worker's death breaks a whole ProcessPoolExecutor, so a pool is thrown away and made anew; its workers are told to
stop by closing a pipe, which no killed worker can jam, and only SIGKILL is relied on to end them.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from multiprocessing.connection import Connection
from typing import Any, Protocol

from shardgen.loading import worker
from shardgen.loading.engines import forkserver
from shardgen.machine import paths


class Engine(Protocol):
    """Gives the coordinator an executor, and a way to stop what runs in it."""

    def start(self, workers: int) -> Executor:
        """A fresh executor; an earlier one is gone."""
        ...

    def stop(self) -> None:
        """Ask running shards to give way; returns at once."""
        ...

    def kill(self) -> None:
        """End every worker now; returns at once, and may be called from a signal handler."""
        ...

    def close(self) -> None:
        """End every worker and let go of the executor; returns when they are gone."""
        ...

    def describe(self) -> str:
        """What is known of workers that died: ``"worker pid=7 exit=-9"``; empty if nothing."""
        ...


class ForkserverEngine:
    """Processes on this machine; they start from a server that has the heavy modules loaded."""

    def __init__(self) -> None:
        self._context = forkserver.start()
        self._pool: _Pool | None = None
        self._stop: Connection[Any, Any] | None = None

    def start(self, workers: int) -> Executor:
        """A fresh pool of so many processes, each started when it is first needed."""
        self.close()
        reader, self._stop = self._context.Pipe(duplex=False)
        given = (reader, paths.safe(), dict(os.environ))
        self._pool = _Pool(workers, mp_context=self._context, initializer=worker.initialise, initargs=given)
        return self._pool

    def stop(self) -> None:
        """Close the pipe that every worker watches."""
        if self._stop is not None:
            self._stop.close()
            self._stop = None

    def kill(self) -> None:
        """SIGKILL the workers."""
        if self._pool is not None:
            self._pool.kill()

    def close(self) -> None:
        """SIGKILL the workers and wait for the pool's own thread."""
        self.stop()
        if self._pool is not None:
            self._pool.kill()
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def describe(self) -> str:
        """Process ids and exit codes of workers that ended otherwise than by our doing."""
        return self._pool.deaths() if self._pool is not None else ""


class _Pool(ProcessPoolExecutor):
    def __init__(self, workers: int, **options: Any) -> None:
        super().__init__(workers, **options)
        self._known: dict[int, multiprocessing.Process] = {}

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        with forkserver.starting():
            future = super().submit(fn, *args, **kwargs)
        self._known.update(self._processes or {})
        return future

    def deaths(self) -> str:
        codes = {pid: process.exitcode for pid, process in self._known.items()}
        # the executor itself ends the healthy ones by SIGTERM, once it has noticed the first death
        odd = [f"worker pid={pid} exit={code}" for pid, code in codes.items() if code not in (None, 0, -15)]
        return ", ".join(odd)

    def kill(self) -> None:
        for process in self._known.values():
            process.kill()
