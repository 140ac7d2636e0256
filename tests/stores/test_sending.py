"""Statements that are sent one after the other: what fails, and that nothing that was sent after it is done."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.pq import PipelineStatus

from shardgen.stores.failures import PermanentError
from shardgen.stores.postgres.postgres import Connection, connect
from shardgen.stores.postgres.sending import sending


@pytest.fixture
def session(database):
    database.run("CREATE TABLE told (number integer UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    with connect(database.dsn, application_name="test") as connection:
        yield connection


def put(number: int):
    return lambda connection: connection.execute("INSERT INTO told VALUES (%s)", [number])


def told(session: Connection) -> list[int]:
    return [number for (number,) in session.execute("SELECT number FROM told ORDER BY number")]


def test_the_end_of_a_transaction_is_not_waited_for_before_the_next_one_begins(session):
    done: list[str] = []
    with sending(session) as line:
        for number in (1, 2):
            line.begin()
            line.send(put(number), lambda cursor: done.append(f"put {cursor.rowcount}"))
            line.commit(lambda number=number: done.append(f"committed {number}"))
            assert session.pgconn.pipeline_status == PipelineStatus.ON
            assert done[-1] == "put 1"  # all answers to what it did are heard before it is ended
        line.heard()
        assert done == ["put 1", "committed 1", "put 1", "committed 2"]
        assert session.pgconn.pipeline_status == PipelineStatus.OFF
    assert told(session) == [1, 2]


def test_of_what_follows_an_end_that_fails_nothing_is_done(session, caplog):
    ended: list[int] = []

    def play() -> None:
        with sending(session) as line:
            for number in (1, 7, 8, 9):
                line.begin()
                line.send(put(number))
                if number == 7:
                    line.send(put(7))
                line.commit(lambda number=number: ended.append(number))

    with pytest.raises(psycopg.errors.UniqueViolation, match="told_number_key"):
        play()
    assert ended == told(session) == [1]
    assert not caplog.records


def test_what_fails_first_is_told_and_ends_its_transaction_alone(session, caplog):
    def play() -> None:
        with sending(session) as line:
            line.begin()
            line.send(put(1))
            line.commit(lambda: None)
            line.begin()
            line.send(put(2))
            line.send(lambda connection: connection.execute("SELECT 1 / 0"))
            for number in range(3, 40):
                line.send(put(number))

    with pytest.raises(psycopg.errors.DivisionByZero):
        play()
    assert told(session) == [1]
    assert not caplog.records


def test_an_answer_that_is_refused_undoes_its_transaction(session):
    def refused(cursor: object) -> None:
        raise PermanentError("no")

    def play() -> None:
        with sending(session) as line:
            line.begin()
            line.send(put(1))
            line.commit(lambda: None)
            line.begin()
            line.send(put(2), refused)
            line.commit(lambda: None)

    with pytest.raises(PermanentError, match="no"):
        play()
    assert told(session) == [1]
