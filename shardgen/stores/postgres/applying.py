"""Changes of one transaction put into a table, each as what it is: an insert, an update, a deletion.

Inserts are copied into the table itself. What changes is copied into a table of the session's own first, and found in
the target by its key; a record that changes several times in a transaction changes as often in the target. So triggers
and logical decoding see every change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from shardgen.model.played import DELETE, INSERT
from shardgen.model.table import Table
from shardgen.stores.copy import HEADER, TRAILER
from shardgen.stores.failures import PermanentError
from shardgen.stores.postgres import catalog
from shardgen.stores.postgres.copying import copy_statement
from shardgen.stores.postgres.ledger import Claim
from shardgen.stores.postgres.postgres import Connection

_KINDS: Final = (INSERT, DELETE)


@dataclass(slots=True, kw_only=True)
class Done:
    """What became of a table's rows."""

    rows: int = 0
    updated: int = 0
    deleted: int = 0
    bytes: int = 0


class Applied:
    """One table of a stream, over one session.

    Args:
        connection: the session.
        schema: of the table.
        claim: of the run that has filled it.
        table: as it is there, less the columns that it lacks.
        changing: whether its records change; all versions of them are added otherwise.
    """

    def __init__(self, connection: Connection, schema: str, claim: Claim, table: Table, *, changing: bool) -> None:
        self._connection, self._claim, self._changing, self._staged = connection, claim, changing, False
        relation, aside = sql.Identifier(schema, claim.relation), sql.Identifier("pg_temp", f"shardgen_{claim.target}")
        self._insert = copy_statement(relation, table, freeze=False).as_bytes(connection)
        self._stage = copy_statement(aside, table, freeze=False).as_bytes(connection)
        if changing:
            self._prepare(schema, table, aside)

    def _prepare(self, schema: str, table: Table, aside: sql.Identifier) -> None:
        """The session's own table, and the statements that change the target by it."""
        target = catalog.own_rows(self._connection, schema, self._claim.relation)
        columns = [sql.Identifier(column.name) for column in table.columns]
        made = sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DELETE ROWS AS SELECT {} FROM {} WITH NO DATA")
        self._connection.execute(made.format(aside, sql.SQL(", ").join(columns), target))
        same = sql.SQL(" AND ").join(sql.SQL("t.{0} = b.{0}").format(sql.Identifier(name)) for name in table.key)
        values = [sql.Identifier(column.name) for column in table.columns if column.name not in table.key]
        update = sql.SQL("UPDATE {} AS t SET {} FROM {} AS b WHERE {}").format(
            target, sql.SQL(", ").join(sql.SQL("{0} = b.{0}").format(each) for each in values), aside, same
        )
        delete = sql.SQL("DELETE FROM {} AS t USING {} AS b WHERE {}").format(target, aside, same)
        empty = sql.SQL("DELETE FROM {}").format(aside)  # TRUNCATE makes a file each time
        self._update, self._delete, self._empty = (
            self._planned(name, each) for name, each in (("update", update), ("delete", delete), ("empty", empty))
        )

    def _planned(self, name: str, statement: sql.Composed) -> bytes:
        """A statement that the server plans once: with a dozen partitions that takes longer than to carry it out."""
        known = sql.Identifier(f"shardgen_{name}_{self._claim.target}")
        self._connection.execute(sql.SQL("PREPARE {} AS {}").format(known, statement))
        return sql.SQL("EXECUTE {}").format(known).as_bytes(self._connection)

    def apply(self, changes: pa.RecordBatch) -> Done:
        """Put changes in, in their order.

        Args:
            changes: their columns are operation, number of the record, and its row in COPY's bytes.

        Raises:
            PermanentError: a record that changes is not there, or a trigger drops rows.
        """
        done, rows = Done(), changes.column("row")
        done.bytes = pc.sum(pc.binary_length(rows)).as_py() or 0
        operations = changes.column("operation").to_numpy()
        if not self._changing or (operations == INSERT).all():
            done.rows = self._copied(self._insert, rows)
            return done
        self._staged = False
        for which in _turns(changes.column("number").to_numpy()):
            self._turn(rows, which, operations[which], done)
        return done

    def _turn(self, rows: pa.Array, which: np.ndarray, operations: np.ndarray, done: Done) -> None:
        """Changes of which each is another record's."""
        inserts, deletes = (which[operations == kind] for kind in _KINDS)
        updates = which[~np.isin(operations, _KINDS)]
        if len(inserts):
            done.rows += self._copied(self._insert, rows.take(pa.array(inserts)))
        if len(updates):
            done.updated += self._changed(self._update, rows.take(pa.array(updates)))
        if len(deletes):
            done.deleted += self._changed(self._delete, rows.take(pa.array(deletes)))

    def _changed(self, statement: bytes, rows: pa.Array) -> int:
        if self._staged:
            self._connection.execute(self._empty)
        self._staged = True
        self._copied(self._stage, rows)
        touched = self._connection.execute(statement).rowcount
        if touched != len(rows):
            raise PermanentError(
                f"relation={self._claim.relation} has {touched} of {len(rows)} rows that change now: others have "
                "deleted rows, or a trigger keeps them as they are"
            )
        return touched

    def _copied(self, statement: bytes, rows: pa.Array) -> int:
        with self._connection.cursor() as cursor:
            with cursor.copy(statement) as copy:
                copy.write(b"".join([HEADER, _bytes(rows), TRAILER]))
            taken = cursor.rowcount
        if taken != len(rows):
            names = ", ".join(catalog.dropping_triggers(self._connection, self._claim.oid)) or "which cannot be told"
            raise PermanentError(
                f"relation={self._claim.relation} took {taken} of {len(rows)} rows: a trigger drops rows ({names}); "
                "disable it for the stream"
            )
        return len(rows)


def _turns(numbers: np.ndarray) -> Iterator[np.ndarray]:
    """Positions of changes, in runs in which no record is twice."""
    order = np.argsort(numbers, kind="stable")
    some = numbers[order]
    first = np.append(True, some[1:] != some[:-1])
    starts = np.flatnonzero(first)
    turn = np.empty(len(numbers), dtype=np.int64)
    turn[order] = np.arange(len(numbers)) - np.repeat(starts, np.diff(np.append(starts, len(numbers))))
    return (np.flatnonzero(turn == each) for each in range(int(turn.max(initial=-1)) + 1))


def _bytes(rows: pa.Array) -> memoryview:
    """Bytes of rows, end to end."""
    _, ends, data = rows.buffers()
    first, last = np.frombuffer(ends, dtype=np.int32)[[rows.offset, rows.offset + len(rows)]]
    return memoryview(data)[first:last]
