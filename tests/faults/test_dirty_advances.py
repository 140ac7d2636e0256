"""A dirty target and its loaded key, brought forward or replaced while things die: both end as one load leaves them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

import shardgen
from tests.conftest import Database, fresh_database
from tests.dirt.worlds import FEW
from tests.loads import PATIENCE, Program, content
from tests.worlds import HERE

KEY = {"SHARDGEN_DIRT_KEY": "a secret of the faults"}
EPOCH = date(2025, 12, 20)
END, FIRST, UNTIL = (EPOCH + timedelta(days=days) for days in (9, 11, 15))
SHOP: dict[str, Any] = {
    **HERE,
    **FEW,
    "epoch": EPOCH,
    "dirt": "hostile",
    "answers": "load",
}
LINES = "SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM bronze_answers.shardgen_answers AS t"
PLACES = ("bronze", "bronze_answers")


def begun(schema: str) -> str:
    """A run there that the program has begun, or gone on with."""
    return f"SELECT 0, '' FROM {schema}.shardgen_runs WHERE state = 'loading' AND pid = %(pid)s"


def at_work(*, key: bool) -> str:
    """Sessions of workers that are at a shard, with their names."""
    return f"""SELECT pid, application_name FROM pg_stat_activity WHERE datname = current_database()
        AND application_name LIKE 'shardgen:%%/%%' AND (application_name LIKE '%%:answers/%%') = {key}"""


def awaited(run: Program, query: str) -> tuple[int, str]:
    """What a query finds as soon as it finds something."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert run.running, run.wait()
        with contextlib.suppress(psycopg.errors.UndefinedTable, psycopg.OperationalError):  # a server that recovers
            for found in run.database.rows(query, {"pid": run.pid}):
                return found
        time.sleep(0.005)
    raise AssertionError(f"never true: {query}")


def killed(run: Program, moment: str, who: str) -> bool:
    """Whether what is named was there to be killed at a moment."""
    backend, name = awaited(run, moment)
    victims = {"coordinator": run.pid, "backend": backend, "worker": int([*name.split(":"), 0, 0, 0][2])}
    try:
        os.kill(victims[who], signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def hurt(run: Program, *how: tuple[str, str]) -> int:
    """Its exit code, when at each moment what is named has been killed.

    Of a backend that is killed the server ends all sessions, recovers, and lets everybody in again.
    """
    for moment, who in how:
        while not killed(run, moment, who):  # it had ended by itself
            continue
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
    rows_, lines_ = at_work(key=False), at_work(key=True)
    assert hurt(advance(FIRST), (rows_, "worker"), (begun(answers), "coordinator")) == -signal.SIGKILL
    assert hurt(program("--resume", "--workers", "2", **KEY), (lines_, "worker")) == 0
    assert hurt(advance(UNTIL), (begun(tables), "coordinator")) == -signal.SIGKILL
    assert hurt(advance(UNTIL), (rows_, "coordinator")) == -signal.SIGKILL
    assert hurt(advance(UNTIL), (rows_, "backend"), (lines_, "coordinator")) == -signal.SIGKILL
    assert hurt(advance(UNTIL), (lines_, "backend")) == 0
    assert content(database) == rows
    assert database.rows(LINES) == lines
    for place in PLACES:
        assert {state for (state,) in database.rows(f"SELECT state FROM {place}.shardgen_runs")} == {"finished"}
    for level in ("counts", "laws", "digests"):
        proved(database, level)


def test_replaces_that_are_killed_leave_the_rows_and_the_key_of_the_last_one(program, database):
    some = {**SHOP, "tables": "customers,orders", "end": END}
    words = [f"--{name.replace('_', '-')}={value}" for name, value in some.items() if name not in HERE]
    shardgen.load(database.dsn, **some)
    for moment, more in (
        (at_work(key=False), ["--seed=1"]),
        (begun("bronze"), ["--seed=1", "--answers=none", "--dirt=none"]),
        (at_work(key=True), ["--seed=2", "--dirt=light"]),
    ):
        run = program(*words, *more, "--workers=2", "--if-exists=replace", "--yes", **KEY)
        assert hurt(run, (moment, "coordinator")) == -signal.SIGKILL
        shardgen.load(database.dsn, resume=True, **HERE)
        proved(database, "counts")
        proved(database, "digests")
    assert database.value("SELECT count(*) FROM bronze_answers.shardgen_answers") == len(
        list(shardgen.answers(database.dsn))
    )
    shardgen.reset(database.dsn, all=True)
    assert database.value("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'bronze%'") == 0
