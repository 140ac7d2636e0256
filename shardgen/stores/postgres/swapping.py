"""Changes of spoilt rows put into a table: rows come, and those of a record's state before go, as many as came.

No key tells spoilt rows apart, so one that goes is found by its id, and is one that says all that was written, see
``exchanging``. Rows come first: what a transaction brings and takes away was there in between.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from shardgen.errors import Text, Use
from shardgen.model.played import DELETE
from shardgen.model.table import Table
from shardgen.stores.failures import PermanentError
from shardgen.stores.postgres import catalog
from shardgen.stores.postgres.applying import Applied, Done


class Swapped(Applied):
    """One spoilt table of a stream, whose records change; arguments as for Applied."""

    def _prepare(self, schema: str, table: Table, aside: sql.Identifier) -> None:
        """The session's own table, and the statement that takes its rows out of the target."""
        target, columns = catalog.own_rows(self._connection, schema, self._claim.relation), table.columns
        made = sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DELETE ROWS AS SELECT {} FROM {} WITH NO DATA")
        listed = sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
        self._connection.execute(made.format(aside, listed, target))
        found = [name for name in (table.key[0], table.partition_by) if name]
        names = {
            "target": target,
            "aside": aside,
            "found": sql.SQL(", ").join(map(sql.Identifier, found)),
            "same": sql.SQL(" AND ").join(sql.SQL("t.{0} = b.{0}").format(sql.Identifier(name)) for name in found),
            **{f"{alias}_whole": _whole(table, alias) for alias in ("b", "t")},
        }
        statement = sql.SQL(
            "DELETE FROM {target} AS t USING (SELECT {found}, place, leaf FROM (SELECT b.*, t.ctid AS place, "
            "t.tableoid AS leaf, row_number() OVER (PARTITION BY b.whole ORDER BY t.tableoid, t.ctid) AS nth FROM "
            "(SELECT {found}, {b_whole} AS whole, count(*) AS owed FROM {aside} AS b GROUP BY {found}, whole) AS b "
            "JOIN {target} AS t ON {same} AND {t_whole} = b.whole) AS f WHERE nth <= owed) AS b "
            "WHERE {same} AND t.ctid = b.place AND t.tableoid = b.leaf"
        )
        self._take = self._planned("take", statement.format(**names))

    def apply(self, changes: pa.RecordBatch) -> Done:
        """See Applied.apply; its operations are inserts and deletions.

        Raises:
            PermanentError: a row that goes is not there, or says something else, or a trigger drops rows.
        """
        rows, gone = changes.column("row"), changes.column("operation").to_numpy() == DELETE
        done = Done(bytes=pc.sum(pc.binary_length(rows)).as_py() or 0)
        if not gone.all():
            done.rows = self._copied(self._insert, rows.take(pa.array(np.flatnonzero(~gone))))
        if gone.any():
            done.deleted = self._taken(rows.take(pa.array(np.flatnonzero(gone))))
        return done

    def _taken(self, rows: pa.Array) -> int:
        self._copied(self._stage, rows)
        taken = self._connection.execute(self._take).rowcount
        if taken != len(rows):
            advance = Text("shardgen advance ", Use("yes", value=True))
            raise PermanentError(
                f"relation={self._claim.relation} has {taken} of {len(rows)} rows that go now: others have changed or "
                f"deleted rows, or a trigger keeps them: {advance} overwrites them"
            )
        return taken


def _whole(table: Table, alias: str) -> sql.Composed:
    """All that a row says, as one text."""
    columns = (sql.Identifier(alias, column.name) for column in table.columns)
    return sql.SQL("ROW({})::text").format(sql.SQL(", ").join(columns))
