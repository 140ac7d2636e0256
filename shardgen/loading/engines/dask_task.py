"""What a task is on a Dask worker: sealed on its way, set up for once, and asked to give way when nobody wants it.

A worker is nobody's own: it may run tasks of others, in threads, and outlive us. So a setup of ours changes neither
its signals nor its environment, and what a load has opened there is closed when the load lets go.
"""

from __future__ import annotations

import pickle
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from distributed import Worker, get_worker

from shardgen.errors import MachineError
from shardgen.loading import kept
from shardgen.loading.engines import needs

AT_WORK: Final = ("running", "paused")
"""States of a worker that will go on: another one has lost its scheduler, or is being closed."""


@dataclass(frozen=True, slots=True)
class Word:
    """Whether the work of an executor should give way; the same word wherever it is unpickled."""

    executor: str

    def __call__(self) -> bool:
        """On a worker, in the thread of a task: it was said, or the scheduler does not want the task any more."""
        return self.executor in _said or not _present.wanted()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Task:
    """What is sent for a task. Dask shows the arguments of a task in logs and pages: of this one it shows nothing."""

    key: str
    """By which the scheduler knows it."""
    executor: str
    """The executor that it belongs to, and the topic of its events."""
    call: bytes = field(compare=False)
    """Function and arguments, pickled: they may hold a connection string with its password."""
    setup: bytes
    """What is called before the executor's first task in a worker, pickled."""
    needs: Mapping[str, str]
    """Versions that must be there; a worker that came late was not asked before."""

    def __repr__(self) -> str:
        return f"<{self.key}>"


def run(task: Task) -> Any:
    """Do a task, and tell before that it has begun, and where."""
    worker = get_worker()
    worker.log_event(task.executor, {"begun": task.key, "worker": worker.address, "host": socket.gethostname()})
    _begin(task)
    _present.worker, _present.key = worker, task.key
    try:
        fn, args, kwargs = pickle.loads(task.call)  # noqa: S301  # from our own client
        return fn(*args, **kwargs)
    finally:
        _present.worker = None


def say(executor: str) -> None:
    """Ask the tasks of an executor to give way, those that are yet to come too."""
    _said.add(executor)


def leave(executor: str) -> None:
    """Close what the tasks of an executor keep open in this process."""
    say(executor)
    kept.let_go(Word(executor))


def _begin(task: Task) -> None:
    with _lock:
        if task.executor in _begun:
            return
        if lacking := needs.lacking(task.needs):
            raise MachineError(f"host={socket.gethostname()} has {', '.join(lacking)}")
        pickle.loads(task.setup)()  # noqa: S301  # from our own client
        _begun.add(task.executor)


class _Present(threading.local):
    """The task of a thread."""

    worker: Worker | None = None
    key = ""

    def wanted(self) -> bool:
        """Whether the scheduler still wants it, and the worker is not being closed."""
        if self.worker is None:
            return True
        known = self.worker.state.tasks.get(self.key)
        return known is not None and known.state == "executing" and self.worker.status.name in AT_WORK


_present = _Present()
_lock = threading.Lock()
_said: set[str] = set()
_begun: set[str] = set()
"""Executors whose tasks this process is set up for."""
