"""The policy of trying again, for what a PostgreSQL server refuses."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from shardgen.stores import retry
from shardgen.stores.postgres.failures import DatabaseError, classify
from shardgen.stores.retry import Patience

T = TypeVar("T")


def patience(
    *,
    attempts: int = retry.ATTEMPTS,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Patience:
    """Patience with failures of the server, by their SQLSTATE."""
    return Patience(kinds=DatabaseError, classify=classify, attempts=attempts, clock=clock, sleep=sleep)


def persist(work: Callable[[], T], patient: Patience | None = None) -> T:
    """What some work on the server gives that may be done again from its beginning.

    Raises:
        psycopg.Error: a failure that does not pass.
    """
    return retry.persist(work, patient or patience())
