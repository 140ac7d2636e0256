from __future__ import annotations

import psycopg
import pytest
from psycopg import errors
from psycopg_pool import PoolTimeout

from shardgen.stores.failures import PermanentError, Remedy, SupersededError
from shardgen.stores.postgres.failures import classify, describe


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (psycopg.OperationalError("connection refused"), Remedy.OUTAGE),
        (psycopg.InterfaceError("the connection is closed"), Remedy.OUTAGE),
        (PoolTimeout("no connection in 20 s"), Remedy.OUTAGE),
        (errors.AdminShutdown(), Remedy.OUTAGE),
        (errors.CrashShutdown(), Remedy.OUTAGE),
        (errors.CannotConnectNow(), Remedy.OUTAGE),
        (errors.ConnectionFailure(), Remedy.OUTAGE),
        (errors.QueryCanceled(), Remedy.RETRY),
        (errors.IdleInTransactionSessionTimeout(), Remedy.RETRY),
        (errors.SerializationFailure(), Remedy.RETRY),
        (errors.DeadlockDetected(), Remedy.RETRY),
        (errors.LockNotAvailable(), Remedy.RETRY),
        (errors.TooManyConnections(), Remedy.FEWER),
        (errors.OutOfMemory(), Remedy.FEWER),
        (MemoryError(), Remedy.FEWER),
        (errors.DiskFull(), Remedy.STOP_LOAD),
        (errors.InternalError_("could not extend file: quota exceeded"), Remedy.STOP_LOAD),
        (errors.InternalError_("something else"), Remedy.RETRY),
        (errors.ReadOnlySqlTransaction(), Remedy.STOP_LOAD),
        (errors.InvalidPassword(), Remedy.STOP_LOAD),
        (errors.InvalidCatalogName(), Remedy.STOP_LOAD),
        (errors.IoError(), Remedy.STOP_LOAD),
        (errors.UndefinedTable(), Remedy.STOP_TABLE),
        (errors.InsufficientPrivilege(), Remedy.STOP_TABLE),
        (errors.UniqueViolation(), Remedy.STOP_TABLE),
        (errors.NumericValueOutOfRange(), Remedy.STOP_TABLE),
        (errors.FeatureNotSupported(), Remedy.STOP_TABLE),
        (errors.ProgramLimitExceeded(), Remedy.STOP_TABLE),
        (errors.RaiseException(), Remedy.STOP_TABLE),
        (PermanentError("x"), Remedy.STOP_TABLE),
        (SupersededError("x"), Remedy.STOP_LOAD),
        (ValueError("a bug"), Remedy.RETRY),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else value.name,
)
def test_every_failure_has_one_remedy(error, remedy):
    assert classify(error) is remedy


def test_a_description_is_one_line_with_sqlstate_and_notes():
    error = errors.LockNotAvailable("canceling statement\nCONTEXT:  while  inserting")
    error.add_note("held by backend pid=7")
    text = describe(error)
    assert text == "canceling statement CONTEXT: while inserting: held by backend pid=7 (sqlstate=55P03)"
    assert describe(ValueError("odd")) == "ValueError: odd"
    assert describe(MemoryError()) == "MemoryError"
