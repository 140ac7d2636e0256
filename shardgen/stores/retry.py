"""Trying again: after which failures, how often and with what pauses; the same for a shard, a step, a lock, a question.

What a failure calls for, each place says itself; what follows from that is decided here alone.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from shardgen.stores import attention
from shardgen.stores.failures import OUTAGE_PATIENCE, Remedy

T = TypeVar("T")

ATTEMPTS: Final = 3
"""For what somebody waits for who sits before it: each may take as long as a lock is waited for."""
_PERIOD: Final = 0.1  # seconds between looks at signals
_FINAL: Final = (Remedy.STOP_TABLE, Remedy.STOP_LOAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Pauses between attempts, in seconds, each longer than the one before."""

    first: float = 0.5
    longest: float = 30.0
    growth: float = 2.0

    def pause(self, failures: int, rng: random.Random) -> float:
        """Seconds after so many failures; no two processes come back at the same time."""
        return min(self.longest, self.first * self.growth ** (failures - 1)) * rng.uniform(0.5, 1.0)


BACKOFF: Final = Backoff()


def hopeless(remedy: Remedy, *, failures: int, attempts: int, lasting: float) -> bool:
    """Whether so many failures within so many seconds are final; an outage is, when it has lasted long."""
    if remedy in _FINAL:
        return True
    return failures >= attempts and (remedy is not Remedy.OUTAGE or lasting > OUTAGE_PATIENCE)


class Patience:
    """How often one piece of work is tried.

    Args:
        kinds: what may be raised and pass.
        classify: what such a failure calls for.
        attempts: at most, but for an outage.
        backoff: the pauses between them.
    """

    def __init__(
        self,
        *,
        kinds: type[BaseException] | tuple[type[BaseException], ...],
        classify: Callable[[BaseException], Remedy] = lambda _: Remedy.RETRY,
        attempts: int = ATTEMPTS,
        backoff: Backoff = BACKOFF,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.kinds = kinds
        self._classify = classify
        self._attempts = attempts
        self._backoff = backoff
        self._clock = clock
        self._sleep = sleep
        self._rng = random.Random()  # noqa: S311  # it only parts processes in time
        self._begun = clock()
        self._failures = 0
        self._first: BaseException | None = None

    def after(self, error: BaseException) -> None:
        """Pause after a failure that may pass.

        Raises:
            BaseException: the failure is final: itself, or the first one where it only stands for that.
        """
        self._first = self._first or error
        self._failures += 1
        remedy = self._classify(error)
        lasting = self._clock() - self._begun
        if not hopeless(remedy, failures=self._failures, attempts=self._attempts, lasting=lasting):
            self._pause(self._backoff.pause(self._failures, self._rng))
            return
        if remedy in _FINAL or error is self._first:
            raise error
        self._first.add_note(f"tried {self._failures} times")
        raise self._first

    def _pause(self, seconds: float) -> None:
        while seconds > 0:
            attention.check()
            self._sleep(min(seconds, _PERIOD))
            seconds -= _PERIOD


def persist(work: Callable[[], T], patience: Patience) -> T:
    """What some work gives that may be done again from its beginning.

    Raises:
        BaseException: a failure that does not pass.
    """
    while True:
        try:
            return work()
        except patience.kinds as error:
            patience.after(error)


def until(
    done: Callable[[], bool], *, looks: int, period: float = _PERIOD, sleep: Callable[[float], None] = time.sleep
) -> bool:
    """Whether something comes true while it is looked at so many times, with so many seconds between two looks."""
    for _ in range(looks):
        attention.check()
        if done():
            return True
        sleep(period)
    return False
