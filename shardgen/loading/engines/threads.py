"""The engine that starts no process: threads of this one, for tests, debuggers and places that forbid processes.

A thread cannot be ended: what is to be killed is asked to give way, and goes on until it looks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from typing import Any, Final

from shardgen.loading.engines.setup import Setup


class Threads:
    """See the module; in terms of ``Engine``."""

    lost: Final = (BrokenExecutor,)
    local: Final = True
    slots: Final = None

    def __init__(self) -> None:
        self._pools: list[ThreadPoolExecutor] = []
        self._stop = _Word()

    @property
    def stopped(self) -> Callable[[], bool]:
        """Of the present executor alone: threads of one before it still give way."""
        return self._stop

    def check(self, needs: Mapping[str, str]) -> None:
        """Workers are made of what is here."""

    def start(self, workers: int, setup: Setup) -> Executor:
        """A fresh pool of so many threads; those of an earlier one give way."""
        self.stop()
        self._stop = _Word()
        self._pools.append(ThreadPoolExecutor(workers, thread_name_prefix="shardgen", initializer=setup))
        return self._pools[-1]

    def stop(self) -> None:
        """Say the word that every thread looks for."""
        self._stop.said = True

    def kill(self, tasks: Collection[Future[Any]] = ()) -> bool:  # noqa: ARG002
        """Ask all threads to give way."""
        self.stop()
        return False

    def close(self) -> None:
        """Ask all threads to give way, and wait for them."""
        self.stop()
        for pool in self._pools:
            pool.shutdown(wait=True, cancel_futures=True)
        self._pools.clear()

    def describe(self) -> str:
        """Nothing: a thread does not die without telling."""
        return ""


class _Word:
    """Said when threads should give way; without a lock, so that a signal handler may say it."""

    def __init__(self) -> None:
        self.said = False

    def __call__(self) -> bool:
        return self.said
