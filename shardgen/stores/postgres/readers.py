"""Read-only sessions, and a few of them at work on a list of questions at the same time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import psycopg
from psycopg import sql

from shardgen.events import CheckDone, CheckStarted, Event
from shardgen.stores.postgres.crew import Crew
from shardgen.stores.postgres.failures import describe
from shardgen.stores.postgres.postgres import Connection, application_name, connect, here
from shardgen.stores.postgres.retry import persist
from shardgen.stores.postgres.session import WHOLE
from shardgen.stores.reading import Question, RefusedError, StumbledError

T = TypeVar("T")

_SETTINGS: Final = {
    "default_transaction_read_only": "on",
    "work_mem": "128MB",  # the largest sorts and hashes of the laws then stay in memory at the default volumes
    "max_parallel_workers_per_gather": "0",  # the sessions are the parallelism
    "synchronize_seqscans": "off",  # a scan begins at the beginning, so that heap order is the order of loading
}
"""All of them may be set by any role."""


class PostgresSession:
    """See stores.reading.Session.

    Args:
        connection: of a reader, for those who know PostgreSQL.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def rows(self, statement: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """See stores.reading.Session.rows; what stumbles has SQLSTATE class 22, and what is refused class 42."""
        try:
            return self.connection.execute(statement.encode(), parameters).fetchall()
        except psycopg.DataError as error:
            raise StumbledError(describe(error)) from error
        except psycopg.errors.InsufficientPrivilege:
            raise  # which says nothing of the statement
        except psycopg.ProgrammingError as error:
            raise RefusedError(describe(error)) from error


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


def ask_all(
    dsn: str,
    schema: str,
    questions: Sequence[Question[T]],
    *,
    sessions: int,
    show: Callable[[Event], None],
    purpose: str = "verify",
    failures: Callable[[Sequence[T]], tuple[str, ...]] = lambda _: (),
) -> list[T]:
    """The answers in the order of the questions; to ask again changes nothing.

    Args:
        dsn: the target.
        schema: first and only on the search path.
        questions: what to find out.
        sessions: how many at a time, each of them read-only.
        show: hears of each question's begin and end, from any thread.
        purpose: for the server's list of sessions.
        failures: what in the answers to a question is bad news for the display, in sentences.

    Raises:
        psycopg.Error: the first failure; what else runs is cancelled.
    """

    def ended(question: Question[T], answers: list[T], seconds: float) -> None:
        show(CheckDone(check=question.name, failures=failures(answers), seconds=round(seconds, 3)))

    crew = Crew[Question[T], list[T]](
        members=sessions,
        connect=lambda: reader(dsn, schema, purpose=purpose),
        name=purpose,
        begun=lambda question: show(CheckStarted(check=question.name)),
        ended=ended,
    )
    found = crew.work(questions, lambda connection, question: question.ask(PostgresSession(connection)))
    return list(itertools.chain.from_iterable(found))
