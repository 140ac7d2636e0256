"""What a person who opens psql is led to: the schema that was loaded last, and its tables."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from shardgen.stores.postgres.postgres import Connection, application_name, connect, here, one


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A schema of a database, and what is beside it."""

    schema: str | None
    """None where nobody named one and nothing was loaded."""
    tables: tuple[str, ...]
    """Its tables, without the ledger's."""
    others: tuple[str, ...]
    """Other schemas with a ledger, newest load first."""


def look(dsn: str, named: str | None) -> Loaded:
    """The schema that is named, else that of the newest run."""
    with connect(dsn, application_name=application_name("psql", here())) as connection:
        schemas = _schemas(connection)
        schema = named or next(iter(schemas), None)
        tables = connection.execute(
            """SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                AND NOT starts_with(c.relname, 'shardgen_') ORDER BY c.relname""",
            [schema or ""],
        ).fetchall()
    others = tuple(name for name in schemas if name != schema)
    return Loaded(schema=schema, tables=tuple(name for (name,) in tables), others=others)


def _schemas(connection: Connection) -> list[str]:
    """Schemas with a ledger, that of the newest run first."""
    found = connection.execute(
        """SELECT n.nspname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relname = 'shardgen_runs' AND c.relkind = 'r'"""
    ).fetchall()
    newest = {name: _newest(connection, name) for (name,) in found}
    return sorted(newest, key=lambda name: newest[name], reverse=True)


def _newest(connection: Connection, schema: str) -> str:
    """When its last run began; an empty ledger is older than any."""
    query = sql.SQL("SELECT coalesce(max(started)::text, '') FROM {}").format(sql.Identifier(schema, "shardgen_runs"))
    return str(one(connection.execute(query))[0])
