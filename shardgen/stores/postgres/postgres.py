"""Connections to the target: how they are opened, pooled and named, and what may be shown of them.

Nothing else of shardgen connects to a target, so that what session.py promises holds in every session. No text that
leaves this module holds a password. A connection is in autocommit mode outside an explicit transaction, prepares
nothing (transaction poolers) and notices a dead peer within a minute.
"""

from __future__ import annotations

import functools
import os
import socket
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, quote_plus

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool

from shardgen.embedded.surroundings import Undisturbed, is_embedded
from shardgen.errors import TargetError, Text, Use
from shardgen.stores.postgres import waits
from shardgen.stores.postgres.conninfo import SECRETS, fault
from shardgen.stores.postgres.retry import persist
from shardgen.stores.postgres.session import SPOKEN_TO, Connection

__all__ = ["Connection"]

_DEFAULTS: Final = {
    "connect_timeout": "15",
    "keepalives_idle": "20",  # with the next two: a vanished peer is noticed after 20 + 3 x 10 seconds
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}
_FIXED: Final = {"client_encoding": "UTF8", "keepalives": "1"}
_LOOKED_UP: Final = {"application_name", "service", "servicefile", "passfile"}
_LOOPBACK: Final = ("127.", "::1")
_MAX_APPLICATION_NAME: Final = 63  # bytes; the server cuts the rest off
_POOL_SIZE: Final = 4  # a worker process needs one; an executor of threads shares one pool
_POOL_PATIENCE: Final = 20.0  # seconds for a connection; the coordinator's retries come on top
_STARTING: Final = (
    "the database system is starting up",
    "the database system is shutting down",
    "the database system is in recovery mode",
    "the database system is not yet accepting connections",
)
_ASIDE: Final = "3"  # seconds for a connection that only asks what another one waits for
_UNREADABLE: Final = "a string that libpq cannot read"


def connect(dsn: str, *, application_name: str) -> Connection:
    """A new connection in autocommit mode.

    Raises:
        psycopg.OperationalError: the server's own text, without a SQLSTATE.
    """
    conninfo = _conninfo(dsn, application_name)

    def made(**changes: str) -> Connection:
        text = make_conninfo(conninfo, **changes)
        return _connection_class(dsn).connect(text, autocommit=True, prepare_threshold=None)

    connection = waits.connected(made)
    try:
        _configure(connection, functools.partial(made, connect_timeout=_ASIDE))
    except BaseException:
        connection.close()
        raise
    return connection


def open_pool(dsn: str, *, application_name: str) -> ConnectionPool[Connection]:
    """A worker's pool: it connects on demand and checks a connection before it hands it out."""
    return ConnectionPool(
        _conninfo(dsn, application_name),
        connection_class=_connection_class(dsn),
        kwargs={"autocommit": True, "prepare_threshold": None},
        min_size=0,
        max_size=_POOL_SIZE,
        timeout=_POOL_PATIENCE,
        num_workers=1,
        configure=_configure_worker,
        check=ConnectionPool.check_connection,
        open=True,
    )


def complete(dsn: str, connection: Connection) -> str:
    """The connection string with all that this process has found elsewhere, for one that has not our environment.

    A connection that it has led to tells it: PG*, a service file, the password file. Certificates stay files.
    """
    if is_embedded(dsn):
        return dsn
    found = {**connection.info.get_parameters(), "password": connection.info.password}
    ours = (_DEFAULTS.keys() - conninfo_to_dict(dsn).keys()) | _FIXED.keys() | _LOOKED_UP
    return make_conninfo("", **{name: value for name, value in found.items() if value and name not in ours})


class _ToEmbedded(Undisturbed, Connection):
    """One of ours to the embedded server, past the environment."""


def _connection_class(dsn: str) -> type[Connection]:
    """What connects to the target: to the embedded server past the environment, to any other as libpq does."""
    return _ToEmbedded if is_embedded(dsn) else Connection


