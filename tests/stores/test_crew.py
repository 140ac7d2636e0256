"""Sessions at work at the same time: in order, each job done, and nothing left running after a failure."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest

from shardgen.stores.postgres.crew import Crew
from shardgen.stores.postgres.postgres import connect


class Heard:
    """A crew's callbacks."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.ended: list[tuple[int, object]] = []
        self.failed: list[tuple[int, str]] = []


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def crew(database, heard):
    """Makes a crew on the test's database."""

    def made(members: int = 2, **how) -> Crew:
        return Crew(
            members=members,
            connect=lambda: connect(database.dsn, application_name="test crew"),
            name="crew",
            begun=heard.begun.append,
            ended=lambda job, result, seconds: heard.ended.append((job, result)),
            sleep=lambda seconds: None,
            **how,
        )

    return made


def at_work(database) -> int:
    return database.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test crew'")


def test_results_are_in_the_order_of_the_jobs_and_no_session_stays(crew, database, heard):
    def do(connection, job: int) -> int:
        connection.execute("SELECT pg_sleep(%s)", [0.05 * (5 - job)])
        return job * job

    assert crew(members=3).work(range(5), do) == [0, 1, 4, 9, 16]
    assert sorted(heard.begun) == list(range(5))
    assert sorted(heard.ended) == [(job, job * job) for job in range(5)]
    deadline = time.monotonic() + 10
    while at_work(database) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert at_work(database) == 0


def test_no_more_sessions_are_opened_than_there_are_members_or_jobs(crew):
    seen = crew(members=3).work(range(9), lambda connection, _: connection.info.backend_pid)
    assert len(seen) == 9
    assert len(set(seen)) <= 3
    assert crew(members=3).work([], lambda connection, _: 1) == []


def test_the_first_failure_cancels_what_is_in_flight_and_begins_nothing_else(crew, heard):
    flying = threading.Event()

    def do(connection, job: int) -> None:
        if job == 0:
            flying.set()
            connection.execute("SELECT pg_sleep(60)")
        flying.wait()
        connection.execute("SELECT 1 / 0")

    start = time.monotonic()
    with pytest.raises(psycopg.errors.DivisionByZero):
        crew().work(range(5), do)
    assert time.monotonic() - start < 30
    assert sorted(heard.begun) == [0, 1]
    assert heard.ended == []


def test_a_failure_that_does_not_count_leaves_the_others_at_work(crew, heard):
    patient = crew(failed=lambda job, error: heard.failed.append((job, type(error).__name__)))
    found = patient.work([2, 1, 0, 4], lambda connection, job: connection.execute("SELECT 4 / %s", [job]).fetchone()[0])
    assert found == [2, 4, 1]
    assert heard.failed == [(0, "DivisionByZero")]


def test_a_session_that_breaks_is_opened_again_and_its_job_done_again(crew):
    pids = []

    def do(connection, job: int) -> int:
        pids.append(connection.info.backend_pid)
        if len(pids) == 2:
            connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return job

    assert crew(members=1).work(range(3), do) == [0, 1, 2]
    assert len(pids) == 4
    assert len(set(pids)) == 2


def test_who_waits_for_the_work_can_end_it(crew, heard):
    def check() -> None:
        if heard.begun:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crew().work(range(5), lambda connection, _: connection.execute("SELECT pg_sleep(60)"), check=check)
    assert len(heard.begun) <= 2
    assert heard.ended == []
