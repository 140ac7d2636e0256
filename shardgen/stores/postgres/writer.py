"""One shard, one transaction: the ledger row first, the rows by binary COPY, then whatever makes them visible.

The ledger's key decides: if its row cannot be inserted, the shard is done or not ours, and nothing is built. No
savepoint and no other statement is open around COPY, so that a new leaf can be frozen.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

import psycopg
from psycopg_pool import PoolTimeout

from shardgen.machine.refusals import refusal
from shardgen.model.plan import Shard
from shardgen.model.table import Table
from shardgen.stores import Batches, RowEncoder, encoder_of
from shardgen.stores.failures import LeafRefusedError, Remedy, StoppedError, SupersededError
from shardgen.stores.postgres import ledger
from shardgen.stores.postgres.failures import classify, describe
from shardgen.stores.postgres.filling import Filling
from shardgen.stores.postgres.ledger import Claim
from shardgen.stores.postgres.postgres import (
    Connection,
    application_name,
    connect,
    open_pool,
    set_parameters,
    without_secret,
)
from shardgen.stores.stopwatch import Stopwatch
from shardgen.stores.told import Task, Written

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
    revising: frozenset[str] = frozenset()
    """Tables that have the records of shards that are revised, which these change; versions change none."""
    partial: frozenset[str] = frozenset()
    """Those of them that began with a window, and lack the records that never changed since."""
    overwrite: bool = False
    """Whether records that others have changed are brought forward as well."""
    spoilt: frozenset[str] = frozenset()
    """Tables whose rows were spoilt on purpose."""
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
            revising=self.revising,
            partial=self.partial,
            overwrite=self.overwrite,
            spoilt=self.spoilt,
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
        revising: tables that have the records of shards that are revised.
        partial: those of them that lack the records that never changed.
        overwrite: bring records forward that others have changed, instead of failing.
        spoilt: tables whose rows were spoilt on purpose.
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
        revising: frozenset[str] = frozenset(),
        partial: frozenset[str] = frozenset(),
        overwrite: bool = False,
        spoilt: frozenset[str] = frozenset(),
    ) -> None:
        self._pool = open_pool(dsn, application_name=application_name("worker", os.getpid()))
        self._dsn = dsn
        self._schema = schema
        self._claims = {claim.target: claim for claim in claims}
        self._encoder = encoder
        self._stopped = stopped
        self._skip_conflicts = skip_conflicts
        self._revising = revising
        self._partial = partial
        self._overwrite = overwrite
        self._spoilt = spoilt

    def write(self, task: Task, batches: Batches, before: Batches | None = None) -> Written:
        """See Writer.write; where a leaf cannot be attached now, its rows go through the parent instead."""
        before = before if task.shard.table in self._revising else None
        try:
            return self._write(task, batches, before)
        except LeafRefusedError as refused:
            _log.warning("%s: %s: its rows go through the parent", task.shard.id, refused)
        return self._write(replace(task, routed=True), batches, before)

    def _write(self, task: Task, batches: Batches, before: Batches | None) -> Written:
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
                filling = Filling(
                    connection=connection,
                    schema=self._schema,
                    claim=claim,
                    task=task,
                    encoder=self._encoder,
                    watch=watch,
                    check=self._check_stop,
                    complete=task.shard.table not in self._partial,
                    spoilt=task.shard.table in self._spoilt,
                )
                row = filling.fill(
                    batches(),
                    before and before(),
                    skip_conflicts=self._skip_conflicts,
                    overwrite=self._overwrite,
                )
                ledger.complete_shard(connection, self._schema, claim, row)
                end = watch.seconds
            watch.add("commit", watch.seconds - end)
        return row.written(by_us=True)

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
                "dropped or recreated meanwhile, or the run has ended"
            )
        return row.written()
