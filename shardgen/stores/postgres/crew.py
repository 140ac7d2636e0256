"""Some sessions at work at the same time: each member of a crew takes the next job when it is done with one.

The server does the work; the members are threads that wait for it. The first failure that counts stops all of them, and
so does whoever waits for them: what is in flight is cancelled, and nothing else is begun.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import Final, Generic, TypeVar

import psycopg

from shardgen.stores import attention
from shardgen.stores.failures import StoppedError
from shardgen.stores.postgres.postgres import Connection
from shardgen.stores.postgres.retry import patience, persist
from shardgen.stores.retry import ATTEMPTS

J = TypeVar("J")
R = TypeVar("R")

_PERIOD: Final = 0.2  # seconds between looks at signals
_LAST_WORDS: Final = 2.0  # seconds for the server to hear that a statement is not wanted any more


def _counts(_: object, error: Exception) -> None:
    raise error


class Crew(Generic[J, R]):
    """Threads with a session each, for as long as there are jobs.

    Args:
        members: how many at most.
        connect: opens a session.
        name: of the threads.
        begun: hears of a job before it begins, from any thread.
        ended: hears of a job, what came of it, and the seconds that it took.
        failed: hears of a job that failed for good, if that is not to stop the others; no result comes of it.
        attempts: how often a job is tried.
    """

    def __init__(
        self,
        *,
        members: int,
        connect: Callable[[], Connection],
        name: str,
        begun: Callable[[J], None],
        ended: Callable[[J, R, float], None],
        failed: Callable[[J, Exception], None] = _counts,
        attempts: int = ATTEMPTS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sessions = [_Session(connect) for _ in range(members)]
        self._name = name
        self._begun = begun
        self._ended = ended
        self._failed = failed
        self._attempts = attempts
        self._sleep = sleep
        self._waiting: deque[tuple[int, J]] = deque()
        self._results: dict[int, R] = {}
        self._stopping = False

    def work(
        self, jobs: Iterable[J], do: Callable[[Connection, J], R], *, check: Callable[[], None] = attention.check
    ) -> list[R]:
        """What comes of the jobs, in their order, in which they are begun too.

        Args:
            jobs: what is to be done.
            do: does one; it may be done again from its beginning.
            check: called again and again meanwhile; what it raises ends the work.

        Raises:
            Exception: the first failure that counts.
        """
        self._waiting = deque(enumerate(jobs))
        sessions = self._sessions[: len(self._waiting)]
        with ThreadPoolExecutor(len(self._sessions), thread_name_prefix=self._name) as threads:
            members = [threads.submit(copy_context().run, self._member, session, do) for session in sessions]
            try:
                running = set(members)
                while running:
                    check()
                    done, running = wait(running, timeout=_PERIOD, return_when=FIRST_EXCEPTION)
                    for each in done:
                        each.result()
            except BaseException:
                self._stop(sessions)
                raise
        return [self._results[place] for place in sorted(self._results)]

    def _member(self, session: _Session, do: Callable[[Connection, J], R]) -> None:
        with attention.attending(check=self._check_stop), session:
            while self._waiting:
                with contextlib.suppress(IndexError):  # another member was quicker
                    self._do(*self._waiting.popleft(), session, do)

    def _do(self, place: int, job: J, session: _Session, do: Callable[[Connection, J], R]) -> None:
        self._begun(job)
        start = time.perf_counter()
        tries = patience(attempts=self._attempts, sleep=self._sleep)
        try:
            result = persist(lambda: do(session.opened(), job), tries)
        except StoppedError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, it is told or raised
            self._failed(job, error)
            return
        self._results[place] = result
        self._ended(job, result, time.perf_counter() - start)

    def _check_stop(self) -> None:
        if self._stopping:
            raise StoppedError("another one has failed, or nobody waits for the work any more")

    def _stop(self, sessions: Sequence[_Session]) -> None:
        self._stopping = True
        self._waiting.clear()
        for each in sessions:
            each.cancel()


class _Session:
    """A member's connection: opened when it is needed, and again where it broke; a context manager."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._connection: Connection | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: object) -> None:
        if self._connection is not None:
            self._connection.close()

    def opened(self) -> Connection:
        """The connection."""
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        return self._connection

    def cancel(self) -> None:
        """Cancel the statement in flight, if there is one."""
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                self._connection.cancel_safe(timeout=_LAST_WORDS)
