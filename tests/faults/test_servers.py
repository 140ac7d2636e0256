"""The server stops, crashes, throws us out, runs short or refuses: the load waits and goes on, or says why not."""

from __future__ import annotations

import os
import signal
import threading
import time

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.conftest import Database, fresh_database
from tests.faults.conftest import finish, holds
from tests.loads import HERE, VOLUME, WORLD, Program, verify
from tests.servers import PASSWORD

OURS = f"SELECT {{}}(pid) FROM pg_stat_activity WHERE {HERE} AND application_name LIKE 'shardgen:%%' AND pid <> %s"


@pytest.fixture(params=["embedded", "foreign"])
def hurt(request):
    """A server to stop, and a database on it, as an administrator sees it."""
    server = request.getfixturevalue(request.param)
    with fresh_database(make_conninfo(server.dsn, dbname="postgres")) as database:
        yield server, database


@pytest.fixture
def administrator(foreign, shop):
    """Runs statements on somebody else's server as its administrator."""
    with psycopg.connect(make_conninfo(foreign.dsn, dbname=shop.name), autocommit=True) as connection:
        yield lambda statement, *parameters: connection.execute(statement, parameters)


@pytest.mark.parametrize("mode", ["immediate", "fast"])
def test_a_server_that_is_stopped_and_started_again_costs_retries_and_no_row(hurt, program, reference, dice, mode):
    server, database = hurt
    run = program(*WORLD, *VOLUME, "--workers", "2", target=database)
    worker = run.stopped_in_flight()  # one shard at least is under way, however long the dice let the others go on
    time.sleep(dice.uniform(0, 1))
    server.stop(mode)
    os.kill(worker, signal.SIGCONT)
    time.sleep(dice.uniform(0, 3))  # connections are refused meanwhile
    server.start()
    code, output = run.wait()
    assert code == 0, output
    assert "again" in output or "retr" in output, output
    holds(database, reference)


@pytest.mark.parametrize("mode", ["immediate", "fast"])
def test_a_load_that_did_not_outlive_its_server_is_resumed(hurt, program, reference, dice, mode):
    server, database = hurt
    run = program(*WORLD, *VOLUME, "--workers", "2", target=database)
    run.in_flight()
    time.sleep(dice.uniform(0, 1))
    server.stop(mode)
    run.end()
    server.start()
    finish(program, database, reference)


@pytest.mark.parametrize("function", ["pg_terminate_backend", "pg_cancel_backend"])
def test_backends_that_are_ended_or_cancelled_again_and_again_cost_retries_and_no_row(
    program, shop, reference, dice, function
):
    run = program(*WORLD, *VOLUME, "--workers", "2", target=shop)
    run.in_flight()
    with psycopg.connect(shop.dsn, autocommit=True) as connection:
        for _ in range(4):
            connection.execute(OURS.format(function).encode(), [connection.info.backend_pid])
            time.sleep(dice.uniform(0.2, 0.6))
    code, output = run.wait()
    assert code == 0, output
    holds(shop, reference)


def test_timeouts_of_the_role_do_not_touch_the_load(program, shop, administrator, reference):
    names = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"]
    if int(shop.value("SHOW server_version_num")) >= 170_000:
        names.append("transaction_timeout")
    for name in names:
        administrator(f"ALTER ROLE loader SET {name} = '20ms'")
    try:
        code, output = program(*WORLD, *VOLUME, "--workers", "2", target=shop).wait()
    finally:
        administrator("ALTER ROLE loader RESET ALL")
    assert code == 0, output
    holds(shop, reference)
    assert shop.value("SELECT count(*) FROM bronze.shardgen_failures") == 0


def test_a_server_out_of_connections_is_refused_before_and_waited_for_during_the_load(
    program, shop, administrator, reference
):
    administrator("ALTER ROLE loader CONNECTION LIMIT 2")
    try:
        code, output = program(*WORLD, *VOLUME, "--workers", "2", target=shop).wait()
        assert (code, "workers=2 need as many connections and the server has 1 left" in output) == (2, True), output
        administrator("ALTER ROLE loader CONNECTION LIMIT 4")
        run = program(*WORLD, *VOLUME, "--workers", "2", target=shop)
        run.in_flight()
        administrator("ALTER ROLE loader CONNECTION LIMIT 0")
        administrator(OURS.format("pg_terminate_backend"), 0)
        time.sleep(3)
    finally:
        administrator("ALTER ROLE loader CONNECTION LIMIT -1")
    code, output = run.wait()
    assert code == 0, output
    holds(shop, reference)


def test_a_read_only_server_is_refused_and_one_that_becomes_so_stops_the_load_with_the_reason(
    program, shop, administrator, reference
):
    read_only = f"ALTER DATABASE {shop.name} SET default_transaction_read_only"
    administrator(f"{read_only} = on")
    code, output = program(*WORLD, *VOLUME, target=shop).wait()
    assert (code, "default_transaction_read_only=on" in output) == (2, True), output
    administrator(f"{read_only} = off")
    run = program(*WORLD, *VOLUME, "--workers", "2", target=shop)
    worker = run.stopped_in_flight()
    administrator(f"{read_only} = on")
    administrator(OURS.format("pg_terminate_backend"), 0)  # new sessions have it
    os.kill(worker, signal.SIGCONT)
    code, output = run.wait()
    assert code == 1, output
    assert "read-only transaction (sqlstate=25006)" in output
    assert "--resume" in output
    administrator(f"{read_only} = off")
    finish(program, shop, reference)


def test_a_full_disk_stops_the_load_with_the_reason_and_resume_finishes_when_there_is_room(program, shop, foreign):
    world = (*WORLD, "--tables", "sessions,customers", "--sessions-per-day", "1000")  # one file of 30 MB
    foreign.stop("fast")
    foreign.start(largest_file=20 << 20)  # more than a segment of the WAL
    try:
        code, output = program(*world, "--workers", "2", target=shop).wait()
    finally:
        foreign.stop("fast")
        foreign.start()
    assert code == 1, output
    assert "could not extend file" in output
    assert "--resume" in output
    states = shop.rows("SELECT state, error LIKE '%could not extend file%' FROM bronze.shardgen_runs")
    assert states == [("failed", True)]
    code, output = program("--resume", target=shop).wait()
    assert code == 0, output
    verify(shop)


def test_no_password_is_in_the_ledger_whatever_failed(program, shop, administrator):
    def spoil() -> None:
        administrator("ALTER ROLE loader PASSWORD 'another'")
        administrator(OURS.format("pg_terminate_backend"), 0)

    run: Program = program(*WORLD, *VOLUME, "--workers", "2", target=shop)
    run.in_flight()
    spoiler = threading.Thread(target=spoil)
    spoiler.start()
    spoiler.join()
    time.sleep(2)
    administrator(f"ALTER ROLE loader PASSWORD '{PASSWORD}'")
    code, output = run.wait()  # looks for the password in its output
    assert code == 0, output
    ledger = Database(dsn=shop.dsn)
    for table in ("runs", "targets", "shards", "steps", "failures"):
        found = ledger.value(
            f"SELECT count(*) FROM bronze.shardgen_{table} AS t WHERE strpos(t::text, '{PASSWORD}') > 0"
        )
        assert found == 0, table
