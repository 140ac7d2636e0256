"""A connection to a Dask cluster: which workers it has, whether they are fit, and what is heard of them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import warnings
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from distributed import Client, LocalCluster

from shardgen.errors import MachineError, Text, Use
from shardgen.loading.engines import forkserver
from shardgen.loading.engines.dask_workers import Ends, Seen, versions

_PATIENCE: Final = 5.0  # seconds for a scheduler to answer, first and after a silence
_SILENCE: Final = 10.0  # seconds for who takes a connection to speak as a scheduler does
_FIRST_WORKER: Final = 10.0  # seconds for a worker to register
_START: Final = 120.0  # seconds for workers of this machine: they import all that they need
_MUTE: Final = logging.CRITICAL + 10
_LOGGERS: Final = ("distributed", "distributed.client", "distributed.gc", "tornado", "tornado.application", "bokeh")
_UNLIKE: Final = (OSError, ImportError, RuntimeError, TypeError, ValueError, AssertionError)
"""What distributed raises where somebody else answers, or by another protocol, or where certificates are missing."""


class Cluster:
    """See the module.

    Args:
        address: of the scheduler; empty for a cluster of this machine, which ends with its connection.

    Raises:
        MachineError: no scheduler answers, or it has no worker.
    """

    def __init__(self, address: str) -> None:
        self.name = f"scheduler {address}" if address else "scheduler of this machine"
        self._address = address
        self._own: LocalCluster | None = None
        self.workers: dict[str, Seen] = {}
        """By address; those that the scheduler has."""
        self._subscribed: list[str] = []
        self.client = self._connect()
        self.ends = Ends(self.client)
        try:
            self._meet()
        except BaseException:
            self.close()
            raise

    @property
    def answers(self) -> bool:
        """Whether the scheduler is there."""
        return str(self.client.status) == "running"

    def check_answers(self) -> None:
        """Wait a while for a scheduler that went silent.

        Raises:
            MachineError: it stays so.
        """
        deadline = time.monotonic() + _PATIENCE
        while not self.answers:
            if self.client.status == "closed" or time.monotonic() > deadline:
                raise MachineError(f"{self.name} does not answer any more", remedy="start it, or name another engine")
            time.sleep(0.05)
        self._meet()

    def scale(self, workers: int) -> None:
        """Have so many workers, where they are ours; those of others are as many as they are."""
        if self._own is None:
            return
        with forkserver.starting():
            self._own.scale(workers)
            self.client.wait_for_workers(workers, timeout=_START)
        self.sync(self.refresh)

    def check(self, wanted: Mapping[str, str]) -> None:
        """Compare what is installed on the workers with what is here.

        Raises:
            MachineError: something is of another version, or missing, or a worker does not tell.
        """
        found = self.sync(versions, self.client, tuple(self.workers), wanted)
        if not self.answers:
            raise MachineError(f"{self.name} does not answer any more", remedy="start it, or name another engine")
        if silent := ", ".join(sorted(worker for worker, text in found.items() if text is None)):
            remedy = "end them, or wait until the scheduler misses them"
            raise MachineError(f"workers of {self.name} do not answer: {silent}", remedy=remedy)
        unfit = {host: text for host, text in sorted(found.items()) if text}
        if unfit:
            told = "; ".join(f"host={host} has {text}" for host, text in unfit.items())
            raise MachineError(f"workers of {self.name} differ: {told}", remedy="install the same there as here")

    def hear(self, topic: str, handler: Callable[[Any], None]) -> None:
        """Have events of a topic handled, in the thread of the connection."""
        self.client.subscribe_topic(topic, handler)
        self._subscribed.append(topic)

    def soon(self, work: Callable[..., Any], *arguments: Any, **named: Any) -> None:
        """Have something done in the thread of the connection; returns at once, also in a signal handler."""
        self.client.loop.add_callback(_quietly, work, *arguments, **named)

    def sync(self, work: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any, timeout: float | None = None) -> Any:
        """Do something in the thread of the connection, and wait for it."""
        return self.client.sync(work, *arguments, callback_timeout=timeout)

    async def refresh(self) -> None:
        """Ask the scheduler for its workers."""
        found = (await self.client.scheduler.identity(n_workers=-1))["workers"]
        self.workers = {
            address: Seen(address=address, threads=each["nthreads"], nanny=each["nanny"])
            for address, each in found.items()
        }

    async def restart(self, worker: str) -> None:
        """End the process of a worker; another one takes its place, if it has a nanny."""
        seen = self.workers.get(worker)
        if seen is not None and seen.nanny is None:
            await self.client.retire_workers([worker], close_workers=True, remove=True)
        else:
            await self.client.restart_workers([worker], raise_for_error=False)

    def close(self) -> None:
        """Part with the scheduler; one of our own ends, and its workers."""
        if self.answers:
            for topic in self._subscribed:
                self.client.unsubscribe_topic(topic)
        for each in (self.client, self._own):
            if each is not None:
                with contextlib.suppress(Exception):  # what is gone cannot be parted with
                    each.close(timeout=_START)

    def _connect(self) -> Client:
        _hush()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # other versions of Dask: what matters we compare ourselves
                self._own = None if self._address else _local_cluster()
                where = self._own or self._address
                return _Prompt(where, timeout=_PATIENCE, set_as_default=False, name="shardgen")
        except _UNLIKE as error:
            raise MachineError(
                f"{self.name} does not answer: {_line(error)}", remedy=Text("start it, or name another ", Use("engine"))
            ) from error

    def _meet(self) -> None:
        """Know the workers; one at least must be there, or come soon."""
        self.sync(self.refresh)
        deadline = time.monotonic() + _FIRST_WORKER
        while not self.workers and self._own is None:
            if time.monotonic() > deadline:
                remedy = f"start one: dask worker {self._address}"
                raise MachineError(f"{self.name} has no worker", remedy=remedy)
            time.sleep(0.1)
            self.sync(self.refresh)


class _Prompt(Client):  # type: ignore[misc]  # it brings no types
    """Dask waits for ever for the first word of who takes its connection: a stopped scheduler, or another program."""

    async def _ensure_connected(self, timeout: float | None = None) -> None:
        try:
            await asyncio.wait_for(super()._ensure_connected(timeout), _SILENCE)
        except TimeoutError:
            raise OSError(f"it takes a connection, and says nothing for {_SILENCE:g} s") from None


def _local_cluster() -> LocalCluster:
    """Workers of this machine that nobody else can reach: what goes between them is encrypted, and signed by us."""
    return LocalCluster(
        n_workers=0,
        threads_per_worker=1,
        memory_limit=0,
        security=True,
        dashboard_address=None,
        silence_logs=_MUTE,
    )


def _hush() -> None:
    """Take the handlers from Dask's log: a line on stderr would tear the display."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers[:] = [logging.NullHandler()]


async def _quietly(work: Callable[..., Any], *arguments: Any, **named: Any) -> None:
    """What nobody waits for fails for nobody."""
    with contextlib.suppress(Exception, asyncio.CancelledError):
        found = work(*arguments, **named)
        if asyncio.iscoroutine(found) or isinstance(found, asyncio.Future):
            await found


def _line(error: BaseException) -> str:
    """The innermost cause in a line."""
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(f"{error}".split()) or type(error).__name__
