"""The engine of many machines: a Dask cluster that is there, or one of this machine that ends with its work.

Dask places the tasks. What becomes of workers is told by the scheduler's events: a task whose worker is removed is lost
at once, and tried again by who gave it out; Dask itself would go on to end workers with it. A scheduler that is gone,
or has no worker any more, is told by the next ``start``.
"""

from __future__ import annotations

import pickle
import secrets
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from distributed import Future as Placed
from distributed import KilledWorker

from shardgen.loading.engines import dask_task
from shardgen.loading.engines.dask_cluster import Cluster
from shardgen.loading.engines.dask_task import Task, Word
from shardgen.loading.engines.setup import Setup, be_thrifty

_ALONE: Final = 60.0  # seconds without any worker until the cluster is given up: a restarted one is back by then
_HELD: Final = 10.0  # seconds for a worker that is restarted to be gone; a nanny takes five to end a stopped one
_FAREWELL: Final = 3.0  # seconds for workers to close what they keep for us


class LostError(BrokenExecutor):
    """A worker, or all of them, was lost; not the work's failure."""


class Dask:
    """See the module; in terms of ``Engine``.

    Args:
        address: of the scheduler; empty for a cluster of this machine.

    Raises:
        MachineError: the scheduler does not answer, or has no worker.
    """

    lost: Final = (BrokenExecutor,)

    def __init__(self, address: str = "") -> None:
        self.local = not address
        self._address = address
        self._cluster: Cluster | None = Cluster(address)
        self._tasks: _Tasks | None = None
        self._needs: Mapping[str, str] = {}

    @property
    def slots(self) -> int | None:
        """The threads of the cluster's workers."""
        if self.local or self._cluster is None:
            return None
        return sum(each.threads for each in self._cluster.workers.values())

    @property
    def stopped(self) -> Callable[[], bool]:
        """Whether the work was asked to give way, or the scheduler wants it no more."""
        return self._tasks.word if self._tasks is not None else Word("")

    def check(self, needs: Mapping[str, str]) -> None:
        """See ``Engine.check``: of the workers that are there now; one that comes later is asked by its first task."""
        self._needs = needs
        if self._cluster is not None and not self.local:
            self._cluster.check(needs)

    def start(self, workers: int, setup: Setup | Callable[[], None]) -> Executor:
        """The cluster's workers, whose number is their owner's affair; so many of our own.

        Raises:
            MachineError: the scheduler is gone, or has no worker.
        """
        if self._cluster is None:
            self._cluster = Cluster(self._address)
        if self._tasks is not None:
            self._tasks.leave()
            self._tasks = None
        self._cluster.check_answers()
        self._cluster.scale(workers)
        begin = be_thrifty if isinstance(setup, Setup) else setup  # nothing else of a process that is not ours alone
        self._tasks = _Tasks(self._cluster, pickle.dumps(begin), self._needs)
        return self._tasks

    def stop(self) -> None:
        """Say the word to every worker."""
        if self._tasks is not None:
            self._tasks.say()

    def kill(self, tasks: Collection[Future[Any]] = ()) -> bool:
        """Restart the workers of these tasks; without tasks none, for they may be at work for others, too."""
        return self._tasks.end(tasks) if self._tasks is not None else False

    def close(self) -> None:
        """Let go of all tasks, have what they keep open closed, and part with the cluster; our own workers end."""
        if self._tasks is not None:
            self._tasks.leave()
            self._tasks = None
        if self._cluster is not None:
            self._cluster.close()
            self._cluster = None

    def describe(self) -> str:
        """Workers that were lost since tasks were given up last: address, host, process, and how it ended."""
        return self._tasks.deaths() if self._tasks is not None else ""


@dataclass(slots=True, kw_only=True)
class _Flight:
    """A task on its way."""

    future: Future[Any] = field(default_factory=Future)
    """What its giver holds."""
    worker: str = ""
    """Where it has begun."""
    host: str = ""
    lost: bool = False
    """Whether what Dask tells of it is of no account any more."""


