"""Pieces of content examined in worker processes, as many at a time as there are workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import TypeVar

from shardgen.errors import VerificationError
from shardgen.loading.engines import Engine, Setup

I = TypeVar("I")  # noqa: E741  # an item
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A shard that could not be examined; failures of a driver do not cross between processes well."""

    shard: str
    error: str
    """One line, without secrets."""


def examined(
    items: Sequence[I],
    examine: Callable[[I], T | Trouble],
    engine: Engine,
    workers: int,
    *,
    begun: Callable[[I], None],
    ended: Callable[[T], None],
) -> list[T]:
    """What examining each gives, in the order in which they end.

    Args:
        items: begun in this order.
        examine: importable by name.
        engine: runs it.
        workers: of it.
        begun: hears of each when it is begun.
        ended: hears what came of each.

    Raises:
        VerificationError: one could not be examined, or a process died.
    """
    waiting, running, found = list(reversed(items)), set[Future[T | Trouble]](), list[T]()
    executor = engine.start(min(workers, max(1, len(items))), Setup.here())
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                begun(waiting[-1])
                running.add(executor.submit(examine, waiting.pop()))
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for outcome in (future.result() for future in done):
                if isinstance(outcome, Trouble):
                    raise VerificationError(f"shard={outcome.shard!r} could not be read: {outcome.error}")
                found.append(outcome)
                ended(outcome)
    except engine.lost as error:
        raise VerificationError(f"a worker process died: {engine.describe() or 'exit code unknown'}") from error
    finally:
        engine.close()
    return found
