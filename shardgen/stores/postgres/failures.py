"""What a failure of the server calls for: each falls into exactly one class, told by its SQLSTATE."""

from __future__ import annotations

from typing import Final

import psycopg

from shardgen.stores.failures import PermanentError, Remedy, SupersededError, described, said

DatabaseError = psycopg.Error
"""Everything that server, connection or driver raise, for callers that must not know the driver."""
# Connection failures carry no SQLSTATE in psycopg (refused, unknown role, too many connections), nor does a backend
# that dies during COPY, and the pool makes PoolTimeout of them: without a SQLSTATE, OperationalError is an outage.
_OUTAGE: Final = ("08", "57P01", "57P02", "57P03", "57P04", "57P05")
_FEWER: Final = ("53200", "53300")
_RETRY: Final = ("57014", "25P03", "25P04", "40", "55P03", "53000")
_STOP_LOAD: Final = ("53100", "53400", "25006", "28", "3D", "58")
_STOP_TABLE: Final = ("0A", "22", "23", "2B", "3F", "42", "54", "P0", "55000")
_CLASSES: Final = (
    (_OUTAGE, Remedy.OUTAGE),
    (_FEWER, Remedy.FEWER),
    (_RETRY, Remedy.RETRY),
    (_STOP_LOAD, Remedy.STOP_LOAD),
    (_STOP_TABLE, Remedy.STOP_TABLE),
)
_OURS: Final = (
    (SupersededError, Remedy.STOP_LOAD),
    (PermanentError, Remedy.STOP_TABLE),
    (MemoryError, Remedy.FEWER),
)
_FULL: Final = ("quota", "no space", "disk full", "file too large")  # a quota reports XX000, not 53100


def classify(error: BaseException) -> Remedy:
    """The remedy for a failure; whatever is unknown, a bug of ours included, is worth another attempt."""
    if isinstance(error, psycopg.Error):
        return _of_database(error)
    return next((remedy for kind, remedy in _OURS if isinstance(error, kind)), Remedy.RETRY)


def _of_database(error: psycopg.Error) -> Remedy:
    if not error.sqlstate:
        return Remedy.OUTAGE if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) else Remedy.RETRY
    if error.sqlstate == "XX000" and any(word in str(error).lower() for word in _FULL):
        return Remedy.STOP_LOAD
    return next((remedy for starts, remedy in _CLASSES if error.sqlstate.startswith(starts)), Remedy.RETRY)


def describe(error: BaseException) -> str:
    """One line: the server's text with detail and SQLSTATE, or the exception's type and text; notes are added."""
    if isinstance(error, psycopg.Error):
        return f"{said(error)} (sqlstate={error.sqlstate})" if error.sqlstate else said(error)
    return said(error) if isinstance(error, PermanentError | SupersededError) else described(error)
