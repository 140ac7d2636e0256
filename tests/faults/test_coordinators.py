"""Two coordinators, a stopped one, and workers that hang: one works, and nothing is done twice even if two do."""

from __future__ import annotations

import os
import signal
import time

import pytest

from shardgen.stores.postgres.objects import apply_schema
from tests.faults.conftest import finish, holds
from tests.loads import VOLUME, WORLD, content, verify
from tests.worlds import TABLES


def test_two_coordinators_of_one_run_that_the_lock_does_not_part_double_nothing(program, database, reference):
    run = program(*WORLD, *VOLUME, "--workers", "2")
    run.in_flight()
    run.group(signal.SIGKILL)
    run.wait()
    rivals = [program("--resume", "--workers", "2", module="tests.faults.unlocked") for _ in range(2)]
    ended = [rival.wait() for rival in rivals]
    assert 0 in {code for code, _ in ended}, ended
    assert content(database) == reference
    finished = database.rows("SELECT state FROM bronze.shardgen_runs")
    assert finished == [("finished",)]
    verify(database)


@pytest.mark.parametrize("tables_exist", [False, True])
def test_two_new_loads_that_the_lock_does_not_part_leave_one_run(program, database, reference, tables_exist):
    if tables_exist:
        apply_schema(database.dsn, "bronze", TABLES, "keys")
    rivals = [program(*WORLD, *VOLUME, "--workers", "1", module="tests.faults.unlocked") for _ in range(2)]
    ended = sorted(rival.wait() for rival in rivals)
    assert [code for code, _ in ended] == [0, 2], ended
    holds(database, reference)


def test_a_load_of_another_world_is_refused_while_one_is_at_work(program, database, reference):
    run = program(*WORLD, *VOLUME, "--workers", "1")
    run.in_flight()
    run.group(signal.SIGSTOP)  # else it may be through before the other one asks
    code, output = program(*WORLD, "--seed", "7", "--schema", "bronze").wait()
    run.group(signal.SIGCONT)
    assert code == 2, output
    assert f":{run.pid}'" in output, output
    assert run.wait()[0] == 0
    holds(database, reference)


def test_take_over_ends_the_sessions_of_a_dead_host_and_finishes_its_run(program, database, reference):
    run = program(*WORLD, *VOLUME, "--workers", "2")
    run.in_flight()
    run.group(signal.SIGSTOP)  # as if the machine were gone: its sessions stay open
    code, output = program("--resume").wait()
    assert code == 2, output
    assert "--take-over" in output
    code, output = program("--resume", "--take-over").wait()
    assert code == 0, output
    holds(database, reference)
    run.group(signal.SIGCONT)  # and back
    run.wait()
    holds(database, reference)


def test_a_coordinator_that_comes_back_while_its_successor_works_gives_way(program, database, reference):
    run = program(*WORLD, *VOLUME, "--workers", "2")
    run.in_flight()
    run.group(signal.SIGSTOP)
    successor = program("--resume", "--take-over", "--workers", "1")
    successor.until("SELECT 1 FROM bronze.shardgen_runs WHERE resumed IS NOT NULL")
    successor.group(signal.SIGSTOP)  # so that it is at work still when the other looks, however slow that one is
    run.group(signal.SIGCONT)
    code, output = run.wait()
    assert code == 1, output
    assert "run=1 was taken over" in output
    successor.group(signal.SIGCONT)
    code, output = successor.wait()
    assert code == 0, output
    holds(database, reference)


def test_workers_that_a_killed_coordinator_left_do_not_race_with_its_resume(program, database, reference):
    run = program(*WORLD, *VOLUME, "--workers", "3")
    run.in_flight()
    os.kill(run.pid, signal.SIGKILL)
    finish(program, database, reference)


def test_a_worker_that_hangs_is_named_and_ended_and_its_shard_done_elsewhere(program, database, reference, dice):
    run = program(*WORLD, *VOLUME, "--workers", "2", "--stall-timeout", "3")
    time.sleep(dice.uniform(0, 0.5))
    hung = run.stopped_in_flight()
    code, output = run.wait()
    assert code == 0, output
    assert f"nothing was heard of its worker for 3 s (worker pid={hung}" in output
    assert str(hung) not in " ".join(run.alive())
    holds(database, reference)


def test_all_workers_hanging_at_once_cost_time_and_no_row(program, database, reference):
    run = program(*WORLD, *VOLUME, "--workers", "2", "--stall-timeout", "3")
    run.in_flight()
    workers = run.workers()
    assert len(workers) == 2
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    code, output = run.wait()
    assert code == 0, output
    holds(database, reference)
