"""Statements of one session, sent one after the other; their answers are looked at when something depends on them.

Of what is sent together the server passes over all that follows a failure, and the failure is what is raised. A
transaction's end can so be sent with the beginning of the next one: nothing of that is done where the end fails.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

import psycopg

from shardgen.stores.postgres.postgres import Connection

T = TypeVar("T")


@contextlib.contextmanager
def sending(connection: Connection) -> Iterator[Line]:
    """A line to the server, over a session that is outside a transaction; neither is left in one when it fails."""
    line = Line(connection)
    try:
        yield line
        line.heard()
    except BaseException:
        line.give_up()
        raise


class Line:
    """A line to the server, see sending."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._opened = contextlib.ExitStack()
        self._sent: list[Callable[[], object]] | None = None

    def send(self, statement: Callable[[Connection], T], check: Callable[[T], object] = lambda _: None) -> None:
        """Execute a statement, and have what it gives looked at when its answer has come."""
        self._sent = self._open()
        self._sent.append(partial(check, statement(self.connection)))

    def begin(self) -> None:
        """Send the beginning of a transaction."""
        self.send(lambda connection: connection.execute("BEGIN"))

    def commit(self, done: Callable[[], object]) -> None:
        """Send the end of a transaction, all of whose answers were good; ``done`` is called when it is there."""
        self.heard()
        self.send(lambda connection: connection.execute("COMMIT"), lambda _: done())

    def heard(self) -> None:
        """Wait for the answers to all that was sent, and look at them; the session is free for other things then."""
        checks, self._sent = self._sent or [], None
        self._opened.close()
        for check in checks:
            check()

    def give_up(self) -> None:
        """Have nothing done of a transaction that has no end; what failed is told by whoever has seen it."""
        with contextlib.suppress(psycopg.Error):
            self._opened.close()
        with contextlib.suppress(psycopg.Error):
            if not self.connection.closed:
                self.connection.execute("ROLLBACK")

    def _open(self) -> list[Callable[[], object]]:
        if self._sent is not None:
            return self._sent
        self._opened.enter_context(self.connection.pipeline())
        return []
