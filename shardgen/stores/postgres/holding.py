"""The coordinator's lock as one process holds it, over sessions that follow each other where one breaks.

A session that is given out has the lock, alone or shared with other parts of a load, or is closed again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import psycopg

from shardgen.errors import TargetError, Text, Use
from shardgen.stores.postgres import locks, pooler
from shardgen.stores.postgres.postgres import Connection, application_name, connect, here, mask
from shardgen.stores.postgres.session import SPOKEN_TO
from shardgen.stores.retry import until

BREATH: Final = 0.05
"""Seconds between two looks at the lock."""
_LAST_BREATHS: Final = 40  # two seconds: behind a pooler, or on a busy server, a session ends late
_PART_BREATHS: Final = 300  # fifteen seconds: whoever is alone there may be a part that finishes the run
_TAKE_OVER_PATIENCE: Final = 30.0  # seconds for the server to roll the other sessions back


class Lock:
    """Of a schema.

    Args:
        dsn: the target.
        schema: whose lock it is.
        take_over: end the sessions of the coordinator that holds it, and of its workers, the first time.
        part: of a load in parts, whose parts share it; empty for one that holds it alone.
        sleep: between two looks.
    """

    def __init__(self, dsn: str, schema: str, *, take_over: bool, part: str, sleep: Callable[[float], None]) -> None:
        self._dsn = dsn
        self._schema = schema
        self._take_over = take_over
        self._shared = bool(part)
        self._purpose = f"part {part}" if part else "coordinator"
        self._sleep = sleep
        self.pooled = False
        """Whether it cannot be held, because sessions are not ours alone."""
        self._backends: set[int] = set()
        """Of this process's sessions, which may outlive their connections for a while."""

    def opened(self, breaths: int | None = None) -> Connection:
        """A session that holds the lock.

        Args:
            breaths: looks at a lock that another holds, before that one is named; as usual if None.

        Raises:
            TargetError: another coordinator holds it; the message names it.
        """
        connection = connect(self._dsn, application_name=application_name(self._purpose, here()))
        try:
            usual = _PART_BREATHS if self._shared else _LAST_BREATHS
            return self._locked(connection, usual if breaths is None else breaths)
        except BaseException:
            connection.close()
            raise

    def give_back_share(self, connection: Connection) -> None:
        """Share the lock no more, where it was shared: from now on it is held alone, or not at all."""
        if self._shared and not self.pooled:
            locks.let_go(connection, self._schema)
        self._shared = False

    def hold_alone(self, connection: Connection) -> bool:
        """Whether the lock is held alone here, now if it was free; who has it may take it again."""
        return self.pooled or locks.take(connection, self._schema)

    def held_alone_elsewhere(self, connection: Connection) -> bool:
        """Whether the lock is held alone by another."""
        return any(not each.shared for each in locks.holders(connection, self._schema))

    def _locked(self, connection: Connection, breaths: int) -> Connection:
        self.pooled = pooler.shares_sessions(connection, self._dsn)
        if not (self.pooled or connection.own):
            connection.make_own()
        connection.fix(SPOKEN_TO)
        if not self._taken(connection, breaths):
            self._refuse(connection)
        self._backends.add(connection.info.backend_pid)
        return connection

    def _taken(self, connection: Connection, breaths: int) -> bool:
        """Take the lock; the first time, if that was asked for, by ending whatever else of ours works there."""
        if self.pooled:  # it would be kept by whoever is given the session next
            return locks.holder(connection, self._schema) is None
        by_force, self._take_over = self._take_over, False
        if by_force:
            return locks.take_over(connection, self._schema, patience=_TAKE_OVER_PATIENCE)
        return locks.take(connection, self._schema, shared=self._shared) or self._freed(connection, breaths)

    def _freed(self, connection: Connection, breaths: int) -> bool:
        """Whether the lock comes free at once: a coordinator that has just ended leaves its backend for a moment."""
        return until(
            lambda: locks.take(connection, self._schema, shared=self._shared),
            looks=breaths,
            period=BREATH,
            sleep=self._sleep,
        )

    def _refuse(self, connection: Connection) -> None:
        held = locks.holder(connection, self._schema)
        if held and held.pid in self._backends:
            raise psycopg.OperationalError(f"our own earlier session has not ended yet: backend pid={held.pid}")
        who = f"application_name={held.application_name!r} client={held.client} backend pid={held.pid}" if held else "?"
        by_force = (", or end its sessions by ", Use("take_over", value=True), " if its host is gone")
        raise TargetError(
            f"another load is at work in schema={self._schema!r} of {mask(self._dsn)}: {who}",
            remedy=Text("wait for it, or stop it", *by_force),
        )
