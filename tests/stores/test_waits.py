"""Whoever waits for the server hears signals, and says for whom it waits."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import psycopg
import pytest

from shardgen.cli import entry
from shardgen.errors import Interrupted
from shardgen.stores import attention
from shardgen.stores.postgres import waits
from shardgen.stores.postgres.postgres import connect
from tests.conftest import Database
from tests.loads import PATIENCE, ROOT, clean_environment, hear_signals

SMALL = ("--profile", "demo", "--days", "2", "--customers", "20", "--products", "10", "--end", "2026-01-01")
LOAD = ("load", *SMALL, "--tables", "customers", "--workers", "1", "--progress", "none")
WAITING = """
SELECT split_part(application_name, ':', 2) FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


def started(database: Database, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "shardgen", *words, "--dsn", database.dsn],
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=hear_signals,  # noqa: PLW1509  # it starts no thread
    )


def test_a_signal_ends_whatever_waits_for_a_lock_on_the_ledger_and_its_holder_is_named(database):
    with pytest.raises(SystemExit):
        entry.main([*LOAD, "--dsn", database.dsn])
    commands = (
        ((*LOAD, "--progress", "plain", "--if-exists", "replace"), signal.SIGTERM),
        (("status",), signal.SIGINT),
        (("verify", "--progress", "plain"), signal.SIGINT),
        (("report", "--json", "--progress", "plain"), signal.SIGINT),
        (("reset", "--yes"), signal.SIGINT),
        (("plan", *SMALL, "--tables", "customers"), signal.SIGINT),
    )
    with psycopg.connect(database.dsn, application_name="somebody else") as locker:
        locker.execute("LOCK TABLE bronze.shardgen_runs IN ACCESS EXCLUSIVE MODE")
        running = {words: started(database, *words) for words, _ in commands}
        try:
            _until(lambda: len(database.rows(WAITING)) == len(commands))
            time.sleep(waits.FIRST_LOOK + 1)
            for words, signum in commands:
                begun = time.monotonic()
                os.kill(running[words].pid, signum)
                output, _ = running[words].communicate(timeout=PATIENCE)
                assert running[words].returncode == 128 + signum, (words, output)
                assert time.monotonic() - begun < 5, words  # two seconds, on a machine with nothing else to do
                assert "Traceback" not in output
                assert f"held by backend pid={locker.info.backend_pid}" in output, (words, output)
                assert "application_name='somebody else'" in output
                assert "idle in transaction, LOCK TABLE" in output
        finally:
            for each in running.values():
                each.kill()
                each.communicate()
    assert database.value("SELECT state FROM bronze.shardgen_runs") == "finished"


def _until(true) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_what_ends_a_wait_leaves_no_query_behind_and_the_session_is_of_use(database):
    stop = threading.Event()

    def check() -> None:
        if stop.is_set():
            stop.clear()
            raise Interrupted(15)

    with connect(database.dsn, application_name="test") as connection:
        threading.Timer(0.3, stop.set).start()
        begun = time.monotonic()
        with attention.attending(check=check), pytest.raises(Interrupted), connection.transaction():
            connection.execute("SELECT pg_sleep(60)")
        assert time.monotonic() - begun < 5
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert database.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == 0


def test_a_host_that_stays_silent_does_not_keep_a_signal_from_being_heard():
    silent = socket.create_server(("127.0.0.1", 0))
    with silent, attention.attending(check=_refused_after(0.3)), pytest.raises(Interrupted):
        connect(f"host=127.0.0.1 port={silent.getsockname()[1]}", application_name="test")


def _refused_after(seconds: float):
    end = time.monotonic() + seconds

    def check() -> None:
        if time.monotonic() > end:
            raise Interrupted(2)

    return check


def test_the_holder_of_a_lock_is_in_the_error_and_no_secret_of_its_query(database):
    database.run("CREATE TABLE held (a int)")
    told: list[str] = []
    with (
        psycopg.connect(database.dsn, application_name="holder") as holder,
        connect(database.dsn, application_name="test") as connection,
    ):
        holder.execute("LOCK TABLE held")
        pid = holder.info.backend_pid
        holder.execute("SELECT 'a secret'")
        connection.fix({"lock_timeout": "2500ms"})
        with attention.attending(tell=told.append), pytest.raises(psycopg.errors.LockNotAvailable) as caught:
            connection.execute("SELECT count(*) FROM held")
    assert caught.value.__notes__ == told
    assert f"pid={pid} application_name='holder'" in told[0]
    assert "secret" not in told[0]
