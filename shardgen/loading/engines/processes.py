"""The engine that is the default: a pool of processes on this machine that can be stopped, killed and made anew.

One worker's death breaks a whole ProcessPoolExecutor, so a pool is thrown away and made anew; its workers are told to
stop by closing a pipe, which no killed worker can jam, and only SIGKILL is relied on to end them. They start from a
server that has the heavy modules loaded, and do not outlive the process that gives them work.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from multiprocessing import connection, parent_process
from typing import Any, Final, TypeAlias

from shardgen.loading.engines import forkserver
from shardgen.loading.engines.setup import Setup

_SETTLING: Final = 1.0  # seconds for a broken pool to end its workers; a stopped one ends later, by SIGKILL

Pipe: TypeAlias = "connection.Connection[Any, Any]"


class Processes:
    """See the module; in terms of ``Engine``."""

    lost: Final = (BrokenExecutor,)
    local: Final = True
    slots: Final = None

    def __init__(self) -> None:
        self._context = forkserver.start()
        self._pool: _Pool | None = None
        self._stop: Pipe | None = None

    @property
    def stopped(self) -> Callable[[], bool]:
        """Whether the pipe was closed, in a worker."""
        return asked_to_stop

    def check(self, needs: Mapping[str, str]) -> None:
        """Workers are made of what is here."""

    def start(self, workers: int, setup: Setup) -> Executor:
        """A fresh pool of so many processes, each started when it is first needed."""
        self.close()
        reader, self._stop = self._context.Pipe(duplex=False)
        self._pool = _Pool(workers, mp_context=self._context, initializer=_begin, initargs=(reader, setup))
        return self._pool

    def stop(self) -> None:
        """Close the pipe that every worker watches."""
        if self._stop is not None:
            self._stop.close()
            self._stop = None

    def kill(self, tasks: Collection[Future[Any]] = ()) -> bool:  # noqa: ARG002
        """SIGKILL all workers: none can be spared, for the pool breaks when one ends."""
        if self._pool is not None:
            self._pool.kill()
        return False

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
            future = super().submit(_run, pickle.dumps((fn, args, kwargs)))
        self._known.update(self._processes or {})
        return future

    def deaths(self) -> str:
        manager: Any = self._executor_manager_thread
        if self._broken and manager is not None:
            manager.join(_SETTLING)  # it asks for exit codes too, and the pipe from the fork server tells each but once
        codes = {pid: process.exitcode for pid, process in self._known.items()}
        # the executor itself ends the healthy ones by SIGTERM, once it has noticed the first death
        odd = [f"worker pid={pid} exit={code}" for pid, code in codes.items() if code not in (None, 0, -15)]
        return ", ".join(odd)

    def kill(self) -> None:
        for process in self._known.values():
            process.kill()


# --- in a worker process ----------------------------------------------------------------------------------------------

_asked = threading.Event()
_unfit: list[Exception] = []
"""Why this process could not be made a worker."""


def asked_to_stop() -> bool:
    """Whether the work of this process should give way."""
    return _asked.is_set()


def _begin(stop: Pipe, setup: Setup) -> None:
    """Make this process a worker; what fails is told by its tasks, where an executor would only call it dead.

    Args:
        stop: the reading end of a pipe that is closed when tasks should give way.
        setup: see ``Engine.start``.
    """
    try:
        setup()
        parent = parent_process()
        if parent is None:
            raise RuntimeError("a worker process must have a parent process")  # noqa: TRY301  # told like the others
        threading.Thread(target=_watch, args=(parent.sentinel, stop), name="shardgen-watch", daemon=True).start()
    except Exception as error:  # noqa: BLE001  # raised again where it is told
        _unfit.append(error)


def _run(task: bytes) -> Any:
    """Do a task; what cannot even be read here (a library that does not load) is its failure, not the worker's end."""
    if _unfit:
        raise _unfit[0]
    fn, args, kwargs = pickle.loads(task)  # noqa: S301  # from our own pipe
    return fn(*args, **kwargs)


def _watch(parent: int, stop: Pipe) -> None:
    """Tell of the pipe's end; end the process at once when its parent is gone.

    An orphan's transaction must end before a ``--resume`` meets it: the backend notices the closed socket.
    """
    connection.wait([parent, stop])
    _asked.set()
    connection.wait([parent])
    os._exit(1)
