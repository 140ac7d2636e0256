"""Waits for the server: whoever waits hears signals meanwhile, and says what is waited for.

A statement that waits for somebody's lock, or for a standby, is silent for as long as that takes. Here it is asked over
another connection who is in the way; it is told while the wait lasts, and noted on the failure that ends it.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator
from typing import Any, Final, Generic, TypeVar

import psycopg

from shardgen.stores.attention import current, unattended

T = TypeVar("T")
C = TypeVar("C", bound="psycopg.Connection[Any]")

FIRST_LOOK: Final = 1.5
"""Seconds that a statement may wait before it is asked what for; most end sooner, and the question costs a session."""
_SLOWER: Final = 3.0  # times: the next look comes later, for what takes an hour is not asked about every second
_PERIOD: Final = 0.1  # seconds between looks at signals while a connection is made
_BLOCKERS: Final = """
SELECT a.wait_event = 'SyncRep', current_setting('synchronous_standby_names'),
    b.pid, coalesce(b.application_name, ''), coalesce(b.client_addr::text, 'local'), coalesce(b.state, '?'),
    coalesce(upper(substring(b.query FROM '^\\s*([A-Za-z]+(\\s+[A-Za-z]+)?)')), '?')
FROM pg_stat_activity AS a LEFT JOIN pg_stat_activity AS b ON b.pid = ANY (pg_blocking_pids(a.pid))
WHERE a.pid = %s AND (a.wait_event = 'SyncRep' OR b.pid IS NOT NULL) ORDER BY b.pid LIMIT 1
"""  # two words of the query and no more: it may hold a secret


class Watch:
    """The waits of one connection.

    Args:
        backend: process id of its session, where that is known.
        another: makes another connection to the same server, to ask there.
    """

    def __init__(self, backend: int | None, another: Callable[[], psycopg.Connection[Any]] | None) -> None:
        self._backend = backend
        self._another = another
        self._told = ""
        self.cause = ""
        """What was waited for when it was asked last, in the wait that is on or was the last one."""

    def over(self, steps: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        """The steps of a statement, with a look around whenever nothing came of the server."""
        self.cause, begun, next_look = "", time.monotonic(), FIRST_LOOK
        try:
            wanted = next(steps)
            while True:
                ready = yield wanted
                if not ready:
                    lasted = time.monotonic() - begun
                    self._look(ask=lasted >= next_look)
                    next_look *= _SLOWER if lasted >= next_look else 1
                wanted = steps.send(ready)
        except StopIteration as done:
            result: T = done.value
            return result

    def _look(self, *, ask: bool) -> None:
        attention = current()
        if attention is None:
            return
        attention.check()
        if ask and self._backend is not None and self._another is not None:
            self.cause = _cause(self._backend, self._another)
            if self.cause and self.cause != self._told:
                self._told = self.cause
                attention.tell(self.cause)


def within(steps: Generator[Any, Any, T], seconds: float) -> Generator[Any, Any, T]:
    """The steps of a statement, unless they take longer.

    Raises:
        psycopg.OperationalError: they did.
    """
    deadline = time.monotonic() + seconds
    try:
        wanted = next(steps)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > deadline:
                raise psycopg.OperationalError("the server does not end the statement")
            wanted = steps.send(ready)
    except StopIteration as done:
        result: T = done.value
        return result


def connected(connect: Callable[[], C]) -> C:
    """The connection that the function makes, which signals can end however long a host or its name stay silent.

    Names are looked up in a call that hears nothing, so that it runs in a thread of its own.
    """
    attention = current()
    if attention is None:
        return connect()
    making = _Making(connect)
    making.start()
    try:
        while making.is_alive():
            making.join(_PERIOD)
            attention.check()
    except BaseException:
        making.abandon()
        raise
    return making.result()


class _Making(threading.Thread, Generic[C]):
    """A connection on its way; it is closed if nobody wants it any more when it comes."""

    def __init__(self, connect: Callable[[], C]) -> None:
        super().__init__(name="shardgen-connect", daemon=True)
        self._connect = connect
        self._made: C | None = None
        self._error: BaseException | None = None
        self._unwanted = False

    def run(self) -> None:
        try:
            self._made = self._connect()
        except BaseException as error:  # noqa: BLE001  # raised again by who waits for it
            self._error = error
        if self._unwanted:
            self.abandon()

    def abandon(self) -> None:
        """Close the connection, now or when it comes."""
        self._unwanted = True
        if self._made is not None:
            self._made.close()

    def result(self) -> C:
        """The connection, after the end."""
        if self._error is not None:
            raise self._error
        assert self._made is not None
        return self._made


def _cause(backend: int, another: Callable[[], psycopg.Connection[Any]]) -> str:
    """Who or what holds a backend up; empty where nobody does, or nobody can be asked."""
    with contextlib.suppress(psycopg.Error), unattended(), another() as connection:
        row = connection.execute(_BLOCKERS, [backend]).fetchone()
        return _sentence(*row) if row else ""
    return ""


def _sentence(standby: bool, names: str, pid: int, name: str, client: str, state: str, verb: str) -> str:  # noqa: FBT001
    if standby:
        return (
            f"COMMIT waits for a synchronous standby: synchronous_standby_names={names!r}: start the standby, or take "
            "its name out of the setting"
        )
    return f"waiting for a lock held by backend pid={pid} application_name={name!r} client={client}: {state}, {verb}"
