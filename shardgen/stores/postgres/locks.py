"""Advisory locks of a target schema: one coordinator at a time, or the parts of one load side by side; and one DDL
transaction at a time.

The coordinator's lock is a courtesy that tells a second one whom to wait for; the guarantee is the ledger's key.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from shardgen.stores.postgres.postgres import Connection, one
from shardgen.stores.retry import until

_POLL: Final = 0.1  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The session that holds a coordinator's lock."""

    pid: int
    """Of its backend, as pg_terminate_backend takes it."""
    application_name: str
    """``"shardgen:coordinator:host:pid"``."""
    client: str
    """Client address as the server sees it; ``"local"`` for a socket."""
    shared: bool
    """Whether it shares the lock with others, as a part of a load."""

    def __str__(self) -> str:
        return f"{self.application_name} ({self.client})"


def take(connection: Connection, schema: str, *, shared: bool = False) -> bool:
    """Take the coordinator's lock for the session, alone or with others that share it; False if that cannot be."""
    query = "SELECT pg_try_advisory_lock_shared(%s)" if shared else "SELECT pg_try_advisory_lock(%s)"
    return bool(one(connection.execute(query, [_key("load", schema)]))[0])


def let_go(connection: Connection, schema: str) -> None:
    """Give back a share of the coordinator's lock."""
    connection.execute("SELECT pg_advisory_unlock_shared(%s)", [_key("load", schema)])


def take_ddl(connection: Connection, schema: str) -> None:
    """Wait for the DDL lock; it ends with the transaction."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_key("ddl", schema)])


def holder(connection: Connection, schema: str) -> Holder | None:
    """Who holds the coordinator's lock, if anybody does; one of several that share it."""
    return next(iter(holders(connection, schema)), None)


def holders(connection: Connection, schema: str) -> list[Holder]:
    """Everybody who holds the coordinator's lock."""
    key = _key("load", schema) & 0xFFFF_FFFF_FFFF_FFFF
    rows = connection.execute(
        """SELECT a.pid, coalesce(a.application_name, ''), coalesce(a.client_addr::text, 'local'), l.mode = 'ShareLock'
        FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND l.classid::bigint = %s AND l.objid::bigint = %s
        ORDER BY 2, 1""",
        [key >> 32, key & 0xFFFF_FFFF],
    ).fetchall()
    return [Holder(pid=pid, application_name=name, client=client, shared=shared) for pid, name, client, shared in rows]


def take_over(connection: Connection, schema: str, *, patience: float) -> bool:
    """End every other shardgen session that works in the schema, and take the coordinator's lock.

    Whoever holds the lock or has the schema's tables locked is ended, if it is ours by its application_name and the
    role may; the server then rolls back what it had not committed. False if the lock is not free within ``patience``
    seconds.
    """
    key = _key("load", schema) & 0xFFFF_FFFF_FFFF_FFFF

    def taken() -> bool:
        connection.execute(
            """SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity AS a
            WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
              AND starts_with(a.application_name, 'shardgen:') AND a.pid IN (
                SELECT l.pid FROM pg_locks AS l
                LEFT JOIN pg_class AS c ON c.oid = l.relation
                LEFT JOIN pg_namespace AS n ON n.oid = c.relnamespace
                WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND (
                    n.nspname = %s
                    OR l.locktype = 'advisory' AND l.objsubid = 1 AND l.classid::bigint = %s AND l.objid::bigint = %s))
            """,
            [schema, key >> 32, key & 0xFFFF_FFFF],
        )
        return take(connection, schema)

    return until(taken, looks=round(patience / _POLL), period=_POLL)


def _key(purpose: str, schema: str) -> int:
    digest = hashlib.blake2b(f"shardgen {purpose} {schema}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
