"""A claimed load in a schema of PostgreSQL, as the session sees it; everything goes through the coordinator's session.

Whatever the server says is told as a StoreError without secrets; what is repeatable is repeated before that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from shardgen.model.plan import Shard
from shardgen.model.table import ANSWERS
from shardgen.stores import Show
from shardgen.stores.failures import StoreError
from shardgen.stores.postgres import census, claimed_tables, finalise, keys, ledger, objects
from shardgen.stores.postgres.claim import Claimed
from shardgen.stores.postgres.claimed_tables import ClaimedTable
from shardgen.stores.postgres.control import Control
from shardgen.stores.postgres.failures import DatabaseError, describe
from shardgen.stores.postgres.ledger import ShardRow
from shardgen.stores.postgres.postgres import Connection, complete, is_local
from shardgen.stores.postgres.writer import PostgresWriterSpec
from shardgen.stores.resuming import OPEN_STATES, restricted
from shardgen.stores.told import Counted, Sighting, Task, Written
from shardgen.tables import dataset
from shardgen.tables.answers import is_key
from shardgen.tables.recipe import Recipe

if TYPE_CHECKING:
    from shardgen.stores.postgres.store import PostgresStore

T = TypeVar("T")


class PostgresRun:
    """See stores.Run.

    Args:
        store: the place.
        control: holds the coordinator's lock.
        claimed: what the ledger gave.
        recipe: how keys are numbered.
    """

    def __init__(self, store: PostgresStore, control: Control, claimed: Claimed, recipe: Recipe) -> None:
        self._store = store
        self._schema = store.schema
        self._control = control
        self._claimed = claimed
        self._recipe = recipe
        self._targets: tuple[ClaimedTable, ...] = ()
        self.number = claimed.run
        self.plan = claimed.plan
        self.resumed = claimed.resumed
        self.parts = claimed.parts
        self.finished = claimed.finished
        self.notices = claimed.notices
        self.local = self._ask(is_local)
        self._claims = {
            name: each
            for name, each in self._ask(lambda connection: ledger.claims(connection, store.schema)).items()
            if each.run == claimed.run
        }
        self.relations: Mapping[str, str] = {name: each.relation for name, each in self._claims.items()}

    def done(self) -> dict[str, Written]:
        """By the ledger."""
        return {row.shard: row.written() for row in self._rows()}

    def prepare(self) -> tuple[str, ...]:
        """Sequences, and the partitions of parents that are loaded by routing."""
        tables = dataset(self.plan.config.dataset)
        serial = [name for name in self.plan.config.tables if objects.serial_columns(tables[name].table)]
        floors = {name: self._recipe.max_id(self.plan, name) for name in serial}
        kept = self._ask(lambda connection: objects.set_sequences(connection, self._schema, tables, floors))
        done = frozenset(row.shard for row in self._rows())
        self._targets = self._ask(lambda connection: claimed_tables.read(connection, self.plan, self._claims, done))
        for each in self._targets:
            self._ask(lambda connection: _make_leaves(connection, self._schema, each))  # noqa: B023  # it is called at once
        return (
            *(f"sequence={name} may not be moved by this role: its next numbers may be taken" for name in kept),
            *(
                f"relation={each.claim.relation}: no fast path: {each.route.report}"
                for each in self._targets
                if each.route.report
            ),
        )

    def waves(self) -> list[list[Task]]:
        """By waves of foreign keys, within a wave the largest first, so that none is left over at the end."""
        done = {row.shard for row in self._rows()}
        routed = frozenset().union(*(each.route.routed for each in self._targets))
        ordered = sorted(self.plan.shards, key=lambda shard: (-shard.bytes, shard.id))
        tasks = [Task(shard=shard, routed=shard.id in routed) for shard in ordered if shard.id not in done]
        return [[task for task in tasks if task.shard.table in wave] for wave in claimed_tables.waves(self._targets)]

    def writer(self, *, overwrite: bool = False) -> PostgresWriterSpec:
        """For the workers."""
        return PostgresWriterSpec(
            dsn=self._ask(lambda connection: complete(self._store.dsn, connection)),
            schema=self._schema,
            claims=tuple(self._claims.values()),
            skip_conflicts=self._claimed.on_conflict == "skip",
            revising=self._claimed.follows if self._revises else frozenset(),
            partial=self._claimed.partial,
            overwrite=overwrite,
            spoilt=self._spoilt,
            encoder=self._store.encoder,
        )

    def look(self) -> dict[str, Sighting] | None:
        """What ``pg_stat_progress_copy`` shows."""
        return self._control.sightings(self.number)

    def end(self, seen: Sighting) -> None:
        """End the backend of a worker that is no more, if it is still what was seen."""
        self._control.end_backend(seen)

    def failed(self, shard: Shard, attempt: int, cause: str, *, given_up: bool) -> None:
        """Log a failed attempt, if the server takes it now."""
        claim = self._claims[shard.table]
        self._control.attempt(
            lambda connection: ledger.record_failure(
                connection, self._schema, claim, shard.id, attempt=attempt, given_up=given_up, error=cause
            )
        )

    def alone(self) -> bool:
        """By the coordinator's lock; whoever had it before us may have finished the run."""

        def state(connection: Connection) -> str:
            return next(run.state for run in ledger.runs(connection, self._schema) if run.run == self.number)

        ours = self._asked(lambda: self._control.alone(lambda connection: state(connection) not in OPEN_STATES))
        if self._ask(state) == "superseded":
            raise StoreError(f"run={self.number} was replaced meanwhile")
        return ours

    def finish(self, show: Show, *, workers: int, attempts: int, stopped_by: Callable[[], int]) -> None:
        """Indexes, keys and ANALYZE, each recorded in the transaction of its own DDL."""
        done = self._ask(lambda connection: ledger.steps_done(connection, self._schema, self.number))
        finalise.Finaliser(
            dsn=self._store.dsn,
            schema=self._schema,
            run=self.number,
            workers=workers,
            attempts=attempts,
            show=show,
            stopped_by=stopped_by,
            sleep=self._store.sleep,
        ).carry_out(self._stages(), done)

    def _stages(self) -> list[list[finalise.Step]]:
        """Of tables that are brought forward only the new leaves have something to finish."""
        follows = self._claimed.follows
        plan = restricted(self.plan, self._claims.keys() - follows)
        attached = {row.shard for row in self._rows() if row.target in follows and "attach" in row.phases}
        new = [shard.leaf.name for shard in self.plan.shards if shard.id in attached and shard.leaf]
        rest = finalise.stages(plan, self._claims, self._store.keyless(plan))
        return [*rest, [finalise.analyze(self._schema, name) for name in new]]

    def count(self, table: str) -> Counted:
        """By ``count(*)``, leaf by leaf, so that no statement locks a whole table's partitions."""
        if table in self._claimed.follows:
            return self._ask(lambda connection: self._added(connection, table))
        each = next(each for each in self._targets if each.claim.target == table)
        claim = each.claim
        own = keys.own_range(self.plan, table, self._recipe.max_id) if claim.others else None
        ours = dataset(claim.dataset)[table].table
        found = self._ask(lambda connection: census.count(connection, claim.oid, ours, own))
        rows = [row for row in self._rows() if row.target == table]
        return census.of_run(found, claim, self.plan.of(table), rows, slow=each.route.told(rows))

    def settle(self, state: str, text: str = "") -> None:
        """Record how the run stands; only ``finished`` must succeed."""

        def record(connection: Connection) -> None:
            ledger.set_state(connection, self._schema, self.number, state, text or None)

        if state == "finished":
            self._ask(record)
        else:
            self._control.attempt(record)

    def _ask(self, work: Callable[[Connection], T]) -> T:
        return self._asked(lambda: self._control.call(work))

    def _asked(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except DatabaseError as error:
            raise StoreError(self._store.masked(describe(error))) from error

    def _rows(self) -> list[ShardRow]:
        """Of the run's own shards: tables that it brings forward have others, too."""
        return self._ask(self._recorded)

    def _recorded(self, connection: Connection) -> list[ShardRow]:
        ours = {shard.id for shard in self.plan.shards}
        return [row for row in ledger.shards_of(connection, self._schema, self.number) if row.shard in ours]

    def _added(self, connection: Connection, table: str) -> Counted:
        """What is found of a table that is brought forward: of what came to be, by its keys."""
        rows = [row for row in self._recorded(connection) if row.target == table]
        own = None if table in self._spoilt else keys.own_range(self.plan, table, self._recipe.max_id)
        return census.added(connection, self._claims[table], self.plan.of(table), rows, own)

    @property
    def _revises(self) -> bool:
        """Whether rows that are there change, and not only others come: a key tells of late ones until they do."""
        return self.plan.config.history == "latest" or is_key(self.plan.config)

    @property
    def _spoilt(self) -> frozenset[str]:
        """Tables whose rows are spoilt on purpose, or tell of such: no key tells them apart."""
        dirt = self.plan.config.dirt
        return dirt.tables | {ANSWERS} if dirt else frozenset()


def _make_leaves(connection: Connection, schema: str, each: ClaimedTable) -> None:
    """The partitions of a parent that is loaded by routing."""
    leaves = [shard.leaf for shard in each.route.homeless if shard.leaf]
    table, waiting = dataset(each.claim.dataset)[each.claim.target].table, each.claim.waiting
    objects.create_leaves(connection, schema, table, leaves, waiting)
