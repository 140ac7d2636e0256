"""One shard, one transaction: the ledger row first, the rows by binary COPY, then whatever makes them visible.

The ledger's key decides: if its row cannot be inserted, the shard is done or not ours, and nothing is built. No
savepoint and no other statement is open around COPY, so that a new leaf can be frozen.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TypeVar

import psycopg
import xxhash
from psycopg import sql
from psycopg_pool import PoolTimeout

from shardgen.errors import Text, Use
from shardgen.machine.refusals import refusal
from shardgen.model.plan import Leaf, Shard
from shardgen.model.table import Table
from shardgen.stores import Batch, RowEncoder, Task, Written, encoder_of
from shardgen.stores.failures import LeafRefusedError, PermanentError, Remedy, StoppedError, SupersededError
from shardgen.stores.postgres import catalog, leaves, ledger, staging
from shardgen.stores.postgres.failures import classify, describe
from shardgen.stores.postgres.ledger import Claim, ShardRow
from shardgen.stores.postgres.postgres import (
    Connection,
    application_name,
    connect,
    open_pool,
    set_parameters,
    without_secret,
)
from shardgen.stores.stopwatch import Stopwatch
from shardgen.tables import dataset

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresWriterSpec:
    """How a worker of a run gets its writer; see stores.WriterSpec."""

    dsn: str = field(repr=False)
    schema: str
    """Of the tables and the ledger."""
    claims: tuple[Claim, ...]
    """The tables, as the run claimed them."""
    skip_conflicts: bool = False
    """Whether rows whose keys are there are left out."""
    encoder: Callable[[Table], RowEncoder] = encoder_of

    def open(self, stopped: Callable[[], bool]) -> PostgresWriter:
        """A writer of this process."""
        return PostgresWriter(
            dsn=self.dsn,
            schema=self.schema,
            claims=self.claims,
            encoder=self.encoder,
            stopped=stopped,
            skip_conflicts=self.skip_conflicts,
        )

    def failure(self, error: Exception) -> tuple[Remedy, str]:
        """By SQLSTATE, and in the server's words."""
        return classify(error), self.masked(str(refusal(error)) or describe(error))

    def masked(self, text: str) -> str:
        """Without the secrets of the connection string."""
        return without_secret(text, self.dsn)


