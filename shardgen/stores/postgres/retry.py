"""Trying again: after which failures, how often and with what pauses; the same for a shard, a step and a question."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

from shardgen.stores import attention
from shardgen.stores.failures import OUTAGE_PATIENCE, Remedy
from shardgen.stores.postgres.failures import DatabaseError, classify

T = TypeVar("T")

FIRST_DELAY: Final = 0.5  # seconds; doubled with every failure
LONGEST_DELAY: Final = 30.0
ATTEMPTS: Final = 3
"""For what somebody waits for who sits before it: each may take as long as a lock is waited for."""
_PERIOD: Final = 0.1  # seconds between looks at signals


def delay(failures: int, rng: random.Random) -> float:
    """Seconds after so many failures; no two processes come back at the same time."""
    return min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** (failures - 1)) * rng.uniform(0.5, 1.0)


def hopeless(remedy: Remedy, *, failures: int, attempts: int, lasting: float) -> bool:
    """Whether so many failures within so many seconds are final; an outage is, when it has lasted long."""
    if remedy in (Remedy.STOP_TABLE, Remedy.STOP_LOAD):
        return True
    return failures >= attempts and (remedy is not Remedy.OUTAGE or lasting > OUTAGE_PATIENCE)


class Patience:
    """How often one piece of work is tried.

    Args:
        attempts: at most, but for an outage.
    """

    def __init__(
        self,
        *,
        attempts: int = ATTEMPTS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._attempts = attempts
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
        remedy = classify(error)
        lasting = self._clock() - self._begun
        if not hopeless(remedy, failures=self._failures, attempts=self._attempts, lasting=lasting):
            self._pause(delay(self._failures, self._rng))
            return
        if remedy in (Remedy.STOP_TABLE, Remedy.STOP_LOAD) or error is self._first:
            raise error
        self._first.add_note(f"tried {self._failures} times")
        raise self._first

    def _pause(self, seconds: float) -> None:
        while seconds > 0:
            attention.check()
            self._sleep(min(seconds, _PERIOD))
            seconds -= _PERIOD


def persist(work: Callable[[], T], patience: Patience | None = None) -> T:
    """What some work gives that may be done again from its beginning.

    Raises:
        psycopg.Error: a failure that does not pass.
    """
    patience = patience or Patience()
    while True:
        try:
            return work()
        except DatabaseError as error:
            patience.after(error)
