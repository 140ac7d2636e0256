"""The coordinator's own session: holds the lock on the target, reads progress, and survives a server that restarts.

What it writes beside the claim is a courtesy (states, failed attempts); what is done is told by the ledger's shards.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Final, Self, TypeVar

import psycopg

from shardgen.database import locks
from shardgen.database.failures import OUTAGE_PATIENCE, Remedy, classify
from shardgen.database.postgres import Connection, application_name, connect, here, mask
from shardgen.errors import TargetError
from shardgen.planning import Shard

_RECONNECT_DELAY: Final = 1.0  # seconds

T = TypeVar("T")


class Control:
    """One session that holds the coordinator's lock of a schema; a context manager.

    Args:
        dsn: the target.
        schema: whose lock it holds.

    Raises:
        TargetError: another coordinator is at work; the message names it.
    """

    def __init__(
        self,
        dsn: str,
        schema: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._dsn = dsn
        self._schema = schema
        self._clock = clock
        self._sleep = sleep
        self.connection = self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.connection.close()

    def call(self, work: Callable[[Connection], T]) -> T:
        """Do some work that may be repeated, over a new session if the old one breaks, for as long as outages last."""
        started = self._clock()
        while True:
            try:
                if self.connection.closed:
                    self.connection = self._open()
                return work(self.connection)
            except psycopg.Error as error:
                if classify(error) is not Remedy.OUTAGE or self._clock() - started > OUTAGE_PATIENCE:
                    raise
                self.connection.close()
                self._sleep(_RECONNECT_DELAY)

    def attempt(self, work: Callable[[Connection], T]) -> T | None:
        """Do some work that nothing depends on, once; None where it fails."""
        with contextlib.suppress(psycopg.Error, TargetError):  # the latter: somebody took our place meanwhile
            if self.connection.closed:
                self.connection = self._open()
            return work(self.connection)
        return None

    def copied(self, run: int, shards: dict[str, Shard]) -> Iterator[tuple[Shard, int]]:
        """Rows copied so far by each backend of the run; nothing where the server does not answer."""
        rows = self.attempt(
            lambda connection: connection.execute(
                """SELECT a.application_name, p.tuples_processed
                FROM pg_stat_progress_copy AS p JOIN pg_stat_activity AS a USING (pid)
                WHERE a.datname = current_database() AND starts_with(a.application_name, %s)""",
                [application_name(run, "")],
            ).fetchall()
        )
        for name, count in rows or ():
            shard = shards.get(name.split(":", 3)[-1])
            if shard is not None:
                yield shard, count

    def _open(self) -> Connection:
        connection = connect(self._dsn, application_name=application_name("coordinator", here()))
        connection.execute(
            "SELECT set_config('statement_timeout', '0', false), set_config('idle_session_timeout', '0', false), "
            "set_config('lock_timeout', '30s', false)"
        )
        if not locks.take(connection, self._schema):
            self._refuse(connection)
        return connection

    def _refuse(self, connection: Connection) -> None:
        held = locks.holder(connection, self._schema)
        connection.close()
        who = f"application_name={held.application_name!r} client={held.client} backend pid={held.pid}" if held else "?"
        raise TargetError(
            f"another load is at work in schema={self._schema!r} of {mask(self._dsn)}: {who}: wait for it or stop it"
        )
