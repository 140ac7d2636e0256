"""Loads in parts by real processes: side by side, twice at once, killed, interrupted, refused; then what they left."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.conftest import Database
from tests.loads import ROOT, clean_environment, hear_signals, verify

pytestmark = pytest.mark.slow  # each waits for several programs

WORLD = ("--customers", "200", "--products", "60", "--days", "20", "--end", "2026-01-01")
VOLUME = ("--orders-per-day", "40", "--sessions-per-day", "100")


class Call:
    """One run of the command line."""

    def __init__(self, database: Database | None, *arguments: str, **environment: str) -> None:
        place = ["--dsn", database.dsn] if database else []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "shardgen", *arguments, *place],
            env={**clean_environment(), "SHARDGEN_PROGRESS": "none", **environment},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=hear_signals,  # noqa: PLW1509  # it starts no thread
        )
        self.pid = self._process.pid

    def end(self) -> tuple[int, str, str]:
        """Exit code, standard output, standard error in one line."""
        output, error = self._process.communicate(timeout=120)
        return self._process.returncode, output, " ".join(error.split())


def part(database: Database, text: str, *more: str) -> Call:
    return Call(database, "load", *WORLD, *VOLUME, "--workers", "1", "--part", text, *more)


def shards(database: Database) -> list[tuple]:
    return database.rows("SELECT target, generation, shard, run, rows, digest, committed FROM bronze.shardgen_shards")


def waiting(database: Database) -> str:
    """The state of the newest run, as ``shardgen status`` tells it."""
    code, output, _ = Call(database, "status", "--json").end()
    assert code == 0
    return json.loads(output)[-1]["state"]


def test_three_parts_one_of_them_twice_and_a_commit(database):
    calls = [part(database, text, "--json") for text in ("0/3", "1/3", "1/3")]
    ended = [call.end() for call in calls]
    assert [code for code, _, _ in ended] == [0, 0, 0], ended
    reports = [json.loads(output) for _, output, _ in ended]
    assert {report["run"] for report in reports} == {1}
    assert reports[1]["rows"] == reports[2]["rows"]
    assert all("2/3" in report["lacking"] and not report["finished"] for report in reports)
    code, _, error = Call(database, "commit").end()
    assert code == 1
    assert re.search(r"run=1 is not complete: part=2/3 lacks \d+ shards: load --part 2/3 with the options of", error)
    assert waiting(database) == "waiting"
    code, output, error = part(database, "2/3", "--json").end()
    assert (code, json.loads(output)["finished"]) == (0, True), error
    assert "plan, ledger and count(*) agree for every table" in error
    before = shards(database), database.rows("SELECT * FROM bronze.shardgen_runs")
    for call in (Call(database, "commit", "--json"), part(database, "1/3"), Call(database, "commit")):
        code, output, error = call.end()
        assert code == 0, error
    assert (shards(database), database.rows("SELECT * FROM bronze.shardgen_runs")) == before
    verify(database)


def test_parts_load_into_a_lake_too(tmp_path):
    place = ("--target", f"file://{tmp_path}/shop")
    load = ("load", *WORLD, *VOLUME, *place, "--format", "parquet", "--workers", "1", "--part")
    ended = [call.end() for call in [Call(None, *load, part) for part in ("0/3", "1/3", "1/3")]]
    assert [code for code, _, _ in ended] == [0, 0, 0], ended
    code, _, error = Call(None, "commit", *place).end()
    assert (code, "part=2/3 lacks" in error) == (1, True), error
    assert Call(None, *load, "2/3").end()[0] == 0
    held = {path for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lock"}
    before = {path: path.stat().st_mtime_ns for path in held}
    for call in (Call(None, "commit", *place), Call(None, *load, "0/3")):
        code, _, error = call.end()
        assert (code, "nothing was changed" in error) == (0, True), error
    assert {path: path.stat().st_mtime_ns for path in before} == before
    code, _, error = Call(None, "verify", *place, "--level", "counts").end()
    assert code == 0, error


def test_parts_that_are_killed_or_interrupted_go_on_when_they_are_run_again(database):
    killed = part(database, "0/2")
    until(database, "SELECT 1 FROM bronze.shardgen_shards")
    os.killpg(killed.pid, signal.SIGKILL)
    killed.end()
    interrupted = part(database, "1/2")
    until(database, "SELECT 1 FROM bronze.shardgen_runs WHERE pid = %s", [interrupted.pid])
    os.killpg(interrupted.pid, signal.SIGINT)
    code, _, error = interrupted.end()
    if code:  # else it had done all before it heard
        assert code == 130, error
        assert "shardgen load --part 1/2 --customers 200 --products 60" in error
        assert "--end 2026-01-01" in error
    ended = [call.end() for call in [part(database, "0/2"), part(database, "1/2")]]
    assert [code for code, _, _ in ended] == [0, 0], ended
    assert Call(database, "commit").end()[0] == 0
    assert database.rows("SELECT state FROM bronze.shardgen_runs") == [("finished",)]
    verify(database)


def test_a_part_whose_ledger_is_full_and_unfinished_is_ended_by_a_commit(database):
    assert part(database, "0/1").end()[0] == 0
    database.run(
        "DELETE FROM bronze.shardgen_steps WHERE step LIKE 'analyze%'",
        "UPDATE bronze.shardgen_runs SET state = 'loading', finished = NULL",
    )
    assert waiting(database) == "waiting"
    code, output, error = Call(database, "commit", "--json").end()
    assert (code, json.loads(output)["changed"]) == (0, True), error
    assert database.rows("SELECT count(*) FROM bronze.shardgen_steps WHERE step LIKE 'analyze%'") == [(7,)]


def test_foreign_keys_between_the_tables_are_refused_and_others_are_not(database):
    keys = ("--tables", "customers,orders", *WORLD, *VOLUME)
    assert Call(database, "schema", "--apply", "--tables", "customers,orders").end()[0] == 0
    database.run("ALTER TABLE bronze.raw_orders ADD FOREIGN KEY (customer_id) REFERENCES bronze.raw_customers")
    code, _, error = Call(database, "load", *keys, "--part", "0/2").end()
    assert (code, "relation=raw_orders has a foreign key to raw_customers" in error) == (2, True), error
    assert Call(database, "load", *keys[2:], "--tables", "customers", "--part", "0/1").end()[0] == 0


# --- the examples -----------------------------------------------------------------------------------------------------

EXAMPLES = ROOT / "scripts" / "examples" / "parts"
FEW = ("--customers", "50", "--products", "20", "--days", "10", "--scale", "0.1")
"""A world that is loaded in a moment."""
DECORATORS = """
def dag(**options): return lambda make: make