def set_parameters(connection: Connection, parameters: Mapping[str, str], *, local: bool) -> None:
    """Set run-time parameters in one statement, for the session or only for the current transaction."""
    calls = sql.SQL(", ").join(sql.SQL("set_config(%s, %s, %s)") for _ in parameters)
    values = [part for name, value in parameters.items() for part in (name, value, local)]
    connection.execute(sql.SQL("SELECT {}").format(calls), values)


def one(cursor: psycopg.Cursor[tuple[Any, ...]]) -> tuple[Any, ...]:
    """The first row of a statement that always gives one."""
    row = cursor.fetchone()
    if row is None:
        raise LookupError("a statement that must give a row gave none")
    return row


def application_name(*parts: object) -> str:
    """``"shardgen:7:4242:orders/2025-03"``: what pg_stat_activity shows, cut to what the server keeps."""
    text = ":".join(["shardgen", *map(str, parts)])
    return text.encode()[:_MAX_APPLICATION_NAME].decode(errors="ignore")


def here() -> str:
    """Host and process, as the application_name of a coordinator has them."""
    return f"{socket.gethostname()}:{os.getpid()}"


def is_local(connection: Connection) -> bool:
    """Whether the server runs on this machine, as far as its address tells: a socket, or the loopback interface."""
    host, address = connection.info.host, connection.info.hostaddr
    return host.startswith(("/", "@")) or address.startswith(_LOOPBACK)


def probe(dsn: str) -> None:
    """Connect once, plainly, so that what is wrong is said in the server's words (a pool would hide them).

    Raises:
        TargetError: the server cannot be reached or refuses the connection.
    """

    def greet() -> None:
        try:
            connect(dsn, application_name=application_name("probe", here())).close()
        except psycopg.Error as error:
            if error.sqlstate or any(words in str(error) for words in _STARTING):
                raise  # somebody is there, and may let us in soon
            raise _unreachable(dsn, error) from None

    try:
        persist(greet)
    except psycopg.Error as error:
        raise _unreachable(dsn, error) from None


def _unreachable(dsn: str, error: psycopg.Error) -> TargetError:
    text = without_secret(str(error).strip().replace("\n\t", " "), dsn)
    where = mask(dsn) or "the target of PG*"
    remedy = Text("check ", Use("dsn"), ", the server and the role's rights")
    return TargetError(f"cannot connect to {where}: {text}", remedy=remedy)


def mask(dsn: str) -> str:
    """The target as it may be shown: ``"host=db user=me dbname=shop password=***"``."""
    if fault(dsn):
        return _UNREADABLE
    parameters = conninfo_to_dict(dsn)
    given = {name: value for name, value in parameters.items() if value}  # an empty one says nothing
    shown = {name: value for name, value in given.items() if name not in SECRETS}
    return make_conninfo("", **shown) + (" password=***" if len(shown) < len(given) else "")


def without_secret(text: str, dsn: str) -> str:
    """The text with every secret, plain or percent-encoded, replaced by ``***``.

    Secrets are those of the connection string and of the environment, and the passwords that connections of this
    process were made with, which may come out of a password file or a service file.
    """
    if fault(dsn):
        return text.replace(dsn, "***")
    parameters = conninfo_to_dict(dsn)
    given = {str(parameters.get(name) or "") for name in SECRETS} | {os.environ.get("PGPASSWORD", "")}
    for secret in sorted((given | _used) - {""}, key=len, reverse=True):
        for spelling in {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)}:
            text = text.replace(spelling, "***")
    return text


_used: set[str] = set()
"""Passwords of the connections of this process."""


def _conninfo(dsn: str, name: str) -> str:
    if why := fault(dsn):
        raise TargetError(f"dsn='***' is neither a libpq connection string nor a URI: {why}")
    given = conninfo_to_dict(dsn)
    return make_conninfo("", **{**_DEFAULTS, **given, **_FIXED, "application_name": name})


def _configure_worker(connection: Connection) -> None:
    _configure(connection)
    connection.fix(SPOKEN_TO)


def _configure(connection: Connection, another: Callable[[], Connection] | None = None) -> None:
    _used.add(connection.info.password)
    connection.settle(another)
