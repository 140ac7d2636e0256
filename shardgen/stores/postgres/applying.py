"""Changes of one transaction put into a table, each as what it is: an insert, an update, a deletion.

Many inserts are copied into the table itself. Few of them, and what changes, are sent as arrays of rows, without an
answer in between; what changes is found in the target by its key, and a record that changes several times in a
transaction changes as often in the target. So triggers and logical decoding see every change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from struct import Struct
from typing import Any, Final

import numpy as np
import pyarrow as pa
from psycopg import Cursor, sql
from psycopg.adapt import Dumper
from psycopg.pq import Format

from shardgen.model.played import DELETE, INSERT, UPDATE
from shardgen.model.table import Table
from shardgen.stores.copy import HEADER, TRAILER
from shardgen.stores.failures import PermanentError
from shardgen.stores.postgres import catalog
from shardgen.stores.postgres.copying import copy_statement
from shardgen.stores.postgres.ledger import Claim, Done
from shardgen.stores.postgres.postgres import Connection, one
from shardgen.stores.postgres.sending import Line

SETTINGS: Final = {
    **dict.fromkeys(("enable_hashjoin", "enable_mergejoin", "enable_seqscan"), "off"),
    "plan_cache_mode": "force_generic_plan",
}
"""Of the session: rows are found by their keys, and a statement is planned once. With a dozen partitions a plan takes
longer than to carry it out."""
TAKEN: Final = ("operation", "number", "row")
"""Columns of changes: what is done, to which record, and its row in COPY's bytes."""
PREPARED: Final = 2
"""Times after which a statement of the session is prepared."""
FEW: Final = 32
"""Inserts that are cheaper as an array than by COPY, whose beginning and end cost as much as a dozen rows."""
_INT: Final = Struct(">i")
_CHANGING: Final = (UPDATE, DELETE)


class _Rows(bytes):
    """An array of rows as the server's ``array_recv`` and ``record_recv`` take it."""

    __slots__ = ()


class _Dumper(Dumper):
    """Sends an array as it is; its type is told by the statement."""

    format = Format.BINARY
    oid = 0

    def dump(self, obj: Any) -> bytes:
        return bytes(obj)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Changes of a table in a transaction, as they are sent."""

    done: Done
    """What they do."""
    copied: bytes
    """What COPY takes; empty where there is none."""
    runs: list[tuple[int, list[bytes]]]
    """What is done after that, and the records that it is done with."""


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
        self._connection, self._claim, self._changing = connection, claim, changing
        connection.adapters.register_dumper(_Rows, _Dumper)
        aside = sql.Identifier("pg_temp", f"shardgen_{claim.target}")
        self._copy = copy_statement(sql.Identifier(schema, claim.relation), table, freeze=False).as_bytes(connection)
        found, staged = catalog.relation(connection, schema, claim.relation), changing or _may_stage(connection)
        self._rows = self._type(schema, table, aside) if staged else _Type(b"", ())
        self._statements = {kind: each.as_bytes(connection) for kind, each in self._taking(schema, table, aside)}
        self._few = FEW if staged and found and not found.rules else 0  # rules are passed by, as COPY does

    def _type(self, schema: str, table: Table, aside: sql.Identifier) -> _Type:
        """The type of the rows: that of a table of the session's own, which stays empty."""
        target = catalog.own_rows(self._connection, schema, self._claim.relation)
        made = sql.SQL("CREATE TEMPORARY TABLE {} AS SELECT {} FROM {} WITH NO DATA")
        self._connection.execute(made.format(aside, _names(table), target))
        return _Type.of(self._connection, aside)

    def _taking(self, schema: str, table: Table, aside: sql.Identifier) -> Iterator[tuple[int, sql.Composed]]:
        """What takes an array of rows, by what it does with them."""
        target = catalog.own_rows(self._connection, schema, self._claim.relation)
        rows = sql.SQL("unnest(%b::{}[]) AS b").format(aside)
        insert = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {}")
        into = sql.Identifier(schema, self._claim.relation)
        yield INSERT, insert.format(into, _names(table), _names(table), rows)
        same = sql.SQL(" AND ").join(sql.SQL("t.{0} = b.{0}").format(sql.Identifier(name)) for name in table.key)
        values = [sql.Identifier(column.name) for column in table.columns if column.name not in table.key]
        changed = sql.SQL(", ").join(sql.SQL("{0} = b.{0}").format(each) for each in values)
        yield UPDATE, sql.SQL("UPDATE {} AS t SET {} FROM {} WHERE {}").format(target, changed, rows, same)
        yield DELETE, sql.SQL("DELETE FROM {} AS t USING {} WHERE {}").format(target, rows, same)

    def made(self, changes: pa.RecordBatch) -> Made:
        """What is sent for some changes, in their order; nothing is asked of the session.

        Args:
            changes: with the columns of TAKEN.
        """
        rows, kinds, numbers = changes.column("row"), self._kinds(changes), changes.column("number").to_numpy()
        counted = {kind: int((kinds == kind).sum()) for kind in (INSERT, *_CHANGING)}
        done = Done(rows=counted[INSERT], updated=counted[UPDATE], deleted=counted[DELETE], bytes=len(_bytes(rows)))
        copied, new = b"", kinds == INSERT
        if done.rows > self._few:
            some = rows if done.rows == len(rows) else rows.filter(pa.array(new))
            copied = b"".join([HEADER, _bytes(some), TRAILER])
            others = np.flatnonzero(~new)
            rows, kinds, numbers = rows.take(pa.array(others)), kinds[others], numbers[others]
        return Made(done=done, copied=copied, runs=self._runs(rows, kinds, numbers))

    def _kinds(self, changes: pa.RecordBatch) -> np.ndarray:
        """What is done with each row: where all versions are kept, each is inserted."""
        kinds: np.ndarray = changes.column("operation").to_numpy()
        return kinds if self._changing else np.full_like(kinds, INSERT)

    def _runs(self, rows: pa.Array, kinds: np.ndarray, numbers: np.ndarray) -> list[tuple[int, list[bytes]]]:
        """Records of which each is another, and what is done with them."""
        told = list(map(self._rows.record, rows.to_pylist()))
        turns, every = self._turns(numbers), (INSERT, *_CHANGING)
        runs = [(kind, which[kinds[which] == kind].tolist()) for which in turns for kind in every]
        return [(kind, [told[each] for each in which]) for kind, which in runs if which]

    def apply(self, made: Made, line: Line) -> None:
        """Put changes in; answers may still be to come.

        Raises:
            PermanentError: a record that changes is not there, or a trigger drops rows; here or when it is heard.
        """
        if made.copied:
            line.heard()
            with self._connection.cursor() as cursor:
                with cursor.copy(self._copy) as copy:
                    copy.write(made.copied)
                self._check_taken(cursor.rowcount, made.done.rows)
        for kind, records in made.runs:
            check = self._check_taken if kind == INSERT else self._check_touched
            line.send(partial(self._sent, kind, records), partial(_counted, check, len(records)))

    def _sent(self, kind: int, records: list[bytes], connection: Connection) -> Cursor[Any]:
        return connection.execute(self._statements[kind], [self._rows.array(records)])

    def _turns(self, numbers: np.ndarray) -> Iterable[np.ndarray]:
        """Positions of changes, in runs in which no record is twice, where records change."""
        if not self._changing:
            return [np.arange(len(numbers))]
        order = np.argsort(numbers, kind="stable")
        some = numbers[order]
        starts = np.flatnonzero(np.append(True, some[1:] != some[:-1]))
        turn = np.empty(len(numbers), dtype=np.int64)
        turn[order] = np.arange(len(numbers)) - np.repeat(starts, np.diff(np.append(starts, len(numbers))))
        return (np.flatnonzero(turn == each) for each in range(int(turn.max(initial=-1)) + 1))

    def _check_touched(self, touched: int, wanted: int) -> None:
        if touched != wanted:
            raise PermanentError(
                f"relation={self._claim.relation} has {touched} of {wanted} rows that change now: others have "
                "deleted rows, or a trigger keeps them as they are"
            )

    def _check_taken(self, taken: int, wanted: int) -> None:
        if taken != wanted:
            names = ", ".join(catalog.dropping_triggers(self._connection, self._claim.oid)) or "which cannot be told"
            raise PermanentError(
                f"relation={self._claim.relation} took {taken} of {wanted} rows: a trigger drops rows ({names}); "
                "disable it for the stream"
            )


