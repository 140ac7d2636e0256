"""A stream into a database that is killed at any moment: nothing is lost, nothing is there twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta

from tests.conftest import Database, fresh_database
from tests.loads import ROOT, Program, clean_environment, content, hear_signals, verify

END = date(2026, 1, 1)
UNTIL = END + timedelta(days=4)
SHOP = (
    *("--customers", "300", "--products", "80", "--epoch", "2025-12-01", "--horizon", "31", "--cut", "arrived"),
    *("--orders-per-day", "20", "--sessions-per-day", "30", "--review-rate", "1", "--workers", "1"),
)
POSITION = "SELECT max(run)::text || max(plan::text) FROM bronze.shardgen_runs WHERE options ? 'played'"
KILLS = 3


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
    for kill in range(KILLS):
        before = database.value(POSITION)
        run = stream(database, "--rate", "400/s" if kill % 2 else "1500/s")
        try:
            went_on(database, before)
            time.sleep(dice.uniform(0, 0.4))
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
