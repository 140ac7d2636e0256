"""status --watch as a program, beside a load that moves."""

from __future__ import annotations

import signal
import subprocess
import sys

from shardgen.stores.findings import RunStatus
from shardgen.stores.postgres.status import Observer, status
from tests import fakes
from tests.conftest import Database


def runs_of(database: Database) -> list[RunStatus]:
    return status(database.dsn, "bronze")


def load(database: Database, *tables: str, **how) -> None:
    plan = fakes.plan_config(tables=tables)
    fakes.load(database.dsn, plan, **how)


def hear_sigint() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def watching(database: Database) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "shardgen", "status", "--watch", "--dsn", database.dsn],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_sigint,  # noqa: PLW1509  # it starts no thread
    )


def test_watching_waits_for_a_run_and_ends_with_it(database):
    with watching(database) as program:
        assert "no runs in schema bronze of " in program.stdout.readline()
        load(database, "sessions")
        out, err = program.communicate(timeout=60)
    assert (program.returncode, err) == (0, "")
    assert "run 1 finished: shards 3/3, 600 of 600 rows" in out.splitlines()[-1]


def test_watching_ends_well_with_ctrl_c(database):
    with watching(database) as program:
        assert "no runs in" in program.stdout.readline()
        program.send_signal(signal.SIGINT)
        _, err = program.communicate(timeout=60)
    assert (program.returncode, err) == (0, "")


def test_a_run_of_which_nothing_is_left_names_the_one_that_took_its_tables(database):
    load(database, "sessions", "orders")
    load(database, "orders", if_exists="replace")
    first, second = runs_of(database)
    assert (first.replaced_by, second.replaced_by) == ((), ())
    assert {table.table: table.replaced_by for table in first.tables} == {"sessions": None, "orders": 2}
    load(database, "sessions", if_exists="replace")
    assert [run.replaced_by for run in runs_of(database)] == [(2, 3), (), ()]
    load(database, "sessions", if_exists="append", on_conflict="skip")
    assert [run.replaced_by for run in runs_of(database)] == [(2, 3), (), (), ()], "run 3's rows are still there"
    load(database, "sessions", if_exists="replace", yes=True)
    assert [run.replaced_by for run in runs_of(database)] == [(2, 3), (), (4,), (5,), ()]
    assert runs_of(database)[0].to_json()["replaced_by"] == (2, 3)


def test_an_observer_goes_on_over_another_connection(database):
    load(database, "sessions")
    with Observer(database.dsn, "bronze") as observer:
        assert [run.run for run in observer.look()] == [1]
        observer._connection.close()
        assert [run.run for run in observer.look()] == [1]