@dataclass(frozen=True, slots=True)
class _Type:
    """A type of rows: its number, and those of its columns, as they are sent."""

    number: bytes
    columns: tuple[bytes, ...]

    @classmethod
    def of(cls, connection: Connection, relation: sql.Identifier) -> _Type:
        """The type of a relation's rows."""
        found = connection.execute(
            """SELECT c.reltype, array_agg(a.atttypid ORDER BY a.attnum)
            FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
            WHERE c.oid = %s::regclass GROUP BY c.reltype""",
            [relation.as_string(connection)],
        )
        number, columns = one(found)
        return cls(number.to_bytes(4, "big"), tuple(each.to_bytes(4, "big") for each in columns))

    def record(self, row: bytes) -> bytes:
        """A row of COPY's as a record in an array: the same fields, each with its type before it."""
        parts, at = [_INT.pack(len(self.columns))], 2
        for column in self.columns:
            (size,) = _INT.unpack_from(row, at)
            end = at + 4 + size if size > 0 else at + 4
            parts += (column, row[at:end])
            at = end
        record = b"".join(parts)
        return _INT.pack(len(record)) + record

    def array(self, records: Sequence[bytes]) -> _Rows:
        """Records as an array: of one dimension, without nulls, counted from 1."""
        head = _INT.pack(1) + _INT.pack(0) + self.number + _INT.pack(len(records)) + _INT.pack(1)
        return _Rows(b"".join([head, *records]))


def _counted(check: Callable[[int, int], None], wanted: int, cursor: Cursor[Any]) -> None:
    check(cursor.rowcount, wanted)


def _may_stage(connection: Connection) -> bool:
    """Whether the role may have a table of its session's own."""
    return bool(one(connection.execute("SELECT has_database_privilege(current_database(), 'TEMPORARY')"))[0])


def _names(table: Table) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)


def _bytes(rows: pa.Array) -> memoryview:
    """Bytes of rows, end to end."""
    _, ends, data = rows.buffers()
    first, last = np.frombuffer(ends, dtype=np.int32)[[rows.offset, rows.offset + len(rows)]]
    return memoryview(data)[first:last]
