"""A stream into a database that is killed at any moment: nothing is lost, nothing is there twice."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from psycopg.conninfo import make_conninfo

from tests.conftest import Database, fresh_database
from tests.loads import ROOT, Program, clean_environment, content, gone, hear_signals, verify

END = date(2026, 1, 1)
UNTIL = END + timedelta(days=12)
SHOP = (
    *("--customers", "300", "--products", "80", "--epoch", "2025-12-01", "--horizon", "31", "--cut", "arrived"),
    *("--orders-per-day", "20", "--sessions-per-day", "30", "--review-rate", "1", "--workers", "1"),
)
POSITION = "SELECT max(run)::text || max(plan::text) FROM bronze.shardgen_runs WHERE options ? 'played'"
RATES = ("400/s", "1500/s", "1000000/s")
"""Each instant by itself, batches, and batches one after the other as fast as both can."""


def stream(database: Database, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "shardgen", "stream", "--dsn", database.dsn, "--end", str(UNTIL), "-q", *words],
        env=clean_environment(),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=hear_signals,  # noqa: PLW1509  # it starts no thread
    )


def went_on(database: Database, from_: object) -> None:
    deadline = time.monotonic() + 120
    while database.value(POSITION) == from_:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_kills_of_a_stream_lose_nothing_and_double_nothing(database, server_dsn, dice):
    with fresh_database(server_dsn) as other:
        code, output = Program(other, *SHOP, "--end", str(UNTIL)).wait()
        assert code == 0, output
        reference = content(other)
    assert Program(database, *SHOP, "--end", str(END)).wait()[0] == 0
    for rate in RATES:
        before = database.value(POSITION)
        run = stream(database, "--rate", rate)
        try:
            went_on(database, before)
            time.sleep(dice.uniform(0, 0.05 if rate == RATES[-1] else 0.4))
        finally:
            os.kill(run.pid, signal.SIGKILL)
            run.communicate()
    deadline = time.monotonic() + 60
    while True:
        run = stream(database, "--rate", "1000000/s")
        told, _ = run.communicate(timeout=120)
        if run.returncode == 0:
            break
        assert "another load is at work" in told, told  # the session of the one before ends in a moment
        assert time.monotonic() < deadline
    assert content(database) == reference
    assert {state for (state,) in database.rows("SELECT state FROM bronze.shardgen_runs")} == {"finished"}
    verify(database, "--level", "counts")
    verify(database, "--level", "digests")


@pytest.fixture
def forgetful(foreign) -> Iterator[Database]:
    """A database on a server that brings to the disk what is waited for and little else, and takes its time."""
    with fresh_database(make_conninfo(foreign.dsn, dbname="postgres")) as made:
        made.run("ALTER SYSTEM SET wal_writer_delay = '10s'", "ALTER SYSTEM SET wal_writer_flush_after = '1GB'")
        made.run("SELECT pg_reload_conf()")
        yield made
        made.run("ALTER SYSTEM RESET ALL", "SELECT pg_reload_conf()")


def test_what_a_server_that_crashes_has_forgotten_is_brought_again(forgetful, foreign, dice):
    assert Program(forgetful, *SHOP, "--end", str(END)).wait()[0] == 0
    forgetful.run(
        "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN PERFORM pg_sleep(0.03); RETURN NULL; END$$",
        "CREATE TRIGGER slowly AFTER INSERT ON bronze.raw_sessions EXECUTE FUNCTION slowly()",
    )
    before = forgetful.value(POSITION)
    run = stream(forgetful, "--rate", "300/s", "--end", str(END + timedelta(days=6)))
    try:
        went_on(forgetful, before)
        for _ in range(2):
            time.sleep(dice.uniform(0.3, 1))
            foreign.stop("immediate")
            foreign.start()
        told, _ = run.communicate(timeout=120)
    finally:
        run.kill()
    assert run.returncode == 0, told
    verify(forgetful, "--level", "digests")


@pytest.fixture
def loaded(database) -> Database:
    assert Program(database, *SHOP, "--end", str(END), "--tables", "customers,products,orders").wait()[0] == 0
    return database


@contextmanager
def playing(database: Database, rate: str) -> Iterator[Program]:
    """A stream that is on its way, and has no end, so that its changes are being made."""
    run = Program(database, "--rate", rate, command="stream")
    try:
        run.until("SELECT 1 FROM bronze.shardgen_runs WHERE options ? 'played'")
        yield run
    finally:
        run.end()


def goes_on(database: Database, told: str) -> None:
    """The command that a stream has named ends well, where it has an end."""
    [line] = re.findall(r"to go on: (.*)", told)
    end = date.fromisoformat(database.value("SELECT max(plan ->> 'end') FROM bronze.shardgen_runs")) + timedelta(days=1)
    command = [*shlex.split(line.replace("--rate 20/s", "--rate 1000000/s"))[1:], "--end", str(end), "-q"]
    how = {"cwd": ROOT, "env": clean_environment(), "capture_output": True, "text": True, "timeout": 120}
    done = subprocess.run([sys.executable, *command], check=False, **how)
    assert done.returncode == 0, done.stderr
    verify(database, "--level", "digests")


def test_ctrl_c_leaves_no_process_behind_and_the_position_where_it_says(loaded):
    with playing(loaded, "20/s") as run:
        run.group(signal.SIGINT)
        code, told = run.wait()
        assert run.alive() == []
    assert code == 128 + signal.SIGINT, told
    assert "error: interrupted (Ctrl-C)" in told
    until = loaded.value("SELECT plan ->> 'until' FROM bronze.shardgen_runs WHERE options ? 'played'")
    assert f"--since {until.replace(' ', 'T')} " in told
    goes_on(loaded, told)


@pytest.mark.parametrize("rate", ["1000000/s", "20/s"])  # what is made already would take hours
def test_the_end_of_the_process_that_makes_changes_is_told_with_the_command_that_goes_on(loaded, rate):
    with playing(loaded, rate) as run:
        [maker] = run.workers()
        os.kill(maker, signal.SIGKILL)
        code, told = run.wait()
    assert code == 1, told
    assert f"error: the process that makes changes ended: pid={maker} exit=-9: see whether the system ended it" in told
    goes_on(loaded, told)


def test_who_kills_a_stream_has_killed_what_makes_its_changes(loaded):
    with playing(loaded, "20/s") as run:
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        gone(run, 20)