class PostgresWriter:
    """Writes shards into claimed tables; for one process, whose connections it opens on demand.

    Args:
        dsn: the target.
        schema: of the tables and the ledger.
        claims: the tables, as the run claimed them.
        encoder: makes an encoder for a table.
        stopped: asked before the ledger row and between batches.
        skip_conflicts: leave out rows whose keys are there, instead of failing; leaves of our own have no such rows.
    """

    def __init__(
        self,
        *,
        dsn: str,
        schema: str,
        claims: Sequence[Claim],
        encoder: Callable[[Table], RowEncoder],
        stopped: Callable[[], bool],
        skip_conflicts: bool = False,
    ) -> None:
        self._pool = open_pool(dsn, application_name=application_name("worker", os.getpid()))
        self._dsn = dsn
        self._schema = schema
        self._claims = {claim.target: claim for claim in claims}
        self._encoder = encoder
        self._stopped = stopped
        self._skip_conflicts = skip_conflicts

    def write(self, task: Task, batches: Callable[[], Iterator[Batch]]) -> Written:
        """See Writer.write; where a leaf cannot be attached now, its rows go through the parent instead."""
        try:
            return self._write(task, batches())
        except LeafRefusedError as refused:
            _log.warning("%s: %s: its rows go through the parent", task.shard.id, refused)
        return self._write(replace(task, routed=True), batches())

    def _write(self, task: Task, batches: Iterator[Batch]) -> Written:
        """Write the shard and its ledger row in one transaction.

        Raises:
            SupersededError: another run owns the table, or the relation is not the one that was claimed.
            PermanentError: rows were dropped on the way, or their number is not the planned one.
            LeafRefusedError: its leaf cannot be attached, but its rows may go through the parent; nothing was written.
            StoppedError: the worker was asked to stop; nothing is committed.
            psycopg.Error: everything the server or the connection says.
        """
        watch = Stopwatch()
        claim = self._claims[task.shard.table]
        with self._connection(watch) as connection:
            with connection.transaction():
                self._check_stop()
                with watch.phase("ledger"):
                    self._name(connection, claim.run, task.shard)
                    begun = self._begin(connection, claim, task)
                if not begun:
                    return self._already(connection, claim, task.shard)
                written = self._fill(connection, claim, task, batches, watch)
                end = watch.seconds
            watch.add("commit", watch.seconds - end)
        return written

    def close(self) -> None:
        """Close the pool."""
        self._pool.close()

    @contextmanager
    def _connection(self, watch: Stopwatch) -> Iterator[Connection]:
        with watch.phase("connect"):
            connection = self._checked_out()
        try:
            yield connection
        finally:
            self._pool.putconn(connection)

    def _checked_out(self) -> Connection:
        try:
            return self._pool.getconn()
        except PoolTimeout:
            connect(self._dsn, application_name=application_name("probe", os.getpid())).close()  # says why
            raise

    def _check_stop(self) -> None:
        if self._stopped():
            raise StoppedError("the load is stopping")

    def _name(self, connection: Connection, run: int, shard: Shard) -> None:
        name = application_name(run, os.getpid(), shard.id)
        set_parameters(connection, {"application_name": name}, local=True)

    def _begin(self, connection: Connection, claim: Claim, task: Task) -> bool:
        try:
            return ledger.begin_shard(
                connection,
                self._schema,
                claim,
                task.shard.id,
                attempt=task.attempt,
                pid=os.getpid(),
                host=socket.gethostname(),
            )
        except psycopg.errors.LockNotAvailable as error:
            with suppress(psycopg.Error):
                self._name_holder(error, task.shard)
            raise

    def _name_holder(self, error: psycopg.Error, shard: Shard) -> None:
        with self._pool.connection() as other:
            holder = other.execute(
                "SELECT pid, application_name FROM pg_stat_activity WHERE datname = current_database() "
                "AND application_name LIKE %s AND state <> 'idle'",
                [f"shardgen:%:{shard.id}"],
            ).fetchone()
        if holder:
            error.add_note(f"held by backend pid={holder[0]} application_name={holder[1]!r}")

    def _already(self, connection: Connection, claim: Claim, shard: Shard) -> Written:
        row = ledger.find_shard(connection, self._schema, claim, shard.id)
        if row is None:
            raise SupersededError(
                f"relation={claim.relation} no longer belongs to run={claim.run}: it was replaced, "
                "dropped or recreated meanwhile"
            )
        return _written(row, by_us=False)

    def _fill(
        self,
        connection: Connection,
        claim: Claim,
        task: Task,
        batches: Iterator[Batch],
        watch: Stopwatch,
    ) -> Written:
        shard, skipped = task.shard, 0
        if shard.leaf is not None and not task.routed:
            rows, size, digest = self._fill_leaf(connection, claim, shard, shard.leaf, batches, watch)
        elif self._skip_conflicts:
            relation = staging.create(connection, self._schema, self._table(claim))
            rows, size, digest = self._copy(connection, claim, relation, shard, batches, watch)
            with watch.phase("insert"):
                skipped = staging.insert(connection, self._schema, self._table(claim), rows)
        else:
            relation = sql.Identifier(self._schema, claim.relation)
            with _taken_keys():
                rows, size, digest = self._copy(connection, claim, relation, shard, batches, watch)
        row = ShardRow(
            target=shard.table,
            shard=shard.id,
            rows=rows - skipped,
            skipped=skipped,
            bytes=size,
            digest=digest,
            seconds=watch.seconds,
            phases=watch.phases,
            attempts=task.attempt,
        )
        ledger.complete_shard(connection, self._schema, claim, row)
        return _written(row, by_us=True)

    def _fill_leaf(
        self,
        connection: Connection,
        claim: Claim,
        shard: Shard,
        leaf: Leaf,
        batches: Iterator[Batch],
        watch: Stopwatch,
    ) -> tuple[int, int, str]:
        column = dataset()[shard.table].table.partition_by
        with watch.phase("create"):
            if leaf.name in claim.waiting and catalog.kind(connection, self._schema, leaf.name) == "r":
                leaves.take_up(connection, self._schema, column, leaf)
            else:
                leaves.create(connection, self._schema, claim.relation, column, leaf)
        relation = sql.Identifier(self._schema, leaf.name)
        copied = self._copy(connection, claim, relation, shard, batches, watch, freeze=True)
        with watch.phase("index"):
            leaves.build_indexes(connection, self._schema, claim.oid, leaf)
        with watch.phase("attach"):
            leaves.attach(connection, self._schema, claim.relation, claim.oid, leaf)
        return copied

    def _table(self, claim: Claim) -> Table:
        """The table less the columns that the relation lacks."""
        return dataset()[claim.target].table.without(claim.left_out)

    def _copy(
        self,
        connection: Connection,
        claim: Claim,
        relation: sql.Identifier,
        shard: Shard,
        batches: Iterator[Batch],
        watch: Stopwatch,
        *,
        freeze: bool = False,
    ) -> tuple[int, int, str]:
        """Copy the batches, one in memory at a time; rows, bytes sent and the digest of the rows."""
        table = self._table(claim)
        encoder = self._encoder(table)
        digest = xxhash.xxh3_128()
        built, size = 0, len(encoder.header) + len(encoder.trailer)
        statement = copy_statement(relation, table, freeze=freeze)
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
                        self._check_stop()
                copy.write(encoder.trailer)
                end = watch.seconds
            watch.add("copy", watch.seconds - end)
            copied = cursor.rowcount
        self._check_rows(connection, claim, shard, built=built, copied=copied)
        return built, size, digest.hexdigest()

    def _check_rows(self, connection: Connection, claim: Claim, shard: Shard, *, built: int, copied: int) -> None:
        if copied != built:
            names = ", ".join(catalog.dropping_triggers(connection, claim.oid)) or "which cannot be told"
            raise PermanentError(
                f"shard={shard.id!r} sent rows={built} and relation={claim.relation} took rows={copied}: "
                f"a trigger drops rows ({names}); disable it for the load"
            )
        if shard.exact and built != shard.rows:
            raise PermanentError(f"shard={shard.id!r} built rows={built}, planned rows={shard.rows}: a bug in shardgen")


@contextmanager
def _taken_keys() -> Iterator[None]:
    """Add the remedy to what the server says of a key that is taken."""
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        resume = Use("resume", value=True)
        skip = (resume, " ", Use("on_conflict", "skip"))
        error.add_note(f"a row with its key is there: {Text(*skip)} keeps it, or remove it and {resume}")
        raise


def _written(row: ShardRow, *, by_us: bool) -> Written:
    return Written(
        shard=row.shard,
        table=row.target,
        rows=row.rows,
        skipped=row.skipped,
        bytes=row.bytes,
        digest=row.digest,
        seconds=row.seconds,
        phases=row.phases,
        by_us=by_us,
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


def copy_statement(relation: sql.Identifier, table: Table, *, freeze: bool) -> sql.Composed:
    """COPY of a table's rows into a relation."""
    return sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary{})").format(
        relation,
        sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns),
        sql.SQL(", FREEZE true") if freeze else sql.SQL(""),
    )
