"""How long a target takes for some rows of a table: copied into a temporary table, indexed, and rolled back.

Nothing stays and nobody sees it: no relation of the schema is touched or locked, and temporary tables write no WAL.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from psycopg import sql

from shardgen.model.table import Index, Table
from shardgen.stores.postgres.ddl import index_key
from shardgen.stores.postgres.postgres import Connection, is_local, one
from shardgen.stores.postgres.types import stored
from shardgen.stores.trials import Trial

_NAME: Final = sql.Identifier("shardgen_trial")
_SETTINGS: Final = "SET LOCAL maintenance_work_mem = '256MB'", "SET LOCAL max_parallel_maintenance_workers = 0"


class PostgresTrials:
    """A session of our own that tries rows; see stores.trials.

    The server is to write the pages of temporary tables out, as it has to in a load, so it gets as few buffers for them
    as it allows.

    Args:
        connection: to the target, outside a transaction.
    """

    def __init__(self, connection: Connection) -> None:
        connection.fix({"temp_buffers": "800kB"})
        [level] = one(connection.execute("SHOW wal_level"))
        self.logged = bool(level != "minimal")
        """Whether rows of a load go to the WAL before a transaction ends."""
        self.local = is_local(connection)
        """Whether the server shares this machine's CPUs, as far as can be told."""
        self._connection = connection

    def take(self, table: Table, indexes: Sequence[Index], stream: Sequence[bytes | memoryview]) -> Trial:
        """Let the target take a binary COPY stream, and undo it.

        Args:
            table: whose rows they are.
            indexes: secondary indexes to build.
            stream: header, rows and trailer.

        Raises:
            psycopg.Error: the role may not make temporary tables, the server is read only, or something else.
        """
        connection = self._connection
        with connection.transaction(force_rollback=True):
            for setting in _SETTINGS:
                connection.execute(setting.encode())
            connection.execute(_create(table))
            begun = time.perf_counter()
            with connection.cursor() as cursor, cursor.copy(_copy(table)) as copy:
                for part in stream:
                    copy.write(part)
            copied = time.perf_counter()
            for statement in _index_statements(table, indexes):
                connection.execute(statement)
            return Trial(copy=copied - begun, index=time.perf_counter() - copied)


def _create(table: Table) -> sql.Composed:
    columns = [
        sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(stored(column.type))) for column in table.columns
    ]
    if table.keyed and not table.partitioned:
        columns.append(_key(table))
    return sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(_NAME, sql.SQL(", ").join(columns))


def _copy(table: Table) -> sql.Composed:
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    return sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary, FREEZE true)").format(_NAME, names)


def _index_statements(table: Table, indexes: Sequence[Index]) -> list[sql.Composed]:
    statements = [sql.SQL("CREATE INDEX ON {} USING {} ({})").format(_NAME, *index_key(index)) for index in indexes]
    if not (table.keyed and table.partitioned):
        return statements
    return [sql.SQL("ALTER TABLE {} ADD {}").format(_NAME, _key(table)), *statements]


def _key(table: Table) -> sql.Composed:
    return sql.SQL("PRIMARY KEY ({})").format(sql.SQL(", ").join(map(sql.Identifier, table.key)))
