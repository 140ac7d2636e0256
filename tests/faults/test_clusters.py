"""A Dask cluster whose parts die, stop, lie or are not there: real schedulers, workers and loads.

"Equal" means equal content of every table, compared by count and hash with an uninterrupted load of one worker.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shardgen import __version__
from tests.clusters import Cluster, cluster, free_port, until
from tests.faults.conftest import finish, holds
from tests.loads import HERE, VOLUME, WORLD
from tests.servers import PASSWORD

pytest.importorskip("distributed")
pytestmark = pytest.mark.cluster

LOAD = (*WORLD, *VOLUME, "--workers", "2")
SHARDS = 26
READS = f"application_name LIKE 'shardgen:digest:%' AND {HERE}"
"""Sessions of workers that examine shards."""


@pytest.fixture
def dask() -> Iterator[Cluster]:
    """A cluster of a test's own, with two workers."""
    with cluster(workers=2) as made:
        yield made


@pytest.fixture
def empty() -> Iterator[Cluster]:
    """A scheduler without workers."""
    with cluster(workers=0) as made:
        yield made


def test_a_killed_worker_costs_a_retry_and_no_row(program, database, reference, dask):
    run = program(*LOAD, "--engine", dask.engine)
    os.kill(run.in_flight(), signal.SIGKILL)
    code, output = run.wait()
    assert code == 0, output
    holds(database, reference)
    failures = database.rows("SELECT error FROM bronze.shardgen_failures")
    assert all("worker tcp://127.0.0.1:" in error for (error,) in failures), failures


def test_a_stopped_worker_is_ended_and_its_shard_done_by_another(program, database, reference, dask):
    run = program(*LOAD, "--engine", dask.engine, "--stall-timeout", "5")
    stopped = run.in_flight()
    os.kill(stopped, signal.SIGSTOP)
    code, output = run.wait()
    assert code == 0, output
    holds(database, reference)


def test_a_killed_scheduler_ends_the_load_within_seconds_and_resume_goes_on(program, database, reference, dask):
    run = program(*LOAD, "--engine", dask.engine)
    run.in_flight()
    started = time.monotonic()
    os.killpg(dask.scheduler.pid, signal.SIGKILL)
    code, output = run.wait()
    assert code == 1, output
    assert time.monotonic() - started < 20
    assert "does not answer any more" in output
    assert "--resume --dsn" in output
    assert f"--engine {dask.engine}" in output
    assert "Traceback" not in output
    assert "CancelledError" not in output
    assert database.rows("SELECT state FROM bronze.shardgen_runs") == [("failed",)]
    finish(program, database, reference)


def test_a_killed_coordinator_leaves_workers_that_give_way(program, database, reference, dask):
    run = program(*LOAD, "--engine", dask.engine)
    run.in_flight()
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    busy = f"SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'shardgen:1:%' AND state <> 'idle' AND {HERE}"
    until(lambda: json.loads(dask.read("json/counts.json"))["tasks"] == 0)
    until(lambda: not database.rows(busy))
    assert database.value("SELECT count(*) FROM bronze.shardgen_shards") < SHARDS
    finish(program, database, reference)


def test_ctrl_c_ends_a_load_in_order_and_the_workers_stay(program, database, reference, dask):
    run = program(*LOAD, "--engine", dask.engine)
    run.in_flight()
    run.group(signal.SIGINT)
    code, output = run.wait()
    assert code == 130, output
    assert database.rows("SELECT state FROM bronze.shardgen_runs") == [("interrupted",)]
    assert dask.present() == 2
    code, output = program("--resume", "--engine", dask.engine).wait()
    assert code == 0, output
    holds(database, reference)


def test_a_worker_that_dies_costs_a_verification_time_and_no_answer_and_nothing_stays_open(program, database, dask):
    code, output = program(*LOAD, "--engine", dask.engine).wait()
    assert code == 0, output
    proof = program("--level", "digests", "--regenerate", "--engine", dask.engine, command="verify")
    ((name,), *_) = proof.until(f"SELECT application_name FROM pg_stat_activity WHERE {READS} AND state = 'active'")
    os.kill(int(name.rpartition(":")[2]), signal.SIGKILL)
    code, output = proof.wait()
    assert code == 0, output
    assert "a worker process died: worker tcp://127.0.0.1:" in output
    assert "what it had is examined again" in output
    assert dask.present() >= 1
    until(lambda: not database.rows(f"SELECT 1 FROM pg_stat_activity WHERE {READS}"), seconds=10)


