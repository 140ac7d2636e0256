"""Read-only sessions, and a few of them at work on a list of questions at the same time."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import psycopg
from psycopg import sql

from shardgen.events import CheckDone, CheckStarted, Event
from shardgen.stores import attention
from shardgen.stores.failures import StoppedError
from shardgen.stores.postgres.postgres import Connection, application_name, connect, here
from shardgen.stores.postgres.retry import persist
from shardgen.stores.postgres.session import WHOLE

T = TypeVar("T")

_SETTINGS: Final = {
    "default_transaction_read_only": "on",
    "work_mem": "128MB",  # the largest sorts and hashes of the laws then stay in memory at the default volumes
    "max_parallel_workers_per_gather": "0",  # the sessions are the parallelism
    "synchronize_seqscans": "off",  # a scan begins at the beginning, so that heap order is the order of loading
}
"""All of them may be set by any role."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Generic[T]):
    """Something to find out over one connection."""

    name: str
    """For the display: ``"L13"``."""
    ask: Callable[[Connection], list[T]]


def reader(dsn: str, schema: str, *, purpose: str = "verify") -> Connection:
    """A session that reads one schema, and cannot write."""
    connection = connect(dsn, application_name=application_name(purpose, here()))
    connection.read_only = True  # each transaction, whoever's the session is
    path = sql.SQL("{}, pg_temp").format(sql.Identifier(schema)).as_string()
    connection.fix(_SETTINGS | WHOLE | {"search_path": path})
    return connection


def consult(dsn: str, schema: str, ask: Callable[[Connection], T], *, purpose: str = "verify") -> T:
    """What one read-only session answers, over another one where the first breaks.

    Raises:
        psycopg.Error: a failure that does not pass.
    """

    def once() -> T:
        with reader(dsn, schema, purpose=purpose) as connection:
            return ask(connection)

    return persist(once)


class Readers(Generic[T]):
    """Threads with a read-only session each, for as long as there are questions.

    Args:
        dsn: the target.
        schema: first and only on the search path.
        number: of sessions.
        show: hears of each question's begin and end, from any thread.
        purpose: for the server's list of sessions.
        failures: what in the answers to a question is bad news for the display, in sentences.
    """

    def __init__(
        self,
        dsn: str,
        schema: str,
        *,
        number: int,
        show: Callable[[Event], None],
        purpose: str = "verify",
        failures: Callable[[Sequence[T]], tuple[str, ...]] = lambda _: (),
    ) -> None:
        self._dsn = dsn
        self._schema = schema
        self._number = number
        self._show = show
        self._purpose = purpose
        self._failures = failures
        self._lock = threading.Lock()
        self._waiting: deque[tuple[int, Question[T]]] = deque()
        self._answers: dict[int, list[T]] = {}
        self._open: set[Connection] = set()
        self._stopping = False

    def ask(self, questions: Sequence[Question[T]]) -> list[T]:
        """The answers in the order of the questions, which are begun in that order too.

        Raises:
            psycopg.Error: the first failure; what else runs is cancelled.
        """
        self._waiting = deque(enumerate(questions))
        with ThreadPoolExecutor(self._number, thread_name_prefix=self._purpose) as threads:
            work = [threads.submit(copy_context().run, self._work) for _ in range(min(self._number, len(questions)))]
            try:
                done, _ = wait(work, return_when=FIRST_EXCEPTION)
                for each in done:
                    each.result()
            except BaseException:
                self._cancel()
                raise
        return [answer for place in sorted(self._answers) for answer in self._answers[place]]

    def _work(self) -> None:
        with attention.attending(check=self._check_stop), contextlib.ExitStack() as stack:
            connection: Connection | None = None

            def answers(question: Question[T]) -> list[T]:
                nonlocal connection
                if connection is None or connection.closed:
                    connection = stack.enter_context(self._reader())
                return question.ask(connection)

            while (next_one := self._next()) is not None:
                self._answer(*next_one, answers)

    def _answer(self, place: int, question: Question[T], ask: Callable[[Question[T]], list[T]]) -> None:
        """Ask until there is an answer: to read again changes nothing."""
        self._show(CheckStarted(check=question.name))
        start = time.perf_counter()
        self._answers[place] = answers = persist(lambda: ask(question))
        seconds = round(time.perf_counter() - start, 3)
        self._show(CheckDone(check=question.name, failures=self._failures(answers), seconds=seconds))

    @contextlib.contextmanager
    def _reader(self) -> Iterator[Connection]:
        with reader(self._dsn, self._schema, purpose=self._purpose) as connection:
            self._open.add(connection)
            yield connection

    def _check_stop(self) -> None:
        if self._stopping:
            raise StoppedError("another question has failed, or nobody wants the answers any more")

    def _next(self) -> tuple[int, Question[T]] | None:
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def _cancel(self) -> None:
        self._stopping = True
        with self._lock:
            self._waiting.clear()
        for connection in set(self._open):
            with contextlib.suppress(psycopg.Error):
                connection.cancel_safe(timeout=2)