class _Tasks(Executor):
    """One executor; its flights are changed in the thread of the connection, and by who submits."""

    def __init__(self, cluster: Cluster, setup: bytes, needs: Mapping[str, str]) -> None:
        self.word = Word(f"shardgen-{secrets.token_hex(8)}")
        self._cluster = cluster
        self._setup = setup
        self._needs = needs
        self._dask = cluster.client.get_executor(pure=False, retries=0)
        self._flights: dict[str, _Flight] = {}
        self._deaths: list[str] = []
        self._ending: set[str] = set()
        """Workers that are being restarted: the scheduler takes them for idle, and would give them tasks."""
        self._held: list[Task] = []
        """Tasks that wait for them to be gone."""
        self._broken = ""
        cluster.hear(self.word.executor, self._on_begin)
        cluster.hear("all", self._on_change)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self._broken or not self._cluster.answers:
            raise LostError(self._broken or f"{self._cluster.name} does not answer")
        key, flight = f"shardgen-{fn.__name__}-{secrets.token_hex(8)}", _Flight()
        task = Task(
            key=key,
            executor=self.word.executor,
            call=pickle.dumps((fn, args, kwargs)),
            setup=self._setup,
            needs=self._needs,
        )
        self._flights[key] = flight
        self._cluster.soon(self._place, task)
        return flight.future

    def say(self) -> None:
        """Ask what runs to give way."""
        self._cluster.soon(self._cluster.client.run, dask_task.say, self.word.executor, on_error="ignore")

    def end(self, tasks: Collection[Future[Any]]) -> bool:
        """See ``Engine.kill``."""
        self._deaths.clear()
        if self._broken or not self._cluster.answers:
            return False
        named = {key: flight for key, flight in list(self._flights.items()) if not tasks or flight.future in tasks}
        if not tasks:
            self.say()
        for worker in {flight.worker for flight in named.values() if flight.worker and tasks}:
            self._ending.add(worker)
            self._cluster.soon(self._restart, worker)
        for key in named:
            self._drop(key, "it was ended")
        return bool(tasks)

    def leave(self) -> None:
        """Drop all tasks, and have the workers close what these keep open."""
        for key in list(self._flights):
            self._drop(key, "it was ended")
        with suppress(Exception):  # nobody may be there any more
            leaving = partial(self._cluster.client.run, dask_task.leave, self.word.executor, on_error="ignore")
            self._cluster.sync(leaving, timeout=_FAREWELL)

    def deaths(self) -> str:
        """See ``Engine.describe``."""
        return ", ".join(self._deaths)

    # --- in the thread of the connection ------------------------------------------------------------------------------

    def _place(self, task: Task) -> None:
        """Give a task to Dask."""
        if self._ending:
            self._held.append(task)
        elif task.key in self._flights:
            try:
                inner = self._dask.submit(dask_task.run, task, key=task.key)
                inner.add_done_callback(partial(self._on_end, task.key))
            except Exception as error:  # noqa: BLE001  # the connection was closed meanwhile
                self._fail(task.key, str(error))

    def _release(self, worker: str) -> None:
        """A worker that was being restarted gets no task any more, or has had its time."""
        self._ending.discard(worker)
        if not self._ending:
            held, self._held = self._held, []
            for task in held:
                self._place(task)

    def _on_begin(self, event: tuple[float, dict[str, Any]]) -> None:
        told = event[1]
        flight = self._flights.get(told["begun"])
        if flight is None or flight.lost:
            return
        if not flight.worker:
            flight.future.set_running_or_notify_cancel()
        flight.worker, flight.host = told["worker"], f"host={told['host']}"

    def _on_change(self, event: tuple[float, dict[str, Any]]) -> None:
        match event[1]:
            case {"action": "add-worker"}:
                self._cluster.soon(self._cluster.refresh)
            case {"action": "remove-worker", "worker": worker, "processing-tasks": keys}:
                self._on_loss(worker, keys)

    def _on_loss(self, worker: str, keys: Collection[str]) -> None:
        lost = [key for key, flight in self._flights.items() if key in keys or flight.worker == worker]
        seen = self._cluster.workers.pop(worker, None)
        self._release(worker)
        for key in lost:
            self._flights[key].lost = True
            self._cluster.soon(self._cancel, key)
        if lost:
            self._cluster.soon(self._tell_loss, worker, seen, lost)
        if not self._cluster.workers:
            self._cluster.client.loop.call_later(_ALONE, self._check_alone)

    async def _tell_loss(self, worker: str, seen: Any, lost: Collection[str]) -> None:
        host = next((flight.host for key in lost if (flight := self._flights.get(key)) and flight.host), "")
        ended = await self._cluster.ends.of(seen) or "was lost"
        told = " ".join(filter(None, ["worker", worker, host, ended]))
        self._deaths.append(told)
        for key in lost:
            self._fail(key, told)

    def _check_alone(self) -> None:
        """Give up a cluster in which nobody works any more."""
        if not self._cluster.workers:
            self._broken = f"{self._cluster.name} has no worker any more"
            for key in list(self._flights):
                self._fail(key, self._broken)

    def _on_end(self, key: str, inner: Future[Any]) -> None:
        """What Dask says of a task that was not lost meanwhile."""
        flight = self._flights.get(key)
        if flight is None or flight.lost:
            return
        if inner.cancelled():
            gone = "its task was cancelled" if self._cluster.answers else f"{self._cluster.name} does not answer"
            self._deaths.append(gone)
            self._fail(key, gone)
        elif isinstance(error := inner.exception(), KilledWorker):
            self._fail(key, str(error))
        else:
            del self._flights[key]
            _hand_on(inner, flight.future)

    async def _restart(self, worker: str) -> None:
        self._cluster.client.loop.call_later(_HELD, self._release, worker)
        await self._cluster.restart(worker)

    async def _cancel(self, key: str) -> None:
        await self._cluster.client.cancel([Placed(key, self._cluster.client)])

    def _drop(self, key: str, why: str) -> None:
        """Have nothing more to do with a task."""
        if flight := self._flights.get(key):
            flight.lost = True
            self._cluster.soon(self._cancel, key)
            self._fail(key, why)

    def _fail(self, key: str, why: str) -> None:
        if flight := self._flights.pop(key, None):
            with suppress(InvalidStateError):
                flight.future.set_exception(LostError(why))


def _hand_on(inner: Future[Any], future: Future[Any]) -> None:
    with suppress(InvalidStateError):  # nobody waits for it any more
        if error := inner.exception():
            future.set_exception(error)
        else:
            future.set_result(inner.result())
