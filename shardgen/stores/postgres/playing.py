"""A stream played into a schema: its changes and how far it is, in one transaction each.

The stream is a run that is finished at every instant: its plan in the ledger ends where it stands. So nothing is left
over of one that was killed, and whatever follows goes on from there. The run comes to be with the first transaction.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import zip_longest
from typing import Any, TypeAlias

import numpy as np
import psycopg

from shardgen.errors import OutputError, TargetError
from shardgen.model.config import PlanConfig, Terms
from shardgen.model.plan import Leaf, Plan, Shard
from shardgen.model.played import instant, micros
from shardgen.model.table import Table
from shardgen.stores.copy import Encoder
from shardgen.stores.failures import PermanentError, SupersededError
from shardgen.stores.findings import refuse
from shardgen.stores.postgres import catalog, claim, ledger, objects, routes
from shardgen.stores.postgres.access import Access
from shardgen.stores.postgres.applying import PREPARED, SETTINGS, Applied, Made
from shardgen.stores.postgres.beginning import Beginning
from shardgen.stores.postgres.catalog import Relation
from shardgen.stores.postgres.claim import Attempt, Wanted
from shardgen.stores.postgres.control import Control
from shardgen.stores.postgres.failures import describe
from shardgen.stores.postgres.ledger import Claim, Done, ShardRow
from shardgen.stores.postgres.postgres import Connection, set_parameters
from shardgen.stores.postgres.swapping import Swapped
from shardgen.stores.postgres.transactions import Pace, Part, Some, Transaction, parts_of
from shardgen.stores.resuming import PLAYED
from shardgen.tables import dataset
from shardgen.tables.recipe import Recipe

Changes: TypeAlias = Mapping[int, Made]
"""Those of each table, which is told by its place, in the order of the tables."""


class Playing:
    """A sink of changes, see flow.playing.Sink; it holds the lock of the schema until it is closed.

    Args:
        dsn: the target.
        schema: of the tables and the ledger.
        plan: of what is there, up to where it is.
        options: of the run that has filled it, as its ledger has them.

    Raises:
        TargetError: somebody else is at work there, or the tables cannot be brought forward; nothing was written.
    """

    every = 0.0

    def __init__(self, dsn: str, schema: str, plan: PlanConfig, options: Mapping[str, Any]) -> None:
        self._access, self._schema, self._options = Access(dsn), schema, options
        self._plan, self._run, self._ready = plan, 0, 0
        self._leaves: set[str] = set()
        self._sequences: dict[str, list[str]] = {}
        self._tables: list[Applied] = []
        self._attempts: list[Attempt] = []
        self._prepared: Connection | None = None
        self._pace = Pace()
        self._ahead = ThreadPoolExecutor(1, thread_name_prefix="shardgen-changes")
        with ExitStack() as opened:
            self._control: Control = opened.enter_context(Beginning(access=self._access, schema=schema).control())
            if self._control.pooled:
                told = f"{self._access.place} is a pooler that gives its sessions to others, and a stream needs its own"
                raise TargetError(told, remedy="connect to the server directly")
            with self._access.refusals():
                self._control.call(self._check)
            self._opened = opened.pop_all()

    def close(self) -> None:
        """Let go of the target."""
        self._ahead.shutdown()
        self._opened.close()

    def encoders(self) -> dict[str, Encoder]:
        """By table, what makes its rows, of the columns that it has."""
        return {name: Encoder(self._table(name)) for name in self._plan.tables}

    def take(self, some: Some, until: int, ago: np.ndarray) -> None:
        """Commit changes, and the instant that they reach, in one transaction or several.

        Raises:
            OutputError: the server refuses, or others have changed what changes now.
        """
        every, parts = self._pace.transactions(np.asarray(some.got), until, ago), parts_of(some)
        self._ask(self._prepare)
        waiting = self._ahead.submit(self._made, parts, every[0])
        for this, following in zip_longest(every, every[1:]):
            changes = waiting.result()
            if following:
                waiting = self._ahead.submit(self._made, parts, following)
            self._ask(partial(self._commit, changes=changes, until=instant(this.reached)))

    def reach(self, until: int) -> None:
        """Commit that no more comes before an instant."""
        if until > micros(self._plan.closes):
            self._ask(partial(self._commit, changes={}, until=instant(until)))

    # --- transactions -------------------------------------------------------------------------------------------------

    def _made(self, parts: Sequence[Part], transaction: Transaction) -> Changes:
        """What is sent in a transaction; a thread makes it while the server is at work on the one before."""
        within = ((each.table, each.within(transaction)) for each in parts)
        return {table: self._tables[table].made(rows) for table, rows in within if len(rows)}

    def _ask(self, work: Callable[[Connection], None]) -> None:
        try:
            self._control.call(work)
        except (psycopg.Error, PermanentError, SupersededError) as error:
            raise OutputError(f"{self._access.place} takes no more: {self._access.masked(describe(error))}") from error

    def _commit(self, connection: Connection, changes: Changes, until: datetime) -> None:
        self._prepare(connection)
        plan = self._plan.up_to(until) if self._run else self._plan.window(until)
        new_day = micros(plan.closes) > self._ready
        if new_day:
            self._make_leaves(connection, plan)
        done = {self._plan.tables[table]: made.done for table, made in changes.items()}
        with connection.transaction():
            run, to_do = self._begin(connection, plan) if not self._run else (self._run, True)
            if to_do and self._moves_on(connection, run, plan, done):
                for table, made in changes.items():
                    self._tables[table].apply(made)
            if new_day:  # here, for a statement of its own would wait for the disk as a transaction does
                self._move_sequences(connection, plan)
        self._plan, self._run, self._ready = plan, run, max(self._ready, _midnight(plan))

    def _moves_on(self, connection: Connection, run: int, now: PlanConfig, done: Mapping[str, Done]) -> bool:
        """Whether the position in the ledger was moved; not where it is there already.

        Raises:
            SupersededError: it is elsewhere.
        """
        then, oids = self._plan if self._run else now, [each.oid for each in self._claims.values()]
        ends = {"then": _ends(then), "now": _ends(now)}
        if ledger.play_on(connection, self._schema, run, oids, suffix=_suffix(run), done=done, **ends):
            return True
        if ledger.played(connection, self._schema, run) == _ends(now):
            return False
        raise SupersededError(f"run={run} is not where this stream left it: others have brought it forward")

    # --- the run ------------------------------------------------------------------------------------------------------

    def _wanted(self, plan: PlanConfig) -> Wanted:
        window = {"since": str(plan.since), "end": plan.end.isoformat(), "days": plan.days, "tables": list(plan.tables)}
        options = {**self._options, **window, PLAYED: True}
        return Wanted(plan=Plan(config=plan, shards=()), terms=Terms(), recipe=Recipe(), workers=1, options=options)

    def _check(self, connection: Connection) -> None:
        """See what stands in the way.

        Raises:
            TargetError: something does.
        """
        plan = self._plan.window(self._plan.closes + timedelta(days=1))
        refuse(claim.examine(connection, self._wanted(plan)).findings.problems)
        found = ledger.claims(connection, self._schema)
        self._claims = {name: found[name] for name in plan.tables}

    def _begin(self, connection: Connection, plan: PlanConfig) -> tuple[int, bool]:
        """Claim the tables for a run that is finished where the first transaction ends; whether that is still to do."""
        before = len(self._attempts)
        run = claim.claim_new(connection, self._wanted(plan), self._attempts).run
        if len(self._attempts) == before:  # an attempt before was done: only the answer was lost
            return run, False
        found = ledger.claims(connection, self._schema)
        self._claims = {name: found[name] for name in plan.tables}
        for name, each in self._claims.items():
            shard = f"{name}{_suffix(run)}"
            ledger.begin_shard(
                connection, self._schema, each, shard, attempt=1, pid=os.getpid(), host=socket.gethostname()
            )
            ledger.complete_shard(connection, self._schema, each, _nothing(name, shard))
        ledger.set_state(connection, self._schema, run, "finished")
        return run, True

    # --- the session --------------------------------------------------------------------------------------------------

    def _prepare(self, connection: Connection) -> None:
        """Have the session as the changes need it, once: its lock says that nobody else is at work."""
        if connection is self._prepared:
            return
        set_parameters(connection, SETTINGS, local=False)
        connection.prepare_threshold = PREPARED
        self._tables = [self._applied(connection, name) for name in self._plan.tables]
        for name in self._plan.tables:
            found = objects.sequences(connection, self._schema, dataset(self._plan.dataset)[name].table)
            self._sequences[name] = [each for each in found if catalog.settable(connection, each)]
        self._prepared = connection

    def _applied(self, connection: Connection, name: str) -> Applied:
        spec = dataset(self._plan.dataset)[name]
        changing, how = self._plan.history == "latest" and spec.history is not None, Applied
        if spec.exchanged(self._plan):
            how = Swapped
        return how(connection, self._schema, self._claims[name], self._table(name), changing=changing)

    def _table(self, name: str) -> Table:
        """As it is there, less the columns that it lacks."""
        table = dataset(self._plan.dataset)[name].table_of(self._plan.history)
        return table.without(self._claims[name].left_out)

    def _make_leaves(self, connection: Connection, plan: PlanConfig) -> None:
        """Make the partitions of the days up to the end of a plan."""
        since = self._ready or micros(self._plan.closes - timedelta(days=1))
        for each in self._claims.values():
            spec = dataset(plan.dataset)[each.target]
            leaves = [leaf for leaf in spec.leaves(plan, since, _midnight(plan)) if leaf.name not in self._leaves]
            if leaves and (found := catalog.relation(connection, self._schema, each.relation)):
                self._add_leaves(connection, spec.table_of(plan.history), each, found, leaves)

    def _add_leaves(
        self, connection: Connection, table: Table, of: Claim, found: Relation, leaves: Sequence[Leaf]
    ) -> None:
        shards = [
            Shard(id=leaf.name, table=of.target, start=0, stop=0, leaf=leaf, rows=0, exact=False, bytes=0)
            for leaf in leaves
        ]
        found = replace(found, own_leaves=of.waiting)
        way = routes.route(connection, self._schema, table, found, shards, created=of.created)
        missing = [shard.leaf for shard in way.added if shard.leaf]
        objects.create_leaves(connection, self._schema, table, missing, of.waiting)
        self._leaves.update(leaf.name for leaf in leaves)

    def _move_sequences(self, connection: Connection, plan: PlanConfig) -> None:
        """Move the sequences beyond the keys of a plan."""
        recipe, whole = Recipe(), Plan(config=plan, shards=())
        for name, found in self._sequences.items():
            floor = recipe.max_id(whole, name) if found else 0
            for sequence in found if floor > 0 else ():
                objects.move_sequence(connection, sequence, floor)


def _suffix(run: int) -> str:
    """What a table's shard of a stream is called after its table."""
    return f"/played.{run}"


def _ends(plan: PlanConfig) -> tuple[str, str | None]:
    """As a plan's JSON has them."""
    return str(plan.end), str(plan.until) if plan.until else None


def _midnight(plan: PlanConfig) -> int:
    """The end of a plan's last day."""
    return micros(datetime.combine(plan.end, datetime.min.time()))


def _nothing(table: str, shard: str) -> ShardRow:
    return ShardRow(target=table, shard=shard, rows=0, bytes=0, digest="", seconds=0.0, phases={}, attempts=1)
