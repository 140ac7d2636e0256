"""A dirty target and its loaded key, brought forward or replaced while things die: both end as one load leaves them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

import shardgen
from tests.conftest import Database, fresh_database
from tests.loads import PATIENCE, Program, content
from tests.worlds import HERE

KEY = {"SHARDGEN_DIRT_KEY": "a secret of the faults"}
EPOCH = date(2025, 12, 20)
END, FIRST, UNTIL = (EPOCH + timedelta(days=days) for days in (9, 11, 15))
SHOP: dict[str, Any] = {
    **HERE,
    "epoch": EPOCH,
    "horizon": 9,
    "customers": 60,
    "products": 20,
    "orders_per_day": 6,
    "sessions_per_day": 6,
    "events_per_session": 3,
    "review_rate": 1,
    "dirt": "hostile",
    "answers": "load",
}
LINES = "SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM bronze_answers.shardgen_answers AS t"
PLACES = ("bronze", "bronze_answers")


def begun(schema: str) -> str:
    """True when a run there is under way."""
    return f"SELECT 1 FROM {schema}.shardgen_runs WHERE state = 'loading'"


def filled(schema: str) -> str:
    """True when it has filled something."""
    return f"{begun(schema)} AND run IN (SELECT run FROM {schema}.shardgen_shards)"


def kill(run: Program) -> None:
    os.kill(run.pid, signal.SIGKILL)


def kill_a_worker(run: Program) -> None:
    os.kill(run.workers()[-1], signal.SIGKILL)


def kill_a_backend(run: Program) -> None:
    """The server ends all sessions, recovers, and lets everybody in again."""
    found = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'shardgen:%' AND datname = current_database()"
    os.kill(run.database.rows(f"{found} ORDER BY application_name LIKE '%coordinator%'")[0][0], signal.SIGKILL)


def awaited(run: Program, query: str) -> bool:
    """Whether something came to be while the program ran; it may be faster than who looks."""
    deadline = time.monotonic() + PATIENCE
    with psycopg.connect(run.database.dsn, autocommit=True) as connection:
        while run.running:
            with contextlib.suppress(psycopg.errors.UndefinedTable):  # of a key that is not begun yet
                if connection.execute(query.encode()).fetchone():
                    return True
            assert time.monotonic() < deadline
            time.sleep(0.005)
    return False


def hurt(run: Program, *how: tuple[str, Callable[[Program], None]]) -> int:
    """Its exit code, when all that was to die at some moment has died."""
    for moment, kills in how:
        if awaited(run, moment):
            with contextlib.suppress(ProcessLookupError, IndexError):
                kills(run)
    code, output = run.wait()
    assert "Traceback" not in output, output
    return code


@pytest.fixture(autouse=True)
def key(monkeypatch):
    for name, value in KEY.items():
        monkeypatch.setenv(name, value)


def proved(database: Database, level: str) -> None:
    found = shardgen.verify(database.dsn, level=level, workers=1, progress="none")
    assert found.ok, [check for check in found.checks if check.status == "failed"]


@pytest.mark.parametrize("history", ["latest", "versions"])
def test_kills_at_any_moment_leave_the_rows_and_the_key_of_one_load(program, database, server_dsn, history):
    def advance(to: date) -> Program:
        return program("--to", str(to), "--workers", "2", command="advance", **KEY)

    with fresh_database(server_dsn) as other:
        shardgen.load(other.dsn, history=history, end=UNTIL, **SHOP)
        rows, lines = content(other), other.rows(LINES)
    shardgen.load(database.dsn, history=history, end=END, **SHOP)
    tables, answers = PLACES
    assert hurt(advance(FIRST), (filled(tables), kill_a_worker), (begun(answers), kill)) == -signal.SIGKILL
    resumed = program("--resume", "--workers", "2", **KEY)
    assert hurt(resumed, (filled(answers), kill_a_worker)) == 0
    assert hurt(advance(UNTIL), (begun(tables), kill)) == -signal.SIGKILL
    assert hurt(advance(UNTIL), (filled(tables), kill)) == -signal.SIGKILL
    assert hurt(advance(UNTIL), (filled(tables), kill_a_backend), (filled(answers), kill)) == -signal.SIGKILL
    assert hurt(advance(UNTIL), (begun(answers), kill_a_backend)) == 0
    assert content(database) == rows
    assert database.rows(LINES) == lines
    for place in PLACES:
        assert {state for (state,) in database.rows(f"SELECT state FROM {place}.shardgen_runs")} == {"finished"}
    for level in ("counts", "laws", "digests"):
        proved(database, level)


def test_replaces_that_are_killed_leave_the_rows_and_the_key_of_the_last_one(program, database):
    tables, answers = PLACES
    some = {**SHOP, "tables": "customers,orders", "end": END}
    words = [f"--{name.replace('_', '-')}={value}" for name, value in some.items() if name not in HERE]
    shardgen.load(database.dsn, **some)
    for moment, more in (
        (begun(tables), ["--seed=1"]),
        (begun(tables), ["--seed=1", "--answers=none", "--dirt=none"]),
        (filled(answers), ["--seed=2", "--dirt=light"]),
    ):
        run = program(*words, *more, "--workers=2", "--if-exists=replace", "--yes", **KEY)
        assert hurt(run, (moment, kill)) == -signal.SIGKILL
        shardgen.load(database.dsn, resume=True, **HERE)
        proved(database, "counts")
        proved(database, "digests")
    assert database.value("SELECT count(*) FROM bronze_answers.shardgen_answers") == len(
        list(shardgen.answers(database.dsn))
    )
    shardgen.reset(database.dsn, all=True)
    assert database.value("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'bronze%'") == 0
