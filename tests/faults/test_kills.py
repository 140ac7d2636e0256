"""The program as users run it, with real processes, real signals and real data: whatever dies, resume mends.

"Equal" means equal content of every table, compared by count and hash with an uninterrupted load of one worker.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from tests import fakes
from tests.conftest import Database
from tests.faults.conftest import finish
from tests.loads import HERE, PATIENCE, ROOT, VOLUME, WORLD, content, gone, verify

DEADLY = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
OPEN = {"loading", "interrupted", "failed"}
"""States that ``--resume`` takes up."""


def test_a_killed_worker_costs_a_retry_and_no_row(program, database, reference):
    run = program(*WORLD, *VOLUME, "--workers", "2")
    os.kill(run.stopped_in_flight(), signal.SIGKILL)
    code, output = run.wait()
    assert code == 0, output
    assert content(database) == reference
    assert database.value("SELECT count(*) FROM bronze.shardgen_failures WHERE error LIKE '%exit=-9%'") >= 1


def test_a_killed_coordinator_takes_its_workers_along_and_resume_finishes_its_run(program, database, reference):
    run = program(*WORLD, *VOLUME, "--workers", "2")
    run.in_flight()
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    gone(run, seconds=3)
    assert database.rows("SELECT state FROM bronze.shardgen_runs") == [("loading",)]
    finish(program, database, reference)


def test_a_coordinator_killed_while_finalising_is_resumed(program, database, reference):
    run = program(*WORLD, *VOLUME, "--workers", "2")
    run.until("SELECT 1 FROM bronze.shardgen_steps")
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    finish(program, database, reference)


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_the_load_in_order_and_resume_goes_on(program, database, reference, signum, code):
    run = program(*WORLD, *VOLUME, "--workers", "2")
    run.in_flight()
    if signum == signal.SIGINT:
        run.group(signum)  # Ctrl-C reaches the workers too
    else:
        os.kill(run.pid, signum)
    found, output = run.wait()
    assert found == code, output
    assert "--resume" in output
    assert "Traceback" not in output
    gone(run, seconds=1)
    assert database.rows("SELECT state FROM bronze.shardgen_runs") == [("interrupted",)]
    finish(program, database, reference)


def test_a_second_signal_ends_everything_at_once(program, database):
    run = program(module="tests.faults.fake_load", SHARDGEN_FAKE_SECONDS="600")
    run.until(f"SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'shardgen:1:%:%/%' AND {HERE}")
    run.group(signal.SIGINT)
    time.sleep(0.5)
    started = time.monotonic()
    run.group(signal.SIGINT)
    code, output = run.wait()
    assert (code, time.monotonic() - started < 2) == (130, True), output
    gone(run, seconds=1)


def test_a_backend_that_the_server_ends_costs_a_retry_and_no_row(program, database, reference):
    run = program(*WORLD, *VOLUME, "--workers", "2")
    worker = run.stopped_in_flight()
    for part in ("1", "coordinator"):
        run.until(
            f"""SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name LIKE 'shardgen:{part}:%' AND {HERE}"""
        )
    os.kill(worker, signal.SIGCONT)
    code, output = run.wait()
    assert code == 0, output
    assert content(database) == reference


def test_a_run_at_work_is_named_to_a_second_one_and_a_filled_target_is_refused(program, database):
    first = program(*WORLD, *VOLUME, "--workers", "1")
    first.in_flight()
    first.group(signal.SIGSTOP)  # else it may be through before the second one asks
    code, output = program(*WORLD, *VOLUME).wait()
    first.group(signal.SIGCONT)
    assert code == 2
    assert re.search(rf"another load is at work .*:{first.pid}\b", output), output
    assert first.wait()[0] == 0
    code, output = program(*WORLD, *VOLUME).wait()
    assert code == 2
    assert "holds rows of the finished run=1: use --if-exists" in output


def test_another_seeds_resume_is_refused_and_the_own_goes_on(program, database, reference):
    run = program(*WORLD, *VOLUME, "--workers", "2")
    run.in_flight()
    run.group(signal.SIGKILL)
    run.wait()
    code, output = program("--resume", "--seed", "43").wait()
    assert code == 2
    assert "seed=43 but the run has 42" in output
    finish(program, database, reference)


def test_a_shard_that_kills_its_worker_is_named_and_the_others_finish(program, database, tmp_path):
    (tmp_path / "sessions_000000001").write_text("kill")
    run = program(module="tests.faults.fake_load", **{fakes.FAULTS: str(tmp_path)})
    code, output = run.wait()
    assert code == 1, output
    assert "shard='sessions/000000001' failed" in output
    assert "exit=-9" in output
    assert database.value("SELECT count(*) FROM bronze.shardgen_shards WHERE target = 'sessions'") == 2
    assert database.value("SELECT count(*) FROM bronze.shardgen_shards") == 20


def test_a_script_without_a_main_guard_loads_once(database, tmp_path):
    """multiprocessing would run the caller's script again in every worker, if it were let."""
    script = tmp_path / "script.py"
    script.write_text(
        f"""
from shardgen.loading.engines.processes import Processes
from tests import fakes
from tests.conftest import Database
print("top level")
config = fakes.plan_config(tables=("sessions",))
print(fakes.load({database.dsn!r}, config, machinery=fakes.machinery(engine=Processes)).ok, __file__)
"""
    )
    done = subprocess.run(
        [sys.executable, script],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"top level\nTrue {script}\n", done.stderr


def test_twenty_kills_in_one_load_lose_and_double_nothing(program, database, dice):
    """Whoever it hits, whenever: a worker or the coordinator, by SIGKILL, SIGTERM or SIGINT; and resume, until done."""
    large = (*WORLD, "--orders-per-day", "100", "--sessions-per-day", "1500")
    run, kills = program(*large, "--workers", "2"), 0
    while kills < 20:
        if run.running:
            wait_for_claim(run, database)
            time.sleep(dice.uniform(0, 0.8))
            with contextlib.suppress(ProcessLookupError):
                os.kill(dice.choice([run.pid, *run.workers()]), dice.choice(DEADLY))
                kills += 1
        elif OPEN & {state for state, _ in runs(database)}:
            run = program("--resume", "--workers", str(dice.randint(1, 3)))
        else:  # it was faster than the dice
            run = program(*large, "--if-exists", "replace", "--workers", "2")
    run.wait()
    if runs(database)[-1][0] != "finished":
        code, output = program("--resume").wait()
        assert code == 0, output
    assert runs(database)[-1][0] == "finished"
    verify(database, "--regenerate")


def wait_for_claim(run, database: Database) -> None:
    """Until the program is the one that works on a run, or has ended."""
    deadline = time.monotonic() + PATIENCE
    while run.running and run.pid not in {pid for _, pid in runs(database)}:
        assert time.monotonic() < deadline, "it neither begins nor ends"
        time.sleep(0.02)


def runs(database: Database) -> list[tuple[str, int]]:
    """State and coordinator of all runs; none where there is no ledger yet."""
    if database.value("SELECT to_regclass('bronze.shardgen_runs')") is None:
        return []
    return database.rows("SELECT state, pid FROM bronze.shardgen_runs ORDER BY run")
