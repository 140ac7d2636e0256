"""status --watch as a program, beside a load that moves."""

from __future__ import annotations

import signal
import subprocess
import sys

from shardgen import coordinator
from shardgen.config import LoadConfig
from shardgen.database.status import Observer
from tests import fakes
from tests.conftest import Database


def load(database: Database, *tables: str) -> None:
    plan = fakes.plan_config(tables=tables)
    coordinator.load(
        plan,
        LoadConfig(dsn=database.dsn, workers=2),
        options=fakes.options(plan),
        show=lambda _: None,
        machinery=fakes.machinery(),
    )


def hear_sigint() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_watching_tells_each_run_and_ends_well_with_ctrl_c(database):
    load(database, "sessions")
    command = [sys.executable, "-m", "shardgen", "status", "--watch", "--dsn", database.dsn]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_sigint,  # noqa: PLW1509  # it starts no thread
    ) as program:
        assert "run 1 finished: shards 3/3, 600 of 600 rows" in program.stdout.readline()
        load(database, "orders")
        assert "run 2 " in program.stdout.readline()
        program.send_signal(signal.SIGINT)
        _, err = program.communicate(timeout=60)
    assert (program.returncode, err) == (0, "")


def test_an_observer_goes_on_over_another_connection(database):
    load(database, "sessions")
    with Observer(database.dsn, "bronze") as observer:
        assert [run.run for run in observer.look()] == [1]
        observer._connection.close()
        assert [run.run for run in observer.look()] == [1]
