"""See stores.reading: what was loaded into a schema, read over sessions of PostgreSQL that cannot write."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import psycopg
from psycopg.rows import dict_row

from shardgen.events import Event
from shardgen.stores.failures import StoreError
from shardgen.stores.postgres.failures import describe
from shardgen.stores.postgres.ledger import Claim
from shardgen.stores.postgres.postgres import Connection, mask, one, probe, without_secret
from shardgen.stores.postgres.readers import PostgresSession, ask_all, consult
from shardgen.stores.postgres.volumes import volumes as measured
from shardgen.stores.reading import Answer, Query, Question, Row

T = TypeVar("T")


class PostgresReader:
    """See stores.reading.Reader.

    Args:
        dsn: libpq connection string.
        schema: of the tables and the ledger.
        workers: sessions that ask at the same time.
        purpose: for the server's list of sessions.

    Raises:
        TargetError: the target cannot be reached.
    """

    def __init__(self, dsn: str, schema: str, *, workers: int, purpose: str) -> None:
        self.place = mask(dsn)
        self.schema = schema
        self.dsn = dsn
        self._workers = workers
        self._purpose = purpose
        probe(dsn)

    def once(self, ask: Callable[[Connection], T]) -> T:
        """What one session answers, over another one where the first breaks."""
        with self.told():
            return consult(self.dsn, self.schema, ask, purpose=self._purpose)

    def server(self) -> tuple[str, str, datetime]:
        """See stores.reading.Reader.server."""
        version, now = self.once(
            lambda connection: one(
                connection.execute("SELECT current_setting('server_version'), clock_timestamp()"),
            )
        )
        return "PostgreSQL", version.partition(" ")[0], now

    def ask(
        self,
        questions: Sequence[Question[T]],
        *,
        show: Callable[[Event], None],
        failures: Callable[[Sequence[T]], tuple[str, ...]] = lambda _: (),
    ) -> list[T]:
        """See stores.reading.Reader.ask; over as many sessions as there are workers."""
        with self.told():
            return ask_all(
                self.dsn,
                self.schema,
                questions,
                sessions=self._workers,
                show=show,
                purpose=self._purpose,
                failures=failures,
            )

    def answers(
        self, queries: Sequence[Query], *, volumes: Mapping[str, Claim], show: Callable[[Event], None]
    ) -> list[Answer]:
        """See stores.reading.Reader.answers; the volumes are begun first, as every leaf is counted for them."""
        questions = [_volumes(volumes), *map(_question, queries)]
        return self.ask(questions, show=show)

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Tell what server or connection say without a secret in it."""
        try:
            yield
        except psycopg.Error as error:
            raise StoreError(without_secret(describe(error), self.dsn)) from error


def _question(query: Query) -> Question[Answer]:
    def rows(connection: Connection) -> Iterable[Mapping[str, Any]]:
        with connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query.text.encode(), query.parameters).fetchall()

    return _asked(query.name, query.about, rows)


def _volumes(claims: Mapping[str, Claim]) -> Question[Answer]:
    about = "rows and bytes on disk of each table and partition"
    return _asked("volumes", about, lambda connection: measured(connection, claims))


def _asked(name: str, about: str, rows: Callable[[Connection], Iterable[Mapping[str, Any]]]) -> Question[Answer]:
    def ask(session: PostgresSession) -> list[Answer]:
        start = time.perf_counter()
        found: tuple[Row, ...] = ()
        missing = ""
        try:
            found = tuple(map(_row, rows(session.connection)))
        except (psycopg.DataError, psycopg.ProgrammingError) as error:
            missing = f"the tables are not what they should be: {describe(error)}"
        seconds = round(time.perf_counter() - start, 3)
        return [Answer(name=name, about=about, rows=found, missing=missing, seconds=seconds)]

    return Question(name=name, ask=ask)


def _row(row: Mapping[str, Any]) -> Row:
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    """A JSON value: amounts and means as numbers, times in ISO 8601.

    Raises:
        psycopg.DataError: there is none, as the driver says of dates that Python does not have.
    """
    if isinstance(value, Decimal | float) and not math.isfinite(value):
        raise psycopg.DataError(f"{value} is no number that can be drawn")
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else round(float(value), 4)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return round(value, 6) if isinstance(value, float) else value
