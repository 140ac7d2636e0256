"""The coordinator's own session: holds the lock on the target, reads progress, and survives a server that restarts.

What it writes beside the claim is a courtesy (states, failed attempts); what is done is told by the ledger's shards.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any, Final, Self, TypeVar

import psycopg
from psycopg import sql

from shardgen.errors import LoadError, TargetError
from shardgen.stores import attention
from shardgen.stores.failures import Remedy
from shardgen.stores.postgres.failures import classify
from shardgen.stores.postgres.holding import BREATH, Lock
from shardgen.stores.postgres.postgres import Connection, application_name, set_parameters
from shardgen.stores.postgres.retry import patience, persist
from shardgen.stores.retry import until
from shardgen.stores.told import Sighting

_COURTESY: Final = {
    "lock_timeout": "1s",
    "statement_timeout": "2s",
    "synchronous_commit": "local",  # no standby is waited for
}
_OTHER_PARTS: Final = 600  # looks at others that share a run and have nothing left to do either: half a minute
_SIGHTINGS: Final = """
SELECT a.application_name, a.pid, coalesce(p.tuples_processed, 0), coalesce(a.wait_event_type = 'Client', false),
    CASE WHEN a.wait_event_type = 'Lock' THEN 'waiting for a lock'
        WHEN p.pid IS NOT NULL THEN 'copying'
        WHEN a.query ~* 'attach partition' THEN 'attaching'
        WHEN a.query ~* '^(alter table|create (unique )?index)' THEN 'indexing'
        WHEN a.wait_event = 'SyncRep' THEN 'waiting for a synchronous standby'
        WHEN a.query ~* '^commit' THEN 'committing'
        ELSE 'beginning' END
FROM pg_stat_activity AS a LEFT JOIN pg_stat_progress_copy AS p USING (pid)
WHERE a.datname = current_database() AND starts_with(a.application_name, %s)
    AND a.pid IN (SELECT pid FROM pg_locks WHERE relation = %s::regclass)
"""  # the ledger's lock tells our run 1 from the run 1 of another schema

T = TypeVar("T")


class Control:
    """One session that holds the coordinator's lock of a schema; a context manager.

    Args:
        dsn: the target.
        schema: whose lock it holds.
        take_over: end the sessions of the coordinator that holds the lock, and of its workers, instead of refusing.
        part: of a load in parts, whose parts share the lock; empty for one that holds it alone.

    Raises:
        TargetError: another coordinator is at work; the message names it.
    """

    def __init__(
        self,
        dsn: str,
        schema: str,
        *,
        take_over: bool = False,
        part: str = "",
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._schema = schema
        self._clock = clock
        self._sleep = sleep
        self._lock = Lock(dsn, schema, take_over=take_over, part=part, sleep=sleep)
        self.connection = persist(self._lock.opened, patience(clock=clock, sleep=sleep))

    @property
    def pooled(self) -> bool:
        """Whether the lock cannot be held, because the session is not ours alone."""
        return self._lock.pooled

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.connection.close()

    def call(self, work: Callable[[Connection], T]) -> T:
        """Do some work that may be repeated, until it is done or its failure is final.

        An outage is waited for as long as outages last, and the work is done over a new session.
        """

        def once() -> T:
            if self.connection.closed:
                self.connection = self._lock.opened()
            try:
                return work(self.connection)
            except psycopg.Error as error:
                if classify(error) is Remedy.OUTAGE:
                    self.connection.close()
                raise

        return persist(once, patience(clock=self._clock, sleep=self._sleep))

    def attempt(self, work: Callable[[Connection], T]) -> T | None:
        """Do some work that nothing depends on, once and without waiting for anybody; None where it fails."""
        with contextlib.suppress(psycopg.Error, TargetError):  # the latter: somebody took our place meanwhile
            if self.connection.closed:
                self.connection = self._lock.opened(breaths=0)
            with attention.unattended(), self.connection.transaction():
                set_parameters(self.connection, _COURTESY, local=True)
                return work(self.connection)
        return None

    def sightings(self, run: int) -> dict[str, Sighting] | None:
        """The backends that are at work for a run, by shard; None where the server does not answer.

        Raises:
            LoadError: another coordinator has taken the target over.
        """
        try:
            if self.connection.closed:
                self.connection = self._lock.opened()
            shards = sql.Identifier(self._schema, "shardgen_shards").as_string(self.connection)
            rows = self.connection.execute(_SIGHTINGS, [application_name(run, ""), shards]).fetchall()
        except TargetError as error:
            raise LoadError(f"run={run} was taken over: ", error) from error
        except psycopg.Error:
            return None
        return {seen.shard: seen for seen in map(_sighting, rows) if seen is not None}

    def alone(self, over: Callable[[Connection], bool]) -> bool:
        """Hold the lock alone from now on; False where somebody else does, or where it is ``over`` meanwhile.

        Several that share it and all want it alone would wait for each other, so each lets go first.
        """
        lock = self._lock
        self.call(lock.give_back_share)
        until(
            lambda: self.call(lock.hold_alone) or self.call(lock.held_alone_elsewhere),
            looks=_OTHER_PARTS,
            period=BREATH,
            sleep=self._sleep,
        )
        return self.call(lock.hold_alone) and not self.call(over)

    def end_backend(self, seen: Sighting) -> None:
        """End the backend of a worker that is no more, if it is still what was seen."""
        self.attempt(
            lambda connection: connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s AND application_name LIKE %s",
                [seen.backend, f"shardgen:%:{seen.worker}:%"],
            )
        )


def _sighting(row: tuple[Any, ...]) -> Sighting | None:
    name, backend, rows, awaits_client, doing = row
    _, _, worker, *shard = name.split(":", 3)
    if not shard or not worker.isdecimal():
        return None  # a step of finalising
    return Sighting(
        shard=shard[0], worker=int(worker), backend=backend, rows=rows, awaits_client=awaits_client, doing=doing
    )
