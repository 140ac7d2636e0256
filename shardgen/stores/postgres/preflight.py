"""Everything about the server that would make a load fail later, asked first and said all at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Final

from shardgen.errors import Problem, Text, Use
from shardgen.model.figures import plural, size
from shardgen.model.plan import Plan
from shardgen.stores.findings import Facts
from shardgen.stores.postgres import catalog, locks
from shardgen.stores.postgres.postgres import Connection, one
from shardgen.tables import dataset
from shardgen.tables.sizing import sizes

MIN_VERSION: Final = 14
_RELATIONS_OF_A_LEAF: Final = 4  # the table, its TOAST table and that one's index, the primary key
_MARGIN: Final = 1.05  # beside the tables: ledger, catalog, the WAL of plain tables


def server_facts(connection: Connection, plan: Plan) -> Facts:
    """What can be learnt of the server by asking."""
    place = _place(connection)
    held = locks.holders(connection, plan.config.schema)
    me = _value(connection, "SELECT pg_backend_pid()")
    busy = next((each for each in held if me not in {other.pid for other in held}), None)  # else all share it with us
    return Facts(
        server_version=connection.info.parameter_status("server_version") or str(connection.info.server_version),
        connections_left=_connections_left(connection),
        disk_needed=round(sum(each.total for each in sizes(plan).values()) * _MARGIN),
        disk_free=_free(place),
        data_directory=place,
        today=_value(connection, "SELECT (now() AT TIME ZONE 'UTC')::date"),
        holder=f"{busy.application_name!r} client={busy.client} backend pid={busy.pid}" if busy else "",
    )


def too_old(connection: Connection) -> list[Problem]:
    """Why the server cannot be asked anything else."""
    version = connection.info.server_version // 10_000
    if version >= MIN_VERSION:
        return []
    return [Problem(text=f"server_version={version} is too old", remedy=f"use {MIN_VERSION} or newer")]


def server_problems(
    connection: Connection, plan: Plan, facts: Facts, *, workers: int, freed: int = 0, done: int = 0
) -> list[Problem]:
    """What is wrong with server, database, role or settings for this plan.

    Args:
        connection: to the target.
        plan: what is to be loaded.
        facts: what was learnt of the server.
        workers: connections that the load wants.
        freed: bytes on disk that the load gives back before it begins.
        done: bytes on disk that are there already, of a load that is taken up.
    """
    return [
        *_encoding(connection),
        *_read_only(connection),
        *_permission(connection, plan.config.schema),
        *_connections(facts, workers),
        *_locks(connection, plan),
        *_disk(facts, freed=freed, done=done),
        *_busy(facts, plan.config.schema),
    ]


def staging_problems(connection: Connection, *, skipping: bool) -> list[Problem]:
    """Why rows cannot be staged, for whom conflicts are skipped or records change."""
    if _value(connection, "SELECT has_database_privilege(current_database(), 'TEMPORARY')"):
        return []
    if not skipping:
        text = "records that change are brought forward by temporary tables, which this role may not make"
        return [Problem(text=text, remedy="GRANT TEMPORARY ON DATABASE")]
    remedy = Text("GRANT TEMPORARY ON DATABASE, or use ", Use("on_conflict", "error"))
    return [Problem(text=Text(Use("on_conflict", "skip"), " needs temporary tables"), remedy=remedy)]


def clock_notices(plan: Plan, facts: Facts) -> list[str]:
    """What is odd about the window, by the server's clock."""
    if plan.config.end <= facts.today:
        return []
    return [f"end={plan.config.end} lies after today={facts.today}: some rows will be dated in the future"]


def _value(connection: Connection, query: str, parameters: Sequence[Any] = ()) -> Any:
    return one(connection.execute(query.encode(), parameters))[0]


def _busy(facts: Facts, schema: str) -> list[Problem]:
    if not facts.holder:
        return []
    text = f"another load is at work in schema={schema!r}: {facts.holder}"
    return [Problem(text=text, remedy="wait for it or stop it")]


def _encoding(connection: Connection) -> list[Problem]:
    encoding = _value(connection, "SELECT current_setting('server_encoding')")
    if encoding == "UTF8":
        return []
    return [Problem(text=f"server_encoding={encoding}", remedy="create the database with ENCODING 'UTF8'")]