def task(function=None, **options):
    if function is None: return task
    function.expand = lambda **mapped: [function(value) for value in mapped.popitem()[1]]
    return function
"""
"""What the example takes of Airflow, so that it runs where that is not."""


def run(command: list[str], database: Database, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    given = {**clean_environment(), "PATH": path, "SHARDGEN_DSN": database.dsn, **environment}
    done = subprocess.run(command, env=given, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def finished(database: Database, parts: int) -> None:
    found = database.rows("SELECT state, (options ->> 'parts')::int FROM bronze.shardgen_runs")
    assert found == [("finished", parts)]


def test_the_pods_of_the_kubernetes_job_load_and_finish_one_run(database):
    job = yaml.safe_load((EXAMPLES / "kubernetes.yaml").read_text(encoding="utf-8"))
    assert (job["apiVersion"], job["kind"], job["spec"]["completionMode"]) == ("batch/v1", "Job", "Indexed")
    [container] = job["spec"]["template"]["spec"]["containers"]
    count = job["spec"]["completions"]
    arguments = [each for each in container["args"] if not each.startswith("--scale")]
    assert f"--part=$(JOB_COMPLETION_INDEX)/{count}" in arguments
    for index in range(count):
        run(["shardgen", *(each.replace("$(JOB_COMPLETION_INDEX)", str(index)) for each in arguments), *FEW], database)
    finished(database, count)


def test_the_tasks_of_the_slurm_array_load_and_finish_one_run(database):
    script = str(EXAMPLES / "slurm.sh")
    run(["sh", "-n", script], database)
    for index in range(3):
        run([script, *FEW], database, SLURM_ARRAY_TASK_ID=str(index), SLURM_ARRAY_TASK_COUNT="3")
    finished(database, 3)


def test_the_tasks_of_the_airflow_dag_load_and_finish_one_run(database, tmp_path):
    (tmp_path / "airflow").mkdir()
    (tmp_path / "airflow" / "__init__.py").touch()
    (tmp_path / "airflow" / "decorators.py").write_text(DECORATORS)
    text = (EXAMPLES / "airflow_dag.py").read_text(encoding="utf-8")
    (tmp_path / "dag.py").write_text(text.replace('"scale": 10.0', '"scale": 0.1, "customers": 50, "days": 10'))
    told = run([sys.executable, str(tmp_path / "dag.py")], database, PYTHONPATH=str(tmp_path))
    assert "rows in 10 parts" in told.stdout
    finished(database, 10)


def until(database: Database, query: str, parameters: object = None) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if database.rows(query, parameters):
                return
        except Exception:  # noqa: BLE001  # the ledger may not be there yet
            pass
        time.sleep(0.02)
    raise AssertionError(f"never true: {query}")
