"""Everything about the server that would make a load fail later, asked first and said all at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from shardgen.database import catalog
from shardgen.database.postgres import Connection, one
from shardgen.errors import TargetError
from shardgen.planning import Plan
from shardgen.schema import TABLES

MIN_VERSION: Final = 14
_RELATION: Final = re.compile(r"relation=(\w+) (.*)", re.DOTALL)
_OWN_CONNECTIONS: Final = 1  # the coordinator's
_RELATIONS_OF_A_LEAF: Final = 4  # the table, its TOAST table and that one's index, the primary key


def server_problems(connection: Connection, plan: Plan, workers: int) -> list[str]:
    """What is wrong with server, database, role or settings for this plan."""
    if connection.info.server_version < MIN_VERSION * 10_000:
        return [f"server_version={connection.info.server_version // 10_000} is too old: use {MIN_VERSION} or newer"]
    schema = plan.config.schema
    return [
        problem
        for problem in (
            _encoding(connection),
            _read_only(connection),
            _permission(connection, schema),
            _connections(connection, workers),
            _locks(connection, plan),
        )
        if problem
    ]


def refuse(problems: Sequence[str]) -> None:
    """Raise TargetError with every problem, if there is one; what several relations have in common is said once."""
    problems = _grouped(problems)
    if len(problems) == 1:
        raise TargetError(problems[0])
    if problems:
        raise TargetError("\n  - ".join([f"{len(problems)} things stand in the way:", *problems]))


def _grouped(problems: Sequence[str]) -> list[str]:
    """Problems that differ in their ``relation=`` alone made one, in order of the first."""
    relations: dict[str, list[str]] = {}
    for problem in problems:
        match = _RELATION.match(problem)
        name, rest = match.groups() if match else ("", problem)
        relations.setdefault(rest, []).append(name)
    return [
        rest
        if not names[0]
        else f"relation={names[0]} {rest}"
        if len(names) == 1
        else f"relations={','.join(names)}: each {rest}"
        for rest, names in relations.items()
    ]


def _value(connection: Connection, query: str, parameters: Sequence[Any] = ()) -> Any:
    return one(connection.execute(query.encode(), parameters))[0]


def _encoding(connection: Connection) -> str:
    encoding = _value(connection, "SELECT current_setting('server_encoding')")
    return "" if encoding == "UTF8" else f"server_encoding={encoding}: create the database with ENCODING 'UTF8'"


def _read_only(connection: Connection) -> str:
    if _value(connection, "SELECT pg_is_in_recovery()"):
        return "the server is a standby in recovery: connect to the primary"
    if _value(connection, "SELECT current_setting('transaction_read_only')") == "on":
        return "default_transaction_read_only=on: switch it off for this role, database or server"
    return ""


def _permission(connection: Connection, schema: str) -> str:
    user = _value(connection, "SELECT current_user")
    if not catalog.schema_exists(connection, schema):
        if _value(connection, "SELECT has_database_privilege(current_database(), 'CREATE')"):
            return ""
        return f"schema={schema!r} does not exist and role={user!r} may not create it: CREATE SCHEMA ... AUTHORIZATION"
    if _value(
        connection, "SELECT has_schema_privilege(%s, 'CREATE') AND has_schema_privilege(%s, 'USAGE')", [schema] * 2
    ):
        return ""
    return f"role={user!r} may not create tables in schema={schema!r}: GRANT USAGE, CREATE ON SCHEMA"


def _connections(connection: Connection, workers: int) -> str:
    free = _value(
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
    if workers <= free:  # our own connection is among the used ones
        return ""
    return f"workers={workers} need as many connections and the server has {free} left: lower --workers"


def _locks(connection: Connection, plan: Plan) -> str:
    slots = _value(
        connection,
        """SELECT current_setting('max_locks_per_transaction')::bigint
            * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int)""",
    )
    for name in plan.config.tables:
        leaves = len(plan.of(name)) if TABLES[name].partitioned else 0
        needed = leaves * (_RELATIONS_OF_A_LEAF + len(TABLES[name].indexes_for(plan.config.indexes)))
        if needed > slots // 2:
            return (
                f"table={name} would have {leaves} partitions, and one statement over all needs {needed} locks of "
                f"{slots}: raise max_locks_per_transaction to {-(-2 * needed * 64 // slots)} or shorten the window"
            )
    return ""
