"""What runs shards: an engine gives an executor, and ways to stop and to kill what runs in it; one place chooses it.

An engine is one file and knows neither shards nor places. Here are processes of this machine (the default), threads of
this process, and the workers of a Dask cluster; tests/loading/engines is what each must hold. An engine of somebody
else's is an object that does the same, given to the Python functions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, Protocol

from shardgen.errors import MachineError
from shardgen.loading.engines.processes import Processes
from shardgen.loading.engines.setup import Setup
from shardgen.machine.installation import DASK, install
from shardgen.model.engine import parse

__all__ = ["Engine", "Setup", "chosen", "default_engine", "engine_of"]


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
    def slots(self) -> int | None:
        """How many tasks its machines run at the same time; None where that is for who starts it to say."""
        ...

    @property
    def stopped(self) -> Callable[[], bool]:
        """Asked by what runs in the present executor: whether to give way. It travels with the work: picklable."""
        ...

    def check(self, needs: Mapping[str, str]) -> None:
        """See that rows made by the workers are those that would be made here; writes nothing.

        Args:
            needs: by name, the versions that make a row; see ``needs``.

        Raises:
            MachineError: a worker has other ones; its host is named.
        """
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
    """What runs the shards of a load, and those that a verification builds again: the chosen one, or processes.

    Raises:
        MachineError: the system gives no process, or no place for a socket or a semaphore.
    """
    return _chosen.get() or Processes()


def engine_of(named: str | Engine) -> Engine:
    """The engine of an option; made early, its workers start sooner, and a cluster that is not there is told sooner.

    Args:
        named: as users name it: ``"processes"``, ``"dask://scheduler:8786"``; or one that a program brings.

    Raises:
        ConfigError: no engine has such a name.
        MachineError: it cannot be had, or does not answer.
    """
    if not isinstance(named, str):
        return named
    wanted = parse(named)
    if wanted.kind == "dask":
        return _dask(wanted.address)
    if wanted.kind == "threads":
        from shardgen.loading.engines.threads import Threads

        return Threads()
    return Processes()


@contextmanager
def chosen(named: str | Engine) -> Iterator[Engine]:
    """Have an engine be the default one meanwhile; it is closed at the end.

    Raises:
        ConfigError, MachineError: as :func:`engine_of`.
    """
    engine = engine_of(named)
    token = _chosen.set(engine)
    try:
        yield engine
    finally:
        _chosen.reset(token)
        engine.close()


_chosen: Final[ContextVar[Engine | None]] = ContextVar("engine", default=None)


def _dask(address: str) -> Engine:
    try:
        from shardgen.loading.engines.dask import Dask
    except ImportError as error:
        raise MachineError(f"a Dask cluster needs the extra dask: {install(DASK)}") from error
    return Dask(address)
