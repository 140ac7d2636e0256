"""A COMMIT that waits for a synchronous standby: it is said, signals are heard, and the run can be gone on with."""

from __future__ import annotations

import os
import signal

import psycopg
import pytest

from tests.loads import VOLUME, WORLD


@pytest.fixture
def without_standby(foreign):
    """Whether a COMMIT of anybody waits for a standby that is not there."""
    with psycopg.connect(foreign.dsn, dbname="postgres", autocommit=True) as connection:
        connection.execute("SET synchronous_commit = local")

        def wait(for_whom: str) -> None:
            connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{for_whom}'")
            connection.execute("SELECT pg_reload_conf()")

        yield wait
        wait("")


def test_a_commit_that_waits_for_a_standby_says_so_and_hears_a_signal(program, shop, without_standby):
    without_standby("nowhere")
    run = program(*WORLD, *VOLUME, "--workers", "1", target=shop)
    run.until_said("COMMIT waits for a synchronous standby: synchronous_standby_names='nowhere'")
    os.kill(run.pid, signal.SIGTERM)
    code, output = run.wait()
    assert code == 143, output
    assert "--resume" in output
    assert shop.rows("SELECT state FROM bronze.shardgen_runs") == [("interrupted",)]
    without_standby("")
    code, output = program("--resume", "--workers", "2", target=shop).wait()
    assert code == 0, output
