"""A target that is brought forward while things die: nothing is lost and nothing doubled, whatever the steps were."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from datetime import date, timedelta

import pytest

from tests.conftest import fresh_database
from tests.faults.conftest import Reference
from tests.loads import WORLD, Program, content, verify

END = date(2026, 1, 1)
UNTIL = END + timedelta(days=40)
HISTORIES = ("latest", "versions")
SHOP = (
    *("--customers", "300", "--products", "80", "--epoch", "2025-12-01", "--horizon", "31"),
    *("--orders-per-day", "40", "--sessions-per-day", "60", "--review-rate", "1"),
)
KILLS = {"latest": 20, "versions": 5}


@pytest.fixture(params=HISTORIES)
def history(request) -> str:
    return str(request.param)


def loaded(database, end: date, history: str) -> Reference:
    code, output = Program(database, *SHOP, "--end", str(end), "--history", history, "--workers", "1").wait()
    assert code == 0, output
    return content(database)


def hurt(run: Program, dice) -> None:
    """Kill the coordinator or a worker at some moment, or ask for an end."""
    time.sleep(dice.uniform(0.3, 2.5))
    who, signum = dice.choice(("coordinator", "worker", "all")), dice.choice((signal.SIGKILL, signal.SIGTERM))
    with contextlib.suppress(ProcessLookupError, IndexError):
        if who == "all":
            run.group(signum)
        elif who == "worker":
            os.kill(dice.choice(run.workers()), signal.SIGKILL)
        else:
            os.kill(run.pid, signum)


def test_many_kills_on_the_way_forward_lose_nothing_and_double_nothing(program, database, server_dsn, dice, history):
    with fresh_database(server_dsn) as other:
        reference = loaded(other, UNTIL, history)
    loaded(database, END, history)
    for kill in range(KILLS[history]):
        goal = END + timedelta(days=(kill + 1) * 38 // KILLS[history])
        run = program("--to", str(goal), "--workers", "2", command="advance")
        hurt(run, dice)
        code, output = run.wait()
        assert "Traceback" not in output
        assert code in (0, 1, 129, 130, 143, -signal.SIGKILL, -signal.SIGTERM), output
    deadline = time.monotonic() + 60
    while (done := program("--to", str(UNTIL), "--workers", "2", command="advance").wait())[0]:
        assert "another load is at work" in done[1], done[1]  # the last one's sessions end in a moment
        assert time.monotonic() < deadline
    assert content(database) == reference
    assert {state for (state,) in database.rows("SELECT state FROM bronze.shardgen_runs")} == {"finished"}
    verify(database, "--level", "counts")
    verify(database, "--level", "digests")
    verify(database, "--level", "laws")


def test_an_interrupted_advance_is_finished_by_a_resume_as_well(program, database, server_dsn, history):
    with fresh_database(server_dsn) as other:
        reference = loaded(other, UNTIL, history)
    loaded(database, END, history)
    run = program("--to", str(UNTIL), "--workers", "2", command="advance")
    run.until("SELECT 1 FROM bronze.shardgen_shards WHERE run = 2")
    os.kill(run.pid, signal.SIGTERM)
    code, output = run.wait()
    assert code == 143, output
    assert "load --resume" in output
    code, output = program("--resume").wait()
    assert code == 0, output
    assert content(database) == reference


def test_of_two_advances_at_once_one_works(program, database, history):
    loaded(database, END, history)
    both = [program("--to", str(UNTIL), "--workers", "1", command="advance") for _ in range(2)]
    codes = sorted(run.wait()[0] for run in both)
    assert codes in ([0, 0], [0, 2])  # the second is refused, or finds nothing to do
    assert database.value("SELECT count(*) FROM bronze.shardgen_runs") == 2
    verify(database, "--level", "digests")


def test_a_base_load_that_is_not_finished_is_not_brought_forward(program, database):
    run = program(*WORLD, "--workers", "2")
    run.until("SELECT 1 FROM bronze.shardgen_shards")
    os.kill(run.pid, signal.SIGTERM)
    assert run.wait()[0] in (0, 143)
    if database.value("SELECT state FROM bronze.shardgen_runs") != "finished":
        code, output = program(command="advance").wait()
        assert code == 2, output
        assert "is not finished" in output
        assert "--resume" in output
