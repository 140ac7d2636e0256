"""What runs shards: an engine gives an executor, and ways to stop and to kill what runs in it; one place chooses it.

An engine is one file and knows neither shards nor places. Here are processes of this machine (the default) and threads
of this process; tests/loading/engines is what each must hold.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import Executor, Future
from typing import Any, Protocol

from shardgen.loading.engines.processes import Processes
from shardgen.loading.engines.setup import Setup

__all__ = ["Engine", "Setup", "default_engine"]


class Engine(Protocol):
    """Gives executors, one after another, and a way to stop what runs in them."""

    @property
    def lost(self) -> tuple[type[BaseException], ...]:
        """What a future, or ``submit``, raises because a worker was lost; the work itself raises none of them."""
        ...

    @property
    def local(self) -> bool:
        """Whether the workers share this machine's processors and memory."""
        ...

    @property
    def stopped(self) -> Callable[[], bool]:
        """Asked by what runs in the present executor: whether to give way. It travels with the work: picklable."""
        ...

    def start(self, workers: int, setup: Setup) -> Executor:
        """A fresh executor of so many workers; an earlier one is gone, or gives way.

        Args:
            workers: how many tasks run at the same time.
            setup: called once in each worker before its first task; what it raises is raised by the tasks there.
        """
        ...

    def stop(self) -> None:
        """Ask running tasks to give way; returns at once."""
        ...

    def kill(self, tasks: Collection[Future[Any]] = ()) -> bool:
        """End workers now; returns at once, and may be called from a signal handler.

        Args:
            tasks: futures of the present executor, whose workers are to be ended; empty for all.

        Returns:
            Whether all other workers go on. If not, the executor is of no more use.
        """
        ...

    def close(self) -> None:
        """End every worker and let go of the executor; returns when they are gone."""
        ...

    def describe(self) -> str:
        """What is known of workers that died: ``"worker pid=7 exit=-9"``; empty if nothing."""
        ...


def default_engine() -> Engine:
    """What runs the shards of a load, and those that a verification builds again; made early, its workers start sooner.

    Raises:
        MachineError: the system gives no process, or no place for a socket or a semaphore.
    """
    return Processes()
