"""Rows of a shard through COPY, one batch in memory at a time, counted and hashed on their way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import xxhash
from psycopg import sql

from shardgen.model.table import Table
from shardgen.stores import Batch, RowEncoder
from shardgen.stores.postgres.postgres import Connection
from shardgen.stores.stopwatch import Stopwatch

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What one COPY has sent."""

    built: int
    """Rows that were sent."""
    taken: int
    """Rows that the server has counted."""
    bytes: int
    """Of the stream, with header and trailer."""
    digest: str
    """XXH3-128 of the rows."""


def copy_rows(
    connection: Connection,
    statement: sql.Composed,
    encoder: RowEncoder,
    batches: Iterator[Batch],
    watch: Stopwatch,
    *,
    check: Callable[[], None],
) -> Copied:
    """Copy the batches.

    Args:
        connection: in a transaction.
        statement: COPY ... FROM STDIN, binary.
        encoder: of the table.
        batches: consumed one at a time and not kept.
        watch: gets the seconds of each phase.
        check: called between two pieces; what it raises ends the COPY.
    """
    digest = xxhash.xxh3_128()
    built, size = 0, len(encoder.header) + len(encoder.trailer)
    with connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            copy.write(encoder.header)
            for batch in _timed(batches, watch, "generate"):
                built += batch.num_rows
                for rows in _timed(encoder.rows(batch), watch, "encode"):
                    digest.update(rows)
                    size += len(rows)
                    with watch.phase("copy"):
                        copy.write(memoryview(rows))  # psycopg cuts it up; slices of a view are not copied
                    check()
                del batch  # or it is there until the next one is made: 8 MiB
            copy.write(encoder.trailer)
            end = watch.seconds
        watch.add("copy", watch.seconds - end)
        return Copied(built=built, taken=cursor.rowcount, bytes=size, digest=digest.hexdigest())


def copy_statement(relation: sql.Identifier, table: Table, *, freeze: bool) -> sql.Composed:
    """COPY of a table's rows into a relation."""
    return sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary{})").format(
        relation,
        sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns),
        sql.SQL(", FREEZE true") if freeze else sql.SQL(""),
    )


def _timed(items: Iterable[T], watch: Stopwatch, phase: str) -> Iterator[T]:
    """The items, with the time that each of them takes to come as a phase."""
    source = iter(items)
    while True:
        with watch.phase(phase):
            try:
                item = next(source)
            except StopIteration:
                return
        yield item
        del item
