"""What passes is tried again wherever the server is asked; what does not is told by its first cause."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from shardgen.errors import LoadError, TargetError
from shardgen.events import LoadStarted
from shardgen.stores.failures import OUTAGE_PATIENCE
from shardgen.stores.postgres import retry
from shardgen.stores.retry import ATTEMPTS, Patience
from tests import fakes
from tests.loading.test_load import FEW, Loader, killed_at

PASSING = (
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.IdleSessionTimeout,
    errors.ConnectionFailure,
    errors.ConnectionException,
    errors.SqlclientUnableToEstablishSqlconnection,
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.LockNotAvailable,
    errors.QueryCanceled,
    errors.TooManyConnections,
    errors.OutOfMemory,
    psycopg.OperationalError,  # a connection that broke has no SQLSTATE
)
FINAL = (errors.InsufficientPrivilege, errors.UndefinedTable, errors.DiskFull, errors.ReadOnlySqlTransaction)


class Failing:
    """Work that fails so many times."""

    def __init__(self, kind: type[psycopg.Error], times: int) -> None:
        self._kind, self._left, self.done = kind, times, 0

    def __call__(self) -> str:
        self.done += 1
        self._left -= 1
        if self._left >= 0:
            raise self._kind(f"failure {self.done}")
        return "done"


def patience(clock=lambda: 0.0) -> Patience:
    return retry.patience(clock=clock, sleep=lambda seconds: None)


@pytest.mark.parametrize("kind", PASSING)
def test_what_passes_is_tried_again(kind):
    assert retry.persist(Failing(kind, 2), patience()) == "done"


@pytest.mark.parametrize("kind", FINAL)
def test_what_does_not_pass_is_not(kind):
    work = Failing(kind, 2)
    with pytest.raises(kind, match="failure 1"):
        retry.persist(work, patience())
    assert work.done == 1


def test_a_failure_that_stays_is_told_by_its_first_cause():
    work = Failing(errors.DeadlockDetected, 99)
    with pytest.raises(errors.DeadlockDetected, match="failure 1") as caught:
        retry.persist(work, patience())
    assert caught.value.__notes__ == [f"tried {ATTEMPTS} times"]


def test_an_outage_is_waited_for_as_long_as_outages_last():
    now = iter(range(0, 10_000, 10))
    work = Failing(errors.AdminShutdown, 99)
    with pytest.raises(errors.AdminShutdown, match="failure 1"):
        retry.persist(work, patience(clock=lambda: next(now)))
    assert work.done == OUTAGE_PATIENCE // 10 + 1


class Planted:
    """A vocabulary that does something to the server when the claim, or a take-up, asks for it."""

    def __init__(self, *acts) -> None:
        self._acts = list(acts)

    def __call__(self, seed: int) -> str:
        if self._acts:
            self._acts.pop(0)()
        return "words"


def end_coordinator(database) -> None:
    database.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name LIKE 'shardgen:coordinator:%' AND datname = current_database()"
    )


def fails(kind: type[psycopg.Error]):
    def act() -> None:
        raise kind("planted by the test")

    return act


@pytest.mark.parametrize("kind", [None, errors.SerializationFailure, errors.DeadlockDetected, errors.LockNotAvailable])
@pytest.mark.parametrize("what", ["claim", "resume"])
def test_a_claim_and_a_take_up_that_are_cut_short_are_done_again(database, what, kind):
    loader = Loader(database)
    act = fails(kind) if kind else lambda: end_coordinator(database)
    machinery = fakes.machinery(words_digest=Planted(act, act))
    if what == "claim":
        assert loader.load(tables=FEW, machinery=machinery).ok
    else:
        with pytest.raises(RuntimeError):
            loader.load(tables=FEW, show=killed_at(LoadStarted))
        assert loader.resume(machinery=machinery).ok
    assert database.rows("SELECT state FROM bronze.shardgen_runs") == [("finished",)]


def test_a_claim_that_is_cut_short_again_and_again_is_refused_by_its_first_cause(database):
    acts = [fails(errors.DeadlockDetected), *[fails(errors.SerializationFailure)] * 9]
    with pytest.raises(TargetError, match=r"refuses the load: planted.*tried 3 times.*sqlstate=40P01"):
        Loader(database).load(tables=FEW, machinery=fakes.machinery(words_digest=Planted(*acts)))
    assert database.value("SELECT to_regclass('bronze.shardgen_runs')") is None


def test_a_failure_after_the_claim_is_a_stopped_run(database):
    def take_away(event) -> None:
        if isinstance(event, LoadStarted):
            database.run("ALTER TABLE bronze.shardgen_steps RENAME TO elsewhere")

    with pytest.raises(LoadError, match=r'run=1 stopped: relation "bronze.shardgen_steps" does not exist'):
        Loader(database).load(tables=FEW, show=take_away)
    assert database.rows("SELECT state FROM bronze.shardgen_runs") == [("failed",)]
