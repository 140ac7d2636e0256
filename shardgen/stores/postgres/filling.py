"""A shard's rows on their way into its table: as a leaf that is attached, on a detour, or into the table as it is.

All of it happens within the transaction of the shard, after its row in the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from shardgen.errors import Text, Use
from shardgen.model.plan import Leaf
from shardgen.model.table import Table
from shardgen.stores import Batch, RowEncoder
from shardgen.stores.failures import PermanentError
from shardgen.stores.postgres import catalog, leaves, revising, staging
from shardgen.stores.postgres.copying import Copied, copy_rows, copy_statement
from shardgen.stores.postgres.exchanging import Exchange
from shardgen.stores.postgres.ledger import Claim, ShardRow
from shardgen.stores.postgres.postgres import Connection
from shardgen.stores.postgres.revising import Revision
from shardgen.stores.stopwatch import Stopwatch
from shardgen.stores.told import Task
from shardgen.tables import dataset


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """One attempt at a shard of a claimed table."""

    connection: Connection
    """In the transaction of the shard."""
    schema: str
    claim: Claim
    task: Task
    encoder: Callable[[Table], RowEncoder]
    watch: Stopwatch
    check: Callable[[], None]
    """Raises where the worker is to stop."""
    complete: bool = True
    """Whether a table that is brought forward has all records that were there."""
    spoilt: bool = False
    """Whether its rows were spoilt on purpose, so that no key tells them apart."""

    def fill(
        self, batches: Iterator[Batch], before: Iterator[Batch] | None, *, skip_conflicts: bool, overwrite: bool
    ) -> ShardRow:
        """Send the rows; what the ledger is to say of them.

        Args:
            batches: the rows.
            before: of records that are there, how they stand.
            skip_conflicts: whether rows whose keys are there are left out.
            overwrite: whether records that others have changed are brought forward as well.
        """
        leaf, skipped = self.task.shard.leaf, 0
        if before is not None:
            return self._revise(batches, before, overwrite=overwrite)
        if leaf is not None and not self.task.routed:
            copied = self._leaf(leaf, batches)
        elif skip_conflicts:
            copied, skipped = self._aside(batches)
        else:
            with _taken_keys():
                copied = self._copy(sql.Identifier(self.schema, self.claim.relation), batches)
        return self._row(copied, rows=copied.built - skipped, skipped=skipped)

    def _row(self, copied: Copied, **counts: int) -> ShardRow:
        return ShardRow(
            **counts,
            target=self.task.shard.table,
            shard=self.task.shard.id,
            bytes=copied.bytes,
            digest=copied.digest,
            seconds=self.watch.seconds,
            phases=self.watch.phases,
            attempts=self.task.attempt,
        )

    def _leaf(self, leaf: Leaf, batches: Iterator[Batch]) -> Copied:
        """Fill a partition of the shard's own, and attach it."""
        with self.watch.phase("create"):
            self._make(leaf)
        copied = self._copy(sql.Identifier(self.schema, leaf.name), batches, freeze=True)
        with self.watch.phase("index"):
            leaves.build_indexes(self.connection, self.schema, self.claim.oid, leaf)
        with self.watch.phase("attach"):
            leaves.attach(self.connection, self.schema, self.claim.relation, self.claim.oid, leaf)
        return copied

    def _make(self, leaf: Leaf) -> None:
        column = dataset(self.claim.dataset)[self.claim.target].table.partition_by
        if leaf.name in self.claim.waiting and catalog.kind(self.connection, self.schema, leaf.name) == "r":
            leaves.take_up(self.connection, self.schema, column, leaf)
        else:
            leaves.create(self.connection, self.schema, self.claim.relation, column, leaf)

    def _aside(self, batches: Iterator[Batch]) -> tuple[Copied, int]:
        """Copy the rows into a table of the transaction's own, and insert those whose keys are not there."""
        copied = self._copy(staging.create(self.connection, self.schema, self._table()), batches)
        with self.watch.phase("insert"):
            return copied, staging.insert(self.connection, self.schema, self._table(), copied.built)

    def _revise(self, batches: Iterator[Batch], before: Iterator[Batch], *, overwrite: bool) -> ShardRow:
        """Bring records forward that are there."""
        table = self._table()
        indexed = catalog.leading_index(self.connection, self.claim.oid, table.found_by)
        revision = Revision(
            connection=self.connection,
            schema=self.schema,
            table=table,
            leaf=self.task.shard.leaf,
            indexed=indexed,
            complete=self.complete,
            overwrite=overwrite,
        )
        revision.stage()
        self._copy(revising.BEFORE, before)
        copied = self._copy(revising.AFTER, batches)
        with self.watch.phase("revise"):
            found = Exchange(revision).carry_out() if self.spoilt else revision.carry_out()
        return self._row(copied, rows=found.inserted, updated=found.updated, deleted=found.deleted)

    def _table(self) -> Table:
        """The table less the columns that the relation lacks."""
        return dataset(self.claim.dataset)[self.claim.target].table.without(self.claim.left_out)

    def _copy(self, relation: sql.Identifier, batches: Iterator[Batch], *, freeze: bool = False) -> Copied:
        table = self._table()
        statement = copy_statement(relation, table, freeze=freeze)
        copied = copy_rows(self.connection, statement, self.encoder(table), batches, self.watch, check=self.check)
        self._check_rows(copied)
        return copied

    def _check_rows(self, copied: Copied) -> None:
        shard = self.task.shard
        if copied.taken != copied.built:
            names = ", ".join(catalog.dropping_triggers(self.connection, self.claim.oid)) or "which cannot be told"
            raise PermanentError(
                f"shard={shard.id!r} sent rows={copied.built} and relation={self.claim.relation} took "
                f"rows={copied.taken}: a trigger drops rows ({names}); disable it for the load"
            )
        if shard.exact and copied.built != shard.rows:
            raise PermanentError(
                f"shard={shard.id!r} built rows={copied.built}, planned rows={shard.rows}: a bug in shardgen"
            )


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
