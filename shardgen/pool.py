"""The engine that runs shards on this machine: a pool of processes that can be stopped, killed and rebuilt.

One worker's death breaks the whole pool, which is thrown away and made anew; its workers are told to stop by closing a
pipe, which no killed worker can jam, and only SIGKILL is relied on to end them.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass
from typing import Any, Protocol

from shardgen import processes


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
    """Processes on this machine; they start from a server that has the heavy modules loaded.

    Raises:
        MachineError: the system gives no process.
    """

    def __init__(self) -> None:
        processes.start()
        self._pool: _Pool | None = None
        self._stop: int | None = None

    def start(self, workers: int) -> Executor:
        """A fresh pool of so many processes, each started when it is first needed."""
        self.close()
        reader, self._stop = os.pipe()
        self._pool = _Pool(workers, reader)
        return self._pool

    def stop(self) -> None:
        """Close the pipe that every worker watches."""
        stop, self._stop = self._stop, None
        if stop is not None:
            os.close(stop)

    def kill(self) -> None:
        """SIGKILL the workers."""
        if self._pool is not None:
            self._pool.kill()

    def close(self) -> None:
        """SIGKILL the workers and wait until they are gone."""
        self.stop()
        if self._pool is not None:
            self._pool.kill()
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def describe(self) -> str:
        """Process ids and exit codes of workers that ended otherwise than by our doing."""
        return self._pool.deaths() if self._pool is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    future: Future[Any]
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    named: dict[str, Any]


class _Pool(Executor):
    """A thread for each worker, which hands it one task after the other.

    Args:
        workers: how many, at most.
        stop: the reading end of the pipe that tells workers to give way; closed at shutdown.
    """

    def __init__(self, workers: int, stop: int) -> None:
        self._workers = workers
        self._stop = stop
        self._lock = threading.Lock()
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._undone = 0  # tasks
        self._feeders: set[threading.Thread] = set()
        self._children: list[processes.Child] = []
        self._over = self._killed = self._closed = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a function called in one of the processes.

        Raises:
            BrokenExecutor: one of them died.
        """
        task = _Task(future=Future(), function=fn, arguments=args, named=kwargs)
        with self._lock:
            if self._over:
                raise BrokenExecutor("a worker process died")
            self._tasks.put(task)
            self._undone += 1
            feeder = self._hired() if len(self._feeders) < min(self._workers, self._undone) else None
        if feeder is not None:
            self._begin(feeder)
        return task.future

    def kill(self) -> None:
        """End every process; takes no lock, because a signal handler calls it."""
        self._killed = True
        for child in list(self._children):
            child.kill()

    def deaths(self) -> str:
        """See :meth:`ForkserverEngine.describe`."""
        odd = [each for each in self._children if not each.killed and each.code not in (None, 0)]
        return ", ".join(f"worker pid={each.pid} exit={each.code}" for each in odd)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002  # Executor's
        """Let the processes end when they have done what is waiting, or else only what is running."""
        for task in self._drained() if cancel_futures else ():
            task.future.cancel()
            task.future.set_running_or_notify_cancel()
        for feeder in self._dismissed() if wait else ():
            feeder.join()
        if wait and not self._closed:
            self._closed = True
            os.close(self._stop)

    def _hired(self) -> threading.Thread:
        feeder = threading.Thread(target=self._feed, name="shardgen-worker", daemon=True)
        self._feeders.add(feeder)
        return feeder

    def _begin(self, feeder: threading.Thread) -> None:
        try:
            feeder.start()
        except RuntimeError as error:  # "can't start new thread"
            self._leave(feeder, processes.shortage(error))

    def _feed(self) -> None:
        """Hand tasks to a process of this thread's own, until there are no more, or it dies."""
        try:
            child = processes.fork(self._stop)
        except Exception as error:  # noqa: BLE001  # whoever waits for a future is told
            self._leave(threading.current_thread(), error)
            return
        self._children.append(child)
        if self._killed:
            child.kill()
        while (task := self._tasks.get()) and self._survived(task, child):
            pass
        child.bury()
        if task is not None:
            self._break(task)

    def _survived(self, task: _Task, child: processes.Child) -> bool:
        """Have a task done and its future told; whether the process has lived to tell."""
        if not task.future.set_running_or_notify_cancel():
            self._count_down()
            return True
        try:
            outcome = child.call(task.function, task.arguments, task.named)
        except (EOFError, ConnectionError):
            return False
        except BaseException as error:  # noqa: BLE001  # told to whoever waits
            self._count_down()
            task.future.set_exception(error)
        else:
            self._count_down()
            task.future.set_result(outcome)
        return True

    def _break(self, task: _Task) -> None:
        """Fail what runs and what waits, and end the other processes."""
        self._dismissed()
        self.kill()
        _fail([task], BrokenExecutor("a worker process died"))
        _fail(self._drained(), BrokenExecutor("a worker process died"))

    def _leave(self, feeder: threading.Thread, error: Exception) -> None:
        """Go on with the other processes; without any, what waits has failed."""
        with self._lock:
            self._feeders.discard(feeder)
            last = not self._feeders
        if last:
            _fail(self._drained(), error)

    def _dismissed(self) -> list[threading.Thread]:
        """The threads, which are told that nothing comes any more."""
        with self._lock:
            self._over = True
            feeders = [each for each in self._feeders if each.ident is not None]
        for _ in feeders:
            self._tasks.put(None)
        return [each for each in feeders if each is not threading.current_thread()]

    def _drained(self) -> list[_Task]:
        """What waits, which is taken away."""
        tasks = []
        with contextlib.suppress(queue.Empty):
            while True:
                if task := self._tasks.get_nowait():
                    tasks.append(task)
                    self._count_down()
        return tasks

    def _count_down(self) -> None:
        with self._lock:
            self._undone -= 1


def _fail(tasks: list[_Task], error: Exception) -> None:
    for task in tasks:
        if task.future.running() or task.future.set_running_or_notify_cancel():
            task.future.set_exception(error)
