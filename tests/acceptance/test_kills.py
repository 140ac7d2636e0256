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
from collections.abc import Iterator
from pathlib import Path

import pytest

from shardgen.config import TABLES
from tests import fakes
from tests.conftest import Database, fresh_database

ROOT = Path(__file__).parents[2]
WORLD = ("--customers", "200", "--products", "60", "--days", "31", "--end", "2026-01-01")
VOLUME = ("--orders-per-day", "60", "--sessions-per-day", "300")
HERE = "datname = current_database()"
PATIENCE = 60  # seconds for anything that must happen at all; loads take about four


def hear_signals() -> None:
    """A test run under nohup, or in a shell's background, ignores signals, and so would its children."""
    for signum in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(signum, signal.SIG_DFL)


class Program:
    """One run of the command line in a session of its own, so that no descendant escapes the count."""

    def __init__(self, database: Database, *arguments: str, module: str = "shardgen", **environment: str) -> None:
        self.database = database
        ours = ("SHARDGEN_", "PG", "POSTGRES_")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, "load", "--dsn", database.dsn, "--progress", "plain", *arguments],
            env={**clean, **environment},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=hear_signals,  # noqa: PLW1509  # it starts no thread
        )
        self.pid = self._process.pid

    def wait(self) -> tuple[int, str]:
        """Exit code and output."""
        output, _ = self._process.communicate(timeout=PATIENCE)
        return self._process.returncode, output

    def until(self, query: str) -> list[tuple]:
        """The rows of a query, as soon as it gives any while the program runs."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self.wait()
            with contextlib.suppress(Exception):  # the ledger may not be there yet
                if rows := self.database.rows(query):
                    return rows
            time.sleep(0.02)
        raise AssertionError(f"never true: {query}")

    def in_flight(self) -> int:
        """Wait until something is committed and something else half-way; the process id of a worker at it."""
        self.until("SELECT 1 FROM bronze.shardgen_shards")
        (name, _), *_ = self.until(
            """SELECT application_name, pid FROM pg_stat_progress_copy JOIN pg_stat_activity USING (pid)
            WHERE tuples_processed > 0 AND pg_stat_progress_copy.datname = current_database()"""
        )
        return int(name.split(":")[2])

    def group(self, signum: int) -> None:
        """What a terminal does: the signal goes to every process of the group."""
        os.killpg(self.pid, signum)

    def alive(self) -> list[str]:
        """Processes of its session that still run."""
        listed = subprocess.run(["ps", "-eo", "sess=,stat=,pid=,args="], capture_output=True, text=True, check=True)
        rows = (line.split(None, 3) for line in listed.stdout.splitlines())
        return [" ".join(row[2:]) for row in rows if row[0] == str(self.pid) and not row[1].startswith("Z")]

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait(PATIENCE)
        if self._process.stdout:
            self._process.stdout.close()


@pytest.fixture
def program(database) -> Iterator:
    started = []

    def start(*arguments: str, target: Database = database, **rest: str) -> Program:
        started.append(Program(target, *arguments, **rest))
        return started[-1]

    yield start
    for each in started:
        each.end()


def content(database: Database) -> dict[str, tuple]:
    query = "SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM bronze.raw_{} AS t"
    return {name: database.rows(query.format(name))[0] for name in TABLES}


@pytest.fixture(scope="module")
def reference(server_dsn) -> dict[str, tuple]:
    with fresh_database(server_dsn) as database:
        code, output = Program(database, *WORLD, *VOLUME, "--workers", "1").wait()
        assert code == 0, output
        return content(database)


def finish(start, database: Database, reference) -> None:
    """Resume, and compare."""
    code, output = start("--resume", "--workers", "3").wait()
    assert code == 0, output
    assert content(database) == reference
    states = database.rows("SELECT state FROM bronze.shardgen_runs")
    assert states == [("finished",)]


def gone(program: Program, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while program.alive():
        assert time.monotonic() < deadline, program.alive()
        time.sleep(0.05)


def test_a_killed_worker_costs_a_retry_and_no_row(program, database, reference):
    run = program(*WORLD, *VOLUME, "--workers", "2")
    os.kill(run.in_flight(), signal.SIGKILL)
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
    run = program(module="tests.acceptance.fake_load", SHARDGEN_FAKE_SECONDS="600")
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
    run.in_flight()
    for part in ("1", "coordinator"):
        run.until(
            f"""SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name LIKE 'shardgen:{part}:%' AND {HERE}"""
        )
    code, output = run.wait()
    assert code == 0, output
    assert content(database) == reference


def test_a_run_at_work_is_named_to_a_second_one_and_a_filled_target_is_refused(program, database):
    first = program(*WORLD, *VOLUME, "--workers", "1")
    first.in_flight()
    code, output = program(*WORLD, *VOLUME).wait()
    assert code == 2
    assert re.search(rf"another load is at work .*:{first.pid}\b", output), output
    assert first.wait()[0] == 0
    code, output = program(*WORLD, *VOLUME).wait()
    assert code == 2
    assert "holds rows of the finished run=1: use --if-exists replace" in output


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
    run = program(module="tests.acceptance.fake_load", **{fakes.FAULTS: str(tmp_path)})
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
from shardgen import coordinator
from shardgen.config import LoadConfig
from shardgen.pool import ForkserverEngine
from tests import fakes
print("top level")
config = fakes.plan_config(tables=("sessions",))
machinery = fakes.machinery(engine=ForkserverEngine)
load = LoadConfig(dsn={database.dsn!r}, workers=2)
print(coordinator.load(config, load, options={{}}, show=lambda event: None, machinery=machinery).ok, __file__)
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
