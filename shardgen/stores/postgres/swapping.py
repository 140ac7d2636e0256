"""Changes of spoilt rows put into a table: rows come, and those of a record's state before go, as many as came.

No key tells spoilt rows apart, so one that goes is found by its id, and is one that says all that was written, see
``exchanging``. Rows come first: what a transaction brings and takes away was there in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from psycopg import sql

from shardgen.errors import Text, Use
from shardgen.model.played import DELETE, INSERT
from shardgen.model.table import Table
from shardgen.stores.failures import PermanentError
from shardgen.stores.postgres import catalog
from shardgen.stores.postgres.applying import Applied


class Swapped(Applied):
    """One spoilt table of a stream, whose records change: its operations are inserts and deletions. See Applied."""

    def _taking(self, schema: str, table: Table, aside: sql.Identifier) -> Iterator[tuple[int, sql.Composed]]:
        """What puts an array of rows in, and what takes one out of the target."""
        yield from ((kind, each) for kind, each in super()._taking(schema, table, aside) if kind == INSERT)
        found = [name for name in (table.key[0], table.partition_by) if name]
        names = {
            "target": catalog.own_rows(self._connection, schema, self._claim.relation),
            "rows": aside,
            "found": sql.SQL(", ").join(map(sql.Identifier, found)),
            "same": sql.SQL(" AND ").join(sql.SQL("t.{0} = b.{0}").format(sql.Identifier(name)) for name in found),
            **{f"{alias}_whole": _whole(table, alias) for alias in ("b", "t")},
        }
        statement = sql.SQL(
            "DELETE FROM {target} AS t USING (SELECT {found}, place, leaf FROM (SELECT b.*, t.ctid AS place, "
            "t.tableoid AS leaf, row_number() OVER (PARTITION BY b.whole ORDER BY t.tableoid, t.ctid) AS nth FROM "
            "(SELECT {found}, {b_whole} AS whole, count(*) AS owed FROM unnest(%b::{rows}[]) AS b GROUP BY {found}, "
            "whole) AS b JOIN {target} AS t ON {same} AND {t_whole} = b.whole) AS f WHERE nth <= owed) AS b "
            "WHERE {same} AND t.ctid = b.place AND t.tableoid = b.leaf"
        )
        yield DELETE, statement.format(**names)

    def _turns(self, numbers: np.ndarray) -> Iterable[np.ndarray]:
        """All at once: what comes comes first."""
        return [np.arange(len(numbers))]

    def _check_touched(self, touched: int, wanted: int) -> None:
        if touched != wanted:
            advance = Text("shardgen advance ", Use("yes", value=True))
            raise PermanentError(
                f"relation={self._claim.relation} has {touched} of {wanted} rows that go now: others have changed or "
                f"deleted rows, or a trigger keeps them: {advance} overwrites them"
            )


def _whole(table: Table, alias: str) -> sql.Composed:
    """All that a row says, as one text."""
    columns = (sql.Identifier(alias, column.name) for column in table.columns)
    return sql.SQL("ROW({})::text").format(sql.SQL(", ").join(columns))