def _read_only(connection: Connection) -> list[Problem]:
    if _value(connection, "SELECT pg_is_in_recovery()"):
        return [Problem(text="the server is a standby in recovery", remedy="connect to the primary")]
    if _value(connection, "SELECT current_setting('transaction_read_only')") == "on":
        remedy = "switch it off for this role, database or server"
        return [Problem(text="default_transaction_read_only=on", remedy=remedy)]
    return []


def _permission(connection: Connection, schema: str) -> list[Problem]:
    user = _value(connection, "SELECT current_user")
    if not catalog.schema_exists(connection, schema):
        if _value(connection, "SELECT has_database_privilege(current_database(), 'CREATE')"):
            return []
        text = f"schema={schema!r} does not exist and role={user!r} may not create it"
        return [Problem(text=text, remedy="CREATE SCHEMA ... AUTHORIZATION")]
    if _value(
        connection, "SELECT has_schema_privilege(%s, 'CREATE') AND has_schema_privilege(%s, 'USAGE')", [schema] * 2
    ):
        return []
    text = f"role={user!r} may not create tables in schema={schema!r}"
    return [Problem(text=text, remedy="GRANT USAGE, CREATE ON SCHEMA")]


def _place(connection: Connection) -> str | None:
    """The directory that the data go to, if it is one of this machine."""
    if not connection.info.host.startswith("/"):  # a forwarded port of loopback may lead into a container or away
        return None
    if not _value(connection, "SELECT pg_has_role('pg_read_all_settings', 'USAGE')"):
        return None
    place = _value(
        connection,
        """SELECT coalesce(nullif(pg_tablespace_location(coalesce(
            (SELECT oid FROM pg_tablespace WHERE spcname = nullif(current_setting('default_tablespace'), '')),
            dattablespace)), ''), current_setting('data_directory'))
        FROM pg_database WHERE datname = current_database()""",
    )
    return str(place)


def _free(place: str | None) -> int | None:
    """Bytes free to an ordinary account on the filesystem of a directory."""
    if place is None:
        return None
    try:
        found = os.statvfs(place)
    except OSError:  # a server in another namespace, or a directory above that we may not pass
        return None
    return found.f_bavail * found.f_frsize


def _disk(facts: Facts, *, freed: int, done: int) -> list[Problem]:
    needed = facts.disk_needed - done
    if facts.disk_free is None or facts.disk_free + freed >= needed:
        return []
    free = size(facts.disk_free + freed)
    text = f"data_directory={facts.data_directory!r} has {free} free and the load needs about {size(needed)}"
    return [Problem(text=text, remedy=Text("make room, shorten the window or use ", Use("raw_data", "lean")))]


def _connections(facts: Facts, workers: int) -> list[Problem]:
    if workers <= facts.connections_left:  # our own connection is among the used ones
        return []
    text = f"workers={workers} need as many connections and the server has {facts.connections_left} left"
    return [Problem(text=text, remedy=Text("lower ", Use("workers")))]


def _connections_left(connection: Connection) -> int:
    left = _value(
        connection,
        """SELECT least(
            current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
                - coalesce(current_setting('reserved_connections', true)::int, 0)
                - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
            (SELECT CASE WHEN rolconnlimit >= 0 AND NOT rolsuper THEN rolconnlimit
                - (SELECT count(*) FROM pg_stat_activity WHERE usename = current_user) END
             FROM pg_roles WHERE rolname = current_user),
            (SELECT CASE WHEN datconnlimit >= 0 THEN datconnlimit
                - (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) END
             FROM pg_database WHERE datname = current_database()))""",
    )
    return int(left)


def _locks(connection: Connection, plan: Plan) -> list[Problem]:
    slots = _value(
        connection,
        """SELECT current_setting('max_locks_per_transaction')::bigint
            * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int)""",
    )
    for name in plan.config.tables:
        leaves = len(plan.leaves(name))
        needed = leaves * (
            _RELATIONS_OF_A_LEAF + len(dataset(plan.config.dataset)[name].table.indexes_for(plan.config.indexes))
        )
        if needed > slots // 2:
            text = (
                f"table={name} would have {plural(leaves, 'partition')}, and one statement over all needs {needed} "
                f"locks of {slots}"
            )
            raised = f"raise max_locks_per_transaction to {-(-2 * needed * 64 // slots)}"
            return [Problem(text=text, remedy=f"{raised} or shorten the window")]
    return []
