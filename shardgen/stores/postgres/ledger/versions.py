"""The ledger's tables through time: numbered migrations, each a file, that bring any older ledger to today's.

A migration only adds, and does nothing to a ledger that has what it adds. So an older shardgen can read a ledger that a
newer one has upgraded; it does not write into it, for it would leave out what it does not know. The version stands in
the comment of shardgen_runs, which versions of shardgen that do not look there are not troubled by.
"""

from __future__ import annotations

import functools
import re
from importlib import resources
from typing import Final

import psycopg
from psycopg import sql

from shardgen.errors import Problem, TargetError
from shardgen.stores.postgres import locks
from shardgen.stores.postgres.ledger.queries import RELATIONS, bare, file, text
from shardgen.stores.postgres.postgres import Connection, one

_NUMBER: Final = re.compile(r"ledger version (\d+)")
_TOLD_BY: Final = {"missing": 2, "ledger": 3, "since": 4, "set_aside": 5}
"""The version that a column of shardgen_targets came with, for ledgers that do not tell theirs."""


@functools.cache
def migrations() -> tuple[str, ...]:
    """Names of the files, in their order."""
    folder = resources.files(__package__).joinpath("migrations")
    return tuple(sorted(each.name for each in folder.iterdir() if each.name.endswith(".sql")))


def version(connection: Connection, schema: str) -> int:
    """How many migrations the ledger of a schema has had; 0 where there is none."""
    tables, comment, columns = one(
        connection.execute(
            """SELECT count(*),
                max(obj_description(c.oid, 'pg_class')) FILTER (WHERE c.relname = 'shardgen_runs'),
                max(ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND NOT attisdropped))
                    FILTER (WHERE c.relname = 'shardgen_targets')
            FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = %s AND c.relname = ANY (%s) AND c.relkind = 'r'""",
            [schema, list(RELATIONS)],
        )
    )
    if tables < len(RELATIONS):
        return 0
    told = _NUMBER.search(comment or "")
    return int(told[1]) if told else max([1, *(_TOLD_BY.get(name, 1) for name in columns)])


def present(connection: Connection, schema: str) -> bool:
    """Whether the schema holds a ledger."""
    return version(connection, schema) > 0


def too_new(connection: Connection, schema: str) -> list[Problem]:
    """That the ledger is of a newer shardgen, if it is: what this one writes might lack what that one counts on."""
    found = version(connection, schema)
    if found <= len(migrations()):
        return []
    return [
        Problem(
            text=f"the ledger in schema={schema!r} is of a newer shardgen (version {found}, and this one writes "
            f"{len(migrations())})",
            remedy="use that one, or another schema; status and verify work with this one too",
        )
    ]


def create(connection: Connection, schema: str) -> None:
    """Create the ledger in the current transaction, which holds the DDL lock, unless it is there."""
    if not present(connection, schema):
        _migrate(connection, schema, since=0)


def upgrade(connection: Connection, schema: str) -> None:
    """Bring the ledger to today's version, once however many try; its rows mean the same afterwards.

    Raises:
        TargetError: it is of a newer shardgen, or this role may not alter it.
    """
    for problem in too_new(connection, schema):
        raise TargetError(problem)
    if not _lacks(version(connection, schema)):
        return
    try:
        with connection.transaction():
            locks.take_ddl(connection, schema)
            if _lacks(before := version(connection, schema)):  # nobody else has done it meanwhile
                _migrate(connection, schema, since=before)
    except psycopg.errors.InsufficientPrivilege as error:
        raise _not_ours(connection, schema) from error


def _lacks(found: int) -> bool:
    return 0 < found < len(migrations())


def _migrate(connection: Connection, schema: str, *, since: int) -> None:
    """Apply the migrations that a ledger has not had, and note it."""
    for name in migrations()[since:]:
        connection.execute(text(bare(file("migrations", name)), schema))
    told = sql.Literal(f"The runs of shardgen in this schema; ledger version {len(migrations())}")
    connection.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(sql.Identifier(schema, "shardgen_runs"), told))


def _not_ours(connection: Connection, schema: str) -> TargetError:
    role, owner = map(
        str,
        one(
            connection.execute(
                "SELECT current_user, (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = to_regclass(%s))",
                [sql.Identifier(schema, "shardgen_runs").as_string(connection)],
            )
        ),
    )
    grant = sql.SQL("GRANT {} TO {}").format(sql.Identifier(owner), sql.Identifier(role)).as_string(connection)
    return TargetError(
        f"the ledger in schema={schema!r} is of an older shardgen, and role={role!r} may not alter it",
        remedy=f"load once as its owner, or {grant}",
    )
