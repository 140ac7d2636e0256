"""Rows on a detour: copied into a temporary table first, then inserted but for those whose keys are there.

All of it happens in the transaction of the shard; the temporary table is gone when that ends, however it ends.
"""

from __future__ import annotations

from typing import Final

from psycopg import sql

from shardgen.model.figures import plural
from shardgen.model.table import Table
from shardgen.stores.failures import PermanentError
from shardgen.stores.postgres import catalog
from shardgen.stores.postgres.postgres import Connection, one

_STAGING: Final = sql.Identifier("pg_temp", "shardgen_staging")


def create(connection: Connection, schema: str, table: Table) -> sql.Identifier:
    """Create the temporary table with the columns of the target, but none of its constraints, and return its name."""
    connection.execute(
        sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
            sql.Identifier("shardgen_staging"), _columns(table), sql.Identifier(schema, table.relation)
        )
    )
    return _STAGING


def insert(connection: Connection, schema: str, table: Table, staged: int) -> int:
    """Insert what was staged, and return how many rows were skipped because something unique of theirs was there.

    Raises:
        PermanentError: a trigger may have dropped rows; that is no conflict, and cannot be told from one.
    """
    target = sql.Identifier(schema, table.relation)
    inserted = connection.execute(
        sql.SQL(
            "INSERT INTO {target} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {staging} "
            "ON CONFLICT DO NOTHING"
        ).format(target=target, columns=_columns(table), staging=_STAGING)
    ).rowcount
    if inserted < staged:
        _check_triggers(connection, schema, table)
    return staged - inserted


def _check_triggers(connection: Connection, schema: str, table: Table) -> None:
    """Where a trigger could drop rows, every staged key must be in the target afterwards."""
    oid = catalog.relation_oid(connection, schema, table.relation)
    triggers = catalog.dropping_triggers(connection, oid)
    if not triggers:
        return
    same = sql.SQL(" AND ").join(sql.SQL("t.{0} = s.{0}").format(sql.Identifier(column)) for column in table.key)
    gone = one(
        connection.execute(
            sql.SQL("SELECT count(*) FROM {} AS s WHERE NOT EXISTS (SELECT FROM {} AS t WHERE {})").format(
                _STAGING, catalog.own_rows(connection, schema, table.relation), same
            )
        )
    )[0]
    if gone:
        raise PermanentError(
            f"relation={table.relation} took neither a row nor has one for {plural(gone, 'key')}: a trigger drops rows "
            f"({', '.join(triggers)}); disable it for the load"
        )


def _columns(table: Table) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