def test_a_killed_scheduler_ends_a_verification_within_seconds(program, database, dask):
    code, output = program(*LOAD).wait()
    assert code == 0, output
    proof = program("--level", "digests", "--regenerate", "--engine", dask.engine, command="verify")
    proof.until(f"SELECT 1 FROM pg_stat_activity WHERE {READS} AND state = 'active'")
    started = time.monotonic()
    os.killpg(dask.scheduler.pid, signal.SIGKILL)
    code, output = proof.wait()
    assert (code, "does not answer any more" in output) == (2, True), output
    assert time.monotonic() - started < 20
    assert "Traceback" not in output


def test_a_shard_that_its_workers_die_of_is_named(program, database, empty, tmp_path):
    (tmp_path / "sessions_000000001").write_text("kill")
    empty.host(workers=2, SHARDGEN_FAKE_FAULTS=str(tmp_path))
    code, output = program(module="tests.faults.fake_load", SHARDGEN_FAKE_ENGINE=empty.engine).wait()
    assert code == 1, output
    assert "shard='sessions/000000001' failed" in output
    assert "a worker process died: worker tcp://" in output
    assert database.value("SELECT count(*) FROM bronze.shardgen_shards WHERE target = 'sessions'") == 2
    assert database.value("SELECT count(*) FROM bronze.shardgen_shards") == 20


@pytest.mark.parametrize("package", ["shardgen", "pyarrow"])
def test_workers_with_other_versions_are_refused_before_anything_is_written(
    program, database, empty, tmp_path, package
):
    named = tmp_path / f"{package}-0.0.7.dist-info"
    named.mkdir()
    (named / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 0.0.7\n")
    empty.host()
    empty.host(path=str(tmp_path))
    empty.host()
    code, output = program(*LOAD, "--engine", empty.engine).wait()
    assert code == 2, output
    assert f"host={socket.gethostname()} has {package} 0.0.7 instead of " in output
    assert (__version__ in output) == (package == "shardgen")
    assert "install the same there as here" in output
    assert not database.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'bronze'")


def test_a_worker_that_does_not_answer_is_named_before_anything_is_written(program, database, empty):
    host = empty.host(workers=1)
    for pid in children(host.pid):
        os.kill(pid, signal.SIGSTOP)
    code, output = program(*LOAD, "--engine", empty.engine).wait()
    assert (code, "do not answer: tcp://127.0.0.1:" in output) == (2, True), output
    assert not database.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'bronze'")


def test_a_scheduler_without_workers_is_refused(program, database, empty):
    code, output = program(*LOAD, "--engine", empty.engine).wait()
    assert (code, "has no worker: start one: dask worker 127.0.0.1:" in output) == (2, True), output
    assert not database.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'bronze'")


@pytest.mark.parametrize("silent", [False, True])
def test_a_scheduler_that_does_not_answer_is_refused_within_seconds(program, database, silent):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        if silent:
            nobody.listen()
        port = nobody.getsockname()[1] if silent else free_port()
        started = time.monotonic()
        code, output = program(*LOAD, "--engine", f"dask://127.0.0.1:{port}").wait()
    assert (code, f"scheduler 127.0.0.1:{port} does not answer" in output) == (2, True), output
    assert time.monotonic() - started < 30
    assert "Traceback" not in output
    assert not database.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'bronze'")


def test_no_log_page_or_key_of_dask_holds_a_password(program, shop, dask, tmp_path: Path):
    run = program(*LOAD, "--engine", dask.engine, target=shop, PGPASSWORD=PASSWORD)
    run.in_flight()
    pages = [dask.read(path) for path in ("info/main/workers.html", "json/counts.json", "metrics")]
    code, output = run.wait()
    assert code == 0, output
    told = dask.log() + "".join(pages)
    assert "shardgen-run_task-" in told or pages
    for secret in (PASSWORD, "correct%20horse", "correct horse"):
        assert secret not in told


def children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-wweo", "ppid=,pid="], capture_output=True, text=True, check=True)
    return [int(child) for parent, child in map(str.split, listed.stdout.splitlines()) if int(parent) == pid]
